"""Real books against what Docusaurus itself made of them; they stand beside the checkout and are no part of it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from indexing.pages import Book, Page
from indexing.read_book import read_book
from indexing.settings import BookSettings

BOOKS = Path(__file__).parents[4] / "shared" / "books"
SETTINGS: dict[str, dict[str, Any]] = {
    "humanoid-gurupak": {"base_url": "/physical-ai-and-humanoid-robotics/", "trailing_slash": False},
    "humanoid-uneezaismail": {"locales": "en,ur"},
    "humanoid-tahasiraj1": {
        "base_url": "/Physical-AI-Humanoid-Robotics-Textbook/",
        "route_base_path": "/",
        "trailing_slash": False,
        "locales": "en,ur",
    },
    "ionic": {"base_url": "/docs/", "route_base_path": "/", "docs_exclude": "README.md", "locales": "en"},
    "jest": {"site_dir": BOOKS / "jest/website"},
}

pytestmark = pytest.mark.skipif(not BOOKS.is_dir(), reason="the real books are not beside this checkout")


@cache
def _read(name: str) -> tuple[Book, list[dict[str, Any]]]:
    truth = json.loads((BOOKS / f"{name}.truth.json").read_text())
    values = {"book_dir": BOOKS / name / truth["site"]["docs"]} | SETTINGS[name]
    book = read_book(BookSettings(_env_file=None, **values)).book
    return book, truth["pages"]


def _facts(page: Page) -> dict[str, Any]:
    return {
        "url": page.url,
        "title": page.title,
        "version": page.version,
        "locale": page.locale,
        "unlisted": page.unlisted,
        "localized": page.localized,
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_every_page_agrees(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    book, truth = _read(name)
    found = {page.url: page for page in book.pages}
    expected = {page["url"]: page for page in truth if not page["draft"]}
    agree = [
        url
        for url, page in expected.items()
        if url in found
        and _facts(found[url]) == {key: page[key] for key in _facts(found[url])}
        and found[url].source.endswith("/" + page["source"])
    ]
    with capsys.disabled():
        print(f"\n{name}: {len(agree)} of {len(expected)} pages agree", end=" ")  # noqa: T201
    assert sorted(found) == sorted(expected)
    assert len(agree) == len(expected)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_heading_agrees(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    book, truth = _read(name)
    found = {page.url: page for page in book.pages}
    total = 0
    differences: list[object] = []
    for page in truth:
        expected = [(h["level"], h["text"], h["anchor"], h.get("imported", False)) for h in page["headings"]]
        headings = [(h.level, h.text, h.id, h.imported) for h in found[page["url"]].headings]
        runtime = {place for place, h in enumerate(page["headings"]) if h.get("runtime_text")}
        total += len(expected)
        if len(headings) != len(expected):
            differences.append((page["url"], headings, expected))
            continue
        differences += [
            (page["url"], *pair)
            for place, pair in enumerate(zip(headings, expected, strict=True))
            if pair[0] != pair[1] and place not in runtime
        ]
    with capsys.disabled():
        print(f"\n{name}: {total - len(differences)} of {total} headings agree", end=" ")  # noqa: T201
    assert differences == []
