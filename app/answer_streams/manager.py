"""Running answers, in this process and in others: start, find, follow and stop them; called by `start` and the routes.

Each answer that this process writes has a task of its own, apart from the connections that follow it. A reader who
loses the connection can return and read on, in any worker process; if nobody returns within the grace period, the
request to the model is closed and what was written until then is stored. A stop reaches the answer from any process,
because the frames of every answer also go to a log that the processes share. `RemoteAnswer` follows an answer that
another process writes; `LogWorker` writes our own to the log for as long as the server runs.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Protocol

from app.answer_json import ANSWER_LOST, AnswerIdentity, AnswerState, StreamEvent, answer_json
from app.answer_streams.conversation_lock import ConversationLock
from app.answer_streams.lost_answers import LostAnswers
from app.answer_streams.remote_answer import AWAY_SECONDS, POLL_SECONDS, RemoteAnswer, RepeatedSignal
from app.ui_message_stream import UiMessageEncoder, lost_frames
from storage.conversations.store import ConversationStore
from storage.errors import StorageUnavailableError
from storage.running_answers.store import AnswerKey, LoggedAnswer, RunningAnswers, Signals

logger = logging.getLogger(__name__)

GRACE_SECONDS = 30.0  # for a phone that changes networks, or a page that is reloaded
BUSY_SECONDS = 60.0  # how long a question waits for the previous answer
FLUSH_SECONDS = 0.1  # how far the log may lag behind
CANCEL_AGAIN_SECONDS = 0.5
STOP_POLL_SECONDS = 0.3  # how soon a stop from another process is seen
UNLOGGED_SECONDS = 60.0  # how long an ended answer is kept in memory while the log is unavailable


class Answer(Protocol):
    """An answer that a route sends, as a stream or as one JSON object."""

    def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`, one or more at a time."""

    async def json(self) -> dict[str, Any]:
        """The whole answer, once it has ended."""


