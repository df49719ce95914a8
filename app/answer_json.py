"""One answer: its identity, its state so far, and both as JSON.

`app.answer_streams` folds the events of an answer into `AnswerState`. `app.ui_message_stream` sends the events as a
stream; a client that asked for JSON gets `answer_json`, made from the state. A search and the command line write their
sources in the same form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from engines.events import (
    CitationsResolved,
    Cited,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Source,
    SourcesFound,
    TextDelta,
    Understood,
)
from storage.conversations.turns import ANSWER_LOST_CODE, Answer, Message

if TYPE_CHECKING:
    from engines.coverage.explanation import Explanation

STORED_CITATION = ("number", "id", "url", "sentence", "supported")
"""Of a source of the history what tells how it is cited."""
STOPPED_CODE = "answer_stopped"
STOPPED = "This answer was stopped before its end."
STORED_ERROR = "This answer broke off. Please ask again for a new one."


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """What a client needs to resume an answer."""

    conversation_id: str
    message_id: str
    build: str | None

    def metadata(self) -> dict[str, str | None]:
        """The `messageMetadata` of the `start` part."""
        return {"conversation_id": self.conversation_id, "message_id": self.message_id, "build": self.build}


NOT_SAVED_YET = "This answer could not be saved in your history yet. It will be as soon as the history is back."
NOT_SAVED = "This answer could not be saved in your history. Copy what you want to keep."


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The turn could not be saved in the reader's history; comes just before the end."""

    waits: bool = True  # whether it is kept and will be saved as soon as the history is available again

    def json(self) -> dict[str, Any]:
        """The JSON that tells a reader."""
        return {"saved": False, "message": NOT_SAVED_YET if self.waits else NOT_SAVED}


StreamEvent = Event | NotSaved

ANSWER_LOST = Failed(ANSWER_LOST_CODE, "The answer broke off. Please ask again.")
"""The end of an answer whose writer has died."""


@dataclass(slots=True)
class AnswerState:
    """The answer so far, folded from its events; it can be stored and sent as JSON at any time."""

    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    build: str | None = None  # that was searched
    understood: Understood | None = None  # if words of the question were corrected
    cited: list[Cited] = field(default_factory=list)
    resolved: CitationsResolved | None = None
    grounding: GroundingDecided | None = None
    end: Finished | Failed | None = None
    not_saved: NotSaved | None = None

    def take(self, event: StreamEvent) -> None:
        """Fold one event into the state."""
        match event:
            case TextDelta():
                self.text.append(event.text)
            case SourcesFound():
                self.sources, self.build = event.sources, event.build
            case Understood():
                self.understood = event
            case GroundingDecided():
                self.grounding = event
            case CitationsResolved():
                self.resolved = event
            case Finished() | Failed():
                self.end = event
            case Cited():
                self.cited.append(event)
            case NotSaved():
                self.not_saved = event

    @property
    def answer(self) -> str:
        """The text as it was written."""
        return "".join(self.text)

    @property
    def final(self) -> str:
        """The text with its final citation numbers, or as far as it was written."""
        return self.resolved.text if self.resolved else self.answer

    @property
    def complete(self) -> bool:
        """Whether the answer was written to its end."""
        return isinstance(self.end, Finished)


def source_json(source: Source) -> dict[str, Any]:
    """A source with its passage, and why it was found."""
    return {
        "number": source.number,
        "id": source.chunk_id,
        "url": source.url,
        "title": source.title,
        "heading_path": list(source.heading_path),
        "text": source.text,
        "score": source.score,
        "dense_rank": source.dense_rank,
        "sparse_rank": source.sparse_rank,
    }


def grounding_json(event: GroundingDecided) -> dict[str, Any]:
    """The verdict, and the scores it was made from."""
    return {
        "grounded": event.grounded,
        "verdict": event.verdict,
        "score": event.score,
        "threshold": event.not_covered_below,  # the only field that older clients know
        "thresholds": {"covered": event.covered_from, "not_covered": event.not_covered_below},
    }


def understood_json(event: Understood) -> dict[str, Any]:
    """What was searched for in place of misspelt words."""
    return {"searched_for": event.searched_for, "corrections": _corrections_json(event.corrections)}


def _corrections_json(corrections: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"typed": typed, "searched": searched} for typed, searched in corrections]


def explanation_json(explanation: "Explanation") -> dict[str, Any]:
    """How a question was understood, and what each signal contributed to the verdict."""
    asked, searched, decided = explanation.understood, explanation.searched, explanation.grounding
    return {
        "kind": explanation.intent.kind,
        "task": explanation.intent.task,
        "searched_for": asked.search_text,
        "asks": asked.asked,
        "clauses": list(asked.clauses),
        "scene": list(asked.scene),
        "pasted": asked.pasted,
        "corrections": _corrections_json(asked.corrections),
        "terms": _corrections_json((*asked.terms, *asked.meanings)),
        "language": asked.language,
        "other_language": asked.foreign,
        "searched": {"part": searched.part, "edition": searched.edition or None},
        **grounding_json(decided),
        "reason": explanation.reason,
        "signals": [asdict(each) for each in explanation.signals],
    }


def cited_json(event: Cited) -> dict[str, Any]:
    """One citation as it happens."""
    return {
        "number": event.number,
        "id": event.chunk_id,
        "url": event.url,
        "sentence": event.sentence,
        "supported": event.supported,
        "at": event.at,
    }


