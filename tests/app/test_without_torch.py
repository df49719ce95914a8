"""What readers and maintainers run every day imports neither torch nor what is built on it, nor what serves others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.server_processes import served_process

pytestmark = pytest.mark.conformance

FORBIDDEN = ("torch", "sentence_transformers", "transformers", "onnx", "onnxscript")
SERVING = ("fastapi", "uvicorn", "cryptography", "prometheus_client")  # half a second of a command's time


def _refusing(forbidden: tuple[str, ...]) -> str:
    """The beginning of a program that runs commands and fails where one of these packages is imported."""
    return f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {forbidden!r}:
            raise RuntimeError(f'{{name}} was imported')
        return None
sys.meta_path.insert(0, Refuse())
from app.cli.main import main
"""


RUN = _refusing(FORBIDDEN)
SERVE = RUN + "main()"
RUN_EACH = (
    RUN
    + """
import contextlib, io, json
done = []
for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")) as output,
        contextlib.redirect_stderr(io.TextIOWrapper(io.BytesIO(), "utf-8")) as errors,
    ):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    output.seek(0), errors.seek(0)
    done.append([code, output.read(), errors.read()])
print(json.dumps(done))
"""
)
QUESTION = "Why does the zero moment point matter?"


@pytest.fixture
def environment(data_dir: Path, small_index: Path) -> dict[str, str]:
    site = small_index.parent / "site"
    return os.environ | {"DATA_DIR": str(data_dir), "BOOK_DIR": str(site), "SITE_DIR": str(site), "TERM": "dumb"}


def test_commands_run_where_torch_cannot_be_imported(environment: dict[str, str], tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    labelled = {"id": "1", "question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp"]}
    questions.write_text(json.dumps(labelled) + "\n")
    commands = [
        ("eval", "retrieval", str(questions)),
        ("index", "plan"),
        ("index", "build", "--json"),
        ("index", "list"),
        ("ask", QUESTION),
        ("ask", "--sources", QUESTION),
    ]

    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, json.dumps(commands)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for command, (code, output, errors) in zip(commands, json.loads(done.stdout), strict=True):
        assert code == 0, (command, errors)
        assert output
        assert "was imported" not in errors


def test_a_question_on_the_command_line_imports_nothing_that_serves_readers(environment: dict[str, str]) -> None:
    program = _refusing(SERVING) + "sys.argv[1:] = ['ask', sys.argv[1]]; main()"
    command = [sys.executable, "-c", program, QUESTION]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_server_answers_where_torch_cannot_be_imported(data_dir: Path) -> None:
    with served_process(data_dir, ("-c", SERVE, "serve")) as served:
        body, headers = {"message": "zero moment point"}, {"accept": "application/json"}
        answer = httpx.post(f"{served.url}/api/chat", json=body, headers=headers, timeout=60)

    assert answer.status_code == 200
    assert answer.json()["sources"]
