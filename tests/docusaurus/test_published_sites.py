"""Sites with versions, origins, variables and mistakes: what is read of them, and what Docusaurus made of them."""

import itertools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from indexing.chunking import MAX_CHARACTERS_PER_TOKEN, ChunkedBook, Chunker
from indexing.diff import compare, head_of
from indexing.docusaurus.site_files import SiteFiles
from indexing.link_check import dead_internal_links
from indexing.pages import Page
from indexing.read_book import Reading, read_book
from indexing.sidebars import generated_indexes
from tests.docusaurus.mdx_truth import block_words, read_words, squeezed, words
from tests.docusaurus.published_sites import CUT, ESCAPED, LONG, NAMES, SITES, TRUTH, VERSIONS, shortened
from tests.indexing.docusaurus.sites import book_settings, needs_node, write_site
from tests.tables import each_row

pytestmark = needs_node  # for the sites' configs; no site is built
MADE: dict[str, Any] = json.loads(TRUTH.read_text("utf-8"))
BUILT = [name for name in SITES if "pages" in MADE[name]]
STOPPED = [name for name in SITES if MADE[name].get("stopped_by") and not name.startswith("name: ")]
PANELS = ("/docs/in-tabs",)
"""Ends of addresses of pages with tabs."""
VARIABLES = {name for site in SITES.values() for name in site.environment} | {"CI"}


