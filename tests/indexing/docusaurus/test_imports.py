"""Files that pages import are found as webpack finds them, below the site's folder."""

from pathlib import Path

import pytest

from indexing.pages import Book
from storage.errors import InputError
from tests.indexing.docusaurus.sites import config, needs_node, read

FILES: dict[str, str | bytes] = {
    "docs/guide/a.mdx": """---
owner: Grace
---

import Card from '@site/src/components/Card'
import data from '../data.json'
import {Unit} from './units'
import wave from '!!raw-loader!@site/snippets/wave.py'

Ask {frontMatter.owner} about {data.name}: 5 <Unit />.

<Card />

<Registered />

{wave}
""",
    "docs/data.json": '{"name": "Atlas"}',
    "docs/guide/units.ts": "export {default as Unit} from './unit'",
    "docs/guide/unit.tsx": "export default (): JSX.Element => <span>N·m</span>",
    "snippets/wave.py": "wave = 1",
    "src/components/Card/index.jsx": "import T from '@site/docs/_text.mdx'\nexport default () => <div><T /></div>",
    "docs/_text.mdx": "From a partial.",
    "src/theme/MDXComponents.js": """import MDXComponents from '@theme-original/MDXComponents';
export default {...MDXComponents, Registered: () => <p>For all pages.</p>};""",
}


def texts(book: Book) -> list[str]:
    return [block.text for page in book.pages for section in page.sections for block in section.blocks]


def test_imports_are_found_as_webpack_finds_them(tmp_path: Path) -> None:
    book = read(tmp_path, FILES)
    assert texts(book) == ["Ask Grace about Atlas: 5 N·m.", "From a partial.", "For all pages.", "wave = 1"]
    assert not book.problems


@pytest.mark.parametrize("name", ["docs/data.json", "docs/_text.mdx", "docs/guide/unit.tsx"])
def test_a_page_is_read_again_when_a_file_that_it_imports_changes(tmp_path: Path, name: str) -> None:
    before = texts(read(tmp_path, FILES))
    text = str(FILES[name])
    for old, new in (("Atlas", "Digit"), ("a partial", "another"), ("N·m", "kgf")):
        text = text.replace(old, new)
    assert texts(read(tmp_path, {name: text})) != before


def test_a_file_outside_the_site_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"key": "hidden"}')
    (tmp_path / "site/docs").mkdir(parents=True)
    (tmp_path / "site/docs/link.json").symlink_to(secret)
    page = "import a from '../../secret.json'\nimport b from './link.json'\n\nIt is {a.key} and {b.key}."
    book = read(tmp_path / "site", {"docs/a.mdx": page})
    assert texts(book) == ["It is … and …."]


@pytest.mark.parametrize("kind", ["dependencies", "devDependencies"])
@pytest.mark.parametrize(
    "version",
    ["2.4.3", "^2.0.0-beta.15", "~1.14.7", "2.x", "2", ">=2.4.0 <3", "npm:@docusaurus/core@2.4.3", "v2.0.0-rc.1"],
)
def test_a_site_of_an_older_docusaurus_is_refused_by_name(tmp_path: Path, version: str, kind: str) -> None:
    package = f'{{"{kind}": {{"@docusaurus/core": "{version}"}}}}'
    with pytest.raises(InputError, match=r"Docusaurus [12] site"):
        read(tmp_path, {"docs/a.md": "# A", "package.json": package})


@pytest.mark.parametrize("folder", ["site", ".", "site/deeper/.."])
def test_an_older_docusaurus_is_seen_where_node_finds_it(tmp_path: Path, folder: str) -> None:
    """In the site's folder, or where a workspace keeps the packages of all its folders."""
    packages = tmp_path / folder / "node_modules/@docusaurus/core"
    (tmp_path / "site/deeper").mkdir(parents=True)
    packages.mkdir(parents=True)
    (packages / "package.json").write_text('{"version": "2.4.3"}', encoding="utf-8")
    files: dict[str, str | bytes] = {
        "docs/a.md": "# A",
        "package.json": '{"dependencies": {"@docusaurus/core": "latest"}}',
    }
    with pytest.raises(InputError, match=r"Docusaurus 2 site \(2\.4\.3\)"):
        read(tmp_path / "site", files)


@pytest.mark.parametrize("version", ["3.10.2", "^3.0.0", "latest", "workspace:*", "catalog:", "next", "file:../core"])
def test_a_newer_one_or_one_that_is_not_named_is_read(tmp_path: Path, version: str) -> None:
    package = f'{{"dependencies": {{"@docusaurus/core": "{version}"}}}}'
    assert read(tmp_path, {"docs/a.md": "# A", "package.json": package}).problems == ()


@needs_node
def test_the_configs_own_magic_comments_are_hidden(tmp_path: Path) -> None:
    comments = [{"className": "x", "line": "This is wrong", "block": {"start": "wrong-start", "end": "wrong-end"}}]
    code = "```js\n// This is wrong\n// wrong-start\nx\n// wrong-end\n// highlight-next-line\n```"
    settings = config(themeConfig={"prism": {"magicComments": comments, "theme": "x" * 1000}})
    book = read(tmp_path, {"docs/a.md": code, "docusaurus.config.js": settings})
    assert texts(book) == ["```js\nx\n// highlight-next-line\n```"]
