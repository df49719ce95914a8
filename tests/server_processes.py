"""Servers that run as processes beside a test: a port for each, and waiting until it answers."""

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
BOOKRAG = ("-c", "from app.cli.main import main; main()", "serve")
STARTING_SECONDS = 90
ENDING_SECONDS = 60
_FIRST, _COUNT = 10_000, 20_000  # below what Linux (32768) and macOS (49152) give to connections
_numbers = itertools.count(os.getpid() * 97)  # far from those of the next test process


def free_port() -> int:
    """A port at which nobody listens and that no connection of another test is given before the server starts."""
    for number in itertools.islice(_numbers, 100):
        port = _FIRST + number % _COUNT
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no port is free")


@dataclass(frozen=True, slots=True)
class ServedProcess:
    """A server that runs as a process of its own."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextlib.contextmanager
def served_process(data_dir: Path, command: Sequence[str] = BOOKRAG, /, **settings: object) -> Iterator[ServedProcess]:
    """`bookrag serve` as an operator starts it, once it is ready; it is told to end at the end.

    It has no environment but these settings, PATH, and the exported model that all tests share. What it writes is in
    the folder of `data_dir`. `command` is what else Python runs; `{port}` in it is the server's port.
    """
    port, log = free_port(), data_dir.with_name("server.log")
    values = {"DATA_DIR": data_dir, "PORT": port, **settings}
    environment = {name: os.environ[name] for name in ("PATH", "MODELS_DIR")}
    environment |= {name: str(value) for name, value in values.items()}
    started = [sys.executable, *(part.replace("{port}", str(port)) for part in command)]
    with (
        log.open("wb") as output,
        subprocess.Popen(started, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process, log)
            yield ServedProcess(url, process, log)
        finally:
            process.terminate()
            process.wait(ENDING_SECONDS)


def wait_until_ready(url: str, process: "subprocess.Popen[Any]", log: Path) -> None:
    """Return when the server says that it is ready; fails with its log when it ends or takes too long."""
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=30).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8"))


def wait_until_listening(port: int, process: "subprocess.Popen[Any]") -> None:
    """Return when somebody listens at the port; fails when the process ends or takes too long."""
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server did not start")
