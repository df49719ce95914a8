"""Streams that are not quite Gemini's: byte order marks, arrays, text cut inside a character; the model's version."""

import json

import pytest

from engines.events import Finished
from tests.engines.chat.chat_world import a_world, end_of, failure_of, text_of
from tests.gemini_server import Reply


def body(text: str, finish: str | None = None, version: str | None = "gemini-3-flash-001") -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], **({"modelVersion": version} if version else {})}


def event(*bodies: dict[str, object]) -> bytes:
    return b"".join(f"data: {json.dumps(each)}\r\n\r\n".encode() for each in bodies)


ANOTHER = {"content": {"role": "model", "parts": [{"text": "Another answer."}]}, "index": 1}
FIRST = {"content": {"role": "model", "parts": [{"text": "The answer "}]}, "index": 0}
WHOLE = (body("The answer "), body("stands there.", "STOP"))
STREAMS = {
    "a byte order mark": (b"\xef\xbb\xbf" + event(WHOLE[0]), event(WHOLE[1])),
    "a byte order mark in two pieces": (b"\xef", b"\xbb\xbf" + event(*WHOLE)),
    "a byte order mark in the data": (b"data: \xef\xbb\xbf" + event(*WHOLE)[6:],),
    "an array": (json.dumps(WHOLE).encode(),),
    "an array over lines": (json.dumps(WHOLE, indent=2).encode().replace(b"\n", b"\r\n"),),
    "an array in pieces": (b"[" + json.dumps(WHOLE[0]).encode(), b"\n,\r\n" + json.dumps(WHOLE[1]).encode() + b"\n]"),
    "a second candidate": (
        event({"candidates": []}, {"candidates": [{**ANOTHER, "finishReason": "SAFETY"}, FIRST]}),
        event({"candidates": [ANOTHER], "modelVersion": "gemini-3-flash-001"}, WHOLE[1], {"candidates": [ANOTHER]}),
    ),
    "an array as one event": (b"data: " + json.dumps(WHOLE).encode() + b"\n\n",),
}


@pytest.mark.parametrize("name", STREAMS)
async def test_streams_of_another_shape_are_read(name: str) -> None:
    async with a_world() as world:
        world.server.script(Reply(events=STREAMS[name]))
        events = await world.ask("What?")
    assert text_of(events) == "The answer stands there."
    end = end_of(events)
    assert isinstance(end, Finished)
    assert (end.reason, end.model_version) == ("stop", "gemini-3-flash-001")


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (("Walk \ud83e", "\udd16 on."), "Walk 🤖 on."),
        (("Walk \ud83e", "", "\udd16 on."), "Walk 🤖 on."),
        (("\ud83e", "\udd16 on."), "🤖 on."),
        (("Walk \ud83e", " on."), "Walk � on."),
        (("Walk \udd16 on.", " Go."), "Walk � on. Go."),
        (("Walk on", " there\ud83e"), "Walk on there�"),
        (("پاؤں 🤖", " on."), "پاؤں 🤖 on."),
    ],
)
async def test_half_a_surrogate_pair_is_joined_or_replaced(texts: tuple[str, ...], shown: str) -> None:
    bodies = [body(text, "STOP" if number == len(texts) - 1 else None) for number, text in enumerate(texts)]
    async with a_world() as world:
        world.server.script(Reply(events=tuple(map(event, bodies))))
        events = await world.ask("What?")
    assert text_of(events) == shown
    assert isinstance(end_of(events), Finished)
    assert text_of(events).encode()


@pytest.mark.parametrize("count", ["x", -5, True, [], 1.5])
async def test_counts_of_tokens_that_are_none_end_no_answer(count: object) -> None:
    usage = {"promptTokenCount": count, "candidatesTokenCount": count, "thoughtsTokenCount": count}
    async with a_world() as world:
        world.server.script(Reply(events=(event(WHOLE[0], {**WHOLE[1], "usageMetadata": usage}),)))
        events = await world.ask("What?")
    assert text_of(events) == "The answer stands there."
    assert isinstance(end_of(events), Finished)


@pytest.mark.parametrize("data", [b"[]", b"[1]", b"7", b'"text"', b"[{}, 7]", b"\xff\xfe"])
async def test_what_is_no_object_is_named(data: bytes) -> None:
    async with a_world(gemini_retry_budget_seconds=0.0) as world:
        world.server.reply = Reply(events=(b"data: " + data + b"\n\n",))
        assert failure_of(await world.ask("What?")).code == "model_unavailable"


async def test_an_answer_that_breaks_off_keeps_the_models_version() -> None:
    async with a_world() as world:
        world.server.script(Reply(ending="drop"))
        failure = failure_of(await world.ask("What?"))
    assert failure.model_version == "test"
