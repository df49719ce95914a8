"""An author's own page asks the server from another origin, in a real Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests import browser as chromium
from tests.browser import OpenPage
from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

browser = chromium.browser
open_page = chromium.open_page

pytestmark = pytest.mark.browser

PAGES = Path(__file__).parents[1] / "clients"
QUESTION = "Why can the zero moment point not leave the support polygon?"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def author_site() -> Iterator[str]:
    """The origin of a site that serves the author's page, and nothing of ours."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(PAGES))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()


def test_a_page_of_twenty_lines_asks_follows_up_and_shows_errors(data_dir: Path, open_page: OpenPage) -> None:
    reply = Reply(chunks=("The ground only pushes ", "[source 1]."))
    with author_site() as site, GeminiServer(reply) as gemini:
        gemini.condense = Reply(chunks=(QUESTION,))
        settings = AppSettings(chat_format="json", cors_origins=site)
        with serving(data_dir, gemini_url=gemini.url, app=settings) as served:
            page = open_page(f"{site}/author_page.html?api={served.url}", expect=("Failed to load resource",))
            answer = page.get_by_role("status")
            ask(page, QUESTION)
            expect(answer).to_have_text("The ground only pushes [1].")
            gemini.script(Reply(chunks=("It never pulls [source 1].",)))
            ask(page, "And why is that?")
            expect(answer).to_have_text("It never pulls [1].")
            assert "The ground only pushes" in gemini.streams[-1].everything
            ask(page, " ")
            expect(answer).to_have_text("Error: The message is empty.")


def test_an_origin_that_is_not_allowed_reads_no_answer(data_dir: Path, open_page: OpenPage) -> None:
    settings = AppSettings(chat_format="json", cors_origins="https://book.example")
    with author_site() as site, serving(data_dir, app=settings) as served:
        page = open_page(f"{site}/author_page.html?api={served.url}", expect=("CORS policy", "Failed to load resource"))
        ask(page, QUESTION)
        expect(page.get_by_role("status")).to_have_text("Error: Failed to fetch")
