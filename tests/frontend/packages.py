"""The packages that build and check the widget: those of the lockfile in `frontend/`, in its `node_modules`."""

import fcntl
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

FRONTEND = Path(__file__).parents[2] / "frontend"
NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the widget's source is not built")


def run(*command: str) -> None:
    """Run a command in `frontend/`; AssertionError with its output where it fails."""
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def install_packages() -> None:
    """Install the packages, unless those of the lockfile are there; one test process at a time."""
    installed, wanted = FRONTEND / "node_modules" / ".package-lock.json", FRONTEND / "package-lock.json"
    with wanted.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")


def bundle(folder: Path, *sources: str) -> Path:
    """One module with all that the modules `sources` of `frontend/src/` export, made by the widget's own build tool.

    The committed files do not export it.
    """
    install_packages()
    entry = folder / "entry.ts"
    entry.write_text("".join(f"export * from {str(FRONTEND / 'src' / source)!r};\n" for source in sources), "utf-8")
    entities = f"--alias:entities={FRONTEND / 'src/panel/answer/entities.ts'}"  # as the widget is built
    out = f"--outfile={folder / 'bundle.js'}"
    run("npx", "--no-install", "esbuild", str(entry), "--bundle", "--format=esm", entities, out)
    return folder / "bundle.js"


def serve_bundle(page: Page, path: str, bundle: Path) -> None:
    """Give the page the bundle at `path`."""

    def fulfill(bundle: Path, route: Route) -> None:
        route.fulfill(path=bundle, content_type="text/javascript")

    page.route(f"**{path}", partial(fulfill, bundle))
