"""What tells one book from another in the records of their builds."""

from pathlib import Path

import pytest

from engines.embedding.model import describe_model
from engines.settings import EngineSettings
from indexing.book import read_book
from indexing.build_metadata import book_metadata, book_name, is_another_book
from indexing.chunked_book import chunk_book
from indexing.progress import Silent
from indexing.settings import BookSettings
from tests.small_book import write_small_book

ROBOTS = {"title": "Robots", "site_url": "https://robots.example", "folder": "robots/docs"}
COOKING = {"title": "Cooking", "site_url": "https://cooking.example", "folder": "cooking/docs"}
UNTITLED = {"site_url": "https://books.example", "folder": "books/robots/docs"}
OLD = {"site_url": "https://robots.example"}  # of a build that kept no more


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        (ROBOTS, COOKING, True),
        (ROBOTS, ROBOTS | {"folder": "worktree/docs"}, False),  # another checkout of it
        (ROBOTS, ROBOTS | {"title": "Robots, revised", "site_url": "https://staging.example"}, False),
        (ROBOTS, ROBOTS | {"folder": "x/docs", "site_url": "https://other.example"}, True),  # both "My Site"
        (UNTITLED, UNTITLED | {"folder": "books/cooking/docs"}, True),  # two in one checkout, with one SITE_URL
        (ROBOTS, OLD, False),
        (COOKING, OLD, True),
        (ROBOTS, {}, False),
    ],
)
def test_two_books_are_told_apart(mine: dict[str, str], other: dict[str, str], expected: bool) -> None:
    assert is_another_book(mine, other) is expected
    assert is_another_book(other, mine) is expected


def test_a_book_is_called_by_its_title_or_its_folder() -> None:
    assert [book_name(facts) for facts in (ROBOTS, UNTITLED, OLD, {})] == [
        "Robots",
        "books/robots/docs",
        "https://robots.example",
        "",
    ]


def test_a_record_keeps_title_and_folder(tmp_path: Path) -> None:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    docs = write_small_book(tmp_path / "checkout" / "site")
    (docs.parent / "bookrag.site.json").write_text('{"title": "A Small Book", "presets": [["classic", {}]]}')
    book = read_book(BookSettings(_env_file=None, book_dir=docs))
    cut = chunk_book(book, describe_model(EngineSettings(_env_file=None)), Silent(), folder=docs)
    assert book_metadata(cut)["title"] == "A Small Book"
    assert book_metadata(cut)["folder"] == "checkout/site/docs"
