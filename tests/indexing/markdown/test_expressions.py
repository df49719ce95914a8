"""What expressions, attributes and components show is read from the sources; what cannot be is a gap and a warning."""

from pathlib import Path

import pytest

from indexing.markdown.page import MarkdownOptions
from tests.indexing.markdown.reading import folder, ids, read
from tests.tables import each_row


def texts(text: str, files: dict[str, str] | None = None, **options: bool) -> list[str]:
    """The texts of all blocks of a page."""
    page = read(text, MarkdownOptions(**options), folder(files or {}))  # type: ignore[arg-type]
    return [block.text for section in page.sections for block in section.blocks]


def problems(text: str, files: dict[str, str] | None = None) -> list[tuple[int, bool]]:
    """(line, whether Docusaurus' build stops) of what is wrong with a page."""
    return [(p.line, p.error) for p in read(text, MarkdownOptions(math=False), folder(files or {})).problems]


HEADING = "import Heading from '@theme/Heading'\n\n"


@each_row(
    ("tag", "anchor"),
    [
        ('<Heading as={"h2"} id={"req"}>R</Heading>', "req"),
        ("<Heading as={'h2'} id={`req`}>R</Heading>", "req"),
        ('<Heading {...{as: "h2", id: "req"}}>R</Heading>', "req"),
        ('<h2 id={"req"}>R</h2>', "req"),
        ("<h2 id={'re' + 'q'}>R</h2>", "req"),
        ("<h2 id={12}>R</h2>", "12"),
        ('<Heading {...{as: "h2", id: "req"}} id="own">R</Heading>', "own"),
        ('<Heading id="own" {...{as: "h2", id: "req"}}>R</Heading>', "req"),
        ('<Heading as="h1" id="req">R</Heading>', None),
        ('<h1 id="req">R</h1>', "req"),
    ],
)
def test_an_id_in_braces_is_an_id(tag: str, anchor: str | None) -> None:
    assert ids(HEADING + tag) == [anchor]


def test_attributes_in_braces_reach_a_partial() -> None:
    files = {"./_p.mdx": "V {props.a} {props.b} {props.c} {props.d} {props.e} {props.none}."}
    page = "import P from './_p.mdx'\n\n<P a={\"5.0\"} b={`6.1`} c={12} d={true} {...{e: 'E'}} />"
    assert texts(page, files) == ["V 5.0 6.1 12  E ."]


def test_a_lazy_tab_is_chosen_by_a_value_in_braces() -> None:
    page = read(
        '<Tabs lazy defaultValue={"b"}>\n<TabItem value={"a"}>\n\n## A\n\n</TabItem>\n<TabItem value={"b"}>\n\n## B\n\n'
        "</TabItem>\n</Tabs>"
    )
    assert [(heading.text, heading.rendered) for heading in page.headings] == [("A", False), ("B", True)]


def test_tab_panels_are_named_by_their_labels() -> None:
    page = (
        "<Tabs values={[{label: 'pip 24', value: 'p'}, {label: 'uv', value: 'u'}]}>\n"
        '<TabItem value="p">\n\none\n\n</TabItem>\n<TabItem value="u" label={"UV"}>\n\ntwo\n\n</TabItem>\n</Tabs>'
    )
    assert texts(page) == ["**pip 24**", "one", "**UV**", "two"]


VALUES = """import facts from './facts.json'
import {firmware as fw} from './facts.json'

export const a = 'x', b = 'y'
export const maxLoad = 12.5
export const robot = {name: 'Atlas', joints: ['hip', 'knee']}

"""


