"""Small sites for tests: a folder is written from a mapping of paths to texts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from indexing.pages import Book
from indexing.read_book import read_book
from indexing.settings import BookSettings

Files = dict[str, str | bytes]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def write_site(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write `files` below `folder`, which is the site's."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    return folder


def book_settings(folder: Path, **settings: Any) -> BookSettings:
    """Settings for the site in `folder`, without the environment's."""
    values: dict[str, Any] = {"book_dir": folder / "docs", "site_dir": folder} | settings
    return BookSettings(_env_file=None, **values)


def read(folder: Path, files: dict[str, str | bytes] | None = None, **settings: Any) -> Book:
    """The book of the site that `files` make."""
    write_site(folder, files or {})
    return read_book(book_settings(folder, **settings)).book


def config(**values: Any) -> str:
    """A docusaurus.config.js with these values beside the classic preset's."""
    data = {"title": "Book", "url": "https://book.example", "baseUrl": "/", "presets": [["classic", {}]]} | values
    return f"module.exports = {json.dumps(data)};\n"


def quiet_config(**values: Any) -> str:
    """The same for a site of docs alone, whose doubtful links and routes stop no build; `docs` has their options."""
    quiet = {"onBrokenLinks": "ignore", "onBrokenAnchors": "ignore", "onDuplicateRoutes": "ignore"}
    docs = values.pop("docs", {})
    return config(**quiet, presets=[["classic", {"docs": docs, "blog": False, "pages": False}]], **values)


def urls(book: Book) -> list[str]:
    """The addresses of all pages, in order."""
    return sorted(page.url for page in book.pages)


def fatal(book: Book) -> dict[str, str]:
    """What was left out: file → why."""
    return {problem.source: problem.message for problem in book.problems if problem.fatal}
