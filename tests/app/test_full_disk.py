"""A disk that is really full, a small one of the test's own: what readers are told, what `/readyz` says, what stays."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
RUN = """
import errno, json, os, subprocess, sys
from pathlib import Path
import httpx
from tests.commands import run_command
from tests.serving import copied, serving
from tests.small_book import write_small_book

disk, index, elsewhere = map(Path, sys.argv[1:])
data_dir = copied(index, disk)
filler = data_dir / "filler"
said = {}

def fill():
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC

def ask(url, session, conversation=None):
    body = {"message": "What does the ground do?", "conversation_id": conversation}
    headers = {"authorization": f"Bearer {session['access_token']}"}
    answer = httpx.post(f"{url}/api/chat", json=body, headers=headers, timeout=60)
    parts = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return {"status": answer.status_code, "parts": parts}

def ready(url):
    answer = httpx.get(f"{url}/readyz")
    return [answer.status_code, answer.json()["dependencies"]["disk"]]

def command(*arguments):
    environment = {name: os.environ[name] for name in ("MODELS_DIR", "PATH", "PYTHONPATH")}
    environment |= {"DATA_DIR": str(data_dir), "BOOK_DIR": str(elsewhere / "docs")}
    code = "import sys; from app.cli.main import main; sys.argv = ['bookrag', *sys.argv[1:]]; main()"
    started = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(started, env=environment, cwd=elsewhere, capture_output=True, text=True, timeout=100)
    return {"code": done.returncode, "err": done.stderr}

with serving(data_dir) as served:
    session = httpx.post(f"{served.url}/api/auth/guest").json()["session"]
    said["before"] = ask(served.url, session), ready(served.url)
    kept = said["before"][0]["parts"][0]["messageMetadata"]["conversation_id"]
    fill()
    said["full"] = ask(served.url, session), ask(served.url, session, kept), ready(served.url)
    guest = httpx.post(f"{served.url}/api/auth/guest")
    said["guest"] = guest.status_code, guest.json()
    live = httpx.get(f"{served.url}/readyz").json()["dependencies"]["index"]
    write_small_book(elsewhere)
    (elsewhere / "docs" / "more.md").write_text("# More\\n\\nA page that is not in the index yet.\\n")
    said["build"] = command("index", "build")
    said["live"] = live == httpx.get(f"{served.url}/readyz").json()["dependencies"]["index"]
    filler.unlink()
    said["after"] = ask(served.url, session, kept), ready(served.url)
    headers = {"authorization": f"Bearer {session['access_token']}"}
    said["history"] = httpx.get(f"{served.url}/api/conversations/{kept}", headers=headers).json()["messages"]
fill()
said["serve"] = command("serve", "--port", "1")
print(json.dumps(said))
"""


def _small_disk() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def said(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was answered before the disk was full, while it was, and after."""
    if not _small_disk():
        pytest.skip("A small disk cannot be mounted here: a full one is not tested.")
    disk, elsewhere = (tmp_path_factory.mktemp(name) for name in ("disk", "elsewhere"))
    mount = f'mount -t tmpfs -o size=120M tmpfs "{disk}" && exec "$0" "$@"'
    arguments = [sys.executable, "-c", RUN, str(disk), str(small_index), str(elsewhere)]
    command = ["unshare", "-rm", "sh", "-c", mount, *arguments]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-6000:]
    return dict(json.loads(done.stdout.splitlines()[-1])) | {"log": done.stderr}


def history_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["data"] for part in answer["parts"] if part["type"] == "data-history"]


def test_a_turn_that_cannot_be_kept_is_answered_and_said_to_be_lost(said: dict[str, Any]) -> None:
    assert history_of(said["before"][0]) == []
    for answer in said["full"][:2]:
        assert answer["status"] == 200
        assert [part["type"] for part in answer["parts"]][-1] == "finish"
        (told,) = history_of(answer)
        assert told["saved"] is False
        assert "as soon as" not in told["message"]


def test_readiness_names_the_disk_while_it_is_full_and_no_longer(said: dict[str, Any]) -> None:
    assert said["before"][1] == [200, {"state": "ok"}]
    status, disk = said["full"][2]
    assert (status, disk["state"], disk["code"]) == (503, "failed", "storage_unavailable")
    assert "No space left on device" in disk["message"]
    assert said["after"][1] == [200, {"state": "ok"}]


def test_what_needs_the_disk_is_503_in_plain_words(said: dict[str, Any]) -> None:
    status, body = said["guest"]
    assert (status, body["error"]["code"]) == (503, "storage_unavailable")
    assert "Traceback" not in said["log"]


def test_turns_are_kept_again_once_there_is_room(said: dict[str, Any]) -> None:
    assert history_of(said["after"][0]) == []
    assert [message["role"] for message in said["history"]] == ["user", "assistant", "user", "assistant"]


def test_a_build_says_that_the_disk_is_full_and_leaves_the_live_one(said: dict[str, Any]) -> None:
    assert said["build"]["code"] == 1, said["build"]
    assert "Traceback" not in said["build"]["err"]
    assert "error (storage_unavailable): " in said["build"]["err"]
    assert "full" in said["build"]["err"] or "No space left" in said["build"]["err"]
    assert said["live"] is True


def test_a_start_with_a_full_disk_names_it(said: dict[str, Any]) -> None:
    assert said["serve"]["code"] == 2
    assert "DATA_DIR" in said["serve"]["err"]
    assert "No space left on device" in said["serve"]["err"]
    assert "Traceback" not in said["serve"]["err"]
