"""The widget in the sample book's own site: built by the real Docusaurus, against the real service, in Chromium.

`WIDGET_QUESTIONS=all` follows the citations of all of the book's questions.
"""

import json
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser import OpenPage, Start, axe_violations
from tests.docusaurus import widget_pages as pages
from tests.docusaurus.site_build import BOOK
from tests.docusaurus.widget_pages import (
    CARDS,
    OF_THE_SITE,
    QUESTION,
    Sites,
    asked,
    follow,
    listener,
    open_site,
    refused,
    until,
)
from tests.docusaurus.widget_site import served_site
from tests.gemini_server import Reply
from tests.page_server import PageServer, whole
from tests.widget_page import ask, open_panel, wait_for_end

build, index, sites, with_model = pages.build, pages.index, pages.sites, pages.with_model

SAMPLE = 24  # questions, spread over the set
MARKED_SHARE = 0.6  # of the words of a cited sentence; formulas are written otherwise on the page

pytestmark = pages.MARKS


def questions() -> list[str]:
    """Questions of the sample book's set that the book answers."""
    lines = (BOOK / "eval" / "questions.jsonl").read_text("utf-8").splitlines()
    answerable = [each["question"] for each in map(json.loads, lines) if each.get("answerable") is not False]
    return answerable if os.environ.get("WIDGET_QUESTIONS") == "all" else answerable[:: len(answerable) // SAMPLE]


def test_citations_lead_to_their_headings_without_loading_a_document_and_mark_the_passage(
    sites: Sites, open_page: OpenPage
) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs")
    open_panel(page)
    missed, unmarked, count = [], [], 0
    for question in questions():
        ask(page, question)
        wait_for_end(page)
        cards = page.locator(CARDS)
        for at in range(cards.count()):
            landed, marked = follow(page, cards.nth(at))
            count += 1
            if not landed:
                missed.append((question, page.url))
            if marked < MARKED_SHARE:
                unmarked.append((question, page.url, marked))
        page.get_by_role("button", name="New conversation").click()
    reached, well_marked = count - len(missed), count - len(unmarked)
    print(  # noqa: T201 - the figures of docs/widget.md
        f"{count} citations of {len(questions())} questions: {reached} landed, {well_marked} "
        f"({well_marked / count:.1%}) with at least {MARKED_SHARE:.0%} of the cited sentence's words marked"
    )
    assert missed == []
    assert count >= SAMPLE
    assert len(unmarked) <= 0.05 * count, unmarked
    assert refused(page) == []


def test_back_leads_back_and_the_panel_stays_and_goes_on(sites: Sites, open_page: OpenPage) -> None:
    for address in (sites.plugin, sites.plain):
        page = open_site(open_page, f"{address}/docs")
        open_panel(page)
        asked(page, QUESTION)
        assert follow(page, page.locator(CARDS).first) == (True, 1.0)
        assert page.url == f"{address}/docs/locomotion/zero-moment-point#zmp"
        page.go_back()
        expect(page).to_have_url(f"{address}/docs")
        expect(page.get_by_role("heading", level=1, name="Physical AI and Humanoid Robots")).to_be_visible()
        expect(page.get_by_role("dialog")).to_be_visible()
        asked(page, "What is the capture point?")
        expect(page.locator(".asked")).to_have_count(2)
        assert page.evaluate("window.same")
        assert refused(page) == []


def test_a_follow_up_and_a_reload_in_mid_answer_reach_the_model_once(with_model: Sites, open_page: OpenPage) -> None:
    model = with_model.model
    model.condense = Reply(chunks=("Why does a robot tip when its zero moment point reaches the edge of the polygon?",))
    page = open_site(open_page, f"{with_model.plugin}/docs/locomotion/zero-moment-point")
    open_panel(page)
    model.script(Reply(chunks=("The ground only pushes ", "[1].")))
    asked(page, QUESTION)
    expect(page.locator(".turn > .text")).to_contain_text("The ground only pushes")
    pieces = tuple(f"Sentence {number} of the answer. " for number in range(40))
    model.script(Reply(chunks=pieces, pace_seconds=0.1))
    ask(page, "And why does it tip?")
    expect(page.get_by_text("Sentence 3 of the answer.").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_text("Sentence 39 of the answer.").first).to_be_visible(timeout=20_000)
    wait_for_end(page)
    text = page.locator(".turn > .text").last.inner_text()
    assert [text.count(f"Sentence {number} ") for number in range(40)] == [1] * 40
    assert len(model.streams) == 2
    assert QUESTION in model.streams[1].everything
    assert refused(page) == []


def test_an_answer_that_was_stopped_is_answered_again(with_model: Sites, open_page: OpenPage) -> None:
    model = with_model.model
    page = open_site(open_page, f"{with_model.plugin}/docs/locomotion/zero-moment-point")
    open_panel(page)
    model.script(Reply(chunks=tuple(f"Sentence {number}. " for number in range(400)), pace_seconds=0.1))
    ask(page, QUESTION)
    expect(page.get_by_text("Sentence 3.").first).to_be_visible()
    page.get_by_role("button", name="Stop the answer").click()
    expect(page.locator(".notice")).to_contain_text("You stopped this answer")
    model.script(Reply(chunks=("The ground only pushes ", "[1].")))
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(".turn > .text")).to_contain_text("The ground only pushes", timeout=30_000)
    wait_for_end(page)
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_readers_walk_from_a_marked_passage_to_an_account(with_model: Sites, open_page: OpenPage) -> None:
    model = with_model.model
    model.condense = Reply(chunks=("Why does a robot tip when its zero moment point reaches the edge of the polygon?",))
    page = open_site(open_page, f"{with_model.plugin}/docs", width=1440)
    page.evaluate("window.same = true; getSelection().selectAllChildren(document.querySelector('article p'))")
    page.get_by_role("button", name="Ask about this", exact=True).click()
    model.script(Reply(chunks=("The ground only pushes [1]. ", "The foot tips [2], and so the robot steps [3].")))
    asked(page, QUESTION)
    places = page.locator(f"{CARDS} a.place")
    paths = [urlsplit(str(link.get_attribute("href"))).path for link in places.all()]
    places.nth(next(at for at, path in enumerate(paths) if path != "/docs")).click()
    assert until(page, "CSS.highlights.has('bookrag-passage')")
    assert urlsplit(page.url).path in paths
    assert urlsplit(page.url).path != "/docs"
    panel, text = (page.locator(name).bounding_box() for name in ("dialog", "article:not(.turn)"))
    assert panel
    assert text
    assert text["x"] + text["width"] <= panel["x"]  # the passage is not under the panel
    page.go_back()
    expect(page).to_have_url(f"{with_model.plugin}/docs")
    assert page.evaluate("window.same")
    pieces = tuple(f"Sentence {number} of the answer. " for number in range(30))
    model.script(Reply(chunks=pieces, pace_seconds=0.1))
    ask(page, "And why does it tip?")
    expect(page.get_by_text("Sentence 2 of the answer.").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Sentence 29 of the answer.").first).to_be_visible(timeout=20_000)
    wait_for_end(page)
    assert len(model.streams) == 2
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill("ada@book.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Create an account").click()
    expect(page.locator(".asked")).to_have_count(2)
    model.script(Reply(chunks=("With one step.",)))
    asked(page, "And how does it catch itself?")
    expect(page.locator(".asked")).to_have_count(3)
    expect(page.locator(".turn > .text").last).to_contain_text("With one step.")
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator("button.entry")).to_have_count(1)
    assert refused(page) == []


