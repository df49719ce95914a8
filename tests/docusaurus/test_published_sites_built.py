"""Whether the truth that `test_published_sites.py` compares with is still what the real Docusaurus makes.

What a site's settings, versions, sidebars and front matter decide is known when Docusaurus has loaded the site: which
pages there are, at which addresses, in which order, or why it is refused. So the sites that are about this are loaded,
and their addresses, versions and order compared. Their pages are a title and a line of plain Markdown; whether
Docusaurus still renders such pages as the truth has them is seen on the sites that are built, whose words, headings and
mistakes are compared as well. Building the others too would take minutes and show nothing more.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.docusaurus.published_sites import LOADED, SITES, TRUTH, load_sites
from tests.docusaurus.site_build import BUILDS_SITES

pytestmark = BUILDS_SITES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all sites, so that webpack's cache serves them all."""
    return tmp_path_factory.mktemp("published") / "site"


@pytest.mark.parametrize("name", [name for name in SITES if name not in LOADED])
def test_the_truth_is_what_docusaurus_makes(name: str, folder: Path) -> None:
    assert SITES[name].built(folder) == json.loads(TRUTH.read_text("utf-8"))[name]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Docusaurus makes of the sites that are loaded and not bundled, which takes seconds for all."""
    return load_sites(LOADED, tmp_path_factory.mktemp("loaded").resolve())


@pytest.mark.parametrize("name", LOADED)
def test_every_address_is_the_one_that_docusaurus_gives_the_page(name: str, loaded: dict[str, Any]) -> None:
    truth = json.loads(TRUTH.read_text("utf-8"))[name]
    if "pages" in truth:
        pages = {each: {key: page[key] for key in ("doc", "version")} for each, page in truth["pages"].items()}
        truth = truth | {"pages": pages}
    assert loaded[name] == truth
