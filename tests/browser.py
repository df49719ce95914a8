"""A real Chromium for tests: fixtures `browser` and `open_page`; without one the tests are skipped, aloud.

A test module takes them with `browser = chromium.browser` and `open_page = chromium.open_page`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

OpenPage = Callable[..., Page]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",  # the suite may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # A browser that calls nobody by itself.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MILLISECONDS = 15_000  # for what comes about at once, on a machine at work
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
SKIPPED = (
    "NO CHROMIUM: the chat page was not driven. Install one (Debian: apt-get install chromium), or name it in CHROMIUM."
)


def find_chromium() -> str | None:
    """The path of a Chromium: the one named by CHROMIUM, else one of this machine, else None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip(SKIPPED)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a fresh profile; the test fails where the page logs an error or breaks its own policy.

    Where a test starts a server itself, it opens the page with `with … as page`: a page that outlives its server may
    still ask for something, and logs that as an error.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_at(
        address: str,
        *,
        width: int = 1000,
        height: int = 900,
        expect: tuple[str, ...] = (),
        on_dialog: Callable[[Dialog], None] | None = None,
        **more: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)

        def note(text: str) -> None:
            if not any(known in text for known in expect):
                troubles.append(text)

        def refuse(dialog: Dialog) -> None:
            note(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("pageerror", lambda error: note(f"uncaught: {error}"))
        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("dialog", on_dialog or refuse)
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    if troubles:
        pytest.fail("\n".join(dict.fromkeys(troubles)))


def axe_violations(page: Page, within: str | None = None, *, without: str | None = None) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and its best practices, one line each.

    `within` selects the part of the page that is looked at, `without` one that is left out.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger, which the page's policy does not bind
    part = {"include": [[within or "html"]], "exclude": [[without]] if without else []}
    found: list[dict[str, Any]] = page.evaluate("async (part) => (await axe.run(part)).violations", part)
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for violation in found
        for node in violation["nodes"]
    ]
