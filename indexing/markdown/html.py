"""Raw HTML of the `md` format as tags and text; called by `document` and `prose`."""

import re
from collections.abc import Iterator
from html import unescape

from indexing.markdown.tags import Attribute, Tag

_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*(?P<self>/?)>"""
)
_PIECE = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>|" + _TAG.pattern, re.DOTALL)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")


def html_tag(text: str) -> Tag | None:
    """The tag that is the whole text; None for a comment and its like."""
    match = _TAG.fullmatch(text)
    return _tag(match) if match else None


def html_pieces(text: str) -> Iterator[str | Tag]:
    """Text and tags, in order; comments are gone."""
    position = 0
    for match in _PIECE.finditer(text):
        if match.start() > position:
            yield unescape(text[position : match.start()])
        if match["name"]:
            yield _tag(match)
        position = match.end()
    if position < len(text):
        yield unescape(text[position:])


def _tag(match: re.Match[str]) -> Tag:
    attributes = tuple(
        Attribute(m[1].lower(), unescape(m[2] or m[3] or m[4] or ""), "text" if "=" in m[0] else "none")
        for m in _ATTRIBUTE.finditer(match["attributes"] or "")
    )
    return Tag(match["name"].lower(), attributes, bool(match["closing"]), bool(match["self"]), match.end())
