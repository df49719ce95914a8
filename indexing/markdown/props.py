"""Prose in the attributes of a component: what its reader surely sees; called by `document`."""

import re
from collections.abc import Iterator

from indexing.markdown.literals import data_strings
from indexing.markdown.tags import Attribute, Tag

_SHOWN = frozenset(
    {
        "alt",
        "answer",
        "answers",
        "author",
        "body",
        "caption",
        "content",
        "correctAnswer",
        "definition",
        "description",
        "details",
        "example",
        "explanation",
        "feedback",
        "goal",
        "header",
        "heading",
        "headline",
        "hint",
        "instructions",
        "items",
        "label",
        "legend",
        "message",
        "note",
        "objective",
        "objectives",
        "options",
        "outcome",
        "outcomes",
        "placeholder",
        "points",
        "problem",
        "prompt",
        "question",
        "quote",
        "solution",
        "steps",
        "subheading",
        "subtitle",
        "summary",
        "task",
        "term",
        "text",
        "tip",
        "tips",
        "title",
        "tooltip",
        "topic",
        "topics",
    }
)
_SHOWN_IN_HTML = frozenset({"alt", "title", "label", "placeholder"})
_NOT_SHOWN = frozenset(
    {
        "as",
        "class",
        "className",
        "code",
        "css",
        "d",
        "defaultValue",
        "groupId",
        "height",
        "href",
        "id",
        "key",
        "lang",
        "language",
        "link",
        "metastring",
        "name",
        "path",
        "points",
        "queryString",
        "rel",
        "role",
        "slug",
        "src",
        "srcSet",
        "style",
        "sx",
        "target",
        "to",
        "transform",
        "type",
        "url",
        "value",
        "values",
        "variant",
        "viewBox",
        "width",
        "icon",
        "color",
        "difficulty",
        "mode",
        "size",
        "tabIndex",
        "theme",
        "kind",
        "layout",
        "align",
    }
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
    for key, text in data_strings(attribute.value):
        if _is_shown(key or attribute.name, text):
            yield from _nonblank(text)


def _is_shown(name: str, text: str) -> bool:
    """Names that are always shown; of the others, those that are not technical and whose text reads as prose."""
    if name in _SHOWN:
        return True
    return name not in _NOT_SHOWN and bool(_PROSE.search(text)) and not _CODE_SIGNS.search(text)


def _nonblank(text: str) -> Iterator[str]:
    text = text.strip()
    if any(character.isalnum() for character in text):
        yield text
