"""Which HTML may remain in a model's Markdown.

Whatever Markdown would take for a tag that may load, run or restyle anything is written `\\<`, Markdown's own way to
write the sign itself.
Called by `engines.citations.answer_text`.
"""

import re
from typing import Literal

_SAFE = frozenset({"br", "sub", "sup", "kbd"})

_NAME = r"[A-Za-z][A-Za-z0-9-]*"
_ATTRIBUTE = r"\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?"
_TAG = re.compile(rf"<(/?)({_NAME})((?:{_ATTRIBUTE})*)\s*/?>")
_MAY_BECOME_TAG = re.compile(
    rf"</?(?:{_NAME}(?:{_ATTRIBUTE})*\s*(?:/|[A-Za-z_:][\w.:-]*\s*(?:=\s*(?:'[^']*|\"[^\"]*|[^\s\"'=<>`]*)?)?)?)?\Z"
)
_LONGEST_TAG = 400
# In a tag that became text.
_IN_ATTRIBUTE = re.compile(r"\\<[A-Za-z][^<>]*=\s*(?:\"[^\"<>]*|'[^'<>]*)\Z")
_LINKED_ADDRESS = re.compile(r"<(?:https?|ftp|javascript|vbscript|data|file|blob|mailto|tel|intent):", re.IGNORECASE)
# Elements that must never reach a browser from an answer, however sloppily they are written.
_ELEMENT = re.compile(
    r"</?(?:script|style|img|iframe|frame|frameset|object|embed|applet|svg|math|video|audio|source|track|picture|link|meta|"
    r"base|form|input|button|textarea|select|option|body|html|head|template|portal|marquee|details|dialog|canvas|div|span|"
    r"table|plaintext|noscript|xmp|isindex|keygen|image|foreignobject|animate|set|use)(?![\w:-])",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KNOWN = _words(
    """a abbr address area article aside b bdi bdo big blockquote caption center cite code col colgroup data dd del dfn
    dir dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i ins label legend li main
    map mark menu meter nav nobr ol optgroup output p param pre progress q rp rt ruby s samp search section slot small
    strike strong summary tbody td tfoot th thead time title tr tt u ul var wbr"""
)

Ruling = Literal["text", "tag", "escape", "wait"]


def rule_on_tag(text: str, *, final: bool) -> tuple[Ruling, int]:
    """How to treat the `<` at the start of a text, and how much of the text that settles.

    "text" and "tag" are kept, "escape" becomes text, "wait" is not yet known.
    """
    if text[1:2] in {"!", "?"}:
        return "escape", 1
    if _LINKED_ADDRESS.match(text):
        return "escape", 1  # what Markdown would link
    element = _ELEMENT.match(text)
    if element is not None and (final or element.end() < len(text)):
        return "escape", 1
    tag = _TAG.match(text)
    if tag is not None:
        name, attributes = tag[2].lower(), tag[3]
        if name in _SAFE and not attributes:
            return "tag", tag.end()
        return ("escape" if attributes or name in _KNOWN or name in _SAFE else "text"), 1
    if not final and len(text) < _LONGEST_TAG and _MAY_BECOME_TAG.match(text):
        return "wait", 0
    return ("escape" if final and "=" in text and _MAY_BECOME_TAG.match(text) else "text"), 1


def ends_in_attribute(text: str) -> bool:
    """Whether a text ends inside an attribute of a tag that became text."""
    return _IN_ATTRIBUTE.search(text[-_LONGEST_TAG:]) is not None
