"""Small sites whose settings, versions and mistakes decide what is published, and what Docusaurus makes of them.

`published_sites.truth.json` holds what it makes: for a site that can be built its pages, and for one that cannot the
files that its output names. So no Node is needed to compare. To write it anew, run
`python -m tests.docusaurus.published_sites`, with names to build these sites alone; `make test-docusaurus` tells where
it is out of date.
"""

import hashlib
import html
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docusaurus import published_books, published_siblings, published_texts
from tests.docusaurus.mdx_truth import published
from tests.docusaurus.site_build import RENDER, run_docusaurus, run_node, with_packages
from tests.indexing.docusaurus.sites import Files, quiet_config, write_site

TRUTH = Path(__file__).parent / "published_sites.truth.json"
_LOAD = Path(__file__).parent / "load_sites.cjs"


@dataclass(frozen=True, slots=True)
class PublishedSite:
    """A site as it is handed to Docusaurus."""

    files: Files
    environment: Mapping[str, str] = field(default_factory=dict)
    locales: tuple[str, ...] = ()  # that are built one by one, as for a domain each; none: all at once
    versions: tuple[str, ...] = ()  # that Docusaurus cuts before the build
    contents: bool = False  # whether the order of the sidebars is told as well

    def built(self, folder: Path) -> dict[str, Any]:
        """What Docusaurus makes of the site in `folder`, which is emptied first.

        One folder for many sites is faster: webpack knows the modules of Docusaurus by then.
        """
        _empty(folder)
        write_site(folder, self.files)
        with_packages(folder)
        for name in self.versions:
            run_docusaurus(folder, "docs:version", name, environment=self.environment)
        alone: list[tuple[str, ...]] = [(name, f"build/{name}") for name in self.locales]
        for arguments in alone or [()]:
            done = run_node(folder, RENDER, *arguments, environment=self.environment)
            if done.returncode:
                return {"stopped_by": self.named(done.stdout + done.stderr, folder)}
        made = {"pages": self._pages(folder / "build")}
        return made | {"contents": _contents(folder)} if self.contents else made

    def named(self, output: str, folder: Path) -> list[str]:
        """The pages that the output of a failed build names, by file or by address."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", output).replace(f"{folder}/", "")
        quoted = {match[1].rstrip("/") for match in re.finditer(r'pathname "([^"]*)"', text)}
        again = set(re.findall(r"Identifier '(\w+)' has already been declared", text))
        pages = {name: str(page) for name, page in self.files.items() if name.endswith((".md", ".mdx"))}
        return sorted(
            name
            for name, page in pages.items()
            if name in text
            or "/" + name.rpartition(".")[0] in quoted
            or again & set(re.findall(r"(?m)^(?:export const |import \{)(\w+)", page))
        )

    def _pages(self, build: Path) -> dict[str, Any]:
        folders = [build / name for name in self.locales] or [build]
        pages = {}
        for folder in folders:
            for address, page in published(folder).items():
                text = (folder / (address.lstrip("/") + ("index.html" if address.endswith("/") else ""))).read_text()
                canonical = re.search(r"rel=\"?canonical\"? href=(?:\"([^\"]*)|([^\s>]*))", text)
                version = re.search(r"docs-version-([^\s\">]*)", text)
                assert canonical, address
                assert version, address
                pages[html.unescape(canonical[1] or canonical[2])] = page | {
                    "words": shortened(page["words"]),
                    "version": version[1],
                }
        return pages


def shortened(text: str) -> str:
    """The words, very long ones as their length and digest."""
    return re.sub(r"\w{200,}", lambda word: f"{len(word[0])}_{hashlib.sha256(word[0].encode()).hexdigest()[:16]}", text)


def _contents(folder: Path) -> dict[str, list[str]]:
    """Version → the addresses of its pages in the order of its sidebars."""
    found = {}
    for file in sorted((folder / ".docusaurus/docusaurus-plugin-content-docs/default/p").glob("*.json")):
        made = json.loads(file.read_text("utf-8")).get("version")
        if made is None:  # of a page that is made for a category
            continue
        items = [item for sidebar in made["docsSidebars"].values() for item in sidebar]
        found[made["version"]] = list(dict.fromkeys(_linked(items)))
    return found


def _linked(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        if "href" in item:
            yield item["href"]
        yield from _linked(item.get("items", []))


def _empty(folder: Path) -> None:
    """Remove a site but for the links to its packages and webpack's cache, which stands beside them."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name == "node_modules":
            own = [package for package in path.iterdir() if not package.is_symlink() and package.name != ".cache"]
            for package in own:
                shutil.rmtree(package)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


