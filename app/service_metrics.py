"""The service's metrics for Prometheus: counts and times of requests and questions.

`GET /metrics` returns the sum over all workers. Several workers share the folder PROMETHEUS_MULTIPROC_DIR, which
`bookrag serve --workers` creates and sets. The state of the stores (the live build, turns in the outbox) is read when
the figures are asked for.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from llama_index.core.instrumentation.events.embedding import EmbeddingEndEvent, EmbeddingStartEvent
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent, RetrievalStartEvent
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from pydantic import PrivateAttr

from app.answer_json import AnswerState
from engines.errors import ModelError
from engines.instrumentation import BreakerOpened, ModelFailed, ModelRetried, dispatcher
from storage.vectors.build_record import is_alive
from storage.vectors.embedded_qdrant.files import read_json, write_json

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTS = "rebuilds.json"
STOPPED = "answers_stopped_by_shutdown"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
STATE = {  # the gauges that `Metrics.text` is given, with their descriptions
    "live_build_age_seconds": "Since the live build was made.",
    "live_build_chunks": "Chunks of the live build.",
    "outbox_turns": "Turns that wait until the history is available again.",
    "disk_free_bytes": "Free space on the disk of DATA_DIR.",
    "clock_shift_seconds": "How far the time of day was moved since the queried process started.",
    "rebuilds_published": "Builds of this machine that went live.",
    "rebuilds_unchanged": "Builds of this machine that found nothing to do.",
    "rebuilds_refused": "Builds of this machine that a check kept from going live.",
    "rebuilds_failed": "Builds of this machine that ended with an error.",
    STOPPED: "Answers that servers of this machine stopped at their shutdown.",
}
_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LONG = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Metrics:
    """The metrics of one process; all names begin with `bookrag_`, times are in seconds."""

    def __init__(self, *, prompt_price: float = 0.0, answer_price: float = 0.0) -> None:
        """Prices are per million tokens, in any currency."""
        self._registry = CollectorRegistry()
        self._prices = {"prompt": prompt_price / 1e6, "answer": answer_price / 1e6}
        self._requests = self._counter("http_requests", "Requests by route and status.", "method", "route", "status")
        self._request_seconds = self._times("http_request_seconds", "From a request to its first byte.", _LONG, "route")
        self.first_word = self._times("first_word_seconds", "From a question to the first word of its answer.", _LONG)
        self._answer = self._times("answer_seconds", "From a question to the end of its answer.", _LONG)
        self._answers = self._counter("answers", "Answers by verdict and by how they ended.", "verdict", "finish")
        self._retrieval = self._times("retrieval_seconds", "One search in the index, embedding included.", _SHORT)
        self._embedding = self._times("embedding_seconds", "What a search waits for a question's vector.", _SHORT)
        self._errors = self._counter("model_errors", "Failures of the language model by code.", "code")
        failures: list[type[ModelError]] = [ModelError, *ModelError.__subclasses__()]
        for failure in failures:
            self._errors.labels(failure.code)  # a rate misses the first failure unless the counter starts at 0
        self._retries = self._counter("model_retries", "Calls of the language model that were retried.")
        self._breaker = self._counter("model_breaker_opened", "How often the model's circuit breaker opened.")
        self._tokens = self._counter("model_tokens", "Tokens of the language model.", "kind")
        self._cost = self._counter("model_cost", "What the tokens cost, by MODEL_PROMPT_PRICE and MODEL_ANSWER_PRICE.")
        self.running_answers = self._gauge("running_answers", "Answers that are being written.")
        # Set at each change, since any worker may be asked for the sum.
        self.questions_waiting = self._gauge("embedding_waiting", "Questions that wait for the embedding model.")
        self.resumed_streams = self._counter("resumed_streams", "Streams that a reader resumed.")
        self.lost_answers = self._counter("lost_answers", "Answers whose process died while it wrote them.")
        self.turns_not_kept = self._counter(
            "turns_not_kept", "Turns that were answered and could not be saved anywhere."
        )
        self.worker_starts = self._counter("worker_starts", "Server processes that have started.")
        self.trace_exports_failed = self._counter(
            "trace_exports_failed", "Batches of spans that the collector did not accept."
        )
        self.refused_sign_ins = self._counter(
            "sign_ins_refused_for_site", "Sign-ins refused because the site had used up what Supabase allows it."
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def answer_ended(self, state: AnswerState, seconds: float) -> None:
        """An answer has ended, however it did."""
        self.running_answers.dec()
        self._answer.observe(seconds)
        verdict = (state.grounding.verdict if state.grounding else None) or "none"
        end = state.end
        self._answers.labels(verdict, end.reason if end else "stopped").inc()
        if end:
            self._spent("prompt", end.prompt_tokens)
            self._spent("answer", end.answer_tokens)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time LlamaIndex's steps while the block runs."""
        root = dispatcher.root
        timer = _StepTimer(self)
        root.add_event_handler(timer)
        try:
            yield
        finally:
            root.event_handlers.remove(timer)

    def text(self, state: Mapping[str, float], build: str | None) -> bytes:
        """All metrics in Prometheus's text format, with those of the stores: gauges by name, and the live build."""
        now = CollectorRegistry()
        now.register(_Now(state, build))
        shared = os.environ.get(SHARED_FOLDER)
        if not shared:
            return generate_latest(self._registry) + generate_latest(now)
        everybody = CollectorRegistry()
        _forget_ended_workers(Path(shared))
        MultiProcessCollector(everybody, shared)  # type: ignore[no-untyped-call]
        return generate_latest(everybody) + generate_latest(now)

    def step(self, event: BaseEvent, seconds: float) -> None:
        """A step of LlamaIndex has ended."""
        if isinstance(event, RetrievalEndEvent):
            self._retrieval.observe(seconds)
        else:
            self._embedding.observe(seconds)

    def model_event(self, event: BaseEvent) -> None:
        """Count an event of a call to the language model."""
        if isinstance(event, ModelRetried):
            self._retries.inc()
            self._errors.labels(event.code).inc()
        elif isinstance(event, ModelFailed):
            self._errors.labels(event.code).inc()
        elif isinstance(event, BreakerOpened):
            self._breaker.inc()

    def _spent(self, kind: str, tokens: int | None) -> None:
        if tokens:
            self._tokens.labels(kind).inc(tokens)
            self._cost.inc(tokens * self._prices[kind])

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"bookrag_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"bookrag_{name}", text, registry=self._registry, multiprocess_mode="livesum")

    def _times(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"bookrag_{name}", text, labels, buckets=buckets, registry=self._registry)


