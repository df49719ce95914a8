"""Answers that end early, and how the widget takes them up again, in Chromium."""

from threading import Event

import pytest
from playwright.sync_api import Page, Route, expect

from app.ui_message_stream import DONE, frame
from tests.browser import OpenPage
from tests.page_server import LONG, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


CUT = "ERR_INCOMPLETE_CHUNKED_ENCODING"
BUSY = Script(status=429, headers={"retry-after": "1"})


HALF = "The first half, "


def ask_and_cut(page: Page, server: PageServer) -> None:
    """Ask a question whose answer's connection breaks after `HALF`, once the page shows it."""
    read = Event()
    server.scripts.append(Script([opening("c-1"), delta(HALF), read], cut=True))
    ask(page)
    expect(page.locator(".turn > .text")).to_contain_text(HALF.strip())
    read.set()


def test_an_answer_that_the_service_ends_is_not_one_that_the_reader_stopped(server: PageServer, page: Page) -> None:
    server.scripts.append(Script([opening("c-1"), delta("The first half, "), frame({"type": "abort"}), DONE]))
    ask(page)
    wait_for_end(page)
    expect(page.locator(".notice")).to_have_text("Not complete The service ended this answer before it was finished.")
    server.scripts.append(whole("All of it."))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    expect(page.locator(".turn > .text")).to_have_text("All of it.")
    expect(page.locator(".notice")).to_have_count(0)


@pytest.mark.parametrize("reloaded", [False, True])
@pytest.mark.parametrize("refusal", [Script(status=502), Script(status=503), Script(status=504), BUSY])
def test_a_service_that_is_away_for_a_moment_does_not_end_an_answer_that_was_cut(
    refusal: Script, reloaded: bool, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=(CUT, str(refusal.status)))
    open_panel(page)
    server.rests.extend([refusal, Script([delta("the second."), closing()])])
    if reloaded:
        server.scripts.append(Script([opening("c-1"), delta(HALF), LONG]))
        ask(page)
        expect(page.locator(".turn > .text")).to_contain_text(HALF.strip())
        page.reload()
    else:
        ask_and_cut(page, server)
    expect(page.locator(".turn > .text")).to_have_text("The first half, the second.")
    wait_for_end(page)
    expect(page.locator(".notice")).to_have_count(0)
    assert server.resumed_messages == ["m-1", "m-1"]  # and no other answer of the conversation


def test_a_refusal_for_good_ends_an_answer_that_was_cut(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=(CUT, "403"))
    open_panel(page)
    server.rests.append(Script(status=403))
    ask_and_cut(page, server)
    wait_for_end(page)
    expect(page.locator(".notice")).to_contain_text("Not complete")
    assert len(server.resumed) == 1


def test_an_answer_can_be_stopped_while_the_panel_waits_to_take_it_up(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=(CUT, "429"))
    open_panel(page)
    server.rests.append(Script(status=429, headers={"retry-after": "30"}))
    with page.expect_response(lambda response: response.status == 429):
        ask_and_cut(page, server)
    page.get_by_role("button", name="Stop the answer").click()
    expect(page.locator(".notice")).to_contain_text("You stopped this answer")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_an_answer_without_text_is_told_and_can_be_asked_for_again(server: PageServer, page: Page) -> None:
    server.scripts.append(whole(" \n"))
    ask(page)
    wait_for_end(page)
    expect(page.get_by_role("alert")).to_have_text("No answer The service sent no text. Please try again.")
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    expect(page.locator(".turn > .text")).to_have_text("Because.")


def test_escape_that_ends_a_composition_does_not_stop_an_answer(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    server.scripts.append(Script([opening("c-1"), delta("The first half, "), LONG]))
    ask(page)
    expect(page.get_by_text("The first half,").first).to_be_visible()
    page.get_by_role("textbox", name="Question").dispatch_event("keydown", {"key": "Escape", "isComposing": True})
    page.wait_for_timeout(200)
    expect(page.get_by_role("button", name="Stop the answer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("You stopped this answer").first).to_be_visible()


SEARCHING = b": searching\n\n"  # the comment that the service sends while no part is there


@pytest.mark.parametrize("leaving", ["location.reload()", "location.href = '?another'"])
@pytest.mark.parametrize("sent", [(), (SEARCHING,)])
def test_a_question_whose_search_is_going_on_is_sent_again_by_the_next_document(
    sent: tuple[bytes, ...], leaving: str, server: PageServer, page: Page
) -> None:
    server.scripts.extend([Script([*sent, LONG]), whole("Because.")])
    with page.expect_response("**/api/chat"):
        ask(page)
    page.wait_for_timeout(200)
    page.evaluate(leaving)
    expect(page.locator(".turn > .text")).to_have_text("Because.")
    wait_for_end(page)
    expect(page.locator(".notice")).to_have_count(0)
    first, second = server.asked
    assert second == first  # the service answers the same question once


def test_a_question_that_was_on_its_way_is_sent_again_by_the_next_document(server: PageServer, page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/chat", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/api/chat"):
        ask(page)
    page.wait_for_timeout(200)
    server.scripts.append(whole("Because."))
    page.reload()
    expect(page.locator(".turn > .text")).to_have_text("Because.")


def test_another_answer_whose_search_is_going_on_is_taken_up_by_the_next_document(
    server: PageServer, page: Page
) -> None:
    server.scripts.extend([whole("One."), Script([SEARCHING, LONG])])
    ask(page)
    wait_for_end(page)
    with page.expect_response("**/api/chat"):
        page.get_by_role("button", name="Answer again").click()
    server.rests.append(whole("Another."))
    page.reload()
    expect(page.locator(".turn > .text")).to_have_text("Another.")
    assert len(server.asked) == 2


def test_a_connection_that_is_cut_before_the_first_part_does_not_end_an_answer(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=(CUT,))
    open_panel(page)
    begun = Event()
    server.scripts.extend([Script([SEARCHING, begun], cut=True), whole("Because.")])
    with page.expect_response("**/api/chat"):
        ask(page)
    begun.set()
    expect(page.locator(".turn > .text")).to_have_text("Because.")
    wait_for_end(page)
    first, second = server.asked
    assert second == first


def test_an_answer_that_a_new_conversation_ends_is_announced_as_one_of_its_own_conversation(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("""() => { window.ended = [];
      document.addEventListener('bookrag:answered', ({detail}) => window.ended.push(detail.conversationId)); }""")
    open_panel(page)
    server.scripts.append(Script([opening("c-1"), delta("The first half, "), LONG]))
    ask(page)
    expect(page.locator(".turn > .text")).to_contain_text("The first half,")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_function("window.ended.length > 0")
    assert page.evaluate("window.ended") == ["c-1"]
