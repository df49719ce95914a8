"""Block structure: markdown-it's rules, and those of lists, tables and directives; called by `parser`.

A line's first character decides which few rules can match, so that prose is read without trying all of them. The rules
of MDX's own lines are in `mdx`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from markdown_it import rules_block
from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.fence import make_fence_rule
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def

from indexing.markdown.mdx import comment_flow, esm, flow
from indexing.markdown.scanning import DirectiveHead, Scan, scan_directive_head

Rule = Callable[[StateBlock, int, int, bool], bool]
_MATH = "math_block"
math_block = make_fence_rule(markers=("$",), token_type=_MATH, disallow_marker_in_info=("$",), min_markers=2)

_UNDERLINES = frozenset("-=")
_MARKER = re.compile(r"([-+*])(?=[ \t\n]|\Z)|(\d{1,9})([.)])(?=[ \t\n]|\Z)", re.ASCII)
_CHECKBOX = re.compile(r"\[([ \nxX])\]\s+(?=\S)")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_CELL_END = re.compile(r"(?<!\\)\|")
_ESCAPED_PIPE = re.compile(r"\\\|")
_OPENING = re.compile(r":{3,}")
_CLOSING = re.compile(r"(:{3,})[ \t]*")


class BlockParser(ParserBlock):
    """markdown-it's block parser with a table of rules by first character."""

    def __init__(self, *, mdx: bool, comments: bool, math: bool) -> None:
        super().__init__()
        self._mdx = mdx
        self.starts = _starts(mdx=mdx, comments=comments, math=math)
        self.interrupts = {
            character: tuple(rule for rule in rules if rule not in (esm, rules_block.reference))
            for character, rules in self.starts.items()
        }
        self.ruler = Ruler()
        # markdown-it's own rules ask the ruler which rules end a block: one for each, which checks the character.
        self.ruler.push("interrupt", self._interrupts_paragraph, {"alt": ["paragraph", "reference"]})
        self.ruler.push("outside", self._interrupts_quote, {"alt": ["blockquote"]})
        self.ruler.push("hr", rules_block.hr, {"alt": ["list"]})
        if not mdx:
            self.ruler.push("code", rules_block.code, {"alt": []})

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        """Generate the tokens of a range of lines."""
        line = startLine
        empty_lines = False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break
            self._parse_block(state, line, endLine)
            state.tight = not empty_lines
            line = state.line
            if line - 1 < endLine and state.isEmpty(line - 1):
                empty_lines = True
            if line < endLine and state.isEmpty(line):
                empty_lines = True
                line += 1
                state.line = line

    def _parse_block(self, state: StateBlock, line: int, end: int) -> None:
        position = state.bMarks[line] + state.tShift[line]
        if state.level < state.md.options["maxNesting"]:
            if not self._mdx and rules_block.code(state, line, end, False):
                return
            if table_follows(state, line, end) and table(state, line, end, False):
                return
            for rule in self.starts.get(state.src[position], ()):
                if rule(state, line, end, False):
                    return
        self._content(state, line)

    def _interrupts_paragraph(self, state: StateBlock, line: int, end: int, silent: bool) -> bool:
        position = state.bMarks[line] + state.tShift[line]
        rules = self.interrupts.get(state.src[position], ())
        if any(rule(state, line, end, True) for rule in rules):
            return True
        return table_follows(state, line, end) and table(state, line, end, True)

    def _interrupts_quote(self, state: StateBlock, line: int, end: int, silent: bool) -> bool:
        position = state.bMarks[line] + state.tShift[line]
        return any(rule(state, line, end, True) for rule in self.interrupts.get(state.src[position], ()))

    def _content(self, state: StateBlock, start: int) -> None:
        """A paragraph, or a heading if it is underlined."""
        parent, state.parentType = state.parentType, "paragraph"
        line, level = self._content_end(state, start)
        state.parentType = parent
        text = state.getLines(start, line, state.blkIndent, False).strip(" \t\n")
        kind = "heading" if level else "paragraph"
        tag = f"h{level}" if level else "p"
        state.line = line + 1 if level else line
        opening = state.push(f"{kind}_open", tag, 1)
        opening.map = [start, state.line]
        opening.markup = "=" if level else ""
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = text, [start, line], []
        state.push(f"{kind}_close", tag, -1)

    def _content_end(self, state: StateBlock, start: int) -> tuple[int, int]:
        """The line after the text, and the heading's level if that line underlines it."""
        line = start + 1
        while line < state.lineMax and not state.isEmpty(line):
            indent = state.sCount[line] - state.blkIndent
            if self._mdx or indent <= 3:
                if indent >= 0:
                    level = _underline(state, line)
                    if level:
                        return line, level
                if state.sCount[line] >= 0 and self._interrupts_paragraph(state, line, state.lineMax, True):
                    break
            line += 1
        return line, 0


