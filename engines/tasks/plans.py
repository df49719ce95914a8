"""The input of planning a task's answer, and the two kinds of plans; used by the neighbouring modules and the chat.

A plan is either a whole answer (`ReadyAnswer`) or the material from which the chat engine answers (`AnswerFrom`).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from itertools import islice, product

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.events import COVERED, Event, Finished, GroundingDecided, Question, SourcesFound
from engines.instrumentation import QuickPostprocessor, synthesis
from engines.retrieval.retriever import ADDRESS, GROUNDING, UNMENTIONED, origin_of, understand_for
from engines.synthesis.extractive import (
    AnswerQuery,
    ExtractiveSynthesizer,
    Quotation,
    quotation_events,
    said_once,
)
from engines.tasks.contents import Chapter, Contents, PageEntry, is_of_time, number_of
from engines.tasks.messages import Messages
from engines.understanding.intent import Intent
from engines.understanding.task_words import names_an_order
from storage.vectors import payload
from storage.vectors.hybrid_search import ChunkFilter, StoredChunk
from storage.vectors.qdrant_vector_store import PinnedBuild

NO_VERDICT = GroundingDecided(verdict=None, score=0.0, covered_from=0.0, not_covered_below=0.0)
_MOST_MEANINGS = 8  # of a name of several words


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """A whole answer that no model writes."""

    answer: Quotation
    verdict: GroundingDecided
    build: str

    def nodes(self) -> list[NodeWithScore]:
        """Its sources as passages, for another answer that is based on them."""
        return [
            NodeWithScore(
                node=TextNode(
                    id_=source.chunk_id,
                    text=source.text,
                    metadata={
                        ADDRESS: source.url,
                        payload.TITLE: source.title,
                        payload.HEADING_PATH: list(source.heading_path),
                        GROUNDING: COVERED,
                        "build": self.build,
                    },
                ),
                score=source.score,
            )
            for source in self.answer.sources
        ]

    async def events(self, query: AnswerQuery) -> AsyncGenerator[Event, None]:
        """The answer's events; `query` is the message that it answers."""
        with synthesis(query, query.span_id) as response:
            response.response = self.answer.resolved().text
            yield SourcesFound(self.answer.sources, self.build)
            yield self.verdict
            for event in quotation_events(self.answer, Finished("stop")):
                yield event


def one_below_the_other(first: ReadyAnswer, second: ReadyAnswer) -> ReadyAnswer:
    """The answers to two tasks of one message as one; a passage of both has one number."""
    known = {(source.chunk_id, source.url): source for source in first.answer.sources}
    own = {}
    for source in second.answer.sources:
        key = source.chunk_id, source.url
        known.setdefault(key, replace(source, number=len(known) + 1))
        own[source.number] = known[key]
    above, below = first.answer, second.answer
    opening = f"{above.ending}\n\n{said_once(below.opening, (above.opening,))}"
    texts = [(text, own[source.number]) for text, source in below.parts]
    if texts:
        texts[0] = (opening + texts[0][0], texts[0][1])
    ending = below.ending if texts else opening + below.ending
    return replace(first, answer=Quotation(above.opening, (*above.parts, *texts), tuple(known.values()), ending))


@dataclass(frozen=True, slots=True)
class AnswerFrom:
    """How the chat engine answers a message that is not searched for as written: passages and synthesizer."""

    message: str  # what is searched and shown to the model
    retriever: BaseRetriever | None = None  # None: the usual search, for `message`
    synthesizer: ExtractiveSynthesizer | None = None  # None: the usual one
    postprocessors: tuple[BaseNodePostprocessor, ...] = ()  # after the usual ones of a search
    note: str | None = None  # for the model: what the passages are
    about: QueryBundle | None = None  # what is searched instead of the message
    page: str | None = None  # the address of the page that is searched alone
    alone: bool = False  # whether it is answered like a first question, with what the conversation has quoted
    again: bool = False  # whether the message is about the previous answer, so that the model sees the conversation


Plan = ReadyAnswer | AnswerFrom


