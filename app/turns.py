"""One turn of a conversation: the question is stored before a model is asked, the answer whatever happens to it."""

import asyncio
import hashlib
import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, nullcontext
from dataclasses import replace
from typing import Any

from app.answer_stream import AnswerIdentity, AnswerRecord, NotSaved, frames, guarded, source_json, stored_frames
from app.chat_request import CONVERSATION_NAMESPACE, ChatBody
from app.limits import Asker
from app.services import Services
from app.summaries import known_of, said
from engines.events import Event, Failed, Finished, Question, TextDelta
from engines.retrieval.places import check_scope
from storage.accounts.reader import Profile, Reader
from storage.answers.log import AnswerKey
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Answer, OpenTurn, TurnRequest
from storage.errors import NotFoundError

logger = logging.getLogger(__name__)


class AnswerTurn:
    """A question on its way to its answer; `events` runs once, and what it gave is stored at its end."""

    def __init__(
        self,
        services: Services,
        question: Question,
        identity: AnswerIdentity,
        asker: Asker,
        slot: ExitStack,
        turn: OpenTurn | None = None,
    ) -> None:
        self.identity = identity
        self.record = AnswerRecord()
        self._services = services
        self._question = question
        self._turn = turn
        self._asker = asker
        self._slot = slot
        self._started = time.monotonic()
        self._first_word_ms: float | None = None
        self._settling: asyncio.Future[bool] | None = None

    async def events(self) -> AsyncGenerator[Event | NotSaved, None]:
        """The answer as it is made; closing this closes the request to the model."""
        try:
            async with aclosing(guarded(self._services.chat.answer(self._question))) as answer:
                async for event in answer:
                    self.record.take(event)
                    if self._first_word_ms is None and isinstance(event, TextDelta):
                        self._first_word_ms = self._elapsed_ms()
                    if isinstance(event, Finished | Failed) and not await self._settled_at_its_end():
                        yield NotSaved()
                    yield event
        finally:
            self._slot.close()
            # Whoever stops an answer cancels this task; what was written is stored all the same.
            await self._settled()

    def abandon(self) -> None:
        """Give back what the turn holds; for one whose `events` never ran, as another process answers it."""
        self._slot.close()

    async def _settled_at_its_end(self) -> bool:
        """As `_settled`; whoever stops an answer that has come to its end comes too late, and it is told to its end."""
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
        """Store the turn, once, whatever becomes of the stream; False where it could not be saved now."""
        if self._settling is None:
            self._settling = asyncio.ensure_future(self._settle())
        return await asyncio.shield(self._settling)

    async def _settle(self) -> bool:
        saved = True
        if self._asker.reader and self._turn:
            saved = await self._store(self._asker.reader, self._turn)
            if saved:
                self._services.summaries.after(self._asker, self._turn, self.record.final)
        end = self.record.end
        if end and (end.prompt_tokens or end.answer_tokens):
            await self._services.limits.tokens(self._asker, (end.prompt_tokens or 0) + (end.answer_tokens or 0))
        return saved

    async def _store(self, reader: Reader, turn: OpenTurn) -> bool:
        record = self.record
        end = record.end
        timing = {"total_ms": self._elapsed_ms()}
        if self._first_word_ms is not None:
            timing["first_word_ms"] = self._first_word_ms
        return await self._services.conversations.finish_turn(
            reader,
            turn,
            Answer(
                text=record.final,
                complete=record.complete,
                finish_reason=end.reason if end else "stopped",
                sources=_stored_sources(record),
                build=self.identity.build,
                timing=timing,
                grounded=record.grounding.grounded if record.grounding else None,
                error_code=end.code if isinstance(end, Failed) else None,
            ),
        )

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)


def _stored_sources(record: AnswerRecord) -> list[dict[str, Any]]:
    """The sources under the numbers of the stored text: a text that was written to its end is numbered anew."""
    if record.resolved is None:
        return [source_json(source) for source in record.sources]
    cited = len(record.resolved.cited)
    return [source_json(source) | {"cited": source.number <= cited} for source in record.resolved.sources]


def owner_of(reader: Reader | None) -> str:
    """Whose a running answer is; somebody without a token is known by the conversation's id alone."""
    return str(reader.id) if reader else ""