@each_row(
    ("expression", "shown"),
    [
        ("facts.firmware", "2.4"),
        ("fw", "2.4"),
        ("a + b", "xy"),
        ("maxLoad * 2", "25"),
        ("robot.name", "Atlas"),
        ("robot['name'].toUpperCase()", "ATLAS"),
        ("`${robot.name} at ${maxLoad} N·m`", "Atlas at 12.5 N·m"),
        ("robot.joints.join(', ')", "hip, knee"),
        ("robot.joints.map(j => j.toUpperCase()).join('/')", "HIP/KNEE"),
        ("maxLoad > 10 ? 'strong' : 'weak'", "strong"),
        ("robot.tail ?? 'none'", "none"),
        ("robot?.legs?.left ?? 'unknown'", "unknown"),
        ("(0.1 + 0.2).toFixed(2)", "0.30"),
        ("Object.keys(robot).length", "2"),
        ("(() => { const n = 3; if (n > 2) { return 'many' } return 'few' })()", "many"),
        ("true && <b>bold</b>", "bold"),
        ("[1, 2, 3].filter(n => n > 1)", "23"),
        ("frontMatter.owner", ""),
        ("robot.name.substring(3, 0)", "Atl"),
        ("robot.name.lastIndexOf('a')", "3"),
        ("robot.name.replace(/t/g, 'T').split(/T/).length", "2"),
        ("parseFloat('1.5em') + parseInt('42px', 10)", "43.5"),
        ("[10, 9, 1].sort((a, b) => a - b).join(' ')", "1 9 10"),
        ("(() => { const n = [2, 1]; n.sort(); return n.join() })()", "…"),
        ("['1', '', '2'].filter(Boolean).map(Number).length", "2"),
        ("[1, 2, 3].findIndex(n => n > 1) + [1, 2].findLast(n => n < 3)", "3"),
        ("'name' in robot && Number.isInteger(5) && 'both'", "both"),
        ("JSON.stringify({a: [1, 'b', undefined], c: undefined})", '{"a":[1,"b",null]}'),
        ("(255).toString(16) + (5).toPrecision(3)", "ff5.00"),
        ("(5 & 3) + (1 << 3) + ~1 + (1, 2)", "9"),
        ("Math.trunc(-1.7) + Math.hypot(3, 4)", "4"),
        ("Object.fromEntries([['a', 1]]).a", "1"),
        ("require('./facts.json').firmware", "2.4"),
    ],
)
def test_an_expression_of_known_values_is_computed(expression: str, shown: str) -> None:
    page = VALUES + f"It is {{{expression}}}."
    assert texts(page, {"./facts.json": '{"firmware": "2.4"}'}) == [f"It is {shown}."]


@each_row(
    "body",
    [
        "let x = 1; x = 2; return x",
        "let x = 1; x += 1; return x",
        "let x = 1; x++; return x",
        "let x = 1; if (true) { x = 2 } return x",
        "const xs = [1]; xs.push(2); return xs.length",
        "const xs = []; for (const n of [1, 2]) { xs.push(n) } return xs.length",
        "const o = {a: 1}; o.a = 2; return o.a",
        "const o = {}; Object.assign(o, {a: 1}); return o.a",
        "const xs = [1]; true && xs.push(2); return xs.length",
        "const xs = [2, 1]; delete xs[0]; return xs[0]",
    ],
)
def test_a_value_that_code_changes_is_a_gap_and_not_its_first_value(body: str) -> None:
    assert texts(f"export const f = () => {{ {body} }}\n\nIt is {{f()}}.") == ["It is …."]


@each_row(
    "statement",
    ["items.push('b')", "items[0] = 'b'", "items = ['b']", "items.length = 0", "Object.assign(items, ['b'])"],
)
def test_what_a_module_changes_is_a_gap(statement: str) -> None:
    files = {"./items.js": f"export let items = ['a'];\n{statement};\n"}
    assert texts("import {items} from './items.js'\n\nIt is {items.join()}.", files) == ["It is …."]


@each_row(
    ("expression", "shown"),
    [
        ("arm.twice()", "8"),
        ("arm.inner.name()", "wrist"),
        ("arm['twice']()", "8"),
        ("arm.torque", "5"),
        ("arm.later()", "…"),
        ("[1].map(arm.twice)", "…"),
        ("(0, arm.twice)()", "…"),
        ("{...arm, load: 5}.twice()", "10"),
        ("named()", "…"),
    ],
)
def test_a_method_knows_the_object_it_is_called_on(expression: str, shown: str) -> None:
    page = (
        "export const arm = {load: 4, twice() { return this.load * 2 }, get torque() { return this.load + 1 },\n"
        "  inner: {own: 'wrist', name: function () { return (() => this.own)() }}, async later() { return 1 }}\n"
        "export function named() { return this.load }\n\n"
    )
    expression = f"({expression.removesuffix('.twice()')}).twice()" if expression.startswith("{") else expression
    assert texts(f"{page}It is {{{expression}}}.") == [f"It is {shown}."]
    assert [fatal for _, fatal in problems(f"{page}It is {{{expression}}}.")] == ([False] if shown == "…" else [])


