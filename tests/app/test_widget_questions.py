"""Questions that are edited or too long, and what a screen reader is told of answers, in the widget in Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.page_server import LONG, PageServer, Script, delta, opening, whole
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


SPOKEN = "[aria-live=polite][aria-relevant=additions] p"
STORED = {
    "head_id": "a-9",
    "messages": [
        {"id": "q-9", "role": "user", "content": "Earlier?", "parent_id": None},
        {"id": "a-9", "role": "assistant", "content": "Long ago.", "parent_id": "q-9", "status": "complete"},
    ],
}
LISTED = {
    "conversations": [{"id": "c-9", "title": "Earlier", "updated_at": "2026-11-01T10:00:00Z"}],
    "next_cursor": None,
}


def open_earlier(page: Page) -> None:
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Earlier", exact=False).filter(has=page.locator("time")).click()
    expect(page.get_by_text("Long ago.").first).to_be_visible()


def ask_by_call(page: Page) -> None:
    page.evaluate("bookrag.open({question: 'Of the page?', submit: true})")
    wait_for_end(page)
    ask(page, "Why not?")


def ask_after_emptying(page: Page) -> None:
    page.get_by_role("textbox", name="Question").fill("")
    ask(page, "Why not?")


def ask_elsewhere(page: Page) -> None:
    open_earlier(page)
    ask(page, "Why not?")


@pytest.mark.parametrize("ask_otherwise", [ask_by_call, ask_after_emptying, ask_elsewhere])
def test_a_question_that_is_not_the_edited_one_replaces_nothing(
    ask_otherwise: Callable[[Page], None], server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.route("**/api/conversations?**", lambda route: route.fulfill(json=LISTED))
    page.route("**/api/conversations", lambda route: route.fulfill(json=LISTED))
    page.route("**/api/conversations/c-9", lambda route: route.fulfill(json=STORED))
    page.evaluate("bookrag.configure({getToken: () => 'token'})")
    open_panel(page)
    answered(page, server, whole("One."))
    page.get_by_role("button", name="Edit the question").click()
    server.scripts.extend([whole("Two."), whole("Three.")])
    ask_otherwise(page)
    wait_for_end(page)
    expect(page.get_by_text("Long ago." if ask_otherwise is ask_elsewhere else "One.").first).to_be_visible()
    assert "messageId" not in server.asked[-1]
    expect(page.locator(".asked")).to_have_count(3 if ask_otherwise is ask_by_call else 2)


TOO_LONG = "A question has at most 8000 characters; the rest was left out."


def paste(page: Page, text: str) -> None:
    """Copy the text out of a field of the page into the question's."""
    page.get_by_role("searchbox").fill(text)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.get_by_role("textbox", name="Question").focus()
    page.keyboard.press("Control+v")


def test_text_that_is_pasted_beyond_the_longest_question_is_cut_and_the_reader_told(
    server: PageServer, page: Page
) -> None:
    field = page.get_by_role("textbox", name="Question")
    field.fill("Why? ")
    paste(page, "x" * 7_995)
    expect(field).to_have_value(f"Why? {'x' * 7_995}")
    expect(page.get_by_text(TOO_LONG)).to_have_count(0)
    paste(page, "y")
    expect(page.get_by_role("alert")).to_have_text(TOO_LONG)
    assert len(field.input_value()) == 8_000
    page.keyboard.press("Backspace")
    expect(page.get_by_text(TOO_LONG)).to_have_count(0)
    paste(page, "yy")
    expect(page.get_by_role("alert")).to_have_text(TOO_LONG)
    server.scripts.append(whole("Because."))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Because.").first).to_be_visible()
    expect(page.get_by_text(TOO_LONG)).to_have_count(0)
    assert len(server.asked[-1]["messages"][0]["parts"][0]["text"]) == 8_000


WRITE = """(field) => {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, 'x'.repeat(9000));
  field.dispatchEvent(new InputEvent('input', {bubbles: true}));
}"""


def test_text_that_an_extension_writes_beyond_the_longest_question_is_cut_and_the_reader_told(
    server: PageServer, page: Page
) -> None:
    field = page.get_by_role("textbox", name="Question")
    field.evaluate(WRITE)
    expect(page.get_by_role("alert")).to_have_text(TOO_LONG)
    expect(field).to_have_value("x" * 8_000)
    server.scripts.append(whole("Because."))
    field.press("Enter")
    expect(page.get_by_text("Because.").first).to_be_visible()
    assert len(server.asked[-1]["messages"][0]["parts"][0]["text"]) == 8_000


@pytest.mark.parametrize("submit", ["true", "false"])
def test_a_pages_question_that_is_too_long_is_cut_and_not_sent(
    submit: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("(submit) => bookrag.open({question: `${'x'.repeat(7999)}\\u{1f916}.`, submit})", submit == "true")
    expect(page.get_by_role("alert")).to_have_text(TOO_LONG)
    expect(page.get_by_role("textbox", name="Question")).to_have_value("x" * 7_999)  # and no half of a sign
    assert server.asked == []


def test_what_was_read_out_does_not_stand_in_the_document_twice(server: PageServer, page: Page) -> None:
    answered(page, server, whole("One answer."))
    expect(page.locator(SPOKEN)).to_have_text(["One answer."])
    server.scripts.append(Script([opening("c-1"), delta("Another answer. And"), LONG]))
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator("[role=status]")).to_have_text("Searching the book…")
    expect(page.locator(SPOKEN)).to_have_text(["Another answer."])
    expect(page.locator(SPOKEN)).to_have_count(0, timeout=15_000)  # while it is still being written
    expect(page.locator(".turn > .text")).to_contain_text("Another answer.")


def test_a_sign_in_that_cannot_be_checked_is_told_in_the_same_words_to_all(site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("getToken gave no token",))
    page.evaluate("bookrag.configure({getToken: () => Promise.reject(new Error('away'))})")
    open_panel(page)
    ask(page)
    wait_for_end(page)
    said = "Your sign-in could not be checked. Please try again."
    expect(page.locator(".notice")).to_have_text(f"No answer {said}")
    expect(page.locator("[role=status]")).to_have_text(f"No answer. {said}")


# A phone's keyboard, which makes the part of the window smaller that can be seen, and not the window.
KEYBOARD = """() => { const view = Object.assign(new EventTarget(), {height: innerHeight, offsetTop: 0, scale: 1});
  Object.defineProperty(window, 'visualViewport', {value: view});
  window.see = (part) => { Object.assign(view, part); view.dispatchEvent(new Event('resize')) }; }"""


def test_on_a_phone_the_panel_stands_above_the_keyboard(site: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", width=390, height=800)
    page.add_init_script(f"({KEYBOARD})()")
    page.goto(site)
    open_panel(page)
    boxes = [page.get_by_role("dialog").bounding_box()]
    for seen in (
        "{height: 420, offsetTop: 30}",
        "{height: 800, offsetTop: 0}",
        "{height: 400, scale: 2}",  # magnified
    ):
        page.evaluate(f"see({seen})")
        boxes.append(page.get_by_role("dialog").bounding_box())
    whole_screen = {"x": 0, "y": 0, "width": 390, "height": 800}
    assert boxes == [whole_screen, {"x": 0, "y": 30, "width": 390, "height": 420}, whole_screen, whole_screen]
