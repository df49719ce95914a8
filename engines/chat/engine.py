"""One question becomes one answer, as events; `app` passes the question in and sends the events on.

`BookChat` is created once per process and holds no reader's data. `BookChatEngine` is LlamaIndex's chat engine over one
conversation: memory, standalone question, retriever, node postprocessors, synthesizer. The server makes one for each
question, a notebook keeps one. For each message `BookChat` chooses the `Parts` that answer it: a question about the
book, one without a model and one about a selection differ in the retriever and the synthesizer.
"""

import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Self

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.chat_engine.types import AgentChatResponse
from llama_index.core.llms import LLM
from llama_index.core.memory import BaseMemory
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines import prompts
from engines.chat.condense import (
    counted,
    in_context,
    intent_after,
    leans_back,
    recalled,
)
from engines.chat.llama_index_chat import EventChatEngine
from engines.chat.own_subject import has_most, with_its_own_names, words_of_its_own
from engines.chat.planning import Planner, RetrieverFor
from engines.chat.standalone_question import condensed
from engines.chat.summary import Summariser
from engines.coverage.verdict import retrieved
from engines.events import (
    Event,
    Question,
    Retrieved,
    Role,
    Source,
    SourcesFound,
    Turn,
    Understood,
    says_something,
)
from engines.instrumentation import QuestionSpan, inside
from engines.prompts import TokenBudget, TokenGauge, earlier
from engines.retrieval.retriever import PARTS, BookRetriever, GivenRetriever, Index, postprocessed
from engines.retrieval.scope import check_scope, question_locale
from engines.retrieval.selection import (
    SelectionAndBookRetriever,
    SelectionFirst,
    check_selection,
    selected_node,
    with_few_words_named,
)
from engines.settings import EngineSettings
from engines.synthesis.cited import CitedSynthesizer
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer
from engines.tasks.answering import Tasks
from engines.tasks.plans import AnswerFrom, Plan, ReadyAnswer
from engines.understanding.intent import Intent
from engines.understanding.intent_recognition import intent_of, small_talk_of
from engines.understanding.words import is_of_language
from storage.errors import InputError
from storage.vectors.qdrant_vector_store import PinnedBuild

logger = logging.getLogger(__name__)

_ROLES: dict[MessageRole, Role] = {MessageRole.USER: "user", MessageRole.ASSISTANT: "assistant"}
_BEGUN_CHARACTERS = 500  # a longer message may be mostly what was pasted
_QUESTION_MARKS = frozenset("?\uff1f\u061f")
_SELECTION_CHUNKS = 20  # that are searched for a selection which is not on the reader's page
_SHOWN_CHARACTERS = 200  # of a corrected question, as shown to readers

Blocking = Callable[[Callable[["BookChat"], Awaitable[Any]]], Any]
"""Runs a coroutine with the same chat on a separate loop, for callers that cannot await."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A question with what answers it, unless a plan says otherwise; made for each question, and kept by nobody."""

    question: Question
    build: PinnedBuild | None
    memory: "TurnMemory"  # as much of the conversation as the answer may see
    retriever: BaseRetriever
    postprocessors: Sequence[BaseNodePostprocessor]
    synthesizer: ExtractiveSynthesizer
    condenses: bool = True  # whether what was said before decides what is searched for
    search_language: str | None = None  # into which the question is to be translated; None if it is in it


