"""Two machines with nothing in common but Qdrant, Redis and Supabase: readers change between them and notice nothing.

Each is a `bookrag serve` of its own with a DATA_DIR of its own; a third one builds the index, as continuous integration
does. docs/deploy.md describes this deployment.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.app.test_conversation import OTHER, QUESTION, SLOW, Reader, parts_of, read_some, told
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply
from tests.qdrant_server import QdrantServer
from tests.redis_server import redis_server
from tests.server_processes import ServedProcess, served_process
from tests.small_book import write_small_book
from tests.supabase_server import PUBLISHABLE_KEY, SupabaseServer

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

WORDS = tuple(f"word{number} " for number in range(40))


@dataclass(frozen=True, slots=True)
class Machines:
    """Two servers, and what they share."""

    one: ServedProcess
    other: ServedProcess
    gemini: GeminiServer
    folder: Path
    shared: dict[str, str]


def build(folder: Path, shared: dict[str, str]) -> None:
    """Index the book on a third machine."""
    environment = shared | {"DATA_DIR": str(folder / "ci"), "BOOK_DIR": str(folder / "site" / "docs")}
    ran = run_command("index", "build", environment=environment, folder=folder)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def machines(running_project: SupabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    write_small_book(folder / "site")
    running_project.reset()
    with ExitStack() as started:
        gemini = started.enter_context(GeminiServer(Reply(chunks=WORDS, pace_seconds=0.05)))
        gemini.condense = Reply(chunks=(QUESTION,))
        qdrant = started.enter_context(QdrantServer(folder / "qdrant", api_key="k"))
        redis = started.enter_context(redis_server(folder))
        shared = {
            "QDRANT_URL": qdrant.url,
            "QDRANT_API_KEY": "k",
            "REDIS_URL": redis,
            "SUPABASE_URL": running_project.url,
            "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "GUESTS_PER_ADDRESS": "off",
            "MODELS_DIR": os.environ["MODELS_DIR"],
        }
        model = {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}
        build(folder, shared)
        for name in ("one", "other"):
            (folder / name).mkdir()
        one, other = (
            started.enter_context(served_process(folder / name / "data", **shared, **model))
            for name in ("one", "other")
        )
        yield Machines(one, other, gemini, folder, shared)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_a_conversation_goes_on_at_the_other_machine(machines: Machines) -> None:
    reader = Reader(machines.one.url)
    reader.ask(QUESTION)
    reader.url = machines.other.url
    reader.ask(OTHER)
    assert QUESTION in machines.gemini.streams[-1].everything  # the model is told what was said before
    assert [message["role"] for message in reader.stored()] == ["user", "assistant"] * 2
    reader.url = machines.one.url
    assert len(reader.stored()) == 4


def test_a_stream_that_broke_is_read_on_at_the_other_machine_and_stopped_from_there(machines: Machines) -> None:
    reader = Reader(machines.one.url)
    after = read_some(reader, reader.body(QUESTION))
    reader.url = machines.other.url
    rest = reader.get(f"/api/chat/{reader.id}/stream", after=after)
    assert told(parts_of(rest.text)).split()[-1] == WORDS[-1].strip()
    reader = Reader(machines.one.url)
    machines.gemini.script(SLOW)
    read_some(reader, reader.body(QUESTION))
    stopped = httpx.post(f"{machines.other.url}/api/chat/{reader.id}/stop", headers=reader.headers)
    assert stopped.status_code == 204
    assert machines.gemini.streams[-1].cut_off()


def test_the_same_request_at_both_machines_is_one_answer(machines: Machines) -> None:
    reader, before = Reader(machines.one.url), len(machines.gemini.streams)
    body = reader.body(QUESTION)
    read_some(reader, body)
    reader.url = machines.other.url
    assert told(parts_of(reader.send(body).text)).split()[-1] == WORDS[-1].strip()
    assert len(machines.gemini.streams) == before + 1
    assert len(reader.answers()) == 1


def test_a_rebuild_on_a_third_machine_is_live_on_both(machines: Machines) -> None:
    page = machines.folder / "site" / "docs" / "calibration.md"
    page.write_text("# Calibration\n\nThe gyroscope of the ankle is calibrated with a turntable.\n", "utf-8")
    build(machines.folder, machines.shared)

    def finds(served: ServedProcess) -> bool:
        found = httpx.get(f"{served.url}/api/search", params={"q": "gyroscope turntable calibration"}, timeout=30)
        return any("calibration" in result["url"] for result in found.json()["results"])

    until(lambda: finds(machines.one) and finds(machines.other), seconds=15)
    builds = {
        httpx.get(f"{served.url}/readyz", timeout=30).json()["dependencies"]["index"]["build"]
        for served in (machines.one, machines.other)
    }
    assert len(builds) == 1


def test_the_answer_of_a_machine_that_dies_is_kept_by_the_other(machines: Machines) -> None:
    """The last test: one machine is gone after it."""
    reader = Reader(machines.one.url)
    machines.gemini.script(SLOW)
    after = read_some(reader, reader.body(QUESTION), words=20)
    time.sleep(0.5)  # what was sent is in the log of running answers a tenth of a second later
    machines.one.process.send_signal(signal.SIGKILL)
    reader.url = machines.other.url
    rest = parts_of(reader.get(f"/api/chat/{reader.id}/stream", after=after).text)
    assert [part["data"]["code"] for part in rest if part["type"] == "data-error"] == ["answer_lost"]
    until(lambda: [answer["status"] for answer in reader.answers()] == ["incomplete"])
    (answer,) = reader.answers()
    assert answer["content"].startswith("word0 word1 ")
    assert reader.ask(OTHER)[-1]["type"] == "finish"
