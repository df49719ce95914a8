"""A conversation store that loses nothing: while the store behind it cannot be reached, turns wait in the outbox.

Wraps either store and is one itself. Ids are chosen before anything is stored, so that storing a turn is idempotent: it
is stored once even if a call times out after the store has done its work.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar
from uuid import UUID, uuid4

from cachetools import LRUCache

from storage.accounts.reader import Reader
from storage.conversations.outbox import Outbox, WaitingTurn
from storage.conversations.rows import turn_ids
from storage.conversations.store import ConversationStore
from storage.conversations.turns import (
    Answer,
    Conversation,
    ConversationPage,
    Message,
    OpenConversation,
    OpenTurn,
    Summary,
    TurnRequest,
)
from storage.errors import (
    AccountGoneError,
    AuthenticationError,
    BookragError,
    NotFoundError,
    NotKeptError,
    StorageUnavailableError,
)

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

BEGIN_SECONDS = 2.0  # how long an answer may wait for its history
FAILURES, AWAY_SECONDS = 3, 3.0  # after so many failures in a row it is not called, so that not every reader waits
FLUSH_SECONDS = 5.0
DELETE_OLD_SECONDS = 3_600.0
CLAIM_SECONDS = 1.0
AWAY = "The history cannot be reached just now."
NOT_KEPT = "This answer could not be saved in your history."
KNOWN_READERS = 10_000


class SavedConversations:
    """The store that the app uses."""

    def __init__(self, store: ConversationStore, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        self._away_until = 0.0
        self._failures = 0  # in a row
        self._readers: LRUCache[UUID, Reader] = LRUCache(KNOWN_READERS)  # whose tokens may store waiting turns
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the tasks that empty the outbox and delete old conversations."""
        self._tasks = [asyncio.create_task(work) for work in (self._flush_forever(), self._delete_old_forever())]

    async def begin_turn(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        """See ConversationStore; if the store cannot be reached, returns an unstored turn instead of raising."""
        request = _with_key(request)
        await self._flush_before(reader)
        try:
            turn = await self._ask(lambda: self._store.begin_turn(reader, request), BEGIN_SECONDS)
        except StorageUnavailableError:
            if request.trigger == "regenerate":
                raise  # only the store has the question
            logger.warning("A turn begins without its history: the store cannot be reached")
            return await asyncio.to_thread(self._unstored, reader, request)
        return replace(turn, request=request)

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        """See ConversationStore; False if the turn went to the outbox.

        Raises NotKeptError if the outbox cannot be written, or if the store will never accept the turn, which is set
        aside.
        """
        self._remember(reader)
        refused: BookragError | None = None
        if turn.stored:
            try:
                await self._ask(lambda: self._store.finish_turn(reader, turn, answer))
            except (StorageUnavailableError, AuthenticationError):
                logger.warning("An answer could not be stored and waits in the outbox")
            except BookragError as error:
                refused = error
            else:
                return True
        try:
            path = await asyncio.to_thread(self._outbox.add, reader.id, turn, answer)
            if refused is not None:
                self._outbox.reject(path, refused.code)
        except OSError as error:
            logger.error("The outbox cannot be written and an answer is lost: %s", error)  # noqa: TRY400  # says all
            raise NotKeptError(NOT_KEPT) from None
        if refused is not None:
            raise NotKeptError(NOT_KEPT) from refused
        return False

    async def save_summary(self, reader: Reader, conversation_id: UUID, summary: Summary) -> None:
        """See ConversationStore."""
        await self._store.save_summary(reader, conversation_id, summary)

    async def page(
        self, reader: Reader, *, limit: int = 20, cursor: str | None = None, search: str | None = None
    ) -> ConversationPage:
        """See ConversationStore."""
        await self._flush_before(reader)
        return await self._store.page(reader, limit=limit, cursor=cursor, search=search)

    async def get(self, reader: Reader, conversation_id: UUID) -> Conversation:
        """See ConversationStore."""
        async with self._in_order(reader, conversation_id):
            return await self._store.get(reader, conversation_id)

    async def open(self, reader: Reader, conversation_id: UUID) -> OpenConversation:
        """See ConversationStore."""
        async with self._in_order(reader, conversation_id):
            return await self._store.open(reader, conversation_id)

    async def rename(self, reader: Reader, conversation_id: UUID, title: str) -> Conversation:
        """See ConversationStore."""
        async with self._in_order(reader, conversation_id):
            return await self._store.rename(reader, conversation_id, title)

    async def delete(self, reader: Reader, conversation_id: UUID) -> None:
        """See ConversationStore; its waiting turns are deleted as well."""
        await asyncio.to_thread(self._outbox.forget, reader.id, conversation_id)
        await self._store.delete(reader, conversation_id)

    async def delete_all(self, reader: Reader) -> int:
        """See ConversationStore; the outbox is emptied, too."""
        await asyncio.to_thread(self._outbox.forget, reader.id)
        return await self._store.delete_all(reader)

    async def delete_old(self) -> None:
        """See ConversationStore."""
        await self._store.delete_old()

    async def close(self) -> None:
        """Stop the tasks; what is in the outbox is stored after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.close()

    async def flush(self, reader: Reader) -> None:
        """Store a reader's waiting turns, in order; raises StorageUnavailableError at the first that fails."""
        async with self._claimed(reader.id) as claimed:
            for waiting in await asyncio.to_thread(self._outbox.waiting, reader.id) if claimed else []:
                try:
                    await self._store_waiting(reader, waiting)
                except AccountGoneError:
                    await asyncio.to_thread(self._outbox.forget, reader.id)
                    return
                except (StorageUnavailableError, AuthenticationError):
                    raise
                except BookragError as error:
                    self._outbox.reject(waiting.path, error.code)
                else:
                    waiting.path.unlink(missing_ok=True)

    @asynccontextmanager
    async def _claimed(self, reader_id: UUID) -> AsyncIterator[bool]:
        """The reader's outbox for this process alone, after a short wait if another process holds it."""
        patience = time.monotonic() + CLAIM_SECONDS
        while True:
            with self._outbox.claim(reader_id) as claimed:
                if claimed or time.monotonic() > patience or self._outbox.is_empty(reader_id):
                    yield claimed
                    return
            await asyncio.sleep(0.05)

    @asynccontextmanager
    async def _in_order(self, reader: Reader, conversation_id: UUID) -> AsyncIterator[None]:
        """Store waiting turns first; StorageUnavailableError for a conversation that is only in the outbox then."""
        await self._flush_before(reader)
        try:
            yield
        except NotFoundError:
            waiting = await asyncio.to_thread(self._outbox.waiting, reader.id)
            if any(turn.request.conversation_id == conversation_id for turn in waiting):
                raise StorageUnavailableError(AWAY) from None
            raise

    async def _store_waiting(self, reader: Reader, waiting: WaitingTurn) -> None:
        if waiting.begun:
            turn = OpenTurn(waiting.request.conversation_id, waiting.answer_id, waiting.answer_id, waiting.question)
        else:
            turn = await self._ask(lambda: self._store.begin_turn(reader, waiting.request))
        await self._ask(lambda: self._store.finish_turn(reader, turn, waiting.answer))

    async def _flush_before(self, reader: Reader) -> None:
        """Store waiting turns before a read, to keep the order; if the store is unreachable the read will raise."""
        self._remember(reader)
        if self._outbox.is_empty(reader.id):
            return
        try:
            await self.flush(reader)
        except (StorageUnavailableError, AuthenticationError, OSError) as error:
            logger.info("Turns stay in the outbox: %s", type(error).__name__)

    def waiting(self) -> int:
        """How many turns wait in the outbox, of all readers."""
        return sum(len(self._outbox.waiting(reader_id)) for reader_id in self._outbox.readers())

    async def _delete_old_forever(self) -> None:
        while True:
            try:
                await self.delete_old()
            except StorageUnavailableError as error:
                logger.warning("Old conversations were not deleted: %s", error)
            await asyncio.sleep(DELETE_OLD_SECONDS)

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            for reader_id in await asyncio.to_thread(self._outbox.readers):
                reader = self._readers.get(reader_id)
                if reader is None or reader.expires_at < time.time():
                    continue
                try:
                    await self.flush(reader)
                except StorageUnavailableError:
                    break
                except AuthenticationError:
                    self._readers.pop(reader_id, None)

    async def _ask(self, call: Callable[[], Awaitable[ResultT]], seconds: float | None = None) -> ResultT:
        """The store's result; raises at once while the store is left alone after several failures."""
        if time.monotonic() < self._away_until:
            raise StorageUnavailableError(AWAY)
        try:
            async with asyncio.timeout(seconds):
                result = await call()
        except (TimeoutError, StorageUnavailableError) as exc:
            self._failures += 1
            if self._failures >= FAILURES:
                self._away_until = time.monotonic() + AWAY_SECONDS
            raise StorageUnavailableError(AWAY) from exc
        self._failures = 0
        return result

    def _remember(self, reader: Reader) -> None:
        """Keep the latest token of recent readers, for storing their waiting turns."""
        if reader.access_token:  # the reader of a lost answer comes without a token; one may be here already
            self._readers[reader.id] = reader

    def _unstored(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        """A turn begun without the store; its history is the waiting turns of the outbox."""
        question_id, answer_id = turn_ids(request)
        history = [
            message
            for waiting in self._outbox.waiting(reader.id)
            if waiting.request.conversation_id == request.conversation_id
            for message in _messages(waiting)
        ]
        return OpenTurn(
            conversation_id=request.conversation_id,
            question_id=question_id,
            answer_id=answer_id,
            question=request.question,
            selected_text=request.selected_text,
            page_url=request.page_url,
            history=tuple(history[-request.history_limit :]) if request.history_limit else (),
            stored=False,
            request=request,
        )


def _with_key(request: TurnRequest) -> TurnRequest:
    """The request with an idempotency key, made if there is none, so that storing it again makes no other turn."""
    if request.idempotency_key or (request.client_id and request.trigger == "submit"):
        return request
    return replace(request, idempotency_key=uuid4().hex)


def _messages(waiting: WaitingTurn) -> tuple[Message, Message]:
    """A waiting turn's messages, as the history will show them."""
    request, answer = waiting.request, waiting.answer
    question_id, _ = turn_ids(request)
    question = Message(
        question_id, "user", waiting.question, "complete", waiting.since, selected_text=request.selected_text
    )
    return question, Message(
        waiting.answer_id,
        "assistant",
        answer.text,
        "complete" if answer.complete else "incomplete",
        waiting.since,
        parent_id=question_id,
        sources=tuple(answer.sources),
        finish_reason=answer.finish_reason,
    )
