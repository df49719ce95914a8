"""Addresses: how a file's path becomes its page's address, and which page the site's router shows at an address.

Called by `docs`. The first half has number prefixes, slugs, index pages and permalinks. The second half follows React
Router 5, which matches paths as patterns and ignores case: of `Guide.md` and `guide.md` only one is shown, `faq/l:x.md`
also matches `faq/last`, and `a(x).md` is not even shown at its own address. Its patterns are those of path-to-regexp
1.9; the order of routes is that of JavaScript's `localeCompare`.
"""

import posixpath
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from indexing.docusaurus.javascript_text import DOT, SPACE

NumberPrefixParser = Callable[[str], str]
"""A path segment without its extension → the segment without its number."""

_DATE_OR_VERSION = re.compile(r"[0-9]+[-_.][0-9]+")
_NUMBER_PREFIX = re.compile(rf"[0-9]+[{SPACE}]*[-_.]+[{SPACE}]*([^\-_.{SPACE}]{DOT}*)")
_ENCODE_URI_KEEPS = ";,/?:@&=+$-_.!~*'()#"
_DECODED_ESCAPES = re.compile(r"(?:%(?!2[346BCF]|3[ABDF]|40)[0-9A-F]{2})+", re.IGNORECASE)  # all but ;/?:@&=+$,#
_URL_PATH_ESCAPES = ' "<>`{}^'
_DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)
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


def strip_number_prefix(name: str) -> str:
    """`01-intro` → `intro`; dates and versions (`2021-10-05-x`, `1.2-x`) are kept."""
    if _DATE_OR_VERSION.match(name):
        return name
    match = _NUMBER_PREFIX.fullmatch(name)
    return match[1] if match else name


def keep_number_prefix(name: str) -> str:
    """The parser of a site that has `numberPrefixParser: false`."""
    return name


def strip_path(folder: str, parse: NumberPrefixParser) -> str:
    """`folder` with each segment stripped; "" is the docs folder itself."""
    return "/".join(parse(part) for part in folder.split("/")) if folder else ""


def is_category_index(folder: str, stem: str) -> bool:
    """Whether the file is its folder's page: `index`, `readme`, or named like the folder, with numbers as written."""
    return stem.lower() in {"index", "readme", posixpath.basename(folder).lower() or "index"}


def resolve_pathname(to: str, base: str) -> str:
    """`to` as a link on the page `base`, which ends with a slash; `..` stops at the root."""
    parts = to.split("/") if to.startswith("/") else [*base.split("/")[:-1], *to.split("/")]
    trailing = parts[-1] in {".", "..", ""}
    kept: list[str] = []
    up = 0
    for part in reversed(parts):
        if part == ".":
            continue
        if part == "..":
            up += 1
        elif up:
            up -= 1
        else:
            kept.insert(0, part)
    if not kept or kept[0] != "":
        kept.insert(0, "")
    path = "/".join(kept)
    return path + "/" if trailing and not path.endswith("/") else path


def is_valid_pathname(path: str) -> bool:
    """Whether a URL with this path has this path: no query, no fragment, no `..`, no host."""
    if not path.startswith("/"):
        return False
    try:
        parsed = _url_pathname(path)
        return parsed in {path, quote(path, safe=_ENCODE_URI_KEEPS)}
    except UnicodeEncodeError:  # a lone surrogate
        return False


def _url_pathname(path: str) -> str | None:
    """The `pathname` that the URL standard gives for `path`; None where it names a host instead."""
    text = re.sub(r"[\t\n\r]", "", path.strip("".join(map(chr, range(0x21)))))
    text = re.split(r"[?#]", text, maxsplit=1)[0].replace("\\", "/")
    if text.startswith("//"):
        return None
    if any(_DOT_SEGMENT.fullmatch(part) for part in text.split("/")):
        return None
    return "".join(
        quote(char, safe="") if ord(char) > 0x7E or ord(char) < 0x20 or char in _URL_PATH_ESCAPES else char
        for char in text
    )


