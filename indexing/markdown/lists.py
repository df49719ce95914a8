"""The block rule of lists, their items and tasks; called by `blocks`."""

import re
from dataclasses import dataclass

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

_MARKER = re.compile(r"([-+*])(?=[ \t\n]|\Z)|(\d{1,9})([.)])(?=[ \t\n]|\Z)", re.ASCII)
_CHECKBOX = re.compile(r"\[([ \nxX])\]\s+(?=\S)")


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
    """Read the items; gives the line after the last."""
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
        state.line = min(line + 2, end)  # an item that begins with an empty line ends at the second one
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
    """Where the content begins, and its column with tabs expanded."""
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