class BookChat:
    """Answers questions about one book."""

    def __init__(
        self,
        *,
        retriever: RetrieverFor,
        postprocessors: Sequence[BaseNodePostprocessor] = (),
        llm: LLM | None,
        settings: EngineSettings,
        blocking: Blocking | None = None,
        index: Index | None = None,
        embedding: BaseEmbedding | None = None,
    ) -> None:
        self._retriever = retriever
        self.llm = llm
        self._settings = settings
        self.blocking = blocking
        self._index = index
        self._embedding = embedding
        self._gauge = TokenGauge()
        budget = settings.history_tokens
        self.summariser = Summariser(llm, budget, self._gauge.count) if llm is not None and budget else None
        self.token_budget = TokenBudget(budget=settings.passage_tokens, count=self._gauge.count)
        self._postprocessors = [*postprocessors, self.token_budget]
        self.synthesizer = self._synthesizer()
        self._selection_synthesizer = self._synthesizer(selection=True)
        # Without an index there is no table of contents and no page for tasks: all messages are questions.
        self._planner: Planner | None = None
        if index is not None:
            count, has_model = self._gauge.count, llm is not None
            tasks = Tasks(index, settings.passage_tokens, count, has_model=has_model, embedding=embedding)
            self._planner = Planner(tasks, retriever, self._postprocessors)

    def check(self, question: Question) -> None:
        """Raise InputError for an invalid question; `answer` does the same before its first event."""
        if not says_something(question.text):
            raise InputError("The question is empty.")
        if question.selected_text is None:
            return
        if not says_something(question.selected_text):
            raise InputError("The selected text is empty.")
        limit = self._settings.selected_text_max_chars
        if len(question.selected_text) > limit:
            raise InputError(f"The selected text is longer than {limit:,} characters.")

    async def check_against(self, question: Question, build: PinnedBuild) -> None:
        """Raise InputError for a question that is invalid, or whose scope or selection is not in the build."""
        self.check(question)
        await check_scope(question.scope, build)
        if question.selected_text is not None:
            book = BookRetriever(build, self._embedding, top_k=_SELECTION_CHUNKS, depth=self._settings.candidates)
            await check_selection(question.selected_text, question.scope.page_url, build, book)

    def answer(self, question: Question, build: PinnedBuild | None = None) -> AsyncGenerator[Event, None]:
        """The events of one answer, from `build` or the live one; closing them closes the request to the model at once.

        Raises InputError for a bad question; the index's errors come before the first event, a model's are events.
        """
        return self.engine(question, build).events(question.text)

    async def begin(self, question: Question, build: PinnedBuild) -> None:
        """Begin to embed a question while its answer is set up; `answer` then waits less. Never necessary.

        The message may still be a task, which is not embedded: only those are begun that end most likely in a search.
        Whatever fails here fails again in `answer`, which tells the reader.
        """
        try:
            await self._begin(question, build)
        except Exception as exc:  # noqa: BLE001 — an answer must not depend on what only makes it sooner
            logger.warning("A question could not be begun before its answer: %s.", type(exc).__name__)

    async def _begin(self, question: Question, build: PinnedBuild) -> None:
        alone = not question.history and not question.summary and question.selected_text is None
        if not alone or not _asks(question.text) or small_talk_of(question.text).kind != "question":
            return
        retriever = self._retriever(question.scope, build)
        is_condensed = self.llm is not None and _language_to_search(question, build) is not None
        if isinstance(retriever, BookRetriever) and not is_condensed:
            await retriever.begin(question.text)

    async def plan(self, parts: Parts) -> Plan | None:
        """The plan for a message that is not searched for; None if it is a question."""
        question = parts.question
        if self._planner is None:
            return None
        intent = _intent(question) if question.selected_text is None else small_talk_of(question.text)
        points_back = self.llm is None and question.history and not question.selected_text
        if intent.kind == "question" and not points_back:
            return None
        return await self._planner.plan(question, intent, parts.build)

    async def plan_uncovered(self, parts: Parts, nodes: Sequence[NodeWithScore]) -> Plan | None:
        """The plan for a message whose search, which found these nodes, shows that it is a task; otherwise None."""
        covered = retrieved(nodes).grounding.verdict == "covered"
        if self._planner is None or (covered and not parts.question.scope.page_url):
            return None
        return await self._planner.plan_uncovered(parts.question, nodes, parts.build)

    def engine(self, question: Question, build: PinnedBuild | None = None) -> "BookChatEngine":
        """The chat engine of a conversation: its next messages have the scope, profile and selection of `question`.

        They are answered from `build`, or each from the build that is live at that time.
        """
        return BookChatEngine(self, question, build)

    async def parts(self, question: Question, build: PinnedBuild | None) -> Parts:
        """What answers a question, from `build` or the live one."""
        if build is None and self._index is not None:
            build = await self._index.read(_itself)
            await check_scope(question.scope, build)
        turns, summary = earlier(question, self._settings.history_tokens, self._gauge.count)
        memory = TurnMemory.from_turns(turns, summary)
        if question.selected_text is not None and not question.use_book:
            selected = GivenRetriever([selected_node(question)])
            return Parts(question, build, memory, selected, (), self._selection_synthesizer, condenses=False)
        language = _language_to_search(question, build) if self.llm is not None else None
        if language is not None and build is not None:
            question = _in_its_edition(question, build)  # a translated question no longer shows its language
        retriever, postprocessors = self._retriever(question.scope, build), self._postprocessors
        if question.selected_text is not None:
            retriever = SelectionAndBookRetriever(retriever, question)
            postprocessors = [*postprocessors, SelectionFirst(question)]
        return Parts(question, build, memory, retriever, postprocessors, self.synthesizer, search_language=language)

    def _synthesizer(self, *, selection: bool = False) -> ExtractiveSynthesizer:
        if self.llm is None:
            return ExtractiveSynthesizer()
        return CitedSynthesizer(self.llm, self._gauge, self._settings.link_hosts, selection=selection)


