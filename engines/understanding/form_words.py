"""Words around a question that are not about its subject: greetings, thanks, courtesies, lead-ins, wishes about the form.

`engines.understanding.understanding` takes them out of what is searched. To `engines.understanding.intents` a message
of nothing but wishes is about the last answer, and so is one that wants its sources, more of it, an example or code.
Pure functions and patterns; the words are in `languages/*.toml`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import regex

from engines.understanding.lexicon import expression, rich_pattern

_EDGE = r"(?:[\s,.!?;:…~\-–—()'\"*^]|\p{Emoji_Presentation}|\p{Extended_Pictographic}|\uFE0F)"


GREETING = rich_pattern("courtesies", r"^{edge}*{greeting}\b(?:{edge}+{addressed}\b)*{edge}*", edge=_EDGE)
"""A greeting at the beginning of a sentence."""

THANKS = rich_pattern(
    "courtesies", r"{edge}*\b(?:and )?{thanks}\b(?:{edge}+{thanks_rest}\b)*(?:{edge}|:\)|:-\)|<3)*$", edge=_EDGE
)
"""Thanks at the end of a sentence, or all of it."""

COURTESY = rich_pattern("courtesies", "^{courtesy}")
"""A sentence that is a courtesy or a remark to the helper, from its beginning."""

# Who asks, in the third person: "my sister Fatima from Karachi was wondering, how …".
ONLY_REPORTS = rich_pattern("courtesies", r"^[^?!]{2,80}?\b{reports}\W*$")
"""A sentence that only says who asks."""

LEAD_IN = rich_pattern("courtesies", "^{lead_in}")
"""How a question is led in: taken off the beginning, as often as one is found."""

TASK_WORDS = rich_pattern("courtesies", r"^(?:please )?{task}\b[\s:]*(?:{of_a_part}\b\s*)?")
"""An instruction at the beginning whose object is the subject: `Explain X`, `What does the book say about X?`."""

# Wishes about the form of an answer: "in a nutshell", "briefly", "tl;dr". Each language has a small grammar of what
# such phrases are made of. One that speaks of wording ("in simple words") is a wish anywhere in a sentence, others
# ("briefly") at its edges. One that may be about a subject as well ("as a list", "quickly") is one where it is set off:
# by itself, by a comma or a colon, or beside an instruction.

# Each phrase is replaced by a letter of a private-use area, so that what stands around it can be looked at with short
# patterns: all phrases in each of these would take a second to compile. Behind what would be a wish may stand a
# subject: "a short summary of the chapter on drones".
_PHRASE = rich_pattern(
    "wishes",
    r"(?<![\p{L}\p{M}\p{N}_'’-])(?:(?P<always>{always})|(?P<edge>{at_an_edge}|{polite})|(?P<set_off>{set_off}))"
    r"(?![\p{L}\p{M}\p{N}_-]|\s+{of_a_subject}\b)",
)
_FIRST_LETTERS = {"always": 0xE000, "edge": 0xE100, "set_off": 0xE200}
_ALWAYS_MARK, _EDGE_MARK, _MARK = "[\ue000-\ue0ff]", "[\ue000-\ue1ff]", "[\ue000-\ue2ff]"
_MOST_PHRASES = 16  # of one sentence; less than letters for a kind

_SIGNS = "[^\\w\ue000-\ue2ff]*"
_PAUSE = r"(?:[,:;…(–—]|\.\.|-\s)[\s,:;.…(–—-]*"
_JOINED = r"(?:{joined}\s+)?"
_END = r"[\s,.!?;:)…؟。]*$"


def _around(*frames: str) -> regex.Pattern[str]:
    """A pattern of what stands around the letters for phrases."""
    return rich_pattern(
        "wishes",
        *frames,
        always_mark=_ALWAYS_MARK,
        edge_mark=_EDGE_MARK,
        mark=_MARK,
        signs=_SIGNS,
        asks_or_beside=r"(?:{asks}(?: {asked_for})*|{beside})(?!\w)",
    )


_WITHIN = _around(r",\s*{mark}\s*(?=,)", r"[\s(–—]*{always_mark}\)?")
_FIRST = _around(rf"^\W*{{mark}}(?:[\s,]*{{mark}})*(?:\s*{_PAUSE}|\s+(?={{begins}}))")
_LAST = _around(rf"(?:[\s,;:.(–—-]+{_JOINED}{{edge_mark}}|\s*[,;:.(–—-]\s*{_JOINED}{{mark}})+{_END}")
_TOLD = _around(r"^(\W*{instruction})(?:\s+{mark})+(?=[\s:,])")
_INSTRUCTS = _around(r"^\W*(?:{mark}\W*)*{instruction}(?!\w)")
_LAST_OF_AN_INSTRUCTION = _around(rf"(?<=\w)(?:\s+{{mark}})+{_END}")
_ALONE = _around("^{signs}(?:{asks_or_beside}{signs})*+(?:{mark}{signs}(?:{asks_or_beside}{signs})*+)+$")
_BEFORE_A_MARK = regex.compile(r"[\s,;:]+(?=[?؟])|(?<=[¿¡])[\s,;:]+")
_LONGEST, _LONGEST_WISH = 500, 120  # characters; at the edges of a longer sentence a wish weighs little
_LETTERS = regex.compile(r"[\p{L}\p{N}]")
_PRIVATE = regex.compile("[\ue000-\uf8ff]")


@lru_cache(maxsize=1_000)
def without_wishes(sentence: str) -> str:
    """A sentence without its wishes about the form; "" where it is nothing else."""
    marked, phrases = _marked(sentence)
    if not phrases:
        return sentence
    if len(sentence) <= _LONGEST_WISH and _ALONE.match(marked):
        return ""
    instructs = bool(_INSTRUCTS.match(marked))
    text = _FIRST.sub("", _WITHIN.sub("", marked), count=1)
    text = _TOLD.sub(r"\1", text)
    for last in (_LAST, _LAST_OF_AN_INSTRUCTION) if instructs else (_LAST,):
        text = last.sub(_question_mark, text)
    text = _BEFORE_A_MARK.sub("", _PRIVATE.sub(lambda mark: phrases[ord(mark[0]) % 0x100], text).strip(" ,;:–—-"))
    return text if _LETTERS.search(text) else sentence


def is_wish(text: str) -> bool:
    """Whether a message is wishes about the form and nothing else: "shorter please", "in one sentence"."""
    return bool(text.strip()) and len(text) <= _LONGEST_WISH and not without_wishes(text)


def _marked(text: str) -> tuple[str, list[str]]:
    """The text with a letter for each phrase, and the phrases."""
    phrases: list[str] = []

    def mark(found: regex.Match[str]) -> str:
        phrases.append(found[0])
        return chr(_FIRST_LETTERS[str(found.lastgroup)] + len(phrases) - 1)

    if len(text) > _LONGEST or _PRIVATE.search(text):
        return text, []
    return _PHRASE.sub(mark, text, count=_MOST_PHRASES), phrases


def _question_mark(end: regex.Match[str]) -> str:
    return next((mark for mark in "?؟" if mark in end[0]), "")


# What a message after an answer wants of that answer: where it is from, more of it, an example, code. A message is one of
# these wishes as a whole or not at all: "show me the code for a subscriber" has a subject of its own and is a question.
# Both are compared without accents.

FollowUp = Literal["sources", "more", "example", "code"]

_LONGEST_FOLLOW_UP = 100  # characters
# The nouns of a demand ("can you show me the sources for that?") may be of one language and the words around of another.
_FOLLOW_UPS: dict[FollowUp, tuple[str, ...]] = {
    "sources": ("{sources}", "{give_me}{source}{of_it}"),
    "more": ("{more}",),
    "example": ("{example}", "{give_me}(?:{kind_of_example} )*{an_example}(?: {kind_behind})?{of_it}"),
    "code": ("{code}", "{give_me}(?:{kind_of_code} )*{a_code}(?: {kind_of_code_behind})?{of_it}"),
}
_GIVE_ME = "(?:{asks} )*(?:{give}(?: {whom})? )?(?:{some} )*"
_OF_IT = "(?: {take})?(?: {of})?(?: {that})?"
_LEAD = expression("follow_ups", r"(?:(?:{lead}|{polite_word})\s+|{lead_without_space})")


def _plain(text: str) -> str:
    """The text without accents and vowel marks; those of Devanagari are letters of their own."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(each for each in decomposed if not unicodedata.combining(each) or "\u0900" <= each <= "\u097f")


