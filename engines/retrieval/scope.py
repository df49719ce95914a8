"""Where in the book to search: a reader's scope as filters of the index, and the source edition of a translation.

A locale, a version or a page that the book does not have raises InputError, which names the parameter: it would find
nothing, and the book would seem not to cover the question.

A section that is found in the source language is known in every edition of the book. Pages are paired by their
addresses (the edition's has the locale in it) or, where the editions have equally many, by their place in the table of
contents; sections by their place among the page's headings. Called by the retriever.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit

from engines.events import Scope, Searched
from engines.understanding.words import has_small_english_words
from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import ChunkFilter, Fused, Place, StoredChunk
from storage.vectors.qdrant_vector_store import PinnedBuild

# Scripts by which a language's questions differ from those of books in Latin script; the first matching locale is
# taken.
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

LATEST, NEXT, CURRENT = "latest", "next", "current"

MOST_SECTIONS = 16  # of the source language whose translations are looked up


class ReadableBuild(Protocol):
    """The build against which a scope is checked."""

    record: BuildRecord

    async def first(self, filters: ChunkFilter) -> StoredChunk | None:
        """Any chunk that passes the filters; None if there is none."""


async def find_place(scope: Scope, question: str, build: ReadableBuild) -> Place:
    """The filters for a scope; a reader's own page decides locale and version where the scope does not.

    Raises InputError for a locale, a version, or a page to stay on, that the book does not have. The page that the
    reader is on, if not a limit, may be any page of the site.
    """
    _check_locale(scope, build.record)
    version = await _version(scope.version, build)
    page = await _page(scope, version, build) if scope.page_url else None
    locale = scope.locale or _on_page(page, payload.LOCALE) or question_locale(question, build.record)
    if scope.version is None and page is not None and not page.metadata.get(payload.LATEST, True):
        version = _on_page(page, payload.VERSION)
    filters = ChunkFilter(locale=locale, version=version, latest=None if version else True)
    if page is not None:
        own = replace(filters, url=str(page.metadata[payload.URL]))
        if scope.limit == "page":
            return Place(own, own)
        if scope.limit == "chapter":
            return Place(await _chapter(filters, own.url or "", build), own)
        return Place(filters, own)
    if scope.limit == "book":
        return Place(filters)
    if not scope.page_url:
        raise InputError(f"page_url: the scope {scope.limit!r} needs the address of the page that the reader is on.")
    if scope.limit == "chapter":
        below = replace(filters, url_prefix=f"{page_path(scope.page_url).rstrip('/')}/")
        if below.url_prefix != "/" and await build.first(below) is not None:
            return Place(below)
    raise _unknown(
        "page_url: ",
        scope.page_url,
        f" is not a page of the book, so the scope {scope.limit!r} has nothing to look in. Give a page's address as "
        "the published book has it, or the scope 'book'.",
    )


def _unknown(before: str, sent: str, after: str) -> InputError:
    """The error for a value that the book does not have; the log's line leaves out the value."""
    return InputError(f"{before}{sent!r}{after}", logged=f"{before}'…'{after}")


def searched(scope: Scope, place: Place, build: BuildRecord) -> Searched:
    """How much of the book a search in this place covers; the default locale's latest version counts as the book."""
    if scope.limit != "book":
        return Searched(scope.limit)
    locale, version = place.filters.locale, place.filters.version
    other_locale = locale if locale != build.book.get("default_locale") else None
    other_version = version if build.book.get("versions") != version else None
    names = [name for name in (other_locale, other_version) if name]
    return Searched("edition", ", ".join(names)) if names else Searched()


async def check_scope(scope: Scope, build: ReadableBuild) -> None:
    """Raise the InputError that a search in this scope would raise; costs nothing for parts that are not set."""
    if scope.locale or scope.version or scope.limit != "book":
        await find_place(scope, "", build)


def _check_locale(scope: Scope, build: BuildRecord) -> None:
    locales = [name for name in build.book.get("locales", "").split(",") if name]
    if scope.locale and locales and scope.locale not in locales:
        raise _unknown("locale: the book is not in ", scope.locale, f". It is in: {', '.join(locales)}.")


async def _version(asked: str | None, build: ReadableBuild) -> str | None:
    """The requested version, by its name in the index; None for the latest one.

    A site calls the unreleased version `next` in its addresses, and `current` in its settings; `latest` is the one that
    readers get by default.
    """
    if not asked or await build.first(ChunkFilter(version=asked)) is not None:
        return asked or None
    if asked.casefold() == LATEST:
        return None
    if asked.casefold() in {NEXT, CURRENT} and await build.first(ChunkFilter(version=CURRENT)) is not None:
        return CURRENT
    versions = [name for name in build.record.book.get("versions", "").split(",") if name]
    known = f" It has: {', '.join(versions)}; `{LATEST}` is the one that readers get first." if versions else ""
    raise _unknown("version: the book has no version ", asked, f".{known}")


def question_locale(question: str, build: BuildRecord) -> str | None:
    """The locale of a question's script, or the book's default one; None if neither is known."""
    default = build.book.get("default_locale")
    locales = [name for name in build.book.get("locales", "").split(",") if name]
    if len(locales) > 1:
        letters = sum(character.isalpha() for character in question)
        least = letters / (2 if has_small_english_words(question) else 3)  # English terms make no English sentence
        for script, languages in _SCRIPTS:
            if not letters or len(script.findall(question)) < least:
                continue
            for language in languages:
                fitting = [name for name in locales if re.split("[-_]", name)[0].lower() == language]
                if fitting:
                    return default if default in fitting else fitting[0]
    return default


