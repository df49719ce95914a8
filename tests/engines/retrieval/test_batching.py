import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from engines.batching import BatchingEmbedder


class CountingModel:
    """Gives each question's length, and can be held up."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.begun = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def get_query_embeddings(self, questions: Sequence[str]) -> list[list[float]]:
        self.batches.append(len(questions))
        self.begun.set()
        self.free.wait(5)
        if "bad" in questions:
            raise ValueError("bad question")
        return [[float(len(question))] for question in questions]


@pytest.fixture
def model() -> CountingModel:
    return CountingModel()


@pytest.fixture
def embedder(model: CountingModel) -> Iterator[BatchingEmbedder]:
    made = BatchingEmbedder(model)
    yield made
    made.close()


async def test_questions_that_wait_are_one_batch(model: CountingModel, embedder: BatchingEmbedder) -> None:
    model.free.clear()
    asked = [asyncio.create_task(embedder.embed("x" * n)) for n in range(1, 21)]
    await asyncio.to_thread(model.begun.wait, 5)
    model.free.set()
    assert await asyncio.gather(*asked) == [[float(n)] for n in range(1, 21)]
    assert len(model.batches) <= 3


async def test_what_the_model_raises_reaches_who_asked_and_the_next_question_works(embedder: BatchingEmbedder) -> None:
    with pytest.raises(ValueError, match="bad question"):
        await embedder.embed("bad")
    assert await embedder.embed("good") == [4.0]


async def test_a_closed_embedder_says_so(model: CountingModel) -> None:
    closed = BatchingEmbedder(model)
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        await closed.embed("x")
