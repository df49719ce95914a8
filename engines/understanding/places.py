"""Which page or chapter of the book a message names, and what it says around that name.

A place is named by its number ("chapter 3"), in quotation marks ("the page 'Timer Mocks'"), or by its title or its
subject beside a word for a page or a chapter ("the page on the capture point", "the ROS 2 chapter", "capture point wala
page"). Whether the book has such a place is seen by who plans the answer. Called by `engines.understanding.intent_recognition`.
"""

import re
from dataclasses import dataclass
from functools import partial

from engines.understanding import lexicon
from engines.understanding.language_files import entries
from engines.understanding.message_parts import without_wishes
from engines.understanding.task_patterns import (
    BEFORE,
    BESIDE_TASKS,
    COMPARE,
    FOLLOWING,
    HOW_MANY,
    LANGUAGES,
    LAST,
    NUMBERED,
    PAGE_TASKS,
    PREVIOUS,
    TABLE_OF_CONTENTS,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.task_words import number_in_words
from engines.understanding.words import plain_words

# Frames that several patterns name. A word for a page is one that names no thing of a subject as well: "topic", "text".
_FRAMES = {
    "place": "(?:{page_as_such}|{chapter}s?|{counted})",
    "any_place": "(?:{page}s?|{counted})",
    "an_article": r"(?:{article_before}\s+)?",
    "after_it": "(?P<after>{after})",
    "before_it": "(?P<before>{before})",
}


def _compiled(*frames: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return lexicon.pattern("neighbours", *frames, flags=flags, **_FRAMES)


_BY_SUBJECT = (
    _compiled(r"\b(?P<part>{place})\s+{on}\s+(?:{article}\s+)?(?P<name>[^?!;]{2,80})"),
    _compiled(r"\b(?P<part>{place})\s+(?P<name>(?-i:[A-ZÄÖÜÉ])[^?!.,;]{2,60})"),
    _compiled(r"\b{article}\s+(?P<name>(?:(?!\b{article}\s)[^?!.,;:]){2,60}?)[\s-]+(?P<part>{place})(?!\w)"),
    _compiled(r"(?:^|[.!?,;:]\s+|\b{article}\s+)(?P<name>[^?!.,;:]{2,60}?)\s+(?:{of_it}\s+)?(?P<part>{place})(?!\w)"),
)
NAMES_A_PLACE = _compiled(r"(?<!\w){place}(?!\w)")
_SIGNS = " ,.;:-–—\"'“”„«»‘’"
QUOTED = re.compile(
    r"[“”„«»《「『\"]\s*(?P<name>[^“”„«»》」』\"]{2,80}?)\s*[“”»«》」』\"]|(?<!\w)[‘'](?P<name2>[^‘’']{2,80}?)[’'](?!\w)"
)
_BEFORE_QUOTED = _compiled(r"(?<!\w){place}\s*(?:{on}\s*)?[:,]?\s*(?:{article}\s*)?$")
_BEHIND_QUOTED = _compiled(r"^\W*(?:{of_it}\s+)?(?:this |that )?(?:{place}|{one})(?!\w)")
SECOND_QUESTION = _compiled(
    r"(?:(?<=\w)|(?<=[\"'”’»)]))\s*[?؟.!;]\s+\S.*$",
    r"[,،]?\s*(?<!\w){and}\s+(?:{then}\s+)*(?:{asks_more}(?!\w)|qu['’]).*$",
    flags=re.IGNORECASE | re.DOTALL,
)
"""What follows the first question of a message: "and what comes after it?", "Make me a list." """

# What may be asked of a place.
PARTS = _compiled(r"(?<!\w){parts}(?!\w)")
ABLE = lexicon.word_pattern("neighbours.able")  # what a reader can do after a place
NEEDS = lexicon.word_pattern("neighbours.needs")  # what a reader should know or have done
_IN_SO_MANY_POINTS = lexicon.pattern(
    "turns", r"\s+{in_a_number}\s+(?:[^\W\d_]+\s+)??(?P<count>\d{1,2}|[^\W\d_]+)\s+{counted_lines}\W*$"
)
_LANGUAGE = LANGUAGES | lexicon.words("languages_in_other_cases")
_BEHIND_A_NAME = lexicon.words("behind_a_name")
_OF_ALL_OF_IT = lexicon.words("all_of_it")
_PREPOSITIONS = lexicon.words("prepositions")
_NO_NAME = lexicon.words("no_name")

# A page or a chapter beside one that a message names by its title. Whether the book has it is seen by who plans the answer.
_BESIDE = (
    _compiled(r"^(?P<head>\W*\w.*?)\s+(?:{after_it}|{before_it})\s+(?P<rest>.+?)\W*$"),
    _compiled(r"^\W*(?:{right} )?(?:{after_it}|{before_it})\s+(?P<rest>.+?)[,\s]+(?P<head>{which}\b.*?)\W*$"),
    _compiled(r"^(?P<rest>.+?)\s*(?:(?P<after>{after_behind})|(?P<before>{before_behind}))\s*(?P<head>.+?)\W*$"),
)
_A_PLACE = _compiled(r"(?<!\w)(?:{any_place}|{one}|{page_in_hindi})(?!\w)")
_READ = lexicon.word_pattern("neighbours.read")
_AROUND_A_NAME = _compiled(
    r"^{an_article}(?:{any_place}\s+(?:{called}\s+)?)?{an_article}(?P<name>.+?)"
    r"(?:[\s-]+(?>(?:{any_place}|{one_of_it})(?!\w)))*$"
)
_FILLERS = BESIDE_TASKS | lexicon.words("beside_a_name")

# What points at the open page without a word for it, where nothing was said before: "make slides out of this".
_OPEN_PAGE = entries("phrases.places.open_page")
_POINTS = (
    *entries("patterns.neighbours.points").items(),
    *entries("patterns.neighbours.points_by_name").items(),
)
_POINTING = tuple(
    (
        re.compile("|".join(lexicon.expression("neighbours", each) for each in found), re.IGNORECASE),
        _OPEN_PAGE[language][0],
    )
    for language, found in _POINTS
)


@dataclass(frozen=True, slots=True)
class Place:
    """A page or a chapter as a message names it."""

    name: str  # its number or its title
    around: str  # the message without it
    word: str = ""  # what the reader calls it: "chapter", "page"; "" where no number follows
    titled: bool = False  # whether it is named by a title in quotation marks alone


def naming_the_page(text: str) -> str:
    """A message with a word for the open page where it only points at it: "turn this into slides"."""
    for pointing, page in _POINTING:
        text = pointing.sub(partial(_named, page=page), text)
    return text


def points_at_the_page(text: str) -> bool:
    """Whether a first message speaks of the page or the chapter that is open."""
    return naming_the_page(text) != text or names_the_page(text)


def names_the_page(text: str) -> bool:
    """Whether a message names the open page or chapter as such: "this page"."""
    return bool(THIS_PAGE.search(text) or THIS_CHAPTER.search(text))


def _named(found: re.Match[str], *, page: str) -> str:
    this = next(filter(None, found.groups()), found[0])
    return found[0].replace(this, page)


def place_in(text: str) -> Place | None:
    """The place that a message names, None where it names none or means the open page or the whole book."""
    several = list(NUMBERED.finditer(text))
    if several:  # of "finish chapter 2 before chapter 5" what is before the second one
        numbered = next((each for each in several if BEFORE.search(text[: each.start()])), several[0])
        name, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        return Place(name, _without(text, numbered), word)
    of_the_open_page = any(each.search(text) for each in (THIS_PAGE, THIS_CHAPTER, PREVIOUS, FOLLOWING, LAST))
    return _quoted(text) or (None if of_the_open_page else _by_subject(text))


def place_named(text: str) -> str:
    """The name of a place, also one that elsewhere says nothing: "the page on topics"; "" where a text names none."""
    place = place_in(text)
    if place is not None and not COMPARE.search(place.name):
        return place.name
    found = _BY_SUBJECT[0].search(text) or _BY_SUBJECT[2].search(text)
    name = found["name"].strip(_SIGNS) if found else ""
    return "" if COMPARE.search(name) else name


def bare_name(text: str) -> str:
    """A name without the wishes about the form and the second question behind it; "" where it names nothing."""
    name = _without_count(without_wishes(SECOND_QUESTION.sub("", text).strip(_SIGNS)).strip(_SIGNS))
    own = name
    for pattern in (THIS_PAGE, THIS_CHAPTER, THIS_BOOK, HOW_MANY, TABLE_OF_CONTENTS, *PAGE_TASKS.values()):
        own = pattern.sub(" ", own)
    words = plain_words(own)
    is_cut = bool(words) and words[-1] in _PREPOSITIONS  # "the poem on" of "the poem on page 3"
    return name if not is_cut and any(word not in _FILLERS | _NO_NAME for word in words) else ""


def _without_count(name: str) -> str:
    """A name without the number of points that is wished for behind it: "safety in three bullet points"."""
    found = _IN_SO_MANY_POINTS.search(name)
    is_count = found and (found["count"].isdecimal() or number_in_words(found["count"]) is not None)
    return name[: found.start()].strip(_SIGNS) if found and is_count else name


def _quoted(text: str) -> Place | None:
    for found in QUOTED.finditer(text):
        before, behind = text[: found.start()], text[found.end() :]
        above, below = _BEFORE_QUOTED.search(before), _BEHIND_QUOTED.search(behind)
        if above and (THIS_PAGE.search(before) or THIS_CHAPTER.search(before)):
            continue  # "on this page, "gain" ..." names the open page
        around = f"{before[: above.start()] if above else before} {behind[below.end() :] if below else behind}"
        return Place((found["name"] or found["name2"]).strip(), around, titled=not (above or below))
    return None


def _by_subject(text: str) -> Place | None:
    for pattern in _BY_SUBJECT:
        for found in pattern.finditer(text):
            name = _without_task(bare_name(found["name"]), before=pattern is _BY_SUBJECT[-1])
            if name:
                at = found["name"].find(name)
                first = found.start("name") + max(at, 0)
                last = first + len(name) if at >= 0 else found.end("name")
                start, end = min(found.start("part"), first), max(found.end("part"), last)
                return Place(name, f"{text[:start]} {text[end:]}")
    return None


def _without_task(name: str, *, before: bool) -> str:
    """A name without the words of a task around it: "summarize the capture point" is "capture point"."""
    words = name.split()
    while words and plain_words(words[0]) and _OF_ALL_OF_IT.issuperset(plain_words(words[0])):
        words = words[1:]
    while before and words and not bare_name(words[0]):
        words = words[1:]
    while words and not _BEHIND_A_NAME.isdisjoint(plain_words(words[-1])):
        words = words[:-1]
    if words and not _LANGUAGE.isdisjoint(plain_words(words[-1])):  # "the page on grasping into Urdu"
        words = words[: -2 if len(words) > 2 else -1]
    return _without_count(" ".join(words))


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def neighbour_in(text: str) -> tuple[str, int]:
    """The title that a message asks for the page or the chapter beside, and 1 for after it, -1 for before it.

    "" and 0 for other messages: without a word for a page or for reading, "what comes after X?" is about X.
    """
    for pattern in _BESIDE:
        found = pattern.match(text.strip())
        if not found or not fills(found["head"]):
            continue
        if any(place.search(found["rest"]) for place in (NUMBERED, THIS_CHAPTER, THIS_PAGE, THIS_BOOK)):
            continue
        if not _A_PLACE.search(f"{found['head']} {found['rest']}") and not _READ.search(found["head"]):
            continue
        around = _AROUND_A_NAME.match(bare_name(found["rest"]))
        name = bare_name(around["name"]) if around else ""
        if name and not fills(name):
            return name, 1 if found["after"] else -1
    return "", 0


def fills(text: str) -> bool:
    """Whether a text names nothing of its own."""
    return all(word in _FILLERS or word.isdigit() for word in plain_words(text))
