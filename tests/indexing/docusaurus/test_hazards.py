"""Books that are broken, hostile or huge: what is wrong is named, the rest is read, and nothing hangs."""

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.docusaurus.frontmatter import FrontMatterError, cut_body, cut_settings, validate
from indexing.docusaurus.site_files import content_title
from indexing.docusaurus.yaml import YamlError, load_yaml
from tests.indexing.docusaurus.sites import fatal, read, urls

pytestmark = pytest.mark.timeout(60)
Files = dict[str, str | bytes]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\ntitle: a: b\n---\n", "not valid YAML"),
        ("---\n- a\n---\n", "not a mapping"),
        ("---\nnever closed\n", "not a mapping"),
        ("---\nid: a/b\n---\n", "slash"),
        ("---\nslug: /../../etc\n---\n", "not the path"),
        ("---\nslug: //evil.example/x\n---\n", "not the path"),
        ("---\nslug: /a?b#c\n---\n", "not the path"),
        ("---\ntitle:\n---\n", "`title` must be a string"),
        ("---\ndraft: perhaps\n---\n", "`draft` must be true or false"),
        ("---\ndraft: true\nunlisted: true\n---\n", "draft and unlisted"),
        ("---\ntags: one\n---\n", "`tags` must be a list"),
        ("---toml\na = 1\n---\n", "cannot be read"),
        ("---json\n{\n---\n", "not valid JSON"),
        ("---\na: " + "[" * 5000 + "\n---\n", "not valid YAML"),
        ("---\na: &a [*a, *a]\nb: *b\n---\n", "not valid YAML"),
    ],
)
def test_a_page_that_stops_a_build_is_named_and_left_out(tmp_path: Path, text: str, reason: str) -> None:
    book = read(tmp_path, {"docs/bad.md": text, "docs/good.md": "# Good"})
    assert urls(book) == ["/docs/good"]
    assert reason in fatal(book)["docs/bad.md"]


def test_a_slug_cannot_climb_above_the_docs(tmp_path: Path) -> None:
    book = read(tmp_path, {"docs/a/b.md": "---\nslug: ../../../../x\n---\n# X"}, base_url="/book")
    assert urls(book) == ["/book/docs/x"]


def test_a_link_out_of_the_site_is_named_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.md").write_text("# Elsewhere")
    site = tmp_path / "site"
    (site / "docs").mkdir(parents=True)
    (site / "parts").mkdir()
    (site / "parts" / "inside.md").write_text("# Inside")
    (site / "docs" / "leak.md").symlink_to(tmp_path / "secret.md")
    (site / "docs" / "folder").symlink_to(tmp_path / "elsewhere")
    (site / "docs" / "dangling.md").symlink_to(tmp_path / "none.md")
    (site / "docs" / "inside.md").symlink_to(site / "parts" / "inside.md")
    book = read(site)
    assert urls(book) == ["/docs/inside"]
    assert sorted(fatal(book)) == ["docs/dangling.md", "docs/folder/x.md", "docs/leak.md"]


def test_a_partial_outside_the_site_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("## Secret")
    site = tmp_path / "site"
    book = read(site, {"docs/a.mdx": "import S from '../../secret.md';\n\n# A\n\n<S/>\n"})
    assert [heading.text for heading in book.pages[0].headings] == ["A"]


def test_circles_of_links_and_of_partials_end(tmp_path: Path) -> None:
    files: Files = {
        "docs/a.mdx": "import B from './_b.mdx';\n\n# A\n\n<B/>\n",
        "docs/_b.mdx": "import C from './_c.mdx';\n\n## B\n\n<C/>\n",
        "docs/_c.mdx": "import B from './_b.mdx';\n\n## C\n\n<B/>\n",
        "docs/deep/x.md": "# X",
    }
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "deep" / "loop").symlink_to(tmp_path / "docs")
    book = read(tmp_path, files)
    assert "/docs/a" in urls(book)
    assert "/docs/deep/x" in urls(book)
    assert any("leads back" in problem.message for problem in book.problems)


