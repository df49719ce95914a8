"""`bookrag serve` with two worker processes: resume, stop and order across them, and what its end leaves."""

import itertools
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.app.test_conversation import OTHER, QUESTION, SLOW, Reader, parts_of, read_some, told
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.server_processes import ServedProcess, served_process
from tests.serving import copied

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

TRIES = 8  # enough for the kernel to hand connections to both processes


gemini = gemini_fixture(condense=QUESTION)


def bookrag_serve(data_dir: Path, gemini_url: str, **settings: object) -> AbstractContextManager[ServedProcess]:
    """The server, answered by this model."""
    return served_process(data_dir, GEMINI_API_KEY="k", GEMINI_BASE_URL=gemini_url, **settings)


def wait_for_streams(gemini: GeminiServer, count: int) -> None:
    """Return when the model has been asked so many times."""
    until = time.monotonic() + 30
    while len(gemini.streams) < count:
        assert time.monotonic() < until
        time.sleep(0.05)


def wait_for_connections(served: ServedProcess, count: int) -> None:
    """Return when the server has read what came on so many connections."""
    process, end = psutil.Process(served.process.pid), ("127.0.0.1", httpx.URL(served.url).port)
    until = time.monotonic() + 30
    while sum(tcp.laddr == end and tcp.status == "ESTABLISHED" for tcp in process.net_connections("tcp")) < count:
        assert time.monotonic() < until
        time.sleep(0.05)
    httpx.get(f"{served.url}/healthz").raise_for_status()  # was read after them


@pytest.fixture(scope="module")
def url(gemini: GeminiServer, small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = copied(small_index, tmp_path_factory.mktemp("workers"))
    with bookrag_serve(data_dir, gemini.url, WORKERS=2, GRACE_SECONDS=10) as served:
        yield served.url


def test_an_answer_is_resumed_and_stopped_in_whichever_process(url: str, gemini: GeminiServer) -> None:
    reader = Reader(url)
    for _ in range(TRIES):
        gemini.script(Reply(chunks=tuple(f"word{number} " for number in range(20)), pace_seconds=0.05))
        read_some(reader, reader.body(QUESTION))
        whole = httpx.get(f"{url}/api/chat/{reader.id}/stream", headers=reader.headers, timeout=30)
        assert told(parts_of(whole.text)).split() == [f"word{number}" for number in range(20)]
    for _ in range(TRIES):
        gemini.script(SLOW)
        read_some(reader, reader.body(QUESTION))
        httpx.post(f"{url}/api/chat/{reader.id}/stop", headers=reader.headers)
        assert gemini.streams[-1].cut_off()
    until = time.monotonic() + 30  # `stop` may have asked the other process, which stores the answer after that
    while any(answer["status"] == "pending" for answer in reader.answers()) and time.monotonic() < until:
        time.sleep(0.05)
    assert [answer["status"] for answer in reader.answers()] == ["complete"] * TRIES + ["incomplete"] * TRIES


def test_questions_in_one_conversation_are_in_order_in_whichever_process(url: str, gemini: GeminiServer) -> None:
    reader, before = Reader(url), len(gemini.streams)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: reader.ask(OTHER), range(6)))
    streams = gemini.streams[before:]
    assert len(streams) == 6
    assert all((earlier.closed_at or 0) <= later.at for earlier, later in itertools.pairwise(streams))
    assert [message["role"] for message in reader.stored()] == ["user", "assistant"] * 6


