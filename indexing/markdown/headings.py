"""The text and the id of a heading; called by `document`, works on the tokens of one line of text."""

import re
from collections.abc import Callable, Iterable

from markdown_it.token import Token

from indexing.markdown.javascript import is_comment
from indexing.markdown.scope import MESSAGES, Gap, Piece, text_of
from indexing.markdown.slug import Slugger
from indexing.markdown.tags import Tag

_CLASSIC_ID = re.compile(r"\{#(?P<id>(?:[^\n\r\u2028\u2029](?!\{#|\}))*[^\n\r\u2028\u2029])\}\Z")
_JS_SPACE = (
    " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_ONE_COMMENT = re.compile(r"\s*(?:/\*(?P<block>(?:[^*]|\*(?!/))*)\*/|//(?P<line>[^\n]*)\n)\s*")
_HTML_COMMENT = re.compile(r"<!--(.*)-->\Z", re.DOTALL)
_SPACES = re.compile(r"[ \t]*\n[ \t]*")
_BREAKS = {"softbreak": "\n", "hardbreak": ""}


def source_text(children: Iterable[Token], *, skip_html: bool = True) -> str:
    """The text that an id is made of: markup gone, the source of expressions and the text of images kept."""
    parts = []
    for token in children:
        kind = token.type
        if kind in ("text", "text_special", "math_inline", "expression"):
            parts.append(token.content)
        elif kind == "code_inline":
            parts.append(token.meta.get("source", token.content))
        elif kind in _BREAKS:
            parts.append(_BREAKS[kind])
        elif kind == "image":
            parts.append(source_text(token.children or (), skip_html=False))
        elif kind == "html_inline" and not (skip_html and token.level == 0):
            parts.append(token.content)
    return "".join(parts)


def reader_text(
    children: Iterable[Token],
    show: Callable[[str | Tag], list[Piece]],
    translate: Callable[[Tag, str], list[Piece]],
) -> tuple[str, list[Gap]]:
    """The text that a reader sees, and what is not known of it.

    `show` gives what expressions and components show, `translate` what the tag of a message shows for its text.
    """
    parts: list[str] = []
    gaps: list[Gap] = []
    message: tuple[Tag, int] | None = None  # its tag, and where its text begins
    for token in children:
        kind = token.type
        if kind in ("text", "text_special", "code_inline", "math_inline", "directive"):
            parts.append(token.content)
        elif kind in _BREAKS:
            parts.append(" ")
        elif kind == "image":
            parts.append(source_text(token.children or ()))
        elif kind == "jsx_tag" and token.meta["tag"].name in MESSAGES and not token.meta["tag"].self_closing:
            if not token.meta["tag"].closing:
                message = token.meta["tag"], len(parts)
            elif message is not None:
                tag, start = message
                parts[start:] = [text_of(translate(tag, "".join(parts[start:]).strip()))]
        elif kind in ("expression", "jsx_tag"):
            pieces = show(token.content if kind == "expression" else token.meta["tag"])
            gaps += [piece for piece in pieces if isinstance(piece, Gap)]
            parts.append(text_of(pieces))
    return _SPACES.sub(" ", "".join(parts)).strip(_JS_SPACE), gaps


def take_id(children: list[Token], slugger: Slugger) -> str | None:
    """The id of a heading; what says it explicitly is taken out of the tokens. None: the published page has none."""
    explicit = _comment_id(children)
    if explicit:
        children.pop()
        return explicit
    # A heading that is nothing but raw HTML keeps it.
    text = source_text(children, skip_html=any(token.type != "html_inline" for token in children))
    classic = _CLASSIC_ID.search(text) if text.endswith("}") else None
    if classic:
        _drop_tail(children, classic[0])
        return classic["id"].strip(_JS_SPACE) or None
    return slugger.slug(text) or None


def _comment_id(children: list[Token]) -> str | None:
    last = children[-1] if children else None
    comment = None
    if last and last.type == "expression" and is_comment(last.content):
        match = _ONE_COMMENT.fullmatch(last.content)
        comment = (match["block"] if match["block"] is not None else match["line"]) if match else None
    elif last and last.type == "html_inline":
        html = _HTML_COMMENT.match(last.content)
        comment = html[1] if html else None
    if comment is None:
        return None
    first = comment.strip(_JS_SPACE).split(" ")[0]
    return first[1:] if first.startswith("#") else None


def _drop_tail(children: list[Token], tail: str) -> None:
    """Take the id's text from the end of the heading's last piece of text, where it stands there whole."""
    missing = len(tail)
    for token in reversed(children):
        if token.type not in ("text", "text_special"):
            return
        taken = min(missing, len(token.content))
        token.content = token.content[: len(token.content) - taken]
        missing -= taken
        if missing == 0:
            token.content = token.content.rstrip(_JS_SPACE)
            return
