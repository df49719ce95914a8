"""A task read by its parts, in any order and language: the act, the places that it names, and what it asks of them.

Called by `engines.understanding.intent_recognition`. Each part has its own words; a message is a task where these words, fillers
and at most one name are all that it has: "Part 4: first and last chapter?", "six flashcards from Setup and Teardown". A
name in small letters is a subject, and the message a question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engines.understanding import lexicon
from engines.understanding.book_terms import names_no_subject
from engines.understanding.intent import Intent
from engines.understanding.task_patterns import (
    AFTER,
    BEFORE,
    BESIDE_TASKS,
    CALLED,
    COMPARE,
    CONNECT,
    HOW_MANY,
    NUMBERED,
    PAGE_TASKS,
    PARTS_COUNTED,
    PIECES,
    TABLE_OF_CONTENTS,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.words import plain_words


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a message are places, and what neither an act, a place nor a filler is."""

    text: str
    places: tuple[tuple[str, str], ...]  # the number and the word of each: ("4", "chapter")
    names: tuple[str, ...]  # the runs of words that are of no part


# Of numbered sections, "4.3": a number alone, and none with a unit or a sign.
_SECTION_NUMBER = lexicon.pattern(
    "task_parts", r"(?<![\w.,-])(?:{section}\s+)?(?P<number>\d{1,2}\.\d{1,2})(?![\w%-]|\.\d)"
)
# From the largest to the smallest, by the first letters of their words.
_KINDS = (lexicon.phrases("places.begin_of_a_part"), lexicon.phrases("places.begin_of_a_chapter"))
_RELATES = lexicon.word_pattern("task_parts.relates")
_STARTS = lexicon.word_pattern("task_parts.starts")
_WHICH = lexicon.word_pattern("task_parts.which")
_TO_READ = lexicon.word_pattern("task_parts.to_read")
SAYS = lexicon.pattern(  # all of a message: "what does the Summary say?"
    "task_parts",
    r"^\W*{what_does} (?:{article} )?(?P<name>[\w -]{3,40}?)(?: {say})?\W*$",
    r"^\W*(?P<name2>[\w -]{3,40}?) {says_what}\W*$",
)
_SENTENCE = re.compile(r"(?<=[.!?؟۔।])\s+|\n+")
_CLAUSE = re.compile(r"[,.;:!?¿¡؟،۔।]+\s*")
PLACE_WORDS = lexicon.pattern("task_parts", r"(?<!\w)(?:{page}s?|{chapter}s?)(?!\w)")
_MANY = lexicon.word_pattern("task_parts.many")
_GOES_ON = lexicon.word_pattern("task_parts.goes_on")
_DONE = lexicon.word_pattern("task_parts.done")
_WHAT_NOW = lexicon.pattern("task_parts", "{word:goes_on}", "{word:now}")
_ITS_CONTENTS = lexicon.pattern("task_parts", TABLE_OF_CONTENTS.pattern, r"\b{contents_of}\b")
_AN_END = lexicon.word_pattern("task_parts.an_end")
_CAPITALS = re.compile(r"\b[A-Z][a-z]")
_OWN_NAME = lexicon.pattern("task_parts", "{own_name}", flags=re.NOFLAG)
_NAMES_A_PLACE = lexicon.pattern(
    "task_parts", r"\s+(?:&|{whole:names_a_place}\b|{anywhere:names_a_place})", flags=re.NOFLAG
)
_JOINS = lexicon.pattern("task_parts", "&", "[-–—]", "{joins}")
_SIGNS = " ,.;:!?¿¡؟،۔।\"'“”„«»()"
_PARTS = (
    HOW_MANY,
    _MANY,
    *PAGE_TASKS.values(),
    PIECES["objectives"],
    COMPARE,
    CONNECT,
    _RELATES,
    THIS_BOOK,
    CALLED,
    BEFORE,
    AFTER,
    PLACE_WORDS,
    _STARTS,
    _ITS_CONTENTS,
    _AN_END,
    _DONE,
)
_ENDS = ",.;:!?،؟"  # of a clause
_AN_ACT = ("quiz", "key_points", "summary", "example")  # on a text; what is wanted beside a title in capitals
_ANY_CASE = "quiz"  # that nobody asks of a subject
# A message without any of these has no such task, and is not taken into its parts, which tries thirty patterns.
PLACES_OR_COUNTS = (PLACE_WORDS, NUMBERED, _SECTION_NUMBER, HOW_MANY)
ON_A_TITLE = (
    *(PAGE_TASKS[act] for act in _AN_ACT),
    HOW_MANY,
    _ITS_CONTENTS,
    PIECES["objectives"],
    PLACE_WORDS,
)
_FILLERS = BESIDE_TASKS | lexicon.words("beside_parts")
_MOST_CHARACTERS = 160