def normalize_url(parts: list[str]) -> str:
    """`parts` joined by single slashes; a trailing slash stays where the last part has one."""
    joined: list[str] = []
    started = ended = False
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        component = part
        if component == "":
            if last and ended:
                joined.append("/")
            continue
        if component != "/":
            if place > 0:
                lead = "/" if component.startswith("/") and not started else ""
                component = lead + component.lstrip("/")
            ended = component.endswith("/")
            component = component.rstrip("/") + ("/" if last and ended else "")
        started = True
        joined.append(component)
    text = re.sub(r"/(\?|&|#[^!/])", r"\1", "/".join(joined))
    head, *queries = text.split("?")
    text = head + ("?" + "&".join(queries) if queries else "")
    text = re.sub(r"([^:/]/)/+", r"\1", text)
    return re.sub(r"^/+", "/", text)


def without_slash(url: str) -> str:
    """An address without its trailing slash, since a page has both forms; the root keeps its slash."""
    return url.rstrip("/") or "/"


def decode_uri(path: str) -> str:
    """JavaScript's `decodeURI` of a path whose escapes are valid; those of reserved characters stay."""
    return _DECODED_ESCAPES.sub(lambda escapes: unquote(escapes[0]), path)


def apply_trailing_slash(path: str, trailing_slash: bool | None, base_url: str) -> str:
    """The route of a permalink under the site's `trailingSlash`; the root and `base_url` keep their slash."""
    if trailing_slash is None:
        return path
    pathname = re.split(r"[#?]", path, maxsplit=1)[0]
    if pathname in {"/", base_url}:
        return path
    changed = pathname.removesuffix("/") + ("/" if trailing_slash else "")
    return changed + path[len(pathname) :]


@dataclass(frozen=True, slots=True)
class Route:
    """The address of one doc."""

    url: str
    id: str

    @property
    def is_pattern(self) -> bool:
        """Whether the router reads the address as a pattern."""
        return _PATTERN_SIGNS.search(self.url) is not None


class Router:
    """Tells which page is shown at an address; holds the routes of one version in one language."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Raises ValueError for a route whose pattern is not a valid regular expression, which stops a build."""
        self._plain: dict[str, Route] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if route.is_pattern:
                self._patterns.append((route_pattern(route.url), route))
            else:
                address = _folded(without_slash(route.url))
                known = self._plain.get(address)
                self._plain[address] = route if known is None else min(known, route, key=_place)

    def shown(self, url: str) -> Route | None:
        """The route whose page is shown at `url`; None if the site shows its "not found" page there."""
        address = _folded(url)
        found = [route for pattern, route in self._patterns if pattern.fullmatch(address)]
        if plain := self._plain.get(without_slash(address)):
            found.append(plain)
        # Nearly every address belongs to one route only, and ordering routes takes long.
        return min(found, key=_place) if len(found) > 1 else next(iter(found), None)


def _place(route: Route) -> tuple[object, object]:
    """The sort key of the route: the router shows the first that matches."""
    return collation(route.url), collation(route.id)


def route_pattern(url: str) -> re.Pattern[str]:
    """The expression that whole addresses, folded, are matched with.

    Raises ValueError if a group in `url` is not a valid regular expression.
    """
    parts: list[str] = []
    text = ""  # literal text since the last parameter
    place = 0
    path = without_slash(url)
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
        raise ValueError(f"its address {url!r} is not a pattern that Docusaurus' router can read: {exc}") from exc


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
    """What a parameter without an expression matches: the rest of a segment, up to the text before it."""
    if not before or delimiter in before:
        return f"[^{re.escape(delimiter)}]+?"
    return f"{_literal(before)}|(?:(?!{_literal(before)})[^{re.escape(delimiter)}])+?"


def _literal(text: str) -> str:
    return re.escape(_folded(text))


def _folded(text: str) -> str:
    """`text` as JavaScript's `i` flag compares it: each character in upper case, if that is one character."""
    return text.upper() if text.isascii() else "".join(_folded_char(char) for char in text)


def _folded_char(char: str) -> str:
    upper = char.upper()
    if len(upper) != 1 or (ord(char) > _LAST_ASCII >= ord(upper)):
        return char
    return upper


def collation(text: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """An approximation of JavaScript's `localeCompare`: signs, digits, letters; lower case before upper case."""
    plain = unicodedata.normalize("NFD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    order = tuple((2 if char.isalpha() else 1 if char.isdigit() else 0, _rank(char)) for char in letters.casefold())
    return order, text.swapcase()


def _rank(char: str) -> str:
    return chr(_SIGNS.index(char)) if char in _SIGNS else char
