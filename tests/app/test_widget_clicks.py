"""Clicks and keys in the widget that come twice, at the wrong moment or from a page's own editor, in Chromium."""

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.page_server import PageServer, Script, closing, delta, opening
from tests.widget_page import ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


def posts(page: Page, path: str) -> list[str]:
    """The calls to a path of the service from now on."""
    calls: list[str] = []
    page.on(
        "request", lambda call: calls.append(call.url) if call.method == "POST" and call.url.endswith(path) else None
    )
    return calls


def click_twice(page: Page, button: str) -> None:
    """Clicks as a hand does, where the button stood at the first click."""
    box = page.get_by_role("button", name=button, exact=True).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for count in (1, 2):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def test_a_question_that_is_sent_by_a_double_click_is_asked_once_and_answered(server: PageServer, page: Page) -> None:
    clicked = threading.Event()
    server.scripts.append(Script([opening("c-1"), delta("Because "), clicked, delta("it does."), closing()]))
    page.get_by_role("textbox", name="Question").fill("Why?")
    click_twice(page, "Ask")
    clicked.set()
    expect(page.get_by_text("Because it does.").first).to_be_visible()
    assert (len(server.asked), server.stopped) == (1, [])


@pytest.mark.parametrize("clicks", [1, 2])
def test_stopping_an_answer_does_not_send_what_is_being_written(clicks: int, server: PageServer, page: Page) -> None:
    never = threading.Event()
    server.scripts.append(Script([opening("c-1"), delta("A beginning"), never, closing()]))
    ask(page)
    expect(page.get_by_text("A beginning").first).to_be_visible()
    page.get_by_role("textbox", name="Question").fill("Half a")
    if clicks == 2:
        click_twice(page, "Stop the answer")
    else:
        page.get_by_role("button", name="Stop the answer").click()
        expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    wait_for_end(page)
    never.set()
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Half a")
    assert len(server.asked) == 1


def test_no_key_that_is_struck_in_the_panel_reaches_the_page(page: Page) -> None:
    page.evaluate(
        """() => { window.heard = [];
        for (const name of ['keydown', 'keypress', 'keyup'])
          document.addEventListener(name, ({type}) => heard.push(type)) }"""
    )
    page.get_by_role("textbox", name="Question").focus()
    page.keyboard.type("/s")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("/s")
    assert page.evaluate("heard") == []


def test_a_shortcut_that_an_editor_of_the_page_has_taken_does_nothing(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate(
        """() => { const box = document.createElement('div'), editor = document.createElement('div');
        document.body.prepend(box);
        box.attachShadow({mode: 'closed'}).append(editor);
        editor.contentEditable = 'true';
        editor.addEventListener('keydown', (event) => event.preventDefault()); // makes italics
        editor.focus(); }"""
    )
    page.keyboard.press("Control+i")
    page.wait_for_timeout(300)  # longer than a warm panel takes to open
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_enter_that_is_struck_twice_makes_one_account(served_site: str, open_page: OpenPage) -> None:
    page = open_page(served_site)
    open_panel(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill("ada@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    calls = posts(page, "/api/auth/signup")
    page.evaluate(
        """() => { const form = document.querySelector('[data-bookrag]').shadowRoot.querySelector('.view form');
        form.requestSubmit(); form.requestSubmit(); }"""
    )
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    assert len(calls) == 1


def test_a_double_click_makes_one_guest(served_site: str, open_page: OpenPage) -> None:
    page = open_page(served_site)
    open_panel(page)
    page.get_by_role("button", name="Earlier conversations").click()
    calls = posts(page, "/api/auth/guest")
    page.get_by_role("button", name="Keep my conversations").dblclick()
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
    assert len(calls) == 1
