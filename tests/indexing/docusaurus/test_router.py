"""Which page shows at an address, and which file names end a build; the values are from builds of Docusaurus 3.10.2."""

from pathlib import Path

import pytest

from indexing.docusaurus.urls import Route, Router
from tests.indexing.docusaurus.sites import fatal, read, urls
from tests.tables import each_row

# File → the file that the built HTML at its address shows; "" where it shows the page that says that there is none.
SHOWN = {
    "API.md": "API.md",
    "api/index.md": "API.md",
    "Guide.md": "guide.md",
    "guide.md": "guide.md",
    "O.md": "o.md",
    "o.md": "o.md",
    "UP/one.md": "UP/one.md",
    "UP/two.md": "up/two.md",
    "up/two.md": "up/two.md",
    "É.md": "é.md",
    "é.md": "é.md",
    "Straße.md": "Straße.md",
    "STRASSE.md": "STRASSE.md",
    "İ.md": "İ.md",
    "i.md": "i.md",
    "faq/l:x.md": "faq/l:x.md",
    "faq/last.md": "faq/l:x.md",
    "faq/lemon.md": "faq/l:x.md",
    "k:id.md": "k:id.md",
    "kong.md": "k:id.md",
    "q:r/s.md": "q:r/s.md",
    "qa/s.md": "q:r/s.md",
    "x/:y.md": "x/:y.md",
    "x/z.md": "x/:y.md",
    "x/deep/w.md": "x/deep/w.md",
    "a(x).md": "",
    "ax.md": "a(x).md",
    "v(a|b).md": "",
    "va.md": "v(a|b).md",
    "star*.md": "star*.md",
    "star-two.md": "star-two.md",
    "starts.md": "star*.md",
    "c++.md": "c++.md",
    "p + q.md": "p + q.md",
    "w5.md": "w5.md",
    "m'n.md": "m'n.md",
    "m[n].md": "m[n].md",
    "a.b.md": "a.b.md",
    "aXb.md": "aXb.md",
    "a,b.md": "a,b.md",
    "a;b.md": "a;b.md",
    "a@b.md": "a@b.md",
    "a=b.md": "a=b.md",
    "a&b.md": "a&b.md",
    "a$b.md": "a$b.md",
    "a~b.md": "a~b.md",
}
# What ends a real build, and siblings that do not.
STOPS = ["m!n", "a!b/c", "100%", "a%zz", "w%E4x", "back\\slash", 'quote"d', "open(+)"]
DECODED = {"s%20t": "s t", "u%41v": "uAv", "p%25q": "p%q", "h%C3%A9": "hé", "deep/50%25": "deep/50%", "p%2520": "p%20"}
OPENS = ["q%3Fr", "r%2Fs", "t%23u", "%40a", "x y", "c^r", "p|e", "l<t", "b`k", "c{e", "c[e", "(par", "par)", "h&s"]


def test_the_page_that_shows_is_kept_and_the_other_is_named(tmp_path: Path) -> None:
    book = read(tmp_path, {f"docs/{name}": "# T\n\ntext\n" for name in SHOWN}, base_url="/b/")
    kept = {name for name, shown in SHOWN.items() if shown == name}
    assert {page.source.removeprefix("docs/") for page in book.pages} == kept
    named = {source.removeprefix("docs/"): message for source, message in fatal(book).items()}
    assert named.keys() == SHOWN.keys() - kept
    for name, message in named.items():
        assert SHOWN[name] in message, (name, message)
    assert [problem for problem in book.problems if not problem.fatal] == []


@pytest.mark.parametrize("name", STOPS)
def test_a_name_that_ends_a_build_is_named(tmp_path: Path, name: str) -> None:
    book = read(tmp_path, {f"docs/{name}.md": "# T", "docs/good.md": "# Good"})
    assert urls(book) == ["/docs/good"]
    assert list(fatal(book)) == [f"docs/{name}.md"]


@pytest.mark.parametrize("sign", ["!", "?", "\\"])
def test_a_slug_of_its_own_does_not_help_a_name_that_webpack_cannot_load(tmp_path: Path, sign: str) -> None:
    book = read(tmp_path, {f"docs/a{sign}b.md": "---\nslug: /ab\n---\n# T"})
    assert "webpack" in fatal(book)[f"docs/a{sign}b.md"]


@pytest.mark.parametrize("name", OPENS)
def test_an_odd_name_that_opens_is_not_warned_of(tmp_path: Path, name: str) -> None:
    book = read(tmp_path, {f"docs/{name}.md": "# T"})
    assert urls(book) == [f"/docs/{name}"]
    assert book.problems == ()


@pytest.mark.parametrize("name", DECODED)
def test_an_escape_that_the_router_decodes_hides_the_page(tmp_path: Path, name: str) -> None:
    book = read(tmp_path, {f"docs/{name}.md": "# T", "docs/slug.md": "---\nslug: /a%20b\n---\n# T"})
    assert urls(book) == []
    message = f"decodes its address /docs/{name} and finds no page at /docs/{DECODED[name]}:"
    assert message in fatal(book)[f"docs/{name}.md"]


def test_at_an_escaped_address_the_page_of_the_decoded_one_is_shown(tmp_path: Path) -> None:
    book = read(tmp_path, {"docs/s%20t.md": "# Escaped", "docs/s t.md": "# Plain"})
    assert urls(book) == ["/docs/s t"]
    assert "docs/s t.md is shown" in fatal(book)["docs/s%20t.md"]


def test_a_page_of_another_language_or_version_is_no_rival(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docs/Guide.md": "# G",
        "versions.json": '["1.0"]',
        "versioned_docs/version-1.0/guide.md": "# G",
    }
    assert urls(read(tmp_path, files)) == ["/docs/guide", "/docs/next/Guide"]


@each_row(
    ("pattern", "fits", "fits_not"),
    [
        ("/a/:x", ["/a/b", "/A/b/"], ["/a", "/a/b/c"]),
        ("/a/:x?", ["/a", "/a/b"], ["/a/b/c"]),
        ("/a/:x+", ["/a/b", "/a/b/c"], ["/a"]),
        ("/a/*", ["/a/b/c", "/a/"], ["/ab"]),
        ("/a/(b|c)", ["/a/B", "/a/c"], ["/a/(b|c)", "/a/d"]),
        ("/a/:x(b+)", ["/a/bb"], ["/a/c"]),
        ("/v:x.y", ["/v1.y"], ["/v1xy", "/v/1.y"]),
    ],
)
def test_patterns_fit_as_the_routers_do(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    router = Router([Route(pattern, "it")])
    assert [url for url in fits if router.shown(url) is None] == []
    assert [url for url in fits_not if router.shown(url) is not None] == []
