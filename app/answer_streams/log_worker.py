"""Keeps the shared log in step with the answers of this process, and heeds what other processes say there.

Run by `AnswerStreams` for as long as the server runs. What all answers have sent is written in one step, many frames
at once; that they are alive is said in another, which brings back the signals for them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.answer_streams.active_streams import ActiveStreams
from storage.answers.log import HEARTBEAT_SECONDS, AnswerLog
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1  # how far the log may lag behind
CANCEL_AGAIN_SECONDS = 0.5
STOP_POLL_SECONDS = 0.3  # how soon a stop from another process is seen


class LogWorker:
    """The two loops between the log and the answers of this process."""

    def __init__(self, log: AnswerLog, answers: ActiveStreams) -> None:
        self._log = log
        self._answers = answers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep in step for as long as the block runs, and write at its end what is left."""
        tasks = [asyncio.create_task(self._flush_forever()), asyncio.create_task(self._listen_forever())]
        try:
            yield
        finally:
            await _end(tasks)
            with suppress(StorageUnavailableError):
                await self._flush()

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._flush()
            except StorageUnavailableError:
                logger.warning("The log of running answers is away", exc_info=True)
                self._answers.forget_unlogged()
                await asyncio.sleep(1.0)

    async def _flush(self) -> None:
        """Write what was sent since the last time, for all answers in one step."""
        grown = {item.key.answer_id: item for item in self._answers if item.logged < len(item.frames)}
        ended = [item for item in self._answers if item.ended]
        if grown:
            sizes = {answer_id: len(item.frames) for answer_id, item in grown.items()}
            await self._log.append({name: item.frames[item.logged : sizes[name]] for name, item in grown.items()})
            for answer_id, item in grown.items():
                item.logged = sizes[answer_id]
        done = [item for item in ended if item.logged == len(item.frames)]
        if done:
            await self._log.end([item.key.answer_id for item in done])
            for item in done:
                self._answers.forget(item)

    async def _listen_forever(self) -> None:
        """Say that the answers of this process are alive, and stop those that another process was asked to stop."""
        while True:
            await asyncio.sleep(STOP_POLL_SECONDS)
            running = [item.key.answer_id for item in self._answers if not item.ended]
            if not running:
                continue
            try:
                for answer_id, signals in (await self._log.heartbeat(running)).items():
                    answer = self._answers.get(answer_id)
                    if answer:
                        answer.heed(signals)
            except StorageUnavailableError:
                logger.warning("The log of running answers is away", exc_info=True)
                await asyncio.sleep(HEARTBEAT_SECONDS)


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel until they have ended: a client whose answer comes at that very moment may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