@pytest.mark.parametrize("expression", ["Date.now()", "process.env.STAGE", "toc.length", "later"])
def test_what_only_running_tells_is_a_visible_gap_with_a_warning(expression: str) -> None:
    page = f"export const later = new Date()\n\nAsk {{{expression}}} first.\n\n## Load {{{expression}}}\n"
    assert texts(page) == ["Ask … first."]
    assert read(page).headings[0].text == "Load …"
    assert sorted(problems(page)) == [(3, False), (5, False)]


@each_row(
    "text",
    [
        "Set {{ .Values.image }} in",
        "Ask {unknown} first",
        r"It is $\frac{a}{b}$",
        "{unknown.member}",
        "{unknown()}",
        "{React.version}",
        "## Load {unknown}",
        "Use {1 +} here",
        "Use {window.innerWidth} here",
        "It is {yield} here",
        "It is {await unknown} here",
        "export const a = 1\n\nIt is {a()}",
        "export const f = () => { throw new Error('no') }\n\n{f()}",
        "export const None = () => null\n\n<None>{unknown}</None>",
        "<style>.a { color: red }</style>",
        "<p {...}>x</p>",
        "<p title={1 +}>x</p>",
        "<p style={{color: unknown}}>x</p>",
        "<p onClick={unknown}>x</p>",
        "import x y from './z'",
        "Use {new Unknown()} here",
        "Use {{a: 1}} here",
        "Use <T> here",
        "Use <br> here",
        "<br>",
        "<img src='x'>",
        "<div>",
        "</div>",
        "<p>x",
        "x</p>",
        "x <5 y",
        "a } b {",
        "<https://auto.example>",
        "<a@b.c>",
        "<p {...unknown}>x</p>",
        "<p title={unknown}>x</p>",
        "<p title={}>x</p>",
        "<details><summary>x</summary>\n## y\n</details>",
        "<div>\ntext</div>",
        "<div>\n\n- a\n\n  </div>",
        "> <div>\n> a\n\n</div>",
        ":::note\n\n<div>\n\n:::\n\n</div>",
        "| a | b |\n|---|---|\n| <b> | </b> |",
        "*a <b>c* d</b>",
        "a[^1]\n\n[^1]: <div>\n\n</div>",
        r"It is $\sum_{i=1}^n x_i$",
        "It is {new Date(0)}",
        "import {toc} from './a.mdx'",
        "import a from './a'\nimport a from './b'",
        "export const frontMatter = {}",
        "export const length = 3",
        "export const a = null\n\n{a.b}",
        "export const a = {}\n\n<a.Gone />",
        "import * as all from './Native.jsx'\nexport const P = all.Gone\n\n<P />",
    ],
)
def test_what_mdx_refuses_is_an_error_with_its_place(text: str) -> None:
    found = problems("one\n\n" + text, PARTIALS)
    assert {(3, True), (3 + text.count("\n"), True)} & set(found)
    assert all(3 <= line <= 3 + text.count("\n") for line, _ in found)


@each_row(
    "text",
    [
        "a < b",
        "{}",
        "{/* comment */}",
        "<>fragment</>",
        "<p>\n\nx\n\n</p>",
        "<br></br>",
        "<p class='x'>y</p>",
        "{typeof unknown}",
        "{typeof window === 'undefined' && 'built'}",
        "{false && unknown}",
        "{true ? 1 : unknown}",
        "{[1].map(x => x)}",
        "<p onClick={() => unknown()}>x</p>",
        "`{unknown}`",
        "```\n{unknown}\n```",
        "\\{unknown}",
        "&#123;unknown}",
        "<!-- {unknown} -->",
        "| a |\n|---|\n| {1} |",
        "## Load {#id}",
        "export const C = () => <p dangerouslySetInnerHTML={{__html: 'a<br>b<img src=x>'}} />\n\n<C />",
    ],
)
def test_what_mdx_takes_is_no_error(text: str) -> None:
    assert problems("one\n\n" + text) == []


PART = "part"
PARTIALS = {
    "./_getting-started.md": "Getting started.",
    "./part.mdx": "Part.",
    "/docs/part/_a.mdx": "Absolute.",
    "./Native.jsx": """import A from './part.mdx'
import B from './_getting-started.md'
export default function Native() { return (<><A /><B /></>) }""",
}


