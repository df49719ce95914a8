"""Prose in the attributes of a component that readers certainly see; called by `document`."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from indexing.markdown.mdx import INLINE_TAGS, Attribute, Tag
from indexing.markdown.scanning import parse
from indexing.markdown.values import Element, Unknown, as_text, force, key_text, string_text

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_CODE = 200_000  # characters of one attribute
_MAX_DEPTH = 50  # lists and objects within each other
_SHOWN = frozenset(
    (
        *("alt", "answer", "answers", "author", "body", "caption", "content", "correctAnswer", "definition"),
        *("description", "details", "example", "explanation", "feedback", "goal", "header", "heading", "headline"),
        *("hint", "instructions", "items", "label", "legend", "message", "note", "objective", "objectives"),
        *("options", "outcome", "outcomes", "placeholder", "points", "problem", "prompt", "question", "quote"),
        *("solution", "steps", "subheading", "subtitle", "summary", "task", "term", "text", "tip", "tips", "title"),
        *("tooltip", "topic", "topics"),
    )
)
_SHOWN_IN_HTML = frozenset({"alt", "title", "label", "placeholder"})
_NOT_SHOWN = frozenset(
    (
        *("as", "class", "className", "code", "css", "d", "defaultValue", "groupId", "height", "href", "id", "key"),
        *("lang", "language", "link", "metastring", "name", "path", "points", "queryString", "rel", "role", "slug"),
        *("src", "srcSet", "style", "sx", "target", "to", "transform", "type", "url", "value", "values", "variant"),
        *("viewBox", "width", "icon", "color", "difficulty", "mode", "size", "tabIndex", "theme", "kind"),
        *("layout", "align"),
    )
)
_PROSE = re.compile(r"[^\W\d_][^\W_]*(?:['’\-][^\W_]+)*[,.:;!?)]*(?:\s+\S+){2,}")
_CODE_SIGNS = re.compile(r"[{};=<>]|\w\(|^[.#/]|://")


def visible_texts(tag: Tag) -> Iterator[str]:
    """The texts of a tag's attributes, in order."""
    is_component = tag.name[:1].isupper()
    for attribute in tag.attributes:
        if is_component:
            yield from _component_texts(attribute)
        elif attribute.name in _SHOWN_IN_HTML and attribute.kind == "text" and tag.name not in ("iframe", "a", "abbr"):
            yield from _nonblank(attribute.value)


def _component_texts(attribute: Attribute) -> Iterator[str]:
    if attribute.kind == "none" or not attribute.name or attribute.name.startswith(("data-", "on")):
        return
    if attribute.kind == "text":
        if _is_shown(attribute.name, attribute.value):
            yield from _nonblank(attribute.value)
        return
    strings = known_strings(attribute.data) if attribute.kind == "data" else written_strings(attribute.value)
    for key, text in strings:
        if _is_shown(key or attribute.name, text):
            yield from _nonblank(text)


def known_strings(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(key, text) of the strings in a list, an object or an element, in order; those in a list have its key."""
    try:
        value = force(value)
    except Unknown:
        return
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from known_strings(item, name, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from known_strings(item, key, depth + 1)
    elif isinstance(value, Element):
        text = " ".join(_element_text(value, depth).split())
        if text:
            yield key, text


def _element_text(value: Any, depth: int) -> str:
    """The text of an element: tags within a paragraph add no space around their text."""
    try:
        value = force(value)
    except Unknown:
        return ""
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, (str, float)):
        return as_text(value)
    if isinstance(value, (list, tuple)):
        return "".join(_element_text(item, depth + 1) for item in value)
    if not isinstance(value, Element):
        return ""
    text = "".join(_element_text(item, depth + 1) for item in value.children)
    return text if not value.name or value.name in INLINE_TAGS else f" {text} "


def written_strings(code: str) -> Iterator[tuple[str, str]]:
    """The same for a list or an object whose value is not fully known, from its source."""
    if not code or len(code) > _MAX_CODE:
        return
    program = parse(f"({code}\n)")
    if program.has_error:
        return
    stack: list[tuple[Node, str]] = [(program, "")]
    while stack:
        node, key = stack.pop()
        if node.type == "string":
            yield key, string_text(node)
        elif node.type == "template_string":
            if all(child.type != "template_substitution" for child in node.named_children):
                yield key, string_text(node)
        elif node.type == "pair":
            name, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            if name is not None and value is not None:
                stack.append((value, key_text(name)))
        elif node.type in ("program", "expression_statement", "parenthesized_expression", "array", "object"):
            stack += [(child, key) for child in reversed(node.named_children)]


def _is_shown(name: str, text: str) -> bool:
    """Whether a string is shown: its name always is, or its name is not technical and the text reads as prose."""
    if name in _SHOWN:
        return True
    return name not in _NOT_SHOWN and bool(_PROSE.search(text)) and not _CODE_SIGNS.search(text)


def _nonblank(text: str) -> Iterator[str]:
    text = text.strip()
    if any(character.isalnum() for character in text):
        yield text
