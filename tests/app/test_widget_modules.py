"""Modules of the widget by themselves, in Chromium: the stream reader, and the text of an answer as it grows."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Route

from engines.understanding.book_terms import names_no_subject
from tests.browser import OpenPage
from tests.frontend.packages import FRONTEND, NODE, bundle, serve_bundle
from tests.page_server import SOURCES, PageServer

pytestmark = [pytest.mark.browser, pytest.mark.conformance, NODE]

MODULE = "/widget-modules.js"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules as one."""
    sources = (
        "chat/service",
        "chat/answer-record",
        "answer/answer-view",
        "answer/formulas",
        "answer/markdown",
        "answer/code",
        "answer/headings",
        "host/passages",
        "strings",
    )
    return bundle(tmp_path_factory.mktemp("modules"), *(f"panel/{name}.ts" for name in sources))


@pytest.fixture
def page(server: PageServer, open_page: OpenPage, modules: Path) -> Page:
    opened = open_page(server.address)
    serve_bundle(opened, MODULE, modules)
    return opened


def test_events_are_the_same_wherever_the_bytes_are_split(page: Page) -> None:
    differing = page.evaluate(
        """async (module) => {
          const { readParts } = await import(module);
          const wire = '\\uFEFF: hello\\r\\n\\r\\ndata: {"type":"a",\\r\\ndata: "x":"مرحبا 😀"}\\r\\n\\r\\n'
            + 'id: 4\\nevent: z\\ndata:{"type":"b"}\\n\\n\\n:keepalive\\n\\ndata: {"type":"c"}\\r\\r'
            + 'data: [DONE]\\n\\ndata: {"type":"late"}\\n\\n';
          const bytes = new TextEncoder().encode(wire);
          const read = async (...pieces) => {
            const parts = [];
            for await (const part of readParts(new ReadableStream({
              start(c) { pieces.forEach((piece) => c.enqueue(piece)); c.close(); },
            }))) parts.push(part);
            return JSON.stringify(parts);
          };
          const expected = JSON.stringify([{type: "a", x: "مرحبا 😀"}, {type: "b"}, {type: "c"}]);
          const wrong = [];
          for (let at = 0; at <= bytes.length; at++) {
            const got = await read(bytes.slice(0, at), bytes.slice(at));
            if (got !== expected) wrong.push([at, got]);
          }
          const single = await read(...[...bytes].map((byte) => Uint8Array.of(byte)));
          if (single !== expected) wrong.push(["bytes", single]);
          return wrong;
        }""",
        MODULE,
    )
    assert differing == []


def test_silence_ends_an_answer(page: Page) -> None:
    failure = page.evaluate(
        """async (module) => {
          const { readParts } = await import(module);
          try { for await (const _ of readParts(new ReadableStream({}), 50)); }
          catch (error) { return error.failure; }
        }""",
        MODULE,
    )
    assert failure == "lost"


WAITS = {
    "7": 7,
    "0": 0,
    "-5": 0,
    "Infinity": 0,
    "0x10": 0,
    "1e3": 0,
    "1.5": 0,
    "soon": 0,
    "99999999999": 3_600,
    "Wed, 21 Oct 2015 07:28:00 GMT": 0,
    "Fri, 01 Jan 2100 00:00:00 GMT": 3_600,
}


def test_only_whole_seconds_and_dates_to_come_are_waited_for(
    server: PageServer, open_page: OpenPage, modules: Path
) -> None:
    page = open_page(server.address, expect=("429",))
    serve_bundle(page, MODULE, modules)

    def refuse(route: Route) -> None:
        route.fulfill(status=429, headers={"retry-after": unquote(route.request.url.partition("?")[2])})

    page.route("**/refused?*", refuse)
    waits = page.evaluate(
        """async ([module, values]) => {
          const { Service } = await import(module);
          const service = new Service({ api: location.origin, page: null });
          const waitOf = (value) =>
            service.call(`/refused?${encodeURIComponent(value)}`).catch((error) => error.retryAfterSeconds);
          return Promise.all(values.map(waitOf));
        }""",
        [MODULE, list(WAITS)],
    )
    assert dict(zip(WAITS, waits, strict=True)) == WAITS


