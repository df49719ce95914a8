"""docs/http.md names every call, every code and every field of an answer."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from uvicorn.importer import import_from_string

from app.errors import CODE_BY_STATUS
from app.main import create_app
from app.settings import AppSettings
from storage.errors import BookragError
from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
NOT_FROM_HTTP = {"bookrag_error", "check_failed"}  # the base class, and a gate of the command line


def _classes(base: type[BookragError]) -> Iterator[type[BookragError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _classes(cls)


def test_every_call_is_documented() -> None:
    paths = create_app(settings=AppSettings(_env_file=None)).openapi()["paths"]
    missing = [
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if f"{method.upper()} {path}" not in TEXT and f"`{method.upper()} {path}" not in TEXT
    ]
    listed = re.findall(r"`(/api/auth/\w+)`", TEXT)
    assert [call for call in missing if call.partition(" ")[2] not in listed] == []


def test_every_code_is_documented() -> None:
    importlib.import_module("engines.errors")
    codes = {cls.code for cls in _classes(BookragError) if "code" in vars(cls)} | set(CODE_BY_STATUS.values())
    source = "".join(file.read_text("utf-8") for file in Path(__file__).parents[2].glob("app/**/*.py"))
    codes |= set(re.findall(r'RequestError\(\d+, "(\w+)"', source))
    assert {code for code in codes - NOT_FROM_HTTP if f"`{code}`" not in TEXT} == set()


def _documented(part: str) -> set[str]:
    """The fields that the table of parts gives for one of ours."""
    (fields,) = re.findall(rf"\| `{part}` \| `data: \[?{{([^}}]*)}}", TEXT)
    return set(fields.split(", "))


def test_every_field_of_an_answer_is_documented_as_it_is(data_dir: Path) -> None:
    question = "Why can the zero moment point not leave the support polygon?"
    chunks = ("The ground only pushes [1].",)
    with GeminiServer(Reply(chunks=chunks)) as gemini, serving(data_dir, gemini_url=gemini.url) as served:
        body, url = {"message": question}, f"{served.url}/api/chat"
        answer = httpx.post(url, json=body, timeout=60)
        whole = httpx.post(url, json=body, headers={"accept": "application/json"}, timeout=60).json()
        found = httpx.get(f"{served.url}/api/search", params={"q": question}).json()["results"]
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line.startswith("data: {")]
    parts: dict[str, Any] = {part["type"]: part for part in map(json.loads, lines)}
    assert set(parts) == {kind for kind in parts if f"`{kind}`" in TEXT}
    for kind in ("data-grounding", "data-citation", "data-citations", "data-finish"):
        assert set(parts[kind]["data"]) == _documented(kind), kind
    sources = _documented("data-sources")
    assert all(set(source) == sources for source in [*parts["data-sources"]["data"], *found])
    (one,) = re.findall(r"^`{(conversation_id, [^}]*)}`", TEXT, re.MULTILINE)
    assert set(whole) == {name for name in one.split(", ") if not name.endswith("?")} | {"resolved"}


def test_servers_that_import_the_application_by_name_get_it_whole() -> None:
    application = import_from_string("app.main:app")
    assert application.openapi()["paths"].keys() == create_app().openapi()["paths"].keys()
