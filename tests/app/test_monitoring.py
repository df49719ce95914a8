"""What an operator sees: figures for Prometheus, of one worker and of several, request ids, and log lines as JSON."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.request_log import REQUEST_ID_HEADER, configure_logging
from app.service_metrics import count_on_disk
from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.server_processes import served_process
from tests.serving import serving

QUESTION = {"message": "What is the zero moment point?"}
JSON = {"accept": "application/json"}


def figures(url: str, **headers: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = httpx.get(f"{url}/metrics", headers=headers, timeout=60)  # of a server that a hundred readers keep busy
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def ask(url: str, **headers: str) -> httpx.Response:
    return httpx.post(f"{url}/api/chat", json=QUESTION, headers=JSON | headers, timeout=60)


def test_an_answer_is_counted_with_its_verdict_tokens_cost_and_times(data_dir: Path) -> None:
    reply = Reply(chunks=("It moves ", "joints [1]."), prompt_tokens=1_000, answer_tokens=50)
    prices = AppSettings(model_prompt_price=2.0, model_answer_price=10.0, _env_file=None)
    with GeminiServer(reply) as gemini, serving(data_dir, gemini_url=gemini.url, app=prices) as served:
        before = figures(served.url)
        assert ask(served.url).status_code == 200
        after = figures(served.url)
    assert before[("bookrag_running_answers",)] == after[("bookrag_running_answers",)] == 0
    counted = {name: after[name] - before.get(name, 0.0) for name in after}
    (ended,) = (name[1:] for name, more in counted.items() if name[0] == "bookrag_answers_total" and more)
    assert ended in {("stop", "covered"), ("stop", "uncertain")}
    assert counted[("bookrag_http_requests_total", "POST", "/api/chat", "200")] == 1
    assert counted[("bookrag_model_tokens_total", "prompt")] == 1_000
    assert counted[("bookrag_model_tokens_total", "answer")] == 50
    assert counted[("bookrag_model_cost_total",)] == pytest.approx(0.0025)
    for step in ("first_word", "answer", "retrieval", "embedding"):
        assert counted[(f"bookrag_{step}_seconds_count",)] == 1, step
        assert 0 < counted[(f"bookrag_{step}_seconds_sum",)] < 30, step
    assert after[("bookrag_live_build_chunks",)] > 0
    assert ("bookrag_outbox_turns",) in after


def test_failures_of_the_model_retries_and_the_breaker_are_counted(data_dir: Path) -> None:
    with (
        GeminiServer(Reply(status=503)) as gemini,
        serving(data_dir, gemini_url=gemini.url, gemini_retry_budget_seconds=0.7, gemini_breaker_failures=1) as served,
    ):
        ask(served.url)
        counted = figures(served.url)
    assert counted[("bookrag_model_retries_total",)] >= 1
    assert counted[("bookrag_model_errors_total", "model_unavailable")] >= 2
    assert counted[("bookrag_model_breaker_opened_total",)] == 1


def test_rebuilds_are_counted_by_their_result(data_dir: Path) -> None:
    for result in ("rebuilds_published", "rebuilds_published", "rebuilds_refused"):
        count_on_disk(data_dir, result)
    with serving(data_dir) as served:
        counted = figures(served.url)
    assert counted[("bookrag_rebuilds_published",)] == 2
    assert counted[("bookrag_rebuilds_refused",)] == 1


def test_the_figures_can_be_closed_by_a_token_or_turned_off(data_dir: Path) -> None:
    closed = AppSettings(metrics_token=SecretStr("scrape"), _env_file=None)
    with serving(data_dir, app=closed) as served:
        assert httpx.get(f"{served.url}/metrics").status_code == 401
        assert httpx.get(f"{served.url}/metrics", headers={"authorization": "Bearer scrapf"}).status_code == 401
        assert figures(served.url, authorization="Bearer scrape")
    with serving(data_dir, app=AppSettings(metrics=False, _env_file=None)) as served:
        assert httpx.get(f"{served.url}/metrics").status_code == 404


def test_the_dashboard_and_the_alerts_ask_for_figures_that_are_there(data_dir: Path) -> None:
    count_on_disk(data_dir, "rebuilds_published")
    with serving(data_dir) as served:
        ask(served.url)
        families = text_string_to_metric_families(httpx.get(f"{served.url}/metrics").text)
        there = {name for family in families for name in _names(family.name, family.type)}
    for file in ("dashboard.json", "alerts.yml"):
        text = (Path("deploy") / file).read_text("utf-8")
        named = set(re.findall(r"\bbookrag_\w+", text))
        assert named, file
        assert named <= there | {f"bookrag_rebuilds_{result}" for result in ("refused", "failed")}, named - there


def _names(family: str, kind: str) -> set[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
    return {family + ending for ending in endings}


def test_no_label_holds_what_a_stranger_sends(data_dir: Path) -> None:
    with serving(data_dir) as served:
        httpx.get(f"{served.url}/a/secret/path?q=zebra")
        httpx.request("BREW", f"{served.url}/healthz")
        httpx.get(f"{served.url}/api/conversations/7e7e0383-33d7-461d-b8dd-4cae3177b4c0")
        text = httpx.get(f"{served.url}/metrics").text
    assert not re.search("secret|zebra|BREW|7e7e0383", text)


@pytest.mark.processes
def test_the_figures_of_several_workers_are_added_up(data_dir: Path) -> None:
    with served_process(data_dir, WORKERS=2) as served:
        for _ in range(12):  # each on a connection of its own, which either worker may take
            assert httpx.get(f"{served.url}/api/search", params={"q": "joint"}, timeout=60).status_code == 200
        searches = {figures(served.url)[("bookrag_http_requests_total", "GET", "/api/search", "200")] for _ in range(6)}
    assert searches == {12.0}


TWO_WORKERS = """
import os, sys
from app.service_metrics import Metrics

