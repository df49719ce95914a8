"""Starts the answer to a chat request and writes it; a repeated request gets its existing answer.

`start_answer` is called by `app.routes.chat`; the question is stored before a model is asked. `AnswerTask` answers one
question: it runs the chat engine, fills the answer's state, and stores the turn at its end, however the answer ends. An
`AnswerStream` runs its events.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, aclosing, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

from app.answer_json import AnswerIdentity, AnswerState, NotSaved, StreamEvent, stored_answer, stored_json
from app.answer_streams.manager import Answer, AnswerStreams
from app.chat_request import ChatBody, ChatRequest
from app.conversation_summaries import Summaries, known_of, said
from app.errors import for_readers, log_error
from app.rate_limits import Asker, Limits
from app.service_metrics import Metrics
from app.ui_message_stream import stored_frames
from engines.book import Book
from engines.events import Event, Failed, Finished, Question, TextDelta, Turn
from engines.instrumentation import QuestionSpan
from storage.accounts.reader import Profile, Reader
from storage.conversations.guest_memory import GuestMemory, Said
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Message, OpenTurn, TurnRequest
from storage.errors import BookragError, NotFoundError, NotKeptError, StorageUnavailableError
from storage.running_answers.store import AnswerKey
from storage.vectors.qdrant_vector_store import PinnedBuild

logger = logging.getLogger(__name__)

UNEXPECTED = Failed("internal_error", "Something went wrong while this was written. Please ask again.")


class AnswerServices(Protocol):
    """The services of the server process that an answer needs."""

    @property
    def book(self) -> Book:
        """Answers questions."""

    @property
    def answers(self) -> AnswerStreams:
        """The running answers."""

    @property
    def conversations(self) -> ConversationStore:
        """Stores turns."""

    @property
    def summaries(self) -> Summaries:
        """Summarises older turns once an answer is stored."""

    @property
    def limits(self) -> Limits:
        """Counts the model's tokens."""

    @property
    def metrics(self) -> Metrics:
        """Counts and times."""

    @property
    def guest_memory(self) -> GuestMemory | None:
        """Keeps the turns of readers without an account."""


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
        metrics = self._services.metrics
        metrics.running_answers.inc()
        try:
            async with aclosing(_guarded(self._services.book.chat.answer(self._question, self._build))) as answer:
                async for event in answer:
                    self.state.take(event)
                    if self._first_word_ms is None and isinstance(event, TextDelta):
                        self._first_word_ms = self._elapsed_ms()
                        metrics.first_word.observe(self._first_word_ms / 1000)
                    if isinstance(event, Finished | Failed) and not await self._settled_at_its_end():
                        not_saved = NotSaved(waits=not self._not_kept)
                        self.state.take(not_saved)
                        yield not_saved
                    yield event
        finally:
            self._slot.close()
            # Stopping an answer cancels this task; what was written is still stored.
            try:
                await self._settled()
            finally:  # a second cancellation may end the wait
                metrics.answer_ended(self.state, self._elapsed_ms() / 1000)
                self._log_end()

    def _log_end(self) -> None:
        """Log one line for each answer, without any of its text."""
        end, grounding, total_ms = self.state.end, self.state.grounding, self._elapsed_ms()
        reason, verdict = end.reason if end else "stopped", grounding.verdict if grounding else None
        fields = {
            "event": "answer",
            "conversation_id": self.identity.conversation_id,
            "build": self.state.build or self.identity.build,
            "verdict": verdict,
            "finish": reason,
            "first_word_ms": self._first_word_ms,
            "ms": total_ms,
            "model": end.model if end else None,
            "prompt_tokens": end.prompt_tokens if end else None,
            "answer_tokens": end.answer_tokens if end else None,
        }
        logger.info("Answered after %.0f ms: %s, %s", total_ms, verdict, reason, extra=fields)

    def abandon(self) -> None:
        """Release the reader's slot if `events` will never run, because another process answers the question."""
        self._slot.close()

    async def _settled_at_its_end(self) -> bool:
        """Like `_settled`, at the end of the answer: cancelling a finished answer has no effect."""
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
        span = QuestionSpan(self, step="store")
        try:
            return await self._services.conversations.finish_turn(reader, turn, answer)
        except NotKeptError:
            self._not_kept = True
            self._services.metrics.turns_not_kept.inc()
            return False
        finally:
            span.close()

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer from the history, for a repeated request."""

    message: Message
    identity: AnswerIdentity

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`."""
        yield b"".join(stored_frames(self.message, self.identity)[after:])

    async def json(self) -> dict[str, Any]:
        """The answer as one JSON object."""
        return stored_json(self.identity, self.message)


