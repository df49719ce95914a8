"""What is deployed: the action's script, the proxy and the container files, without a container engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.qdrant_server import QdrantServer
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


ASKED = {
    "/docs/balance/zmp": ("zero moment point", "tipping moments", "support polygon of the feet", "stable planner"),
    "/docs/balance/capture-point": ("capture point", "complete stop", "where a robot must step", "after a push"),
    "/docs/ros": ("publisher node", "message type", "QoSProfile", "create_publisher"),
}


def write_questions(site: Path, *forms: str) -> None:
    """Twelve questions of each form, thirty-six by default, as the gate compares no fewer than thirty."""
    questions = [
        {"id": f"{number}-{phrase}", "question": form.format(phrase), "relevant": [page]}
        for page, phrases in ASKED.items()
        for phrase in phrases
        for number, form in enumerate(forms or ("What about {}?", "Explain {}.", "{}"))
    ]
    (site / "eval").mkdir(exist_ok=True)
    (site / "eval" / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in questions), "utf-8")


@pytest.mark.processes
@pytest.mark.timeout(300)  # three jobs of three or four commands
@pytest.mark.parametrize("on_qdrant", [False, True], ids=["data", "qdrant-url"])
def test_the_action_fails_on_a_fall_of_what_questions_find(
    job: dict[str, str], tmp_path: Path, on_qdrant: bool
) -> None:
    """The main branch builds; a pull request has its cache, and may have the index on Qdrant."""
    docs = Path(job["BOOK_DIR"])
    write_questions(docs.parent)
    page = docs / "01-balance" / "02-capture-point.md"
    with QdrantServer(tmp_path / "qdrant", api_key="key") if on_qdrant else nullcontext() as qdrant:
        job |= {"QDRANT_URL": qdrant.url, "QDRANT_API_KEY": "key"} if qdrant else {}
        assert run_job(job, GITHUB_EVENT_NAME="push").returncode == 0
        kept = shutil.copytree(job["DATA_DIR"], tmp_path / "cache")

        def pull_request(text: str) -> tuple[int, str]:
            shutil.rmtree(job["DATA_DIR"])
            shutil.copytree(kept, job["DATA_DIR"])
            page.write_text(text, "utf-8")
            code = run_job(job, GITHUB_EVENT_NAME="pull_request").returncode
            return code, Path(job["GH_CALLS"]).read_text("utf-8")

        better = pull_request(page.read_text("utf-8") + "\nIt is measured from the feet.\n")
        kitchen = "# Page\n\nThe kitchen has a kettle, two chairs and a blue door.\n"
        worse = pull_request(kitchen)
        write_questions(docs.parent, "What about {}?", "What is said about {}?", "Where is {} explained?")
        worse_with_others = pull_request(kitchen)
    assert better[0] == 0, better[1]
    assert "36 questions" in better[1]
    assert "compare with" not in better[1]
    assert "not measured" not in better[1]
    assert worse[0] == 1, worse[1]
    assert "fell from" in worse[1]
    assert worse_with_others[0] == 1, worse_with_others[1]
    assert "fell from" in worse_with_others[1]
    assert "the live build, asked the same: 36 questions" in worse_with_others[1]


@pytest.mark.processes
def test_the_action_says_what_questions_that_changed_find_in_the_same_book(job: dict[str, str]) -> None:
    site = Path(job["BOOK_DIR"]).parent
    write_questions(site)
    assert run_job(job, GITHUB_EVENT_NAME="push").returncode == 0
    write_questions(site, "What about {}?")
    assert run_job(job, GITHUB_EVENT_NAME="pull_request").returncode == 0
    comment = Path(job["GH_CALLS"]).read_text("utf-8")
    assert "Nothing changed" in comment
    assert "12 questions: ndcg@10" in comment
    assert "with the questions before: 36 questions: ndcg@10" in comment


@pytest.mark.processes
def test_the_action_says_that_there_is_nothing_to_compare_with(job: dict[str, str]) -> None:
    write_questions(Path(job["BOOK_DIR"]).parent)
    assert run_job(job, GITHUB_EVENT_NAME="pull_request").returncode == 0
    assert "there is no live build to compare with" in Path(job["GH_CALLS"]).read_text("utf-8")


def test_the_action_keeps_builds_of_the_main_branch_alone() -> None:
    steps = YAML(typ="safe").load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    caches = {step["uses"].partition("@")[0]: step for step in steps if "actions/cache" in step.get("uses", "")}
    assert caches["actions/cache"]["if"].endswith("== 'build'")
    assert caches["actions/cache/restore"]["if"].endswith("!= 'build'")
    assert caches["actions/cache"]["with"] == caches["actions/cache/restore"]["with"]
    (kind,) = [step for step in steps if step.get("id") == "kind"]
    for command, event, wanted in (
        ("auto", "pull_request", "plan"),
        ("auto", "push", "build"),
        ("plan", "push", "plan"),
        ("build", "pull_request", "build"),
    ):
        environment = {"COMMAND": command, "GITHUB_EVENT_NAME": event, "GITHUB_OUTPUT": "/dev/stdout"}
        shell = ["bash", "-euo", "pipefail", "-c", kind["run"]]
        ran = subprocess.run(shell, env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout == f"command={wanted}\n"


def test_the_guides_and_the_action_edit_their_comment() -> None:
    for name in ("deploy/index_in_ci.sh", "docs/maintainers.md"):
        text = (ROOT / name).read_text("utf-8")
        calls = re.findall(r"gh pr comment(?:.*\\\n)*.*", text)
        assert calls, name
        assert all("--edit-last --create-if-none" in call for call in calls), name


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


def stages(dockerfile: str) -> dict[str, list[str]]:
    """The instructions of each stage, with those of the stages that it starts from; the last one is called "last"."""
    found: dict[str, list[str]] = {}
    joined = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    for part in re.split(r"^FROM ", joined, flags=re.MULTILINE)[1:]:
        first, *instructions = filter(None, part.splitlines())
        source, _, name = first.partition(" AS ")
        found[name or "last"] = [*found.get(source, []), *instructions]
    return found


def last(instructions: list[str], keyword: str) -> str:
    return [line.partition(" ")[2] for line in instructions if line.startswith(f"{keyword} ")][-1]


def test_a_book_is_indexed_by_the_user_and_in_the_folders_of_the_server() -> None:
    found = stages((ROOT / "Dockerfile").read_text("utf-8"))
    for stage in ("build", "last"):
        assert last(found[stage], "USER") == "bookrag"  # else the server could not read what root wrote
        assert last(found[stage], "ENTRYPOINT") == '["/opt/bookrag/entrypoint.sh"]'
        assert last(found[stage], "VOLUME") == "/data"
        environment = " ".join(line for line in found[stage] if line.startswith("ENV "))
        assert "DATA_DIR=/data" in environment
        assert " MODELS_DIR=" not in environment  # exports are below DATA_DIR, on the volume that both have
    assert last(found["build"], "ENV").split() == ["HF_HUB_OFFLINE=0", "BOOK_BACKUP="]
    assert "'.[traces]'" in " ".join(found["serving"])
    services = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    assert "data:/data" in services["bookrag"]["volumes"]
    assert "data:/data" in services["index"]["volumes"]


def started(folder: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """What the entry point does with a folder for an image, and with a command that lists the models."""
    script = str(ROOT / "deploy" / "entrypoint.sh")
    environment = {
        "PATH": f"{folder / 'tools'}:/usr/bin:/bin",
        "DATA_DIR": str(folder / "data"),
        "IMAGE_MODELS": str(folder / "image"),
        "BOOK_BACKUP": str(folder / "book.tar.gz"),
    }
    command = ["sh", script, "ls", str(folder / "data" / "models")]
    return subprocess.run(command, env=environment | more, capture_output=True, text=True, check=True)


def test_the_models_of_the_image_stand_beside_exports_on_the_volume(tmp_path: Path) -> None:
    for name in ("image/default", "data/models/exported", "tools"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "image" / "default" / "model.onnx").touch()
    restore = tmp_path / "tools" / "bookrag"
    restore.write_text("#!/bin/sh\nprintf '%s ' \"$@\" && ls $DATA_DIR\n")
    restore.chmod(0o755)
    for _ in range(2):
        assert started(tmp_path).stdout.split() == ["default", "exported"]
    assert (tmp_path / "data" / "models" / "default" / "model.onnx").is_file()
    (tmp_path / "data" / "models" / "exported").rmdir()
    (tmp_path / "book.tar.gz").touch()
    # A backup may bring models of its own, and is restored where there are none.
    assert started(tmp_path).stdout.split() == ["restore", str(tmp_path / "book.tar.gz"), "default"]
    assert started(tmp_path, BOOK_BACKUP="").stdout.split() == ["default"]


def test_the_user_of_the_systemd_machine_has_a_home_that_it_may_write() -> None:
    """The hub's client stores a model there; under /opt/bookrag, which is root's, it cannot."""
    unit = (ROOT / "deploy" / "bookrag.service").read_text("utf-8")
    guide = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert re.findall(r"\bHOME=(\S+)", unit) == ["/var/lib/bookrag"]
    assert re.findall(r"-E HOME=(\S+)", guide) == re.findall(r"--home-dir (\S+)", guide) == ["/var/lib/bookrag"]
    assert "ReadWritePaths=/var/lib/bookrag\n" in unit


FIXED = {"QDRANT_URL", "REDIS_URL", "DATA_DIR", "HOST", "PORT"}  # by which the containers find each other
FIXED_PATHS = {"BOOK_DIR", "SITE_DIR"}  # where the book is in the container that indexes it


@pytest.mark.parametrize(("service", "fixed"), [("bookrag", FIXED), ("index", FIXED | FIXED_PATHS)])
def test_every_setting_of_the_file_of_settings_reaches_the_containers(service: str, fixed: set[str]) -> None:
    names = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert len(names) > 80
    found = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))["services"][service]
    assert found["env_file"] == [{"path": ".env", "required": False}]

    def value(name: str) -> str:
        """What Compose makes of `environment`, which wins over the file, where .env sets each name to `mine`."""
        text = str(found["environment"].get(name, "mine"))
        return re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", lambda match: "mine" if match[1] in names else match[0], text)

    assert {name for name in names if value(name) != "mine"} == fixed


@contextmanager
def nginx_before(url: str, folder: Path) -> Iterator[str]:
    """The address of nginx with deploy/nginx.conf before the server of this address."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    block = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    block = block.replace("http://bookrag:8000", url).replace("listen 80;", f"listen 127.0.0.1:{port};")
    folders = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = f"pid {folder}/pid; events {{}} http {{ access_log off; {folders} {block} }}"
    (folder / "nginx.conf").write_text(config)
    command = ["nginx", "-e", str(folder / "errors"), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with subprocess.Popen(command, env={"PATH": "/usr/sbin:/usr/bin"}) as nginx:
        try:
            wait_until_listening(port, nginx)
            yield f"http://127.0.0.1:{port}"
        finally:
            nginx.terminate()


@pytest.fixture
def proxied(data_dir: Path, tmp_path: Path) -> Iterator[str]:
    """The address of nginx before a server whose model writes slowly."""
    reply = Reply(chunks=("one ", "two ", "three [1]."), pace_seconds=0.4)
    with (
        GeminiServer(reply) as gemini,
        serving(data_dir, gemini_url=gemini.url) as served,
        nginx_before(served.url, tmp_path) as url,
    ):
        yield url


def test_words_come_through_the_proxy_one_by_one(proxied: str) -> None:
    question = {"message": "What is the zero moment point?"}
    with httpx.stream("POST", f"{proxied}/api/chat", json=question, timeout=60) as answer:
        pieces = [piece for piece in answer.iter_bytes() if b"text-delta" in piece]
    assert len(pieces) > 1
    assert httpx.get(f"{proxied}/metrics").status_code == 404


def test_readers_behind_the_proxy_cannot_choose_the_address_by_which_they_are_counted(
    data_dir: Path, tmp_path: Path
) -> None:
    """Also where the server trusts whole private networks, in which the readers are themselves."""
    private = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
    limits = AppSettings(questions_per_reader="1/hour", trusted_proxies=private, _env_file=None)

    def ask(url: str, sender: str, written: str) -> int:
        with httpx.Client(transport=httpx.HTTPTransport(local_address=sender), timeout=60) as client:
            question = {"message": "What is the zero moment point?"}
            return client.post(f"{url}/api/chat", json=question, headers={"x-forwarded-for": written}).status_code

    with serving(data_dir, app=limits) as served, nginx_before(served.url, tmp_path) as url:
        assert ask(url, "127.0.0.1", "203.0.113.9") == 200
        assert ask(url, "127.0.0.1", "198.51.100.7, 192.168.1.20") == 429
        assert ask(url, "127.0.0.2", "203.0.113.9") == 200  # another sender


COMPOSE_NETWORK = ip_network("10.213.57.0/24")


def test_the_containers_trust_their_own_network_alone() -> None:
    compose = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))
    (subnet,) = compose["networks"]["default"]["ipam"]["config"]
    assert ip_network(subnet["subnet"]) == COMPOSE_NETWORK
    trusted = compose["services"]["bookrag"]["environment"]["TRUSTED_PROXIES"]
    assert trusted == f"${{TRUSTED_PROXIES:-{COMPOSE_NETWORK}}}"


@pytest.mark.parametrize(
    ("sender", "forwarded", "reader"),
    [
        ("10.213.57.3", "192.168.1.20", "192.168.1.20"),
        ("10.213.57.3", "203.0.113.9, 192.168.1.20", "192.168.1.20"),
        ("10.213.57.3", "203.0.113.9, 172.20.0.4", "172.20.0.4"),
        ("10.213.57.3", "203.0.113.9, 10.0.0.8", "10.0.0.8"),
        ("192.168.1.20", "203.0.113.9", "192.168.1.20"),
    ],
)
async def test_a_reader_of_a_private_network_is_counted_by_their_own_address(
    sender: str, forwarded: str, reader: str
) -> None:
    seen: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    proxies = AppSettings(trusted_proxies=str(COMPOSE_NETWORK), _env_file=None).proxies
    behind = ProxyHeadersMiddleware(application, trusted_hosts=proxies)  # as `create_app` adds it
    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope: Any = {"type": "http", "client": (sender, 1), "headers": headers, "scheme": "http"}
    unused: Any = None
    await behind(scope, unused, unused)
    assert seen == [reader]
