"""Tasks on the book as a whole: its contents, where it treats a subject, where to begin, who wrote it.

Called by `engines.understanding.intent_recognition`. Pure functions.
"""

from engines.understanding import lexicon
from engines.understanding.intent import Intent
from engines.understanding.message_parts import without_wishes
from engines.understanding.page_intents import SENTENCE, beside_length, word_for_chapter
from engines.understanding.places import NEEDS, PARTS, SECOND_QUESTION, fills
from engines.understanding.task_patterns import (
    ABOUT,
    ABOUT_BOOK,
    ADVICE,
    AFTER,
    AUDIENCE,
    AUTHOR,
    BEFORE,
    BESIDE_TASKS,
    COMES,
    CONTENTS,
    HAS_PARTS,
    HERE,
    IN_THE_BOOK,
    LENGTH,
    LICENCE,
    META,
    META_VERBS,
    MY_PLACE,
    NUMBERED,
    PAGE_TASKS,
    PARTS_OF_A_CHAPTER,
    PERIODS,
    PLAN,
    READING,
    READY,
    START,
    START_WITH,
    THIS_BOOK,
    THIS_CHAPTER,
    TRAILING,
    WHICH_CHAPTER,
)
from engines.understanding.words import plain_words

_MOST_CHARACTERS_OF_A_START = 200
_BEGINNING = lexicon.word_pattern("book.beginning")
_NEEDS_A_THING = lexicon.pattern("book", r"^\W*{needs_a_thing}\W*$")
_WITH_LINKS = lexicon.pattern("book", r"\b{with_links}\b")
_WITHIN_ONE = lexicon.pattern("book", r"{place}s?\s+{within_one}(?!\w)")  # "chapter 2 mein kaun se page"
_IS_BESIDE = lexicon.pattern(
    "book",
    r"^(?:{right} )?(?:{after_or_before})",
    "(?:{after_or_before})$",
    after_or_before=f"{AFTER.pattern}|{BEFORE.pattern}",
)


def contents_of_this_chapter(text: str) -> Intent | None:
    """ "What topics does this chapter cover?": the pages of the open chapter, and nothing else is asked."""
    chapter = THIS_CHAPTER.search(text)
    if not chapter:
        return None
    around = f"{text[: chapter.start()]} {text[chapter.end() :]}"
    if not PARTS_OF_A_CHAPTER.search(around) or _foreign_words(PARTS_OF_A_CHAPTER.sub(" ", around)):
        return None
    return Intent("book_task", "chapter_contents", "chapter", word=word_for_chapter(text))


def advice(text: str) -> Intent | None:
    """Advice on what to read: "which chapters can I skip?", "am I ready for Isaac?"; its subject is in other words."""
    if not ADVICE.search(text) and not READY.search(text):
        return None
    place = NUMBERED.search(text)
    number, word = (place["number"] or "", place["word"] or "") if place else ("", "")
    words = [each for each in plain_words(text) if each not in BESIDE_TASKS and not each.isdigit()]
    return Intent("book_task", "advice", "book", number, subject=" ".join(words), word=word)


def start_with(text: str) -> Intent | None:
    """Where to begin with a subject of the book: "I know nothing about sensors. Where do I begin?"."""
    found = START_WITH.search(text) if len(text) <= _MOST_CHARACTERS_OF_A_START else None
    if not found:
        return None
    subject = IN_THE_BOOK.sub("", next(filter(None, found.groupdict().values()))).strip()
    if _foreign_words(subject):
        return Intent("book_task", "start", "book", subject=subject)
    return Intent("book_task", "start", "book") if found["subject3"] else None  # "I'm new to this. Which page first?"


def parts_asked(text: str, *, is_open: bool) -> Intent | None:
    """Whether the book has something beside its text: "are there exercises with solutions?".

    `is_open` says that something else than the book may be meant: the open page, or what was said before.
    """
    found = HAS_PARTS.search(text)
    if not found or (is_open and not THIS_BOOK.search(text)):
        return None
    return Intent("book_task", "has", "book", subject=found["parts"])


