"""One question on its way to its answer; begun by `app.answer_streams.start`, run as frames by a `AnswerStream`.

What the answer holds is stored at its end, whatever that is.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from typing import Any

from app.answer_streams.answer_state import AnswerIdentity, AnswerRecord
from app.rate_limits import Asker
from app.serializers import source_json
from app.services import Services
from app.ui_message_parts import NotSaved
from engines.events import Event, Failed, Finished, Question, TextDelta
from storage.accounts.reader import Reader
from storage.conversations.turns import Answer, OpenTurn
from storage.errors import BookragError
from storage.vectors.pinned_build import PinnedBuild

logger = logging.getLogger(__name__)

UNEXPECTED = Failed("internal_error", "Something went wrong while this was written. Please ask again.")


class AnswerTask:
    """A question on its way to its answer; `events` runs once, and what it gave is stored at its end."""

    def __init__(
        self,
        services: Services,
        question: Question,
        identity: AnswerIdentity,
        build: PinnedBuild,
        asker: Asker,
        slot: ExitStack,
        turn: OpenTurn | None = None,
    ) -> None:
        self.identity = identity
        self.record = AnswerRecord()
        self._services = services
        self._question = question
        self._build = build
        self._turn = turn
        self._asker = asker
        self._slot = slot
        self._started = time.monotonic()
        self._first_word_ms: float | None = None
        self._settling: asyncio.Future[bool] | None = None

    async def events(self) -> AsyncGenerator[Event | NotSaved, None]:
        """The answer as it is made; closing this closes the request to the model."""
        try:
            async with aclosing(_guarded(self._services.book.chat.answer(self._question, self._build))) as answer:
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
                build=record.build or self.identity.build,
                timing=timing,
                grounded=record.grounding.grounded if record.grounding else None,
                verdict=record.grounding.verdict if record.grounding else None,
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


async def _guarded(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events, with any exception turned into the one that says so: after the first byte there is no status."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except BookragError as error:
        logger.exception("The answer broke off: %s", error.code)
        yield Failed(error.code, str(error))
    except Exception:  # the outermost edge of an answer
        logger.exception("The answer broke off")
        yield UNEXPECTED
