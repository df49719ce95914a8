"""One turn of a conversation: the question is stored before a model is asked, the answer whatever happens to it."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from app.answer_stream import AnswerIdentity, AnswerRecord, guarded, source_json
from app.chat_request import ChatBody
from app.services import Services
from engines.events import Event, Failed, Question, TextDelta, Turn
from storage.accounts.reader import Reader
from storage.conversations.turns import Answer, Message, OpenTurn, TurnRequest

logger = logging.getLogger(__name__)


class AnswerTurn:
    """A question on its way to its answer; `events` runs once, and what it gave is stored at its end."""

    def __init__(
        self,
        services: Services,
        question: Question,
        identity: AnswerIdentity,
        reader: Reader | None,
        turn: OpenTurn | None,
    ) -> None:
        self.identity = identity
        self.record = AnswerRecord()
        self._services = services
        self._question = question
        self._reader = reader
        self._turn = turn
        self._started = time.monotonic()
        self._first_word_ms: float | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        """The answer as it is made; closing this closes the request to the model."""
        try:
            async with aclosing(guarded(self._services.chat.answer(self._question))) as answer:
                async for event in answer:
                    self.record.take(event)
                    if self._first_word_ms is None and isinstance(event, TextDelta):
                        self._first_word_ms = self._elapsed_ms()
                    yield event
        finally:
            # A reader who leaves cancels this task; what was written is stored all the same.
            await asyncio.shield(self._store())

    async def _store(self) -> None:
        if self._reader is None or self._turn is None:
            return
        record = self.record
        end = record.end
        timing = {"total_ms": self._elapsed_ms()}
        if self._first_word_ms is not None:
            timing["first_word_ms"] = self._first_word_ms
        await self._services.conversations.finish_turn(
            self._reader,
            self._turn,
            Answer(
                text=record.resolved.text if record.resolved else record.answer,
                complete=record.complete,
                finish_reason=end.reason if end else "stopped",
                sources=[source_json(source) for source in record.sources],
                build=self.identity.build,
                timing=timing,
                grounded=record.grounding.grounded if record.grounding else None,
                error_code=end.code if isinstance(end, Failed) else None,
            ),
        )

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)


async def begin_turn(
    services: Services, reader: Reader | None, body: ChatBody, idempotency_key: str | None
) -> AnswerTurn:
    """Store the question where the reader has a history, and take what was said before from there."""
    question = body.question()
    conversation = body.conversation
    if reader is None:
        identity = AnswerIdentity(str(conversation), str(uuid.uuid4()), services.live_build())
        return AnswerTurn(services, question, identity, None, None)
    turn = await services.conversations.begin_turn(
        reader,
        TurnRequest(
            conversation_id=conversation,
            question=question.text,
            idempotency_key=idempotency_key or body.user_message_id,
            client_id=body.user_message_id,
            trigger="regenerate" if body.trigger == "regenerate-message" else "submit",
            target=body.message_id,
            selected_text=question.selected_text,
            page_url=question.scope.page_url,
        ),
    )
    identity = AnswerIdentity(str(turn.conversation_id), str(turn.answer_id), services.live_build())
    stored = replace(question, text=turn.question, history=_history(turn.history))
    return AnswerTurn(services, stored, identity, reader, turn)


def _history(messages: tuple[Message, ...]) -> tuple[Turn, ...]:
    return tuple(Turn(message.role, message.content) for message in messages if message.content)
