"""Pages whose addresses, headings and words are compared with real builds: `published_sites` makes sites of them."""

NAMES = {
    "10. Control Loop.md": "",
    "01 - Walk & Run.md": "",
    "03_sensors/04.imu.md": "",
    "001---x.md": "",
    "3-d-printing.md": "",
    "3d-print.md": "",
    "12.md": "",
    "5-.md": "",
    "-1-minus.md": "",
    "7-2-gait.md": "",
    "1.0-release.md": "",
    "2024-05-01-news.md": "",
    "1.2/api.md": "",
    "r/README.mdx": "",
    "02-Foo/Index.mdx": "",
    "Bar/bar.md": "",
    "02-Qux/02-qux.md": "",
    "03-Zed/01-zed.md": "",
    "01-aa/aa.md": "",
    "04-Idx/01-index.md": "",
    "1-s/2-b.md": "slug: c",
    "1-s/3-c.md": "slug: ../above",
    "1-s/4-d.md": "slug: ./d/",
    "1-s/5-e.md": "slug: /from the root",
    "1-s/6-f.md": "id: x",
    "1-s/7-g.md": "id: 3-y",
    "1-s/8-h.md": "parse_number_prefixes: false",
    "1-s/9-i.md": "slug: 123",
    "home/index.md": "id: start",
    "up/index.md": "slug: ..",
    "slash/a.md": "slug: /ends/",
    "slash/b.md": "slug: /page.html",
    "Ünïcode/零力矩.md": "",
}
"""Path of a page → its front matter."""

