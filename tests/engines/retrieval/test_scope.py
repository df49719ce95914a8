from datetime import UTC, datetime
from typing import Any

import pytest

from engines.events import Scope, Searched
from engines.retrieval.scope import check_scope, find_place, question_locale, searched
from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord, IndexSpec
from storage.vectors.hybrid_search import ChunkFilter, Place, StoredChunk
from tests.tables import each_row

PAGES = [("/docs/intro", "en", "2.0"), ("/docs/arm/reach", "en", "2.0"), ("/ur/docs/intro", "ur", "2.0")]


class Pages:
    """A book of three pages."""

    def __init__(self) -> None:
        self.asked = 0
        spec = IndexSpec(embed_model="model", embed_weights="", dimensions=3)
        book = {"locales": "en,ur", "versions": "1.0,2.0"}
        self.record = BuildRecord("b", datetime.now(UTC), "", "", 0, spec, book=book)

    async def first(self, filters: ChunkFilter) -> StoredChunk | None:
        self.asked += 1
        return next((_chunk(*page) for page in PAGES if _passes(filters, *page)), None)


def _passes(wanted: ChunkFilter, url: str, locale: str, version: str) -> bool:
    return (
        wanted.locale in {None, locale}
        and wanted.version in {None, version}
        and wanted.url in {None, url}
        and url.startswith(wanted.url_prefix or "")
    )


def _chunk(url: str, locale: str, version: str) -> StoredChunk:
    metadata: dict[str, Any] = {payload.URL: url, payload.LOCALE: locale, payload.VERSION: version}
    return StoredChunk(url, "text", metadata)


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(locale="xx"), "locale: .*'xx'.* en, ur"),
        (Scope(version="9"), "version: .*'9'.* 1.0, 2.0"),
        (Scope(version="next"), "version: .*'next'.* 1.0, 2.0; `latest`"),
        (Scope(version="current"), "version: .*'current'.* 1.0, 2.0"),
        (Scope(page_url="/blog/news", limit="page"), "page_url: '/blog/news'"),
        (Scope(page_url="https://book.example/blog/news", limit="chapter"), "page_url: "),
        (Scope(page_url="/", limit="chapter"), "page_url: "),
        (Scope(limit="page"), "page_url: the scope 'page' needs"),
    ],
)
async def test_what_the_book_does_not_have_is_named(scope: Scope, said: str) -> None:
    with pytest.raises(InputError, match=said):
        await check_scope(scope, Pages())


@pytest.mark.parametrize(
    "scope",
    [
        Scope(locale="ur", version="2.0"),
        Scope(page_url="/docs/intro/", limit="page"),
        Scope(page_url="/docs/arm", limit="chapter"),  # a category without a page of its own
    ],
)
async def test_what_the_book_has_is_no_error(scope: Scope) -> None:
    await check_scope(scope, Pages())


async def test_a_reader_may_be_on_any_page_of_the_site() -> None:
    pages = Pages()
    await check_scope(Scope(page_url="/blog/news"), pages)
    assert pages.asked == 0


@pytest.mark.parametrize(
    ("scope", "filters", "expected"),
    [
        (Scope(), ChunkFilter(locale="en", latest=True), Searched()),
        (Scope(locale="en"), ChunkFilter(locale="en", latest=True), Searched()),
        (Scope(limit="page"), ChunkFilter(locale="ur", url="/ur/docs/intro"), Searched("page")),
        (Scope(limit="chapter"), ChunkFilter(locale="en", url_prefix="/docs/arm/"), Searched("chapter")),
        (Scope(), ChunkFilter(locale="ur", latest=True), Searched("edition", "ur")),  # by the question's script
        (Scope(version="1.0"), ChunkFilter(locale="ur", version="1.0"), Searched("edition", "ur, 1.0")),
    ],
)
async def test_how_much_of_the_book_was_searched(scope: Scope, filters: ChunkFilter, expected: Searched) -> None:
    build = Pages().record
    build.book["default_locale"] = "en"
    assert searched(scope, Place(filters), build) == expected


@each_row(
    ("question", "locale"),
    [
        ("What is a sensor?", "en"),
        ("سینسر کیا ہے؟", "ur"),
        ("اعصابی نظام neurons nodes", "ur"),  # a third of the letters, and terms are no English sentence
        ("rclpy topics میں فرق", "ur"),
        ("What does the word اعصابی نظام mean in this book?", "en"),
        ("how to say سینسر in English", "en"),
        ("ROS 2", "en"),
        ("", "en"),
    ],
)
def test_a_question_is_put_to_the_edition_in_whose_language_it_is(question: str, locale: str) -> None:
    build = Pages().record
    build.book["default_locale"] = "en"
    assert question_locale(question, build) == locale


async def test_the_only_version_of_a_book_is_the_book() -> None:
    build = Pages().record
    build.book.update(default_locale="en", versions="current")
    filters = ChunkFilter(locale="en", version="current")
    assert searched(Scope(version="current"), Place(filters), build) == Searched()


class Versions(Pages):
    """A book with a version that is being written, the latest one and an old one."""

    def __init__(self) -> None:
        super().__init__()
        self.record.book.update(versions="1.0,2.0,current", default_locale="en", locales="en")

    async def first(self, filters: ChunkFilter) -> StoredChunk | None:
        pages = [("/docs/next/intro", "current"), ("/docs/intro", "2.0"), ("/docs/1.0/intro", "1.0")]
        for url, version in pages:
            if _passes(filters, url, "en", version) and filters.latest in {None, version == "2.0"}:
                chunk = _chunk(url, "en", version)
                chunk.metadata[payload.LATEST] = version == "2.0"
                return chunk
        return None


@pytest.mark.parametrize(
    ("asked", "version"),
    [("current", "current"), ("next", "current"), ("Next", "current"), ("latest", None), ("1.0", "1.0"), ("", None)],
)
async def test_versions_are_known_by_what_docusaurus_calls_them(asked: str, version: str | None) -> None:
    place = await find_place(Scope(version=asked), "What is it?", Versions())
    assert place.filters == ChunkFilter(locale="en", version=version, latest=None if version else True)


async def test_the_latest_version_is_searched_from_a_page_of_an_older_one() -> None:
    old = "/docs/1.0/intro"
    by_page = await find_place(Scope(page_url=old), "What is it?", Versions())
    assert by_page.filters.version == "1.0"
    place = await find_place(Scope(page_url=old, version="latest"), "What is it?", Versions())
    assert place == Place(ChunkFilter(locale="en", latest=True))


async def test_a_version_that_has_such_a_name_is_meant_by_it() -> None:
    class Named(Versions):
        async def first(self, filters: ChunkFilter) -> StoredChunk | None:
            return _chunk("/docs/intro", "en", "latest") if filters.version in {None, "latest"} else None

    place = await find_place(Scope(version="latest"), "What is it?", Named())
    assert place.filters.version == "latest"
