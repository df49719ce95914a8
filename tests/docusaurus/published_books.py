"""Sites made of how authors write books: settings, partials, translations, code; `published_sites` builds them."""

from tests.indexing.docusaurus.sites import Files, quiet_config

EXPRESSIONS: Files = {
    "docs/constants.mdx": """export const rate = 50;
export const robot = {name: "Atlas", joints: ["hip", "knee"]};

It runs at {rate} Hz, {rate * 2} at most, {`${robot.name} has ${robot.joints.length}`} joints:
{true && "yes"}{false && "no"}{null}{0}{undefined}{rate > 40 ? "fast" : "slow"}
""",
    "docs/data.mdx": """---
title: My T
robot: Spot
tags: [a, b]
---
import d from './d.json';

# {frontMatter.title}

Uses {frontMatter.robot} ({frontMatter.tags.join(", ")}), mass {d.mass} kg, {d.joints[1].name}.{frontMatter.nope}
""",
    "docs/d.json": '{"mass": 80, "joints": [{"name": "hip"}, {"name": "knee"}]}',
    "docs/in-headings.mdx": """export const v="1.2";

## Version {v} notes

## {v}

## Version {v} again {#e}
""",
    "docs/attributes.mdx": """export const cap="The hip";

export const Fig=({title,children,alt="dflt"})=><figure>{children}<figcaption>{title} {alt}</figcaption></figure>;

<Fig title={cap}>
  Inner **bold**
</Fig>

<Fig title={"A " + cap + "!"} alt='q "x"'>one line **b**</Fig>

<Fig {...{title: "spread"}} />

<Fig title="a &amp; b {cap}"/>
""",
    "docs/links.mdx": """export const u="https://e.org";

<a href={u}>go</a> <img alt={`Fig ${1+1}`} src={u}/> [md]({u})
""",
}

PARTIALS: Files = {
    "docs/setup.mdx": """import Setup from '@site/docs/_partials/_setup.mdx';

## Install

<Setup os="Ubuntu" />

## Install
""",
    "docs/_partials/_setup.mdx": "## Install\n\nOn {props.os} run `apt`.\n",
    "docs/twice.mdx": """import P from './_p.mdx';

<P name="hip">The **child**.</P>

<P name="knee" />
""",
    "docs/_p.mdx": "The {props.name} joint. {props.children}\n",
    "docs/names.mdx": """import Warning, {level} from "./_warn.md";

Level {level}.

<Warning/>
""",
    "docs/_warn.md": "export const level = 3;\n\nKeep away.\n",
    "docs/spaces.mdx": "import P from './_Über uns/_mein teil.mdx';\n\n<P/>\n",
    "docs/_Über uns/_mein teil.mdx": "Inhalt des Teils.\n",
    "docs/nested.mdx": "import A from './_x/_a.mdx';\n\n<A/>\n",
    "docs/_x/_a.mdx": "import B from './_b.mdx';\n\nOuter.\n\n<B/>\n",
    "docs/_x/_b.mdx": "Inner. [Next](../02-next.md#foo)\n",
    "docs/02-next.md": "## Foo\n",
    "docs/guide/page-in-page.mdx": "import Intro from '../intro.md';\n\n<Intro/>\n",
    "docs/intro.md": "# Welcome\n\nHello.\n",
    "docs/unused.mdx": "import P from './_p.mdx';\n\nWrite `<P/>` to include it:\n\n```mdx\n<P/>\n```\n",
    "docs/everywhere.mdx": """import V from './_v.mdx';
import Tabs from '@theme/Tabs';
import TabItem from '@theme/TabItem';

<Tabs><TabItem value="a" label="A">

- before
- <V/>

</TabItem></Tabs>

{true ? <V/> : null}
""",
    "docs/_v.mdx": "3.2\n",
}