_ORIGINS: Files = {
    "docusaurus.config.js": quiet_config(
        url="https://book.example",
        baseUrl="/book/",
        trailingSlash=True,
        i18n={
            "defaultLocale": "en",
            "locales": ["en", "ur", "de", "ar", "fr", "es"],
            "localeConfigs": {
                "ur": {"url": "https://ur.book.example", "baseUrl": "/ur-book/"},
                "de": {"url": "https://de.book.example"},
                "ar": {"baseUrl": "/ar-book"},
                "fr": {"path": "french"},
                "es": {"translate": False},
            },
        },
    ),
    "docs/a.md": "# A\n\nEnglish a.\n\n## Part\n",
    "docs/b.md": "# B\n\nEnglish b.\n",
    "docs/guide/index.md": "# Guide\n\nEnglish guide.\n",
    "i18n/ur/docusaurus-plugin-content-docs/current/b.md": "---\nslug: /baa\n---\n# باب\n\nاردو۔\n\n## سرخی\n",
    "i18n/french/docusaurus-plugin-content-docs/current/a.md": "# A\n\nFrançais.\n\n## Partie\n",
    "i18n/es/docusaurus-plugin-content-docs/current/a.md": "# A\n\nEspañol.\n\n## Parte\n",
}
_ROOTS: Files = {
    "docusaurus.config.js": quiet_config(
        trailingSlash=False,
        docs={"routeBasePath": "/"},
        i18n={
            "defaultLocale": "en",
            "locales": ["en", "ur"],
            "localeConfigs": {"ur": {"url": "https://ur.example", "baseUrl": "/"}},
        },
    ),
    "docs/intro.md": "---\nslug: /\n---\n# Introduction\n\nEnglish.\n",
    "docs/a.md": "# A\n\nEnglish a.\n",
    "docs/guide/index.md": "# Guide\n\nEnglish guide.\n",
    "i18n/ur/docusaurus-plugin-content-docs/current/a.md": "# الف\n\nاردو۔\n",
}

