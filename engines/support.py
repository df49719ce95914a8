"""Whether a passage supports a statement, and which of its sentences does: by shared words, without a model.

It finds what is plainly made up, a number that stands nowhere or a sentence about something else, and says nothing
where answer and passage are in different languages.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…。؟۔])[\"'”’)\]*_]*(?:\s+|\Z)|\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#+|\|)\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|fig|eq|eqs|sec|no|dr|prof|approx|etc|al)\.|\b[A-Z]\.)\Z", re.IGNORECASE
)
_SHORT = 3  # letters; words as short as this are how a language sounds, not what is said
_STEM = 6  # letters: "stability" and "stabilise" are one word
_FEW_WORDS = 4  # a shorter statement is not judged
_SHARED = 0.34  # of a statement's words, in the passages that it cites
_SAME_LANGUAGE = 0.25  # of an answer's short words, among the passages' short words


def sentences(text: str) -> list[str]:
    """The sentences of a text, with list items, headings and table rows on their own."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : match.start()]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _stems(words: list[str]) -> set[str]:
    stems: set[str] = set()
    for word in words:
        if len(word) > _SHORT:
            stems.add(word[:_STEM])
        elif not word.isascii():
            stems.add(word)  # a script that writes words short, or without spaces
    return stems


def _numbers(words: list[str]) -> set[str]:
    return {word.replace(",", "") for word in words if word[0].isdigit() and len(word) > 1}


@dataclass(frozen=True)
class Evidence:
    """A passage, or several, as words; made once for an answer."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """All words, folded."""
        return _words(self.text)

    @cached_property
    def stems(self) -> set[str]:
        """The words that carry meaning, cut to their stems."""
        return _stems(self.words)

    @cached_property
    def numbers(self) -> set[str]:
        """Its numbers of more than one digit."""
        return _numbers(self.words)

    @cached_property
    def short_words(self) -> set[str]:
        """Its shortest words, which tell its language."""
        return {word for word in self.words if len(word) <= _SHORT and word.isalpha()}

    @cached_property
    def _sentences(self) -> list[tuple[str, set[str]]]:
        return [(sentence, _stems(_words(sentence))) for sentence in sentences(self.text)]

    def best_sentence(self, statement: str) -> str:
        """The sentence that shares most with the statement, the first where none shares anything."""
        wanted = _stems(_words(statement))
        best, best_score = "", -1.0
        for sentence, stems in self._sentences:
            score = len(wanted & stems) / (len(stems) + 4) ** 0.5
            if score > best_score:
                best, best_score = sentence, score
        return best

    def speaks_like(self, answer: str) -> bool:
        """Whether the answer seems to be in the passage's language."""
        short = {word for word in _words(answer) if len(word) <= _SHORT and word.isalpha()}
        return bool(short) and len(short & self.short_words) >= _SAME_LANGUAGE * len(short)

    def supports(self, statement: str, *, share: float = _SHARED) -> bool:
        """Whether a share of the statement's words, and all of its numbers, are here; True for one too short."""
        words = _words(statement)
        if not _numbers(words) <= self.numbers:
            return False
        stems = _stems(words)
        return len(stems) < _FEW_WORDS or len(stems & self.stems) >= share * len(stems)
