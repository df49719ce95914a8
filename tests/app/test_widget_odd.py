"""The widget with answers, passages and histories of an odd form, and on pages that change JavaScript's own objects."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.page_server import SOURCES, PageServer, whole
from tests.widget_page import answered, ask, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

# The longest time, in milliseconds, for which the page did nothing else.
WATCH = """() => { window.longest = 0; let before = performance.now();
  setInterval(() => { const now = performance.now(); window.longest = Math.max(window.longest, now - before);
    before = now }, 10) }"""


@pytest.mark.parametrize("value", ["'bar'", "true", "{}"])
def test_members_that_a_page_adds_to_every_object_break_no_answer(
    value: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    page.add_init_script(f"Object.prototype.foo = {value}")
    page.goto(site)
    open_panel(page)
    answered(page, server, whole("It is **inside**, as $x^2$ says [1].\n\n```python\ndef f(): return 1\n```\n"))
    text = page.get_by_role("dialog").locator(".text")
    expect(text.locator("strong")).to_have_text("inside")
    expect(text.locator("math")).to_be_attached()
    expect(text.locator("code .hljs-keyword").first).to_have_text("def")
    expect(text.locator("a.cite")).to_have_count(1)


def test_a_renderer_that_cannot_run_is_told_in_the_console(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("answers stay plain text",))
    broken = {"content_type": "text/javascript", "body": "throw new Error('broken')"}
    page.route(
        "**/widget/turn-*.js", lambda route: route.fulfill(**broken, headers={"access-control-allow-origin": "*"})
    )
    told = re.compile("answers stay plain text.*broken", re.DOTALL)
    with page.expect_console_message(lambda message: told.search(message.text) is not None):
        open_panel(page)
    server.scripts.append(whole("It stays **inside**."))
    ask(page)
    expect(page.get_by_role("dialog").locator(".text")).to_have_text("It stays **inside**.")


# What throws while a question is being asked, and what would be heard in the console.
BROKEN = [
    "Array.prototype.unshift = () => { throw new Error('broken') }",
    "Object.defineProperty(document.querySelector('h1'), 'childNodes', { get() { throw new Error('broken') } })",
]


@pytest.mark.parametrize("script", BROKEN)
def test_a_question_that_cannot_be_sent_is_told_and_can_be_sent_again(
    script: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("broken",))
    open_panel(page)
    page.evaluate(f"() => {{ window.own = Array.prototype.unshift; {script} }}")
    page.get_by_role("textbox", name="Question").fill("Why?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="The panel failed")).to_be_visible()
    page.evaluate("() => { Array.prototype.unshift = window.own }")
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog").locator(".text")).to_have_text("Because.")
    assert server.asked[0]["messages"][-1]["parts"][0]["text"] == "Why?"


DEEP = {
    "tags that are never closed": "<sub>a</sup>" * 6_000,
    "tags": "<sup>" * 6_000 + "a",
    "emphasis": "*a " * 6_000 + "a*" * 6_000,
    "quotations": ">" * 6_000 + " **a**",
    "lists": "".join(f"{'  ' * depth}- a\n" for depth in range(250)),
}


@pytest.mark.parametrize("name", DEEP)
def test_an_answer_of_any_depth_ends_as_text(name: str, server: PageServer, page: Page) -> None:
    text = DEEP[name]
    pieces = [text[at : at + 2_000] for at in range(0, len(text), 2_000)]
    answered(page, server, whole("Begin.\n\n", *pieces, "\n\nThe end [1]."))
    shown = page.get_by_role("dialog").locator(".text")
    expect(shown).to_contain_text("The end [1].")
    assert shown.inner_text().count("a") >= text.count("a")
    expect(page.get_by_role("region", name="Sources")).to_be_visible()


def test_an_answer_that_cannot_be_rendered_is_shown_as_it_was_written(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("could not be rendered",))
    open_panel(page)
    page.evaluate("() => { Intl.Segmenter.prototype.segment = () => { throw new Error('broken') } }")
    answered(page, server, whole("It stays **inside**.\n\n", "The end."))
    text = page.get_by_role("dialog").locator(".text")
    expect(text).to_have_text("It stays **inside**. The end.")
    expect(page.get_by_role("region", name="Sources")).to_be_visible()


BEGINNINGS = ["![", "[a](", "{#", "`", "\n", "[", "<a ", "$a", "- ", "| "]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_long_passage_of_beginnings_delays_nothing(beginning: str, server: PageServer, page: Page) -> None:
    page.evaluate(WATCH)
    passage = (beginning * 80_000)[:80_000]
    answered(page, server, whole("It stays inside [1].", sources=[{**SOURCES[0], "text": passage}]))
    assert page.evaluate("longest") < 1_000


def open_stored(page: Page, site: str, server: PageServer, listed: Any, stored: Any) -> None:
    """Open the panel's list of earlier conversations, as a reader who is signed in."""
    account = {"session": {"access_token": "a.e30.c", "refresh_token": "r", "expires_at": 9e9}, "name": "Ann"}
    entry = [f"bookrag-account:{server.address.rstrip('/')}", json.dumps(account)]
    page.add_init_script(f"localStorage.setItem(...{json.dumps(entry)})")
    shared = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}

    def answer(body: Any) -> dict[str, Any]:
        return {"body": json.dumps(body), "headers": shared, "content_type": "application/json"}

    page.route("**/api/conversations", lambda route: route.fulfill(**answer(listed)))
    page.route("**/api/conversations/c-1", lambda route: route.fulfill(**answer(stored)))
    page.goto(site)
    open_panel(page)
    page.get_by_role("button", name="Earlier conversations").click()