def citations_json(event: CitationsResolved) -> dict[str, Any]:
    """All citations with their final numbers."""
    return {
        "text": event.text,
        "cited": [
            {
                "number": citation.number,
                "source": citation.source.number,
                "id": citation.source.chunk_id,
                "url": citation.source.url,
                "sentence": citation.sentence,
                "supported": citation.supported,
            }
            for citation in event.cited
        ],
        "also_read": [source.number for source in event.also_read],
        "dropped": event.dropped,
        "unsupported": list(event.unsupported),
        "marks": [{"at": mark.at, "number": mark.number} for mark in event.marks],
    }


def answer_json(identity: AnswerIdentity | None, state: AnswerState) -> dict[str, Any]:
    """An answer as far as it was written."""
    content: dict[str, Any] = {
        **(identity.metadata() if identity else {}),
        **({"build": state.build} if state.build else {}),
        "answer": state.answer,
        "sources": [source_json(source) for source in state.sources],
        "grounded": state.grounding.grounded if state.grounding else None,
        "verdict": state.grounding.verdict if state.grounding else None,
        "complete": state.complete,
        "understood": understood_json(state.understood) if state.understood else None,
    }
    if state.resolved is not None:
        content["resolved"] = citations_json(state.resolved)
    if isinstance(state.end, Failed):
        content["error"] = {"code": state.end.code, "message": state.end.message}
    elif not state.complete:
        content["error"] = {"code": STOPPED_CODE, "message": STOPPED}
    if state.not_saved:
        content["history"] = state.not_saved.json()
    return content


def stored_json(identity: AnswerIdentity, message: Message) -> dict[str, Any]:
    """An answer from the history."""
    content: dict[str, Any] = {
        **identity.metadata(),
        "answer": message.content,
        "sources": [dict(source) for source in message.sources],
        "grounded": message.grounded,
        "verdict": message.verdict,
        "understood": message.understood,
        "complete": message.status == "complete" and message.error_code is None,
    }
    if resolved := stored_citations(message):
        content["resolved"] = resolved
    if message.error_code is not None:
        content["error"] = {"code": message.error_code, "message": STORED_ERROR}
    return content


def stored_citations(message: Message) -> dict[str, Any] | None:
    """The citations of a complete answer of the history, in the form of `citations_json`.

    None if the answer was stored before the positions of marks were. Dropped citations and unsupported statements are
    not stored.
    """
    if message.status != "complete" or any("marks" not in source for source in message.sources):
        return None
    marks = [{"at": at, "number": source["number"]} for source in message.sources for at in source["marks"]]
    return {
        "text": message.content,
        "cited": [
            {"source": source["number"], **{key: source[key] for key in STORED_CITATION}}
            for source in message.sources
            if source.get("cited")
        ],
        "also_read": [source["number"] for source in message.sources if not source.get("cited")],
        "dropped": 0,
        "unsupported": [],
        "marks": sorted(marks, key=lambda mark: mark["at"]),
    }


def with_other_names(content: dict[str, Any], session_id: str | None) -> dict[str, Any]:
    """The answer with the field names that existing front ends read, beside our own.

    `citations` are numbered as in `answer`; `session_id` is the client's own name for the conversation if it has one.
    """
    sources = [source | {"section": _section(source)} for source in content["sources"]]
    by_number = {source["number"]: source for source in sources}
    cited = (content.get("resolved") or {}).get("cited", ())
    citations = [
        {
            "number": citation["source"],
            "text": citation["sentence"],
            "url": citation["url"],
            "title": by_number[citation["source"]]["title"],
            "section": by_number[citation["source"]]["section"],
        }
        for citation in cited
        if citation["source"] in by_number
    ]
    session = session_id or content.get("conversation_id")
    named = {"response": content["answer"], "session_id": session, "sources": sources, "citations": citations}
    detail = {"detail": content["error"]["message"]} if "error" in content else {}
    return content | named | detail


def _section(source: dict[str, Any]) -> str:
    path = source["heading_path"]
    return str(path[-1] if path else source["title"])


def stored_answer(state: AnswerState, build: str | None, timing: Mapping[str, float]) -> Answer:
    """An answer for the history, as far as it was written; `timing` is in milliseconds."""
    end = state.end
    return Answer(
        text=state.final,
        complete=state.complete,
        finish_reason=end.reason if end else "stopped",
        sources=_stored_sources(state),
        build=build,
        timing=timing,
        grounded=state.grounding.grounded if state.grounding else None,
        verdict=state.grounding.verdict if state.grounding else None,
        understood=understood_json(state.understood) if state.understood else None,
        error_code=end.code if isinstance(end, Failed) else None,
        model_version=end.model_version if end else None,
    )


def _stored_sources(state: AnswerState) -> list[dict[str, Any]]:
    """The sources with their numbers in the stored text, each with the positions of its marks there.

    Citations of a complete text are renumbered.
    """
    if state.resolved is None:
        return [source_json(source) | _citation(source.number, state.cited) for source in state.sources]
    places: dict[int, list[int]] = {}
    for mark in state.resolved.marks:
        places.setdefault(mark.number, []).append(mark.at)
    cited = {citation.number: citation for citation in state.resolved.cited}
    return [
        source_json(source)
        | {
            "cited": source.number in cited,
            "marks": places.get(source.number, []),
            "sentence": cited[source.number].sentence if source.number in cited else None,
            "supported": cited[source.number].supported if source.number in cited else None,
        }
        for source in state.resolved.sources
    ]


def _citation(number: int, cited: Iterable[Cited]) -> dict[str, Any]:
    """A citation of an unfinished text."""
    own = [each for each in cited if each.number == number]
    return {
        "marks": [each.at for each in own],
        "sentence": own[0].sentence if own else None,
        "supported": all(each.supported for each in own) if own else None,
    }
