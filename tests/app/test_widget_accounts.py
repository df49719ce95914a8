"""Readers' accounts in the widget, against the real service: guests, signing up, and conversations that are kept."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests import browser as chromium
from tests.browser import OpenPage, axe_violations
from tests.host_site import host_site
from tests.serving import Served, serving
from tests.widget_page import ask, open_panel, wait_for_end

browser = chromium.browser
open_page = chromium.open_page

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

QUESTION = "Why can the zero moment point not leave the support polygon?"


@pytest.fixture
def service(data_dir: Path) -> Iterator[Served]:
    with serving(data_dir, app=AppSettings(_env_file=None, cors_origins="*")) as served:
        yield served


@pytest.fixture
def site(service: Served) -> Iterator[str]:
    with host_site(service.url) as address:
        yield address


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


def test_the_real_service_answers_with_the_nearest_heading(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
    asked(page)
    expect(page.locator("a.place").first).to_have_text("Why it stays inside")


def test_conversations_of_an_account_are_listed_and_opened_again(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
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
    page.get_by_role("button", name="Delete: ").click()
    expect(page.get_by_text("There are no earlier conversations.")).to_be_visible()


def test_a_guests_conversations_become_those_of_the_account(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Keep my conversations on this device").click()
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


def test_a_session_that_has_expired_is_renewed(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
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
    assert page.evaluate("localStorage.length") == 0
