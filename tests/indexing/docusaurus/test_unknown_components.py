"""A tag that nothing stands for stops Docusaurus' build, unless a theme, a plugin or the site may give it."""

from pathlib import Path
from typing import Any

import pytest

from indexing.pages import Book
from tests.indexing.docusaurus.sites import config, fatal, needs_node, read

pytestmark = needs_node
THEME = (
    "import MDXComponents from '@theme-original/MDXComponents';\n"
    "export default {...MDXComponents, Own: () => <b>own</b>};"
)


def _read(folder: Path, text: str, files: dict[str, str] | None = None, **values: Any) -> Book:
    return read(folder, {"docusaurus.config.js": config(**values), "docs/a.mdx": text, **(files or {})})


@pytest.mark.parametrize("text", ["<Unknown />", "Here <Unknown.Part>is</Unknown.Part> one", "- a\n- <Tabs>x</Tabs>"])
@pytest.mark.parametrize(
    "files", [{}, {"src/theme/MDXComponents.js": THEME}, {"src/theme/MDXComponents/index.js": THEME}]
)
def test_a_component_that_nobody_gives_is_an_error_with_its_line(
    tmp_path: Path, text: str, files: dict[str, str]
) -> None:
    book = _read(tmp_path, f"# A\n\n{text}", files)
    (problem,) = book.problems
    assert "neither imported nor declared, and Docusaurus' build stops at it" in problem.message
    assert problem.line in (3, 4)
    assert problem.error
    assert book.pages == ()


@pytest.mark.parametrize(
    "text",
    [
        "## With <Unknown/>",
        "{<Unknown/>}",
        "{false && <Unknown/>}",
        "<p title={<Unknown/>}>x</p>",
        "<Head><Unknown/></Head>",
        "import B from '@docusaurus/BrowserOnly'\n\n<B>{() => <Unknown/>}</B>",
        "export const F = () => <Unknown/>\n\n<F/>",
        "export const P = ({icon}) => <p>{icon}</p>\n\n<P icon={<Unknown/>}/>",
        "{[1].map((n) => <li key={n}><Unknown.Part/></li>)}",
    ],
)
def test_it_is_one_wherever_mdx_looks_for_components(tmp_path: Path, text: str) -> None:
    book = _read(tmp_path, f"# A\n\n{text}")
    assert any("neither imported nor declared" in problem.message for problem in book.problems if problem.error)
    assert book.pages == ()


def test_a_partial_with_such_a_component_leaves_out_the_pages_that_show_it(tmp_path: Path) -> None:
    files = {"docs/_p.mdx": "Text.\n\n<Unknown/>", "docs/b.md": "# B"}
    book = _read(tmp_path, "import P from './_p.mdx';\n\n<P/>", files)
    assert "stops Docusaurus' build" in fatal(book)["docs/a.mdx"]
    assert [page.source for page in book.pages] == ["docs/b.md"]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("<Details>x</Details>\n\n<Head><title>x</title></Head>", {}),
        ("<Own/> <Details>x</Details>", {"src/theme/MDXComponents.tsx": THEME}),
        ("export const F = () => <Unknown/>\n\ntext", {}),
        ("`<Unknown/>`", {}),
        ("{/* <Unknown/> */}", {}),
        ("<unknown>x</unknown>", {}),
        ("export const List = ({Item}) => <Item/>\n\ntext", {}),
        ("{[Details].map((Each) => <Each>x</Each>)}\n\nexport const Details = () => <p>y</p>", {}),
    ],
)
def test_what_docusaurus_gives_or_nobody_shows_is_no_error(tmp_path: Path, text: str, files: dict[str, str]) -> None:
    assert _read(tmp_path, text, files).problems == ()


@pytest.mark.parametrize(
    ("files", "values"),
    [
        ({}, {"themes": ["a-theme"]}),
        ({}, {"plugins": [["docusaurus-plugin-of-components", {}]]}),
        ({}, {"presets": ["classic", "their-preset"]}),
        ({}, {"presets": [["classic", {"docs": {"remarkPlugins": ["remark-components"]}}]]}),
        ({"src/theme/MDXContent.js": "export default () => null;"}, {}),
        ({"src/theme/MDXComponents.js": "import all from 'a-kit';\nexport default {...all};"}, {}),
        ({"src/theme/MDXComponents.js": "import made from 'a-kit';\nexport default made();"}, {}),
    ],
)
def test_where_something_unknown_may_give_it_the_page_stays_with_a_warning(
    tmp_path: Path, files: dict[str, str], values: dict[str, Any]
) -> None:
    book = _read(tmp_path, "# A\n\n<Unknown />", files, **values)
    (problem,) = book.problems
    assert "its own text is missing" in problem.message
    assert not problem.error
    assert [page.title for page in book.pages] == ["A"]
