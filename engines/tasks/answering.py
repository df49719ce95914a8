"""How small talk and tasks are answered: planned from the message, the table of contents and the page's own text.

Called by the chat, before anything is searched, for each message that is no plain question. A plan is either the whole
answer (`ReadyAnswer`) or what the chat engine is to answer from (`AnswerFrom`). None means: search, as for a question.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten
from typing import Literal

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.events import Event, Finished, GroundingDecided, Question, Searched, SourcesFound
from engines.retrieval.passages import QuickPostprocessor
from engines.retrieval.retriever import GROUNDING, Index, origin_of
from engines.retrieval.scope import find_place
from engines.synthesis.extractive import (
    AnswerQuery,
    ExtractiveSynthesizer,
    Quotation,
    quotation_events,
    synthesis,
    without_links,
)
from engines.tasks.book_words import asks_for_a_thing
from engines.tasks.contents import Chapter, Contents, PageEntry
from engines.tasks.link_lists import (
    OutlineSynthesizer,
    PageListSynthesizer,
    chapter_lines,
    linked_list,
    page_lines,
)
from engines.tasks.messages import Messages, messages_for
from engines.tasks.page_text import COVERED, GivenRetriever, PageText, page_text
from engines.understanding.intents import Intent
from engines.understanding.phrases import SmallTalk
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord
from storage.vectors.qdrant_vector_store import PinnedBuild
from storage.vectors.search import ChunkFilter, StoredChunk

_MOST_LETTERS = 300  # of a reader's question that is told again
_NAMED_CHAPTERS = 12  # in small talk
_QUIZ_CHAPTERS = 8  # that questions on the whole book are made from
_FIRST_PAGES = 3
_PAGES_AROUND = 3
_NO_VERDICT = GroundingDecided(verdict=None, score=0.0, covered_from=0.0, not_covered_below=0.0)
# Answered with one sentence; of the other kinds, which name the chapters, these two do so in mid-talk as well.
_ONE_SENTENCE = frozenset({"thanks", "goodbye", "praise", "agreement", "apology"})
_ABOUT_THE_BOOK = frozenset({"identity", "ability"})
# Small talk that is none where the reader has marked a text: "what is this?" is a question about it.
_WITH_A_SELECTION = frozenset({"thanks", "goodbye", "greeting", "praise", "agreement", "apology"})


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """A whole answer that no model writes."""

    answer: Quotation
    verdict: GroundingDecided
    build: str

    async def events(self, query: AnswerQuery) -> AsyncGenerator[Event, None]:
        """The answer's events; `query` is the message that it answers."""
        with synthesis(query) as response:
            response.response = self.answer.resolved().text
            yield SourcesFound(self.answer.sources, self.build)
            yield self.verdict
            for event in quotation_events(self.answer, Finished("stop")):
                yield event


@dataclass(frozen=True, slots=True)
class AnswerFrom:
    """How the chat engine answers a message that is not searched for as it stands: other passages, another writer."""

    message: str  # what is searched and shown to the model
    retriever: BaseRetriever | None = None  # None: the usual search, for `message`
    synthesizer: ExtractiveSynthesizer | None = None  # None: the usual one
    postprocessors: tuple[BaseNodePostprocessor, ...] = ()  # behind the usual ones of a search
    note: str | None = None  # for the model: what the passages are


Plan = ReadyAnswer | AnswerFrom


