"""A message as a reader sees it: without signs that nobody sees, in plain letters, and without its markup.

Called first by `intents` and `understanding`; pure functions. Copied text brings zero-width spaces and marks of
direction, some keyboards write letters of double width, and people decorate letters or paste an address as a browser
encodes it. Search would take each of these for another word.
"""

import json
import re
import unicodedata
from urllib.parse import unquote

# Joiners (U+200C, U+200D) stay: Urdu's spelling and emoji need them.
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_STACKED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # that no letter is composed with
# Letters that are others in a costume: of double width, mathematical, in circles, as Arabic script joins them.
_COSTUMES = re.compile(
    "[\u2460-\u24ff\u3000\ufb00-\ufb06\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\uff01-\uffee\U0001d400-\U0001d7ff]+"
)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})")
_FEWEST_ENCODED = 3
_FORMATTED = re.compile(
    r"<(b|i|u|em|strong|mark|span|font|small|big|p|h[1-6])\b[^<>]{0,200}>([^<>]*)</\1\s*>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--(?:(?!<!--|-->).){0,2000}-->", re.DOTALL)
_MOST_NESTED = 4
_TAG = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|</?[a-z][^<>]{0,200}>", re.IGNORECASE | re.DOTALL)
_QUESTION_KEYS = ("question", "message", "query", "prompt", "text", "content")  # of a body for a service


def readable(text: str) -> str:
    """The message in the letters that are meant; one that is written plainly is given back as it is."""
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        text = _COSTUMES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        if _STACKED.search(text):
            text = _STACKED.sub("", unicodedata.normalize("NFC", text))
    if len(_ENCODED.findall(text)) >= _FEWEST_ENCODED and not any(map(str.isspace, text.strip())):
        text = unquote(text)
    if text.lstrip().startswith("{"):
        text = _in_json(text)
    return _without_markup(text) if "<" in text else text


def _in_json(text: str) -> str:
    """The question in a body that is meant for a service, `{"question": "..."}`; other texts as they are."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    values = [body.get(key) for key in _QUESTION_KEYS] if isinstance(body, dict) else []
    return next((value for value in values if isinstance(value, str) and value.strip()), text)


def _without_markup(text: str) -> str:
    """A text without comments, and without tags that only format the words between them.

    Other tags may be what a question is about: "when does `<ion-tab>` load?".
    """
    shown = _COMMENT.sub(" ", text)
    formatted = bool(_FORMATTED.search(shown))
    for _ in range(_MOST_NESTED):
        plain = _FORMATTED.sub(r"\2", shown)
        if plain == shown:
            break
        shown = plain
    if formatted:  # a piece of a page
        shown = " ".join(_TAG.sub(" ", shown).split())
    return shown if any(map(str.isalnum, shown)) else text
