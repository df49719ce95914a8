"""What tests of the widget do on a page: open its panel, ask, wait for the answer's end.

A test module takes the site as `site = widget_page.site`, with `server = page_server.server`, or
`served_site = widget_page.served_site` with `service = widget_page.service`, where the answers are the real service's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests.host_site import host_site
from tests.page_server import PageServer, Script
from tests.serving import Served, serving

# Gives a page more styles: a sheet that a script adopts is not bound by the page's policy.
STYLED = """(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }"""


@pytest.fixture
def site(server: PageServer) -> Iterator[str]:
    """A page of a book on another origin, with the widget of `server`."""
    with host_site(server.address) as address:
        yield address


@pytest.fixture
def service(data_dir: Path) -> Iterator[Served]:
    """The real service over the small book."""
    with serving(data_dir, app=AppSettings(_env_file=None, cors_origins="*")) as served:
        yield served


@pytest.fixture
def served_site(service: Served) -> Iterator[str]:
    """A page of a book on another origin, with the widget of `service`."""
    with host_site(service.url) as address:
        yield address


def open_panel(page: Page, title: str = "Ask the book") -> None:
    page.get_by_role("button", name=title).click()
    expect(page.get_by_role("dialog", name=title)).to_be_visible()


def ask(page: Page, question: str = "Why?") -> None:
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")


def wait_for_end(page: Page) -> None:
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="Conversation")).to_have_attribute("aria-busy", "false")


def answered(page: Page, server: PageServer, script: Script, question: str = "Why?") -> None:
    server.scripts.append(script)
    ask(page, question)
    wait_for_end(page)
