"""`import` and `export` lines of MDX; the block rule that `blocks` tries at `i` and `e`."""

import re

from markdown_it.rules_block import StateBlock

from indexing.markdown.javascript import parse
from indexing.markdown.scanning import Scan

_START = re.compile(r"(?:import|export) ")
_SIMPLE = re.compile(r"""(?:import\s[\w$\s{},*]+?\sfrom\s*(?:'[^'\n]*'|"[^"\n]*")[ \t]*;?[ \t]*(?:\n|\Z))+""")
_JAVASCRIPT = re.compile(
    r"""import\s+(?:["'{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:[{*]|default\b|const\b|let\b|var\b|function\b|class\b|async\b)"""
)


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
