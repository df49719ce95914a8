"""One question becomes one answer, as events; `app` gives the question and sends the events on.

`BookChat` is built once for a process and holds no reader's data. What it needs is injected: retrieval and the model.
"""

import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace

from llama_index.core.base.llms.types import ChatResponse, ChatResponseAsyncGen
from llama_index.core.llms import LLM
from llama_index.core.utils import get_tokenizer

from engines.chat_engine import BookChatEngine, SourceRetriever, selection_prompt
from engines.citations import CitationProcessor
from engines.condense import join_follow_up
from engines.errors import (
    AnswerStalledError,
    AnswerWithheldError,
    ModelBusyError,
    ModelError,
    ModelKeyError,
    ModelRequestError,
    ModelUnavailableError,
)
from engines.events import (
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Question,
    Retrieve,
    Retrieved,
    Scope,
    Source,
    SourcesFound,
    TextDelta,
    Turn,
)
from engines.leaks import LeakGuard
from engines.memory import sources_that_fit, turns_about, turns_that_fit
from engines.prompts import SELECTION_TUTOR, TUTOR
from engines.quoting import MODEL_AWAY, NO_MODEL, Quotation, not_covered, quote_passages
from engines.settings import EngineSettings
from engines.tokens import TokenGauge, estimate_prompt
from storage.errors import InputError

logger = logging.getLogger(__name__)

_AWAY = (ModelUnavailableError, ModelBusyError, ModelKeyError, ModelRequestError, AnswerStalledError)


class BookChat:
    """Answers questions about one book."""

    def __init__(self, *, retrieve: Retrieve, llm: LLM | None, settings: EngineSettings) -> None:
        self._find = retrieve
        self._llm = llm
        self._settings = settings
        self._gauge = TokenGauge()
        if llm is not None:
            get_tokenizer()  # LlamaIndex's engines load it when the first is built: 0.2 s of the first reader's time

    def check(self, question: Question) -> None:
        """Raise InputError for a question that cannot be asked; `answer` does the same before its first event."""
        if not question.text.strip():
            raise InputError("The question is empty.")
        if question.selected_text is None:
            return
        if not question.selected_text.strip():
            raise InputError("The selected text is empty.")
        limit = self._settings.selected_text_max_chars
        if len(question.selected_text) > limit:
            raise InputError(f"The selected text is longer than {limit:,} characters.")

    async def answer(self, question: Question) -> AsyncGenerator[Event, None]:
        """The events of one answer; closing the generator closes the request to the model at once.

        Raises InputError for a bad question and the index's errors before the first event; a model's errors are events.
        """
        self.check(question)
        turns = turns_that_fit(turns_about(question), self._settings.history_tokens, self._gauge.count)
        if question.selected_text is not None:
            events = self._answer_from_selection(question, question.selected_text, turns)
        elif self._llm is None:
            events = self._quote(question, turns)
        else:
            events = self._answer_from_book(question, turns, self._llm)
        async with aclosing(events) as stream:
            async for event in stream:
                yield event

    async def _answer_from_book(
        self, question: Question, turns: tuple[Turn, ...], llm: LLM
    ) -> AsyncGenerator[Event, None]:
        retriever = SourceRetriever(self._retrieve, question)
        engine = BookChatEngine(llm=llm, retriever=retriever, question=question, turns=turns)
        response = await engine.astream_chat(question.text)
        retrieved, stream = retriever.retrieved, response.achat_stream
        if retrieved is None or stream is None:
            raise TypeError("the chat engine gave no stream")
        yield SourcesFound(retrieved.sources)
        yield retrieved.grounding
        if not retrieved.grounding.grounded:
            for event in _told(not_covered(retrieved.sources), Finished("refused")):
                yield event
            return
        async with aclosing(self._write(stream, retrieved.sources, engine.prompt_tokens, TUTOR)) as events:
            async for event in events:
                yield event

    async def _answer_from_selection(
        self, question: Question, selected: str, turns: tuple[Turn, ...]
    ) -> AsyncGenerator[Event, None]:
        selection = _selection_source(question, selected)
        yield SourcesFound((selection,))
        yield GroundingDecided(grounded=True, score=1.0, threshold=0.0)
        if self._llm is None:
            for event in _told(quote_passages(NO_MODEL, (selection,)), Finished("stop")):
                yield event
            return
        prompt = selection_prompt(question, selection, turns)
        stream = await self._llm.astream_chat(prompt)
        async with aclosing(self._write(stream, (selection,), estimate_prompt(prompt), SELECTION_TUTOR)) as events:
            async for event in events:
                yield event

    async def _quote(self, question: Question, turns: tuple[Turn, ...]) -> AsyncGenerator[Event, None]:
        retrieved = await self._retrieve(join_follow_up(question.text, turns), question.scope)
        yield SourcesFound(retrieved.sources)
        yield retrieved.grounding
        if retrieved.grounding.grounded:
            told = _told(quote_passages(NO_MODEL, retrieved.sources), Finished("stop"))
        else:
            told = _told(not_covered(retrieved.sources), Finished("refused"))
        for event in told:
            yield event

    async def _retrieve(self, text: str, scope: Scope) -> Retrieved:
        """What retrieval finds, as far as it fits a prompt."""
        found = await self._find(text, scope)
        sources = sources_that_fit(found.sources, self._settings.passage_tokens, self._gauge.count)
        return Retrieved(sources, replace(found.grounding, grounded=found.grounding.grounded and bool(sources)))

    async def _write(
        self, stream: ChatResponseAsyncGen, sources: tuple[Source, ...], prompt_tokens: int, rules: str
    ) -> AsyncGenerator[Event, None]:
        """The model's words as events; where it is away before the first one, the passages instead."""
        citations = CitationProcessor(sources, self._settings.link_hosts)
        guard = LeakGuard(rules)
        begun = False
        end: Finished | Failed = Finished("stop")
        try:
            async with aclosing(stream) as responses:
                async for response in responses:
                    if response.delta:
                        if guard.recites(response.delta):
                            raise AnswerWithheldError("the answer recites its rules")
                        begun = True
                        for written in citations.feed(response.delta):
                            yield written
                    else:
                        end = _finish(response)
        except ModelError as exc:
            logger.warning("the answer failed: %s (%s)", exc.code, exc.cause)
            end = _failure(exc)
            if not begun:
                told = _told(quote_passages(MODEL_AWAY, sources), end) if isinstance(exc, _AWAY) else (end,)
                for event in told:
                    yield event
                return
        for written in citations.end():
            yield written
        self._gauge.learn(prompt_tokens, end.prompt_tokens)
        yield citations.resolved()
        yield end


def _told(quotation: Quotation, end: Finished | Failed) -> Iterable[Event]:
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


def _selection_source(question: Question, selected: str) -> Source:
    return Source(
        number=1,
        chunk_id="selection",
        url=question.scope.page_url or "",
        title=question.selected_title or "Selected text",
        heading_path=(),
        text=selected.strip(),
        score=1.0,
    )
