"""An answer's events as the parts of a UI message stream, or as one JSON object."""

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.stream import DONE, frame
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
)
from storage.conversations.turns import Message
from storage.errors import BookragError

logger = logging.getLogger(__name__)

TEXT_ID = "answer"
UNEXPECTED = Failed("internal_error", "Something went wrong while this was written. Please ask again.")


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """What a client needs to come back to an answer."""

    conversation_id: str
    message_id: str
    build: str | None

    def metadata(self) -> dict[str, str | None]:
        """As the `start` part's `messageMetadata` carries it."""
        return {"conversation_id": self.conversation_id, "message_id": self.message_id, "build": self.build}


@dataclass(slots=True)
class AnswerRecord:
    """What was said so far; kept beside the stream so that it can be stored whatever happens."""

    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    resolved: CitationsResolved | None = None
    grounding: GroundingDecided | None = None
    end: Finished | Failed | None = None

    def take(self, event: Event) -> None:
        """Remember one event."""
        match event:
            case TextDelta():
                self.text.append(event.text)
            case SourcesFound():
                self.sources = event.sources
            case GroundingDecided():
                self.grounding = event
            case CitationsResolved():
                self.resolved = event
            case Finished() | Failed():
                self.end = event
            case Cited():
                pass  # CitationsResolved says it again, with the final numbers

    @property
    def answer(self) -> str:
        """The text as it was written."""
        return "".join(self.text)

    @property
    def final(self) -> str:
        """The text under its final numbers, or as far as it was written."""
        return self.resolved.text if self.resolved else self.answer

    @property
    def complete(self) -> bool:
        """Whether the answer came to its own end."""
        return isinstance(self.end, Finished)


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The turn is not in the reader's history yet; comes just before the end."""