def task_of_parts(text: str) -> Intent | None:
    """The task that a message's parts make; None where words are left that are of no part."""
    if len(text) > _MOST_CHARACTERS:
        return None
    says = SAYS.match(text)
    name = (says["name"] or says["name2"]) if says else ""
    is_place = any(each.search(name) for each in (PLACE_WORDS, THIS_BOOK))  # "what does chapter 3 say?"
    if name and not is_place and names_no_subject(name):
        return Intent("page_task", "summary", "chapter", name=name, titled=True)
    if not any(each.search(text) for each in PLACES_OR_COUNTS):
        return None
    parts = _parts_of(text)
    if parts.names:
        return _start(text) or _looked_for(text)
    return _on_numbered_places(parts) or _count(parts) or _start(text)


def task_on_a_title(text: str) -> Intent | None:
    """A task on what may be a title, which the table of contents tells: "flashcards from Setup and Teardown"."""
    if len(text) > _MOST_CHARACTERS or not any(each.search(text) for each in ON_A_TITLE):
        return None
    parts = _parts_of(text)
    is_one = len(parts.names) == 1 and not parts.places
    around = text.replace(parts.names[0], " ", 1) if is_one else ""
    if not is_one or THIS_BOOK.search(around) or THIS_PAGE.search(around) or THIS_CHAPTER.search(around):
        return None
    return _on_a_title(around, parts.names[0])


@lru_cache(maxsize=256)
def _parts_of(text: str) -> _Parts:
    """The places and the names of a message."""
    sections = list(_SECTION_NUMBER.finditer(text))
    numbered = [
        each
        for each in NUMBERED.finditer(text)
        if not any(each.end() > at.start("number") >= each.start() for at in sections)
    ]
    places = [(each["number"] or each["ordinal"], each["word"] or each["word2"]) for each in numbered]
    places += [(each["number"], "") for each in sections]
    known = [*sections, *numbered]
    for pattern in _PARTS:
        known += [found for found in pattern.finditer(text) if not _is_of_a_title(found)]
    rest = list(text)
    for found in known:
        rest[found.start() : found.end()] = " " * (found.end() - found.start())
    return _Parts(text, tuple(places), tuple(_runs(text, "".join(rest))))


def _is_of_a_title(found: re.Match[str]) -> bool:
    """Whether words of a part stand in capitals as in a title: "Guides", "Topics & Messages", "Getting Started"."""
    if len(_CAPITALS.findall(found[0])) > 1:
        return True
    behind = found.string[found.end() :]
    return bool(_OWN_NAME.fullmatch(found[0]) and (found.start() > 0 or _NAMES_A_PLACE.match(behind)))


def _runs(text: str, rest: str) -> Iterator[str]:
    """The runs of words that are of no part, with fillers only between them; `rest` has blanks for the parts."""
    first = last = None
    for word in re.finditer(r"\S+", text):
        in_rest = rest[word.start() : word.end()]
        if any(map(_is_foreign, plain_words(in_rest))):
            first, last = first or word, word
        if first and last and (word[0][-1] in _ENDS or (word is not last and not _JOINS.fullmatch(word[0]))):
            yield text[first.start() : last.end()].strip(_SIGNS)
            first = None
    if first and last:
        yield text[first.start() : last.end()].strip(_SIGNS)


def _is_foreign(word: str) -> bool:
    return word not in _FILLERS and not word.isdigit()


