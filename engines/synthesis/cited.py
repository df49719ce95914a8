"""Answers that a model writes from the passages: judges coverage, checks citations, and reports every incomplete end.

For an uncertain question the model first says whether the passages answer it, which is read and never shown. The prompt
asks for one line `<verdict>wholly</verdict>`, `<verdict>partly: what is missing</verdict>` or `<verdict>not at
all</verdict>` before the answer. Models also write it in other cases and words, after a preamble or without its end;
what cannot be read counts as no judgement, and its tags are not shown either. A model may also write the line unasked,
or once more further down: `JudgementFilter` takes it out of every reply.
"""

import logging
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

import regex
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import LLM

from engines import prompts
from engines.citations.answer_text import AnswerText
from engines.citations.processor import CitationProcessor
from engines.errors import AnswerWithheldError, ModelError, PromptBlockedError
from engines.events import CitationsResolved, Event, Failed, Finished, GroundingDecided, Retrieved, Source
from engines.instrumentation import inside, synthesis
from engines.prompts import LeakGuard, TokenGauge, estimate_prompt
from engines.synthesis.ambiguity import ambiguous_sections
from engines.synthesis.extractive import (
    Answered,
    AnswerQuery,
    ExtractiveSynthesizer,
    not_covered,
    quotation_events,
    quote_found,
    uncertain_opening,
)
from engines.synthesis.fallback_messages import Notices, notices_for
from engines.synthesis.passage_choice import place

logger = logging.getLogger(__name__)

