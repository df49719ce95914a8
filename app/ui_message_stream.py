"""The AI SDK's UI message stream, version 1: typed events encoded as its parts, and the HTTP response that sends them.

An answer is typed until it is encoded here, once, for every socket that follows it and for the log of running answers.
`decode` reads what another process logged. Clients before July 2026 reject unknown keys in known parts, so our own data
is only in `data-*` parts and in `messageMetadata`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.answer_json import (
    ANSWER_LOST,
    NOT_SAVED_YET,
    STORED_CITATION,
    STORED_ERROR,
    AnswerIdentity,
    AnswerState,
    NotSaved,
    StreamEvent,
    citations_json,
    cited_json,
    grounding_json,
    source_json,
    stored_citations,
    understood_json,
)
from app.request_limits import ends_though_cancelled
from engines.events import (
    Citation,
    CitationsResolved,
    Cited,
    Failed,
    Finished,
    GroundingDecided,
    Mark,
    Source,
    SourcesFound,
    TextDelta,
    Understood,
)
from storage.conversations.turns import Message

STREAM_HEADERS = {
    "content-type": "text/event-stream",  # without a charset: some clients compare strictly
    "cache-control": "no-cache, no-transform",  # a compressing proxy would hold the answer back until its end
    "x-vercel-ai-ui-message-stream": "v1",
    "x-accel-buffering": "no",
}
DONE = b"data: [DONE]\n\n"
KEEPALIVE = b": keepalive\n\n"
KEEPALIVE_SECONDS = 10.0  # proxies close connections that are silent for 15 to 60 s

TEXT_ID = "answer"


_START_STEP = {"type": "start-step"}
_FINISH = ({"type": "finish-step"}, {"type": "finish"})
_TEXT_START = {"type": "text-start", "id": TEXT_ID}
_TEXT_END = {"type": "text-end", "id": TEXT_ID}
_ABORT = {"type": "abort"}


def frame(part: Mapping[str, Any]) -> bytes:
    """One part as one server-sent event."""
    return b"data: " + orjson.dumps(part) + b"\n\n"


class EventStream(Response):
    """Sends frames as they come, and a comment whenever it is silent; closes `frames` when the client disconnects."""

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.frames = frames
        self.status_code = 200
        self.background = None
        every = STREAM_HEADERS | dict(headers or {})
        self.raw_headers = [(name.encode(), value.encode()) for name, value in every.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run as an ASGI application."""
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(disconnected(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not await ends_though_cancelled(sending):
                raise
        finally:
            leaving.cancel()
            sending.cancel()  # has no effect on one that is done
            with contextlib.suppress(asyncio.CancelledError, OSError):  # OSError: the connection broke
                await sending

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        loop = asyncio.get_running_loop()
        self._sent_at = loop.time()
        keepalive = asyncio.ensure_future(self._keep_alive(send))
        try:
            async with contextlib.aclosing(self.frames) as frames:
                async for data in frames:
                    self._sent_at = loop.time()
                    await send({"type": "http.response.body", "body": data, "more_body": True})
        finally:
            keepalive.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self, send: Send) -> None:
        """Send a comment whenever nothing was sent for a while; one timer for each stream, not for each chunk."""
        loop = asyncio.get_running_loop()
        while True:
            silent = loop.time() - self._sent_at
            if silent >= KEEPALIVE_SECONDS:
                self._sent_at = loop.time()
                await send({"type": "http.response.body", "body": KEEPALIVE, "more_body": True})
            else:
                await asyncio.sleep(KEEPALIVE_SECONDS - silent)


async def disconnected(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


class UiMessageEncoder:
    """Encodes the events of one answer as server-sent events; each method returns the next frames."""

    def __init__(self, identity: AnswerIdentity) -> None:
        self._identity = identity
        self._text_open = False
        self._ended = False

    def start(self) -> list[bytes]:
        """The beginning of the stream."""
        return _frames([_start(self._identity), _START_STEP])

    def event(self, event: StreamEvent) -> list[bytes]:
        """One event."""
        if isinstance(event, TextDelta):
            delta = frame({"type": "text-delta", "id": TEXT_ID, "delta": event.text})
            if self._text_open:
                return [delta]
            self._text_open = True
            return [frame(_TEXT_START), delta]
        before = self._close_text() if isinstance(event, Finished | Failed) else []
        if isinstance(event, SourcesFound) and event.build not in {None, self._identity.build}:
            # The build that was live when the answer started was deleted before it was searched.
            before = [frame({"type": "message-metadata", "messageMetadata": {"build": event.build}})]
        return [*before, *_frames(_parts(event))]

    def end(self) -> list[bytes]:
        """The end of a complete answer."""
        self._ended = True
        return [*self._close_text(), *_frames(_FINISH), DONE]

    def stopped(self) -> list[bytes]:
        """The end of an answer that was stopped; nothing if it has ended already."""
        if self._ended:
            return []
        self._ended = True
        return [*self._close_text(), frame(_ABORT), DONE]

    def _close_text(self) -> list[bytes]:
        if not self._text_open:
            return []
        self._text_open = False
        return [frame(_TEXT_END)]


def lost_frames() -> list[bytes]:
    """The end of an answer whose writer has died."""
    return [*_frames(_error_parts(ANSWER_LOST.code, ANSWER_LOST.message)), DONE]


def stored_frames(message: Message, identity: AnswerIdentity) -> list[bytes]:
    """The whole stream of an answer from the history, for a repeated request."""
    return [*_frames(_stored_parts(message, identity)), DONE]


def decode(frames: Iterable[bytes]) -> tuple[AnswerIdentity | None, AnswerState]:
    """The answer that another process sent as `frames`: the inverse of `UiMessageEncoder`, as far as JSON needs it.

    Not sent, and so not decoded, are `Source.related`, `GroundingDecided.signals` and counts of tokens.
    """
    identity, state = None, AnswerState()
    for data in frames:
        if not data.startswith(b"data: {"):
            continue
        part = orjson.loads(data[len(b"data: ") :])
        if part["type"] == "start":
            identity = AnswerIdentity(**part["messageMetadata"])
        elif part["type"] == "message-metadata":
            state.build = part["messageMetadata"]["build"]
        elif event := _event(part, state):
            state.take(event)
    return identity, state


def _event(part: Mapping[str, Any], state: AnswerState) -> StreamEvent | None:
    """The event of a part; None for parts that repeat another one, or that frame the stream."""
    content = part.get("data")
    match part["type"]:
        case "text-delta":
            return TextDelta(part["delta"])
        case "data-sources":
            return SourcesFound(tuple(map(_source, content or ())), state.build)
        case "data-understood" if content:
            corrections = tuple((each["typed"], each["searched"]) for each in content["corrections"])
            return Understood(content["searched_for"], corrections)
        case "data-grounding" if content:
            covered, not_covered = content["thresholds"]["covered"], content["thresholds"]["not_covered"]
            return GroundingDecided(content["verdict"], content["score"], covered, not_covered)
        case "data-citation" if content:
            return Cited(
                content["number"],
                content["id"],
                content["url"],
                content["sentence"],
                content["supported"],
                content["at"],
            )
        case "data-citations" if content:
            return _citations(content, {source.number: source for source in state.sources})
        case "data-finish" if content:
            return Finished(content["reason"], model=content["model"])
        case "data-history" if content:
            return NotSaved(waits=content["message"] == NOT_SAVED_YET)
        case "data-error" if content:
            return Failed(content["code"], content["message"])
    return None


def _citations(content: Mapping[str, Any], sources: Mapping[int, Source]) -> CitationsResolved:
    return CitationsResolved(
        text=content["text"],
        cited=tuple(
            Citation(cited["number"], sources[cited["source"]], cited["sentence"], cited["supported"])
            for cited in content["cited"]
        ),
        also_read=tuple(sources[number] for number in content["also_read"]),
        dropped=content["dropped"],
        unsupported=tuple(content["unsupported"]),
        marks=tuple(Mark(mark["at"], mark["number"]) for mark in content["marks"]),
    )


def _frames(parts: Iterable[Mapping[str, Any]]) -> list[bytes]:
    return [frame(part) for part in parts]


def _start(identity: AnswerIdentity) -> dict[str, Any]:
    return {"type": "start", "messageId": identity.message_id, "messageMetadata": identity.metadata()}


def _parts(event: StreamEvent) -> Iterator[dict[str, Any]]:
    """The parts of one event other than text."""
    match event:
        case NotSaved():
            yield {"type": "data-history", "data": event.json()}
        case SourcesFound():
            sources = [source_json(source) for source in event.sources]
            yield from map(_source_part, sources)
            yield {"type": "data-sources", "data": sources}
        case Understood():
            yield {"type": "data-understood", "data": understood_json(event)}
        case GroundingDecided():
            yield {"type": "data-grounding", "data": grounding_json(event)}
        case Cited():
            yield {"type": "data-citation", "data": cited_json(event)}
        case CitationsResolved():
            yield {"type": "data-citations", "data": citations_json(event)}
        case Failed():
            yield from _error_parts(event.code, event.message)
        case Finished():
            yield {"type": "data-finish", "data": {"reason": event.reason, "model": event.model}}


def _source_part(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source as the protocol's own part: the page's title and the passage's heading."""
    path = source["heading_path"]
    title = f"{source['title']} › {path[-1]}" if path else source["title"]
    return {"type": "source-url", "sourceId": str(source["number"]), "url": source["url"], "title": title}


def _source(part: Mapping[str, Any]) -> Source:
    return Source(
        number=part["number"],
        chunk_id=part["id"],
        url=part["url"],
        title=part["title"],
        heading_path=tuple(part["heading_path"]),
        text=part["text"],
        score=part["score"],
        dense_rank=part["dense_rank"],
        sparse_rank=part["sparse_rank"],
    )


def _error_parts(code: str, message: str) -> Iterator[dict[str, Any]]:
    """An error as two parts, the code first: clients stop reading at an `error` part, which can only hold text."""
    yield {"type": "data-error", "data": {"code": code, "message": message}}
    yield {"type": "error", "errorText": message}


def _stored_parts(message: Message, identity: AnswerIdentity) -> Iterator[Mapping[str, Any]]:
    yield _start(identity)
    yield _START_STEP
    yield from map(_source_part, message.sources)
    yield {"type": "data-sources", "data": list(message.sources)}
    if message.understood is not None:
        yield {"type": "data-understood", "data": message.understood}
    if message.grounded is not None:
        yield {"type": "data-grounding", "data": {"grounded": message.grounded, "verdict": message.verdict}}
    if message.content:
        yield _TEXT_START
        yield {"type": "text-delta", "id": TEXT_ID, "delta": message.content}
        yield from _stored_marks(message)
        yield _TEXT_END
        if citations := stored_citations(message):
            yield {"type": "data-citations", "data": citations}
    if message.status != "complete" and message.error_code is None:
        yield _ABORT
        return
    if message.error_code is not None:
        yield from _error_parts(message.error_code, STORED_ERROR)
    else:
        yield {"type": "data-finish", "data": {"reason": message.finish_reason, "model": None}}
    yield from _FINISH


def _stored_marks(message: Message) -> Iterator[dict[str, Any]]:
    """The citations of a stored text, in order."""
    found = [(at, source) for source in message.sources for at in source.get("marks") or ()]
    for at, source in sorted(found, key=lambda each: each[0]):
        yield {"type": "data-citation", "data": {key: source[key] for key in STORED_CITATION} | {"at": at}}
