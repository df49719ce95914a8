"""What was written before the clock was set back, or before the machine started anew, holds nobody up."""

import sqlite3
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.accounts.login_throttle import Budget, begin_attempt, begin_letter, spend
from storage.conversations.outbox import Outbox
from storage.conversations.turns import Answer, OpenTurn
from storage.errors import TooManyRequestsError
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey
from storage.sqlite import Database

HOUR = 3600.0


async def test_an_answer_of_an_earlier_start_of_the_machine_is_lost_and_holds_up_nothing(tmp_path: Path) -> None:
    path, key = tmp_path / "answers.sqlite3", AnswerKey("answer", "conversation", "")
    log = SqliteRunningAnswers(path)
    await log.begin(key)
    await log.acquire("conversation:", "holder", 15.0)
    assert not await log.acquire("conversation:", "another", 15.0)
    assert await log.take_lost() == []
    with sqlite3.connect(path) as earlier:  # the clock that counts from the start of the machine begins anew
        earlier.execute("update answers set alive = alive + ?, begun = begun + ?", (HOUR, HOUR))
        earlier.execute("update turns set until = until + ?", (HOUR,))
    earlier.close()
    found = await log.find("conversation", "")
    assert found is not None
    assert not found.running
    assert [lost for lost, _ in await log.take_lost()] == [key]
    assert await log.acquire("conversation:", "another", 15.0)
    newer = AnswerKey("newer", "conversation", "")
    await log.begin(newer)
    found = await log.find("conversation", "")
    assert found is not None
    assert found.key == newer
    await log.close()


def test_turns_wait_in_the_order_in_which_they_were_answered(tmp_path: Path) -> None:
    outbox, reader, conversation = Outbox(tmp_path), uuid.uuid4(), uuid.uuid4()
    for number in range(3):
        turn = OpenTurn(conversation, uuid.uuid4(), uuid.uuid4(), f"question {number}")
        path = outbox.add(reader, turn, Answer(text="an answer", complete=True, finish_reason="stop"))
        if number == 0:  # by a clock that was an hour ahead then
            path.rename(path.with_name(f"{time.time_ns() + int(HOUR * 1e9):020}-{turn.answer_id}.json"))
    assert [waiting.question for waiting in outbox.waiting(reader)] == ["question 0", "question 1", "question 2"]


@pytest.mark.parametrize("kind", ["attempts", "letter", "budget"])
async def test_nobody_waits_for_the_time_by_which_the_clock_was_set_back(tmp_path: Path, kind: str) -> None:
    database = Database(tmp_path / "bookrag.sqlite3")
    counts: dict[str, Callable[[sqlite3.Connection], None]] = {
        "attempts": lambda db: begin_attempt(db, "a@b.example", "192.0.2.1"),
        "letter": lambda db: begin_letter(db, 60, ["a@b.example"]),
        "budget": lambda db: spend(db, Budget("sign-ins", 1, 1 / 60)),
    }

    async def too_many() -> None:
        for _ in range(10):
            await database.write(counts[kind])

    with pytest.raises(TooManyRequestsError):
        await too_many()
    await database.write(lambda db: db.execute("update failed_attempts set failed_at = failed_at + ?", (HOUR,)))
    await database.write(counts[kind])
    await database.close()
