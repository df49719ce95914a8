"""`bookrag serve`: checks what can be checked before the server starts, then hands over to uvicorn."""

import errno
import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from rich.text import Text
from uvicorn import _subprocess
from uvicorn.config import LOGGING_CONFIG

from app.cli.output import error_console
from app.settings import AppSettings
from engines.embedding.embedding_model import describe_model
from engines.settings import EngineSettings
from storage.disk import require_room
from storage.environment import read_settings
from storage.errors import ConfigurationError
from storage.settings import StorageSettings, SupabaseSettings

# Where several workers keep their metrics. Not imported from `app.service_metrics`, whose import reads the variable.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run the server until it is told to stop; raises ConfigurationError at the start if a setting is wrong."""
    # Worker processes read the environment again, so a flag must be set there as well.
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[name] = str(value)
    settings = read_settings(AppSettings)
    describe_model(read_settings(EngineSettings))
    stores = read_settings(StorageSettings)
    if stores.supabase_url:
        read_settings(SupabaseSettings)
    _data_dir_must_be_writable(stores.data_dir)
    _port_must_be_free(settings.host, settings.port)
    where = Text(settings.local_address, "bold")
    error_console().print("bookrag loads its models; in a moment it serves on", where)
    if settings.workers == 1:  # several workers import `app.preloaded` once for all
        # First, as there: it looks up the source of all imports around its own, 0.1 s of 2.7 s of CPU.
        import wordfreq  # noqa: F401
    _fork_workers()
    with _shared_metrics(settings.workers):
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            http="app.request_limits:LimitedHeadProtocol",
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_level=settings.log_level.lower(),
            log_config=None if settings.log_format == "json" else LOGGING_CONFIG,
            access_log=False,  # an access log would contain what readers searched for
            server_header=False,
            proxy_headers=False,  # the application reads TRUSTED_PROXIES itself, however it is started
            ws="none",
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )


def _fork_workers() -> None:
    """Let uvicorn start its workers as forks of one process that has imported the application.

    uvicorn itself starts each worker as a new interpreter that imports everything again: more than two seconds of CPU,
    and no page of memory is shared. It has no option for this. On systems other than Linux, system libraries do not
    survive a fork.
    """
    if sys.platform != "linux":
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.preloaded"])
    _subprocess.spawn = context  # type: ignore[assignment]  # of the same interface


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Set the folder in which the metrics of several workers are added up; they start from zero at each start.

    In memory if possible: the files are mapped, and a full disk would end the workers.
    """
    if workers == 1 or SHARED_FOLDER in os.environ:
        yield
        return
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix="bookrag-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        os.environ[SHARED_FOLDER] = folder  # read when prometheus_client is imported
        yield


def _data_dir_must_be_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        require_room(folder)
    except OSError as exc:
        raise ConfigurationError(f"DATA_DIR {folder} cannot be written: {exc.strerror or exc}") from exc


def _port_must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            remedy = "; set PORT to a free one" if exc.errno == errno.EADDRINUSE else ""
            raise ConfigurationError(f"HOST {host}, PORT {port}: {exc.strerror or exc}{remedy}") from exc
