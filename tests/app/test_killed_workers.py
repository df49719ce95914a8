"""Servers that go while readers ask: short runs of the two benchmarks that kill workers and upgrade a server."""

import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]


def ran(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=380, check=False)


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_killed_workers_lose_no_answer_and_leave_nobody_waiting() -> None:
    done = ran("benchmarks.killing", "--seconds", "12", "--every", "4", "--readers", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills of a worker" in done.stdout


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="nginx is not installed")
def test_an_upgrade_fails_no_request() -> None:
    done = ran("benchmarks.upgrading", "--requests", "150")
    assert done.returncode == 0, done.stdout + done.stderr
