"""What the page suggests to ask next, and where its links lead, in a real Chromium with a conversation of the tab."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage
from tests.page_server import PageServer, Script, answered, closing, delta, opening

pytestmark = pytest.mark.browser

# Keeps a conversation of the tab with one answer that cites nothing and has read these sources.
KEEP = """(sources) => {
  const turn = {
    questionId: "q-1", answerId: "a-1", question: "Why?", selected: null, pageUrl: null, version: null, scope: "book",
    record: {
      text: "Because.", marks: [], verdict: "covered",
      citations: { text: "Because.", marks: [], cited: [], also_read: sources.map(({ number }) => number) },
      searchedFor: null, reason: "stop", read: 9, begun: true, sources, end: { kind: "done" },
    },
  };
  sessionStorage.setItem(`bookrag:${location.origin}`, JSON.stringify({ id: "c-1", turns: [turn], open: true }));
}"""


def source(number: int, heading: str, page: str = "p", text: str = "") -> dict[str, Any]:
    url = f"https://book.example/docs/{page}#h-{number}"
    return {"number": number, "url": url, "title": "Page", "heading_path": [heading], "text": text}


def shown(server: PageServer, open_page: OpenPage, *sources: dict[str, Any]) -> Any:
    page = open_page("about:blank")
    page.add_init_script(f"if (location.protocol === 'http:') ({KEEP})({json.dumps(sources)})")
    page.goto(server.address)
    expect(page.locator(".turn > .text")).to_contain_text("Because.")
    return page


def test_only_headings_that_name_a_subject_on_one_page_are_suggested(server: PageServer, open_page: OpenPage) -> None:
    generic = ["Next Steps", "Summary", "Introduction", "Prerequisites", "Test 1", "Key Concepts", "Übungen", "خلاصہ"]
    sources = [source(number, heading) for number, heading in enumerate(generic, 1)]
    sources += [
        source(20, "Wiring", "p"),
        source(21, "Wiring", "q"),
        source(22, "Sensor fusion"),
        source(23, "Step response"),
    ]
    page = shown(server, open_page, *sources)
    suggested = page.locator(".turn .suggestions button")
    expect(suggested).to_have_count(2)
    assert suggested.all_inner_texts() == [
        "What does the book say about “Sensor fusion”?",
        "What does the book say about “Step response”?",
    ]


def test_a_link_marks_no_words_from_both_sides_of_a_gap(server: PageServer, open_page: OpenPage) -> None:
    cut = source(
        1, "Joints", text="The knee bends when the robot sits\n[…]\nand so on until it lies flat on the floor."
    )
    page = shown(server, open_page, cut)
    links = page.locator(".turn a[href*=':~:text=']").evaluate_all("(links) => links.map(({ href }) => href)")
    assert links
    before = "The%20knee%20bends%20when%20the%20robot%20sits"
    behind = "and%20so%20on%20until%20it%20lies%20flat%20on%20the%20floor."
    assert all(link.endswith(f":~:text={before}&text={behind}") for link in links)


def test_after_a_refusal_only_what_it_names_is_suggested(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    for cited, suggested in (([], []), ([2], ["The support polygon"])):
        citations = {
            "text": "The book does not cover it.",
            "cited": [{"number": 1, "source": number} for number in cited],
            "also_read": [number for number in (1, 2, 3) if number not in cited],
        }
        answered(page, server, Script([opening(verdict="not_covered"), delta("No."), closing(citations)]))
        buttons = page.locator(".turn").last.locator(".suggestions button")
        expect(buttons).to_have_count(len(suggested))
        assert all(heading in text for heading, text in zip(suggested, buttons.all_text_contents(), strict=True))
