"""Tasks on what was said before: to translate the answer or tell it otherwise, to say where it is from, to go on from it.

Called by `engines.understanding.intent_recognition`. Pure functions and patterns; the words are in `languages/*.toml`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from engines.understanding.intent import Intent
from engines.understanding.later_turns import names_nothing, point_asked
from engines.understanding.lexicon import expression, pattern
from engines.understanding.message_parts import is_wish
from engines.understanding.page_intents import beside_translate, part_named, word_for_chapter
from engines.understanding.task_patterns import (
    ALL_OF_THEM,
    ANSWERS,
    ASKED_BEFORE,
    BESIDE_ANSWERS,
    BESIDE_LANGUAGES,
    BESIDE_TASKS,
    FIRST,
    LANGUAGES,
    PAGE_TASKS,
    THE_ANSWER,
    THIS_CHAPTER,
    THIS_PAGE,
    TRANSLATE,
)
from engines.understanding.words import plain_words


def conversation_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """To translate the answer before or the open page, or to say what the reader has asked."""
    asked = ASKED_BEFORE.search(text)
    around = ALL_OF_THEM.sub(" ", FIRST.sub(" ", f"{text[: asked.start()]} {text[asked.end() :]}")) if asked else ""
    if asked and all(word in BESIDE_TASKS for word in plain_words(around)):
        task = "asked_all" if ALL_OF_THEM.search(text) else "asked_first" if FIRST.search(text) else "asked_last"
        return Intent("conversation_task", task)
    if has_history and _names_only_a_language(text):
        return Intent("conversation_task", "translation")
    if has_history and (is_wish(text) or is_wish(without_lead(text))):
        return Intent("conversation_task", "rewording")
    if not TRANSLATE.search(text):
        if not ANSWERS.search(text) or part_named(text) or _beside_answers(text):
            return None
        of_a_quiz = Intent("page_task", "quiz") if PAGE_TASKS["quiz"].search(text) else None
        return Intent("conversation_task", "answers") if has_history else of_a_quiz
    part = part_named(text)
    if beside_translate(THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))):
        return None
    if part is not None:
        return Intent("page_task", "translation", part, word=word_for_chapter(text))
    if not THE_ANSWER.search(TRANSLATE.sub(" ", text)) or not (has_history or has_page):
        return None
    return Intent("conversation_task", "translation") if has_history else Intent("page_task", "translation")


def _names_only_a_language(text: str) -> bool:
    """ "In Urdu please": the answer before is wanted in that language."""
    words = plain_words(text)
    return any(word in LANGUAGES for word in words) and all(word in LANGUAGES | BESIDE_LANGUAGES for word in words)


def _beside_answers(text: str) -> list[str]:
    """The words of a message that name a subject beside the answers to a quiz."""
    rest = ANSWERS.sub(" ", PAGE_TASKS["quiz"].sub(" ", text))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_ANSWERS and not word.isdigit()]


# What a message after an answer wants of that answer: where it is from, more of it, an example, code, other words. A
# message is one of these wishes as a whole or not at all: "show me the code for a subscriber" has a subject of its own
# and is a question. Both are compared without accents.

_LONGEST_FOLLOW_UP = 100  # characters
_THE_OTHER_ONE = pattern("turns", r"(?<!\w){the_other_one}(?!\w)")
_CLAUSE_END = re.compile(r"[,;:.?!؟،]")


def asks_the_other_one(text: str) -> bool:
    """Whether a message asks for what stands beside the thing before it: "and the other one, which keeps them?"."""
    return _around_the_other_one(text) is not None


def asked_of_the_other_one(text: str) -> str:
    """What such a message asks besides, in a clause of its own: "which keeps them?"; "" for nothing."""
    return (_around_the_other_one(text) or "").strip()


def _around_the_other_one(text: str) -> str | None:
    """What follows the clause of "the other one", whose other words name nothing; None where there is no such clause."""
    found = _THE_OTHER_ONE.search(text) if len(text) <= _LONGEST_FOLLOW_UP else None
    if found is None or part_named(text) is not None:
        return None
    ends = _CLAUSE_END.search(text, found.end())
    end = ends.start() if ends else len(text)
    around = plain_words(f"{text[: found.start()]} {text[found.end() : end]}")
    return text[end + 1 :] if all(map(names_nothing, around)) else None


FollowUp = Literal["sources", "more", "example", "code", "rewording"]

# The nouns of a demand ("can you show me the sources for that?") may be of one language and the words around of another.
_FOLLOW_UPS: dict[FollowUp, tuple[str, ...]] = {
    "sources": ("{sources}", "{give_me}{source}{of_it}"),
    "more": ("{more}",),
    "example": ("{example}", "{give_me}(?:{kind_of_example} )*{an_example}(?: {kind_behind})?{of_it}"),
    "rewording": ("{rewording}",),
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


def leans_on_an_answer(text: str) -> bool:
    """Whether a message is about an answer and nothing else: "shorter please", "explain the second point", "why?"."""
    return point_asked(text) is not None or follow_up(text) is not None or is_wish(text)


@lru_cache(maxsize=2_000)
def follow_up(text: str) -> FollowUp | None:
    """What a message that is nothing but a wish about the answer before it wants; None for any other message."""
    if len(text) > _LONGEST_FOLLOW_UP:
        return None
    said = _BETWEEN.sub(" ", _plain(text.casefold())).strip()
    for _ in range(_MOST_LEADS):
        found = next((kind for kind, each in _patterns().items() if each.fullmatch(said)), None)
        rest = _LEADS.sub("", said, count=1)
        if found is not None or rest == said:
            return found
        said = rest
    return None
