"""One book, opened from the settings: its index and models, as LlamaIndex retriever, query engine and chat engine.

`app.services` opens it for a server, `bookrag eval` for its runs, and a notebook by itself (docs/python.md).
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import QueryBundle

from engines.chat.engine import BookChat, BookChatEngine
from engines.chat.query_engine import BookQueryEngine
from engines.coverage.verdict import Coverage, deciding_postprocessors, retrieved
from engines.embedding.embedding_model import describe_model, index_spec, load_embedding
from engines.events import Question, Retrieved, Scope
from engines.retrieval.passages import ExpandContext, passage_postprocessors
from engines.retrieval.rerank import load_reranker
from engines.retrieval.retriever import BookRetriever, chunks_for, chunks_of_an_answer, load_words, postprocessed
from engines.settings import EngineSettings
from storage.environment import read_settings
from storage.errors import BookragError
from storage.settings import StorageSettings
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import ChunkFilter, Side
from storage.vectors.index_store import IndexStore, open_store
from storage.vectors.qdrant_vector_store import PinnedBuild

if TYPE_CHECKING:
    from engines.embedding.embedding_model import LoadedEmbedding
    from engines.gemini.llm import GeminiLLM

logger = logging.getLogger(__name__)
T = TypeVar("T")

_PAGE_CHUNKS = 10_000  # of one page: all of them


@asynccontextmanager
async def open_book(
    *,
    engine_settings: EngineSettings | None = None,
    storage_settings: StorageSettings | None = None,
    embedding_threads: int | None = None,
    on_waiting: Callable[[int], object] | None = None,
    prepared: bool = False,
) -> AsyncIterator["Book"]:
    """The book that the settings name; settings that are not passed come from the environment.

    The embedding model runs on `embedding_threads` threads, by default one per core. `on_waiting` is called, in any
    thread, with the number of questions that wait for the model whenever it changes. With `prepared`, everything that
    the first questions to a build need is loaded before it is searched, which takes half a second; a book that is asked
    a single question does not need that.

    Raises ConfigurationError for a model that cannot be loaded. A book without an index opens, and raises when it is
    asked.
    """
    settings = engine_settings or read_settings(EngineSettings)
    stores = storage_settings or read_settings(StorageSettings)
    embedding = load_embedding(describe_model(settings), threads=embedding_threads)
    embedding.tell_waiting(on_waiting)
    try:
        async with _opened(settings, stores, embedding, load_words if prepared else None) as book:
            yield book
    finally:
        embedding.close()


@asynccontextmanager
async def _opened(
    settings: EngineSettings,
    stores: StorageSettings,
    embedding: "LoadedEmbedding",
    prepare: Callable[[BuildRecord], object] | None = None,
) -> AsyncIterator["Book"]:
    """The book, with connections of the running loop."""
    async with AsyncExitStack() as stack:
        spec = index_spec(describe_model(settings))
        index = await stack.enter_async_context(open_store(stores, spec=spec, prepare=prepare))
        await _start(index)
        llm = language_model(settings)
        if llm is not None:
            stack.push_async_callback(llm.aclose)
        twin = _Twin(lambda: _opened(settings, stores, embedding))
        stack.callback(twin.close)
        yield Book(index, embedding, llm, settings, blocking=twin.run)


class Book:
    """Retriever, query engine and chat engine over one index; one instance per process, for concurrent questions.

    Asynchronous calls use the connections of the loop that opened the book. Synchronous calls of its engines run on a
    separate loop with separate connections, so that they work inside a running loop, as in a notebook.
    """

    def __init__(
        self,
        index: IndexStore,
        embedding: BaseEmbedding,
        llm: "GeminiLLM | None",
        settings: EngineSettings,
        *,
        blocking: Callable[[Callable[["Book"], Awaitable[Any]]], Any] | None = None,
    ) -> None:
        self.index = index
        self.llm = llm
        self._embedding = embedding
        self._settings = settings
        self._blocking = blocking
        self._home = asyncio.get_running_loop() if blocking else None
        self._reranker = load_reranker(settings)
        self._expand = ExpandContext(budget_tokens=settings.passage_tokens)
        self.chat = self.chat_with()

    def as_retriever(
        self,
        scope: Scope | None = None,
        *,
        build: PinnedBuild | str | None = None,
        top_k: int | None = None,
        depth: int | None = None,
        side: Side = "hybrid",
    ) -> BookRetriever:
        """A retriever of the `top_k` best chunks for a question, from `build` or the live one.

        By default as many chunks as the postprocessors need for TOP_K passages. `depth` is the number of candidates of
        each side of the search, by default CANDIDATES, or `top_k` if that is more.
        """
        return BookRetriever(
            self.index,
            self._embedding,
            scope=scope,
            build=self.index.at(build) if isinstance(build, str) else build,
            top_k=top_k or chunks_for(self._settings.top_k, self._reranker),
            depth=depth or max(self._settings.candidates, top_k or 0),
            side=side,
            blocking=self._blocking,
            home=self._home,
        )

    def postprocessors(self, top_k: int | None = None) -> list[BaseNodePostprocessor]:
        """The postprocessors that make `top_k` passages of chunks, decide on coverage, and expand the passages."""
        return [*deciding_postprocessors(top_k or self._settings.top_k, self._reranker), self._expand]

    def chat_with(self, top_k: int | None = None) -> BookChat:
        """The line from questions to answers, with `top_k` passages for each answer."""
        chunks = chunks_for(top_k or self._settings.top_k, self._reranker)
        run = self._blocking
        return BookChat(
            retriever=partial(
                BookRetriever,
                self.index,
                self._embedding,
                top_k=chunks,
                depth=max(self._settings.candidates, chunks),
                blocking=run,
                home=self._home,
            ),
            postprocessors=self.postprocessors(top_k),
            llm=self.llm,
            settings=self._settings,
            blocking=(lambda call: run(lambda twin: call(twin.chat_with(top_k)))) if run else None,
            index=self.index,
            embedding=self._embedding,
        )

    def as_query_engine(self, scope: Scope | None = None, *, top_k: int | None = None) -> BookQueryEngine:
        """A query engine that answers each query as a reader's first message is answered."""
        chat = self.chat if top_k is None else self.chat_with(top_k)
        retriever = self.as_retriever(scope, top_k=chunks_for(top_k or self._settings.top_k, self._reranker))
        return BookQueryEngine(chat, scope or Scope(), retriever, [*self.postprocessors(top_k), chat.token_budget])

    def as_chat_engine(
        self,
        scope: Scope | None = None,
        *,
        profile: str | None = None,
        chat_history: Sequence[ChatMessage] = (),
    ) -> BookChatEngine:
        """A chat engine that remembers its conversation, and answers each message as a reader's is answered."""
        engine = self.chat.engine(Question("", profile=profile, scope=scope or Scope()))
        engine.remember(chat_history)
        return engine

    async def search(self, text: str, scope: Scope, k: int | None = None) -> Retrieved:
        """At most `k` passages for a query, and the verdict that an answer would get; raises like the retriever."""
        answering, query = self._settings.top_k, QueryBundle(text)
        wanted = k or answering
        most = chunks_for(max(wanted, answering), self._reranker)
        chunks = await self.as_retriever(scope, top_k=most, depth=self._settings.candidates).aretrieve(query)
        of_an_answer = chunks_of_an_answer(chunks, answering, self._reranker)
        decided = await postprocessed(of_an_answer, query, deciding_postprocessors(answering, self._reranker))
        if wanted > answering:
            verdict = retrieved(decided).grounding
            more = [*passage_postprocessors(wanted, self._reranker), Coverage(decided=verdict)]
            decided = await postprocessed(chunks, query, more)
        return retrieved(await postprocessed(decided[:wanted], query, [self._expand]))

    async def node_ids(self, address: str) -> list[str]:
        """The ids of the live build's nodes under an address: a page's, or with `#anchor` a section's.

        LlamaIndex's `RetrieverEvaluator` takes them as expected ids; addresses, unlike ids, survive a re-chunking.
        """
        from engines.evaluation.labels import Addresses, normal  # the evaluation's own reading of a label

        page = normal(address).partition("#")[0]
        pages = [ChunkFilter(url=url) for url in dict.fromkeys((page, f"{page.rstrip('/')}/"))]
        chunks = await (await self.index.pin()).matching(pages, limit=_PAGE_CHUNKS)
        addresses = Addresses(chunk.metadata for chunk in chunks)
        return [chunk.id for chunk in chunks if addresses.met(chunk.metadata, [address])]


