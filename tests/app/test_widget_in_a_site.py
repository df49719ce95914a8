"""The widget among the other parts of a Docusaurus site: navbar, menu, buttons, prefetching and kinds of addresses."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from app.settings import AppSettings
from tests.browser import OpenPage, Start, axe_violations
from tests.docusaurus import widget_pages as pages
from tests.docusaurus.widget_pages import (
    CARDS,
    QUESTION,
    Sites,
    address_of,
    asked,
    listener,
    open_site,
    refused,
    until,
)
from tests.docusaurus.widget_site import served_site
from tests.serving import serving
from tests.widget_page import open_panel, wait_for_end

build, hash_build, index, sites = pages.build, pages.hash_build, pages.index, pages.sites

pytestmark = pages.MARKS


def test_the_navbar_item_opens_the_panel_in_place_of_the_floating_button(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.navbar}/docs/locomotion/zero-moment-point", width=1280)
    expect(page.get_by_role("button", name="Ask the book")).to_have_count(0)
    item = page.get_by_role("navigation", name="Main").get_by_role("button", name="Questions")
    item.click()
    expect(page.get_by_role("dialog", name="Ask the book")).to_be_visible()
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.keyboard.press("Escape")
    expect(item).to_be_focused()
    assert refused(page) == []


@pytest.mark.parametrize("path", ["/docs/locomotion/zero-moment-point", "/ur/docs"])
def test_on_a_phone_the_item_of_the_menu_closes_it_and_opens_the_panel(
    path: str, sites: Sites, open_page: OpenPage
) -> None:
    page = open_site(open_page, f"{sites.navbar}{path}", width=390, height=800)
    page.locator(".navbar__toggle").click()
    menu = page.locator(".navbar-sidebar")
    menu.locator(".navbar-sidebar__back").click()  # a page of the book shows its own menu first
    item = menu.get_by_role("button", name="Questions")
    item.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(menu).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def overlap(one: Locator, other: Locator) -> bool:
    """Whether two boxes share any point."""
    first, second = one.bounding_box(), other.bounding_box()
    assert first
    assert second
    across = first["x"] < second["x"] + second["width"] and second["x"] < first["x"] + first["width"]
    down = first["y"] < second["y"] + second["height"] and second["y"] < first["y"] + first["height"]
    return across and down


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(("path", "title"), [("/docs/locomotion/zero-moment-point", "Ask"), ("/ur/docs", "کتاب")])
def test_the_back_to_top_button_is_clear_of_the_floating_one(
    path: str, title: str, width: int, sites: Sites, open_page: OpenPage
) -> None:
    page = open_site(open_page, f"{sites.plugin}{path}", width=width, height=500)
    up = page.locator(".theme-back-to-top-button")
    launcher = page.get_by_role("button", name=title)
    page.mouse.move(width / 2, 300)
    for down, top in ((900, 900), (-200, 700), (-50, 650)):  # it comes as the reader scrolls up
        page.mouse.wheel(0, down)
        assert until(page, f"Math.abs(scrollY - {top}) < 2")
    assert until(page, "getComputedStyle(document.querySelector('.theme-back-to-top-button')).visibility === 'visible'")
    expect(up).to_be_in_viewport()
    assert not overlap(up, launcher)
    up.click()
    assert until(page, "scrollY === 0")


def test_a_page_is_loaded_before_the_click_that_opens_it(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs", width=900)  # no menu, whose links Docusaurus loads itself
    open_panel(page)
    asked(page, QUESTION)
    place = page.locator(CARDS).first.locator("a.place")
    place.scroll_into_view_if_needed()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    place.hover()
    scripts = f"{sites.plugin}/assets/js/"
    for _ in range(50):
        if any(scripts in url for url in loaded):
            break
        page.wait_for_timeout(40)
    page.wait_for_load_state("networkidle")
    before = {url for url in loaded if url.startswith(scripts)}
    assert before
    loaded.clear()
    place.click()
    assert until(page, "CSS.highlights.has('bookrag-passage')")
    assert {url for url in loaded if url.startswith(scripts)} <= before


def test_the_questions_that_a_page_suggests_are_answered_from_it(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs/locomotion/zero-moment-point")
    open_panel(page)
    suggested = page.locator(".welcome .suggestions button")
    names = suggested.all_inner_texts()
    assert names[:2] == ["Summarize this page", "Explain this page in simple words"]
    assert len(names) == 4
    for name in names:
        page.locator(".welcome .suggestions").get_by_role("button", name=name, exact=True).click()
        wait_for_end(page)
        expect(page.locator(".turn > .text")).not_to_be_empty()
        assert page.locator(f"{CARDS} a.place[href*='/docs/locomotion/zero-moment-point']").count(), name
        page.get_by_role("button", name="New conversation").click()


def test_a_reader_without_a_mouse_asks_follows_a_citation_and_comes_back(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs", width=1280)
    page.get_by_role("button", name="Ask the book").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    wait_for_end(page)
    card = page.locator(CARDS).first.locator("a.place")
    tab_to(page, card)
    page.keyboard.press("Enter")
    assert until(page, "CSS.highlights.has('bookrag-passage')")
    expect(page.locator("#zmp")).to_be_focused()  # reading goes on there
    page.keyboard.press("Control+i")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.keyboard.press("Control+i")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_back()
    expect(page).to_have_url(f"{sites.plugin}/docs")
    page.keyboard.press("Control+i")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Close"), backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def tab_to(page: Page, target: Locator, *, backwards: bool = False) -> None:
    """Move the focus by the keyboard alone."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if target.evaluate("(node) => node.getRootNode().activeElement === node"):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


