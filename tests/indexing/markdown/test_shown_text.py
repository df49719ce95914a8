"""Code, layouts, inner HTML and components with state: what of them a reader sees."""

import pytest

from tests.indexing.markdown.reading import blocks, folder, ids, read
from tests.tables import each_row

IMPORTS = "import CodeBlock from '@theme/CodeBlock';\nimport Admonition from '@theme/Admonition';\n\n"


@each_row(
    ("page", "shown"),
    [
        ('<CodeBlock language="js">{`// highlight-next-line\nx();`}</CodeBlock>', "```js\nx();\n```"),
        (
            '<CodeBlock language="py" title="a">{`# highlight-start\nx\n# highlight-end`}</CodeBlock>',
            '```py title="a"\nx\n```',
        ),
        ('export const s = `// highlight-start\ny();`\n\n<CodeBlock language="js">{s}</CodeBlock>', "```js\ny();\n```"),
        ('<CodeBlock className="language-python">{`# highlight-start\nx`}</CodeBlock>', "```python\nx\n```"),
        (
            '<CodeBlock language="js" metastring="{1}">{`// highlight-next-line\nx();`}</CodeBlock>',
            "```js\n// highlight-next-line\nx();\n```",
        ),
        ("<CodeBlock>{`a\n    b\n  c`}</CodeBlock>", "```\na\n  b\nc\n```"),
    ],
)
def test_the_code_of_a_component_is_shown_without_magic_comments(page: str, shown: str) -> None:
    assert blocks(IMPORTS + page) == [("code", shown)]


@each_row(
    ("page", "shown"),
    [
        ("<pre><code>{`if (a) {\n      b();\n    c();\n}`}</code></pre>", "```\nif (a) {\n    b();\n  c();\n}\n```"),
        ('<pre><code className="language-js">{`a {\n    b\n}`}</code></pre>', "```js\na {\n  b\n}\n```"),
        ("export const s = `f(\n    x)`\n\n<pre>{s}</pre>", "```\nf(\n    x)\n```"),
        ("<pre>{'a'}<br/>{'b'}</pre>", "```\na\nb\n```"),
        ("<pre>\n\none\n\ntwo\n\n</pre>", "```\none\n\ntwo\n```"),
        ("<pre>{`// highlight-next-line\na`}</pre>", "```\n// highlight-next-line\na\n```"),
    ],
)
def test_preformatted_text_keeps_its_lines_and_indentation(page: str, shown: str) -> None:
    assert blocks(page) == [("code", shown)]


LAYOUT = "export default (props) => <div>{props.children}<p>End.</p></div>"


@each_row(
    ("page", "shown"),
    [
        (
            "export default function L({children}){return <main>{children}<footer>Licence</footer></main>}",
            ["Body", "Licence"],
        ),
        ("export default ({children}) => <><p>Before.</p>{children}</>", ["Before.", "Body"]),
        (
            "export const L = (props) => <div><p>Frame.</p>{props.children}</div>\n\nexport default L",
            ["Frame.", "Body"],
        ),
        ("import L from './layout.js'\n\nexport default L", ["Body", "End."]),
        ("export {default} from './layout.js'", ["Body", "End."]),
        ("export default () => <p>Only this.</p>", ["Only this."]),
    ],
)
def test_a_layout_that_a_page_exports_stands_around_its_text(page: str, shown: list[str]) -> None:
    made = read(f"{page}\n\nBody", load=folder({"./layout.js": LAYOUT}))
    assert [block.text for section in made.sections for block in section.blocks] == shown
    assert made.problems == ()


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ('<div dangerouslySetInnerHTML={{__html: "<b>raw</b> html"}} />', ["raw html"]),
        ('<div dangerouslySetInnerHTML={{__html: "<p>One</p><ul><li>a &amp; b</li></ul>"}}></div>', ["One", "a & b"]),
        ('export const m = "<i>x</i>"\n\nSee <span dangerouslySetInnerHTML={{__html: m}} /> here', ["See x here"]),
        ('<div dangerouslySetInnerHTML={{__html: "a<script>b</script><style>c</style>"}} />', ["a"]),
    ],
)
def test_markup_that_is_set_as_a_text_is_read(page: str, shown: list[str]) -> None:
    assert [text for _, text in blocks(page)] == shown


def test_a_break_in_a_heading_is_a_space_in_its_text_and_nothing_in_its_id() -> None:
    page = read('## A<br/>B\n\n## A <br/> B & C\n\n## <b>x</b><br></br>y\n\n<h2 id="q">C<br/>D</h2>')
    assert [(h.text, h.id) for h in page.headings] == [
        ("A B", "ab"),
        ("A B & C", "a--b--c"),
        ("x y", "xy"),
        ("C D", "q"),
    ]


QUIZ = """import {useState} from 'react';
export default function Quiz({question, options, answer}) {
  const [picked, pick] = useState(null);
  return <div>
    <p>{question}</p>
    {options.map((o, i) => <button key={o} onClick={() => pick(i)}>{o}</button>)}
    {picked === answer && <p>Correct!</p>}
  </div>;
}"""
COUNTER = """import {useState} from 'react';
export default function Counter({start, step, hint}) {
  const [at] = useState(start);
  return <p>At {at} of {step}</p>;
}"""


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ('<Quiz question="What?" options={["CoM", "ZMP"]} answer={1} />', ["What?", "CoM", "ZMP"]),
        ('<Quiz question="How many?" options={[2, 3]} answer={1} title="A hint" />', ["How many?", "2", "3", "A hint"]),
        ('<Counter start={3} step={2} most={97} hint="Press it" />', ["At 3 of 2", "Press it"]),
        ('<Counter start={0} step={0.5} label="12" />', ["At 0 of 0.5"]),
    ],
)
def test_numbers_that_a_component_with_state_does_not_show_are_no_text(tag: str, shown: list[str]) -> None:
    files = folder({"./quiz.js": QUIZ, "./counter.js": COUNTER})
    page = read(f"import Quiz from './quiz.js'\nimport Counter from './counter.js'\n\n{tag}", load=files)
    assert [block.text for section in page.sections for block in section.blocks] == shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<>Did you <b>know</b>?</>", "Did you know?"),
        ("<>Step <i>{2}</i>: <code>run</code>!</>", "Step 2: run!"),
        ("<div><p>One</p><p>two</p></div>", "One two"),
    ],
)
def test_elements_in_an_attribute_have_spaces_where_readers_see_them(title: str, shown: str) -> None:
    assert blocks(f"{IMPORTS}<Admonition title={{{title}}}>\n\nBody.\n\n</Admonition>")[0] == ("text", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is \\:smile: here", "It is 😄 here"),
        ("A \\*star\\* and \\:rocket\\: too", "A *star* and 🚀 too"),
        ("`\\:smile:` and 12\\:30\\:45", "`\\:smile:` and 12:30:45"),
    ],
)
def test_an_escaped_colon_begins_a_shortcode_as_well(text: str, shown: str) -> None:
    assert blocks(text) == [("text", shown)]


def test_a_heading_with_an_escaped_shortcode_keeps_its_id() -> None:
    assert ids("## Launch \\:rocket: now") == ["launch-rocket-now"]
