"""Answers that run apart from their connections: followed, resumed, stopped, put in order, never begun twice."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from app.answer_json import AnswerIdentity, AnswerState
from app.answer_streams.manager import AnswerStreams
from app.ui_message_stream import DONE
from engines.events import Event, Finished, TextDelta
from storage.errors import ConversationBusyError
from storage.running_answers.redis_store import RedisRunningAnswers
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey, LoggedAnswer, RunningAnswers
from tests.redis_server import redis_server

CONVERSATION = str(uuid.uuid4())
FIRST = 3  # frames before the first piece of text: start, start-step, text-start
END = 5  # frames after the last piece: text-end, data-finish, finish-step, finish, [DONE]
PATIENCE_SECONDS = 30  # for what comes about at once, on a machine at work


IDENTITY = AnswerIdentity(CONVERSATION, "message", "build")


class Writer:
    """Events that come when they are asked for: pieces of text, and the end."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Semaphore(0)
        self.closed = asyncio.Event()

    async def events(self, count: int = 3) -> AsyncGenerator[Event, None]:
        try:
            for number in range(count):
                await self.may_go_on.acquire()
                yield TextDelta(str(number))
            yield Finished("stop")
        finally:
            self.closed.set()

    def let(self, steps: int) -> None:
        for _ in range(steps):
            self.may_go_on.release()


def key(request_key: str | None = None, owner: str = "") -> AnswerKey:
    return AnswerKey(str(uuid.uuid4()), CONVERSATION, owner, request_key)


class Processes:
    """Worker processes that share a log."""

    def __init__(self, make_log: Callable[[float], RunningAnswers]) -> None:
        self._make_log = make_log

    @asynccontextmanager
    async def __call__(
        self, *, grace_seconds: float = 5.0, busy_seconds: float = 5.0, dead_after_seconds: float = 5.0
    ) -> AsyncIterator[AnswerStreams]:
        """What one of them has."""
        log = self.log(dead_after_seconds)
        async with AnswerStreams(log, grace_seconds=grace_seconds, busy_seconds=busy_seconds).running() as answers:
            yield answers
        await log.close()

    def log(self, dead_after_seconds: float = 5.0) -> RunningAnswers:
        """The log as one of them opens it."""
        return self._make_log(dead_after_seconds)