@pytest.fixture
def hash_site(hash_build: Path, index: Path, start: Start) -> str:
    own = start(listener())
    settings = AppSettings(_env_file=None, cors_origins=address_of(own))
    service = start(serving(index, app=settings))
    return start(served_site(hash_build, own, service.url))


def test_citations_and_back_work_where_addresses_are_fragments(hash_site: str, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{hash_site}/#/docs")
    expect(page.get_by_role("heading", level=1, name="Physical AI and Humanoid Robots")).to_be_visible()
    page.evaluate("window.same = true")
    open_panel(page)
    asked(page, QUESTION)
    page.locator(CARDS).first.locator("a.place").click()
    expect(page).to_have_url(f"{hash_site}/#/docs/locomotion/zero-moment-point#zmp")
    assert until(page, "CSS.highlights.has('bookrag-passage')")
    expect(page.locator("#zmp")).to_be_in_viewport()
    page.go_back()
    expect(page).to_have_url(f"{hash_site}/#/docs")
    expect(page.get_by_role("heading", level=1, name="Physical AI and Humanoid Robots")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_visible()
    with page.expect_request("**/api/chat") as request:
        asked(page, "What is the capture point?")
    assert '"page_url":"https://physical-ai.example/docs"' in (request.value.post_data or "")
    assert page.evaluate("window.same")
    assert refused(page) == []


def test_the_diagram_of_a_section_stands_below_its_passage(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs", width=1280)
    expect(page.locator(".docusaurus-mermaid-container svg")).to_be_visible(timeout=20_000)
    open_panel(page)
    asked(page, "How do the chapters fit together?")
    card = page.locator(".cards > li").filter(has=page.get_by_text("How the chapters fit together", exact=True)).first
    if not card.is_visible():
        page.locator("details.also > summary").first.click()
    card.get_by_text("Passage", exact=True).click()
    drawing = card.get_by_role("img", name="Diagram: ")
    expect(drawing.locator("svg")).to_be_visible()
    expect(drawing).to_contain_text("Whole-body control")
    expect(card).not_to_contain_text("flowchart LR")
    assert axe_violations(page, "[data-bookrag]") == []
    assert refused(page) == []


def test_the_picture_of_a_section_stands_below_its_passage(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs", width=1280)
    open_panel(page)
    asked(page, "What is the support polygon?")
    cards = page.locator(".cards > li")
    card = cards.filter(has=page.get_by_text("The support polygon", exact=True)).first
    if not card.is_visible():
        page.locator("details.also > summary").first.click()
    card.get_by_text("Passage", exact=True).click()
    picture = card.get_by_role("img", name="Two footprints seen from above")
    expect(picture).to_have_js_property("naturalWidth", 320)
    assert refused(page) == []


def test_the_open_page_or_chapter_alone_is_searched_and_named(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs/locomotion/zero-moment-point", width=1280)
    open_panel(page)
    parts = {
        "page": "Searched: “Balance and the Zero Moment Point” alone",
        "chapter": "Searched: the chapter of “Balance and",
    }
    for number, (part, said) in enumerate(parts.items()):
        page.get_by_role("combobox", name="Search").select_option(part)
        asked(page, QUESTION)
        turn = page.locator(".turn").nth(number)
        expect(turn.locator(".searched")).to_contain_text(said)
        paths = [urlsplit(str(link.get_attribute("href"))).path for link in turn.locator("a.place").all()]
        assert paths
        if part == "page":
            assert set(paths) == {"/docs/locomotion/zero-moment-point"}
        else:
            assert all(path.startswith("/docs/locomotion/") for path in paths)
    asked(page, "Which quality of service makes a late subscriber get the last message?")
    page.get_by_role("button", name="Search the whole book").click()
    wait_for_end(page)
    last = page.locator(".turn").last
    expect(last.locator(".searched")).to_have_count(0)
    expect(last.locator("a.place[href*='/docs/ros2/']").first).to_be_visible()
    assert refused(page) == []
