"""Which front matter stops Docusaurus: each value was given to the real validation of Docusaurus 3.10.2."""

from itertools import pairwise
from pathlib import Path

import pytest

from indexing.docusaurus.frontmatter import FrontMatterError, cut_settings
from tests.indexing.docusaurus.sites import fatal, read
from tests.tables import each_row

STOPS = [
    "sidebar_position: .inf",
    "sidebar_position: .nan",
    "sidebar_position: 1e300",
    "sidebar_position: 'Infinity'",
    "toc_min_heading_level: .inf",
    "image: a b.png",
    "image: '::'",
    "image: 'http://'",
    "image: 'http:'",
    "image: http://x y",
    "image: https://a b/c",
    "image: '[x]'",
    "image: 'http://[x'",
    "image: '//'",
    "image: '1:2'",
    "image: /img/ü.png",
    "image: '{x}'",
    "image: a|b",
    "image: ''",
    "last_update: x",
    "last_update:",
    "last_update: {author: ''}",
    "last_update: {author: 3}",
    "last_update: {author: null}",
    "last_update: {date: nonsense}",
    "last_update: {date: ''}",
    "last_update: {date: null}",
    "last_update: {date: yesterday}",
    "last_update: {date: true}",
    "last_update: {date: '2020-13-45'}",
    "sidebar_custom_props: x",
    "sidebar_custom_props: [1]",
    "sidebar_custom_props:",
    "sidebar_custom_props: 3",
]
PASSES = [
    "sidebar_position: -1",
    "sidebar_position: '1e3'",
    "sidebar_position: ' 3 '",
    "image: ./a%zz.png",
    "image: img/x.png",
    "image: mailto:x",
    "image: '#'",
    "image: '?a'",
    "image: x:y z",
    "image: https://example.org:99999/a",
    "last_update: {date: 2020-01-01}",
    "last_update: {date: '2020-01-01T10:00'}",
    "last_update: {date: 1 May 2020}",
    "last_update: {date: 5/6/2020}",
    "last_update: {date: May 2020}",
    "last_update: {date: 5}",
    "last_update: {date: 2020-01-01, note: x}",
    "last_update: {author: Ada}",
    "sidebar_custom_props: {a: 1}",
]


_BOMB = "\n".join(f"{name}: &{name} [{', '.join(['*' + of] * 10)}]" for of, name in pairwise("abcdefghij"))


@pytest.mark.parametrize("line", STOPS)
def test_what_stops_a_build_is_named_at_its_own_line(tmp_path: Path, line: str) -> None:
    book = read(tmp_path, {"docs/a.md": f"---\ntitle: A\n{line}\n---\n# A\n"})
    name = line.partition(":")[0]
    assert f"`{name}" in fatal(book)["docs/a.md"]
    assert [problem.line for problem in book.problems] == [3]


@pytest.mark.parametrize("line", PASSES)
def test_what_docusaurus_takes_is_taken(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, {"docs/a.md": f"---\ntitle: A\n{line}\n---\n# A\n"}).problems == ()


@each_row(
    ("yaml", "line", "words"),
    [
        ("title: a: b", 2, "contains a colon and a space must be quoted"),
        ("id: a\ntitle: @x", 3, "may not begin with `@`"),
        ("title: `x`", 2, "may not begin with ```"),
        ("title: %x", 2, "may not begin with `%`"),
        ("title: x\n\tslug: y", 3, "a tab stands where YAML wants spaces"),
        ('title: "abc\nslug: x', 2, "a quotation mark opens here and is never closed"),
        ("title: 'it's'", 2, "one pair of quotes"),
        ('title: "a" b', 2, "one pair of quotes"),
        ("title: a\nslug: x\ntitle: b", 4, "`title` stands here a second time"),
        ("title: a\n  slug: b", 3, "it is indented, although the line above has a value"),
        ("title:x\nslug: y", 3, "no space after its colon"),
        ("words\ntitle: x", 3, "no colon after its name"),
        ("id: a\ntags: [a, b\ntitle: x", 3, "a list opens here with `[` and is not closed"),
        ("title: {a", 2, "`{` opens here and is not closed"),
        ("title: *bold*", 2, "begins with `*`"),
        ("title: &", 2, "may not begin with `&`"),
        ("title: !x y", 2, "may not begin with `!`"),
        ("title: |x", 2, "may not begin with `|`"),
        ("title: > x", 2, "may not begin with `|` or `>`"),
        ("tags:\n- a\ntitle: b\n- c", 5, "a list item is where a name should be"),
        ("tags:\n  - a\n - b", 4, "a list item is not indented like those above"),
        ('title: "a\\qb"', 2, "`\\q` has no meaning in double quotes"),
        ("title: - x", 2, "a list begins on a line of its own"),
        ("id: a\ntitle: a\x01b", 3, "an invisible control character"),
        ("a: &a [x,x,x,x,x,x,x,x,x,x]\n" + _BOMB, 6, "references repeat more than 100,000 values"),
    ],
)
def test_errors_of_yaml_are_told_in_plain_words_at_their_own_line(yaml: str, line: int, words: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        cut_settings(f"---\n{yaml}\n---\n\n# X\n")
    assert words in str(caught.value)
    assert caught.value.line == line
    assert "token" not in str(caught.value)
    assert "<" not in str(caught.value)


def test_references_repeat_what_they_name() -> None:
    values, _ = cut_settings("---\na: &a [x, y]\nb: [*a, *a]\nc: {d: *a}\n---\n")
    assert values == {"a": ["x", "y"], "b": [["x", "y"], ["x", "y"]], "c": {"d": ["x", "y"]}}