def _starts(*, mdx: bool, comments: bool, math: bool) -> dict[str, tuple[Rule, ...]]:
    starts: dict[str, tuple[Rule, ...]] = {
        "#": (rules_block.heading,),
        "`": (rules_block.fence,),
        "~": (rules_block.fence,),
        ">": (rules_block.blockquote,),
        "_": (rules_block.hr,),
        "-": (rules_block.hr, list_block),
        "*": (rules_block.hr, list_block),
        "+": (list_block,),
        "[": (footnote_def, rules_block.reference),
        ":": (container_directive, leaf_directive),
        **dict.fromkeys("0123456789", (list_block,)),
    }
    starts["<"] = ((comment_flow,) if comments else ()) + ((flow,) if mdx else (rules_block.html_block,))
    if math:
        starts["$"] = (math_block,)
    if mdx:
        starts["{"] = (flow,)
        starts["i"] = starts["e"] = (esm,)
    return starts


def _underline(state: StateBlock, line: int) -> int:
    position = state.bMarks[line] + state.tShift[line]
    marker = state.src[position]
    if marker not in _UNDERLINES:
        return 0
    rest = state.src[position : state.eMarks[line]].rstrip(" \t")
    if rest.strip(marker):
        return 0
    return 1 if marker == "=" else 2


@dataclass(frozen=True, slots=True)
class _Marker:
    number: str  # "" in a bullet list
    sign: str
    end: int


def list_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A list with all its items.

    markdown-it's own rule takes five spaces after a marker for indented code, which MDX does not have.
    """
    if state.is_code_block(start) or _is_too_deep(state, start):
        return False
    marker = _marker(state, start)
    if marker is None:
        return False
    if silent and state.parentType == "paragraph" and state.sCount[start] >= state.blkIndent:
        is_empty = state.skipSpaces(marker.end) >= state.eMarks[start]
        return not is_empty and marker.number in ("", "1")
    if silent:
        return True
    name = "ordered_list" if marker.number else "bullet_list"
    opening = state.push(f"{name}_open", "", 1)
    parent, state.parentType = state.parentType, "list"
    line = _items(state, start, end, marker)
    state.parentType = parent
    state.push(f"{name}_close", "", -1)
    opening.map = [start, line]
    state.line = line
    return True


def _items(state: StateBlock, line: int, end: int, marker: _Marker) -> int:
    """Read the items; returns the line after the last."""
    terminators = state.md.block.ruler.getRules("list")
    current: _Marker | None = marker
    while current is not None:
        _item(state, line, end, current)
        line = state.line
        if line >= end or state.isEmpty(line) or state.sCount[line] < state.blkIndent or state.is_code_block(line):
            break
        if any(rule(state, line, end, True) for rule in terminators):
            break
        following = _marker(state, line)
        current = following if following and following.sign == marker.sign else None
    return line


def _item(state: StateBlock, line: int, end: int, marker: _Marker) -> None:
    first = state.bMarks[line] + state.tShift[line]
    initial = state.sCount[line] + marker.end - first
    content, offset = _skip_spaces(state, line, marker.end, initial)
    is_empty = content >= state.eMarks[line]
    indent = 1 if is_empty else offset - initial
    if indent > 4 and not state.md.options.get("mdx", False):
        indent = 1
    token = state.push("list_item_open", "li", 1)
    token.info, token.markup = marker.number, marker.sign
    place = len(state.tokens)
    saved = (state.tShift[line], state.sCount[line], state.tight, state.listIndent)
    state.listIndent, state.blkIndent = state.blkIndent, initial + indent
    state.tight = True
    state.tShift[line], state.sCount[line] = content - state.bMarks[line], offset
    if is_empty and state.isEmpty(line + 1):
        state.line = min(line + 2, end)  # an item that begins with an empty line ends at a second one
    else:
        state.md.block.tokenize(state, line, end)
    token.map = [line, state.line]
    if state.tokens[place : place + 1] and state.tokens[place].type == "paragraph_open":
        _take_checkbox(token, state.tokens[place + 1])
    state.blkIndent = state.listIndent
    state.tShift[line], state.sCount[line], state.tight, state.listIndent = saved
    state.push("list_item_close", "li", -1)


def _take_checkbox(item: Token, inline: Token) -> None:
    """A task's box is the beginning of its text: `- [ ] # x` is no heading."""
    box = _CHECKBOX.match(inline.content)
    if box:
        item.meta["checked"] = box[1] != " "
        inline.content = inline.content[box.end() :]


def _marker(state: StateBlock, line: int) -> _Marker | None:
    position = state.bMarks[line] + state.tShift[line]
    match = _MARKER.match(state.src, position)
    if not match:
        return None
    return _Marker(match[2] or "", match[1] or match[3], match.end())


def _skip_spaces(state: StateBlock, line: int, position: int, offset: int) -> tuple[int, int]:
    """The start of the content, and its column with tabs expanded."""
    while position < state.eMarks[line]:
        character = state.src[position]
        if character == "\t":
            offset += 4 - (offset + state.bsCount[line]) % 4
        elif character == " ":
            offset += 1
        else:
            break
        position += 1
    return position, offset


def _is_too_deep(state: StateBlock, line: int) -> bool:
    """Whether the line continues a paragraph of a list, because it is indented like code."""
    return (
        not state.md.options.get("mdx", False)
        and state.listIndent >= 0
        and state.sCount[line] - state.listIndent >= 4
        and state.sCount[line] < state.blkIndent
    )


