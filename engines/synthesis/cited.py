"""Answers that a model writes from the passages: judged, cited, guarded, and ended honestly."""

import logging
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import LLM

from engines import prompts
from engines.citations.answer_text import AnswerText
from engines.citations.processor import CitationProcessor
from engines.coverage.verdict import ambiguous_sections
from engines.errors import AnswerWithheldError, ModelError, PromptBlockedError
from engines.events import CitationsResolved, Event, Failed, Finished, GroundingDecided, Retrieved, Source
from engines.instrumentation import inside
from engines.prompts import LeakGuard, TokenGauge, estimate_prompt
from engines.synthesis.extractive import (
    Answered,
    AnswerQuery,
    ExtractiveSynthesizer,
    not_covered,
    place,
    quotation_events,
    quote_found,
    synthesis,
)
from engines.synthesis.fallback_messages import Notices, notices_for
from engines.synthesis.judgement import Judgement, JudgementFilter, JudgementReader

logger = logging.getLogger(__name__)

_REFUSED_CODES = frozenset({PromptBlockedError.code, AnswerWithheldError.code})  # nothing is shown instead of these
_BRACKETS = re.compile(r"[\[【［]")


class CitedSynthesizer(ExtractiveSynthesizer):
    """Has the model answer from the numbered passages, or from a reader's selection. One for a process."""

    def __init__(self, llm: LLM, gauge: TokenGauge, link_hosts: frozenset[str], *, selection: bool = False) -> None:
        super().__init__(llm)
        self._gauge = gauge
        self._link_hosts = link_hosts
        self._selection = selection
        self._rules = prompts.SELECTION_TUTOR if selection else prompts.TUTOR

    def judges(self, found: Retrieved) -> bool:
        """Whether the model says first how far the passages answer the question: where the search is uncertain."""
        return not self._selection and found.grounding.verdict == "uncertain" and bool(found.sources)

    def _answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        return found.sources, self._write(query, found)

    async def _write(self, query: AnswerQuery, found: Retrieved) -> AsyncGenerator[Event, None]:
        """The model's words as events; where it is away before the first one, the passages instead."""
        prompt = self._prompt(query, found)
        reply = _Reply(query, found, CitationProcessor(found.sources, self._link_hosts), judged=self.judges(found))
        guard = LeakGuard(self._rules + prompts.JUDGE)
        with synthesis(query) as answer:
            try:
                with inside(query.span_id):
                    stream = await self._llm.astream_chat(prompt)
                async with aclosing(stream) as responses:
                    async for response in responses:
                        if not response.delta:
                            reply.end = _finish(response)
                            continue
                        if guard.recites(response.delta):
                            raise AnswerWithheldError("the answer recites its rules")
                        for event in reply.take(response.delta):
                            yield event
                        if reply.refused:
                            break  # what else the model would write is not shown
            except ModelError as exc:
                logger.warning("the answer failed: %s (%s)", exc.code, exc.cause)
                reply.end = _failure(exc)
            if reply.refused:
                reply.end = Finished("refused", prompt_tokens=estimate_prompt(prompt))
            else:
                self._gauge.learn(estimate_prompt(prompt), reply.end.prompt_tokens)
            for event in reply.ending():
                if isinstance(event, CitationsResolved):
                    answer.response = event.text
                yield event

    def _prompt(self, query: AnswerQuery, found: Retrieved) -> list[ChatMessage]:
        """The rules, the conversation, and last the passages or the selection with the question."""
        if self._selection:
            last = prompts.selection_message(query.query_str, found.sources[0], query.profile)
        else:
            note = query.note or _note_on(ambiguous_sections(found))
            last = prompts.passages_message(query.query_str, found.sources, query.profile, note)
        return [
            ChatMessage(role=MessageRole.SYSTEM, content=self._rules + (prompts.JUDGE if self.judges(found) else "")),
            # Earlier answers about a selection have marks of the same text.
            *(query.history if self._selection else map(_without_marks, query.history)),
            ChatMessage(role=MessageRole.USER, content=last),
        ]


def _without_marks(message: ChatMessage) -> ChatMessage:
    """An earlier answer without its marks: they name other passages than those of the new prompt."""
    text = message.content or ""
    if message.role != MessageRole.ASSISTANT or not _BRACKETS.search(text):
        return message
    reader = AnswerText(lambda target: True)
    kept = ""
    for piece in (*reader.feed(text), *reader.end()):
        # A stored answer has its marks as `[1]`: what is written as a footnote is one.
        kept = kept.rstrip(" ") if piece.numbers and not piece.footnote else kept + piece.text
    return ChatMessage(role=message.role, content=kept)


