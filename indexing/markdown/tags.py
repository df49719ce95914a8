"""One JSX tag, for the rules of blocks and of text; raw HTML of the `md` format as tags and text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal

from indexing.markdown.javascript import Budget, expression_end

_NAME_PART = r"[^\W\d][\w$\-\u200c\u200d]*"
_NAME = re.compile(
    rf"\s*(?P<closing>/?)\s*(?P<name>(?:[$_]|[^\W\d])[\w$\-\u200c\u200d]*(?:\s*:\s*{_NAME_PART}|(?:\s*\.\s*{_NAME_PART})+)?)?"
)
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r"(?:[$_]|[^\W\d])[\w$\-\u200c\u200d]*(?:\s*:\s*(?:[$_]|[^\W\d])[\w$\-]*)?")
VOID_TAGS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"}
)
"""Tags of HTML that have no end."""
_EQUALS = re.compile(r"\s*=\s*")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a tag."""

    name: str  # "" for `{...spread}`
    value: str  # text with its entities decoded, or the source of an expression; "" where there is none
    kind: Literal["text", "expression", "none", "data"]
    data: Any = None  # of the kind "data": the list, object or element that the expression is


@dataclass(frozen=True, slots=True)
class Tag:
    """`<a b="c">`, `</a>`, `<a/>`; a fragment has no name."""

    name: str
    attributes: tuple[Attribute, ...]
    closing: bool
    self_closing: bool
    end: int  # the position after its `>`
    is_resolved: bool = False  # made by a component, whose own names it has

    def text(self, name: str) -> str | None:
        """An attribute's value where it is plain text."""
        return next((a.value for a in self.attributes if a.name == name and a.kind == "text"), None)

    def data(self, name: str) -> Any:
        """An attribute's list, object or element; None where it is anything else."""
        return next((a.data for a in self.attributes if a.name == name and a.kind == "data"), None)

    def has(self, name: str) -> bool:
        """Whether the tag has the attribute, whatever its value."""
        return any(attribute.name == name for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class NoTag:
    """What stands here is no tag; `unfinished` when more text could make it one."""

    at: int
    unfinished: bool = False


def scan_tag(text: str, start: int, end: int, budget: Budget) -> Tag | NoTag:
    """The tag whose `<` is at `start`."""
    position = start + 1
    if position < end and text[position].isspace():
        return NoTag(position)
    head = _NAME.match(text, position, end)
    assert head is not None  # every part of the pattern may be empty  # noqa: S101
    position = head.end()
    name = "".join((head["name"] or "").split())
    attributes: list[Attribute] = []
    while True:
        position = _skip_space(text, position, end)
        if position >= end:
            return NoTag(position, unfinished=True)
        character = text[position]
        if character == ">":
            return Tag(name, tuple(attributes), bool(head["closing"]), self_closing=False, end=position + 1)
        if character == "/" and not head["closing"]:
            position = _skip_space(text, position + 1, end)
            if position >= end:
                return NoTag(position, unfinished=True)
            if text[position] != ">":
                return NoTag(position)
            return Tag(name, tuple(attributes), closing=False, self_closing=True, end=position + 1)
        if head["closing"] or not name:
            return NoTag(position)
        scanned = _scan_attribute(text, position, end, budget)
        if isinstance(scanned, NoTag):
            return scanned
        attribute, position = scanned
        attributes.append(attribute)


def _scan_attribute(text: str, position: int, end: int, budget: Budget) -> tuple[Attribute, int] | NoTag:
    if text[position] == "{":
        close = expression_end(text, position + 1, budget, spread=True)
        if not 0 <= close < end:
            return NoTag(position, unfinished=True)
        return Attribute("", text[position + 1 : close], "expression"), close + 1
    match = _ATTRIBUTE.match(text, position, end)
    if not match:
        return NoTag(position)
    name = "".join(match[0].split())
    equals = _EQUALS.match(text, match.end(), end)
    if not equals:
        return Attribute(name, "", "none"), match.end()
    position = equals.end()
    if position >= end:
        return NoTag(position, unfinished=True)
    quote = text[position]
    if quote in "\"'":
        close = text.find(quote, position + 1, end)
        if close < 0:
            return NoTag(position, unfinished=True)
        return Attribute(name, unescape(text[position + 1 : close]), "text"), close + 1
    if quote == "{":
        close = expression_end(text, position + 1, budget)
        if not 0 <= close < end:
            return NoTag(position, unfinished=True)
        return Attribute(name, text[position + 1 : close], "expression"), close + 1
    return NoTag(position)


def _skip_space(text: str, position: int, end: int) -> int:
    match = _SPACE.match(text, position, end)
    return match.end() if match else position


_HTML_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*(?P<self>/?)>"""
)
_HTML_PIECE = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>|" + _HTML_TAG.pattern, re.DOTALL)
_HTML_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")


def html_tag(text: str) -> Tag | None:
    """The tag that is the whole text; None for a comment and its like."""
    match = _HTML_TAG.fullmatch(text)
    return _tag(match) if match else None


def html_pieces(text: str) -> Iterator[str | Tag]:
    """Text and tags, in order; comments are gone."""
    position = 0
    for match in _HTML_PIECE.finditer(text):
        if match.start() > position:
            yield unescape(text[position : match.start()])
        if match["name"]:
            yield _tag(match)
        position = match.end()
    if position < len(text):
        yield unescape(text[position:])


def _tag(match: re.Match[str]) -> Tag:
    attributes = tuple(
        Attribute(m[1].lower(), unescape(m[2] or m[3] or m[4] or ""), "text" if "=" in m[0] else "none")
        for m in _HTML_ATTRIBUTE.finditer(match["attributes"] or "")
    )
    return Tag(match["name"].lower(), attributes, bool(match["closing"]), bool(match["self"]), match.end())
