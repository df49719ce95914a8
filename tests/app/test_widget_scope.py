"""How much of the book the widget searches, and how it says so, on a page of another origin in Chromium."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests.browser import OpenPage, Start, axe_violations
from tests.host_site import host_site
from tests.page_server import PageServer, whole
from tests.serving import serving
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


@dataclass(frozen=True)
class Words:
    """What a reader sees and hears where a part of the book is searched."""

    searched: str | None
    uncertain: str
    not_covered: str
    chip: str


PARTS = {
    "book": Words(None, "The book may not answer this", "Not covered by the book", "Search the book too"),
    "chapter": Words(
        "Searched: the chapter of “Balance” alone",
        "This chapter may not answer this",
        "Not covered by this chapter",
        "Search this chapter too",
    ),
    "page": Words(
        "Searched: “Balance” alone",
        "This page may not answer this",
        "Not covered by this page",
        "Search this page too",
    ),
}


def choose(page: Page, part: str) -> None:
    page.get_by_role("combobox", name="Search").select_option(part)


@pytest.mark.parametrize("verdict", ["uncertain", "not_covered"])
@pytest.mark.parametrize("part", PARTS)
def test_a_verdict_is_about_what_was_searched(
    part: str, verdict: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    words = PARTS[part]
    page = open_page(site)
    open_panel(page)
    choose(page, part)
    answered(page, server, whole("Something.", verdict=verdict))
    said = words.uncertain if verdict == "uncertain" else words.not_covered
    expect(page.locator("[role=status]")).to_have_text(f"{said}. Answer complete. Sources: 3.")
    if verdict == "uncertain":
        expect(page.locator(".notice strong")).to_have_text(words.uncertain)
    searched = page.locator(".searched")
    if words.searched:
        expect(searched).to_have_text(words.searched)
    else:
        expect(searched).to_have_count(0)
    assert server.asked[0]["scope"] == part
    assert axe_violations(page, "[data-bookrag]") == []


def test_a_covered_answer_says_what_was_searched_and_offers_no_other_search(server: PageServer, page: Page) -> None:
    choose(page, "page")
    answered(page, server, whole("It stays inside."))
    expect(page.locator(".searched")).to_have_text("Searched: “Balance” alone")
    expect(page.get_by_role("button", name="Search the whole book")).to_have_count(0)
    choose(page, "book")  # is for the next question
    expect(page.locator(".searched")).to_have_text("Searched: “Balance” alone")


@pytest.mark.parametrize("part", ["chapter", "page"])
def test_a_question_that_a_part_does_not_answer_can_be_put_to_the_whole_book(
    part: str, server: PageServer, page: Page
) -> None:
    choose(page, part)
    answered(page, server, whole("Not here.", verdict="not_covered"), "Why?")
    server.scripts.append(whole("Elsewhere."))
    page.get_by_role("button", name="Search the whole book").click()
    expect(page.get_by_text("Elsewhere.").first).to_be_visible()
    assert [body["scope"] for body in server.asked] == [part, "book"]
    assert [body["messages"][-1]["parts"][0]["text"] for body in server.asked] == ["Why?", "Why?"]
    expect(page.locator(".turn").last.locator(".searched")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Search")).to_have_value(part)
    page.reload()
    expect(page.locator(".turn").first.locator(".searched")).to_have_text(PARTS[part].searched or "")


@pytest.mark.parametrize("part", PARTS)
def test_the_chip_of_a_selection_says_what_else_is_searched(
    part: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("getSelection().selectAllChildren(document.getElementById('first'))")
    page.get_by_role("button", name="Ask about this", exact=True).click()
    choose(page, part)
    chip = page.get_by_role("group", name="Selected text")
    expect(chip.get_by_role("checkbox", name=PARTS[part].chip)).to_be_checked()
    answered(page, server, whole("It means this."), "What does it mean?")
    assert (server.asked[0]["scope"], server.asked[0]["use_book"]) == (part, True)


def test_small_talk_says_nothing_of_a_search(server: PageServer, page: Page) -> None:
    choose(page, "page")
    greeting = whole("Hello.", sources=[], verdict="small talk")
    answered(page, server, greeting, "Hi")
    expect(page.locator(".searched")).to_have_count(0)


def test_urdu_names_the_part_that_was_searched(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, lang="ur", attributes=' dir="rtl"', options='data-scope="page"'))
    page = open_page(site)
    open_panel(page, "کتاب سے پوچھیں")
    server.scripts.append(whole("یہ یہاں نہیں۔", verdict="uncertain"))
    page.get_by_role("textbox", name="سوال").fill("کیوں؟")
    page.keyboard.press("Enter")
    expect(page.locator(".searched")).to_have_text("صرف ”Balance“ میں تلاش کیا گیا")
    expect(page.locator(".notice strong")).to_have_text("شاید یہ صفحہ اس کا جواب نہ دے")
    expect(page.get_by_role("button", name="پوری کتاب میں تلاش کریں")).to_be_visible()
    assert axe_violations(page, "[data-bookrag]") == []


@pytest.mark.parametrize("part", ["page", "chapter"])
def test_on_a_page_that_is_not_in_the_index_the_whole_book_is_offered(
    part: str, data_dir: Path, start: Start, open_page: OpenPage
) -> None:
    settings = AppSettings(_env_file=None, cors_origins="*")
    service = start(serving(data_dir, app=settings))
    site = start(host_site(service.url))
    page = open_page(site, expect=("400",))
    open_panel(page)
    choose(page, part)
    ask(page, "Why can the zero moment point not leave the support polygon?")
    notice = page.get_by_role("alert")
    expect(notice).to_have_text("No answer This page is not among those that can be searched.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert axe_violations(page, "[data-bookrag]") == []
    page.reload()
    page.get_by_role("button", name="Search the whole book").click()
    wait_for_end(page)
    expect(page.locator(".turn").last.locator("a.place").first).to_be_visible()


def test_for_a_version_that_is_not_in_the_index_the_latest_is_offered(
    data_dir: Path, start: Start, open_page: OpenPage
) -> None:
    settings = AppSettings(_env_file=None, cors_origins="*")
    service = start(serving(data_dir, app=settings))
    site = start(host_site(service.url, options='data-version="9.9"'))
    page = open_page(site, expect=("400",))
    open_panel(page)
    ask(page, "Why can the zero moment point not leave the support polygon?")
    expect(page.get_by_role("alert")).to_have_text("No answer This version of the book cannot be searched.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name="Search the latest version").click()
    wait_for_end(page)
    expect(page.locator(".turn").last.locator("a.place").first).to_be_visible()
    answered_twice = page.locator(".turn").count()
    ask(page, "What is the capture point?")
    wait_for_end(page)
    expect(page.get_by_role("alert")).to_have_count(1)
    assert answered_twice == 2
