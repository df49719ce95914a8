"""An author's own page asks the server from another origin, in a real Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.settings import AppSettings
from tests.browser import OpenPage, Start
from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

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


def ask_and_wait(page: Page, question: str) -> None:
    """Ask and wait for the answer: the page shows the one before until then, and answers may be alike."""
    with page.expect_event("requestfinished", lambda sent: sent.url.endswith("/api/chat") and sent.method == "POST"):
        ask(page, question)


def test_a_page_of_twenty_lines_asks_follows_up_and_shows_errors(
    data_dir: Path, start: Start, open_page: OpenPage
) -> None:
    reply = Reply(chunks=("The ground only pushes ", "[source 1]."))
    site = start(author_site())
    gemini = start(GeminiServer(reply))
    gemini.condense = Reply(chunks=(QUESTION,))
    settings = AppSettings(chat_format="json", cors_origins=site)
    served = start(serving(data_dir, gemini_url=gemini.url, app=settings))
    page = open_page(f"{site}/author_page.html?api={served.url}", expect=("Failed to load resource",))
    answer = page.get_by_role("status")
    ask_and_wait(page, QUESTION)
    expect(answer).to_have_text("The ground only pushes [1].")
    gemini.script(Reply(chunks=("It never pulls [source 1].",)))
    ask_and_wait(page, "And why is that?")
    expect(answer).to_have_text("It never pulls [1].")
    assert "The ground only pushes" in gemini.streams[-1].everything
    ask_and_wait(page, " ")
    expect(answer).to_have_text("Error: The message is empty.")


# The requests of front ends that authors have written, from a page of theirs, and the fields that they read.
REQUESTS: dict[str, tuple[str, dict[str, str], dict[str, Any], tuple[str, ...]]] = {
    "A": ("/api/chat", {}, {"message": QUESTION, "history": []}, ("response",)),
    "B": (
        "/api/chat",
        {"X-Anonymous-Session-ID": "s-1"},
        {"question": QUESTION, "stream": False, "k": 5, "session_id": "s-1"},
        ("answer",),
    ),
    "C": (
        "/api/chat",
        {},
        {"message": QUESTION, "session_id": "s-1", "user_id": None, "user_context": {}},
        ("response", "session_id", "citations.0.text", "citations.0.url"),
    ),
    "E": (
        "/api/chat/",
        {},
        {"query": QUESTION, "top_k": 5, "selected_text": "The ground only pushes."},
        ("answer", "sources.0.title", "sources.0.section", "sources.0.score"),
    ),
    "OpenAI-shaped": (
        "/api/chat",
        {"x-requested-with": "XMLHttpRequest", "traceparent": "00-0-0-01"},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]},
        ("response",),
    ),
}
FETCH = """async ([url, headers, body, credentials]) => {
  const sent = { "Content-Type": "application/json", ...headers };
  const request = { method: "POST", headers: sent, body: JSON.stringify(body), credentials };
  return fetch(url, request).then((response) => response.json(), (error) => ({ failed: error.message }));
}"""


def field(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if name.isdigit() else value[name]
    return value


def test_every_front_end_reads_its_fields_from_another_origin(
    data_dir: Path, start: Start, open_page: OpenPage
) -> None:
    site = start(author_site())
    gemini = start(GeminiServer(Reply(chunks=("The ground only pushes [source 1].",))))
    settings = AppSettings(chat_format="json", cors_origins=site)
    served = start(serving(data_dir, gemini_url=gemini.url, app=settings))
    page = open_page(f"{site}/author_page.html", expect=("CORS policy", "Failed to load resource"))
    for path, headers, body, fields in REQUESTS.values():
        answer = page.evaluate(FETCH, [served.url + path, headers, body, "same-origin"])
        assert all(field(answer, name) is not None for name in fields), answer
    # Credentials stay off: no cookie of this server exists, and a page that insists on them reads nothing.
    path, headers, body, _ = REQUESTS["B"]
    assert "failed" in page.evaluate(FETCH, [served.url + path, headers, body, "include"])


def test_an_origin_that_is_not_allowed_reads_no_answer(data_dir: Path, start: Start, open_page: OpenPage) -> None:
    settings = AppSettings(chat_format="json", cors_origins="https://book.example")
    site = start(author_site())
    served = start(serving(data_dir, app=settings))
    page = open_page(f"{site}/author_page.html?api={served.url}", expect=("CORS policy", "Failed to load resource"))
    ask(page, QUESTION)
    expect(page.get_by_role("status")).to_have_text("Error: Failed to fetch")
