"""The widget as part of a page: selections, the keyboard, themes, languages, sizes, storage, a site's calls."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import OpenPage, Start, axe_violations
from tests.docusaurus.widget_pages import until
from tests.host_site import host_site
from tests.page_server import LONG, SOURCES, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, ask, open_panel, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

SELECT = "getSelection().selectAllChildren(document.getElementById('first'))"
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > innerWidth"


FOCUSED = """(name) => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return (at.getAttribute('aria-label') ?? at.textContent) === name;
}"""


def is_focused(page: Page, name: str) -> bool:
    """Whether what has this name gets the focus, inside the widget as well."""
    return until(page, FOCUSED, name)


def test_marked_text_is_sent_and_kept_for_follow_ups_until_it_is_removed(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(SELECT)
    page.get_by_role("button", name="Ask about this", exact=True).click()
    chip = page.get_by_role("group", name="Selected text")
    expect(chip).to_contain_text("A robot that stands still")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    assert axe_violations(page) == []
    answered(page, server, whole("It means this."), "What does it mean?")
    answered(page, server, whole("More of it."), "And more?")
    chip.get_by_role("checkbox", name="Search the book too").uncheck()
    answered(page, server, whole("Alone."), "And alone?")
    page.get_by_role("button", name="Remove the selected text").click()
    answered(page, server, whole("Without."), "And without?")
    assert [body.get("selected_text", "")[:7] for body in server.asked] == ["A robot", "A robot", "A robot", ""]
    assert [body.get("use_book") for body in server.asked] == [True, True, False, None]


def test_a_block_of_code_can_be_asked_about(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.locator("pre").hover()
    page.get_by_role("button", name="Ask about this code").click()
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("def is_stable(zmp, polygon):")


def test_a_block_of_code_that_has_the_focus_can_be_asked_about_by_the_shortcut(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("() => { const pre = document.querySelector('pre'); pre.tabIndex = 0; pre.focus(); }")
    page.keyboard.press("Control+i")
    expect(page.get_by_role("group", name="Selected text")).to_contain_text("def is_stable(zmp, polygon):")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_button_that_removes_the_marked_text_stands_beside_it(
    direction: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    lang, title = ("en", "Ask about this") if direction == "ltr" else ("ur", "اس کے بارے میں پوچھیں")
    site = start(host_site(server.address, lang=lang, attributes=f' dir="{direction}"'))
    page = open_page(site, width=340)
    page.evaluate(SELECT)
    page.get_by_role("button", name=title, exact=True).click()
    text, remove = (page.locator(name).bounding_box() for name in (".chip blockquote", ".chip button"))
    assert text
    assert remove
    assert text["y"] - 8 <= remove["y"] < text["y"] + text["height"]
    assert (remove["x"] > text["x"]) == (direction == "ltr")


# The field lies in its frame, before the button, and none of its parents lets it through.
SEEN = """(dialog) => {
  const [field, button] = ['textarea', '.field button'].map((name) => dialog.querySelector(name));
  const [before, after] = [field, button].map((each) => each.getBoundingClientRect());
  return field.checkVisibility({opacityProperty: true}) && getComputedStyle(field).opacity === '1' && before.width > 100
    && before.right <= after.left && Math.abs(before.bottom - after.bottom) < 16;
}"""


@pytest.mark.parametrize("opened_by", ["Control+i", "Control+i, twice", "the button"])
def test_the_first_keys_typed_while_the_panel_is_loaded_are_its_question(
    opened_by: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("window.opened = 0; bookrag.on('opened', () => { window.opened += 1; }); null")
    held: list[Route] = []
    page.route("**/widget/panel-*.js", lambda route: held.append(route))
    before = "Ask the book" if opened_by == "the button" else "Help me"
    with page.expect_request("**/widget/panel-*.js"):
        page.get_by_role("button", name=before).focus()
        page.keyboard.press("Enter" if opened_by == "the button" else "Control+i")
    if "twice" in opened_by:
        page.keyboard.press("Control+i")
    page.keyboard.type("Why is")
    page.keyboard.press("Backspace")
    assert axe_violations(page) == []
    held[0].continue_()
    question = page.get_by_role("textbox", name="Question")
    expect(question).to_have_value("Why i")
    expect(question).to_be_focused()
    assert page.get_by_role("dialog").evaluate(SEEN)
    page.keyboard.type("s it so?")
    expect(question).to_have_value("Why is it so?")
    assert page.evaluate("window.opened") == 1
    page.keyboard.press("Escape")
    assert is_focused(page, before)


def test_what_was_typed_for_a_panel_that_could_not_be_loaded_is_not_lost(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("could not be loaded", "net::ERR_FAILED"))
    held: list[Route] = []
    page.route("**/widget/panel-*.js", lambda route: held.append(route))
    help_me = page.get_by_role("button", name="Help me")
    with page.expect_request("**/widget/panel-*.js"):
        help_me.focus()
        page.keyboard.press("Control+i")
    page.keyboard.type("Why?")
    held[0].abort()
    expect(page.get_by_role("alert")).to_have_text("The assistant could not be loaded.")
    expect(help_me).to_be_focused()
    page.unroute("**/widget/panel-*.js")
    page.keyboard.press("Control+i")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why?")


def test_a_browser_without_the_colours_of_the_style_sheets_shows_the_page_alone(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank", expect=("the browser is too old",))
    page.add_init_script(
        "const supports = CSS.supports; CSS.supports = (...asked) => !/light-dark/.test(asked) && supports(...asked);"
    )
    page.goto(site)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Help me").click()
    expect(page.locator("[data-bookrag]")).to_have_count(0)
    page.goto(server.address)  # the chat page, which is nothing without it
    expect(page.get_by_text("This page needs JavaScript, in a browser of the last two years or so.")).to_be_visible()


def test_the_shortcut_opens_and_closes_and_the_focus_returns(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.get_by_role("searchbox").press("Control+i")
    expect(page.get_by_role("dialog")).to_have_count(0)  # not in a field
    page.get_by_role("button", name="Help me").focus()
    page.keyboard.press("Control+i")
    expect(page.get_by_role("dialog")).to_be_visible()
    for key in ("Escape", "Control+i"):
        assert is_focused(page, "Question")
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert is_focused(page, "Help me")
        page.keyboard.press("Control+i")


def test_a_question_can_come_from_an_element_an_address_and_a_call(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/?ask=What%20is%20%3Cb%3E%3F")
    question = page.get_by_role("textbox", name="Question")
    expect(question).to_have_value("What is <b>?")
    assert server.asked == []
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Help me").click()
    expect(question).to_have_value("What is balance?")
    page.evaluate(
        "window.heard = [];"
        "for (const name of ['asked', 'answered', 'closed']) bookrag.on(name, () => window.heard.push(name));"
        "null"  # the value of an expression that is a function would be called
    )
    server.scripts.append(whole("Because."))
    page.evaluate("bookrag.open({question: 'Why so?', submit: true})")
    expect(page.get_by_text("Because.").first).to_be_visible()
    wait_for_end(page)
    page.evaluate("bookrag.close()")
    assert page.evaluate("window.heard") == ["asked", "answered", "closed"]


def test_the_conversation_survives_a_reload_and_a_new_tab_has_its_own(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("The first answer."))
    page.reload()
    expect(page.get_by_text("The first answer.").first).to_be_visible()
    answered(page, server, whole("The second answer."), "And then?")
    assert server.asked[0]["id"] == server.asked[1]["id"]
    assert [message["role"] for message in server.asked[1]["messages"]] == ["user", "assistant", "user"]
    other = page.context.new_page()
    other.goto(site)
    open_panel(other)
    answered(other, server, whole("Another."))
    assert server.asked[2]["id"] != server.asked[0]["id"]
    page.get_by_role("button", name="New conversation").click()
    page.reload()
    expect(page.get_by_text("The first answer.")).to_have_count(0)


def test_an_answer_that_is_being_written_is_taken_up_after_a_reload(server: PageServer, page: Page) -> None:
    server.scripts.append(Script([opening("c-1"), delta("Before the reload, "), LONG]))
    ask(page)
    expect(page.get_by_text("Before the reload,").first).to_be_visible()
    server.rests.append(Script([delta("and after it."), closing()]))
    page.reload()
    expect(page.get_by_text("Before the reload, and after it.").first).to_be_visible()
    assert server.resumed == [("c-1", 9)]


def test_storage_can_be_forbidden(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, options='data-storage="none"'))
    page = open_page(site)
    open_panel(page)
    answered(page, server, whole("Because."))
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_question_is_edited_and_answered_again(server: PageServer, page: Page) -> None:
    answered(page, server, whole("One."))
    page.get_by_role("button", name="Edit the question").click()
    answered(page, server, whole("Two."), "Why not?")
    expect(page.get_by_text("One.")).to_have_count(0)
    server.scripts.append(whole("Three."))
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("Three.").first).to_be_visible()
    first, second, third = server.asked
    assert second["messageId"] == first["messages"][0]["id"]
    assert (third["trigger"], third["messageId"]) == ("regenerate-message", "m-1")


def test_the_form_says_what_an_edited_question_replaces_until_the_reader_keeps_it(
    server: PageServer, page: Page
) -> None:
    answered(page, server, whole("One."))
    field = page.get_by_role("textbox", name="Question")
    page.get_by_role("button", name="Edit the question").click()
    expect(page.get_by_text("Replaces your last question and its answer.")).to_be_visible()
    expect(field).to_have_accessible_description(re.compile("^Replaces your last question"))
    assert axe_violations(page) == []
    page.get_by_role("button", name="Keep the question").click()
    expect(page.get_by_text("Replaces your last question")).to_have_count(0)
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    answered(page, server, whole("Two."), "Why not?")
    expect(page.get_by_text("One.")).to_have_count(1)
    assert "messageId" not in server.asked[-1]


def test_an_edited_question_is_still_about_the_text_that_it_was_about(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("bookrag.open({selection: 'the support polygon'})")
    answered(page, server, whole("One."), "What is it?")
    page.get_by_role("button", name="Remove the selected text").click()
    page.get_by_role("button", name="Edit the question").click()
    answered(page, server, whole("Two."), "What is that?")
    assert [asked.get("selected_text") for asked in server.asked] == ["the support polygon"] * 2


def test_what_is_typed_takes_the_place_of_the_proposed_question(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate("bookrag.open({selection: 'the support polygon'})")
    field = page.get_by_role("textbox", name="Question")
    expect(field).to_have_value("What does this mean?")
    page.keyboard.type("How large is it?")
    expect(field).to_have_value("How large is it?")


def test_a_question_that_has_to_wait_counts_down(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, expect=("429",))
    page.route(
        "**/api/chat",
        lambda route: route.fulfill(
            status=429,
            headers={
                "retry-after": "2",
                "access-control-allow-origin": "*",
                "access-control-expose-headers": "retry-after",
                "content-type": "application/json",
            },
            body='{"error": {"code": "too_many_requests", "message": "Too many questions."}}',
        ),
    )
    open_panel(page)
    ask(page)
    expect(page.get_by_role("alert").filter(has_text="Too many questions. Please try again in 2 s.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again", exact=True)).to_be_enabled()
    page.unroute("**/api/chat")
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.get_by_text("Because.").first).to_be_visible()


def test_the_theme_of_the_site_is_followed_at_once(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, color_scheme="light")
    open_panel(page)
    ground = (
        "getComputedStyle(document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog')).backgroundColor"
    )
    light = page.evaluate(ground)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"{ground} !== '{light}'")
    page.emulate_media(media="print")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_urdu_is_spoken_from_right_to_left(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, lang="ur", attributes=' dir="rtl"'))
    page = open_page(site)
    open_panel(page, "کتاب سے پوچھیں")
    assert page.get_by_role("dialog").get_attribute("dir") == "rtl"
    assert axe_violations(page) == []


def test_selected_text_among_the_sources_is_named_in_the_readers_language(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    selected = {**SOURCES[0], "id": "selection", "title": "Selected text", "heading_path": []}
    site = start(host_site(server.address, lang="ur", attributes=' dir="rtl"'))
    page = open_page(site)
    open_panel(page, "کتاب سے پوچھیں")
    server.scripts.append(whole("یہ یہاں ہے [1]۔", sources=[selected, SOURCES[1]]))
    page.get_by_role("textbox", name="سوال").fill("کیوں؟")
    page.keyboard.press("Enter")
    expect(page.locator("a.place")).to_have_text(["منتخب متن", "The support polygon"])


def test_other_languages_come_from_the_options(server: PageServer, start: Start, open_page: OpenPage) -> None:
    options = """data-messages='{"de": {"title": "Das Buch fragen", "question": "Frage"}}'"""
    site = start(host_site(server.address, lang="de", options=options))
    page = open_page(site)
    open_panel(page, "Das Buch fragen")
    expect(page.get_by_role("textbox", name="Frage")).to_be_visible()


def test_on_a_phone_the_panel_is_modal_and_fits(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site, width=320, height=640)
    open_panel(page)
    table = "| a long heading | another one | a third |\n|---|---|---|\n| 1 | 2 | 3 |\n\n`" + "x" * 200 + "`"
    answered(page, server, whole(table))
    assert page.evaluate(
        "document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog').matches(':modal')"
    )
    box = page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 320, "height": 640}
    log = page.get_by_role("region", name="Conversation")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth")
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    assert axe_violations(page) == []
    page.get_by_role("button", name="Close").click()
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)


WIDER_THAN_A_PHONE = {"/": "<main><article><svg width='420' height='20'></svg></article></main>"}


@pytest.mark.parametrize("pages", [None, WIDER_THAN_A_PHONE])
@pytest.mark.parametrize("side", ["end", "start"])
@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("ur", "rtl")])
def test_on_a_phone_the_button_and_the_panel_are_in_sight_however_wide_the_page_is(
    lang: str,
    direction: str,
    side: str,
    pages: dict[str, str] | None,
    server: PageServer,
    start: Start,
    open_page: OpenPage,
) -> None:
    options, attributes = f'data-side="{side}"', f' dir="{direction}"'
    site = start(host_site(server.address, options=options, lang=lang, attributes=attributes, pages=pages))
    page = open_page(site, width=320, height=640, is_mobile=True, has_touch=True)
    launcher = page.locator("[data-bookrag] .launcher")
    button = launcher.bounding_box()
    assert button
    assert button["x"] > 0
    assert button["x"] + button["width"] < 320
    assert button["y"] + button["height"] < 640 - 3 * 16  # above Docusaurus's back-to-top button
    launcher.tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 640}


WIDE_PAGES = {
    "/": f"<main><article>{'<p>A line of the text that a reader has before them. It wraps.</p>' * 80}</article></main>"
}
LAID = """() => {
  const box = (at) => at && (({ left, right, top }) => ({ left, right, top }))(at.getBoundingClientRect());
  const panel = document.querySelector('[data-bookrag]').shadowRoot.querySelector('dialog');
  const read = document.querySelectorAll('p')[40];
  return { panel: box(panel), article: box(document.querySelector('article')), read: box(read), scrolled: scrollY };
}"""


@pytest.mark.parametrize("side", ["end", "start"])
@pytest.mark.parametrize("lang", ["en", "ur"])
def test_on_wide_screens_the_text_stands_beside_the_open_panel(
    side: str, lang: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options=f'data-side="{side}"', lang=lang, pages=WIDE_PAGES))
    page = open_page(site, width=1280)
    page.locator("p").nth(40).scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 200)")
    before = page.evaluate(LAID)
    page.evaluate("bookrag.open()")
    expect(page.get_by_role("dialog")).to_be_visible()
    laid = page.evaluate(LAID)
    if laid["panel"]["left"] > 640:
        assert laid["article"]["right"] <= laid["panel"]["left"]
    else:
        assert laid["article"]["left"] >= laid["panel"]["right"]
    assert laid["article"]["right"] - laid["article"]["left"] > 700
    assert abs(laid["read"]["top"] - before["read"]["top"]) < 2  # what was read stays where it was
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    page.set_viewport_size({"width": 1100, "height": 900})
    assert until(page, f"({LAID})().article.right > 1050")  # no room on a narrower screen
    page.set_viewport_size({"width": 1280, "height": 900})
    assert until(page, "innerWidth === 1280")
    page.evaluate("bookrag.close()")
    assert page.evaluate(LAID)["article"] == before["article"]


def test_the_panel_may_stand_over_the_text(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, options='data-layout="over"', pages=WIDE_PAGES))
    page = open_page(site, width=1280)
    before = page.evaluate("document.querySelector('article').getBoundingClientRect().width")
    open_panel(page)
    assert page.evaluate("document.querySelector('article').getBoundingClientRect().width") == before


def test_a_screen_reader_is_told_of_a_formula_and_not_its_source(server: PageServer, page: Page) -> None:
    answered(page, server, whole(r"At $z_0$ the torque is $\tau = k_p (q_d - q) - k_d \dot{q}$ here.", "\n\nIt ends."))
    spoken = page.locator("[aria-live=polite][aria-relevant=additions] p")
    expect(spoken).to_have_text(["At z 0 the torque is Formula here.", "It ends."])


def test_a_screen_reader_is_told_paragraphs_and_the_outcome(server: PageServer, page: Page) -> None:
    answered(page, server, whole("The first paragraph [1].\n\n", "The second."))
    spoken = page.locator("[aria-live=polite][aria-relevant=additions] p")
    expect(spoken).to_have_text(["The first paragraph.", "The second."])
    expect(page.locator("[role=status]")).to_have_text("Answer complete. Sources: 3.")


@pytest.mark.parametrize("stop", [".", "۔", ",", "?", ")", "。"])
def test_no_line_begins_with_the_sign_behind_a_mark(
    stop: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, width=390)
    open_panel(page)
    text = " ".join(f"{'x' * (number % 11 + 1)} [1]{stop}" for number in range(120))
    answered(page, server, whole(text))
    alone = page.locator(".turn > .text").evaluate(
        """(text) => [...text.querySelectorAll('.cite')].filter((mark) => {
          const range = document.createRange();
          range.setStart(mark.nextSibling, 0);
          range.setEnd(mark.nextSibling, 1);
          return range.getBoundingClientRect().top > mark.getBoundingClientRect().bottom;
        }).length"""
    )
    assert page.locator(".turn .cite").count() == 120
    assert alone == 0


SPOKEN = "[aria-live=polite][aria-relevant=additions] p"


def test_sentences_are_read_out_while_their_paragraph_is_being_written(server: PageServer, page: Page) -> None:
    server.scripts.append(Script([opening("c-1"), delta("It stays inside [1]. Then it tips. [2] And th"), LONG]))
    ask(page)
    expect(page.locator(SPOKEN)).to_have_text(["It stays inside.", "Then it tips."])
    page.get_by_role("button", name="Stop the answer").click()
    wait_for_end(page)
    expect(page.locator(SPOKEN)).to_have_text(["It stays inside.", "Then it tips.", "And th"])


SENTENCES: dict[str, tuple[str, list[str] | None]] = {
    "a mark at the end": ("The foot pushes. [1]", ["The foot pushes."]),
    "marks between": ("One. [1] Two [2]. [3] Three.", ["One.", "Two.", "Three."]),
    "emphasis over two sentences": ("**One. Two.** Three.", ["One.", "Two.", "Three."]),
    "a number with a point": ("It weighs 3.5 kg. Then 4.", ["It weighs 3.5 kg.", "Then 4."]),
    "an abbreviation": ("It lifts boxes etc. 5 times. Done.", None),
    "chinese": ("机器人站着。它不会倒。好。", ["机器人站着。", "它不会倒。", "好。"]),
    "letters of other planes": ("Let 𝑥 be 1. Let 𝑦 be 2.", ["Let 𝑥 be 1.", "Let 𝑦 be 2."]),
    "a list": ("- One. Two.\n- Three\n  - Four\n", ["One.", "Two.", "Three", "Four"]),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |\n", ["a, b", "1, 2"]),
    "a sentence of two lines": ("It stands\nstill. It\nfalls.", ["It stands still.", "It falls."]),
    "code": ("See:\n\n```python\nx = 1. # No. 2.\n```\n", ["See:", "A piece of code."]),
    "a heading": ("## Balance\n\nIt holds.", ["Balance", "It holds."]),
    "a quotation": ("> One. Two.\n\nThree.", ["One.", "Two.", "Three."]),
    "a quotation of two paragraphs": ("> One\n>\n> Two\n", ["One", "Two"]),
    "a list's item of two paragraphs": ("- One\n\n  Two\n- Three\n", ["One", "Two", "Three"]),
    "a line that is broken": ("One  \nTwo", ["One", "Two"]),
    "code in a list": ("- See:\n\n  ```\n  x = 1\n  ```\n", ["See:", "A piece of code."]),
    "a list in a quotation": ("> - One\n> - Two\n", ["One", "Two"]),
    "urdu": ("روبوٹ کھڑا ہے۔ وہ گرتا نہیں۔", ["روبوٹ کھڑا ہے۔", "وہ گرتا نہیں۔"]),
}


@pytest.mark.parametrize("pieces", ["letters", "whole"])
@pytest.mark.parametrize("kind", SENTENCES)
def test_each_sentence_is_read_out_once(
    kind: str, pieces: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    text, sentences = SENTENCES[kind]
    page = open_page(site)
    open_panel(page)
    paced: list[bytes | float] = [part for letter in text for part in (delta(letter), 0.01)]
    answered(page, server, Script([opening(), *(paced if pieces == "letters" else [delta(text)]), closing()]))
    if sentences:
        expect(page.locator(SPOKEN)).to_have_text(sentences)
    else:  # where sentences end is the browser's to say: nothing is lost or said twice
        assert " ".join(page.locator(SPOKEN).all_inner_texts()) == text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('data-colour="red"', "bookrag: there is no option data-colour"),
        ('data-page="x"', "bookrag: there is no option data-page"),
        ('data-side="left"', 'bookrag: data-side is "left"; it takes end, start'),
        ('data-selection="yes"', 'bookrag: data-selection is "yes"; it takes on or off'),
        ('data-shortcut="k"', 'bookrag: data-shortcut is "k"; it takes a letter but k, or none'),
        ('data-suggestions="Why?"', 'bookrag: data-suggestions is "Why?"; it takes a JSON list of texts'),
        ('data-suggestions="[1]"', "bookrag: data-suggestions is [1]; it takes a JSON list of texts"),
        ('data-messages="[]"', "bookrag: data-messages is []; it takes a JSON object of texts by language"),
        (
            'data-site-url="book.example"',
            'bookrag: data-site-url is "book.example"; it takes an http(s) address',
        ),
        ('data-locale="xx"', 'bookrag: there are no messages in the language "xx"; the panel speaks English'),
        ('data-locale="e n"', 'bookrag: there are no messages in the language "e n"; the panel speaks English'),
        ('data-locale="en_GB"', None),
        (
            """data-messages='{"de": {"titel": "Frag das Buch", "account": "Konto"}}'""",
            "bookrag: messages has names that are not known: de.titel",
        ),
        ('data-content="p >"', 'bookrag: data-content is "p >"; it takes a CSS selector'),
        ('data-cfasync="false" data-side="start" data-shortcut="none" data-title=""', None),
    ],
)
def test_an_option_that_is_unknown_or_wrong_is_named_in_the_console(
    options: str, said: str | None, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options=options))
    page = open_page("about:blank", expect=("bookrag:",))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(site)
    open_panel(page)
    assert told == ([said] if said else [])
    page.evaluate("bookrag.configure({colour: 1, side: 'left', getToken: 'x', title: 'The book'})")
    assert told[-3:] == [
        "bookrag: there is no option colour",
        'bookrag: side is "left"; it takes end, start',
        'bookrag: getToken is "x"; it takes a function',
    ]


def test_a_page_in_a_language_without_messages_is_told_and_spoken_in_english(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, lang="de"))
    page = open_page("about:blank", expect=("bookrag:",))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(site)
    open_panel(page)
    assert told == ['bookrag: there are no messages in the language "de"; the panel speaks English']
    assert page.locator("[data-bookrag]").get_attribute("lang") == "en"


def test_the_shortcut_leads_from_the_page_back_into_the_open_panel(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, width=1400)
    open_panel(page)
    field = page.get_by_role("textbox", name="Question")
    expect(field).to_be_focused()
    page.evaluate("document.querySelector('h1').tabIndex = -1, document.querySelector('h1').focus()")
    page.keyboard.press("Control+i")
    expect(field).to_be_focused()


def test_an_urdu_question_that_begins_in_latin_letters_is_set_from_right_to_left(
    server: PageServer, page: Page
) -> None:
    answered(page, server, whole("ZMP ایک نقطہ ہے۔\n\nThe word نقطہ is Urdu."), "ZMP کیا ہے؟")
    expect(page.locator(".asked")).to_have_attribute("dir", "rtl")
    assert page.locator(".text > p").evaluate_all("each => each.map(({dir}) => dir)") == ["rtl", "auto"]


def test_a_long_conversation_and_a_long_answer_stay_quick(server: PageServer, page: Page) -> None:
    answered(page, server, whole(*["A sentence of a long answer. " * 20 + "\n\n"] * 85))
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("A sentence of a long answer.")
    for number in range(3):
        answered(page, server, whole(f"Answer {number}."), f"Question {number}?")
    expect(page.get_by_text("Answer 2.").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Answer 2.").first).to_be_visible()


IS_LAST_AT_TOP = """() => {
  const log = document.querySelector('[data-bookrag]').shadowRoot.querySelector('.log');
  return Math.abs(log.lastElementChild.getBoundingClientRect().top - log.getBoundingClientRect().top) < 4;
}"""


def test_after_a_reload_the_last_question_and_each_new_one_stand_at_the_top(server: PageServer, page: Page) -> None:
    log = page.get_by_role("region", name="Conversation")
    for number in range(3):
        answered(page, server, whole("A sentence of a long answer. " * 120), f"Question {number}?")
    page.reload()
    expect(log.locator(".asked")).to_have_count(3)
    expect(page.get_by_text("Question 2?")).to_be_in_viewport()
    server.scripts.append(Script([opening("c-1"), delta("It grows"), LONG]))
    ask(page, "The fourth?")
    expect(page.get_by_text("It grows").first).to_be_in_viewport()
    assert until(page, IS_LAST_AT_TOP)


HEADINGS = """<main><article><h1>Balance</h1><h2>Summary</h2><h2>1.2 The zero moment point</h2>
<h2>Learning objectives</h2><h2>Why does it tip?</h2><h2>Further reading</h2></article></main>"""


def test_a_pages_questions_are_about_its_subjects(server: PageServer, start: Start, open_page: OpenPage) -> None:
    site = start(host_site(server.address, pages={"/": HEADINGS}))
    page = open_page(site)
    open_panel(page)
    expect(page.locator(".welcome .suggestions button")).to_have_text(
        [
            "Summarize this page",
            "Explain this page in simple words",
            "What does the book say about “The zero moment point”?",
            "Why does it tip?",
        ]
    )


@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("name", ["Summarize this page", "Answer again", "Search the whole book"])
def test_a_button_that_asks_and_goes_leaves_the_focus_in_the_panel(
    name: str, touch: bool, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options='data-scope="page"'))
    page = open_page(site, has_touch=touch, is_mobile=touch)
    open_panel(page)
    if name != "Summarize this page":
        answered(page, server, whole("Not here.", verdict="not_covered"))
    server.scripts.append(whole("Because."))
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Because.").first).to_be_visible()
    # A field that has the focus brings up the keyboard of a device that has no other.
    assert is_focused(page, "Conversation" if touch else "Question")


# As KaTeX makes it, without its style sheet: for screen readers, then for the eye.
FORMULA = """<span class="katex"><span class="katex-mathml"><math><semantics><mrow><msub><mi>z</mi>
<mn>0</mn></msub></mrow><annotation encoding="application/x-tex">z_0</annotation></semantics></math></span>
<span class="katex-html" aria-hidden="true"><span class="mord">
z<span>0</span><span>\u200b</span></span></span></span>"""
DISPLAYED = """<math display="block"><semantics><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow>
<annotation encoding="application/x-tex">x = 1</annotation></semantics></math>"""


@pytest.mark.parametrize("begin", [0, 1])
def test_marked_formulas_are_their_source_once(
    begin: int, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body = (
        f"<main><article><h1>Balance</h1><p>{FORMULA} and again</p><p id='first'>It keeps the height {FORMULA}, so</p>"
    )
    site = start(host_site(server.address, pages={"/": f"{body}{DISPLAYED}<p id='last'>is true.</p></article></main>"}))
    page = open_page(site)
    page.evaluate(
        """(begin) => getSelection().setBaseAndExtent(
      document.getElementById('first').childNodes[begin], 0, document.getElementById('last').firstChild, 2)""",
        begin,
    )
    page.get_by_role("button", name="Ask about this", exact=True).click()
    answered(page, server, whole("It means this."), "What does it mean?")
    said = ["It keeps the height $z_0$, so\n$$x = 1$$\nis", "$z_0$, so\n$$x = 1$$\nis"][begin]
    assert server.asked[-1]["selected_text"] == said
