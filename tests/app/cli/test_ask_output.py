"""`bookrag ask` into pipes whose encoding lacks letters of the answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Reply

ROOT = Path(__file__).parents[3]
QUESTION = "Why can the zero moment point not leave the support polygon?"
ANSWER = "پاؤں 🤖 – the ground only pushes [1]."


def ask(data_dir: Path, folder: Path, url: str, encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    set_for_it = {"DATA_DIR": str(data_dir), "GEMINI_API_KEY": "k", "GEMINI_BASE_URL": url}
    set_for_it |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    code = "import sys; from app.cli.main import main; sys.argv = ['bookrag', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", code, "ask", QUESTION, *arguments]
    environment = os.environ | set_for_it
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=120, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_an_answer_ends_whatever_the_pipe_can_carry(data_dir: Path, tmp_path: Path, encoding: str) -> None:
    with GeminiServer(Reply(chunks=(ANSWER[:7], ANSWER[7:]))) as gemini:
        done = ask(data_dir, tmp_path, gemini.url, encoding)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    shown = done.stdout.decode(encoding)
    assert "the ground only pushes [1]." in shown
    assert (ANSWER in shown) == (encoding == "utf-8")
    assert b"Traceback" not in done.stderr


def test_json_is_whole_in_any_pipe(data_dir: Path, tmp_path: Path) -> None:
    with GeminiServer(Reply(chunks=(ANSWER,))) as gemini:
        done = ask(data_dir, tmp_path, gemini.url, "ascii", "--json")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert json.loads(done.stdout)["answer"] == ANSWER