@each_row(
    ("statement", "shown"),
    [
        (r"import P from './\_getting-started.md'", ["Getting started."]),
        (r"import P from '.\u002f\_getting-started.md'", ["Getting started."]),
        ("import P, {toc as partToc} from './part.mdx'", ["Part."]),
        ("import {default as P} from './part.mdx'", ["Part."]),
        ("import * as N from './part.mdx'\nexport const P = N.default", ["Part."]),
        ("import P from '/docs/part/_a.mdx'", ["Absolute."]),
        ("import P from './Native.jsx'", ["Part.", "Getting started."]),
        ("import A from './part.mdx'\nexport const P = () => <A />", ["Part."]),
        ("import A from './part.mdx'\nexport const P = ({a}) => [1, 2].map(n => <A key={n} />)", ["Part.", "Part."]),
        ("import A from './part.mdx'\nexport const P = A", ["Part."]),
    ],
)
def test_a_partial_is_followed_however_it_is_imported(statement: str, shown: list[str]) -> None:
    assert texts(statement + "\n\n<P />", PARTIALS) == shown


@each_row(
    "statement",
    [
        "import P from './gone.mdx'",
        "import P from '@site/gone.mdx'",
        "import P from 'package/gone.mdx'",
        "import {P} from './part.mdx'",
        "import P from './Gone'",
        "import P from 'some-package'",
        "import React from 'react'\n\nexport const P = React.lazy(() => import('./part.mdx'))",
        "export const P = class { draw() {} }",
        "",
    ],
)
def test_what_is_not_followed_is_a_warning(statement: str) -> None:
    assert [error for _, error in problems(statement + "\n\n<P />", PARTIALS)] == [False]


def test_children_stand_where_a_partial_shows_them() -> None:
    files = {"./_p.mdx": "Before {props.name}.\n\n{props.children}\n\nBehind."}
    page = "import P from './_p.mdx'\n\n<P name='Ada'>\n\nInner.\n\n## In\n\n</P>\n\nAfter."
    assert texts(page, files) == ["Before Ada.", "Inner.", "Behind.", "After."]


@pytest.mark.parametrize(
    ("partial", "shown"),
    [
        ("Here {props.children} there.\n\n> {props.children}\n", ["Here", "inner", "there.", "> …"]),
        ("{props.children}\n\nBetween.\n\n{props.children}\n", ["inner", "Between.", "…"]),
        ("{props.children} and {props.children}.\n", ["inner", "and …."]),
        ("export const Two = ({children}) => <p>{children} or {children}</p>\n\n<Two>word</Two>\n", ["word or …"]),
    ],
)
def test_children_that_are_shown_again_are_a_gap_with_a_warning(partial: str, shown: list[str]) -> None:
    files, page = {"./_p.mdx": partial}, "import P from './_p.mdx'\n\n<P>inner</P>"
    if "Two" in partial:
        page = partial
    assert texts(page, files) == shown
    assert [fatal for _, fatal in problems(page, files)] == [False]


def test_text_between_tags_stays_where_only_running_tells_whether_it_is_shown() -> None:
    component = "export const Box = ({children}) => <div>{window.count(children) > 0 && children}</div>\n\n"
    page = component + "<Box>\n\nKept *text*.\n\n</Box>\n\nAfter."
    assert texts(page) == ["…", "Kept *text*.", "After."]
    assert [fatal for _, fatal in problems(page)] == [False]


COMPONENTS = {
    "./Card.jsx": """import React, {useState} from 'react'
/** A card. */
export default function Card({title, children, kind = 'info', ...rest}) {
  const [open, setOpen] = useState(false)
  useEffect(() => { document.title = title })
  if (kind === 'none') return null
  return (
    <div className={kind} onClick={() => setOpen(!open)}>
      <strong>{title}</strong>
      {open && <i>never</i>}
      <div>{children}</div>
      <em>The end.</em>
    </div>
  )
}""",
    "./Note.tsx": """type Props = {text: string; level?: number}
export const Note = ({text, level = 1}: Props): JSX.Element => <p>{level}. {text as string}</p>
export default Note""",
    "./Panel.js": """import React from 'react'
function Panel({title}) { return <h3>{title}</h3> }
Panel.Footer = ({children}) => <p>Footer: {children}</p>
Panel.displayName = 'Panel'
export default Panel""",
    "./Old.js": """import React from 'react'
export default class Old extends React.Component {
  state = {open: false}
  render() { const {name} = this.props; return <p>Old {name}.</p> }
}""",
    "./_loop.mdx": "Item {props.name}.",
    "@site/wave.py": "def wave():\n    pass\n",
    "@site/src/theme/MDXComponents": "",
}


