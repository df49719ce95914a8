"""The widget's source is typed and linted, and the files that are committed are what it builds to.

The packages come from the lockfile in `frontend/`, into its `node_modules`.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.widget.router import STATIC_DIR

FRONTEND = Path(__file__).parents[2] / "frontend"
LOADER_BYTES = 5_000
PANEL_BYTES = 85_000
NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the widget's source is not built")


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def packages() -> None:
    if not (FRONTEND / "node_modules" / ".package-lock.json").exists():
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")


@NODE
@pytest.mark.conformance
@pytest.mark.timeout(300)
def test_the_committed_files_are_what_the_source_builds_to(packages: None, tmp_path: Path) -> None:
    run("node", "build.mjs", str(tmp_path))
    assert contents(STATIC_DIR) == contents(tmp_path)


@NODE
@pytest.mark.conformance
@pytest.mark.timeout(300)
def test_types_and_lint_are_clean(packages: None) -> None:
    run("npx", "--no-install", "tsc")
    run("npx", "--no-install", "eslint", ".")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_loader_and_the_panel_keep_to_their_sizes() -> None:
    manifest = json.loads((STATIC_DIR / "manifest.json").read_text())
    sizes = {name: file["gzip_bytes"] for name, file in manifest["files"].items()}
    assert sizes["widget.js"] <= LOADER_BYTES
    assert sizes[manifest["panel"]] <= PANEL_BYTES
    assert manifest["panel"] in (STATIC_DIR / "widget.js").read_text()


def test_the_lockfile_names_no_host() -> None:
    for lock in FRONTEND.rglob("package-lock.json"):
        if "node_modules" not in lock.parts:
            assert not re.search(r'"resolved"|https?://(?!\w*\.?(?:github|opencollective|paypal|eslint|tidelift|patreon))', lock.read_text())