async def _itself(build: PinnedBuild) -> PinnedBuild:
    return build


def _as_meant(question: Question, *, has_model: bool) -> Question:
    """The question that a message stands for: with the words selected, one asked before, or a step by its number."""
    if question.selected_text is not None:
        return with_few_words_named(question)
    if not question.history:
        return question
    return recalled(question) if has_model else counted(recalled(question))


def _asks(text: str) -> bool:
    """Whether a short message has a question mark."""
    return len(text) <= _BEGUN_CHARACTERS and not _QUESTION_MARKS.isdisjoint(text)


def _intent(question: Question) -> Intent:
    """What a message without a selected text wants."""
    has_page = bool(question.scope.page_url)
    if not question.history:
        return intent_of(question.text, has_page=has_page)
    return intent_after(question.text, question.history, has_page=has_page)


def _language_to_search(question: Question, build: PinnedBuild | None) -> str | None:
    """The language of the book, if the question is in another one."""
    locale = build.record.book.get("default_locale") if build is not None else None
    if locale is None or is_of_language(question.text, locale):
        return None
    return locale.partition("-")[0].lower()


def _in_its_edition(question: Question, build: PinnedBuild) -> Question:
    """The question with the edition of its script, if the reader named no edition."""
    if question.scope.locale or question.scope.page_url:
        return question
    locale = question_locale(question.text, build.record)
    return replace(question, scope=replace(question.scope, locale=locale))


def _corrected(message: str, found: Retrieved) -> Understood | None:
    """What was searched for in place of a message with misspelt words, or with names other than the book's.

    None if none of its words was corrected. The translation of a word of another language is not a correction.
    """
    understood = found.understanding
    if understood is None:
        return None
    corrections = tuple((typed, searched) for typed, searched in understood.replaced if typed in message)
    if not corrections:
        return None
    text = understood.asked.partition("\n")[0]
    for beside in understood.translated:
        text = text.replace(f"({beside})", "")
    for typed, searched in set(understood.corrections) - set(understood.replaced):  # a plural, as the reader wrote it
        text = re.sub(rf"(?<!\w){re.escape(searched)}(?!\w)", typed, text, count=1)
    text = " ".join(text.split())
    if len(text) > _SHOWN_CHARACTERS or not any(searched in text for _, searched in corrections):
        text = ", ".join(dict.fromkeys(searched for _, searched in corrections))
    return Understood(text, corrections)