_REFUSED_CODES = frozenset({PromptBlockedError.code, AnswerWithheldError.code})  # nothing is shown instead of these
Answers = Literal["wholly", "partly", "not at all"]
_MOST_PREAMBLE = 200  # characters before the judgement; later in a reply none is expected
_LONGEST_SIGN = 20
_MOST_LETTERS = 600  # of the judgement's line
_MISSING_LETTERS = 240  # of what is missing, as it is shown
_OPENING = re.compile(
    r"<\s*verdict\b[^>\n]{0,40}?>|<\s*verdict\s*[:=]|\[verdict\]|\bverdict[\"'*_]{0,3}\s*[:=]"
    r"|^[ \t>#*_]*verdict[*_]*[ \t]*(?:[–—-]|\n)\s*(?=\W{0,3}(?:wholly|partly|not at all)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(r"<\s*/\s*verdict\s*>|\n", re.IGNORECASE)
_SIGNS = re.compile(r"<\s*/?\s*verdict\b[^>\n]{0,40}>?[ \t]*\n?", re.IGNORECASE)
_BEGUN = re.compile(r"<\s*/?\s*(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\s*$", re.IGNORECASE)
_WORDS: dict[Answers, re.Pattern[str]] = {
    "not at all": re.compile(r"\bnot[ _-]+at[ _-]+all\b|\bnone\b|\bnot answered\b|^\W*no\b", re.IGNORECASE),
    "partly": re.compile(r"\bpart(?:ly|ially|ial)\b|\bin part\b", re.IGNORECASE),
    "wholly": re.compile(r"\bwholly\b|\bfully\b|\bentirely\b|\bcompletely\b|^\W*yes\b", re.IGNORECASE),
}
# A judgement anywhere: in its tags, emphasised, in a code fence, or on a line of its own.
_TAG = (
    rf"(?:<\s{{0,3}}verdict\b[^>\n]{{0,40}}>([^<\n]{{0,{_MOST_LETTERS}}})(?:<\s{{0,3}}/\s{{0,3}}verdict\s{{0,3}}>|(?=\n)|\Z)"
    r"|<\s{0,3}/\s{0,3}verdict\s{0,3}>)"
)
_LINE = (
    rf"[ \t*_`>#]{{0,8}}verdict[*_`]{{0,3}}\s?[:=–—-][ \t*_`]{{0,6}}"
    rf"((?:wholly|not at all)[^\w\n]{{0,20}}|partly\b[^\n]{{0,{_MOST_LETTERS}}})(?=\n|\Z)"
)
_JUDGEMENT = regex.compile(
    r"(?P<fence>^```[\w-]{0,10}[ \t]{0,4}\n\s{0,4})?"
    rf"(?:[*_`]{{0,3}}{_TAG}[*_`]{{0,3}}|^{_LINE})(?(fence)(?:\s{{0,4}}```)?)",
    regex.IGNORECASE | regex.MULTILINE,
)
_MAY_BELONG = re.compile(r"[\s*_`]{0,8}\Z")  # to the judgement before it
_FIRST_LINE = re.compile(r"\W{0,3}(?:(?P<wholly>wholly)|partly[:;,] (?P<missing>[^\n]{1,240}))\W{0,3}\n", re.IGNORECASE)
_WRAPPER = re.compile(r"(```|[*_`~]{1,3}|\{)[\w-]{0,10}[\s{\"']*\Z")  # what a model puts around its judgement
_BRACKETS = re.compile(r"[\[【［]")  # of a mark
_BEFORE_TEXT = re.compile(r"[\s*_`~}]*")
_BEFORE_MISSING = re.compile(r"^[\s\"',:;|.=–—-]*(?:missing\b[\s\"',:;|=]*)?", re.IGNORECASE)


class CitedSynthesizer(ExtractiveSynthesizer):
    """Has the model answer from the numbered passages, or from a reader's selection. One instance per process."""

    def __init__(self, llm: LLM, gauge: TokenGauge, link_hosts: frozenset[str], *, selection: bool = False) -> None:
        super().__init__(llm)
        self._gauge = gauge
        self._link_hosts = link_hosts
        self._selection = selection
        self._rules = prompts.SELECTION_TUTOR if selection else prompts.TUTOR

    def judges(self, found: Retrieved) -> bool:
        """Whether the model first says how far the passages answer the question, as it does for an uncertain one."""
        return not self._selection and found.grounding.verdict == "uncertain" and bool(found.sources)

    def answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        """The passages and the model's answer; the model is not called if the passages do not cover the question."""
        return (found.sources, self._write(query, found)) if found.is_answerable else super().answer(query, found)

    async def _write(self, query: AnswerQuery, found: Retrieved) -> AsyncGenerator[Event, None]:
        """The model's answer as events; if it fails before the first word, the passages instead."""
        prompt = self._prompt(query, found)
        reply = _Reply(query, found, CitationProcessor(found.sources, self._link_hosts), judged=self.judges(found))
        guard = LeakGuard(self._rules + prompts.JUDGE)
        with synthesis(query, query.span_id) as answer:
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
    """An earlier answer without its marks, which name other passages than those of the new prompt."""
    text = message.content or ""
    if message.role != MessageRole.ASSISTANT or not _BRACKETS.search(text):
        return message
    reader = AnswerText(lambda target: True)
    kept = ""
    for piece in (*reader.feed(text), *reader.end()):
        # A stored answer has its marks as `[1]`, so a footnote in it is a real one.
        kept = kept.rstrip(" ") if piece.numbers and not piece.footnote else kept + piece.text
    return ChatMessage(role=message.role, content=kept)


def _note_on(meant: Sequence[Source]) -> str | None:
    """A note for the model: the passages that an ambiguous question may mean."""
    if not meant:
        return None
    places = "; ".join(f"{place(source)} [source {source.number}]" for source in meant)
    return (
        f"The question does not say which of these it means: {places}. Unless the answer is the same for all of them, "
        "ask which one is meant, and name each with its marker."
    )


class _Reply:
    """One reply of the model on its way to the reader: the judgement is removed, the marks become citations."""

    def __init__(self, query: AnswerQuery, found: Retrieved, citations: CitationProcessor, *, judged: bool) -> None:
        self.end: Finished | Failed = Finished("stop")
        self.refused = False  # the model says that the passages do not answer the question at all
        self._query = query
        self._found = found
        self._citations = citations
        self._judgement = JudgementReader() if judged else None
        self._filter = JudgementFilter()  # of judgements that nobody asked for
        self._verdict_told = not judged  # otherwise the chat engine has reported it
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
        """The events after the last word; if there was none, the passages or the nearest sections."""
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
            yield from self._passages(uncertain_opening(self._notices, self._found))
        else:
            yield from self._citations.feed(self._filter.end(cut=True))
            yield from self._late()
            yield from self._citations.end()
            yield self._citations.resolved()
            yield self.end

    def _late(self) -> Iterator[Event]:
        """The effect of a judgement after the answer: the verdict, and at the end the missing part."""
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

    @classmethod
    def read(cls, said: str) -> "Judgement | None":
        """The model's judgement, if the text is one."""
        for answers, pattern in _WORDS.items():
            found = pattern.search(said)
            if found is None:
                continue
            missing = _BEFORE_MISSING.sub("", said[found.end() :]).strip(" \t\"'}].") if answers == "partly" else ""
            return cls(answers, missing[:_MISSING_LETTERS])
        return None


class JudgementReader:
    """Removes the judgement from the beginning of a streamed reply; one instance per reply."""

    def __init__(self) -> None:
        self._held = ""
        self._wrapper = ""  # that the judgement stands in
        self._preamble = ""
        self._between = ""  # the text after the judgement, up to the first word of the answer
        self._gap = ""  # between what stands before the judgement and what stands behind it
        self._begun = False
        self.decided = False
        self.judgement: Judgement | None = None

    def feed(self, piece: str) -> str:
        """The text that may be shown now; "" while the judgement may still come."""
        if self.decided:
            return self._text(piece)
        self._held += piece
        opening = _OPENING.search(self._held[: _MOST_PREAMBLE + _LONGEST_SIGN])
        if opening is not None:
            closing = _CLOSING.search(self._held, opening.end())
            if closing is not None:
                return self._decide(opening, closing.start(), closing.end())
            return self._give_up() if len(self._held) > opening.end() + _MOST_LETTERS else ""
        return self._give_up() if len(self._held) > _MOST_PREAMBLE and not _BEGUN.search(self._held) else ""

    def end(self) -> str:
        """The rest at the end of the reply; if nothing followed the judgement, the answer before it."""
        text = ""
        if not self.decided:
            opening = _OPENING.search(self._held[: _MOST_PREAMBLE + _LONGEST_SIGN])
            text = self._decide(opening, len(self._held), len(self._held)) if opening else self._give_up()
        if self._begun or self._gap or text:
            return text
        return self._preamble.rstrip(" \n*_`{")

    def _decide(self, opening: re.Match[str], end: int, rest: int) -> str:
        self.decided = True
        said, before = self._held[opening.end() : end], self._held[: opening.start()]
        self.judgement = Judgement.read(said)
        wrapper = _WRAPPER.search(before)
        if wrapper and wrapper[1] not in opening[0] + said:
            self._wrapper = "}" if wrapper[1] == "{" else wrapper[1]
        self._preamble = before[: wrapper.start()] if wrapper else before
        if not _BRACKETS.search(before):  # a greeting, and no answer
            return self._text(self._held[rest:])
        self._gap = "\n\n"
        return self._preamble.rstrip() + self._text(self._held[rest:])

    def _give_up(self) -> str:
        """There is no judgement: the text without its tags."""
        self.decided = True
        first = _FIRST_LINE.match(self._held)
        if first is not None:
            self.judgement = (
                Judgement("wholly") if first["wholly"] else Judgement("partly", first["missing"].strip(" .*_"))
            )
        text = self._held[first.end() :] if first else self._held
        beginning, rest = text[:_MOST_PREAMBLE], text[_MOST_PREAMBLE:]  # the filter removes later ones
        beginning = _SIGNS.sub("", beginning)
        return self._text(beginning + rest if rest else _BEGUN.sub("", beginning))

    def _text(self, piece: str) -> str:
        """A piece of the answer, without the space and the end of the wrapper that stand before its first word."""
        if self._begun:
            return piece
        self._between += piece
        space = _BEFORE_TEXT.match(self._between)
        first = space.end() if space else 0
        if first == len(self._between):
            return ""
        self._begun = True
        wrapped = self._between[:first].lstrip()
        if self._wrapper and wrapped.startswith(self._wrapper):
            wrapped = wrapped[len(self._wrapper) :].lstrip()
        return self._gap + wrapped + self._between[first:]


class JudgementFilter:
    """Removes judgements anywhere in a streamed reply; one instance per reply.

    At the beginning all that stands in the signs of a judgement is one. Further down it is where it says how far the
    passages answer, and other text stays: a page may be about such a tag.
    """

    def __init__(self) -> None:
        self._held = ""
        self._before = "\n"  # the character before what is held
        self._begun = False
        self._taken_off = False
        self.judgement: Judgement | None = None  # the last one

    def feed(self, piece: str) -> str:
        """The text that may be shown now."""
        self._held += piece
        return self._shown(final=False)

    def end(self, *, cut: bool = False) -> str:
        """What was held back; of a reply that broke off without the beginning of a judgement."""
        if cut and self._held:
            found = _JUDGEMENT.search(self._before + self._held, 1, partial=True)
            if found and found.end() > len(self._held) and "verdict" in found[0].casefold():
                self._held = self._held[: found.start() - 1]
        return self._shown(final=True)

    def _shown(self, *, final: bool) -> str:
        shown = ""
        while self._held:
            found = _JUDGEMENT.search(self._before + self._held, 1, partial=not final)
            start, end = (found.start() - 1, found.end() - 1) if found else (len(self._held), len(self._held))
            shown += self._ready(start)
            end -= start
            if found is None or (not final and _MAY_BELONG.match(self._held, end)):
                break
            stays = self._stays(found)
            shown += self._ready(end if stays else 0)
            self._held = self._held[0 if stays else end :]
        return shown

    def _ready(self, length: int) -> str:
        """So many characters of what is held, to be shown; no space before the first word behind a judgement."""
        text, self._held = self._held[:length], self._held[length:]
        self._before = text[-1:] or self._before
        if self._taken_off and not self._begun:
            text = text.lstrip()
        self._begun = self._begun or bool(text.strip())
        return text

    def _stays(self, found: "regex.Match[str]") -> bool:
        """Whether what looks like a judgement is not one; the content of a judgement is kept."""
        said = next((group for group in found.groups()[1:] if group is not None), None)
        judgement = Judgement.read(said) if said is not None else None
        if self._begun and said is not None and judgement is None:
            return True
        self.judgement = judgement or self.judgement
        self._taken_off = True
        return False
