"""A config that does not tell what addresses are made from: the reason is named, and nothing may be published."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexing.docusaurus.read_site import SETTINGS_FILE
from indexing.pages import Book
from indexing.read_book import read_book, require_known_addresses
from storage.errors import InputError
from tests.indexing.docusaurus.sites import book_settings, config, needs_node, read, urls, write_site

pytestmark = needs_node
Files = dict[str, str | bytes]

STAGED = (
    "if (!process.env.DOCS_STAGE) throw new Error('DOCS_STAGE is not set');\n"
    "module.exports = {title: 'B', url: 'https://b.example', baseUrl: '/deep/', trailingSlash: true, "
    "presets: [['classic', {docs: {routeBasePath: '/'}}]]};"
)


def _read(folder: Path, text: str, **settings: Any) -> Book:
    return read(folder, {"docusaurus.config.js": text, "docs/01-a.md": "# A", "docs/b.md": "# B"}, **settings)


def _site(body: str, head: str = "") -> str:
    return f"{head}\nmodule.exports = {{title: 'B', url: 'https://b.example', baseUrl: '/', {body}}};"


CLASSIC = "presets: [['classic', {}]]"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (STAGED, "Error: DOCS_STAGE is not set"),
        ("syntax error(", "was not read"),
        ("module.exports = require('a-kit').defineConfig({});", "made by the package a-kit, which is not installed"),
        ("module.exports = require('a-kit');", "made by the package a-kit"),
        (
            "module.exports = {...require('a-kit').base, title: 'x'};",
            "the config takes settings from the package a-kit",
        ),
        (_site(CLASSIC).replace("'/'", "require('a-kit').base"), "`baseUrl` comes from the package a-kit"),
        (_site(CLASSIC).replace("baseUrl: '/',", ""), "no `baseUrl`"),
        (_site(CLASSIC).replace("'/'", "() => '/x/'"), "`baseUrl` is a function"),
        (_site(CLASSIC).replace("'https://b.example'", "'b.example'"), "no address with a protocol"),
        (_site(CLASSIC).replace("'https://b.example'", "'javascript://b.example'"), "no address of http or https"),
        (_site(CLASSIC).replace("'https://b.example'", "'File://b.example/'"), "no address of http or https"),
        (_site(CLASSIC).replace("'https://b.example'", "'https://b.example/sub'"), "has the path /sub"),
        (_site(CLASSIC).replace("'https://b.example'", "''"), "`url` is missing"),
        (_site("presets: [['classic', {docs: {routeBasePath: require('a-kit').route}}]]"), "`routeBasePath` comes"),
        (_site("presets: [['classic', {docs: {...require('a-kit').docs}}]]"), "takes settings from the package a-kit"),
        (_site("presets: [...require('a-kit').presets]"), "publishes no docs"),
        (_site("presets: [['their-preset', {}]]"), "publishes no docs"),
        (_site("trailingSlash: require('a-kit').slash, " + CLASSIC), "`trailingSlash` comes from"),
        (
            _site("i18n: {defaultLocale: 'en', locales: ['en'], localeConfigs: {en: {url: 'x/y'}}}, " + CLASSIC),
            "no address with a protocol",
        ),
        (_site("trailingSlash: 'no', " + CLASSIC), "`trailingSlash` is 'no'"),
        (_site("presets: [['classic', {docs: {lastVersion: '9'}}]]"), "`lastVersion` names the version '9'"),
        (
            _site("presets: [['classic', {docs: {onlyIncludeVersions: ['9']}}]]"),
            "`onlyIncludeVersions` names the version",
        ),
        (_site("presets: [['classic', {docs: {versions: {'9': {path: 'old'}}}}]]"), "`versions` names the version '9'"),
        (
            _site(CLASSIC, "console.error('Set STAGE\\nto build'); process.exit(3);"),
            "it ended the process with code 3: to build",
        ),
        ("module.exports = new Promise(() => {});", "it ended without a value"),
        (
            _site("presets: [['classic', {docs: {numberPrefixParser: () => { throw new Error('x'); }}}]]"),
            "numberPrefixParser gives no `filename`",
        ),
        (
            _site("presets: [['classic', {docs: {numberPrefixParser: require('a-kit')}}]]"),
            "`numberPrefixParser` comes from the package a-kit",
        ),
    ],
)
def test_what_addresses_need_and_is_not_there_is_named_and_refused(tmp_path: Path, text: str, reason: str) -> None:
    book = _read(tmp_path, text)
    assert any(reason in doubt for doubt in book.unsure), book.unsure
    with pytest.raises(InputError, match="addresses are not known") as refused:
        require_known_addresses(book)
    assert "BASE_URL" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        config(),
        _site(CLASSIC, "const theme = require('prism-react-renderer');"),
        _site("plugins: ['a-search-plugin', require('a-kit')], " + CLASSIC),
        _site("themeConfig: {...require('a-kit').theme}, customFields: {a: () => 1}, " + CLASSIC),
        _site("presets: [['classic', {docs: {editUrl: () => 'x', remarkPlugins: [require('a-kit')]}}]]"),
    ],
)
def test_what_addresses_do_not_depend_on_may_be_missing(tmp_path: Path, text: str) -> None:
    book = _read(tmp_path, text)
    assert book.unsure == ()
    require_known_addresses(book)


def test_settings_by_hand_stand_in_for_a_config_that_cannot_be_run(tmp_path: Path) -> None:
    by_hand = _read(tmp_path, STAGED, base_url="/deep/", route_base_path="/", trailing_slash=True)
    assert by_hand.unsure == ()
    assert urls(by_hand) == ["/deep/a/", "/deep/b/"]
    assert _read(tmp_path, STAGED, base_url="/deep/").unsure  # the route would be a guess

    data = {"url": "https://b.example", "baseUrl": "/deep/", "presets": [["classic", {"docs": {"routeBasePath": "/"}}]]}
    (tmp_path / SETTINGS_FILE).write_text(json.dumps(data), encoding="utf-8")
    filed = read_book(book_settings(tmp_path)).book
    assert (filed.unsure, urls(filed)) == ((), ["/deep/a", "/deep/b"])


def test_a_variable_brings_the_config_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCS_STAGE", "live")
    book = _read(tmp_path, STAGED)
    assert (book.unsure, urls(book)) == ((), ["/deep/a/", "/deep/b/"])


SECRETIVE = (
    "if (!process.env.BOOK_TOKEN) throw new Error('no token');",
    "const base = process.env.BOOK_TOKEN ? '/with/' : '/without/';",
)


@pytest.mark.parametrize("head", SECRETIVE)
def test_a_variable_that_is_withheld_is_named_with_the_setting_that_lets_it_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    monkeypatch.setenv("BOOK_TOKEN", "hidden-value")
    text = _site(CLASSIC, head).replace("baseUrl: '/'", "baseUrl: typeof base === 'undefined' ? '/x/' : base")
    (doubt,) = _read(tmp_path, text).unsure
    assert "SITE_CONFIG_ENV=BOOK_TOKEN" in doubt
    assert "hidden-value" not in doubt

    let_through = _read(tmp_path, text, site_config_env="OTHER, BOOK_TOKEN")
    assert let_through.unsure == ()
    assert urls(let_through)[0] in {"/x/docs/a", "/with/docs/a"}


def test_a_withheld_variable_that_no_address_depends_on_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALGOLIA_API_KEY", "hidden-value")
    text = _site("themeConfig: {algolia: {apiKey: process.env.ALGOLIA_API_KEY}}, " + CLASSIC)
    assert _read(tmp_path, text).unsure == ()


def test_a_number_prefix_parser_of_the_sites_own_is_called(tmp_path: Path) -> None:
    parser = "(name) => ({filename: name.replace(/^ch\\d+_/, ''), numberPrefix: undefined})"
    files: Files = {
        "docusaurus.config.js": _site(f"presets: [['classic', {{docs: {{numberPrefixParser: {parser}}}}}]]"),
        "docs/ch1_start/ch2_walk.md": "# W",
        "docs/01-kept.md": "# K",
        "docs/ch3_off.md": "---\nparse_number_prefixes: false\n---\n# Off",
        "versions.json": '["1.0"]',
        "versioned_docs/version-1.0/ch9_old.md": "# Old",
    }
    book = read(tmp_path, files)
    assert book.unsure == ()
    assert urls(book) == ["/docs/next/01-kept", "/docs/next/ch3_off", "/docs/next/start/walk", "/docs/old"]


@pytest.mark.parametrize("settings", [{"run_site_config": False}, {}])
def test_without_node_nothing_is_guessed_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, bool]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _read(tmp_path, config(baseUrl="/own/"), **settings).unsure
    assert _read(tmp_path, config(baseUrl="/own/"), **settings, base_url="/own/", route_base_path="docs").unsure == ()


def test_a_book_without_a_config_is_read_with_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, {"docs/a.md": "# A"}).unsure == ()


def test_the_folder_of_the_whole_site_is_no_book(tmp_path: Path) -> None:
    write_site(tmp_path, {"docusaurus.config.js": config(), "docs/a.md": "# A"})
    with pytest.raises(InputError, match=r"did you mean .*docs\?"):
        read_book(book_settings(tmp_path, book_dir=tmp_path))


def test_a_config_that_ends_for_want_of_a_withheld_variable_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_BASE_TOKEN", "/x/")
    book = _read(tmp_path, _site(CLASSIC, "if (!process.env.SITE_BASE_TOKEN) process.exit(1);"))
    assert "SITE_CONFIG_ENV=SITE_BASE_TOKEN" in book.unsure[0]


def test_a_list_of_versions_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    read(tmp_path, {"versions.json": "[1.0"})
    assert any("list of versions cannot be read" in doubt for doubt in _read(tmp_path, _site(CLASSIC)).unsure)
