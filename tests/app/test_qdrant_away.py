"""A Qdrant server that dies, freezes or refuses the key: readers get 503 in plain words, operators get the reason."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.settings import AppSettings
from engines.embedding.embedding_model import describe_model, index_spec
from engines.settings import EngineSettings
from indexing.chunking import chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import BuildOptions, build_index
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors.caches import open_vector_cache
from storage.vectors.index_store import open_store
from storage.vectors.qdrant_server import READER_SECONDS
from tests.qdrant_server import QdrantServer
from tests.serving import Served, serving
from tests.small_book import write_small_book

KEY = "the-right-key"
QUESTION = "What is the zero moment point?"


@pytest.fixture
def qdrant(tmp_path: Path) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path / "qdrant", api_key=KEY) as server:
        yield server


@contextmanager
def served(qdrant: QdrantServer, folder: Path, key: str = KEY) -> Iterator[Served]:
    """The application over an index on the server, with the book in it."""
    docs = write_small_book(folder / "site")
    right = StorageSettings(data_dir=folder, qdrant_url=qdrant.url, qdrant_api_key=SecretStr(KEY), _env_file=None)
    model = describe_model(EngineSettings())
    cut = chunk_book(read_book(BookSettings(book_dir=docs)).book, model, Silent(), folder=docs)
    with open_store(right) as store, open_vector_cache(right, index_spec(model)) as cache:
        build_index(cut, model, store, cache, Silent(), BuildOptions())
    stores = right.model_copy(update={"qdrant_api_key": SecretStr(key)})
    with serving(folder, stores=stores, app=AppSettings(_env_file=None)) as running:
        yield running


def search(url: str) -> httpx.Response:
    return httpx.get(f"{url}/api/search", params={"q": QUESTION}, timeout=30)


def index_state(url: str) -> tuple[int, dict[str, str]]:
    ready = httpx.get(f"{url}/readyz", timeout=30)
    return ready.status_code, ready.json()["dependencies"]["index"]


def is_plain(answer: httpx.Response) -> bool:
    return "qdrant" not in answer.text.lower() and "127.0.0.1" not in answer.text


def test_a_server_that_dies_is_told_to_readers_in_plain_words_and_by_readyz_at_once(
    qdrant: QdrantServer, tmp_path: Path
) -> None:
    with served(qdrant, tmp_path) as running:
        assert search(running.url).status_code == 200
        assert index_state(running.url)[0] == 200
        qdrant.stop()
        status, index = index_state(running.url)
        assert (status, index["state"]) == (503, "failed")
        assert "Qdrant" in index["message"]
        answer = search(running.url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")
        assert is_plain(answer)
        streamed = httpx.post(f"{running.url}/api/chat", json={"message": QUESTION}, timeout=30)
        assert is_plain(streamed)
        qdrant.start()
        assert search(running.url).status_code == 200


def test_a_server_that_freezes_keeps_no_reader_waiting(qdrant: QdrantServer, tmp_path: Path) -> None:
    with served(qdrant, tmp_path) as running:
        assert search(running.url).status_code == 200
        qdrant.delay_seconds = 4 * READER_SECONDS
        begun = time.monotonic()
        assert search(running.url).status_code == 503
        assert time.monotonic() - begun < qdrant.delay_seconds
        qdrant.delay_seconds = 0


def test_a_wrong_key_is_the_operators_business(
    qdrant: QdrantServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(qdrant, tmp_path, key="a-wrong-key") as running:
        said = [record for record in caplog.records if "QDRANT_API_KEY" in record.getMessage()]
        assert said
        assert all(record.levelno == logging.ERROR and record.exc_info is None for record in said)
        assert all("\n" not in record.getMessage() for record in said)
        answer = search(running.url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")
        assert "KEY" not in answer.text
        assert is_plain(answer)
        assert "QDRANT_API_KEY" in index_state(running.url)[1]["message"]
    assert not [record for record in caplog.records if record.exc_info]
