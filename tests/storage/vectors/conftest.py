"""The two stores: the embedded one, and a Qdrant server's over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from storage.settings import StorageSettings
from storage.vectors.build_record import IndexSpec
from storage.vectors.embedded_qdrant.client import EmbeddedEngine
from storage.vectors.index_store import IndexStore
from storage.vectors.qdrant_server import ServerEngine
from tests.qdrant_server import QdrantServer

PATIENCE_SECONDS = 60.0  # what is tested here is what an index answers; `test_server.py` has how long readers wait
OpenStore: TypeAlias = Callable[..., IndexStore]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path / "server") as running:
        yield running


@pytest.fixture(params=["embedded", "server"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StorageSettings:
    """Settings of either store, in an empty folder or on an empty server."""
    running = None if request.param == "embedded" else request.getfixturevalue("server")
    return _settings(tmp_path / "data", running)


@pytest.fixture(scope="module", params=["embedded", "server"])
def engine(request: pytest.FixtureRequest) -> str:
    """The kind of store, for an index that tests of a module only read: it is built once for all of them."""
    return str(request.param)


@contextmanager
def settings_of(engine: str, folder: Path) -> Iterator[StorageSettings]:
    """Settings of a store of this kind, as `settings` gives them."""
    if engine == "embedded":
        yield _settings(folder / "data", None)
    else:
        with QdrantServer(folder / "server") as running:
            yield _settings(folder / "data", running)


def _settings(data_dir: Path, running: QdrantServer | None) -> StorageSettings:
    if running is None:
        return StorageSettings(_env_file=None, data_dir=data_dir)
    return StorageSettings(
        _env_file=None, data_dir=data_dir, qdrant_url=running.url, qdrant_timeout_seconds=PATIENCE_SECONDS
    )


def open_engine(settings: StorageSettings) -> EmbeddedEngine | ServerEngine:
    """The engine that the settings name, for readers who wait as long as a machine at work takes."""
    if settings.qdrant_url is None:
        return EmbeddedEngine(settings.data_dir / "index")
    return ServerEngine(settings, reader_seconds=PATIENCE_SECONDS)


@pytest.fixture
async def open_another(settings: StorageSettings) -> AsyncIterator[OpenStore]:
    """Opens the same index as another process would, as often as it is called."""
    opened: list[IndexStore] = []

    def another(spec: IndexSpec | None = None) -> IndexStore:
        opened.append(IndexStore(open_engine(settings), settings.collection, spec))
        return opened[-1]

    yield another
    for store in opened:
        await store.aclose()


@pytest.fixture
def store(open_another: OpenStore) -> IndexStore:
    return open_another()
