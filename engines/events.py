"""The types from a question to its answer: the question, the sources, and the events of an answer.

An answer is `SourcesFound`, `Understood` where words were corrected, `GroundingDecided`, any number of `TextDelta` and
`Cited`, `CitationsResolved` where there was text, and last exactly one of `Finished` or `Failed`. If the model judges
coverage after its answer, a second `GroundingDecided` follows and replaces the first.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from engines.understanding.understanding import Understanding

Role = Literal["user", "assistant"]
FinishReason = Literal["stop", "length", "safety", "error", "refused"]
Verdict = Literal["covered", "uncertain", "not_covered"]
Rule = Literal[
    "far", "scattered", "definition", "related_term", "foreign_words", "other_language", "unread", "no_figure"
]
"""What stands beside the score of a question (`engines.coverage.verdict`)."""
RULES: tuple[Rule, ...] = get_args(Rule)
SparedBy = Literal["language", "related_term"]

# Letters by their class, and empty to the eye: Hangul fillers, the Braille blank, the combining grapheme joiner.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Role
    content: str
    selected_text: str | None = None  # the selection that this turn was about, set for question and answer


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in the book to search; None means the default (the latest version, the default locale, all pages)."""

    locale: str | None = None
    version: str | None = None
    page_url: str | None = None  # the page that the reader is on: it helps, and with `limit` it is the limit
    limit: Literal["page", "chapter", "book"] = "book"


@dataclass(frozen=True, slots=True)
class Question:
    """A reader's question, with everything that the answer may depend on."""

    text: str
    history: tuple[Turn, ...] = ()
    summary: str | None = None  # what was said before `history`, in a few sentences
    selected_text: str | None = None  # the answer then comes from this text alone
    use_book: bool = False  # the answer to a question about a selection comes from the book as well
    selected_title: str | None = None  # of the page that the selection was made on
    profile: str | None = None  # what the reader said about themselves; data, never an instruction
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of the book that an answer may cite by its number."""

    number: int  # from 1
    chunk_id: str
    url: str  # where a reader opens it, with its anchor; absolute where the site's origin is known
    title: str
    heading_path: tuple[str, ...]
    text: str
    score: float  # fused; comparable only within one answer
    dense_rank: int | None = None  # from 1; None if that side did not find it
    sparse_rank: int | None = None
    related: bool = True  # whether anything besides its place in the list supports it

    @property
    def heading(self) -> str:
        """The heading of its own section; "" for a page's beginning."""
        return self.heading_path[-1] if self.heading_path else ""


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The passages on which the answer is based; comes before the first word."""

    sources: tuple[Source, ...]
    build: str | None = None  # that was searched; None where nothing was


@dataclass(frozen=True, slots=True)
class Understood:
    """The question as it was searched for, if words of it were corrected."""

    searched_for: str
    corrections: tuple[tuple[str, str], ...]  # (as typed, as searched)


@dataclass(frozen=True, slots=True)
class Searched:
    """How much of the book was searched; the result says nothing about the rest."""

    part: Literal["page", "chapter", "edition", "book"] = "book"
    edition: str = ""  # of an edition: its locale and its version, as far as they are not the default ones


@dataclass(frozen=True, slots=True)
class GroundingDecided:
    """Whether what was searched covers the question.

    Decided from the retrieval evidence; for an uncertain question, the answering model may then say "not covered".
    """

    verdict: Verdict | None  # None for small talk, which asks nothing of the book
    score: float  # the probability that the book covers the question, from 0 to 1
    covered_from: float  # scores from here on are "covered"
    not_covered_below: float  # scores below this are "not covered"; those between the two are "uncertain"
    signals: Mapping[str, float] = field(default_factory=dict)  # what the score was computed from, by name
    rules: frozenset[Rule] = frozenset()  # those that apply besides the score, whether or not they changed the verdict
    spared_by: SparedBy | None = None  # what made it "uncertain"

    @property
    def grounded(self) -> bool:
        """Whether the question is answered rather than refused."""
        return self.verdict != "not_covered"


COVERED = GroundingDecided(verdict="covered", score=1.0, covered_from=0.0, not_covered_below=0.0)
"""Of a text that was not searched for: a selection, or the page that a task is on."""


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One question of a message that asks more than one thing."""

    typed: str
    understanding: "Understanding"
    grounding: GroundingDecided
    chunk_ids: tuple[str, ...]  # of its passages, best first; two questions may share one
    leans: bool = False  # whether it is searched with a subject that stands elsewhere in the message


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What retrieval gives for one question: the passages, best first, and whether they cover it."""

    sources: tuple[Source, ...]  # the nearest ones where `grounding.grounded` is False
    grounding: GroundingDecided
    searched: Searched = Searched()
    build: str | None = None  # that was searched
    understanding: "Understanding | None" = None  # of the question; None where nothing was searched for
    unmentioned: str = ""  # of an uncertain question: its name or rare word that stands nowhere in the book
    parts: tuple[AskedPart, ...] = ()  # of a message that asks more than one thing: its questions, in their order

    @property
    def is_answerable(self) -> bool:
        """Whether there are passages that may cover the question."""
        return self.grounding.grounded and bool(self.sources)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text; its markers `[n]` are numbers of `SourcesFound`."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A statement of the answer cites a passage; comes after the delta that holds the marker."""

    number: int  # of the source, as in the text
    chunk_id: str
    url: str
    sentence: str  # of the passage: the one that supports the statement best
    supported: bool  # False if the statement shares next to no words with the passage
    at: int = 0  # where the mark begins in the text that was sent so far, in UTF-16 code units


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a citation's mark `[n]` begins in the final text; brackets at other places are the answer's own."""

    at: int  # in UTF-16 code units
    number: int  # final


def utf16_length(text: str) -> int:
    """The length of a text as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Citation:
    """A cited source in its final place."""

    number: int  # from 1, in the order of citation; passages quoted without a model keep their own numbers
    source: Source  # with its own, earlier number
    sentence: str
    supported: bool  # whether every statement that cites it finds its words in the passage
    # False if each was too short, or in another language than the passage: then `supported` is a guess.
    judged: bool = True