class Covered(QuickPostprocessor):
    """Marks all passages as covered: the answer was already given from them and is only reworded."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        for found in nodes:
            found.node.metadata[GROUNDING] = COVERED
        return nodes


class AtLeastUncertain(QuickPostprocessor):
    """Answers a question about the book itself from the nearest passages, whatever the verdict.

    What the book does not mention is not told: such a question may be searched for in other words than the reader's.
    """

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        for found in nodes:
            found.node.metadata.pop(UNMENTIONED, None)
            decided = found.node.metadata.get(GROUNDING)
            if decided is not None and not decided.grounded:
                found.node.metadata[GROUNDING] = replace(decided, verdict="uncertain")
        return nodes


@dataclass(frozen=True, slots=True)
class Task:
    """A message that is small talk or a task, with what its answer may depend on."""

    question: Question
    intent: Intent
    messages: Messages
    build: PinnedBuild
    contents: Contents
    page: StoredChunk | None  # any chunk of the page that the reader has open
    filters: ChunkFilter  # of the edition

    @property
    def site_url(self) -> str | None:
        """The origin at which the edition is published."""
        return origin_of(self.filters.locale, self.build.record.book)

    @property
    def open_chapter(self) -> Chapter | None:
        """The chapter of the page that the reader has open."""
        return self.contents.chapter_of(str(self.page.metadata[payload.URL])) if self.page is not None else None

    @property
    def text_chapter(self) -> Chapter | None:
        """The chapter whose pages a task on "this chapter" is about; None if that is only the open page."""
        if self.page is None or self.contents.is_chapter(str(self.page.metadata[payload.URL]), self.intent.word):
            return None
        return self.open_chapter

    def place(self, name: str, *, titled: bool = False) -> Chapter | None:
        """The chapter or the page of the message's edition that goes by this name, or by what it means in English."""
        if name.startswith("-") and name[1:].isdecimal():  # counted from the end
            return self.contents.from_the_end(int(name[1:]), self.intent.word)
        if self.is_unnumbered and number_of(name) is not None and not names_an_order(self.question.text):
            return None  # its third chapter is no "chapter 3"
        found = self.contents.find(name, self.intent.word, titled=titled)
        if found is not None or titled or number_of(name) is not None:
            return found
        named = (self.contents.named_in_part(meant) for meant in self._meanings_of(name))
        # Of what a word may mean, what is a chapter: "Wahrnehmung" is "perception", where a page is on "vision".
        return max(filter(None, named), key=lambda chapter: len(chapter.pages) > 1, default=None)

    @property
    def is_unnumbered(self) -> bool:
        """Whether the message names a chapter by a number, and the book has none on its chapters."""
        return not is_of_time(self.intent.word) and self.contents.is_unnumbered

    def beside(self, chapter: Chapter, step: int) -> Chapter | None:
        """The chapter so many places after another one, or before it; beside a page that is no chapter, a page."""
        if len(chapter.pages) > 1 or chapter in self.contents.chapters:
            return self.contents.beside(chapter, step)
        before, after = self.contents.around(chapter.pages[0].url)
        pages = after if step > 0 else before[::-1]
        return next((Chapter(page.title, (page,)) for page in pages[abs(step) - 1 :]), None)

    @property
    def last_answer(self) -> str:
        """The newest answer of the conversation; "" where there is none."""
        return next((turn.content for turn in reversed(self.question.history) if turn.role == "assistant"), "")

    def in_english(self, name: str) -> str:
        """What the words of a name that the message has in another language mean in the book's; "" for none."""
        return " ".join(english for _, english in self._known_in(name))

    def _known_in(self, name: str) -> list[tuple[str, str]]:
        """The words of a name with what each means in the book's language, of which one may mean several things."""
        understood = understand_for(self.question.text, self.filters.locale, self.build.record)
        known = (*understood.terms, *understood.meanings)
        return [(typed, english) for typed, english in known if typed.casefold() in name.casefold()]

    def _meanings_of(self, name: str) -> list[str]:
        """What a name may mean: with all meanings of its words, then with one of each: "Sicherheit" is "safety"."""
        several: dict[str, list[str]] = {}
        for typed, english in self._known_in(name):
            several.setdefault(typed, []).append(english)
        if not several:
            return []
        chosen = islice(product(*several.values()), _MOST_MEANINGS)
        return [self.in_english(name), *(" ".join(words) for words in chosen)]

    @property
    def open_page(self) -> Chapter | None:
        """The page that the reader has open, as a chapter."""
        if self.page is None:
            return None
        title, url = str(self.page.metadata[payload.TITLE]), str(self.page.metadata[payload.URL])
        return Chapter(title, (PageEntry(title, url),))

    @property
    def book_name(self) -> str:
        """The book's title in quotation marks, or "the book"."""
        title = self.build.record.book.get("title")
        return f"“{title}”" if title else self.messages.the_book


def ready(asked: Task, answer: Quotation, verdict: GroundingDecided = COVERED) -> ReadyAnswer:
    """A whole answer, without a search and without a model."""
    return ReadyAnswer(answer, verdict, asked.build.name)
