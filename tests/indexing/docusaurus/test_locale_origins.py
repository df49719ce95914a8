"""A site with a domain for each language, as `localeConfigs` has it: one origin for each goes into every address."""

from pathlib import Path

import pytest

from indexing.link_check import dead_internal_links
from indexing.read_book import read_book
from indexing.site_check import check_site
from tests.indexing.docusaurus.sites import book_settings, config, needs_node, read, write_site

pytestmark = needs_node
LOCALES = {
    "defaultLocale": "en",
    "locales": ["en", "ur", "de"],
    "localeConfigs": {
        "ur": {"url": "https://ur.book.example", "baseUrl": "/"},
        "de": {"url": "https://de.book.example/"},
    },
}
FILES: dict[str, str | bytes] = {
    "docusaurus.config.js": config(i18n=LOCALES),
    "docs/a.md": "# A\n\n[b](/docs/b)\n",
    "docs/b.md": "# B\n\n## Only English\n",
    "i18n/ur/docusaurus-plugin-content-docs/current/b.md": "# B\n\n## Only Urdu\n",
}


def test_each_language_has_its_own_origin_and_none_is_the_others_rival(tmp_path: Path) -> None:
    book = read(tmp_path, FILES)
    assert book.problems == ()
    assert book.site_url == "https://book.example"
    assert book.locale_urls == {"ur": "https://ur.book.example", "de": "https://de.book.example"}
    assert book.addresses == {
        "https://book.example/docs/a",
        "https://book.example/docs/b",
        "https://ur.book.example/docs/a",
        "https://ur.book.example/docs/b",
        "https://de.book.example/de/docs/a",
        "https://de.book.example/de/docs/b",
    }
    assert book.site_facts["site_url:ur"] == "https://ur.book.example"


def test_links_and_the_built_site_are_looked_up_in_their_own_language(tmp_path: Path) -> None:
    write_site(tmp_path, FILES)
    reading = read_book(book_settings(tmp_path))
    assert dead_internal_links(reading) == []
    pages = {
        "docs/a/index.html": "",
        "docs/b/index.html": '<h2 id="only-english">',
        "de/docs/a/index.html": "",
        "de/docs/b/index.html": '<h2 id="only-english">',
    }
    build = write_site(tmp_path / "built", {name: f"<html>{text}" for name, text in pages.items()})
    assert check_site(reading.book.pages, str(build), locale_urls=reading.book.locale_urls).dead == ()


@pytest.mark.parametrize("url", ["ur.book.example", "https://ur.book.example/x"])
def test_an_origin_that_docusaurus_refuses_is_refused(tmp_path: Path, url: str) -> None:
    i18n = {"defaultLocale": "en", "locales": ["en", "ur"], "localeConfigs": {"ur": {"url": url}}}
    book = read(tmp_path, {"docusaurus.config.js": config(i18n=i18n), "docs/a.md": "# A"})
    assert any("language ur" in doubt for doubt in book.unsure)


def test_a_translation_whose_ending_differs_is_named(tmp_path: Path) -> None:
    folder = "i18n/ur/docusaurus-plugin-content-docs/current"
    i18n = {"defaultLocale": "en", "locales": ["en", "ur"]}
    files: dict[str, str | bytes] = {
        "docusaurus.config.js": config(i18n=i18n),
        "docs/a.md": "# A",
        "docs/b.mdx": "# B",
        "docs/c.md": "# C",
        f"{folder}/a.mdx": "# A",
        f"{folder}/b.md": "# B",
        f"{folder}/c.md": "# C",
    }
    named = {problem.source: problem.message for problem in read(tmp_path, files).problems}
    assert named.keys() == {f"{folder}/a.mdx", f"{folder}/b.md"}
    assert "rename it to a.md" in named[f"{folder}/a.mdx"]