@dataclass(frozen=True, slots=True)
class CitationsResolved:
    """The answer's sources in their final numbers, when its text is complete."""

    text: str  # the whole answer, its markers renumbered in the order of citation
    cited: tuple[Citation, ...]
    also_read: tuple[Source, ...]  # given to the model and not cited
    dropped: int = 0  # numbers in marks that name no source; none of them is a citation
    unsupported: tuple[str, ...] = ()  # statements of the answer that no passage seems to support
    marks: tuple[Mark, ...] = ()  # in the order of the text

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources under the numbers that they have in `text`: the cited ones first, then those also read."""
        cited = {citation.number: citation.source for citation in self.cited}
        free = (number for number in count(1) if number not in cited)
        numbered = (*cited.items(), *zip(free, self.also_read, strict=False))
        return tuple(replace(source, number=number) for number, source in numbered)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer: "stop" for a complete one, "refused" where what was searched does not cover it."""

    reason: FinishReason
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    model: str | None = None  # None if no model wrote the answer
    model_version: str | None = None  # as the model names itself


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer could not be given, or not completely: a stable code and a message for the reader."""

    code: str
    message: str
    reason: FinishReason = "error"
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    model: str | None = None
    model_version: str | None = None
    retry_after_seconds: float | None = None


Event = SourcesFound | Understood | GroundingDecided | TextDelta | Cited | CitationsResolved | Finished | Failed


def says_something(text: str) -> bool:
    """Whether the text has a visible character: no space, control or formatting character, or lone surrogate."""
    return any(unicodedata.category(letter)[0] not in "CZ" and letter not in _BLANK_LETTERS for letter in text)
