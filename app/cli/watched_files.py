"""The files that `bookrag index build --watch` watches: those that may change the book."""

import os.path
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter

from indexing.docusaurus.site import Site
from indexing.settings import BookSettings
from storage.errors import InputError

_WRITTEN = frozenset((*DefaultFilter.ignore_dirs, ".docusaurus", "build"))  # by programs, not by the book's authors
_PAGE_OR_FOLDER = frozenset((".md", ".mdx", ""))


def watched_folders(settings: BookSettings) -> list[Path]:
    """The site's folder, and the book's if that is not in it; absolute. Raises InputError if one is missing."""
    book = _absolute(settings.book_dir)
    site = _absolute(settings.site_dir) if settings.site_dir else book.parent
    folders = [site] if book.is_relative_to(site) else [site, book]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder} to watch: see BOOK_DIR and SITE_DIR.")
    return folders


class BookFiles:
    """Whether a change may concern the book; files that a build of the site or of the index writes do not.

    A folder with the name of such a build is watched nevertheless if it is among the book's pages.
    """

    def __init__(self, watched: Iterable[Path], settings: BookSettings, data_dir: Path) -> None:
        self._watched = list(watched)
        self._pages = [_absolute(settings.book_dir)]
        self._data_dir = _absolute(data_dir)
        self._saved = DefaultFilter(ignore_dirs=())  # temporary files of editors are ignored

    def know(self, site: Site) -> None:
        """Set the folders of pages from the site's settings."""
        instances = [docs for of_locale in site.docs.values() for docs in of_locale]
        pages = {site.folder / path for docs in instances for path in (docs.path, docs.prefixed("versioned_docs"))}
        pages |= {locale.folder for locale in site.locales if locale.folder is not None}
        self._pages = [_absolute(folder) for folder in sorted(pages)]

    def __call__(self, change: Change, name: str) -> bool:
        """The filter that `watchfiles` calls."""
        path = Path(name)
        if path.is_relative_to(self._data_dir) or not self._saved(change, path.name):
            return False
        if _WRITTEN.isdisjoint(_names_below(self._watched, path)):
            return True
        below_pages = any(path.is_relative_to(folder) for folder in self._pages)
        return below_pages and path.suffix in _PAGE_OR_FOLDER and ".git" not in _names_below(self._pages, path)


def _names_below(roots: Iterable[Path], path: Path) -> set[str]:
    """The names in a path below the roots that contain it; folders above the roots may have any name."""
    return {part for root in roots if path.is_relative_to(root) for part in path.relative_to(root).parts}


def _absolute(path: Path) -> Path:
    """The absolute path without `..`, with symbolic links kept, as the system reports changes."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # `resolve` follows links
