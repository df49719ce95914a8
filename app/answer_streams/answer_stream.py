"""The answers that this process writes, each in a task of its own, apart from the connections that follow it.

`AnswerStreams` starts and finds them. A reader who loses the connection comes back and reads on; if nobody comes back
within the grace time, the request to the model is closed and what was written until then is stored.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from app.answer import ANSWER_LOST, AnswerIdentity, AnswerState, StreamEvent, answer_json
from app.ui_message_stream import UiMessageEncoder, lost_frames
from storage.answers.log import AnswerKey, Signals

logger = logging.getLogger(__name__)

UNLOGGED_SECONDS = 60.0  # how long an ended answer is kept in memory while the log is unavailable


class AnswerStream:
    """One answer with every frame that it has sent; any number of connections follow it."""

    def __init__(
        self, key: AnswerKey, identity: AnswerIdentity, state: AnswerState | None = None, *, grace_seconds: float
    ) -> None:
        self.key = key
        self.identity = identity
        self.state = state or AnswerState()
        self._encoder = UiMessageEncoder(identity)
        self.frames: list[bytes] = []
        self.ended = False
        self.logged = 0  # frames that the log has
        self._grace_seconds = grace_seconds
        self._waiting: list[asyncio.Future[None]] = []
        self._followers = 0
        self.left = False  # whether everybody who followed it has disconnected
        self._leaving: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.ended_at = math.inf  # on the loop's clock

    def start(self, events: AsyncGenerator[StreamEvent, None]) -> None:
        """Write the answer in a task of its own; `events` fill the state and are closed at the end."""
        self._task = asyncio.create_task(self._write(events), name=f"answer {self.key.answer_id}")
        self._wait_for_followers()

    async def json(self) -> dict[str, Any]:
        """The whole answer as one JSON object, once it has ended."""
        async with aclosing(self.follow()) as frames:
            async for _ in frames:
                pass
        return answer_json(self.identity, self.state)

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`: those that were sent, then those to come."""
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
        """Close the request to the model; only once, because a second cancellation would interrupt storing the turn."""
        if self._task and not self._task.done() and not self._stopping:
            self._stopping = True
            self._task.cancel()

    def heed(self, signals: Signals) -> None:
        """Obey the signals of other processes."""
        if signals.stop or (signals.awaited and self.left and not signals.followed):
            self.cancel()
        elif signals.followed and not self._followers:
            self.left = False
            self._wait_for_followers()

    async def stop(self) -> None:
        """Close the request to the model, and return when what was written is stored."""
        await asyncio.sleep(0)  # a task that has not run yet could not store anything
        self.cancel()
        if self._task and not self._task.done():
            await asyncio.wait({self._task})

    async def wait(self, seconds: float) -> None:
        """Return when the answer has ended, or after `seconds`."""
        if self._task:
            await asyncio.wait({self._task}, timeout=seconds)

    def _wait_for_followers(self) -> None:
        if not self.ended:
            loop = asyncio.get_running_loop()
            if self._leaving:
                self._leaving.cancel()
            self._leaving = loop.call_later(self._grace_seconds, self.cancel)

    async def _write(self, events: AsyncGenerator[StreamEvent, None]) -> None:
        try:
            self._send(self._encoder.start())
            async with aclosing(events):
                async for event in events:
                    self._send(self._encoder.event(event))
            self._send(self._encoder.end())
        except asyncio.CancelledError:
            self.frames.extend(self._encoder.stopped())
            raise
        except Exception:  # the outermost edge of an answer
            logger.exception("The answer %s broke off", self.key.answer_id)
            self.state.take(ANSWER_LOST)
            self.frames.extend(lost_frames())
        finally:
            self.ended = True
            self.ended_at = asyncio.get_running_loop().time()
            if self._leaving:
                self._leaving.cancel()
            self._wake()

    def _send(self, frames: list[bytes]) -> None:
        self.frames.extend(frames)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if not change.done():
                change.set_result(None)


class ActiveStreams:
    """Answers by id, and the newest of each conversation and owner; ended answers stay until the log has them."""

    def __init__(self) -> None:
        self._answers: dict[str, AnswerStream] = {}
        self._latest: dict[tuple[str, str], AnswerStream] = {}  # by conversation and owner

    def __iter__(self) -> Iterator[AnswerStream]:
        return iter(self._answers.values())

    def __contains__(self, answer_id: str) -> bool:
        return answer_id in self._answers

    def add(self, answer: AnswerStream) -> None:
        """Add an answer as the newest of its conversation."""
        self._answers[answer.key.answer_id] = answer
        self._latest[answer.key.conversation_id, answer.key.owner] = answer

    def get(self, answer_id: str) -> AnswerStream | None:
        """The answer with this id; None if this process does not write it."""
        return self._answers.get(answer_id)

    def latest(self, conversation_id: str, owner: str) -> AnswerStream | None:
        """The newest answer of a conversation that this process writes."""
        return self._latest.get((conversation_id, owner))

    def forget(self, answer: AnswerStream) -> None:
        """Remove an ended answer; the log has it."""
        self._answers.pop(answer.key.answer_id, None)
        place = (answer.key.conversation_id, answer.key.owner)
        if self._latest.get(place) is answer:
            del self._latest[place]

    def forget_unlogged(self) -> None:
        """Remove answers that ended a while ago, so that an unavailable log does not fill the memory."""
        before = asyncio.get_running_loop().time() - UNLOGGED_SECONDS
        for answer in [item for item in self if item.ended_at < before]:
            self.forget(answer)
