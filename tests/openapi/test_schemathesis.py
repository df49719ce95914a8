"""Schemathesis asks every call of `/openapi.json` with good and bad data: a run of its own, `make test-api`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.serving import Served, copied, serving

pytestmark = pytest.mark.conformance

SCHEMATHESIS = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
# What JSON Schema cannot say is refused as well: weak passwords, questions without words, tokens that are none.
# What is forgotten, and what nothing is to be read on in, is 204 and not 404. Beside `/api/conversations/export` stands
# `/api/conversations/{conversation_id}`, whose methods reach it too.
NOT_CHECKED = "negative_data_rejection,positive_data_acceptance,ignored_auth,use_after_free,allow_header_conformance"
ENDS_THE_SESSION = "/api/auth/signout"
NO_LIMITS = dict.fromkeys(
    (
        *("questions_per_reader", "questions_per_address", "searches_per_reader", "searches_per_address"),
        *("guests_per_address", "sign_ups_per_address"),
    ),
    "off",
)


@pytest.fixture(scope="module")
def served(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = copied(small_index, tmp_path_factory.mktemp("schemathesis"))
    settings = AppSettings.model_validate({**NO_LIMITS, "streams_per_reader": 0})
    with (
        GeminiServer(Reply(chunks=("The ground only pushes [1].",))) as gemini,
        serving(data_dir, gemini_url=gemini.url, app=settings) as running,
    ):
        yield running


def _run(served: Served, folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", SCHEMATHESIS, "run", f"{served.url}/openapi.json", "--seed", "1"]
    command += ["--max-examples", "12", "--continue-on-failure", "--exclude-checks", NOT_CHECKED, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.timeout(600)
def test_every_answer_to_a_reader_is_as_described(served: Served, tmp_path: Path) -> None:
    token = httpx.post(f"{served.url}/api/auth/guest").json()["access_token"]
    _run(served, tmp_path, "--header", f"Authorization: Bearer {token}", "--exclude-path", ENDS_THE_SESSION)


@pytest.mark.timeout(600)
def test_every_answer_to_somebody_without_a_token_is_as_described(served: Served, tmp_path: Path) -> None:
    _run(served, tmp_path, "--phases", "examples,fuzzing")
