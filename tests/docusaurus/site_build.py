"""Builds of Docusaurus sites by the real Docusaurus, with the packages of the sample book."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
BUILD_SECONDS = 3000
RENDER = Path(__file__).parent / "render_site.cjs"
BUILDS_SITES = [
    pytest.mark.docusaurus,
    pytest.mark.conformance,
    pytest.mark.timeout(BUILD_SECONDS + 600),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]
"""The marks of a module that compares with what the real Docusaurus builds."""


def build_site(site: Path, packages: Sequence[Path] = (), *options: str) -> Path:
    """The folder with the HTML of the site in `site`; AssertionError with the output where the build fails.

    `packages` are folders of further packages, which are copied beside those of the sample book; `options` are those of
    the command.
    """
    with_packages(site, packages)
    done = run_docusaurus(site, "build", *options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return site / "build"


def render_site(site: Path) -> Path:
    """The same without the files that browsers load beside the HTML, which takes a third of the time."""
    with_packages(site)
    done = run_node(site, RENDER)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return site / "build"


def with_packages(site: Path, packages: Sequence[Path] = ()) -> None:
    """Give `site` the packages of the sample book, which are installed there if they are not yet.

    Webpack keeps its cache in the site's own `node_modules`, so each package is linked and not the whole folder.
    """
    installed, modules = BOOK / "node_modules", site / "node_modules"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(BOOK / name, site / name)
    if not installed.is_dir():
        done = _run(BOOK, "npm", "ci", "--no-audit", "--no-fund")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    modules.mkdir(exist_ok=True)
    for package in installed.iterdir():
        if not (modules / package.name).exists():
            (modules / package.name).symlink_to(package)
    for package in packages:
        shutil.copytree(package, modules / package.name)


def run_docusaurus(
    site: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """One command of Docusaurus, with `environment` beside this process's."""
    return _run(site, "npx", "--no-install", "docusaurus", *arguments, environment=environment)


def run_node(
    site: Path, script: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """A script of these tests, given the site's folder and `arguments`."""
    return _run(site, "node", str(script), str(site), *arguments, environment=environment)


def _run(site: Path, *command: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    # With CI set, Docusaurus refuses pages that it only warns of elsewhere, as partials with front matter. Authors
    # publish such pages from their own machines, so the comparison needs them built.
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "NODE_ENV")}
    return subprocess.run(
        command,
        cwd=site,
        env=inherited | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
