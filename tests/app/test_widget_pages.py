"""What of the panel outlives the document, where a site loads one for each page, in Chromium."""

import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import WAIT_MILLISECONDS, OpenPage, Start
from tests.host_site import BODY, host_site
from tests.page_server import SOURCES, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

LINKED = f'{BODY}<p><a href="/other">Another page</a></p>'
LINE = 28  # pixels


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    return start(host_site(server.address, pages={"/": LINKED, "/other": BODY}))


def next_page(page: Page, site: str) -> None:
    page.evaluate("document.querySelector('a[href=\"/other\"]').click()")
    page.wait_for_url(f"{site}/other")
    expect(page.get_by_role("dialog")).to_be_visible()


def top_of(log: Locator, text: str) -> float:
    """How far below the log's upper edge a text begins."""
    found: float = log.get_by_text(text).first.evaluate(
        "(at) => at.getBoundingClientRect().top - at.closest('.log').getBoundingClientRect().top"
    )
    return found


def stands_at(log: Locator, text: str, top: float) -> bool:
    """Whether a text comes to begin at `top`: the way back to a place is gone in steps."""
    end = time.monotonic() + WAIT_MILLISECONDS / 1_000
    while abs(top_of(log, text) - top) >= LINE:
        if time.monotonic() > end:
            return False
        log.page.wait_for_timeout(40)
    return True


def test_a_draft_and_its_scope_stay_when_another_page_is_opened(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("It stays."))
    field, scope = page.get_by_role("textbox", name="Question"), page.get_by_role("combobox")
    scope.select_option("page")
    field.fill("Half a ques")
    next_page(page, site)
    expect(field).to_have_value("Half a ques")
    expect(scope).to_have_value("page")
    page.reload()
    expect(field).to_have_value("Half a ques")
    answered(page, server, whole("It is."), "A whole question?")
    assert server.asked[-1]["scope"] == "page"
    page.reload()
    expect(scope).to_have_value("page")
    expect(field).to_have_value("")


def test_a_question_that_is_being_edited_still_replaces_the_last_one_on_another_page(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("It stays."))
    page.get_by_role("button", name="Edit the question").click()
    next_page(page, site)
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why?")
    answered(page, server, whole("It goes."), "How?")
    expect(page.locator(".asked")).to_have_count(1)


def test_before_the_first_question_no_draft_is_kept(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
    page.get_by_role("textbox", name="Question").fill("Half a ques")
    page.evaluate("document.querySelector('a[href=\"/other\"]').click()")
    page.wait_for_url(f"{site}/other")
    assert page.evaluate("sessionStorage.length") == 0


def test_the_place_in_the_conversation_stays_when_another_page_is_opened(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_panel(page)
    for number in range(3):
        text = "\n\n".join(f"Paragraph {number}-{at}: {'a sentence of it. ' * 6}" for at in range(20))
        answered(page, server, whole(text), f"Question {number}?")
    log = page.get_by_role("region", name="Conversation")
    log.get_by_text("Paragraph 1-12:").evaluate("(at) => at.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(200)
    before = top_of(log, "Paragraph 1-12:")
    next_page(page, site)
    expect(log.locator(".text p")).to_have_count(60)
    page.wait_for_timeout(600)
    assert stands_at(log, "Paragraph 1-12:", before)


def test_what_was_open_in_an_answer_is_open_on_another_page(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
    sources = [{**source, "url": f"{site}/other#zmp"} for source in SOURCES]
    cited = {"number": 1, "source": 1, "id": "chunk-1", "url": sources[0]["url"], "sentence": "So.", "supported": True}
    citations = {"text": "Long. [1]", "cited": [cited], "also_read": [2, 3], "dropped": 0, "unsupported": []}
    text = "\n\n".join(f"Paragraph {at}: {'a sentence of it. ' * 6}" for at in range(20))
    script = Script(
        [opening(sources=sources), delta(text), delta(" [1]"), closing({**citations, "text": f"{text} [1]"})]
    )
    answered(page, server, script)
    log = page.get_by_role("region", name="Conversation")
    log.get_by_text("Also read (2)").click()
    link = log.locator(".also a.place").last
    link.scroll_into_view_if_needed()
    before = top_of(log, "The linear model")
    link.click()
    page.wait_for_url("**/other*")
    expect(link).to_be_visible()
    page.wait_for_timeout(600)
    assert stands_at(log, "The linear model", before)
