"""Text inside JavaScript that a reader surely sees: strings, lists, objects; called by `props` and `headings`."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from indexing.markdown.javascript import parse

if TYPE_CHECKING:
    from tree_sitter import Node

_STRING = re.compile(
    r"""\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.|\$(?!\{))*)`)\s*""", re.DOTALL
)
_IDENTIFIER = re.compile(r"\s*[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\s*")
_COMMENT_LIKE = re.compile(r"\s*/[*/]")
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|\n|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": " ", "r": "", "b": "", "f": "", "v": "", "0": "", "\n": ""}
_MAX_CODE = 200_000


def literal_text(code: str, values: Mapping[str, str]) -> str | None:
    """What an expression shows: a string, a known value, nothing for a comment; None where only running it tells."""
    match = _STRING.fullmatch(code)
    if match:
        return _unescape(next(group for group in match.groups() if group is not None))
    if not code.strip() or _COMMENT_LIKE.match(code):
        return ""
    if _IDENTIFIER.fullmatch(code):
        return values.get(code.strip())
    return None


def data_strings(code: str) -> Iterator[tuple[str, str]]:
    """(key, text) of the strings in a list or an object, in order; a list's strings have the key of the list, or ""."""
    if len(code) > _MAX_CODE:
        return
    program = parse(f"({code}\n)")
    if program.has_error:
        return
    stack: list[tuple[Node, str]] = [(program, "")]
    while stack:
        node, key = stack.pop()
        if node.type in ("string", "template_string"):
            text = _node_text(node)
            if text is not None:
                yield key, text
        elif node.type == "pair":
            name, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            if name is not None and value is not None:
                stack.append((value, _source(name).strip("'\"")))
        elif node.type in ("program", "expression_statement", "parenthesized_expression", "array", "object"):
            stack += [(child, key) for child in reversed(node.named_children)]


def _node_text(node: "Node") -> str | None:
    if any(child.type == "template_substitution" for child in node.named_children):
        return None
    return _unescape(_source(node)[1:-1])


def _source(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_unescape_one, text)


def _unescape_one(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _LETTERS.get(code, code)
