"""An answer's Markdown while it is written: markers are found wherever it is cut, and code and maths are left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.citations.answer_text import AnswerText
from engines.citations.marks import Label
from engines.citations.processor import link_policy
from tests.tables import each_row

SITE = frozenset({"book.example"})


def read(*pieces: str) -> str:
    """The answer with its markers as ⟨n⟩, so that they cannot be taken for text."""
    reader = AnswerText(link_policy(SITE))
    found = [piece for text in pieces for piece in reader.feed(text)] + reader.end()
    return "".join(f"⟨{','.join(map(str, piece.numbers))}⟩" if piece.numbers else piece.text for piece in found)


@each_row(
    ("text", "expected"),
    [
        ("One [1].", "One ⟨1⟩."),
        ("Two [2, 3].", "Two ⟨2,3⟩."),
        ("Three [1][2].", "Three ⟨1⟩⟨2⟩."),
        ("Said thrice [1-3], and again [2–4]", "Said thrice ⟨1,2,3⟩, and again ⟨2,3,4⟩"),
        ("Named [passage 2] and [Sources 1 and 3]", "Named ⟨2⟩ and ⟨1,3⟩"),
        ("Linked [1](https://evil.example)", "Linked ⟨1⟩"),
        ("اردو میں [۲]", "اردو میں ⟨2⟩"),
        ("In 2024 [2024], [a], [^1], [ ], - [x] done", "In 2024 [2024], [a], [^1], [ ], - [x] done"),
        ("Code `x[1]` and ``a`[2]`` stay [1]", "Code `x[1]` and ``a`[2]`` stay ⟨1⟩"),
        ("```python\nx[1]  # [2]\n```\nthen [1]", "```python\nx[1]  # [2]\n```\nthen ⟨1⟩"),
        ("~~~\n[1]\n```\n[2]\n~~~\n[1]", "~~~\n[1]\n```\n[2]\n~~~\n⟨1⟩"),
        ("- ```\n  [1]\n  ```\n- b [2]", "- ```\n  [1]\n  ```\n- b ⟨2⟩"),
        ("````\n```\n[1]\n```\n````\n[1]", "````\n```\n[1]\n```\n````\n⟨1⟩"),
        ("```\nnever closed [1]", "```\nnever closed [1]"),
        ("$a[1] + b$ [1]", "$a[1] + b$ ⟨1⟩"),
        ("$$\nx[1]\n$$ [2]", "$$\nx[1]\n$$ ⟨2⟩"),
        ("\\(x[1]\\) and \\[ y[2] \\] [3]", "\\(x[1]\\) and \\[ y[2] \\] ⟨3⟩"),
        ("It costs $5 and $6 [1].", "It costs $5 and $6 ⟨1⟩."),
        ("A lone `tick [1]\n\nand [2]", "A lone `tick ⟨1⟩\n\nand ⟨2⟩"),
        ("Escaped \\$5 [1]", "Escaped \\$5 ⟨1⟩"),
        ("Open [", "Open ["),
        ("Open [1", "Open [1"),
        ("a < b and a<b", "a < b and a<b"),
    ],
)
def test_markers_are_found_and_all_else_stays(text: str, expected: str) -> None:
    assert read(text) == expected
    assert read(*text) == expected


@each_row(
    ("text", "expected"),
    [
        ("[read](https://evil.example/?q=secret)", "read"),
        ("[read](http://book.example.evil.example/)", "read"),
        ("[read](//evil.example/)", "read"),
        ("[read](javascript:alert(1))", "read"),
        ("[read](JavaScript&#58;alert(1))", "read"),
        ("[read](javascript\\:alert(1))", "read"),
        ("[read](data:text/html,x)", "read"),
        ("[read](<https://evil.example/a b>)", "read"),
        ('[read](https://evil.example "title")', "read"),
        ("![pixel](https://evil.example/p.png?q=secret)", "pixel"),
        ("[![pixel](https://evil.example/p.png)](/docs/a)", "[pixel](/docs/a)"),
        ("[![pixel](https://evil.example/p.png)](https://evil.example)", "pixel"),
        ("[a [1] b](https://evil.example)", "a ⟨1⟩ b"),
        ("https://evil.example/x?y.", "`https://evil.example/x?y`."),
        ("HTTPS://EVIL.example", "`HTTPS://EVIL.example`"),
        ("www.evil.example/x", "`www.evil.example/x`"),
        ("<https://evil.example>", "\\<`https://evil.example`>"),
        ("[x]: https://evil.example", "\\[x]: `https://evil.example`"),
        ("[x]: //evil.example", "\\[x]: //evil.example"),
        ('<img src="https://evil.example">', '\\<img src="`https://evil.example`">'),
        ("![x](/\\evil.example/p)", "x"),
        ("![x](\\\\\\\\evil.example/p)", "x"),
        ("![x](\\/\\/evil.example/p)", "x"),
        ("> [x]: //evil.example/p", "> \\[x]: //evil.example/p"),
        ("- a ![x]\n- [x]: //evil.example/p", "- a ![x]\n- \\[x]: //evil.example/p"),
        ("1. > [x]: /\\evil.example/p", "1. > \\[x]: /\\evil.example/p"),
        ("[a\nb]: //evil.example/p", "[a\nb\\]: //evil.example/p"),
        ("![a\nb](//evil.example/p)", "![a\nb\\](//evil.example/p)"),
        ("![a[b[c]d]e](//evil.example/p)", "![a[b[c]d]e\\](//evil.example/p)"),
        ("![a](//evil.example/p(((x))))", "![a\\](//evil.example/p(((x))))"),
        ("![a](\n//evil.example/p)", "![a\\](\n//evil.example/p)"),
        ("![a\nb](</docs/a b>)", "![a\nb](</docs/a b>)"),
        ("q[0]: //evil.example", "q[0]: //evil.example"),
        ("[ok](/docs/walking#zmp)", "[ok](/docs/walking#zmp)"),
        ("[ok](https://book.example/docs/a)", "[ok](https://book.example/docs/a)"),
        ("See https://book.example/docs/a.", "See https://book.example/docs/a."),
        ("![ok](/img/zmp.png)", "![ok](/img/zmp.png)"),
    ],
)
def test_links_and_images_lead_nowhere_but_to_the_book(text: str, expected: str) -> None:
    assert read(text) == expected
    assert read(*text) == expected


BRACKETS = ["[", "]", "](", "[1]", "[2,3]", "(", ")", "<", "!", ":", "1", "2", ","]
VERBATIM = ["`", "```", "~~~", "$", "$$", "\\"]
PLAIN = ["a", "word", "é", "۲", " ", "\n", "\n\n", "- ", "> ", "http://e.x", "www.", "/docs"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(BRACKETS + VERBATIM + PLAIN), max_size=24), st.integers(1, 5))
def test_where_it_is_cut_changes_nothing(parts: list[str], size: int) -> None:
    text = "".join(parts)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert read(*pieces) == read(text)


def test_plain_text_is_not_held_back() -> None:
    reader = AnswerText(link_policy(SITE))
    shown = [sum(len(piece.text) for piece in reader.feed(word)) for word in ("One", " two", " three", " four.")]
    assert shown == [3, 4, 6, 6]


def test_a_bracket_that_never_closes_is_let_go() -> None:
    reader = AnswerText(link_policy(SITE))
    shown = "".join(piece.text for piece in reader.feed("[" + "word " * 200))
    assert len(shown) > 400


@pytest.mark.parametrize("unit", ["[1]", "Balance is kept [1]. ", "| a [1] ", "[a](", "a](", "[a\n](", "]: ", "$$ "])
def test_a_sign_is_judged_by_the_text_near_it_however_long_a_piece_is(unit: str) -> None:
    looked_at: list[int] = []

    def evidence(before: str, whole: str, label: Label, doubtful: bool) -> bool:
        looked_at.append(len(before))
        return True

    reader = AnswerText(lambda address: True, frozenset({1}), evidence)
    text = unit * 3000
    pieces = reader.feed(text)
    longest = len(reader._buffer)
    pieces += reader.end()
    assert "".join(piece.text for piece in pieces) == text
    assert max([longest, *looked_at]) < 5000
