"""Which words of a page the widget marks for a cited passage, and whether the reader sees them, in Chromium."""

import pytest
from playwright.sync_api import Page

from tests.browser import OpenPage, Start
from tests.docusaurus.widget_pages import until
from tests.host_site import host_site
from tests.page_server import SOURCES, PageServer, whole
from tests.widget_page import STYLED, answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

PASSAGE = "The knee bends when the robot sits down, and stretches when it stands up again."
FILLER = "<p>Legs have joints, and so do arms.</p>" * 60
# The marked text, its element's id, and whether all of it is on the screen, within its scroll boxes and on top.
MARK = """(() => {
  const range = [...(CSS.highlights.get('bookrag-passage') ?? [])][0];
  if (!range) return null;
  const element = range.startContainer.parentElement;
  const {left, top, bottom} = range.getBoundingClientRect();
  const boxes = [];
  for (let node = element; node; node = node.parentElement)
    if (getComputedStyle(node).overflowY !== 'visible') boxes.push(node.getBoundingClientRect());
  const isWithin = [{top: 0, bottom: innerHeight}, ...boxes].every((box) => box.top <= top && box.bottom >= bottom);
  const hit = document.elementFromPoint(left + 2, top + 5);
  const text = range.toString().replaceAll('\\u00AD', '');
  return {text, id: element.id, isSeen: bottom > top && isWithin && (element === hit || element.contains(hit))};
})()"""


def marked(body: str, css: str, server: PageServer, start: Start, open_page: OpenPage) -> Page:
    """A page of `body` below the cited heading, once its passage is marked."""
    html = f'<main><article><h1>Legs</h1>{FILLER}<h2 id="knees">Knees</h2>{body}{FILLER}</article></main>'
    site = start(host_site(server.address, options='data-router="history"', pages={"/": html}))
    page = open_page(site)
    page.evaluate(STYLED, css)
    open_panel(page)
    source = {**SOURCES[0], "url": f"{site}/#knees", "text": PASSAGE}
    answered(page, server, whole("It bends [1].", sources=[source]))
    page.locator(".cards a.place").click()
    assert until(page, f"{MARK} !== null")
    until(page, f"{MARK}?.isSeen")  # it is brought into view after it is marked
    return page


HIDDEN = {
    "without a box": ("", ".copy { display: none }"),
    "hidden": ("hidden", ""),
    "invisible": ("", ".copy { visibility: hidden }"),
    "for screen readers": ("", ".copy { position: absolute; width: 1px; height: 1px; overflow: hidden }"),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_what_is_seen_is_marked_before_a_copy_that_is_not(
    way: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    attribute, css = HIDDEN[way]
    body = f'<div class="copy" {attribute}><p>{PASSAGE}</p></div><p id="seen">{PASSAGE}</p>'
    page = marked(body, css, server, start, open_page)
    assert page.evaluate(MARK) == {"text": PASSAGE.rstrip("."), "id": "seen", "isSeen": True}


def test_what_a_reader_can_open_is_marked_before_a_few_like_words(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body = (
        f"<p>When the robot sits, it rests.</p><details><summary>More</summary><p id='closed'>{PASSAGE}</p></details>"
    )
    page = marked(body, "", server, start, open_page)
    assert page.evaluate(MARK) == {"text": PASSAGE.rstrip("."), "id": "closed", "isSeen": True}


def in_parts(start: str, end: str) -> str:
    """The passage with each word of more than three letters in two parts, the second between `start` and `end`."""
    return " ".join(word if len(word) < 4 else f"{word[:2]}{start}{word[2:]}{end}" for word in PASSAGE.split())


BROKEN = {
    "soft hyphens": in_parts("&shy;", ""),
    "elements within a line": in_parts("<b>", "</b>"),
    "places for a break": in_parts("<wbr>", ""),
    "an element for each letter": "".join(f"<span>{letter}</span>" for letter in PASSAGE),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_passage_whose_words_are_divided_is_marked(
    way: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    page = marked(f"<p>{BROKEN[way]}</p>", "", server, start, open_page)
    mark = page.evaluate(MARK)
    assert (mark["text"], mark["isSeen"]) == (PASSAGE.rstrip("."), True)


def test_words_of_two_blocks_are_not_joined(server: PageServer, start: Start, open_page: OpenPage) -> None:
    cells = "".join(f"<td>{word}</td>" for word in PASSAGE.split())
    page = marked(f"<table><tr>{cells}</tr></table>", "", server, start, open_page)
    assert page.evaluate(MARK)["text"] == PASSAGE.rstrip(".").replace(" ", "")


COVERED = {
    "past the edge of its scroll box": (
        f'<div class="box"><div class="gap"></div><p>{PASSAGE}</p>{FILLER}</div>',
        ".box { height: 200px; overflow: auto } .gap { height: 350px }",
    ),
    "below a header that stays": (
        f"<p>{PASSAGE}</p>",
        "h1 { position: sticky; top: 0; height: 160px; margin: 0; background: white }",
    ),
}


@pytest.mark.parametrize("way", COVERED)
def test_a_marked_passage_is_brought_to_where_it_is_seen(
    way: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body, css = COVERED[way]
    page = marked(body, css, server, start, open_page)
    mark = page.evaluate(MARK)
    assert (mark["text"], mark["isSeen"]) == (PASSAGE.rstrip("."), True)