def _note_on(meant: Sequence[Source]) -> str | None:
    """For the model: which of the passages a question that names too little may mean."""
    if not meant:
        return None
    places = "; ".join(f"{place(source)} [source {source.number}]" for source in meant)
    return (
        f"The question does not say which of these it means: {places}. Unless the answer is the same for all of them, "
        "ask which one is meant, and name each with its marker."
    )


class _Reply:
    """One reply of the model on its way to the reader: its judgement is taken off, its marks become citations."""

    def __init__(self, query: AnswerQuery, found: Retrieved, citations: CitationProcessor, *, judged: bool) -> None:
        self.end: Finished | Failed = Finished("stop")
        self.refused = False  # the model says that the passages do not answer the question at all
        self._query = query
        self._found = found
        self._citations = citations
        self._judgement = JudgementReader() if judged else None
        self._filter = JudgementFilter()  # of judgements that nobody asked for
        self._verdict_told = not judged  # else the chat engine has told it
        self._begun = False

    @property
    def _notices(self) -> Notices:
        return notices_for(self._query.query_str, self._query.locale)

    def take(self, piece: str) -> Iterator[Event]:
        """The events of a piece of the reply."""
        text = self._judgement.feed(piece) if self._judgement else piece
        if self._judgement and not self._judgement.decided:
            return
        yield from self._shown(text)

    def ending(self) -> Iterator[Event]:
        """What comes after the last word; where there was none, the passages or the nearest sections."""
        if isinstance(self.end, Finished) and not self.refused:
            yield from self._shown(self._judgement.end() if self._judgement else "", final=True)
        elif self._judgement and not self._judgement.decided and not self._verdict_told:
            self._verdict_told = True
            yield self._found.grounding
        if self.refused:
            yield from quotation_events(not_covered(self._notices, self._found), self.end)
        elif isinstance(self.end, Failed) and not self._begun:
            if self.end.code in _REFUSED_CODES:
                yield self.end
            else:
                yield from self._passages(self._notices.model_away)
        elif isinstance(self.end, Finished) and not self._begun:  # a judgement and no answer
            yield from self._passages(self._notices.uncertain_in(self._found.searched))
        else:
            yield from self._citations.feed(self._filter.end(cut=True))
            yield from self._late()
            yield from self._citations.end()
            yield self._citations.resolved()
            yield self.end

    def _late(self) -> Iterator[Event]:
        """What a judgement behind the answer changes: the verdict, and at the end the part that is missing."""
        late = self._filter.judgement
        if self._judgement is None or self._judgement.judgement is not None or late is None:
            return
        yield _judged(self._found.grounding, late)
        if late.missing:
            yield from self._citations.feed(f"\n\n{self._notices.missing.format(missing=late.missing)}")

    def _passages(self, opening: str) -> Iterator[Event]:
        """An answer of quotations in place of the model's."""
        yield from quotation_events(quote_found(opening, self._query, self._found, self._notices), self.end)

    def _shown(self, text: str, *, final: bool = False) -> Iterator[Event]:
        text = self._filter.feed(text) + (self._filter.end() if final else "")
        judgement = self._judgement.judgement if self._judgement else None
        if not self._verdict_told:
            self._verdict_told = True
            yield _judged(self._found.grounding, judgement)
            self.refused = judgement is not None and judgement.answers == "not at all"
        if text and not self.refused:
            if judgement and judgement.missing and text.strip() and not self._begun:
                text = f"{self._notices.missing.format(missing=judgement.missing)}\n\n{text}"
            self._begun = self._begun or bool(text.strip())
            yield from self._citations.feed(text)


def _judged(grounding: GroundingDecided, judgement: Judgement | None) -> GroundingDecided:
    """The decision with the model's judgement in it; without one it stays uncertain."""
    if judgement is None or judgement.answers == "partly":
        return grounding
    return replace(grounding, verdict="covered" if judgement.answers == "wholly" else "not_covered")


def _finish(response: ChatResponse) -> Finished:
    counts = response.additional_kwargs
    return Finished(
        "stop",
        counts.get("prompt_tokens"),
        counts.get("completion_tokens"),
        counts.get("model"),
        counts.get("model_version"),
    )


def _failure(exc: ModelError) -> Failed:
    return Failed(
        code=exc.code,
        message=str(exc),
        reason=exc.reason,
        prompt_tokens=exc.usage.prompt_tokens,
        answer_tokens=exc.usage.answer_tokens,
        model=exc.model,
        model_version=exc.model_version,
        retry_after_seconds=exc.retry_after_seconds,
    )
