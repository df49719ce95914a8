"""Answers about the previous answer: which sections it is from, more of them, an example or code near them.

Called by `engines.tasks.answering`. The chat retrieves the passages of that answer again; `OfTheAnswer` adds the other
sections of the first one's page, and a synthesizer writes the answer without a model.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.coverage.verdict import retrieved
from engines.events import Retrieved, Searched, Source
from engines.retrieval.retriever import Index
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, Quotation, quote_passages
from engines.synthesis.passage_choice import choose, place
from engines.tasks.link_lists import Line, linked_list
from engines.tasks.page_pieces import has_piece, shows_example
from engines.tasks.page_text import page_text
from engines.tasks.plans import AnswerFrom, Covered, Task
from engines.understanding.definitions import term_asked
from engines.understanding.words import plain_words
from storage.vectors import payload

_FEW_SECTIONS = 3
_MOST_SECTIONS = 8
_NOTES = {
    "sources": (
        "The reader asks where your last answer is from, or whether it is true. Say in one honest sentence whether the "
        "passages say what that answer says, and correct it where they do not. Then name what each passage says of it."
    ),
    "more": (
        "The reader asks for more on your last answer. Go on from it with what the passages say and that answer does "
        "not, and name after each statement the passage that it stands on."
    ),
    "example": "The reader asks for an example of what your last answer is about. Give one that the passages have.",
    "code": "The reader asks for the code of what your last answer is about. Give code that the passages have.",
}


@dataclass(frozen=True, slots=True)
class Pages:
    """How the pages of an answer are read."""

    index: Index
    budget: int  # tokens of a page, as many as a prompt holds where a model reads them
    count: Callable[[str], int]


def plan_follow_up(asked: Task, pages: Pages, *, has_model: bool) -> AnswerFrom:
    """The plan for a message about the previous answer."""
    task = asked.intent.task or ""
    after = () if task == "sources" else (OfTheAnswer(asked, pages),)
    return AnswerFrom(
        asked.question.text,
        synthesizer=None if has_model else _SYNTHESIZERS[task](asked),
        postprocessors=(*after, Covered()) if has_model else after,
        note=_NOTES[task],
        again=True,
    )


class OfTheAnswer(BaseNodePostprocessor):
    """Returns the sections of its first page that the previous answer quotes, and those wanted of the others."""

    _asked: Task = PrivateAttr()
    _pages: Pages = PrivateAttr()

    def __init__(self, asked: Task, pages: Pages) -> None:
        super().__init__()
        self._asked, self._pages = asked, pages

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        raise NotImplementedError("the pages are read asynchronously")

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found = retrieved(nodes)
        if not nodes or not found.grounding.grounded:
            return nodes
        last = _answers(self._asked)[-1:]
        quoted = [at for at, source in enumerate(found.sources) if _is_named(source, last)] or [0]
        url = _url(nodes[quoted[0]])  # what an answer quotes first is what it is about
        quoted = [at for at in quoted if _url(nodes[at]) == url]
        filters = [replace(self._asked.filters, url=url)]
        read = partial(
            page_text, pages=filters, searched=Searched("page"), budget=self._pages.budget, count=self._pages.count
        )
        text = await self._pages.index.read(read, self._asked.build)
        if self._asked.intent.task == "more":
            return _not_yet_told(text.nodes, [nodes[at] for at in quoted])
        term = term_asked(query_bundle.query_str.partition("\n")[0]) if query_bundle else ""
        return self._with_wanted(text.nodes, term) or [nodes[at] for at in quoted]

    def _with_wanted(self, nodes: Sequence[NodeWithScore], term: str) -> list[NodeWithScore]:
        """The sections with code or an example, those that name the term first."""
        wanted = wanted_section(self._asked.intent.task or "")
        sources = retrieved(list(nodes)).sources
        chosen = [(node, source) for node, source in zip(nodes, sources, strict=True) if wanted(source)]
        words = plain_words(term)
        chosen.sort(key=lambda item: not words or not set(words) <= set(plain_words(_all_of(item[1]))))
        return [node for node, _ in chosen[:_MOST_SECTIONS]]


def wanted_section(task: str) -> Callable[[Source], bool]:
    """Whether a section is what a message asks for besides the answer: code, or an example."""
    return partial(has_piece, piece="code") if task == "code" else shows_example


def _not_yet_told(nodes: Sequence[NodeWithScore], quoted: Sequence[NodeWithScore]) -> list[NodeWithScore]:
    """The quoted sections, of which a rest may be left, then those behind them on their page, then those before."""
    keys = {_key(node) for node in quoted}
    own = [at for at, node in enumerate(nodes) if _key(node) in keys]
    first = own[0] if own else -1
    behind = [node for at, node in enumerate(nodes) if at > first and at not in own]
    before = [node for at, node in enumerate(nodes) if at < first]
    return [*(nodes[at] for at in own), *behind, *before]


class SourcesOfTheAnswer(ExtractiveSynthesizer):
    """Lists the sections of the previous answer, with their links."""

    def __init__(self, asked: Task) -> None:
        super().__init__()
        self._messages = asked.messages

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        last = query.earlier[-1:]
        named = [source for source in found.sources if _is_named(source, last)]
        cites = bool(last and re.search(r"\[\d+\]", last[0]))
        opening = self._messages.sources if named or cites else self._messages.no_sources
        shown = named or found.sources[:_FEW_SECTIONS]
        return linked_list(opening, [Line(place(source), source) for source in shown])


class MoreOfTheAnswer(ExtractiveSynthesizer):
    """Quotes what earlier answers have not yet quoted of the sections found."""

    def __init__(self, asked: Task) -> None:
        super().__init__()
        self._messages = asked.messages

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        chosen = choose(found.sources, "", earlier=query.earlier, follows_up=True)
        opening = self._messages.more if chosen.quoted else self._messages.no_more
        chosen = replace(chosen, named=() if chosen.quoted else chosen.named)
        return quote_passages(opening, found.sources[:_MOST_SECTIONS], chosen)


class PieceOfTheAnswer(ExtractiveSynthesizer):
    """Quotes the sections with code or an example; says so if there are none near the answer."""

    def __init__(self, asked: Task) -> None:
        super().__init__()
        self._messages = asked.messages
        self._wanted = wanted_section(asked.intent.task or "")

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        wanted = [source for source in found.sources if self._wanted(source)]
        if wanted:
            chosen = choose(wanted, "", earlier=query.earlier, follows_up=True)  # what was quoted before comes last
            return quote_passages(self._messages.example, wanted, chosen if chosen.quoted else None)
        lines = [Line(place(source), source) for source in found.sources[:_FEW_SECTIONS]]
        return linked_list(self._messages.no_example, lines)


_SYNTHESIZERS: dict[str, Callable[[Task], ExtractiveSynthesizer]] = {
    "sources": SourcesOfTheAnswer,
    "more": MoreOfTheAnswer,
    "example": PieceOfTheAnswer,
    "code": PieceOfTheAnswer,
}


def _answers(asked: Task) -> list[str]:
    return [turn.content for turn in asked.question.history if turn.role == "assistant"]


def _is_named(source: Source, answers: Sequence[str]) -> bool:
    """Whether one of the answers quotes the section, or has it in a list."""
    name = re.escape(place(source))
    inner = re.escape(source.heading_path[-1] if source.heading_path else source.title)
    line = re.compile(rf"^(?:> — |- )(?:{name} \[|\*\*{name}\*\*|\*\*{inner}\*\* —)", re.MULTILINE)
    return any(line.search(answer) for answer in answers)


def _all_of(source: Source) -> str:
    return f"{place(source)} {source.text}"


def _url(node: NodeWithScore) -> str:
    return str(node.node.metadata[payload.URL])


def _key(node: NodeWithScore) -> tuple[str, tuple[str, ...]]:
    return _url(node), tuple(node.node.metadata.get(payload.HEADING_PATH) or ())
