"""Traces as a collector receives them: one for each question, from the request to the stored turn."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.settings import AppSettings
from app.tracing import traced
from engines.coverage.verdict import Coverage
from engines.instrumentation import span_is_taken
from engines.retrieval.passages import MergeSections
from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

# OpenInference calls a method that pydantic will take away in its version 3.
pytestmark = pytest.mark.filterwarnings("ignore:The `json` method is deprecated")

QUESTION = "What is the zero moment point?"


class Candidates(BaseRetriever):
    """Finds the same nodes for any question."""

    def __init__(self, candidates: list[NodeWithScore]) -> None:
        self._candidates = candidates
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._candidates


class Collector:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest()
                request.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


def ask(data_dir: Path, *, with_questions: bool) -> None:
    settings = AppSettings(trace_questions=with_questions, _env_file=None)
    with GeminiServer() as gemini, serving(data_dir, gemini_url=gemini.url, app=settings) as served:
        made = httpx.post(f"{served.url}/api/auth/guest").json()
        headers = {"authorization": f"Bearer {made['session']['access_token']}"}
        with httpx.stream(
            "POST", f"{served.url}/api/chat", json={"message": QUESTION}, headers=headers, timeout=60
        ) as answer:
            answer.read()
        httpx.get(f"{served.url}/api/search", params={"q": QUESTION})
        httpx.get(f"{served.url}/readyz")


@pytest.mark.parametrize("with_questions", [False, True])
def test_a_question_is_one_trace_from_the_request_to_the_stored_turn(
    data_dir: Path, collector: Collector, with_questions: bool
) -> None:
    ask(data_dir, with_questions=with_questions)
    (request,) = (span for span in collector.spans if span.name == "POST /api/chat")
    trace = [span for span in collector.spans if span.trace_id == request.trace_id]
    names = " ".join(span.name for span in trace)
    for step in ("BookChatEngine", "BookRetriever", "Embedding", "Coverage", "GeminiLLM", "AnswerTask.store"):
        assert step in names, names
    known = {span.span_id for span in trace}
    assert [span.name for span in trace if span.parent_span_id not in known] == [request.name]
    assert not any("readyz" in span.name for span in collector.spans)
    said = "".join(str(span) for span in collector.spans)
    assert ("zero moment point" in said.lower().replace("+", " ")) == with_questions
    assert any(span.name == "GET /api/search" for span in collector.spans)
    assert ("net.peer.ip" in said) == with_questions


def test_a_span_of_a_hundred_candidates_holds_the_best_ten(collector: Collector) -> None:
    candidates = [NodeWithScore(node=TextNode(text="x"), score=1.0 - place / 100) for place in range(100)]
    with traced(FastAPI(), with_questions=True):
        Candidates(candidates).retrieve(QUESTION)
    (span,) = (each for each in collector.spans if each.name.startswith("Candidates.retrieve"))
    found = {attribute.key.split(".")[2] for attribute in span.attributes if ".documents." in attribute.key}
    assert found == {str(place) for place in range(10)}
    assert span.dropped_attributes_count == 0


def test_a_hidden_span_has_the_ids_and_scores_of_what_was_found(collector: Collector) -> None:
    candidates = [NodeWithScore(node=TextNode(id_="a", text="a secret", metadata={"title": "secret"}), score=0.5)]
    with traced(FastAPI(), with_questions=False):
        Candidates(candidates).retrieve(QUESTION)
    (span,) = (each for each in collector.spans if each.name.startswith("Candidates.retrieve"))
    said = {attribute.key: attribute.value for attribute in span.attributes}
    assert said["retrieval.documents.0.document.id"].string_value == "a"
    assert said["retrieval.documents.0.document.score"].double_value == 0.5
    assert "secret" not in str(span)


@pytest.mark.parametrize("with_questions", [False, True])
def test_a_quick_step_has_a_span_only_where_its_texts_are_shown(collector: Collector, with_questions: bool) -> None:
    quick, deciding = MergeSections(), Coverage()
    with traced(FastAPI(), with_questions=with_questions):
        assert span_is_taken(quick) == with_questions
        assert span_is_taken(deciding)
        quick.postprocess_nodes([])
        deciding.postprocess_nodes([])
    names = {span.name.partition("-")[0] for span in collector.spans}
    assert ("MergeSections._postprocess_nodes" in names) == with_questions
    assert "Coverage._postprocess_nodes" in names
    assert not span_is_taken(deciding)


def test_a_model_that_fails_is_an_error_of_its_span_and_a_stream_ends_with_its_tokens(
    data_dir: Path, collector: Collector
) -> None:
    with GeminiServer() as gemini, serving(data_dir, gemini_url=gemini.url) as served:
        for _ in range(2):
            body = {"message": QUESTION}
            httpx.post(f"{served.url}/api/chat", json=body, headers={"accept": "application/json"}, timeout=60)
            gemini.reply = Reply(status=400, error_status="INVALID_ARGUMENT")
    answered, failed = (span for span in collector.spans if span.name.startswith("GeminiLLM"))
    assert (answered.status.code, failed.status.code) == (Status.STATUS_CODE_OK, Status.STATUS_CODE_ERROR)
    assert failed.status.message == "ModelRequestError"
    said = {attribute.key: attribute.value for attribute in answered.attributes}
    assert said["llm.token_count.prompt"].int_value == 100
    assert said["openinference.span.kind"].string_value == "LLM"


def test_a_collector_that_is_away_costs_no_reader_anything_and_is_counted(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with serving(data_dir) as served:
        answer = httpx.post(
            f"{served.url}/api/chat", json={"message": QUESTION}, headers={"accept": "application/json"}
        )
        assert answer.json()["answer"]
        until = time.monotonic() + 30
        while "bookrag_trace_exports_failed_total 0.0" in httpx.get(f"{served.url}/metrics").text:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.processes
def test_nothing_of_opentelemetry_is_imported_without_a_collector() -> None:
    code = (
        "import sys, app.main; app.main.create_app();"
        # The SDK itself is imported by redis where it is installed.
        "tracing = ('openinference', 'opentelemetry.exporter', 'opentelemetry.instrumentation', 'app.tracing');"
        "print([name for name in sys.modules if name.startswith(tracing)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert ran.stdout.strip() == "[]"
