"""The two stores: the embedded one, and a Qdrant server's over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from storage.settings import StorageSettings
from storage.vectors.build_record import IndexSpec
from storage.vectors.index_store import IndexStore, open_store
from tests.qdrant_server import QdrantServer

OpenStore: TypeAlias = Callable[..., IndexStore]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path / "server") as running:
        yield running


@pytest.fixture(params=["embedded", "server"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StorageSettings:
    """Settings of either store, in an empty folder or on an empty server."""
    if request.param == "embedded":
        return StorageSettings(_env_file=None, data_dir=tmp_path / "data")
    running: QdrantServer = request.getfixturevalue("server")
    return StorageSettings(_env_file=None, data_dir=tmp_path / "data", qdrant_url=running.url)


@pytest.fixture
async def open_another(settings: StorageSettings) -> AsyncIterator[OpenStore]:
    """Opens the same index as another process would, as often as it is called."""
    opened: list[IndexStore] = []

    def another(spec: IndexSpec | None = None) -> IndexStore:
        opened.append(open_store(settings, spec=spec))
        return opened[-1]

    yield another
    for store in opened:
        await store.aclose()


@pytest.fixture
def store(open_another: OpenStore) -> IndexStore:
    return open_another()
