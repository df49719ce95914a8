"""Whether a passage supports a statement, and which of its sentences does: by shared words, without a model.

It finds what is plainly made up, a number that stands nowhere or a sentence about something else, and says nothing
where answer and passage are in different languages.
Called by `engines.citations.processor`.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property, lru_cache

from engines.citations.sentences import sentences

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_DIGIT = re.compile(r"\d")
_BRACKET = re.compile(r"\[[\d ,;–-]{1,20}\]")
_SHORT = 3  # letters; words as short as this are how a language sounds, not what is said
_STEM = 6  # letters: "stability" and "stabilise" are one word
FEW_WORDS = 4  # a shorter statement is not judged
_SHARED = 0.34  # of a statement's words, in the passages that it cites
_SAME_LANGUAGE = 0.25  # of an answer's short words, among the passages' short words


class Words:
    """A text as words, folded."""

    def __init__(self, text: str) -> None:
        self.text = text
        folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
        self.all = _WORD.findall(folded)
        # The words that carry meaning, cut to their stems; all words of a script that writes them short.
        if text.isascii():
            self.stems = {word[:_STEM] for word in self.all if len(word) > _SHORT}
        else:
            self.stems = {word[:_STEM] for word in self.all if len(word) > _SHORT or not word.isascii()}
        self.numbers: set[str] = set()  # of more than one digit
        if _DIGIT.search(folded):
            self.numbers = {word.replace(",", "") for word in self.all if len(word) > 1 and word[0].isdigit()}

    @cached_property
    def short(self) -> set[str]:
        """The shortest words, which tell a language."""
        return {word for word in self.all if len(word) <= _SHORT and word.isalpha()}


class Evidence(Words):
    """A passage that statements are held against."""

    @cached_property
    def brackets(self) -> frozenset[str]:
        """The numbers in brackets that the passage itself has: `[0, 1]`."""
        return frozenset(_BRACKET.findall(self.text))

    @cached_property
    def _sentences(self) -> list[tuple[str, set[str], float]]:
        """Each sentence with its stems, and what their number makes one shared stem worth."""
        found = [Words(sentence) for sentence in sentences(self.text)]
        return [(sentence.text, sentence.stems, (len(sentence.stems) + 4) ** -0.5) for sentence in found]

    def best_sentence(self, statement: Words) -> str:
        """The sentence that shares most with the statement, the first where none shares anything."""
        wanted = statement.stems
        best, best_score = "", -1.0
        for sentence, stems, worth in self._sentences:
            score = len(wanted & stems) * worth
            if score > best_score:
                best, best_score = sentence, score
        return best

    def speaks_like(self, answer: Words) -> bool:
        """Whether the answer seems to be in the passage's language."""
        return bool(answer.short) and len(answer.short & self.short) >= _SAME_LANGUAGE * len(answer.short)

    def tells(self, statement: Words) -> bool:
        """Whether more than half of the words of a statement, however short, are here, and all of its numbers."""
        shared = len(statement.stems & self.stems)
        return statement.numbers <= self.numbers and 2 * shared > len(statement.stems)

    def supports(self, statement: Words, *, share: float = _SHARED) -> bool:
        """Whether a share of the statement's words, and all of its numbers, are here; True for one too short."""
        if not statement.numbers <= self.numbers:
            return False
        stems = statement.stems
        return len(stems) < FEW_WORDS or len(stems & self.stems) >= share * len(stems)


class Together(Evidence):
    """Several passages as one."""

    def __init__(self, passages: Sequence[Evidence]) -> None:
        super().__init__("")
        self.stems = set().union(*(passage.stems for passage in passages))
        self.numbers = set().union(*(passage.numbers for passage in passages))
        self._passages = passages

    @cached_property
    def brackets(self) -> frozenset[str]:
        """The numbers in brackets of all."""
        return frozenset[str]().union(*(passage.brackets for passage in self._passages))

    @cached_property
    def short(self) -> set[str]:
        """The shortest words of all."""
        return set().union(*(passage.short for passage in self._passages))


@lru_cache(maxsize=512)  # the same passages answer many questions; about 20 KB each
def evidence_of(passage: str) -> Evidence:
    """A passage's words, made once for many answers."""
    return Evidence(passage)
