"""What a reader sees, and nothing else."""

import re

import pytest

from indexing.markdown.page import MarkdownOptions
from indexing.markdown.parser import looks_like_math
from tests.indexing.markdown.reading import blocks, read
from tests.tables import each_row


def test_a_section_has_its_path_its_anchor_and_lines() -> None:
    page = read("# Page\n\nIntro.\n\n## A\n\n### B\n\nText.\n")
    assert [(s.heading_path, s.anchor, s.level) for s in page.sections] == [
        ((), None, 1),
        (("A",), "a", 2),
        (("A", "B"), "b", 3),
    ]
    assert [(b.text, b.line) for s in page.sections for b in s.blocks] == [("Intro.", 3), ("Text.", 9)]


def test_an_anchor_that_leads_elsewhere_is_not_used() -> None:
    page = read("## One {#x}\n\na\n\n## Up\n\n### Two {#x}\n\nb")
    assert [section.anchor for section in page.sections] == ["x", "up", "up"]


def test_code_comments_and_imports_are_gone() -> None:
    text = (
        "import A from 'a'\n\nexport const F = () => {\n\n  return <p>hidden</p>\n\n}\n\n"
        "Seen <!-- hidden --> {/* hidden */} {hidden()} {'shown'}.\n\n<!--\nhidden\n-->\n\n"
        "<style>{`hidden`}</style>\n\n<A f={() => 'hidden'} />\n"
    )
    (block,) = blocks(text)
    assert "hidden" not in block[1]
    assert block[1].startswith("Seen")
    assert "shown" in block[1]


def test_a_value_that_the_page_exports_is_shown() -> None:
    assert blocks("export const version = '1.2'\n\nVersion {version}.") == [("text", "Version 1.2.")]


def test_text_in_tabs_details_and_admonitions_is_kept_with_its_labels() -> None:
    text = (
        '<Tabs>\n<TabItem value="npm" label="With npm">\n\nOne.\n\n</TabItem>\n<TabItem value="yarn">\n\nTwo.\n\n'
        "</TabItem>\n</Tabs>\n\n<details>\n<summary>More</summary>\n\nThree.\n\n</details>\n\n"
        ":::tip Look *here*\n\nFour.\n\n:::\n\n:::note\nFive.\n:::\n"
    )
    assert [block for _, block in blocks(text)] == [
        "**With npm**", "One.", "**yarn**", "Two.", "More", "Three.", "Look *here*", "Four.", "Five.",
    ]  # fmt: skip


def test_an_admonitions_title_may_be_an_attribute() -> None:
    text = (
        ':::danger{#id title="Hot *end* [1]"}\n\nA\n\n:::\n\n:::tip[Label]{title="Wins"}\n\nB\n\n:::\n\n'
        ':::unknown[Kept]{title="Never shown"}\n\nC\n\n:::\n'
    )
    assert [" ".join(re.findall(r"\w+", block)) for _, block in blocks(text)] == [
        "Hot end 1", "A", "Wins", "B", "Kept", "C",
    ]  # fmt: skip


def test_prose_in_attributes_is_kept_and_code_is_not() -> None:
    text = (
        '<Quiz title="Check" className="big red box" onDone={() => alert("no")}\n  questions={[\n'
        "    {question: 'What is it?', options: ['A robot', \"A cat\"], answer: 1, id: 'q-1', run: () => 'no'},\n"
        "  ]}\n/>\n\n<img src='a.png' alt='A gripper'/>\n"
    )
    assert blocks(text) == [("text", "Check\nWhat is it?\nA robot\nA cat"), ("text", "A gripper")]


def test_code_maths_diagrams_and_tables_are_blocks_of_their_kind() -> None:
    text = (
        '```js title="a.js" {1}\nlet a\n\n# no heading\n```\n\n```mermaid\ngraph TD\n```\n\n$$\na^2\n$$\n\n'
        "| A | B |\n|---|:-:|\n| *x* | `y` |\n\n````md\n```\nnested\n```\n````\n"
    )
    assert blocks(text) == [
        ("code", '```js title="a.js" {1}\nlet a\n\n# no heading\n```'),
        ("mermaid", "```mermaid\ngraph TD\n```"),
        ("math", "$$\na^2\n$$"),
        ("table", "| A | B |\n| --- | --- |\n| *x* | `y` |"),
        ("code", "````md\n```\nnested\n```\n````"),
    ]


def test_a_list_is_one_block_until_something_else_stands_in_it() -> None:
    text = "- a\n  - b **c**\n- [x] d\n\n1. one\n2. two\n\n   ```\n   code\n   ```\n\n> q\n> r\n"
    assert blocks(text) == [
        ("text", "- a\n  - b **c**\n- [x] d"),
        ("text", "1. one\n2. two"),
        ("code", "```\ncode\n```"),
        ("text", "> q\n> r"),
    ]


def test_an_unwrapped_code_block_keeps_the_lines_of_the_file() -> None:
    page = read("a\n\n```mdx-code-block\n<div>\n\nb\n\n</div>\n```\n\nc\n")
    assert [(b.text, b.line) for s in page.sections for b in s.blocks] == [("a", 1), ("b", 6), ("c", 11)]


def test_raw_html_of_md_is_text_without_its_tags() -> None:
    text = "<div class='x'>Kept <b>text</b><!-- no --></div>\n\n<script>no()</script>\n\na <kbd>Ctrl</kbd>\n"
    assert blocks(text, MarkdownOptions(format="md")) == [("text", "Kept text"), ("text", "a Ctrl")]


def test_links_are_listed_as_they_are_written() -> None:
    page = read("a\n[x](./b.md#c)\n![i](i.png) [r]\n\n<a href='/d'>d</a>\n\n[r]: ../e.md")
    assert [(link.target, link.line) for link in page.links if link.target != "/d"] == [("./b.md#c", 2), ("../e.md", 3)]
    assert [link.line for link in page.links if link.target == "/d"] == [5]


@each_row(
    ("text", "line", "words"),
    [
        ("a\n\n<div>\n\nb", 3, "<div> is never closed"),
        ("a\n\nb <i>c\n\nd", 3, "not closed in the paragraph"),
        ("a\n\n</div>", 3, "</div> closes no tag"),
        ("a\n\nb {c", 3, "never closed"),
        ("a\n\nb <5", 3, "begins no tag"),
        ("import numpy as np\n\na", 1, "not JavaScript"),
    ],
)
def test_what_mdx_would_refuse_is_named_with_its_line_and_the_rest_is_kept(text: str, line: int, words: str) -> None:
    page = read(text)
    assert [problem.line for problem in page.problems] == [line]
    assert words in page.problems[0].message
    assert not page.problems[0].fatal
    assert page.sections


@pytest.mark.parametrize(
    ("text", "known"),
    [("an $x$ a:b $y$", False), ("$HOME is C:\\\\dir, $5", False), ("$\\frac{a}{b}$", True), ("$$\na\n$$", True)],
)
def test_maths_is_seen_where_the_settings_do_not_say(text: str, known: bool) -> None:
    assert looks_like_math(text) is known
