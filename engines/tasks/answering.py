"""Plans the answers to small talk and tasks: decides what a message is, and has the modules beside it plan the answer.

Called by the chat, before any search, for each message that is not a plain question. None instead of a plan means:
search, as for a question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.embedding.embedding_model import DEFAULT_WEIGHTS
from engines.events import GroundingDecided, Question
from engines.retrieval.retriever import ADDRESS, GROUNDING, UNDERSTOOD, GivenRetriever, Index
from engines.retrieval.scope import find_place
from engines.synthesis.extractive import Quotation, first_quoted_page
from engines.tasks.book_tasks import chapter_contents, no_such_chapter, plan_book_task
from engines.tasks.book_words import asks_for_a_thing, is_of_a_heading, is_term, stands_in_a_heading
from engines.tasks.contents import Contents, number_of
from engines.tasks.last_answer import Pages, plan_follow_up
from engines.tasks.last_points import (
    has_step,
    page_of_point,
    plan_beside,
    plan_counted_section,
    plan_named_point,
    plan_points,
)
from engines.tasks.likely_tasks import is_a_task
from engines.tasks.link_lists import AgainSynthesizer
from engines.tasks.messages import messages_for
from engines.tasks.page_tasks import PageTasks
from engines.tasks.page_text import ALL_TOKENS
from engines.tasks.parts_of_the_book import NoPartsSynthesizer, listed_parts
from engines.tasks.passage_order import BesideTheQuoted
from engines.tasks.plans import (
    NO_VERDICT,
    AnswerFrom,
    AtLeastUncertain,
    Covered,
    Plan,
    ReadyAnswer,
    Task,
    one_below_the_other,
    ready,
)
from engines.tasks.seen_sections import pages_seen
from engines.tasks.talk import answer_small_talk, answer_what_was_asked
from engines.understanding import lexicon
from engines.understanding.conversation_intents import asks_the_other_one, leans_on_an_answer
from engines.understanding.intent import QUESTION, Intent
from engines.understanding.intent_recognition import intent_of
from engines.understanding.later_turns import NAMED_POINT, NEXT_SECTION, PREVIOUS_SECTION, may_go_on, names_a_step
from engines.understanding.likely_intents import likely_task
from engines.understanding.places import names_the_page, place_in
from engines.understanding.small_talk import is_of_small_talk
from engines.understanding.spelling import load_corrector
from engines.understanding.task_patterns import AUDIENCE, NAMES_ITS_AUTHOR, NAMES_ITS_LICENCE, NUMBERED
from engines.understanding.words import is_function_word, plain_words, zipf
from storage.vectors import payload
from storage.vectors.qdrant_vector_store import PinnedBuild

_FOUND_ELSEWHERE = 3  # passages that the model gets besides the open page
_OF_THE_BOOK = Intent("book_task", "contents", "book")
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
_ON_PARTS = (
    "The reader asks whether the book has “{subject}”. No page and no heading of it is called so; the passages are "
    "what a search of the book has found. Say so first, and then what of the passages is such a thing, if anything is."
)
_AS_BEFORE = "It asks for the same as “{question}”, a question before it, of the text that is given now."
_MOST_OF_A_QUESTION = 200  # characters that are repeated
_ON_THE_ANSWER = {"translation": _ON_TRANSLATING, "rewording": _ON_REWORDING, "answers": _ON_ANSWERS}
# A page or a section on who wrote the book, or on its licence, is searched for; otherwise the site's footer may say.
_NAMES = {"author": NAMES_ITS_AUTHOR, "licence": NAMES_ITS_LICENCE}
_MAY_BE_TERMS = frozenset({"presence", "complaint", "discouraged"})  # small talk of one word: "test", "false"
_TELLING_ZIPF = 4.5  # of English; more frequent words stand in headings of any subject
_FEW_WORDS = 3  # in which no language can be detected
# Of Zipf's scale of English: a rarer word in what is likely small talk, or a request, may be a term of the book.
_EVERYDAY: dict[str, float] = {"small_talk": 5.0, "conversation_task": 4.5}
_ASKS = lexicon.pattern("sentences", r"{question_rather}\b")
_JOINS_TASKS = lexicon.rich_pattern("questions", r"[\s,;]+{joins_a_pair}[\s,]+", r"[\s,;]+{whole:joins_clauses}\s+")
_BESIDE_ANOTHER = frozenset({"summary", "key_points", "quiz", "before", "next", "length"})
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

    @property
    def page_tasks(self) -> PageTasks:
        """Plans the tasks on texts of the book."""
        return PageTasks(self.budget, self.count, self.has_model)

    async def plan(self, question: Question, intent: Intent, build: PinnedBuild | None) -> Plan | None:
        """The plan for a message; None if it is a question to search for. Raises like a search."""
        if not _holds_for(question, intent):
            return None
        both = _two_tasks(question, intent)
        plans = [await self._planned(replace(question, text=text), task, build) for text, task in both]
        first, second = plans or (None, None)
        if isinstance(first, ReadyAnswer) and isinstance(second, ReadyAnswer):
            return one_below_the_other(first, second)
        return await self._planned(question, intent, build)

    async def _planned(self, question: Question, intent: Intent, build: PinnedBuild | None) -> Plan | None:
        return await self.index.read(lambda pinned: self._plan(question, intent, pinned), build)

    async def plan_uncovered(
        self,
        question: Question,
        found: Sequence[NodeWithScore],
        build: PinnedBuild | None,
        *,
        leans_back: bool = False,
    ) -> Plan | None:
        """The plan for a message that is a task in words that no list has; None if it is not one.

        A covered message, or a later one, can be such a task only if it names the open page. A first one that is about
        an answer is told that there is none. One that `leans_back` on what was said and has no sure answer in the book
        is answered from the page that was asked about.
        """
        decided = found[0].node.metadata.get(GROUNDING) if found else None
        if decided is None or question.selected_text is not None:
            return None
        is_covered = decided.verdict == "covered"
        if not is_covered and _leans_on_nothing(question):
            return await self.index.read(lambda pinned: _no_answer_yet(question, pinned), build)
        if not is_covered and NUMBERED.search(question.text):
            missing = await self.index.read(lambda pinned: _on_no_chapter(question, pinned), build)
            if missing is not None:
                return missing
        if question.history and not self.has_model and not is_covered and asks_the_other_one(question.text):
            return await self.index.read(lambda pinned: _beside_the_last(question, pinned), build)
        if leans_back and not self.has_model and decided.verdict == "uncertain":
            of_its_page = await self.index.read(lambda pinned: _of_the_last_page(question, found, pinned), build)
            if of_its_page is not None:
                return of_its_page
        if (question.history or is_covered) and not names_the_page(question.text):
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
        plan = await self.page_tasks.plan(replace(asked, intent=intent))
        if isinstance(plan, AnswerFrom) and plan.page is not None:
            return plan
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
            return await self.page_tasks.book_quiz(asked)
        if intent.task == "chapter_contents":
            chapter = asked.place(intent.name, titled=intent.titled) if intent.name else asked.text_chapter
            if chapter is not None and len(chapter.pages) > 1:
                return chapter_contents(asked, chapter)
        elif intent.kind == "book_task":
            if intent.task == "has":
                return await self._parts(asked)
            names = _NAMES.get(intent.task or "")
            if names and any(map(names.search, await build.headings())):
                return AnswerFrom(question.text, postprocessors=(AtLeastUncertain(),))
            titles = [chapter.title for chapter in asked.contents.chapters]
            if intent.task in ("contents", "count", "advice") and asks_for_a_thing(
                question.text, await build.headings(), titles
            ):
                return None  # "list all topics" in a book on ROS 2, which has topics
            asks_for_whom = (intent.task == "before" and not intent.subject) or (
                intent.task in ("contents", "about") and AUDIENCE.search(question.text)
            )
            told = await self.page_tasks.audience(asked) if asks_for_whom else None
            plan = told or plan_book_task(asked)
            if (told or intent.task == "advice") and self.has_model and isinstance(plan, ReadyAnswer):
                return AnswerFrom(
                    question.text, GivenRetriever(plan.nodes()), note=_ON_AUDIENCE if told else _ON_ADVICE
                )
            return plan
        return _as_was_asked(asked, await self.page_tasks.plan(await self._on_the_last_page(asked)))

    async def _parts(self, asked: Task) -> Plan:
        """The plan for whether the book has exercises, videos and the like: by headings, else by a search."""
        subject = asked.intent.subject
        listed = listed_parts(asked, await asked.build.named_sections())
        if listed is not None:
            return listed
        return AnswerFrom(
            asked.question.text,
            synthesizer=None if self.has_model else NoPartsSynthesizer(asked.messages, subject),
            postprocessors=(AtLeastUncertain(),),
            note=_ON_PARTS.format(subject=subject),
            about=QueryBundle(subject),
        )

    async def _point(self, asked: Task) -> Plan | None:
        """The plan for a point of an earlier answer; one that is a page or a chapter is told as that."""
        by_place = {NAMED_POINT: plan_named_point, NEXT_SECTION: plan_beside, PREVIOUS_SECTION: plan_beside}
        if asked.intent.subject in by_place:
            plan_it = by_place[asked.intent.subject]
            return None if self.has_model else await plan_it(asked, self.page_tasks.sections)
        if asked.page is not None and names_a_step(asked.question.text) and not has_step(asked):
            of_the_page = await self.page_tasks.part_of_the_page(asked)
            if of_the_page is not None:
                return of_the_page
        counted = await plan_counted_section(asked, self.page_tasks.sections, has_model=self.has_model)
        if counted is not None:
            return counted
        name = page_of_point(asked)
        if name:
            of_it = Intent("page_task", "summary", "chapter", name, titled=True)
            return await self.page_tasks.plan(replace(asked, intent=of_it))
        return await plan_points(asked, self.page_tasks.sections, has_model=self.has_model)

    async def _on_the_last_page(self, asked: Task) -> Task:
        """A task that names no page, where none is open, as one on the page that the last answer quotes first."""
        named = asked.page is not None or asked.intent.name or asked.intent.others
        if named or not first_quoted_page(asked.last_answer):
            return asked
        pages = await pages_seen(asked, asked.last_answer, self.page_tasks.sections)
        page = await asked.build.first(replace(asked.filters, url=pages[0].url)) if pages else None
        return replace(asked, page=page) if page is not None else asked

    def _conversation_task(self, asked: Task) -> Plan:
        """The plan for a task on the conversation, or for rewording its last answer."""
        if asked.intent.task in ("sources", "more", "example", "code"):
            budget = self.budget if self.has_model else ALL_TOKENS
            return plan_follow_up(asked, Pages(self.index, budget, self.count), has_model=self.has_model)
        note = _ON_THE_ANSWER.get(asked.intent.task or "")
        if note is None:
            return answer_what_was_asked(asked)
        if self.has_model:
            return AnswerFrom(asked.question.text, postprocessors=(Covered(),), note=note, again=True)
        opening = asked.messages.no_answers if asked.intent.task == "answers" else asked.messages.no_rewording
        return AnswerFrom(asked.question.text, synthesizer=AgainSynthesizer(opening), again=True)


def _two_tasks(question: Question, intent: Intent) -> list[tuple[str, Intent]]:
    """The two tasks of a message on the open page, each with its words: "summarise this page and quiz me"; else []."""
    if intent.kind != "page_task" or intent.name or intent.others or not question.scope.page_url:
        return []
    for joint in _JOINS_TASKS.finditer(question.text):
        sides = (question.text[: joint.start()].strip(), question.text[joint.end() :].strip())
        wanted = [intent_of(side, has_page=True) for side in sides]
        tasks = {each.task for each in wanted}
        alone = all(each.kind == "page_task" and each.task in _BESIDE_ANOTHER and not each.name for each in wanted)
        if alone and len(tasks) == len(wanted):
            return list(zip(sides, wanted, strict=True))
    return []


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


async def _on_no_chapter(question: Question, build: PinnedBuild) -> ReadyAnswer | None:
    """That the book has no chapter of the number that a question names; None where it has, or names none."""
    place = place_in(question.text)
    if place is None or number_of(place.name) is None:
        return None
    asked = await _asked(question, Intent("page_task", "ask", "chapter", place.name, word=place.word), build)
    return no_such_chapter(asked, place.name) if asked.place(place.name) is None else None


async def _beside_the_last(question: Question, build: PinnedBuild) -> AnswerFrom | None:
    """What the page that was quoted last has for "and the other one?"; None if the last answer has quoted none.

    What is meant stands near what was asked for, in words that the message need not have.
    """
    asked = await _asked(question, QUESTION, build)
    title = first_quoted_page(asked.last_answer)
    page = next((page for page in asked.contents.pages if title and page.title == title), None)
    before = [turn.content for turn in question.history if turn.role == "user"]
    if page is None or not before:
        return None
    about = QueryBundle(f"{before[-1]}\n{question.text}", custom_embedding_strs=[question.text])
    postprocessors = (AtLeastUncertain(), BesideTheQuoted(asked.last_answer))
    return AnswerFrom(question.text, postprocessors=postprocessors, page=page.url, about=about)


async def _of_the_last_page(
    question: Question, found: Sequence[NodeWithScore], build: PinnedBuild
) -> AnswerFrom | None:
    """What the page that was asked about has of a detail, "and the colour?"; None where the best passage is of it.

    It is the page whose title a question before has. A question whose words the best passage has in its heading is
    about that: "and how do I install ROS 2?" after one on another page.
    """
    asked = await _asked(question, QUESTION, build)
    before = [turn.content for turn in question.history if turn.role == "user"]
    named = (asked.contents.page_in(text) for text in reversed(before))
    page = next((each for each in named if each is not None), None)
    if page is None or not before or found[0].node.metadata.get(payload.URL) == page.url:
        return None
    telling = [word for word in plain_words(question.text) if 0 < zipf(word, "en") < _TELLING_ZIPF]
    if stands_in_a_heading(telling, (found[0].node.metadata[payload.HEADING_PATH] or [""])[-1:]):
        return None
    about = QueryBundle(f"{before[-1]}\n{question.text}", custom_embedding_strs=[question.text])
    return AnswerFrom(question.text, postprocessors=(AtLeastUncertain(),), page=page.url, about=about)


async def _asked(question: Question, intent: Intent, build: PinnedBuild) -> Task:
    scope = replace(question.scope, limit="book")
    place = await find_place(scope, question.text, build)
    contents = Contents.of(
        build.record.contents,
        locale=place.filters.locale,
        version=None if place.filters.latest else place.filters.version,
    )
    page = await build.first(place.page) if place.page is not None else None
    # "auf Deutsch bitte" wishes for its own language, not for that of the question before it.
    told_by = question.text if intent.task == "translation" else _in_its_language(question)
    messages = messages_for(told_by, question.scope.locale or place.filters.locale)
    return Task(question, intent, messages, build, contents, page, place.filters)


def _leans_on_nothing(question: Question) -> bool:
    """Whether a first message is about an answer, and no page is open that it could be about instead."""
    return not (question.history or question.scope.page_url) and leans_on_an_answer(question.text)


async def _no_answer_yet(question: Question, build: PinnedBuild) -> ReadyAnswer:
    asked = await _asked(question, QUESTION, build)
    return ready(asked, Quotation(asked.messages.no_answer_yet, (), ()), NO_VERDICT)


def _in_its_language(question: Question) -> str:
    """A text for detecting the reader's language: a few words ("Quelle?") come with what was asked before."""
    before = next((turn.content for turn in reversed(question.history) if turn.role == "user"), "")
    return f"{before} {question.text}" if len(plain_words(question.text)) <= _FEW_WORDS else question.text


