"""The widget on a page of another origin, under a policy without inline code and with Trusted Types, in Chromium."""

import json
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from app.widget.router import STATIC_DIR
from tests import page_server
from tests.browser import OpenPage, Start, axe_violations
from tests.host_site import host_site
from tests.page_server import LONG, ORIGIN, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

MANIFEST = json.loads((STATIC_DIR / "manifest.json").read_text("utf-8"))
CITED = {
    "text": "It stays inside [1].\n\n```python\nx = 1  # a\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$\\omega^2 x$",
    "cited": [
        {"number": 1, "source": 2, "sentence": "The hull of all contacts.", "supported": True, "url": "", "title": ""}
    ],
    "also_read": [1, 3],
    "dropped": 0,
    "unsupported": [],
    "marks": [{"at": 16, "number": 1}],
}


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    return start(host_site(server.address))


def test_nothing_is_asked_or_stored_before_the_first_question(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    requests: list[Request] = []
    page = open_page("about:blank")
    page.on("request", lambda request: requests.append(request))
    page.goto(site)
    open_panel(page)
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.wait_for_load_state("networkidle")
    asked = [request.url.removeprefix(server.address) for request in requests if request.url.startswith(server.address)]
    shared = [f"widget/{name}" for name in MANIFEST["shared"]]
    assert asked[0] == "widget.js"
    assert sorted(asked[1:-1]) == sorted([*shared, f"widget/{MANIFEST['panel']}"])
    assert asked[-1] == f"widget/{MANIFEST['answers']}"  # while the reader writes
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    answered(page, server, whole("Because."))
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 1, ""]


