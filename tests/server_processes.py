"""Servers that run as processes beside a test: a port for each, and waiting until it answers."""

import contextlib
import itertools
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

STARTING_SECONDS = 90
_FIRST, _COUNT = 10_000, 20_000  # below what Linux (32768) and macOS (49152) give to connections
_numbers = itertools.count(os.getpid() * 97)  # far from those of the next test process


def free_port() -> int:
    """A port at which nobody listens and that no connection of another test is given before the server starts."""
    for number in itertools.islice(_numbers, 100):
        port = _FIRST + number % _COUNT
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no port is free")


def wait_until_ready(url: str, process: "subprocess.Popen[Any]", log: Path | None = None) -> None:
    """Return when the server says that it is ready; fails with its log when it ends or takes too long."""
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=30).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8") if log else "the server did not start")


def wait_until_listening(port: int, process: "subprocess.Popen[Any]") -> None:
    """Return when somebody listens at the port; fails when the process ends or takes too long."""
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server did not start")
