"""A Redis server of the tests' own, where the machine has one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server_processes import free_port, wait_until_listening


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a server on a free port; skips the test where redis-server is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed: the log of running answers is tested on SQLite alone")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until_listening(port, server)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