def _as_was_asked(asked: Task, plan: Plan | None) -> Plan | None:
    """A plan that tells the model what "and 4?" asks for: the same as the message before it."""
    turns = [turn.content for turn in asked.question.history if turn.role == "user"]
    if not isinstance(plan, AnswerFrom) or not turns or not may_go_on(asked.question.text):
        return plan
    before = next((text for text in reversed(turns) if not may_go_on(text)), turns[0])
    wanted = _AS_BEFORE.format(question=shorten(before, _MOST_OF_A_QUESTION, placeholder=" …"))
    return replace(plan, note=f"{plan.note} {wanted}")


async def _names_a_thing(text: str, intent: Intent, build: PinnedBuild) -> bool:
    """Whether what would be small talk is a word of the book: "drvctl", or "test" in a book about tests.

    So is what a model took for small talk, or for a request about the answer, if a heading has a rarer word of it:
    "great, now tabs", "in Vue please". Of a message of one word a heading need only have the word, "media", or the book
    be about it: "byte". What is small talk only as corrected is of the book if the book has it as typed: "VSLAM" is no
    "salam". A task in the bare words of a heading is that heading.
    """
    words = plain_words(text)
    if intent.likely:
        rare = [word for word in words if zipf(word, "en") < _EVERYDAY[intent.kind] and _may_be_the_book_s(word, build)]
        if bool(rare) and (_is_about(words, build) or stands_in_a_heading(rare, await build.headings())):
            return True
        return len(text.split()) == 1 and stands_in_a_heading(filter(_may_be_a_term, words), await build.headings())
    if intent.kind == "page_task" and not intent.name and not intent.piece:
        return is_of_a_heading(text, await build.headings(), whole=True)
    if intent.kind != "small_talk":
        return False
    corrector = load_corrector(build.record.spelling, None)
    unlisted = [word for word in words if not is_of_small_talk(word)] if len(words) <= _FEW_WORDS else []
    if corrector is not None and any(map(corrector.has, words if intent.task == "unclear" else unlisted)):
        return True
    return intent.task in _MAY_BE_TERMS and len(words) == 1 and is_term(words[0], await build.headings())


def _may_be_a_term(word: str) -> bool:
    """Whether a word that is all of a message may be a term: "media", which is no small talk and no function word."""
    return not is_of_small_talk(word) and not is_function_word(word, "en")


def _is_about(words: Sequence[str], build: PinnedBuild) -> bool:
    """Whether a message is one word, which the book uses far more often than its language does."""
    corrector = load_corrector(build.record.spelling, None)
    return len(words) == 1 and corrector is not None and corrector.is_about_the_book(words[0])


def _may_be_the_book_s(word: str, build: PinnedBuild) -> bool:
    """Whether the book uses a word far more often than its language does, or so rarely that it cannot be told."""
    corrector = load_corrector(build.record.spelling, None)
    return corrector is None or corrector.typical_by(word) == 0 or corrector.is_about_the_book(word)
