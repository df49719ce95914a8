"""HTML in a model's Markdown: a short list passes, angle brackets of a text stay, all else is made text."""

import pytest

from engines.citations.answer_text import AnswerText
from engines.citations.processor import link_policy
from tests.tables import each_row

STAYS = [
    *("a<br>b", "a<br/>b", "a<br />b", "a<BR>b", "| a<br>b |", "x<sub>i</sub>", "10<sup>-3</sup> m", "<SuB>1</SUB>"),
    *("<kbd>Ctrl</kbd>+<kbd>C</kbd>", "a < b > c", "if a<b, then", "std::vector<int>", "<node>", "<T, 6>", "a <kbd"),
    *("1 <2", "<-", "<=>", "`<script>`", "```html\n<script>x</script>\n```"),
]
MADE_TEXT = {
    "<br onclick=x>": "\\<br onclick=x>",
    "<sub style='x'>a</sub>": "\\<sub style='x'>a</sub>",
    "<script>alert(1)</script>": "\\<script>alert(1)\\</script>",
    "<SCRIPT src=x>": "\\<SCRIPT src=x>",
    "<img src=x>": "\\<img src=x>",
    "<img src=x onerror=y": "\\<img src=x onerror=y",
    "<b>bold</b>": "\\<b>bold\\</b>",
    "<a href=javascript:x>y</a>": "\\<a href=javascript:x>y\\</a>",
    "<div>a</div>": "\\<div>a\\</div>",
    "<details open>": "\\<details open>",
    "<!-- x -->": "\\<!-- x -->",
    "<?x?>": "\\<?x?>",
    "<javascript:x>": "\\<javascript:x>",
}


def read(*pieces: str) -> str:
    reader = AnswerText(lambda target: False)
    found = [piece for text in pieces for piece in reader.feed(text)] + reader.end()
    return "".join(piece.text for piece in found)


@each_row("text", STAYS)
def test_safe_tags_and_text_stay_to_the_letter_wherever_they_are_cut(text: str) -> None:
    assert read(text) == read(*text) == text
    assert all(read(text[:cut], text[cut:]) == text for cut in range(1, len(text)))


@each_row("text", MADE_TEXT)
def test_all_other_tags_are_made_text_wherever_they_are_cut(text: str) -> None:
    assert read(text) == read(*text) == MADE_TEXT[text]


ADDRESSES = {
    "https://a.example/b[1]?q=[2] first [3].": ("`https://a.example/b[1]?q=[2]` first [3].", (3,)),
    "https://book.example/b[1]?q=[2] first [3].": ("https://book.example/b[1]?q=[2] first [3].", (3,)),
    "https://a.example/q?id=[1] first [2].": ("`https://a.example/q?id=[1]` first [2].", (2,)),
    "https://a.example/q?ids[]=1&ids[0][1]=2 first [1].": (
        "`https://a.example/q?ids[]=1&ids[0][1]=2` first [1].",
        (1,),
    ),
    "http://[2001:db8::1]:8000/docs first [1].": ("http://[2001:db8::1]:8000/docs first [1].", (1,)),
    "https://a.example/b[1]. Then www.a.example[2], too.": (
        "`https://a.example/b`[1]. Then `www.a.example`[2], too.",
        (1, 2),
    ),
    "https://a.example/b[1][2].": ("`https://a.example/b`[1][2].", (1, 2)),
    "https://book.example/b[x](javascript:y)": ("https://book.example/bx", ()),
    "https://book.example/?q=[1](javascript:y)": ("https://book.example/?q=1", ()),
    "https://book.example/[a][x](javascript:y)": ("https://book.example/[a]x", ()),
}


@each_row("text", ADDRESSES)
def test_brackets_of_addresses_are_no_marks_and_hide_no_link_wherever_they_are_cut(text: str) -> None:
    expected, marks = ADDRESSES[text]

    def shown(*pieces: str) -> tuple[str, tuple[int, ...]]:
        reader = AnswerText(link_policy(frozenset({"book.example"})), frozenset({1, 2, 3}))
        found = [piece for part in ("See ", *pieces) for piece in reader.feed(part)] + reader.end()
        return "".join(piece.text for piece in found), tuple(number for piece in found for number in piece.numbers)

    whole = (f"See {expected}", marks)
    assert shown(text) == shown(*text) == whole
    assert all(shown(text[:cut], text[cut:]) == whole for cut in range(1, len(text)))


ATTRIBUTES = {
    'The foot tips first [1]. <a href="#" title="[2]">The foot stays first [3].</a>': (1, 3),
    "The foot tips first [1]. <span data-x='see [2], [3]'>It stays.</span> <!-- [2] -->": (1,),
    'The foot tips first [1]. <img alt="a foot [2]" src="x [3]"> It stays first [2].': (1, 2),
}


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_brackets_of_attributes_are_no_marks_wherever_they_are_cut(text: str) -> None:
    def marks(*pieces: str) -> tuple[int, ...]:
        reader = AnswerText(lambda target: False, frozenset({1, 2, 3}))
        found = [piece for part in pieces for piece in reader.feed(part)] + reader.end()
        return tuple(number for piece in found for number in piece.numbers)

    assert marks(text) == marks(*text) == ATTRIBUTES[text]
    assert all(marks(text[:cut], text[cut:]) == ATTRIBUTES[text] for cut in range(1, len(text)))


def test_a_link_behind_a_very_long_address_leads_nowhere_else() -> None:
    reader = AnswerText(link_policy(frozenset({"book.example"})))
    text = f"https://book.example/{'a' * 3_000}[x](javascript:y)"
    found = [piece for letter in text for piece in reader.feed(letter)] + reader.end()
    assert "](" not in "".join(piece.text for piece in found)
