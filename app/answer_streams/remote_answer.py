"""An answer that another process writes: reads it from the log and signals its writer; called by `manager`."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

from app.answer_json import answer_json
from app.ui_message_stream import DONE, decode, lost_frames
from storage.errors import StorageUnavailableError
from storage.running_answers.store import Progress, RunningAnswers, Signal

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1  # how often the log is read for new frames
SIGNAL_EVERY_SECONDS = 1.0  # how often this process signals that it follows an answer, or waits for its end
AWAY_SECONDS = 1.0  # the pause before an unavailable log is tried again
PATIENCE_SECONDS = 15.0  # how long a reader of another process's answer waits for an unavailable log


class RemoteAnswer:
    """An answer that another process writes, read from the log."""

    def __init__(self, log: RunningAnswers, answer_id: str) -> None:
        self._log = log
        self._answer_id = answer_id

    async def json(self) -> dict[str, Any]:
        """The whole answer as one JSON object, once it has ended."""
        return answer_json(*decode([frame async for frame in self.follow()]))

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`; an answer whose writer has died ends with `answer_lost`.

        It waits for an unavailable log; after a while the frames stop without an end, and the reader's client resumes.
        """
        try:
            async for frame in self._follow(after):
                yield frame
        except StorageUnavailableError as error:
            logger.warning("An answer of another process cannot be read any more: %s", error)

    async def _follow(self, after: int) -> AsyncIterator[bytes]:
        last = await self._last_seen(after)
        following = RepeatedSignal(self._log, "followed")
        while True:
            frames, progress = await self._read(after)
            for frame in frames:
                yield frame
            after += len(frames)
            if progress != "running" and not frames:
                # A reader may have seen more than the writer had logged when it was killed, but not the end.
                if progress == "lost" and not last.endswith(DONE):
                    for frame in lost_frames():
                        yield frame
                return
            last = frames[-1] if frames else last
            if progress == "running":
                with suppress(StorageUnavailableError):  # it is repeated
                    await following.say(self._answer_id)
                await asyncio.sleep(POLL_SECONDS)

    async def _read(self, after: int) -> tuple[list[bytes], Progress]:
        """The log's content, once it can be read; raises StorageUnavailableError if that takes too long."""
        now = asyncio.get_running_loop().time
        until = now() + PATIENCE_SECONDS
        while True:
            try:
                return await self._log.read(self._answer_id, after)
            except StorageUnavailableError:
                if now() > until:
                    raise
            await asyncio.sleep(AWAY_SECONDS)

    async def _last_seen(self, after: int) -> bytes:
        """The last frame that a reader of `after` frames has seen, as far as it was logged."""
        if not after:
            return b""
        frames, _ = await self._read(after - 1)
        return frames[0] if frames else b""


class RepeatedSignal:
    """A signal to another process, sent at once and repeated for as long as it holds."""

    def __init__(self, log: RunningAnswers, signal: Signal) -> None:
        self._log = log
        self._signal: Signal = signal
        self._next = 0.0

    async def say(self, answer_id: str) -> None:
        """Send the signal, unless it was sent a moment ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + SIGNAL_EVERY_SECONDS
            await self._log.signal(answer_id, self._signal)