class _Twin:
    """A second opening of the book on a separate loop, made when the first synchronous call needs it."""

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[Book]]) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._opened: tuple[BlockingPortal, Book] | None = None

    def run(self, call: Callable[[Book], Awaitable[T]]) -> T:
        """The result of a coroutine that uses the twin; must not be called from the twin's own loop."""
        with self._lock:
            if self._opened is None:
                portal = self._stack.enter_context(start_blocking_portal(name="book"))
                self._opened = portal, self._stack.enter_context(portal.wrap_async_context_manager(self._opening()))
            portal, book = self._opened
        return portal.call(call, book)

    def close(self) -> None:
        """Close the twin, if there is one."""
        with self._lock:
            self._opened = None
            self._stack.close()


async def _start(index: IndexStore) -> None:
    """Open the live build; without a readable one, the server still starts and logs why."""
    try:
        await index.start()
        record = await index.current()
        logger.info("The live build is %s: %s", record.name, record.counts)
    except BookragError as error:
        logger.error("%s: %s", error.code, error)  # noqa: TRY400  # the message says all, a traceback nothing


def language_model(settings: EngineSettings) -> "GeminiLLM | None":
    """The language model of a deployment; None if GEMINI_API_KEY is not set."""
    if settings.gemini_api_key is None:
        return None
    from engines.gemini.llm import build_llm  # imports google-genai: over a second

    return build_llm(settings)
