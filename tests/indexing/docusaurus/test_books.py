"""What a whole site publishes: versions, languages, drafts, unlisted pages, addresses that clash."""

from pathlib import Path

from tests.indexing.docusaurus.sites import config, fatal, needs_node, read, urls

Files = dict[str, str | bytes]


def test_drafts_are_left_out_and_unlisted_pages_only_by_default(tmp_path: Path) -> None:
    files: Files = {
        "docs/a.md": "# A",
        "docs/d.md": "---\ndraft: true\n---\n# D",
        "docs/u.md": "---\nunlisted: true\n---\n# U",
        "docs/_p.md": "# P",
    }
    book = read(tmp_path, files)
    assert urls(book) == ["/docs/a"]
    assert book.drafts == ("docs/d.md",)
    assert book.excluded == ("docs/_p.md",)
    assert urls(read(tmp_path, include_unlisted=True)) == ["/docs/a", "/docs/u"]


def test_the_newest_listed_version_is_the_latest(tmp_path: Path) -> None:
    files: Files = {"docs/a.md": "# A", "versions.json": '["2.0", "1.0"]'}
    files |= {f"versioned_docs/version-{name}/a.md": "# A" for name in ("2.0", "1.0")}
    book = read(tmp_path, files)
    assert {(page.version, page.url, page.latest) for page in book.pages} == {
        ("current", "/docs/next/a", False),
        ("2.0", "/docs/a", True),
        ("1.0", "/docs/1.0/a", False),
    }


@needs_node
def test_version_options_are_followed(tmp_path: Path) -> None:
    docs = {
        "includeCurrentVersion": False,
        "onlyIncludeVersions": ["2.0", "1.0"],
        "lastVersion": "1.0",
        "versions": {"2.0": {"path": "beta"}},
    }
    files: Files = {
        "docusaurus.config.js": config(presets=[["classic", {"docs": docs}]]),
        "docs/a.md": "# A",
        "versions.json": '["3.0", "2.0", "1.0"]',
    }
    files |= {f"versioned_docs/version-{name}/a.md": "# A" for name in ("3.0", "2.0", "1.0")}
    assert urls(read(tmp_path, files)) == ["/docs/a", "/docs/beta/a"]


def test_a_version_list_that_is_no_list_is_named(tmp_path: Path) -> None:
    for text in ("{", "3", '["../x"]', "\x00"):
        book = read(tmp_path, {"docs/a.md": "# A", "versions.json": text})
        assert urls(book) == ["/docs/a"]
        assert [problem.source for problem in book.problems] == ["versions.json"]


def test_a_version_without_its_folder_is_named(tmp_path: Path) -> None:
    book = read(tmp_path, {"docs/a.md": "# A", "versions.json": '["1.0"]'})
    assert urls(book) == ["/docs/next/a"]
    assert "version '1.0' is not there" in book.problems[0].message


def test_languages_fall_back_page_by_page(tmp_path: Path) -> None:
    translated = "i18n/ur/docusaurus-plugin-content-docs/current"
    files: Files = {
        "docs/a.md": "# A\n\n## One\n",
        "docs/b.md": "# B\n\n## Two\n",
        f"{translated}/a.md": "---\nslug: alif\n---\n# الف\n\n## ایک\n",
        f"{translated}/only-here.md": "# X",
    }
    book = read(tmp_path, files, locales="en,ur")
    pages = {page.url: page for page in book.pages}
    assert sorted(pages) == ["/docs/a", "/docs/b", "/ur/docs/alif", "/ur/docs/b"]
    assert pages["/ur/docs/alif"].localized
    assert pages["/ur/docs/alif"].headings[1].id == "ایک"
    assert not pages["/ur/docs/b"].localized
    assert pages["/ur/docs/b"].headings is pages["/docs/b"].headings
    assert book.locales == ("en", "ur")


