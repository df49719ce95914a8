"""Where the focus goes in the widget when what has it is taken away, and what Escape does, in Chromium."""

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, axe_violations
from tests.page_server import PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

EMAIL, PASSWORD = "ada@book.example", "correct horse battery"


def press(page: Page, name: str) -> None:
    """Press a button by the keyboard."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def fill_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(password)


def test_the_focus_stays_in_the_panel_where_a_pressed_button_goes(served_site: str, open_page: OpenPage) -> None:
    page = open_page(served_site, expect=("401",))
    field = page.get_by_role("textbox", name="Question")
    earlier = page.get_by_role("region", name="Earlier conversations")
    open_panel(page)
    ask(page, "What is the zero moment point?")
    wait_for_end(page)
    press(page, "Earlier conversations")
    press(page, "Keep my conversations on this device")
    expect(earlier).to_be_focused()
    press(page, "Back to the conversation")
    expect(field).to_be_focused()
    press(page, "New conversation")
    expect(field).to_be_focused()
    press(page, "Earlier conversations")
    page.locator("button.entry").focus()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    press(page, "Account")
    press(page, "Create an account")
    fill_in(page)
    page.locator("button.primary").focus()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()  # signed up
    press(page, "Account")
    press(page, "Sign out")
    expect(field).to_be_focused()
    press(page, "Account")
    fill_in(page, "a wrong password")
    page.locator("button.primary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    expect(page.locator("button.primary")).to_be_focused()
    fill_in(page)
    page.locator("button.primary").focus()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()  # signed in
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_selection_that_is_removed_leaves_the_focus_in_the_panel(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate("bookrag.open({selection: 'A robot that stands still.'})")
    press(page, "Remove the selected text")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_button_that_goes_takes_no_focus_from_the_page(server: PageServer, page: Page) -> None:
    rest = threading.Event()
    server.scripts.append(Script([opening(), delta("One."), rest, closing()]))
    ask(page)
    page.get_by_role("button", name="Stop the answer").focus()
    search = page.get_by_role("searchbox", name="Search")
    search.focus()
    rest.set()
    wait_for_end(page)
    expect(search).to_be_focused()


def test_escape_ends_an_edit_before_it_closes_the_panel(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    field = page.get_by_role("textbox", name="Question")
    open_panel(page)
    answered(page, server, whole("One."), "Why?")
    page.get_by_role("button", name="Edit the question").click()
    expect(field).to_have_value("Why?")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    expect(page.get_by_text("Replaces your last question")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_new_conversation_ends_an_edit(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    field = page.get_by_role("textbox", name="Question")
    open_panel(page)
    answered(page, server, whole("One."), "Why?")
    page.get_by_role("button", name="Edit the question").click()
    page.get_by_role("button", name="New conversation").click()
    expect(field).to_have_value("")
    answered(page, server, whole("One."), "Why?")
    field.fill("What is written beside an edit")
    page.get_by_role("button", name="New conversation").click()
    expect(field).to_have_value("What is written beside an edit")


def test_the_forms_of_the_account_have_their_own_notices(served_site: str, open_page: OpenPage) -> None:
    page = open_page(served_site, expect=("401",))
    open_panel(page)
    page.get_by_role("button", name="Account").click()
    fill_in(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_label("Name (optional)")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="password")).to_have_count(0)


def test_a_guest_is_asked_before_signing_out(served_site: str, open_page: OpenPage) -> None:
    page = open_page(served_site)
    open_panel(page)
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Keep my conversations on this device").click()
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out", exact=True).dblclick()
    expect(page.get_by_text("Guest on this device").or_(page.get_by_text("cannot be opened again"))).to_be_visible()
    assert page.evaluate("localStorage.length") == 1
    if page.get_by_role("button", name="Stay").count():
        page.get_by_role("button", name="Stay").click()
    press(page, "Sign out")
    expect(page.get_by_text("Your conversations on this device cannot be opened again")).to_be_visible()
    expect(page.get_by_role("button", name="Stay")).to_be_focused()
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out for good").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    assert page.evaluate("localStorage.length") == 0