HEADINGS: Files = {
    "docs/title-twice.md": "# One {#one-id}\n\n# One\n\n## One\n",
    "docs/late-title.md": "Intro\n\n# Second h1\n\n## Second h1\n",
    "docs/punctuation.md": """## `q[1]` and *the* **ZMP**

## The `<Foo/>` tag

## C++ & C#

## A/B & C_D – e—f ... 100%

## **1.** First _step_ ~~old~~

## 2.1 The `a.b` — x

## snake_case and __init__ and `__init__`

## "Quoted" ‘x’ … – « y »
""",
    "docs/links-and-notes.md": """## See [the guide](https://e.org/x "t") now

## ![alt text](https://a/b.png) Fig

## Foo[^1]

[^1]: note
""",
    "docs/in-tabs.mdx": """import Tabs from '@theme/Tabs';
import TabItem from '@theme/TabItem';

<Tabs>
  <TabItem value="apt" label="Ubuntu">

  ## Install

  apt

  </TabItem>
  <TabItem value="brew" label="macOS">

  ## Install

  brew

  </TabItem>
</Tabs>

<Tabs groupId="os" defaultValue="mac" values={[{label:"Linux",value:"lin"},{label:"macOS",value:"mac"}]}>
<TabItem value="lin">L text</TabItem>
<TabItem value="mac">M text</TabItem>
</Tabs>
""",
}

CODE: Files = {
    "docs/titles.md": "```bash title='a \"b\".sh' showLineNumbers=10\nls\n```\n\n```js title=noquotes.js\nx\n```\n",
    "docs/kinds.md": """```jsx live noInline
render(<b>hi</b>);
```

```bash npm2yarn
npm install it
```

```diff
- old
+ new
```
""",
    "docs/comments.md": """A <!-- secret --> B {/* multi
line */} C

```html
<!-- kept -->
```

`<!-- kept2 -->`
""",
    "docs/bom.md": "\ufeff---\r\ntitle: X\r\n---\r\n\r\n# H\r\n\r\n## A {#b}\r\n\r\nBody  \r\nnext\r\n",
    "docs/cells.mdx": """<table>
  <thead><tr><th>Joint</th><th>Parts</th></tr></thead>
  <tbody>
    <tr>
      <td>**hip** `q[0]`</td>
      <td>

        - one
        - two

      </td>
    </tr>
  </tbody>
</table>
""",
    "docs/magic.md": """```js title="src/a.js"
// highlight-next-line
let a=1;
/* highlight-start */
let b;
// highlight-end
```

```js {1}
// highlight-next-line
let a=1;
```

```python
// highlight-next-line
# highlight-next-line
x = 1
```

```
# highlight-next-line
x
```
""",
}

COMPONENTS: Files = {
    "docs/theme.mdx": """import TOCInline from '@theme/TOCInline';

Intro.

<TOCInline toc={toc} maxHeadingLevel={2} />

## A
""",
    "docs/code-block.mdx": """import Admonition from '@theme/Admonition';
import CodeBlock from '@theme/CodeBlock';

<Admonition type="tip" icon="💡" title={<>Did you <b>know</b>?</>}>

Body.

</Admonition>

<CodeBlock language="jsx" title="/src/App.jsx" showLineNumbers>
{`function App() {
  return <b>{x}</b>;
}`}
</CodeBlock>
""",
    "docs/registered.mdx": '<Highlight color="#25c2a0">Green</Highlight> and <Note>Careful.</Note>\n',
    "src/theme/MDXComponents.js": """import React from 'react';
import MDXComponents from '@theme-original/MDXComponents';
import Highlight from '@site/src/components/Highlight';
export default {...MDXComponents, Highlight, Note: (p) => <aside>Note: {p.children}</aside>};
""",
    "src/components/Highlight.js": """import React from 'react';
export default function Highlight({children, color}) {
  return <span style={{background: color}}>{children}</span>;
}
""",
    "docs/window.mdx": """import BrowserWindow from '@site/src/components/BrowserWindow';

<BrowserWindow>

## Preview

Seen **inside**.

</BrowserWindow>
""",
    "src/components/BrowserWindow.jsx": """import React from 'react';
export default function BrowserWindow({children, url = 'http://localhost:3000'}) {
  return <div><div className="bar">{url}</div><div>{children}</div></div>;
}
""",
    "docs/browser.mdx": """import Link from '@docusaurus/Link';
import useBaseUrl from '@docusaurus/useBaseUrl';

<Link to="/docs/theme">Start</Link> <img src={useBaseUrl('/img/a.png')} alt="Arm"/>
""",
}

