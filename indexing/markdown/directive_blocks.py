"""The block rules of directives, of which admonitions are the usual ones; called by `blocks`."""

import re

from markdown_it.rules_block import StateBlock

from indexing.markdown.scanning import DirectiveHead, Scan, scan_directive_head

_OPENING = re.compile(r":{3,}")
_CLOSING = re.compile(r"(:{3,})[ \t]*")


def container_directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`:::name[Title]` to a line of as many colons, or to the end of its parent; fences do not hide that line."""
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
    """The title of an admonition: its attribute `title`, which stands for the label where it has both."""
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
