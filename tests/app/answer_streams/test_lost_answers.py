"""An answer whose process was killed is stored as incomplete by whichever process finds it, with what the log has."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.answer_json import AnswerIdentity, StreamEvent
from app.answer_streams.lost_answers import LostAnswers
from app.answer_streams.manager import AnswerStreams
from app.ui_message_stream import UiMessageEncoder
from engines.events import Finished, TextDelta
from storage.accounts.reader import Reader
from storage.conversations.turns import Answer, Message, OpenTurn, TurnRequest
from storage.reader_stores import ReaderStores
from storage.running_answers.redis_store import RedisRunningAnswers
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey, RunningAnswers
from tests import reader_stores
from tests.redis_server import redis_server

project = reader_stores.project
stores = reader_stores.stores
DEAD_SECONDS = 0.3
QUESTION = "What is the capture point?"


@pytest.fixture(params=["sqlite", "redis"])
def log_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "answers.sqlite3")
        return
    with redis_server(tmp_path) as url:
        yield url


@asynccontextmanager
async def opened(address: str, dead_after_seconds: float = DEAD_SECONDS) -> AsyncIterator[RunningAnswers]:
    """The log as a process has it."""
    log: RunningAnswers
    if "://" in address:
        log = RedisRunningAnswers(address, dead_after_seconds=dead_after_seconds)
    else:
        log = SqliteRunningAnswers(Path(address), dead_after_seconds=dead_after_seconds)
    yield log
    await log.close()


@dataclass
class Killed:
    """A turn whose process was killed while it wrote the answer."""

    reader: Reader
    turn: OpenTurn
    request: TurnRequest


async def killed(stores: ReaderStores, address: str, *, ended: bool = False) -> Killed:
    reader = await reader_stores.new_guest(stores)
    request = TurnRequest(uuid.uuid4(), QUESTION, idempotency_key="once")
    turn = await stores.conversations.begin_turn(reader, request)
    identity = AnswerIdentity(str(turn.conversation_id), str(turn.answer_id), "build-1")
    encoder = UiMessageEncoder(identity)
    frames = encoder.start() + encoder.event(TextDelta("It is where ")) + encoder.event(TextDelta("the foot lands."))
    if ended:
        frames += encoder.event(Finished("stop", model="m")) + encoder.end()
    async with opened(address) as log:
        await log.begin(AnswerKey(identity.message_id, identity.conversation_id, str(reader.id), "once"))
        await log.append({identity.message_id: frames})
    return Killed(reader, turn, request)


async def stored(stores: ReaderStores, lost: Killed) -> Message:
    opened_again = await stores.conversations.open(lost.reader, lost.turn.conversation_id)
    return opened_again.messages[-1]


async def test_the_next_start_stores_what_the_log_has(stores: ReaderStores, log_address: str) -> None:
    lost = await killed(stores, log_address)
    assert (await stored(stores, lost)).status == "pending"
    await asyncio.sleep(DEAD_SECONDS + 0.1)
    async with opened(log_address) as log, AnswerStreams(log, stores.conversations).running():
        for _ in range(100):
            if (answer := await stored(stores, lost)).status != "pending":
                break
            await asyncio.sleep(0.05)
    assert (answer.status, answer.content) == ("incomplete", "It is where the foot lands.")
    assert (answer.error_code, answer.build) == ("answer_lost", "build-1")


async def test_each_lost_answer_is_taken_once_and_a_living_one_never(stores: ReaderStores, log_address: str) -> None:
    lost = await killed(stores, log_address)
    dead_after = 4 * DEAD_SECONDS  # a machine may stand still for a second between two lines
    async with opened(log_address, dead_after) as one, opened(log_address, dead_after) as other:
        for _ in range(6):
            await one.heartbeat([str(lost.turn.answer_id)])
            assert await LostAnswers(other, stores.conversations).store() == 0
            await asyncio.sleep(dead_after / 4)
        await asyncio.sleep(dead_after)
        found = [LostAnswers(log, stores.conversations).store() for log in (one, other)]
        assert sorted(await asyncio.gather(*found)) == [0, 1]
        assert await LostAnswers(one, stores.conversations).store() == 0


async def test_an_answer_that_was_whole_in_the_log_is_stored_as_complete(
    stores: ReaderStores, log_address: str
) -> None:
    lost = await killed(stores, log_address, ended=True)
    await asyncio.sleep(DEAD_SECONDS + 0.1)
    async with opened(log_address) as log:
        await LostAnswers(log, stores.conversations).store()
    answer = await stored(stores, lost)
    assert (answer.status, answer.error_code) == ("complete", None)


async def test_the_request_of_a_lost_answer_is_answered_anew_when_it_is_sent_again(
    stores: ReaderStores, log_address: str
) -> None:
    lost = await killed(stores, log_address)
    await asyncio.sleep(DEAD_SECONDS + 0.1)
    async with opened(log_address) as log:
        await LostAnswers(log, stores.conversations).store()
        again = await stores.conversations.begin_turn(lost.reader, lost.request)
        assert (again.answer_id, again.finished) == (lost.turn.answer_id, None)
        await stores.conversations.finish_turn(lost.reader, again, Answer("All of it.", True, "stop"))
    answer = await stored(stores, lost)
    assert (answer.status, answer.content, answer.error_code) == ("complete", "All of it.", None)


async def test_an_answer_that_is_asked_for_again_at_the_moment_of_the_look_is_not_taken(tmp_path: Path) -> None:
    key = AnswerKey("answer", "conversation", "reader", "once")
    with redis_server(tmp_path) as url:
        async with opened(url) as one, opened(url) as other:
            await one.begin(key)
            await asyncio.sleep(DEAD_SECONDS + 0.1)
            redis: Any = one._redis  # type: ignore[attr-defined]  # the moment between two of its calls
            look = redis.zrangebyscore

            async def look_and_ask_again(*given: Any) -> Any:
                found = await look(*given)
                await other.begin(key)
                return found

            redis.zrangebyscore = look_and_ask_again
            assert await one.take_lost() == []
            redis.zrangebyscore = look
            await asyncio.sleep(DEAD_SECONDS + 0.1)
            assert [lost for lost, _ in await one.take_lost()] == [key]


@pytest.mark.parametrize("looked_before", [False, True])
async def test_a_lost_answer_is_counted_once_whoever_comes_first(
    stores: ReaderStores, log_address: str, looked_before: bool
) -> None:
    lost = await killed(stores, log_address)
    await asyncio.sleep(DEAD_SECONDS + 0.1)
    counted: list[int] = []
    key = AnswerKey(str(lost.turn.answer_id), str(lost.turn.conversation_id), str(lost.reader.id), "once")
    async with opened(log_address) as log:
        look = LostAnswers(log, stores.conversations, counted.append)
        if looked_before:
            await look.store()
        streams = AnswerStreams(log, stores.conversations, on_lost=counted.append)
        answer = await streams.start(key, whole(), AnswerIdentity(key.answer_id, key.conversation_id, "build-1"))
        assert "All of it." in b"".join([frames async for frames in answer.follow()]).decode()
        await look.store()
    assert counted == [1]


async def whole() -> AsyncGenerator[StreamEvent, None]:
    yield TextDelta("All of it.")
    yield Finished("stop", model="m")
