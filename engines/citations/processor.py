"""Citations that cannot lie: markers are read while the answer is written, checked, and put in their final order.

The text that goes on keeps the numbers of the sources as they were found; the final text numbers them in the order in
which it cites them. A marker that names no source is left out and counted.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from engines.citations.answer_text import AnswerText, Piece
from engines.citations.attribution import Evidence, LastSentence, Together, Words, evidence_of, sentences
from engines.events import Citation, CitationsResolved, Cited, Mark, Source, TextDelta

_OPENING_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[^\n]*(?:\n|\Z)")
_CLOSING_FENCE = re.compile(r"(?:\A|\n)[ \t]*(?:`{3,}|~{3,})\s*\Z")
_CONTEXT_CHARS = 500  # before a marker, from which the language is told
_STATEMENT_CHARS = 300
_LANGUAGE_CHARS = 200  # of an answer, that tell its language
_SHARED_BY_ONE = 0.15  # of the words of a statement that stands on several passages, in each of them


class CitationProcessor:
    """Turns a model's pieces of text into deltas and citations; one for each answer."""

    def __init__(self, sources: Sequence[Source], foreign_hosts: frozenset[str] = frozenset()) -> None:
        self._sources = {source.number: source for source in sources}
        hosts = {urlsplit(source.url).hostname or "" for source in sources} - {""}
        self._reader = AnswerText(link_policy(foreign_hosts | hosts), frozenset(self._sources))
        self._evidence = {number: evidence_of(source.text) for number, source in self._sources.items()}
        self._written: list[str | int] = []  # the text, with the numbers of its markers
        self._prose = ""  # the text without markers, code and formulas
        self._sentence = LastSentence()
        self._first: dict[int, Cited] = {}  # by number, in the order of citation
        self._doubtful: set[int] = set()
        self._dropped = 0
        self._length = 0  # of the text that was shown, in UTF-16 code units
        self._all = Together(tuple(self._evidence.values()))
        self._same_language: bool | None = None  # as the answer and the passages; None until enough is written

    def feed(self, text: str) -> Iterable[TextDelta | Cited]:
        """The delta that is certain now, and what it cites."""
        return self._write(self._reader.feed(text))

    def end(self) -> Iterable[TextDelta | Cited]:
        """What was held back."""
        return self._write(self._reader.end())

    def resolved(self) -> CitationsResolved:
        """The whole answer with its sources in their final numbers."""
        final = {number: place for place, number in enumerate(self._first, start=1)}
        written = _without_fence(self._written) if self._reader.wrapped else self._written
        text, marks = _numbered(written, final)
        cited = tuple(
            Citation(final[number], self._sources[number], first.sentence, number not in self._doubtful)
            for number, first in self._first.items()
        )
        also_read = tuple(source for number, source in self._sources.items() if number not in self._first)
        dropped = self._dropped + self._reader.unknown
        return CitationsResolved(text.rstrip(), cited, also_read, dropped, self._unsupported(), marks)

    def _write(self, pieces: Sequence[Piece]) -> list[TextDelta | Cited]:
        shown: list[str] = []
        cited: list[TextDelta | Cited] = []
        for piece in pieces:
            if piece.numbers:
                self._mark(piece, shown, cited)
                continue
            self._length += utf16_length(piece.text)
            shown.append(piece.text)
            self._written.append(piece.text)
            self._prose += "…" if piece.verbatim else piece.text
        text = "".join(shown)
        return [TextDelta(text), *cited] if text else cited

    def _mark(self, piece: Piece, shown: list[str], cited: list[TextDelta | Cited]) -> None:
        """Keep the numbers that name a source; the space before a marker goes with it where none does."""
        known = [number for number in piece.numbers if number in self._sources]
        if piece.listed and not all(number in self._first for number in known):
            shown.append(piece.text)  # an entry for a source that nothing cites
            self._written.append(piece.text)
            self._length += utf16_length(piece.text)
            return
        self._dropped += len(piece.numbers) - len(known)
        if not known:
            if shown:
                before = shown[-1]
                shown[-1] = self._written[-1] = before.rstrip(" ")
                self._length -= len(before) - len(shown[-1])
            return
        statement, context = self._statement()
        for number in known:
            shown.append(f"[{number}]")
            self._written.append(number)
            cited.append(self._cite(number, self._length, statement, context))
            self._length += len(shown[-1])

    def _cite(self, number: int, at: int, statement: Words, context: Words) -> Cited:
        source, evidence = self._sources[number], self._evidence[number]
        supported = self._supports(evidence, statement) or not self._speaks_like_the_passages(context)
        event = Cited(number, source.chunk_id, source.url, evidence.best_sentence(statement), supported, at)
        self._first.setdefault(number, event)
        if not supported:
            self._doubtful.add(number)
        return event

    def _supports(self, evidence: Evidence, statement: Words) -> bool:
        if evidence.supports(statement):
            return True
        return evidence.supports(statement, share=_SHARED_BY_ONE) and self._all.supports(statement)

    def _speaks_like_the_passages(self, context: Words) -> bool:
        if self._same_language is not None:
            return self._same_language
        same = self._all.speaks_like(context)
        if len(context.text) >= _LANGUAGE_CHARS:
            self._same_language = same
        return same

    def _statement(self) -> tuple[Words, Words]:
        """The sentence before the marker, and what stands around it."""
        return Words(self._sentence.of(self._prose)[-_STATEMENT_CHARS:]), Words(self._prose[-_CONTEXT_CHARS:])

    def _unsupported(self) -> tuple[str, ...]:
        """The statements of the answer, questions apart, that no passage supports."""
        if not self._sources or not self._speaks_like_the_passages(Words(self._prose)):
            return ()
        found = (sentence for sentence in sentences(self._prose) if not sentence.endswith(("?", "؟", "？")))
        return tuple(sentence for sentence in found if not self._all.supports(Words(sentence)))


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


def _without_fence(written: Sequence[str | int]) -> list[str | int]:
    """An answer without the fence around it."""
    parts = list(written)
    if isinstance(parts[0], str):
        parts[0] = _OPENING_FENCE.sub("", parts[0], count=1)
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if isinstance(part, int):
            break
        parts[at] = _CLOSING_FENCE.sub("", part)
        if parts[at] != part or part.strip():
            break
    return parts


def link_policy(hosts: frozenset[str]) -> Callable[[str], bool]:
    """Whether a link's target stays on the site, or leads to one of these hosts (in lower case)."""

    def allows(target: str) -> bool:
        # What Markdown makes of it: entities and escapes do not hide a scheme.
        address = html.unescape(target).replace("\\", "").strip()
        if address.lower().startswith("www."):
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if not parts.scheme and not parts.netloc:
            return not address.startswith("//")
        return parts.scheme in {"http", "https"} and host in hosts

    return allows
