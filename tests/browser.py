"""A real Chromium for tests, behind the fixtures `browser` and `open_page`; without one they are skipped, aloud."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

OpenPage = Callable[..., Page]
Served = TypeVar("Served")


class Start(Protocol):
    """The fixture `start`."""

    def __call__(self, server: AbstractContextManager[Served], /) -> Served: ...


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
REFUSED = "Failed to load resource: net::ERR_CONNECTION_REFUSED"  # what a page logs whose server is away
SKIPPED = (
    "Chromium is not installed: the chat page was not driven. Install one (Debian: apt-get install chromium), or name "
    "it in CHROMIUM."
)


def find_chromium() -> str | None:
    """The path of a Chromium: the one named by CHROMIUM, else one of this machine, else None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A Chromium; skips the test where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip(SKIPPED)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened_pages(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a fresh profile; the test fails where the page logs an error or breaks its own policy.

    It fails, too, where a server that the page used was stopped before the page was closed: whether the page asks for
    something meanwhile, and logs an error, is chance.
    """
    expect.set_options(timeout=WAIT_MILLISECONDS)
    closing: list[Callable[[], None]] = []
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
        page = context.new_page()
        used: set[str] = set()
        page.set_default_timeout(WAIT_MILLISECONDS)

        def note(text: str) -> None:
            if not any(known in text for known in expect):
                troubles.append(text)

        def refuse(dialog: Dialog) -> None:
            note(f"dialog: {dialog.message}")
            dialog.dismiss()

        def close() -> None:
            for host in filter(stopped, used if context.pages else ()):
                note(f"{REFUSED}: the server at {host} was stopped before the page was closed")
            context.close()

        closing.append(close)
        context.on("response", lambda response: used.add(urlsplit(response.url).netloc))
        page.on("pageerror", lambda error: note(f"uncaught: {error}"))
        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("dialog", on_dialog or refuse)
        page.goto(address)
        return page

    yield open_at
    for close in closing:
        close()
    if troubles:
        pytest.fail("\n".join(dict.fromkeys(troubles)))


def stopped(host: str) -> bool:
    """Whether nobody listens any more at a `name:port`; of another machine's it is not said."""
    name, _, port = host.partition(":")
    if name not in ("localhost", "127.0.0.1") or not port:
        return False
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) != 0


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
