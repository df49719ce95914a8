"""Links between the book's pages, and its addresses on a built site."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from indexing.link_check import dead_internal_links
from indexing.read_book import Reading, read_book
from indexing.site_check import check_site, heading_ids
from storage.errors import InputError
from tests.indexing.docusaurus.sites import book_settings, write_site

DOC = '<html class="docs-doc-page docs-doc-id-x"><head><script>"<h2 id=fake>"</script></head><body>{}</body></html>'


def _reading(folder: Path, files: dict[str, str | bytes], **settings: object) -> Reading:
    write_site(folder, files)
    return read_book(book_settings(folder, **settings))


def test_dead_links_are_found_and_live_ones_are_not(tmp_path: Path) -> None:
    text = """# A

[file](./b.mdx) [file and heading](b.mdx#two) [root](/sub/c.md) [address](/docs/b) [relative](sub/c)
[own](#here) [written](#by-hand) [outside](https://x.example/y) [mail](mailto:a@b.c) [static](/docs/file.pdf)
[blog](/blog/x) [tag](/docs/tags/x) <span id="by-hand"/>

## Here

[no file](./none.md) [no heading](./b.mdx#none) [no page](/docs/none) [no own](#none) [no relative](./nothing)
"""
    files: dict[str, str | bytes] = {"docs/a.mdx": text, "docs/b.mdx": "# B\n\n## Two\n", "docs/sub/c.md": "# C"}
    reading = _reading(tmp_path, files)
    dead = {link.target for link in dead_internal_links(reading)}
    assert dead == {"./none.md", "./b.mdx#none", "/docs/none", "#none", "./nothing"}


def test_an_admonitions_id_is_an_anchor_and_a_missing_heading_is_told_with_the_nearest(tmp_path: Path) -> None:
    page = """[note](#my-note) [other](#other) [near](#instalation)

## Installation

:::note[T]{#my-note .wide}

x

:::
"""
    dead = {link.target: link.reason for link in dead_internal_links(_reading(tmp_path, {"docs/a.mdx": page}))}
    assert dead == {
        "#other": "the page has no such heading",
        "#instalation": "the page has no such heading; the nearest is #installation",
    }


def test_the_same_dead_link_in_two_languages_is_named_once(tmp_path: Path) -> None:
    reading = _reading(tmp_path, {"docs/a.md": "# A\n\n[x](./none.md)\n"}, locales="en,ur")
    (dead,) = dead_internal_links(reading)
    assert (dead.source, dead.line, dead.target) == ("docs/a.md", 3, "./none.md")


def test_a_file_link_leads_to_the_file_that_is_used_in_its_language(tmp_path: Path) -> None:
    folder = "i18n/ur/docusaurus-plugin-content-docs/current"
    files: dict[str, str | bytes] = {
        "docs/a.md": "# A\n\n[same folder alone](./b.md) [any folder](b.md)\n",
        "docs/b.md": "# B",
        "docs/c.md": "# C",
        f"{folder}/b.md": "# ب\n\n[not translated](./c.md) [found in the book](c.md)\n",
    }
    dead = dead_internal_links(_reading(tmp_path, files, locales="en,ur"))
    assert [(link.source, link.target) for link in dead] == [("docs/a.md", "./b.md"), (f"{folder}/b.md", "./c.md")]


INDEX = '{"label": "%s", "link": {"type": "generated-index"%s}}'


@pytest.mark.parametrize("written", [False, True])
def test_the_pages_that_docusaurus_makes_for_categories_are_known(tmp_path: Path, written: bool) -> None:
    files: dict[str, str | bytes] = {
        "docs/a.md": "# A\n\n[1](/docs/category/my-parts) [2](/docs/category/my-parts-1) [3](/docs/made) [4](x/made)\n"
        "[no third](/docs/category/my-parts-2) [no label](/docs/category/none) [a page's](/docs/category/doc)\n",
        "docs/01-one/_category_.json": INDEX % ("My parts", ""),
        "docs/02-two/_category_.json": INDEX % ("My parts", ""),
        "docs/03-three/_category_.json": INDEX % ("Three", ', "slug": "/made"'),
        "docs/04-four/_category_.yml": "label: doc\nlink: {type: doc, id: four/b}\n",
        "docs/05-five/_category_.yml": "link: {type: generated-index, slug: x/made}\n",
        **{f"docs/0{n}-{name}/b.md": "# B" for n, name in enumerate(("one", "two", "three", "four", "five"), 1)},
    }
    if written:
        found = "{type: 'generated-index', slug: '%s'}"
        made = "".join(
            f"{{type: 'category', label: '{label}', link: {link}, items: ['{of}/b']}},"
            for label, link, of in (
                ("My parts", "{type: 'generated-index'}", "one"),
                ("My parts", "{type: 'generated-index'}", "two"),
                ("Three", found % "made", "three"),
                ("doc", "{type: 'doc', id: 'four/b'}", "four"),
                ("Deep", found % "/x/made", "five"),
            )
        )
        files = {name: text for name, text in files.items() if "_category_" not in name}
        files["sidebars.js"] = f"module.exports = {{s: ['a', {{Out: [{made}]}}]}};"
        site = {"url": "https://b.example", "presets": [["classic", {"docs": {"sidebarPath": "./sidebars.js"}}]]}
        files["bookrag.site.json"] = json.dumps(site)
    dead = {link.target for link in dead_internal_links(_reading(tmp_path, files))}
    assert dead == {"/docs/category/my-parts-2", "/docs/category/none", "/docs/category/doc"}


def test_where_the_sidebar_is_more_than_data_any_category_may_have_a_page(tmp_path: Path) -> None:
    site = {"url": "https://b.example", "presets": [["classic", {"docs": {"sidebarPath": "./sidebars.js"}}]]}
    files: dict[str, str | bytes] = {
        "docs/a.md": "# A\n\n[may be](/docs/category/none) [is not](/docs/none)\n",
        "sidebars.js": "module.exports = {a: require('fs').readdirSync('docs')};",
        "bookrag.site.json": json.dumps(site),
    }
    assert [link.target for link in dead_internal_links(_reading(tmp_path, files))] == ["/docs/none"]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return _reading(tmp_path / "site", {"docs/a.md": "# A\n\n## One\n\n## Two\n", "docs/b c.md": "# B"})


def test_a_build_folder_is_compared(tmp_path: Path, reading: Reading) -> None:
    build = write_site(tmp_path / "build", {"docs/a/index.html": DOC.format("<h2 class=anchor id=one>One</h2>")})
    check = check_site(reading.book.pages, str(build))
    assert [(dead.url, dead.reason) for dead in check.dead] == [
        ("/docs/a#two", "the page has no such heading"),
        ("/docs/b c", "the site has no such page"),
    ]
    assert (check.pages, check.headings) == (2, 2)


def test_a_page_that_shows_no_doc_is_dead(tmp_path: Path, reading: Reading) -> None:
    ids = "<h2 id='one'></h2><h2 id=\"two\"></h2>"
    files: dict[str, str | bytes] = {"docs/a.html": DOC.format(ids), "docs/b c.html": "<html><body>not found</body>"}
    (dead,) = check_site(reading.book.pages, str(write_site(tmp_path / "build", files))).dead
    assert dead.url == "/docs/b c"


def test_a_base_url_is_not_part_of_the_build_folder(tmp_path: Path) -> None:
    reading = _reading(tmp_path / "site", {"docs/a.md": "# A"}, base_url="/book/")
    build = write_site(tmp_path / "build", {"docs/a/index.html": DOC.format("")})
    assert check_site(reading.book.pages, str(build), base_url="/book/").dead == ()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
            pass

    files: dict[str, str | bytes] = {"docs/a/index.html": DOC.format("<h2 id=one></h2><h2 id=two></h2>")}
    write_site(tmp_path / "build", files)
    handler = partial(Quiet, directory=str(tmp_path / "build"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()
        thread.join()


def test_a_published_site_is_compared(server: str, reading: Reading) -> None:
    (dead,) = check_site(reading.book.pages, server).dead
    assert (dead.url, dead.reason) == ("/docs/b c", "the site has no such page")


def test_a_site_that_is_not_there_is_an_error(tmp_path: Path, reading: Reading) -> None:
    with pytest.raises(InputError, match="neither a folder nor an http address"):
        check_site(reading.book.pages, str(tmp_path / "none"))
    with pytest.raises(InputError, match="does not answer"):
        check_site(reading.book.pages, "http://127.0.0.1:9")


def test_ids_are_read_from_tags_alone() -> None:
    page = """<script>"<i id=no>"</script><h2 class=a id=one>x &lt;b id="no"></h2><a name='two'></a><p id="a&amp;b">"""
    assert heading_ids(page) == {"one", "two", "a&b"}
