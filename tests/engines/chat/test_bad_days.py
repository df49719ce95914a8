"""Gemini's bad days: what the reader sees of each, with its stable code; nothing truncated passes for complete."""

import asyncio
import json
import time
from typing import Any

import pytest

from engines.events import Finished
from tests.engines.chat.chat_world import a_world, end_of, failure_of, resolved_of, text_of
from tests.gemini_server import Reply, wrong_key

WRITTEN = "The answer stands in the book [1]."


@pytest.mark.parametrize(
    ("reply", "code", "reason"),
    [
        (Reply(finish_reason="SAFETY"), "answer_blocked", "safety"),
        (Reply(finish_reason="SAFETY", finish_with_text=False), "answer_blocked", "safety"),
        (Reply(finish_reason="RECITATION"), "answer_blocked", "safety"),
        (Reply(finish_reason="MAX_TOKENS"), "answer_truncated", "length"),
        (Reply(finish_reason="MAX_TOKENS", finish_with_text=False), "answer_truncated", "length"),
        (Reply(finish_reason="OTHER"), "answer_interrupted", "error"),
        (Reply(finish_reason="SOMETHING_NEW"), "answer_interrupted", "error"),
        (Reply(ending="error"), "answer_interrupted", "error"),
        (Reply(ending="drop"), "answer_interrupted", "error"),
        (Reply(ending="silent"), "answer_interrupted", "error"),
    ],
    ids=lambda value: f"{value.finish_reason}-{value.ending}" if isinstance(value, Reply) else None,
)
async def test_an_answer_that_breaks_off_keeps_what_was_written_and_says_so(
    reply: Reply, code: str, reason: str
) -> None:
    async with a_world() as world:
        world.server.reply = reply
        events = await world.ask("What?")
    failure = failure_of(events)
    assert text_of(events) == WRITTEN
    assert resolved_of(events).text == WRITTEN
    assert (failure.code, failure.reason) == (code, reason)
    assert "not complete" in failure.message
    assert "secret detail" not in failure.message


async def test_a_question_that_is_refused_is_not_asked_again() -> None:
    async with a_world() as world:
        world.server.reply = Reply(block_reason="SAFETY")
        events = await world.ask("What?")
        assert len(world.server.streams) == 1
    assert failure_of(events).code == "prompt_blocked"
    assert text_of(events) == ""


