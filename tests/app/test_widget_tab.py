"""What a tab keeps, over steps back in the history, other tabs and damage, on a page of another origin in Chromium."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import ARGUMENTS, SKIPPED, OpenPage, Start, find_chromium
from tests.docusaurus.widget_pages import until
from tests.host_site import BODY, host_site
from tests.page_server import PageServer, whole
from tests.widget_page import answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that shows a page again as it was left, which Playwright's arguments switch off."""
    path = find_chromium()
    if path is None:
        pytest.skip(SKIPPED)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*ARGUMENTS, "--enable-features=BackForwardCache"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    pages = {"/": f'{BODY}<p><a href="/two">Two</a></p>', "/two": BODY}
    return start(host_site(server.address, pages=pages))


def asked(page: Page) -> list[str]:
    return [text.removeprefix("You asked: ") for text in page.locator(".asked").all_text_contents()]


def asked_on_one(open_page: OpenPage, site: str, server: PageServer, question: str) -> Page:
    """The second page, opened from the first, on which a question was answered."""
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("One."), question)
    go_on(page)
    return page


def go_on(page: Page) -> None:
    """Opens the second page; the first one is marked, to be known again."""
    page.evaluate("window.isFirst = true")
    page.get_by_role("link", name="Two").click()
    page.wait_for_url("**/two")
    expect(page.locator(".asked")).to_have_count(1)


def go_back(page: Page) -> None:
    page.evaluate("history.back()")
    page.wait_for_url(lambda address: not address.endswith("/two"), wait_until="commit")
    assert page.evaluate("window.isFirst"), "the page was loaded anew"


