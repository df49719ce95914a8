"""The site's settings: run from its config, read from a file, or taken from the environment."""

import json
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from indexing.docusaurus.read_site import SETTINGS_FILE, read_site
from indexing.read_book import read_book
from indexing.settings import BookSettings, split_globs
from storage.errors import ConfigurationError, InputError
from tests.indexing.docusaurus.sites import book_settings, config, fatal, needs_node, read, urls, write_site

TYPESCRIPT = """
import {themes as prismThemes} from 'prism-react-renderer';
import type {Config, PluginConfig} from '@docusaurus/types';
import type * as Preset from '@docusaurus/preset-classic';
import remarkMath from 'remark-math';
import npm2yarn, {type Options as O, foo} from '@docusaurus/remark-plugin-npm2yarn';
import versions from './released.json';
import {folder} from './lib/helper';

type Names = {a: string; b?: number} | null;
interface Wide extends Names { x: () => void }
const isDev: boolean = process.env.NODE_ENV === 'development';
function getPlugins(a: string, b?: number, ...rest: Array<Record<string, number>>): PluginConfig[] { return []; }
const pick = async (x: string | undefined, {y}: {y: number} = {y: 1}): Promise<string> => x!.trim();
const slashes = new Map<string, boolean>([['a', true]]);
const config: Config = {
  title: 'Book', url: isDev ? 'http://localhost' : `https://book.${'example'}`, baseUrl: '/base/',
  trailingSlash: slashes.get('a') as boolean,
  plugins: getPlugins('a'),
  presets: [['classic', {
    docs: {
      path: folder('handbook'), routeBasePath: '/', lastVersion: versions[0],
      remarkPlugins: [remarkMath, [npm2yarn, {sync: true}]],
      editUrl: ({docPath}: {docPath: string}) => `https://x/${docPath}`,
      async sidebarItemsGenerator({defaultSidebarItemsGenerator, ...args}): Promise<any> { return []; },
    },
  } satisfies Preset.Options]],
  themeConfig: {prism: {theme: prismThemes.github}} satisfies Preset.ThemeConfig,
};
export default config;
"""
MODULE = """
import fs from 'node:fs';
import {fileURLToPath} from 'url';
import {remarkKroki} from 'remark-kroki';
await Promise.resolve();
const here = fileURLToPath(new URL('.', import.meta.url));
console.log('printing is no harm');
export default async function createConfig() {
  const late = (await import('remark-late')).default;
  return {
    title: 'Book', url: 'https://book.example', baseUrl: fs.existsSync(here) ? '/here/' : '/nowhere/',
    presets: [['@docusaurus/preset-classic', {docs: {remarkPlugins: [late, remarkKroki]}}]],
  };
}
"""
COMMONJS = """
const theme = require('prism-react-renderer').themes.github;
const {a, b} = require('missing-thing');
module.exports = {
  title: 'Book', url: 'https://book.example', baseUrl: process.env.DOCUSAURUS_CURRENT_LOCALE === 'ur' ? '/urdu/' : '/',
  tagline: /a[/]b/.test('a/b') ? `${1 / 2}` : '',
  i18n: {defaultLocale: 'en', locales: ['en', 'ur']},
  presets: [
    [require.resolve('@docusaurus/preset-classic'), {docs: {remarkPlugins: [require('./plugin'), a.b(theme)]}}],
  ],
  plugins: [['@docusaurus/plugin-content-docs', {id: 'more', path: 'more', routeBasePath: 'more'}], function mine() {}],
  markdown: {preprocessor: ({fileContent}) => fileContent},
};
"""


