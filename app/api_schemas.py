"""The models of errors, answers, stream parts, search results and messages, only for `/openapi.json`.

Responses are made by `app.answer_json` and `app.ui_message_stream`; tests check that they match these models.
`app.openapi` puts these models into the document.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel

Verdict = Literal["covered", "uncertain", "not_covered"]


class ErrorDetail(BaseModel):
    """A stable code, a message that readers may see, and the request's id in the log."""

    code: str
    message: str
    request_id: str | None


class ErrorOut(BaseModel):
    """Every error; `detail` repeats the message for clients that look for it there."""

    error: ErrorDetail
    detail: str


class SourceOut(BaseModel):
    """A passage of the book with its address; ranks say where dense and sparse retrieval found it, from 1."""

    number: int
    id: str
    url: str
    title: str
    heading_path: list[str]
    text: str
    score: float
    dense_rank: int | None
    sparse_rank: int | None


class Thresholds(BaseModel):
    """The score from which a question is covered, and the score below which it is not."""

    covered: float
    not_covered: float


class Correction(BaseModel):
    """A word that was taken to be misspelt."""

    typed: str
    searched: str


class UnderstoodOut(BaseModel):
    """What was searched for, if words of the question were corrected."""

    searched_for: str
    corrections: list[Correction]


class SearchedOut(BaseModel):
    """How much of the book was searched; `edition` names its locale and version if they are not the defaults."""

    part: Literal["page", "chapter", "edition", "book"]
    edition: str | None


class SignalOut(BaseModel):
    """One signal of the decision; `effect` is how far it moves the log-odds from those of an average question."""

    name: str
    meaning: str
    value: float
    effect: float


class ExplanationOut(BaseModel):
    """How the query was understood, and why the book was judged to cover it or not."""

    kind: Annotated[
        Literal["question", "small_talk", "page_task", "book_task", "conversation_task"],
        Field(description="How a chat would classify it; a search always searches for it."),
    ]
    task: str | None
    searched_for: Annotated[str, Field(description="Without courtesies and requests about the form, corrected.")]
    asks: Annotated[str, Field(description="The part that asks.")]
    clauses: Annotated[list[str], Field(description="The clauses that ask, where there are several.")]
    scene: Annotated[list[str], Field(description="The sentences that only set the scene.")]
    pasted: Annotated[str | None, Field(description="Logs, errors and code.")]
    corrections: list[Correction]
    terms: Annotated[
        list[Correction], Field(description="Abbreviations with the book's names, which are searched as well.")
    ]
    language: Annotated[str, Field(description="Of the texts that were searched.")]
    other_language: Annotated[float, Field(description="Share of the words that are of another language.")]
    searched: SearchedOut
    grounded: bool
    verdict: Verdict | None
    score: float
    threshold: float
    thresholds: Thresholds
    reason: Annotated[
        Literal["score", "definition", "far", "language", "related_term", "nothing_found"],
        Field(
            description="What decided: the score; or, where the score alone would refuse, another language or a term "
            "that is near to one of the book's; or that nothing was found."
        ),
    ]
    signals: Annotated[list[SignalOut], Field(description="The strongest first.")]


class SearchOut(BaseModel):
    """Passages, best first, how the query was understood, and the verdict."""

    results: list[SourceOut]
    explanation: ExplanationOut


class StoredSource(SourceOut):
    """A source of a stored answer: whether the text cites it, and if so where, and with which of its sentences.

    `marks` are the positions of its marks in the text, in UTF-16 code units; brackets elsewhere belong to the text
    itself. Answers that were stored before positions were have none.
    """

    cited: bool | None = None
    marks: list[int] | None = None
    sentence: str | None = None
    supported: bool | None = None


class Grounding(BaseModel):
    """Whether the book covers the question; an answer from the history has no score and no thresholds."""

    grounded: bool
    verdict: Verdict | None
    score: float | None = None
    threshold: float | None = None
    thresholds: Thresholds | None = None


class Cited(BaseModel):
    """One citation as it is made; `at` is its position in the text that was sent."""

    number: int
    id: str
    url: str
    sentence: str
    supported: bool | None
    at: int


class CitedFinally(BaseModel):
    """One citation under its final number."""

    number: int
    source: int
    id: str
    url: str
    sentence: str
    supported: bool | None


class Mark(BaseModel):
    """Where a citation's mark stands in the text."""

    at: int
    number: int


class Citations(BaseModel):
    """All citations, and the text with their final numbers."""

    text: str
    cited: list[CitedFinally]
    also_read: list[int]
    dropped: int
    unsupported: list[str]
    marks: list[Mark]


class AnswerSource(StoredSource):
    """A source in a JSON answer; `section` is its innermost heading."""

    section: str


class NamedCitation(BaseModel):
    """A citation with the field names that existing front ends read."""

    number: int
    text: str
    url: str
    title: str
    section: str


class HistoryState(BaseModel):
    """Whether the turn is in the reader's history."""

    saved: bool
    message: str


