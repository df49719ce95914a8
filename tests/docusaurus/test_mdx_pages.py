"""The pages that `test_mdx_truth.py` compares with, built by the real Docusaurus: whether its truth is still the truth.

`MDX_BUILD` names a folder that holds the build already; otherwise the site is built, which takes minutes.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docusaurus.mdx_truth import TRUTH, published, write_site

BOOK = Path(__file__).parents[2] / "book"
BUILD_SECONDS = 3000

pytestmark = [
    pytest.mark.docusaurus,
    pytest.mark.conformance,
    pytest.mark.timeout(BUILD_SECONDS + 600),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site's HTML."""
    given = os.environ.get("MDX_BUILD")
    if given:
        return Path(given)
    site = write_site(tmp_path_factory.mktemp("mdx") / "site")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(BOOK / name, site / name)
    if (BOOK / "node_modules").is_dir():
        (site / "node_modules").symlink_to(BOOK / "node_modules")
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        if command[1] == "ci" and (site / "node_modules").exists():
            continue
        done = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return site / "build"


def test_the_truth_is_what_docusaurus_makes(build: Path) -> None:
    assert published(build) == json.loads(TRUTH.read_text("utf-8"))
