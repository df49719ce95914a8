"""`bookrag ask` into pipes whose encoding lacks letters of the answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply

ROOT = Path(__file__).parents[3]
QUESTION = "Why can the zero moment point not leave the support polygon?"
ANSWER = "پاؤں 🤖 – the ground only pushes [1]."


def ask(data_dir: Path, folder: Path, encoding: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    with GeminiServer(Reply(chunks=(ANSWER[:7], ANSWER[7:]))) as gemini:
        environment = os.environ | _settings(data_dir, gemini)
        return run_command("ask", QUESTION, *arguments, environment=environment, folder=folder, encoding=encoding)


def _settings(data_dir: Path, gemini: GeminiServer) -> dict[str, str]:
    return {"DATA_DIR": str(data_dir), "GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_an_answer_ends_whatever_the_pipe_can_carry(data_dir: Path, tmp_path: Path, encoding: str) -> None:
    done = ask(data_dir, tmp_path, encoding)
    assert done.returncode == 0, done.stderr
    assert "the ground only pushes [1]." in done.stdout
    assert (ANSWER in done.stdout) == (encoding == "utf-8")
    assert "Traceback" not in done.stderr


def test_json_is_whole_in_any_pipe(data_dir: Path, tmp_path: Path) -> None:
    done = ask(data_dir, tmp_path, "ascii", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"] == ANSWER


@pytest.mark.processes
def test_a_process_of_its_own_answers_into_a_pipe(data_dir: Path, tmp_path: Path) -> None:
    with GeminiServer(Reply(chunks=(ANSWER[:7], ANSWER[7:]))) as gemini:
        environment = os.environ | _settings(data_dir, gemini)
        environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
        code = "import sys; from app.cli.main import main; sys.argv = ['bookrag', *sys.argv[1:]]; main()"
        command = [sys.executable, "-c", code, "ask", QUESTION]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert "the ground only pushes [1]." in done.stdout.decode("ascii")
    assert b"Traceback" not in done.stderr
