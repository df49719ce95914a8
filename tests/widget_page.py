"""What tests of the widget do on a page: open its panel, ask, wait for the answer's end."""

from playwright.sync_api import Page, expect

from tests.page_server import PageServer, Script, wait_until_drawn

# Gives a page more styles: a sheet that a script adopts is not bound by the page's policy.
STYLED = """(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }"""


def open_panel(page: Page, title: str = "Ask the book") -> None:
    page.get_by_role("button", name=title).click()
    expect(page.get_by_role("dialog", name=title)).to_be_visible()


def ask(page: Page, question: str = "Why?") -> None:
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")


def wait_for_end(page: Page) -> None:
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="Conversation")).to_have_attribute("aria-busy", "false")
    wait_until_drawn(page)


def answered(page: Page, server: PageServer, script: Script, question: str = "Why?") -> None:
    server.scripts.append(script)
    ask(page, question)
    wait_for_end(page)