TEXTS = {
    "duplicates": "## Setup\n\n## Setup\n\n## Setup 1\n\n## Setup\n\n## FOO\n\n## foo\n\n## Foo-1",
    "explicit": "## A {#setup}\n\n## Setup\n\n## Setup\n\n## Foo {#bar}\n\n## Bar",
    "comments": "## Hello {/* #my-id */}\n\n## World {/* noid */}\n\n## Html <!-- #html-id -->\n\n## Foo <!-- note -->",
    "odd-ids": "## Install {#install} now\n\n## `x` {#code-id}\n\n## **b** {#UPPER_Case.1}",
    "escapes": r"## a\_b \{x\} \<y"
    "\n\n"
    r"## The `{x}` \{y\} prop"
    "\n\n## R&amp;D &lt;x&gt; &copy; &nbsp;y\n\n## Foo\u200bBar",
    "breaks": "## A<br/>B\n\n## A <br/> B & C\n\n## <b>x</b><br></br>y\n\n## Press <kbd>Ctrl</kbd>+<kbd>C</kbd>",
    "anchors": '## <a id="old"></a>Foo\n\n## Bar <a name="b"/>\n\n## <span className="b">New</span> thing',
    "formula-in-heading": "## Energy $E=mc^2$ here",
    "scripts": (
        "## زیرو مومنٹ پوائنٹ\n\n## 零力矩点（ZMP）是什么？\n\n## จุดโมเมนต์\n\n## Straße ÄÖÜ\n\n## İstanbul\n\n"
        "## हिन्दी भाषा"
    ),
    "containers": (
        ":::note\n\n## In note\n\n:::\n\n<details>\n<summary>S</summary>\n\n## In details\n\n</details>\n\n- item\n\n"
        "  ## In list\n\n> ## In quote\n\n<section>\n  ## Indented head\n\n  text\n</section>\n\n"
        "<div>## Not heading</div>\n\n## In note"
    ),
    "tag-headings": (
        '<h2 id="raw">Raw</h2>\n\n<h2>Raw2</h2>\n\n## Raw\n\nSub two\n---\n\n## C#\n\n## Foo #bar\n\n##NoSpace'
    ),
    "nothing-left": "##\n\n## !!!\n\n## ???",
    "hidden-headings": (
        "{/*\n## Hidden heading\n*/}\n\n<!--\n## Hidden\n\ntext\n-->\n\n```md\n## In code\n```\n\n## Hidden"
    ),
    "emoji": (
        "## Keys 1️⃣ and 👩‍🚀\n\n## :rocket: Launch\n\n## ❤️ love\n\n:smile: `:smile:` \\:smile: 12:30:45 :not_an_emoji:"
    ),
    "directives": (
        "It starts at 10:30 with std::vector, ratio a:b, port :8080, :smile: and :foo[bar]{.x} and "
        ':abbr[HTML]{title="Hyper"} and ::leaf\n\n::leaf[x]'
    ),
    "special": (
        "&copy; &hellip; &nbsp;| &#x200B;| &notanentity; &amp;lt; AT&T 2*3*4 snake_case_x ~one~ H~2~O \\*not em\\*"
    ),
    "bare-addresses": "See https://example.org/a_b(c). and www.example.org, mail a@b.org",
    "flanking": "**强调（说明）**后文 and **注意：**请\n\nمی‌خواهم کتاب‌ها (`ZMP`)۔\n\nข้อ 1  \nข้อ 2",
    "not-code": "Text:\n\n    indented **bold**\n\n1. Step\n\n        deep indented",
    "code-in-tags": (
        "<div>\n```js\na {x}\n```\n</div>\n\n<pre><code>{`if (a < b) {\n      c();\n  d();\n}`}</code></pre>"
    ),
    "constant-code": "export const src = `f(\n    x,\n  y)`\n\n<pre><code>{src}</code></pre>",
    "code-entities": "`&lt;` and ```` `x` ```` and ```js a```\n\n```\n&amp; {x} <y>\n```",
    "fences": (
        "````md\n```js\ncode {x}\n```\n````\n\n~~~\n```\n~~~\n\n```bash title='a \"b\".sh' showLineNumbers=10\nls\n```"
    ),
    "code-blocks": (
        "import CodeBlock from '@theme/CodeBlock';\n\n"
        '<CodeBlock language="js" title="a.js">{`// highlight-next-line\nshown();`}</CodeBlock>\n\n'
        '<CodeBlock language="js" metastring="{1}">{`// highlight-next-line\nranged();`}</CodeBlock>\n\n'
        '<CodeBlock className="language-python">{`# highlight-start\nclassed()\n# highlight-end`}</CodeBlock>'
    ),
    "mdx-code-block": "```mdx-code-block\n<b>Seen</b>\n\n## Head in block\n```",
    "cells": (
        "| a | b |\n|---|:-:|\n| `x \\| y` | **b** |\n| only |\n| 1 | 2 | 3 |\n"
        "| a\\|b | <b>x</b><br/>y |\n| \\{x\\} | `{y}` |"
    ),
    "notes": (
        "A[^1] and B[^long-name] again[^1].\n\n[^1]: First note.\n[^long-name]: Second\n    continued para.\n\n"
        "[^unused]: Never shown."
    ),
    "tasks": "- [ ] open\n- [x] done **b**\n  - [ ] sub\n\n1. one\n   - a\n2) other",
    "rows": (
        'export const Row = ({k, v = "n/a"}) => <tr><td>{k}</td><td>{v}</td></tr>;\n\n'
        '<table><tbody><Row k="mass" v={80}/><Row k="height"/></tbody></table>'
    ),
    "definitions": (
        "<dl>\n  <dt>ZMP</dt>\n  <dd>Zero *moment* point</dd>\n  <dt>\n\n  CoM\n\n  </dt>\n"
        "  <dd>Centre of mass</dd>\n</dl>"
    ),
    "figure": (
        '<figure>\n  ![Gait cycle](https://e.org/g.png "The *title*")\n'
        "  <figcaption>Fig. 1: the **gait**</figcaption>\n</figure>"
    ),
    "details": (
        "<details>\n  <summary>More **about** `q[1]`</summary>\n\n  Body *x*\n\n</details>\n\n"
        "<details><summary>Inline</summary>Body **b**</details>"
    ),
    "references": 'See [the Guide][g] and [g] and [nope] and ![img][g].\n\n[g]: https://e.org "T"',
    "admonitions": (
        ":::tip My **bold** title\nTight text\n:::\n\n:::warning[Be `careful`]{#the-id .cls}\n\nT\n\n:::\n\n"
        "::::info Out\n\nA\n\n:::tip In\n\nB\n\n:::\n\nC\n\n::::\n\n"
        ":::unknown\nY\n:::\n\n:::note Last\n\nNever closed\n\n## Inside"
    ),
    "function-components": (
        "export function Note({children}){return <p><em>Note: </em>{children}</p>}\n\n"
        "export const C={X:({children})=><i>{children}</i>};\n\n<Note>Careful with `x`.</Note>\n\n<C.X>hi</C.X>"
    ),
    "not-shown": (
        'export const meta = {secret: "never shown"};\n\n'
        '<head><title>Tab title</title><meta name="keywords" content="kw"/></head>\n\n'
        "<style>{`.a{color:red}`}</style>\n\n"
        '<div dangerouslySetInnerHTML={{__html: "<b>raw</b> html"}} />\n\nBody'
    ),
    "inner-html": (
        'export const m = "<i>x</i>";\n\nSee <span dangerouslySetInnerHTML={{__html: m}} /> here\n\n'
        '<div dangerouslySetInnerHTML={{__html: "<p>One</p><ul><li>a &amp; b</li></ul>"}} />'
    ),
    "layout": (
        "export default function L({children}){return <main>{children}<footer>Licence CC-BY</footer></main>}\n\nBody"
    ),
    "layout-arrow": "export default ({children}) => <><p>Before.</p>{children}</>\n\n## Head\n\nBody",
    "layout-alone": "export default () => <p>Only this.</p>\n\nBody",
    "layout-imported": "import L from '../parts/layout.js'\n\nexport default L\n\nBody",
    "quiz": (
        "import Quiz from '../parts/quiz.js'\n\n"
        '<Quiz question="What must stay inside?" options={["CoM", "ZMP"]} answer={1} />'
    ),
    "counter": "import Counter from '../parts/counter.js'\n\n<Counter start={3} step={2} most={97} />",
    "smile": "It is :smile: and \\:smile: and `:smile:` here.",
    "title-with-space": (
        "import Admonition from '@theme/Admonition';\n\n"
        '<Admonition type="tip" title={<>Did you <b>know</b>?</>}>\n\nBody.\n\n</Admonition>'
    ),
    "middle-import": 'Text\n\nimport Foo from "../parts/_foo.mdx";\n\n<Foo/>\n\nText first\nimport things here',
    "not-markdown": "export const pro=false;\n\n{pro && <p>Pro only</p>}\n\n{true && (<>\n**not bold**\n</>)}",
    "sections-by-map": (
        '{["hip","knee"].map((j)=>(\n  <section key={j}>\n    <h3 id={j}>{j.toUpperCase()}</h3>\n'
        "    <p>The {j} joint.</p>\n  </section>\n))}"
    ),
    "javascript": (
        '{(1234.5).toFixed(2)} {"abc".toUpperCase()} {[1,2,3]} {["a","b"]} {1e3} {0.1+0.2} {"a\\nb"}\n\n'
        "{(() => { const x = 3; return <p>Value {x}</p> })()}\n\n"
        "export const {a, b: [c]} = {a: 1, b: [2]};\n\n{a}/{c}"
    ),
    "filter": (
        'export const specs=[{n:"mass",v:80,u:"kg"},{n:"height",v:1.5,u:"m"}];\n\n<ul>\n'
        "{specs.filter(s=>s.v>10).map(({n,v,u})=><li key={n}>{n}: {v}&nbsp;{u}</li>)}\n</ul>\n\n"
        'Total {specs.length} entries, {Object.keys(specs[0]).join("/")}, {specs.reduce((a,s)=>a+s.v,0)}.'
    ),
    "unused-component": "export const F = () => <Unknown/>\n\ntext",
    "given-component": "<Details><summary>s</summary>x</Details>",
    "custom-element": "<my-element>x</my-element>",
    "lower": "<unknown>x</unknown>",
}
"""Name of a page → its text."""

PARTS = {
    "parts/layout.js": (
        "import React from 'react';\nexport default (props) => <div>{props.children}<p>From the layout.</p></div>;\n"
    ),
    "parts/quiz.js": (
        "import React, {useState} from 'react';\n"
        "export default function Quiz({question, options, answer}) {\n"
        "  const [picked, pick] = useState(null);\n"
        "  return (\n    <div>\n      <p>{question}</p>\n"
        "      {options.map((o, i) => <span key={o} onClick={() => pick(i)}><b>{o}</b> </span>)}\n"
        "      {picked === answer && <p>Correct!</p>}\n    </div>\n  );\n}\n"
    ),
    "parts/counter.js": (
        "import React, {useState} from 'react';\n"
        "export default function Counter({start, step}) {\n"
        "  const [at] = useState(start);\n  return <p>At {at}, by {step}</p>;\n}\n"
    ),
    "parts/_foo.mdx": "Foo of the part.\n",
}
