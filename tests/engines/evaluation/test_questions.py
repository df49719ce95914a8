from pathlib import Path

import pytest

from engines.evaluation.labels import Addresses, units
from engines.evaluation.questions import load_beir_questions, load_questions
from storage.errors import InputError

CHUNKS = [
    {"url": "/docs/a", "anchor": "", "heading_path": []},
    {"url": "/docs/a", "anchor": "setup", "heading_path": ["Setup"]},
    {"url": "/docs/a", "anchor": "linux", "heading_path": ["Install", "Linux"]},
    {"url": "/docs/b", "anchor": "x", "heading_path": ["X"]},
]


def test_labels_that_the_book_has_not_are_listed() -> None:
    addresses = Addresses(CHUNKS)
    assert addresses.missing(["/docs/a", "/docs/a#setup", "/docs/a#install", "/docs/a#gone", "/docs/c"]) == [
        "/docs/a#gone",
        "/docs/c",
    ]


def test_a_page_label_is_met_by_any_section_and_counts_once() -> None:
    addresses = Addresses(CHUNKS)
    assert units(CHUNKS, ["/docs/a"], addresses) == ["/docs/a", "/docs/b"]


def test_a_heading_without_text_of_its_own_is_met_by_its_subsections() -> None:
    addresses = Addresses(CHUNKS)
    assert addresses.met(CHUNKS[2], ["/docs/a#install"]) == ["/docs/a#install"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"id": "1", "relevant": ["/a"]}', "'question' is missing"),
        ('{"id": "1", "question": "q"}', "needs at least one address"),
        ('{"id": "1", "question": "q", "relevant": "x"}', "list of addresses"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match=f"set.jsonl:1: .*{message}"):
        load_questions(path)


def test_a_beir_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "why?"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n")
    (question,) = load_beir_questions(tmp_path)
    assert question.grades == {"d1": 1}
    with pytest.raises(InputError, match="splits that are there: test"):
        load_beir_questions(tmp_path, "dev")
