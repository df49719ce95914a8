"""The syntax of MDX: tags, and the lines that are `import` and `export`, tags, expressions or comments.

Tags are scanned here for `inline` too. `blocks` tries the rule `esm` at `i` and `e`, `flow` and `comment_flow` at `<`
and `{`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal

from markdown_it.rules_block import StateBlock

from indexing.markdown.scanning import COMMENT, Budget, Scan, expression_end, parse

_NAME_PART = r"[^\W\d][\w$\-\u200c\u200d]*"
_NAME = re.compile(
    rf"\s*(?P<closing>/?)\s*(?P<name>(?:[$_]|[^\W\d])[\w$\-\u200c\u200d]*(?:\s*:\s*{_NAME_PART}|(?:\s*\.\s*{_NAME_PART})+)?)?"
)
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r"(?:[$_]|[^\W\d])[\w$\-\u200c\u200d]*(?:\s*:\s*(?:[$_]|[^\W\d])[\w$\-]*)?")
INLINE_TAGS = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img"),
        *("input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub"),
        *("sup", "time", "tt", "u", "var", "wbr", "Link", "Highlight", "Translate", "Interpolate"),
    )
)
"""Tags within a paragraph, those of Docusaurus' own components included."""

VOID_TAGS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"}
)
"""Tags of HTML that have no end."""
_EQUALS = re.compile(r"\s*=\s*")
_HTML_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*(?P<self>/?)>"""
)
_HTML_PIECE = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>|" + _HTML_TAG.pattern, re.DOTALL)
_HTML_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
_START = re.compile(r"(?:import|export) ")
_IMPORTED = r"[\w$]+(?:\s+as\s+[\w$]+)?"
_IMPORTED_NAMES = rf"(?:\{{\s*(?:{_IMPORTED}(?:\s*,\s*{_IMPORTED})*\s*,?\s*)?\}}|\*\s*as\s+[\w$]+)"
_SIMPLE = re.compile(
    rf"""(?:import\s+(?:[\w$]+(?:\s*,\s*{_IMPORTED_NAMES})?|{_IMPORTED_NAMES})\s+from\s*(?:'[^'\n]*'|"[^"\n]*")"""
    r"""[ \t]*;?[ \t]*(?:\n|\Z))+"""
)
_JAVASCRIPT = re.compile(
    r"""import\s+(?:["'{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:[{*]|default\b|const\b|let\b|var\b|function\b|class\b|async\b)"""
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a tag."""

    name: str  # "" for `{...spread}`
    value: str  # text with its entities decoded, or the source of an expression; "" if there is none
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
    is_resolved: bool = False  # made by a component, with its own names

    def text(self, name: str) -> str | None:
        """An attribute's value if it is plain text."""
        return next((a.value for a in self.attributes if a.name == name and a.kind == "text"), None)

    def data(self, name: str) -> Any:
        """An attribute's list, object or element; None if it is anything else."""
        return next((a.data for a in self.attributes if a.name == name and a.kind == "data"), None)

    def has(self, name: str) -> bool:
        """Whether the tag has the attribute, whatever its value."""
        return any(attribute.name == name for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class NoTag:
    """There is no tag here; `unfinished` if more text could make it one."""

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
        position = _skip_white_space(text, position, end)
        if position >= end:
            return NoTag(position, unfinished=True)
        character = text[position]
        if character == ">":
            return Tag(name, tuple(attributes), bool(head["closing"]), self_closing=False, end=position + 1)
        if character == "/" and not head["closing"]:
            position = _skip_white_space(text, position + 1, end)
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


def _skip_white_space(text: str, position: int, end: int) -> int:
    match = _SPACE.match(text, position, end)
    return match.end() if match else position


def html_tag(text: str) -> Tag | None:
    """The tag that makes up the whole text; None for a comment and the like."""
    match = _HTML_TAG.fullmatch(text)
    return _tag(match) if match else None


def html_pieces(text: str) -> Iterator[str | Tag]:
    """Text and tags, in order, without comments."""
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


Item = Tag | str
"""A tag, or the source of an expression."""


def esm(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Code from the start of a line to the first blank line before which it is a program."""
    position = state.bMarks[start]
    if silent or state.tShift[start] or state.blkIndent or not _START.match(state.src, position):
        return False
    if position and state.src[position - 1] != "\n":
        return False
    scan: Scan = state.env["scan"]
    stop = _program_end(state, start, scan)
    if stop < 0:
        message = "an import or export that is not JavaScript"
        scan.trouble(message, start)
        if not _JAVASCRIPT.match(state.src, position):
            return False
        stop = _next_blank(state, start)
    code = state.src[position : state.eMarks[stop - 1]]
    scan.code.append(code)
    token = state.push("esm", "", 0)
    token.map = [start, stop]
    state.line = stop
    return True


def _program_end(state: StateBlock, start: int, scan: Scan) -> int:
    stop = start
    while True:
        stop = _next_blank(state, stop)
        code = state.src[state.bMarks[start] : state.eMarks[stop - 1]]
        if _SIMPLE.fullmatch(code):
            return stop
        if not scan.budget.spend(len(code)):
            return -1
        if not parse(code).has_error:
            return stop
        stop = state.skipEmptyLines(stop)
        if stop >= state.lineMax:
            return -1


def _next_blank(state: StateBlock, line: int) -> int:
    while line < state.lineMax and not state.isEmpty(line):
        line += 1
    return line


@dataclass(frozen=True, slots=True)
class FlowLines:
    """The content of the lines, and their number."""

    items: tuple[Item, ...]
    lines: int


def flow(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Tags and expressions that fill whole lines."""
    scan: Scan = state.env["scan"]
    position = state.bMarks[start] + state.tShift[start]
    last = min(end, state.lineMax)
    key = (position, state.blkIndent, last)
    if key in scan.flow:
        found = scan.flow[key]
    else:
        found = scan.flow[key] = _scan_lines(state, start, last, scan)
    if not isinstance(found, FlowLines):
        return False
    if silent:
        return True
    token = state.push("mdx_flow", "", 0)
    token.meta["items"] = found.items
    state.line = start + found.lines
    token.map = [start, state.line]
    return True


def comment_flow(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`<!-- … -->`; the rest of its last line, except for its first character, is read as a separate line."""
    position = state.bMarks[start] + state.tShift[start]
    scan: Scan = state.env["scan"]
    if not state.src.startswith("<!--", position) or position > scan.last_comment:
        return False
    match = COMMENT.match(state.src, position)
    if not match:
        return False
    line = start
    last = scan.last_line if scan.last_line is not None else len(state.bMarks) - 1
    while line < last and state.eMarks[line] < match.end():
        line += 1  # a comment continues after the end of its list or quotation
    if line >= last:
        return False
    if silent:
        return True
    rest = match.end() + 1  # the character after a comment is taken for the end of its line
    if rest >= state.eMarks[line]:
        state.line = line + 1
        return True
    text = state.src[rest : state.eMarks[line]]
    spaces = len(text) - len(text.lstrip(" \t"))
    state.bMarks[line], state.tShift[line] = rest, spaces
    state.sCount[line] = state.blkIndent + spaces
    state.line = line
    return True


def _scan_lines(state: StateBlock, start: int, last: int, scan: Scan) -> FlowLines | None:
    """Add lines until the tags and expressions that begin on the first one are complete."""
    indent = min(state.blkIndent, state.sCount[start])
    stop, wanted = start + 1, start + 1
    while True:
        while stop < min(wanted, last) and (state.sCount[stop] >= indent or state.isEmpty(stop)):
            stop += 1
        text = state.getLines(start, stop, max(indent, 0), False)
        found = _scan_items(text, scan)
        if isinstance(found, FlowLines):
            return found
        if not found.unfinished or stop < wanted or stop >= last:
            return None
        if not scan.budget.spend(len(text)):
            return None
        wanted = start + 4 * (wanted - start)


def _scan_items(text: str, scan: Scan) -> FlowLines | NoTag:
    items: list[Item] = []
    position = 0
    end = len(text)
    while True:
        position = _skip_blanks(text, position)
        if position >= end or text[position] == "\n":
            return FlowLines(tuple(items), text.count("\n", 0, position) + 1)
        if text[position] == "<":
            tag = scan_tag(text, position, end, scan.budget)
            if isinstance(tag, NoTag):
                return tag
            items.append(tag)
            position = tag.end
        elif text[position] == "{":
            close = expression_end(text, position + 1, scan.budget)
            if close < 0:
                return NoTag(position, unfinished=True)
            items.append(text[position + 1 : close])
            position = _skip_blanks(text, close + 1)
            if text.startswith("{", position):
                return NoTag(position)
        else:
            return NoTag(position)


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t":
        position += 1
    return position