@pytest.mark.parametrize("piece", ["\\(", "\\( x ", "\\[ x ", "$x ", "$$ x ", "**a ", "**a", "\\(**a"])
def test_marks_that_nothing_closes_are_not_looked_for_to_the_end_of_the_text(piece: str, page: Page) -> None:
    scanned = page.evaluate(
        """async ([module, piece]) => {
          const { blockStarts } = await import(module);
          const { indexOf } = String.prototype;
          let scanned = 0;
          String.prototype.indexOf = function (wanted, start = 0) {
            const at = indexOf.call(this, wanted, start);
            scanned += (at < 0 ? this.length : at) - start;
            return at;
          };
          const counts = [20_000, 80_000].map((length) => {
            scanned = 0;
            blockStarts(piece.repeat(length / piece.length), { sources: new Map(), origins: new Set() });
            return scanned;
          });
          String.prototype.indexOf = indexOf;
          return counts;
        }""",
        [MODULE, piece],
    )
    assert scanned[1] <= 6 * scanned[0]


MIXED = """# One

A *first* paragraph [1] with $x_1$,
in two lines [2][3], and a [link](https://book.example/a).

1. item

   loose `code`
2. item
   - nested
   - more

1.5 metres, lazily

| a | b |
|--:|:-:|
| 1 | $$y$$ |

$$
x = 1

+ 2
$$

Setext
------

> quoted
lazy

```python
def f(): # comment

    return "$no maths$ [1]"
```

\\[ z^2 \\] and \\(w\\) cost $5 and $10

    indented

[ref] is defined below

[ref]: https://book.example/ref

The end [9] [1, 2]."""


def test_text_that_arrives_letter_by_letter_looks_like_text_that_came_at_once(page: Page) -> None:
    differing = page.evaluate(
        """async ([module, text, sources]) => {
          const { AnswerView, newRecord, stringsFor, loadFormulas, loadHighlighter } = await import(module);
          await Promise.all([loadFormulas(), loadHighlighter()]);
          const site = { absolute: (url) => new URL(url), link: ({ url }) => ({ href: url, outside: true }) };
          const show = (...pieces) => {
            const record = { ...newRecord(), sources };
            const box = document.createElement("div");
            document.body.append(box);
            const view = new AnswerView(box, record, stringsFor("en", {}), site);
            for (const piece of pieces) { record.text += piece; view.show(); }
            record.end = { kind: "done" };
            view.settle();
            const html = box.innerHTML;
            box.remove();
            return html;
          };
          const atOnce = show(text);
          const wrong = [];
          for (const size of [1, 2, 3, 17, 101]) {
            const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g"));
            const html = show(...pieces);
            const at = [...atOnce].findIndex((letter, n) => letter !== html[n]);
            if (html !== atOnce) wrong.push([size, html.slice(at - 60, at + 60), atOnce.slice(at - 60, at + 60)]);
          }
          return wrong;
        }""",
        [MODULE, MIXED, SOURCES],
    )
    assert not differing, differing[0]


ODD_HEADINGS = [
    "",
    "Next Steps",
    "## Summary",
    "Test 1",
    "1.2 Overview",
    "Step response",
    "What’s next?",
    "Schritt 3:",
    "خلاصہ",
]


def test_the_server_and_the_panel_take_the_same_headings_for_those_of_no_subject(page: Page) -> None:
    pages = (FRONTEND.parent / "book").glob("**/*.md*")
    written = {
        line.lstrip("# ").strip()
        for path in pages
        if "node_modules" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("#")
    }
    headings = sorted(written | {*ODD_HEADINGS})
    assert len(headings) > 100
    kept = page.evaluate(
        """async ([module, headings]) => {
          const { subjects } = await import(module);
          const sources = headings.map((heading, number) => ({ number, url: `/${number}`, heading_path: [heading] }));
          return subjects(sources);
        }""",
        [MODULE, headings],
    )
    assert kept == [heading for heading in headings if heading and not names_no_subject(heading)]


@pytest.mark.parametrize("cleared", [False, True])
def test_a_passage_whose_mark_was_taken_away_is_held_in_view_no_more(page: Page, cleared: bool) -> None:
    moved = page.evaluate(
        """async ([module, cleared]) => {
          const { clearHighlight, highlightPassage, holdInView } = await import(module);
          const style = new CSSStyleSheet();
          style.replaceSync('html { overflow-anchor: none }');
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
          const [article, above, anchor] = ['article', 'div', 'p'].map((name) => document.createElement(name));
          anchor.textContent = 'The foot only pushes.';
          article.append(above, anchor);
          document.body.replaceChildren(article);
          await highlightPassage(article, anchor, anchor.textContent, () => true);
          holdInView(article, anchor);
          await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          if (cleared) clearHighlight();
          above.style.height = '5000px';
          await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))));
          return scrollY;
        }""",
        [MODULE, cleared],
    )
    assert (moved == 0) == cleared