_STAGED: Files = {
    "docusaurus.config.js": """
if (!process.env.DOCS_STAGE) throw new Error('DOCS_STAGE is not set');
module.exports = {
  title: 'B', url: 'https://b.example', baseUrl: '/deep/', trailingSlash: true, onBrokenLinks: 'ignore',
  presets: [['classic', {
    docs: {
      routeBasePath: '/',
      numberPrefixParser: name => ({filename: name.replace(/^ch\\d+_/, ''), numberPrefix: undefined}),
    },
    blog: false, pages: false,
  }]],
};
""",
    "docs/ch1_start/ch2_walk.md": "# Walk\n\nWalking.\n",
    "docs/ch2_run.md": "# Run\n\nRunning.\n",
    "docs/01-kept.md": "# Kept\n\nIts number stays.\n",
    "docs/ch3_off.md": "---\nparse_number_prefixes: false\n---\n# Off\n\nIts number stays too.\n",
}
_SECRETIVE: Files = {
    "docusaurus.config.ts": """
import type {Config} from '@docusaurus/types';
import {places, Slash} from './config/places';

export default async function create(): Promise<Config> {
  const {base} = await places(process.env.BOOK_TOKEN);
  return {
    title: 'B', url: 'https://b.example', baseUrl: base, trailingSlash: Slash.Never === 'never' ? false : undefined,
    onBrokenLinks: 'ignore',
    presets: [['classic', {docs: {routeBasePath: 'book'}, blog: false, pages: false}]],
  };
}
""",
    "config/places.ts": """
export enum Slash { Never = 'never', Always = 'always' }
export const places = async (token: string | undefined) => ({base: token ? '/with/' : '/without/'} as const);
""",
    "docs/a.md": "# A\n\nText of a.\n",
    "docs/guide/index.md": "# Guide\n\nText of the guide.\n",
}
_DEFAULTED: Files = {
    "docusaurus.config.mjs": """
import preset from './preset.cjs';
export default {
  title: 'B', url: process.env.BOOK_HOST ?? 'https://b.example', baseUrl: process.env.BOOK_BASE || '/',
  presets: [preset()], onBrokenLinks: 'ignore',
};
""",
    "preset.cjs": """
const route = process.env.BOOK_ROUTE;
module.exports = () => ['classic', {docs: {...(route ? {routeBasePath: route} : {})}, blog: false, pages: false}];
""",
    "docs/a.md": "# A\n\nText of a.\n",
}

_FUNCTIONS: Files = {
    "docusaurus.config.js": """
module.exports = {
  title: 'B', url: 'https://b.example', baseUrl: '/', onBrokenLinks: 'ignore',
  markdown: {
    preprocessor: ({filePath, fileContent}) =>
      fileContent.replaceAll('%VER%', '3.2').replaceAll('%FILE%', filePath.split('/').pop()),
    parseFrontMatter: async (page) => {
      const found = await page.defaultParseFrontMatter(page);
      const {date, place, ...rest} = found.frontMatter;
      if (date) rest.slug = `/${date.getUTCFullYear()}/${found.content.trim().length}`;
      if (place) {
        const fileContent = `---\\nslug: ${place}\\n---`;
        rest.slug = (await page.defaultParseFrontMatter({...page, fileContent})).frontMatter.slug;
      }
      return {frontMatter: {...rest, owner: 'Team'}, content: found.content};
    },
  },
  presets: [['./preset.js', {route: 'guide'}]],
};
""",
    "preset.js": """
const classic = require('@docusaurus/preset-classic');
module.exports = (context, {route}) =>
  classic.default(context, {docs: {routeBasePath: route, path: 'docs'}, blog: false, pages: false});
""",
    "docs/01-a.md": "---\ndescription: Described\n---\n# A\n\n## Release %VER%\n\n"
    "It is %VER% in %FILE%, of {frontMatter.owner}.\n",
    "docs/b.mdx": "---\ndate: 2026-02-03\n---\nimport P from './_p.mdx';\n\n# Seen\n\n<P/>\n",
    "docs/_p.mdx": "The part %FILE% of %VER%.\n\n## Part %VER%\n",
    "docs/c.md": "---\nplace: /over/there\n---\n# C\n\nText.\n",
}


def _pages(folder: str, **texts: str) -> Files:
    return {f"{folder}/{name}.md": f"# {name.title()}\n\n{text}\n" for name, text in texts.items()}


def _titled(title: str, **front: object) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in front.items())
    return f"---\n{lines}---\n# {title}\n" if lines else f"# {title}\n"


_FIRST = {**_pages("docs", a="First a.", b="First b."), "docs/guide/c.md": "# C\n\nFirst c.\n"}
_V1 = {name.replace("docs/", "versioned_docs/version-1.0/", 1): text for name, text in _FIRST.items()}
_SECOND = {**_FIRST, **_pages("docs", a="Second a.", d="New d.")}
_V2 = {name.replace("docs/", "versioned_docs/version-2.0/", 1): text for name, text in _SECOND.items()}
_THIRD = {**_pages("docs", a="Third a.", d="New d."), "docs/guide/c.md": "# C\n\nFirst c.\n"}
_TWO: Files = {**_THIRD, **_V1, **_V2, "versions.json": '["2.0", "1.0"]'}