def test_an_answer_streams_with_its_sources_as_cards(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    open_panel(page)
    answered(page, server, Script([opening(), delta("It stays "), delta("inside [2]."), closing(CITED)]))
    log = page.get_by_role("region", name="Conversation")
    expect(log).to_contain_text("It stays inside")
    card = log.get_by_role("region", name="Sources").get_by_role("listitem")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("The support polygon")
    expect(card).to_contain_text("The hull of all contacts.")
    expect(log.get_by_text("Also read (2)")).to_be_visible()
    expect(log.get_by_role("link", name="Source 1: The support polygon (opens in a new tab)").first).to_have_attribute(
        "href", f"{ORIGIN}/docs/balance#polygon:~:text=The%20hull%20of%20all%20contacts."
    )
    body = server.asked[0]
    assert body["messages"][-1]["parts"] == [{"type": "text", "text": "Why?"}]
    assert body["page_url"] == f"{site}/"


def test_code_tables_and_formulas_are_shown_and_their_libraries_loaded_when_needed(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(site)
    open_panel(page)
    answered(page, server, whole("Plain."))
    assert not any("katex" in url or "highlighter" in url for url in loaded)
    answered(page, server, Script([opening(), delta("It stays "), closing(CITED)]))
    log = page.get_by_role("region", name="Conversation")
    expect(log.locator("code .hljs-comment")).to_have_text("# a")
    expect(log.locator("math msup")).to_be_visible()
    expect(log.get_by_role("cell", name="2")).to_be_visible()
    assert any("katex" in url for url in loaded)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log.get_by_role("button", name="Copy this code").click()
    expect(log.get_by_role("button", name="Copy this code")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "x = 1  # a\n"


@pytest.mark.parametrize(
    ("verdict", "notice"),
    [("covered", None), ("uncertain", "The book may not answer this"), ("not_covered", None)],
)
def test_the_three_verdicts_are_told_apart(server: PageServer, page: Page, verdict: str, notice: str | None) -> None:
    answered(page, server, whole("Something.", verdict=verdict))
    said = {"uncertain": "The book may not answer this.", "not_covered": "Not covered by the book."}.get(verdict, "")
    expect(page.get_by_role("status")).to_have_text(f"{said} Answer complete. Sources: 3.".strip())
    # A refusal's text says so itself, above the nearest sections.
    heading = "Nearest sections" if verdict == "not_covered" else "Sources"
    expect(page.get_by_role("region", name=heading, exact=True)).to_be_visible()
    notices = page.locator(".notice")
    if notice:
        expect(notices).to_contain_text(notice)
    else:
        expect(notices).to_have_count(0)


def test_quoted_passages_say_once_that_the_book_may_not_answer(server: PageServer, page: Page) -> None:
    quoted = Script([opening(verdict="uncertain"), delta("The book may not answer this."), closing(model=None)])
    answered(page, server, quoted)
    expect(page.locator(".text").get_by_text("The book may not answer this.")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)


def test_answers_whose_renderer_is_blocked_are_plain_text(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("ERR_BLOCKED_BY_CLIENT", "bookrag: answers stay plain text"))
    page.route("**/widget/turn*", lambda route: route.abort("blockedbyclient"))
    open_panel(page)
    server.scripts.append(whole("It stays **inside**."))
    ask(page)
    expect(page.locator(".turn > .text")).to_have_text("It stays **inside**.")


def test_an_answer_is_stopped(server: PageServer, page: Page) -> None:
    server.scripts.append(Script([opening(), delta("A beginning"), LONG]))
    ask(page)
    expect(page.get_by_text("A beginning")).to_be_visible()
    with page.expect_response("**/stop"):
        page.get_by_role("button", name="Stop the answer").click()
    expect(page.get_by_text("You stopped this answer; it is not complete.").first).to_be_visible()
    assert server.stopped == [server.asked[0]["id"]]


def test_a_connection_that_is_cut_is_taken_up_again(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("ERR_INCOMPLETE_CHUNKED_ENCODING",))
    open_panel(page)
    read = Event()
    server.scripts.append(Script([opening("c-1"), delta("The first half, "), read], cut=True))
    server.rests.append(Script([delta("the second half."), closing()]))
    ask(page)
    expect(page.get_by_text("The first half,").first).to_be_visible()
    read.set()
    expect(page.get_by_text("The first half, the second half.").first).to_be_visible()
    wait_for_end(page)
    assert server.resumed == [("c-1", 9)]


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (503, b'{"error": {"code": "x", "message": "The book is away."}}', "The book is away."),
        (500, b"<html>", "The service answered with an error (500). Please try again."),
        (422, b'{"error": {"code": "x", "message": "<img src=x onerror=alert(1)>"}}', "<img src=x onerror=alert(1)>"),
    ],
)
def test_a_refusal_is_told_and_the_question_can_be_sent_again(
    server: PageServer, site: str, open_page: OpenPage, status: int, body: bytes, says: str
) -> None:
    page = open_page(site, expect=("Failed to load resource",))
    open_panel(page)
    answered(page, server, Script(status=status, body=body))
    expect(page.get_by_role("alert").filter(has_text=says)).to_be_visible()
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Because.").first).to_be_visible()
    first, second = server.asked
    assert first["messages"] == second["messages"]  # the same ids: the service takes it for the same question


def test_a_service_that_is_away_is_told_and_the_page_goes_on(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("ERR_CONNECTION_REFUSED",))
    open_panel(page)
    server.close()
    ask(page)
    expect(page.get_by_role("alert").filter(has_text="The service cannot be reached.")).to_be_visible()
    expect(page.get_by_role("heading", name="Balance")).to_be_visible()


def test_a_panel_that_cannot_be_loaded_is_told_and_tried_again(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("ERR_FAILED", "could not be loaded", "Failed to fetch"))
    page.route("**/widget/panel*", lambda route: route.abort())
    page.get_by_role("button", name="Ask the book").click()
    expect(page.get_by_role("alert")).to_have_text("The assistant could not be loaded.")
    page.unroute("**/widget/panel*")
    open_panel(page)


HOSTILE = (
    "<script>hacked()</script> <img src=x onerror=hacked()> [a](javascript:hacked()) [b](JaVaScRiPt:hacked()) "
    "[c](data:text/html,x) [d](//evil.example/) [e](https://evil.example/?q) ![f](https://evil.example/p.png) "
    "[g](https://book.example@evil.example/) <a href='javascript:hacked()'>h</a> $\\href{javascript:hacked()}{x}$ [1]"
)


def test_hostile_answers_and_titles_stay_text(server: PageServer, site: str, open_page: OpenPage) -> None:
    source: dict[str, Any] = {
        **page_server.SOURCES[0],
        "url": "javascript:hacked()",
        "title": "<b onclick=hacked()>t</b>",
        "heading_path": ["<img src=x onerror=hacked()>"],
        "text": HOSTILE,
    }
    page = open_page(site)
    page.evaluate("void (window.hacked = () => { window.broken = true })")
    open_panel(page)
    answered(page, server, whole(HOSTILE, sources=[source]))
    log = page.get_by_role("region", name="Conversation")
    log.get_by_text("Passage", exact=True).click()
    expect(log).to_contain_text("<img src=x onerror=hacked()>")
    hrefs = log.locator("a").evaluate_all("links => links.map((link) => link.href)")
    assert hrefs == []
    assert log.locator("img, script").count() == 0
    assert page.evaluate("window.broken") is None


def test_the_panel_is_free_of_axe_violations(server: PageServer, site: str, open_page: OpenPage) -> None:
    for scheme in ("light", "dark"):
        page = open_page(site, color_scheme=scheme)
        assert axe_violations(page) == []
        open_panel(page)
        assert axe_violations(page) == []
        answered(page, server, Script([opening(verdict="uncertain"), delta("It stays "), closing(CITED)]))
        expect(page.locator("math msup")).to_be_visible()
        assert axe_violations(page) == []
