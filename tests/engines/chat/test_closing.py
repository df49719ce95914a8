"""Stop stops: a reader who goes away takes the request to Gemini along, as the model server sees it."""

import asyncio
import time
from contextlib import aclosing

import pytest

from engines.events import Question, TextDelta
from tests.engines.chat.chat_world import World, a_world
from tests.gemini_server import Reply

LONG = Reply(chunks=tuple(f"word {n} " for n in range(1000)), pace_seconds=0.02)


async def cut_off(world: World) -> bool:
    """Whether the newest connection to the model server was closed before its reply was whole."""
    return await asyncio.to_thread(world.server.streams[-1].cut_off)


async def read_words(world: World, count: int) -> None:
    """Read some words and leave."""
    async with aclosing(world.chat.answer(Question("What?"))) as events:
        async for event in events:
            count -= isinstance(event, TextDelta)
            if count <= 0:
                return


async def test_closing_the_events_closes_the_request() -> None:
    async with a_world() as world:
        world.server.reply = LONG
        await read_words(world, 3)
        assert await cut_off(world)


async def test_a_cancelled_task_closes_the_request() -> None:
    async with a_world() as world:
        world.server.reply = LONG
        task = asyncio.create_task(read_words(world, 1000))
        assert await asyncio.to_thread(world.server.asked.wait, 5)
        assert await asyncio.to_thread(world.server.streams[0].begun.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await cut_off(world)


async def test_a_reader_who_leaves_before_the_first_word_closes_the_request_too() -> None:
    async with a_world() as world:
        world.server.reply = Reply(first_token_seconds=60)
        task = asyncio.create_task(read_words(world, 1))
        assert await asyncio.to_thread(world.server.asked.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await cut_off(world)


async def test_a_hundred_readers_who_leave_leave_nothing_behind() -> None:
    async with a_world() as world:
        world.server.reply = LONG
        before = len(asyncio.all_tasks())
        await asyncio.gather(*(read_words(world, 1 + n % 7) for n in range(100)))
        assert len(asyncio.all_tasks()) == before
        for received in world.server.streams:
            assert await asyncio.to_thread(received.cut_off)
        assert len(world.server.streams) == 100
        assert not world.server.transports


async def test_an_answer_that_was_read_to_its_end_gives_its_connection_back() -> None:
    async with a_world() as world:
        for _ in range(5):
            await world.ask("What?")
        assert len(world.server.transports) == 1


async def test_two_hundred_answers_at_once_do_not_wait_for_each_other() -> None:
    async with a_world() as world:
        world.server.reply = Reply(chunks=("word ",) * 5, first_token_seconds=0.3, pace_seconds=0.05)
        started = time.monotonic()
        answers = await asyncio.gather(*(world.ask("What?") for _ in range(200)))
        elapsed = time.monotonic() - started
        took: list[float] = []
        while len(took) < 200:  # the server sees the end of an answer a moment after its reader
            await asyncio.sleep(0.01)
            took = [each.closed_at - each.at for each in world.server.streams if each.closed_at]
    assert len(answers) == len(took) == 200
    assert sum(took) > 20 * elapsed  # one after the other they would take as long as all of them together