@needs_node
def test_a_typescript_config_is_run_without_node_modules(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docusaurus.config.ts": TYPESCRIPT,
        "released.json": '["2.0", "1.0"]',
        "versions.json": '["2.0", "1.0"]',
        "lib/helper.ts": "export function folder<T extends string>(x: T): T { return x as T; }",
        "handbook/a.md": "# A",
        "versioned_docs/version-2.0/a.md": "# A",
        "versioned_docs/version-1.0/a.md": "# A",
    }
    write_site(tmp_path, files)
    book = read_book(book_settings(tmp_path, book_dir=tmp_path / "handbook")).book
    assert urls(book) == ["/base/1.0/a/", "/base/a/", "/base/next/a/"]
    assert book.site_url == "https://book.example"
    assert read_site(book_settings(tmp_path, book_dir=tmp_path / "handbook")).docs["en"][0].math is True
    assert any("remark-plugin-npm2yarn" in note for note in book.assumptions)
    assert not any("remark-math" in note for note in book.assumptions)  # it is known


@needs_node
def test_a_module_config_is_run(tmp_path: Path) -> None:
    book = read(tmp_path, {"docusaurus.config.mjs": MODULE, "docs/a.md": "# A"})
    assert urls(book) == ["/here/docs/a"]
    assert any("remark-kroki" in note for note in book.assumptions)


@needs_node
def test_a_commonjs_config_is_run_for_each_language(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docusaurus.config.js": COMMONJS, "docs/a.md": "# A", "more/b.md": "# B"}
    book = read(tmp_path, files)
    assert urls(book) == ["/docs/a", "/more/b", "/urdu/ur/docs/a", "/urdu/ur/more/b"]
    assert not any("preprocessor" in note for note in book.assumptions)  # it was called


@needs_node
def test_the_config_counts_and_not_the_environment(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docusaurus.config.js": config(baseUrl="/own/"), "docs/a.md": "# A"}
    book = read(tmp_path, files, base_url="/other/", site_url="https://mirror.example/")
    assert urls(book) == ["/own/docs/a"]
    assert book.site_url == "https://mirror.example"
    assert any("BASE_URL" in note for note in book.assumptions)


@needs_node
@pytest.mark.timeout(30)
def test_a_config_that_never_ends_is_given_up(tmp_path: Path) -> None:
    started = time.monotonic()
    files: dict[str, str | bytes] = {"docusaurus.config.js": "while (true) {}", "docs/a.md": "# A"}
    book = read(tmp_path, files, node_timeout_seconds=1.0)
    assert time.monotonic() - started < 15
    assert urls(book) == ["/docs/a"]
    assert any("did not end within 1 s" in note for note in book.assumptions)


@needs_node
@pytest.mark.parametrize(
    "text", ["throw new Error('no')", "syntax error(", "module.exports = 3", "process.exit(4)", ""]
)
def test_a_config_that_fails_is_named_and_the_book_is_read_all_the_same(tmp_path: Path, text: str) -> None:
    book = read(tmp_path, {"docusaurus.config.js": text, "docs/a.md": "# A"})
    assert urls(book) == ["/docs/a"]


@needs_node
def test_a_config_does_not_see_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "hidden")
    monkeypatch.setenv("BOOK_FLAVOUR", "sweet")
    base_url = "/${process.env.GEMINI_API_KEY}-${process.env.BOOK_FLAVOUR}/"
    text = f"module.exports = {{baseUrl: `{base_url}`, presets: ['classic']}}"
    assert urls(read(tmp_path, {"docusaurus.config.js": text, "docs/a.md": "x"})) == ["/undefined-sweet/docs/a"]


def test_without_node_the_environment_is_used_and_said(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docusaurus.config.js": config(baseUrl="/own/"),
        "docs/a.md": "# A",
        "docs/b.md": "",
    }
    book = read(
        tmp_path,
        files,
        run_site_config=False,
        base_url="env",
        route_base_path="",
        trailing_slash=True,
        docs_exclude="b.md, {c,d}/**",
    )
    assert urls(book) == ["/env/a/"]
    assert any("RUN_SITE_CONFIG is false" in note for note in book.assumptions)
    assert any("BASE_URL=/env/" in note for note in book.assumptions)


def test_without_node_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    book = read(tmp_path, {"docusaurus.config.js": config(baseUrl="/own/"), "docs/a.md": "# A"})
    assert urls(book) == ["/docs/a"]
    assert any("there is no `node`" in note for note in book.assumptions)


def test_a_node_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docusaurus.config.js": config(), "docs/a.md": "# A"}
    with pytest.raises(ConfigurationError, match="NODE_COMMAND: there is no program no-such-node"):
        read(tmp_path, files, node_command="no-such-node")


@pytest.mark.parametrize("origin", ["nourl", "book.example", "ftp://book.example", "https://"])
def test_an_origin_that_is_no_address_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="site_url"):
        BookSettings(_env_file=None, site_url=origin)


