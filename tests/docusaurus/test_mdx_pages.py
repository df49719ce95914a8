"""The pages that `test_mdx_truth.py` compares with, built by the real Docusaurus: whether its truth is still the truth.

`MDX_BUILD` names a folder that holds the build already; otherwise the site is built, which takes minutes.
"""

import json
import os
from pathlib import Path

import pytest

from tests.docusaurus.mdx_truth import TRUTH, published, write_site
from tests.docusaurus.site_build import BUILDS_SITES, render_site

pytestmark = BUILDS_SITES


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site's HTML."""
    given = os.environ.get("MDX_BUILD")
    if given:
        return Path(given)
    return render_site(write_site(tmp_path_factory.mktemp("mdx") / "site"))


def test_the_truth_is_what_docusaurus_makes(build: Path) -> None:
    assert published(build) == json.loads(TRUTH.read_text("utf-8"))
