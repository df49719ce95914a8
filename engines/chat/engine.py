"""One question becomes one answer, as events; `app` gives the question and sends the events on.

`BookChat` is built once for a process and holds no reader's data. What it needs is injected: retrieval and the model.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from llama_index.core.base.llms.types import ChatResponseAsyncGen
from llama_index.core.llms import LLM
from llama_index.core.utils import get_tokenizer

from engines.chat.condense import join_follow_up
from engines.chat.condense_plus_context import BookChatEngine, SourceRetriever, selection_prompt
from engines.chat.memory import earlier, sources_that_fit
from engines.chat.prompts import SELECTION_TUTOR, TUTOR
from engines.chat.summary import Summariser
from engines.chat.token_gauge import TokenGauge, estimate_prompt
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
    Turn,
)
from engines.settings import EngineSettings
from engines.synthesis.cited import Writing, told
from engines.synthesis.extractive import not_covered, quote_passages
from engines.synthesis.fallback_messages import Notices, notices_for
from engines.text_validation import says_something
from storage.errors import InputError


class BookChat:
    """Answers questions about one book."""

    def __init__(self, *, retrieve: Retrieve, llm: LLM | None, settings: EngineSettings) -> None:
        self._find = retrieve
        self._llm = llm
        self._settings = settings
        self._gauge = TokenGauge()
        budget = settings.history_tokens
        self.summariser = Summariser(llm, budget, self._gauge.count) if llm is not None and budget else None
        if llm is not None:
            get_tokenizer()  # LlamaIndex's engines load it when the first is built: 0.2 s of the first reader's time

    def check(self, question: Question) -> None:
        """Raise InputError for a question that cannot be asked; `answer` does the same before its first event."""
        if not says_something(question.text):
            raise InputError("The question is empty.")
        if question.selected_text is None:
            return
        if not says_something(question.selected_text):
            raise InputError("The selected text is empty.")
        limit = self._settings.selected_text_max_chars
        if len(question.selected_text) > limit:
            raise InputError(f"The selected text is longer than {limit:,} characters.")

    async def answer(self, question: Question) -> AsyncGenerator[Event, None]:
        """The events of one answer; closing the generator closes the request to the model at once.

        Raises InputError for a bad question and the index's errors before the first event; a model's errors are events.
        """
        self.check(question)
        turns, summary = earlier(question, self._settings.history_tokens, self._gauge.count)
        if question.selected_text is not None:
            events = self._answer_from_selection(question, question.selected_text, turns)
        elif self._llm is None:
            events = self._quote(question, turns)
        else:
            events = self._answer_from_book(question, turns, summary, self._llm)
        async with aclosing(events) as stream:
            async for event in stream:
                yield event

    async def _answer_from_book(
        self, question: Question, turns: tuple[Turn, ...], summary: str | None, llm: LLM
    ) -> AsyncGenerator[Event, None]:
        retriever = SourceRetriever(self._retrieve, question)
        engine = BookChatEngine(llm=llm, retriever=retriever, question=question, turns=turns, summary=summary)
        response = await engine.astream_chat(question.text)
        retrieved, stream = retriever.retrieved, response.achat_stream
        if retrieved is None or stream is None:
            raise TypeError("the chat engine gave no stream")
        yield SourcesFound(retrieved.sources)
        yield retrieved.grounding
        if not retrieved.grounding.grounded:
            for event in told(not_covered(_notices(question), retrieved), Finished("refused")):
                yield event
            return
        writing = Writing(retrieved.sources, TUTOR, _notices(question), self._settings.link_hosts)
        async with aclosing(self._write(writing, stream, engine.prompt_tokens)) as events:
            async for event in events:
                yield event

    async def _answer_from_selection(
        self, question: Question, selected: str, turns: tuple[Turn, ...]
    ) -> AsyncGenerator[Event, None]:
        sources = (_selection_source(question, selected),)
        notices = _notices(question)
        yield SourcesFound(sources)
        yield GroundingDecided(verdict="covered", score=1.0, covered_from=0.0, not_covered_below=0.0)
        if self._llm is None:
            for event in told(quote_passages(notices.no_model, sources), Finished("stop")):
                yield event
            return
        prompt = selection_prompt(question, sources[0], turns)
        stream = await self._llm.astream_chat(prompt)
        writing = Writing(sources, SELECTION_TUTOR, notices, self._settings.link_hosts)
        async with aclosing(self._write(writing, stream, estimate_prompt(prompt))) as events:
            async for event in events:
                yield event

    async def _quote(self, question: Question, turns: tuple[Turn, ...]) -> AsyncGenerator[Event, None]:
        retrieved = await self._retrieve(join_follow_up(question.text, turns), question.scope)
        notices = _notices(question)
        yield SourcesFound(retrieved.sources)
        yield retrieved.grounding
        if retrieved.grounding.grounded:
            uncertain = retrieved.grounding.verdict == "uncertain"
            opening = notices.uncertain if uncertain else notices.no_model
            events = told(quote_passages(opening, retrieved.sources), Finished("stop"))
        else:
            events = told(not_covered(notices, retrieved), Finished("refused"))
        for event in events:
            yield event

    async def _retrieve(self, text: str, scope: Scope) -> Retrieved:
        """What retrieval finds, as far as it fits a prompt."""
        found = await self._find(text, scope)
        sources = sources_that_fit(found.sources, self._settings.passage_tokens, self._gauge.count)
        grounding = found.grounding if sources else replace(found.grounding, verdict="not_covered")
        return replace(found, sources=sources, grounding=grounding)

    async def _write(
        self, writing: Writing, stream: ChatResponseAsyncGen, prompt_tokens: int
    ) -> AsyncGenerator[Event, None]:
        """The answer's events; its prompt's own count corrects the estimate of the next one."""
        async with aclosing(writing.events(stream)) as events:
            async for event in events:
                if isinstance(event, Finished | Failed):
                    self._gauge.learn(prompt_tokens, event.prompt_tokens)
                yield event


def _notices(question: Question) -> Notices:
    return notices_for(question.text, question.scope.locale)


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
