"""Where the sentences of a text end. Called by the other modules for citations, and by the synthesizers."""

import re

_SENTENCE_END = re.compile(
    r"(?<=[.!?…。؟۔])[\"'”’)\]*_]*(?:\s+|\Z)|\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#+|\|)\s)|^#{1,6} [^\n]*\n", re.MULTILINE
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|fig|eq|eqs|sec|no|dr|prof|approx|etc|al)\.|(?-i:\b[A-Z]\.)|^\s*\d{1,3}\.)\Z",
    re.IGNORECASE | re.MULTILINE,  # the last: the number of a list item
)
_LONGEST_ABBREVIATION = 8  # letters, with what may close a quotation after it


def sentences(text: str) -> list[str]:
    """The sentences of a text, with list items, headings and table rows on their own."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _ends_with_abbreviation(text, start, match.start()):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_with_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether a sentence that begins at `start` has an abbreviation, or the number of an item, before `end`."""
    if end - start <= _LONGEST_ABBREVIATION:
        return _ABBREVIATION.search(text[start:end]) is not None
    return _ABBREVIATION.search(text, end - _LONGEST_ABBREVIATION, end) is not None


class LastSentence:
    """The sentence that a growing text stands in; it is not read from its beginning again for each."""

    def __init__(self) -> None:
        self._start = 0
        self._read = 0

    def of(self, text: str) -> str:
        """The last sentence of a text that begins with the one that was given before; a whole one at its very end."""
        for match in _SENTENCE_END.finditer(text, self._read):
            if _ABBREVIATION.search(text, max(self._start, match.start() - _LONGEST_ABBREVIATION), match.start()):
                continue
            if not text[match.end() :].strip():
                break  # what comes next may still belong to it
            if text[self._start : match.end()].strip():
                self._start = match.end()
        self._read = max(self._start, len(text.rstrip()) - _LONGEST_ABBREVIATION)
        return text[self._start :].strip()
