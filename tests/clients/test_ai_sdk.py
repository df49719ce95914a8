"""The AI SDK itself against the server: `DefaultChatTransport` and `AbstractChat` of two major versions, in Node.

Three releases: the newest one, the newest of version 5, and an older one of version 5 that rejects unknown keys on
known parts. The packages come from the lockfile beside this file, into a temporary folder.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, copied, serving

HERE = Path(__file__).parent
SLOW = Reply(chunks=tuple(f"word{number} " for number in range(30)), pace_seconds=0.05)
QUESTION = "Why can the zero moment point not leave the support polygon?"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the AI SDK is not tested"),
]

Run = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script beside its packages."""
    folder = tmp_path_factory.mktemp("clients")
    for name in ("client.mjs", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "client.mjs"


gemini = gemini_fixture(Reply(chunks=("The ground ", "only pushes [1].")), condense=QUESTION)


@pytest.fixture(scope="module")
def served(gemini: GeminiServer, small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = copied(small_index, tmp_path_factory.mktemp("served"))
    with serving(data_dir, gemini_url=gemini.url, app=AppSettings(_env_file=None)) as running:
        yield running


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return str(httpx.post(f"{served.url}/api/auth/guest").json()["session"]["access_token"])


@pytest.fixture(params=["ai5-strict", "ai5", "ai"])
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(package: str, client: Path, served: Served, token: str) -> Run:
    """Run one scenario as a signed-in reader; what it reports."""
    return lambda scenario: node(client, package, served.url, token, scenario)


def node(client: Path, package: str, url: str, token: str, scenario: str) -> dict[str, Any]:
    command = ["node", str(client), package, url, token, scenario]
    done = subprocess.run(command, cwd=client.parent, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def stored(served: Served, token: str, conversation: str) -> list[dict[str, Any]]:
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.get(f"{served.url}/api/conversations/{conversation}", headers=headers)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def test_an_answer_with_its_sources_and_metadata(run: Run) -> None:
    assert run("send") == {"text": "The ground only pushes [1]."}


def test_the_strict_client_is_strict(client: Path, served: Served) -> None:
    assert node(client, "ai5-strict", served.url, "", "unknownKey") == {"status": "error"}


def test_somebody_without_a_token_is_answered_too(package: str, client: Path, served: Served) -> None:
    for scenario in ("send", "followUp", "regenerate", "nothingToResume"):
        node(client, package, served.url, "", scenario)


def test_a_follow_up_knows_what_was_said(run: Run, gemini: GeminiServer, served: Served, token: str) -> None:
    conversation = run("followUp")["conversation"]
    assert QUESTION in gemini.condensations[-1].everything
    assert len(stored(served, token, conversation)) == 4


def test_regenerating_makes_versions(run: Run, served: Served, token: str) -> None:
    messages = stored(served, token, run("regenerate")["conversation"])
    assert [(message["role"], message["version"]) for message in messages] == [
        ("user", 1),
        ("assistant", 1),
        ("assistant", 2),
        ("assistant", 3),
    ]


def test_editing_branches(run: Run, served: Served, token: str) -> None:
    messages = stored(served, token, run("edit")["conversation"])
    questions = [message for message in messages if message["role"] == "user"]
    assert [question["version"] for question in questions] == [1, 1, 2]
    assert questions[1]["parent_id"] == questions[2]["parent_id"]


def test_stopping_keeps_what_was_written(run: Run, gemini: GeminiServer, served: Served, token: str) -> None:
    gemini.script(SLOW)
    report = run("stop")
    answers = [item for item in stored(served, token, report["conversation"]) if item["role"] == "assistant"]
    assert [answer["status"] for answer in answers] == ["incomplete", "complete"]
    assert answers[0]["content"] == report["written"]


def test_leaving_and_stopping(run: Run, gemini: GeminiServer, served: Served, token: str) -> None:
    gemini.script(SLOW)
    messages = stored(served, token, run("abort")["conversation"])
    assert messages[-1]["status"] == "incomplete"
    assert gemini.streams[-1].closed.is_set()


def test_a_page_that_is_loaded_again_resumes(run: Run, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    assert run("resume")["text"] == "".join(SLOW.chunks)


def test_nothing_to_resume_is_no_error(run: Run) -> None:
    run("nothingToResume")


def test_an_answer_that_breaks_off_is_an_error_and_can_be_asked_again(run: Run, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("Half an ", "answer"), ending="drop"))
    report = run("error")
    assert report["written"] == "Half an answer"
    assert report["message"].endswith(".")
    assert report["again"] == "The ground only pushes [1]."


def test_a_refusal_is_the_body_of_the_response(run: Run) -> None:
    assert json.loads(run("refusal")["body"])["error"]["code"] == "message_too_long"


def test_a_post_that_is_sent_again_is_one_answer(run: Run, gemini: GeminiServer, served: Served, token: str) -> None:
    before = len(gemini.streams)
    report = run("retry")
    assert report["text"] == "The ground only pushes [1]."
    assert len(gemini.streams) == before + 1
    assert len(stored(served, token, report["conversation"])) == 2
