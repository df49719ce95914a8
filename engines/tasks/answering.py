"""Plans the answers to small talk and tasks, from the message, the table of contents and the page's text.

Called by the chat, before any search, for each message that is not a plain question. The answer to a task on a page or
a chapter is planned here. None instead of a plan means: search, as for a question.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from textwrap import shorten
from typing import Literal

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.coverage.verdict import retrieved
from engines.embedding.embedding_model import DEFAULT_WEIGHTS
from engines.events import GroundingDecided, Question, Searched, Source
from engines.retrieval.retriever import ADDRESS, GROUNDING, UNDERSTOOD, GivenRetriever, Index, understand_for
from engines.retrieval.scope import find_place
from engines.synthesis.extractive import Quotation, place, quote_passages
from engines.tasks.book_tasks import chapter_contents, no_such_chapter, place_of_the_page, plan_book_task
from engines.tasks.book_words import asks_for_a_thing, is_of_a_heading, is_term, stands_in_a_heading
from engines.tasks.contents import Chapter, Contents, has_in_range, number_of
from engines.tasks.last_answer import Pages, plan_follow_up
from engines.tasks.last_points import page_of_point, plan_points
from engines.tasks.likely_tasks import is_a_task
from engines.tasks.link_lists import (
    AgainSynthesizer,
    Line,
    OutlineSynthesizer,
    both,
    chapter_lines,
    linked_list,
    page_lines,
)
from engines.tasks.mentions import (
    ElsewhereSynthesizer,
    is_clause,
    listed_mentions,
    listed_nearest,
    mentions_in,
    names_of,
    nearest_in,
)
from engines.tasks.messages import messages_for
from engines.tasks.page_pieces import has_piece, requires_something, shows_example
from engines.tasks.page_text import PageText, page_text
from engines.tasks.plans import NO_VERDICT, AnswerFrom, AtLeastUncertain, Covered, Plan, ReadyAnswer, Task, ready
from engines.tasks.talk import answer_small_talk, answer_what_was_asked
from engines.understanding.book_terms import names_no_subject
from engines.understanding.intent import THE_NEXT, THE_PREVIOUS, Intent
from engines.understanding.later_turns import may_go_on
from engines.understanding.lexicon import pattern
from engines.understanding.likely_intents import likely_task
from engines.understanding.places import names_the_page, place_in
from engines.understanding.spelling import load_corrector
from engines.understanding.task_patterns import AUDIENCE, NAMES_ITS_AUTHOR, NAMES_ITS_LICENCE
from engines.understanding.words import plain_words, zipf
from storage.vectors import payload
from storage.vectors.hybrid_search import ChunkFilter
from storage.vectors.qdrant_vector_store import PinnedBuild

_QUIZ_CHAPTERS = 8  # from which questions on the whole book are made
_PAGES_AROUND = 3
_FOUND_ELSEWHERE = 3  # passages that the model gets besides the open page
_OF_THE_BOOK = Intent("book_task", "contents", "book")
_ALL_TOKENS = 10_000_000
_WORDS_A_MINUTE = 200  # of a technical text, of which adults read 200 to 250
_LONG_PAGE = 1_000  # words, from which a length is given in hundreds
_MOST_PREREQUISITES = 2  # sections
_ON_TRANSLATING = (
    "The reader asks for your last answer in another language, and not for a new one. Write that answer again, whole, "
    "in the language that the question names; keep code and commands as they are, and name after each statement the "
    "passage that it stands on. Where the question names no language, write in the language of the question."
)
_ON_REWORDING = (
    "The reader asks for your last answer in another form, and not for a new one. Write that answer again in the form "
    "that the question names: shorter, simpler, as a list. Say nothing that the passages do not say, and name after "
    "each statement the passage that it stands on."
)
_ON_ANSWERS = (
    "The reader asks for the answers to the questions of your last answer. Answer each of them, in their order and "
    "with their numbers, from the passages, and name after each answer the passage that it stands on."
)
_ON_ADVICE = (
    "The reader asks for advice on what to read. The passages are titles of the book's table of contents, in its "
    "order. Say that the book itself does not rank its chapters, and advise from these titles alone."
)
_MAY_BE_A_QUESTION = (
    "The question may also be one about this text; passages of other pages, behind it, are what a search has found."
)
_ON_AUDIENCE = (
    "The reader asks whom the book is for or what it is about. The passages are what its first page asks of readers, "
    "and the titles of its table of contents."
)
_ON_MENTIONS = (
    "The reader asks whether, where or how often the text speaks of “{subject}”. By its words it does so {count} "
    "times, in these sections: {sections}. Say so first, and then what each of them says of it."
)
_ON_NO_MENTION = (
    "The reader asks whether “{title}” speaks of “{subject}”; it has no such words, and these passages are what a "
    "search of the book has found. Say that first, unless one of them is of “{title}” and treats the same in other "
    "words. Then say where else the book speaks of it."
)
_AS_BEFORE = "It asks for the same as “{question}”, a question before it, of the text that is given now."
_MOST_OF_A_QUESTION = 200  # characters that are repeated
_ON_THE_ANSWER = {"translation": _ON_TRANSLATING, "rewording": _ON_REWORDING, "answers": _ON_ANSWERS}
# A page or a section on who wrote the book, or on its licence, is searched for; otherwise the site's footer may say.
_NAMES = {"author": NAMES_ITS_AUTHOR, "licence": NAMES_ITS_LICENCE}
_MAY_BE_TERMS = frozenset({"presence", "complaint", "discouraged"})  # small talk of one word: "test", "false"
_A_SECTION = pattern("places", r"\b{section}\b")
_FEW_WORDS = 3  # in which no language can be detected
# Of Zipf's scale of English: a rarer word in what is likely small talk, or a request, may be a term of the book.
_EVERYDAY: dict[str, float] = {"small_talk": 5.0, "conversation_task": 4.5}
_ASKS = re.compile(  # a question, and not a demand ("can you …")
    r"(?:how|what|which|who|whose|when|where|why|is|are|do|does|did|should|"
    r"can (?:i|we|it|the|an?)|could (?:i|we|it))\b",
    re.IGNORECASE,
)
_STEPS = {THE_NEXT: 1, THE_PREVIOUS: -1}
# Tasks that may be on a piece of the page: "explain the code on this page".
_ON_A_PIECE = frozenset({"ask", "simpler", "key_points", "summary"})
# Small talk that is none where the reader has marked a text: "what is this?" is a question about it.
_WITH_A_SELECTION = frozenset({"thanks", "goodbye", "greeting", "praise", "agreement", "apology"})


@dataclass(frozen=True)
class Tasks:
    """Plans the answers to small talk and tasks; one instance per process."""

    index: Index
    budget: int  # tokens of a page's or a chapter's text in one prompt
    count: Callable[[str], int]
    has_model: bool = field(default=False)
    embedding: BaseEmbedding | None = None

    async def plan(self, question: Question, intent: Intent, build: PinnedBuild | None) -> Plan | None:
        """The plan for a message; None if it is a question to search for. Raises like a search."""
        if not _holds_for(question, intent):
            return None
        return await self.index.read(lambda pinned: self._plan(question, intent, pinned), build)

    async def plan_uncovered(
        self, question: Question, found: Sequence[NodeWithScore], build: PinnedBuild | None
    ) -> Plan | None:
        """The plan for a message that is a task in words that no list has; None if it is not one.

        A covered message, or a later one, can be such a task only if it names the open page.
        """
        decided = found[0].node.metadata.get(GROUNDING) if found else None
        if decided is None or question.selected_text is not None:
            return None
        if (question.history or decided.verdict == "covered") and not names_the_page(question.text):
            return None
        return await self.index.read(lambda pinned: self._plan_uncovered(question, found, decided, pinned), build)

    async def _plan_uncovered(
        self, question: Question, found: Sequence[NodeWithScore], decided: GroundingDecided, build: PinnedBuild
    ) -> Plan | None:
        has_page = bool(question.scope.page_url)
        known = build.record.spec.embed_weights == DEFAULT_WEIGHTS
        has_history = bool(question.history)
        text = question.text if has_history else _asked_of(found, question.text)
        embedding = self.embedding if known else None
        if not await is_a_task(text, decided, embedding, has_page=has_page, has_history=has_history):
            return None
        intent = likely_task(text)
        if intent is None or is_of_a_heading(text, await build.headings()):
            return None
        asked = await _asked(question, intent, build)
        place = place_in(question.text)
        chapter = asked.place(place.name, titled=place.titled) if place is not None else None
        if chapter is None and (asked.page is None or intent.part == "book"):
            return await self._likely_book_task(asked, decided)
        if place is not None and chapter is not None:
            task = "summary" if intent.part == "book" else intent.task
            intent = Intent("page_task", task, name=place.name, titled=place.titled)
        plan = await self._page_task(replace(asked, intent=intent))
        if isinstance(plan, AnswerFrom):
            return await self._beside(found, plan, decided)
        return replace(plan, verdict=replace(decided, verdict="uncertain")) if plan is not None else None

    async def _likely_book_task(self, asked: Task, decided: GroundingDecided) -> ReadyAnswer | None:
        """The table of contents for what is likely a task on the book; None if it names a thing of the book."""
        titles = [each.title for each in asked.contents.chapters]
        if asks_for_a_thing(asked.question.text, await asked.build.headings(), titles):
            return None
        contents = plan_book_task(replace(asked, intent=_OF_THE_BOOK))
        uncertain = replace(decided, verdict="uncertain")
        return replace(contents, verdict=uncertain) if isinstance(contents, ReadyAnswer) else None

    async def _beside(
        self, found: Sequence[NodeWithScore], plan: AnswerFrom, decided: GroundingDecided
    ) -> AnswerFrom | None:
        """A plan from a text, with the first passages that a search has found elsewhere; its coverage is left open."""
        if plan.retriever is None:
            return None
        own = await plan.retriever.aretrieve(plan.message)
        shown = {each.node.metadata[ADDRESS] for each in own}
        others = [each for each in found if each.node.metadata[ADDRESS] not in shown] if self.has_model else []
        nodes = [*own, *others[:_FOUND_ELSEWHERE]]
        for each in nodes:
            each.node.metadata[GROUNDING] = replace(decided, verdict="uncertain")
        return replace(plan, retriever=GivenRetriever(nodes), note=f"{plan.note} {_MAY_BE_A_QUESTION}")

    async def _plan(self, question: Question, intent: Intent, build: PinnedBuild) -> Plan | None:
        if await _names_a_thing(question.text, intent, build):
            return None
        asked = await _asked(question, intent, build)
        if intent.kind == "small_talk":
            return answer_small_talk(asked)
        if intent.task == "translation" and not self.has_model:
            return ready(asked, Quotation(asked.messages.no_translation, (), ()), NO_VERDICT)
        if intent.task == "point":
            return await self._point(asked)
        if intent.kind == "conversation_task":
            return self._conversation_task(asked)
        if intent.task == "quiz" and intent.part == "book":
            return await self._book_quiz(asked)
        if intent.task == "chapter_contents":
            chapter = asked.place(intent.name, titled=intent.titled) if intent.name else asked.text_chapter
            if chapter is not None and len(chapter.pages) > 1:
                return chapter_contents(asked, chapter)
        elif intent.kind == "book_task":
            names = _NAMES.get(intent.task or "")
            if names and any(map(names.search, await build.headings())):
                return AnswerFrom(question.text, postprocessors=(AtLeastUncertain(),))
            titles = [chapter.title for chapter in asked.contents.chapters]
            if intent.task in ("contents", "count", "advice") and asks_for_a_thing(
                question.text, await build.headings(), titles
            ):
                return None  # "list all topics" in a book on ROS 2, which has topics
            asks_for_whom = intent.task == "before" or (
                intent.task in ("contents", "about") and AUDIENCE.search(question.text)
            )
            told = await self._audience(asked) if asks_for_whom else None
            plan = told or plan_book_task(asked)
            if (told or intent.task == "advice") and self.has_model and isinstance(plan, ReadyAnswer):
                return AnswerFrom(
                    question.text, GivenRetriever(plan.nodes()), note=_ON_AUDIENCE if told else _ON_ADVICE
                )
            return plan
        return _as_was_asked(asked, await self._page_task(asked))

    async def _point(self, asked: Task) -> Plan | None:
        """The plan for a point of an earlier answer; one that is a page or a chapter is told as that."""
        name = page_of_point(asked)
        if name:
            of_it = Intent("page_task", "summary", "chapter", name, titled=True)
            return await self._page_task(replace(asked, intent=of_it))
        return plan_points(asked, has_model=self.has_model)

    def _conversation_task(self, asked: Task) -> Plan:
        """The plan for a task on the conversation, or for rewording its last answer."""
        if asked.intent.task in ("sources", "more", "example", "code"):
            budget = self.budget if self.has_model else _ALL_TOKENS
            return plan_follow_up(asked, Pages(self.index, budget, self.count), has_model=self.has_model)
        note = _ON_THE_ANSWER.get(asked.intent.task or "")
        if note is None:
            return answer_what_was_asked(asked)
        if self.has_model:
            return AnswerFrom(asked.question.text, postprocessors=(Covered(),), note=note, again=True)
        opening = asked.messages.no_answers if asked.intent.task == "answers" else asked.messages.no_rewording
        return AnswerFrom(asked.question.text, synthesizer=AgainSynthesizer(opening), again=True)

    async def _book_quiz(self, asked: Task) -> AnswerFrom | None:
        """A quiz on the whole book, from the first pages of chapters spread over it."""
        chapters = _spread(asked.contents.chapters, _QUIZ_CHAPTERS)
        if not chapters:
            return None
        pages = [replace(asked.filters, url=chapter.pages[0].url) for chapter in chapters]
        title = asked.book_name.strip("“”")
        return await self._given(asked, pages, title, "book")

    async def _page_task(self, asked: Task) -> Plan | None:
        intent = asked.intent
        if asked.page is not None and number_of(intent.name) is not None and _A_SECTION.search(asked.question.text):
            intent = replace(intent, name="", part="page")  # "explain the second section" is of the open page
            asked = replace(asked, intent=intent)
        chapter = asked.place(intent.name, titled=intent.titled) if intent.name else None
        if intent.name and chapter is None:
            # "summarize the chapter on sensor fusion" is a question about sensor fusion
            number = number_of(intent.name)
            if number is None and intent.task == "quiz" and intent.titled and asked.page is not None:
                return await self._from_text(asked, None)  # "quiz me, and hide the answers": that is no title
            if number is None and intent.others:
                return await self._several_chapters(asked, None)
            if number is None:
                return _of_each_page(asked) if intent.titled else _which_of_several(asked, intent.name)
            return no_such_chapter(asked, intent.name) or await _in_a_heading(asked, number)
        if intent.others:
            return await self._several_chapters(asked, chapter)
        if chapter is None and asked.page is None:
            lines = chapter_lines(asked.contents.chapters, asked.site_url)
            return ready(asked, linked_list(asked.messages.which_page, lines), NO_VERDICT)
        if intent.task == "place":
            return place_of_the_page(asked)
        if intent.step:
            at = chapter or (asked.text_chapter if intent.part == "chapter" else None) or asked.open_page
            assert at is not None  # noqa: S101 - there is a page where there is no chapter
            chapter = asked.beside(at, intent.step)
            if chapter is None:
                return _nothing_beside(asked, at, intent.step)
        if intent.task == "length":
            return await self._length(asked, chapter)
        if intent.task == "mentions":
            return await self._mentions(asked, chapter)
        if chapter is not None and intent.task == "before":
            return await self._before_the_chapter(asked, chapter)
        if chapter is None and intent.task in ("before", "next"):
            return await self._around_the_page(asked)
        return await self._from_text(asked, chapter)

    async def _from_text(self, asked: Task, chapter: Chapter | None) -> AnswerFrom | None:
        """A task on the text of a page or a chapter."""
        pages, title = _pages_of(asked, chapter)
        return await self._given(asked, pages, title, "chapter" if len(pages) > 1 else "page")

    async def _several_chapters(self, asked: Task, first: Chapter | None) -> Plan | None:
        """A task on several chapters: "compare chapter 2 and 5", "how does this one relate to the one on gait?"."""
        names = (asked.intent.name, *asked.intent.others)
        here = asked.text_chapter if asked.intent.part == "chapter" else None
        found = [first or here or asked.open_page]
        for name in names[1:]:
            at, step = found[-1], _STEPS.get(name)
            beside = asked.beside(at, step) if at is not None and step else None
            if at is not None and step and beside is None:
                return _nothing_beside(asked, at, step)
            found.append(beside if step else asked.place(name))
        chapters = list(dict.fromkeys(chapter for chapter in found if chapter is not None))
        if None in found:
            missing = names[found.index(None)].lstrip("-")
            if number_of(missing) is None:
                return _which_of_several(asked, missing)
            return no_such_chapter(asked, missing)
        pages = [replace(asked.filters, url=page.url) for chapter in chapters for page in chapter.pages]
        title = ", ".join(chapter.title for chapter in chapters)
        if asked.intent.task != "compare":
            return await self._given(asked, pages, title, "chapter")
        of_pages = all(len(chapter.pages) == 1 for chapter in chapters)
        return await self._given(asked, pages, title, "page" if of_pages else "chapter", sides=chapters)

    async def _given(
        self,
        asked: Task,
        pages: list[ChunkFilter],
        title: str,
        kind: Literal["page", "chapter", "book"],
        sides: Sequence[Chapter] = (),
    ) -> AnswerFrom | None:
        """A task on the text of these pages; None if the index has none of them."""
        wanted, by_page = _wanted(asked.intent), kind != "page"
        found = await page_text(
            asked.build,
            pages,
            Searched(kind),
            budget=self.budget,
            count=self.count,
            one_a_page=by_page and wanted is None and not self.has_model,
        )
        if not found.nodes:
            return None
        opening = asked.messages.no_quiz if asked.intent.task == "quiz" else asked.messages.no_model
        outline = OutlineSynthesizer(
            opening, asked.messages, title, wanted=wanted, piece=asked.intent.piece, by_page=by_page, sides=sides
        )
        text = f"the {kind} “{title}”, in order" if kind != "book" else f"pages from all over the book “{title}”"
        if sides:
            text = f"both texts, {' and '.join(f'“{side.title}”' for side in sides)}, in this order"
        return AnswerFrom(
            asked.question.text,
            GivenRetriever(found.nodes),
            None if self.has_model else outline,
            note=_note_on(text, found),
        )

    async def _length(self, asked: Task, chapter: Chapter | None) -> ReadyAnswer:
        """The length of a page or a chapter, in words and in minutes of reading."""
        pages, title = _pages_of(asked, chapter)
        found = await page_text(asked.build, pages, Searched("page"), budget=_ALL_TOKENS, count=self.count)
        words = sum(len(each.node.get_content().split()) for each in found.nodes)
        rounded = max(10, round(words, -1 if words < _LONG_PAGE else -2))
        minutes = max(1, round(words / _WORDS_A_MINUTE))
        text = asked.messages.length.format(title=title, words=rounded, minutes=minutes)
        return ready(asked, Quotation(text, (), ()))

    async def _mentions(self, asked: Task, chapter: Chapter | None) -> Plan | None:
        """Whether and where a page or a chapter speaks of something; else where the book does.

        A clause that no sentence has may be said in other words: then its sections with most of its words are named.
        """
        pages, title = _pages_of(asked, chapter)
        subject = asked.intent.subject
        names = names_of(subject, understand_for(subject, asked.filters.locale, asked.build.record))
        found = await page_text(asked.build, pages, Searched("page"), budget=_ALL_TOKENS, count=self.count)
        mentions = mentions_in(retrieved(found.nodes).sources, names)
        nearest = nearest_in(retrieved(found.nodes).sources, names) if not mentions and is_clause(subject) else []
        if nearest and self.has_model:
            return await self._from_text(asked, chapter)
        if nearest:
            return ready(asked, listed_nearest(asked.messages, title, nearest))
        if not mentions:
            note = _ON_NO_MENTION.format(title=title, subject=subject)
            elsewhere = None if self.has_model else ElsewhereSynthesizer(asked.messages, title, subject, names)
            postprocessors, about = (AtLeastUncertain(),), QueryBundle(subject)
            return AnswerFrom(
                asked.question.text, synthesizer=elsewhere, postprocessors=postprocessors, note=note, about=about
            )
        if not self.has_model:
            return ready(asked, listed_mentions(asked.messages, title, subject, mentions))
        plan = await self._from_text(asked, chapter)
        sections = "; ".join(dict.fromkeys(place(each.source) for each in mentions))
        note = _ON_MENTIONS.format(subject=subject, count=sum(each.times for each in mentions), sections=sections)
        return replace(plan, note=f"{plan.note} {note}") if plan else None

    async def _around_the_page(self, asked: Task) -> ReadyAnswer:
        """What comes before or after the open page, and, before it, what the page itself requires."""
        page = asked.page
        assert page is not None  # noqa: S101 - `_page_task` has seen to it
        url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
        before, after = asked.contents.around(url)
        messages = asked.messages
        if asked.intent.task == "next":
            lines = page_lines(after[:_PAGES_AROUND], asked.site_url)
            opening = messages.after if lines else messages.nothing_after
            return ready(asked, linked_list(opening.format(title=title), lines))
        lines = page_lines(before[-_PAGES_AROUND:], asked.site_url)
        return await self._required(asked, title, [url], lines)

    async def _before_the_chapter(self, asked: Task, chapter: Chapter) -> ReadyAnswer:
        """What comes before a named chapter or page, and what that requires itself."""
        chapters, url = asked.contents.chapters, chapter.pages[0].url
        if chapter in chapters:
            lines = chapter_lines(chapters[: chapters.index(chapter)][-_PAGES_AROUND:], asked.site_url)
        else:
            lines = page_lines(asked.contents.around(url)[0][-_PAGES_AROUND:], asked.site_url)
        return await self._required(asked, chapter.title, [page.url for page in chapter.pages], lines)

    async def _required(self, asked: Task, title: str, urls: Sequence[str], lines: Sequence[Line]) -> ReadyAnswer:
        """What pages themselves require, and the list of what comes before them."""
        required = await self._prerequisites(asked, urls)
        opening = (asked.messages.before if lines else asked.messages.nothing_before).format(title=title)
        listed = linked_list(opening, lines)
        if not required:
            return ready(asked, listed)
        return ready(asked, both(quote_passages(asked.messages.requires.format(title=title), required), listed))

    async def _audience(self, asked: Task) -> ReadyAnswer | None:
        """What a reader should know according to the book's first page, and the contents; None if it does not say."""
        first = next(iter(asked.contents.pages), None)
        required = await self._prerequisites(asked, [first.url]) if first is not None else []
        if first is None or not required:
            return None
        lines = chapter_lines(asked.contents.chapters, asked.site_url)
        quoted = quote_passages(asked.messages.requires.format(title=first.title), required)
        return ready(asked, both(quoted, linked_list(asked.messages.contents, lines)))

    async def _prerequisites(self, asked: Task, urls: Sequence[str]) -> list[Source]:
        """The sections in which pages say what they require."""
        pages = [replace(asked.filters, url=url) for url in urls]
        found = await page_text(asked.build, pages, Searched("page"), budget=_ALL_TOKENS, count=self.count)
        required = [each for each in retrieved(found.nodes).sources if requires_something(each)]
        overview = asked.contents.chapter_of(urls[0])  # whose own page says it for all of them
        required.sort(key=lambda each: (overview is None or each.title != overview.title, len(each.heading_path)))
        return [replace(each, number=number) for number, each in enumerate(required[:_MOST_PREREQUISITES], 1)]