def an_end(reason: str, *parts: dict[str, Any]) -> Reply:
    """A stream of one chunk that ends with a reason and these parts."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}
    return Reply(events=(b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\r\n\r\n",))


WORDLESS = {
    "no parts": (an_end("STOP"), "answer_empty"),
    "an empty part": (an_end("STOP", {"text": ""}), "answer_empty"),
    "a function call": (an_end("STOP", {"functionCall": {"name": "f", "args": {}}}), "answer_empty"),
    "no content": (Reply(events=(b'data: {"candidates": [{"finishReason": "STOP"}]}\n\n',)), "answer_empty"),
    "white space": (Reply(chunks=(" ", "\n\n", "\t")), "answer_empty"),
    "thoughts alone": (Reply(chunks=(), thoughts=("thinking",)), "answer_empty"),
    "thoughts to the limit": (Reply(chunks=(), thoughts=("t",), finish_reason="MAX_TOKENS"), "answer_truncated"),
    "no candidates": (Reply(events=(b'data: {"usageMetadata": {}}\n\n',)), "model_unavailable"),
    "nothing": (Reply(chunks=(), ending="silent"), "model_unavailable"),
    **{
        reason: (Reply(chunks=(), finish_reason=reason), code)
        for reason, code in {
            "MAX_TOKENS": "answer_truncated",
            "MALFORMED_FUNCTION_CALL": "answer_interrupted",
            "UNEXPECTED_TOOL_CALL": "answer_interrupted",
            "OTHER": "answer_interrupted",
            "SOMETHING_NEW": "answer_interrupted",
            "RECITATION": "answer_blocked",
            "SAFETY": "answer_blocked",
        }.items()
    },
}


@pytest.mark.parametrize("name", WORDLESS)
async def test_an_end_without_a_word_is_tried_again_then_with_the_second_model_then_passages_are_shown(
    name: str,
) -> None:
    reply, code = WORDLESS[name]
    async with a_world(gemini_fallback_model="second") as world:
        world.server.reply = reply
        events = await world.ask("What?")
        assert [request.model == "second" for request in world.server.streams] == [False, False, True, True]
    assert text_of(events).startswith("The language model cannot answer right now")
    assert "> The zero moment point" in text_of(events)
    failure = failure_of(events)
    assert failure.code == code
    assert "not complete" not in failure.message


@pytest.mark.parametrize("name", WORDLESS)
async def test_the_second_attempt_may_bring_the_answer(name: str) -> None:
    async with a_world() as world:
        world.server.script(WORDLESS[name][0])
        events = await world.ask("What?")
        assert len(world.server.streams) == 2
    assert text_of(events) == WRITTEN
    assert end_of(events).reason == "stop"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=429, retry_delay_seconds=60), "model_busy"),
        (Reply(status=500), "model_unavailable"),
        (Reply(status=503), "model_unavailable"),
        (wrong_key(), "model_key_rejected"),
        (Reply(status=403), "model_key_rejected"),
        (Reply(status=404), "model_request_rejected"),
        (Reply(chunks=(), ending="drop"), "model_unavailable"),
        (Reply(chunks=(), ending="error"), "model_unavailable"),
        (Reply(chunks=(), ending="silent"), "model_unavailable"),
    ],
    ids=["429", "500", "503", "wrong key", "403", "404", "dropped", "error in stream", "silent"],
)
async def test_where_the_model_is_away_the_passages_are_offered_and_said_to_be_that(reply: Reply, code: str) -> None:
    async with a_world() as world:
        world.server.reply = reply
        events = await world.ask("What?")
    assert text_of(events).startswith("The language model cannot answer right now")
    assert "> The zero moment point" in text_of(events)
    assert failure_of(events).code == code
    assert "secret detail" not in text_of(events) + failure_of(events).message


async def test_a_server_that_is_not_there_is_a_model_that_is_away() -> None:
    async with a_world(gemini_base_url="http://127.0.0.1:9") as world:
        events = await world.ask("What?")
    assert failure_of(events).code == "model_unavailable"


async def test_the_delay_of_a_429_is_kept_and_the_answer_comes_after_it() -> None:
    async with a_world(gemini_retry_budget_seconds=5) as world:
        world.server.script(Reply(status=429, retry_delay_seconds=0.4))
        started = time.monotonic()
        events = await world.ask("What?")
        elapsed = time.monotonic() - started
        assert len(world.server.streams) == 2
    assert 0.4 <= elapsed < 3
    assert end_of(events).reason == "stop"


async def test_a_delay_beyond_the_budget_is_not_waited_for_and_is_told() -> None:
    async with a_world(gemini_retry_budget_seconds=30) as world:
        world.server.script(Reply(status=429, retry_delay_seconds=37))
        started = time.monotonic()
        failure = failure_of(await world.ask("What?"))
    assert time.monotonic() - started < 15  # neither the delay nor the budget
    assert failure.retry_after_seconds == 37


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=500), Reply(chunks=(), ending="drop")])
async def test_an_opening_that_fails_is_tried_again_before_the_first_word(reply: Reply) -> None:
    async with a_world(gemini_retry_budget_seconds=5) as world:
        world.server.script(reply)
        assert end_of(await world.ask("What?")).reason == "stop"
        assert len(world.server.streams) == 2


async def test_nothing_is_tried_again_after_the_first_word() -> None:
    async with a_world(gemini_retry_budget_seconds=5) as world:
        world.server.script(Reply(ending="drop"))
        failure_of(await world.ask("What?"))
        assert len(world.server.streams) == 1


@pytest.mark.parametrize("reply", [wrong_key(), Reply(status=404), Reply(block_reason="SAFETY")])
async def test_what_will_fail_again_is_not_tried_again(reply: Reply) -> None:
    async with a_world(gemini_retry_budget_seconds=5) as world:
        world.server.script(reply)
        failure_of(await world.ask("What?"))
        assert len(world.server.streams) == 1


async def test_a_stall_ends_the_answer_and_its_request() -> None:
    async with a_world(gemini_stall_timeout_seconds=0.2) as world:
        world.server.reply = Reply(ending="stall")
        events = await world.ask("What?")
        assert await asyncio.to_thread(world.server.streams[0].cut_off)
    assert text_of(events) == WRITTEN
    assert failure_of(events).code == "answer_stalled"


async def test_a_model_that_never_begins_is_given_up() -> None:
    async with a_world(gemini_first_token_timeout_seconds=0.2) as world:
        world.server.reply = Reply(first_token_seconds=30)
        events = await world.ask("What?")
        assert await asyncio.to_thread(world.server.streams[0].cut_off)
    assert failure_of(events).code == "answer_stalled"
    assert "> The zero moment point" in text_of(events)


async def test_a_slow_healthy_answer_is_not_cut_off() -> None:
    async with a_world(gemini_stall_timeout_seconds=0.3, gemini_first_token_timeout_seconds=0.3) as world:
        world.server.reply = Reply(chunks=("word ",) * 12, pace_seconds=0.1)
        assert end_of(await world.ask("What?")).reason == "stop"


async def test_the_circuit_breaker_spares_readers_the_wait_and_lets_one_try_later() -> None:
    async with a_world(gemini_breaker_failures=3, gemini_breaker_seconds=0.5) as world:
        world.server.reply = Reply(status=503)
        for _ in range(5):
            failure_of(await world.ask("What?"))
        assert len(world.server.streams) == 3
        assert failure_of(await world.ask("What?")).retry_after_seconds
        world.server.reply = Reply()
        await asyncio.sleep(0.5)
        assert end_of(await world.ask("What?")).reason == "stop"
        assert end_of(await world.ask("What?")).reason == "stop"


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=404), Reply(status=429, retry_delay_seconds=60)])
async def test_the_second_model_answers_where_the_first_one_fails(reply: Reply) -> None:
    async with a_world(gemini_model="first", gemini_fallback_model="second") as world:
        world.server.script(reply)
        events = await world.ask("What?")
        assert [stream.model for stream in world.server.streams] == ["first", "second"]
    assert end_of(events).model == "second"


async def test_the_second_model_is_not_asked_after_the_first_word_nor_for_a_blocked_question() -> None:
    async with a_world(gemini_model="first", gemini_fallback_model="second") as world:
        world.server.script(Reply(ending="drop"), Reply(block_reason="SAFETY"))
        failure_of(await world.ask("What?"))
        failure_of(await world.ask("What?"))
        assert [stream.model for stream in world.server.streams] == ["first", "first"]


async def test_the_counts_of_an_answer_that_broke_off_are_kept() -> None:
    async with a_world() as world:
        world.server.reply = Reply(finish_reason="MAX_TOKENS", prompt_tokens=55, answer_tokens=9)
        failure = failure_of(await world.ask("What?"))
    assert (failure.prompt_tokens, failure.answer_tokens) == (55, 9)


async def test_an_answer_of_many_small_pieces_arrives_whole() -> None:
    words = tuple(f"wörd{n} " for n in range(300))
    async with a_world() as world:
        world.server.reply = Reply(chunks=words)
        events = await world.ask("What?")
    assert text_of(events) == "".join(words).rstrip() + " "
    assert isinstance(events[-1], Finished)


async def test_an_answer_that_never_ends_is_ended() -> None:
    async with a_world(gemini_answer_timeout_seconds=0.4) as world:
        world.server.reply = Reply(chunks=("word ",) * 1000, pace_seconds=0.02)
        events = await world.ask("What?")
        assert await asyncio.to_thread(world.server.streams[0].cut_off)
    assert failure_of(events).code == "answer_stalled"
    assert text_of(events).startswith("word word")
