"""The task that answers one question: it runs the chat engine, fills the answer's state and stores the turn at its end.

Created by `app.answer_streams.start`; an `AnswerStream` runs its events. The turn is stored however the answer ends.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack, aclosing
from typing import Any, Protocol

from app.answer import AnswerIdentity, AnswerState, NotSaved, StreamEvent, source_json
from app.errors import for_readers
from app.rate_limits import Asker, Limits
from app.summaries import Summaries
from engines.book import Book
from engines.events import Event, Failed, Finished, Question, TextDelta
from storage.accounts.reader import Reader
from storage.conversations.guest_memory import GuestMemory, Said
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Answer, OpenTurn
from storage.errors import BookragError, NotKeptError, StorageUnavailableError
from storage.vectors.pinned_build import PinnedBuild

logger = logging.getLogger(__name__)

UNEXPECTED = Failed("internal_error", "Something went wrong while this was written. Please ask again.")


class AnswerServices(Protocol):
    """What an answer needs of the server process."""

    @property
    def book(self) -> Book:
        """Answers questions."""
        ...

    @property
    def conversations(self) -> ConversationStore:
        """Stores turns."""
        ...

    @property
    def summaries(self) -> Summaries:
        """Summarises older turns once an answer is stored."""
        ...

    @property
    def limits(self) -> Limits:
        """Counts the model's tokens."""
        ...

    @property
    def guest_memory(self) -> GuestMemory | None:
        """Keeps the turns of readers without an account."""
        ...


class AnswerTask:
    """Answers one question; `events` runs once."""

    def __init__(
        self,
        services: AnswerServices,
        question: Question,
        identity: AnswerIdentity,
        build: PinnedBuild,
        asker: Asker,
        slot: ExitStack,
        turn: OpenTurn | None = None,
        *,
        remembers: bool = False,
    ) -> None:
        self.identity = identity
        self.state = AnswerState()
        self._services = services
        self._question = question
        self._build = build
        self._turn = turn
        self._remembers = remembers  # for a reader without an account
        self._asker = asker
        self._slot = slot
        self._started = time.monotonic()
        self._first_word_ms: float | None = None
        self._not_kept = False  # neither stored nor waiting in the outbox
        self._settling: asyncio.Future[bool] | None = None

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it is written; closing the generator closes the request to the model."""
        try:
            async with aclosing(_guarded(self._services.book.chat.answer(self._question, self._build))) as answer:
                async for event in answer:
                    self.state.take(event)
                    if self._first_word_ms is None and isinstance(event, TextDelta):
                        self._first_word_ms = self._elapsed_ms()
                    if isinstance(event, Finished | Failed) and not await self._settled_at_its_end():
                        yield NotSaved(waits=not self._not_kept)
                    yield event
        finally:
            self._slot.close()
            # Stopping an answer cancels this task; what was written is stored nevertheless.
            await self._settled()

    def abandon(self) -> None:
        """Release the reader's slot if `events` will never run, because another process answers the question."""
        self._slot.close()

    async def _settled_at_its_end(self) -> bool:
        """As `_settled`, at the end of the answer: cancelling a finished answer has no effect."""
        storing = asyncio.ensure_future(self._settled())
        while not storing.done():
            try:
                await asyncio.wait({storing})
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task:
                    task.uncancel()
        return storing.result()

    async def _settled(self) -> bool:
        """Store the turn once, whatever happens to the stream; False if it could not be saved now."""
        if self._settling is None:
            self._settling = asyncio.ensure_future(self._settle())
        return await asyncio.shield(self._settling)

    async def _settle(self) -> bool:
        saved = True
        if self._asker.reader and self._turn:
            saved = await self._store(self._asker.reader, self._turn)
            if saved:
                self._services.summaries.after(self._asker, self._turn, self.state.final)
        if self._remembers and self._services.guest_memory is not None and self.state.final.strip():
            memory = self._services.guest_memory
            await remember(memory, self.identity.conversation_id, self._question, self.state.final)
        end = self.state.end
        if end and (end.prompt_tokens or end.answer_tokens):
            await self._services.limits.tokens(self._asker, (end.prompt_tokens or 0) + (end.answer_tokens or 0))
        return saved

    async def _store(self, reader: Reader, turn: OpenTurn) -> bool:
        timing = {"total_ms": self._elapsed_ms()}
        if self._first_word_ms is not None:
            timing["first_word_ms"] = self._first_word_ms
        answer = stored_answer(self.state, self.state.build or self.identity.build, timing)
        try:
            return await self._services.conversations.finish_turn(reader, turn, answer)
        except NotKeptError:
            self._not_kept = True
            return False

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)


def stored_answer(state: AnswerState, build: str | None, timing: Mapping[str, float]) -> Answer:
    """An answer as the history keeps it, as far as it was written; `timing` in milliseconds."""
    end = state.end
    return Answer(
        text=state.final,
        complete=state.complete,
        finish_reason=end.reason if end else "stopped",
        sources=_stored_sources(state),
        build=build,
        timing=timing,
        grounded=state.grounding.grounded if state.grounding else None,
        verdict=state.grounding.verdict if state.grounding else None,
        error_code=end.code if isinstance(end, Failed) else None,
        model_version=end.model_version if end else None,
    )


def _stored_sources(state: AnswerState) -> list[dict[str, Any]]:
    """The sources under their numbers in the stored text: citations of a complete text are renumbered."""
    if state.resolved is None:
        return [source_json(source) for source in state.sources]
    cited = len(state.resolved.cited)
    return [source_json(source) | {"cited": source.number <= cited} for source in state.resolved.sources]


async def remember(memory: GuestMemory, conversation_id: str, question: Question, answer: str) -> None:
    """Keep a turn for the next question."""
    said: Sequence[Said] = (
        ("user", question.text, question.selected_text),
        ("assistant", answer, question.selected_text),
    )
    try:
        await memory.add(conversation_id, *said)
    except StorageUnavailableError as error:
        logger.warning("A turn of a reader without an account was not remembered: %s", error)


async def _guarded(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events, with any exception as a final `Failed`: after the first byte the HTTP status cannot change."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except BookragError as error:
        logger.exception("The answer broke off: %s", error.code)
        yield Failed(*for_readers(error))
    except Exception:  # the outermost edge of an answer
        logger.exception("The answer broke off")
        yield UNEXPECTED
