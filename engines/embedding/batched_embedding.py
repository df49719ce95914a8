"""Questions that wait for the embedding model at the same time go through it together.

`BatchedEmbedding` is what the two runtimes share; the retriever awaits it. The model has one thread of its own, so that
the event loop never waits for it. A question that comes alone starts at once; those that come while the model is busy
are one batch when it is free again.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import chain
from typing import Protocol

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

logger = logging.getLogger(__name__)

MAX_BATCH = 64
PASS_COST_TOKENS = 48  # what one more pass of the model costs: as much as so many tokens of padding


class QueryModel(Protocol):
    """What a batching embedder needs of a model."""

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """The vectors of questions as they come: the places of some, and their vectors."""
        ...


Asked = tuple[str, Future[list[float]]]
"""A question with where its vector goes."""


class _Gathered(threading.local):
    """What was asked in this thread's event loop since its callbacks last ran."""

    def __init__(self) -> None:
        self.items: list[Asked] = []


class BatchingEmbedder:
    """Embeds questions for any number of callers in any number of event loops; close it at the end."""

    def __init__(self, model: QueryModel) -> None:
        self._model = model
        self._waiting: queue.SimpleQueue[list[Asked] | None] = queue.SimpleQueue()
        self._gathered = _Gathered()
        self._thread = threading.Thread(target=self._work, name="embedder", daemon=True)
        self._thread.start()
        self.batches: int = 0  # how often the model has run

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return self._waiting.qsize()

    async def embed(self, question: str) -> list[float]:
        """The vector of a question; raises what the model raises.

        What is awaited together, as by `asyncio.gather`, is one batch.
        """
        future: Future[list[float]] = Future()
        self._check_open()
        if not self._gathered.items:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._gathered.items.append((question, future))
        return await asyncio.wrap_future(future)

    def submit(self, question: str) -> Future[list[float]]:
        """The vector of a question, when it comes; for callers without an event loop."""
        future: Future[list[float]] = Future()
        self._check_open()
        self._waiting.put([(question, future)])
        return future

    def close(self) -> None:
        """Finish what was asked and stop the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _check_open(self) -> None:
        if not self._thread.is_alive():
            raise RuntimeError("the embedder is closed")

    def _hand_over(self) -> None:
        self._waiting.put(self._gathered.items)
        self._gathered.items = []

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, closing = self._gather(first)
            self._answer([item for item in batch if item[1].set_running_or_notify_cancel()])
            if closing:
                return

    def _gather(self, first: list[Asked]) -> tuple[list[Asked], bool]:
        """The questions with all that wait behind them, and whether the embedder is to stop after them."""
        batch = list(first)
        while len(batch) < MAX_BATCH:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch += item
        return batch, False

    def _answer(self, batch: list[Asked]) -> None:
        waiting: dict[str, list[Future[list[float]]]] = {}
        for question, future in batch:
            waiting.setdefault(question, []).append(future)
        if not waiting:
            return
        questions = list(waiting)
        self.batches += 1
        try:
            for places, vectors in self._model.query_embeddings_in_parts(questions):
                for place, vector in zip(places, vectors, strict=True):
                    for future in waiting.pop(questions[place]):
                        future.set_result(vector)
        except Exception as exc:  # noqa: BLE001 — whatever the model raises belongs to those who asked
            logger.warning("embedding %d questions failed: %s", len(questions), exc)
            for future in chain.from_iterable(waiting.values()):
                future.set_exception(exc)


class BatchedEmbedding(BaseEmbedding):
    """One loaded model. Questions that are awaited go through it together; the other calls are for one thread."""

    _batcher: BatchingEmbedder | None = PrivateAttr(default=None)

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """The vectors of questions as they come: the places of some, and their vectors."""
        # Not abstract: LlamaIndex makes a span of each call of an abstract method, and this one has no question's.
        raise NotImplementedError

    def get_query_embeddings(self, questions: Sequence[str]) -> list[list[float]]:
        """The vectors of questions, in their order."""
        vectors: list[list[float]] = [[]] * len(questions)
        for places, found in self.query_embeddings_in_parts(questions):
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        # Stock, each awaited question takes a thread of its own, and all of them the model at once.
        if self._batcher is None:
            self._batcher = BatchingEmbedder(self)
        return await self._batcher.embed(query)

    @property
    def waiting(self) -> int:
        """How many questions wait for the model."""
        return self._batcher.waiting if self._batcher is not None else 0

    def close(self) -> None:
        """Finish what was asked and stop the thread of the questions."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None


def like_lengths(lengths: Sequence[int], *, most: int, most_tokens: int | None = None) -> Iterator[list[int]]:
    """The places of texts in groups, shortest first, whose padding costs less than another pass would.

    A group has `most` texts at most and, padded, `most_tokens` tokens; a text longer than that is a group by itself.
    """
    group: list[int] = []
    tokens = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        padding = lengths[place] * len(group) - tokens
        too_large = most_tokens is not None and lengths[place] * (len(group) + 1) > most_tokens
        if group and (len(group) == most or padding > PASS_COST_TOKENS or too_large):
            yield group
            group, tokens = [], 0
        group.append(place)
        tokens += lengths[place]
    if group:
        yield group
