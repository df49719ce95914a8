"""The pictures that belong to a passage, and that their texts are no words of a page, in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, Start
from tests.host_site import BODY, host_site
from tests.page_server import SOURCES, PageServer, whole
from tests.widget_page import answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

OVEN = """<main><article><h1 id="steam">Steam</h1><p>Steam makes the crust shine, and one cup of water is enough.</p>
<p><img src="icon.svg" alt="An oven"></p><img src="/other.svg" alt="crust"><p>It is hot.</p></article></main>"""
PASSAGE = "Steam makes the crust shine, and one cup of water is enough.\n\nAn oven\n\nIt is hot."
DATA = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjkiLz4="
PACKED = f'<main><article><h1>Feet</h1><img alt="Two feet and a band" src="{DATA}"></article></main>'


def shown(page: Page, server: PageServer, url: str, text: str) -> None:
    """Have an answer cite a passage, and open it."""
    open_panel(page)
    answered(page, server, whole("See [1].", sources=[{**SOURCES[0], "url": url, "text": text}]))
    page.get_by_text("Passage", exact=True).click()
    expect(page.locator(".quoted")).not_to_be_empty()


@pytest.mark.parametrize("path", ["/", "/steam"])
def test_a_picture_with_a_short_text_stands_below_the_passage_that_has_it_as_a_paragraph(
    path: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages={"/": BODY, "/steam": OVEN}, connects="'self'"))
    page = open_page(f"{site}{path}", expect=("404",))
    shown(page, server, f"{site}/steam#steam", PASSAGE)
    expect(page.locator("img.figure")).to_have_attribute("src", f"{site}/icon.svg")
    expect(page.get_by_role("img", name="An oven").last).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/feet"])
def test_a_picture_that_stands_in_its_own_address_is_shown_where_the_pages_policy_allows_it(
    path: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    pages = {"/": BODY, "/feet": PACKED}
    site = start(host_site(server.address, pages=pages, connects="'self'", images="data:"))
    page = open_page(f"{site}{path}")
    shown(page, server, f"{site}/feet", "The hull.\n\nTwo feet and a band")
    figure = page.locator("img.figure")
    expect(figure).to_have_attribute("src", DATA)
    expect(figure).to_have_js_property("naturalWidth", 9)


def test_a_picture_that_the_pages_policy_forbids_is_not_tried(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages={"/": BODY, "/feet": PACKED}, connects="'self'"))
    page = open_page(site)
    page.evaluate("addEventListener('securitypolicyviolation', () => { window.violated = true })")
    with page.expect_response(lambda response: response.request.method == "HEAD"):
        shown(page, server, f"{site}/feet", "The hull.\n\nTwo feet and a band")
    page.wait_for_timeout(200)
    expect(page.locator("img.figure")).to_have_count(0)
    assert not page.evaluate("window.violated")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", PASSAGE),
        ("/", f"An oven with a pan\n\n{PASSAGE}"),
        ("/steam", PASSAGE.replace("An oven", "An oven.")),  # the picture is known where its page is open
    ],
)
def test_the_text_of_a_picture_is_no_part_of_what_the_browser_is_to_mark(
    path: str, text: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    pages = {"/": BODY, "/steam": OVEN.replace("An oven", "An oven.")}
    site = start(host_site(server.address, pages=pages))
    page = open_page(f"{site}{path}", expect=("404",) if path == "/steam" else ())
    open_panel(page)
    answered(page, server, whole("See [1].", sources=[{**SOURCES[0], "url": f"{site}/steam#steam", "text": text}]))
    marked = "text=Steam%20makes%20the%20crust%20shine%2C%20and%20one%20cup%20of%20water%20is%20enough."
    last = "&text=It%20is%20hot."
    expect(page.locator("a.place")).to_have_attribute("href", f"{site}/steam#steam:~:{marked}{last}")