def test_marked_text_is_asked_about_by_touch(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(
        open_page, f"{sites.plugin}/docs/locomotion/zero-moment-point", width=390, height=800, has_touch=True
    )
    # A long press marks a word in a browser that is held; here the selection comes by itself, and the tap is one.
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article p'))")
    page.get_by_role("button", name="Ask about this", exact=True).tap()
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("Standing still looks like doing nothing")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()


@pytest.mark.parametrize("anchor", ["", "#zmp"])
def test_a_page_that_is_gone_is_told_without_loading_a_document(
    anchor: str, build: Path, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    gone = {
        "number": 1,
        "url": f"https://physical-ai.example/docs/a-page-of-last-year{anchor}",
        "title": "Last year",
        "heading_path": ["Last year"],
        "text": "It stood here.",
    }
    address = start(served_site(build, start(listener()), server.address.rstrip("/")))
    page = open_site(open_page, f"{address}/docs")
    open_panel(page)
    server.scripts.append(whole("It stands there [1].", sources=[gone]))
    asked(page, "Where does it stand?")
    page.evaluate("window.same = true")
    page.locator(CARDS).first.locator("a.place").click()
    expect(page.get_by_role("alert").filter(has_text="This page is no longer in the book.")).to_be_visible()
    assert page.evaluate("window.same")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Physical AI and Humanoid Robots")).to_be_visible()
    server.scripts.append(whole("It stands elsewhere."))
    asked(page, "Where else?")
    expect(page.get_by_text("This page is no longer in the book.")).to_have_count(0)


def test_marked_text_is_asked_about(with_model: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{with_model.plugin}/docs/locomotion/zero-moment-point", width=1600)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article p'))")
    page.get_by_role("button", name="Ask about this", exact=True).click()
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("Standing still looks like doing nothing")
    with_model.model.script(Reply(chunks=("It is work [1].",)))
    asked(page, "What does this mean?")
    expect(page.locator(".turn > .text")).to_contain_text("It is work")
    assert "Standing still looks like doing nothing" in with_model.model.streams[0].everything
    page.evaluate("getSelection().removeAllRanges()")
    code = page.locator("article pre").first
    code.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a page that scrolls hides the button
    code.hover()
    page.get_by_role("button", name="Ask about this code").click()
    expect(page.get_by_role("group", name="Selected text")).not_to_contain_text("Standing still")


def _note_address(addresses: list[str], request: Request) -> None:
    addresses.append(request.url)


def test_nothing_is_asked_or_stored_before_the_first_question(sites: Sites, open_page: OpenPage) -> None:
    for address in (sites.plugin, sites.plain):
        page = open_page("about:blank", expect=OF_THE_SITE)
        sent: list[str] = []
        page.on("request", partial(_note_address, sent))
        page.goto(f"{address}/docs")
        page.get_by_role("button", name="Ask the book").wait_for()
        service = [urlsplit(url).path for url in sent if not url.startswith(address) and url.startswith("http")]
        assert service == ["/widget.js"]
        open_panel(page)
        service = [urlsplit(url).path for url in sent if not url.startswith(address) and url.startswith("http")]
        assert all(path.startswith("/widget") for path in service)
        kept = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.includes('bookrag'))"
        assert page.evaluate(kept) == []
        assert page.evaluate("document.cookie") == ""
        asked(page, QUESTION)
        assert len(page.evaluate(kept)) == 1


def test_closed_details_are_opened(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs")
    open_panel(page)
    asked(page, "Why does my IMU publish nothing: is the sensor system a plugin?")
    card = page.locator(CARDS).filter(has_text="The sensor system is a plugin").first
    assert follow(page, card)[0]
    expect(page.get_by_role("heading", name="The sensor system is a plugin")).to_be_visible()
    assert refused(page) == []


@pytest.mark.parametrize(
    ("place", "passage", "tab"),
    [
        ("nodes-and-topics#publishing-and-subscribing", 'double limit = get_parameter("limit").as_double();', "C++"),
        ("qos#finding-a-mismatch-from-the-shell", "```bash # Prints the profile of every publisher", None),
    ],
    ids=["in a tab", "code whose lines were joined"],
)
def test_code_is_found_on_its_page(
    build: Path, server: PageServer, start: Start, open_page: OpenPage, place: str, passage: str, tab: str | None
) -> None:
    url = f"https://physical-ai.example/docs/ros2/{place}"
    source = {"number": 1, "url": url, "title": "T", "heading_path": ["H"], "text": passage}
    address = start(served_site(build, start(listener()), server.address.rstrip("/")))
    page = open_site(open_page, f"{address}/docs")
    open_panel(page)
    server.scripts.append(whole("It stands there [1].", sources=[source]))
    asked(page, "Where does it stand?")
    assert follow(page, page.locator(CARDS).first) == (True, 1.0)
    if tab:
        expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
    assert refused(page) == []


def test_urdu_pages_have_a_panel_from_right_to_left_and_urdu_citations(sites: Sites, open_page: OpenPage) -> None:
    for address in (sites.plugin, sites.plain):
        page = open_site(open_page, f"{address}/ur/docs")
        open_panel(page, "کتاب سے پوچھیں")
        expect(page.get_by_role("dialog")).to_have_attribute("dir", "rtl")
        page.get_by_role("textbox", name="سوال").fill(
            "زیرو مومنٹ پوائنٹ سہارے کے کثیر الاضلاع سے باہر کیوں نہیں جا سکتا؟"
        )
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="پوچھیں", exact=True)).to_be_visible(timeout=30_000)
        landed, marked = follow(page, page.locator(CARDS).first)
        assert landed
        assert marked >= MARKED_SHARE
        assert urlsplit(page.url).path.startswith("/ur/docs")
        assert refused(page) == []


