"""Days that are slow or cut short: nothing is lost, nobody waits for ever, and the figures tell.

A proxy that cuts every connection after a while; Redis, Qdrant, Supabase and the model slow instead of away; SIGTERM in
the middle of a hundred streams.
"""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from benchmarks.returning_readers import Turn, ask
from storage.vectors.qdrant_server import READER_SECONDS
from tests.app.test_conversation import QUESTION, Part, Reader, parts_of, read_some, told
from tests.app.test_monitoring import figures
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.qdrant_server import QdrantServer
from tests.redis_server import redis_server
from tests.server_processes import served_process
from tests.small_book import write_small_book
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer
from tests.tcp_proxy import tcp_proxy

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
WORDS = 60
STREAMS = 100
UNLIMITED = {
    "GUESTS_PER_ADDRESS": "off",
    "QUESTIONS_PER_READER": "off",
    "QUESTIONS_PER_ADDRESS": "off",
    "STREAMS_PER_READER": 0,
}


gemini = gemini_fixture(
    Reply(chunks=tuple(f"word{number} " for number in range(WORDS)), pace_seconds=0.05),
    condense=QUESTION,
    scope="function",
)


def model(gemini: GeminiServer) -> dict[str, object]:
    return {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}


def port_of(url: str) -> int:
    port = httpx.URL(url).port
    assert port is not None
    return port


def whole(parts: list[Part]) -> bool:
    return told(parts).split() == [f"word{number}" for number in range(WORDS)] and parts[-1]["type"] == "finish"


async def test_a_proxy_that_cuts_every_connection_costs_no_word(data_dir: Path, gemini: GeminiServer) -> None:
    """As one that cuts after 60 s does to an answer of minutes."""
    with (
        served_process(data_dir, **model(gemini), **UNLIMITED) as served,
        tcp_proxy(port_of(served.url), cut_seconds=1.0) as proxy,
    ):
        reader, turn = Reader(served.url), Turn(QUESTION)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}", timeout=30) as client:
            await ask(client, turn, reader.headers)
        assert (turn.outcome, proxy.cuts >= 2) == ("resumed", True)
        reader.id = turn.conversation
        (stored,) = reader.answers()
        assert (stored["status"], len(stored["content"].split())) == ("complete", WORDS)
        again = reader.get(f"/api/chat/{reader.id}/stream", after=1)
        assert again.text.count("data: ") == turn.frames - 1  # each frame was read once
        assert figures(served.url)[("bookrag_resumed_streams_total",)] >= 1


def test_a_slow_redis_slows_readers_by_its_own_time(data_dir: Path, gemini: GeminiServer, tmp_path: Path) -> None:
    with (
        redis_server(tmp_path) as redis,
        tcp_proxy(port_of(redis), delay_seconds=0.2) as slow,
        served_process(
            data_dir, REDIS_URL=f"redis://127.0.0.1:{slow.port}/0", WORKERS=2, **model(gemini), **UNLIMITED
        ) as served,
    ):
        readers = [Reader(served.url) for _ in range(4)]
        begun = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda reader: reader.ask(QUESTION), readers))
        assert all(map(whole, answers))
        assert time.monotonic() - begun < 40
        after = read_some(readers[0], readers[0].body(QUESTION))
        rest = readers[0].get(f"/api/chat/{readers[0].id}/stream", after=after)
        assert parts_of(rest.text)[-1]["type"] == "finish"
        counted = figures(served.url)
        assert counted[("bookrag_lost_answers_total",)] == 0
        assert counted[("bookrag_http_request_seconds_sum", "/api/chat")] > 5 * 0.2  # that readers waited can be seen


def test_a_slow_qdrant_and_a_slow_model_are_seen_in_the_figures(tmp_path: Path, gemini: GeminiServer) -> None:
    gemini.reply = Reply(chunks=("It stands ", "in the book [1]."), first_token_seconds=2.0)
    docs = write_small_book(tmp_path / "site")
    (tmp_path / "server").mkdir()
    with QdrantServer(tmp_path / "qdrant") as qdrant:
        environment = {"DATA_DIR": str(tmp_path / "ci"), "BOOK_DIR": str(docs), "QDRANT_URL": qdrant.url}
        assert run_command("index", "build", environment=environment, folder=tmp_path).returncode == 0
        more = model(gemini) | UNLIMITED | {"QDRANT_URL": qdrant.url}
        with served_process(tmp_path / "server" / "data", **more) as served:
            reader = Reader(served.url)
            reader.ask(QUESTION)
            qdrant.delay_seconds = READER_SECONDS / 4
            assert reader.ask(QUESTION)[-1]["type"] == "finish"
            counted = figures(served.url)
    slow = counted[("bookrag_retrieval_seconds_count",)] - counted[("bookrag_retrieval_seconds_bucket", "0.5")]
    assert slow >= 1
    assert counted[("bookrag_first_word_seconds_sum",)] > 2 * 2.0


def test_a_slow_supabase_keeps_the_answer_and_the_turn(
    data_dir: Path, gemini: GeminiServer, running_project: SupabaseServer
) -> None:
    running_project.reset()
    project = {"SUPABASE_URL": running_project.url, "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY}
    with served_process(data_dir, **project, **model(gemini), **UNLIMITED) as served:
        reader = Reader(served.url)
        running_project.faults.rest = Fault(delay_seconds=6)
        begun = time.monotonic()
        assert told(reader.ask(QUESTION)).split()[-1] == f"word{WORDS - 1}"
        assert time.monotonic() - begun < 25
        running_project.faults.rest = None
        until = time.monotonic() + 60
        while figures(served.url)[("bookrag_outbox_turns",)]:
            assert time.monotonic() < until
            time.sleep(0.5)
        (stored,) = reader.answers()
        assert (stored["status"], len(stored["content"].split())) == ("complete", WORDS)
        assert figures(served.url)[("bookrag_turns_not_kept_total",)] == 0


def test_sigterm_in_the_middle_of_a_hundred_streams_loses_no_turn(data_dir: Path, gemini: GeminiServer) -> None:
    gemini.reply = Reply(chunks=tuple(f"word{number} " for number in range(400)), pace_seconds=0.1)
    settings = UNLIMITED | {"SHUTDOWN_SECONDS": 2}
    with served_process(data_dir, **model(gemini), **settings) as served, ThreadPoolExecutor(STREAMS) as pool:
        readers = [Reader(served.url) for _ in range(STREAMS)]
        streams = [pool.submit(reader.ask, QUESTION) for reader in readers]
        until = time.monotonic() + 60
        while figures(served.url)[("bookrag_running_answers",)] < STREAMS:
            assert time.monotonic() < until
            time.sleep(0.2)
        time.sleep(1)
        told_at = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        answers = [stream.result() for stream in streams]
        assert served.process.wait(60) is not None
        assert time.monotonic() - told_at < 30
        assert all(answer[-1]["type"] == "abort" for answer in answers)
    written = served.log.read_text("utf-8")
    assert "Traceback" not in written
    with served_process(data_dir, **model(gemini), **settings) as served:
        for reader, answer in zip(readers, answers, strict=True):
            reader.url = served.url
            (stored,) = reader.answers()
            assert (stored["status"], stored["finish_reason"]) == ("incomplete", "stopped")
            assert stored["content"].strip() == told(answer).strip()
        assert figures(served.url)[("bookrag_outbox_turns",)] == 0
        assert figures(served.url)[("bookrag_answers_stopped_by_shutdown",)] == STREAMS
