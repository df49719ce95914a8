"""The search process on this machine hangs or dies: `/readyz` says so within seconds, and `/healthz` costs nothing."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from storage.vectors.embedded_qdrant import client, wire
from tests.processes import search_processes
from tests.serving import serving


@pytest.fixture
def own(data_dir: Path) -> Callable[[], set[int]]:
    """The search processes of the servers that a test starts."""
    others = search_processes()
    return lambda: search_processes() - others


def ready(url: str) -> tuple[int, str, str]:
    """The status, and the state of the index with its message."""
    answer = httpx.get(f"{url}/readyz", timeout=30)
    index = answer.json()["dependencies"]["index"]
    return answer.status_code, index["state"], index.get("message", "")


def test_a_search_process_that_hangs_is_told_and_replaced(
    data_dir: Path, own: Callable[[], set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CHECK_SECONDS", 1.0)
    monkeypatch.setattr(wire, "HUNG_SECONDS", 3)
    with serving(data_dir) as served:
        assert ready(served.url)[:2] == (200, "ok")
        hanging = own()
        for process in hanging:
            os.kill(process, signal.SIGSTOP)

        began = time.monotonic()
        message = "The search process has not answered within 1 s. One that hangs is replaced."
        assert ready(served.url) == (503, "failed", message)
        assert time.monotonic() - began < 2.5
        began = time.monotonic()
        assert httpx.get(f"{served.url}/healthz").status_code == 200
        assert time.monotonic() - began < 0.5

        until = time.monotonic() + 20  # probes alone have it replaced: no reader has to meet it
        while ready(served.url)[0] != 200:
            assert time.monotonic() < until
        assert hanging
        assert not hanging & own()


def test_a_search_process_that_was_killed_is_replaced_by_the_probe(data_dir: Path, own: Callable[[], set[int]]) -> None:
    with serving(data_dir) as served:
        killed = own()
        for process in killed:
            os.kill(process, signal.SIGKILL)
        assert ready(served.url)[:2] == (200, "ok")
        assert killed
        assert own() - killed


def test_a_search_process_that_dies_and_cannot_be_replaced_is_told(data_dir: Path, own: Callable[[], set[int]]) -> None:
    with serving(data_dir) as served:
        assert ready(served.url)[:2] == (200, "ok")
        clones = next(data_dir.glob("index/**/clones"))
        shutil.rmtree(clones)
        clones.write_text("no folder")  # each process makes its copy here
        for process in own():
            os.kill(process, signal.SIGKILL)

        began = time.monotonic()
        status, state, message = ready(served.url)
        assert (status, state) == (503, "failed")
        assert message.startswith("The search process cannot open the index: FileExistsError")
        assert time.monotonic() - began < 5
        assert httpx.get(f"{served.url}/healthz").status_code == 200
        clones.unlink()
        assert ready(served.url)[:2] == (200, "ok")
