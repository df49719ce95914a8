"""The chat page for everybody: keyboard, screen reader, small screens, right-to-left text, dark, little motion."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, axe_violations
from tests.page_server import (
    LONG,
    SOURCES,
    PageServer,
    Script,
    answered,
    ask,
    closing,
    delta,
    opening,
    wait_for_end,
    whole,
)

pytestmark = pytest.mark.browser

RICH = f"""## A heading

Words [1], *more* words [2] and `a_very_long_name_in_code.{"and_on" * 20}` with {"Supercalifragilistic" * 8}.

```python
def wide(): return {"'x' + " * 40}'x'  # a comment
```

| quantity | symbol | unit | and | more | columns | than | fit |
|---|---|---|---|---|---|---|---|
| acceleration | $\\ddot{{x}}$ | m/s² | 1 | 2 | 3 | 4 | 5 |

$$ {" + ".join(f"x_{{{n}}}" for n in range(60))} = 0 $$

Inline ${" + ".join(f"y_{{{n}}}" for n in range(60))} = 0$ too.

- one
- two

> quoted

1. first
"""
CITATIONS = {
    "text": RICH,
    "cited": [{"number": n, "source": n, "sentence": "A sentence.", "supported": n == 1} for n in (1, 2)],
    "also_read": [3],
    "dropped": 0,
    "unsupported": ["A statement."],
}
FOCUSED = "() => document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"
URDU = "زیرو مومنٹ پوائنٹ سہارے کے اندر کیوں رہتا ہے؟"
URDU_ANSWER = """- `ros2 topic echo` سے اس کی قیمت پڑھی جا سکتی ہے [1]۔

| ایک | دو |
|---|---|
| ہے | ں |

