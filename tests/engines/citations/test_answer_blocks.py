"""The block structure is that of markdown-it, whose JavaScript sister renders the page, wherever the text is cut."""

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engines.citations.answer_blocks import Blocks, Segment

PARTS = [
    *("a", "word", "x = 1", " ", "  ", "    ", "\n", "\n", "\n\n", "- ", "* ", "1. ", "2. ", "> "),
    *("```", "````", "~~~", "py", "`", "#", "# ", "---", "==="),
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)
PARSER = MarkdownIt("commonmark", {"html": False}).disable(["html_block", "reference"])


def segments_of(text: str, size: int) -> list[Segment]:
    blocks = Blocks()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return [segment for piece in pieces for segment in blocks.feed(piece)] + blocks.end()


def code_lines(text: str, size: int) -> list[bool]:
    """Whether each line is code, as these blocks have it."""
    kinds = [segment.kind for segment in segments_of(text, size) for _ in segment.text]
    lines: list[list[str]] = [[]] if text else []
    for sign, kind in zip(text, kinds, strict=True):
        lines[-1].append(kind)
        if sign == "\n":
            lines.append([])
    return ["verbatim" in line for line in lines]


def code_lines_of_markdown_it(text: str) -> list[bool]:
    code = [token.map for token in PARSER.parse(text) if token.type in {"fence", "code_block"} and token.map]
    count = len(text.split("\n")) if text else 0
    return [any(first <= line < last for first, last in code) for line in range(count)]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS, st.integers(1, 5))
def test_lines_of_code_are_those_of_markdown_it(text: str, size: int) -> None:
    said = [at for at, line in enumerate(text.split("\n")) if line.strip(" >")]
    ours, theirs = code_lines(text, size), code_lines_of_markdown_it(text)
    assert [ours[at] for at in said] == [theirs[at] for at in said]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*PARTS, "$$", "\\[", "\\]", "\r\n", "\t", "| a |", "```markdown\n"]), max_size=14),
    st.integers(1, 5),
)
def test_nothing_is_lost_and_nothing_depends_on_the_cuts(parts: list[str], size: int) -> None:
    text = "".join(parts)
    segments = segments_of(text, size)
    assert "".join(segment.text for segment in segments) == text
    kinds = [segment.kind for segment in segments for _ in segment.text]
    assert kinds == [segment.kind for segment in segments_of(text, len(text) or 1) for _ in segment.text]


def test_a_paragraph_is_given_on_as_it_comes() -> None:
    blocks = Blocks()
    assert [len(blocks.feed(word)) > 0 for word in ("One", " two", " three", "\n", "and four")] == [True] * 5