def _holds_for(question: Question, intent: Intent) -> bool:
    """Whether an intent applies with a selected text, which tasks and questions are then about."""
    if question.selected_text is None:
        return True
    return intent.kind == "small_talk" and intent.task in _WITH_A_SELECTION


def _asked_of(found: Sequence[NodeWithScore], text: str) -> str:
    """The question of a message whose other sentences introduce it; the message itself if it has none.

    "I was told to put this to you: how do I …?" points at no page.
    """
    understood = found[0].node.metadata.get(UNDERSTOOD)
    if understood is None or not understood.scene or not _ASKS.match(understood.asked):
        return text
    asked: str = understood.asked
    return asked


async def _asked(question: Question, intent: Intent, build: PinnedBuild) -> Task:
    scope = replace(question.scope, limit="book")
    place = await find_place(scope, question.text, build)
    contents = Contents.of(
        build.record.contents,
        locale=place.filters.locale,
        version=None if place.filters.latest else place.filters.version,
    )
    page = await build.first(place.page) if place.page is not None else None
    messages = messages_for(_in_its_language(question), question.scope.locale or place.filters.locale)
    return Task(question, intent, messages, build, contents, page, place.filters)


def _in_its_language(question: Question) -> str:
    """A text for detecting the reader's language: a few words ("Quelle?") come with what was asked before."""
    before = next((turn.content for turn in reversed(question.history) if turn.role == "user"), "")
    return f"{before} {question.text}" if len(plain_words(question.text)) <= _FEW_WORDS else question.text


