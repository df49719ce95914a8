"""Builds of Docusaurus sites by the real Docusaurus, with the packages of the sample book."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"
BUILD_SECONDS = 3000


def build_site(site: Path, packages: Sequence[Path] = ()) -> Path:
    """The folder with the HTML of the site in `site`; AssertionError with npm's output where the build fails.

    The packages are those of the sample book: `npm ci` installs them unless they are installed there already.
    `packages` are folders of further ones, which are copied beside them.
    """
    for name in ("package.json", "package-lock.json"):
        shutil.copy(BOOK / name, site / name)
    modules = site / "node_modules"
    if (BOOK / "node_modules").is_dir():
        modules.mkdir()
        for package in (BOOK / "node_modules").iterdir():
            (modules / package.name).symlink_to(package)
    else:
        _npm(site, "ci", "--no-audit", "--no-fund")
    for package in packages:
        shutil.copytree(package, modules / package.name)
    _npm(site, "run", "build")
    return site / "build"


def _npm(site: Path, *arguments: str) -> None:
    # With CI set, Docusaurus refuses pages that it only warns of elsewhere, as partials with front matter. Authors
    # publish such pages from their own machines, so the comparison needs them built.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "NODE_ENV")}
    done = subprocess.run(
        ["npm", *arguments],
        cwd=site,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
