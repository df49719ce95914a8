"""Whole streams of answers as frames: of one that is being made, of one from history, and the end of one that was cut.

`app.answer_streams.start` sends the first two, `app.answer_streams` itself ends what was stopped or broke off.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

from app.answer_streams.answer_state import AnswerIdentity
from app.event_stream import DONE, frame
from app.ui_message_parts import NotSaved, error_parts, event_parts, source_part
from engines.events import Event, Failed, Finished, SourcesFound, TextDelta
from storage.conversations.turns import Message

TEXT_ID = "answer"


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
        if isinstance(event, SourcesFound) and event.build not in {None, identity.build}:
            # The build that the answer began with was taken away before it was searched.
            yield frame({"type": "message-metadata", "messageMetadata": {"build": event.build}})
        for part in event_parts(event):
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
        yield frame(source_part(source))
    yield frame({"type": "data-sources", "data": list(message.sources)})
    if message.grounded is not None:
        yield frame({"type": "data-grounding", "data": {"grounded": message.grounded, "verdict": message.verdict}})
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
        for part in error_parts(message.error_code, "This answer broke off. Please ask again for a new one."):
            yield frame(part)
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
    return [*map(frame, error_parts("answer_lost", "The answer broke off. Please ask again.")), DONE]