async def _in_a_heading(asked: Task, number: int) -> AnswerFrom | None:
    """A search for a unit that is in the range of a heading: "Weeks 9-10" for "week 9"; None without such a heading."""
    word = asked.intent.word
    heading = next((each for each in await asked.build.headings() if has_in_range(each, word, number)), None)
    return AnswerFrom(asked.question.text, about=QueryBundle(f"{heading}\n{asked.question.text}")) if heading else None


def _as_was_asked(asked: Task, plan: Plan | None) -> Plan | None:
    """A plan that tells the model what "and 4?" asks for: the same as the message before it."""
    turns = [turn.content for turn in asked.question.history if turn.role == "user"]
    if not isinstance(plan, AnswerFrom) or not turns or not may_go_on(asked.question.text):
        return plan
    before = next((text for text in reversed(turns) if not may_go_on(text)), turns[0])
    wanted = _AS_BEFORE.format(question=shorten(before, _MOST_OF_A_QUESTION, placeholder=" …"))
    return replace(plan, note=f"{plan.note} {wanted}")


def _nothing_beside(asked: Task, chapter: Chapter, step: int) -> ReadyAnswer:
    """Says that nothing comes after a chapter or a page, or before it."""
    opening = asked.messages.nothing_after if step > 0 else asked.messages.nothing_before
    return ready(asked, linked_list(opening.format(title=chapter.title), []))


