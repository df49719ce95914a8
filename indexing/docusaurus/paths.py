"""How the path of a file becomes the path of its page: number prefixes, ids, slugs, index pages, permalinks.

Pure functions over strings; `indexing.docusaurus.pages` calls them.
"""

import posixpath
import re
from collections.abc import Callable
from urllib.parse import quote

from indexing.docusaurus.javascript import DOT, SPACE

NumberPrefixParser = Callable[[str], str]
"""A path segment without its extension → the segment without its number."""

_DATE_OR_VERSION = re.compile(r"[0-9]+[-_.][0-9]+")
_NUMBER_PREFIX = re.compile(rf"[0-9]+[{SPACE}]*[-_.]+[{SPACE}]*([^\-_.{SPACE}]{DOT}*)")
_ENCODE_URI_KEEPS = ";,/?:@&=+$-_.!~*'()#"
_URL_PATH_ESCAPES = ' "<>`{}^'
_DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


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
    """Whether the file stands for its folder: `index`, `readme`, or named like the folder; numbers count as written."""
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
    except UnicodeEncodeError:  # half of a surrogate pair
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


def apply_trailing_slash(path: str, trailing_slash: bool | None, base_url: str) -> str:
    """The route of a permalink under the site's `trailingSlash`; the root and `base_url` keep their slash."""
    if trailing_slash is None:
        return path
    pathname = re.split(r"[#?]", path, maxsplit=1)[0]
    if pathname in {"/", base_url}:
        return path
    changed = pathname.removesuffix("/") + ("/" if trailing_slash else "")
    return changed + path[len(pathname) :]