def _on_numbered_places(parts: _Parts) -> Intent | None:
    """A task on one or two places that are named by their numbers."""
    if not parts.places:
        return None
    (name, word), *others = parts.places
    text = parts.text
    if others and (COMPARE.search(text) or CONNECT.search(text) or _RELATES.search(text)):
        names = tuple(other for other, _ in others if other != name)
        return Intent("page_task", "compare", "chapter", name=name, word=word, others=names) if names else None
    largest = min(parts.places, key=lambda place: _size(place[1]))
    if {_size(kind) for _, kind in parts.places} == {0, 1}:  # "part 4: first chapter and last chapter?"
        return Intent("book_task", "chapter_contents", "chapter", name=largest[0], word=largest[1])
    if others:
        return None
    if _MANY.search(text):
        return Intent("book_task", "chapter_contents", "chapter", name=name, word=word)
    if PIECES["objectives"].search(text):
        return Intent("page_task", "ask", "chapter", name=name, word=word, piece="objectives")
    if _DONE.search(text) and _WHAT_NOW.search(text):
        return Intent("book_task", "next_chapter", "chapter", name=name, word=word)
    asks_for_parts = _size(word) == 0 and PLACE_WORDS.search(
        NUMBERED.sub(" ", text)
    )  # "which chapters belong to part 5?"
    if (asks_for_parts or _is_last(name)) and _WHICH.search(text) and not _is_beside(text):
        return Intent("book_task", "chapter_contents", "chapter", name=name, word=word)
    if word:
        return None
    if BEFORE.search(text):
        return Intent("page_task", "before", "chapter", name=name)
    acts = [act for act in (*_AN_ACT, "before") if PAGE_TASKS[act].search(text)]
    return Intent("page_task", acts[0], "chapter", name=name) if acts else None


def _is_last(name: str) -> bool:
    """Whether a place is named by its order alone, "the last chapter", and not by a number."""
    return name.isalpha() and not re.fullmatch("[ivx]+", name, re.IGNORECASE)


def _is_beside(text: str) -> bool:
    return bool(BEFORE.search(text) or AFTER.search(text) or any(each.search(text) for each in PAGE_TASKS.values()))


def _size(word: str) -> int:
    """0 for a part or a module, 1 for a chapter, 2 for anything else."""
    plain = word.casefold()
    return next((at for at, kind in enumerate(_KINDS) if plain.startswith(kind)), len(_KINDS))


def _count(parts: _Parts) -> Intent | None:
    """How many of its parts the book has: "how many chapters are there, and in how many parts?"."""
    text = parts.text
    counted = HOW_MANY.search(text)
    if counted is None or THIS_PAGE.search(text) or THIS_CHAPTER.search(text):
        return None
    behind = text[counted.end() :]
    also = [each["word"] or each["word2"] for each in HOW_MANY.finditer(behind)] or PARTS_COUNTED.findall(behind)
    return Intent("book_task", "count", "book", word=counted["word"] or counted["word2"], others=tuple(also))


def _start(text: str) -> Intent | None:
    """Where to begin, in a clause of its own: "I am new to this, which page should I start with?"."""
    for clause in _CLAUSE.split(text):
        asks = _STARTS.search(clause) and _WHICH.search(clause)
        if asks and PLACE_WORDS.search(clause) and not _parts_of(clause).names and not NUMBERED.search(clause):
            return Intent("book_task", "start", "book")
    return None


def _looked_for(text: str) -> Intent | None:
    """Which page is on what another sentence tells: "I only care about balance. Which chapter do I open?"."""
    *told, asked = [part for part in _SENTENCE.split(text.strip()) if part.strip()]
    asks = _WHICH.search(asked) and PLACE_WORDS.search(asked) and _TO_READ.search(asked)
    bare = _TO_READ.sub("", asked)
    if not told or not asks or _GOES_ON.search(asked) or NUMBERED.search(text) or _parts_of(bare).names:
        return None
    subject = " ".join(told).strip(" .!?")
    return Intent("book_task", "which_chapter", "book", subject=subject)


def _on_a_title(around: str, name: str) -> Intent | None:
    if PAGE_TASKS[_ANY_CASE].search(around):
        return Intent("page_task", _ANY_CASE, "chapter", name=name, titled=True)
    if not re.match(r"[A-Z\d]", name) or not _CAPITALS.search(name):
        return None
    of_its_pages = PLACE_WORDS.search(around) and _AN_END.search(around)
    if HOW_MANY.search(around) or _ITS_CONTENTS.search(around) or of_its_pages:
        return Intent("book_task", "chapter_contents", "chapter", name=name, titled=True)
    if PIECES["objectives"].search(around):
        return Intent("page_task", "ask", "chapter", name=name, piece="objectives", titled=True)
    if _GOES_ON.search(around) and PLACE_WORDS.search(around):
        return Intent("book_task", "next_chapter", "chapter", name=name, titled=True)
    act = next((act for act in _AN_ACT if PAGE_TASKS[act].search(around)), None)
    return Intent("page_task", act, "chapter", name=name, titled=True) if act else None
