"""Reads citation marks while the answer is written, checks them, and puts them in their final order.

The streamed text has the numbers of the sources as they were found; the final text numbers them in the order of
citation. A mark that names no source is left out and counted.

Whether a passage supports a statement, and which of its sentences does, is decided by shared words, without a model. It
finds what is plainly made up, a number that appears nowhere or a sentence about something else, and does not judge if
answer and passage are in different languages.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from engines.citations.answer_blocks import LastSentence, sentences
from engines.citations.answer_text import AnswerText, Piece
from engines.citations.marks import MARK, STAND_INS, Label
from engines.events import Citation, CitationsResolved, Cited, Mark, Source, TextDelta, utf16_length

_CONTEXT_CHARS = 500  # before a mark, from which the language is detected
_STATEMENT_CHARS = 300
_LANGUAGE_CHARS = 200  # of an answer, from which its language is detected
_FEWEST_FOR_SEVERAL = 3  # content words, before a `[1, 2]` that means two citations
_FOOTNOTE = re.compile(r"^ {0,3}\[\^(\d{1,3})\]:[ \t]*(.*)", re.MULTILINE)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")  # Markdown's
_CODE_NAME = re.compile(r"(?!javascript|vbscript|data)[A-Za-z_]\w*::[A-Za-z_]", re.IGNORECASE)  # not a scheme
_FOREIGN = re.compile(r"[\s\x00-\x1f]*/[\t\r\n]*/")  # an address with a host and no scheme
_SHARED_BY_ONE = 0.15  # share of the words of a statement with several passages, in each of them

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_DIGIT = re.compile(r"\d")
_BRACKET = re.compile(r"\[[\d ,;–-]{1,20}\]")
_SHORT = 3  # letters; words as short as this show the language, not the content
_STEM = 6  # letters: "stability" and "stabilise" are one word
_FEW_WORDS = 4  # a shorter statement is not judged
_SHARED = 0.34  # of a statement's words, in the passages that it cites
_SAME_LANGUAGE = 0.25  # of an answer's short words, among the passages' short words


class Words:
    """A text as words, folded."""

    def __init__(self, text: str) -> None:
        self.text = text
        folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
        self.all = _WORD.findall(folded)
        # The content words, stemmed; all words in scripts with short words.
        if text.isascii():
            self.stems = {word[:_STEM] for word in self.all if len(word) > _SHORT}
        else:
            self.stems = {word[:_STEM] for word in self.all if len(word) > _SHORT or not word.isascii()}
        self.numbers: set[str] = set()  # of more than one digit
        if _DIGIT.search(folded):
            self.numbers = {word.replace(",", "") for word in self.all if len(word) > 1 and word[0].isdigit()}

    @cached_property
    def short(self) -> set[str]:
        """The shortest words, which show the language."""
        return {word for word in self.all if len(word) <= _SHORT and word.isalpha()}


class Evidence(Words):
    """A passage against which statements are checked."""

    @cached_property
    def brackets(self) -> frozenset[str]:
        """The numbers in brackets in the passage itself: `[0, 1]`."""
        return frozenset(_BRACKET.findall(self.text))

    @cached_property
    def _sentences(self) -> list[tuple[str, set[str], float]]:
        """Each sentence with its stems, and the weight of one shared stem by their number."""
        found = [Words(sentence) for sentence in sentences(self.text)]
        return [(sentence.text, sentence.stems, (len(sentence.stems) + 4) ** -0.5) for sentence in found]

    def best_sentence(self, statement: Words) -> str:
        """The sentence that shares most with the statement; the first if none shares anything."""
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
        """Whether more than half of a statement's words, however short, and all of its numbers are here."""
        shared = len(statement.stems & self.stems)
        return statement.numbers <= self.numbers and 2 * shared > len(statement.stems)

    def supports(self, statement: Words, *, share: float = _SHARED) -> bool:
        """Whether enough of the statement's words and all of its numbers are here; True for one too short to judge."""
        if not statement.numbers <= self.numbers:
            return False
        stems = statement.stems
        return len(stems) < _FEW_WORDS or len(stems & self.stems) >= share * len(stems)


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
    """A passage's words, computed once for many answers."""
    return Evidence(passage)


