"""The widget where something is missing, full, refused or too much, on a page of another origin in Chromium."""

from threading import Event

import pytest
from playwright.sync_api import Page, expect

from app.ui_message_stream import frame, lost_frames
from tests.browser import OpenPage, Start
from tests.host_site import BODY, host_site
from tests.page_server import LONG, SOURCES, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

# What a browser does with storage that its reader has switched off.
DENIED = """for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, {
  get() { throw new DOMException('Access is denied for this document.', 'SecurityError') } })"""
FILL = """() => { for (let size = 1 << 20; size > 0; size >>= 1)
  for (let at = 0; ; at += 1)
    try { sessionStorage.setItem(`fill-${size}-${at}`, 'x'.repeat(size)) } catch { break } }"""


def test_a_page_whose_script_is_blocked_is_unharmed(site: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", expect=("ERR_BLOCKED_BY_CLIENT",))
    page.route("**/widget.js", lambda route: route.abort("blockedbyclient"))
    page.goto(site)
    expect(page.get_by_role("heading", name="Balance")).to_be_visible()
    page.get_by_role("button", name="Help me").click()
    expect(page.locator("[data-bookrag]")).to_have_count(0)


def test_a_service_that_never_answers_holds_up_nothing_of_the_page(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    own = '<script src="/own.js" defer></script>'
    site = start(host_site(server.address, pages={"/": f"{own}{BODY}"}))
    page = open_page("about:blank")
    page.route("**/widget.js", lambda route: None)  # never answered
    page.route("**/own.js", lambda route: route.fulfill(content_type="text/javascript", body="window.own = true"))
    page.goto(site, wait_until="domcontentloaded", timeout=10_000)
    assert page.evaluate("window.own")
    expect(page.get_by_role("heading", name="Balance")).to_be_visible()
    page.close()


def test_formulas_and_code_whose_libraries_are_blocked_stay_readable(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("ERR_BLOCKED_BY_CLIENT",))
    page.route("**/widget/katex*", lambda route: route.abort("blockedbyclient"))
    page.route("**/widget/highlighter*", lambda route: route.abort("blockedbyclient"))
    open_panel(page)
    answered(page, server, whole("It is $\\omega^2 x$.\n\n```python\nx = 1\n```"))
    log = page.get_by_role("region", name="Conversation")
    expect(log).to_contain_text("\\omega^2 x")
    expect(log).to_contain_text("x = 1")


def test_storage_that_is_denied_changes_nothing_within_the_page(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    page.add_init_script(DENIED)
    page.goto(site)
    open_panel(page)
    answered(page, server, whole("One."))
    answered(page, server, whole("Two."), "And then?")
    assert [len(body["messages"]) for body in server.asked] == [1, 3]


def test_storage_that_is_full_changes_nothing_within_the_page(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(FILL)
    open_panel(page)
    answered(page, server, whole("One."))
    answered(page, server, whole("Two."), "And then?")
    assert [len(body["messages"]) for body in server.asked] == [1, 3]
    page.evaluate("sessionStorage.clear()")
    answered(page, server, whole("Three."), "And now?")
    page.reload()
    expect(page.get_by_text("Three.").first).to_be_visible()


def test_a_conversation_of_200_messages_goes_on_and_survives_a_reload(server: PageServer, page: Page) -> None:
    answered(page, server, whole("A first answer."))
    # 99 more turns, as the tab keeps them; asking for each would take minutes.
    page.evaluate(
        """() => {
          const [key] = Object.keys(sessionStorage);
          const kept = JSON.parse(sessionStorage.getItem(key));
          const [turn] = kept.turns;
          kept.turns = Array.from({length: 100}, (_, at) => ({...structuredClone(turn),
            questionId: `q-${at}`, answerId: `a-${at}`, question: `Question ${at}?`,
            record: {...structuredClone(turn.record), text: `Answer ${at}. ${'It stays inside. '.repeat(80)}`}}));
          window.onpagehide = () => sessionStorage.setItem(key, JSON.stringify(kept));
        }"""
    )
    page.reload()
    expect(page.locator(".asked")).to_have_count(100)
    answered(page, server, whole("The last answer."), "And the last?")
    expect(page.get_by_text("The last answer.").first).to_be_visible()
    sent = server.asked[-1]["messages"]
    assert len(sent) > 40  # the latest ones, as many as the service takes
    assert len(str(sent)) < 100_000
    page.reload()
    expect(page.get_by_text("The last answer.").first).to_be_visible()


def test_an_answer_of_50000_characters_is_shown_whole(server: PageServer, page: Page) -> None:
    paragraphs = [f"Paragraph {number}: {'a sentence of a long answer. ' * 20}\n\n" for number in range(85)]
    assert sum(map(len, paragraphs)) > 50_000
    answered(page, server, whole(*paragraphs))
    expect(page.locator(".turn > .text > p")).to_have_count(85)
    page.reload()
    expect(page.locator(".turn > .text > p")).to_have_count(85)


def test_the_picture_that_a_passage_tells_of_stands_below_it(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    figure = (
        '<img alt="Two footprints with a rubber band" src="/icon.svg"><img alt="Another picture of it" src="/icon.svg">'
    )
    pages = {"/": BODY, "/feet": f"<main><article>{figure}</article></main>"}
    site = start(host_site(server.address, pages=pages, connects="'self'"))
    page = open_page(site)
    open_panel(page)
    text = "The hull.\n\nTwo footprints with a rubber band\n\nIt is convex."
    answered(page, server, whole("See [1].", sources=[{**SOURCES[0], "url": f"{site}/feet", "text": text}]))
    page.get_by_text("Passage", exact=True).click()
    expect(page.get_by_role("img", name="Two footprints with a rubber band")).to_have_attribute(
        "src", f"{site}/icon.svg"
    )
    expect(page.locator("img.figure")).to_have_count(1)


def test_a_stream_that_is_cut_for_good_is_told_and_what_came_is_kept(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("ERR_INCOMPLETE_CHUNKED_ENCODING",))
    open_panel(page)
    read = Event()
    server.scripts.append(Script([opening("c-1"), delta("The first half, "), read], cut=True))
    ask(page)
    expect(page.get_by_text("The first half,").first).to_be_visible()
    read.set()
    expect(page.get_by_text("The connection was lost before the answer was finished.").first).to_be_visible(
        timeout=20_000
    )
    expect(page.get_by_text("The first half,").first).to_be_visible()
    server.scripts.append(Script([opening("c-1"), delta("All of it."), closing()]))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    expect(page.get_by_text("All of it.").first).to_be_visible()


def lost(text: str) -> Script:
    """An answer whose process dies after `text`."""
    return Script([opening("c-1"), delta(text), *lost_frames()])


ASKED_AGAIN = "The first answer was lost. The question was asked again."


def test_an_answer_whose_process_died_is_asked_for_again_by_the_panel(server: PageServer, page: Page) -> None:
    server.scripts.append(lost("The first half, "))
    read = Event()
    server.scripts.append(Script([opening("c-1"), delta("All of"), read, delta(" it."), closing()]))
    ask(page)
    expect(page.locator("[role=status]")).to_have_text(ASKED_AGAIN)  # while the second answer is written
    read.set()
    wait_for_end(page)
    expect(page.get_by_text(ASKED_AGAIN).first).to_be_visible()
    expect(page.locator(".turn > .text")).to_have_text("All of it.")
    expect(page.get_by_text("Not complete")).to_have_count(0)
    first, second = server.asked
    assert second == first  # the service takes it for the same question


def test_an_answer_that_is_lost_twice_is_told_and_can_be_asked_for_by_hand(server: PageServer, page: Page) -> None:
    server.scripts.extend([lost("One half, "), lost("another half, ")])
    ask(page)
    wait_for_end(page)
    expect(page.locator(".notice")).to_contain_text("Not complete")
    expect(page.locator(".turn > .text")).to_contain_text("another half,")
    assert len(server.asked) == 2
    server.scripts.append(whole("All of it."))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    expect(page.locator(".turn > .text")).to_have_text("All of it.")
    expect(page.get_by_text(ASKED_AGAIN)).to_have_count(0)


def test_an_answer_that_was_lost_during_a_reload_is_asked_for_again(server: PageServer, page: Page) -> None:
    server.scripts.append(Script([opening("c-1"), delta("Before the reload, "), LONG]))
    ask(page)
    expect(page.get_by_text("Before the reload,").first).to_be_visible()
    server.rests.append(Script([*lost_frames()]))
    server.scripts.append(whole("All of it."))
    page.reload()
    expect(page.locator(".turn > .text")).to_have_text("All of it.")
    first, second = server.asked
    assert second["messages"] == first["messages"]
    assert second["trigger"] == "submit-message"


def test_another_answer_that_was_lost_is_asked_for_as_another_answer(server: PageServer, page: Page) -> None:
    answered(page, server, whole("One."))
    server.scripts.extend([lost("Another, "), whole("Another.")])
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(".turn > .text")).to_have_text("Another.")
    assert [(body["trigger"], body.get("messageId")) for body in server.asked[1:]] == [
        ("regenerate-message", "m-1")
    ] * 2


def test_an_answer_that_failed_otherwise_is_not_asked_for_again(server: PageServer, page: Page) -> None:
    failed = frame({"type": "data-error", "data": {"code": "answer_stalled", "message": "The answer stalled."}})
    server.scripts.append(
        Script([opening("c-1"), delta("Half."), failed, frame({"type": "error", "errorText": "The answer stalled."})])
    )
    ask(page)
    wait_for_end(page)
    expect(page.locator(".notice")).to_contain_text("The answer stalled.")
    assert len(server.asked) == 1


@pytest.mark.parametrize("seconds", [-1, -2, -86_400])
def test_a_clock_that_is_set_back_makes_no_wait_longer(
    seconds: int, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("429",))
    page.clock.install()
    open_panel(page)
    server.scripts.append(Script(status=429, headers={"retry-after": "5"}))
    ask(page)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_text("Try again (5)")
    page.evaluate("(ms) => { const now = Date.now; Date.now = () => now() + ms }", seconds * 1_000)
    page.clock.run_for(6_000)
    expect(again).to_have_text("Try again")
    page.reload()
    page.clock.run_for(6_000)
    server.scripts.append(whole("Because."))
    again.click()
    expect(page.get_by_text("Because.").first).to_be_visible()


def test_a_page_in_place_of_what_a_call_was_to_give_is_told(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.route("**/api/auth/guest", lambda route: route.fulfill(content_type="text/html", body="<html>Log in here"))
    open_panel(page)
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("button", name="Keep my conversations").click()
    expect(page.get_by_role("alert").filter(has_text="The answer arrived damaged")).to_be_visible()