def test_strange_bytes_are_read_or_named(tmp_path: Path) -> None:
    files: Files = {
        "docs/latin.md": "# Caf\xe9\n".encode("latin-1"),
        "docs/utf16.md": "# Wide\n".encode("utf-16"),
        "docs/bom.md": b"\xef\xbb\xbf---\ntitle: Bom\n---\n# X\n",
        "docs/crlf.md": b"---\r\ntitle: Crlf\r\n---\r\n\r\n## One\r\n\r\ntext\r\n",
        "docs/cr.md": b"---\rtitle: Cr\r---\r",
        "docs/nul.md": b"# A\x00B\n",
        "docs/empty.md": b"",
    }
    book = read(tmp_path, files)
    titles = {page.url: page.title for page in book.pages}
    assert titles["/docs/bom"] == "Bom"
    assert titles["/docs/crlf"] == "Crlf"
    assert titles["/docs/latin"] == "Caf\N{REPLACEMENT CHARACTER}"
    assert titles["/docs/empty"] == "empty"
    assert {p.source for p in book.problems if "UTF-8" in p.message} == {"docs/latin.md", "docs/utf16.md"}


@pytest.mark.parametrize(
    "text",
    [
        "# " + " " * 200_000 + "x",
        "# " + "#" * 200_000 + "x",
        "# " + "`" * 200_001,
        "import " + "a" * 200_000,
        "import x\n" * 50_000,
        "=" * 200_000 + "\n" + "=" * 200_000,
        "---\n" + "# c\n" * 50_000 + "\n---\n# T",
        "---\n" + " " * 200_000 + "\n---\n# T",
        "---\n" + "\n" * 200_000 + "---\n# T",
    ],
)
@pytest.mark.timeout(20)
def test_long_lines_do_not_hang(text: str) -> None:
    with contextlib.suppress(FrontMatterError):
        validate(cut_settings(text)[0])
    cut_body(text)
    content_title(text)


@pytest.mark.timeout(100)
def test_a_page_of_five_megabytes_is_read(tmp_path: Path) -> None:
    text = "# Big\n\n" + "".join(f"## Part {n}\n\n{'word ' * 180}\n\n" for n in range(5_500))
    assert len(text) > 5_000_000
    book = read(tmp_path, {"docs/big.md": text})
    assert len(book.pages[0].headings) == 5_501


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    read(tmp_path, {"docs/a.md": "# A", "docs/closed/b.md": "# B"})
    (tmp_path / "docs" / "closed").chmod(0)
    try:
        if os.access(tmp_path / "docs" / "closed", os.R_OK):
            pytest.skip("this user reads every folder")
        book = read(tmp_path)
    finally:
        (tmp_path / "docs" / "closed").chmod(0o755)
    assert urls(book) == ["/docs/a"]


def test_names_that_clash_or_confuse_do_no_harm(tmp_path: Path) -> None:
    files: Files = {
        "docs/a.md/inner.md": "# Inner",
        "docs/%2e%2e.md": "# Dots",
        "docs/a\nb.md": "# Line",
        "docs/sub/*.md": "# Star",
    }
    book = read(tmp_path, files)
    assert "/docs/a.md/inner" in urls(book)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_yaml_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(YamlError):
        load_yaml(text)


FRAGMENTS = st.sampled_from(
    (
        *("---\n", "title: x", "\n", "# A", "{#id}", "import X from './_p.mdx'\n\n", "<P>", "</P>", ":::note\n", "```"),
        *("{", "}", "| a |", "<!--", "-->", "\t", "    ", "## B\n", "slug: ", "/", "id: ", "&x ", "*x", "\x00"),
        *("\ufeff", "é", "\r\n", "`"),
    )
)


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=25).map("".join))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_a_page_or_a_named_problem(tmp_path: Path, text: str) -> None:
    content = text.encode("utf-8", errors="replace")
    book = read(tmp_path, {"docs/a.mdx": content})
    assert len(book.pages) == 1 or "docs/a.mdx" in fatal(book) or book.drafts or "unlisted" in text
