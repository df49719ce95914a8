"""The widget, and with it the chat page, reads an answer's blocks as the server does: the same cases, in Chromium."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.answer_blocks import expected_cases, lost_marks, shown_cases
from tests.browser import OpenPage
from tests.frontend.packages import NODE, bundle, serve_bundle
from tests.page_server import PageServer

pytestmark = [pytest.mark.browser, pytest.mark.conformance, NODE]

MODULE = "/widget-markdown.js"
RENDER = """async ({ text, writing }) => {
  const { renderMarkdown } = await import("/widget-markdown.js");
  const env = { sources: new Map(), origins: new Set(), strings: new Proxy({}, { get: (_, name) => name }), writing };
  const box = document.createElement("div");
  box.append(renderMarkdown(text, env));
  return [...box.querySelectorAll("*")].map(({ localName }) => localName).join(" ") + ": " + box.textContent.trim();
}"""


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The widget's renderer as one module."""
    return bundle(tmp_path_factory.mktemp("renderer"), "panel/answer/markdown.ts")


@pytest.fixture
def page(server: PageServer, open_page: OpenPage, renderer: Path) -> Page:
    opened = open_page(server.address)
    serve_bundle(opened, MODULE, renderer)
    return opened


def test_the_widget_reads_the_blocks_of_every_case(page: Page) -> None:
    assert shown_cases(page, MODULE) == expected_cases()


@pytest.mark.parametrize("kind", ["blocks", "tables"])
def test_no_mark_that_the_server_tells_is_lost_in_the_widget(kind: str, page: Page) -> None:
    lost = lost_marks(page, kind, MODULE)
    assert not lost, "\n".join(map(repr, lost))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$$\n$$", "p: $$\n$$"),
        ("$$$$", "p: $$$$"),
        ("$$\nx\n\ny\n$$", "p p: "),
        (r"$$\text{a \$$ b}$$", r"div code: \text{a \$$ b}"),
        ("In $HOME/$USER it is.", "p: In $HOME/$USER it is."),
        ("**結論。**したがって", "p strong: 結論。したがって"),
        ("**نتیجہ:**یہ", "p strong: نتیجہ:یہ"),
        ("H<sub>2</sub>O <sup>1</sup> <kbd>Esc</kbd><br>b", "p sub sup kbd br: H2O 1 Escb"),
        ("- [ ] open\n- [x] done", "ul li li: ☐ open☑ done"),
        ("| a | b |\n|---|---|\n| `x \\| y` | $z$ |", "div table thead tr th th tbody tr td code td span code: "),
        ("<b>x</b>", "p: <b>x</b>"),
        ("&alpha; &Omega; &rarr; &Eacute; &AElig; &szlig;", "p: α Ω → É Æ ß"),
        ("a&nbsp;b &what; &#9731; &#x3c0; &amp;lt; AT&T;", "p: a\u00a0b &what; ☃ π &lt; AT&T;"),
    ],
)
def test_what_models_write_is_read_as_on_the_page(page: Page, text: str, shown: str) -> None:
    found: Any = page.evaluate(RENDER, {"text": text, "writing": False})
    assert found.startswith(shown)
