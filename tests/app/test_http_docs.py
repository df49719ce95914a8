"""docs/http.md names every call and every code."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from app.errors import CODE_BY_STATUS
from app.server import create_app
from app.settings import AppSettings
from storage.errors import BookragError

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