class AnswerStreams:
    """The running answers of this process, and access to those of other processes."""

    def __init__(
        self,
        log: RunningAnswers,
        conversations: ConversationStore | None = None,
        *,
        grace_seconds: float = GRACE_SECONDS,
        busy_seconds: float = BUSY_SECONDS,
        on_lost: Callable[[int], object] = int,
    ) -> None:
        """`on_lost` is called with the number of lost answers whenever some are found, once for each."""
        self._lost = LostAnswers(log, conversations, on_lost) if conversations else None
        self._on_lost = on_lost
        self._log = log
        self._order = ConversationLock(log, busy_seconds)
        self._grace_seconds = grace_seconds
        self._here = ActiveStreams()
        self._sync = LogWorker(log, self._here)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AnswerStreams"]:
        """Keep the log up to date while the block runs; at its end, stop and store all answers."""
        async with self._sync.running():
            watching = asyncio.create_task(self._lost.watch(), name="lost answers") if self._lost else None
            try:
                yield self
            finally:
                if watching:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                await asyncio.gather(*(answer.stop() for answer in self._here))

    def __len__(self) -> int:
        return sum(not answer.ended for answer in self._here)

    @asynccontextmanager
    async def in_order(
        self, conversation_id: str, owner: str, request_key: str | None
    ) -> AsyncIterator[LoggedAnswer | None]:
        """Wait until the conversation's previous answer has ended, or return at once if this request has one already.

        Returns the answer that the same request started before, or None.
        """
        earlier = await self._same_request(conversation_id, owner, request_key)
        if earlier:
            yield earlier
            return
        place = (conversation_id, owner)
        async with self._order.in_process(place):
            earlier = await self._same_request(conversation_id, owner, request_key)
            if earlier:
                yield earlier
                return
            async with self._order.across_processes(place, lambda seconds: self._previous_ended(place, seconds)):
                # Another process may have started this request in the meantime.
                yield await self._same_request(conversation_id, owner, request_key)

    async def start(
        self,
        key: AnswerKey,
        events: AsyncGenerator[StreamEvent, None],
        identity: AnswerIdentity,
        state: AnswerState | None = None,
    ) -> Answer:
        """Start writing an answer from its events, which fill `state`.

        If another process has started it already, `events` is closed and the other process's answer is returned.
        """
        begun, earlier = True, None
        try:
            earlier = await self._log.begin(key)
        except StorageUnavailableError:
            logger.warning("The log of running answers is unavailable: an answer will be added to it later")
            begun = False
        if earlier and (earlier.running or earlier.ended):
            await events.aclose()
            return self.answer(earlier.key.answer_id)
        if earlier and not earlier.taken:  # its reader came back before the search for lost answers
            self._on_lost(1)
        answer = AnswerStream(key, identity, state, grace_seconds=self._grace_seconds)
        answer.begun = begun
        self._here.add(answer)
        answer.start(events)
        return answer

    def writes(self, answer_id: str) -> bool:
        """Whether this process writes an answer."""
        return answer_id in self._here

    async def _same_request(self, conversation_id: str, owner: str, request_key: str | None) -> LoggedAnswer | None:
        if request_key is None:
            return None
        with suppress(StorageUnavailableError):
            found = await self._log.find(conversation_id, owner, request_key)
            if found and (found.running or found.ended):
                return found
        return None  # none, or one whose process died and which is being written again

    async def _previous_ended(self, place: tuple[str, str], seconds: float) -> bool:
        """Whether no answer of the conversation is being written; waits at most `seconds` for its end.

        An answer that nobody follows any more is stopped: its reader has moved on to this question.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        waiting: RepeatedSignal | None = None  # created if another process writes the answer
        while True:
            found = await self.find(*place)
            if found is None or not found.running:
                return True
            here = self._here.get(found.key.answer_id)
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            if here and here.left:
                await here.stop()
            elif here:
                await here.wait(min(left, POLL_SECONDS))
            else:
                waiting = waiting or RepeatedSignal(self._log, "awaited")
                await waiting.say(found.key.answer_id)
                await asyncio.sleep(POLL_SECONDS)

    async def find(self, conversation_id: str, owner: str) -> LoggedAnswer | None:
        """The newest answer of a conversation, in any process."""
        here = self._here.latest(conversation_id, owner)
        if here and not here.ended:
            return LoggedAnswer(here.key, running=True, ended=False)
        found = await self._log.find(conversation_id, owner)
        if found and here and found.key == here.key:  # the log learns of the end a moment later
            return LoggedAnswer(here.key, running=False, ended=True)
        return found

    def answer(self, answer_id: str) -> Answer:
        """An answer of this process or another."""
        return self._here.get(answer_id) or RemoteAnswer(self._log, answer_id)

    async def stop_all(self, owner: str) -> None:
        """Stop the answers that this process writes for one reader, and return when they are stored."""
        await asyncio.gather(*(answer.stop() for answer in self._here if answer.key.owner == owner))

    async def stop(self, answer_id: str) -> None:
        """Stop an answer, in any process."""
        here = self._here.get(answer_id)
        if here:
            await here.stop()
        else:
            await self._log.signal(answer_id, "stop")


class AnswerStream:
    """One answer that this process writes, with every frame that it has sent; any number of connections follow it."""

    def __init__(
        self, key: AnswerKey, identity: AnswerIdentity, state: AnswerState | None = None, *, grace_seconds: float
    ) -> None:
        self.key = key
        self.identity = identity
        self.state = state or AnswerState()
        self._encoder = UiMessageEncoder(identity)
        self.frames: list[bytes] = []
        self.ended = False
        self.begun = True  # whether the log knows of it
        self.logged = 0  # frames that the log has
        self._grace_seconds = grace_seconds
        self._waiting: list[asyncio.Future[None]] = []
        self._followers = 0
        self.left = False  # whether all its followers have disconnected
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
        """The frames after the first `after`: those already sent, then new ones; available frames come together."""
        self._followers += 1
        self.left = False
        if self._leaving:
            self._leaving.cancel()
            self._leaving = None
        try:
            while True:
                while after < len(self.frames):
                    missed = self.frames[after:]
                    after += len(missed)
                    yield b"".join(missed)  # each write to a socket costs as much as a dozen frames
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
        """Close the request to the model, only once: a second cancellation would interrupt storing the turn."""
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
        await asyncio.sleep(0)  # a task that has not started could not store anything
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


class LogWorker:
    """Writes the frames of this process's answers to the log, and obeys the signals of other processes.

    One loop writes the new frames of all answers in one step; another sends their heartbeat, which returns the signals.
    """

    def __init__(self, log: RunningAnswers, answers: ActiveStreams) -> None:
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
            except StorageUnavailableError as error:
                logger.warning("The log of running answers is unavailable: %s", error.__cause__ or error)
                self._answers.forget_unlogged()
                await asyncio.sleep(AWAY_SECONDS)

    async def _flush(self) -> None:
        """Write the frames since the last flush, for all answers in one step."""
        for item in [item for item in self._answers if not item.begun]:
            await self._begin(item)
        known = [item for item in self._answers if item.begun]
        grown = {item.key.answer_id: item for item in known if item.logged < len(item.frames)}
        ended = [item for item in known if item.ended]
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

    async def _begin(self, item: AnswerStream) -> None:
        """Begin an answer in the log if that was unavailable before, unless its request was repeated elsewhere.

        Then another process's answer is the one to resume; this one is written to its end and stored as well.
        """
        earlier = await self._log.begin(item.key)
        item.begun = earlier is None or not (earlier.running or earlier.ended)
        if item.ended and not item.begun:
            self._answers.forget(item)

    async def _listen_forever(self) -> None:
        """Send the heartbeat of this process's answers, and stop those that another process was asked to stop."""
        while True:
            await asyncio.sleep(STOP_POLL_SECONDS)
            running = [item.key.answer_id for item in self._answers if item.begun and not item.ended]
            if not running:
                continue
            try:
                for answer_id, signals in (await self._log.heartbeat(running)).items():
                    answer = self._answers.get(answer_id)
                    if answer:
                        answer.heed(signals)
            except StorageUnavailableError as error:
                logger.warning("The log of running answers is unavailable: %s", error.__cause__ or error)
                await asyncio.sleep(AWAY_SECONDS)


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel until they have ended: a client that receives its reply at that moment may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