@pytest.fixture(params=["sqlite", "redis"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    if request.param == "sqlite":
        yield Processes(lambda dead: SqliteRunningAnswers(tmp_path / "answers.sqlite", dead_after_seconds=dead))
        return
    with redis_server(tmp_path) as url:
        yield Processes(lambda dead: RedisRunningAnswers(url, dead_after_seconds=dead))


async def start(answers: AnswerStreams, answer_key: AnswerKey, writer: Writer) -> AsyncGenerator[bytes, None]:
    """The frames of an answer that is started now, from its first piece of text on."""
    answer = await answers.start(answer_key, writer.events(), IDENTITY)
    return answer.follow(FIRST)


def text_of(frames: Iterable[bytes]) -> list[str]:
    """The pieces of text in frames."""
    parts = [orjson.loads(frame.removeprefix(b"data: ")) for frame in frames if frame.startswith(b"data: {")]
    return [part["delta"] for part in parts if part["type"] == "text-delta"]


async def until_found(answers: AnswerStreams, owner: str = "") -> LoggedAnswer:
    """The conversation's answer, once the log has it."""
    for _ in range(1000):
        if found := await answers.find(CONVERSATION, owner):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("the log has no answer")


async def drain(frames: AsyncGenerator[bytes, None]) -> list[bytes]:
    """Each frame by itself, however many came at a time."""
    received = b"".join([some async for some in frames])
    return [frame + b"\n\n" for frame in received.split(b"\n\n")[:-1]]


async def test_a_reader_who_comes_back_reads_what_was_missed_and_goes_on(process: Processes) -> None:
    async with process() as answers:
        writer = Writer()
        frames = await start(answers, key(), writer)
        writer.let(1)
        assert text_of([await anext(frames)]) == ["0"]
        await frames.aclose()
        writer.let(2)
        found = await answers.find(CONVERSATION, "")
        assert found
        assert found.running
        again = await drain(answers.answer(found.key.answer_id).follow(after=FIRST + 1))
    assert text_of(again) == ["1", "2"]
    assert again[-1] == DONE


async def test_an_answer_is_resumed_in_another_process(process: Processes) -> None:
    async with process() as one, process() as other:
        writer = Writer()
        frames = await start(one, key(), writer)
        writer.let(1)
        await anext(frames)
        found = await until_found(other)
        assert found.running
        elsewhere = asyncio.create_task(drain(other.answer(found.key.answer_id).follow()))
        writer.let(2)
        told = await elsewhere
        assert text_of(told) == ["0", "1", "2"]
        assert told[-1] == DONE
        await drain(frames)


async def test_an_answer_is_stopped_from_another_process(process: Processes) -> None:
    async with process() as one, process() as other:
        writer = Writer()
        frames = await start(one, key(), writer)
        writer.let(1)
        await anext(frames)
        found = await until_found(other)
        await other.stop(found.key.answer_id)
        await asyncio.wait_for(writer.closed.wait(), PATIENCE_SECONDS)
        assert (await drain(frames))[-2:] == [b'data: {"type":"abort"}\n\n', DONE]


async def test_a_reader_who_stays_away_stops_the_answer(process: Processes) -> None:
    async with process(grace_seconds=0.1) as answers:
        writer = Writer()
        frames = await start(answers, key(), writer)
        writer.let(1)
        await anext(frames)
        await frames.aclose()
        await asyncio.wait_for(writer.closed.wait(), PATIENCE_SECONDS)


async def test_one_reader_of_two_may_leave(process: Processes) -> None:
    async with process(grace_seconds=0.05) as answers:
        writer = Writer()
        first = await start(answers, key(), writer)
        writer.let(1)
        await anext(first)
        found = await answers.find(CONVERSATION, "")
        assert found
        second = answers.answer(found.key.answer_id).follow()
        await anext(second)
        await first.aclose()
        await asyncio.sleep(0.2)
        assert not writer.closed.is_set()
        writer.let(2)
        assert (await drain(second))[-1] == DONE


async def test_the_same_request_is_one_answer(process: Processes) -> None:
    async with process() as one, process() as other:
        writer = Writer()
        async with one.in_order(CONVERSATION, "", "request-1") as earlier:
            assert earlier is None
            frames = await start(one, key("request-1"), writer)
        for answers in (one, other):
            async with answers.in_order(CONVERSATION, "", "request-1") as earlier:
                assert earlier is not None
        writer.let(3)
        whole = await drain(frames)
        async with other.in_order(CONVERSATION, "", "request-1") as earlier:
            assert earlier
            assert await drain(other.answer(earlier.key.answer_id).follow(FIRST)) == whole


async def test_two_questions_in_one_conversation_are_put_in_order(process: Processes) -> None:
    async with process() as one, process() as other:
        writer = Writer()
        async with one.in_order(CONVERSATION, "", "a"):
            first = await start(one, key("a"), writer)
        order: list[str] = []

        async def ask_next(answers: AnswerStreams) -> None:
            async with answers.in_order(CONVERSATION, "", uuid.uuid4().hex):
                order.append("next")

        await asyncio.sleep(0.2)
        waiting = [asyncio.create_task(ask_next(answers)) for answers in (one, other)]
        await asyncio.sleep(0.2)
        assert order == []
        order.append("first ended")
        writer.let(3)
        await drain(first)
        await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_SECONDS)
        assert order == ["first ended", "next", "next"]


async def test_a_question_does_not_wait_for_ever(process: Processes) -> None:
    async with process(busy_seconds=0.1) as answers:
        writer = Writer()
        frames = await start(answers, key("a"), writer)
        with pytest.raises(ConversationBusyError):
            async with answers.in_order(CONVERSATION, "", "b"):
                pass
        await frames.aclose()


async def test_nobody_finds_an_answer_of_somebody_else(process: Processes) -> None:
    async with process() as answers:
        writer = Writer()
        frames = await start(answers, key(owner="reader-1"), writer)
        await until_found(answers, "reader-1")
        assert await answers.find(CONVERSATION, "reader-2") is None
        assert await answers.find(CONVERSATION, "") is None
        await frames.aclose()


async def test_an_answer_whose_process_died_is_written_again(process: Processes) -> None:
    dead = process.log()
    lost = key("request-1")
    await dead.begin(lost)
    await dead.append({lost.answer_id: [b"data: half\n\n"]})
    await dead.close()
    await asyncio.sleep(0.3)
    async with process(dead_after_seconds=0.2) as answers:
        assert (await drain(answers.answer(lost.answer_id).follow()))[-1].endswith(DONE)
        async with answers.in_order(CONVERSATION, "", "request-1") as earlier:
            assert earlier is None
            writer = Writer()
            writer.let(3)
            frames = await start(answers, lost, writer)
        assert len(await drain(frames)) == 3 + END


@pytest.mark.parametrize("seen", [1, 2, 3, 50])
async def test_who_has_more_than_a_dead_process_logged_is_told_of_its_end(process: Processes, seen: int) -> None:
    dead = process.log()
    lost = key()
    await dead.begin(lost)
    await dead.append({lost.answer_id: [b"data: 0\n\n", b"data: 1\n\n"]})
    await dead.close()
    async with process(dead_after_seconds=0.1) as answers:
        frames = await drain(answers.answer(lost.answer_id).follow(after=seen))
    assert frames[:-3] == [b"data: 1\n\n"][seen - 1 :]
    assert b"answer_lost" in frames[-3]
    assert frames[-1] == DONE


async def test_who_has_all_of_an_ended_answer_is_told_nothing_more(process: Processes) -> None:
    writer = process.log()
    whole = key()
    await writer.begin(whole)
    await writer.append({whole.answer_id: [b"data: 0\n\n", DONE]})
    await writer.end([whole.answer_id])
    await writer.close()
    async with process() as answers:
        for seen in (2, 3):
            assert await drain(answers.answer(whole.answer_id).follow(after=seen)) == []


async def test_who_has_all_that_a_dead_process_wrote_is_told_of_its_end(process: Processes) -> None:
    dead = process.log()
    lost = key()
    await dead.begin(lost)
    await dead.append({lost.answer_id: [b"data: 0\n\n", b"data: 1\n\n"]})
    await dead.close()
    await asyncio.sleep(0.3)
    async with process(dead_after_seconds=0.2) as answers:
        told = await drain(answers.answer(lost.answer_id).follow(after=2))
        assert b'"code":"answer_lost"' in b"".join(told)
        assert told[-1].endswith(DONE)
        # Told once more: the same count is that of a reader who has read more than was logged.
        assert await drain(answers.answer(lost.answer_id).follow(after=2 + len(told))) == told


async def test_the_end_of_the_process_stops_what_is_left(process: Processes) -> None:
    writer = Writer()
    async with process() as answers:
        frames = await start(answers, key(), writer)
        writer.let(1)
        await anext(frames)
    assert writer.closed.is_set()
    assert len(answers) == 0
    await frames.aclose()


async def test_a_reader_of_another_process_waits_for_a_log_that_is_away_for_a_moment(tmp_path: Path) -> None:
    path, writer = tmp_path / "answers.sqlite", Writer()
    process = Processes(lambda dead: SqliteRunningAnswers(path, dead_after_seconds=dead))
    async with process(dead_after_seconds=30) as writing, process(dead_after_seconds=30) as reading:
        await start(writing, key(), writer)
        writer.let(1)
        found = await until_found(reading)
        followed = asyncio.create_task(drain(reading.answer(found.key.answer_id).follow(FIRST)))
        await asyncio.sleep(0.3)
        with sqlite3.connect(path) as database:  # a log that answers with errors
            database.execute("alter table frames rename to away")
        await asyncio.sleep(0.3)
        assert not followed.done()
        with sqlite3.connect(path) as database:
            database.execute("alter table away rename to frames")
        database.close()
        writer.let(3)
        assert text_of(await followed) == ["0", "1", "2"]


async def test_a_log_that_is_away_loses_no_answer(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").mkdir()
    async with Processes(
        lambda dead: SqliteRunningAnswers(tmp_path / "answers.sqlite", dead_after_seconds=dead)
    )() as answers:
        writer = Writer()
        writer.let(3)
        frames = await start(answers, key(), writer)
        assert len(await drain(frames)) == 3 + END


@pytest.mark.parametrize("same", [True, False], ids=["here", "in another process"])
async def test_a_question_ends_the_answer_that_its_reader_has_left(process: Processes, same: bool) -> None:
    async with process(grace_seconds=60) as one, process() as other:
        writer = Writer()
        frames = await start(one, key("a"), writer)
        writer.let(1)
        await anext(frames)
        await until_found(other)
        waiting = asyncio.create_task(_begin(one if same else other))
        await asyncio.sleep(0.5)
        assert not waiting.done(), "an answer that is being read goes on"
        assert not writer.closed.is_set()
        await frames.aclose()
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        assert writer.closed.is_set()


async def _begin(answers: AnswerStreams) -> None:
    async with answers.in_order(CONVERSATION, "", "b"):
        pass


async def test_an_answer_that_nobody_read_yet_is_not_one_that_was_left(process: Processes) -> None:
    async with process(busy_seconds=0.5) as answers:
        writer = Writer()
        frames = await start(answers, key("a"), writer)
        with pytest.raises(ConversationBusyError):
            await _begin(answers)
        assert not writer.closed.is_set()
        writer.let(3)
        assert len(await drain(frames)) == 3 + END


async def test_who_reads_on_in_another_process_keeps_the_answer_going(process: Processes) -> None:
    async with process(grace_seconds=3) as one, process() as other:
        writer = Writer()
        frames = await start(one, key(), writer)
        writer.let(1)
        await anext(frames)
        await frames.aclose()
        found = await until_found(other)
        elsewhere = other.answer(found.key.answer_id).follow(FIRST)
        assert text_of([await anext(elsewhere)]) == ["0"]
        reading = asyncio.create_task(drain(elsewhere))
        await asyncio.sleep(5)  # well over the grace time
        assert not writer.closed.is_set()
        writer.let(2)
        assert (await reading)[-1] == DONE


async def test_the_json_answer_of_another_process_is_the_one_that_it_gives_itself(process: Processes) -> None:
    async with process() as one, process() as other:
        writer, answer_key = Writer(), key()
        writer.let(3)
        answer = await one.start(answer_key, _keeping(writer, state := AnswerState()), IDENTITY, state)
        own = await answer.json()
        assert own["answer"] == "012"
        assert own["complete"] is True
        assert await other.answer(answer_key.answer_id).json() == own


async def _keeping(writer: Writer, state: AnswerState) -> AsyncGenerator[Event, None]:
    async for event in writer.events():
        state.take(event)
        yield event


async def test_an_answer_that_breaks_off_says_so_in_json_too(process: Processes) -> None:
    async def broken() -> AsyncGenerator[Event, None]:
        yield TextDelta("The foot")
        raise RuntimeError("of the answer itself")

    async with process() as answers:
        answer = await answers.start(key(), broken(), IDENTITY)
        told = await answer.json()
    assert told["error"]["code"] == "answer_lost"
    assert told["complete"] is False
