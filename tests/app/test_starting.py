"""Every documented way to start the server starts the whole of it, with the same limits."""

import socket
from pathlib import Path

import httpx
import pytest

from tests.commands import run_command
from tests.server_processes import BOOKRAG, served_process

WAYS = {
    "bookrag": [*BOOKRAG, "--port", "{port}"],
    "uvicorn": ["-m", "uvicorn", "app.main:app", "--reload", "--port", "{port}"],
    "gunicorn": ["-m", "gunicorn", "-k", "uvicorn_worker.UvicornWorker", "-b", "127.0.0.1:{port}", "app.main:app"],
}


@pytest.mark.processes
@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_start_serves_everything_with_the_same_limits(way: str, data_dir: Path) -> None:
    with served_process(data_dir, WAYS[way]) as served:
        url = served.url
        assert httpx.get(f"{url}/readyz", timeout=30).json()["dependencies"]["index"]["state"] == "ok"
        found = httpx.get(f"{url}/api/search", params={"q": "zero moment point"}, timeout=60)
        assert found.json()["results"]
        many = httpx.get(f"{url}/healthz", headers={f"x-{n}": "y" for n in range(101)}, timeout=30)
        assert (many.status_code, many.json()["error"]["code"]) == (431, "head_too_large")
    assert "zero+moment" not in served.log.read_text("utf-8")


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


def test_a_port_that_is_taken_is_named_with_the_setting_that_takes_another(data_dir: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {"DATA_DIR": str(data_dir), "HOST": "127.0.0.1"}
        ran = run_command("serve", "--port", str(port), environment=environment, folder=tmp_path)
    assert ran.returncode == 2
    assert f"PORT {port}: Address already in use; set PORT to a free one" in " ".join(ran.stderr.split())