async def start_answer(
    services: AnswerServices, asker: Asker, body: ChatBody, idempotency_key: str | None
) -> tuple[Answer, dict[str, str]]:
    """The answer to a request, and the headers that go with it; raises TooManyRequestsError.

    A repeated request gets its existing answer, and is not counted again.
    """
    request = ChatRequest.of(asker, body, idempotency_key)
    # An invalid question raises here, before it is counted.
    await services.book.chat.check_against(request.question, await services.book.index.pin())
    headers = await services.limits.question(asker, request.rate_limit_key)
    place = (str(request.conversation), request.owner, request.request_key)
    # No other request can know a conversation that starts with this one, so there is nothing to wait for.
    order = nullcontext() if request.begins_conversation else services.answers.in_order(*place)
    async with order as earlier:
        if earlier:
            return await _earlier_answer(services, request, earlier.key.answer_id), headers
        return await _new_answer(services, request), headers


async def _earlier_answer(services: AnswerServices, request: ChatRequest, answer_id: str) -> Answer:
    """The answer that this request has already."""
    if request.asker.reader and request.body.replaces_question:
        # The question was edited back to an earlier wording: the conversation continues from there.
        await begin_turn(services.conversations, request.asker.reader, request.turn())
    return services.answers.answer(answer_id)


async def _new_answer(services: AnswerServices, request: ChatRequest) -> Answer:
    """An answer that starts now, or the one that the history has under the request's key."""
    reader = request.asker.reader
    with ExitStack() as slot:
        slot.enter_context(services.limits.stream(request.asker))
        # The store refuses a key that was used for another question.
        opened = await begin_turn(services.conversations, reader, request.turn()) if reader else None
        build = await services.book.index.pin()  # after the wait for the previous answer: the build may have changed
        identity = _identity(request, opened, build.name)
        if opened and opened.finished:
            return StoredAnswer(opened.finished, identity)
        question = complete_question(request.question, opened) if opened else await _with_memory(services, request)
        await services.book.chat.begin(question, build)
        task = AnswerTask(
            services, question, identity, build, request.asker, slot.pop_all(), opened, remembers=request.is_remembered
        )
    key = AnswerKey(identity.message_id, identity.conversation_id, request.owner, request.request_key)
    answer = await services.answers.start(key, task.events(), identity, task.state)
    if not services.answers.writes(key.answer_id):
        task.abandon()
    return answer


async def _with_memory(services: AnswerServices, request: ChatRequest) -> Question:
    """The question of somebody without a token, with what was said before unless their client sends that itself."""
    memory = services.guest_memory
    if not request.is_remembered or request.begins_conversation or memory is None:
        return request.question
    if request.question.history and not request.body.replaces_question:
        return request.question
    said = request.question.history or await remembered(memory, request.conversation)
    if request.body.replaces_question:
        # A client that sends its newest message alone edits the last question, as far as can be known.
        said = said if request.question.history else _before(said)
        await _remember_instead(memory, request, said)
    elif request.body.trigger == "regenerate-message":
        said = _before(said, request.question.text)
    return replace(request.question, history=said)


