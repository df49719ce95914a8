"""What travels from a question to its answer: the question, the sources, and the events that an answer is made of."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["user", "assistant"]
FinishReason = Literal["stop", "length", "safety", "error", "refused"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in the book to look; None means the default (the latest version, the default locale, all pages)."""

    locale: str | None = None
    version: str | None = None
    page_url: str | None = None  # the page that the reader is on: it helps, and with `limit` it is the limit
    limit: Literal["page", "chapter", "book"] = "book"


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader asks, with all that the answer may depend on."""

    text: str
    history: tuple[Turn, ...] = ()
    selected_text: str | None = None
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
    score: float  # fused; comparable within one answer alone
    dense_rank: int | None = None  # from 1; None where that side did not find it
    sparse_rank: int | None = None


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The passages that the answer stands on; comes before the first word."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class GroundingDecided:
    """Whether the book covers the question, decided from the retrieval evidence and not by the model."""

    grounded: bool
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer; `reason` is "stop" only for a complete one."""

    reason: FinishReason
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer could not be given, or not to its end: a stable code and a sentence for the reader."""

    code: str
    message: str


Event = SourcesFound | GroundingDecided | TextDelta | Finished | Failed
