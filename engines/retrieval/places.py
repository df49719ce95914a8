"""Where in the book to look: a reader's scope as filters of the index; called by `engines.retrieval.ranking`."""

import posixpath
import re
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit

from engines.events import Scope
from storage.index import payload
from storage.index.records import BuildRecord
from storage.index.search import ChunkFilter, StoredChunk

# Scripts that tell a language's questions from those of books in Latin script; the first locale that fits is taken.
_SCRIPTS = (
    (re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), ("ur", "ar", "fa", "ps", "sd", "ug")),
    (re.compile(r"[\u3040-\u30ff]"), ("ja",)),
    (re.compile(r"[\uac00-\ud7af]"), ("ko",)),
    (re.compile(r"[\u4e00-\u9fff]"), ("zh", "ja")),
    (re.compile(r"[\u0400-\u04ff]"), ("ru", "uk", "bg", "sr", "be")),
    (re.compile(r"[\u0900-\u097f]"), ("hi", "mr", "ne")),
    (re.compile(r"[\u0590-\u05ff]"), ("he",)),
    (re.compile(r"[\u0370-\u03ff]{3}"), ("el",)),
    (re.compile(r"[\u0e00-\u0e7f]"), ("th",)),
    (re.compile(r"[\u0980-\u09ff]"), ("bn",)),
    (re.compile(r"[\u0b80-\u0bff]"), ("ta",)),
)


class FindPage(Protocol):
    """Looks up what is stored of a page."""

    async def __call__(self, filters: ChunkFilter) -> StoredChunk | None:
        """Any chunk that passes the filters."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, and the page that the reader is on where the index has it."""

    filters: ChunkFilter
    page: ChunkFilter | None = None


async def find_place(scope: Scope, question: str, build: BuildRecord, find: FindPage) -> Place:
    """The filters for a scope; a reader's own page decides locale and version where the scope does not."""
    page = await _page(scope, find) if scope.page_url else None
    locale = scope.locale or _on_page(page, payload.LOCALE) or question_locale(question, build)
    version = scope.version
    if version is None and page is not None and not page.metadata.get(payload.LATEST, True):
        version = _on_page(page, payload.VERSION)
    filters = ChunkFilter(locale=locale, version=version, latest=None if version else True)
    if page is not None:
        own = replace(filters, url=str(page.metadata[payload.URL]))
        if scope.limit == "page":
            return Place(own, own)
        if scope.limit == "chapter":
            return Place(await _chapter(filters, own.url or "", find), own)
        return Place(filters, own)
    if scope.limit == "book" or not scope.page_url:
        return Place(filters)
    path = page_path(scope.page_url)
    if scope.limit == "page":
        return Place(replace(filters, url=path))
    return Place(await _chapter(filters, path, find))


def question_locale(question: str, build: BuildRecord) -> str | None:
    """The locale whose script a question is written in, else the book's default one; None where neither is known."""
    default = build.book.get("default_locale")
    locales = [name for name in build.book.get("locales", "").split(",") if name]
    if len(locales) > 1:
        letters = sum(character.isalpha() for character in question)
        for script, languages in _SCRIPTS:
            if len(script.findall(question)) * 2 < letters:
                continue
            for language in languages:
                fitting = [name for name in locales if re.split("[-_]", name)[0].lower() == language]
                if fitting:
                    return default if default in fitting else fitting[0]
    return default


def page_path(page_url: str) -> str:
    """The permalink in an address as a browser has it: without origin, query and fragment, decoded."""
    try:
        path = unquote(urlsplit(page_url.strip()).path)
    except ValueError:
        path = page_url.strip()
    return path if path.startswith("/") else f"/{path}"


async def _page(scope: Scope, find: FindPage) -> StoredChunk | None:
    path = page_path(scope.page_url or "")
    bare = path.rstrip("/") or "/"
    for url in dict.fromkeys((path, bare, f"{bare}/")):
        found = await find(ChunkFilter(locale=scope.locale, version=scope.version, url=url))
        if found is not None:
            return found
    return None


async def _chapter(filters: ChunkFilter, url: str, find: FindPage) -> ChunkFilter:
    """The pages below a page where there are any, else those beside it."""
    below = replace(filters, url_prefix=f"{url.rstrip('/')}/")
    if url.rstrip("/") and await find(below) is not None:
        # `/docs/arm/` as the chapter's own page would be found by its prefix as well: it belongs to the chapter.
        return below
    parent = posixpath.dirname(url.rstrip("/"))
    return replace(filters, url_prefix=f"{parent.rstrip('/')}/")


def _on_page(page: StoredChunk | None, key: str) -> str | None:
    return str(page.metadata[key]) if page is not None and page.metadata.get(key) else None
