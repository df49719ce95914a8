"""More pages of the kinds that differ most from book to book: expressions, components, partials, and what MDX refuses."""

from tests.indexing.docusaurus.sites import Files

EXPRESSIONS = {
    "dates": "export const year = 2026\n\nSince {year - 10}, for {`${year - 2016}`.padStart(3, '0')} years{year > 2000 && '!'}",
    "nested-ternary": "export const n = 5\n\nIt is {n > 10 ? 'large' : n > 3 ? 'middling' : 'small'} of {[n, n * 2].join(' and ')}.",
    "entries": (
        "export const limits = {hip: 40, knee: 55}\n\n"
        "<ul>{Object.entries(limits).map(([joint, limit]) => <li key={joint}>{joint}: {limit} Nm</li>)}</ul>"
    ),
    "sorting": (
        "export const words = ['zeta', 'alpha', 'mid']\n\n"
        "Sorted {[...words].sort().join(', ')}; reversed {words.slice().reverse().join(' ')}; "
        "longest {Math.max(...words.map((w) => w.length))}."
    ),
    "optional": "export const robot = {arm: null}\n\nIts arm is {robot.arm?.length ?? 'unknown'} and {robot?.['leg'] || 'no leg'}.",
    "switching": (
        "export function unit(of) { switch (of) { case 'mass': return 'kg'; case 'time': return 's'; default: return '?' } }\n\n"
        "In {unit('mass')}, {unit('time')}, {unit('x')}."
    ),
    "destructured": (
        "export const [first, ...rest] = ['a', 'b', 'c']\nexport const {x: {y = 7} = {}, ...others} = {z: 1}\n\n"
        "{first}, {rest.length}, {y}, {Object.keys(others)}."
    ),
    "tagged-numbers": "{0x1f} {1_000} {5e-7} {1e21} {(0.000001).toString()} {10 / 4} {7 % 3} {2 ** 10} {-0} {1 / 3}",
    "strings": (
        "{'Tab\\tand \\u00e9'.toUpperCase()} {'a-b-c'.split('-').length} {'abc'.at(-1)} {'x'.repeat(3)} {'  trim '.trim()} "
        "{'one two'.replace('two', '2')} {'abcdef'.slice(1, -2)} {'q'.charCodeAt(0)}"
    ),
    "truth": "{NaN} {''} {[]} {[null, 'a', false, 'b']} {true} {!!1} {!0 && 'not zero'} {0 || 'or'} {void 0}",
    "in-tables": (
        "export const rows = [{k: 'a', v: 1}, {k: 'b', v: 2}]\n\n"
        "| key | value |\n|---|---|\n| {rows[0].k} | {rows[0].v * 10} |\n| **{rows[1].k}** | `{rows[1].v}` |"
    ),
    "template-lines": "export const poem = `first\n  second\nthird`\n\n<p>{poem}</p>\n\n{poem.split('\\n').length} lines",
    "spread": "export const base = {a: 1}\nexport const more = {...base, b: 2, ['c' + 1]: 3}\n\n{Object.keys(more).join()} {JSON.stringify(more)}",
    "html-in-value": "export const raw = '<b>not bold</b> & <i>'\n\nIt is {raw} and {'&amp;'} and &amp;.",
}
COMPONENTS = {
    "default-props": (
        "export const Tip = ({title = 'Tip', children}) => <aside><strong>{title}:</strong> {children}</aside>\n\n"
        "<Tip>Rest the **arm**.</Tip>\n\n<Tip title='Care'>Check it.</Tip>"
    ),
    "rest-props": (
        "export const Box = ({as: Tag = 'div', ...rest}) => <Tag {...rest} />\n\n"
        "<Box as='section' id='inside'>Inside.</Box>\n\n<Box>\n\n## Boxed\n\nMore.\n\n</Box>"
    ),
    "list-of-parts": (
        "export const Step = ({n, children}) => <div className='step'><span>{n}:</span> {children}</div>\n"
        "export const Steps = ({items}) => <>{items.map((item, i) => <Step key={i} n={i + 1}>{item}</Step>)}</>\n\n"
        "<Steps items={['Power on', 'Calibrate', <em>Walk</em>]} />"
    ),
    "conditional": (
        "export const Since = ({version, children}) => version >= 3 ? <p>Since {version}: {children}</p> : null\n\n"
        "<Since version={4}>shown</Since>\n\n<Since version={2}>hidden</Since>"
    ),
    "stateful": "import Toggle from '../parts/toggle.js'\n\n<Toggle label='Details'>Kept **inside**.</Toggle>",
    "class": "import Card from '../parts/card.js'\n\n<Card title='A card'>With text.</Card>",
    "memo": "import {Fast, Named as Renamed} from '../parts/fast.jsx'\n\n<Fast of='memo' />\n\n<Renamed of='name' />",
    "data": "import {joints} from '../parts/joints.json'\nimport Table from '../parts/table.tsx'\n\n<Table rows={joints} />",
    "render-prop": "import Each from '../parts/each.js'\n\n<Each of={['x', 'y']}>{(item) => <p>Item {item}</p>}</Each>",
    "children-text": (
        "import Kbd from '../parts/kbd.js'\n\nPress <Kbd>Ctrl+C</Kbd> or <Kbd>Esc</Kbd>, twice.\n\n## The <Kbd>Esc</Kbd> key"
    ),
    "heading-part": "import Head from '../parts/head.js'\n\n<Head id='own-id'>Own heading</Head>\n\nText.",
    "nested-object": "export const UI = {Row: ({l, r}) => <p>{l} → {r}</p>, deep: {Cell: (p) => <i>{p.children}</i>}}\n\n<UI.Row l='a' r='b' />\n\n<UI.deep.Cell>cell</UI.deep.Cell>",
    "fragments": "export const Pair = () => [<b key='1'>one</b>, ' and ', <b key='2'>two</b>]\n\n<Pair />\n\n<><p>Third</p></>",
    "formula-tags": "<math><mi>x</mi></math>\n\nAfter it.",
}
PARTS: Files = {
    "parts/toggle.js": """
import React, {useState, useCallback, useMemo, useRef, useEffect} from 'react';
export default function Toggle({label, children}) {
  const [open, setOpen] = useState(false);
  const ref = useRef(null);
  const flip = useCallback(() => setOpen((was) => !was), []);
  const text = useMemo(() => `${label} (${open ? 'open' : 'closed'})`, [label, open]);
  useEffect(() => { document.title = text; }, [text]);
  return <div ref={ref}><p onClick={flip}>{text}</p><div hidden={!open}>{children}</div></div>;
}
""",
    "parts/card.js": """
import React from 'react';
export default class Card extends React.Component {
  render() {
    const {title, children} = this.props;
    return <section><p><b>{title}</b></p><div>{children}</div></section>;
  }
}
""",
    "parts/fast.jsx": """
import React, {memo, forwardRef} from 'react';
export const Fast = memo(function Inner({of}) { return <p>Fast by {of}</p>; });
const Named = forwardRef(({of}, ref) => <p ref={ref}>Found by {of}</p>);
Named.displayName = 'Named';
export {Named};
""",
    "parts/joints.json": '{"joints": [{"name": "hip", "limit": 40}, {"name": "knee", "limit": 55}]}',
    "parts/table.tsx": """
import React, {type ReactNode} from 'react';
interface Row { name: string; limit: number }
export default function Table({rows}: {rows: Row[]}): ReactNode {
  const total: number = rows.reduce((sum: number, row: Row) => sum + row.limit, 0);
  return (
    <table>
      <thead><tr><th>Joint</th><th>Limit</th></tr></thead>
      <tbody>
        {rows.map(({name, limit}: Row) => (<tr key={name}><td>{name}</td><td>{limit as number} Nm</td></tr>))}
        <tr><td>all</td><td>{total!} Nm</td></tr>
      </tbody>
    </table>
  );
}
""",
    "parts/each.js": """
import React from 'react';
export default ({of, children}) => <div>{of.map((item) => <React.Fragment key={item}>{children(item)}</React.Fragment>)}</div>;
""",
    "parts/kbd.js": """
import React from 'react';
const Kbd = (props) => <kbd {...props} className="key" />;
export default Kbd;
""",
    "parts/head.js": """
import React from 'react';
import Heading from '@theme/Heading';
export default function Head({id, children}) {
  return <Heading as="h2" id={id}>{children}</Heading>;
}
""",
}
REFUSED = {
    "less-digit": "If x <3 it falls",
    "generics": "A vector<int> grows",
    "unclosed-tag": "Press <kbd>Ctrl and wait",
    "unclosed-in-list": "1. a <b>bold\n2. b",
    "self-closed-twice": "<br/></br>",
    "attribute-quote": "<p title='it's'>x</p>",
    "attribute-number": "<td colSpan=2>x</td>",
    "hyphen-comment": "<!- not a comment ->",
    "brace-in-table": "| a |\n|---|\n| { |",
    "brace-in-link": "[a {b](https://e.org)",
    "brace-object": "A map {a: 1, b: 2} of",
    "statement": "It is {const a = 1} here",
    "two-values": "It is {1 2} here",
    "import-late": "Text\n\nimport x y from './z'",
    "export-function": "export function () { return 1 }",
    "nested-import": "export const a = 1 +",
    "jsx-in-braces": "{<b>x}",
    "close-before-open": "</b><b>",
    "style-text": "<style>.a { color: red }</style>",
    "percent": "{%if x%}",
    "mustache": "Hello {{name}",
    "arrow": "a <-> b",
    "email": "Write to <a@example.org>",
    "namespace": "std::vector<T>::iterator",
    "php": "<?php echo 1 ?>",
    "cdata": "<![CDATA[x]]>",
    "yield": "{yield}",
    "dots": "<p {...}>x</p>",
    "heading-tag": "## The <T> type",
    "quote": "> a {b\n> c",
    "footnote": "A[^1].\n\n[^1]: has { in it",
    "admonition": ":::note\n\nUse <T>\n\n:::",
    "admonition-title": ":::note[Use {]\n\nx\n\n:::",
    "details": "<details>\n<summary>a\n</summary>\nb",
}
UNDEFINED = {
    "await": "It is {await unknown} here",
    "script": "<script>if (a) {unknown()}</script>",
    "head": "<head><title>{unknown}</title></head>",
    "hidden": "export const None = () => null\n\n<None>{unknown}</None>",
    "style": "<p style={{color: unknown}}>x</p>",
    "event": "<p onClick={unknown}>x</p>",
    "key": "<p key={unknown}>x</p>",
    "template": "It is {`a ${unknown}`}",
    "call-argument": "It is {String(unknown)}",
    "member-of-undefined": "export const a = {}\n\nIt is {a.b.c}",
    "no-function": "export const a = 1\n\nIt is {a()}",
    "symbol": "It is {Symbol('x')}",
    "in-details": "<details>\n<summary>a {unknown}</summary>\n\nb\n\n</details>",
    "in-link": "See [the {unknown}](https://e.org)",
    "in-quote": "> {unknown}",
    "in-emphasis": "A **{unknown}** b",
    "throws": "export const f = () => { throw new Error('no') }\n\n{f()}",
}