[۱] ٹھیک ہے۔"""


def rich(server: PageServer, page: Page) -> None:
    answered(
        page, server, Script([opening(verdict="not_covered"), delta(RICH), closing(CITATIONS)]), "A question " * 20
    )
    for summary in page.get_by_text("Passage", exact=True).all()[:2]:
        summary.click()
    page.get_by_text("Also read (1)").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 320])
def test_axe_finds_nothing(server: PageServer, open_page: OpenPage, scheme: str, width: int) -> None:
    page = open_page(server.address, width=width, color_scheme=scheme)
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    assert axe_violations(page) == []
    rich(server, page)
    server.scripts.append(Script([opening(), delta("Being written [1]"), LONG]))
    ask(page)
    expect(page.locator(".text").last).to_contain_text("Being written")
    assert axe_violations(page) == []


@pytest.mark.parametrize("size", [(320, 640), (320, 256), (1280, 300)])
def test_nothing_scrolls_sideways(server: PageServer, open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(server.address, width=size[0], height=size[1])
    rich(server, page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    escaping = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((node) => {
          if (node.closest("pre, .table, .formula, math, .maths, .unseen, .skip, svg")) return false;
          const { right, left, width } = node.getBoundingClientRect();
          return width > 1 && (right > innerWidth + 1 || left < -1);
        }).map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert escaping == []
    field = page.get_by_role("textbox", name="Question")
    field.scroll_into_view_if_needed()
    expect(field).to_be_in_viewport()


def test_the_whole_page_works_by_keyboard(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    field = page.get_by_role("textbox", name="Question")
    expect(field).to_be_focused()
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two lines")
    server.scripts.append(whole("Because [1]."))
    page.keyboard.press("Enter")
    wait_for_end(page)
    assert server.asked[0]["messages"][0]["parts"][0]["text"] == "One line\ntwo lines"
    expect(field).to_be_focused()
    expect(field).to_have_value("")

    server.scripts.append(Script([opening(), delta("Long"), LONG]))
    page.keyboard.type("More")
    page.keyboard.press("Enter")
    expect(page.locator(".text").last).to_contain_text("Long")
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_have_text("You stopped this answer; it is not complete.")

    page.reload()
    expect(field).to_be_focused()
    expect(page.locator(".text").last).to_contain_text("Long")  # the conversation comes after the field
    reached: list[str] = []
    while not reached or reached[-1] != "Skip to the question":
        page.keyboard.press("Shift+Tab")
        reached.append(page.evaluate(FOCUSED))
    assert reached[::-1][:6] == [
        "Skip to the question",
        "New conversation",
        "Earlier conversations",
        "Account",
        "Source 1: The zero moment point (opens in a new tab)",  # the mark in the text
        "Source 1: The zero moment point (opens in a new tab)",  # the source below it
    ]
    assert "Passage: The zero moment point" in reached
    while page.evaluate("() => document.activeElement.ariaLabel") != "Passage: The zero moment point":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".quoted").first).to_be_visible()


def test_the_skip_link_leads_to_the_question(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    for _ in ("Account", "Earlier conversations", "Skip to the question"):
        page.keyboard.press("Shift+Tab")
    link = page.get_by_role("link", name="Skip to the question")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()


def test_enter_that_ends_a_composition_asks_nothing(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    page.get_by_role("textbox", name="Question").fill("にほん")
    page.evaluate(
        """() => document.querySelector("textarea").dispatchEvent(
             new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    page.get_by_role("textbox", name="Question").fill("   ")
    page.keyboard.press("Enter")
    assert server.asked == []


def test_a_screen_reader_hears_paragraphs_and_not_tokens(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    page.evaluate(
        """() => {
          window.heard = [];
          const observer = new MutationObserver((changes) => changes.forEach(({ addedNodes }) =>
            addedNodes.forEach((node) => heard.push(node.textContent))));
          for (const region of document.querySelectorAll("[aria-live], [role=status]"))
            observer.observe(region, { childList: true });
        }"""
    )
    words = [f"word{n} " for n in range(200)]
    text = [*words, "[1].\n\n", *words, "[2].\n\n```python\nx = 1\n```\n\nThe end."]
    pieces = [piece for word in text for piece in (delta(word), 0.002)]
    answered(page, server, Script([opening(), *pieces, closing()]))
    heard = page.evaluate("() => heard")
    assert heard[0] == "Searching the book…"
    assert heard[-1] == "Answer complete. Sources: 3."
    assert len(heard) == 6
    assert heard[1].startswith("word0 word1")
    assert "[1]" not in heard[1]
    assert heard[3] == "A piece of code."
    assert not page.locator(".text").evaluate("(node) => node.closest('[aria-live]') !== null")


def test_headings_lead_through_the_conversation(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("# First\n\n## Second\n\n###### Sixth"))
    levels = page.evaluate("() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((node) => node.tagName)")
    assert levels == ["H1", "H2", "H3", "H4", "H5", "H3"]


def test_right_to_left_text_stands_on_its_side(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address, width=320, height=700)
    answered(page, server, whole(URDU_ANSWER), URDU)
    styles = page.evaluate(
        """() => Object.fromEntries([".asked", ".text ul", ".text li", ".text table", ".text li code", ".text p",
          ".text .cite"].map((name) => [name, getComputedStyle(document.querySelector(name)).direction]))"""
    )
    assert styles == {
        ".asked": "rtl",
        ".text ul": "rtl",
        ".text li": "rtl",
        ".text table": "rtl",
        ".text li code": "ltr",
        ".text p": "rtl",
        ".text .cite": "ltr",
    }
    expect(page.locator(".asked")).to_have_attribute("lang", "ur")
    expect(page.locator(".text p").last.locator("a.cite")).to_have_attribute(
        "href", re.compile(f"^{re.escape(SOURCES[0]['url'])}(:~:text=|$)")
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_little_motion_is_kept_to(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address, reduced_motion="reduce")
    server.scripts.append(Script([opening(), delta("Being written"), LONG]))
    ask(page)
    expect(page.locator(".text.writing")).to_be_visible()
    assert page.locator(".text").evaluate("(node) => getComputedStyle(node, '::after').animationName") == "none"


def test_without_scripts_the_page_says_so(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address, java_script_enabled=False)
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()


def test_what_is_wider_than_the_page_is_reached_by_keyboard(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address, width=320, height=640)
    rich(server, page)
    for name in ("Code", "Table", "Formula"):
        expect(page.get_by_role("region", name=name, exact=True).first).to_have_attribute("tabindex", "0")
