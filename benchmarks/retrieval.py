"""Time of retrieval: beyond embedding at 10,000 chunks, and of 50 questions at once against 50 in a row.

python -m benchmarks.retrieval
"""

import asyncio
import gc
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from benchmarks.store import DIMENSIONS, ONE_EDITION, text_of, vectors_of
from engines.book import Book
from engines.embedding.embedding_model import describe_model, index_spec, load_embedding
from engines.events import Scope
from engines.retrieval.passages import passage_postprocessors
from engines.retrieval.retriever import BookRetriever
from engines.settings import EngineSettings
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.index_store import IndexStore, open_store

CHUNKS = 10_000
QUESTIONS = 200
AT_ONCE = 50
WORDS_ASKED = 8


def fill(store: IndexStore) -> None:
    """Publish a build of chunks in clusters, as a book's are, five to a page."""
    build = store.create_build(index_spec(describe_model(EngineSettings())))
    vectors = vectors_of(CHUNKS)
    for first in range(0, CHUNKS, 1_000):
        build.vector_store.add([chunk(number, vectors[number].tolist()) for number in range(first, first + 1_000)])
    build.note(book=ONE_EDITION)
    build.finish()
    store.publish(build)


def chunk(number: int, vector: list[float]) -> TextNode:
    """A chunk with what retrieval reads of one."""
    metadata = {
        payload.URL: f"/docs/p{number // 5}", payload.ANCHOR: f"s{number}", payload.TITLE: "Page",
        payload.HEADING_PATH: [], payload.LOCALE: "en", payload.VERSION: "current", payload.LATEST: True,
        payload.POSITION: number % 5, payload.SECTION: number % 5, payload.BREADCRUMB: "Page",
    }  # fmt: skip
    return TextNode(id_=str(uuid.UUID(int=number)), text=text_of(number, 120), metadata=metadata, embedding=vector)


class Known(MockEmbedding):
    """An embedding that costs nothing: each question's vector is near a chunk's."""

    _vectors: Iterator[list[float]] = PrivateAttr()

    def __init__(self) -> None:
        super().__init__(embed_dim=DIMENSIONS)
        noise = np.random.default_rng(2).normal(size=(QUESTIONS, DIMENSIONS)) * 0.02
        self._vectors = cycle((vectors_of(CHUNKS)[:QUESTIONS] + noise).tolist())

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return next(self._vectors)


def finding(store: IndexStore, embedding: BaseEmbedding) -> Callable[[str], Awaitable[list[NodeWithScore]]]:
    """Retrieval to the passages, as the evaluation asks for it."""
    retriever, postprocessors = BookRetriever(store, embedding), passage_postprocessors(6)

    async def find(text: str) -> list[NodeWithScore]:
        query = QueryBundle(text)
        nodes = await retriever.aretrieve(query)
        for postprocessor in postprocessors:
            nodes = await postprocessor.apostprocess_nodes(nodes, query)
        return nodes

    return find


async def measure(store: IndexStore) -> None:
    settings = EngineSettings()
    questions = [text_of(number, WORDS_ASKED) for number in range(QUESTIONS)]
    book = Book(store, Known(), None, settings)

    async def search(text: str) -> None:
        await book.search(text, Scope())

    for kind, call in (("find", finding(store, Known())), ("as a chat does", search)):
        times, cpu = [], time.process_time()
        for question in questions:
            started = time.perf_counter()
            await call(question)
            times.append(time.perf_counter() - started)
        cpu = (time.process_time() - cpu) / len(questions)
        times.sort()
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
        print(f"{kind}: p50 {p50 * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms, CPU of this process {cpu * 1e3:.2f} ms")
    await compare_batches(store, settings, questions)


async def compare_batches(store: IndexStore, settings: EngineSettings, questions: list[str]) -> None:
    embedding = load_embedding(describe_model(settings))
    find = finding(store, embedding)
    await find("warm up")
    ratios = []
    for _ in range(5):
        started = time.perf_counter()
        for question in questions[:AT_ONCE]:
            await find(question)
        row = time.perf_counter() - started
        started = time.perf_counter()
        await asyncio.gather(*(find(question) for question in questions[:AT_ONCE]))
        once = time.perf_counter() - started
        ratios.append(once / row)
        print(f"{AT_ONCE} in a row {row * 1e3:.0f} ms, at once {once * 1e3:.0f} ms")
    print(f"at once / in a row: {statistics.median(ratios):.2f}")
    embedding.close()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = StorageSettings(data_dir=Path(folder))
        with open_store(settings) as store:
            fill(store)
        gc.collect()
        gc.freeze()  # as the server does when it has started
        async with open_store(settings) as store:
            await measure(store)


if __name__ == "__main__":
    asyncio.run(main())
