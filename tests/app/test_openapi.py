"""`/openapi.json` can be used by client generators, says what is really answered, and `/docs` shows it offline."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from app.api_schemas import AliveOut, AnswerOut, ErrorOut, OpenConversationOut, ReadyOut, SearchOut, StreamPart
from app.main import create_app
from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.serving import Served, copied, serving

QUESTION = "Why can the zero moment point not leave the support polygon?"
METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(create_app(settings=AppSettings(_env_file=None)).openapi()))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def served(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    chunks = ("The ground only pushes [1].",)
    data_dir = copied(small_index, tmp_path_factory.mktemp("openapi"))
    with GeminiServer(Reply(chunks=chunks)) as gemini, serving(data_dir, gemini_url=gemini.url) as running:
        yield running


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in methods.keys() & METHODS:
            yield f"{method.upper()} {path}", methods[method]


def test_the_document_is_valid_and_each_reference_leads_somewhere(document: dict[str, Any]) -> None:
    validate(document)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known
    assert "x-token-required" not in json.dumps(document)


def test_every_error_of_every_call_has_our_shape(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and "/readyz" not in name:
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorOut"}, (
                    name
                )
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_every_answer_with_a_body_has_a_schema_and_the_token_is_optional_where_it_is(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        whole = [answer for status, answer in operation["responses"].items() if status == "200"]
        kinds = [kind for answer in whole for kind in answer["content"].values()]
        assert all(kind["schema"] for kind in kinds), name
        needs_token = {} not in operation.get("security", [{}])
        assert needs_token == (
            "/conversations" in name or "/account" in name or name.endswith(("/user", "/profile"))
        ), name


def exactly(model: type[BaseModel], content: Any) -> None:
    model.model_validate(content, extra="forbid")


def test_answers_stream_parts_and_history_are_as_described(served: Served) -> None:
    signed_in = httpx.post(f"{served.url}/api/auth/guest").json()
    headers = {"authorization": f"Bearer {signed_in['session']['access_token']}"}
    body = {"message": QUESTION}
    streamed = httpx.post(f"{served.url}/api/chat", json=body, headers=headers, timeout=60).text
    parts = [json.loads(line[len("data: ") :]) for line in streamed.splitlines() if line.startswith("data: {")]
    assert {"start", "text-delta", "data-sources", "data-grounding", "data-citations"} <= {p["type"] for p in parts}
    for part in parts:
        exactly(StreamPart, part)
    whole = httpx.post(f"{served.url}/api/chat", json=body, headers={"accept": "application/json"}, timeout=60)
    exactly(AnswerOut, whole.json())
    exactly(SearchOut, httpx.get(f"{served.url}/api/search", params={"q": QUESTION}).json())
    conversation = parts[0]["messageMetadata"]["conversation_id"]
    opened = httpx.get(f"{served.url}/api/conversations/{conversation}", headers=headers).json()
    assert len(opened["messages"]) == 2
    exactly(OpenConversationOut, opened)
    exactly(AliveOut, httpx.get(f"{served.url}/healthz").json())
    ReadyOut.model_validate(httpx.get(f"{served.url}/readyz").json())


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/api/search", {}),
        ("GET", "/api/search", {"params": {"q": "x", "k": "0"}}),
        ("POST", "/api/chat", {"content": b"{"}),
        ("POST", "/api/auth/signin", {"json": {"email": 3}}),
        ("GET", "/api/conversations", {}),
        ("GET", "/nowhere", {}),
        ("PUT", "/api/search", {}),
    ],
)
def test_errors_are_as_described(served: Served, method: str, path: str, options: dict[str, Any]) -> None:
    answer = httpx.request(method, f"{served.url}{path}", **options)
    assert answer.status_code >= 400
    exactly(ErrorOut, answer.json())


def test_the_interfaces_page_loads_nothing_from_elsewhere(served: Served) -> None:
    page, chat = httpx.get(f"{served.url}/docs"), httpx.get(f"{served.url}/")
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == chat.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert "//" not in address
        assert httpx.get(f"{served.url}/{address}").status_code == 200


@pytest.mark.conformance
@pytest.mark.skipif(shutil.which("npx") is None, reason="npx is not installed: openapi-typescript is not run")
@pytest.mark.timeout(300)
def test_openapi_typescript_makes_types_of_the_document(document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    command = ["npx", "--yes", "openapi-typescript@7.13.0", "openapi.json", "-o", "types.ts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    types = (tmp_path / "types.ts").read_text("utf-8")
    assert all(f" {name}:" in types for name in document["components"]["schemas"])