@lru_cache(maxsize=1)
def _patterns() -> dict[FollowUp, re.Pattern[str]]:
    tail = expression("follow_ups", r"(?:\s*{polite_word})*")
    return {
        kind: re.compile(_plain(f"(?:{expression('follow_ups', *frames, give_me=_GIVE_ME, of_it=_OF_IT)}){tail}"))
        for kind, frames in _FOLLOW_UPS.items()
    }


_LEADS = re.compile(_plain(rf"^(?:{_LEAD})(?=\S)"))
_BETWEEN = re.compile(r"[^\w\u0900-\u0963\u0966-\u097f]+|_+")
_MOST_LEADS = 4


_LEADING = re.compile(rf"^\W*(?:{_LEAD})(?=\S)", re.IGNORECASE)


def without_lead(text: str) -> str:
    """A message without the "and" or "ok" that it begins with."""
    return _LEADING.sub("", text)


@lru_cache(maxsize=2_000)
def follow_up(text: str) -> FollowUp | None:
    """What a message that is nothing but a wish about the answer before it wants; None for any other message."""
    if len(text) > _LONGEST_FOLLOW_UP:
        return None
    said = _BETWEEN.sub(" ", _plain(text.casefold())).strip()
    for _ in range(_MOST_LEADS):
        found = next((kind for kind, pattern in _patterns().items() if pattern.fullmatch(said)), None)
        rest = _LEADS.sub("", said, count=1)
        if found is not None or rest == said:
            return found
        said = rest
    return None
