"""HTML in a model's Markdown: a short list passes, angle brackets of a text stay, all else is made text."""

import pytest

from engines.citations.answer_text import AnswerText

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


@pytest.mark.parametrize("text", STAYS)
def test_safe_tags_and_text_stay_to_the_letter_wherever_they_are_cut(text: str) -> None:
    assert read(text) == read(*text) == text
    assert all(read(text[:cut], text[cut:]) == text for cut in range(1, len(text)))


@pytest.mark.parametrize("text", MADE_TEXT)
def test_all_other_tags_are_made_text_wherever_they_are_cut(text: str) -> None:
    assert read(text) == read(*text) == MADE_TEXT[text]
