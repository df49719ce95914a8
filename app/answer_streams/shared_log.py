"""The log that worker processes share: following another process's answer, and keeping the log up to date with our own.

`AnswerStreams` uses `RemoteAnswer` for answers of other processes, and runs `LogWorker` as long as the server runs.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from app.answer_streams.answer_stream import ActiveStreams
from app.event_stream import DONE
from app.json_answer import answer_json
from app.ui_message_stream import decode, lost_frames
from storage.answers.log import HEARTBEAT_SECONDS, AnswerLog, Signal
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1  # how often the log is read for new frames of another process's answer
SIGNAL_EVERY_SECONDS = 1.0  # how often this process signals that it follows an answer, or waits for its end
FLUSH_SECONDS = 0.1  # how far the log may lag behind
CANCEL_AGAIN_SECONDS = 0.5
STOP_POLL_SECONDS = 0.3  # how soon a stop from another process is seen


class RemoteAnswer:
    """An answer that another process writes, read from the log."""

    def __init__(self, log: AnswerLog, answer_id: str) -> None:
        self._log = log
        self._answer_id = answer_id

    async def json(self) -> dict[str, Any]:
        """The whole answer as one JSON object, once it has ended."""
        return answer_json(*decode([frame async for frame in self.follow()]))

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`; an answer whose writer has died ends with `answer_lost`."""
        last = await self._last_seen(after)
        following = RepeatedSignal(self._log, "followed")
        while True:
            frames, running = await self._log.read(self._answer_id, after)
            for frame in frames:
                yield frame
            after += len(frames)
            if not running and not frames:
                if not last.endswith(DONE):
                    for frame in lost_frames():
                        yield frame
                return
            last = frames[-1] if frames else last
            if running:
                await following.say(self._answer_id)
                await asyncio.sleep(POLL_SECONDS)

    async def _last_seen(self, after: int) -> bytes:
        """The last frame that a reader of `after` frames has; a reader of more frames than were logged saw the end."""
        if not after:
            return b""
        frames, _ = await self._log.read(self._answer_id, after - 1)
        return frames[0] if frames else DONE


class RepeatedSignal:
    """A signal to another process, sent at once and repeated for as long as it holds."""

    def __init__(self, log: AnswerLog, signal: Signal) -> None:
        self._log = log
        self._signal: Signal = signal
        self._next = 0.0

    async def say(self, answer_id: str) -> None:
        """Send the signal, unless it was sent a moment ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + SIGNAL_EVERY_SECONDS
            await self._log.signal(answer_id, self._signal)


class LogWorker:
    """Writes what this process's answers have sent to the log, and obeys the signals of other processes.

    One loop writes the new frames of all answers in one step; another sends their heartbeat, which returns the signals.
    """

    def __init__(self, log: AnswerLog, answers: ActiveStreams) -> None:
        self._log = log
        self._answers = answers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the log up to date while the block runs, and write what is left at its end."""
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
                logger.warning("The log of running answers is unavailable", exc_info=True)
                self._answers.forget_unlogged()
                await asyncio.sleep(1.0)

    async def _flush(self) -> None:
        """Write what was sent since the last flush, for all answers in one step."""
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
        """Send the heartbeat of this process's answers, and stop those that another process was asked to stop."""
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
                logger.warning("The log of running answers is unavailable", exc_info=True)
                await asyncio.sleep(HEARTBEAT_SECONDS)


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel until they have ended: a client that gets its reply at that moment may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