ADDRESSES: Files = {
    "docs/addresses/draft.md": "---\ndraft: true\n---\n# A\n",
    "docs/addresses/draft-text.md": '---\ndraft: "true"\n---\n# C\n',
    "docs/addresses/Intro.md": "# Upper\n",
    "docs/arm/_category_.json": '{"link": {"type": "doc", "id": "grip"}}',
    "docs/arm/grip.md": "# Grip\n",
    "docs/leg/_category_.json": '{"link": null}',
    "docs/leg/index.md": "# Leg\n",
    "docs/x/_category_.yml": "label: Getting Started\nlink: {type: generated-index, description: Begin here.}\n",
    "docs/x/a.md": "# In x\n\nSee [the index](/docs/category/getting-started).\n",
    "docs/y/_category_.json": '{"label": "Getting Started", "link": {"type": "generated-index"}}',
    "docs/y/a.md": "# In y\n\nSee [the index](/docs/category/getting-started-1).\n",
    "docs/z/_category_.yaml": (
        "label: 🚀 C++ & C#\nlink:\n  type: generated-index\n  slug: /cpp\n  title: C plus plus\n"
    ),
    "docs/z/a.md": "# In z\n\nSee [the index](/docs/cpp).\n",
}

CONFIGURED: Files = {
    "docusaurus.config.js": """
export default async function createConfig() {
  const {default: math} = await import('remark-math');
  return {
    title: 'B', url: 'https://b.example', baseUrl: '/m/', onBrokenLinks: 'ignore', onBrokenAnchors: 'ignore',
    markdown: {anchors: {maintainCase: true}},
    themeConfig: {prism: {magicComments: [{className: 'err', line: 'This will error'}]}},
    i18n: {defaultLocale: 'ur', locales: ['en', 'ur']},
    presets: [['classic', {docs: {remarkPlugins: [math]}, blog: false, pages: false}]],
  };
}
""",
    "docs/e.md": "Energy $\\frac{a}{b}$ is {1+1}.\n\n$$\n\\sum_{i} x_i\n$$\n",
    "docs/case.md": "## Foo Bar\n\n## foo bar\n\n## Energy $E=mc^2$ here\n",
    "docs/magic.md": "```js\n// This will error\nf(;\n// highlight-next-line\ng();\n```\n",
    "docs/translated.mdx": """import Translate, {translate} from '@docusaurus/Translate';

<Translate id="x.hello" description="greeting"
  values={{n: 3}}>{'Hello {n} robots'}</Translate>
{translate({id: 'x.bye', message: 'Bye'})}
""",
    "docs/02-a.md": "## Setup\n",
    "docs/b.md": "# B\n\nText of b.\n",
    "docs/foundations/_category_.json": '{"label": "Foundations", "link": {"type": "generated-index"}}',
    "docs/foundations/a.md": "# A\n\nSee [all](/docs/category/foundations).\n",
    "i18n/en/code.json": '{"x.hello": {"message": "Hi {n} machines"}}',
    "i18n/en/docusaurus-plugin-content-docs/current/02-a.md": "---\nslug: /alif\n---\n## Set up {#setup}\n\nOwn.\n",
    "i18n/en/docusaurus-plugin-content-docs/current/b.md": "---\ndraft: true\n---\n# B\n",
    "i18n/en/docusaurus-plugin-content-docs/current/only.md": "# Only here\n",
    "i18n/en/docusaurus-plugin-content-docs/current.json": (
        '{"sidebar.defaultSidebar.category.Foundations": {"message": "Basics"}}'
    ),
}