@each_row(
    ("page", "shown"),
    [
        ("export const C = () => <p>Keep <b>hands</b> off &amp; away.</p>\n\n<C />", ["Keep hands off & away."]),
        ("export const U = ({children}) => <span>[{children}]</span>\n\nMax <U>50</U> here.", ["Max [50] here."]),
        ("export function C() { return <p>Warm.</p> }\n\n<C />", ["Warm."]),
        ("export const C = props => <p>{props.a}{props.children}</p>\n\n<C a='x'>\n\ny\n\n</C>", ["x", "y"]),
        ("export const C = () => <p>No children.</p>\n\n<C>\n\nhidden\n\n</C>", ["No children."]),
        ("import Card from './Card.jsx'\n\n<Card title='T'>\n\nBody.\n\n</Card>", ["T", "Body.", "The end."]),
        ("import Card from './Card.jsx'\n\n<Card title='T' kind='none' />", []),
        ("import {Note} from './Note.tsx'\n\n<Note text='Hot' />", ["1. Hot"]),
        ("import Panel from './Panel.js'\n\n<Panel.Footer>End</Panel.Footer>", ["Footer: End"]),
        ("import Old from './Old.js'\n\n<Old name='Ada' />", ["Old Ada."]),
        (
            (
                "export const C = ({kind}) => { switch (kind) { case 'a': case 'b': return <p>AB</p>; default: "
                "return <p>Other</p> } }\n\n<C kind='a' />\n\n<C kind='b' />\n\n<C />"
            ),
            ["AB", "AB", "Other"],
        ),
        (
            "export const C = () => { let t; switch (1) { case 1: { t = 'x' } } return <p>{t}.</p> }\n\n<C />",
            ["…."],
        ),
        (
            "export const C = () => <p dangerouslySetInnerHTML={{__html: 'Raw <b>inner</b> &amp; more'}} />\n\n<C />",
            ["Raw inner & more"],
        ),
        (
            "import React from 'react'\n\nexport const C = () => React.createElement('p', null, 'Made ', 2)\n\n<C />",
            ["Made 2"],
        ),
        ("import React from 'react'\n\nexport const C = React.memo(() => <p>Kept.</p>)\n\n<C />", ["Kept."]),
        ("import Note from './Note.tsx'\n\n<Note text={'Hot'} level={2} />", ["2. Hot"]),
        (
            "import L from './_loop.mdx'\nexport const xs = ['a', 'b']\n\n{xs.map(x => <L key={x} name={x} />)}",
            ["Item a.", "Item b."],
        ),
        (
            """import code from '!!raw-loader!@site/wave.py'
import CodeBlock from '@theme/CodeBlock'

<CodeBlock language="py" title="wave.py">{code}</CodeBlock>""",
            ['```py title="wave.py"\ndef wave():\n    pass\n```'],
        ),
        (
            "import Block from '@theme/CodeBlock'\n\n<Block language=\"c\">\n  {`int a;\n\nint b;`}\n</Block>",
            ["```c\nint a;\n\nint b;\n```"],
        ),
    ],
)
def test_the_text_of_a_component_that_the_sources_hold_is_read(page: str, shown: list[str]) -> None:
    assert texts(page, COMPONENTS) == shown


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<Each of={['x', 'y']}>{(item) => <p>Item {item}</p>}</Each>", ["Item x", "Item y"]),
        ("<Each of={['x']}>{item => <p>Item {item}</p>}</Each>", ["Item x"]),
        ("<Each of={['x']}>{function (item) { return <p>Item {item}</p> }}</Each>", ["Item x"]),
    ],
)
def test_a_function_between_the_tags_of_a_component_is_called_by_it(page: str, shown: list[str]) -> None:
    each = "export const Each = ({of, children}) => <div>{of.map((item) => children(item))}</div>\n\n"
    assert [line for text in texts(each + page) for line in text.split("\n")] == shown


@pytest.mark.parametrize("unit", ["<Unit />", "<Unit>80</Unit>"])
def test_a_heading_shows_the_text_of_a_component(unit: str) -> None:
    code = "export const Unit = ({children}) => <span>{children} N·m</span>"
    [heading] = read(f"{code}\n\n## Torque {unit}").headings
    assert heading.text.split() == ["Torque", *(["80"] if "80" in unit else []), "N·m"]