class AtLeastUncertain(QuickPostprocessor):
    """Answers a question about the book itself from the nearest passages, however the search decided."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        for found in nodes:
            decided = found.node.metadata.get(GROUNDING)
            if decided is not None and not decided.grounded:
                found.node.metadata[GROUNDING] = replace(decided, verdict="uncertain")
        return nodes


@dataclass(frozen=True, slots=True)
class _Task:
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
        return origin_of(self.filters.locale, self.build.record.book)

    @property
    def open_chapter(self) -> Chapter | None:
        """The chapter of the page that the reader has open."""
        return self.contents.chapter_of(str(self.page.metadata[payload.URL])) if self.page is not None else None


@dataclass(frozen=True)
class Tasks:
    """Plans the answers to small talk and tasks; one for a process."""

    index: Index
    budget: int  # tokens of a page's or a chapter's text in one prompt
    count: Callable[[str], int]
    has_model: bool = field(default=False)

    async def plan(self, question: Question, intent: Intent, build: PinnedBuild | None) -> Plan | None:
        """How a message is answered; None where it is a question to search for. Raises as a search does."""
        if not _holds_for(question, intent):
            return None
        return await self.index.read(lambda pinned: self._plan(question, intent, pinned), build)

    async def _plan(self, question: Question, intent: Intent, build: PinnedBuild) -> Plan | None:
        asked = await _asked(question, intent, build)
        if intent.kind == "small_talk":
            return _small_talk(asked)
        if intent.task == "translation" and not self.has_model:
            return _ready(asked, Quotation(asked.messages.no_translation, (), ()), _NO_VERDICT)
        if intent.kind == "conversation_task":
            return _what_was_asked(asked) if intent.task != "translation" else None
        if intent.task == "quiz" and intent.part == "book":
            return await self._book_quiz(asked)
        if intent.task == "chapter_contents":
            chapter = asked.contents.named(intent.name, intent.word) if intent.name else asked.open_chapter
            if chapter is not None and len(chapter.pages) > 1:
                return _chapter_contents(asked, chapter)
        elif intent.kind == "book_task":
            titles = [chapter.title for chapter in asked.contents.chapters]
            if intent.task == "contents" and asks_for_a_thing(question.text, await build.headings(), titles):
                return None  # "list all topics" in a book on ROS 2, which has topics
            return _book_task(asked)
        return await self._page_task(asked)

    async def _book_quiz(self, asked: _Task) -> AnswerFrom | None:
        """Questions on the whole book, from the first pages of chapters that are spread over it."""
        chapters = _spread(asked.contents.chapters, _QUIZ_CHAPTERS)
        if not chapters:
            return None
        pages = [replace(asked.filters, url=chapter.pages[0].url) for chapter in chapters]
        title = _book_name(asked.build.record, asked.messages).strip("“”")
        return await self._given(asked, pages, title, "book")

    async def _page_task(self, asked: _Task) -> Plan | None:
        intent = asked.intent
        chapter = asked.contents.named(intent.name, intent.word) if intent.name else None
        if intent.name and chapter is None:
            return None  # "summarize the chapter on sensor fusion": a question about sensor fusion
        if chapter is None and asked.page is None:
            lines = chapter_lines(asked.contents.chapters, asked.site_url)
            return _ready(asked, linked_list(asked.messages.which_page, lines), _NO_VERDICT)
        if chapter is None and intent.task in ("before", "next"):
            return await self._around_the_page(asked)
        return await self._from_text(asked, chapter)

    async def _from_text(self, asked: _Task, chapter: Chapter | None) -> AnswerFrom | None:
        """A task on the text of a page or a chapter."""
        pages, title = _pages_of(asked, chapter)
        return await self._given(asked, pages, title, "chapter" if len(pages) > 1 else "page")

    async def _given(
        self, asked: _Task, pages: list[ChunkFilter], title: str, kind: Literal["page", "chapter", "book"]
    ) -> AnswerFrom | None:
        """A task on the text of these pages; None where the index has none of them."""
        examples, by_page = asked.intent.task == "example", kind != "page"
        found = await page_text(
            asked.build,
            pages,
            Searched(kind),
            budget=self.budget,
            count=self.count,
            one_a_page=by_page and not examples and not self.has_model,
        )
        if not found.nodes:
            return None
        opening = asked.messages.no_quiz if asked.intent.task == "quiz" else asked.messages.no_model
        outline = OutlineSynthesizer(opening, asked.messages, title, examples=examples, by_page=by_page)
        text = f"the {kind} “{title}”, in order" if kind != "book" else f"pages from all over the book “{title}”"
        return AnswerFrom(
            asked.question.text,
            GivenRetriever(found.nodes),
            None if self.has_model else outline,
            note=_note_on(text, found),
        )

    async def _around_the_page(self, asked: _Task) -> ReadyAnswer:
        """What comes before or after the open page; before it also what the page itself requires."""
        page = asked.page
        assert page is not None  # noqa: S101 - `_page_task` has seen to it
        url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
        before, after = asked.contents.around(url)
        messages = asked.messages
        if asked.intent.task == "next":
            lines = page_lines(after[:_PAGES_AROUND], asked.site_url)
            opening = messages.after if lines else messages.nothing_after
            return _ready(asked, linked_list(opening.format(title=title), lines))
        lines = page_lines(before[-_PAGES_AROUND:], asked.site_url)
        opening = (messages.before if lines else messages.nothing_before).format(title=title)
        return _ready(asked, linked_list(opening, lines))


def _holds_for(question: Question, intent: Intent) -> bool:
    """Whether an intent holds beside a selected text, which tasks and questions are about."""
    if question.selected_text is None:
        return True
    return intent.kind == "small_talk" and intent.task in _WITH_A_SELECTION


async def _asked(question: Question, intent: Intent, build: PinnedBuild) -> _Task:
    scope = replace(question.scope, limit="book")
    place = await find_place(scope, question.text, build)
    contents = Contents.of(
        build.record.contents,
        locale=place.filters.locale,
        version=None if place.filters.latest else place.filters.version,
    )
    page = await build.first(place.page) if place.page is not None else None
    messages = messages_for(question.text, question.scope.locale or place.filters.locale)
    return _Task(question, intent, messages, build, contents, page, place.filters)


def _ready(asked: _Task, answer: Quotation, verdict: GroundingDecided = COVERED) -> ReadyAnswer:
    return ReadyAnswer(answer, verdict, asked.build.name)


def _small_talk(asked: _Task) -> ReadyAnswer:
    """A friendly sentence; where it opens a talk also what the book covers, by the names of its chapters.

    Nothing is cited.
    """
    messages, record = asked.messages, asked.build.record
    kind: SmallTalk = asked.intent.task  # type: ignore[assignment]  # of this kind of intent
    text = messages.small_talk[kind]
    opens = kind in _ABOUT_THE_BOOK or (kind not in _ONE_SENTENCE and not asked.question.history)
    names = [chapter.title for chapter in asked.contents.chapters] if opens else []
    if names:
        listed = "\n".join(f"- {name}" for name in names[:_NAMED_CHAPTERS])
        more = len(names) - _NAMED_CHAPTERS
        rest = f"\n\n{messages.and_more.format(count=more)}" if more > 0 else ""
        covers = messages.covers.format(book=_book_name(record, messages))
        text = f"{text}\n\n{covers}\n\n{listed}{rest}\n\n{messages.ask}"
    return _ready(asked, Quotation(text, (), ()), _NO_VERDICT)


def _what_was_asked(asked: _Task) -> ReadyAnswer:
    """What the reader has asked in this conversation, as far as it is known."""
    messages, question = asked.messages, asked.question
    turns = [
        shorten(without_links(turn.content), _MOST_LETTERS, placeholder=" …")
        for turn in question.history
        if turn.role == "user"
    ]
    if not turns:
        text = messages.asked_nothing
    elif asked.intent.task == "asked_all":
        text = "\n".join((f"{messages.asked_all}\n", *(f"- {turn}" for turn in turns)))
    elif asked.intent.task == "asked_last":
        text = messages.asked_last.format(question=turns[-1])
    else:
        sentence = messages.forgotten if question.summary else messages.asked_first
        text = sentence.format(question=turns[0])
    return _ready(asked, Quotation(text, (), ()), _NO_VERDICT)


def _book_name(record: BuildRecord, messages: Messages) -> str:
    title = record.book.get("title")
    return f"“{title}”" if title else messages.the_book


def _book_task(asked: _Task) -> Plan | None:
    intent, messages = asked.intent, asked.messages
    match intent.task:
        case "contents" | "start" if not asked.contents.chapters:
            return AnswerFrom(asked.question.text, postprocessors=(AtLeastUncertain(),))
        case "contents":
            return _ready(asked, linked_list(messages.contents, chapter_lines(asked.contents.chapters, asked.site_url)))
        case "start":
            first = _first_pages(asked.contents.pages)
            return _ready(asked, linked_list(messages.start, page_lines(first, asked.site_url)))
        case "next_chapter" | "previous_chapter":
            return _beside_the_chapter(asked)
        case "which_chapter":
            return _which_chapter(asked)
        case _:
            return AnswerFrom(asked.question.text, postprocessors=(AtLeastUncertain(),))


def _beside_the_chapter(asked: _Task) -> ReadyAnswer | None:
    contents, messages, intent = asked.contents, asked.messages, asked.intent
    chapter = contents.named(intent.name, intent.word)
    if chapter is None:
        return None
    step = 1 if intent.task == "next_chapter" else -1
    beside = contents.beside(chapter, step)
    if beside is None:
        if not contents.is_at_the_end(chapter, step):
            return None  # a list that is not in the order of its numbers does not tell
        opening = messages.nothing_after if step > 0 else messages.nothing_before
        return _ready(asked, linked_list(opening.format(title=chapter.title), []))
    opening = messages.after if step > 0 else messages.before
    lines = chapter_lines([beside], asked.site_url)
    return _ready(asked, linked_list(opening.format(title=chapter.title), lines))


def _chapter_contents(asked: _Task, chapter: Chapter) -> ReadyAnswer:
    """A chapter with its pages, from the table of contents."""
    lines = chapter_lines([chapter], asked.site_url)
    more = page_lines(chapter.pages[1:], asked.site_url, first=2)
    return _ready(asked, linked_list(asked.messages.named.format(title=chapter.title), [*lines, *more]))


def _which_chapter(asked: _Task) -> ReadyAnswer | AnswerFrom:
    """The chapter or the page that has the subject as its name, else the pages that a search finds for it."""
    subject = asked.intent.subject
    named = asked.contents.named(subject.partition(",")[0])
    if named is not None:
        return _chapter_contents(asked, named)
    return AnswerFrom(subject, synthesizer=PageListSynthesizer(asked.messages, subject))


def _pages_of(asked: _Task, chapter: Chapter | None) -> tuple[list[ChunkFilter], str]:
    """The pages that a task is about, and their common name."""
    page = asked.page
    if chapter is None and asked.intent.part == "chapter":
        chapter = asked.open_chapter
    if chapter is not None:
        return [replace(asked.filters, url=entry.url) for entry in chapter.pages], chapter.title
    assert page is not None  # noqa: S101 - a task without a page is answered before
    url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
    return [replace(asked.filters, url=url)], title


def _note_on(text: str, found: PageText) -> str:
    """For the model: what the passages are, and what is missing of the text."""
    if not found.in_part and not found.left_out:
        return f"The passages are the text of {text}; the question is a task on this text."
    given = len(found.nodes)
    left_out = f", of {given} of its {given + found.left_out} sections" if found.left_out else ""
    return (
        f"The passages are the beginnings of the sections of {text}{left_out}: the whole text is too long. "
        "The question is a task on this text. Say in one sentence that the answer is made from these beginnings alone."
    )


def _spread(chapters: Sequence[Chapter], most: int) -> list[Chapter]:
    """At most so many chapters, at even distances from the first one to the last."""
    if len(chapters) <= most:
        return list(chapters)
    return [chapters[place * (len(chapters) - 1) // (most - 1)] for place in range(most)]


def _first_pages(pages: Iterable[PageEntry]) -> list[PageEntry]:
    return list(pages)[:_FIRST_PAGES]
