"""One question becomes one answer, as events; `app` passes the question in and sends the events on.

`BookChat` is created once per process and holds no reader's data. For each question it makes a `BookChatEngine`,
LlamaIndex's chat engine over the conversation so far: memory, standalone question, retriever, node postprocessors,
synthesizer. A question about the book, one without a model and one about a selection differ in the engine's retriever
and synthesizer.
"""

import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Self

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseAsyncGen, MessageRole
from llama_index.core.callbacks import CallbackManager
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.chat_engine.types import AgentChatResponse, StreamingAgentChatResponse
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
    of_two,
    recalled,
    usable,
    words_of_its_own,
)
from engines.chat.earlier_passages import EarlierPassages, RetrieverFor
from engines.chat.summary import Summariser
from engines.coverage.verdict import retrieved, with_its_own_names
from engines.errors import ModelError
from engines.events import (
    CitationsResolved,
    Event,
    Failed,
    Question,
    Retrieved,
    Role,
    Scope,
    Searched,
    Source,
    SourcesFound,
    TextDelta,
    Turn,
    Understood,
    says_something,
)
from engines.instrumentation import QuestionSpan, inside
from engines.prompts import TokenGauge, earlier
from engines.retrieval.passages import TokenBudget
from engines.retrieval.retriever import SEARCHED, Blocking, BookRetriever, GivenRetriever, Index, postprocessed
from engines.retrieval.scope import question_locale
from engines.retrieval.selection import (
    SelectionAndBookRetriever,
    SelectionFirst,
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
from storage.vectors.bm25 import distinct_tokens, tokens
from storage.vectors.qdrant_vector_store import PinnedBuild

logger = logging.getLogger(__name__)

_NO_CALLBACKS = CallbackManager()
_ROLES: dict[MessageRole, Role] = {MessageRole.USER: "user", MessageRole.ASSISTANT: "assistant"}
_BEGUN_CHARACTERS = 500  # a longer message may be mostly what was pasted
_QUESTION_MARKS = frozenset("?\uff1f\u061f")
_SHOWN_CHARACTERS = 200  # of a corrected question, as shown to readers


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
        self._llm = llm
        self._settings = settings
        self._blocking = blocking
        self._gauge = TokenGauge()
        budget = settings.history_tokens
        self.summariser = Summariser(llm, budget, self._gauge.count) if llm is not None and budget else None
        self.token_budget = TokenBudget(budget=settings.passage_tokens, count=self._gauge.count)
        self._postprocessors = [*postprocessors, self.token_budget]
        self.synthesizer = self._synthesizer()
        self._selection_synthesizer = self._synthesizer(selection=True)
        # Without an index there is no table of contents and no page for tasks: all messages are questions.
        self._tasks = (
            Tasks(index, settings.passage_tokens, self._gauge.count, has_model=llm is not None, embedding=embedding)
            if index
            else None
        )

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

    def answer(self, question: Question, build: PinnedBuild | None = None) -> AsyncGenerator[Event, None]:
        """The events of one answer, from `build` or the live one; closing them closes the request to the model at once.

        Raises InputError for a bad question; the index's errors come before the first event, a model's are events.
        """
        self.check(question)
        if question.selected_text is not None:
            question = with_few_words_named(question)
        elif question.history:
            question = recalled(question) if self._llm is not None else counted(recalled(question))
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
        is_condensed = self._llm is not None and _language_to_search(question, build) is not None
        if isinstance(retriever, BookRetriever) and not is_condensed:
            await retriever.begin(question.text)

    async def _plan(self, question: Question, build: PinnedBuild | None) -> Plan | None:
        """The plan for a message that is not searched for; None if it is a question."""
        if self._tasks is None:
            return None
        intent = _intent(question) if question.selected_text is None else small_talk_of(question.text)
        plan: Plan | None = None
        if intent.kind == "question":
            points_back = self._llm is None and bool(question.history) and not question.selected_text
            again = of_two(question.text, question.history) if points_back else ""
            plan = AnswerFrom(again, alone=True) if again else None
        else:
            plan = await self._tasks.plan(question, intent, build)
        if isinstance(plan, AnswerFrom) and plan.again:
            passages = EarlierPassages(self._tasks, self._retriever, self._postprocessors)
            plan = await passages.plan(plan, question, intent, build)
        if not isinstance(plan, AnswerFrom):
            return plan
        if plan.retriever is not None:
            return plan
        scope = _limited_to(plan.page, question.scope) if plan.page else question.scope
        retriever = self._retriever(scope, build)
        return replace(plan, retriever=retriever, postprocessors=(*self._postprocessors, *plan.postprocessors))

    async def _plan_uncovered(
        self, question: Question, nodes: Sequence[NodeWithScore], build: PinnedBuild | None
    ) -> Plan | None:
        """The plan for a task in words that no list has, judged by the search for it; otherwise None."""
        covered = retrieved(nodes).grounding.verdict == "covered"
        if self._tasks is None or (covered and not question.scope.page_url):
            return None
        follows_up = bool(question.history) and leans_back(question.text)
        plan = await self._tasks.plan_uncovered(question, nodes, build, leans_back=follows_up)
        if not isinstance(plan, AnswerFrom) or plan.page is None:
            return plan
        query = plan.about or QueryBundle(plan.message)
        found = await self._retriever(_limited_to(plan.page, question.scope), build).aretrieve(query)
        of_the_page = await postprocessed(found, query, [*self._postprocessors, *plan.postprocessors])
        for each in of_the_page:  # the reader has limited nothing
            each.node.metadata[SEARCHED] = Searched()
        return replace(plan, retriever=GivenRetriever(of_the_page)) if of_the_page else None

    def engine(self, question: Question, build: PinnedBuild | None = None) -> "BookChatEngine":
        """The chat engine that answers one question of a conversation."""
        turns, summary = earlier(question, self._settings.history_tokens, self._gauge.count)
        selection = question.selected_text is not None and not question.use_book
        language = _language_to_search(question, build) if self._llm is not None and not selection else None
        if language is not None and build is not None:
            question = _in_its_edition(question, build)  # a translated question no longer shows its language
        retriever = GivenRetriever([selected_node(question)]) if selection else self._retriever(question.scope, build)
        postprocessors = [] if selection else self._postprocessors
        if question.selected_text is not None and question.use_book:
            retriever = SelectionAndBookRetriever(retriever, question)
            postprocessors = [*postprocessors, SelectionFirst(question)]
        return BookChatEngine(
            retriever=retriever,
            synthesizer=self._selection_synthesizer if selection else self.synthesizer,
            llm=self._llm,
            memory=TurnMemory.from_turns(turns, summary),
            postprocessors=postprocessors,
            profile=question.profile,
            locale=question.scope.locale,
            skip_condense=selection,
            search_language=language,
            blocking=self._blocking,
            plan=lambda: self._plan(question, build),
            plan_uncovered=lambda nodes: self._plan_uncovered(question, nodes, build),
        )

    def _synthesizer(self, *, selection: bool = False) -> ExtractiveSynthesizer:
        if self._llm is None:
            return ExtractiveSynthesizer()
        return CitedSynthesizer(self._llm, self._gauge, self._settings.link_hosts, selection=selection)


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


def _limited_to(page: str, scope: Scope) -> Scope:
    return replace(scope, page_url=page, limit="page")


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


def _has_most(words: Sequence[str], sources: Sequence[Source]) -> bool:
    """Whether sections have more than half of some words."""
    found = distinct_tokens(" ".join(source.text for source in sources), "en")
    return 2 * sum(not found.isdisjoint(tokens(word, "en")) for word in words) > len(words)


class TurnMemory(BaseMemory):
    """The stored turns as LlamaIndex's memory; its own memories open a database or load a tokenizer for each."""

    _messages: list[ChatMessage] = PrivateAttr(default_factory=list)
    _summary: str | None = PrivateAttr(default=None)

    @classmethod
    def from_defaults(cls, **kwargs: Any) -> Self:
        """An empty memory."""
        return cls()

    @classmethod
    def from_turns(cls, turns: Sequence[Turn], summary: str | None = None) -> Self:
        """A memory with these turns, and the summary of older ones before them."""
        memory = cls()
        memory.set([ChatMessage(role=MessageRole(turn.role), content=turn.content) for turn in turns])
        memory._summary = summary
        return memory

    @property
    def summary(self) -> str | None:
        """What the turns before the messages were about."""
        return self._summary

    @property
    def turns(self) -> list[Turn]:
        """The messages as turns, oldest first, without the summary."""
        said = [message for message in self._messages if message.role in _ROLES]
        return [Turn(_ROLES[message.role], message.content or "") for message in said]

    def get(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002 - LlamaIndex's name
        """The summary, if there is one, then the messages, oldest first."""
        if not self._summary:
            return self._messages
        return [ChatMessage(role=MessageRole.USER, content=prompts.summary_block(self._summary)), *self._messages]

    async def aget(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002
        """Like `get`, without the thread that the base class starts for it."""
        return self.get()

    def get_all(self) -> list[ChatMessage]:
        """The messages, oldest first."""
        return self._messages

    def put(self, message: ChatMessage) -> None:
        """Add a message."""
        self._messages.append(message)

    def set(self, messages: list[ChatMessage]) -> None:
        """Replace all messages."""
        self._messages = list(messages)

    def reset(self) -> None:
        """Forget all messages, and the summary."""
        self._messages = []
        self._summary = None


class BookChatEngine(CondensePlusContextChatEngine):
    """A conversation with the book; the app creates one for each question, a notebook may keep one.

    In the stock class the answer goes through a queue that is polled every 0.1 s, and a background task drains the
    model and keeps the history after the reader has gone. Here the synthesizer's events are the answer.
    """

    _memory: TurnMemory

    def __init__(
        self,
        *,
        retriever: BaseRetriever,
        synthesizer: ExtractiveSynthesizer,
        llm: LLM | None,
        memory: TurnMemory,
        postprocessors: list[BaseNodePostprocessor],
        profile: str | None = None,
        locale: str | None = None,
        skip_condense: bool = False,
        search_language: str | None = None,  # into which the question is to be translated; None if it is in it
        blocking: Blocking | None = None,
        plan: Callable[[], Awaitable[Plan | None]] | None = None,
        plan_uncovered: Callable[[Sequence[NodeWithScore]], Awaitable[Plan | None]] | None = None,
    ) -> None:
        # The stock class creates three prompt templates and loads a tokenizer for each question; nothing here uses
        # them.
        self._retriever = retriever
        self._node_postprocessors = postprocessors
        self._memory = memory
        self._model = llm
        self._skip_condense = skip_condense
        self._search_language = search_language
        self.callback_manager = _NO_CALLBACKS
        self._synthesizer = synthesizer
        self.source_nodes: list[NodeWithScore] = []  # of the newest answer
        self._profile = profile
        self._locale = locale
        self._blocking = blocking
        self._plan = plan
        self._plan_uncovered = plan_uncovered

    def remember(self, messages: Sequence[ChatMessage]) -> None:
        """Replace the conversation so far."""
        self._memory.set(list(messages))

    async def events(self, message: str) -> AsyncGenerator[Event, None]:
        """The answer to a message, given the conversation in the memory, which it does not change."""
        span, failure = QuestionSpan(self, message), None
        try:
            with inside(span.id):
                opening, rest = await self._open(message, span.id)
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

    async def _open(self, message: str, span_id: str) -> tuple[tuple[Event, ...], AsyncGenerator[Event, None]]:
        """The basis of an answer, and the answer, which begins when it is read."""
        plan = await self._plan() if self._plan else None
        if isinstance(plan, ReadyAnswer):
            return (), plan.events(AnswerQuery(message, span_id=span_id))
        history: list[ChatMessage]
        if plan is not None:
            message = plan.message
            history = await self._memory.aget(input=message) if plan.again else []
            self._retriever = plan.retriever or self._retriever
            self._node_postprocessors = list(plan.postprocessors)
            query = plan.about or QueryBundle(message)
        else:
            history = await self._memory.aget(input=message)
            query = await self._query(history, message)
        nodes = await self._retriever.aretrieve(query)  # `_aget_nodes` of the base class only passes its words
        self.source_nodes = await postprocessed(nodes, query, self._node_postprocessors)
        if query.custom_embedding_strs and plan is None:
            self.source_nodes = await self._alone(message) or with_its_own_names(self.source_nodes, message)
        if plan is None and self._plan_uncovered is not None:
            uncovered = await self._plan_uncovered(self.source_nodes)
            if isinstance(uncovered, ReadyAnswer):
                return (), uncovered.events(AnswerQuery(message, span_id=span_id))
            if uncovered is not None and uncovered.retriever is not None:
                plan = uncovered
                self.source_nodes = await uncovered.retriever.aretrieve(message)
        asked = AnswerQuery(message, history=history, note=plan.note if plan else None, span_id=span_id)
        synthesizer = (plan.synthesizer if plan else None) or self._synthesizer
        return self._from_passages(asked, synthesizer, alone=bool(plan and plan.alone))

    def _from_passages(
        self, asked: AnswerQuery, synthesizer: ExtractiveSynthesizer, *, alone: bool
    ) -> tuple[tuple[Event, ...], AsyncGenerator[Event, None]]:
        """The answer to a question from the nodes that were found for it, and its basis."""
        found = retrieved(self.source_nodes)
        earlier = tuple(turn.content for turn in self._memory.turns if turn.role == "assistant")
        asked = replace(
            asked,
            profile=self._profile,
            locale=self._locale,
            earlier=earlier,
            follows_up=bool(earlier) and not alone and leans_back(asked.query_str),
        )
        decided = () if synthesizer.judges(found) else (found.grounding,)  # otherwise the model has a say in it
        understood = _corrected(asked.query_str, found)
        sources, answer = synthesizer.answer(asked, found)
        return (SourcesFound(sources, found.build), *([understood] if understood else ()), *decided), answer

    async def _alone(self, message: str) -> list[NodeWithScore]:
        """What is found for a later message by itself, where the book does not cover that; [] for any other message.

        "What's the capital of France?" is as near to a page as what was said before it. It is refused as it would be
        as a first question, unless what was found in the conversation has most of its words.
        """
        words, found = words_of_its_own(message), retrieved(self.source_nodes)
        if not words or not found.is_answerable or _has_most(words, found.sources):
            return []
        query = QueryBundle(message)
        nodes = await postprocessed(await self._retriever.aretrieve(query), query, self._node_postprocessors)
        return nodes if not retrieved(nodes).is_answerable else []

    async def _query(self, history: list[ChatMessage], message: str) -> QueryBundle:
        """The query for a message: the model's standalone question, or the message in its context."""
        if self._skip_condense or not (history or self._search_language):
            return QueryBundle(message)
        condensed = await self._condensed(self._model, message) if self._model is not None else None
        return QueryBundle(condensed) if condensed else in_context(message, self._memory.turns)

    async def _condensed(self, model: LLM, message: str) -> str | None:
        """The message as a standalone question by the model; None if the model gives none.

        The same step translates a question into the index's language.
        """
        turns, summary, language = self._memory.turns, self._memory.summary, self._search_language
        content = prompts.condense_message(message, turns, summary, language)
        request = ChatMessage(role=MessageRole.USER, content=content)
        try:
            # One attempt: if the model is unavailable, the answer itself waits for it, not this step.
            response = await model.achat([request], retry_budget_seconds=0.0)
        except ModelError as exc:
            logger.warning("the question was not condensed: %s (%s)", exc.code, exc.cause)
            return None
        except Exception:  # whatever a library raises, the question is answered without this step
            logger.exception("the question was not condensed")
            return None
        return usable(response.message.content or "", message, turns, summary, translated=language is not None)

    # LlamaIndex's interface, for notebooks

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The whole answer, which is then in the memory; raises ModelError if the model failed."""
        response = await self.astream_chat(message, chat_history)
        async for _ in response.async_response_gen():
            pass
        return AgentChatResponse(response=response.response, source_nodes=response.source_nodes)

    async def astream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> "StreamedAnswer":
        """The answer as it is written; once it is read to its end it is in the memory, with its final numbers."""
        if chat_history is not None:
            await self._memory.aset(chat_history)
        answer = StreamedAnswer(is_writing_to_memory=False)
        answer.achat_stream = self._responses(message, answer)
        return answer

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The whole answer, for callers that cannot await."""
        if self._blocking is None:
            raise NotImplementedError("this engine has no loop of its own: use achat")
        history = self._memory.get_all() if chat_history is None else chat_history
        options = {"scope": getattr(self._retriever, "_scope", None), "profile": self._profile}

        async def ask(book: Any) -> tuple[AgentChatResponse, list[ChatMessage]]:
            engine = book.as_chat_engine(**options)
            response = await engine.achat(message, history)
            return response, engine.chat_history

        response, messages = self._blocking(ask)
        self._memory.set(messages)
        answer: AgentChatResponse = response
        return answer

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """Not supported: an answer read from another thread could not be stopped; use `astream_chat` or `chat`."""
        raise NotImplementedError("an answer is streamed by astream_chat")

    async def _responses(self, message: str, answer: "StreamedAnswer") -> ChatResponseAsyncGen:
        """The answer's text in LlamaIndex's responses; the memory takes the turn when the text is complete."""
        written = ChatMessage(role=MessageRole.ASSISTANT, content="")
        async with aclosing(self.events(message)) as events:
            async for event in events:
                if isinstance(event, SourcesFound):
                    answer.source_nodes = self.source_nodes
                elif isinstance(event, TextDelta):
                    written = ChatMessage(role=MessageRole.ASSISTANT, content=(written.content or "") + event.text)
                    yield ChatResponse(message=written, delta=event.text)
                elif isinstance(event, CitationsResolved):
                    answer.response = event.text
                    written = ChatMessage(role=MessageRole.ASSISTANT, content=event.text)
                elif isinstance(event, Failed):
                    raise ModelError(event.message)
        await self._memory.aput(ChatMessage(role=MessageRole.USER, content=message))
        await self._memory.aput(written)


class StreamedAnswer(StreamingAgentChatResponse):
    """LlamaIndex's streamed response without its queue and background task: the text comes as it is written."""

    async def async_response_gen(self) -> AsyncGenerator[str, None]:
        """The pieces of the text; leaving early stops the answer."""
        if self.achat_stream is None:
            raise TypeError("an answer is read once")
        async with aclosing(self.achat_stream) as responses:
            async for response in responses:
                yield response.delta or ""
