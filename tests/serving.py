"""The real application over real HTTP: uvicorn in a thread, the small book's index, settings as a test wants them."""

import asyncio
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from app.main import create_app
from app.request_limits import LimitedHeadProtocol
from app.services import Services, open_services
from app.settings import AppSettings
from engines.embedding.embedding_model import describe_model, index_spec
from engines.settings import EngineSettings
from indexing.chunking import chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import BuildOptions, BuildOutcome, build_index
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors.caches import open_vector_cache
from storage.vectors.embedded_qdrant.files import copy_sparse
from storage.vectors.index_store import open_store
from tests.small_book import write_small_book


def ask(url: str, message: str, *, timeout: float = 60, **more: Any) -> dict[str, Any]:
    """The JSON answer of a service; a failure where there is none within `timeout` seconds."""
    body = {"message": message, **more}
    response = httpx.post(f"{url}/api/chat", json=body, headers={"accept": "application/json"}, timeout=timeout)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def preflight_headers(origin: str, sent: str = "content-type") -> dict[str, str]:
    """What a browser asks before a page of another origin may post with these headers."""
    return {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": sent}


def build_small_index(
    data_dir: Path,
    docs: Path,
    options: BuildOptions | None = None,
    engine: EngineSettings | None = None,
    stores: StorageSettings | None = None,
) -> BuildOutcome:
    """Index a docs folder with a real model, by default the default one, into the index of `stores` or `data_dir`."""
    model = describe_model(engine or EngineSettings())
    settings = stores or StorageSettings(data_dir=data_dir)
    cut = chunk_book(read_book(BookSettings(book_dir=docs)).book, model, Silent(), folder=docs)
    with open_store(settings) as store, open_vector_cache(settings, index_spec(model)) as cache:
        return build_index(cut, model, store, cache, Silent(), options or BuildOptions())


def indexed(folder: Path, docs: Path | None = None) -> Path:
    """A data folder with the index of a docs folder, by default of the small book's, which is beside it as `site`."""
    data_dir = folder / "data"
    build_small_index(data_dir, docs or write_small_book(folder / "site"))
    return data_dir


def copied(data_dir: Path, folder: Path) -> Path:
    """A data folder of a test's own; an index keeps its holes, which are 130 MB."""
    return Path(shutil.copytree(data_dir, folder / "data", copy_function=_copy_with_holes))


def _copy_with_holes(source: str, target: str) -> None:
    copy_sparse(Path(source), Path(target))
    shutil.copystat(source, target)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str
    services: Services
    loop: asyncio.AbstractEventLoop


@contextmanager
def serving(
    data_dir: Path,
    *,
    gemini_url: str | None = None,
    app: AppSettings | None = None,
    stores: StorageSettings | None = None,
    **engine: object,
) -> Iterator[Served]:
    """The application on a free port; with `gemini_url`, a model of that address answers."""
    opened: list[Services] = []
    key = SecretStr("test-key-that-must-not-leak") if gemini_url else None
    engine_settings = EngineSettings.model_validate({"gemini_api_key": key, "gemini_base_url": gemini_url, **engine})

    @asynccontextmanager
    async def services() -> AsyncIterator[Services]:
        storage = stores or StorageSettings(data_dir=data_dir)
        parts = {"app_settings": settings, "engine_settings": engine_settings, "storage_settings": storage}
        async with open_services(**parts) as each:  # type: ignore[arg-type]  # each is of its own parameter's type
            opened.append(each)
            yield each

    settings = app or AppSettings()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings=settings, services=services),
                log_config=None,
                lifespan="on",
                ws="none",
                proxy_headers=False,  # as `bookrag serve`: the application reads TRUSTED_PROXIES
                http=LimitedHeadProtocol,
            )
        )
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve([listening])), name="server")
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise RuntimeError("the server did not start")
                thread.join(0.02)
            yield Served(f"http://127.0.0.1:{port}", opened[0], loop)
        finally:
            server.should_exit = True
            thread.join(30)
            loop.close()
