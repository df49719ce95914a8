"""What a model or a book writes stays text in the widget, and what is very long stays in the panel, in Chromium."""

from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.app.test_page_safety import HOSTILE
from tests.browser import OpenPage, Start
from tests.host_site import host_site
from tests.page_server import ORIGIN, SOURCES, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import answered, ask, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

TEXT = ".text:not(.quoted)"

# Within the panel's shadow root: what may load, run or restyle anything, and where links lead.
LOOK = """() => {
  const within = (root) => [...root.querySelectorAll('*')]
    .flatMap((node) => [node, ...(node.shadowRoot ? within(node.shadowRoot) : [])]);
  const panel = within(document).filter((node) => node.getRootNode() !== document);
  const answer = panel.filter((node) => node.closest('.text, .cards, .passage, blockquote'));
  const forbidden = 'script, img, iframe, form, base, meta, link, object, embed, video, audio, template, animate, use';
  return {
    forbidden: answer.filter((node) => node.matches(forbidden)).map((node) => node.outerHTML),
    handlers: answer.filter((node) => [...node.attributes].some(({ name, value }) =>
      name.startsWith('on') || ['srcset', 'action', 'xlink:href'].includes(name)
      || (name === 'href' && /^\\s*(?:javascript|data|vbscript|file):/i.test(value))))
      .map((node) => node.outerHTML),
    links: panel.filter((node) => node.matches('.text a, .cards a')).map((node) => node.href),
    hacked: window.hackedBy ?? 0,
  };
}"""
MORE = r"""
<svg><animate onbegin=hacked() attributeName=x></svg> <math><mtext><script>hacked()</script></mtext></math>
<svg><use href="data:image/svg+xml,<svg onload=hacked()>"></svg> <details open ontoggle=hacked()>x</details>
[m](data:image/svg+xml,<svg onload=hacked()>) [n](&#106;avascript:hacked())
[o](java&Tab;script:hacked()) [p](blob:x) ![q](javascript:hacked())
<math href="javascript:hacked()">x</math> <a href="javascript:hacked()">y</a> <x onclick=hacked()>z</x>
<!--><img src=x onerror=hacked()>-->

$\htmlId{a}{x}\href{data:text/html,x}{y}$ $\class{x}{y}$ $\style{color:red}{y}$ $\unicode{x3c}script$
"""


def watched(open_page: OpenPage, site: str) -> tuple[Page, list[str]]:
    """The page with its panel open, and the requests that lead to hosts of an attacker."""
    page = open_page(site)
    page.evaluate("() => { window.hacked = () => { window.hackedBy = (window.hackedBy ?? 0) + 1; }; }")
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if "evil" in request.url else None)
    open_panel(page)
    return page, elsewhere


@pytest.mark.parametrize("size", [7, 100_000])
def test_hostile_markdown_stays_text(server: PageServer, site: str, open_page: OpenPage, size: int) -> None:
    page, elsewhere = watched(open_page, site)
    text = HOSTILE + MORE
    answered(page, server, whole(*(text[at : at + size] for at in range(0, len(text), size))))
    found: dict[str, Any] = page.evaluate(LOOK)
    assert (found["forbidden"], found["handlers"], found["hacked"], elsewhere) == ([], [], 0, [])
    assert found["links"]
    assert all(link.startswith((f"{ORIGIN}/", site)) for link in found["links"])
    expect(page.locator(TEXT)).to_contain_text("<script>hacked()</script>")


def test_hostile_sources_stay_text(server: PageServer, site: str, open_page: OpenPage) -> None:
    page, elsewhere = watched(open_page, site)
    sources = [
        SOURCES[0]
        | {"url": "javascript:hacked()", "title": "<img src=x onerror=hacked()>", "heading_path": ["<b>x</b>"]},
        SOURCES[1] | {"url": "data:text/html,<script>hacked()</script>", "text": HOSTILE + MORE},
        SOURCES[2]
        | {"url": 'https://book.example/" onclick="hacked()', "heading_path": ["</a><script>hacked()</script>"]},
    ]
    answered(page, server, whole("One [1], two [2], three [3].", sources=sources))
    for summary in page.locator("details > summary").all():
        summary.click()
    expect(page.locator(".text.quoted").nth(1)).to_contain_text("<script>hacked()</script>")
    found: dict[str, Any] = page.evaluate(LOOK)
    assert found["links"]
    assert (found["forbidden"], found["handlers"], found["hacked"], elsewhere) == ([], [], 0, [])
    assert all(link.startswith("https://book.example/") for link in found["links"])


