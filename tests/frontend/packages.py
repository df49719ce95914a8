"""The packages that build and check the widget: those of the lockfile in `frontend/`, in its `node_modules`."""

import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the widget's source is not built")


def run(*command: str) -> None:
    """Run a command in `frontend/`; AssertionError with its output where it fails."""
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def install_packages() -> None:
    """Install the packages, unless they are there."""
    if not (FRONTEND / "node_modules" / ".package-lock.json").exists():
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
