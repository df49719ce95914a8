"""Answers that a model writes from the passages: judged, cited, guarded, and ended honestly.

What the model says first about an uncertain question is parsed and never shown: whether the passages answer it. The
prompt asks for one line `<verdict>wholly</verdict>`, `<verdict>partly: what is missing</verdict>` or
`<verdict>not at all</verdict>` before the answer. Models also write it in other cases and words, behind a preamble or
without its end; what cannot be read counts as no judgement, and its signs are not shown either. A model may also write
the line unasked, or once more further down: `JudgementFilter` takes it out of every reply.
"""

import logging
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

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

logger = logging.getLogger(__name__)

_REFUSED_CODES = frozenset({PromptBlockedError.code, AnswerWithheldError.code})  # nothing is shown instead of these
_BRACKETS = re.compile(r"[\[【［]")
Answers = Literal["wholly", "partly", "not at all"]
_MOST_PREAMBLE = 200  # characters before the judgement; a reply that has none by then has none
_MOST_LETTERS = 600  # of the judgement's line
_MISSING_LETTERS = 240  # of what is missing, as it is shown
_OPENING = re.compile(r"<\s*verdict\b[^>\n]{0,40}?>|<\s*verdict\s*[:=]|\bverdict\s*[:=]", re.IGNORECASE)
_CLOSING = re.compile(r"<\s*/\s*verdict\s*>|\n", re.IGNORECASE)
_SIGNS = re.compile(r"<\s*/?\s*verdict\b[^>\n]{0,40}>?[ \t]*\n?", re.IGNORECASE)
_BEGUN = re.compile(r"<\s*/?\s*(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\s*$", re.IGNORECASE)
_WORDS: dict[Answers, re.Pattern[str]] = {
    "not at all": re.compile(r"\bnot[ _-]+at[ _-]+all\b|\bnone\b|\bnot answered\b|^\W*no\b", re.IGNORECASE),
    "partly": re.compile(r"\bpart(?:ly|ially|ial)\b|\bin part\b", re.IGNORECASE),
    "wholly": re.compile(r"\bwholly\b|\bfully\b|\bentirely\b|\bcompletely\b|^\W*yes\b", re.IGNORECASE),
}
# A judgement wherever it stands, and what may still become one at the end of the text so far.
_TAGGED = re.compile(
    rf"<\s*verdict\b[^>\n]{{0,40}}>([^<\n]{{0,{_MOST_LETTERS}}})(?:<\s*/\s*verdict\s*>|(?=\n)|\Z)"
    r"|<\s*/\s*verdict\s*>",
    re.IGNORECASE,
)
_MAY_BE_TAGGED = re.compile(
    r"<\s{0,3}/?\s{0,3}(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\Z"
    r"|<\s{0,3}/?\s{0,3}verdict\b[^>\n]{0,40}\Z"
    rf"|<\s{{0,3}}verdict\b[^>\n]{{0,40}}>[^<\n]{{0,{_MOST_LETTERS}}}(?:<[\s/]{{0,6}}[a-z]{{0,7}}\s{{0,3}})?\Z",
    re.IGNORECASE,
)
# The same without signs, which is a judgement at the beginning alone.
_BARE = re.compile(
    r"\s*[*_`#]*verdict[*_`]*\s*[:=][\s*_`]*(?:(?:wholly|not at all)\W*|partly\b[^\n]*)(?:\n|\Z)", re.IGNORECASE
)
_MAY_BE_BARE = re.compile(
    rf"\s*[*_`#]*(?:v(?:e(?:r(?:d(?:i(?:c(?:t[^\n]{{0,{_MOST_LETTERS}}})?)?)?)?)?)?)?\Z", re.IGNORECASE
)
_BEFORE_MISSING = re.compile(r"^[\s\"',:;|.=–—-]*(?:missing\b[\s\"',:;|=]*)?", re.IGNORECASE)


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
            yield from self._citations.end()
            yield self._citations.resolved()
            yield self.end

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


