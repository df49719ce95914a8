"""Pages of expressions, components, imports, code and cards against what the real Docusaurus made of them."""

import json
from typing import Any

import pytest

from indexing.link_check import dead_internal_links
from indexing.read_book import Reading
from tests.docusaurus.mdx_truth import (
    HIDDEN,
    PARTLY,
    TRUTH,
    block_words,
    read_site,
    read_words,
    squeezed,
    write_site,
)
from tests.indexing.docusaurus.sites import needs_node
from tests.tables import each_row

pytestmark = needs_node  # for the site's config; the site is not built
PAGES: dict[str, Any] = json.loads(TRUTH.read_text("utf-8"))
ROUTED = [address for address in PAGES if "/router/" in address]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read_site(write_site(tmp_path_factory.mktemp("mdx")))


def _page(reading: Reading, address: str) -> Any:
    return next(page for page in reading.book.pages if page.url.rstrip("/") == address.rstrip("/"))


@each_row("address", [address for address in PAGES if "/router/" not in address])
def test_every_heading_has_the_published_id_and_text(reading: Reading, address: str) -> None:
    page = _page(reading, address)
    read = [[h.level, squeezed(h.text), h.id] for h in page.headings if h.rendered]
    # Docusaurus adds the page's title where the page has no heading of the first level.
    assert read in (PAGES[address]["headings"], PAGES[address]["headings"][1:])


@each_row("address", [address for address in PAGES if "/router/" not in address])
def test_every_word_is_read_as_it_is_shown(reading: Reading, address: str) -> None:
    page = _page(reading, address)
    if address.removeprefix("/de").rstrip("/") not in PARTLY:
        assert " ".join(read_words(page)) == PAGES[address]["words"]
        return
    shown = PAGES[address]["words"].replace(" ", "")
    for block in (block for section in page.sections for block in section.blocks):
        for line in block.text.split("\n") if block.kind == "text" else [block.text]:
            assert HIDDEN in line or "".join(block_words(line)) in shown


def test_the_index_has_those_pages_that_their_addresses_show(reading: Reading) -> None:
    docs = {doc.url.rstrip("/"): doc for doc in reading.docs}
    read = {address for address in PAGES if address.rstrip("/") in docs}
    own = {
        address
        for address in PAGES
        if squeezed(f"Page {address.partition('/router/')[2]}") in PAGES[address]["words"].replace(" ", "")
        or address not in ROUTED
    }
    assert read >= {address for address in PAGES if address not in ROUTED}
    for address in read:
        assert docs[address.rstrip("/")].id == PAGES[address]["doc"], address
    assert {address for address in ROUTED if address not in read} == {
        address for address in ROUTED if address not in own
    }


def test_nothing_is_unknown_and_nothing_but_addresses_is_wrong(reading: Reading) -> None:
    assert [problem for problem in reading.book.problems if "/router/" not in problem.source] == []
    assert not any("…" in block.text for page in reading.book.pages for s in page.sections for block in s.blocks)


def test_no_link_of_the_site_is_dead(reading: Reading) -> None:
    assert dead_internal_links(reading) == []