class TurnMemory(BaseMemory):
    """The turns of a conversation as LlamaIndex's memory; its own open a database or load a tokenizer for each."""

    _turns: list[Turn] = PrivateAttr(default_factory=list)
    _summary: str | None = PrivateAttr(default=None)

    @classmethod
    def from_defaults(cls, **kwargs: Any) -> Self:
        """An empty memory."""
        return cls()

    @classmethod
    def from_turns(cls, turns: Sequence[Turn], summary: str | None = None) -> Self:
        """A memory with these turns, and the summary of older ones before them."""
        memory = cls()
        memory._turns = list(turns)
        memory._summary = summary
        return memory

    @property
    def summary(self) -> str | None:
        """What the turns before the messages were about."""
        return self._summary

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The messages as turns, oldest first, without the summary."""
        return tuple(self._turns)

    def get(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002 - LlamaIndex's name
        """The summary, if there is one, then the messages, oldest first."""
        if not self._summary:
            return self.get_all()
        return [ChatMessage(role=MessageRole.USER, content=prompts.summary_block(self._summary)), *self.get_all()]

    async def aget(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002
        """Like `get`, without the thread that the base class starts for it."""
        return self.get()

    def get_all(self) -> list[ChatMessage]:
        """The messages, oldest first."""
        return [ChatMessage(role=MessageRole(turn.role), content=turn.content) for turn in self._turns]

    def put(self, message: ChatMessage) -> None:
        """Add a message of the reader's or the book's; ValueError for one of another role, which no answer reads."""
        self._turns.append(_turn(message))

    def set(self, messages: list[ChatMessage]) -> None:
        """Replace all messages; raises like `put`."""
        self._turns = list(map(_turn, messages))

    def reset(self) -> None:
        """Forget all messages, and the summary."""
        self._turns = []
        self._summary = None


def _turn(message: ChatMessage) -> Turn:
    if message.role not in _ROLES:
        raise ValueError(f"a conversation with the book has no messages of the role {message.role.value!r}")
    return Turn(_ROLES[message.role], message.content or "")


# Not LlamaIndex's `CondensePlusContextChatEngine`, whose steps these are: of its code only `reset` could stay. It makes
# three prompt templates and a tokenizer, answers through a queue that is polled every 0.1 s, and has a background task
# that drains the model and keeps the history after the reader has gone.
class BookChatEngine(EventChatEngine):
    """A conversation with the book; the server creates one for each question, a notebook may keep one.

    Of a message it keeps the turn, in the memory, and the nodes of the newest answer; how it was answered is forgotten.
    """

    _memory: TurnMemory

    def __init__(
        self, chat: BookChat, question: Question, build: PinnedBuild | None = None, memory: TurnMemory | None = None
    ) -> None:
        self._chat = chat
        self._question = question  # its scope, profile and selection are those of each message
        self._build = build
        self._memory = memory or TurnMemory.from_turns(question.history, question.summary)
        self.source_nodes = []

    def events(self, message: str) -> AsyncGenerator[Event, None]:
        """The answer to a message, given the conversation in the memory, which it does not change.

        Raises InputError at once for an invalid message, or an invalid selection.
        """
        memory = self._memory
        question = replace(self._question, text=message, history=memory.turns, summary=memory.summary)
        self._chat.check(question)
        return self._answer(_as_meant(question, has_model=self._chat.llm is not None))

    async def _answer(self, question: Question) -> AsyncGenerator[Event, None]:
        span, failure = QuestionSpan(self, question.text), None
        try:
            with inside(span.id):
                opening, rest = await self._open(question, span.id)
            for first in opening:
                yield first
            async with aclosing(rest) as answer:
                async for event in answer:
                    yield event
        except BaseException as exc:
            failure = exc
            raise
        finally:
            span.close(failure)

    async def _open(self, question: Question, span_id: str) -> tuple[tuple[Event, ...], AsyncGenerator[Event, None]]:
        """The basis of an answer, and the answer, which begins when it is read."""
        self.source_nodes = []
        parts = await self._chat.parts(question, self._build)
        asked = AnswerQuery(parts.question.text, span_id=span_id)
        plan = await self._chat.plan(parts)
        if isinstance(plan, AnswerFrom):
            asked.query_str = plan.message
            asked.history = await parts.memory.aget(input=plan.message) if plan.again else []
            query = plan.about or QueryBundle(plan.message)
            nodes = await _found(query, plan.retriever or parts.retriever, plan.postprocessors)
        elif plan is None:
            asked.history = await parts.memory.aget(input=asked.query_str)
            nodes = await self._search(parts, asked.history)
            plan = await self._chat.plan_uncovered(parts, nodes)
            if isinstance(plan, AnswerFrom):
                nodes = await plan.retriever.aretrieve(asked.query_str) if plan.retriever is not None else nodes
        if isinstance(plan, ReadyAnswer):
            self.source_nodes = plan.nodes()
            return (), plan.events(asked)
        asked.note = plan.note if plan else None
        synthesizer = (plan.synthesizer if plan else None) or parts.synthesizer
        return self._from_passages(asked, nodes, synthesizer, parts, alone=bool(plan and plan.alone))

    def _from_passages(
        self,
        asked: AnswerQuery,
        nodes: list[NodeWithScore],
        synthesizer: ExtractiveSynthesizer,
        parts: Parts,
        *,
        alone: bool,
    ) -> tuple[tuple[Event, ...], AsyncGenerator[Event, None]]:
        """The answer to a question from the nodes that were found for it, and its basis."""
        found = retrieved(nodes)
        asked.profile, asked.locale = parts.question.profile, parts.question.scope.locale
        asked.earlier = tuple(turn.content for turn in parts.memory.turns if turn.role == "assistant")
        asked.follows_up = bool(asked.earlier) and not alone and leans_back(asked.query_str)
        decided = () if synthesizer.judges(found) else (found.grounding,)  # otherwise the model has a say in it
        understood = _corrected(asked.query_str, found)
        sources, answer = synthesizer.answer(asked, found)
        self.source_nodes = _numbered(nodes, sources)
        return (SourcesFound(sources, found.build), *([understood] if understood else ()), *decided), answer

    async def _search(self, parts: Parts, history: Sequence[ChatMessage]) -> list[NodeWithScore]:
        """What is found for a question in its context."""
        message = parts.question.text
        query = await self._query(parts, history)
        nodes = await _found(query, parts.retriever, parts.postprocessors)
        if nodes and PARTS in nodes[0].node.metadata:  # each question has its passages within the budget, not yet all
            return await self._chat.token_budget.apostprocess_nodes(nodes)
        if query.custom_embedding_strs:
            return await self._alone(parts, nodes) or with_its_own_names(nodes, message)
        return nodes

    async def _alone(self, parts: Parts, nodes: list[NodeWithScore]) -> list[NodeWithScore]:
        """What is found for a later message by itself, where the book does not cover that; [] for any other message.

        "What's the capital of France?" is as near to a page as what was said before it. It is refused as it would be
        as a first question, unless what was found in the conversation, `nodes`, has most of its words.
        """
        words, found = words_of_its_own(parts.question.text), retrieved(nodes)
        if not words or not found.is_answerable or has_most(words, found.sources):
            return []
        by_itself = await _found(QueryBundle(parts.question.text), parts.retriever, parts.postprocessors)
        return by_itself if not retrieved(by_itself).is_answerable else []

    async def _query(self, parts: Parts, history: Sequence[ChatMessage]) -> QueryBundle:
        """The query for a message: the model's standalone question, or the message in its context."""
        message, model = parts.question.text, self._chat.llm
        if not parts.condenses or not (history or parts.search_language):
            return QueryBundle(message)
        alone = (
            await condensed(model, message, parts.memory.turns, parts.memory.summary, parts.search_language)
            if model
            else None
        )
        return QueryBundle(alone) if alone else in_context(message, parts.memory.turns)

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The whole answer, for callers that cannot await."""
        if self._chat.blocking is None:
            raise NotImplementedError("this engine has no loop of its own: use achat")
        # This thread waits meanwhile, so that the memory is used by one loop at a time.
        answer: AgentChatResponse = self._chat.blocking(
            lambda chat: BookChatEngine(chat, self._question, memory=self._memory).achat(message, chat_history)
        )
        self.source_nodes = answer.source_nodes
        return answer


async def _found(
    query: QueryBundle, retriever: BaseRetriever, postprocessors: Sequence[BaseNodePostprocessor]
) -> list[NodeWithScore]:
    return await postprocessed(await retriever.aretrieve(query), query, postprocessors)


def _numbered(nodes: Sequence[NodeWithScore], sources: Sequence[Source]) -> list[NodeWithScore]:
    """The nodes of sources, in their order: the first is the one that the answer calls [1]."""
    by_id = {found.node.node_id: found for found in nodes}
    return [by_id[source.chunk_id] for source in sources if source.chunk_id in by_id]
