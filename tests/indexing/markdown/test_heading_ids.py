"""Headings of small texts, made by Docusaurus 3.10's own plugins and kept in `heading_cases.jsonl`.

Each line has a format, a text, and level and id of each Markdown heading in the order of the file; h1 as Docusaurus
counts it, though the published page drops its id.
"""

import json
from pathlib import Path
from typing import Any

from indexing.markdown.page import MarkdownOptions
from tests.indexing.markdown.reading import ids, read
from tests.tables import each_row

CASES = [json.loads(line) for line in (Path(__file__).parent / "heading_cases.jsonl").read_text("utf-8").splitlines()]


@each_row("case", CASES)
def test_headings_are_those_of_docusaurus(case: dict[str, Any]) -> None:
    page = read(case["text"], MarkdownOptions(format=case["format"], math=False))
    mine = [(h.level, h.id) for h in page.headings if h.id != "footnote-label"]
    real = [(level, anchor if level > 1 else None) for level, anchor in case["headings"]]
    assert sorted(mine, key=str) == sorted(real, key=str)
    if "[^" not in case["text"]:
        assert mine == real


def test_an_explicit_id_is_not_part_of_the_text() -> None:
    page = read("## Set up {#a}\n\n## Next {/* #b */}\n\n## C++ ##")
    assert [(h.text, h.id) for h in page.headings] == [("Set up", "a"), ("Next", "b"), ("C++", "c")]


def test_a_word_after_a_colon_is_no_part_of_the_id_but_of_the_text() -> None:
    heading = read("## Key:Value pair").headings[0]
    assert (heading.text, heading.id) == ("Key:Value pair", "key-pair")


def test_case_is_kept_where_the_site_keeps_it() -> None:
    assert ids("## Set Up", MarkdownOptions(maintain_case=True)) == ["Set-Up"]


def test_without_the_old_syntax_a_classic_id_must_be_escaped() -> None:
    assert ids("## A \\{#x}", MarkdownOptions(heading_ids=False)) == ["x"]


def test_an_html_comment_names_the_id_in_md_without_compatibility() -> None:
    assert ids("## A <!-- #x -->", MarkdownOptions(format="md", comments=False)) == ["x"]


def test_the_first_h1_is_the_page_title_unless_a_rule_stands_before_it() -> None:
    assert read("p\n\n# Late").h1 == "Late"
    assert read("***\n\n# Late").h1 is None
    assert read("## A\n\n# Late").h1 is None


def test_headings_written_as_jsx_have_only_the_id_that_is_written() -> None:
    page = read('<h2 id="x">Jsx <em>one</em></h2>\n\n<h3>No id</h3>\n\n<Heading as="h2" id="y">Two</Heading>\n\n## x')
    assert [(h.level, h.text, h.id) for h in page.headings] == [
        (2, "Jsx one", "x"),
        (3, "No id", None),
        (2, "Two", "y"),
        (2, "x", "x"),
    ]


def test_an_id_known_at_run_time_only_is_unknown_and_named() -> None:
    page = read("<h2 id={process.env.SLUG}>Title</h2>")
    assert page.headings[0].id is None
    assert ["run time" in problem.message for problem in page.problems] == [True]


def test_raw_headings_in_md_have_only_the_id_that_is_written() -> None:
    page = read('<h2 id="x">Raw</h2>\n\n<h3>None</h3>', MarkdownOptions(format="md"))
    assert [(h.level, h.text, h.id) for h in page.headings] == [(2, "Raw", "x"), (3, "None", None)]


def test_footnotes_bring_a_heading_and_show_theirs_only_when_referred_to() -> None:
    page = read("## A [^1]\n\n[^1]: ## In\n\n[^2]: ## Out\n")
    assert [(h.text, h.id, h.rendered) for h in page.headings] == [
        ("A", "a-", True),
        ("Footnotes", "footnote-label", True),
        ("In", "in", True),
        ("Out", "out", False),
    ]


def test_lazy_tabs_render_the_chosen_one_alone() -> None:
    tabs = (
        "<Tabs lazy{}>\n<TabItem value='a'>\n\n## A\n\n</TabItem>\n<TabItem value='b'{}>\n\n## B\n\n</TabItem>\n</Tabs>"
    )
    shown = [[h.rendered for h in read(tabs.format(*parts)).headings] for parts in (("", ""), ("", " default"))]
    assert shown == [[True, False], [False, True]]
    assert [h.rendered for h in read(tabs.format(" defaultValue='b'", "")).headings] == [False, True]
