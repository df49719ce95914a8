"""What a message asks that is only understood after the one before it: "explain the second point", "and chapter 4?".

Called by `engines.understanding.intent_recognition` and the chat, in a conversation alone. Pure functions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from engines.understanding import lexicon
from engines.understanding.intent import STEPS, THE_NEXT, THE_PREVIOUS, Intent
from engines.understanding.task_patterns import NUMBERED, THE_CHAPTER, THIS_CHAPTER
from engines.understanding.task_words import in_figures, number_in_words
from engines.understanding.words import EUROPEAN, is_roman_urdu, plain_words, zipf

PagePart = Literal["section", "step", "point"]
_MOST_CHARACTERS = 100
_MOST_POINTS = 4  # of one message
_POINT = lexicon.pattern("turns", r"^(?:{point}|{stands_for_a_point}|{point_number})$")
_THAT_POINT = lexicon.pattern(
    "turns", r"(?<!\w)(?:{that_very}(?:\s+\w+)?\s+(?:{point}|{stands_for_a_point})|\w+\s+{stands_for_a_point})(?!\w)"
)
_POINT_AS_SUCH = lexicon.pattern("turns", r"^(?:{point}|{point_number})$")
# The parts of a page that a message names by a number: a section, a step of a list, any point of one.
_PARTS_OF_A_PAGE: tuple[tuple[PagePart, re.Pattern[str]], ...] = (
    ("section", lexicon.pattern("turns", "^{section}$")),
    ("step", lexicon.pattern("turns", "^{step}$")),
    ("point", lexicon.pattern("turns", "^{point}$")),
)
NAMES_A_PART = lexicon.pattern("turns", r"(?<!\w)(?:{section}|{step}|{point})(?!\w)")
_SUBSECTION = re.compile(r"\d\.\d")  # "4.2" is the number of a page or a section in the book
_ARTICLE = lexicon.pattern("turns", "^{article}$")
_COUNTED = lexicon.pattern("turns", "^{counted_thing}$")
_DONE_WITH = lexicon.pattern("turns", r"^\W*{done_with}(?!\w).*\W{and_next}\W*$")
_POLITE = lexicon.pattern("follow_ups", "^{polite_word}$")
_LEADS = lexicon.pattern("turns", "^{lead}$")
_LAST = lexicon.pattern("turns", "^{last}$")
_FIRST = lexicon.pattern("turns", "^{first_place}$")
_SECOND_LAST = lexicon.pattern("turns", r"(?<!\w){second_last}(?!\w)")
_ROW_WORD = lexicon.pattern("turns", r"(?<!\w){row}(?!\w)")
_MIDDLE = lexicon.pattern("turns", "^{middle}$")
_ALL = lexicon.pattern("turns", r"(?<!\w){all_points}(?!\w)")
_NUMBER = lexicon.pattern("numbers", r"(\d{1,2})({figure_ending})?$")
_SIGN = re.compile(r"(?<!\w)#\s*(?=\d)")
_BESIDE = lexicon.words("beside_points")
_OF_ANY_TALK = 5.5  # of Zipf's scale: about 300 words of a language
_NO_NUMBERS = lexicon.words("no_numbers")
LAST_POINT, SECOND_LAST_POINT = -1, -2
_BEFORE_THE_LAST = "penultimatum"  # stands for the words of any language for the last point but one
MIDDLE_POINT = 0
ALL_POINTS, NAMED_POINT, NEXT_SECTION, PREVIOUS_SECTION = "all", "named", "next", "previous"
_MOST_NAMING = 3  # words by which a point is named
_A_POINT = "point"
_FEW_WORDS, _MOST_BARE = 3, 8  # of a message that names a point by its place in the order
_SHORTEST_NOUN, _LONGEST_ENDING = 4, 3  # letters

_LEAD = r"(?:{lead}[\s,:.!?-]+)"
_BEHIND = r"(?:[\s,]+{behind})*\W*$"
_NUMBERS = r"(?P<numbers>\d{1,3}(?:\s*(?:,|{and_so_on}|&)\s*\d{1,3})*)"
_ANOTHER = lexicon.pattern(
    "turns",
    rf"^\W*{_LEAD}+(?:{{an_article}}\s+)?(?:(?P<word>{{counted}})\s*)?{_NUMBERS}{_BEHIND}",
    rf"^\W*(?P<word2>{{counted}})\s*(?P<number2>\d{{1,3}}){_BEHIND}",
    an_article="{article}",
    and_so_on="{lead}",
)
_NEXT = lexicon.pattern("turns", rf"^\W*{_LEAD}*{{next_one}}{_BEHIND}")
_PREVIOUS = lexicon.pattern("turns", rf"^\W*{_LEAD}*{{previous_one}}{_BEHIND}")
_THE_STEP = lexicon.pattern("turns", r"^\W*(?:{next_step}|{and_next}|{previous_step})\W*$")
_ONWARD = lexicon.pattern("turns", rf"^\W*{_LEAD}*(?:{{next_step}}|{{next_one}}|{{after_that}}|{{and_next}})\W*$")
_BACK = lexicon.pattern("turns", rf"^\W*{_LEAD}*(?:{{previous_step}}|{{before_that}})\W*$")
_THE_LAST = lexicon.pattern("turns", rf"^\W*{_LEAD}+{{the_last}}{_BEHIND}")
# "And after that?", behind "what comes after chapter 2?": one further in the same direction.
_FURTHER = {
    "next_chapter": (lexicon.pattern("turns", r"^\W*{after_that}\W*$"), _NEXT),
    "previous_chapter": (lexicon.pattern("turns", r"^\W*{before_that}\W*$"), _PREVIOUS),
}
# Tasks that are done for another place as well.
_FOR_ANOTHER = frozenset(
    {"summary", "key_points", "quiz", "simpler", "example", "ask", "compare", "translation", "mentions", "length"}
)


@lru_cache(maxsize=2_000)
def point_asked(text: str, *, after_points: bool = False) -> Intent | None:
    """Which points of an earlier answer a message asks for, and nothing else: "2", or "-1" for the last one.

    Behind an answer that has points (`after_points`) a number or a place in their order needs no word for them: "2?".
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    words = plain_words(_SECOND_LAST.sub(f" {_BEFORE_THE_LAST} ", _SIGN.sub(" number ", text)))
    is_point = [_POINT.match(word) is not None for word in ("", *words, "")]
    found: dict[int, int] = {}  # by the place of the word
    for at, word in enumerate(words):
        counted, in_order = _number(word), _place_in_order(word)
        ends = after_points and len(words) <= _MOST_BARE and all(map(names_nothing, words[at + 1 :]))
        is_alone = at > 0 and _ARTICLE.match(words[at - 1]) and (ends or all(map(_is_beside, words[at + 1 :])))
        if counted is not None and (is_point[at] or at - 2 in found or (after_points and _is_bare(words))):
            found[at] = counted
        elif in_order is not None and (is_point[at + 2] or is_alone or (after_points and len(words) <= _FEW_WORDS)):
            found[at] = in_order
        elif in_order in (1, LAST_POINT) and _number("".join(words[at + 1 : at + 2])) and _closes(is_point, at + 2):
            count = min(_number(words[at + 1]) or 1, _MOST_POINTS)  # "the last two points"
            first = 1 if in_order == 1 else -count
            found |= dict(zip((at, at + 1, *range(-count, 0)), range(first, first + count), strict=False))
        elif in_order in (1, LAST_POINT) and is_point[at + 3 : at + 4] == [True]:
            found |= {at: in_order, at + 1: in_order}
    if found:  # "the first and the third point"
        ordinals = ((at, _number(word, ordinal=True)) for at, word in enumerate(words) if at not in found)
        found = {at: number for at, number in ordinals if number is not None and number > 0} | found
    others = (word for at, word in enumerate(words) if at not in found and not is_point[at + 1])
    if len(found) == 1 and _DONE_WITH.match(text):
        found = {at: number + 1 for at, number in found.items() if number > 0}
    elif not all(map(names_nothing, others)):
        return _all_points(text)
    if not 0 < len(found) <= _MOST_POINTS:
        return _all_points(text)
    return Intent("conversation_task", "point", subject=" ".join(dict.fromkeys(map(str, found.values()))))


