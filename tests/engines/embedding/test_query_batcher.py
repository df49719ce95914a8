import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from engines.embedding.onnx_runtime import MOST_BEGUN, BatchingEmbedder, _deliver


class CountingModel:
    """Gives each question's length, the shorter half first, and can be held up."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.begun = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        self.batches.append(len(questions))
        self.begun.set()
        self.free.wait(5)
        order = sorted(range(len(questions)), key=lambda place: len(questions[place]))
        half = len(order) // 2
        for places in (order[:half], order[half:]):
            if any(questions[place] == "bad" for place in places):
                raise ValueError("bad question")
            yield places, [[float(len(questions[place]))] for place in places]


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


async def test_an_error_in_one_part_spares_the_parts_before_it(
    model: CountingModel, embedder: BatchingEmbedder
) -> None:
    model.free.clear()
    first = asyncio.create_task(embedder.embed("first"))
    await asyncio.to_thread(model.begun.wait, 5)
    asked = [asyncio.create_task(embedder.embed(question)) for question in ("a", "bad", "ab", "bad")]
    await asyncio.sleep(0)
    model.free.set()
    assert await first == [5.0]
    assert [isinstance(found, ValueError) for found in await asyncio.gather(*asked, return_exceptions=True)] == [
        False,
        True,
        True,
        True,
    ]


async def test_a_closed_embedder_says_so(model: CountingModel) -> None:
    closed = BatchingEmbedder(model)
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        await closed.embed("x")


async def test_what_one_caller_awaits_together_is_one_batch(model: CountingModel, embedder: BatchingEmbedder) -> None:
    for number in range(1, 20):
        texts = ["x" * n for n in range(1, 4)]
        assert await asyncio.gather(*map(embedder.embed, texts)) == [[1.0], [2.0], [3.0]]
        assert model.batches == [3] * number


async def test_a_question_is_embedded_although_the_one_awaited_with_it_is_cancelled(embedder: BatchingEmbedder) -> None:
    first, second = (asyncio.create_task(embedder.embed(text)) for text in ("one", "three"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == [5.0]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_questions_of_two_event_loops_reach_the_model(embedder: BatchingEmbedder) -> None:
    async def both() -> list[list[float]]:
        return list(await asyncio.gather(embedder.embed("a"), embedder.embed("bb")))

    here, there = await asyncio.gather(both(), asyncio.to_thread(asyncio.run, both()))
    assert here == there == [[1.0], [2.0]]


async def test_each_question_that_waits_is_counted(model: CountingModel) -> None:
    told: list[int] = []
    embedder = BatchingEmbedder(model, told.append)
    model.free.clear()
    asked = [asyncio.create_task(embedder.embed("first"))]
    await asyncio.to_thread(model.begun.wait, 5)
    assert told == [1, 0]  # the model has it
    asked += [asyncio.create_task(embedder.embed("x" * n)) for n in range(1, 22)]  # all in one turn of the loop
    await asyncio.sleep(0)
    assert told[2:] == [*range(1, 22)]
    model.free.set()
    await asyncio.gather(*asked)
    embedder.close()
    assert told[-1] == 0


async def test_a_question_that_was_begun_is_embedded_once(model: CountingModel, embedder: BatchingEmbedder) -> None:
    embedder.begin("begun")
    embedder.begin("begun")
    await asyncio.to_thread(model.begun.wait, 5)
    assert await embedder.embed("begun") == [5.0]
    assert model.batches == [1]
    assert await embedder.embed("begun") == [5.0]
    assert model.batches == [1, 1]  # its vector is not kept


async def test_a_question_that_was_begun_and_failed_is_embedded_again(
    model: CountingModel, embedder: BatchingEmbedder
) -> None:
    embedder.begin("bad")
    await asyncio.to_thread(model.begun.wait, 5)
    assert await embedder.embed("awaited later") == [13.0]
    with pytest.raises(ValueError, match="bad question"):
        await embedder.embed("bad")
    assert sum(model.batches) == 3


async def test_of_questions_that_nobody_awaits_the_newest_are_kept(
    model: CountingModel, embedder: BatchingEmbedder
) -> None:
    for number in range(MOST_BEGUN + 1):
        embedder.begin(str(number))
    await embedder.embed(str(MOST_BEGUN))
    assert sum(model.batches) == MOST_BEGUN + 1
    await embedder.embed("0")
    assert sum(model.batches) == MOST_BEGUN + 2


async def test_what_another_loop_has_begun_is_not_awaited_here(embedder: BatchingEmbedder) -> None:
    async def begin() -> None:
        embedder.begin("begun")

    def in_turn() -> list[float]:
        asyncio.run(begin())
        return asyncio.run(embedder.embed("begun"))

    assert await asyncio.to_thread(in_turn) == [5.0]


async def test_a_loop_that_was_closed_keeps_no_other_from_its_vectors() -> None:
    closed = asyncio.new_event_loop()
    left, awaited = closed.create_future(), asyncio.get_running_loop().create_future()
    closed.close()
    _deliver([(left, [1.0]), (awaited, [2.0])])
    assert await awaited == [2.0]
