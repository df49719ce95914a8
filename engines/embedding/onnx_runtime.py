"""The embedding model as a LlamaIndex embedding, and ONNX Runtime, which runs an exported one or a cross-encoder.

Questions that wait for the model at the same time are embedded as one batch. The model has its own thread, so that the
event loop never waits for it: a single question starts at once; those that arrive while the model is busy form the next
batch. A question may be begun before it is awaited. `BatchedEmbedding` does this for the torch runtime too.

The weights are in a file beside the graph and are mapped into memory, so that the processes of one machine share the
pages of weights that ONNX Runtime does not rearrange (the word embeddings, half of a small model).
`engines.embedding.embedding_model` loads an `OnnxEmbedding`, `engines.embedding.cross_encoder` an `OnnxModel`.
"""

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeGuard
from weakref import WeakValueDictionary

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from engines.embedding.model_files import GRAPH, TOKENIZER, Export, ExportError, verify_files
from engines.embedding.silent_onnxruntime import ort

logger = logging.getLogger(__name__)

MAX_QUESTIONS = 64  # in one batch
MOST_BEGUN = 512  # questions, by one event loop, that nobody has awaited yet: more than are asked at once; 6 MB
PASS_COST_TOKENS = 48  # the cost of one more pass of the model, in tokens of padding

MAX_BATCH = 32
PASS_TOKENS = 256  # padded, in one pass: fits in the cache of a core; 1,024 take 6 % more time and more memory

Vectors = NDArray[np.float32]
Texts = Sequence[str] | Sequence[tuple[str, str]]

BATCH = 128  # texts handed over at once; the runtime groups them by length


class QueryModel(Protocol):
    """What a batching embedder needs of a model."""

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """Batch by batch as it is ready: places in `questions`, and their vectors, (places, dimensions)."""


Place = asyncio.Future[list[float]]
"""Where a vector is awaited; of an event loop in another thread than the model's."""
Asked = tuple[str, Place]
"""A question with the destination of its vector."""
Result = list[float] | Exception


class _Gathered(threading.local):
    """The questions asked in this thread's event loop since its callbacks last ran, and those begun for later."""

    def __init__(self) -> None:
        self.items: list[Asked] = []
        self.begun: dict[str, Place] = {}


class BatchingEmbedder:
    """Embeds questions for any number of callers in any number of event loops; close it at the end."""

    def __init__(self, model: QueryModel, on_waiting: Callable[[int], object] | None = None) -> None:
        """`on_waiting` is called, in any thread, with the number of waiting questions whenever it changes."""
        self._model = model
        self._on_waiting = on_waiting
        self._queue: queue.SimpleQueue[list[Asked] | None] = queue.SimpleQueue()
        self._waiting = 0  # questions; one entry of the queue has all questions of one turn of an event loop
        self._counting = threading.Lock()
        self._gathered = _Gathered()
        self._thread = threading.Thread(target=self._work, name="embedder", daemon=True)
        self._thread.start()

    async def embed(self, question: str) -> list[float]:
        """The vector of a question; raises what the model raises.

        Questions awaited together, as by `asyncio.gather`, are one batch.
        """
        self._check_open()
        place = self._gathered.begun.pop(question, None)
        return await (place if _is_usable(place) else self._asked(question))

    def begin(self, question: str) -> None:
        """Begin to embed a question that this event loop will await; of those never awaited the newest are kept."""
        self._check_open()
        begun = self._gathered.begun
        if not _is_usable(begun.get(question)):
            begun[question] = self._asked(question)
        if len(begun) > MOST_BEGUN:
            del begun[next(iter(begun))]

    def close(self) -> None:
        """Finish pending questions and stop the thread."""
        self._queue.put(None)
        self._thread.join()

    def _asked(self, question: str) -> Place:
        loop = asyncio.get_running_loop()
        place: Place = loop.create_future()
        if not self._gathered.items:
            loop.call_soon(self._hand_over)
        self._gathered.items.append((question, place))
        self._count(1)
        return place

    def _check_open(self) -> None:
        if not self._thread.is_alive():
            raise RuntimeError("the embedder is closed")

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more
            if self._on_waiting is not None:
                self._on_waiting(self._waiting)

    def _hand_over(self) -> None:
        self._queue.put(self._gathered.items)
        self._gathered.items = []

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, closing = self._gather(first)
            self._count(-len(batch))
            self._answer([(question, place) for question, place in batch if not place.cancelled()])
            if closing:
                return

    def _gather(self, first: list[Asked]) -> tuple[list[Asked], bool]:
        """The questions with all that wait behind them, and whether to stop after them."""
        batch = list(first)
        while len(batch) < MAX_QUESTIONS:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch += item
        return batch, False

    def _answer(self, batch: list[Asked]) -> None:
        waiting: dict[str, list[Place]] = {}
        for question, place in batch:
            waiting.setdefault(question, []).append(place)
        if not waiting:
            return
        questions = list(waiting)
        try:
            for numbers, vectors in self._model.query_embeddings_in_parts(questions):
                found = zip(numbers, vectors, strict=True)
                _deliver([(place, vector) for number, vector in found for place in waiting.pop(questions[number])])
        except Exception as exc:  # noqa: BLE001 — whatever the model raises belongs to those who asked
            logger.warning("embedding %d questions failed: %s", len(questions), exc)
            _deliver([(place, exc) for place in chain.from_iterable(waiting.values())])