def test_languages_are_found_where_nothing_names_them(tmp_path: Path) -> None:
    files: Files = {"docs/a.md": "# A", "i18n/fr/docusaurus-plugin-content-docs/current/a.md": "# Ah"}
    assert urls(read(tmp_path, files)) == ["/docs/a", "/fr/docs/a"]


def test_the_same_text_in_two_versions_is_read_once_and_its_problems_named_twice(tmp_path: Path) -> None:
    files: Files = {"docs/a.md": "# A\n\n## X\n", "versions.json": '["1.0"]'}
    files["versioned_docs/version-1.0/a.md"] = files["docs/a.md"]
    first, second = read(tmp_path, files).pages
    assert first.headings is second.headings
    assert first.source != second.source


def test_of_two_pages_with_one_address_the_one_that_docusaurus_shows_is_kept(tmp_path: Path) -> None:
    files: Files = {
        "docs/x/README.md": "# Read me",
        "docs/x/index.md": "# Index",
        "docs/c/index.md": "# Index",
        "docs/c/c.md": "# C",
        "docs/one.md": "---\nslug: /same\n---\n# One",
        "docs/two.md": "---\nslug: /same/\n---\n# Two",
    }
    book = read(tmp_path, files)
    assert {page.url: page.source for page in book.pages} == {
        "/docs/x/": "docs/x/index.md",
        "/docs/c/": "docs/c/c.md",
        "/docs/same": "docs/one.md",
    }
    assert sorted(fatal(book)) == ["docs/c/index.md", "docs/two.md", "docs/x/README.md"]


def test_two_files_with_one_id_are_named(tmp_path: Path) -> None:
    book = read(tmp_path, {"docs/01-a.md": "# One", "docs/02-a.md": "# Two"})
    assert urls(book) == ["/docs/a"]
    assert "its id 'a'" in fatal(book)["docs/02-a.md"]


def test_trailing_slash_is_applied(tmp_path: Path) -> None:
    files: Files = {"docs/a.md": "# A", "docs/b/index.md": "# B", "docs/index.md": "# Home"}
    assert urls(read(tmp_path, files)) == ["/docs/", "/docs/a", "/docs/b/"]
    assert urls(read(tmp_path, trailing_slash=True)) == ["/docs/", "/docs/a/", "/docs/b/"]
    assert urls(read(tmp_path, trailing_slash=False)) == ["/docs", "/docs/a", "/docs/b"]
    assert urls(read(tmp_path, trailing_slash=False, route_base_path="/", base_url="/x")) == ["/x/", "/x/a", "/x/b"]


def test_partials_bring_their_headings(tmp_path: Path) -> None:
    files: Files = {
        "docs/a.mdx": "import P from './_p.mdx';\nimport S from '@site/parts/s.md';\n\n# A\n\n<P/>\n\n<S/>\n",
        "docs/_p.mdx": "---\ntitle: ignored\n---\n\n## From P\n",
        "parts/s.md": "## From S\n",
    }
    headings = read(tmp_path, files).pages[0].headings
    assert [(h.text, h.id, h.imported) for h in headings[1:]] == [
        ("From P", "from-p", True),
        ("From S", "from-s", True),
    ]


def test_an_h1_that_differs_from_the_title_is_text_of_the_page(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docs/a.md": "---\ntitle: Updating to v6\n---\n\n# Updating from 5 to 6\n\nText.\n\n## Part\n\nMore.\n",
        "docs/b.md": "Before it.\n\n# A late heading\n\n## Part\n",
        "docs/c.md": "---\ntitle: The whole title\n---\n\n# The title\n\nText.\n",
        "docs/d.md": "# The same\n\nText.\n",
    }
    texts = {
        page.title: [[block.text for block in section.blocks] for section in page.sections]
        for page in read(tmp_path, files).pages
    }
    assert texts == {
        "Updating to v6": [["Updating from 5 to 6", "Text."], ["More."]],
        "b": [["Before it."], ["A late heading"], []],
        "The whole title": [["Text."]],
        "The same": [["Text."]],
    }