async def guarded(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events, with any exception turned into the one that says so: after the first byte there is no status."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except BookragError as error:
        logger.exception("The answer broke off: %s", error.code)
        yield Failed(error.code, str(error))
    except Exception:  # the outermost edge of an answer
        logger.exception("The answer broke off")
        yield UNEXPECTED


async def frames(
    events: AsyncGenerator[Event | NotSaved, None], identity: AnswerIdentity
) -> AsyncGenerator[bytes, None]:
    """The whole stream of one answer, from `start` to `[DONE]`; closing it closes `events`."""
    async with aclosing(events):
        async for data in _frames(events, identity):
            yield data


async def _frames(
    events: AsyncGenerator[Event | NotSaved, None], identity: AnswerIdentity
) -> AsyncGenerator[bytes, None]:
    yield frame({"type": "start", "messageId": identity.message_id, "messageMetadata": identity.metadata()})
    yield frame({"type": "start-step"})
    text_open = False
    async for event in events:
        if isinstance(event, TextDelta):
            if not text_open:
                text_open = True
                yield frame({"type": "text-start", "id": TEXT_ID})
            yield frame({"type": "text-delta", "id": TEXT_ID, "delta": event.text})
            continue
        if text_open and isinstance(event, Finished | Failed):
            text_open = False
            yield frame({"type": "text-end", "id": TEXT_ID})
        for part in _parts(event):
            yield frame(part)
    if text_open:
        yield frame({"type": "text-end", "id": TEXT_ID})
    yield frame({"type": "finish-step"})
    yield frame({"type": "finish"})
    yield DONE


async def stored_frames(message: Message, identity: AnswerIdentity) -> AsyncGenerator[bytes, None]:
    """The stream of an answer that history holds, for a request that was sent again."""
    yield frame({"type": "start", "messageId": identity.message_id, "messageMetadata": identity.metadata()})
    yield frame({"type": "start-step"})
    for source in message.sources:
        yield frame(_source_part(source))
    yield frame({"type": "data-sources", "data": list(message.sources)})
    if message.grounded is not None:
        yield frame({"type": "data-grounding", "data": {"grounded": message.grounded}})
    if message.content:
        yield frame({"type": "text-start", "id": TEXT_ID})
        yield frame({"type": "text-delta", "id": TEXT_ID, "delta": message.content})
        yield frame({"type": "text-end", "id": TEXT_ID})
    for data in _stored_end(message):
        yield data
    yield DONE


def _stored_end(message: Message) -> Iterator[bytes]:
    """How a stored answer ended; one that was cut says so each time that it is shown."""
    if message.status != "complete" and message.error_code is None:
        yield frame({"type": "abort"})
        return
    if message.error_code is not None:
        yield from _error_frames(message.error_code, "This answer broke off. Please ask again for a new one.")
    else:
        yield frame({"type": "data-finish", "data": {"reason": message.finish_reason, "model": None}})
    yield frame({"type": "finish-step"})
    yield frame({"type": "finish"})


def stopped(frames: Sequence[bytes]) -> list[bytes]:
    """What ends a stream that was stopped after `frames`."""
    if frames and frames[-1] == DONE:
        return []
    text_open = any(b'"type":"text-start"' in frame for frame in frames) and not any(
        b'"type":"text-end"' in frame for frame in frames
    )
    closing = [frame({"type": "text-end", "id": TEXT_ID})] if text_open else []
    return [*closing, frame({"type": "abort"}), DONE]


def broken_off() -> list[bytes]:
    """What ends a stream whose writer has died."""
    return [*_error_frames("answer_lost", "The answer broke off. Please ask again."), DONE]


def _error_frames(code: str, message: str) -> Iterator[bytes]:
    # The code travels before the error: clients stop reading at an `error` part, which may hold text alone.
    yield frame({"type": "data-error", "data": {"code": code, "message": message}})
    yield frame({"type": "error", "errorText": message})


def fold(frames: Iterable[bytes]) -> dict[str, Any]:
    """A whole stream as one JSON object."""
    content: dict[str, Any] = {"answer": "", "sources": [], "grounded": None, "complete": False}
    for line in b"".join(frames).split(b"\n\n"):
        if not line.startswith(b"data: {"):
            continue
        part = orjson.loads(line[len(b"data: ") :])
        match part["type"]:
            case "start":
                content = part["messageMetadata"] | content
            case "text-delta":
                content["answer"] += part["delta"]
            case "data-sources":
                content["sources"] = part["data"]
            case "data-grounding":
                content["grounded"] = part["data"]["grounded"]
            case "data-citations":
                content["citations"] = part["data"]
            case "data-finish":
                content["complete"] = True
            case "data-error":
                content["error"] = part["data"]
    return content


def _parts(event: Event | NotSaved) -> Iterator[dict[str, Any]]:
    match event:
        case NotSaved():
            message = "This answer could not be saved in your history yet; it will be as soon as that is back."
            yield {"type": "data-history", "data": {"saved": False, "message": message}}
        case SourcesFound():
            sources = [source_json(source) for source in event.sources]
            yield from map(_source_part, sources)
            yield {"type": "data-sources", "data": sources}
        case GroundingDecided():
            yield {"type": "data-grounding", "data": grounding_json(event)}
        case Cited():
            yield {"type": "data-citation", "data": cited_json(event)}
        case CitationsResolved():
            yield {"type": "data-citations", "data": citations_json(event)}
        case Failed():
            # The code travels before the error: clients stop reading at an `error` part, which may hold text alone.
            yield {"type": "data-error", "data": {"code": event.code, "message": event.message}}
            yield {"type": "error", "errorText": event.message}
        case Finished():
            yield {"type": "data-finish", "data": {"reason": event.reason, "model": event.model}}
        case TextDelta():
            pass  # written by `frames`, which knows whether the text is open


def _source_part(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source as the protocol's own part: the page's title and the heading that the passage stands under."""
    path = source["heading_path"]
    title = f"{source['title']} › {path[-1]}" if path else source["title"]
    return {"type": "source-url", "sourceId": str(source["number"]), "url": source["url"], "title": title}


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
    """The decision with what it was made from."""
    return {"grounded": event.grounded, "score": event.score, "threshold": event.threshold}


def cited_json(event: Cited) -> dict[str, Any]:
    """One citation as it happens."""
    return {
        "number": event.number,
        "id": event.chunk_id,
        "url": event.url,
        "sentence": event.sentence,
        "supported": event.supported,
    }


def citations_json(event: CitationsResolved) -> dict[str, Any]:
    """All citations in their final numbers."""
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
    }
