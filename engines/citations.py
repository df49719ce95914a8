"""Citations that cannot lie: markers are read while the answer is written, checked, and put in their final order.

The text that goes on keeps the numbers of the sources as they were found; the final text numbers them in the order in
which it cites them. A marker that names no source is left out and counted.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from engines.answer_text import AnswerText, Piece
from engines.events import Citation, CitationsResolved, Cited, Source, TextDelta
from engines.links import link_policy
from engines.support import Evidence, sentences

_STATEMENT_CHARS = 600  # before a marker, in which its statement is looked for
_SHARED_BY_ONE = 0.15  # of the words of a statement that stands on several passages, in each of them


class CitationProcessor:
    """Turns a model's pieces of text into deltas and citations; one for each answer."""

    def __init__(self, sources: Sequence[Source], foreign_hosts: frozenset[str] = frozenset()) -> None:
        self._sources = {source.number: source for source in sources}
        hosts = {urlsplit(source.url).hostname or "" for source in sources} - {""}
        self._reader = AnswerText(link_policy(foreign_hosts | hosts))
        self._evidence = {number: Evidence(source.text) for number, source in self._sources.items()}
        self._written: list[str | int] = []  # the text, with the numbers of its markers
        self._prose = ""  # the text without markers, code and formulas
        self._first: dict[int, Cited] = {}  # by number, in the order of citation
        self._doubtful: set[int] = set()
        self._dropped = 0
        self._all = Evidence("\n\n".join(source.text for source in sources))

    def feed(self, text: str) -> Iterable[TextDelta | Cited]:
        """The delta that is certain now, and what it cites."""
        return self._write(self._reader.feed(text))

    def end(self) -> Iterable[TextDelta | Cited]:
        """What was held back."""
        return self._write(self._reader.end())

    def resolved(self) -> CitationsResolved:
        """The whole answer with its sources in their final numbers."""
        final = {number: place for place, number in enumerate(self._first, start=1)}
        text = "".join(part if isinstance(part, str) else f"[{final[part]}]" for part in self._written)
        cited = tuple(
            Citation(final[number], self._sources[number], first.sentence, number not in self._doubtful)
            for number, first in self._first.items()
        )
        also_read = tuple(source for number, source in self._sources.items() if number not in self._first)
        return CitationsResolved(text.rstrip(), cited, also_read, self._dropped, self._unsupported())

    def _write(self, pieces: Sequence[Piece]) -> list[TextDelta | Cited]:
        shown: list[str] = []
        cited: list[TextDelta | Cited] = []
        for piece in pieces:
            if piece.numbers:
                self._mark(piece, shown, cited)
                continue
            shown.append(piece.text)
            self._written.append(piece.text)
            self._prose += "…" if piece.verbatim else piece.text
        text = "".join(shown)
        return [TextDelta(text), *cited] if text else cited

    def _mark(self, piece: Piece, shown: list[str], cited: list[TextDelta | Cited]) -> None:
        """Keep the numbers that name a source; the space before a marker goes with it where none does."""
        known = [number for number in piece.numbers if number in self._sources]
        self._dropped += len(piece.numbers) - len(known)
        if not known and shown:
            shown[-1] = shown[-1].rstrip(" ")
            self._written[-1] = shown[-1]
        statement = self._statement() if known else ""
        for number in known:
            shown.append(f"[{number}]")
            self._written.append(number)
            cited.append(self._cite(number, statement))

    def _cite(self, number: int, statement: str) -> Cited:
        source, evidence = self._sources[number], self._evidence[number]
        supported = self._supports(evidence, statement)
        event = Cited(number, source.chunk_id, source.url, evidence.best_sentence(statement), supported)
        self._first.setdefault(number, event)
        if not supported:
            self._doubtful.add(number)
        return event

    def _supports(self, evidence: Evidence, statement: str) -> bool:
        if evidence.supports(statement):
            return True
        if evidence.supports(statement, share=_SHARED_BY_ONE) and self._all.supports(statement):
            return True
        return not self._all.speaks_like(self._prose)

    def _statement(self) -> str:
        """The sentence before the marker."""
        found = sentences(self._prose[-_STATEMENT_CHARS:])
        return found[-1] if found else ""

    def _unsupported(self) -> tuple[str, ...]:
        if not self._sources or not self._all.speaks_like(self._prose):
            return ()
        found = sentences(self._prose)
        return tuple(sentence for sentence in found if not sentence.endswith("?") and not self._all.supports(sentence))