def _place_in_order(word: str) -> int | None:
    if _MIDDLE.match(word):
        return MIDDLE_POINT
    if word == _BEFORE_THE_LAST:
        return SECOND_LAST_POINT
    return 1 if _FIRST.match(word) else _number(word, ordinal=True)


def _is_bare(words: Sequence[str]) -> bool:
    """Whether a message is numbers alone, beside an "and" or a "please": "1 and 2", "and 3?"."""
    return all(word.isdecimal() or _LEADS.match(word) or _POLITE.match(word) for word in words)


def _closes(is_point: Sequence[bool], at: int) -> bool:
    """Whether a word for a point stands at a place, or the message ends before it."""
    return is_point[at + 1 : at + 2] in ([True], []) or at + 2 == len(is_point)


def _all_points(text: str) -> Intent | None:
    every = _ALL.search(text)
    rest = plain_words(f"{text[: every.start()]} {text[every.end() :]}") if every else []
    return Intent("conversation_task", "point", subject=ALL_POINTS) if every and all(map(_is_beside, rest)) else None


def _is_beside(word: str) -> bool:
    return word in _BESIDE or _POLITE.match(word) is not None


def point_named(text: str, *, after_points: bool = False) -> tuple[str, ...]:
    """The words by which a message names a point of what was said, "latched" of "that latched point"; () for none.

    Behind an answer that has points its name may be the whole message: "latched?".
    """
    if len(text) > _MOST_CHARACTERS:
        return ()
    found, words = _THAT_POINT.search(text), plain_words(text)
    behind = plain_words(text[found.end() :])[:1] if found else []
    naming = tuple(word for word in words if not (names_nothing(word) or _POINT.match(word) or word.isdecimal()))
    is_bare = after_points and len(words) <= _FEW_WORDS and all(word in naming or _is_beside(word) for word in words)
    points_at_it = (found and all(map(names_nothing, behind))) or counts_rows(text) or is_bare
    return naming if points_at_it and len(naming) <= _MOST_NAMING else ()