def _read(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """The site as it is read in the environment of its build."""
    site = SITES[name]
    for variable in VARIABLES & os.environ.keys():
        monkeypatch.delenv(variable)
    for variable, value in site.environment.items():
        monkeypatch.setenv(variable, value)
    return read_book(book_settings(write_site(folder, site.files), site_config_env="BOOK_TOKEN"))


def _pages(reading: Reading, made: dict[str, Any]) -> dict[str, Any]:
    """Address → what is read at it; `made` tells where a page shows its title."""
    ids = {(doc.locale.name, doc.url): doc.id for doc in reading.docs}
    book = reading.book
    found = {}
    for page in book.pages:
        address = (book.locale_urls.get(page.locale) or book.site_url or "") + page.url
        shown = made.get(address, {"headings": [], "words": ""})
        headings = [[h.level, squeezed(h.text), h.id] for h in page.headings if h.rendered]
        if not any(h.level == 1 and h.rendered and not h.imported for h in page.headings):
            headings = [*shown["headings"][:1], *headings]  # Docusaurus adds the title, unless a layout hides it
        found[address] = {
            "doc": ids[page.locale, page.url],
            "headings": headings,
            "words": _words(page, shown, sort=address.endswith(PANELS)),
            "version": page.version,
        }
    return found


def _words(page: Page, shown: dict[str, Any], *, sort: bool) -> str:
    """The words that the index has of a page, with its title where the published page has it, and if it has it."""
    title = words(page.title)
    read = read_words(page, without_markers=True)[len(title) :]
    if next((text for level, text, _ in shown["headings"] if level == 1), None) == "".join(title):
        published = shown["words"].split()
        place = next((at for at in range(len(published)) if published[at : at + len(title)] == title), 0)
        read[place:place] = title
    # The labels of tabs stand above all panels, and in the index at their own ones.
    return shown["words"] if sort and sorted(read) == sorted(shown["words"].split()) else shortened(" ".join(read))


@pytest.mark.parametrize("name", [name for name in BUILT if name not in (CUT, ESCAPED)])
def test_a_site_that_is_built_has_the_published_pages(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = _read(name, tmp_path, monkeypatch)
    assert reading.book.unsure == ()
    assert reading.book.problems == ()
    assert _pages(reading, MADE[name]["pages"]) == MADE[name]["pages"]
    assert dead_internal_links(reading) == []


def test_a_page_that_the_router_does_not_show_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = _read(ESCAPED, tmp_path, monkeypatch)
    made = MADE[ESCAPED]["pages"]
    assert _pages(reading, made) == made
    hidden = {problem.source for problem in reading.book.problems}
    assert hidden == SITES[ESCAPED].files.keys() - {page.source for page in reading.book.pages} - {
        "docusaurus.config.js"
    }


@pytest.mark.parametrize("name", STOPPED)
def test_a_page_that_stops_a_build_is_left_out_and_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = _read(name, tmp_path, monkeypatch).book
    lost = book.lost_pages
    assert sorted({problem.source for problem in lost}) == MADE[name]["stopped_by"]
    assert {page.source for page in book.pages} == {
        file for file in SITES[name].files if file.endswith(".md") and file not in MADE[name]["stopped_by"]
    }


@pytest.mark.parametrize("why", NAMES)
def test_a_file_whose_name_stops_a_build_is_left_out_and_named(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docusaurus' output names every page, or none."""
    assert "stopped_by" in MADE[f"name: {why}"]
    book = _read(f"name: {why}", tmp_path, monkeypatch).book
    assert [problem.source for problem in book.lost_pages] == [f"docs/{NAMES[why]}.md"]
    assert [page.source for page in book.pages] == ["docs/good.md"]


def test_a_config_that_throws_stops_the_build_and_gives_no_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MADE["variable: not set"] == {"stopped_by": []}
    (doubt,) = _read("variable: not set", tmp_path, monkeypatch).book.unsure
    assert "DOCS_STAGE is not set" in doubt


@pytest.mark.parametrize("name", [name for name in BUILT if SITES[name].contents])
def test_the_table_of_contents_has_the_order_of_the_sidebars(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = _read(name, tmp_path, monkeypatch)
    contents, indexes = reading.book.contents, generated_indexes(reading.site, SiteFiles(reading.site), reading.docs)
    listed = MADE[name]["contents"]
    assert listed
    for version, order in listed.items():
        pages = [page.url for chapter in contents if chapter.version == version for page in chapter.pages]
        assert [url for url in pages if url in order] == [url for url in order if url in pages]
        assert {url for url in order if url not in pages and not url.startswith("https:")} <= (indexes or set())


def test_docusaurus_cuts_a_version_as_the_sites_here_have_it() -> None:
    assert MADE[CUT] == MADE["versions: one is cut"]


@pytest.fixture(scope="module")
def chunked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ChunkedBook]:
    """The book in each state of its versions."""
    chunker = Chunker(_count_words, limit=256, reserved=2)
    with pytest.MonkeyPatch.context() as monkeypatch:
        books = {name: _read(name, tmp_path_factory.mktemp("site"), monkeypatch).book for name in VERSIONS}
    return {
        name: ChunkedBook(book, tuple((page, tuple(chunker.chunk(page))) for page in book.pages))
        for name, book in books.items()
    }


def test_no_chunk_of_a_page_that_docusaurus_publishes_is_larger_than_the_model_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in _read(LONG, tmp_path, monkeypatch).book.pages:
        chunks = Chunker(_count_words, limit=256, reserved=2).chunk(page)
        assert max(len(chunk.embedded_text) for chunk in chunks) <= 256 * MAX_CHARACTERS_PER_TOKEN
        kept = "".join(part for chunk in chunks for part in block_words(chunk.text))
        assert kept == "".join("".join(block_words(b.text)) for section in page.sections for b in section.blocks)


def _count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


@each_row(("before", "after"), list(itertools.permutations(VERSIONS, 2)))
def test_the_plan_tells_what_becomes_of_addresses(before: str, after: str, chunked: dict[str, ChunkedBook]) -> None:
    """Every step from one state of the versions to another, against the pages that Docusaurus publishes for each."""
    old, new = MADE[before]["pages"], MADE[after]["pages"]
    found = compare([head_of(chunk) for chunk in chunked[before].chunks], chunked[after])
    origin = "https://book.example"
    assert set(found.lost_addresses) == {address.removeprefix(origin) for address in old.keys() - new.keys()}
    assert {origin + each.address for each in found.retargeted} == {
        address
        for address in old.keys() & new.keys()
        if old[address]["words"] != new[address]["words"]
        and any(old[address][key] != new[address][key] for key in ("doc", "version"))
    }
    gone = (*found.pages.removed, *(origin_of_move for origin_of_move, _ in found.pages.moved))
    assert {origin + name.partition(" (")[0] for name in gone} == old.keys() - new.keys()
