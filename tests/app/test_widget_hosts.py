"""The widget on pages that are styled, named or scripted against it, by accident or on purpose, in Chromium."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.widget.router import STATIC_DIR
from tests.browser import OpenPage, Start
from tests.host_site import BODY, host_site
from tests.page_server import ORIGIN, SOURCES, PageServer, whole
from tests.widget_page import STYLED, answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

HOSTILE_STYLES = {
    "a small root font": "html { font-size: 62.5% }",
    "a large root font": "html { font-size: 24px }",
    "boxes that are moved and faded": "body > div { transform: scale(0.5); opacity: 0.2; filter: blur(2px); "
    "contain: paint }",
    "elements that are hidden": "body > div, section, dialog, button { display: none }",
    "rules that are important": "* { font: 40px/3 cursive !important; letter-spacing: 1em !important; "
    "text-transform: uppercase !important; position: static !important; visibility: hidden }",
    "a host that is named": "[data-bookrag] { position: absolute; width: 10px; height: 10px; overflow: hidden; "
    "visibility: hidden; pointer-events: none; z-index: -1 }",
    "a direction that is turned": "* { direction: rtl !important; writing-mode: vertical-rl !important }",
    "variables with common names": "* { --accent: red !important; --paper: red !important; --ink: red !important; "
    "--line: red !important; --radius: 40px !important; --sans: cursive !important }",
    "everything unset": "*, ::before, ::after { all: unset !important }",
    "children of the body": "body > * { zoom: 0.5; margin: 3rem !important; max-width: 10px !important }",
    "a body that is a grid": "body { display: grid !important; gap: 4rem; text-align: right; cursor: wait; "
    "user-select: none; line-height: 3; word-spacing: 2em; color: red }",
    "what moves": "body * { transition: all 3s !important; animation: none !important; rotate: 20deg !important }",
}
LAID = """() => {
  const root = document.querySelector('[data-bookrag]').shadowRoot;
  const parts = ['dialog', 'h1', 'textarea', '.round', '.welcome', '.suggestions button', '.launcher'];
  return parts.map((part) => {
    const box = root.querySelector(part).getBoundingClientRect(), style = getComputedStyle(root.querySelector(part));
    return [part, ...[box.x, box.y, box.width, box.height].map(Math.round), style.fontSize, style.fontFamily,
      style.opacity, style.letterSpacing, style.textTransform, style.visibility, style.pointerEvents, style.color];
  });
}"""


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    return start(host_site(server.address, options='data-layout="over"'))


@pytest.mark.parametrize("kind", HOSTILE_STYLES)
def test_the_pages_styles_do_not_reach_the_panel(kind: str, page: Page) -> None:
    plain = page.evaluate(LAID)
    page.evaluate(STYLED, HOSTILE_STYLES[kind])
    assert page.evaluate(LAID) == plain


def test_the_panels_styles_do_not_reach_the_page(server: PageServer, site: str, open_page: OpenPage) -> None:
    styles = """() => [...document.querySelectorAll('html, body, body *:not([data-bookrag])')].map((node) => {
      const style = getComputedStyle(node);
      return JSON.stringify([...style].map((name) => [name, style.getPropertyValue(name)]));
    })"""
    page = open_page(site)
    before = page.evaluate(styles)
    open_panel(page)
    answered(page, server, whole("It stays **inside** [1]."))
    page.get_by_role("button", name="Close").click()
    assert page.evaluate(styles) == before


def test_colours_corners_places_and_layers_come_from_variables(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate(
        STYLED,
        ":root { --bookrag-accent: rgb(120, 0, 60); --bookrag-on-accent: rgb(255, 250, 240); --bookrag-radius: 3px; "
        "--bookrag-z-index: 77; --bookrag-bottom: 40px; --bookrag-inset: 30px; --bookrag-font: monospace }",
    )
    read = """(part) => {
      const root = document.querySelector('[data-bookrag]').shadowRoot;
      const style = getComputedStyle(root.querySelector(part));
      return [style.backgroundColor, style.color, style.borderRadius, style.zIndex, style.bottom, style.fontFamily] }"""
    assert page.evaluate(read, ".launcher")[:2] == ["rgb(120, 0, 60)", "rgb(255, 250, 240)"]
    assert page.evaluate(read, ".launcher")[3:5] == ["77", "40px"]
    open_panel(page)
    assert page.evaluate(read, ".panel")[2:] == ["3px", "77", "30px", "monospace"]


def test_an_element_that_is_called_like_the_widget_does_not_stop_it(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages={"/": f'<h2 id="bookrag">bookrag</h2>{BODY}'}))
    page = open_page(site)
    open_panel(page)
    assert page.evaluate("typeof bookrag.open") == "function"


@pytest.mark.parametrize("lang", ["en_US", "pt_BR", "x", "", "not a language"])
def test_a_language_that_browsers_do_not_know_stops_nothing(
    lang: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    options = """data-messages='{"pt_BR": {"title": "Pergunte ao livro"}}'"""
    site = start(host_site(server.address, lang=lang, options=options))
    page = open_page(site, expect=("bookrag: there are no messages in the language",))
    open_panel(page, "Pergunte ao livro" if lang == "pt_BR" else "Ask the book")
    answered(page, server, whole("It stays inside [1]. Then it tips."))
    expect(page.get_by_text("Then it tips.").first).to_be_visible()


def test_a_selector_with_a_comma_inside_parentheses_finds_the_text(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options='data-content=".missing, main:is(.a, main) article"'))
    page = open_page(site)
    page.evaluate("getSelection().selectAllChildren(document.getElementById('first'))")
    page.get_by_role("button", name="Ask about this", exact=True).click()
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("A robot that stands still")


def test_the_shortcut_does_nothing_in_a_field_of_another_component(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate(
        """() => { const box = document.createElement('div');
        document.body.prepend(box);
        box.attachShadow({mode: 'open'}).append(document.createElement('input'));
        box.shadowRoot.firstChild.focus(); }"""
    )
    page.keyboard.press("Control+i")
    page.wait_for_timeout(300)  # longer than a warm panel takes to open
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_text_that_is_marked_with_the_keyboard_is_asked_about_by_the_shortcut(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate("getSelection().collapse(document.getElementById('first').firstChild, 0)")
    for _ in range(9):
        page.evaluate("getSelection().modify('extend', 'forward', 'word')")  # what Shift + Ctrl + Right does
    page.keyboard.press("Control+i")
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("A robot that stands still is balanced")


@pytest.mark.parametrize(
    "request_", ['"Why?"', "null", "{question: 5}", "{text: 'Why?'}", "{question: 'Why?', submit: 1}"]
)
def test_a_call_with_wrong_arguments_is_named_in_the_console(request_: str, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("bookrag: open takes",))
    with page.expect_console_message(lambda message: "bookrag: open takes" in message.text):
        page.evaluate(f"bookrag.open({request_})")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("width", [1000, 390])
def test_a_page_may_open_the_panel_before_it_is_loaded(
    width: int, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages={"/": f'{BODY}<img src="/slow.svg" alt="">'}))
    page = open_page("about:blank", width=width)
    waiting: list[Route] = []
    page.route("**/slow.svg", lambda route: waiting.append(route))
    page.add_init_script("document.addEventListener('bookrag:ready', () => bookrag.open({question: 'Why so?'}))")
    with page.expect_request("**/slow.svg"):
        page.goto(site, wait_until="commit")
    page.wait_for_timeout(1_000)  # longer than a warm panel takes to open
    assert page.evaluate("document.readyState") != "complete"
    for route in waiting:
        route.fulfill(content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg"/>')
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why so?")
    expect(page.get_by_role("button", name="Ask the book")).to_have_count(0)
    dialog = "document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog')"
    assert page.evaluate(f"getComputedStyle({dialog}).position") == "fixed"
    assert page.evaluate(f"{dialog}.matches(':modal')") == (width == 390)


def test_a_picture_that_never_comes_does_not_hold_up_the_widget(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, pages={"/": f'{BODY}<img src="/slow.svg" alt="">'}))
    page = open_page("about:blank")
    page.route("**/slow.svg", lambda route: None)  # never answered
    page.goto(site, wait_until="commit")
    open_panel(page)
    answered(page, server, whole("It stays inside [1]."))
    assert page.evaluate("document.readyState") == "interactive"
    page.close()


def test_a_key_event_that_names_no_key_is_left_alone(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    expect(page.get_by_role("button", name="Ask the book")).to_be_visible()
    page.evaluate("document.querySelector('input').dispatchEvent(new Event('keydown', {bubbles: true}))")
    page.keyboard.press("Control+i")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_page_whose_own_object_has_the_widgets_name_is_told_and_has_the_button(
    site: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank", expect=("bookrag: window.bookrag is taken",))
    page.add_init_script("Object.defineProperty(window, 'bookrag', {value: {own: true}})")
    with page.expect_console_message(lambda message: "bookrag: window.bookrag is taken" in message.text):
        page.goto(site)
    open_panel(page)
    assert page.evaluate("bookrag.own")


def test_an_address_with_a_question_opens_the_panel_once(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/?ask=Why%20so%3F")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why so?")
    page.get_by_role("button", name="Close").click()
    page.reload()
    expect(page.get_by_role("button", name="Ask the book")).to_be_visible()
    page.wait_for_timeout(500)  # longer than a warm panel takes to open
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_site_hears_of_all_that_its_readers_do(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, options='data-feedback="on"'))
    page = open_page(site)
    page.evaluate(
        """() => { window.heard = [];
        for (const name of ['opened', 'asked', 'answered', 'cited', 'feedback', 'closed'])
          document.addEventListener(`bookrag:${name}`, ({detail}) => window.heard.push([name, detail])); }"""
    )
    open_panel(page)
    answered(page, server, whole("It stays inside [2].", sources=[{**SOURCES[1], "url": f"{site}/#zmp"}]))
    page.locator("a.place").click()
    page.get_by_role("button", name="Helpful", exact=True).click()
    page.get_by_role("button", name="Close").click()
    heard = page.evaluate("window.heard")
    assert [name for name, _ in heard] == ["opened", "asked", "answered", "cited", "feedback", "closed"]
    told = dict(heard)
    assert told["asked"]["question"] == told["answered"]["question"] == told["feedback"]["question"] == "Why?"
    assert told["asked"]["conversationId"] == told["answered"]["conversationId"]
    assert (told["answered"]["verdict"], told["answered"]["outcome"]) == ("covered", "done")
    assert told["cited"] == {"url": f"{site}/#zmp", "title": "Balance"}
    assert told["feedback"]["helpful"] is True


def test_what_listens_ends_and_what_fails_in_it_harms_nothing(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("a listener's own fault",))
    page.evaluate(
        """() => { window.heard = 0;
        bookrag.on('asked', () => { throw new Error("a listener's own fault") });
        window.end = bookrag.on('asked', () => { window.heard += 1 }); }"""
    )
    open_panel(page)
    answered(page, server, whole("Because."))
    page.evaluate("window.end()")
    answered(page, server, whole("And so."), "And then?")
    assert page.evaluate("window.heard") == 1


@pytest.mark.parametrize("good", [True, False])
def test_a_script_with_its_integrity_is_run_and_a_changed_one_is_not(
    good: bool, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    manifest = json.loads((STATIC_DIR / "manifest.json").read_text())
    digest = manifest["files"]["widget.js" if good else manifest["panel"]]["integrity"]
    site = start(host_site(server.address, options=f'integrity="{digest}" crossorigin="anonymous"'))
    page = open_page(site, expect=() if good else ("integrity",))
    if good:
        open_panel(page)
    else:
        expect(page.get_by_role("heading", name="Balance")).to_be_visible()
        assert page.evaluate("typeof bookrag") == "undefined"


def test_a_hostile_page_is_shown_as_text(server: PageServer, start: Start, open_page: OpenPage) -> None:
    heading = "&lt;img src=x onerror=hacked()&gt; and &lt;b&gt;"
    body = f"<main><article><h1>{heading}</h1><h2 id='\"&gt;&lt;i&gt;'>{heading}</h2><p>Text.</p></article></main>"
    site = start(host_site(server.address, pages={"/": body}))
    page = open_page(f"{site}/?ask=%3Cimg%20src%3Dx%20onerror%3Dhacked()%3E")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("<img src=x onerror=hacked()>")
    suggested = page.locator(".suggestions button").filter(has_text="<img src=x onerror=hacked()> and <b>")
    expect(suggested).to_have_count(1)
    server.scripts.append(whole("Because."))
    suggested.click()
    wait_for_end(page)
    expect(page.locator("h2.asked")).to_contain_text("<img src=x onerror=hacked()> and <b>")


def test_options_that_are_set_by_a_call_are_as_those_of_the_tag(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site)
    page.evaluate("(api) => bookrag.configure({api, shortcut: 'J'})", f"{server.address}/")
    page.keyboard.press("Control+j")
    answered(page, server, whole("Because."))
    assert len(server.asked) == 1


NO_TOKENS = {
    "rejects": "() => Promise.reject(new Error('the session is over'))",
    "throws": "() => { throw new Error('no session') }",
    "gives an object": "() => ({token: 'x'})",
    "gives two lines": "() => 'a\\nb'",
}


@pytest.mark.parametrize("kind", NO_TOKENS)
def test_a_site_that_cannot_give_its_token_is_told_and_the_question_stays(
    kind: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("bookrag: getToken gave no token",))
    page.evaluate(f"void bookrag.configure({{getToken: {NO_TOKENS[kind]}}})")
    open_panel(page)
    ask(page)
    expect(page.get_by_role("alert").filter(has_text="Your sign-in could not be checked.")).to_be_visible()
    assert server.asked == []
    page.evaluate("void bookrag.configure({getToken: () => 'a.good.token'})")
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    assert len(server.asked) == 1


def test_a_question_that_waits_for_a_sites_token_can_be_stopped(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("void bookrag.configure({getToken: () => new Promise(() => {})})")
    open_panel(page)
    ask(page)
    page.get_by_role("button", name="Stop the answer").click()
    wait_for_end(page)
    assert server.asked == []


def test_a_sites_token_that_never_comes_is_told(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("bookrag: getToken gave no token",))
    page.clock.install()
    page.evaluate("void bookrag.configure({getToken: () => new Promise(() => {})})")
    open_panel(page)
    ask(page)
    page.clock.fast_forward(11_000)
    expect(page.get_by_role("alert").filter(has_text="Your sign-in could not be checked.")).to_be_visible()


KEPT: dict[str, Any] = {
    "of another shape": {"id": "c-1", "turns": [{"question": "Why?"}], "open": True},
    "nothing": None,
    "a list": [1, 2],
    "turns that are null": {"id": "c-1", "turns": [None], "open": True},
    "a record without an end": {
        "id": "c-1",
        "open": True,
        "turns": [{"questionId": "q", "answerId": "a", "question": "Why?", "record": {"text": "T", "sources": []}}],
    },
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_another_version_kept_in_the_tab_is_left_aside(
    kind: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(
        "([api, kept]) => sessionStorage.setItem(`bookrag:${api}`, kept)",
        [server.address.rstrip("/"), json.dumps(KEPT[kind])],
    )
    page.reload()
    page.evaluate("bookrag.open()")
    answered(page, server, whole("Because."))
    expect(page.get_by_text("Because.").first).to_be_visible()


def copied_tab(page: Page) -> Page:
    """A second tab as browsers make it of "Duplicate tab": with what the first one keeps."""
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    other = page.context.new_page()
    other.add_init_script(
        f"for (const [key, value] of Object.entries({kept}))"
        " if (sessionStorage.getItem(key) === null) sessionStorage.setItem(key, value)"
    )
    other.goto(page.url)
    return other


def test_a_tab_that_is_duplicated_goes_on_by_itself(server: PageServer, page: Page) -> None:
    answered(page, server, whole("The first answer."))
    other = copied_tab(page)
    expect(other.get_by_text("The first answer.").first).to_be_visible()
    answered(other, server, whole("In the copy."), "And in the copy?")
    answered(page, server, whole("In the first tab."), "And here?")
    expect(page.get_by_text("In the copy.")).to_have_count(0)
    expect(other.get_by_text("In the first tab.")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("In the first tab.").first).to_be_visible()


def test_at_200_percent_zoom_the_panel_fits(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, width=640, height=400, device_scale_factor=2)  # a window of 1280 × 800
    open_panel(page)
    answered(page, server, whole("It stays inside [1]. " * 40))
    assert page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 640, "height": 400}
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    log = page.get_by_role("region", name="Conversation")
    assert log.evaluate("log => log.clientHeight > 150 && log.scrollWidth <= log.clientWidth")


def test_readers_who_want_less_motion_get_none(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, reduced_motion="reduce")
    open_panel(page)
    answered(page, server, whole("It stays inside [1]. " * 40))
    running = """document.getAnimations().length
      + document.querySelector('[data-bookrag]').shadowRoot.getAnimations().length"""
    assert page.evaluate(running) == 0


def test_neither_the_button_nor_the_panel_is_printed(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Ask the book")).to_be_hidden()
    page.emulate_media(media="screen")
    open_panel(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_without_the_highlight_api_a_citation_is_a_plain_link_with_a_text_fragment(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options='data-router="history"'))
    source = {
        **SOURCES[1],
        "url": f"{site}/#zmp",
        "text": "The ZMP stays inside as long as the ground only pushes.",
    }
    page = open_page("about:blank")
    page.add_init_script("delete CSS.highlights")
    page.goto(site)
    assert not page.evaluate("'highlights' in CSS")
    open_panel(page)
    answered(page, server, whole("It stays inside [2].", sources=[source]))
    href = page.locator("a.place").get_attribute("href")
    marked = "The%20ZMP%20stays%20inside%20as%20long%20as%20the%20ground%20only%20pushes."
    assert href == f"{site}/#zmp:~:text={marked}"
    assert ORIGIN not in href


@pytest.mark.parametrize("attributes", ["", "sandbox"])  # of the page's origin, and of another
def test_a_frame_that_is_called_like_the_widget_does_not_stop_it(
    attributes: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(
        host_site(server.address, pages={"/": f'<iframe name="bookrag" srcdoc="x" {attributes}></iframe>{BODY}'})
    )
    page = open_page(site)
    open_panel(page)
    assert page.evaluate("typeof bookrag.configure") == "function"


def test_an_element_that_is_called_like_docusaurus_own_object_harms_no_citation(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body = f'<form id="docusaurus"><input name="prefetch" aria-label="x"></form>{BODY}'
    site = start(host_site(server.address, options='data-router="history"', pages={"/": body}))
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("It stays inside [1].", sources=[{**SOURCES[0], "url": f"{site}/#zmp"}]))
    page.locator("a.place").hover()
    page.locator("a.place").click()
    page.wait_for_url("**/#zmp")


def test_what_is_marked_in_a_field_of_the_page_or_in_the_panel_is_not_asked_about(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    pill = "document.querySelector('[data-bookrag]').shadowRoot.querySelector('.pill').hidden"
    site = start(host_site(server.address, pages={"/": BODY.replace("main", "div").replace("article", "div")}))
    page = open_page(site)
    page.get_by_role("searchbox").fill("What is typed here")
    page.keyboard.press("Control+a")
    page.wait_for_timeout(500)  # the button waits for 250 ms
    assert page.evaluate(pill)
    open_panel(page)
    answered(page, server, whole("It stays inside the polygon."))
    page.get_by_text("It stays inside").first.click(click_count=3)
    page.wait_for_timeout(500)
    assert page.evaluate("getSelection().toString().trim()") == "It stays inside the polygon."
    assert page.evaluate(pill)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('first'))")
    expect(page.get_by_role("button", name="Ask about this", exact=True)).to_be_visible()
