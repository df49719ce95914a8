"""Answers without a language model: the passages that fit best, quoted with their citations.

`ExtractiveSynthesizer` is LlamaIndex's response synthesizer; the one that asks a model builds on it.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation.span import active_span_id

from engines.citations.answer_text import AnswerText
from engines.citations.attribution import sentences
from engines.citations.processor import utf16_length
from engines.errors import ModelError
from engines.events import (
    Citation,
    CitationsResolved,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Mark,
    Retrieved,
    Source,
    TextDelta,
)
from engines.instrumentation import dispatcher
from engines.retrieval.grounding import retrieved
from engines.retrieval.retriever import GROUNDING
from engines.synthesis.fallback_messages import Notices, notices_for

_QUOTED_PASSAGES = 3
_QUOTED_CHARS = 900
_TITLE_WORDS = 9
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = re.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}|\$\$)(?!.*\$\$)")


@dataclass
class AnswerQuery(QueryBundle):
    """A question with what an answer to it depends on beside the passages."""

    history: list[ChatMessage] = field(default_factory=list)  # of the conversation, oldest first
    profile: str | None = None  # what the reader said about themselves; data, never an instruction
    locale: str | None = None
    note: str | None = None  # for the model: what the passages are, where they were not searched for
    span_id: str | None = None  # of the question, whose events the answer's are


class ExtractiveSynthesizer(BaseSynthesizer):
    """Quotes the passages, or says that they do not cover the question. One for a process.

    Stock, a synthesizer gets the passages as bare strings and gives one string: neither numbers nor citations would
    survive. `stream` takes them whole and gives the answer's events; LlamaIndex's calls go through it.
    """

    def __init__(self, llm: LLM | None = None) -> None:
        # The base class wants a model, and would load a tokenizer to pack prompts, which is not done here.
        super().__init__(
            llm=llm or MockLLM(),
            callback_manager=CallbackManager(),  # else the one of the global settings
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )

    def judges(self, found: Retrieved) -> bool:
        """Whether `stream` gives the decision itself, before its text."""
        return False

    def stream(self, query: AnswerQuery, found: Retrieved) -> AsyncGenerator[Event, None]:
        """The events of the answer, its text first; closing them ends it."""
        if not found.grounding.grounded or not found.sources:
            return self._tell(query, not_covered(_notices(query), found), Finished("refused"))
        return self._write(query, found)

    def _write(self, query: AnswerQuery, found: Retrieved) -> AsyncGenerator[Event, None]:
        notices = _notices(query)
        opening = notices.uncertain if found.grounding.verdict == "uncertain" else notices.no_model
        return self._tell(query, quote_passages(opening, found.sources), Finished("stop"))

    async def _tell(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> AsyncGenerator[Event, None]:
        with synthesis(query) as response:
            response.response = quotation.resolved().text
            for event in told(quotation, end):
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
        async with aclosing(self.stream(asked, retrieved(nodes))) as events:
            async for event in events:
                if isinstance(event, CitationsResolved):
                    response.response = event.text
                elif isinstance(event, Failed):
                    raise ModelError(event.message)
        return response

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """The answer from bare texts, which are taken to cover the question."""
        covered = GroundingDecided(verdict="covered", score=1.0, covered_from=0.0, not_covered_below=0.0)
        nodes = [NodeWithScore(node=TextNode(text=text, metadata={GROUNDING: covered})) for text in text_chunks]
        return (await self.asynthesize(query_str, nodes)).response or ""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Not there: a model is asked asynchronously."""
        raise NotImplementedError("an answer is made by asynthesize")

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        """Nothing: the prompts are in `engines.prompts`."""


@contextmanager
def synthesis(query: AnswerQuery) -> Iterator[Response]:
    """Tell LlamaIndex's instrumentation the start and the end of an answer; fill in the response meanwhile."""
    response = Response("")
    dispatcher.event(SynthesizeStartEvent(query=query, span_id=query.span_id))
    try:
        yield response
    finally:
        dispatcher.event(SynthesizeEndEvent(query=query, response=response, span_id=query.span_id))