def test_an_older_version_is_searched_on_its_pages(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs/1.0/balance")
    open_panel(page)
    expect(page.get_by_role("dialog").get_by_text("Version 1.0")).to_be_visible()
    with page.expect_request("**/api/chat") as request:
        asked(page, "What is the zero moment point?")
    assert json.loads(request.value.post_data or "")["version"] == "1.0"
    assert follow(page, page.locator(CARDS).first)[0]
    assert urlsplit(page.url).path.startswith("/docs/1.0/")


def test_pages_outside_the_book_offer_nothing_that_needs_a_page_of_it(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/")
    open_panel(page)
    expect(page.get_by_role("button", name="Summarize this page")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('main'))")
    page.wait_for_timeout(400)  # longer than the button takes to come
    expect(page.get_by_role("button", name="Ask about this", exact=True)).to_be_hidden()
    asked(page, QUESTION)
    assert follow(page, page.locator(CARDS).first)[0]
    expect(page.get_by_role("combobox")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("button", name="Summarize this page")).to_be_visible()


def test_the_sites_own_switch_of_its_theme_is_followed(sites: Sites, open_page: OpenPage) -> None:
    page = open_site(open_page, f"{sites.plugin}/docs", color_scheme="light")
    open_panel(page)
    ground = (
        "getComputedStyle(document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog')).backgroundColor"
    )
    light = page.evaluate(ground)
    switch = page.get_by_role("button", name="Switch between dark and light mode")
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        switch.click()
    assert until(page, f"{ground} !== '{light}'")


@pytest.mark.parametrize("width", [1200, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "title"),
    [("/docs/locomotion/zero-moment-point", "Ask the book"), ("/ur/docs", "کتاب سے پوچھیں")],
    ids=["en", "ur"],
)
def test_no_state_has_an_accessibility_violation(
    path: str, title: str, scheme: str, width: int, sites: Sites, open_page: OpenPage
) -> None:
    size: dict[str, Any] = {"color_scheme": scheme, "width": width, "height": 700}
    bare = open_page("about:blank", expect=(*OF_THE_SITE, "ERR_BLOCKED_BY_CLIENT"), **size)
    bare.route("**/widget.js", lambda route: route.abort("blockedbyclient"))
    bare.goto(f"{sites.plugin}{path}", wait_until="networkidle")
    own = of_the_site(bare)
    page = open_site(open_page, f"{sites.plugin}{path}", **size)
    page.wait_for_load_state("networkidle")

    def check(state: str) -> None:
        assert axe_violations(page, "[data-bookrag]") == [], state
        found = of_the_site(page)
        if page.locator("dialog:modal").count():
            assert found <= own, state  # nobody can reach the page below
        else:
            assert found == own, state

    check("closed")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article p'))")
    expect(page.locator("button.pill")).to_be_visible()
    check("selection")
    page.locator("button.pill").click()
    expect(page.locator(".chip")).to_be_visible()
    check("open with a selection")
    page.locator(".chip button").click()
    expect(page.get_by_role("dialog", name=title)).to_be_visible()
    check("open")
    page.get_by_role("dialog").get_by_role("textbox").fill("ZMP?")
    page.keyboard.press("Enter")
    expect(page.locator(".log")).to_have_attribute("aria-busy", "false", timeout=30_000)
    expect(page.locator(".place").first).to_be_visible()
    check("answer")


def of_the_site(page: Page) -> set[str]:
    """What axe-core finds on the page around the widget: each rule with the node that breaks it."""
    page.wait_for_selector("html[data-has-hydrated='true']")  # before, code has the colours of the light theme
    found = axe_violations(page, without="[data-bookrag]")
    return {violation.partition(" Fix ")[0] for violation in found}


def test_nothing_of_the_page_is_shifted(sites: Sites, open_page: OpenPage) -> None:
    page = open_page("about:blank", expect=OF_THE_SITE)
    # What grows inside the panel has no node here, as it stands in a shadow root.
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => { for (const {sources, value} of list.getEntries())"
        " for (const {node} of sources) if (node) window.shifts.push([value, node.nodeName]) })"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page.goto(f"{sites.plugin}/docs/locomotion/zero-moment-point")
    page.get_by_role("button", name="Ask the book").wait_for()
    open_panel(page)
    asked(page, QUESTION)
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") == []


def test_wrong_options_of_the_plugin_are_named(build: Path) -> None:
    code = """
        const {createRequire} = require('node:module');
        const site = createRequire(process.argv[1] + '/');
        const {normalizePluginOptions} = site('@docusaurus/utils-validation');
        const plugin = site('docusaurus-plugin-bookrag');
        try {
          const given = JSON.parse(process.argv[2]);
          const options = plugin.validateOptions({options: given, validate: normalizePluginOptions});
          console.log(options.scope, options.shortcut);
        } catch (error) { console.log(error.message); }
    """

    def says(**options: Any) -> str:
        command = ["node", "-e", code, str(build.parent), json.dumps(options)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert says(api="https://chat.book.example") == "book i\n"
    assert '"api" is required' in says()
    assert '"api" must be a valid uri' in says(api="chat.book.example")
    assert '"shortcut"' in says(api="https://a.example", shortcut="k")
    assert '"scopes" is not allowed' in says(api="https://a.example", scopes="page")
