"""Stores answers whose process died, as far as the log has them; the first process that finds one does it.

`app.answer_streams.manager` runs it at the start of a process and every few seconds.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from app.answer_json import ANSWER_LOST, stored_answer
from app.ui_message_stream import decode
from storage.accounts.reader import Reader
from storage.conversations.store import ConversationStore
from storage.conversations.turns import OpenTurn, TurnRequest
from storage.errors import BookragError, StorageUnavailableError
from storage.running_answers.store import DEAD_AFTER_SECONDS, AnswerKey, RunningAnswers

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 5.0
STOOD_STILL_SECONDS = 2.0  # a longer gap means the machine stood still, and with it processes that are alive


class LostAnswers:
    """Takes lost answers from the log and stores them in their readers' history."""

    def __init__(
        self, log: RunningAnswers, conversations: ConversationStore, on_lost: Callable[[int], object] = int
    ) -> None:
        """`on_lost` is called with the number of lost answers whenever some were found."""
        self._on_lost = on_lost
        self._log = log
        self._conversations = conversations

    async def watch(self) -> None:
        """Look for lost answers for as long as the process runs."""
        now = asyncio.get_running_loop().time
        while True:
            pause = LOOK_EVERY_SECONDS
            try:
                await self.store()
            except StorageUnavailableError:
                logger.warning("The log of running answers is unavailable: lost answers are looked for later")
                pause = DEAD_AFTER_SECONDS  # no process could send its heartbeat
            until = now() + pause
            await asyncio.sleep(pause)
            if now() > until + STOOD_STILL_SECONDS:
                await asyncio.sleep(DEAD_AFTER_SECONDS)

    async def store(self) -> int:
        """Store every lost answer that no other process has taken; returns their number."""
        lost = await self._log.take_lost()
        if lost:
            self._on_lost(len(lost))
        for key, frames in lost:
            if key.owner:  # nothing is stored for readers without a token
                await self._store(key, frames)
        return len(lost)

    async def _store(self, key: AnswerKey, frames: Sequence[bytes]) -> None:
        identity, state = decode(frames)
        if state.end is None:
            state.take(ANSWER_LOST)
        build = state.build or (identity.build if identity else None)
        try:
            await self._conversations.finish_turn(_reader(key), _turn(key), stored_answer(state, build, {}))
        except (BookragError, ValueError) as error:
            logger.warning("An answer whose process died could not be stored: %s", error)
        else:
            logger.warning("An answer whose process died was stored as far as it was written")


def _reader(key: AnswerKey) -> Reader:
    """The reader, without a token: if the store needs one, the answer waits in the outbox until the reader returns."""
    return Reader(UUID(key.owner), is_guest=False, access_token="", expires_at=0)


def _turn(key: AnswerKey) -> OpenTurn:
    conversation, answer = UUID(key.conversation_id), UUID(key.answer_id)
    request = TurnRequest(conversation, idempotency_key=key.answer_id)
    return OpenTurn(conversation, answer, answer, "", request=request)
