"""`include` and `exclude` against what Docusaurus' globby finds in the same folder (globs.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexing.docusaurus.read_site import read_site
from indexing.docusaurus.site import Docs
from indexing.docusaurus.site_files import SiteFiles
from tests.indexing.docusaurus.sites import book_settings, write_site
from tests.tables import each_row

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "globs.json").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"), {f"docs/{name}": "x" for name in TRUTH["files"]})


@each_row("case", TRUTH["cases"])
def test_globs_take_the_files_that_globby_takes(site: Path, case: dict[str, Any]) -> None:
    docs = Docs(include=tuple(case["include"]), exclude=tuple(case["exclude"]))
    taken, _ = SiteFiles(read_site(book_settings(site))).below(site / "docs", docs)
    assert sorted(taken) == case["files"]


def test_what_is_left_out_is_told(site: Path) -> None:
    _, left = SiteFiles(read_site(book_settings(site))).below(site / "docs", Docs())
    assert "_p.md" in left
    assert "_d/x.md" in left
    assert "a.md" not in left
