"""A site of hard cases, file by file against what Docusaurus' own packages make of it (hard_site.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexing.docusaurus.docs import Doc, read_docs
from indexing.docusaurus.read_site import SETTINGS_FILE, read_site
from indexing.docusaurus.site_files import SiteFiles
from tests.indexing.docusaurus.sites import book_settings, needs_node, write_site

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "hard_site.json").read_text())
CONFIG = {
    "title": "Hard cases",
    "url": "https://x.org",
    "baseUrl": "/base/",
    "i18n": {
        "defaultLocale": "en",
        "locales": ["en", "ur", "de"],
        "localeConfigs": {"de": {"baseUrl": "/deutsch/", "path": "de-DE"}},
    },
    "presets": [["classic", {"docs": {"lastVersion": "2.0", "versions": {"1.0": {"path": "alt"}}}, "blog": False}]],
    "plugins": [
        [
            "@docusaurus/plugin-content-docs",
            {
                "id": "community",
                "path": "community",
                "routeBasePath": "/com/munity/",
                "numberPrefixParser": False,
                "exclude": ["README.md", "**/*.sum.md", "drafts", "{x,y}/**", "q?.md", "[ab]z.md"],
            },
        ],
        [
            "content-docs",
            {
                "id": "root",
                "path": "root",
                "routeBasePath": "/",
                "include": ["**/*.mdx", "a/**/*.md", "!a/b/**"],
            },
        ],
    ],
}
Key = tuple[str, str, str, str]


def _read(folder: Path) -> dict[Key, Doc]:
    site = read_site(book_settings(folder))
    docs = read_docs(site, SiteFiles(site))
    return {(doc.locale.name, doc.docs.id, doc.version.name, doc.file.source): doc for doc in docs}


def _expected() -> dict[Key, dict[str, Any]]:
    return {(row["locale"], row["instance"], row["version"], row["source"]): row for row in CASES["docs"]}


# The docs plugin takes them: webpack cannot load the first, and the router cannot decode the addresses of the others.
STOP_LATER = ("docs/names/a!b.md", "docs/slugs/s47.md", "docs/slugs/s48.md")


@pytest.fixture(params=[pytest.param("config", marks=needs_node), "file"])
def read_docs_of_site(request: pytest.FixtureRequest, tmp_path: Path) -> dict[Key, Doc]:
    write_site(tmp_path, CASES["files"])
    if request.param == "config":
        (tmp_path / "docusaurus.config.js").write_text(f"module.exports = {json.dumps(CONFIG)}")
    else:
        (tmp_path / SETTINGS_FILE).write_text(json.dumps(CONFIG))
    return _read(tmp_path)


def test_every_doc_is_what_docusaurus_says(read_docs_of_site: dict[Key, Doc]) -> None:
    found = read_docs_of_site
    seen: set[tuple[str, ...]] = set()
    differences: list[object] = []
    for key, row in _expected().items():
        if "error" in row:
            if key in found:
                differences.append((key, "should be refused"))
            continue
        if key[3] in STOP_LATER:
            if key in found:
                differences.append((key, "should be refused"))
            continue
        same_id = (*key[:3], row["id"])
        if same_id in seen:
            continue  # a build with two equal ids stops; which of them is kept is ours to say
        seen.add(same_id)
        doc = found.get(key)
        if doc is None:
            if not any(other.id == row["id"] and known[:3] == key[:3] for known, other in found.items()):
                differences.append((key, "is missing"))
            continue
        got = {
            "id": doc.id,
            "title": doc.title,
            "url": doc.url,
            "draft": doc.file.front.draft,
            "unlisted": doc.file.front.unlisted,
            "latest": doc.version.latest,
        }
        differences += [(key, name, value, row[name]) for name, value in got.items() if value != row[name]]
    assert differences == []


def test_nothing_else_is_published(read_docs_of_site: dict[Key, Doc]) -> None:
    expected = _expected()
    assert [key for key in read_docs_of_site if key[0] == "en" and key not in expected] == []
