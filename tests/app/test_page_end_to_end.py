"""A reader asks through the page, and the real application answers: the page, the stream and the index together."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage, Start
from tests.gemini_server import GeminiServer, Reply
from tests.serving import indexed, serving

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

QUESTION = "Why can the zero moment point not leave the support polygon?"


def test_a_question_is_answered_with_a_link_to_the_heading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start, open_page: OpenPage
) -> None:
    monkeypatch.setenv("SITE_URL", "https://book.example")
    data_dir = indexed(tmp_path)
    reply = Reply(chunks=("The ground only ", "pushes and never pulls [1]", ".\n\n```python\nx = 1  # stays\n```\n"))
    gemini = start(GeminiServer(reply))
    served = start(serving(data_dir, gemini_url=gemini.url))
    page = open_page(served.url)
    page.get_by_role("textbox", name="Question").fill(QUESTION)
    page.keyboard.press("Enter")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation).to_contain_text("The ground only pushes and never pulls")
    expect(conversation.locator("pre")).to_contain_text("x = 1  # stays")
    cited = conversation.get_by_role("link").first
    assert (cited.get_attribute("href") or "").startswith("https://book.example/docs/balance/zmp#inside")


def test_without_a_model_the_page_shows_quoted_passages_and_says_so(
    data_dir: Path, start: Start, open_page: OpenPage
) -> None:
    served = start(serving(data_dir))
    page = open_page(served.url)
    page.get_by_role("textbox", name="Question").fill(QUESTION)
    page.keyboard.press("Enter")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation).to_contain_text("No language model is configured")
    expect(conversation.locator("blockquote").first).to_contain_text("never pulls")