def table_follows(state: StateBlock, line: int, end: int) -> bool:
    """Whether the next line may be the delimiter row of a table; a quick check."""
    if line + 1 >= end:
        return False
    position, stop = state.bMarks[line + 1] + state.tShift[line + 1], state.eMarks[line + 1]
    if position >= stop or state.src[position] not in "|-:":
        return False
    # Without either character it underlines a heading.
    return state.src.find("|", position, stop) >= 0 or state.src.find(":", position, stop) >= 0


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A GitHub table: header, delimiter row with as many cells, and rows up to an empty line or another block."""
    delimiters = start + 1
    if state.sCount[delimiters] < state.blkIndent or state.is_code_block(delimiters) or state.is_code_block(start):
        return False
    row = _line(state, delimiters)
    if not _DELIMITERS.fullmatch(row):
        return False
    header = _cells(_line(state, start))
    if len(header) != len(_cells(row)):
        return False
    if silent:
        return True
    parent, state.parentType = state.parentType, "table"
    state.push("table_open", "table", 1).map = [start, start]
    opening = state.tokens[-1]
    _push_row(state, header, start)
    line = start + 2
    interrupts = state.md.block.ruler.getRules("blockquote")
    while line < end and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        if state.is_code_block(line) or any(rule(state, line, end, True) for rule in interrupts):
            break
        cells = _cells(_line(state, line))[: len(header)]
        _push_row(state, cells + [""] * (len(header) - len(cells)), line)
        line += 1
    state.push("table_close", "table", -1)
    opening.map = [start, line]
    state.line, state.parentType = line, parent
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip(" \t")


def _cells(text: str) -> list[str]:
    cells = _CELL_END.split(text)
    if len(cells) > 1 and not cells[0].strip(" \t"):
        cells.pop(0)
    if len(cells) > 1 and not cells[-1].strip(" \t"):
        cells.pop()
    return [_ESCAPED_PIPE.sub("|", cell.strip(" \t")) for cell in cells]


def _push_row(state: StateBlock, cells: list[str], line: int) -> None:
    state.push("tr_open", "tr", 1)
    for cell in cells:
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = cell, [line, line + 1], []
    state.push("tr_close", "tr", -1)


def container_directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`:::name[Title]` up to a line with as many colons, or the end of its parent; fences do not hide that line."""
    position = state.bMarks[start] + state.tShift[start]
    opening = _OPENING.match(state.src, position, state.eMarks[start])
    if not opening or state.is_code_block(start):
        return False
    head = _head(state, opening.end(), start)
    if not head:
        return False
    if silent:
        return True
    colons = len(opening[0])
    stop = start + 1
    closed = False
    last = min(end, state.lineMax)  # a quotation ends before the lines do
    while stop < last and (state.isEmpty(stop) or state.sCount[stop] >= state.blkIndent):
        first = state.bMarks[stop] + state.tShift[stop]
        closing = _CLOSING.fullmatch(state.src, first, state.eMarks[stop])
        if closing and len(closing[1]) >= colons and not state.is_code_block(stop):
            closed = True
            break
        stop += 1
    token = state.push("directive_open", "div", 1)
    token.info, token.meta["attributes"], token.map = head.name, head.attributes, [start, stop]
    _push_title(state, head, start)
    parent, state.parentType = state.parentType, "directive"
    line_max, state.lineMax = state.lineMax, stop
    scan: Scan = state.env["scan"]
    last_line, scan.last_line = scan.last_line, stop
    if start + 1 < stop:
        state.md.block.tokenize(state, start + 1, stop)
    state.lineMax, state.parentType, scan.last_line = line_max, parent, last_line
    state.push("directive_close", "div", -1).info = head.name
    state.line = stop + 1 if closed else stop
    return True


def leaf_directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`::name[label]` on a line."""
    position = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("::", position) or state.is_code_block(start):
        return False
    head = _head(state, position + 2, start)
    if not head:
        return False
    if silent:
        return True
    _push_label(state, head, start)
    state.line = start + 1
    return True


def _head(state: StateBlock, position: int, line: int) -> DirectiveHead | None:
    head = scan_directive_head(state.src, position, state.eMarks[line], one_line=True)
    if head and not state.src[head.end : state.eMarks[line]].strip(" \t"):
        return head
    return None


def _push_title(state: StateBlock, head: DirectiveHead, line: int) -> None:
    """The title of an admonition: its attribute `title`, which replaces the label if it has both."""
    scan: Scan = state.env["scan"]
    title = head.attributes.get("title") if head.name in scan.options.admonitions else None
    if not title:
        _push_label(state, head, line)
        return
    _push_line(state, re.sub(r"([^\w\s])", r"\\\1", title), line)


def _push_label(state: StateBlock, head: DirectiveHead, line: int) -> None:
    if head.label is not None:
        _push_line(state, state.src[head.label[0] : head.label[1]], line)


def _push_line(state: StateBlock, text: str, line: int) -> None:
    state.push("directive_label_open", "", 1)
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = text, [line, line + 1], []
    state.push("directive_label_close", "", -1)