def _of_each_page(asked: Task) -> ReadyAnswer | None:
    """Asks which page is meant if many have what a message names: "what does the Summary say?"; otherwise None."""
    if asked.page is not None or not names_no_subject(asked.intent.name):
        return None
    lines = chapter_lines(asked.contents.chapters, asked.site_url)
    return ready(asked, linked_list(asked.messages.which_page, lines), NO_VERDICT)


def _which_of_several(asked: Task, name: str) -> ReadyAnswer | None:
    """Asks which page is meant if several have the name in their titles; None if none has."""
    pages = list(dict.fromkeys(chapter.pages[0] for chapter in asked.contents.about(name)))
    listed = linked_list(asked.messages.which_page, page_lines(pages, asked.site_url))
    return ready(asked, listed, NO_VERDICT) if len(pages) > 1 else None


def _pages_of(asked: Task, chapter: Chapter | None) -> tuple[list[ChunkFilter], str]:
    """The pages that a task is about, and their common name."""
    page = asked.page
    if chapter is None and asked.intent.part == "chapter":
        chapter = asked.text_chapter
    if chapter is not None:
        return [replace(asked.filters, url=entry.url) for entry in chapter.pages], chapter.title
    assert page is not None  # noqa: S101 - a task without a page is answered before
    url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
    return [replace(asked.filters, url=url)], title