def _is_usable(place: Place | None) -> TypeGuard[Place]:
    """Whether a question that was begun can be awaited here, and has not failed."""
    if place is None or place.get_loop() is not asyncio.get_running_loop():
        return False
    return not place.done() or place.exception() is None


def _deliver(results: Sequence[tuple[Place, Result]]) -> None:
    """Give results to those who wait, waking each event loop once.

    One wake-up for each question made the loop and the model's thread take the interpreter's lock from each other all
    the time: of 100 questions at once the median waited a fifth longer.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Place, Result]]] = {}
    for place, result in results:
        by_loop.setdefault(place.get_loop(), []).append((place, result))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # a loop that was closed meanwhile
            loop.call_soon_threadsafe(_settle, settled)


def _settle(results: Sequence[tuple[Place, Result]]) -> None:
    for future, result in results:
        if future.done():  # cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
            future.exception()  # of one that nobody awaits asyncio would log that nobody did
        else:
            future.set_result(result)


class BatchedEmbedding(BaseEmbedding):
    """One loaded model. Questions that are awaited go through it together; the other calls are for one thread."""

    _batcher: BatchingEmbedder | None = PrivateAttr(default=None)
    _on_waiting: Callable[[int], object] | None = PrivateAttr(default=None)

    def tell_waiting(self, on_waiting: Callable[[int], object] | None) -> None:
        """Set `on_waiting`, called with the number of waiting questions whenever it changes, before the first one."""
        self._on_waiting = on_waiting

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """Batch by batch as it is ready: places in `questions`, and their vectors, (places, dimensions)."""
        # Not abstract: LlamaIndex makes a span of each call of an abstract method, and this one belongs to no single
        # question.
        raise NotImplementedError

    def get_query_embeddings(self, questions: Sequence[str]) -> list[list[float]]:
        """The vectors of questions, in their order."""
        vectors: list[list[float]] = [[]] * len(questions)
        for places, found in self.query_embeddings_in_parts(questions):
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        # In the stock class each awaited question takes a thread, and all of them use the model at once.
        return await self._open_batcher().embed(query)

    def begin(self, questions: Iterable[str]) -> None:
        """Begin to embed questions that this event loop will await later."""
        batcher = self._open_batcher()
        for question in questions:
            batcher.begin(question)

    def _open_batcher(self) -> BatchingEmbedder:
        if self._batcher is None:
            self._batcher = BatchingEmbedder(self, self._on_waiting)
        return self._batcher

    def close(self) -> None:
        """Finish pending questions and stop their thread."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None


