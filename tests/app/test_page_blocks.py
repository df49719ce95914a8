"""Server and page read the same blocks: marks are links and code is code on both sides, in one set of cases.

The server reads a case's text as a model's words; a real Chromium shows what the server sends. The widget's renderer is
held to the same cases in `test_widget_blocks.py`.
"""

from typing import Any

import pytest

from engines.citations.answer_text import AnswerText
from tests import browser as chromium
from tests import page_server
from tests.answer_blocks import CASES, NAMES, expected_cases, lost_marks, sent, shown_cases
from tests.browser import OpenPage
from tests.page_server import PageServer

browser = chromium.browser
open_page = chromium.open_page
server = page_server.server

MODULE = "/page/markdown.js"


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
    assert shown_cases(open_page(server.address), MODULE) == expected_cases()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["blocks", "tables"])
def test_no_mark_that_the_server_tells_is_lost_on_the_page(kind: str, server: PageServer, open_page: OpenPage) -> None:
    lost = lost_marks(open_page(server.address), kind, MODULE)
    assert not lost, "\n".join(map(repr, lost))
