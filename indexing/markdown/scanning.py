"""What the rules of one parse share: its state, finding the end of JavaScript inside MDX, and the heads of directives.

Called by the rules. tree-sitter decides what is JavaScript: an expression ends at the first `}` before which it parses,
as in MDX. A guess by counting braces comes first, so that nearly every expression is parsed only once.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from indexing.markdown.page import MarkdownOptions

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_TRIES = 24
"""Closing braces that are tried when the guess does not parse."""

_PLAIN = re.compile(r"""[^{}'"`/<\\#]*}""")
# An unclosed comment or template runs to the end; otherwise a text of `/*/*/*` would be scanned once for each.
_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*(?:`|\Z)|[{}]""", re.DOTALL
)
_COMMENTS = re.compile(r"\s*+(?>/\*.*?\*/\s*+|//[^\n]*\n\s*+)*+", re.DOTALL)
_NEEDS_JUDGE = re.compile(r"[<`]|/(?![/*])")
COMMENT = re.compile(r"<!--(?!-?>)-?+.*?--+>", re.DOTALL)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ATTRIBUTES = re.compile(
    r"""\{\s*+(?:(?:[#.][^\s#.{}"'<>=`]+(?:[#.][^\s#.{}"'<>=`]+)*+|[A-Za-z:_][\w:.\-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<=>`{}]++))?)\s*+)*+\}"""
)
_ATTRIBUTE = re.compile(r"""([A-Za-z:_][\w:.\-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<=>`{}]+))""")
_BRACKET = re.compile(r"\\.|[\[\]\n]", re.DOTALL)
_MAX_LABEL_DEPTH = 32
MAX_TROUBLES = 50
"""The constructs of one file that are reported; a hostile page has one for every character."""


@dataclass(slots=True)
class Budget:
    """How many characters may still be scanned in vain on a page, so that no text takes quadratic time."""

    characters: int

    def spend(self, characters: int) -> bool:
        """Take characters from the budget; whether any were left before."""
        left = self.characters > 0
        self.characters -= characters
        return left


@cache
def _parser(*, typescript: bool) -> "Parser":
    # Only pages with more than names in their braces need the parser, which takes some milliseconds to load.
    from tree_sitter import Language, Parser

    if typescript:
        import tree_sitter_typescript

        return Parser(Language(tree_sitter_typescript.language_tsx()))
    import tree_sitter_javascript

    return Parser(Language(tree_sitter_javascript.language()))


def parse(code: str, *, typescript: bool = False) -> "Node":
    """The syntax tree of a program; its `has_error` tells whether it is valid."""
    return _parser(typescript=typescript).parse(code.encode("utf-8", "replace")).root_node


def is_comment(code: str) -> bool:
    """Whether the text between two braces is blank or only comments."""
    return _COMMENTS.fullmatch(code) is not None


def is_expression(code: str, *, spread: bool = False) -> bool:
    """Whether the text between two braces is an expression, or nothing but comments."""
    if is_comment(code):
        return not spread
    return not parse(f"({{{code}\n}})" if spread else f"({code}\n)").has_error


def expression_end(text: str, start: int, budget: Budget, *, spread: bool = False) -> int:
    """The position of the `}` that closes the expression whose first character is at `start`; -1 if there is none."""
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


@dataclass(slots=True)
class Trouble:
    """Something that MDX would refuse, with its line in the parsed text."""

    line: int  # from 0
    message: str


@dataclass(slots=True)
class Scan:
    """One parse: its settings, and its remaining budget."""

    options: MarkdownOptions
    budget: Budget
    math: bool
    line: int = 0  # of the text that the inline rules are reading
    last_line: int | None = None  # the end of the current directive, which is read as a separate document
    last_comment: int = -1  # position of the last `-->`, so that no search starts at a `<!--` after it
    troubles: list[Trouble] = field(default_factory=list)
    flow: dict[tuple[int, int, int], object] = field(default_factory=dict)  # results of `mdx.flow` by line
    code: list[str] = field(default_factory=list)  # `import` and `export` lines
    referred: list[str] = field(default_factory=list)  # labels of footnotes, in the order of their references

    def trouble(self, message: str, line: int | None = None) -> None:
        """Report a construct that MDX refuses."""
        if len(self.troubles) < MAX_TROUBLES:
            self.troubles.append(Trouble(self.line if line is None else line, message))


@dataclass(frozen=True, slots=True)
class DirectiveHead:
    """`name[label]{attributes}` of a directive."""

    name: str
    label: tuple[int, int] | None  # the place of the label's text
    attributes: dict[str, str]
    end: int


def scan_directive_head(text: str, start: int, end: int, *, one_line: bool) -> DirectiveHead | None:
    """The head whose name is at `start`."""
    name = NAME.match(text, start, end)
    if not name or name[0][-1] in "-_":
        return None
    position = name.end()
    label = None
    if position < end and text[position] == "[":
        close = _label_end(text, position + 1, end, one_line=one_line)
        if close >= 0:
            label = (position + 1, close)
            position = close + 1
    attributes = {}
    if position < end and text[position] == "{":
        match = _ATTRIBUTES.match(text, position, end)
        if match and not (one_line and "\n" in match[0]):
            attributes = {m[1]: m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(match[0])}
            position = match.end()
    return DirectiveHead(name[0], label, attributes, position)


def _label_end(text: str, start: int, end: int, *, one_line: bool) -> int:
    depth = 0
    for match in _BRACKET.finditer(text, start, end):
        sign = match[0]
        if sign == "[":
            depth += 1
            if depth > _MAX_LABEL_DEPTH:
                return -1
        elif sign == "]":
            if depth == 0:
                return match.start()
            depth -= 1
        elif sign == "\n" and one_line:
            return -1
    return -1
