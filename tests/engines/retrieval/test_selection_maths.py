"""LaTeX in the orders in which KaTeX 0.16 was seen to show it, as Chromium gives it when it is selected."""

import unicodedata

import pytest

from engines.retrieval.selection import with_rendered_maths
from tests.tables import each_row

# The source, and what Chromium gives of KaTeX's rendering.
SEEN = {
    "fractions": ("Z = \\frac{f\\,b}{d}", "𝑍\n=\n𝑓\n\u2009\n𝑏\n𝑑\nZ= \nd\nfb\n\u200b"),
    "scripts": ("\\sigma_1^2, f_x", "𝜎\n1\n2\n,\n𝑓\n𝑥\nσ \n1\n2\n\u200b\n ,f \nx\n\u200b"),
    "limits": ("\\sum_{(i,j)} z_{ij}", "∑\n(\n𝑖\n,\n𝑗\n)\n𝑧\n𝑖\n𝑗\n(i,j)\n∑\n\u200b\n z \nij\n\u200b"),
    "functions": ("\\ell = \\ln \\frac{p}{1-p}", "ℓ\n=\nln\n\u2061\n𝑝\n1\n−\n𝑝\nℓ=ln \n1−p\np\n\u200b"),
    "words": ("x_{\\mathrm{zmp}}", "𝑥\nz\nm\np\nx \nzmp\n\u200b"),
    "a matrix": (
        "\\begin{bmatrix} a & b \\\\ c & d \\end{bmatrix}",
        "[\n𝑎\n𝑏\n𝑐\n𝑑\n]\n[\na\nc\n\u200b\n  \nb\nd\n\u200b\n ]",
    ),
    "accents": ("\\dot{x} = \\omega(x - p)", "𝑥\n˙\n=\n𝜔\n(\n𝑥\n−\n𝑝\n)\nx\n˙\n =ω(x−p)"),
}


def letters(text: str) -> str:
    bare = "".join(each for each in text if unicodedata.category(each) != "Sk")
    return "".join(each for each in unicodedata.normalize("NFKC", bare).casefold() if each.isalnum())


@each_row("name", SEEN)
@each_row("dollars", ["$", "$$"])
def test_a_formula_has_its_letters_twice_in_katexs_orders(name: str, dollars: str) -> None:
    source, seen = SEEN[name]
    assert letters(with_rendered_maths(f"before {dollars}{source}{dollars} after")) == f"before{letters(seen)}after"


@each_row(
    "text",
    ["It costs $5 and $6.", "no formula", "a \\$ and another \\$", "$", "$$", "$unclosed", "`$HOME` is a path"],
)
def test_what_is_no_formula_stays(text: str) -> None:
    assert with_rendered_maths(text) == text


@pytest.mark.parametrize(
    "part", ["{", "\\frac", "\\begin", "\\frac{", "x_", "x^{", "}", "\\end{", "\\sum_", "&", "\\\\"]
)
def test_odd_formulas_come_to_an_end(part: str) -> None:
    assert with_rendered_maths(f"a $${part * 20_000}$$ b").startswith("a ")
