"""The title that Docusaurus finds in a page's text: a line at its very start, read as text and not as Markdown."""

import re

from indexing.docusaurus.javascript import DOT, SPACE, trim, trim_end

_IMPORTS = re.compile(rf"(?:import[{SPACE}](?:{DOT}|\r?\n(?!\r?\n))*(?:\r?\n){{2,}})*")
_ATX = re.compile(rf"#[ \t]+([^ \t]{DOT}*)(?:\r?\n|\Z)")
_SETEXT = re.compile(rf"({DOT}*)\r?\n=+(?:\r?\n|\Z)")
_ID = re.compile(r"\{#*[A-Za-z0-9_-]+\}")
_CODE = re.compile(r"`([^`]*)`")


def content_title(content: str) -> str | None:
    """The title in `content`, which begins after the front matter; None where it does not begin with one."""
    text = trim(content)
    imports = _IMPORTS.match(text)
    text = trim(text[imports.end() :] if imports else text)
    atx = _ATX.match(text)
    if atx:
        return _plain(_without_id(trim(atx[1])))
    setext = _SETEXT.match(text)
    if setext:
        title = trim(setext[1])
        return _plain(trim_end(title.rstrip("=")) if title.endswith("=") else title)
    return None


def _without_id(title: str) -> str:
    """`title` without one `{#id}` or one run of closing signs at its end."""
    if title.endswith("#"):
        return trim_end(title.rstrip("#"))
    start = title.rfind("{")
    return trim_end(title[:start]) if start >= 0 and _ID.fullmatch(title, start) else title


def _plain(title: str) -> str:
    return trim(_CODE.sub(r"\1", title))