def _judged(grounding: GroundingDecided, judgement: "Judgement | None") -> GroundingDecided:
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far the passages answer the question."""

    answers: Answers
    missing: str = ""  # of "partly": what they do not say


class JudgementReader:
    """Takes the judgement off the beginning of a reply that comes in pieces; one for each reply."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self.decided = False
        self.judgement: Judgement | None = None

    def feed(self, piece: str) -> str:
        """The text that may be shown now; "" as long as the judgement may still come."""
        if self.decided:
            return self._text(piece)
        self._held += piece
        opening = _OPENING.search(self._held)
        if opening is not None:
            closing = _CLOSING.search(self._held, opening.end())
            if closing is not None:
                return self._decide(self._held[opening.end() : closing.start()], self._held[closing.end() :])
            return self._give_up() if len(self._held) > opening.end() + _MOST_LETTERS else ""
        return self._give_up() if len(self._held) > _MOST_PREAMBLE and not _BEGUN.search(self._held) else ""

    def end(self) -> str:
        """What is left at the end of the reply."""
        if self.decided:
            return ""
        opening = _OPENING.search(self._held)
        return self._decide(self._held[opening.end() :], "") if opening is not None else self._give_up()

    def _decide(self, said: str, rest: str) -> str:
        self.decided = True
        self.judgement = _judgement(said)
        return self._text(rest)

    def _give_up(self) -> str:
        """No judgement: the text without the signs of one."""
        self.decided = True
        return self._text(_BEGUN.sub("", _SIGNS.sub("", self._held)))

    def _text(self, piece: str) -> str:
        """A piece of the answer, without the space that stands before its first word."""
        shown = piece if self._begun else piece.lstrip()
        self._begun = self._begun or bool(shown)
        return shown


class JudgementFilter:
    """Takes judgements out of a reply that comes in pieces, wherever they stand; one for each reply.

    At the beginning all that stands in the signs of a judgement is one. Further down it is where it says how far the
    passages answer, and other text stays: a page may be about such a tag.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._taken_off = False

    def feed(self, piece: str) -> str:
        """The text that may be shown now."""
        if self._begun and not self._held and "<" not in piece:
            return piece
        self._held += piece
        return self._shown(final=False)

    def end(self, *, cut: bool = False) -> str:
        """What was held back; of a reply that broke off without the beginning of a judgement."""
        if cut and (begun := _MAY_BE_TAGGED.search(self._held)) and "verdict" in begun[0].casefold():
            self._held = self._held[: begun.start()]
        return self._shown(final=True)

    def _shown(self, *, final: bool) -> str:
        if not self._begun and (bare := _BARE.match(self._held)) and (final or bare[0].endswith("\n")):
            self._held = self._held[bare.end() :]
            self._taken_off = True
        maybe = None if final else _MAY_BE_TAGGED.search(self._held)
        if maybe is None and not final and not self._begun:
            maybe = _MAY_BE_BARE.match(self._held)
        ready = self._held[: maybe.start()] if maybe else self._held
        self._held = self._held[len(ready) :]
        text = _TAGGED.sub(lambda found: self._without(ready, found), ready)
        self._taken_off = self._taken_off or text != ready
        if self._taken_off and not self._begun:
            text = text.lstrip()
        self._begun = self._begun or bool(text.strip())
        return text

    def _without(self, text: str, found: re.Match[str]) -> str:
        """What stays of the signs of a judgement: nothing, or what is none."""
        at_the_beginning = not self._begun and not _TAGGED.sub("", text[: found.start()]).strip()
        none = found[1] is not None and _judgement(found[1]) is None
        return found[0] if none and not at_the_beginning else ""


def _judgement(said: str) -> Judgement | None:
    for answers, pattern in _WORDS.items():
        found = pattern.search(said)
        if found is None:
            continue
        missing = _BEFORE_MISSING.sub("", said[found.end() :]).strip(" \t\"'}].") if answers == "partly" else ""
        return Judgement(answers, missing[:_MISSING_LETTERS])
    return None
