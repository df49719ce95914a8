"""What is deployed: the action's script, the proxy and the container files, without a container engine."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from tests.gemini_server import GeminiServer, Reply
from tests.server_processes import free_port, wait_until_listening
from tests.serving import serving
from tests.small_book import write_small_book

ROOT = Path(__file__).parents[1]
COMMAND = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom app.cli.main import main\nmain()\n"
GH = """#!/bin/sh
printf "%s " "$@" >"$GH_CALLS"
for file; do [ -f "$file" ] && cat "$file" >>"$GH_CALLS"; done
exit 0
"""


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """The environment of a job of the action, with a `gh` that keeps what it is called with."""
    docs = write_small_book(tmp_path / "book")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("bookrag", COMMAND), ("gh", GH)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return {
        "PATH": f"{tools}:/usr/bin:/bin",
        "BOOKRAG": str(tools / "bookrag"),
        "GH_CALLS": str(tmp_path / "gh.txt"),
        "BOOK_DIR": str(docs),
        "DATA_DIR": str(tmp_path / "data"),
        "MODELS_DIR": os.environ["MODELS_DIR"],
        "SITE_URL": "https://book.example",
        "BASE_URL": "/",
        "ROUTE_BASE_PATH": "docs",
        "TRAILING_SLASH": "",
        "COMMAND": "auto",
        "GH_TOKEN": "t",
        "GITHUB_REPOSITORY": "organisation/book",
        "PULL_REQUEST": "7",
    }


def run_job(job: dict[str, str], **more: str) -> "subprocess.CompletedProcess[str]":
    script = str(ROOT / "deploy" / "index_in_ci.sh")
    return subprocess.run(["bash", script], env=job | more, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.processes
def test_the_action_comments_the_plan_and_fails_on_a_dead_link(job: dict[str, str]) -> None:
    ran = run_job(job, GITHUB_EVENT_NAME="pull_request")
    assert ran.returncode == 0, ran.stderr
    comment = Path(job["GH_CALLS"]).read_text("utf-8")
    assert comment.startswith("pr comment 7 --repo organisation/book")
    assert "chunk" in comment
    page = next(Path(job["BOOK_DIR"]).rglob("*.md"))
    page.write_text(page.read_text("utf-8") + "\n\nSee [there](./nowhere.md).\n", "utf-8")
    ran = run_job(job, GITHUB_EVENT_NAME="pull_request")
    assert ran.returncode == 1
    assert "nowhere.md" in Path(job["GH_CALLS"]).read_text("utf-8")


@pytest.mark.processes
def test_the_action_builds_on_the_main_branch(job: dict[str, str]) -> None:
    ran = run_job(job, GITHUB_EVENT_NAME="push")
    assert ran.returncode == 0, ran.stderr
    assert not Path(job["GH_CALLS"]).exists()
    assert (Path(job["DATA_DIR"]) / "index" / "aliases.json").is_file()


def test_every_input_of_the_action_is_used_and_every_file_that_it_names_is_there() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    action = YAML(typ="safe").load(text)
    for name in action["inputs"]:
        assert f"inputs.{name} " in text or f"inputs.{name}}}" in text, name
    assert (ROOT / "deploy" / "index_in_ci.sh").stat().st_mode & 0o100
    assert (ROOT / "deploy" / "entrypoint.sh").stat().st_mode & 0o100


def test_what_the_container_files_name_is_there() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    compose = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))
    settings = {line.partition("=")[0].lstrip("# ") for line in (ROOT / ".env.example").read_text("utf-8").splitlines()}
    for service in ("bookrag", "index"):
        unknown = set(compose["services"][service]["environment"]) - settings
        assert not unknown, unknown


@pytest.fixture
def proxied(data_dir: Path, tmp_path: Path) -> Iterator[str]:
    """The address of nginx with deploy/nginx.conf before a server whose model writes slowly."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    reply = Reply(chunks=("one ", "two ", "three [1]."), pace_seconds=0.4)
    with GeminiServer(reply) as gemini, serving(data_dir, gemini_url=gemini.url) as served:
        block = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        block = block.replace("http://bookrag:8000", served.url).replace("listen 80;", f"listen 127.0.0.1:{port};")
        folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {folders} {block} }}"
        (tmp_path / "nginx.conf").write_text(config)
        command = ["nginx", "-e", str(tmp_path / "errors"), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
        with subprocess.Popen(command, env={"PATH": "/usr/sbin:/usr/bin"}) as nginx:
            url = f"http://127.0.0.1:{port}"
            try:
                wait_until_listening(port, nginx)
                yield url
            finally:
                nginx.terminate()


def test_words_come_through_the_proxy_one_by_one(proxied: str) -> None:
    question = {"message": "What is the zero moment point?"}
    with httpx.stream("POST", f"{proxied}/api/chat", json=question, timeout=60) as answer:
        pieces = [piece for piece in answer.iter_bytes() if b"text-delta" in piece]
    assert len(pieces) > 1
    assert httpx.get(f"{proxied}/metrics").status_code == 404
