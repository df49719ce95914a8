"""The block rule of GitHub's tables; called by `blocks`."""

import re

from markdown_it.rules_block import StateBlock

_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_CELL_END = re.compile(r"(?<!\\)\|")
_ESCAPED_PIPE = re.compile(r"\\\|")


def table_follows(state: StateBlock, line: int, end: int) -> bool:
    """Whether the next line may be the delimiter row of a table; a quick look."""
    if line + 1 >= end:
        return False
    position, stop = state.bMarks[line + 1] + state.tShift[line + 1], state.eMarks[line + 1]
    if position >= stop or state.src[position] not in "|-:":
        return False
    # Without either sign it underlines a heading.
    return state.src.find("|", position, stop) >= 0 or state.src.find(":", position, stop) >= 0


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """GitHub's: a header, a delimiter row with as many cells, and the rows up to an empty line or another block."""
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
