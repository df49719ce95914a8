"""Every documented way to start the server starts the whole of it, with the same limits."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.commands import run_command
from tests.server_processes import free_port, wait_until_ready

ROOT = Path(__file__).parents[2]
WAYS = {
    "bookrag": ["-c", "from app.cli.main import main; main()", "serve", "--port", "{port}"],
    "uvicorn": ["-m", "uvicorn", "app.main:app", "--reload", "--port", "{port}"],
    "gunicorn": ["-m", "gunicorn", "-k", "uvicorn_worker.UvicornWorker", "-b", "127.0.0.1:{port}", "app.main:app"],
}


@contextmanager
def started(way: str, data_dir: Path, log: Path) -> Iterator[int]:
    """The port of a server that was started in this way, once it answers."""
    port = free_port()
    command = [sys.executable, *(part.format(port=port) for part in WAYS[way])]
    with log.open("wb") as output:
        environment = os.environ | {"DATA_DIR": str(data_dir)}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_start_serves_everything_with_the_same_limits(way: str, data_dir: Path, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with started(way, data_dir, log) as port:
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/readyz", timeout=30).json()["dependencies"]["index"]["state"] == "ok"
        found = httpx.get(f"{url}/api/search", params={"q": "zero moment point"}, timeout=60)
        assert found.json()["results"]
        many = httpx.get(f"{url}/healthz", headers={f"x-{n}": "y" for n in range(101)}, timeout=30)
        assert (many.status_code, many.json()["error"]["code"]) == (431, "head_too_large")
    assert "zero+moment" not in log.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SUPABASE_REQUIRE_AAL2", "maybe"), ("SUPABASE_TIMEOUT_SECONDS", "0"), ("SUPABASE_JWT_SECRET", "too-short")],
)
def test_a_wrong_setting_of_accounts_ends_the_start_without_a_traceback(tmp_path: Path, name: str, value: str) -> None:
    project = {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"}
    ran = run_command("serve", environment={"DATA_DIR": str(tmp_path), **project, name: value}, folder=tmp_path)
    assert ran.returncode == 2
    assert f"error (configuration_error): {name}: " in ran.stderr
    assert "too-short" not in ran.stderr
