"""The shared log and the answers of a process: the two loops end with it, whatever the log's client does."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from app.answer_json import AnswerIdentity, StreamEvent
from app.answer_streams.manager import ActiveStreams, AnswerStream, AnswerStreams, LogWorker
from engines.events import Finished, TextDelta
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey


class DeafLog:
    """A log whose client swallows a cancellation, as one does whose answer comes at that very moment."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.swallowed = False

    async def append(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        self.asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.swallowed = True


async def test_a_swallowed_cancellation_does_not_keep_the_server_from_ending() -> None:
    log, answers = DeafLog(), ActiveStreams()
    answers.add(_answer())

    async with asyncio.timeout(10):
        async with LogWorker(cast("Any", log), answers).running():
            await log.asked.wait()

    assert log.swallowed


async def test_a_log_that_cannot_be_written_is_one_line_with_the_cause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "answers.db"
    log, answers = SqliteRunningAnswers(file), ActiveStreams()
    answer = _answer()
    await log.begin(answer.key)
    answers.add(answer)
    blocker = sqlite3.connect(file)  # an answer's log that another process has made unusable
    blocker.executescript("drop table frames; create view frames as select 1;")
    blocker.close()

    with caplog.at_level(logging.WARNING):
        async with LogWorker(log, answers).running():
            for _ in range(1000):
                if caplog.records:
                    break
                await asyncio.sleep(0.01)
    await log.close()

    assert "The log of running answers is unavailable: " in caplog.records[0].getMessage()
    assert "frames" in caplog.records[0].getMessage()
    assert "\n" not in caplog.records[0].getMessage()
    assert caplog.records[0].exc_info is None


async def test_an_answer_that_began_while_the_log_was_away_is_in_it_once_it_is_back(tmp_path: Path) -> None:
    file = tmp_path / "answers.db"
    ours, others = SqliteRunningAnswers(file), SqliteRunningAnswers(file)
    streams = AnswerStreams(ours)
    key = AnswerKey("answer", "conversation", "", "request")
    more = asyncio.Event()
    file.mkdir()  # no process can open it
    async with streams.running():
        await streams.start(key, _events(more), AnswerIdentity("conversation", "answer", None))
        file.rmdir()
        frames: list[bytes] = []
        while not frames:
            await asyncio.sleep(0.01)
            frames, progress = await others.read("answer", 0)
        assert b"One." in b"".join(frames)
        assert progress == "running"
        more.set()
    await ours.close()
    await others.close()


async def test_an_answer_that_another_process_began_meanwhile_is_the_one_to_resume(tmp_path: Path) -> None:
    file = tmp_path / "answers.db"
    ours, others = SqliteRunningAnswers(file), SqliteRunningAnswers(file)
    key = AnswerKey("answer", "conversation", "", "request")
    await others.begin(key)
    await others.append({"answer": [b"data: theirs\n\n"]})
    answers = ActiveStreams()
    answer = _answer(key)
    answer.begun = False
    answers.add(answer)
    async with LogWorker(ours, answers).running():
        pass  # at its end the log is written once more
    assert await others.read("answer", 0) == ([b"data: theirs\n\n"], "running")
    await ours.close()
    await others.close()


async def _events(more: asyncio.Event) -> AsyncGenerator[StreamEvent, None]:
    yield TextDelta("One.")
    await more.wait()
    yield Finished("stop", model="m")


def _answer(key: AnswerKey = AnswerKey("answer", "conversation", "")) -> AnswerStream:  # noqa: B008 - it is frozen
    answer = AnswerStream(key, AnswerIdentity("conversation", "answer", None), grace_seconds=60)
    answer.frames.append(b"data: 0\n\n")
    return answer