class AnswerOut(BaseModel):
    """A whole answer; `error` is set if it broke off."""

    conversation_id: str | None = None
    message_id: str | None = None
    build: str | None = None
    answer: str
    response: Annotated[str, Field(description="The same as `answer`.")]
    session_id: str | None
    sources: list[AnswerSource]
    citations: list[NamedCitation]
    grounded: bool | None
    verdict: Verdict | None
    complete: bool
    understood: Annotated[
        UnderstoodOut | None, Field(description="If words of the question were corrected before the search.")
    ] = None
    resolved: Citations | None = None
    error: ErrorDetail | None = None
    detail: str | None = None
    history: Annotated[
        HistoryState | None, Field(description="If the turn could not be saved in the reader's history.")
    ] = None


class StartMetadata(BaseModel):
    """What a client needs to resume an answer."""

    conversation_id: str
    message_id: str
    build: str | None


class StartPart(BaseModel):
    """The beginning."""

    type: Literal["start"]
    messageId: str  # noqa: N815 - the protocol's own name
    messageMetadata: StartMetadata  # noqa: N815


class BuildMetadata(BaseModel):
    """The build that was searched instead of the one that `start` names."""

    build: str | None


class MetadataPart(BaseModel):
    """Metadata that changed."""

    type: Literal["message-metadata"]
    messageMetadata: BuildMetadata  # noqa: N815


class FramePart(BaseModel):
    """Begins or ends a step, or ends the answer."""

    type: Literal["start-step", "finish-step", "finish", "abort"]


class SourceUrlPart(BaseModel):
    """A source for clients that only know the protocol's own part."""

    type: Literal["source-url"]
    sourceId: str  # noqa: N815
    url: str
    title: str


class TextEdgePart(BaseModel):
    """The text begins or ends."""

    type: Literal["text-start", "text-end"]
    id: str


class TextDeltaPart(BaseModel):
    """A piece of the text."""

    type: Literal["text-delta"]
    id: str
    delta: str


class SourcesPart(BaseModel):
    """The passages that the answer is written from."""

    type: Literal["data-sources"]
    data: list[StoredSource]


class UnderstoodPart(BaseModel):
    """Words of the question were corrected before the search."""

    type: Literal["data-understood"]
    data: UnderstoodOut


class GroundingPart(BaseModel):
    """Whether the book covers the question."""

    type: Literal["data-grounding"]
    data: Grounding


class CitationPart(BaseModel):
    """A citation as it is made."""

    type: Literal["data-citation"]
    data: Cited


class CitationsPart(BaseModel):
    """All citations, near the end."""

    type: Literal["data-citations"]
    data: Citations


class HistoryPart(BaseModel):
    """The turn could not be saved."""

    type: Literal["data-history"]
    data: HistoryState


class Finish(BaseModel):
    """Why the answer ended, and the model that wrote it."""

    reason: str | None
    model: str | None


class FinishPart(BaseModel):
    """The end of a complete answer."""

    type: Literal["data-finish"]
    data: Finish


class DataErrorPart(BaseModel):
    """An error with its code; an `error` part follows."""

    type: Literal["data-error"]
    data: ErrorDetail


class ErrorPart(BaseModel):
    """An error in the protocol's form."""

    type: Literal["error"]
    errorText: str  # noqa: N815


class StreamPart(
    RootModel[
        Annotated[
            StartPart
            | MetadataPart
            | FramePart
            | SourceUrlPart
            | TextEdgePart
            | TextDeltaPart
            | SourcesPart
            | UnderstoodPart
            | GroundingPart
            | CitationPart
            | CitationsPart
            | HistoryPart
            | FinishPart
            | DataErrorPart
            | ErrorPart,
            Field(discriminator="type"),
        ]
    ]
):
    """The `data` of one server-sent event; the last event's data is `[DONE]`."""


class QuestionMessage(BaseModel):
    """A stored question."""

    id: str
    role: Literal["user"]
    content: str
    created_at: str
    parent_id: str | None
    version: int
    client_id: str | None
    selected_text: str | None
    page_url: str | None


class AnswerMessage(BaseModel):
    """A stored answer."""

    id: str
    role: Literal["assistant"]
    content: str
    created_at: str
    parent_id: str | None
    version: int
    status: Literal["pending", "complete", "incomplete"]
    complete: bool
    finish_reason: str | None
    error_code: str | None
    model_version: str | None
    grounded: bool | None
    verdict: Verdict | None
    understood: UnderstoodOut | None
    sources: list[StoredSource]
    build: str | None
    timing: dict[str, float]


class OpenConversationOut(BaseModel):
    """A conversation with its messages in the order they were written; `parent_id` tells the branches."""

    id: str
    title: str
    created_at: str
    updated_at: str
    head_id: str | None
    messages: list[Annotated[QuestionMessage | AnswerMessage, Field(discriminator="role")]]


class ExportOut(BaseModel):
    """A reader's whole history."""

    exported_at: str
    conversations: list[OpenConversationOut]


class ExportedAccount(BaseModel):
    """An account with its profile, which is null if it cannot be read just now."""

    id: str
    email: str | None
    name: str | None
    is_anonymous: bool
    profile: dict[str, str | bool | list[str] | None] | None


class AccountExportOut(ExportOut):
    """All data that is kept about a reader."""

    account: ExportedAccount


class AliveOut(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class DependencyOut(BaseModel, extra="allow"):
    """A dependency's state, with details."""

    state: Literal["ok", "off", "degraded", "failed"]
    code: str | None = None
    message: str | None = None


class ReadyOut(BaseModel):
    """Whether the server can answer."""

    status: Literal["ready", "not_ready"]
    dependencies: dict[str, DependencyOut]
