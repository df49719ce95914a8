"""An answer's events as the parts of a UI message stream, or as one JSON object."""

import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

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
    def complete(self) -> bool:
        """Whether the answer came to its own end."""
        return isinstance(self.end, Finished)


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


async def frames(events: AsyncGenerator[Event, None], identity: AnswerIdentity) -> AsyncGenerator[bytes, None]:
    """The whole stream of one answer, from `start` to `[DONE]`; closing it closes `events`."""
    async with aclosing(events):
        async for data in _frames(events, identity):
            yield data


async def _frames(events: AsyncGenerator[Event, None], identity: AnswerIdentity) -> AsyncGenerator[bytes, None]:
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


def _parts(event: Event) -> Iterator[dict[str, Any]]:
    match event:
        case SourcesFound():
            for source in event.sources:
                yield {
                    "type": "source-url",
                    "sourceId": str(source.number),
                    "url": source.url,
                    "title": source_title(source),
                }
            yield {"type": "data-sources", "data": [source_json(source) for source in event.sources]}
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


def source_title(source: Source) -> str:
    """The page's title and the heading that the passage stands under."""
    return f"{source.title} › {source.heading_path[-1]}" if source.heading_path else source.title


def source_json(source: Source) -> dict[str, Any]:
    """A source with its passage."""
    return {
        "number": source.number,
        "id": source.chunk_id,
        "url": source.url,
        "title": source.title,
        "heading_path": list(source.heading_path),
        "text": source.text,
        "score": source.score,
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