INSTANCES: Files = {
    "docusaurus.config.js": """
module.exports = {
  title: 'B', url: 'https://b.example', baseUrl: '/', onBrokenLinks: 'ignore',
  i18n: {defaultLocale: 'en', locales: ['en', 'de']},
  presets: [
    ['@docusaurus/preset-classic', {docs: false, blog: false, pages: false}],
    null, process.env.NEVER ? 'x' : false,
  ],
  plugins: [
    './noop', false,
    ['content-docs', {routeBasePath: 'kb', numberPrefixParser: false, include: ['**/*.mdx'], exclude: ['drafts/**']}],
    ['@docusaurus/plugin-content-docs', {id: 'robots', path: 'robots', routeBasePath: 'robots', sidebarPath: false}],
  ],
};
""",
    "noop/index.js": "module.exports = () => ({name: 'noop'});\n",
    "docs/01-a/02-b.mdx": "# B\n",
    "docs/a.md": "# A\n",
    "docs/drafts/c.mdx": "# C\n",
    "docs/_d.mdx": "# D\n",
    "robots/02-arm/01-arm.md": "# Arm\n",
    "robots_versions.json": '["1.0"]',
    "robots_versioned_docs/version-1.0/02-arm/01-arm.md": "# Arm one\n",
    "i18n/de/docusaurus-plugin-content-docs-robots/version-1.0/02-arm/01-arm.md": "# Der Arm\n",
}

SIDEBARS: Files = {
    "docusaurus.config.js": quiet_config(
        docs={"sidebarPath": "./sidebars.js"}, i18n={"defaultLocale": "en", "locales": ["en", "ur"]}
    ),
    "sidebars.js": "module.exports = {main: ['b', {type: 'category', label: 'New Part', items: ['a']}]};\n",
    "docs/a.md": "# A\n",
    "docs/b.md": "# B\n",
    "versions.json": '["2.0", "1.0"]',
    "versioned_docs/version-1.0/a.md": "# A one\n",
    "versioned_docs/version-1.0/b.md": "# B one\n",
    "versioned_sidebars/version-1.0-sidebars.json": (
        '{"s": [{"type": "category", "label": "Old Part", "link": {"type": "generated-index", "slug": "/old-part"},'
        ' "items": ["b"]}, "a"]}'
    ),
    "versioned_docs/version-2.0/a.md": "# A two\n",
    "versioned_docs/version-2.0/b.md": "# B two\n",
    "versioned_docs/version-2.0/c.md": "# C two\n",
    "versioned_sidebars/version-2.0-sidebars.json": '{"s": {"First": ["c"], "Second": ["b", "a"]}, "t": ["a"]}',
    "i18n/ur/docusaurus-plugin-content-docs/version-1.0/a.md": "# الف ایک\n",
}

SLASHES: Files = {
    "docs/a/b.md": "# B\n",
    "docs/html.md": "---\nslug: /c.html\n---\n# C\n",
    "docs/ends.md": "---\nslug: /x/\n---\n# X\n",
    "docs/index.md": "# Root\n",
    "docs/foo/index.md": "# Foo\n",
}

ROOT: Files = {
    "docs/intro.md": "---\nslug: /\n---\n# Intro\n",
    "docs/category/x.md": "# X\n",
}

PACKAGE: Files = {
    "docusaurus.config.js": """
module.exports = {
  title: 'B', url: 'https://b.example', baseUrl: '/', onBrokenLinks: 'ignore',
  presets: [
    ['classic', {docs: {routeBasePath: 'guide'}, blog: false, pages: false}],
    ['book', {route: 'more'}],
  ],
};
""",
    "node_modules/docusaurus-preset-book/package.json": '{"name": "docusaurus-preset-book", "main": "index.js"}',
    "node_modules/docusaurus-preset-book/index.js": """
module.exports = (context, {route}) => ({
  plugins: [['@docusaurus/plugin-content-docs', {id: 'more', path: route, routeBasePath: `${route}-pages`}]],
});
""",
    "docs/a.md": "# A\n",
    "more/b.md": "# B\n",
}

TEXTS: Files = {**EXPRESSIONS, **PARTIALS, **HEADINGS, **CODE, **COMPONENTS, **ADDRESSES}
