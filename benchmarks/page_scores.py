"""Lighthouse's score of a book's page with the widget and without it: `python -m benchmarks.page_scores [ROUNDS]`.

The page is one of the sample book's site, built by the real Docusaurus and served compressed under a strict content
policy; `WIDGET_SITE_BUILD` names a build that is there already. Lighthouse (pinned in `benchmarks/lighthouse`) loads it
as a phone on slow 4G. Scores differ from run to run, so both kinds take turns and the medians are compared.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import find_chromium
from tests.docusaurus.widget_site import Widget, build_with_plugin, served_site
from tests.page_server import PageServer

LIGHTHOUSE = Path(__file__).parent / "lighthouse"
PATH = "/docs/locomotion/zero-moment-point"
ROUNDS = 9
KINDS: tuple[Widget, ...] = ("none", "plugin")
FIGURES = (
    ("cumulative-layout-shift", "layout shift", 1.0),
    ("total-blocking-time", "main thread blocked, ms", 1.0),
    ("largest-contentful-paint", "largest paint, ms", 1.0),
    ("total-byte-weight", "loaded, kB", 1000.0),
)


def install() -> None:
    """Install Lighthouse, unless it is there."""
    if not (LIGHTHOUSE / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=LIGHTHOUSE, check=True)


def report(address: str) -> dict[str, Any]:
    """Lighthouse's report on a page."""
    command = ["npx", "--no-install", "lighthouse", address, "--output=json", "--quiet"]
    flags = ["--only-categories=performance", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    environment = {**os.environ, "CHROME_PATH": str(find_chromium())}
    done = subprocess.run([*command, *flags], cwd=LIGHTHOUSE, env=environment, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(build: Path, rounds: int) -> dict[Widget, list[dict[str, Any]]]:
    """The reports of each kind of page."""
    reports: dict[Widget, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    with PageServer() as server:
        service = server.address.rstrip("/")
        for at in range(rounds):
            for kind in KINDS if at % 2 == 0 else reversed(KINDS):
                listener = socket.create_server(("127.0.0.1", 0))
                with listener, served_site(build, listener, service, widget=kind) as address:
                    reports[kind].append(report(f"{address}{PATH}"))
    return reports


def main() -> None:
    """Print the medians."""
    install()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    given = os.environ.get("WIDGET_SITE_BUILD")
    folder = Path(tempfile.mkdtemp(prefix="bookrag-site-"))
    reports = measure(Path(given) if given else build_with_plugin(folder), rounds)
    shutil.rmtree(folder)
    for kind, name in zip(KINDS, ("without the widget", "with the widget"), strict=True):
        scores = [round(100 * each["categories"]["performance"]["score"]) for each in reports[kind]]
        print(f"{name}: performance {statistics.median(scores):g} (from {min(scores)} to {max(scores)})")
        for audit, label, unit in FIGURES:
            values = [each["audits"][audit]["numericValue"] / unit for each in reports[kind]]
            print(f"  {label}: {statistics.median(values):.3g} (from {min(values):.3g} to {max(values):.3g})")


if __name__ == "__main__":
    main()