@each_row(
    "code",
    [
        "export const a = [1].concat(a)",
        "export const f = n => f(n + 1)\nexport const a = f(1)",
        "export const f = n => n < 1 ? 1 : f(n - 1) + f(n - 1)\nexport const a = f(60)",
        "export const a = 'x'.repeat(1e9)",
        "export const s = 'x'.repeat(90000)\nexport const t = s + s\nexport const a = t + t + t",
        "export const a = Array.from({length: 1e9})",
        f"export const a = {'(' * 300}1{')' * 300}",
        f"export const a = {'[' * 3000}{']' * 3000}",
        "export const C = () => <C />\nexport const a = <C />",
        "export const a = 10 ** 10 ** 10",
        "export const a = (-8) ** 0.5",
    ],
)
def test_an_expression_that_never_ends_is_a_gap(code: str) -> None:
    assert len("".join(texts(code + "\n\nIt is {a}."))) < 300_000


def test_no_code_of_the_book_is_run(tmp_path: Path) -> None:
    file = tmp_path / "written"
    code = f"require('fs').writeFileSync({str(file)!r}, 'x')"
    page = (
        f"import W from './W.jsx'\n\nexport const a = {code}\n\n"
        f"export const b = () => {{ {code}; return <p>b</p> }}\n\n"
        f"{{a}} {{{code}}} {{b()}} <W /> <p title={{{code}}}>x</p>"
    )
    read(page, load=folder({"./W.jsx": f"{code}\nexport default () => {{ {code}; return <p>w</p> }}"}))
    assert not file.exists()


CODE = """{
  "Hello, reader.": {"message": "Hallo, Leser."},
  "robot.name": {"message": "{name} hat {count} Gelenke."},
  "Joints": "Gelenke",
  "kept": {"description": "no message"}
}"""
TRANSLATE = (
    "import Translate, {translate} from '@docusaurus/Translate'\nimport Interpolate from '@docusaurus/Interpolate'\n\n"
)


@each_row(
    ("page", "shown"),
    [
        ("<Translate>Hello, reader.</Translate>", "Hallo, Leser."),
        ("<Translate description='For translators'>Not translated.</Translate>", "Not translated."),
        ("<Translate id='robot.name' values={{name: 'A', count: 2}}>{'{name}'}</Translate>", "A hat 2 Gelenke."),
        ("<Translate id='robot.name' values={{name: <b>A</b>}}>x</Translate>", "A hat {count} Gelenke."),
        ("<Translate id='none'>Own text.</Translate>", "Own text."),
        ("<Translate id='kept'>Own text.</Translate>", "Own text."),
        ("<Translate id='Joints' />", "Gelenke"),
        ("Six <Translate>Joints</Translate> of it.", "Six Gelenke of it."),
        ("{translate({message: 'Hello, reader.'})}", "Hallo, Leser."),
        ("{translate({id: 'robot.name', message: 'x'}, {name: 'B', count: 3})}", "B hat 3 Gelenke."),
        ("{translate({message: '{n} volts'}, {n: 24})}", "24 volts"),
        ("<Interpolate values={{who: 'Ada'}}>{'For {who}.'}</Interpolate>", "For Ada."),
    ],
)
def test_a_message_is_shown_in_the_language_of_the_page(page: str, shown: str) -> None:
    assert texts(TRANSLATE + page, {"@generated/codeTranslations": CODE}) == [shown]


def test_a_translated_heading_keeps_the_id_of_its_source() -> None:
    page = read(TRANSLATE + "## Its <Translate>Joints</Translate>", load=folder({"@generated/codeTranslations": CODE}))
    assert [(heading.text, heading.id) for heading in page.headings] == [("Its Gelenke", "its-joints")]


def test_what_the_config_says_of_the_site_is_shown() -> None:
    page = (
        "import useDocusaurusContext from '@docusaurus/useDocusaurusContext'\n\n"
        "export const Site = () => { const {siteConfig, i18n} = useDocusaurusContext(); "
        "return <p>{siteConfig.title} {siteConfig.customFields.version} {i18n.currentLocale}.</p> }\n\n<Site />"
    )
    files = {"@generated/docusaurus.config": '{"title": "Book", "customFields": {"version": 2}}'}
    assert texts(page, files) == ["Book 2 …."]
