"""The config's own functions of pages, and presets of the site's own, are called; or the build is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexing.docusaurus.read_site import read_site
from indexing.pages import Book
from indexing.read_book import read_book, require_known_addresses
from storage.errors import InputError
from tests.indexing.docusaurus.sites import Files, book_settings, fatal, needs_node, read, urls, write_site

pytestmark = needs_node


def _config(markdown: str) -> str:
    return (
        "const {readFileSync} = require('fs');\n"
        f"module.exports = {{title: 'B', url: 'https://b.example', baseUrl: '/', markdown: {{{markdown}}},"
        " presets: [['classic', {}]]};"
    )


def _read(folder: Path, markdown: str, **pages: str) -> Book:
    files: Files = {"docusaurus.config.js": _config(markdown)}
    return read(folder, files | {f"docs/{name}.md": text for name, text in pages.items()})


def test_pages_are_read_as_the_preprocessor_leaves_them(tmp_path: Path) -> None:
    book = _read(
        tmp_path,
        "preprocessor: (page) => page.fileContent.replaceAll('%VER%', page.filePath.endsWith('b.md') ? 9 : 3.2)",
        a="---\ntitle: A\n---\n## Release %VER%\n\nIt is %VER%.",
        b="## Release %VER%",
    )
    assert book.unsure == ()
    assert [[h.id for h in page.headings] for page in book.pages] == [["release-32"], ["release-9"]]
    assert [b.text for b in book.pages[0].sections[-1].blocks] == ["It is 3.2."]


def test_the_front_matter_reader_of_the_config_decides_addresses_titles_and_drafts(tmp_path: Path) -> None:
    book = _read(
        tmp_path,
        """async parseFrontMatter(page) {
          const found = await page.defaultParseFrontMatter(page);
          const {date, status, weight} = found.frontMatter;
          return {
            frontMatter: {
              ...found.frontMatter,
              slug: `/${date instanceof Date ? date.getUTCFullYear() : 'undated'}/${found.content.trim().length}`,
              draft: status === 'wip', sidebar_position: weight === Infinity ? 1 : 2,
            },
            content: found.content.replace('# ', '# The '),
          };
        }""",
        a="---\ndate: 2026-02-03\nweight: .inf\n---\n# A",
        b="# Longer",
        c="---\nstatus: wip\n---\n# C",
    )
    assert book.unsure == ()
    assert {page.url: page.title for page in book.pages} == {"/docs/2026/3": "The A", "/docs/undated/8": "The Longer"}
    assert book.drafts == ("docs/c.md",)


def test_the_reader_may_ask_for_the_front_matter_of_another_text(tmp_path: Path) -> None:
    book = _read(
        tmp_path,
        """parseFrontMatter: async (page) => {
          const read = (fileContent) => page.defaultParseFrontMatter({...page, fileContent});
          const first = await read(page.fileContent.replace(/^\\+\\+\\+/gm, '---'));
          const second = await read('---\\n' + first.frontMatter.more + '\\n---\\n');
          return {...first, frontMatter: second.frontMatter};
        }""",
        a="+++\nmore: 'slug: /asked'\n+++\nText.",
    )
    assert book.unsure == ()
    assert urls(book) == ["/docs/asked"]


def test_partials_go_through_the_functions_as_well(tmp_path: Path) -> None:
    files: Files = {
        "docusaurus.config.js": _config("preprocessor: ({fileContent}) => fileContent.replaceAll('%P%', 'torque')"),
        "docs/a.mdx": "import P from '../parts/_p.mdx';\n\n<P/>",
        "parts/_p.mdx": "The %P% is small.",
    }
    (page,) = read(tmp_path, files).pages
    assert [block.text for block in page.sections[0].blocks] == ["The torque is small."]


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("preprocessor: ({fileContent}) => { throw new Error('no unit'); }", "fails on it: no unit"),
        ("preprocessor: async ({fileContent}) => fileContent", "preprocessor gives no text"),
        ("parseFrontMatter: async () => ({})", "parseFrontMatter gives no front matter"),
        ("parseFrontMatter: async () => { throw 'text'; }", "fails on it: text"),
    ],
)
def test_a_page_on_which_a_function_fails_is_left_out_and_named(tmp_path: Path, markdown: str, message: str) -> None:
    book = _read(tmp_path, markdown, a="# A")
    assert book.pages == ()
    assert message in fatal(book)["docs/a.md"]


def test_front_matter_that_the_default_reader_refuses_keeps_its_line(tmp_path: Path) -> None:
    book = _read(
        tmp_path, "parseFrontMatter: (page) => page.defaultParseFrontMatter(page)", a="---\nid: a\ntitle: a: b\n---\n"
    )
    (problem,) = book.problems
    assert (problem.line, problem.error) == (3, True)


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        ("preprocessor: require('a-kit').preprocessor", "`markdown.preprocessor` comes from the package a-kit"),
        ("parseFrontMatter: require('a-kit')", "`markdown.parseFrontMatter` comes from the package a-kit"),
        ("...require('a-kit').markdown", "`markdown` takes settings from the package a-kit"),
        (
            "parseFrontMatter: (page) => page.defaultParseFrontMatter({fileContent: `${Math.random()}`})",
            "ask for the front matter of further texts each time",
        ),
        ("preprocessor: () => { process.exit(3); }", "could not be called: it ended the process with code 3"),
    ],
)
def test_functions_that_cannot_be_called_refuse_the_build(tmp_path: Path, markdown: str, reason: str) -> None:
    book = _read(tmp_path, markdown, a="# A")
    assert any(reason in doubt for doubt in book.unsure), book.unsure
    with pytest.raises(InputError, match="addresses are not known"):
        require_known_addresses(book)
    by_hand = read_book(book_settings(tmp_path, base_url="/", route_base_path="docs")).book
    assert by_hand.unsure == ()


@pytest.mark.parametrize(("markdown", "depends"), [("preprocessor: (page) => page.fileContent", True), ("", False)])
def test_a_changed_page_goes_through_the_functions_again(tmp_path: Path, markdown: str, depends: bool) -> None:
    write_site(tmp_path, {"docusaurus.config.js": _config(markdown), "docs/a.md": "# A"})
    assert read_site(book_settings(tmp_path)).depends_on_texts is depends


def _preset(presets: str, **files: str) -> dict[str, Any]:
    text = f"module.exports = {{title: 'B', url: 'https://b.example', baseUrl: '/', presets: {presets}}};"
    return {"docusaurus.config.js": text, "docs/01-a.md": "# A"} | {
        name.replace("__", "/") + ".js": text for name, text in files.items()
    }


OWN = "module.exports = (context, options) => ({plugins: [['@docusaurus/plugin-content-docs', {%s}]]});"


@pytest.mark.parametrize(
    ("files", "address"),
    [
        (_preset("[['./preset', {at: 'guide'}]]", preset=OWN % "routeBasePath: options.at"), "/guide/a"),
        (_preset("[[require.resolve('./preset.js'), {at: 'x'}]]", preset=OWN % "routeBasePath: options.at"), "/x/a"),
        (_preset("['./kit']", kit__index=OWN % "routeBasePath: context.siteConfig.title"), "/B/a"),
        (_preset("[[() => ({plugins: ['content-docs']}), {docs: {routeBasePath: 'unread'}}]]"), "/docs/a"),
        (
            _preset(
                "['./preset.js']", preset="exports.default = async () => ({plugins: [null, ['content-docs', {}]]});"
            ),
            "/docs/a",
        ),
        (
            _preset(
                "[['./preset.js', {route: 'r'}]]",
                preset="""const classic = require('@docusaurus/preset-classic');
                module.exports = (context, {route, ...rest}) => {
                  const docs = {routeBasePath: route, numberPrefixParser: false};
                  const made = classic.default(context, {...rest, docs});
                  return {...made, plugins: [...made.plugins, require('a-plugin')]};
                };""",
            ),
            "/r/01-a",
        ),
        (
            _preset(
                "['./preset.js']",
                preset=OWN % "numberPrefixParser: (name) => ({filename: name.replace('01', 'first'), numberPrefix: 1})",
            ),
            "/docs/first-a",
        ),
    ],
)
def test_a_preset_of_the_sites_own_is_called(tmp_path: Path, files: Files, address: str) -> None:
    book = read(tmp_path, files)
    assert book.unsure == ()
    assert urls(book) == [address]


@pytest.mark.parametrize(
    ("presets", "preset", "reason"),
    [
        ("['./gone.js', 'classic']", "", "the preset ./gone.js could not be called: its file is not there"),
        ("['./preset.js', 'classic']", "module.exports = {};", "it is no function"),
        ("['./preset.js', 'classic']", "module.exports = () => undefined;", "it gives no plugins"),
        ("['./preset.js', 'classic']", "module.exports = () => { throw new Error('no key'); };", "no key"),
        (
            "['./preset.js', 'classic']",
            "module.exports = () => ({plugins: [...require('a-preset')().plugins]});",
            "takes plugins from the package a-preset, which is not installed",
        ),
        ("[function mine() { throw new Error('x'); }]", "", "the preset mine could not be called: x"),
    ],
)
def test_a_preset_of_the_sites_own_that_cannot_be_called_refuses_the_build(
    tmp_path: Path, presets: str, preset: str, reason: str
) -> None:
    book = read(tmp_path, _preset(presets, preset=preset))
    assert any(reason in doubt for doubt in book.unsure), book.unsure


def _package(name: str, text: str, **manifest: str) -> Files:
    folder = f"node_modules/{name}"
    return {f"{folder}/package.json": json.dumps({"name": name, **manifest}), f"{folder}/index.js": text}


MORE = "(context, {at}) => ({plugins: [['content-docs', {id: 'more', path: 'more', routeBasePath: at}]]})"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("book", _package("docusaurus-preset-book", f"module.exports = {MORE};")),
        ("book", _package("@docusaurus/preset-book", f"exports.default = {MORE};")),
        ("book", _package("book", f"export default {MORE};", type="module")),
        ("@acme", _package("@acme/docusaurus-preset", f"exports.__esModule = true; exports.default = {MORE};")),
        ("@acme/book", _package("@acme/docusaurus-preset-book", f"module.exports = async {MORE};")),
    ],
)
def test_a_preset_of_a_package_that_is_installed_is_called(tmp_path: Path, name: str, package: Files) -> None:
    files = {**_preset(f"['classic', ['{name}', {{at: 'rest'}}]]"), **package, "more/b.md": "# B"}
    book = read(tmp_path, files)
    assert (book.unsure, book.assumptions) == ((), ())
    assert urls(book) == ["/docs/a", "/rest/b"]


def test_a_preset_of_a_package_that_fails_refuses_the_build_and_one_that_is_not_installed_is_named(
    tmp_path: Path,
) -> None:
    presets = _preset("['classic', ['book', {}]]")
    (note,) = read(tmp_path, presets).assumptions
    assert "the preset 'book' is not known: it is assumed to publish no docs" in note
    failing = _package("docusaurus-preset-book", "module.exports = () => { throw new Error('no key'); };")
    assert read(tmp_path, failing).unsure == ("the preset book could not be called: no key",)


@pytest.mark.parametrize(
    "future", ["", "future: {v4: true, faster: false},", "future: {v4: {useCssCascadeLayers: true}},"]
)
def test_a_preset_built_on_the_installed_classic_one_is_given_what_that_asks_for(tmp_path: Path, future: str) -> None:
    classic = """module.exports.default = ({siteConfig}, options) => {
        if (siteConfig.future.v4.useCssCascadeLayers && siteConfig.future.faster.rspackBundler) throw new Error('x');
        const {algolia} = siteConfig.themeConfig;
        return {plugins: [algolia, [require.resolve('@docusaurus/plugin-content-docs'), options.docs]]};
    };"""
    own = "module.exports = (...given) => require('@docusaurus/preset-classic').default(...given);"
    files = _preset("[['./preset.js', {docs: {routeBasePath: 'guide'}}]]", preset=own)
    files["docusaurus.config.js"] = str(files["docusaurus.config.js"]).replace("title:", f"{future} title:")
    packages = {**_package("@docusaurus/preset-classic", classic), **_package("@docusaurus/plugin-content-docs", "")}
    book = read(tmp_path, {**files, **packages})
    assert book.unsure == ()
    assert urls(book) == ["/guide/a"]
