"""What tests of the widget do on a page: open its panel, ask, wait for the answer's end.

A test module takes the site as `site = widget_page.site`, with `server = page_server.server`, or
`served_site = widget_page.served_site` with `service = widget_page.service`, where the answers are the real service's.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests.browser import Start
from tests.host_site import host_site
from tests.page_server import PageServer, Script, wait_until_drawn
from tests.serving import Served, serving

# Gives a page more styles: a sheet that a script adopts is not bound by the page's policy.
STYLED = """(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }"""


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    """A page of a book on another origin, with the widget of `server`."""
    return start(host_site(server.address))


@pytest.fixture
def service(data_dir: Path, start: Start) -> Served:
    """The real service over the small book."""
    return start(serving(data_dir, app=AppSettings(_env_file=None, cors_origins="*")))


@pytest.fixture
def served_site(service: Served, start: Start) -> str:
    """A page of a book on another origin, with the widget of `service`."""
    return start(host_site(service.url))


def open_panel(page: Page, title: str = "Ask the book") -> None:
    page.get_by_role("button", name=title).click()
    expect(page.get_by_role("dialog", name=title)).to_be_visible()


def ask(page: Page, question: str = "Why?") -> None:
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")


def wait_for_end(page: Page) -> None:
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="Conversation")).to_have_attribute("aria-busy", "false")
    wait_until_drawn(page)


def answered(page: Page, server: PageServer, script: Script, question: str = "Why?") -> None:
    server.scripts.append(script)
    ask(page, question)
    wait_for_end(page)