def test_a_history_is_shown_without_what_cannot_be_read(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    listed: list[Any] = [
        None,
        5,
        {"id": 1},
        {"id": "c-0", "title": {}, "updated_at": None},
        {"id": "c-1", "title": "Walking"},
    ]
    messages: list[Any] = [
        None,
        {"id": "q-1", "role": "user", "content": "Why?", "parent_id": None},
        {"id": "a-1", "role": "assistant", "content": None, "parent_id": "q-1"},
        {"id": "q-2", "role": "user", "content": None, "parent_id": "a-1"},
        {"id": "a-2", "role": "assistant", "content": "Of a lost question.", "parent_id": "q-2"},
        {"id": "q-3", "role": "user", "content": "How?", "parent_id": "a-2", "selected_text": 5, "page_url": {}},
        {
            "id": "a-3",
            "role": "assistant",
            "content": "So.",
            "parent_id": "q-3",
            "status": "complete",
            "sources": [None],
        },
    ]
    open_stored(page, site, server, {"conversations": listed}, {"head_id": 5, "messages": messages})
    entries = page.get_by_role("dialog").locator("button.entry")
    expect(entries).to_have_text(["Conversation", "Walking"])
    entries.last.click()
    expect(page.locator(".asked")).to_have_text(["You asked: Why?", "You asked: How?"])
    expect(page.get_by_role("dialog").locator(".text").last).to_have_text("So.")
    expect(page.get_by_text("Of a lost question.")).to_have_count(0)


@pytest.mark.parametrize("body", [None, [], {}, {"conversations": None}])
def test_a_list_that_is_none_is_told(body: Any, server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    open_stored(page, site, server, body, None)
    expect(page.get_by_role("alert").filter(has_text="arrived damaged")).to_be_visible()
    expect(page.get_by_role("button", name="Back to the conversation")).to_be_visible()
    page.unroute("**/api/conversations")
    good = {"conversations": [{"id": "c-1", "title": "Walking", "updated_at": "2026-01-01T00:00:00Z"}]}
    page.route(
        "**/api/conversations", lambda route: route.fulfill(json=good, headers={"access-control-allow-origin": "*"})
    )
    page.get_by_role("button", name="Back to the conversation").click()
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("dialog").locator("button.entry").click()
    expect(page.get_by_role("alert").filter(has_text="arrived damaged")).to_be_visible()