def counts_rows(text: str) -> bool:
    """Whether a message asks for a row of a table."""
    return _ROW_WORD.search(text) is not None


def steps_on(text: str) -> int:
    """How far a message goes on from what was told, 1 for "next step", -1 for "the step before that"; 0 for no such."""
    if len(text) > _MOST_CHARACTERS:
        return 0
    return 1 if _ONWARD.match(text) else -1 if _BACK.match(text) else 0


def names_the_step(text: str) -> bool:
    """Whether such a message asks for a step, or for what comes, and not for another one of what was spoken of."""
    return _THE_STEP.match(text) is not None


def counted_on(messages: Sequence[str]) -> str:
    """The step or point that the newest message means, "step 3" after "step 2" and "next"; "" for no counted one."""
    kind, number = "", 0
    for text in messages:
        on, named = steps_on(text), numbered_part(text)
        point = None if on or named else point_asked(text)
        if on and kind:
            number += on
        elif named and named.number > 0:
            kind, number = named.kind, named.number
        elif point and point.subject.isdecimal() and point.subject != str(MIDDLE_POINT):
            kind, number = _A_POINT, int(point.subject)
        else:
            kind = ""
    return f"{kind} {number}" if kind and number > 0 and messages and steps_on(messages[-1]) else ""


def point_by_its_noun(text: str, said: str) -> Intent | None:
    """The points that a message counts by a noun of the conversation: "the third phase" after "what are the phases?".

    What any answer may list, ways and reasons, need not have been named: "the first reason" after "why ROS 2?". With a
    number behind it the noun has to be said in another form, "phase 2" after "the phases": "ROS 2" is a name.
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    words, nouns = plain_words(text), {word for word in plain_words(said) if len(word) >= _SHORTEST_NOUN}
    if not nouns:
        return None
    for at, word in enumerate(words):
        is_counted = _number(words[at - 1], ordinal=True) is not None if at else False
        is_numbered = at + 1 < len(words) and words[at + 1].isdecimal()
        others = nouns if is_counted else nouns - {word}
        is_noun = _COUNTED.match(word) or any(is_form_of(word, noun) for noun in others)
        if word not in _BESIDE and (is_counted or is_numbered) and is_noun:
            return point_asked(" ".join((*words[:at], _A_POINT, *words[at + 1 :])))
    return None


def noun_counted(text: str) -> str:
    """The noun that a message counts points by, "way" of "the third way"; "" if it has none but a word for a point."""
    words = plain_words(text)
    for at, word in enumerate(words):
        is_counted = at > 0 and _number(words[at - 1], ordinal=True) is not None
        is_numbered = at + 1 < len(words) and words[at + 1].isdecimal()
        if (is_counted or is_numbered) and word not in _BESIDE and not _POINT.match(word):
            return word
    return ""


def is_form_of(word: str, noun: str) -> bool:
    """Whether two words are one noun, in the singular or the plural: "phase" and "phases", "Phase" and "Phasen"."""
    shorter, longer = sorted((word, noun), key=len)
    if longer in (shorter, f"{shorter}s"):
        return True
    same = len(shorter) - (shorter[-1] in "yeo")
    return same >= _SHORTEST_NOUN - 1 and longer.startswith(shorter[:same]) and len(longer) - same <= _LONGEST_ENDING


@lru_cache(maxsize=20_000)
def names_nothing(word: str) -> bool:
    """Whether a word beside a reference to what was said adds no subject: it is of any talk in one of the languages."""
    is_frequent = any(zipf(word, language) >= _OF_ANY_TALK for language in ("en", *EUROPEAN))
    return is_frequent or word in _BESIDE or is_roman_urdu(word)


def names_points(text: str) -> bool:
    """Whether a message has a word for a point: "the second one" may be one of two things that were spoken of."""
    return any(map(_POINT_AS_SUCH.match, plain_words(_SIGN.sub(" number ", text))))


@dataclass(frozen=True, slots=True)
class NumberedPart:
    """A part of a page as a message names it: "the second section", "step 3"."""

    kind: PagePart
    number: int  # from 1; `LAST_POINT` for the last one
    others: tuple[str, ...]  # the words of the message beside it


def numbered_part(text: str) -> NumberedPart | None:
    """The section, step or point that a message names by its number; None if it names none."""
    if len(text) > _MOST_CHARACTERS or _SUBSECTION.search(text):
        return None
    words = plain_words(_SIGN.sub(" ", text))
    further = 1 if _DONE_WITH.match(text) else 0
    for at, word in enumerate(words):
        kind = next((kind for kind, pattern in _PARTS_OF_A_PAGE if pattern.match(word)), None)
        if kind is None:
            continue
        behind = _number(words[at + 1]) if at + 1 < len(words) else None
        is_one = at > 0 and not word.endswith("s")  # "the first steps" of a tutorial are no step 1
        before = _number(words[at - 1], ordinal=True) if is_one else None
        if behind is not None and behind > 0:
            return NumberedPart(kind, behind + further, (*words[:at], *words[at + 2 :]))
        if before is not None:
            return NumberedPart(kind, before + (further if before > 0 else 0), (*words[: at - 1], *words[at + 1 :]))
    return None


def names_a_step(text: str) -> bool:
    """Whether a message names a step by its number: "explain step 3"."""
    named = numbered_part(text)
    return named is not None and named.kind == "step"


def _number(word: str, *, ordinal: bool = False) -> int | None:
    """The number that a word counts a point by."""
    if _LAST.match(word):
        return LAST_POINT
    figures = _NUMBER.match(word)
    if figures:
        return int(figures[1]) if figures[2] or not ordinal else None
    return None if word in _NO_NUMBERS else number_in_words(word, ordinal=ordinal)


def goes_on(text: str, before: Intent) -> Intent | None:
    """The task of the message before for another chapter or page: "and 4?", "what about the next one?"."""
    if len(text) > _MOST_CHARACTERS:
        return None
    if any(pattern.match(text) for pattern in _FURTHER.get(before.task or "", ())):
        return replace(before, step=before.step + 1)
    if before.task not in _FOR_ANOTHER or before.part == "book":
        return None
    text = in_figures(text)
    another = _ANOTHER.match(text)
    is_counted = before.name.isdecimal() or before.part == "chapter" or bool(before.others)
    if another:
        if not is_counted and not (another["word"] or another["word2"]):
            return None  # "and 4?" after a summary of the open page
        numbers = re.findall(r"\d+", another["numbers"] or another["number2"])
        return _with_names(before, numbers, another["word"] or another["word2"] or before.word or "chapter")
    if is_counted and _THE_LAST.match(text):
        return _with_names(before, ["last"], before.word or "chapter")
    name = THE_NEXT if _NEXT.match(text) else THE_PREVIOUS if _PREVIOUS.match(text) else ""
    return _beside(before, name, text) if name else None


def may_go_on(text: str) -> bool:
    """Whether a message may ask for the task of the message before, whatever that was."""
    if len(text) > _MOST_CHARACTERS:
        return False
    text = in_figures(text)
    further = (pattern for patterns in _FURTHER.values() for pattern in patterns)
    return any(pattern.match(text) for pattern in (_ANOTHER, _THE_LAST, *further))


def _with_names(before: Intent, names: list[str], word: str) -> Intent:
    """The task for the chapters of these numbers; what is compared is compared with them as well."""
    if before.others:
        others = tuple(dict.fromkeys(each for each in (*before.others, *names) if each != before.name))
        return replace(before, others=others)
    first, *others_named = names
    return replace(
        before, part="chapter", name=first, others=tuple(others_named), word=word, step=0, titled=False, likely=False
    )


def _beside(before: Intent, name: str, text: str) -> Intent:
    if before.others:
        return replace(before, others=(*before.others, name))
    if before.name:
        return replace(before, step=before.step + STEPS[name])
    is_chapter = bool(NUMBERED.search(text) or THIS_CHAPTER.search(text) or THE_CHAPTER.search(text))
    part = "chapter" if is_chapter else before.part
    return replace(before, part=part, step=before.step + STEPS[name])