async def _names_a_thing(text: str, intent: Intent, build: PinnedBuild) -> bool:
    """Whether what would be small talk is a word of the book: "drvctl", or "test" in a book about tests.

    So is what a model took for small talk, or for a request about the answer, if a heading has a rarer word of it:
    "great, now tabs", "in Vue please". A task in the bare words of a heading is that heading.
    """
    words = plain_words(text)
    if intent.likely:
        rare = [word for word in words if zipf(word, "en") < _EVERYDAY[intent.kind] and _may_be_the_book_s(word, build)]
        return bool(rare) and stands_in_a_heading(rare, await build.headings())
    if intent.kind == "page_task" and not intent.name and not intent.piece:
        return is_of_a_heading(text, await build.headings(), whole=True)
    if intent.kind != "small_talk":
        return False
    if intent.task == "unclear":
        corrector = load_corrector(build.record.spelling, None)
        return corrector is not None and any(map(corrector.has, words))
    return intent.task in _MAY_BE_TERMS and len(words) == 1 and is_term(words[0], await build.headings())


def _may_be_the_book_s(word: str, build: PinnedBuild) -> bool:
    """Whether the book uses a word far more often than its language does, or so rarely that it cannot be told."""
    corrector = load_corrector(build.record.spelling, None)
    return corrector is None or corrector.typical_by(word) == 0 or corrector.is_about_the_book(word)


def _wanted(intent: Intent) -> Callable[[Source], bool] | None:
    """Which sections of a page a task is about, if not all of them."""
    if intent.task == "example":
        return shows_example
    piece = intent.piece if intent.task in _ON_A_PIECE else ""
    return partial(has_piece, piece=piece) if piece else None


def _note_on(text: str, found: PageText) -> str:
    """A note for the model: what the passages are, and what of the text is missing."""
    if not found.in_part and not found.left_out:
        return f"The passages are the text of {text}; the question is a task on this text."
    given = len(found.nodes)
    left_out = f", of {given} of its {given + found.left_out} sections" if found.left_out else ""
    return (
        f"The passages are the beginnings of the sections of {text}{left_out}: the whole text is too long. "
        "The question is a task on this text. Say in one sentence that the answer is made from these beginnings alone."
    )


def _spread(chapters: Sequence[Chapter], most: int) -> list[Chapter]:
    """At most so many chapters, evenly spaced from the first one to the last."""
    if len(chapters) <= most:
        return list(chapters)
    return [chapters[place * (len(chapters) - 1) // (most - 1)] for place in range(most)]
