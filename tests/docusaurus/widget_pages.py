"""The sample book's own site, built by the real Docusaurus, for tests of the widget: fixtures, and what is done there.

The build takes minutes; `WIDGET_SITE_BUILD`, `WIDGET_HASH_BUILD` and `WIDGET_SITE_DATA` name built sites and a data
folder with the sample book's index that are there already. A test module takes the fixtures as `sites = pages.sites`,
with `build`, `index` and the others that they need.
"""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from app.settings import AppSettings
from tests.browser import WAIT_MILLISECONDS, OpenPage, Start
from tests.docusaurus.site_build import BOOK, BUILD_SECONDS
from tests.docusaurus.widget_site import build_with_hash_router, build_with_plugin, served_site
from tests.gemini_server import GeminiServer
from tests.made_once import made_once
from tests.serving import build_small_index, copied, serving
from tests.widget_page import ask, wait_for_end

CARDS = ".sources > section .cards > li"  # what an answer cites
QUESTION = "Why can the zero moment point not leave the support polygon?"
# What the site's own code does under this policy: formulas and code have style attributes, diagrams a style sheet.
OF_THE_SITE = ("Applying inline style violates", "Refused to apply inline style", "Applying a stylesheet")
MARKS = [
    pytest.mark.browser,
    pytest.mark.docusaurus,
    pytest.mark.conformance,
    pytest.mark.timeout(BUILD_SECONDS + 600),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: no Docusaurus site is built"),
]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's HTML, with the plugin in it."""
    given = os.environ.get("WIDGET_SITE_BUILD")
    return Path(given) if given else made_once(tmp_path_factory, "site", build_with_plugin) / "book" / "build"


@pytest.fixture(scope="session")
def hash_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with every page's address in the fragment."""
    given = os.environ.get("WIDGET_HASH_BUILD")
    return Path(given) if given else made_once(tmp_path_factory, "hash", build_with_hash_router) / "book" / "build"


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample book's index."""
    given = os.environ.get("WIDGET_SITE_DATA")
    made = Path(given) if given else made_once(tmp_path_factory, "sample", _index_of_the_sample_book)
    return copied(made, tmp_path_factory.mktemp("sample"))


def _index_of_the_sample_book(data_dir: Path) -> None:
    build_small_index(data_dir, BOOK / "docs")


@dataclass(frozen=True, slots=True)
class Sites:
    """One service and the site around it, with the plugin's script tag, with the plain one, with the navbar item."""

    plugin: str
    plain: str
    navbar: str
    model: GeminiServer


def listener() -> socket.socket:
    """A socket that a site will be served on."""
    return socket.create_server(("127.0.0.1", 0))


def address_of(listener: socket.socket) -> str:
    """The site's address there."""
    return f"http://localhost:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def sites(build: Path, index: Path) -> Iterator[Sites]:
    """Without a model: answers are quoted from the book. `model` answers the service of `with_model` alone."""
    with _served(build, index, with_model=False) as served:
        yield served


@pytest.fixture
def with_model(build: Path, index: Path, tmp_path: Path, start: Start) -> Sites:
    """With a model that says what a test wants said."""
    return start(_served(build, copied(index, tmp_path), with_model=True))


@contextmanager
def _served(build: Path, index: Path, *, with_model: bool) -> Iterator[Sites]:
    with listener() as one, listener() as other, listener() as third, GeminiServer() as model:
        origins = ",".join(map(address_of, (one, other, third)))
        # A run over the whole set asks faster than a reader may.
        settings = AppSettings(
            _env_file=None, cors_origins=origins, questions_per_reader=None, questions_per_address=None
        )
        with (
            serving(index, gemini_url=model.url if with_model else None, app=settings) as service,
            served_site(build, one, service.url) as plugin,
            served_site(build, other, service.url, widget="tag") as plain,
            served_site(build, third, service.url, widget="navbar") as navbar,
        ):
            yield Sites(plugin, plain, navbar, model)


def open_site(open_page: OpenPage, address: str, *, expect: tuple[str, ...] = (), **more: Any) -> Page:
    """A page of a site with the widget on it."""
    page = open_page(address, expect=(*OF_THE_SITE, *expect), **more)
    assert until(page, "document.querySelector('[data-bookrag]') !== null")
    return page


def until(page: Page, expression: str, argument: Any = None, *, seconds: float = WAIT_MILLISECONDS / 1_000) -> bool:
    """Whether an expression becomes true in time; `wait_for_function` needs `unsafe-eval`."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression, argument):
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(40)
    return True


def asked(page: Page, question: str) -> None:
    """Ask, and wait for the answer's end."""
    ask(page, question)
    wait_for_end(page)


def refused(page: Page) -> list[str]:
    """What the widget did against the content policy, or handed to a sink of markup or code."""
    found: list[str] = page.evaluate("window.refused.filter((entry) => entry.includes('/widget'))")
    return found


# The place is there, and it or the passage below it is in view.
ARRIVED = """([href, id]) => {
  const seen = (box) => box && box.bottom > 0 && box.top < innerHeight;
  const place = id ? document.getElementById(decodeURIComponent(id)) : document.querySelector('article h1');
  const passage = [...(CSS.highlights.get('bookrag-passage') ?? [])][0];
  return location.href === href && window.same && place
    && (seen(place.getBoundingClientRect()) || seen(passage?.getBoundingClientRect()));
}"""
# The share of a cited sentence's words that are marked on the page. A range's text has nothing between a table's cells.
MARKED = """(sentence) => {
  const plain = (text) => text.normalize('NFKC').toLowerCase();
  const marked = plain([...(CSS.highlights.get('bookrag-passage') ?? [])].join(''));
  const wanted = plain(sentence).match(/[\\p{L}\\p{N}]+/gu) ?? [];
  return wanted.length ? wanted.filter((word) => marked.includes(word)).length / wanted.length : Number(marked !== '');
}"""


def follow(page: Page, card: Locator) -> tuple[bool, float]:
    """Click a card: whether its place is reached in the same document, and the share of its sentence that is marked."""
    page.evaluate("CSS.highlights.clear(); window.same = true")
    href = str(card.locator("a.place").get_attribute("href"))
    sentences = card.locator(".sentence").all_inner_texts()
    card.locator("a.place").click()
    until(page, "CSS.highlights.has('bookrag-passage')")
    if not until(page, ARRIVED, [href, href.partition("#")[2]]):
        return False, 0.0
    return True, float(page.evaluate(MARKED, sentences[0] if sentences else ""))
