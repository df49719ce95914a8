"""An answer's events as the parts of a UI message stream; called by `app.ui_message_stream`, which sends them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.serializers import citations_json, cited_json, grounding_json, source_json
from engines.events import (
    CitationsResolved,
    Cited,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    SourcesFound,
    TextDelta,
)


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The turn is not in the reader's history yet; comes just before the end."""


def event_parts(event: Event | NotSaved) -> Iterator[dict[str, Any]]:
    """The parts that tell one event; none for text, which `frames` writes as it knows whether the text is open."""
    match event:
        case NotSaved():
            message = "This answer could not be saved in your history yet; it will be as soon as that is back."
            yield {"type": "data-history", "data": {"saved": False, "message": message}}
        case SourcesFound():
            sources = [source_json(source) for source in event.sources]
            yield from map(source_part, sources)
            yield {"type": "data-sources", "data": sources}
        case GroundingDecided():
            yield {"type": "data-grounding", "data": grounding_json(event)}
        case Cited():
            yield {"type": "data-citation", "data": cited_json(event)}
        case CitationsResolved():
            yield {"type": "data-citations", "data": citations_json(event)}
        case Failed():
            yield from error_parts(event.code, event.message)
        case Finished():
            yield {"type": "data-finish", "data": {"reason": event.reason, "model": event.model}}
        case TextDelta():
            pass


def source_part(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source as the protocol's own part: the page's title and the heading that the passage stands under."""
    path = source["heading_path"]
    title = f"{source['title']} › {path[-1]}" if path else source["title"]
    return {"type": "source-url", "sourceId": str(source["number"]), "url": source["url"], "title": title}


def error_parts(code: str, message: str) -> Iterator[dict[str, Any]]:
    """An error twice: the code travels first, as clients stop reading at an `error` part, which may hold text alone."""
    yield {"type": "data-error", "data": {"code": code, "message": message}}
    yield {"type": "error", "errorText": message}
