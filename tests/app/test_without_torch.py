"""What readers and maintainers run every day imports neither torch nor what is built on it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

FORBIDDEN = ("torch", "sentence_transformers", "transformers", "onnx", "onnxscript")
RUN = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {FORBIDDEN!r}:
            raise RuntimeError(f'{{name}} was imported')
        return None
sys.meta_path.insert(0, Refuse())
from app.cli.main import main
main()
"""


@pytest.fixture
def environment(data_dir: Path, small_index: Path) -> dict[str, str]:
    site = small_index.parent / "site"
    return os.environ | {"DATA_DIR": str(data_dir), "BOOK_DIR": str(site), "SITE_DIR": str(site), "TERM": "dumb"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("index", "plan"),
        ("index", "build", "--json"),
        ("index", "list"),
        ("ask", "Why does the zero moment point matter?"),
        ("ask", "--sources", "Why does the zero moment point matter?"),
    ],
    ids=" ".join,
)
def test_a_command_runs_where_torch_cannot_be_imported(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    done = _run(environment, *arguments)

    assert done.returncode == 0, done.stderr
    assert "was imported" not in done.stderr


def test_an_evaluation_runs_where_torch_cannot_be_imported(environment: dict[str, str], tmp_path: Path) -> None:
    [source] = json.loads(_run(environment, "ask", "--sources", "--json", "--k", "1", "zero moment point").stdout)[
        "results"
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps({"id": "1", "question": "What is the zero moment point?", "relevant": [source["url"]]}) + "\n"
    )

    done = _run(environment, "eval", "retrieval", str(questions))

    assert done.returncode == 0, done.stderr


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", RUN, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_a_server_answers_where_torch_cannot_be_imported(server: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            ready = httpx.get(f"{server}/readyz").status_code == 200
        except httpx.TransportError:
            ready = False
        if ready:
            break
        assert time.monotonic() < deadline, "the server did not get ready"
        time.sleep(0.2)

    answer = httpx.post(
        f"{server}/api/chat", json={"message": "zero moment point"}, headers={"accept": "application/json"}, timeout=60
    )

    assert answer.status_code == 200
    assert answer.json()["sources"]


def _run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
