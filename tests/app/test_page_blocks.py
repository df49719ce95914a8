"""Server and page read the same blocks: marks are links and code is code on both sides, in one set of cases.

The server reads a case's text as a model's words; a real Chromium shows what the server sends, as a conversation that
the tab has kept. `test_widget_blocks.py` holds the renderer to random texts as well.
"""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from engines.citations.answer_text import AnswerText
from tests.answer_blocks import CASES, NAMES, READ_BLOCKS, expected_cases, sent
from tests.browser import OpenPage
from tests.page_server import PageServer
from tests.tables import each_row

# Keeps a conversation of the tab in which each text is an answer.
KEEP = """(answers) => {
  const source = (number) => ({ number, url: "https://book.example/docs/p", title: "Page" });
  const turns = answers.map(({ text, marks }, at) => ({
    questionId: `q-${at}`, answerId: `a-${at}`, question: "Why?", selected: null, pageUrl: null, version: null,
    scope: "book",
    record: {
      text, marks, verdict: "covered",
      citations: { text, marks, also_read: [], cited: [1, 2, 3].map((number) => ({ number, source: number })) },
      searchedFor: null, reason: "stop", read: 9, begun: true,
      sources: [1, 2, 3].map(source), end: { kind: "done" },
    },
  }));
  sessionStorage.setItem(`bookrag:${location.origin}`, JSON.stringify({ id: "c-1", turns, open: true }));
}"""


@each_row("case", CASES)
def test_the_server_reads_the_blocks_of_a_case(case: dict[str, Any]) -> None:
    assert [mark["number"] for mark in sent(case["text"])["marks"]] == case["marks"]
    reader = AnswerText(lambda target: False, frozenset({1, 2, 3}))
    pieces = [piece for letter in case["text"] for piece in reader.feed(letter)] + reader.end()
    # A container's markers before a line of code are no code, so lines are compared without white space.
    verbatim = "".join(piece.text for piece in pieces if piece.verbatim).replace("\\|", "|")
    for code in case["code"]:
        assert "".join(code.split()) in "".join(verbatim.split())


@pytest.mark.browser
def test_the_page_reads_the_blocks_of_every_case(server: PageServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    answers = json.dumps([sent(case["text"]) for case in CASES])
    page.add_init_script(f"if (location.protocol === 'http:') ({KEEP})({answers})")
    page.goto(server.address)
    expect(page.locator(".turn .text.writing")).to_have_count(0)
    expect(page.locator(".turn .sources")).to_have_count(len(CASES))
    found = page.locator(".turn > .text").evaluate_all(f"(boxes) => boxes.map({READ_BLOCKS})")
    assert dict(zip(NAMES, found, strict=True)) == expected_cases()
