"""Answers' blocks as server, page and widget read them: one set of cases, random texts, and what a renderer shows.

`tests/clients/block_cases.json` has an answer's text, the numbers of its marks in order, what is code in it, and the
number of its formulas.
"""

import json
import random
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from engines.citations.processor import CitationProcessor
from engines.events import Cited, Source, TextDelta

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "clients" / "block_cases.json").read_text(encoding="utf-8")
)
NAMES = [case["name"] for case in CASES]
SOURCES = tuple(
    Source(number, f"id-{number}", f"https://book.example/docs/p#s{number}", "Page", (), "Words.", 0.5)
    for number in range(1, 4)
)
# What has become a citation, code or a formula in an element.
READ_BLOCKS = """(shown) => {
  const all = (selector) => [...shown.querySelectorAll(selector)];
  return {
    marks: all("a.cite").map((link) => Number(link.textContent.slice(1, -1))),
    code: all("code:not(.tex)").map((code) => code.textContent),
    formulas: all(".formula, .maths").length,
    inCode: all("code a.cite, .formula a.cite, .maths a.cite").length,
  };
}"""
# Shows each text with a renderer's own module.
_SHOW = """async ({ texts, module }) => {
  const { renderMarkdown, withMarks } = await import(module);
  const url = "https://book.example/docs/p";
  return texts.map(({ text, marks }) => {
    const sources = new Map([1, 2, 3].map((number) => [number, { url, title: "Page" }]));
    const env = {
      sources, origins: new Set([new URL(url).origin]), placed: true, references: {}, headings: {},
      strings: new Proxy({}, { get: (_, name) => name }), hrefOf: (source) => ({ href: source.url, outside: true }),
    };
    const shown = document.createElement("div");
    shown.append(renderMarkdown(withMarks(text, marks).replace(/\\r\\n?/g, "\\n"), env));
    return (READ_BLOCKS)(shown);
  });
}""".replace("READ_BLOCKS", READ_BLOCKS)


def sent(text: str) -> dict[str, Any]:
    """What the server streams of an answer that comes letter by letter, and where it says that the marks are."""
    processor = CitationProcessor(SOURCES)
    events = [event for letter in text for event in processor.feed(letter)] + list(processor.end())
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    return {
        "text": shown,
        "marks": [{"at": event.at, "number": event.number} for event in events if isinstance(event, Cited)],
    }


def shown(page: Page, answers: list[dict[str, Any]], module: str) -> list[dict[str, Any]]:
    """What has become a citation, code or a formula in each of `answers`, as the renderer at `module` shows them."""
    found: list[dict[str, Any]] = page.evaluate(_SHOW, {"texts": answers, "module": module})
    return found


def shown_cases(page: Page, module: str) -> dict[str, dict[str, Any]]:
    """The same of every case, by the case's name."""
    return dict(zip(NAMES, shown(page, [sent(case["text"]) for case in CASES], module), strict=True))


def expected_cases() -> dict[str, dict[str, Any]]:
    """What `shown_cases` has to give."""
    return {
        case["name"]: {"marks": case["marks"], "code": case["code"], "formulas": case["formulas"], "inCode": 0}
        for case in CASES
    }


# Without tables, which follow: of a row that is longer than the first one the rest is not shown, as GFM has it.
_PARTS = [
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


_IN_CELLS = [
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
_SEPARATOR = re.compile(r"(?<!\\)\|")


def _a_table(chance: random.Random) -> str:
    """A table of four columns with rows of one to four cells, in a block of some kind, and a paragraph behind it."""
    rows: list[str] = []
    while len(rows) < 2:
        row = "".join(chance.choices(_IN_CELLS, k=chance.randint(2, 8))).strip()
        if len(_SEPARATOR.findall(row.strip("|"))) < 4 and re.match(r"[a-zI|]", row):
            rows.append(row)
    head = chance.choice(["| a | b | c | d |\n|---|:-:|---|---|\n", "a | b | c | d\n---|---|---|---\n"])
    text = f"{head}{rows[0]}\n{rows[1]}\n\nIt tips [2]."
    before = chance.choice(["", "", "> ", "  "])
    return "\n".join(f"{before}{line}" for line in text.split("\n"))


def lost_marks(page: Page, kind: str, module: str) -> list[tuple[str, list[int], list[int]]]:
    """Random texts (`blocks` or `tables`) of which the renderer at `module` shows other marks than the server tells."""
    chance = random.Random(14)
    if kind == "blocks":
        texts = ["".join(chance.choices(_PARTS, k=chance.randint(2, 14))) for _ in range(3000)]
    else:
        texts = [_a_table(chance) for _ in range(1000)]
    answers = [sent(text) for text in texts]
    told = [[mark["number"] for mark in answer["marks"]] for answer in answers]
    found = [each["marks"] for each in shown(page, answers, module)]
    return [each for each in zip(texts, told, found, strict=True) if each[1] != each[2]]
