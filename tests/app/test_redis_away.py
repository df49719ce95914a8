"""A Redis that is away: readers are answered, questions pass uncounted, and what needs the log says so."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.settings import AppSettings
from storage.settings import StorageSettings
from tests.app.test_conversation import QUESTION, SLOW, Reader, read_some, told
from tests.gemini_server import GeminiServer, gemini_fixture
from tests.server_processes import free_port
from tests.serving import Served, serving

gemini = gemini_fixture(condense=QUESTION, scope="function")


@pytest.fixture
def served(data_dir: Path, gemini: GeminiServer) -> Iterator[Served]:
    url = f"redis://:a-secret@127.0.0.1:{free_port()}/0"  # where nobody listens
    stores = StorageSettings(data_dir=data_dir, redis_url=SecretStr(url), _env_file=None)
    limits = AppSettings(questions_per_reader="1/hour", _env_file=None)
    with serving(data_dir, gemini_url=gemini.url, stores=stores, app=limits) as running:
        yield running


def test_readers_are_answered_while_redis_is_away(
    served: Served, gemini: GeminiServer, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(served.url)
    body = reader.body(QUESTION, "u1")
    assert "stands in the book" in told(reader.ask(QUESTION, "u1"))
    assert reader.answers()[0]["status"] == "complete"
    assert "stands in the book" in reader.send(body).text  # from the history
    assert len(reader.answers()) == 1
    gone = reader.get(f"/api/chat/{reader.id}/stream", after=1)
    assert gone.status_code in (200, 503)  # from this process's memory for a while, from nowhere after that
    nobodys = reader.get("/api/chat/another/stream")
    assert (nobodys.status_code, nobodys.json()["error"]["code"]) == (503, "storage_unavailable")
    gemini.script(SLOW)
    read_some(reader, reader.body(QUESTION, "u2"))
    assert httpx.post(f"{served.url}/api/chat/{reader.id}/stop", headers=reader.headers).status_code == 204
    assert gemini.streams[-1].cut_off()
    assert reader.answers()[-1]["status"] == "incomplete"
    assert "a-secret" not in caplog.text