def told(quotation: "Quotation", end: Finished | Failed) -> Iterable[Event]:
    """The events of an answer that no model writes."""
    yield from map(TextDelta, quotation.pieces())
    yield quotation.resolved()
    yield end


def _notices(query: AnswerQuery) -> Notices:
    return notices_for(query.query_str, query.locale)


@dataclass(frozen=True, slots=True)
class Quotation:
    """An answer that is made of the book's own words; each part ends with the number of its source."""

    opening: str
    parts: tuple[tuple[str, Source], ...]
    sources: tuple[Source, ...]

    def pieces(self) -> Iterator[str]:
        """The text piece by piece, with the sources' own numbers."""
        yield self.opening
        yield from (f"{text} [{source.number}]" for text, source in self.parts)

    def resolved(self) -> CitationsResolved:
        """The text as a whole, numbered in the order in which it quotes."""
        numbered = list(enumerate(self.parts, start=1))
        text, marks = self.opening, []
        for number, (part, _) in numbered:
            text += f"{part} "
            marks.append(Mark(utf16_length(text), number))
            text += f"[{number}]"
        cited = tuple(
            Citation(number, source, _first_sentence(source), supported=True) for number, (_, source) in numbered
        )
        quoted = {source.number for _, source in self.parts}
        also_read = tuple(item for item in self.sources if item.number not in quoted)
        return CitationsResolved(text, cited, also_read, marks=tuple(marks))


def quote_passages(opening: str, sources: Sequence[Source]) -> Quotation:
    """Why the answer is one of quotations, then the best passages, each with its place."""
    parts = tuple((f"\n\n{_quoted(source.text)}\n>\n> — {place(source)}", source) for source in sources)
    return Quotation(opening, parts[:_QUOTED_PASSAGES], tuple(sources))


def not_covered(notices: Notices, found: Retrieved) -> Quotation:
    """The answer where what was searched has none: that it is so, and the nearest sections, if there are any near."""
    sources, sentence = found.sources, notices.not_covered_in(found.searched)
    nearest = {source.url: source for source in reversed(sources) if source.related}
    parts = [(f"\n- {place(source)}", source) for source in sources if nearest.get(source.url) is source]
    opening = f"{sentence}\n\n{notices.nearest}\n" if parts else sentence
    return Quotation(opening, tuple(parts[:_QUOTED_PASSAGES]), tuple(sources))


def place(source: Source) -> str:
    """Where a passage stands: page and headings."""
    return " › ".join((source.title, *source.heading_path))


def _first_sentence(source: Source) -> str:
    return next(iter(sentences(source.text)), "")


def _quoted(text: str) -> str:
    """The beginning of a passage as a Markdown quotation, without links: they were made for another page."""
    reader = AnswerText(lambda target: False)
    plain = "".join(piece.text for piece in (*reader.feed(_beginning(text)), *reader.end()))
    return "\n".join(f"> {line}".rstrip() for line in plain.splitlines())


def _beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: code, tables and formulas are never cut in two."""
    kept: list[str] = []
    for block in map(_marked, _blocks(text)):
        if kept and sum(map(len, kept)) + len(block) > _QUOTED_CHARS:
            return "\n\n".join([*kept, "…"])
        kept.append(block)
    return "\n\n".join(kept)


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"


def _blocks(text: str) -> list[str]:
    """The parts between blank lines, with code and formulas whole."""
    blocks: list[list[str]] = [[]]
    open_fence: str | None = None
    for line in text.strip().splitlines():
        fence = _FENCE.match(line)
        if fence and open_fence is None:
            open_fence = fence[1]
        elif fence and open_fence and fence[1].startswith(open_fence):
            open_fence = None
        if line.strip() or open_fence:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]
