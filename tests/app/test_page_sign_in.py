"""The chat page takes the session that a confirmation link brings: a real application, accounts and a real Chromium."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser import OpenPage, axe_violations
from tests.confirmation_links import follow, link, session_of
from tests.serving import Served, copied, serving

pytestmark = pytest.mark.browser

REFUSED = "This link has expired or was used before. Please sign up or sign in again."
UNAUTHORIZED = ("Failed to load resource",)  # what Chromium logs for a 401


@pytest.fixture(scope="module")
def served(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(copied(small_index, tmp_path_factory.mktemp("sign-in"))) as running:
        yield running


def ask(page: Page) -> None:
    page.get_by_role("textbox", name="Question").fill("What does the ground do?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=30_000)
    expect(page.locator("blockquote").first).to_be_visible()


def history(served: Served, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return len(httpx.get(f"{served.url}/api/conversations", headers=headers).json()["conversations"])


def test_a_link_signs_in_and_leaves_no_token_in_the_address(served: Served, open_page: OpenPage) -> None:
    session = session_of(served, "ada")
    page = open_page(served.url + link(session))
    expect(page.get_by_text("Signed in as ada@book.example", exact=True)).to_be_visible()
    assert page.url == f"{served.url}/"
    assert axe_violations(page) == []
    page.go_back()
    assert "access_token" not in page.url
    page.goto(served.url)
    ask(page)
    assert history(served, session["access_token"]) == 1
    page.reload()
    expect(page.get_by_text("Signed in as ada@book.example", exact=True)).to_be_visible()


def test_a_reader_who_signs_out_leaves_nothing_behind(served: Served, open_page: OpenPage) -> None:
    session = session_of(served, "grace")
    page = open_page(served.url + link(session))
    ask(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Signed in as")).to_be_hidden()
    expect(page.locator("article")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("Signed out.")
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("sessionStorage.length") == 0
    headers = {"authorization": f"Bearer {session['access_token']}"}
    assert httpx.get(f"{served.url}/api/auth/user", headers=headers).status_code == 401
    ask(page)


def test_a_token_that_has_expired_is_renewed_before_it_is_used(served: Served, open_page: OpenPage) -> None:
    session = session_of(served, "alan")
    page = open_page(served.url + link(session, expires_at=int(time.time()) - 5))
    expect(page.get_by_text("Signed in as alan@book.example", exact=True)).to_be_visible()
    kept = page.evaluate("Object.values(localStorage).map(JSON.parse)[0].session")
    assert kept["refresh_token"] != session["refresh_token"]
    ask(page)
    assert history(served, kept["access_token"]) == 1


@pytest.mark.parametrize(
    "fragment",
    [
        "/#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid+or+has+expired",
        "/#access_token=x.y.z&refresh_token=r&expires_in=3600&token_type=bearer&type=signup",
        "/#access_token=<img src=x onerror=hacked()>&refresh_token=r&expires_in=3600",
    ],
)
def test_a_link_that_is_good_for_nothing_says_so(served: Served, open_page: OpenPage, fragment: str) -> None:
    page = open_page(served.url + fragment, expect=UNAUTHORIZED)
    expect(page.locator(".notice")).to_have_text(REFUSED)
    expect(page.get_by_role("alert")).to_have_text(REFUSED)
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert page.url == f"{served.url}/"
    ask(page)


def test_a_reader_signs_up_on_the_page_and_finds_earlier_conversations_there(
    served: Served, open_page: OpenPage
) -> None:
    page = open_page(served.url)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill("rosa@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_text("Signed in as rosa@book.example", exact=True)).to_be_visible()
    ask(page)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("article")).to_have_count(0)
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    assert axe_violations(page) == []
    page.locator("button.entry").click()
    expect(page.get_by_role("heading", name="You asked: What does the ground do?")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("article")).to_have_count(0)


@pytest.mark.parametrize("agreed", [False, True])
def test_a_link_replaces_a_session_only_where_the_reader_agrees(
    served: Served, open_page: OpenPage, agreed: bool
) -> None:
    mine, others = (session_of(served, f"{name}-{agreed}".lower()) for name in ("mine", "others"))
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if agreed:
            dialog.accept()
        else:
            dialog.dismiss()

    page = open_page(served.url + link(mine), on_dialog=answer)
    expect(page.get_by_text("Signed in as mine-", exact=False).first).to_be_visible()
    with page.expect_event("dialog"):
        follow(page, served.url + link(others))
    name = "others" if agreed else "mine"
    expect(page.get_by_text(f"Signed in as {name}-{str(agreed).lower()}@book.example", exact=True)).to_be_visible()
    assert len(asked) == 1
    assert page.url == f"{served.url}/"


def test_a_link_that_is_good_for_nothing_ends_no_session(served: Served, open_page: OpenPage) -> None:
    first = served.url + link(session_of(served, "mary"))
    page = open_page(first, expect=UNAUTHORIZED, on_dialog=lambda dialog: dialog.accept())
    expect(page.get_by_text("Signed in as mary@book.example", exact=True)).to_be_visible()
    follow(page, f"{served.url}/#access_token=x.y.z&refresh_token=r&expires_in=3600&token_type=bearer&type=signup")
    expect(page.get_by_role("alert")).to_have_text(REFUSED)
    page.reload()
    expect(page.get_by_text("Signed in as mary@book.example", exact=True)).to_be_visible()


def test_a_link_is_kept_where_the_accounts_cannot_be_asked(served: Served, open_page: OpenPage) -> None:
    session = session_of(served, "joan")
    page = open_page(f"{served.url}/#question", expect=("503",))
    away = {"status": 503, "json": {"error": {"code": "storage_unavailable", "message": "Away."}}}
    page.route("**/api/auth/user", lambda route: route.fulfill(**away))
    follow(page, served.url + link(session))
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    expect(page.get_by_text(REFUSED)).to_have_count(0)
    page.unroute("**/api/auth/user")
    page.reload()
    expect(page.get_by_text("Signed in as joan@book.example", exact=True)).to_be_visible()


def test_a_fragment_that_is_no_link_stays(served: Served, open_page: OpenPage) -> None:
    page = open_page(f"{served.url}/#question")
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    assert page.url.endswith("/#question")
