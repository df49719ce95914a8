"""The pictures of `docs/widget.md` in the sample book's site: `python -m tests.docusaurus.widget_pictures FOLDER`.

They want typefaces with Urdu letters (Debian: fonts-noto-core). `WIDGET_SITE_BUILD` and `WIDGET_SITE_DATA` name a built
site and a data folder with the sample book's index that are there already.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.settings import AppSettings
from tests.browser import ARGUMENTS, find_chromium
from tests.docusaurus.site_build import BOOK
from tests.docusaurus.widget_pages import CARDS, QUESTION, address_of, listener, until
from tests.docusaurus.widget_site import Widget, build_with_plugin, served_site
from tests.gemini_server import GeminiServer, Reply
from tests.serving import build_small_index, serving

PAGE = "/docs/locomotion/zero-moment-point"
ANSWER = (
    "The ground can only **push**: it never pulls on a foot [1]. The point where its whole push acts is an average of "
    "points of contact, so it lies inside their hull [1]. When it reaches the edge, the foot begins to **tip** about "
    "that edge [2]."
)
URDU_QUESTION = "زیرو مومنٹ پوائنٹ سہارے کے کثیر الاضلاع سے باہر کیوں نہیں جا سکتا؟"
URDU_ANSWER = "زمین صرف **دھکیل** سکتی ہے، کھینچ نہیں سکتی، اس لیے یہ نقطہ سہارے کے کثیر الاضلاع کے اندر رہتا ہے [1]۔"


class Camera:
    """Takes the pictures of one site."""

    def __init__(self, browser: Browser, site: str, model: GeminiServer, folder: Path) -> None:
        self.browser, self.site, self.model, self.folder = browser, site, model, folder

    @contextmanager
    def page(self, path: str, width: int = 1200, height: int = 760, **more: Any) -> Iterator[Page]:
        """A page of the site in a profile of its own.

        The site's policy is left out: it forbids Docusaurus's own style attributes, without which its icons take room.
        """
        context = self.browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True, **more)
        page = context.new_page()
        if more.get("color_scheme") == "dark":
            page.add_init_script("localStorage.setItem('theme', 'dark')")  # Docusaurus follows its own switch
        page.goto(f"{self.site}{path}", wait_until="networkidle")
        yield page
        context.close()

    def ask(self, page: Page, question: str, answer: str) -> None:
        """Have a question answered in the panel."""
        self.model.script(Reply(chunks=(answer,)))
        page.evaluate("bookrag.open()")
        page.locator("#bookrag-question").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".log[aria-busy=false] .place").first).to_be_visible(timeout=60_000)

    def take(self, page: Page, name: str) -> None:
        """Write the picture, once nothing moves any more."""
        page.wait_for_timeout(800)
        page.screenshot(path=self.folder / f"{name}.png")


def cited(camera: Camera, name: str, path: str, question: str, answer: str, **more: Any) -> None:
    """A passage that is marked on its page, beside the answer that cites it."""
    camera.model.condense = Reply(chunks=(question,))  # what is searched for: the question as it is
    with camera.page(path, **more) as page:
        camera.ask(page, question, answer)
        page.locator(f"{CARDS} a.place").first.click()
        until(page, "CSS.highlights.has('bookrag-passage')")
        camera.take(page, name)


def take_all(camera: Camera) -> None:
    """All pictures of the plugin's site."""
    cited(camera, "widget-light", "/docs", QUESTION, ANSWER, color_scheme="light")
    cited(camera, "widget-dark", "/docs", QUESTION, ANSWER, color_scheme="dark")
    cited(camera, "widget-urdu", "/ur/docs", URDU_QUESTION, URDU_ANSWER)
    with camera.page(PAGE, width=390) as page:
        camera.ask(page, QUESTION, ANSWER)
        camera.take(page, "widget-phone")
    with camera.page(PAGE, height=560) as page:
        page.evaluate("getSelection().selectAllChildren(document.querySelector('article p'))")
        camera.take(page, "widget-selection")


def take_navbar(camera: Camera) -> None:
    """The site whose navbar has an item in place of the floating button."""
    with camera.page(PAGE) as page:
        page.get_by_role("button", name="Questions").click()
        camera.take(page, "widget-navbar")


def main() -> None:
    """Write the pictures into the folder that the command names."""
    folder = Path(sys.argv[1])
    given, data = os.environ.get("WIDGET_SITE_BUILD"), os.environ.get("WIDGET_SITE_DATA")
    with tempfile.TemporaryDirectory() as made, GeminiServer() as model, listener() as one, listener() as other:
        build = Path(given) if given else build_with_plugin(Path(made))
        if not data:
            build_small_index(Path(made) / "data", BOOK / "docs")
        settings = AppSettings(_env_file=None, cors_origins=f"{address_of(one)},{address_of(other)}")
        kinds: tuple[tuple[Widget, Any, Any], ...] = (("plugin", one, take_all), ("navbar", other, take_navbar))
        with (
            serving(Path(data or f"{made}/data"), gemini_url=model.url, app=settings) as service,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            for widget, socket, take in kinds:
                with served_site(build, socket, service.url, widget=widget) as site:
                    take(Camera(browser, site, model, folder))
            browser.close()


if __name__ == "__main__":
    main()
