"""Answers without a language model: quotations of passages, their citations, and what is said around them.

`ExtractiveSynthesizer` is LlamaIndex's response synthesizer; the one that asks a model builds on it.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from textwrap import shorten
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation.span import active_span_id

from engines.citations.answer_blocks import sentences
from engines.citations.answer_text import AnswerText
from engines.coverage.verdict import retrieved
from engines.errors import model_error
from engines.events import (
    COVERED,
    Citation,
    CitationsResolved,
    Event,
    Failed,
    Finished,
    Mark,
    Retrieved,
    Source,
    TextDelta,
    utf16_length,
)
from engines.instrumentation import synthesis
from engines.retrieval.retriever import GROUNDING
from engines.synthesis.ambiguity import ambiguous_sections, line_of, quoted_at_once
from engines.synthesis.block_layout import QUOTED_CHARS
from engines.synthesis.fallback_messages import Notices, notices_for, says_uncertain
from engines.synthesis.passage_choice import (
    MOST_NAMED,
    QUOTED_PASSAGES,
    Choice,
    choose,
    choose_for_each,
    place,
    was_quoted,
)
from engines.synthesis.quoted_text import LATER_CHARS, quoted_text
from engines.understanding.book_terms import names_no_subject
from engines.understanding.definitions import DEFINES, definition_in, text_blocks

_FIRST_SENTENCE = re.compile(r"(?P<first>.+?[.。۔])\s+(?P<rest>\S.*)", re.DOTALL)
_SHOWN_OF_A_QUESTION = 160  # characters
_QUOTED_PLACE = re.compile(r"^> — (?P<title>.+?)(?: › .*)? \[\d+\]\s*$", re.MULTILINE)


@dataclass
class AnswerQuery(QueryBundle):
    """A question with everything that its answer depends on, besides the passages."""

    history: list[ChatMessage] = field(default_factory=list)  # of the conversation, oldest first
    profile: str | None = None  # what the reader said about themselves; data, never an instruction
    locale: str | None = None
    note: str | None = None  # for the model: what the passages are, where they were not searched for
    span_id: str | None = None  # of the question, whose events the answer's are
    earlier: tuple[str, ...] = ()  # the conversation's answers before this one, oldest first
    follows_up: bool = False  # whether the question leans on what was said before


Answered = tuple[tuple[Source, ...], AsyncGenerator[Event, None]]
"""The passages of an answer, and its events; closing them ends the answer."""


class ExtractiveSynthesizer(BaseSynthesizer):
    """Quotes the passages, or says that they do not cover the question. One instance per process.

    A stock synthesizer gets the passages as bare strings and returns one string: neither numbers nor citations would
    survive. `answer` takes complete nodes and returns the answer's events; LlamaIndex's calls go through it.
    """

    def __init__(self, llm: LLM | None = None) -> None:
        # The base class requires a model, and would load a tokenizer to pack prompts, which is not done here.
        super().__init__(
            llm=llm or MockLLM(),
            callback_manager=CallbackManager(),  # otherwise the one of the global settings
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )

    def judges(self, found: Retrieved) -> bool:
        """Whether the answer's events include the decision, before its text."""
        return False

    def answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        """The passages under their numbers in the answer's text, and the answer."""
        if not found.is_answerable:
            return self._quoting(query, not_covered(_notices(query), found), Finished("refused"))
        return self._quoting(query, self._quotation(query, found), Finished("stop"))

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> "Quotation":
        notices = _notices(query)
        names = found.understanding.term_names if found.understanding else ()
        defined = bool(found.sources) and defines(found.sources[0], names)
        uncertain = found.grounding.verdict == "uncertain"
        no_model = said_once(notices.no_model, query.earlier)
        opening = uncertain_opening(notices, found) if uncertain else no_model
        if found.understanding and not defined and (meant := ambiguous_sections(found)):
            at_once = quoted_at_once(found.understanding, meant)
            if not at_once:
                return list_candidates(notices.ambiguous, meant, found.sources, query.query_str)
            if not was_quoted(at_once[0], query.earlier):
                return _quote_meant(opening, query, found, notices, at_once, meant)
        return quote_found(opening, query, found, notices)

    def _quoting(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> Answered:
        numbered = quotation.numbered()
        return numbered.sources, self._tell(query, numbered, end)

    async def _tell(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> AsyncGenerator[Event, None]:
        with synthesis(query, query.span_id) as response:
            response.response = quotation.resolved().text
            for event in quotation_events(quotation, end):
                yield event

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """The whole answer under its final numbers, for LlamaIndex's own engines; raises ModelError."""
        asked = query if isinstance(query, AnswerQuery) else AnswerQuery(str(query), span_id=active_span_id.get())
        response = Response("", source_nodes=[*nodes, *(additional_source_nodes or ())])
        _, answer = self.answer(asked, retrieved(nodes))
        async with aclosing(answer) as events:
            async for event in events:
                if isinstance(event, CitationsResolved):
                    response.response = event.text
                elif isinstance(event, Failed):
                    raise model_error(event)
        return response

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """The answer from bare texts, which are taken to cover the question."""
        nodes = [NodeWithScore(node=TextNode(text=text, metadata={GROUNDING: COVERED})) for text in text_chunks]
        return (await self.asynthesize(query_str, nodes)).response or ""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Not supported: a model is only called asynchronously."""
        raise NotImplementedError("an answer is made by asynthesize")

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        """Does nothing: the prompts are in `engines.prompts`."""


def quotation_events(quotation: "Quotation", end: Finished | Failed) -> Iterable[Event]:
    """The events of an answer that no model writes."""
    yield from map(TextDelta, quotation.pieces())
    yield quotation.resolved()
    yield end


def uncertain_opening(notices: Notices, found: Retrieved) -> str:
    """The notice that what was searched may not answer a message, or which of its questions."""
    open_parts = [part.typed for part in found.parts if part.grounding.verdict != "covered"]
    if 0 < len(open_parts) < len(found.parts):
        typed = " ".join(each.strip(" ,;") for each in open_parts)
        return notices.uncertain_about(shorten(typed, _SHOWN_OF_A_QUESTION, placeholder=" …"), found.unmentioned)
    return notices.uncertain_in(found.searched, found.unmentioned)


def _notices(query: AnswerQuery) -> Notices:
    return notices_for(query.query_str, query.locale)


def first_quoted_page(answer: str) -> str:
    """The title of the page that an answer quotes first; "" if it quotes none, or is uncertain."""
    line = None if says_uncertain(answer) else _QUOTED_PLACE.search(answer)
    return line["title"] if line else ""


def first_quoted_place(answer: str) -> str:
    """The page and the headings of what an answer quotes first; "" if it quotes nothing."""
    line = _QUOTED_PLACE.search(answer)
    return line[0].removeprefix("> — ") if line else ""


def places_quoted(answer: str) -> list[str]:
    """The pages, with their headings, of what an answer quotes."""
    return [line[0].removeprefix("> — ") for line in _QUOTED_PLACE.finditer(answer)]


def defines(source: Source, names: Sequence[str]) -> bool:
    """Whether a passage defines a term under one of its names."""
    return definition_in(text_blocks(source.text), names, source.heading, source.title).strength >= DEFINES


@dataclass(frozen=True, slots=True)
class Quotation:
    """An answer in the book's own words; each part ends with the number of its source."""

    opening: str
    parts: tuple[tuple[str, Source], ...]
    sources: tuple[Source, ...]
    ending: str = ""

    def pieces(self) -> Iterator[str]:
        """The text piece by piece."""
        yield self.opening
        yield from (f"{text} [{source.number}]" for text, source in self.parts)
        if self.ending:
            yield self.ending

    def numbered(self) -> "Quotation":
        """The same with the sources numbered in the order of quotation, then those that are not quoted."""
        quoted = {source.number: source for _, source in self.parts}
        in_order = (*quoted.values(), *(source for source in self.sources if source.number not in quoted))
        by_number = {source.number: replace(source, number=place) for place, source in enumerate(in_order, start=1)}
        parts = tuple((text, by_number[source.number]) for text, source in self.parts)
        return Quotation(self.opening, parts, tuple(by_number.values()), self.ending)

    def resolved(self) -> CitationsResolved:
        """The text as a whole, with the numbers that its pieces have."""
        text, marks = self.opening, []
        for part, source in self.parts:
            text += f"{part} "
            marks.append(Mark(utf16_length(text), source.number))
            text += f"[{source.number}]"
        text += self.ending
        quoted = {source.number: source for _, source in self.parts}
        cited = tuple(
            Citation(number, source, _first_sentence(source), supported=True) for number, source in quoted.items()
        )
        also_read = tuple(item for item in self.sources if item.number not in quoted)
        return CitationsResolved(text, cited, also_read, marks=tuple(marks))


def quote_passages(
    opening: str,
    sources: Sequence[Source],
    chosen: Choice | None = None,
    quoted_before: str = "",
    diagram: str = "",
) -> Quotation:
    """A sentence that says why passages are quoted, then the best passages, each with its place.

    Passages that only introduce what their subsections say are not quoted where there are others; those that were
    quoted before are named. `diagram` stands for a passage that is a picture to readers.
    """
    chosen = chosen or choose(sources, "")
    parts = [
        (f"\n\n{_quoted(text or (f'*{diagram}*' if diagram else ''))}> — {place(source)}", source)
        for source, text in chosen.quoted[: chosen.most]
    ]
    for number, source in enumerate(chosen.named):
        before = "" if number else f"\n\n{quoted_before}\n" if quoted_before else "\n"
        parts.append((f"{before}\n- {place(source)}", source))
    return Quotation(opening, tuple(parts), tuple(sources))


def quote_found(opening: str, query: AnswerQuery, found: Retrieved, notices: Notices) -> Quotation:
    """A sentence that says why passages are quoted, and the quotations for this question."""
    names = found.understanding.term_names if found.understanding else ()
    # A comparison shows each side, also what was quoted of it before.
    goes_on = query.follows_up and not (found.understanding and found.understanding.compared)
    if found.parts:
        each = choose_for_each(found.sources, found.parts, query.query_str, earlier=query.earlier, follows_up=goes_on)
        if each.quoted:
            return quote_passages(opening, found.sources, each, diagram=notices.diagram)
    chosen = choose(
        found.sources,
        query.query_str,
        names=names,
        earlier=query.earlier,
        follows_up=goes_on,
        in_order=bool(found.understanding and found.understanding.compared),
    )
    opening = notices.nothing_new if chosen.named and not chosen.quoted else opening
    before = notices.quoted_before if chosen.quoted else ""
    return quote_passages(opening, found.sources, chosen, quoted_before=before, diagram=notices.diagram)


def _quote_meant(
    opening: str,
    query: AnswerQuery,
    found: Retrieved,
    notices: Notices,
    at_once: Sequence[Source],
    meant: Sequence[Source],
) -> Quotation:
    """The sections that answer a question which may mean several, and the places of the others."""
    names = found.understanding.term_names if found.understanding else ()
    limits = (QUOTED_CHARS, *(LATER_CHARS for _ in at_once[1:]))
    quoted = (
        (source, quoted_text(source, query.query_str, names, limit))
        for source, limit in zip(at_once, limits, strict=True)
    )
    named = [source for source in meant if source not in at_once]
    chosen = Choice(tuple(quoted), tuple(named[:MOST_NAMED]))
    return quote_passages(opening, found.sources, chosen, notices.also_in, notices.diagram)


def said_once(opening: str, earlier: Sequence[str]) -> str:
    """An opening without its first sentence if the conversation has that sentence already."""
    found = _FIRST_SENTENCE.match(opening)
    return found["rest"] if found and any(found["first"] in answer for answer in earlier) else opening


def list_candidates(opening: str, meant: Sequence[Source], sources: Sequence[Source], question: str) -> Quotation:
    """That a question may mean several sections, and a line for each of them with the sentence that fits it best."""
    told = [line_of(source, without_links(source.text), question) for source in meant]
    parts = tuple(
        (f"\n- **{place(source)}**{f': {text}' if text else ''}", source)
        for source, text in zip(meant, told, strict=True)
    )
    return Quotation(f"{opening}\n", parts, tuple(sources))


def not_covered(notices: Notices, found: Retrieved) -> Quotation:
    """The answer if the question is not covered: says so, and lists the nearest sections, if there are any.

    Its sources are everything that was found, for measuring the search.
    """
    sentence = notices.not_covered_in(found.searched)
    related = [source for source in found.sources if source.related and not _is_of_no_subject(source)]
    nearest = list({source.url: source for source in reversed(related)}.values())[::-1]
    parts = [(f"\n- {place(source)}", source) for source in nearest]
    opening = f"{sentence}\n\n{notices.nearest}\n" if parts else sentence
    return Quotation(opening, tuple(parts[:QUOTED_PASSAGES]), tuple(found.sources))


def _is_of_no_subject(source: Source) -> bool:
    """Whether a section's own heading names nothing that a reader could ask about: "Next Steps", "Test 1"."""
    return bool(source.heading) and names_no_subject(source.heading)


def _first_sentence(source: Source) -> str:
    return next(iter(sentences(source.text)), "")


def _quoted(text: str) -> str:
    """What is shown of a passage as the lines of a Markdown quotation, without links, which were made for its page."""
    quoted = "".join(f"{f'> {line}'.rstrip()}\n" for line in without_links(text).splitlines())
    return f"{quoted}>\n" if quoted else ""


def without_links(text: str) -> str:
    """A text of the book without its links."""
    reader = AnswerText(lambda target: False)
    return "".join(piece.text for piece in (*reader.feed(text), *reader.end()))
