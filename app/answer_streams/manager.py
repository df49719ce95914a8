"""The answers of this process, and the way to those of the others; asked by the routes and `app.answer_streams.start`.

A reader who loses the connection comes back and reads on, in whichever worker process that request arrives; a stop
finds the answer there too. What every answer sends goes to the shared log as well, so that other processes can resume
it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.answer_streams.active_streams import ActiveStreams
from app.answer_streams.answer_stream import AnswerStream
from app.answer_streams.conversation_lock import ConversationLock
from app.answer_streams.log_worker import LogWorker
from app.answer_streams.remote import POLL_SECONDS, RepeatedSignal, follow_elsewhere
from storage.answers.log import AnswerKey, AnswerLog, LoggedAnswer
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

GRACE_SECONDS = 30.0  # for a phone that changes from one network to another, or a page that is loaded again
BUSY_SECONDS = 60.0  # how long a question waits for the answer before it


class AnswerStreams:
    """The running answers of this process, and the way to those of the others."""

    def __init__(
        self, log: AnswerLog, *, grace_seconds: float = GRACE_SECONDS, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self._log = log
        self._order = ConversationLock(log, busy_seconds)
        self._grace_seconds = grace_seconds
        self._here = ActiveStreams()
        self._sync = LogWorker(log, self._here)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AnswerStreams"]:
        """Keep the log up to date for as long as the block runs; at its end all answers are stopped and stored."""
        async with self._sync.running():
            try:
                yield self
            finally:
                await asyncio.gather(*(answer.stop() for answer in self._here))

    def __len__(self) -> int:
        return sum(not answer.ended for answer in self._here)

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
        answer = AnswerStream(key, grace_seconds=self._grace_seconds)
        self._here.add(answer)
        answer.start(frames)
        return answer.follow()

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
        return None  # none, or one that died with its process and is written again

    async def _previous_ended(self, place: tuple[str, str], seconds: float) -> bool:
        """Whether no answer of the conversation is being written, waiting for its end so long at most.

        One that its readers have left is ended, for they have gone on to this question.
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
        """The newest answer of a conversation, wherever it is written."""
        here = self._here.latest(conversation_id, owner)
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
        here = self._here.get(answer_id)
        return here.follow(after) if here else follow_elsewhere(self._log, answer_id, after)

    async def stop(self, answer_id: str) -> None:
        """Stop an answer, wherever it is written."""
        here = self._here.get(answer_id)
        if here:
            await here.stop()
        else:
            await self._log.signal(answer_id, "stop")