def _versions(files: Files, **docs: Any) -> PublishedSite:
    return PublishedSite({"docusaurus.config.js": quiet_config(docs=docs), **files})


VERSIONS = {
    "versions: none": _versions(_FIRST),
    "versions: one is cut": _versions({**_FIRST, **_V1, "versions.json": '["1.0"]'}),
    "versions: a second is cut": _versions(_TWO),
    "versions: current is the last": _versions(_TWO, lastVersion="current", versions={"2.0": {"path": "stable"}}),
    "versions: an old one is the last": _versions(
        _TWO, lastVersion="1.0", versions={"current": {"path": "edge"}, "1.0": {"path": "lts"}}
    ),
    "versions: only some": _versions(_TWO, onlyIncludeVersions=["2.0"]),
    "versions: without current": _versions({**_TWO, "versions.json": '["2.0"]'}, includeCurrentVersion=False),
    "versions: disabled": _versions(_TWO, disableVersioning=True),
    "versions: pages take addresses over": _versions(
        {
            "docs/a.md": "---\nslug: /old-a\n---\n# A\n\nFirst a.\n",
            "docs/b.md": "---\nslug: /a\n---\n# B\n\nFirst b.\n",
            "docs/guide/index.md": "# C\n\nFirst c.\n",
        }
    ),
}

