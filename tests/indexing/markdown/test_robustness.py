"""Any text gives a page: no traceback, no hang."""

import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.markdown.page import MarkdownOptions
from tests.indexing.markdown.reading import read

SIZE = 200_000
LIMIT_SECONDS = 20  # of processor time; measured 0.1 to 4 s, and a quadratic rule takes minutes
REPEATED = [
    "a ", "[", "![", "]", "[]", "[a](", "*", "**a", "_a ", "`", "<", "<a ", "<a b={", "<b>", "{", "{a", "{'",
    "{/*", "{<",
    "{`${", "<!--", "<!-- a -->", ":a[", ":::", "$", "~a", "&", "\\", "a|", "http://a/(", "www.a.", "# {#", "> ", "- ",
    "\t", "\u0000", "İ", "[^a]",
    "> a\n", "- a\n", "#\n", ":::note\n", "<div>\n", "</div>\n", "<a\n", "<a b={\n", "{\n", "{a\n", "<!--\n", "|a|\n",
    "|-|\n", "a|b\n", "```\n", "[a]: b\n", "a\n---\n", "import x\n", "export const a = {\n", "- a\n ", "<Tabs lazy>\n",
]  # fmt: skip
DEEP = {
    "quotations": ">" * 5000 + " a",
    "lists": "\n".join("  " * i + "- a" for i in range(300)),
    "lists on a line": "- " * 3000 + "a",
    "tags": "<div>\n" * 3000,
    "tags in a text": "a " + "<b>" * 30_000,
    "directives": "\n".join(":" * (300 - i) + "note" for i in range(290)),
    "brackets": "{" + "[" * 30_000 + "]" * 30_000 + "}",
    "jsx in code": "{" + "<a>" * 10_000 + "</a>" * 10_000 + "}",
    "same headings": "# a\n" * 20_000,
}
PIECES = st.sampled_from(
    [
        "# ", "## a", "\n", "\n\n", "    ", "- ", "> ", "1. ", "```", "~~~", "`", "*", "_", "[", "](", ")",
        "![", "<", ">", "</",
        "/>", "<div>", "</div>", "<A b={", "}", "{", "/*", "*/", "<!--", "-->", ":::note", ":::", ":a",
        "::b[c]", "import a from 'b'",
        "export const a = ", "'", '"', "$", "$$", "|", "|-|", "[^1]", "[^1]: ", "{#id}", "---", "===",
        "<Tabs lazy>", "<h2 id={x}>",
        "\t", "\r", "\u2028", "\ud800", "é", "http://a.b/c:d", "&amp;", "\\", "<P/>", "import P from './p.md'\n\n",
    ]
)  # fmt: skip


@pytest.mark.parametrize("format_", ["mdx", "md"])
@pytest.mark.parametrize("piece", REPEATED, ids=repr)
def test_a_long_text_of_one_sign_ends(piece: str, format_: str) -> None:
    # A quadratic rule takes a quarter of the time for half the text, and so it is found by a quarter of the limit.
    _read_in_time(piece * (SIZE // 20 // len(piece)), format_, LIMIT_SECONDS / 16)


@pytest.mark.exhaustive
@pytest.mark.parametrize("piece", ["a ", "[", "![a](", "<a ", "{", "**a", ":a[", "`", "<!-- a -->"], ids=repr)
def test_a_line_of_200_kb_ends(piece: str) -> None:
    _read_in_time(piece * (SIZE // len(piece)), "mdx", LIMIT_SECONDS)


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_ends(name: str) -> None:
    _read_in_time(DEEP[name], "mdx", LIMIT_SECONDS)


def _read_in_time(text: str, format_: str, seconds: float) -> None:
    start = time.process_time()
    read(text, MarkdownOptions(format="md" if format_ == "md" else "mdx"))
    tracing = 4 if sys.gettrace() else 1  # `make coverage` counts every line, which takes its time
    assert time.process_time() - start < seconds * tracing


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES | st.text(max_size=8), max_size=40), st.sampled_from(["mdx", "md"]), st.booleans())
def test_any_text_gives_a_page(pieces: list[str], format_: str, math: bool) -> None:
    text = "".join(pieces)
    page = read(text, MarkdownOptions(format="md" if format_ == "md" else "mdx", math=math), lambda name, source: None)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(block.text.strip() for section in page.sections for block in section.blocks)
    assert all(0 <= problem.line <= lines for problem in page.problems)
    anchors = [section.anchor for section in page.sections if section.anchor]
    assert set(anchors) <= {heading.id for heading in page.headings if heading.rendered}