def page_path(page_url: str) -> str:
    """The permalink of a browser's address: without origin, query and fragment, decoded."""
    try:
        path = unquote(urlsplit(page_url.strip()).path)
    except ValueError:
        path = page_url.strip()
    return path if path.startswith("/") else f"/{path}"


async def _page(scope: Scope, version: str | None, build: ReadableBuild) -> StoredChunk | None:
    latest = True if scope.version and version is None else None
    path = page_path(scope.page_url or "")
    bare = path.rstrip("/") or "/"
    for locale in [scope.locale] if scope.locale else _locales_of(scope.page_url or "", build.record):
        for url in dict.fromkeys((path, bare, f"{bare}/")):
            found = await build.first(ChunkFilter(locale=locale, version=version, latest=latest, url=url))
            if found is not None:
                return found
    return None


def _locales_of(page_url: str, build: BuildRecord) -> list[str | None]:
    """The locales in which to look for a page; None: any.

    If languages have their own origins, one path is a page in several of them, and the origin decides.
    """
    own = {
        name.removeprefix("site_url:"): url.rstrip("/").lower()
        for name, url in build.book.items()
        if name.startswith("site_url:")
    }
    if not own:
        return [None]
    try:
        parts = urlsplit(page_url.strip())
    except ValueError:
        return [None]
    host = f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""
    default = build.book.get("default_locale")
    return [*(name for name, url in own.items() if url == host), default, None]


async def _chapter(filters: ChunkFilter, url: str, build: ReadableBuild) -> ChunkFilter:
    """The pages below a page if there are any, otherwise its siblings."""
    below = replace(filters, url_prefix=f"{url.rstrip('/')}/")
    if url.rstrip("/") and await build.first(below) is not None:
        # `/docs/arm/` as the chapter's own page would be found by its prefix as well: it belongs to the chapter.
        return below
    parent = posixpath.dirname(url.rstrip("/"))
    return replace(filters, url_prefix=f"{parent.rstrip('/')}/")


def _on_page(page: StoredChunk | None, key: str) -> str | None:
    return str(page.metadata[key]) if page is not None and page.metadata.get(key) else None


@dataclass(frozen=True, slots=True)
class SourceEdition:
    """The edition from which another one was translated."""

    filters: ChunkFilter
    pages: Mapping[str, str]  # its pages' addresses → those of the translation


def source_of(build: BuildRecord, filters: ChunkFilter) -> SourceEdition | None:
    """The source of an edition; None for the default language, and for a search within a page or a chapter."""
    default = build.book.get("default_locale")
    if not filters.locale or not default or filters.locale == default or filters.url or filters.url_prefix:
        return None
    pages = _paired(build, default, filters)
    return SourceEdition(replace(filters, locale=default), pages) if pages else None


async def translated(found: Sequence[Fused], source: SourceEdition, own: ChunkFilter, build: PinnedBuild) -> list[str]:
    """The translation's chunks for those found in its source: the first of each section, in the same order."""
    places = []
    for chunk in await build.chunks([item.id for item in found]):
        url = source.pages.get(str(chunk.metadata[payload.URL]))
        place = (url, chunk.metadata[payload.SECTION])
        if url is not None and place not in places:
            places.append(place)
    wanted = [replace(own, url=url, section=_number(section)) for url, section in places[:MOST_SECTIONS]]
    if not wanted:
        return []
    first: dict[tuple[object, object], StoredChunk] = {}
    for chunk in await build.matching(wanted, limit=MOST_SECTIONS * 20):
        place = (str(chunk.metadata[payload.URL]), chunk.metadata[payload.SECTION])
        if place not in first or _position(chunk) < _position(first[place]):
            first[place] = chunk
    return [first[place].id for place in places if place in first]


def _paired(build: BuildRecord, default: str, filters: ChunkFilter) -> dict[str, str]:
    mine = _urls(build, filters.locale, filters)
    sources = _urls(build, default, filters)
    known = set(mine)
    pairs = {url: pair for url in sources if (pair := _with_locale(url, filters.locale or "", known))}
    if len(mine) == len(sources):
        pairs = dict(zip(sources, mine, strict=True)) | pairs
    return pairs


def _urls(build: BuildRecord, locale: str | None, filters: ChunkFilter) -> list[str]:
    return [
        page["url"]
        for chapter in build.contents
        if chapter["locale"] == locale
        and (chapter["latest"] if filters.version is None else chapter["version"] == filters.version)
        for page in chapter["pages"]
    ]


def _with_locale(url: str, locale: str, known: set[str]) -> str | None:
    """The address with the locale as one of its parts, if the edition has such a page."""
    parts = url.split("/")
    for place in range(1, len(parts) + 1):
        candidate = "/".join([*parts[:place], locale, *parts[place:]])
        for spelt in (candidate, candidate.rstrip("/"), f"{candidate}/"):
            if spelt in known:
                return spelt
    return None


def _position(chunk: StoredChunk) -> int:
    return _number(chunk.metadata[payload.POSITION]) or 0


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
