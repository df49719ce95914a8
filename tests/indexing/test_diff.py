"""What a build would change, told by the addresses that readers have."""

from dataclasses import dataclass
from typing import Any, cast

from indexing.chunking import ChunkedBook
from indexing.diff import ChunkHead, Comparison, compare
from indexing.pages import Book, Page, Problem


@dataclass(frozen=True)
class _Chunked:
    """The part of a chunked book that is compared."""

    book: Book
    pages: tuple[tuple[Page, None], ...]
    chunks: tuple[Any, ...]


def _head(url: str, content: str, *, version: str = "current", locale: str = "en", source: str = "") -> ChunkHead:
    return ChunkHead(url, "", locale, version, content, source or f"docs{url}.md")


def _compare(before: list[ChunkHead], after: list[ChunkHead], **book: Any) -> Comparison:
    pages = tuple(
        Page(each.source, each.url, "T", each.locale, each.version, True, True, False, (), ()) for each in after
    )
    chunked = _Chunked(Book(pages, **book), tuple((page, None) for page in pages), tuple(after))
    return compare(before, cast("ChunkedBook", chunked))


def test_an_address_that_a_new_version_takes_over_does_not_disappear() -> None:
    """`docs:version 2.0`: the pages of `current` are now the version's, and `next` is new."""
    before = [_head("/a", "1"), _head("/b", "2")]
    after = [
        *(_head(f"/{name}", text, version="2.0", source=f"v/{name}.md") for name, text in (("a", "1"), ("b", "2"))),
        *(_head(f"/next/{name}", text) for name, text in (("a", "1"), ("b", "2"))),
    ]
    found = _compare(before, after)
    assert found.lost_addresses == ()
    assert (found.pages.unchanged, found.pages.moved, found.pages.removed) == (2, (), ())
    assert found.pages.added == ("/next/a (en, current)", "/next/b (en, current)")
    assert found.retargeted == ()


def test_an_address_that_shows_another_page_is_told() -> None:
    before = [_head("/a", "old", version="1.0", source="v/a.md"), _head("/next/a", "new")]
    found = _compare(before, [_head("/1.0/a", "old", version="1.0", source="v/a.md"), _head("/a", "new")])
    assert found.lost_addresses == ("/next/a",)
    (told,) = found.retargeted
    assert (told.address, told.before, told.after) == ("/a", "v/a.md (en, 1.0)", "docs/a.md (en, current)")


def test_a_page_moves_within_its_language_and_version_alone() -> None:
    same = _compare([_head("/a", "1")], [_head("/b", "1")])
    assert same.pages.moved == (("/a (en, current)", "/b (en, current)"),)
    for other in ({"locale": "ur"}, {"version": "2.0"}):
        found = _compare([_head("/a", "1")], [_head("/b", "1", **other)])
        assert found.pages.moved == ()
        assert len(found.pages.added) == len(found.pages.removed) == 1


def test_equal_pages_move_each_on_its_own() -> None:
    found = _compare([_head("/a", "1"), _head("/b", "1")], [_head("/c", "1"), _head("/d", "1")])
    assert [new for _, new in found.pages.moved] == ["/c (en, current)", "/d (en, current)"]


def test_a_page_that_goes_because_of_an_error_is_told_with_its_reason() -> None:
    problems = (Problem("docs/a.md", 3, "not valid YAML", True), Problem("docs/c.md", 1, "new", True))
    found = _compare([_head("/a", "1"), _head("/b", "2")], [], problems=problems)
    (page,) = found.left_out
    assert (page.page, page.source, page.line) == ("/a (en, current)", "docs/a.md", 3)
    assert "YAML" in page.reason


def test_languages_with_an_origin_of_their_own_have_their_own_addresses() -> None:
    before = [_head("/a", "1"), _head("/a", "2", locale="ur")]
    found = _compare(before, [_head("/a", "1")], locale_urls={"ur": "https://ur.example"})
    assert found.lost_addresses == ("https://ur.example/a",)
