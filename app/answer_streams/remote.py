"""Answers that another process writes: read from the shared log, and what this process says to their writers.

Called by `AnswerStreams` for every answer that is not its own.
"""

import asyncio
from collections.abc import AsyncGenerator

from app.event_stream import DONE
from app.ui_message_stream import broken_off
from storage.answers.log import AnswerLog, Signal

POLL_SECONDS = 0.1  # how often an answer of another process is read on
SIGNAL_EVERY_SECONDS = 1.0  # how often this process says that it follows an answer, or waits for its end


async def follow_elsewhere(log: AnswerLog, answer_id: str, after: int) -> AsyncGenerator[bytes, None]:
    """The frames behind the first `after`; one whose writer has died ends as one that broke off."""
    last = await _last_seen(log, answer_id, after)
    following = RepeatedSignal(log, "followed")
    while True:
        frames, running = await log.read(answer_id, after)
        for frame in frames:
            yield frame
        after += len(frames)
        if not running and not frames:
            if not last.endswith(DONE):
                for frame in broken_off():
                    yield frame
            return
        last = frames[-1] if frames else last
        if running:
            await following.say(answer_id)
            await asyncio.sleep(POLL_SECONDS)


async def _last_seen(log: AnswerLog, answer_id: str, after: int) -> bytes:
    """The last frame that a reader of `after` frames has; who has more than there are has been told the end."""
    if not after:
        return b""
    frames, _ = await log.read(answer_id, after - 1)
    return frames[0] if frames else DONE


class RepeatedSignal:
    """Something said to another process for as long as it holds: at once, and then now and again."""

    def __init__(self, log: AnswerLog, signal: Signal) -> None:
        self._log = log
        self._signal: Signal = signal
        self._next = 0.0

    async def say(self, answer_id: str) -> None:
        """Say it, unless that was a moment ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + SIGNAL_EVERY_SECONDS
            await self._log.signal(answer_id, self._signal)
