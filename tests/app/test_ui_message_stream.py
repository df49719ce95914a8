"""The stream of an answer: encoded from typed events, and decoded from what another process logged."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from app import ui_message_stream
from app.answer_json import AnswerIdentity, AnswerState, NotSaved, StreamEvent, answer_json
from app.ui_message_stream import DONE, EventStream, UiMessageEncoder, decode
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
from tests.tables import each_row

IDENTITY = AnswerIdentity("conversation", "message", "build")
SOURCES = tuple(
    Source(number, f"chunk-{number}", f"/docs/page#{number}", "Page", ("Part", f"{number}"), f"Text {number}", 0.5, 1)
    for number in (1, 2)
)
WHOLE: list[StreamEvent] = [
    SourcesFound(SOURCES),
    Understood("what is the foot", (("waht", "what"),)),
    GroundingDecided("uncertain", 0.4, 0.7, 0.2),
    TextDelta("The foot stays flat [1]."),
    Cited(1, "chunk-1", "/docs/page#1", "The foot stays flat.", True, 20),
    TextDelta(" It carries weight."),
    CitationsResolved(
        "The foot stays flat [1]. It carries weight.",
        (Citation(1, SOURCES[0], "The foot stays flat.", True),),
        SOURCES[1:],
        dropped=1,
        unsupported=("It carries weight.",),
        marks=(Mark(20, 1),),
    ),
    NotSaved(),
    Finished("stop", model="gemini"),
]


def folded(events: Iterable[StreamEvent]) -> AnswerState:
    state = AnswerState()
    for event in events:
        state.take(event)
    return state


def encoded(events: Iterable[StreamEvent]) -> list[bytes]:
    encoder = UiMessageEncoder(IDENTITY)
    return [*encoder.start(), *(data for event in events for data in encoder.event(event)), *encoder.end()]


def types(frames: Iterable[bytes]) -> list[str]:
    return [orjson.loads(data[6:])["type"] for data in frames if data != DONE]


@each_row("length", range(len(WHOLE) + 1))
def test_what_was_logged_is_decoded_as_it_was_sent(length: int) -> None:
    events = WHOLE[:length]
    identity, state = decode(encoded(events))
    assert identity == IDENTITY
    assert state == folded(events)
    assert answer_json(identity, state) == answer_json(IDENTITY, folded(events))


@given(st.lists(st.text(min_size=1).filter(lambda text: text.isprintable())))
def test_any_text_is_decoded_as_it_was_sent(pieces: list[str]) -> None:
    _, state = decode(encoded(map(TextDelta, pieces)))
    assert state.answer == "".join(pieces)


def test_an_error_is_decoded_with_its_code() -> None:
    _, state = decode(encoded([TextDelta("The foot"), Failed("model_away", "The model cannot be reached.")]))
    assert state.end == Failed("model_away", "The model cannot be reached.")
    assert not state.complete


@pytest.mark.parametrize(
    ("events", "ending"),
    [
        ([], ["abort"]),
        (WHOLE[:3], ["abort"]),
        (WHOLE[:4], ["text-end", "abort"]),
        (WHOLE, ["abort"]),
    ],
    ids=["nothing", "sources", "open text", "closed text"],
)
def test_a_stopped_stream_closes_its_text_only_if_it_is_open(events: list[StreamEvent], ending: list[str]) -> None:
    encoder = UiMessageEncoder(IDENTITY)
    for event in events:
        encoder.event(event)
    stopped = encoder.stopped()
    assert types(stopped) == ending
    assert stopped[-1] == DONE
    assert encoder.stopped() == []


def test_text_that_looks_like_a_part_does_not_change_how_a_stream_ends() -> None:
    encoder = UiMessageEncoder(IDENTITY)
    encoder.event(SourcesFound((Source(1, "a", "/a", "A", (), '"type":"text-start"', 0.5),)))
    assert types(encoder.stopped()) == ["abort"]


def test_parts_have_no_keys_that_clients_reject() -> None:
    allowed: dict[str, set[str]] = {
        "start": {"type", "messageId", "messageMetadata"},
        "source-url": {"type", "sourceId", "url", "title"},
        "text-delta": {"type", "id", "delta"},
    }
    for data in encoded(WHOLE)[:-1]:
        part: dict[str, Any] = orjson.loads(data[6:])
        assert part.keys() <= allowed.get(part["type"], {"type", "id", "data"})


async def staying() -> Message:
    """The `receive` of a client that stays connected."""
    message: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await message


async def test_nothing_goes_on_behind_a_stream_that_has_ended() -> None:
    async def frames() -> AsyncGenerator[bytes, None]:
        yield DONE

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await EventStream(frames())({"type": "http"}, staying, send)
    await asyncio.sleep(0)
    assert [message.get("body") for message in sent] == [None, DONE, b""]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_silent_stream_sends_a_comment_after_each_time_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui_message_stream, "KEEPALIVE_SECONDS", 0.05)
    loop, enough = asyncio.get_running_loop(), asyncio.Event()
    began, comments = loop.time(), list[float]()

    async def frames() -> AsyncGenerator[bytes, None]:
        await enough.wait()
        yield DONE

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        if message.get("body") == ui_message_stream.KEEPALIVE:
            comments.append(loop.time())
            if len(comments) == 3:
                enough.set()

    await EventStream(frames())({"type": "http"}, staying, send)
    assert all(after - before >= 0.05 for before, after in pairwise([began, *comments]))
