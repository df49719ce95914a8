"""What a block of a text is: prose, code, or the source of a diagram that a page shows as a picture."""

import pytest

from engines.understanding.definitions import is_code, is_diagram, is_example, is_prose, text_blocks
from tests.tables import each_row


@each_row(
    "block",
    [
        "```mermaid\ngraph TD; A --> B\n```",
        "~~~ plantuml\nA -> B\n~~~",
        "```\ngraph TB\n    A --> B\n```",
        "```\nflowchart LR\n    A --> B\n```",
        "```text\nsequenceDiagram\n    A->>B: hi\n```",
        "```\nstateDiagram-v2\n    [*] --> Idle\n```",
        "```\ndigraph G {\n  a -> b\n}\n```",
    ],
)
def test_the_source_of_a_diagram_is_told_by_its_language_or_by_how_it_begins(block: str) -> None:
    assert (is_diagram(block), is_code(block), is_prose(block)) == (True, False, False)


@pytest.mark.parametrize(
    "block", ["```python\ngraph = {}\n```", "```\nnpm install\n```", "```\ngraph = build()\n```", "~~~sh\nls\n~~~"]
)
def test_code_is_no_diagram(block: str) -> None:
    assert (is_diagram(block), is_code(block), is_prose(block)) == (False, True, False)


@pytest.mark.parametrize("block", ["```text\nplain\n```", "```\n┌────┐\n│ A  │\n└────┘\n```", "```\nA ---> B\n```"])
def test_plain_text_and_drawings_are_neither(block: str) -> None:
    assert (is_diagram(block), is_code(block), is_prose(block)) == (False, False, False)


def test_the_blocks_of_a_text_are_told_apart() -> None:
    text = "A paragraph.\n\n```python\na = 1\n\nb = 2\n```\n\n$$\nx\n$$\n\n| a |\n\n[…]\n\n- a list"
    blocks = text_blocks(text)
    assert [is_prose(block) for block in blocks] == [True, False, False, False, False, True]
    assert blocks[1] == "```python\na = 1\n\nb = 2\n```"


@each_row(
    ("heading", "text", "example"),
    [
        ("Worked example", "With 0.8 m.", True),
        ("Ejemplo", "Con 0,8 m.", True),
        ("Theory", "```python\na = 1\n```", True),
        ("Theory", "```mermaid\ngraph TD\n```", False),
        ("Theory", "A framework that worked.", False),
    ],
)
def test_an_example_is_called_so_or_has_code(heading: str, text: str, *, example: bool) -> None:
    assert is_example([heading], text) == example
