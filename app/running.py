"""Answers that are being written in this process, apart from the connections that read them.

A reader who loses the connection comes back and reads on; one who stays away for the grace time stops the answer, and
so does one who presses stop, in whichever worker process that request arrives. What every answer sends goes to the
shared log as well, many frames in one step, so that other processes can resume it.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from app.answer_stream import broken_off, stopped
from app.ordering import ConversationOrder
from app.stream import DONE
from storage.answers.log import HEARTBEAT_SECONDS, AnswerKey, AnswerLog, LoggedAnswer, Signal, Signals
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

GRACE_SECONDS = 30.0  # for a phone that changes from one network to another, or a page that is loaded again
FLUSH_SECONDS = 0.1  # how far the log may lag behind
STOP_POLL_SECONDS = 0.3  # how soon a stop from another process is seen
SIGNAL_EVERY_SECONDS = 1.0  # how often another process says that it follows an answer, or waits for its end
BUSY_SECONDS = 60.0  # how long a question waits for the answer before it
FOLLOW_POLL_SECONDS = 0.1  # how often an answer of another process is read on
UNLOGGED_SECONDS = 60.0  # how long an ended answer is kept in memory for a log that is away


class RunningAnswer:
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


class RunningAnswers:
    """The running answers of this process, and the way to those of the others."""

    def __init__(
        self, log: AnswerLog, *, grace_seconds: float = GRACE_SECONDS, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self._log = log
        self._order = ConversationOrder(log, busy_seconds)
        self._grace_seconds = grace_seconds
        self._answers: dict[str, RunningAnswer] = {}
        self._latest: dict[tuple[str, str], RunningAnswer] = {}  # by conversation and owner

    @asynccontextmanager
    async def running(self) -> AsyncIterator["RunningAnswers"]:
        """Keep the log up to date for as long as the block runs; at its end all answers are stopped and stored."""
        tasks = [asyncio.create_task(self._flush_forever()), asyncio.create_task(self._listen_forever())]
        try:
            yield self
        finally:
            await asyncio.gather(*(answer.stop() for answer in self._answers.values()))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(StorageUnavailableError):
                await self._flush()

    def __len__(self) -> int:
        return sum(not answer.ended for answer in self._answers.values())

    @asynccontextmanager
    async def in_order(
        self, conversation_id: str, owner: str, request_key: str | None
    ) -> AsyncIterator[LoggedAnswer | None]:
        """The block's turn in a conversation: the answer before it has ended, or it is this very request's own.

        Gives the answer that the same request began before, None where there is none.
        """
        earlier = await self._same_request(conversation_id, owner, request_key)
        if earlier:
            yield earlier
            return
        place = (conversation_id, owner)
        async with self._order.line(place):
            earlier = await self._same_request(conversation_id, owner, request_key)
            if earlier:
                yield earlier
                return
            async with self._order.turn(place, lambda seconds: self._previous_ended(place, seconds)):
                # Another process may have begun this very request meanwhile.
                yield await self._same_request(conversation_id, owner, request_key)

    async def start(self, key: AnswerKey, frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """Write an answer from now on; gives its frames. An answer that another process began already is followed."""
        try:
            earlier = await self._log.begin(key)
        except StorageUnavailableError:
            logger.warning("The log of running answers is away: this one cannot be resumed elsewhere", exc_info=True)
            earlier = None
        if earlier and (earlier.running or earlier.ended):
            await frames.aclose()
            return self.follow(earlier.key.answer_id)
        answer = RunningAnswer(key, grace_seconds=self._grace_seconds)
        self._answers[key.answer_id] = answer
        self._latest[key.conversation_id, key.owner] = answer
        answer.start(frames)
        return answer.follow()

    def writes(self, answer_id: str) -> bool:
        """Whether this process writes an answer."""
        return answer_id in self._answers

    async def _same_request(self, conversation_id: str, owner: str, request_key: str | None) -> LoggedAnswer | None:
        if request_key is None:
            return None
        with contextlib.suppress(StorageUnavailableError):
            found = await self._log.find(conversation_id, owner, request_key)
            if found and (found.running or found.ended):
                return found
        return None  # none, or one that died with its process and is written again

    async def _previous_ended(self, place: tuple[str, str], seconds: float) -> bool:
        """Whether no answer of the conversation is being written, waiting for its end so long at most.

        One that its readers have left is ended, for they have gone on to this question.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        waiting = _Repeated(self._log, "awaited")
        while True:
            found = await self.find(*place)
            if found is None or not found.running:
                return True
            here = self._answers.get(found.key.answer_id)
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            if here and here.left:
                await here.stop()
            elif here:
                await here.wait(min(left, FOLLOW_POLL_SECONDS))
            else:
                await waiting.say(found.key.answer_id)
                await asyncio.sleep(FOLLOW_POLL_SECONDS)

    async def find(self, conversation_id: str, owner: str) -> LoggedAnswer | None:
        """The newest answer of a conversation, wherever it is written."""
        here = self._latest.get((conversation_id, owner))
        if here and not here.ended:
            return LoggedAnswer(here.key, running=True, ended=False)
        found = await self._log.find(conversation_id, owner)
        if found and here and found.key == here.key:  # the log hears of an end a moment later
            return LoggedAnswer(here.key, running=False, ended=True)
        return found

    async def missed(self, answer_id: str, after: int) -> list[bytes]:
        """What an answer that has ended sent behind its first `after` frames."""
        return [frame async for frame in self.follow(answer_id, after)]

    def follow(self, answer_id: str, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames of an answer, of this process or another."""
        here = self._answers.get(answer_id)
        return here.follow(after) if here else self._follow_elsewhere(answer_id, after)

    async def stop(self, answer_id: str) -> None:
        """Stop an answer, wherever it is written."""
        here = self._answers.get(answer_id)
        if here:
            await here.stop()
        else:
            await self._log.signal(answer_id, "stop")

    async def _follow_elsewhere(self, answer_id: str, after: int) -> AsyncGenerator[bytes, None]:
        last = b""
        following = _Repeated(self._log, "followed")
        while True:
            frames, running = await self._log.read(answer_id, after)
            for frame in frames:
                yield frame
            after += len(frames)
            if not running and not frames:
                if not last.endswith(DONE) and (last or not after):
                    for frame in broken_off():
                        yield frame
                return
            last = frames[-1] if frames else last
            if running:
                await following.say(answer_id)
                await asyncio.sleep(FOLLOW_POLL_SECONDS)

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._flush()
            except StorageUnavailableError:
                logger.warning("The log of running answers is away", exc_info=True)
                self._forget_unlogged()
                await asyncio.sleep(1.0)

    async def _flush(self) -> None:
        """Write what was sent since the last time, for all answers in one step."""
        grown = {item.key.answer_id: item for item in self._answers.values() if item.logged < len(item.frames)}
        ended = [item for item in self._answers.values() if item.ended]
        if grown:
            sizes = {answer_id: len(item.frames) for answer_id, item in grown.items()}
            await self._log.append({name: item.frames[item.logged : sizes[name]] for name, item in grown.items()})
            for answer_id, item in grown.items():
                item.logged = sizes[answer_id]
        done = [item for item in ended if item.logged == len(item.frames)]
        if done:
            await self._log.end([item.key.answer_id for item in done])
            for item in done:
                self._forget(item)

    def _forget_unlogged(self) -> None:
        """Let go of what ended a while ago: a log that stays away must not fill the memory."""
        before = asyncio.get_running_loop().time() - UNLOGGED_SECONDS
        for answer in [item for item in self._answers.values() if item.ended_at < before]:
            self._forget(answer)

    def _forget(self, answer: RunningAnswer) -> None:
        """Leave an ended answer to the log."""
        self._answers.pop(answer.key.answer_id, None)
        place = (answer.key.conversation_id, answer.key.owner)
        if self._latest.get(place) is answer:
            del self._latest[place]

    async def _listen_forever(self) -> None:
        """Say that the answers of this process are alive, and stop those that another process was asked to stop."""
        while True:
            await asyncio.sleep(STOP_POLL_SECONDS)
            running = [answer_id for answer_id, answer in self._answers.items() if not answer.ended]
            if not running:
                continue
            try:
                for answer_id, signals in (await self._log.heartbeat(running)).items():
                    if answer_id in self._answers:
                        self._answers[answer_id].heed(signals)
            except StorageUnavailableError:
                logger.warning("The log of running answers is away", exc_info=True)
                await asyncio.sleep(HEARTBEAT_SECONDS)


class _Repeated:
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
