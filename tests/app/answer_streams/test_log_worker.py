"""The shared log and the answers of a process: the two loops end with it, whatever the log's client does."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from app.answer import AnswerIdentity
from app.answer_streams.manager import ActiveStreams, AnswerStream, LogWorker
from storage.answers.log import AnswerKey


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
    answer = AnswerStream(
        AnswerKey("answer", "conversation", ""), AnswerIdentity("conversation", "answer", None), grace_seconds=60
    )
    answer.frames.append(b"data: 0\n\n")
    answers.add(answer)

    async with asyncio.timeout(10):
        async with LogWorker(cast("Any", log), answers).running():
            await log.asked.wait()

    assert log.swallowed
