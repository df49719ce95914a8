"""A model's words as the events of an answer: cited, guarded, and ended honestly; the chat calls it."""

import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass

from llama_index.core.base.llms.types import ChatResponse, ChatResponseAsyncGen

from engines.citations.processor import CitationProcessor
from engines.errors import (
    AnswerStalledError,
    AnswerWithheldError,
    ModelBusyError,
    ModelError,
    ModelKeyError,
    ModelRequestError,
    ModelUnavailableError,
)
from engines.events import Event, Failed, Finished, Source, TextDelta
from engines.synthesis.extractive import Quotation, quote_passages
from engines.synthesis.fallback_messages import Notices
from engines.synthesis.prompt_leak_guard import LeakGuard

logger = logging.getLogger(__name__)

_AWAY = (ModelUnavailableError, ModelBusyError, ModelKeyError, ModelRequestError, AnswerStalledError)


@dataclass(frozen=True, slots=True)
class Writing:
    """What an answer is written from."""

    sources: tuple[Source, ...]
    rules: str  # of the prompt; they are not to be recited
    notices: Notices
    link_hosts: frozenset[str]

    async def events(self, stream: ChatResponseAsyncGen) -> AsyncGenerator[Event, None]:
        """The model's words as events; where it is away before the first one, the passages instead."""
        citations = CitationProcessor(self.sources, self.link_hosts)
        guard = LeakGuard(self.rules)
        begun = False
        end: Finished | Failed = Finished("stop")
        try:
            async with aclosing(stream) as responses:
                async for response in responses:
                    if not response.delta:
                        end = _finish(response)
                        continue
                    if guard.recites(response.delta):
                        raise AnswerWithheldError("the answer recites its rules")
                    begun = True
                    for written in citations.feed(response.delta):
                        yield written
        except ModelError as exc:
            logger.warning("the answer failed: %s (%s)", exc.code, exc.cause)
            end = _failure(exc)
            if not begun:
                for event in self._instead(exc, end):
                    yield event
                return
        for written in citations.end():
            yield written
        yield citations.resolved()
        yield end

    def _instead(self, exc: ModelError, end: Failed) -> Iterable[Event]:
        """What a reader gets where the model wrote nothing."""
        if isinstance(exc, _AWAY):
            return told(quote_passages(self.notices.model_away, self.sources), end)
        return (end,)


def told(quotation: Quotation, end: Finished | Failed) -> Iterable[Event]:
    """The events of an answer that no model writes."""
    yield from map(TextDelta, quotation.pieces())
    yield quotation.resolved()
    yield end


def _finish(response: ChatResponse) -> Finished:
    counts = response.additional_kwargs
    return Finished("stop", counts.get("prompt_tokens"), counts.get("completion_tokens"), counts.get("model"))


def _failure(exc: ModelError) -> Failed:
    return Failed(
        code=exc.code,
        message=str(exc),
        reason=exc.reason,
        prompt_tokens=exc.usage.prompt_tokens,
        answer_tokens=exc.usage.answer_tokens,
        model=exc.model,
        retry_after_seconds=exc.retry_after_seconds,
    )
