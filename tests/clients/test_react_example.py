"""The React component of docs/frontend.md as it stands there, bundled with the packages that it names, in Chromium."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Page, Route, expect

from app.ui_message_stream import frame
from tests import page_server
from tests.browser import OpenPage
from tests.page_server import ORIGIN, SOURCES, PageServer, Script, answered, closing, delta, opening

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs" / "frontend.md"
MOUNT = """
import { createRoot } from "react-dom/client";
import AskTheBook from "./AskTheBook.jsx";
createRoot(document.getElementById("root")).render(<AskTheBook api="/api/chat" />);
"""

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the React example is not tested"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The documented component, mounted, as one script."""
    folder = tmp_path_factory.mktemp("react")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / "react" / name, folder)
    (component,) = re.findall(r"```jsx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (folder / "AskTheBook.jsx").write_text(component, "utf-8")
    (folder / "mount.jsx").write_text(MOUNT, "utf-8")
    build = ["npx", "esbuild", "mount.jsx", "--bundle", "--jsx=automatic", "--outfile=page.js", "--log-level=error"]
    for command in (["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], build):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
    return (folder / "page.js").read_text("utf-8")


@pytest.fixture
def page(bundle: str, server: PageServer, open_page: OpenPage) -> Page:
    """A page of the book with the component on it."""

    def site(route: Route) -> None:
        html = '<!doctype html><meta charset="utf-8"><div id="root"></div><script src="/book.js"></script>'
        script = route.request.url.endswith(".js")
        route.fulfill(body=bundle if script else html, content_type="text/javascript" if script else "text/html")

    opened = open_page(server.address, expect=("Failed to load resource",))
    opened.route("**/book*", site)
    opened.goto(f"{server.address}book.html")
    return opened


def test_markdown_is_rendered_and_marks_are_links(page: Page, server: PageServer) -> None:
    written = "It **would** tip [3]. See a[2]. <img src=x onerror=alert(1)> ![x](http://elsewhere.example/x.png)"
    marks = frame({"type": "data-citation", "data": {"number": 3, "id": "c", "url": "u", "at": 17}})
    citations = {
        "text": written.replace("[3]", "[1]"),
        "cited": [{"number": 1, "source": 3, "sentence": "It is linear.", "supported": True}],
        "marks": [{"at": 17, "number": 1}],
        "also_read": [1, 2],
    }
    answered(page, server, Script([opening(), delta(written), marks, closing(citations)]))
    answer = page.locator("article").nth(1)
    expect(answer.locator("strong")).to_have_text("would")
    expect(answer.locator("p a")).to_have_text("[1]")
    expect(answer.locator("p a")).to_have_attribute("href", SOURCES[2]["url"])
    expect(answer).to_contain_text("See a[2].")
    expect(answer.locator("img")).to_have_count(0)
    expect(answer.locator("li")).to_have_text("[1] Balance › Standing › The linear model")
    (asked,) = server.asked
    assert asked["page_url"].endswith("/book.html")


def test_no_passage_is_shown_before_the_first_word_and_a_refusal_says_what_its_sources_are(
    page: Page, server: PageServer
) -> None:
    said = "The book does not seem to cover this."
    read = Event()
    server.scripts.append(Script([opening(verdict="not_covered"), read, delta(said), closing(reason="refused")]))
    page_server.ask(page)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert page.locator("article li").count() == 0
    read.set()
    expect(page.locator("article h4")).to_have_text("Nearest sections")
    expect(page.locator("article").nth(1)).to_have_text(re.compile(f"^{said}Nearest sections"))


def test_a_selection_without_an_address_is_no_dead_link(page: Page, server: PageServer) -> None:
    selection = SOURCES[0] | {"url": "", "title": "Selection", "heading_path": []}
    mark = frame({"type": "data-citation", "data": {"number": 1, "id": "c", "url": "", "at": 4}})
    answered(page, server, Script([opening(sources=[selection]), delta("Yes [1]."), mark, closing()]))
    answer = page.locator("article").nth(1)
    expect(answer).to_contain_text("Yes [1].")
    expect(answer.locator("li")).to_have_text("[1] Selection")
    expect(answer.locator("a")).to_have_count(0)


@pytest.mark.parametrize("where", ["before", "within"])
def test_an_error_is_a_sentence(page: Page, server: PageServer, where: str) -> None:
    told = "Too many questions. Please wait a minute."
    if where == "before":
        body = json.dumps({"error": {"code": "too_many_requests", "message": told}, "detail": told}).encode()
        server.scripts.append(Script(status=429, body=body))
    else:
        server.scripts.append(Script([opening(), delta("It "), frame({"type": "error", "errorText": told})]))
    page_server.ask(page)
    alert = page.get_by_role("alert")
    expect(alert).to_have_text(f"{told} Try again")
    server.scripts.append(Script([opening(), delta("It would tip."), closing()]))
    alert.get_by_role("button").click()
    expect(page.locator("article").nth(1)).to_contain_text("It would tip.")
    assert ORIGIN in str(page.locator("li a").first.get_attribute("href"))