def like_lengths(lengths: Sequence[int], *, most: int, most_tokens: int | None = None) -> Iterator[list[int]]:
    """The indexes of texts in groups, shortest first, whose padding costs less than another pass would.

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


class OnnxModel:
    """One session with its tokeniser; may be called from several threads."""

    def __init__(self, folder: Path, export: Export, *, threads: int) -> None:
        """Load the export in `folder`; raises ExportError if it is damaged."""
        verify_files(folder, export)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait use the cores of other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
            self._tokenizer = _tokenizer(folder, export)
        except Exception as exc:  # ONNX Runtime and tokenizers raise bare exceptions of their own
            raise ExportError(f"The export in {folder} cannot be loaded: {exc}") from exc
        self._export = export

    def run(self, texts: Texts) -> Vectors:
        """The outputs for texts or pairs of texts, in order: (texts, dimensions)."""
        outputs = np.zeros((len(texts), self._export.dimensions), dtype=np.float32)
        for places, found in self.run_in_parts(texts):
            outputs[places] = found
        return outputs

    def run_in_parts(self, texts: Texts) -> Iterator[tuple[list[int], Vectors]]:
        """The outputs as they come: the indexes of some texts, and their rows. Texts of similar length share a pass."""
        encoded = self._tokenizer.encode_batch(list(texts))
        lengths = [len(item.ids) for item in encoded]
        for places in like_lengths(lengths, most=MAX_BATCH, most_tokens=PASS_TOKENS):
            yield places, self._pass([encoded[place] for place in places])

    def _pass(self, encoded: Sequence[Encoding]) -> Vectors:
        padding = self._export.padding
        # Graphs are traced for two tokens or more; a model without special tokens may read one.
        width = max(2, *(len(item.ids) for item in encoded))
        for item in encoded:
            item.pad(
                width, direction=padding.side, pad_id=padding.token_id, pad_type_id=padding.type_id,
                pad_token=padding.text,
            )  # fmt: skip
        values = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        inputs = {
            name: np.array([getattr(item, values[name]) for item in encoded], dtype=np.int64)
            for name in self._export.inputs
        }
        [output] = self._session.run(None, inputs)
        return np.asarray(output, dtype=np.float32).reshape(len(encoded), -1)


_loaded: WeakValueDictionary[tuple[object, ...], OnnxModel] = WeakValueDictionary()
_loading = threading.Lock()


def shared_model(folder: Path, export: Export, *, threads: int) -> OnnxModel:
    """The export in `folder`, loaded once for all its users in this process; raises ExportError if it is damaged.

    A session takes 0.1 s and 100 MB, and has no state between runs. A forked process does not have its threads.
    """
    try:
        states = [(folder / name).stat() for name in export.files]
    except OSError as exc:
        raise ExportError(f"{exc.filename} cannot be read: {exc.strerror or exc}.") from exc
    versions = tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in states)
    key = (os.getpid(), folder, export.to_json(), threads, versions)
    with _loading:
        model = _loaded.get(key)
        if model is None:
            model = _loaded[key] = OnnxModel(folder, export, threads=threads)
        return model


def _tokenizer(folder: Path, export: Export) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(export.max_tokens)
    tokenizer.no_padding()  # used for each pass
    return tokenizer


class OnnxEmbedding(BatchedEmbedding):
    """One loaded model; vectors are normalised."""

    _model: OnnxModel = PrivateAttr()
    _query_prefix: str = PrivateAttr()
    _passage_prefix: str = PrivateAttr()

    def __init__(self, model: OnnxModel, *, name: str, query_prefix: str = "", passage_prefix: str = "") -> None:
        super().__init__(model_name=name, embed_batch_size=BATCH)
        self._model = model
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex's instrumentation shows."""
        return "OnnxEmbedding"

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """Batch by batch as it is ready: places in `questions`, and their vectors, (places, dimensions)."""
        for places, found in self._model.run_in_parts([self._query_prefix + question for question in questions]):
            yield places, _lists(found)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.get_query_embeddings([query])[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(self._model.run([self._passage_prefix + text for text in texts]))

    def to_payload(self) -> dict[str, Any]:
        """What instrumentation may show of the model."""
        return {**super().to_payload(), "runtime": "onnx"}


def _lists(vectors: Vectors) -> list[list[float]]:
    found: list[list[float]] = vectors.tolist()
    return found
