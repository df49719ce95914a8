"""Which page the site shows at an address: React Router 5 matches paths as patterns, without regard to case.

`Guide.md` and `guide.md` have one page between them, `faq/l:x.md` answers for `faq/last` too, and `a(x).md` is not even
shown at its own address. Called by `indexing.docusaurus.docs`. The patterns are those of path-to-regexp 1.9, whose
rules are followed here; the order of routes is that of JavaScript's `localeCompare`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_SIGNS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_PATTERN_SIGNS = re.compile(r"[(*\\]|:[A-Za-z0-9_]")
_TOKEN = re.compile(
    r"(?P<escaped>\\.)"
    r"|(?P<prefix>[/.])?(?:(?::(?P<name>[A-Za-z0-9_]+)(?:\((?P<capture>(?:\\.|[^\\()])+)\))?"
    r"|\((?P<group>(?:\\.|[^\\()])+)\))(?P<modifier>[+*?])?|(?P<asterisk>\*))"
)
_GROUP_SIGNS = re.compile(r"([=!:$/()])")
_ESCAPED = r"\\\1"
_LAST_ASCII = 0x7F


@dataclass(frozen=True, slots=True)
class Route:
    """The address of one doc."""

    url: str
    id: str

    @property
    def is_pattern(self) -> bool:
        """Whether the router reads more in the address than its letters."""
        return _PATTERN_SIGNS.search(self.url) is not None


class Router:
    """The routes of one version in one language."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Raises ValueError for a route whose pattern is no regular expression, which stops a build."""
        self._plain: dict[str, Route] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if route.is_pattern:
                self._patterns.append((route_pattern(route.url), route))
            else:
                address = _folded(_bare(route.url))
                known = self._plain.get(address)
                self._plain[address] = route if known is None else min(known, route, key=_place)

    def shown(self, url: str) -> Route | None:
        """The route whose page is shown at `url`; None where it is the page that says that there is none."""
        address = _folded(url)
        found = [route for pattern, route in self._patterns if pattern.fullmatch(address)]
        if plain := self._plain.get(_bare(address)):
            found.append(plain)
        # Nearly every address is that of one route alone, and the order takes long to tell.
        return min(found, key=_place) if len(found) > 1 else next(iter(found), None)


def _place(route: Route) -> tuple[object, object]:
    """Where the route stands among the others: the router shows the first that fits."""
    return collation(route.url), collation(route.id)


def route_pattern(url: str) -> re.Pattern[str]:
    """The expression that whole addresses, folded, are matched with.

    Raises ValueError where a group in `url` is no regular expression.
    """
    parts: list[str] = []
    text = ""  # literal text since the last parameter
    place = 0
    path = _bare(url)
    for match in _TOKEN.finditer(path):
        text += path[place : match.start()]
        place = match.end()
        if match["escaped"]:
            text += match["escaped"][1]
            continue
        parts += [_literal(text)] if text else []
        parts.append(_parameter(match, text))
        text = ""
    parts.append(_literal(text + path[place:]))
    try:
        return re.compile("".join(parts) + "/?")
    except re.error as exc:
        raise ValueError(f"its address {url!r} is no pattern that Docusaurus' router can read: {exc}") from exc


def _parameter(match: re.Match[str], before: str) -> str:
    """One `:name`, `(group)` or `*` as an expression; `before` is the literal text in front of it."""
    prefix = match["prefix"] or ""
    written = match["capture"] or match["group"]
    if written:
        pattern = f"(?i:{_GROUP_SIGNS.sub(_ESCAPED, written)})"
    elif match["asterisk"]:
        pattern = ".*"
    else:
        pattern = _any_segment(prefix or "/", prefix or before)
    lead, capture = _literal(prefix), f"(?:{pattern})"
    modifier = match["modifier"] or ""
    if modifier in {"+", "*"}:
        capture += f"(?:{lead}{capture})*"
    if modifier not in {"?", "*"}:
        return f"{lead}(?:{capture})"
    following = match.string[match.end() : match.end() + 1]
    partial = prefix and following and following != prefix
    return f"{lead}(?:{capture})?" if partial else f"(?:{lead}(?:{capture}))?"


def _any_segment(delimiter: str, before: str) -> str:
    """What a parameter without an expression takes: the rest of a segment, up to what stood before it."""
    if not before or delimiter in before:
        return f"[^{re.escape(delimiter)}]+?"
    return f"{_literal(before)}|(?:(?!{_literal(before)})[^{re.escape(delimiter)}])+?"


def _literal(text: str) -> str:
    return re.escape(_folded(text))


def _bare(url: str) -> str:
    return url.rstrip("/") or "/"


def _folded(text: str) -> str:
    """`text` as JavaScript's `i` flag compares it: each character by its upper case, where that is one character."""
    return text.upper() if text.isascii() else "".join(_folded_char(char) for char in text)


def _folded_char(char: str) -> str:
    upper = char.upper()
    if len(upper) != 1 or (ord(char) > _LAST_ASCII >= ord(upper)):
        return char
    return upper


def collation(text: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """The order of JavaScript's `localeCompare`, near enough: signs, digits, letters; small before capital."""
    plain = unicodedata.normalize("NFD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    order = tuple((2 if char.isalpha() else 1 if char.isdigit() else 0, _rank(char)) for char in letters.casefold())
    return order, text.swapcase()


def _rank(char: str) -> str:
    return chr(_SIGNS.index(char)) if char in _SIGNS else char