def test_a_page_in_utf_16_is_left_out_and_named(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docs/a.md": "# A", "docs/b.md": "# B\n".encode("utf-16")}
    book = read(tmp_path, files)
    assert urls(book) == ["/docs/a"]
    assert "UTF-16" in fatal(book)["docs/b.md"]


@needs_node
def test_packages_that_are_missing_are_told_in_words(tmp_path: Path) -> None:
    lines = ["require('prism-react-renderer')", "require('a-missing-plugin')", config()]
    book = read(tmp_path, {"docusaurus.config.js": ";\n".join(lines), "docs/a.md": "# A"})
    (note,) = [note for note in book.assumptions if "not installed" in note]
    assert "(a-missing-plugin)" in note
    assert "npm install" in note


@needs_node
def test_of_the_sample_book_nothing_has_to_be_assumed() -> None:
    folder = Path(__file__).parents[3] / "book" / "docs"
    book = read_book(BookSettings(_env_file=None, book_dir=folder)).book
    assert book.assumptions == ()
    assert book.title == "Physical AI and Humanoid Robots"


def test_a_file_can_stand_for_the_config(tmp_path: Path) -> None:
    data = {"baseUrl": "/filed/", "plugins": [["content-docs", {"routeBasePath": "guide"}]]}
    book = read(tmp_path, {SETTINGS_FILE: json.dumps(data), "docs/a.md": "# A"})
    assert urls(book) == ["/filed/guide/a"]


def test_a_settings_file_that_is_no_json_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=SETTINGS_FILE):
        read(tmp_path, {SETTINGS_FILE: "{", "docs/a.md": "# A"})


def test_folders_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="BOOK_DIR"):
        read_book(book_settings(tmp_path))
    write_site(tmp_path, {})
    with pytest.raises(ValidationError, match="site_dir"):
        book_settings(tmp_path, site_dir=tmp_path / "none")
    gone = book_settings(tmp_path).model_copy(update={"site_dir": tmp_path / "none"})  # while it was watched
    with pytest.raises(InputError, match="SITE_DIR"):
        read_book(gone)


def test_the_website_folder_beside_the_book_is_found(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docs/a.md": "# A", "website/versions.json": '["1.0"]'}
    files["website/versioned_docs/version-1.0/a.md"] = "# A"
    book = read(tmp_path, files, site_dir=None)
    assert urls(book) == ["/docs/a", "/docs/next/a"]
    assert {page.source for page in book.pages} == {"../docs/a.md", "versioned_docs/version-1.0/a.md"}


@needs_node
def test_book_dir_takes_the_place_of_the_configs_first_docs(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"docusaurus.config.js": config(), "other/b.md": "# B", "docs/sub/a.md": "# A"}
    write_site(tmp_path, files)
    book = read_book(book_settings(tmp_path, book_dir=tmp_path / "other")).book
    assert urls(book) == ["/docs/b"]
    assert any("BOOK_DIR is read in its place" in note for note in book.assumptions)
    assert urls(read_book(book_settings(tmp_path, book_dir=tmp_path / "docs" / "sub")).book) == ["/docs/sub/a"]


def test_globs_are_split_outside_braces() -> None:
    assert split_globs("a/**, **/*.{md,mdx},") == ("a/**", "**/*.{md,mdx}")
    assert split_globs(None) is None
