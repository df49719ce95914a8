"""Answers that a model writes from the passages: cited, guarded, and ended honestly."""

import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import LLM

from engines import prompts
from engines.citations.processor import CitationProcessor
from engines.errors import (
    AnswerWithheldError,
    ModelError,
    PromptBlockedError,
)
from engines.events import CitationsResolved, Event, Failed, Finished, Retrieved
from engines.instrumentation import inside
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, quote_passages, synthesis, told
from engines.synthesis.fallback_messages import notices_for
from engines.synthesis.prompt_leak_guard import LeakGuard
from engines.token_gauge import TokenGauge, estimate_prompt

logger = logging.getLogger(__name__)

_REFUSED_CODES = frozenset({PromptBlockedError.code, AnswerWithheldError.code})  # nothing is shown instead of these


class CitedSynthesizer(ExtractiveSynthesizer):
    """Has the model answer from the numbered passages, or from a reader's selection. One for a process."""

    def __init__(self, llm: LLM, gauge: TokenGauge, link_hosts: frozenset[str], *, selection: bool = False) -> None:
        super().__init__(llm)
        self._gauge = gauge
        self._link_hosts = link_hosts
        self._selection = selection
        self._rules = prompts.SELECTION_TUTOR if selection else prompts.TUTOR

    async def _write(self, query: AnswerQuery, found: Retrieved) -> AsyncGenerator[Event, None]:
        """The model's words as events; where it is away before the first one, the passages instead."""
        prompt = self._prompt(query, found)
        citations = CitationProcessor(found.sources, self._link_hosts)
        guard = LeakGuard(self._rules)
        begun = False
        end: Finished | Failed = Finished("stop")
        with synthesis(query) as answer:
            try:
                with inside(query.span_id):
                    stream = await self._llm.astream_chat(prompt)
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
            self._gauge.learn(estimate_prompt(prompt), end.prompt_tokens)
            for event in self._ending(query, found, citations, end, begun=begun):
                if isinstance(event, CitationsResolved):
                    answer.response = event.text
                yield event

    def _ending(
        self, query: AnswerQuery, found: Retrieved, citations: CitationProcessor, end: Finished | Failed, *, begun: bool
    ) -> Iterator[Event]:
        """What comes after the model's last word; where it wrote nothing, the passages."""
        if isinstance(end, Failed) and not begun:
            if end.code in _REFUSED_CODES:
                yield end
            else:
                model_away = notices_for(query.query_str, query.locale).model_away
                yield from told(quote_passages(model_away, found.sources), end)
            return
        yield from citations.end()
        yield citations.resolved()
        yield end

    def _prompt(self, query: AnswerQuery, found: Retrieved) -> list[ChatMessage]:
        """The rules, the conversation, and last the passages or the selection with the question."""
        if self._selection:
            last = prompts.selection_message(query.query_str, found.sources[0], query.profile)
        else:
            last = prompts.passages_message(query.query_str, found.sources, query.profile, query.note)
        return [
            ChatMessage(role=MessageRole.SYSTEM, content=self._rules),
            *query.history,
            ChatMessage(role=MessageRole.USER, content=last),
        ]


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
