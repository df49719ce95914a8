"""One answer that is being written in a task of its own, and the readers who follow it; begun by `AnswerStreams`.

A reader who loses the connection comes back and reads on; when none has come back for the grace time, the request to
the model is closed, and what was written until then is stored.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.ui_message_stream import broken_off, stopped
from storage.answers.log import AnswerKey, Signals

logger = logging.getLogger(__name__)


class AnswerStream:
    """One answer with everything it has sent; any number of connections follow it."""

    def __init__(self, key: AnswerKey, *, grace_seconds: float) -> None:
        self.key = key
        self.frames: list[bytes] = []
        self.ended = False
        self.logged = 0  # frames that the log has
        self._grace_seconds = grace_seconds
        self._waiting: list[asyncio.Future[None]] = []
        self._followers = 0
        self.left = False  # by all who followed it
        self._leaving: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.ended_at = math.inf  # on the loop's clock

    def start(self, frames: AsyncGenerator[bytes, None]) -> None:
        """Begin to write, in a task of its own."""
        self._task = asyncio.create_task(self._write(frames), name=f"answer {self.key.answer_id}")
        self._wait_for_followers()

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames behind the first `after`: those that were sent, then those to come."""
        self._followers += 1
        self.left = False
        if self._leaving:
            self._leaving.cancel()
            self._leaving = None
        try:
            while True:
                while after < len(self.frames):
                    after += 1
                    yield self.frames[after - 1]
                if self.ended:
                    return
                change = asyncio.get_running_loop().create_future()
                self._waiting.append(change)
                await change
        finally:
            self._followers -= 1
            if not self._followers:
                self.left = True
                self._wait_for_followers()

    def cancel(self) -> None:
        """Close the request to the model; once, for a second cancelling would cut short the storing."""
        if self._task and not self._task.done() and not self._stopping:
            self._stopping = True
            self._task.cancel()

    def heed(self, signals: Signals) -> None:
        """Do what other processes say."""
        if signals.stop or (signals.awaited and self.left and not signals.followed):
            self.cancel()
        elif signals.followed and not self._followers:
            self.left = False
            self._wait_for_followers()

    async def stop(self) -> None:
        """Close the request to the model, and return when what was written is stored."""
        await asyncio.sleep(0)  # a task that never ran could not store anything
        self.cancel()
        if self._task and not self._task.done():
            await asyncio.wait({self._task})

    async def wait(self, seconds: float) -> None:
        """Return when the answer has ended, or after so long."""
        if self._task:
            await asyncio.wait({self._task}, timeout=seconds)

    def _wait_for_followers(self) -> None:
        if not self.ended:
            loop = asyncio.get_running_loop()
            if self._leaving:
                self._leaving.cancel()
            self._leaving = loop.call_later(self._grace_seconds, self.cancel)

    async def _write(self, frames: AsyncGenerator[bytes, None]) -> None:
        try:
            async with aclosing(frames):
                async for frame in frames:
                    self.frames.append(frame)
                    self._wake()
        except asyncio.CancelledError:
            self.frames.extend(stopped(self.frames))
            raise
        except Exception:  # the outermost edge of an answer
            logger.exception("The answer %s broke off", self.key.answer_id)
            self.frames.extend(broken_off())
        finally:
            self.ended = True
            self.ended_at = asyncio.get_running_loop().time()
            if self._leaving:
                self._leaving.cancel()
            self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if not change.done():
                change.set_result(None)