told, tell = os.pipe()
ended, end = os.pipe()
if os.fork() == 0:
    Metrics().questions_waiting.set(3)
    os.write(tell, b"1")
    os.close(end)
    os.read(ended, 1)
else:
    os.read(told, 1)
    sys.stdout.buffer.write(Metrics().text({}, None))
"""


@pytest.mark.processes
def test_questions_that_wait_in_a_worker_that_is_not_asked_are_counted(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", TWO_WORKERS]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=100)
    assert "bookrag_embedding_waiting 3.0" in ran.stdout


@pytest.mark.parametrize("given", ["trace-0123456789", "a.b_c-d1"])
def test_a_clients_request_id_comes_back(data_dir: Path, given: str) -> None:
    with serving(data_dir) as served:
        assert (
            httpx.get(f"{served.url}/healthz", headers={REQUEST_ID_HEADER: given}).headers[REQUEST_ID_HEADER] == given
        )


def test_errors_name_the_request_that_the_log_names(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(data_dir) as served:
        answers = [
            httpx.get(f"{served.url}/nowhere", headers={REQUEST_ID_HEADER: "short"}),
            httpx.post(f"{served.url}/api/chat", json={}),
            httpx.get(f"{served.url}/api/auth/user"),
        ]
    for answer in answers:
        name = answer.headers[REQUEST_ID_HEADER]
        assert re.fullmatch("[0-9a-f]{32}", name)
        assert answer.json()["error"]["request_id"] == name


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    formatters = [(handler, handler.formatter) for handler in handlers]
    root.handlers.clear()
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    for handler, formatter in formatters:
        handler.setFormatter(formatter)


def test_json_lines_say_what_happened_and_not_what_was_asked(data_dir: Path, root_logger: logging.Logger) -> None:
    stream = io.StringIO()
    root_logger.addHandler(logging.StreamHandler(stream))
    configure_logging("INFO", "json")
    root_logger.setLevel(logging.INFO)
    with serving(data_dir) as served:
        answer = ask(served.url, **{REQUEST_ID_HEADER: "trace-0123456789"})
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    ours = [line for line in lines if line.get("request_id") == "trace-0123456789"]
    (request,) = (line for line in ours if line.get("event") == "request")
    assert (request["route"], request["status"], request["level"]) == ("/api/chat", 200, "INFO")
    (written,) = (line for line in ours if line.get("event") == "answer")
    assert written["conversation_id"] == answer.json()["conversation_id"]
    assert written["build"] == answer.json()["build"]
    assert written["verdict"] == answer.json()["verdict"]
    assert written["first_word_ms"] <= written["ms"]
    assert "zero moment" not in json.dumps(lines)
    assert time.strptime(written["time"][:19], "%Y-%m-%dT%H:%M:%S")
