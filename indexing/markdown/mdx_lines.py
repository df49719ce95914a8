"""MDX on lines of its own: `import` and `export`, tags, expressions, comments; the block rules of `blocks`.

`blocks` tries `esm` at `i` and `e`, the others at `<` and `{`.
"""

import re
from dataclasses import dataclass

from markdown_it.rules_block import StateBlock

from indexing.markdown.javascript import expression_end, parse
from indexing.markdown.scanning import COMMENT, Scan
from indexing.markdown.tags import NoTag, Tag, scan_tag

_START = re.compile(r"(?:import|export) ")
_SIMPLE = re.compile(r"""(?:import\s[\w$\s{},*]+?\sfrom\s*(?:'[^'\n]*'|"[^"\n]*")[ \t]*;?[ \t]*(?:\n|\Z))+""")
_JAVASCRIPT = re.compile(
    r"""import\s+(?:["'{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:[{*]|default\b|const\b|let\b|var\b|function\b|class\b|async\b)"""
)


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
    """What stands on the lines, and how many there are."""

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
    """`<!-- … -->`; what follows it on its last line is read as a line of its own, but for its first character."""
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
        line += 1  # a comment goes on where its list or quotation has ended
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
    """Take more and more lines until the tags and expressions that begin on the first are whole."""
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
        position = _skip_spaces(text, position)
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
            position = _skip_spaces(text, close + 1)
            if text.startswith("{", position):
                return NoTag(position)
        else:
            return NoTag(position)


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t":
        position += 1
    return position