def test_a_server_that_stops_lets_answers_finish_and_stores_the_rest(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir, before = copied(small_index, tmp_path), len(gemini.streams)
    quick = Reply(chunks=tuple(f"word{number} " for number in range(20)), pace_seconds=0.05)
    gemini.script(quick, SLOW)
    with bookrag_serve(data_dir, gemini.url, SHUTDOWN_SECONDS=3) as served, ThreadPoolExecutor(2) as pool:
        reader, late = Reader(served.url), Reader(served.url)
        finishing = pool.submit(lambda: reader.ask(QUESTION))
        wait_for_streams(gemini, before + 1)
        read = pool.submit(lambda: late.ask(QUESTION))
        wait_for_streams(gemini, before + 2)
        assert gemini.streams[-1].begun.wait(30)
        served.process.send_signal(signal.SIGTERM)
        assert finishing.result()[-1]["type"] == "finish"
        assert [part["type"] for part in read.result()[-2:]] == ["text-end", "abort"]
        assert served.process.wait(30) is not None
    assert not gemini.streams[-1].complete
    with bookrag_serve(data_dir, gemini.url) as served:
        reader.url = late.url = served.url
        assert reader.answers()[0]["status"] == "complete"
        (answer,) = late.answers()
        assert (answer["status"], answer["finish_reason"]) == ("incomplete", "stopped")
        assert answer["content"].startswith("word0 word1 ")


def test_requests_that_are_cut_off_end_as_stopped_with_a_line_each(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir, before = copied(small_index, tmp_path), len(gemini.streams)
    gemini.script(*[SLOW] * 6)
    with (
        bookrag_serve(data_dir, gemini.url, SHUTDOWN_SECONDS=1) as served,
        ThreadPoolExecutor(7) as pool,
    ):
        readers = [Reader(served.url) for _ in range(6)]
        streams = [pool.submit(reader.ask, QUESTION) for reader in readers[:5]]
        whole = pool.submit(readers[5].send, readers[5].body(QUESTION), accept="application/json")
        wait_for_streams(gemini, before + 6)
        waiting = pool.submit(readers[0].send, readers[0].body(OTHER))  # for the answer before it
        wait_for_connections(served, 7)
        served.process.send_signal(signal.SIGTERM)
        for stream in streams:
            parts = stream.result()
            assert told(parts).startswith("word0 word1 ")
            assert [part["type"] for part in parts[-2:]] == ["text-end", "abort"]
        content = whole.result().json()
        assert (content["complete"], content["error"]["code"]) == (False, "answer_stopped")
        assert content["answer"].startswith("word0 word1 ")
        assert (waiting.result().status_code, waiting.result().json()["error"]["code"]) == (503, "server_stopping")
        assert served.process.wait(30) is not None
    written = served.log.read_text("utf-8")
    assert "Traceback" not in written
    assert written.count("cut off") == 1
    with bookrag_serve(data_dir, gemini.url) as served:
        for reader, stream in zip(readers[:5], streams, strict=True):
            reader.url = served.url
            answer = reader.answers()[0]
            assert (answer["status"], answer["finish_reason"]) == ("incomplete", "stopped")
            assert answer["content"] == told(stream.result())


def test_what_guests_were_told_until_the_server_stopped_is_remembered(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir, before = copied(small_index, tmp_path), len(gemini.streams)
    gemini.script(*[SLOW] * 4)
    bodies = [{"message": QUESTION, "conversation_id": str(uuid.uuid4())} for _ in range(4)]
    with bookrag_serve(data_dir, gemini.url, SHUTDOWN_SECONDS=1) as served, ThreadPoolExecutor(4) as pool:
        chat = f"{served.url}/api/chat"
        asked = [pool.submit(httpx.post, chat, json=body, timeout=60) for body in bodies[:3]]
        whole = pool.submit(httpx.post, chat, json=bodies[3] | {"stream": False}, timeout=60)
        wait_for_streams(gemini, before + 4)
        assert all(stream.begun.wait(30) for stream in gemini.streams[before:])
        served.process.send_signal(signal.SIGTERM)
        for answer in asked:
            assert [part["type"] for part in parts_of(answer.result().text)[-2:]] == ["text-end", "abort"]
        assert whole.result().json()["error"]["code"] == "answer_stopped"
        assert served.process.wait(30) is not None
    assert "Traceback" not in served.log.read_text("utf-8")
    with bookrag_serve(data_dir, gemini.url) as served:
        for body in bodies:
            again = body | {"message": "And then?", "stream": False}
            assert httpx.post(f"{served.url}/api/chat", json=again, timeout=60).json()["complete"]
            assert gemini.streams[-1].texts[1][1].startswith("word0 word1")
