"""A real Prometheus scrapes two workers under load, answers each query of the dashboard and runs the alert rules."""

import json
import math
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.service_metrics import count_on_disk
from tests.app.test_conversation import Reader, read_some
from tests.gemini_server import GeminiServer, Reply
from tests.server_processes import free_port, served_process, wait_until_listening

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]
DEPLOY = Path(__file__).parents[2] / "deploy"
QUESTIONS = ("What is the zero moment point?", "What is the capture point?", "Who won the football cup in 1954?")
PRICES = {"prompt": 0.5, "answer": 2.0}  # of a million tokens
CONFIG = """
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["%s"]
scrape_configs:
  - job_name: bookrag
    static_configs: [{ targets: ["%s"] }]
"""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running one."""

    url: str

    def query(self, expression: str) -> list[float]:
        """The values that an expression has now."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=30).json()
        assert answer["status"] == "success", (expression, answer)
        return [float(each["value"][1]) for each in answer["data"]["result"]]

    def get(self, path: str) -> Any:
        """What its interface has at a path."""
        return httpx.get(f"{self.url}/api/v1/{path}", timeout=30).json()["data"]


@pytest.fixture(scope="module")
def prometheus(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has watched a server for some seconds that is asked by ten readers, and whose model fails at the end."""
    folder = tmp_path_factory.mktemp("prometheus")
    data_dir, port = Path(shutil.copytree(small_index, folder / "data")), free_port()
    limits = {"QUESTIONS_PER_READER": "off", "QUESTIONS_PER_ADDRESS": "off", "STREAMS_PER_READER": 0}
    more = {"GEMINI_API_KEY": "k", "GEMINI_BREAKER_FAILURES": 2, "GEMINI_RETRY_BUDGET_SECONDS": 1, "WORKERS": 2}
    more |= {"MODEL_PROMPT_PRICE": PRICES["prompt"], "MODEL_ANSWER_PRICE": PRICES["answer"]}
    count_on_disk(data_dir, "rebuilds_published")
    with (
        GeminiServer(Reply(chunks=("It moves ", "joints [1]."), pace_seconds=0.1)) as gemini,
        served_process(data_dir, GEMINI_BASE_URL=gemini.url, **limits, **more) as served,
    ):
        (folder / "prometheus.yml").write_text(CONFIG % (DEPLOY / "alerts.yml", served.url.removeprefix("http://")))
        command = [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'series'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
        with subprocess.Popen(command) as process:
            try:
                wait_until_listening(port, process)
                watched = Prometheus(f"http://127.0.0.1:{port}")
                _until_scraped(watched)
                with ThreadPoolExecutor(10) as readers:
                    list(readers.map(lambda number: _ask(served.url, number), range(60)))
                    _come_back(served.url, gemini)
                    count_on_disk(data_dir, "rebuilds_refused")
                    gemini.reply = Reply(status=503)
                    list(readers.map(lambda number: _ask(served.url, number), range(10)))
                time.sleep(3)  # two more scrapes and evaluations
                yield watched
            finally:
                process.terminate()


def _until_scraped(prometheus: Prometheus) -> None:
    until = time.monotonic() + 60
    while httpx.get(f"{prometheus.url}/-/ready").status_code != 200:  # it listens before it answers queries
        assert time.monotonic() < until
        time.sleep(0.2)
    while not prometheus.query("bookrag_worker_starts_total"):
        assert time.monotonic() < until
        time.sleep(0.2)
    time.sleep(2)  # a rate needs a scrape before the load, too


def _ask(url: str, number: int) -> None:
    body = {"message": QUESTIONS[number % len(QUESTIONS)]}
    httpx.post(f"{url}/api/chat", json=body, headers={"accept": "application/json"}, timeout=60).raise_for_status()


def _come_back(url: str, gemini: GeminiServer) -> None:
    """Lose the connection in an answer that takes some scrapes, and read on."""
    gemini.reply = Reply(chunks=tuple(f"word{number} " for number in range(8)), pace_seconds=0.5)
    reader = Reader(url)
    after = read_some(reader, reader.body(QUESTIONS[0]))
    assert "[DONE]" in reader.get(f"/api/chat/{reader.id}/stream", after=after).text


def test_each_query_of_the_dashboard_is_answered(prometheus: Prometheus) -> None:
    panels = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))["panels"]
    asked = {target["expr"]: prometheus.query(target["expr"]) for panel in panels for target in panel["targets"]}
    assert len(asked) > 20
    unanswered = [query for query, values in asked.items() if not values or not all(map(math.isfinite, values))]
    assert unanswered == []


def test_the_answers_are_those_of_the_load(prometheus: Prometheus) -> None:
    assert prometheus.query("sum(bookrag_answers_total)") == [71.0]
    assert prometheus.query("sum(bookrag_running_answers)") == [0.0]
    assert prometheus.query("bookrag_worker_starts_total") == [2.0]
    (median,) = prometheus.query("histogram_quantile(0.5, sum by (le) (rate(bookrag_answer_seconds_bucket[5m])))")
    assert 0 < median < 60


def test_each_part_that_an_operator_watches_has_the_figures_of_the_load(prometheus: Prometheus) -> None:
    def one(expression: str) -> float:
        (value,) = prometheus.query(expression)
        return value

    for step in ("retrieval", "embedding"):
        count = one(f"sum(bookrag_{step}_seconds_count)")
        assert count >= 71
        assert 0 < one(f"sum(bookrag_{step}_seconds_sum)") / count < 30
    assert one('sum(bookrag_answers_total{verdict="not_covered"})') >= 20
    assert one('sum(bookrag_answers_total{verdict="covered", finish="stop"})') >= 20
    assert one('sum(bookrag_model_errors_total{code="model_unavailable"})') >= 2
    assert one("sum(bookrag_model_retries_total)") >= 1
    assert one("sum(bookrag_model_breaker_opened_total)") >= 1
    tokens = {kind: one(f'sum(bookrag_model_tokens_total{{kind="{kind}"}})') for kind in PRICES}
    assert min(tokens.values()) > 0
    cost = sum(tokens[kind] * price for kind, price in PRICES.items()) / 1e6
    assert one("sum(bookrag_model_cost_total)") == pytest.approx(cost)
    assert one("sum(bookrag_resumed_streams_total)") == 1
    assert one("max_over_time(bookrag_running_answers[5m])") >= 1
    assert one("max_over_time(bookrag_embedding_waiting[5m])") <= 10  # as many as asked at once
    assert one("bookrag_embedding_waiting") == 0  # all workers': nobody waits any more
    assert one("bookrag_outbox_turns") == 0
    assert one("bookrag_live_build_chunks") > 0
    assert one("bookrag_live_build_info") == 1
    assert one("bookrag_live_build_age_seconds") > 0
    assert (one("bookrag_rebuilds_published"), one("delta(bookrag_rebuilds_refused[5m])") > 0) == (1, True)


def test_every_alert_rule_is_evaluated_and_those_of_the_failing_model_and_build_fire(prometheus: Prometheus) -> None:
    rules = {rule["name"]: rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]}
    assert len(rules) >= 13
    assert {rule["health"] for rule in rules.values()} == {"ok"}
    assert {rules[name]["state"] for name in ("BookragModelFails", "BookragRebuildFailed")} == {"firing"}
    quiet = ("BookragDown", "BookragErrors", "BookragAnswersLost", "BookragTurnsNotKept", "BookragClockMoved")
    assert {rules[name]["state"] for name in quiet} == {"inactive"}
