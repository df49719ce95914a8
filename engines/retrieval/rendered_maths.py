"""A formula's letters in the orders in which KaTeX shows them, for comparing a selection with the book's LaTeX.

Called by `engines.retrieval.selection`. KaTeX renders each formula twice, as MathML for screen readers and as HTML, and
a browser's selection has both. MathML keeps the order of the source; HTML has denominators before numerators, limits
before their operator, and matrices column by column.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^$\n](?:[^$]*?[^\\$])?)\$(?!\d)", re.DOTALL)
_PART = re.compile(r"\\[a-zA-Z]+\*?|\\.|.", re.DOTALL)
_FRACTIONS = frozenset(("\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\binom"))
_LIMITS = frozenset(("\\sum", "\\prod", "\\min", "\\max", "\\lim", "\\sup", "\\inf", "\\argmin", "\\argmax"))
_WORDS = frozenset(
    (
        *("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"),
        *("ln", "log", "exp", "det", "dim", "ker", "deg", "gcd", "arg", "Pr", "min", "max", "lim", "sup", "inf"),
    )
)
_SIGNS = {"\\ell": "l", "\\Re": "R", "\\Im": "I", "\\hbar": "ℏ", "\\imath": "ı", "\\jmath": "ȷ"}
_DEEPEST = 60  # parts in parts: no formula has as many, and a hostile one must not end the process


@dataclass(frozen=True, slots=True)
class _Shown:
    """A part of a formula in both orders."""

    mathml: str = ""
    html: str = ""

    def __add__(self, other: "_Shown") -> "_Shown":
        return _Shown(self.mathml + other.mathml, self.html + other.html)


def with_rendered_maths(text: str) -> str:
    """A Markdown text with each formula as a browser's selection has it."""
    return _FORMULA.sub(_rendered, text)


def _rendered(found: re.Match[str]) -> str:
    shown = _Formula(found["display"] or found["inline"]).read()
    return f" {shown.mathml} {shown.html} "


class _Formula:
    def __init__(self, source: str) -> None:
        self._parts = [part for part in _PART.findall(source) if not part.isspace()]
        self._at = 0
        self._depth = 0

    def read(self) -> _Shown:
        """The whole formula."""
        shown = _Shown()
        while self._at < len(self._parts):
            shown += self._until(frozenset())
            self._at += 1  # past a brace that closes nothing
        return shown

    def _until(self, ends: frozenset[str]) -> _Shown:
        """What stands before one of `ends` or the brace that closes the group."""
        shown = _Shown()
        while (part := self._peek()) is not None and part != "}" and part not in ends:
            shown += self._with_scripts()
        return shown

    def _with_scripts(self) -> _Shown:
        limits = self._peek() in _LIMITS
        base, below, above = self._atom(), _Shown(), _Shown()
        while self._peek() in {"_", "^"}:
            if self._next() == "_":
                below += self._atom()
            else:
                above += self._atom()
        html = (below + base if limits else base + below).html
        return _Shown(base.mathml + below.mathml, html) + above

    def _atom(self) -> _Shown:
        part = self._next()
        if part is None or part == "}" or self._depth >= _DEEPEST:
            return _Shown()
        self._depth += 1
        shown = self._shown(part)
        self._depth -= 1
        return shown

    def _shown(self, part: str) -> _Shown:
        if part == "{":
            return self._group()
        if part in _FRACTIONS:
            above, below = self._atom(), self._atom()
            return _Shown(above.mathml + below.mathml, below.html + above.html)
        if part == "\\begin":
            return self._environment()
        letters = _letters(part)
        return _Shown(letters, letters)

    def _group(self) -> _Shown:
        shown = self._until(frozenset())
        if self._peek() == "}":
            self._at += 1
        return shown

    def _environment(self) -> _Shown:
        """A matrix or the like: rows of cells."""
        self._atom()  # its name
        rows, cells = [], []
        while (part := self._peek()) is not None and part != "}":
            cells.append(self._until(frozenset(("&", "\\\\", "\\end"))))
            end = self._next()
            if end != "&":
                rows.append(cells)
                cells = []
            if end == "\\end":
                self._atom()
                break
        mathml = "".join(cell.mathml for row in rows for cell in row)
        return _Shown(mathml, "".join(_by_column(rows)))

    def _peek(self) -> str | None:
        return self._parts[self._at] if self._at < len(self._parts) else None

    def _next(self) -> str | None:
        part = self._peek()
        self._at += part is not None
        return part


def _by_column(rows: list[list[_Shown]]) -> Iterator[str]:
    for column in range(max(map(len, rows), default=0)):
        yield from (row[column].html for row in rows if column < len(row))


def _letters(part: str) -> str:
    """What a part shows: its letters and digits, nothing for a sign or a command that sets type."""
    if not part.startswith("\\"):
        return part
    name = part[1:].rstrip("*")
    if name in _WORDS:
        return name
    if part in _SIGNS:
        return _SIGNS[part]
    size = "SMALL" if name.islower() else "CAPITAL"
    plain = name.removeprefix("var").upper().replace("LAMBDA", "LAMDA")
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {plain}")
    except KeyError:
        return ""
