"""The widget on pages that change their body, or whose body would hold what is fixed in it, in Chromium."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage, Start
from tests.host_site import BODY, host_site
from tests.page_server import PageServer, whole
from tests.widget_page import STYLED, answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

# With each of these a body holds what is fixed in it, as a window does.
HOLDING_BODIES = {
    "a transform": "transform: translateX(3px) scale(0.9)",
    "one of its parts": "rotate: 5deg; scale: 0.8; translate: 9px",
    "a filter": "filter: grayscale(1)",
    "a filter of what is behind": "backdrop-filter: blur(1px)",
    "a perspective": "perspective: 400px",
    "containment": "contain: layout paint",
    "what will change": "will-change: transform",
}
PLACES = """() => {
  const root = document.querySelector('[data-bookrag]').shadowRoot;
  const places = ['.launcher', 'dialog', 'textarea'].map((part) => root.querySelector(part)?.getBoundingClientRect());
  return places.map((at) => at && [at.x, at.y, at.width, at.height].map(Math.round));
}"""
LONG_PAGE = {"/": f"{BODY}{'<p>More of the page.</p>' * 200}"}


@pytest.mark.parametrize("kind", HOLDING_BODIES)
def test_a_body_that_holds_fixed_elements_does_not_move_the_widget(
    kind: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    css = f"body {{ {HOLDING_BODIES[kind]} }}"
    site = start(host_site(server.address, options='data-layout="over"', pages=LONG_PAGE))
    plain = open_page(site)
    expect(plain.get_by_role("button", name="Ask the book")).to_be_visible()
    closed = plain.evaluate(PLACES)
    open_panel(plain)
    opened = plain.evaluate(PLACES)
    page = open_page("about:blank")
    page.add_init_script(f"({STYLED})({json.dumps(css)})")
    page.goto(site)
    page.evaluate("scrollTo(0, 900)")
    expect(page.get_by_role("button", name="Ask the book")).to_be_in_viewport(ratio=1)
    assert page.evaluate(PLACES) == closed
    open_panel(page)
    assert page.evaluate(PLACES) == opened


def test_a_filter_that_comes_while_a_reader_writes_moves_nothing(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    """As the menus for readers with low vision set it."""
    site = start(host_site(server.address, options='data-layout="over"', pages=LONG_PAGE))
    page = open_page(site)
    page.evaluate(STYLED, "body.contrast { filter: contrast(2) } body.slow { transition: filter 50ms }")
    open_panel(page)
    opened = page.evaluate(PLACES)
    page.keyboard.type("Why does it ")
    for classes in ("contrast", "", "slow", "slow contrast"):
        page.evaluate("(classes) => { document.body.className = classes }", classes)
        page.evaluate("() => new Promise((done) => setTimeout(done, 150))")  # longer than the transition takes
        assert page.evaluate(PLACES) == opened
    page.keyboard.type("tip?")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why does it tip?")
    answered(page, server, whole("Because."))
    expect(page.get_by_text("Because.").first).to_be_visible()


def test_on_a_phone_a_filter_that_comes_leaves_the_panel_modal(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages=LONG_PAGE))
    page = open_page(site, width=390, height=800)
    open_panel(page)
    page.evaluate("document.body.style.filter = 'grayscale(1)'")
    dialog = "document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog')"
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(f"{dialog}.matches(':modal')")
    answered(page, server, whole("Because."))
    expect(page.get_by_text("Because.").first).to_be_visible()


def test_pages_that_change_in_a_view_transition_keep_the_panel(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("Because."))
    page.evaluate(
        """() => document.startViewTransition(() => {
          document.querySelector('main').replaceChildren(document.createElement('article'));
        }).finished"""
    )
    expect(page.get_by_role("dialog")).to_be_visible()
    answered(page, server, whole("And so."), "And then?")


NEW_PAGES = {
    "another body": "document.body.replaceWith(document.createElement('body'))",
    "other children": "document.body.replaceChildren(document.createElement('main'))",
    "a new document": "document.documentElement.replaceChildren(document.head, document.createElement('body'))",
}


@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("kind", NEW_PAGES)
def test_a_page_that_comes_with_another_body_keeps_the_panel(
    kind: str, width: int, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site, width=width)
    open_panel(page)
    answered(page, server, whole("Because."))
    page.evaluate(f"() => {{ {NEW_PAGES[kind]} }}")
    expect(page.get_by_text("Because.").first).to_be_visible()
    answered(page, server, whole("And so."), "And then?")
    assert page.evaluate("document.querySelectorAll('[data-bookrag]').length") == 1
    dialog = "document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog')"
    assert page.evaluate(f"{dialog}.matches(':modal')") == (width == 390)
    page.get_by_role("button", name="Close").click()
    open_panel(page)


REMOVING = """addEventListener('DOMContentLoaded', () => new MutationObserver(() =>
  document.querySelector('[data-bookrag]')?.remove()).observe(document.body, {childList: true}))"""
MOVING = """addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
  const host = document.querySelector('body > [data-bookrag]');
  if (host) document.querySelector('main').append(host) }).observe(document.body, {childList: true}))"""


@pytest.mark.parametrize("script", [REMOVING, MOVING])
def test_a_page_that_takes_the_widget_away_again_and_again_has_its_way(
    script: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    told: list[str] = []
    site = start(host_site(server.address))
    page = open_page("about:blank", expect=("bookrag: the page removes the widget",))
    page.on("console", lambda message: told.append(message.text))
    page.add_init_script(script)
    with page.expect_console_message():
        page.goto(site)
    page.wait_for_timeout(1_500)  # longer than the time in which the attempts are counted
    page.evaluate("document.body.append(document.createElement('i'))")
    expect(page.locator("body > [data-bookrag]")).to_have_count(0)
    assert told == ["bookrag: the page removes the widget"]


def test_a_page_that_takes_the_widget_away_now_and_then_gets_it_back(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site)
    for _ in range(12):
        expect(page.get_by_role("button", name="Ask the book")).to_be_visible()
        page.evaluate("document.querySelector('[data-bookrag]').remove()")
        page.wait_for_timeout(150)
    open_panel(page)


@pytest.mark.parametrize("with_body", ["at once", "later"])
def test_a_page_that_comes_with_another_root_element_keeps_the_widget(
    with_body: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site)
    expect(page.get_by_role("button", name="Ask the book")).to_be_visible()
    page.evaluate(
        """(later) => { const html = document.createElement('html');
        const fill = () => html.append(document.createElement('head'), document.createElement('body'));
        if (later) setTimeout(fill, 100); else fill();
        document.documentElement.replaceWith(html) }""",
        with_body == "later",
    )
    open_panel(page)
    answered(page, server, whole("It stays inside [1]."))
