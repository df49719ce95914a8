"""Which changes `bookrag index build --watch` builds for."""

from pathlib import Path

import pytest
from watchfiles import Change

from app.cli.watched_files import BookFiles, watched_folders
from indexing.docusaurus.read_site import read_site
from indexing.settings import BookSettings
from storage.errors import InputError


@pytest.fixture
def settings(tmp_path: Path) -> BookSettings:
    """A site in a folder that is itself called `build`, as on some machines for continuous integration."""
    site = tmp_path / "build" / "site"
    (site / "docs").mkdir(parents=True)
    (site / "i18n" / "ur" / "docusaurus-plugin-content-docs").mkdir(parents=True)
    return BookSettings(_env_file=None, book_dir=site / "docs", run_site_config=False)


def _files(settings: BookSettings, data_dir: str = "data") -> BookFiles:
    site = settings.book_dir.parent
    files = BookFiles(watched_folders(settings), settings, site / data_dir)
    files.know(read_site(settings))
    return files


@pytest.mark.parametrize(
    "path",
    [
        "docs/intro.md",
        "docs/build/colcon.md",
        "docs/build",  # moved as a whole
        "docs/node_modules/guide.mdx",
        "versioned_docs/version-1/build/colcon.md",
        "i18n/ur/docusaurus-plugin-content-docs/current/build/colcon.md",
        "docusaurus.config.js",
        "versions.json",
        "database.md",
    ],
)
def test_what_may_change_the_book_is_built_for(settings: BookSettings, path: str) -> None:
    assert _files(settings)(Change.modified, str(settings.book_dir.parent / path))


@pytest.mark.parametrize(
    "path",
    [
        "build/docs/intro/index.html",
        "build/intro.md",
        ".docusaurus/routes.js",
        "node_modules/package/README.md",
        "docs/build/picture.png.tmp",
        "docs/.git/notes.md",
        "docs/intro.md~",
        "data/index/vectors.sqlite",
    ],
)
def test_what_programs_write_is_not_built_for(settings: BookSettings, path: str) -> None:
    assert not _files(settings)(Change.modified, str(settings.book_dir.parent / path))


def test_the_index_is_none_of_the_book_even_among_its_pages(settings: BookSettings) -> None:
    files = _files(settings, data_dir="docs/data")
    assert not files(Change.modified, str(settings.book_dir / "data" / "notes.md"))
    assert files(Change.modified, str(settings.book_dir / "data.md"))


def test_pages_outside_the_site_s_folder_are_watched(tmp_path: Path) -> None:
    for name in ("docs", "website"):
        (tmp_path / name).mkdir()
    settings = BookSettings(_env_file=None, book_dir=tmp_path / "docs", site_dir=tmp_path / "website")
    assert watched_folders(settings) == [tmp_path / "website", tmp_path / "docs"]
    assert watched_folders(settings.model_copy(update={"site_dir": None})) == [tmp_path]


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    settings = BookSettings(_env_file=None, book_dir=tmp_path / "missing" / "docs")
    with pytest.raises(InputError, match="BOOK_DIR"):
        watched_folders(settings)