NAMES = {"webpack": "m!n", "ssg": "100%", "unclosed": "a%zz", "quote": 'quote"d', "group": "open(+)"}
_BAD_FRONT_MATTER = {
    "colon": "title: a: b",
    "list": "- a",
    "infinite": "sidebar_position: .inf",
    "image": "image: '::'",
    "author": "last_update: {author: ''}",
    "date": "last_update: {date: nonsense}",
    "custom": "sidebar_custom_props: x",
    "twice": "title: a\ntitle: b",
    "tab": "title: x\n\tslug: y",
    "draft": "draft: true\nunlisted: true",
}
REFUSED = {
    "values": "Set {{ .Values.image }} in",
    "operator": "Use {1 +} here",
    "unclosed": "Use { here",
    "tag": "Use <T> here",
    "generic": "A `list` of Map<String, Integer> here",
    "break": "Use <br> here",
    "block-break": "<br>",
    "image": "<img src='x'>",
    "open": "<div>",
    "close": "</div>",
    "paragraph": "<p>x",
    "crossed": "<b><i>x</b></i>",
    "less": "x <5 y",
    "arrow": "a <- b",
    "exclamation": "x <! y",
    "equal": "a <= b",
    "autolink": "<https://auto.example>",
    "mail": "<a@b.c>",
    "doctype": "<!DOCTYPE html>",
    "empty-attribute": "<p title={}>x</p>",
    "attribute": "<p title=x>y</p>",
    "summary": "<details><summary>x</summary>\n## y\n</details>",
    "export": "export const a = ;",
    "export-text": "export your data\n\nand so on",
    "import-text": "import the data first\n\nand so on",
    "indented": "- a\n  <div>\n- b\n  </div>",
    "jinja": "{% raw %}",
    "shell": "Use ${HOME} and {a b}",
    "json": 'It sends {"a": 1, "b": 2} back',
    "heading": "## Load {1 +}",
    "table": "| a |\n|---|\n| {1 +} |",
    "list-in-tag": "<div>\n\n- a\n\n  </div>",
    "tag-in-quote": "<div>\n\n> a\n> </div>",
    "tag-in-paragraph": "a <b>c\n\nd</b>",
    "twice": "import a from './x'\nimport a from './x'\n\ntext",
}
DECLARED_AGAIN = {
    "name-of-the-loader": "import {toc} from './text.md'\n\ntext",
    "front-matter-again": "export const frontMatter = {}\n\ntext",
    "title-again": "export const contentTitle = 'x'\n\ntext",
    "exported-twice": "export const a = 1\n\nexport const a = 2\n\ntext",
    "text": "text",
}
UNDEFINED = {
    "maths": r"It is $\frac{a}{b}$",
    "sum": r"It is $\sum_{i=1}^n x_i$",
    "literal-object": "Use {{a: 1}} here",
    "exported-name": "export const name = 'x'\n\ntext",
    "exported-length": "export const length = 3\n\ntext",
    "name": "Ask {unknown} first",
    "member": "Ask {unknown.member} first",
    "call": "Ask {unknown()} first",
    "react": "Ask {React.version} first",
    "heading": "## Load {unknown}",
    "window": "Use {window.innerWidth} here",
    "class": "Use {new Unknown()} here",
    "spread": "<p {...unknown}>x</p>",
    "attribute": "<p title={unknown}>x</p>",
    "member-component": "export const parts = {}\n\n<parts.Gone />",
    "null-member": "export const a = null\n\n{a.b}",
    "object": "export const a = {b: 1}\n\nIt is {a}.",
    "date": "It is {new Date(0)}.",
    "shell": "Use ${HOME} here",
    "template": "Use {name}/{version} here",
    "set": "The set {1, 2, unknown} here",
    "table": "| a |\n|---|\n| {unknown} |",
    "list": "- {unknown}",
    "admonition": ":::note\n\n{unknown}\n\n:::",
    "function": "export const f = () => unknown\n\n{f()}",
    "component": "<Unknown />",
    "component-in-text": "a <Unknown>b</Unknown> c",
    "component-in-list": "- <Unknown/>",
    "component-in-heading": "## With <Unknown/>",
    "component-member": "<Unknown.Part/>",
    "component-of-nothing": "<nothing.Part/>",
    "component-in-braces": "{<Unknown/>}",
    "component-never": "{false && <Unknown/>}",
    "component-in-component": "export const F = () => <Unknown/>\n\n<F/>",
    "component-as-value": "export const P = ({icon}) => <p>{icon}</p>\n\n<P icon={<Unknown/>}/>",
    "component-around": "<Unknown>\n\n## Heading\n\n</Unknown>",
    "component-in-head": "<Head><Unknown/></Head>",
    "tabs": "<Tabs><TabItem value='a'>x</TabItem></Tabs>",
    "admonition-tag": "<Admonition type='note'>x</Admonition>",
    "in-browsers-alone": "import B from '@docusaurus/BrowserOnly'\n\n<B>{() => <Unknown/>}</B>",
    "code-tag": "<CodeBlock>x</CodeBlock>",
}
TAKEN = {
    "less": "a < b",
    "empty": "{}",
    "typeof": "{typeof unknown}",
    "never": "{false && unknown}",
    "one": "{true ? 1 : unknown}",
    "code": "`{unknown}` and `<T>`",
    "escaped": "\\{unknown} and \\<T>",
    "entity": "&#123;unknown} and &lt;T>",
    "comment": "<!-- {unknown} -->",
    "event": "<p onClick={() => unknown()}>x</p>",
    "fragment": "<>fragment</>",
    "closed": "<br/> and <br></br>",
    "dollars": "It costs $5 or $6.",
    "brace": "a } b",
}


def _texts(texts: Mapping[str, str]) -> Files:
    return {f"docs/{name}.md": f"# Page {name}\n\none\n\n{text}\n" for name, text in texts.items()}


