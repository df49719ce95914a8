"""Readers' accounts in the widget, against the real service: guests, signing up, and conversations that are kept."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from app.settings import AppSettings
from tests.browser import OpenPage, Start, axe_violations
from tests.confirmation_links import follow, link, session_of
from tests.host_site import host_site
from tests.serving import Served, serving
from tests.supabase_server import PUBLISHABLE_KEY, SupabaseServer
from tests.widget_page import ask, open_panel, wait_for_end


@pytest.fixture
def site(served_site: str) -> str:
    return served_site


pytestmark = [pytest.mark.browser, pytest.mark.conformance]

QUESTION = "Why can the zero moment point not leave the support polygon?"


def asked(page: Page, question: str = QUESTION) -> None:
    ask(page, question)
    wait_for_end(page)


def sign_up(page: Page, email: str = "ada@book.example") -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()


def become_guest(page: Page) -> None:
    """Open the earlier conversations, which from now on are kept for a guest."""
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Keep my conversations on this device").click()


def test_the_real_service_answers_with_the_nearest_heading(page: Page) -> None:
    asked(page)
    expect(page.locator("a.place").first).to_have_text("Why it stays inside")


def test_conversations_of_an_account_are_listed_and_opened_again(page: Page) -> None:
    sign_up(page)
    asked(page)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    assert axe_violations(page) == []
    page.locator("button.entry").click()
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("never pulls")
    asked(page, "And the capture point?")
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Delete: ").dblclick()
    expect(page.locator("button.entry")).to_have_count(1)
    page.get_by_role("button", name="Delete: ").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep: ")).to_be_focused()
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Delete: ")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete for good: ").click()
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
    expect(page.get_by_role("region", name="Earlier conversations")).to_be_focused()


def test_a_conversation_that_is_opened_again_shows_what_was_searched_for(page: Page) -> None:
    sign_up(page)
    asked(page, "waht is the zreo momnet point?")
    searched = page.get_by_role("region", name="Conversation").locator(".searched")
    expect(searched).to_have_text("Searched for: what is the zero moment point")
    page.get_by_role("button", name="New conversation").click()
    expect(searched).to_have_count(0)
    page.get_by_role("button", name="Earlier conversations").click()
    page.locator("button.entry").click()
    expect(searched).to_have_text("Searched for: what is the zero moment point")


def test_a_guests_conversations_become_those_of_the_account(page: Page) -> None:
    become_guest(page)
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
    page.get_by_role("button", name="Back to the conversation").click()
    asked(page)
    sign_up(page)
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_text("Signed in as ada")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    assert page.evaluate("localStorage.length") == 0


WAYS_IN = ["a new account", "an account that is there", "as a guest", "a guest's account, then another one"]


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_conversation_that_began_before_signing_in_is_kept_and_goes_on(
    way: str, service: Served, site: str, open_page: OpenPage
) -> None:
    reader = {"email": "ada@book.example", "password": "correct horse battery"}
    if way.endswith(("there", "another one")):
        httpx.post(f"{service.url}/api/auth/signup", json=reader).raise_for_status()
    page = open_page(site)
    open_panel(page)
    if way.startswith("a guest's"):
        become_guest(page)
        expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
        page.get_by_role("button", name="Back to the conversation").click()
    asked(page)
    turns = page.get_by_role("region", name="Conversation").locator("article")
    cards = turns.first.locator("a.place").all_text_contents()
    assert cards
    if way == "as a guest":
        become_guest(page)
        expect(page.locator("button.entry")).to_have_count(1)
        page.get_by_role("button", name="Back to the conversation").click()
    elif way == "a new account":
        sign_up(page)
    else:
        page.get_by_role("button", name="Account").click()
        page.get_by_label("E-mail").fill(reader["email"])
        page.get_by_label("Password").fill(reader["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    asked(page, "why?")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    expect(page.locator("button.entry")).to_contain_text(QUESTION)
    page.locator("button.entry").click()
    expect(turns).to_have_count(2)
    turns.first.locator("details.also > summary").evaluate_all("all => all.forEach(one => one.click())")
    assert turns.first.locator("a.place").all_text_contents() == cards
    expect(turns.last).to_contain_text("why?")


READER = {"email": "ada@book.example", "password": "correct horse battery"}
SECOND_QUESTION = "And the capture point?"


def guest_with_two_conversations(open_page: OpenPage, service: Served, site: str) -> Page:
    """A page of a guest who keeps two conversations, the second of them open; an account is there."""
    httpx.post(f"{service.url}/api/auth/signup", json=READER).raise_for_status()
    page = open_page(site, expect=("413", "503", "ERR_FAILED"))
    open_panel(page)
    asked(page)
    become_guest(page)
    expect(page.locator("button.entry")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    asked(page, SECOND_QUESTION)
    return page


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_label("E-mail").fill(READER["email"])
    page.get_by_label("Password").fill(READER["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()


def has_earlier(page: Page, *questions: str) -> None:
    """Sees to it that the history lists these conversations, in any order."""
    page.get_by_role("button", name="Earlier conversations").click()
    entries = page.locator("button.entry")
    expect(entries).to_have_count(len(questions))
    for question in questions:
        expect(entries.filter(has_text=question)).to_have_count(1)


def ended_guest(page: Page) -> None:
    """Waits until all of the guest's conversations are the account's."""
    page.evaluate("""async () => {
      const has = () => Object.values(localStorage).some((kept) => JSON.parse(kept).left);
      while (has()) await new Promise((go) => setTimeout(go, 20));
    }""")


def test_all_conversations_of_a_guest_come_along_into_an_account_that_is_there(
    service: Served, site: str, open_page: OpenPage
) -> None:
    page = guest_with_two_conversations(open_page, service, site)
    turns = page.get_by_role("region", name="Conversation").locator("article")
    guests = page.evaluate("JSON.parse(Object.values(localStorage)[0]).session.access_token")
    with page.expect_response("**/api/auth/signout"):  # after the device has forgotten the guest
        sign_in(page)
    ended_guest(page)
    headers = {"authorization": f"Bearer {guests}"}
    assert httpx.get(f"{service.url}/api/auth/user", headers=headers).status_code == 401
    asked(page, "why?")  # goes on in the open one
    has_earlier(page, QUESTION, SECOND_QUESTION)
    page.locator("button.entry").filter(has_text=QUESTION).click()
    expect(turns).to_have_count(1)
    expect(turns.locator("a.place").first).to_have_text("Why it stays inside")
    page.get_by_role("button", name="Earlier conversations").click()
    page.locator("button.entry").filter(has_text=SECOND_QUESTION).click()
    expect(turns).to_have_count(2)
    sign_out(page)
    assert page.evaluate("localStorage.length") == 0


def test_what_a_history_refuses_of_a_guest_is_told_and_there_after_signing_out(
    service: Served, site: str, open_page: OpenPage
) -> None:
    page = guest_with_two_conversations(open_page, service, site)
    told = page.get_by_role("alert").filter(has_text="A part of the conversations on this device could not be kept")
    headers = {"access-control-allow-origin": "*"}
    error = {"code": "body_too_large", "message": "Too long."}

    def keep(route: Route) -> None:
        if route.request.method == "POST" and QUESTION in (route.request.post_data or ""):
            route.fulfill(status=413, headers=headers, json={"error": error})
        else:
            route.fallback()

    page.route("**/turns", keep)
    sign_in(page)
    expect(told).to_be_visible()
    has_earlier(page, SECOND_QUESTION)
    sign_out(page)
    expect(told).to_have_count(0)
    has_earlier(page, QUESTION)  # as the guest
    page.unroute("**/turns")
    sign_in(page)
    ended_guest(page)
    has_earlier(page, QUESTION, SECOND_QUESTION)


def test_a_guests_conversations_go_on_coming_along_where_the_page_was_closed_meanwhile(
    service: Served, site: str, open_page: OpenPage
) -> None:
    page = guest_with_two_conversations(open_page, service, site)
    held: list[Route] = []
    page.route(
        "**/turns",
        lambda route: held.append(route) if QUESTION in (route.request.post_data or "") else route.fallback(),
    )
    with page.expect_request(lambda call: call.url.endswith("/turns") and QUESTION in (call.post_data or "")):
        sign_in(page)
    page.reload()
    spoil = """() => {
      const [key] = Object.keys(localStorage);
      const kept = JSON.parse(localStorage.getItem(key));
      kept.left.session.expires_at = 1;
      localStorage.setItem(key, JSON.stringify(kept));
    }"""
    page.evaluate(spoil)  # the guest's token is to be renewed
    page.reload()
    page.unroute("**/turns")
    expect(page.get_by_role("dialog")).to_be_visible()
    has_earlier(page, QUESTION, SECOND_QUESTION)
    ended_guest(page)
    expect(page.get_by_role("alert").filter(has_text="could not be kept")).to_have_count(0)


def test_a_guest_is_there_again_after_the_account_of_a_link(service: Served, site: str, open_page: OpenPage) -> None:
    page = open_page(site, on_dialog=lambda dialog: dialog.accept())
    open_panel(page)
    asked(page)
    become_guest(page)
    has_earlier(page, QUESTION)
    with page.expect_event("dialog"):
        follow(page, site + link(session_of(service, "eve")))
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as eve@book.example")
    has_earlier(page)  # whoever sent the link gets nothing of the guest's
    sign_out(page)
    has_earlier(page, QUESTION)


# Puts a second turn into the conversation that the tab keeps, before the last one, whose answer has so many characters.
LENGTHEN = """([answer, passage]) => {
  const [key] = Object.keys(sessionStorage);
  const kept = JSON.parse(sessionStorage.getItem(key));
  const [first, last] = kept.turns;
  const sources = first.record.sources.map((source) => ({...source, text: 'p'.repeat(passage)}));
  const record = {...structuredClone(first.record), text: 'x'.repeat(answer), citations: null, marks: [], sources};
  const long = {...structuredClone(first), questionId: 'q-long', answerId: 'a-long', question: 'A long one?', record};
  window.onpagehide = () => sessionStorage.setItem(key, JSON.stringify({...kept, turns: [first, long, last]}));
}"""
PARTLY_KEPT = "A part of this conversation could not be kept in your history."


def conversation_with_a_long_turn(open_page: OpenPage, site: str, answer: int, passage: int) -> Page:
    page = open_page(site)
    open_panel(page)
    asked(page)
    asked(page, "And the capture point?")
    page.evaluate(LENGTHEN, [answer, passage])
    page.reload()
    expect(page.locator(".asked")).to_have_count(3)
    return page


def kept_questions(page: Page) -> list[str]:
    """The questions of the only conversation that the history has."""
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    page.locator("button.entry").click()
    expect(page.locator(".asked").first).to_be_visible()
    return [text.removeprefix("You asked:").strip() for text in page.locator(".asked").all_text_contents()]


@pytest.mark.parametrize("way", ["a new account", "as a guest"])
def test_a_turn_that_the_history_refuses_is_left_out_and_the_later_ones_are_kept(
    way: str, site: str, open_page: OpenPage
) -> None:
    page = conversation_with_a_long_turn(open_page, site, answer=70_000, passage=10)
    told = page.get_by_role("alert").filter(has_text=PARTLY_KEPT)
    if way == "a new account":
        sign_up(page)
    else:
        become_guest(page)
        expect(page.locator("button.entry")).to_have_count(1)
    expect(told).to_have_count(1)
    if way == "as a guest":
        page.get_by_role("button", name="Back to the conversation").click()
    asked(page, "And how does it fall?")
    expect(told).to_have_count(0)
    assert kept_questions(page) == [QUESTION, "And the capture point?", "And how does it fall?"]


def test_a_turn_that_is_too_long_with_its_passages_is_kept_without_them(site: str, open_page: OpenPage) -> None:
    page = conversation_with_a_long_turn(open_page, site, answer=1_000, passage=60_000)
    sign_up(page)
    expect(page.get_by_role("alert").filter(has_text=PARTLY_KEPT)).to_have_count(0)
    assert kept_questions(page) == [QUESTION, "A long one?", "And the capture point?"]


def test_a_conversation_that_is_begun_while_another_one_is_being_kept_has_none_of_its_turns(page: Page) -> None:
    asked(page)
    asked(page, "And the capture point?")
    held: list[Route] = []
    page.route("**/turns", lambda route: held.append(route))
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill("ada@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    with page.expect_request("**/turns"):
        page.get_by_role("button", name="Create an account").click()
    page.get_by_role("button", name="New conversation").click()
    with page.expect_request("**/turns") as second:
        held[0].continue_()
    assert second.value.url == held[0].request.url


def test_a_turn_that_the_service_itself_refuses_is_left_out(site: str, open_page: OpenPage) -> None:
    """As where a proxy in front of it takes less than the service does."""
    page = open_page(site, expect=("413",))
    open_panel(page)
    for question in (QUESTION, "And the capture point?", "And how does it fall?"):
        asked(page, question)
    headers = {"access-control-allow-origin": "*"}
    error = {"code": "body_too_large", "message": "Too long."}
    refused: dict[str, Any] = {"status": 413, "headers": headers, "json": {"error": error}}

    def keep(route: Route) -> None:
        if route.request.method == "POST" and "And the capture point?" in (route.request.post_data or ""):
            route.fulfill(**refused)
        else:
            route.fallback()

    page.route("**/turns", keep)
    sign_up(page)
    expect(page.get_by_role("alert").filter(has_text=PARTLY_KEPT)).to_have_count(1)
    assert kept_questions(page) == [QUESTION, "And how does it fall?"]


def test_who_signs_in_while_the_history_is_away_is_told_that_the_conversation_is_not_kept(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("503",))
    open_panel(page)
    asked(page)
    headers = {"access-control-allow-origin": "*"}
    away = {"status": 503, "headers": headers, "json": {"error": {"code": "storage_unavailable", "message": "Away."}}}
    page.route("**/turns", lambda route: route.fulfill(**away) if route.request.method == "POST" else route.fallback())
    sign_up(page)
    expect(page.get_by_role("alert").filter(has_text=PARTLY_KEPT)).to_be_visible()


def test_a_wrong_password_is_told(site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("401",))
    open_panel(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_label("E-mail").fill("nobody@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    assert axe_violations(page) == []


def test_the_sites_own_token_is_sent(service: Served, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("401",))
    page.evaluate("bookrag.configure({getToken: async () => 'not-a-token'})")
    open_panel(page)
    expect(page.get_by_role("button", name="Account")).to_have_count(0)
    with page.expect_request("**/api/chat") as request:
        ask(page, QUESTION)
    assert request.value.headers["authorization"] == "Bearer not-a-token"


def test_the_sites_own_token_is_renewed_where_it_was_refused(service: Served, site: str, open_page: OpenPage) -> None:
    reader = {"email": "ada@book.example", "password": "correct horse battery"}
    signed = httpx.post(f"{service.url}/api/auth/signup", json=reader).raise_for_status().json()
    page = open_page(site, expect=("401",))
    page.evaluate(
        "(token) => bookrag.configure({getToken: async ({renew}) => (renew ? token : 'an-expired-token')})",
        signed["session"]["access_token"],
    )
    open_panel(page)
    asked(page)
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("never pulls")
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)


SPOIL = """(changes) => {
  const [key] = Object.keys(localStorage).filter((key) => key.startsWith('bookrag-account'));
  const kept = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({...kept, session: {...kept.session, ...changes}}));
}"""


# What the browser answers to a tab that asks for a lock, as a script that runs before the page's own.
LOCKS = {
    "granted": "0",
    "refused": "LockManager.prototype.request = () => Promise.reject(new DOMException('denied', 'SecurityError'))",
    "missing": "delete Navigator.prototype.locks",
}


@pytest.mark.parametrize("locks", LOCKS)
def test_a_session_that_has_expired_is_renewed(site: str, open_page: OpenPage, locks: str) -> None:
    page = open_page(site)
    page.add_init_script(LOCKS[locks])
    open_panel(page)
    sign_up(page)
    asked(page)
    page.evaluate(SPOIL, {"access_token": "an-expired-token", "expires_at": 1})
    page.reload()
    with page.expect_response("**/api/auth/refresh") as renewal:
        asked(page, "And the capture point?")
    assert renewal.value.ok
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)


def test_a_session_that_cannot_be_renewed_is_ended_and_the_question_is_answered_all_the_same(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("401",))
    open_panel(page)
    sign_up(page)
    asked(page)
    page.evaluate(SPOIL, {"access_token": "an-expired-token", "refresh_token": "revoked", "expires_at": 1})
    page.reload()
    asked(page, "And the capture point?")
    expect(page.get_by_role("alert").filter(has_text="You were signed out.")).to_be_visible()
    log = page.get_by_role("region", name="Conversation")
    expect(log.get_by_role("heading", level=2)).to_have_text(
        [f"You asked: {QUESTION}", "You asked: And the capture point?"]
    )
    expect(log.locator(".turn").last.locator(".place").first).to_be_visible()
    # Whose session it was tells other tabs that it has ended by itself; nothing of it opens the account.
    kept = json.loads(page.evaluate("Object.values(localStorage)")[0])
    assert set(kept) == {"expired", "guest"}


def test_a_confirmation_link_signs_in_and_leaves_no_token_in_the_address(
    service: Served, site: str, open_page: OpenPage
) -> None:
    session = session_of(service, "ada")
    page = open_page(site + link(session))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    assert page.url == f"{site}/"
    asked(page)
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    assert axe_violations(page) == []


@pytest.mark.parametrize("agreed", [False, True])
def test_a_link_replaces_a_session_only_where_the_reader_agrees(
    service: Served, site: str, open_page: OpenPage, agreed: bool
) -> None:
    mine, others = session_of(service, "ada"), session_of(service, "eve")
    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        if agreed:
            dialog.accept()
        else:
            dialog.dismiss()

    page = open_page(site + link(mine), on_dialog=answer)
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    asked(page)
    with page.expect_event("dialog"):
        follow(page, site + link(others))
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Signed in as {'eve' if agreed else 'ada'}@book.example")
    assert len(questions) == 1
    assert "eve@book.example" in questions[0]
    assert page.url == f"{site}/"
    page.get_by_role("button", name="Back to the conversation").click()
    expect(page.locator(".turn")).to_have_count(0 if agreed else 1)
    headers = {"authorization": f"Bearer {mine['access_token']}"}
    assert httpx.get(f"{service.url}/api/auth/user", headers=headers).status_code == (401 if agreed else 200)


def test_the_link_of_the_reader_who_is_signed_in_asks_nothing(service: Served, site: str, open_page: OpenPage) -> None:
    session_of(service, "ada")
    account = {"email": "ada@book.example", "password": "correct horse battery"}
    first, second = (httpx.post(f"{service.url}/api/auth/signin", json=account).json()["session"] for _ in range(2))
    page = open_page(site + link(first))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    follow(page, site + link(second))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    kept = page.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage)[0])).session")
    assert kept["access_token"] == second["access_token"]


@pytest.mark.parametrize(
    "fragment",
    [
        "#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid+or+has+expired",
        "#access_token=x.y.z&refresh_token=r&expires_in=3600&token_type=bearer&type=signup",
        "#access_token=x.y.z&refresh_token=r&expires_at=1&type=signup",
        "#access_token=<img src=x onerror=hacked()>&refresh_token=r&expires_in=3600&type=signup",
    ],
)
def test_a_link_that_is_good_for_nothing_says_so_and_ends_no_session(
    service: Served, site: str, open_page: OpenPage, fragment: str
) -> None:
    page = open_page(site + link(session_of(service, "ada")), expect=("401",))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    follow(page, f"{site}/{fragment}")
    expect(page.get_by_role("alert").filter(has_text="This link has expired or was used before.")).to_be_visible()
    assert page.url == f"{site}/"
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")


def test_a_link_whose_token_has_expired_is_renewed(service: Served, site: str, open_page: OpenPage) -> None:
    session = session_of(service, "ada")
    page = open_page(site + link(session, expires_at=int(time.time()) - 5))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    kept = page.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage)[0])).session")
    assert kept["refresh_token"] != session["refresh_token"]


def test_a_link_is_kept_while_the_accounts_cannot_be_asked(service: Served, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("503",))
    headers = {"access-control-allow-origin": "*"}
    away = {"status": 503, "headers": headers, "json": {"error": {"code": "storage_unavailable", "message": "Away."}}}
    page.route("**/api/auth/user", lambda route: route.fulfill(**away))
    follow(page, site + link(session_of(service, "ada")))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as")
    assert page.url == f"{site}/"
    page.unroute("**/api/auth/user")
    asked(page)
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)


@pytest.mark.parametrize("fragment", ["#zmp", "#access_token=a&token_type=bearer&state=of-another-service"])
def test_a_fragment_of_the_page_itself_stays(site: str, open_page: OpenPage, fragment: str) -> None:
    page = open_page(f"{site}/{fragment}")
    open_panel(page)
    assert page.url == f"{site}/{fragment}"


def test_a_site_with_its_own_accounts_takes_its_links_itself(service: Served, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.add_init_script("addEventListener('bookrag:ready', () => bookrag.configure({getToken: () => null}), true)")
    address = site + link(session_of(service, "ada"))
    follow(page, address)
    open_panel(page)
    assert page.url == address
    assert page.evaluate("localStorage.length") == 0


def test_a_guest_of_supabase_signs_up_with_a_letter_and_keeps_their_conversations(
    project: SupabaseServer, data_dir: Path, monkeypatch: pytest.MonkeyPatch, start: Start, open_page: OpenPage
) -> None:
    project.auth.confirm_addresses = True
    monkeypatch.setenv("SUPABASE_URL", project.url)
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    settings = AppSettings(_env_file=None, cors_origins="*")
    served = start(serving(data_dir, app=settings))
    site = start(host_site(served.url))
    page = open_page(site)
    open_panel(page)
    become_guest(page)
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()
    page.get_by_role("button", name="Back to the conversation").click()
    asked(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill("ada@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("alert").filter(has_text="Please confirm your e-mail address")).to_be_visible()
    (letter,) = project.letters()
    follow(page, f"{site}/#{project.follow(letter).partition('#')[2]}")  # asks nothing: it is the same reader
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada@book.example")
    assert page.url == f"{site}/"
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    follow(page, f"{site}/#{project.follow(letter).partition('#')[2]}")  # which was used before
    expect(page.get_by_role("alert").filter(has_text="This link has expired")).to_be_visible()
