"""Whether a book uses a word for its own parts ("topic", "module", "page") as a term of its subject as well.

ROS 2 has topics, Python has modules, Ionic has pages: there "list all topics" is a question about the subject, and not
one for the table of contents. Called by `engines.tasks.answering`; pure functions.
"""

import re
from collections import Counter
from collections.abc import Iterable

from engines.understanding import lexicon
from engines.understanding.book_terms import is_recap, names_no_subject
from engines.understanding.task_patterns import ABOUT_THE_CONTENTS, MY_PLACE, THIS_BOOK
from engines.understanding.words import is_function_word, plain_words

_FEWEST_HEADINGS = 2  # that have the word as a term: one alone may be a list of the book's own topics
_MOST_BARE_WORDS = 4  # of a message that only names something
_PARTS = lexicon.words(
    "parts_of_a_book"
)  # without "chapter": a book's chapters are its own, whatever its headings say of them
# A heading that speaks of the book's own parts, and not of a thing of that name: "Key topics", "In this module".
_OF_THE_BOOK = lexicon.word_pattern("headings.of_the_book")


def asks_for_a_thing(text: str, headings: Iterable[str], chapters: Iterable[str]) -> bool:
    """Whether a message for the contents asks about things that the book calls by the same word.

    `chapters` are the titles of the book's chapters: a word that numbers them, or several headings, ("Module 2: …") is
    the book's own.
    """
    if THIS_BOOK.search(text) or MY_PLACE.search(text) or ABOUT_THE_CONTENTS.search(text):
        return False
    words = {_singular(word) for word in plain_words(text)} & _PARTS
    headings = tuple(headings)
    numbering = {_singular(first[0]) for title in chapters if (first := _numbered(title))}
    numbered = Counter(_singular(first[0]) for heading in headings if (first := _numbered(heading)))
    numbering |= {word for word, times in numbered.items() if times >= _FEWEST_HEADINGS}
    return any(is_term(word, headings) for word in words - numbering)


def is_term(word: str, headings: Iterable[str]) -> bool:
    """Whether several headings of a book have a word as a term of its subject."""
    found = 0
    for heading in headings:
        words = plain_words(heading)
        if word in map(_singular, words) and not _speaks_of_the_book(heading, word):
            found += 1
    return found >= _FEWEST_HEADINGS


def stands_in_a_heading(words: Iterable[str], headings: Iterable[str]) -> bool:
    """Whether a heading of a book has one of the words, in the singular or the plural."""
    wanted = set(map(_singular, words))
    return any(not wanted.isdisjoint(map(_singular, plain_words(heading))) for heading in headings)


def is_of_a_heading(text: str, headings: Iterable[str], *, whole: bool = False) -> bool:
    """Whether a message is bare words of one heading, "helper text" of "Helper & Error Text", and asks nothing else.

    `whole` says that the heading has no other words. A heading that every page may have, "Key Points", is none; of one
    word alone it is a term that counts.
    """
    words = set(map(_singular, plain_words(text)))
    if not words or len(words) > _MOST_BARE_WORDS or any(map(str.isdigit, words)) or names_no_subject(text):
        return False
    if all(is_function_word(word, "en") for word in words):
        return False
    if len(words) == 1 and not whole:
        return not THIS_BOOK.search(text) and is_term(next(iter(words)), headings)
    found = (heading for heading in headings if not names_no_subject(heading))
    own = (set(map(_singular, plain_words(heading))) for heading in found)
    return any(words == each if whole else words <= each for each in own)


def _speaks_of_the_book(heading: str, word: str) -> bool:
    numbered = any(_singular(first) == word for first, _ in re.findall(r"([^\W\d_]+)\s+(\d+)", heading.casefold()))
    return numbered or bool(_OF_THE_BOOK.search(heading)) or is_recap(heading)


def _numbered(title: str) -> re.Match[str] | None:
    return re.match(r"([^\W\d_]+)(?=\s*\d)", " ".join(plain_words(title)))


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
