"""`bookrag serve` with several workers: forks of one process, replaced when they die, ended with it."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.server_processes import ServedProcess, served_process


@contextlib.contextmanager
def _two_workers(data_dir: Path) -> Iterator[ServedProcess]:
    """`bookrag serve` with two workers that answer."""
    with served_process(data_dir, WORKERS=2) as served:
        try:
            _wait(lambda: len(_workers(served.process.pid)) == 2 and _searches(served.url))
            yield served
        finally:
            served.process.kill()


@pytest.mark.processes
def test_workers_are_forks_of_one_process_and_are_replaced_and_ended(data_dir: Path) -> None:
    with _two_workers(data_dir) as served:
        server, url = served.process, served.url
        first, second = _workers(server.pid)
        assert first.parent() == second.parent() != psutil.Process(server.pid)

        first.kill()
        _wait(lambda: len({*_workers(server.pid)} - {first}) == 2)
        _wait(lambda: all(_searches(url) for _ in range(6)))

        processes = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        assert psutil.wait_procs(processes, timeout=10)[1] == []


@pytest.mark.processes
def test_workers_end_and_free_the_port_when_the_process_that_started_them_is_killed(data_dir: Path) -> None:
    with _two_workers(data_dir) as served:
        server, url = served.process, served.url
        processes = psutil.Process(server.pid).children(recursive=True)
        server.kill()
        left = psutil.wait_procs(processes, timeout=30)[1]
        for process in left:
            process.kill()
        assert left == []
        assert not _searches(url)


def _workers(pid: int) -> list[psutil.Process]:
    """The processes that serve: each holds the listening socket's application, and the engine's process beside it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [
            process
            for child in psutil.Process(pid).children()
            for process in child.children()
            if process.status() != psutil.STATUS_ZOMBIE
        ]
    return []


def _searches(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/api/search", params={"q": "joint"}, timeout=30).status_code == 200
    return False


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < until, "it did not come about within 90 seconds"
        time.sleep(0.1)
