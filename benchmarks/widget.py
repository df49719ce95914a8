"""How long it takes from opening the widget to its focused question field, in Chromium: `python -m benchmarks.widget`.

Warm is a panel whose file is loaded; cold is the first opening, without the button having been pointed at, over a
connection of 150 ms and 1.6 Mbit/s (Lighthouse's slow 4G), emulated by Chromium. The field is the panel's own: what is
typed before it is there is kept by one that nobody sees.
"""

import statistics

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import ARGUMENTS, find_chromium
from tests.host_site import host_site
from tests.page_server import PageServer

RUNS = 9
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 750_000 / 8}
OPEN = """() => new Promise((resolve) => {
  const root = document.querySelector('[data-bookrag]').shadowRoot;
  const begun = performance.now();
  const look = () => {
    if (root.activeElement?.id === 'bookrag-question') resolve(performance.now() - begun);
    else requestAnimationFrame(look);
  };
  bookrag.open();
  look();
})"""


def cold_and_warm(browser: Browser, site: str) -> tuple[float, float]:
    """Milliseconds of the first opening of a fresh profile, and of the second."""
    page: Page = browser.new_page()
    page.goto(site, wait_until="load")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    cold = page.evaluate(OPEN)
    page.evaluate("bookrag.close()")
    warm = page.evaluate(OPEN)
    page.context.close()
    return cold, warm


def main() -> None:
    """Print the medians."""
    with PageServer() as server, host_site(server.address) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        cold, warm = zip(*(cold_and_warm(browser, site) for _ in range(RUNS)), strict=True)
        browser.close()
    for name, times in (("cold", cold), ("warm", warm)):
        print(f"{name}: median {statistics.median(times):.0f} ms, from {min(times):.0f} to {max(times):.0f}")


if __name__ == "__main__":
    main()
