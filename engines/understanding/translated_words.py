"""English words of the book for a question in another language: تصویریں is `images`, where the book has images.

Called for books in English. The tables (`meanings/README.md`) give what a word may mean; of that only the book's own
words are taken, so that a wrong meaning is rarely one of the book. A table is read when the first question in its
language is asked.
"""

import gzip
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import regex

from engines.understanding.words import is_stop_word, zipf
from storage.vectors.bm25 import decode_written_words, tokens

MOST_MEANINGS = 2  # of one word
MOST_WORDS = 40  # of one text
_COMMON_ZIPF = 5.6  # English words of this frequency ("why", "another") say little about a subject
_COMPOUNDING = frozenset(("de",))  # languages that write what is of two words as one
_SHORTEST_PART = 4  # letters of a compound's part
_LINKS = ("", "s", "n", "en", "es", "er", "e")  # between two parts
_PART_USES = 5  # in the book, of a part that is the same in English
_FOLDER = Path(__file__).with_name("meanings")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_HAN = regex.compile(r"\p{Han}+")
_LONGEST_HAN = 4  # characters of one word


class Meanings:
    """The English words of one book, by words of other languages that mean them."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        self._remembered = lru_cache(maxsize=5_000)(self._meanings)

    @cached_property
    def _stems(self) -> frozenset[str]:
        # When the first question in another language is asked: a large book's words take a tenth of a second.
        return frozenset(token for word in self._words if word.isascii() for token in tokens(word, "en"))

    def find(self, text: str, language: str) -> tuple[tuple[str, str], ...]:
        """The words of a text that mean one of the book's, each with that one; a word may have two."""
        found: dict[tuple[str, str], None] = {}
        for word in list(_words(text.casefold(), language))[:MOST_WORDS]:
            found.update(dict.fromkeys((word, english) for english in self._remembered(word, language)))
        return tuple(found)

    def _meanings(self, word: str, language: str) -> tuple[str, ...]:
        found = self._of_book(word, language)
        if found or language not in _COMPOUNDING or word in load_table(language):
            return found
        return self._of_parts(word, language)

    def _of_book(self, word: str, language: str) -> tuple[str, ...]:
        english_words = load_table(language).get(word, "").split()
        if not english_words or is_stop_word(word, language):
            return ()
        known: dict[str, str] = {}  # by their stems
        for english in english_words:
            stem = tokens(english, "en")[0]
            if stem not in self._stems or zipf(english, "en") >= _COMMON_ZIPF:
                continue
            if known.setdefault(stem, english) not in self._words and english in self._words:
                known[stem] = english  # as the book writes it
        return tuple(known.values())[:MOST_MEANINGS]

    def _of_parts(self, word: str, language: str) -> tuple[str, ...]:
        """The meanings of a compound's two parts, of which the book has both: "Grafikkarte" is `graphics cards`."""
        for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            last = self._of_part(word[cut:], language)
            if not last:
                continue
            for link in _LINKS:
                if word[:cut].endswith(link) and cut - len(link) >= _SHORTEST_PART:
                    first = self._of_part(word[: cut - len(link)], language)
                    if first:
                        return (first, last)
        return ()

    def _of_part(self, part: str, language: str) -> str:
        """The nearest meaning of a part of a compound; also English has some ("Sensor")."""
        found = self._of_book(part, language)
        return found[0] if found else part if self._words.get(part, 0) >= _PART_USES and part.isascii() else ""


@lru_cache(maxsize=8)
def load_table(language: str) -> Mapping[str, str]:
    """Word → English words with spaces between, the nearest first; nothing for a language without a table."""
    path = _FOLDER / f"{language}.tsv.gz"
    if not language.isalpha() or not path.is_file():
        return {}
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return dict(line.split("\t") for line in lines)


@lru_cache(maxsize=4)
def load_meanings(encoded: str) -> Meanings | None:
    """Those of a book whose words are encoded so; None for a build that has kept none."""
    words = decode_written_words(encoded)
    return Meanings(words) if words else None


def _words(text: str, language: str) -> Iterator[str]:
    """The words of a text in its order; of Chinese, which writes no spaces, the longest that the table has."""
    if language != "zh":
        yield from _WORD.findall(text)
        return
    table = load_table(language)
    for run in _HAN.findall(text):
        place = 0
        while place < len(run):
            length = next((size for size in range(_LONGEST_HAN, 1, -1) if run[place : place + size] in table), 1)
            yield run[place : place + length]
            place += length