async def open_answer(
    services: Services, asker: Asker, body: ChatBody, idempotency_key: str | None
) -> tuple[AsyncGenerator[bytes, None], dict[str, str]]:
    """The frames of the answer to a request, and the headers that go with it; raises TooManyRequestsError.

    It is a new answer, or the one that this very request has already, which is not counted again.
    """
    build = (await services.index.current()).name  # raises where there is none, or none that can be read
    question = body.question()
    services.chat.check(question)
    await check_scope(question.scope, services.index)
    owner = owner_of(asker.reader)
    conversation = _conversation(body, owner, idempotency_key)
    request_key = _request_key(body, idempotency_key)
    keyed = idempotency_key or request_key
    sending = request_key and f"{asker.name}/{conversation}/{request_key}"
    headers = await services.limits.question(asker, sending)
    # Nobody else can know a conversation that begins with this request: there is no order to keep in it.
    begins = not body.names_conversation and idempotency_key is None
    order = nullcontext() if begins else services.answers.in_order(str(conversation), owner, request_key)
    async with order as earlier:
        if earlier:
            if asker.reader and body.replaces_question:
                # Edited back to what it was: the conversation goes on from there again.
                await _begin(services.conversations, asker.reader, _turn_request(body, question, conversation, keyed))
            return services.answers.follow(earlier.key.answer_id), headers
        with ExitStack() as slot:
            slot.enter_context(services.limits.stream(asker))
            if asker.reader is None:
                identity = AnswerIdentity(str(conversation), str(uuid.uuid4()), build)
                turn = AnswerTurn(services, question, identity, asker, slot.pop_all())
            else:
                # The store itself refuses a key that was used for another question.
                request = _turn_request(body, question, conversation, keyed)
                opened = await _begin(services.conversations, asker.reader, request)
                identity = AnswerIdentity(str(opened.conversation_id), str(opened.answer_id), build)
                if opened.finished:
                    return stored_frames(opened.finished, identity), headers
                turn = AnswerTurn(services, _from_store(body, opened), identity, asker, slot.pop_all(), opened)
            key = AnswerKey(identity.message_id, identity.conversation_id, owner, request_key)
            written = await services.answers.start(key, frames(turn.events(), turn.identity))
            if not services.answers.writes(key.answer_id):
                turn.abandon()
            return written, headers


def _conversation(body: ChatBody, owner: str, idempotency_key: str | None) -> uuid.UUID:
    """The conversation that the client names; the first question of one without a name finds it again by its key."""
    if body.names_conversation or not idempotency_key:
        return body.conversation_of(owner)
    # Without a token a key is nobody's own, and must not lead to what somebody else asked under it.
    return uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner} {idempotency_key} {'' if owner else _hashed(body)}")


def _request_key(body: ChatBody, idempotency_key: str | None) -> str | None:
    """What two sendings of one request have in common; None where nothing tells them from two requests."""
    if idempotency_key is None and (body.user_message_id is None or body.trigger != "submit-message"):
        return None
    # An edited question keeps its id in `useChat`, and is another request all the same.
    return f"{idempotency_key or body.user_message_id}:{_hashed(body)[:16]}"


def _hashed(body: ChatBody) -> str:
    return hashlib.sha256(f"{body.text}\0{body.selected_text or ''}".encode(errors="replace")).hexdigest()


async def _begin(store: ConversationStore, reader: Reader, request: TurnRequest) -> OpenTurn:
    """Begin a turn. A question to be answered again that was never stored, as its first sending was refused, is new."""
    try:
        return await store.begin_turn(reader, request)
    except NotFoundError:
        if request.trigger != "regenerate" or request.client_id is None:
            raise
    if request.target != request.client_id:
        return await _begin(store, reader, replace(request, target=request.client_id))
    return await store.begin_turn(reader, replace(request, trigger="submit", target=None))


def _turn_request(body: ChatBody, question: Question, conversation: uuid.UUID, request_key: str | None) -> TurnRequest:
    again = body.trigger == "regenerate-message"
    return TurnRequest(
        conversation_id=conversation,
        question=question.text,
        idempotency_key=request_key,
        client_id=body.user_message_id,
        trigger="regenerate" if again else "submit",
        # Without an id, "again" means the question that the client shows last, not the one that was stored last.
        target=body.message_id or (body.user_message_id if again else None),
        selected_text=question.selected_text,
        page_url=question.scope.page_url,
    )


def _from_store(body: ChatBody, opened: OpenTurn) -> Question:
    """The question as the store opened it: what was said before comes from there, whatever the client sent along."""
    summary, messages = known_of(opened)
    history = tuple(said(message) for message in messages if message.content)
    return Question(
        text=opened.question,
        history=history,
        summary=summary,
        selected_text=opened.selected_text,
        profile=_described(opened.profile),
        scope=body.scope_on(opened.page_url),
    )


def _described(profile: Profile | None) -> str | None:
    """A profile in words, None where it says nothing."""
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
