"""Where JavaScript ends inside MDX, judged by tree-sitter; called by `tags`, `mdx_lines` and the rules for `{…}`.

An expression ends at the first `}` before which it parses, as MDX itself decides it. A guess by counting braces
comes first, so that nearly every expression is parsed once.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_TRIES = 24
"""Closing braces that are tried when the guess does not parse."""

_PLAIN = re.compile(r"""[^{}'"`/<\\#]*}""")
# An unclosed comment or template runs to the end: else a text of `/*/*/*` would be scanned once for each.
_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*(?:`|\Z)|[{}]""", re.DOTALL
)
_COMMENTS = re.compile(r"\s*+(?>/\*.*?\*/\s*+|//[^\n]*\n\s*+)*+", re.DOTALL)
_NEEDS_JUDGE = re.compile(r"[<`]|/(?![/*])")


@dataclass(slots=True)
class Budget:
    """How many characters a page may still cost in scans that can fail, so that no text takes quadratic time."""

    characters: int

    def spend(self, characters: int) -> bool:
        """Whether there was something left before these were taken."""
        left = self.characters > 0
        self.characters -= characters
        return left


@cache
def _parser(*, typescript: bool) -> "Parser":
    # Only pages with more than names in their braces need the parser; loading it takes some milliseconds.
    from tree_sitter import Language, Parser

    if typescript:
        import tree_sitter_typescript

        return Parser(Language(tree_sitter_typescript.language_tsx()))
    import tree_sitter_javascript

    return Parser(Language(tree_sitter_javascript.language()))


def parse(code: str, *, typescript: bool = False) -> "Node":
    """The syntax tree of a program; its `has_error` tells whether it is one."""
    return _parser(typescript=typescript).parse(code.encode("utf-8", "replace")).root_node


def is_comment(code: str) -> bool:
    """Whether the text between two braces is blank or comments alone."""
    return _COMMENTS.fullmatch(code) is not None


def is_expression(code: str, *, spread: bool = False) -> bool:
    """Whether the text between two braces is an expression, or nothing but comments."""
    if is_comment(code):
        return not spread
    return not parse(f"({{{code}\n}})" if spread else f"({code}\n)").has_error


def expression_end(text: str, start: int, budget: Budget, *, spread: bool = False) -> int:
    """The position of the `}` that closes the expression whose first character is at `start`; -1: there is none."""
    plain = _PLAIN.match(text, start)
    if plain:
        return plain.end() - 1
    if not budget.spend(0):
        return -1
    guess = _balanced_end(text, start)
    budget.spend((guess if guess >= 0 else len(text)) - start)
    if guess >= 0:
        code = text[start:guess]
        if not _NEEDS_JUDGE.search(code) or is_expression(code, spread=spread):
            return guess
    position = start
    for _ in range(MAX_TRIES):
        position = text.find("}", position)
        if position < 0 or not budget.spend(position - start):
            break
        if is_expression(text[start:position], spread=spread):
            return position
        position += 1
    return guess


def _balanced_end(text: str, start: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(text, start):
        sign = match[0]
        if sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0:
                return match.start()
            depth -= 1
    return -1
