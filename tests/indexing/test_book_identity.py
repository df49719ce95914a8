"""What tells one book from another in the records of their builds."""

import os
import subprocess
from pathlib import Path

import pytest

from engines.embedding.embedding_model import describe_model
from engines.settings import EngineSettings
from indexing.book_identity import book_metadata, book_name, git_commit, is_another_book
from indexing.chunking import chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.settings import BookSettings
from tests.small_book import write_small_book
from tests.tables import each_row

ROBOTS = {"title": "Robots", "site_url": "https://robots.example", "folder": "robots/docs"}
COOKING = {"title": "Cooking", "site_url": "https://cooking.example", "folder": "cooking/docs"}
UNTITLED = {"site_url": "https://books.example", "folder": "books/robots/docs"}
OLD = {"site_url": "https://robots.example"}  # of a build that kept no more


@each_row(
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
    book = read_book(BookSettings(_env_file=None, book_dir=docs)).book
    cut = chunk_book(book, describe_model(EngineSettings(_env_file=None)), Silent(), folder=docs)
    assert book_metadata(cut)["title"] == "A Small Book"
    assert book_metadata(cut)["folder"] == "checkout/site/docs"


def _git(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@book.example")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_commit_of_a_checkout_is_known(tmp_path: Path) -> None:
    _git(tmp_path, "init")
    _git(tmp_path, "commit", "--allow-empty", "-m", "First")
    (tmp_path / "site" / "docs").mkdir(parents=True)
    assert len(git_commit(tmp_path / "site" / "docs")[0] or "") == 40
    assert git_commit(tmp_path / "site" / "docs")[1] == ""


def test_an_unknown_commit_has_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert git_commit(None)[1] == "the book has no folder"
    (tmp_path / "plain").mkdir()
    assert git_commit(tmp_path / "plain")[1] == "the book is not in a git checkout"
    _git(tmp_path / "empty", "init")
    assert git_commit(tmp_path / "empty")[1] == "the repository has no commit"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(tmp_path / "plain")[1] == "git is not installed"
    assert git_commit(tmp_path / "plain")[0] is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_checkout_of_another_user_is_not_trusted_and_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    _git(tmp_path / "book", "init")
    for path in (tmp_path / "book", *(tmp_path / "book").rglob("*")):
        os.chown(path, 12345, 12345)
    assert "safe.directory" in git_commit(tmp_path / "book")[1]