def count_on_disk(data_dir: Path, name: str, more: int = 1) -> None:
    """Count on disk, by a name of `STATE`, what no running server can count; all servers of DATA_DIR read it."""
    folder = data_dir / "index"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "rebuilds.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        counts = counts_on_disk(data_dir)
        write_json(folder / COUNTS, counts | {name: counts.get(name, 0) + more})


def counts_on_disk(data_dir: Path) -> dict[str, float]:
    """The counts of rebuilds by outcome, and of answers that a shutdown has stopped."""
    names = [name for name in STATE if name.startswith("rebuilds_")]
    none = dict.fromkeys([*names, STOPPED], 0.0)  # an alert needs the zero before the first event
    return none | dict(read_json(data_dir / "index" / COUNTS) or {})


class _StepTimer(BaseEventHandler):
    """Pairs the starts and ends of LlamaIndex's steps by their span."""

    _metrics: Metrics = PrivateAttr()
    _begun: LRUCache[tuple[str, str | None], float] = PrivateAttr()
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)  # steps run in several threads

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics
        self._begun = LRUCache(10_000)  # steps of a cancelled question have no end

    def handle(self, event: BaseEvent, **_: Any) -> None:
        """Take one event."""
        if isinstance(event, RetrievalStartEvent | EmbeddingStartEvent):
            with self._lock:
                self._begun[_step(event)] = time.perf_counter()  # the event's own time changes with the time of day
        elif isinstance(event, RetrievalEndEvent | EmbeddingEndEvent):
            with self._lock:
                begun = self._begun.pop(_step(event), None)
            if begun is not None:
                self._metrics.step(event, time.perf_counter() - begun)
        else:
            self._metrics.model_event(event)


def _step(event: BaseEvent) -> tuple[str, str | None]:
    return type(event).__name__.partition("StartEvent")[0].partition("EndEvent")[0], event.span_id


class _Now(Collector):
    """The current state of the stores; it is the same for every worker, so it is not added up."""

    def __init__(self, state: Mapping[str, float], build: str | None) -> None:
        self._state, self._build = state, build

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        for name, value in self._state.items():
            yield GaugeMetricFamily(f"bookrag_{name}", STATE[name], value=value)
        if self._build is not None:
            yield InfoMetricFamily("bookrag_live_build", "The build that is searched.", {"build": self._build})


def _forget_ended_workers(folder: Path) -> None:
    """Remove the gauges of ended workers from the sums; their counters stay."""
    for path in folder.glob("gauge_live*_*.db"):
        worker = path.stem.rpartition("_")[2]
        if not is_alive(int(worker)):
            mark_process_dead(int(worker), str(folder))  # type: ignore[no-untyped-call]