def test_a_step_back_shows_the_conversation_as_later_pages_made_it(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = asked_on_one(open_page, site, server, "On one?")
    answered(page, server, whole("Two."), "On two?")
    go_back(page)
    expect(page.locator(".asked")).to_have_count(2)
    assert asked(page) == ["On one?", "On two?"]
    answered(page, server, whole("Three."), "Back on one?")
    assert len({body["id"] for body in server.asked}) == 1
    assert len(server.asked[-1]["messages"]) == 5


def test_a_step_back_does_not_bring_back_a_conversation_that_was_ended(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = asked_on_one(open_page, site, server, "Something private?")
    page.get_by_role("button", name="New conversation").click()
    go_back(page)
    expect(page.locator(".asked")).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


ACCOUNT = {"session": {"access_token": "a.b.c", "refresh_token": "r", "expires_at": 4e9}, "name": "Ada", "guest": False}


def signed_in(page: Page, server: PageServer) -> None:
    page.evaluate(
        "([api, account]) => localStorage.setItem(`bookrag-account:${api}`, account)",
        [server.address.rstrip("/"), json.dumps(ACCOUNT)],
    )
    page.route("**/api/auth/signout", lambda route: route.fulfill(status=204, headers=CORS))
    page.reload()


CORS = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type"}


@pytest.mark.parametrize("where", ["here", "in another tab", "before a step back"])
def test_signing_out_takes_the_conversation_and_the_draft_from_every_tab(
    where: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    signed_in(page, server)
    open_panel(page)
    answered(page, server, whole("One."), "My question?")
    page.get_by_role("textbox", name="Question").fill("Half a")
    other = page
    if where == "in another tab":
        other = page.context.new_page()
        other.route("**/api/auth/signout", lambda route: route.fulfill(status=204, headers=CORS))
        other.goto(site)
        open_panel(other)
    elif where == "before a step back":
        go_on(page)
    other.get_by_role("button", name="Account").click()
    other.get_by_role("button", name="Sign out").click()
    if where == "before a step back":
        go_back(page)
    expect(page.locator(".asked")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Question")).to_have_value("")
    answered(page, server, whole("Two."), "The next reader's?")
    assert len({body["id"] for body in server.asked}) == 2
    assert len(server.asked[-1]["messages"]) == 1


def token_of(reader: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": reader}).encode()).decode().rstrip("=")
    return f"e30.{claims}.x"


def become(page: Page, server: PageServer, reader: str, expires_at: float = 4e9) -> None:
    """Sign the reader in as another tab of the site would, which shows in all of them."""
    session = {"access_token": token_of(reader), "refresh_token": "r", "expires_at": expires_at}
    account = json.dumps({"session": session, "name": reader, "guest": False})
    key = f"bookrag-account:{server.address.rstrip('/')}"
    page.evaluate("([key, account]) => localStorage.setItem(key, account)", [key, account])


def other_tab(page: Page, site: str) -> Page:
    """Another tab of the site; its panel is open, and the service refuses to renew a session."""
    other = page.context.new_page()
    other.route("**/api/auth/signout", lambda route: route.fulfill(status=204, headers=CORS))
    other.route("**/api/auth/refresh", lambda route: route.fulfill(status=401, headers=CORS))
    other.goto(site)
    open_panel(other)
    return other


def test_an_account_that_expires_in_another_tab_leaves_the_conversation_and_the_draft(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    become(page, server, "ada")
    page.reload()
    open_panel(page)
    answered(page, server, whole("One."), "My question?")
    page.get_by_role("textbox", name="Question").fill("Half a")
    other = other_tab(page, site)
    become(page, server, "ada", expires_at=1)
    answered(other, server, whole("Two."), "A guest's?")
    expect(page.get_by_role("alert")).to_have_text("You were signed out. Your text is still here.")
    assert asked(page) == ["My question?"]
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Half a")
    page.reload()
    expect(page.locator(".asked")).to_have_count(1)
    other.get_by_role("button", name="Account").click()
    other.route("**/api/auth/signin", lambda route: route.fulfill(json=signed_as("bob"), headers=CORS))
    kept: list[str] = []
    other.on("request", lambda request: kept.append(request.url) if request.url.endswith("/turns") else None)
    other.get_by_label("E-mail").fill("bob@book.example")
    other.get_by_label("Password").fill("correct horse battery")
    other.get_by_role("button", name="Sign in", exact=True).click()
    for tab in (page, other):  # somebody else reads here now
        expect(tab.locator(".asked")).to_have_count(0)
    assert kept == []


def signed_as(reader: str) -> dict[str, Any]:
    session = {"access_token": token_of(reader), "refresh_token": "r", "expires_at": 4e9}
    return {"user": {"id": reader, "name": reader}, "session": session}


@pytest.mark.parametrize(
    ("change", "stays"), [("signed out", False), ("another reader", False), ("expired", True), ("renewed", True)]
)
def test_a_tab_that_was_on_another_site_meanwhile_shows_the_conversation_to_its_reader_alone(
    change: str, stays: bool, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    become(page, server, "ada")
    page.reload()
    open_panel(page)
    answered(page, server, whole("One."), "My question?")
    other = other_tab(page, site)
    page.goto("about:blank")
    if change == "signed out":
        other.get_by_role("button", name="Account").click()
        other.get_by_role("button", name="Sign out").click()
        expect(other.locator("[role=status]")).to_have_text("Signed out.")
    elif change == "expired":
        become(other, server, "ada", expires_at=1)
        other.reload()
        open_panel(other)
        answered(other, server, whole("Two."), "A guest's?")
    else:
        become(other, server, "ada" if change == "renewed" else "bob", expires_at=5e9)
    page.goto(site)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator(".asked")).to_have_count(1 if stays else 0)
    assert until(page, f"sessionStorage.length === {int(stays)}")


def test_a_step_back_after_signing_out_keeps_what_was_asked_since(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    signed_in(page, server)
    open_panel(page)
    answered(page, server, whole("One."), "My question?")
    go_on(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    answered(page, server, whole("Two."), "A guest's?")
    go_back(page)
    expect(page.locator(".asked")).to_have_text(["You asked: A guest's?"])
    page.reload()
    expect(page.locator(".asked")).to_have_text(["You asked: A guest's?"])


DAMAGE: dict[str, dict[str, Any]] = {
    "a source that is null": {"record": {"sources": [None]}},
    "a source whose headings are no list": {"record": {"sources": [{"number": 1, "url": "/", "heading_path": {}}]}},
    "citations without a list": {"record": {"citations": {}}},
    "citations of nothing": {"record": {"citations": {"text": "Kept.", "cited": [None], "also_read": None}}},
    "a mark that is null": {"record": {"marks": [None]}},
    "an end of no kind": {"record": {"end": {}}},
    "an end with other fields": {"record": {"end": {"kind": "failed", "message": {}, "retryAt": "soon"}}},
    "a verdict that is none": {"record": {"verdict": {}}},
    "texts of the record that are none": {
        "record": {"searchedFor": {}, "reason": [], "model": {}, "errorCode": 7, "messageId": {}}
    },
    "counts and flags that are none": {"record": {"read": "x", "begun": {}, "askedAgain": "yes"}},
    "a selection without its text": {"selected": {}},
    "a selection that is a text": {"selected": "marked"},
    "an address that is none": {"pageUrl": {}},
    "a title that is none, of a part": {"pageTitle": {}, "scope": "page", "record": {"verdict": "uncertain"}},
    "a part that is none": {"scope": "galaxy", "record": {"verdict": "uncertain"}},
    "a version that is none": {"version": {}},
    "ids of other turns that are none": {"replaces": {}, "regenerates": 7},
}
OF_ITS_TYPE = {"version": str, "page_url": str, "scope": str, "messageId": str, "selected_text": str, "id": str}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_damaged_in_a_kept_conversation_is_left_out(kind: str, server: PageServer, page: Page) -> None:
    answered(page, server, whole("Kept."), "Before?")
    page.evaluate(
        """(damage) => addEventListener('pagehide', () => {
          const [key] = Object.keys(sessionStorage);
          const kept = JSON.parse(sessionStorage.getItem(key));
          const [turn] = kept.turns;
          kept.turns = [{...turn, ...damage, record: {...turn.record, ...damage.record}}];
          sessionStorage.setItem(key, JSON.stringify(kept)) })""",
        DAMAGE[kind],
    )
    page.reload()
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.get_by_text("Kept.").first).to_be_visible()
    expect(page.locator(".turn")).not_to_contain_text("object Object")
    again = page.get_by_role("button", name=re.compile("Answer again|Try again")).first
    server.scripts.append(whole("Again."))
    again.click()
    expect(page.get_by_text("Again.").first).to_be_visible()
    sent = server.asked[-1]
    assert {name: value for name, value in sent.items() if not isinstance(value, OF_ITS_TYPE.get(name, object))} == {}
    assert sent.get("scope", "book") in {"book", "page"}


def test_a_suggestion_leaves_what_is_being_written_and_comes_once(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    options = """data-suggestions='["Why?", "Why?"]'"""
    site = start(host_site(server.address, options=options))
    page = open_page(site)
    open_panel(page)
    page.get_by_role("textbox", name="Question").fill("Half a")
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Why?", exact=True).click()  # fails where there are two
    expect(page.get_by_text("Because.").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Half a")


def test_a_page_in_a_frame_without_an_address_can_be_asked(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    inner = f"{BODY}<script src='{server.address.rstrip('/')}/widget.js'></script>".replace('"', "&quot;")
    pages = {"/": f'<iframe srcdoc="{inner}" width="900" height="800"></iframe>'}
    site = start(host_site(server.address, options='data-button="none"', pages=pages))
    page = open_page(site)
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Ask the book").click()
    server.scripts.append(whole("It stays inside [1]."))
    frame.get_by_role("textbox", name="Question").fill("Why?")
    frame.get_by_role("textbox", name="Question").press("Enter")
    expect(frame.get_by_text("It stays inside").first).to_be_visible()
    assert server.asked[-1]["page_url"] == f"{site}/"


SESSIONS: dict[str, Any] = {
    "a session of a token alone": {"session": {"access_token": "a.b.c"}, "name": "Ada", "guest": False},
    "a token of two lines": {
        "session": {"access_token": "a\nb", "refresh_token": "r", "expires_at": 4e9},
        "name": "Ada",
    },
    "a token that is none": {"session": {"access_token": 5, "refresh_token": "r", "expires_at": 4e9}},
    "a session that is a text": {"session": "a.b.c", "name": "Ada"},
    "a list": [1],
    "a text": "a.b.c",
}


@pytest.mark.parametrize("kind", SESSIONS)
def test_an_account_that_is_damaged_signs_nobody_in_and_questions_are_answered(
    kind: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(
        "([api, kept]) => localStorage.setItem(`bookrag-account:${api}`, kept)",
        [server.address.rstrip("/"), json.dumps(SESSIONS[kind])],
    )
    page.reload()
    open_panel(page)
    answered(page, server, whole("Because."))
    expect(page.get_by_text("Because.").first).to_be_visible()
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
