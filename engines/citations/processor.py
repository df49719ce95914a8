"""Reads citation markers while the answer is written, checks them, and puts them in their final order.

The text that goes on keeps the numbers of the sources as they were found; the final text numbers them in the order in
which it cites them. A marker that names no source is left out and counted.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from engines.citations.answer_text import AnswerText, Piece
from engines.citations.links import link_policy
from engines.citations.marks import MARK, STAND_INS, Label
from engines.citations.sentences import LastSentence, sentences
from engines.citations.support import FEW_WORDS, Evidence, Together, Words, evidence_of
from engines.events import Citation, CitationsResolved, Cited, Mark, Source, TextDelta

_CONTEXT_CHARS = 500  # before a marker, from which the language is detected
_STATEMENT_CHARS = 300
_LANGUAGE_CHARS = 200  # of an answer, that tell its language
_FEWEST_FOR_SEVERAL = 3  # words that carry meaning, before `[1, 2]` that stands for two citations
_FOOTNOTE = re.compile(r"^ {0,3}\[\^(\d{1,3})\]:[ \t]*(.*)", re.MULTILINE)
_SHARED_BY_ONE = 0.15  # of the words of a statement that stands on several passages, in each of them


class CitationProcessor:
    """Turns a model's pieces of text into deltas and citations; one for each answer."""

    def __init__(self, sources: Sequence[Source], foreign_hosts: frozenset[str] = frozenset()) -> None:
        self._sources = {source.number: source for source in sources}
        hosts = {urlsplit(source.url).hostname or "" for source in sources} - {""}
        self._reader = AnswerText(
            link_policy(foreign_hosts | hosts), frozenset(self._sources), self._speaks_for, self._leads_to
        )
        self._evidence = {number: evidence_of(source.text) for number, source in self._sources.items()}
        self._written: list[str | int] = []  # the text, with the numbers of its markers
        self._prose = ""  # the text without markers, code and formulas
        self._sentence = LastSentence()
        self._statement: Words | None = None  # before the last mark, as long as nothing else was written
        self._first: dict[int, Cited] = {}  # by number, in the order of citation
        self._doubtful: set[int] = set()
        self._confirmed: set[int] = set()  # by a statement that is long enough to be judged
        self._dropped = 0
        self._held: list[Piece] = []  # from the first `[^1]` on: its definition may stand at the very end
        self._length = 0  # of the text that was shown, in UTF-16 code units
        self._all = Together(tuple(self._evidence.values()))
        self._same_language: bool | None = None  # as the answer and the passages; None until enough is written

    def feed(self, text: str) -> Iterable[TextDelta | Cited]:
        """The delta that is certain now, and what it cites."""
        pieces = self._reader.feed(text)
        if self._held or any(piece.footnote for piece in pieces):
            self._held.extend(pieces)
            return []
        return self._write(pieces)

    def end(self) -> Iterable[TextDelta | Cited]:
        """What was held back."""
        self._held.extend(self._reader.end())
        return self._write(self._without_footnotes(self._held))

    def resolved(self) -> CitationsResolved:
        """The whole answer with its sources in their final numbers."""
        final = {number: place for place, number in enumerate(self._first, start=1)}
        text, marks = _numbered(self._written, final)
        judged = self._doubtful | (self._confirmed if self._speaks_like_the_passages(self._prose) else set())
        cited = tuple(
            Citation(
                final[number], self._sources[number], first.sentence, number not in self._doubtful, number in judged
            )
            for number, first in self._first.items()
        )
        also_read = tuple(source for number, source in self._sources.items() if number not in self._first)
        dropped = self._dropped + self._reader.unknown
        return CitationsResolved(text.rstrip(), cited, also_read, dropped, self._unsupported(), marks)

    def _write(self, pieces: Sequence[Piece]) -> list[TextDelta | Cited]:
        if not pieces:
            return []
        shown: list[str] = []
        cited: list[TextDelta | Cited] = []
        for piece in pieces:
            if piece.numbers:
                self._mark(piece, shown, cited)
            else:
                self._show(piece.text, shown)
                self._prose += "…" if piece.verbatim else piece.text
                self._statement = None
        text = shown[0] if len(shown) == 1 else "".join(shown)
        return [TextDelta(text), *cited] if text else cited

    def _show(self, text: str, shown: list[str]) -> None:
        shown.append(text)
        self._written.append(text)
        self._length += utf16_length(text)

    def _mark(self, piece: Piece, shown: list[str], cited: list[TextDelta | Cited]) -> None:
        """Keep the numbers that name a source; the space before a marker goes with it where none does."""
        known = [number for number in piece.numbers if number in self._sources]
        if piece.listed and not all(number in self._first for number in known):
            self._show(piece.text, shown)  # an entry for a source that nothing cites
            return
        self._dropped += len(piece.numbers) - len(known)
        if not known:
            if shown:
                before = shown[-1]
                shown[-1] = self._written[-1] = before.rstrip(" ")
                self._length -= len(before) - len(shown[-1])
            return
        if self._statement is None:
            self._statement = Words(self._sentence.of(self._prose)[-_STATEMENT_CHARS:])
        statement = self._statement
        for number in known:
            shown.append(f"[{number}]")
            self._written.append(number)
            cited.append(self._cite(number, self._length, statement))
            self._length += len(shown[-1])

    def _cite(self, number: int, at: int, statement: Words) -> Cited:
        source, evidence = self._sources[number], self._evidence[number]
        found = self._supports(evidence, statement)
        supported = found or not self._speaks_like_the_passages(self._prose)
        event = Cited(number, source.chunk_id, source.url, evidence.best_sentence(statement), supported, at)
        self._first.setdefault(number, event)
        if not supported:
            self._doubtful.add(number)
        elif found and len(statement.stems) >= FEW_WORDS:
            self._confirmed.add(number)
        return event

    def _supports(self, evidence: Evidence, statement: Words) -> bool:
        if evidence.supports(statement):
            return True
        return evidence.supports(statement, share=_SHARED_BY_ONE) and self._all.supports(statement)

    def _speaks_like_the_passages(self, text: str) -> bool:
        """Whether the answer, of which this was written so far, is in the language of the passages."""
        if self._same_language is not None:
            return self._same_language
        same = self._all.speaks_like(Words(text[-_CONTEXT_CHARS:]))
        if len(text) >= _LANGUAGE_CHARS:
            self._same_language = same
        return same

    def _speaks_for(self, before: str, whole: str, label: Label, doubtful: bool) -> bool:
        """Whether a bracket where marks stand is one.

        It is quoted where a passage has the same behind the same word. One that may as well be a value is a mark where
        its passages say what stands before it; what is in another language cannot be held against them.
        """
        if whole in self._all.brackets and self._quotes(before, whole):
            return False
        if not doubtful:
            return True
        said = before.translate(STAND_INS)
        statement = Words((sentences(said) or [""])[-1][-_STATEMENT_CHARS:])
        if not self._speaks_like_the_passages(said):
            return True
        enough = _FEWEST_FOR_SEVERAL if label.several else 1
        passages = [self._evidence[number] for number in label.numbers]
        if label.several or len(statement.stems) < _FEWEST_FOR_SEVERAL:
            together = Together(passages).tells(statement) and all(statement.stems & one.stems for one in passages)
            return together and len(statement.stems) >= enough
        return True

    def _leads_to(self, address: str, numbers: Sequence[int]) -> bool:
        """Whether an address is that of the page of one of these sources."""
        path = _page(address)
        return any(_page(self._sources[number].url) == path for number in numbers if number in self._sources)

    def _unsupported(self) -> tuple[str, ...]:
        """The statements of the answer, questions apart, that no passage supports."""
        if not self._sources or not self._speaks_like_the_passages(self._prose):
            return ()
        found = (sentence for sentence in sentences(self._prose) if not sentence.endswith(("?", "؟", "？")))
        return tuple(sentence for sentence in found if not self._all.supports(Words(sentence)))

    def _quotes(self, before: str, whole: str) -> bool:
        word = before.split()[-1:]
        return bool(word) and any(f"{word[0]} {whole}" in source.text for source in self._sources.values())

    def _without_footnotes(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces, in which `[^1]` is text where the answer itself defines it as something else than a passage."""
        if not any(piece.footnote for piece in pieces):
            return list(pieces)
        text = "".join(part if isinstance(part, str) else MARK for part in self._written)
        text += "".join(piece.text for piece in pieces)
        defined = {int(found[1]): found[2] for found in _FOOTNOTE.finditer(text)}
        own = {number for number, definition in defined.items() if not self._names(number, definition)}
        return [Piece(each.text) if each.footnote and own.intersection(each.numbers) else each for each in pieces]

    def _names(self, number: int, definition: str) -> bool:
        """Whether a footnote's definition is about this source: its title, its heading, or "passage 1"."""
        source = self._sources[number]
        names = (source.title, *source.heading_path[-1:], f"source {number}", f"passage {number}", source.url)
        return any(name.casefold() in definition.casefold() for name in names if name)


def utf16_length(text: str) -> int:
    """The length of a text as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _numbered(written: Sequence[str | int], final: Mapping[int, int]) -> tuple[str, tuple[Mark, ...]]:
    """The text with its marks in their final numbers, and where they are."""
    texts: list[str] = []
    marks: list[Mark] = []
    length = 0
    for part in written:
        text = part if isinstance(part, str) else f"[{final[part]}]"
        if isinstance(part, int):
            marks.append(Mark(length, final[part]))
        texts.append(text)
        length += utf16_length(text)
    return "".join(texts), tuple(marks)


def _page(address: str) -> str:
    """The path of an address, without what may differ between two ways to write a page's."""
    try:
        path = urlsplit(html.unescape(address)).path
    except ValueError:
        return address
    return path.removesuffix(".html").rstrip("/")