_GENERATED: Files = {
    "docusaurus.config.js": quiet_config(i18n={"defaultLocale": "en", "locales": ["en"]}),
    "docs/zebra.md": _titled("Zebra", sidebar_position="'1'"),
    "docs/index.md": _titled("Start"),
    "docs/apple.md": _titled("Apple"),
    "docs/Banana.md": _titled("Banana"),
    "docs/10-ten.md": _titled("Ten"),
    "docs/2-two.md": _titled("Two"),
    "docs/half.md": _titled("Half", sidebar_position=2.5),
    "docs/minus.md": _titled("Minus", sidebar_position=-3),
    "docs/2021-05-year.md": _titled("Year"),
    "docs/04-kept.md": _titled("Kept", parse_number_prefixes="false"),
    "docs/linked/_category_.json": '{"label": "Linked", "link": {"type": "doc", "id": "linked/second"}}',
    "docs/linked/first.md": _titled("First"),
    "docs/linked/second.md": _titled("Second", sidebar_position=7),
    "docs/local/_category_.yml": "label: Local\nposition: 8\nlink: {type: doc, id: entry}\n",
    "docs/local/about.md": _titled("About"),
    "docs/local/entry.md": _titled("Entry"),
    "docs/none/_category_.json": '{"label": "Unlinked", "position": 9, "link": null}',
    "docs/none/b.md": _titled("B of none"),
    "docs/none/index.md": _titled("Index of none"),
    "docs/made/_category_.json": '{"label": "Generated", "link": {"type": "generated-index"}}',
    "docs/made/c.md": _titled("C of made"),
    "docs/made/README.md": _titled("Readme of made", sidebar_position=5),
    "docs/position/index.md": _titled("Position of its index", sidebar_position=3),
    "docs/position/a.md": _titled("A of position"),
    "docs/same/same.md": _titled("Same as its folder"),
    "docs/same/a.md": _titled("A of same"),
    "docs/05-numbered/01-index.md": _titled("No index"),
    "docs/05-numbered/zero.md": _titled("Zero", sidebar_position=0),
    "docs/05-numbered/deep/deeper/x.md": _titled("Deep"),
    "docs/05-numbered/deep/a.md": _titled("A of deep"),
}
_WRITTEN: Files = {
    "docusaurus.config.js": quiet_config(docs={"sidebarPath": "./sidebars.js"}),
    "sidebars.js": """
const parts = ['parts/motor', {type: 'doc', id: 'parts/gear', label: 'Gears'}];
module.exports = {
  main: [
    'zebra',
    {
      type: 'category', label: 'Parts', link: {type: 'doc', id: 'parts/overview'},
      items: [...parts, {type: 'link', label: 'Out', href: 'https://out.example'}],
    },
    {type: 'category', label: 'Made', link: {type: 'generated-index', slug: '/made'}, items: ['b', 'a']},
    {Short: ['c', {Deeper: ['numbered/ten']}]},
    {type: 'html', value: '<hr>'},
  ],
  second: [{type: 'autogenerated', dirName: 'auto'}, {type: 'ref', id: 'zebra'}, 'd'],
};
""",
    **{
        f"docs/{name}.md": _titled(f"Page {number}")
        for number, name in enumerate(
            ("zebra", "a", "b", "c", "d", "parts/motor", "parts/gear", "parts/overview", "alone", "numbered/10-ten")
        )
    },
    "docs/auto/02-second.md": _titled("Second of auto"),
    "docs/auto/01-first.md": _titled("First of auto"),
    "docs/auto/deep/x.md": _titled("X of auto"),
}
HEX_DIGITS = 24_000
_THAI = "จุดโมเมนต์เป็นศูนย์คือจุดบนพื้นที่ผลรวมของโมเมนต์ในแนวราบเป็นศูนย์"
_DIGITS = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(HEX_DIGITS // 8))
_LONG: Files = {
    "docusaurus.config.js": quiet_config(),
    "docs/digits.md": f"# Digits\n\n## A dump\n\n{_DIGITS}\n\n## As code\n\n```text\n{_DIGITS}\n```\n",
    "docs/thai.md": f"# ข้อความ\n\n## ส่วนที่หนึ่ง\n\n{_THAI * 180}\n",
}
ESCAPES = (
    *("s%20t", "s t", "u%41v", "p%25q", "h%C3%A9", "é", "deep/50%25", "p%2520", "q%3Fr", "r%2Fs", "t%23u", "%40a"),
    *("x y", "c^r", "p|e", "l<t", "b`k", "c{e", "c[e", "(par", "par)", "h&s"),
)
ESCAPED = "addresses: escapes in files' names"
CUT = "versions: cut by Docusaurus"
LONG = "text: long without a space"
SITES: dict[str, PublishedSite] = {
    CUT: PublishedSite({"docusaurus.config.js": quiet_config(), **_FIRST}, versions=("1.0",)),
    "origins": PublishedSite(_ORIGINS),
    "origins: roots": PublishedSite(_ROOTS, locales=("en", "ur")),
    "variable: set": PublishedSite(_STAGED, {"DOCS_STAGE": "live"}),
    "variable: not set": PublishedSite(_STAGED),
    "variable: secret": PublishedSite(_SECRETIVE, {"BOOK_TOKEN": "t"}),
    "variable: default": PublishedSite(_DEFAULTED),
    "variable: instead of a default": PublishedSite(
        _DEFAULTED, {"BOOK_HOST": "https://other.example", "BOOK_BASE": "/base/", "BOOK_ROUTE": "route"}
    ),
    "functions: of pages and a preset": PublishedSite(_FUNCTIONS),
    "contents: generated": PublishedSite(_GENERATED, contents=True),
    "contents: written": PublishedSite(_WRITTEN, contents=True),
    LONG: PublishedSite(_LONG),
    ESCAPED: PublishedSite(
        {"docusaurus.config.js": quiet_config(), **{f"docs/{name}.md": _titled("T") for name in ESCAPES}}
    ),
    "addresses: of files and slugs": PublishedSite(
        {
            "docusaurus.config.js": quiet_config(),
            **{
                f"docs/{name}": f"---\n{front}\n---\n# {name.title()}\n"
                for name, front in published_texts.NAMES.items()
            },
        }
    ),
    "books: settings": PublishedSite(published_books.CONFIGURED),
    "books: instances": PublishedSite(published_books.INSTANCES),
    "books: sidebars of versions": PublishedSite(published_books.SIDEBARS, contents=True),
    "books: with slashes": PublishedSite(
        {"docusaurus.config.js": quiet_config(trailingSlash=True), **published_books.SLASHES}
    ),
    "books: without slashes": PublishedSite(
        {
            "docusaurus.config.js": quiet_config(trailingSlash=False, baseUrl="/book/", docs={"routeBasePath": "/"}),
            **published_books.SLASHES,
        }
    ),
    "books: at the root": PublishedSite(
        {"docusaurus.config.js": quiet_config(baseUrl="/book/", docs={"routeBasePath": "/"}), **published_books.ROOT}
    ),
    "books: a package's preset": PublishedSite(published_books.PACKAGE),
    "text: of books": PublishedSite({"docusaurus.config.js": quiet_config(), **published_books.TEXTS}),
    "text: shown": PublishedSite(
        {"docusaurus.config.js": quiet_config(), **_texts(published_texts.TEXTS), **published_texts.PARTS}
    ),
    **VERSIONS,
    **{
        f"name: {why}": PublishedSite(
            {"docusaurus.config.js": quiet_config(), f"docs/{name}.md": "# T\n", "docs/good.md": "# Good\n"}
        )
        for why, name in NAMES.items()
    },
    **{
        f"front matter: {why}": PublishedSite(
            {
                "docusaurus.config.js": quiet_config(),
                "docs/bad.md": f"---\n{text}\n---\n# Bad\n",
                "docs/good.md": "# Good\n",
            }
        )
        for why, text in _BAD_FRONT_MATTER.items()
    },
    "mdx: refused": PublishedSite({"docusaurus.config.js": quiet_config(), **_texts(REFUSED)}),
    "mdx: refused siblings": PublishedSite(
        {"docusaurus.config.js": quiet_config(), **_texts(published_siblings.REFUSED)}
    ),
    "mdx: undefined siblings": PublishedSite(
        {
            "docusaurus.config.js": quiet_config(),
            **_texts(published_siblings.UNDEFINED),
        }
    ),
    "text: siblings of expressions": PublishedSite(
        {"docusaurus.config.js": quiet_config(), **_texts(published_siblings.EXPRESSIONS)}
    ),
    "text: siblings of components": PublishedSite(
        {
            "docusaurus.config.js": quiet_config(),
            **_texts(published_siblings.COMPONENTS),
            **published_siblings.PARTS,
        }
    ),
    "mdx: declared again": PublishedSite({"docusaurus.config.js": quiet_config(), **_texts(DECLARED_AGAIN)}),
    "mdx: undefined": PublishedSite({"docusaurus.config.js": quiet_config(), **_texts(UNDEFINED)}),
    "mdx: taken": PublishedSite({"docusaurus.config.js": quiet_config(), **_texts(TAKEN)}),
}

LOADED = [name for name in SITES if not name.startswith(("name: ", "mdx: ", "text: ", "functions: ", ESCAPED))]
"""Sites whose addresses alone are compared again; those of the others are built, as their words and mistakes count."""


def load_sites(names: Iterable[str], folder: Path) -> dict[str, Any]:
    """Name → what Docusaurus publishes where, of sites that are loaded and not bundled, each below `folder`."""
    folders = {name: folder / str(number) for number, name in enumerate(names)}
    asked = []
    for name, own in folders.items():
        site = SITES[name]
        write_site(own, site.files)
        with_packages(own)
        for version in site.versions:
            run_docusaurus(own, "docs:version", version, environment=site.environment)
        asked.append({"siteDir": str(own), "locales": site.locales, "environment": dict(site.environment)})
    (folder / "sites.json").write_text(json.dumps(asked), "utf-8")
    production = {"NODE_ENV": "production", "BABEL_ENV": "production"}
    done = run_node(folder, _LOAD, environment=production)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    results = json.loads(done.stdout.rpartition("LOADED ")[2])
    return {name: _loaded(SITES[name], own, made) for (name, own), made in zip(folders.items(), results, strict=True)}


def _loaded(site: PublishedSite, folder: Path, made: dict[str, Any]) -> dict[str, Any]:
    """The result of a site that was loaded in `folder`, as the truth has it."""
    if "error" in made:
        return {"stopped_by": site.named(made["error"], folder)}
    pages = {page["address"]: {"doc": page["doc"], "version": page["version"]} for page in made["pages"]}
    return {"pages": pages} | ({"contents": _contents(folder)} if site.contents else {})


def main(names: list[str]) -> None:
    """Write the truth of the named sites, or of all."""
    known = json.loads(TRUTH.read_text("utf-8")) if TRUTH.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names or SITES:
            known[name] = SITES[name].built(Path(folder).resolve() / "site")
            ordered = {each: known[each] for each in SITES if each in known}
            TRUTH.write_text(_json(ordered), encoding="utf-8")


def _json(truth: Mapping[str, Any]) -> str:
    """One line for each page, so that a difference is seen."""
    lines = []
    for name, made in truth.items():
        if "pages" in made:
            pages = (f"   {_line(address)}: {_line(page)}" for address, page in made["pages"].items())
            contents = f', "contents": {_line(made["contents"])}' if "contents" in made else ""
            lines.append(f' {_line(name)}: {{"pages": {{\n' + ",\n".join(pages) + f"\n }}{contents}}}")
        else:
            lines.append(f" {_line(name)}: {_line(made)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1:])