async def _remember_instead(memory: GuestMemory, request: ChatRequest, said: Sequence[Turn]) -> None:
    """Remember of a conversation what was said before an edited question, and not what that replaces."""
    conversation = str(request.conversation)
    try:
        await memory.forget(conversation)
        if said:
            await memory.add(conversation, *((turn.role, turn.content, turn.selected_text) for turn in said))
    except StorageUnavailableError as error:
        logger.warning("What an edited question replaces is still remembered: %s", error)


def _before(said: tuple[Turn, ...], question: str | None = None) -> tuple[Turn, ...]:
    """What was said before the last question, or before this one when it was last asked; all if it never was."""
    asked = [at for at, turn in enumerate(said) if turn.role == "user" and question in (None, turn.content)]
    return said[: asked[-1]] if asked else said


async def remembered(memory: GuestMemory, conversation: uuid.UUID) -> tuple[Turn, ...]:
    """The earlier turns; none if they cannot be read, as an answer without them is better than none."""
    try:
        said = await memory.read(str(conversation))
    except StorageUnavailableError as error:
        logger.warning("The memory of readers without an account cannot be reached: %s", error)
        return ()
    return tuple(Turn("user" if role == "user" else "assistant", text, selected) for role, text, selected in said)


def _identity(request: ChatRequest, opened: OpenTurn | None, build: str) -> AnswerIdentity:
    if opened is None:
        return AnswerIdentity(str(request.conversation), str(uuid.uuid4()), build)
    return AnswerIdentity(str(opened.conversation_id), str(opened.answer_id), build)


async def begin_turn(store: ConversationStore, reader: Reader, request: TurnRequest) -> OpenTurn:
    """Begin a turn in the store.

    A question that is to be answered again but was never stored, because its first request was refused, is stored as a
    new one.
    """
    try:
        return await store.begin_turn(reader, request)
    except NotFoundError:
        if request.trigger != "regenerate" or request.client_id is None:
            raise
    if request.target != request.client_id:
        return await begin_turn(store, reader, replace(request, target=request.client_id))
    return await store.begin_turn(reader, replace(request, trigger="submit", target=None))


def complete_question(question: Question, opened: OpenTurn) -> Question:
    """The question of a request, completed with the stored history.

    If the store has no history, as before the reader signed in or while it cannot be reached, what the client sent is
    used.
    """
    summary, messages = known_of(opened)
    history = tuple(said(message) for message in messages if message.content)
    # The reader's current page; the stored one if the request names none, or if the turn has a selection.
    page_url = opened.page_url if opened.selected_text else question.scope.page_url or opened.page_url
    return replace(
        question,
        text=opened.question,
        history=history if history or summary else question.history,
        summary=summary,
        selected_text=opened.selected_text,
        profile=_described(opened.profile),
        scope=replace(question.scope, page_url=page_url),
    )


def _described(profile: Profile | None) -> str | None:
    """A profile in words; None if it is empty."""
    if profile is None:
        return None
    robotics = profile.prior_robotics_experience
    facts = {
        "programming": profile.programming_knowledge,
        "robotics experience": {True: "yes", False: "no"}.get(robotics) if isinstance(robotics, bool) else robotics,
        "learning goals": ", ".join(profile.learning_goals),
        "prefers": profile.preferred_learning_style,
    }
    return "; ".join(f"{name}: {value}" for name, value in facts.items() if value) or None


async def remember(memory: GuestMemory, conversation_id: str, question: Question, answer: str) -> None:
    """Remember a turn for the next question."""
    said: Sequence[Said] = (
        ("user", question.text, question.selected_text),
        ("assistant", answer, question.selected_text),
    )
    try:
        await memory.add(conversation_id, *said)
    except StorageUnavailableError as error:
        logger.warning("A turn of a reader without an account was not remembered: %s", error)


async def _guarded(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events, with an exception turned into a final `Failed`: the HTTP status cannot change any more."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except BookragError as error:
        log_error("The answer broke off", error)
        yield Failed(*for_readers(error))
    except Exception:  # the outermost edge of an answer
        logger.exception("The answer broke off")
        yield UNEXPECTED