def which_chapter(text: str) -> Intent | None:
    """Where the book treats a subject, "which pages are about mocking?", and what comes beside it where asked."""
    asked = without_wishes(SECOND_QUESTION.sub("", text))
    which = None if NUMBERED.search(asked) else WHICH_CHAPTER.search(asked)
    if not which:
        return None
    found = [part for name, part in which.groupdict().items() if part and name.startswith(("rest", "thing"))]
    subject = TRAILING.sub("", ABOUT.sub("", " ".join(found)).strip(" ?!.؟,"))
    if not subject or fills(subject) or _IS_BESIDE.search(subject) or _WITHIN_ONE.search(subject):
        return None  # "which page should I read next?"
    if not _foreign_words(subject):
        return Intent("book_task", "contents", "book")
    then = text[len(SECOND_QUESTION.sub("", text)) :]
    step = 0 if not COMES.search(then) else 1 if PAGE_TASKS["next"].search(then) else -1 if BEFORE.search(then) else 0
    return Intent("book_task", "which_chapter", "book", subject=subject, step=step)


def before_the_book(text: str) -> Intent | None:
    """What a reader should know or have: "what are the prerequisites for this book?", "do I need a robot for it?"."""
    if THIS_BOOK.search(text) and _NEEDS_A_THING.match(text):
        return Intent("book_task", "before", "book", subject=text)
    before = PAGE_TASKS["before"]
    if not THIS_BOOK.search(text) or not NEEDS.search(text):
        return None
    if not (before.search(text) or BEFORE.search(text) or _BEGINNING.search(text)):
        return None
    rest = text
    for pattern in (NEEDS, before, BEFORE, READING, _BEGINNING):
        rest = pattern.sub(" ", rest)
    return None if _foreign_words(rest) else Intent("book_task", "before", "book")


def book_task(text: str) -> Intent | None:
    """A task on the whole book: a plan for reading it, where to begin, a quiz, its contents, author and licence."""
    if PLAN.search(text) and (THIS_BOOK.search(text) or not _foreign_words(PERIODS.sub(" ", text))):
        periods = PERIODS.search(text)
        return Intent("book_task", "plan", "book", subject=periods["count"] if periods else "")
    if _asks_for_the_start(text):
        return Intent("book_task", "start", "book")
    names_book = THIS_BOOK.search(text) or MY_PLACE.search(text)
    quiz = PAGE_TASKS["quiz"]
    if names_book and quiz.search(text) and not _foreign_words(quiz.sub(" ", text)):
        return Intent("book_task", "quiz", "book")
    if names_book and LENGTH.search(text) and not beside_length(text):
        return Intent("book_task", "contents", "book")
    if CONTENTS.search(text) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    summary = PAGE_TASKS["summary"].search(text) or PAGE_TASKS["key_points"].search(text)
    asks = ABOUT_BOOK.search(text) or summary or PARTS.search(text)
    if (names_book or HERE.search(text)) and asks and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    for task, pattern in (("author", AUTHOR), ("licence", LICENCE)):
        if pattern.search(text) and not _foreign_words(pattern.sub(" ", text)):
            return Intent("book_task", task, "book")
    sentences = SENTENCE.split(text)
    if any(
        (META.search(part) or AUDIENCE.search(part)) and (THIS_BOOK.search(part) or MY_PLACE.search(part))
        for part in sentences
    ):
        return Intent("book_task", "about", "book")
    return None


def _asks_for_the_start(text: str) -> bool:
    """Whether a message asks where to begin with the book, and not how something of the subject starts."""
    start = START.search(text)
    if not start or not (THIS_BOOK.search(text) or READING.search(text) or not _foreign_words(text)):
        return False
    within = plain_words(READING.sub(" ", _BEGINNING.sub(" ", start[0])))[1:]
    return all(word in BESIDE_TASKS for word in within)


def _foreign_words(text: str) -> list[str]:
    """The words that name a subject other than the book itself."""
    without = _WITH_LINKS.sub(" ", text)
    for pattern in (
        CONTENTS,
        START,
        PLAN,
        THIS_BOOK,
        HERE,
        PAGE_TASKS["summary"],
        PAGE_TASKS["key_points"],
        META_VERBS,
    ):
        without = pattern.sub(" ", without)
    return [word for word in plain_words(without) if word not in BESIDE_TASKS and not word.isdigit()]
