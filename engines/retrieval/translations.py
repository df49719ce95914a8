"""Parallel translations: a section that is found in the source language is known in every edition of the book.

Called by the retriever for an edition that is not in the book's default language. Pages are paired by their addresses
(the edition's has the locale in it) or, where the editions have equally many, by their place in the table of contents;
sections by their place among the page's headings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from storage.vectors import payload
from storage.vectors.build_record import BuildRecord
from storage.vectors.fusion import Fused
from storage.vectors.pinned_build import PinnedBuild
from storage.vectors.search import ChunkFilter, StoredChunk

MOST_SECTIONS = 16  # of the source language whose translations are looked up


@dataclass(frozen=True, slots=True)
class Source:
    """The edition that another one was translated from."""

    filters: ChunkFilter
    pages: Mapping[str, str]  # its pages' addresses → those of the translation


def source_of(build: BuildRecord, filters: ChunkFilter) -> Source | None:
    """The source of an edition; None for the default language's own, and for a search within a page or a chapter."""
    default = build.book.get("default_locale")
    if not filters.locale or not default or filters.locale == default or filters.url or filters.url_prefix:
        return None
    pages = _paired(build, default, filters)
    return Source(replace(filters, locale=default), pages) if pages else None


async def translated(found: Sequence[Fused], source: Source, own: ChunkFilter, build: PinnedBuild) -> list[str]:
    """The chunks of a translation for what was found in its source: the first of each section, in the same order."""
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
    """The address with the locale as one of its parts, where the edition has such a page."""
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
