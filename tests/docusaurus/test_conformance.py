"""The sample book, built by the real Docusaurus, against what the index says of it: every page, every heading id.

The build takes minutes; `BOOK_BUILD` names a folder that holds one already.
"""

import html
import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from indexing.link_check import dead_internal_links
from indexing.read_book import Reading, read_book
from indexing.settings import BookSettings
from indexing.site_check import check_site
from tests.docusaurus.site_build import BOOK, BUILDS_SITES, render_site

HEADING = re.compile(r"<h([2-6])\b([^>]*)>(.*?)</h\1>", re.DOTALL)
ID = re.compile(r"""\sid=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")

pytestmark = BUILDS_SITES


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site's HTML."""
    given = os.environ.get("BOOK_BUILD")
    if given:
        return Path(given)
    site = tmp_path_factory.mktemp("site") / "book"
    shutil.copytree(BOOK, site, ignore=shutil.ignore_patterns("build", ".docusaurus", "node_modules"))
    return render_site(site)


@pytest.fixture(scope="module")
def reading() -> Reading:
    """What the index is made of, unlisted pages too."""
    settings = BookSettings(_env_file=None, book_dir=BOOK / "docs", include_unlisted=True)
    return read_book(settings)


def _html(build: Path) -> dict[str, str]:
    """Address without its last slash → HTML, for every page that shows a doc."""
    pages = {}
    for file in sorted(build.rglob("*.html")):
        text = file.read_text("utf-8")
        root = re.search(r"<html\b[^>]*>", text)
        if root and "docs-doc-id-" in root[0]:
            path = "/" + file.relative_to(build).as_posix().removesuffix("index.html").removesuffix(".html")
            pages[path.rstrip("/") or "/"] = text
    return pages


def _base(reading: Reading) -> str:
    return next(locale.base_url for locale in reading.site.locales if locale.name == reading.site.default_locale)


def _inner(url: str, base_url: str) -> str:
    return "/" + url.removeprefix(base_url).strip("/") if url.startswith(base_url) else url


def _ids(page: str) -> Counter[str]:
    """The ids of the headings in the doc itself, not in the navigation around it."""
    start = page.index("theme-doc-markdown")
    end = page.find("</article>", start)
    found: Counter[str] = Counter()
    for _, attributes, _ in HEADING.findall(page[start:end]):
        match = ID.search(attributes)
        if match:
            found[html.unescape(next(group for group in match.groups() if group is not None))] += 1
    return found


def test_the_config_was_read_and_not_guessed(reading: Reading) -> None:
    assert not any("from the environment" in note for note in reading.book.assumptions)


def test_exactly_the_published_pages_are_in_the_index(build: Path, reading: Reading) -> None:
    built = _html(build)
    indexed = {_inner(page.url, _base(reading)).rstrip("/") or "/" for page in reading.book.pages}
    assert indexed == set(built)


def test_every_heading_id_is_the_published_one(build: Path, reading: Reading) -> None:
    built = _html(build)
    differences = {}
    count = 0
    for page in reading.book.pages:
        expected = _ids(built[_inner(page.url, _base(reading)).rstrip("/") or "/"])
        found = Counter(heading.id for heading in page.headings if heading.id and heading.rendered)
        count += expected.total()
        if found != expected:
            differences[page.url] = (found - expected, expected - found)
    assert differences == {}
    assert count > 300


def test_every_title_is_the_published_one(build: Path, reading: Reading) -> None:
    built = _html(build)
    for page in reading.book.pages:
        title = re.search(r"<title\b[^>]*>(.*?)</title>", built[_inner(page.url, _base(reading)).rstrip("/") or "/"])
        assert title
        assert html.unescape(title[1]).startswith(page.title)


def test_check_links_finds_nothing_dead(build: Path, reading: Reading) -> None:
    assert check_site(reading.book.pages, str(build), base_url=_base(reading)).dead == ()
    assert dead_internal_links(reading) == []
