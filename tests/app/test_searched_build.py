"""A build that is deleted after an answer has begun: the client is told which one was searched instead."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.gemini_server import GeminiServer, Received, Reply
from tests.qdrant_server import QdrantServer
from tests.serving import Served, build_small_index, serving
from tests.small_book import write_small_book
from tests.storage.vectors.builds import publish_another

HISTORY = [{"role": "user", "content": "What is balance?"}, {"role": "assistant", "content": "Not falling."}]
FOLLOW_UP = {"message": "And the zero moment point?", "history": HISTORY}


class Gemini(GeminiServer):
    """Runs `meanwhile` once, before it answers the next request to condense a question."""

    def __init__(self) -> None:
        super().__init__()
        self.condense = Reply(chunks=("What is the zero moment point?",))
        self.meanwhile: Callable[[], object] | None = None

    def take(self, received: Received) -> Reply:
        if not received.streamed and self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super().take(received)


@pytest.fixture
def gemini() -> Iterator[Gemini]:
    with Gemini() as server:
        yield server


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[StorageSettings]:
    """The small book's index on a server, where a deleted build is gone at once."""
    with QdrantServer(tmp_path / "qdrant") as qdrant:
        settings = StorageSettings(data_dir=tmp_path, qdrant_url=qdrant.url, _env_file=None)
        build_small_index(tmp_path, write_small_book(tmp_path / "site"), stores=settings)
        yield settings


@pytest.fixture
def served(stores: StorageSettings, gemini: Gemini) -> Iterator[Served]:
    with serving(stores.data_dir, stores=stores, gemini_url=gemini.url) as running:
        yield running


def replace_build(stores: StorageSettings) -> str:
    """The name of a build of one chunk that takes the place of the live one, which is deleted."""
    with open_store(stores) as store:
        name = publish_another(store)
        store.prune(0)
    return name


def parts_of(url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = httpx.post(f"{url}/api/chat", json=body, timeout=30)
    assert answer.status_code == 200
    events = (event for event in answer.text.split("\n\n") if event.startswith("data: {"))
    return [json.loads(event.removeprefix("data: ")) for event in events]


def test_a_stream_names_the_build_that_was_searched_before_its_sources(
    served: Served, stores: StorageSettings, gemini: Gemini
) -> None:
    names: list[str] = []
    gemini.meanwhile = lambda: names.append(replace_build(stores))
    parts = parts_of(served.url, FOLLOW_UP)

    types = [part["type"] for part in parts]
    (changed,) = (part for part in parts if part["type"] == "message-metadata")
    assert changed == {"type": "message-metadata", "messageMetadata": {"build": names[0]}}
    assert parts[0]["messageMetadata"]["build"] not in {None, names[0]}
    assert types.index("start") < types.index("message-metadata") < types.index("data-sources")
    (source,) = next(part["data"] for part in parts if part["type"] == "data-sources")
    assert "told otherwise" in source["text"]


def test_an_answer_in_json_names_the_build_that_was_searched(
    served: Served, stores: StorageSettings, gemini: Gemini
) -> None:
    names: list[str] = []
    gemini.meanwhile = lambda: names.append(replace_build(stores))
    answer = httpx.post(f"{served.url}/api/chat", json={**FOLLOW_UP, "stream": False}, timeout=30).json()

    assert answer["build"] == names[0]
    assert "message-metadata" not in json.dumps(answer)


def test_a_stream_whose_build_was_searched_has_no_part_that_changes_it(served: Served) -> None:
    parts = parts_of(served.url, FOLLOW_UP)

    assert "message-metadata" not in [part["type"] for part in parts]
    assert parts[0]["messageMetadata"]["build"]
