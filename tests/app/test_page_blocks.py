"""Server and page read the same blocks: marks are links and code is code on both sides, in one set of cases.

`tests/clients/block_cases.json` has an answer's text, the numbers of its marks in order, what is code in it, and the
number of its formulas. The server reads it as a model's words; a real Chromium shows what the server sends.
"""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from engines.citations.answer_text import AnswerText
from engines.citations.processor import CitationProcessor
from engines.events import Cited, Source, TextDelta
from tests import browser as chromium
from tests import page_server
from tests.browser import OpenPage
from tests.page_server import PageServer

browser = chromium.browser
open_page = chromium.open_page
server = page_server.server

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "clients" / "block_cases.json").read_text(encoding="utf-8")
)
NAMES = [case["name"] for case in CASES]
SOURCES = tuple(
    Source(number, f"id-{number}", f"https://book.example/docs/p#s{number}", "Page", (), "Words.", 0.5)
    for number in range(1, 4)
)
# Shows each text with the page's own modules, and tells what has become a citation, code or a formula.
SHOW = """async (texts) => {
  const { renderMarkdown, withMarks } = await import("/page/markdown.js");
  const url = "https://book.example/docs/p";
  return texts.map(({ text, marks }) => {
    const sources = new Map([1, 2, 3].map((number) => [number, { url, title: "Page" }]));
    const env = { sources, origins: new Set([new URL(url).origin]), placed: true, references: {}, headings: {} };
    const shown = document.createElement("div");
    shown.append(renderMarkdown(withMarks(text, marks).replace(/\\r\\n?/g, "\\n"), env));
    const all = (selector) => [...shown.querySelectorAll(selector)];
    return {
      marks: all("a.cite").map((link) => Number(link.textContent.slice(1, -1))),
      code: all("code:not(.tex)").map((code) => code.textContent),
      formulas: all(".formula, .maths").length,
      inCode: all("code a.cite, .formula a.cite, .maths a.cite").length,
    };
  });
}"""


def sent(text: str) -> dict[str, Any]:
    """What the server streams of an answer that comes letter by letter, and where it says that the marks are."""
    processor = CitationProcessor(SOURCES)
    events = [event for letter in text for event in processor.feed(letter)] + list(processor.end())
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    return {
        "text": shown,
        "marks": [{"at": event.at, "number": event.number} for event in events if isinstance(event, Cited)],
    }


@pytest.mark.parametrize("case", CASES, ids=NAMES)
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
    page = open_page(server.address)
    shown = page.evaluate(SHOW, [sent(case["text"]) for case in CASES])
    expected = [
        {"marks": case["marks"], "code": case["code"], "formulas": case["formulas"], "inCode": 0} for case in CASES
    ]
    assert dict(zip(NAMES, shown, strict=True)) == dict(zip(NAMES, expected, strict=True))


# Without tables, which follow: of a row that is longer than the first one the rest is not shown, as GFM has it.
PARTS = [
    *("It stays [1]. ", "and tips [2]", "the foot ", "x[1] ", "[0, 1] ", " ", "\n", "\n\n", "\r\n", "    ", "  ", "\t"),
    *(
        "- ",
        "1. ",
        "> ",
        "# ",
        "---\n",
        "```\n",
        "```py\n",
        "~~~\n",
        "`",
        "``",
        "$$\n",
        "$x$",
        "$",
        "\\[\n",
        "\\]\n",
    ),
    *("**", "*", "\\", "<br>", "零力矩点[1]。"),
]


IN_CELLS = [
    *(
        "It stays [1]. ",
        "and tips [2]",
        "the foot ",
        "x[1] ",
        "[0, 1] ",
        " ",
        "`",
        "``",
        "$x$",
        "$",
        "$$",
        "\\(",
        "\\)",
    ),
    *("**", "\\", "\\|", "<br>", "零力矩点[1]。", "`a | b`", "$a | b$", "|"),
]
SEPARATOR = re.compile(r"(?<!\\)\|")


def a_table(chance: random.Random) -> str:
    """A table of four columns with rows of one to four cells, in a block of some kind, and a paragraph behind it."""
    rows: list[str] = []
    while len(rows) < 2:
        row = "".join(chance.choices(IN_CELLS, k=chance.randint(2, 8))).strip()
        if len(SEPARATOR.findall(row.strip("|"))) < 4 and re.match(r"[a-zI|]", row):
            rows.append(row)
    head = chance.choice(["| a | b | c | d |\n|---|:-:|---|---|\n", "a | b | c | d\n---|---|---|---\n"])
    text = f"{head}{rows[0]}\n{rows[1]}\n\nIt tips [2]."
    before = chance.choice(["", "", "> ", "  "])
    return "\n".join(f"{before}{line}" for line in text.split("\n"))


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["blocks", "tables"])
def test_no_mark_that_the_server_tells_is_lost_on_the_page(kind: str, server: PageServer, open_page: OpenPage) -> None:
    chance = random.Random(14)
    if kind == "blocks":
        texts = ["".join(chance.choices(PARTS, k=chance.randint(2, 14))) for _ in range(3000)]
    else:
        texts = [a_table(chance) for _ in range(1000)]
    answers = [sent(text) for text in texts]
    page = open_page(server.address)
    lost = [
        (text, [mark["number"] for mark in answer["marks"]], shown["marks"])
        for text, answer, shown in zip(texts, answers, page.evaluate(SHOW, answers), strict=True)
        if [mark["number"] for mark in answer["marks"]] != shown["marks"]
    ]
    assert not lost, "\n".join(map(repr, lost))