class CitationProcessor:
    """Turns a model's pieces of text into deltas and citations; one for each answer."""

    def __init__(self, sources: Sequence[Source], foreign_hosts: frozenset[str] = frozenset()) -> None:
        self._sources = {source.number: source for source in sources}
        hosts = {urlsplit(source.url).hostname or "" for source in sources} - {""}
        self._reader = AnswerText(
            link_policy(foreign_hosts | hosts), frozenset(self._sources), self._speaks_for, self._leads_to
        )
        self._evidence = {number: evidence_of(source.text) for number, source in self._sources.items()}
        self._written: list[str | int] = []  # the text, with the numbers of its marks
        self._prose = ""  # the text without marks, code and formulas
        self._sentence = LastSentence()
        self._statement: Words | None = None  # before the last mark, while nothing else was written
        self._first: dict[int, Cited] = {}  # by number, in the order of citation
        self._doubtful: set[int] = set()
        self._confirmed: set[int] = set()  # by a statement that is long enough to be judged
        self._dropped = 0
        self._held: list[Piece] = []  # from the first `[^1]` on: its definition may stand at the very end
        self._length = 0  # of the text that was shown, in UTF-16 code units
        self._all = Together(tuple(self._evidence.values()))
        self._same_language: bool | None = None  # do answer and passages share one; None: not yet known

    def feed(self, text: str) -> Iterable[TextDelta | Cited]:
        """The text that is certain now, and its citations."""
        pieces = self._reader.feed(text)
        if self._held or any(piece.footnote for piece in pieces):
            self._held.extend(pieces)
            return []
        return self._write(pieces)

    def end(self) -> Iterable[TextDelta | Cited]:
        """The text that was held back."""
        self._held.extend(self._reader.end())
        return self._write(self._without_footnotes(self._held))

    def resolved(self) -> CitationsResolved:
        """The whole answer with its sources under their final numbers."""
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
        """Keep the numbers that name a source; if none does, the space before the mark is dropped with it."""
        known = [number for number in piece.numbers if number in self._sources]
        if piece.listed and not all(number in self._first for number in known):
            self._show(piece.text, shown)  # an entry for a source that is cited nowhere
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
        elif found and len(statement.stems) >= _FEW_WORDS:
            self._confirmed.add(number)
        return event

    def _supports(self, evidence: Evidence, statement: Words) -> bool:
        if evidence.supports(statement):
            return True
        return evidence.supports(statement, share=_SHARED_BY_ONE) and self._all.supports(statement)

    def _speaks_like_the_passages(self, text: str) -> bool:
        """Whether the answer, as far as it is written, is in the language of the passages."""
        if self._same_language is not None:
            return self._same_language
        same = self._all.speaks_like(Words(text[-_CONTEXT_CHARS:]))
        if len(text) >= _LANGUAGE_CHARS:
            self._same_language = same
        return same

    def _speaks_for(self, before: str, whole: str, label: Label, doubtful: bool) -> bool:
        """Whether a bracket at the place of a mark is one.

        It is a quotation if a passage has the same bracket after the same word. One that may also be a value is a mark
        if its passages support the text before it, which cannot be judged in another language.
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
        """Whether an address is the page of one of these sources."""
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
        """The pieces, with `[^1]` as text if the answer itself defines it as something other than a passage."""
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


def _numbered(written: Sequence[str | int], final: Mapping[int, int]) -> tuple[str, tuple[Mark, ...]]:
    """The text with its marks' final numbers, and their positions."""
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
    """The path of an address, normalised over the ways to write a page's address."""
    try:
        path = urlsplit(html.unescape(address)).path
    except ValueError:
        return address
    return path.removesuffix(".html").rstrip("/")


def link_policy(hosts: frozenset[str]) -> Callable[[str], bool]:
    """Whether a link's target stays on the site, or leads to one of these hosts (in lower case)."""

    def allows(target: str) -> bool:
        # As Markdown and browsers read it: entities and escapes hide no scheme, and `/\\host` is `//host`.
        address = _ESCAPE.sub(r"\1", html.unescape(target)).strip()
        if _FOREIGN.match(address.replace("\\", "/")):
            return False
        if _CODE_NAME.match(address):
            return True
        if address.lower().startswith("www."):
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if not parts.scheme and not parts.netloc:
            return True
        return parts.scheme in {"http", "https"} and host in hosts

    return allows