LONG_TEXTS = {
    "word": "A" * 5_000,
    "address": f"See https://book.example/{'a/' * 1_000} first.",
    "table": f"|{' h |' * 30}\n|{'---|' * 30}\n|{' a long cell |' * 30}",
    "code line": f"```py\n{'x + ' * 800}\n```",
    "formula": f"$$\n{'x + ' * 300}x\n$$",
    "code in a sentence": f"Run `{'a' * 3_000}` now.",
}


@pytest.mark.parametrize("kind", LONG_TEXTS)
def test_very_long_text_does_not_widen_the_panel(kind: str, server: PageServer, site: str, open_page: OpenPage) -> None:
    page, _ = watched(open_page, site)
    answered(page, server, whole(LONG_TEXTS[kind]))
    log = page.get_by_role("region", name="Conversation")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth + 1")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_fence_that_is_still_open_is_code_at_once(server: PageServer, site: str, open_page: OpenPage) -> None:
    page, _ = watched(open_page, site)
    read = Event()
    server.scripts.append(Script([opening(), delta("```py\nx = 1"), read, delta("\n```\nDone."), closing()]))
    ask(page)
    expect(page.locator(f"{TEXT} pre code")).to_have_text("x = 1")
    expect(page.locator(TEXT)).not_to_contain_text("```")
    read.set()
    expect(page.locator(TEXT)).to_contain_text("Done.")
    expect(page.locator(f"{TEXT} pre")).not_to_contain_text("Done.")


def test_an_answer_is_copied_with_its_marks_which_say_what_they_lead_to(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page, _ = watched(open_page, site)
    answered(page, server, whole("It stays inside [1], as **proved** [2]."))
    copied = page.locator(TEXT).evaluate(
        "text => { const all = document.createRange(); all.selectNodeContents(text); return all.toString().trim(); }"
    )
    assert copied == "It stays inside [1], as proved [2]."
    names = [mark.get_attribute("aria-label") or "" for mark in page.locator(f"{TEXT} a.cite").all()]
    assert ["The zero moment point" in names[0], "The support polygon" in names[1]] == [True, True]
    log = page.get_by_role("region", name="Conversation")
    assert log.get_attribute("aria-live") in {None, "off"}  # else each piece is read out; the whole answer is, once
    expect(page.locator("[aria-live=polite]").last).to_contain_text("It stays inside")


def test_a_source_that_is_cited_very_often_is_looked_up_once(server: PageServer, page: Page) -> None:
    answered(page, server, whole("So [" + ",".join("1" * 15_000) + "]."))
    expect(page.locator(f"{TEXT} a.cite")).to_have_count(15_000)


def test_more_sources_than_anybody_reads_are_left_out(server: PageServer, page: Page) -> None:
    answered(page, server, whole("So.", sources=[{**SOURCES[0], "number": number} for number in range(1, 301)]))
    expect(page.locator(".cards li")).to_have_count(100)


def test_a_reason_that_is_called_like_a_property_of_objects_is_none(server: PageServer, page: Page) -> None:
    answered(page, server, Script([opening("c-1"), delta("So."), closing(reason="constructor")]))
    expect(page.locator(".notice")).to_have_count(0)


def test_half_of_a_sign_is_left_out_of_what_is_sent(server: PageServer, start: Start, open_page: OpenPage) -> None:
    body = f"<main><article><h1>Faces</h1><p id='first'>A{'😀' * 5_000}</p></article></main>"
    half = b'data: {"type":"text-delta","id":"answer","delta":"Half: \\ud83d."}\n\n'
    site = start(host_site(server.address, pages={"/": body}))
    page = open_page(site)
    page.evaluate("getSelection().selectAllChildren(document.getElementById('first'))")
    page.get_by_role("button", name="Ask about this", exact=True).click()
    answered(page, server, Script([opening("c-1"), half, closing()]))
    answered(page, server, whole("So."), "And then?")
    first, second = server.asked
    assert first["selected_text"] == f"A{'😀' * 3_999}"
    assert second["messages"][1]["parts"][0]["text"] == "Half: ."
