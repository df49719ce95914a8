"""Misspelt words of a question matched to the book's own vocabulary; called by `engines.understanding.understanding`.

A word is corrected where neither the book nor its language has it, to the nearest word of either by optimal string
alignment (rapidfuzz): one edit, two in a word of eight letters or more. Names, identifiers and words of other languages
stay as they are.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import regex
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from engines.understanding.words import frequent_words, is_foreign, language_of, zipf
from storage.vectors.bm25 import decode_written_words, tokens

SHORTEST, LONGEST = 4, 25  # letters of a word that is corrected
TWO_EDITS_FROM = 8  # letters
MOST_CORRECTIONS = 8  # in one question; a text with more is of another language

_COMMON_ZIPF = 3.8  # words of the language at large that a misspelt word may stand for
_KNOWN_ZIPF = 3.3  # a word of this frequency is not misspelt
_REAL_WORD_ZIPF = 2.0  # a word of this frequency may be a word of its own: it takes a much more frequent one instead
_WORD = regex.compile(r"(?<![\p{L}\p{N}_./@\\$<'`\"-])\p{L}+(?![\p{L}\p{N}_/\\@(=`-]|\.\p{L})")


class SpellingCorrector:
    """Corrects the words of questions to one book."""

    def __init__(self, words: Mapping[str, int], locale: str | None) -> None:
        self._words = words
        self._locale = locale
        self._language = language = language_of(locale)
        self._stems = frozenset(token for word in words for token in tokens(word, locale))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        common = (word for word in frequent_words(language, least=_COMMON_ZIPF) if word.isalpha())
        for word in sorted({*words, *common}):
            self._by_length[len(word)].append(word)
        self._remembered = lru_cache(maxsize=5_000)(self._nearest)

    def correct(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with its misspelt words replaced, and what was replaced by what."""
        corrections: dict[str, str] = {}
        for match in _WORD.finditer(text):
            word = match.group()
            if len(corrections) == MOST_CORRECTIONS:
                break
            if self._may_be_misspelt(word, starts=not text[: match.start()].strip(" \"'(")):
                nearest = self._remembered(word.lower())
                if nearest is not None:
                    corrections[word] = nearest
        if not corrections:
            return text, ()
        replaced = _WORD.sub(lambda match: corrections.get(match.group(), match.group()), text)
        return replaced, tuple(corrections.items())

    def _may_be_misspelt(self, word: str, *, starts: bool) -> bool:
        named = word[0].isupper() and not starts
        return SHORTEST <= len(word) <= LONGEST and not named and word[1:] == word[1:].lower()

    def _nearest(self, word: str) -> str | None:
        """The word that was most likely meant, None for one that is right or near nothing."""
        frequency = zipf(word, self._language)
        if frequency >= _KNOWN_ZIPF or is_foreign(word, self._language) or self._has(word):
            return None
        edits = 2 if len(word) >= TWO_EDITS_FROM and frequency < 1.0 else 1
        best: tuple[float, str] | None = None
        for length in range(len(word) - edits, len(word) + edits + 1):
            near = process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
            for candidate, distance, _ in near:
                score = self._score(word, candidate, float(distance), frequency)
                if score is not None and (best is None or score > best[0]):
                    best = (score, candidate)
        return best[1] if best else None

    def _has(self, word: str) -> bool:
        """Whether the book has the word, in this form or another."""
        return word in self._words or not self._stems.isdisjoint(tokens(word, self._locale))

    def _score(self, word: str, candidate: str, distance: float, frequency: float) -> float | None:
        """How likely a candidate was meant; None where it was not."""
        if candidate[0] != word[0] and candidate[:2] != word[1::-1]:
            return None  # the first letter is rarely wrong
        in_book, at_large = self._words.get(candidate, 0), zipf(candidate, self._language)
        if frequency > 0 and at_large < frequency + (2.0 if frequency >= _REAL_WORD_ZIPF else 1.0):
            return None
        own = 1.5 + 0.5 * math.log10(1 + in_book) if in_book else 0.0
        return own + 0.35 * at_large - 3 * distance - 0.4 * Indel.distance(word, candidate)


@lru_cache(maxsize=8)
def load_corrector(encoded: str, locale: str | None) -> SpellingCorrector | None:
    """The corrector of a book whose words are encoded so; None for a build that has kept none."""
    words = decode_written_words(encoded)
    return SpellingCorrector(words, locale) if words else None
