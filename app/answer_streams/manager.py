"""Running answers, in this process and in others: start, find, follow and stop them; called by `start` and the routes.

A reader who loses the connection can resume in any worker process, and a stop reaches the answer from any of them,
because every answer's frames also go to a log that the processes share.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from app.answer_state import AnswerIdentity, AnswerState, StreamEvent
from app.answer_streams.answer_stream import ActiveStreams, AnswerStream
from app.answer_streams.conversation_lock import ConversationLock
from app.answer_streams.lost_answers import LostAnswers
from app.answer_streams.shared_log import POLL_SECONDS, LogWorker, RemoteAnswer, RepeatedSignal
from storage.answers.log import AnswerKey, AnswerLog, LoggedAnswer
from storage.conversations.store import ConversationStore
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

GRACE_SECONDS = 30.0  # for a phone that changes networks, or a page that is reloaded
BUSY_SECONDS = 60.0  # how long a question waits for the previous answer


class Answer(Protocol):
    """An answer that a route sends, as a stream or as one JSON object."""

    def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`."""
        ...

    async def json(self) -> dict[str, Any]:
        """The whole answer, once it has ended."""
        ...


class AnswerStreams:
    """The running answers of this process, and access to those of other processes."""

    def __init__(
        self,
        log: AnswerLog,
        conversations: ConversationStore | None = None,
        *,
        grace_seconds: float = GRACE_SECONDS,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._lost = LostAnswers(log, conversations) if conversations else None
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

        Gives the answer that the same request started before, None if there is none.
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
        try:
            earlier = await self._log.begin(key)
        except StorageUnavailableError:
            logger.warning("The log of running answers is unavailable: another process cannot resume this answer")
            earlier = None
        if earlier and (earlier.running or earlier.ended):
            await events.aclose()
            return self.answer(earlier.key.answer_id)
        answer = AnswerStream(key, identity, state, grace_seconds=self._grace_seconds)
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
        return None  # none, or one whose process died and which is written again

    async def _previous_ended(self, place: tuple[str, str], seconds: float) -> bool:
        """Whether no answer of the conversation is being written; waits at most `seconds` for its end.

        An answer that nobody follows any more is stopped: its reader has moved on to this question.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        waiting = RepeatedSignal(self._log, "awaited")
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
                await waiting.say(found.key.answer_id)
                await asyncio.sleep(POLL_SECONDS)

    async def find(self, conversation_id: str, owner: str) -> LoggedAnswer | None:
        """The newest answer of a conversation, in any process."""
        here = self._here.latest(conversation_id, owner)
        if here and not here.ended:
            return LoggedAnswer(here.key, running=True, ended=False)
        found = await self._log.find(conversation_id, owner)
        if found and here and found.key == here.key:  # the log is told of the end a moment later
            return LoggedAnswer(here.key, running=False, ended=True)
        return found

    def answer(self, answer_id: str) -> Answer:
        """An answer of this process or another."""
        return self._here.get(answer_id) or RemoteAnswer(self._log, answer_id)

    async def stop(self, answer_id: str) -> None:
        """Stop an answer, in any process."""
        here = self._here.get(answer_id)
        if here:
            await here.stop()
        else:
            await self._log.signal(answer_id, "stop")
