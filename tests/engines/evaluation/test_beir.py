"""Folders in the BEIR layout: what is read, and what is refused with file, line and reason."""

from pathlib import Path

import pytest

from engines.evaluation.beir import load_beir_documents, load_beir_questions
from storage.errors import InputError

HEADING = "query-id\tcorpus-id\tscore\n"
CORPUS = '{"_id": "d1", "text": "one"}\n{"_id": "d2", "title": "two"}\n'
QUERIES = '{"_id": "q1", "text": "why?"}\n{"_id": "q2", "text": "how?"}\n'


def folder(tmp_path: Path, qrels: str, *, corpus: str = CORPUS, queries: str = QUERIES) -> Path:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(corpus)
    (tmp_path / "queries.jsonl").write_text(queries)
    (tmp_path / "qrels" / "test.tsv").write_text(qrels)
    return tmp_path


def test_a_folder_is_read_with_its_judgements_of_0(tmp_path: Path) -> None:
    path = folder(tmp_path, f"{HEADING}q1\td1\t2\nq1\td2\t0\n")
    (question,) = load_beir_questions(path)
    assert (question.question, question.grades) == ("why?", {"d1": 2, "d2": 0})
    assert [document.id for document in load_beir_documents(path)] == ["d1", "d2"]
    with pytest.raises(InputError, match="splits that are there: test"):
        load_beir_questions(path, "dev")


def test_a_question_with_a_grade_of_0_alone_counts(tmp_path: Path) -> None:
    found = load_beir_questions(folder(tmp_path, f"{HEADING}q1\td1\t1\nq2\td1\t0\n"))
    assert [question.id for question in found] == ["q1", "q2"]


def test_without_a_heading_the_first_row_counts(tmp_path: Path) -> None:
    found = load_beir_questions(folder(tmp_path, "q1\td1\t1\nq2\t0\td2\t1\n"))
    assert [(question.id, question.grades) for question in found] == [("q1", {"d1": 1}), ("q2", {"d2": 1})]


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\td1\t1.0\n", r"test.tsv:1: .*whole number, not '1.0'"),
        (f"{HEADING}q1\td1\t0.5\n", r"test.tsv:2: .*whole number, not '0.5'"),
        ("q1\td1\tyes\n", r"test.tsv:1: .*whole number, not 'yes'"),
        (f"{HEADING}q1\td1\t1000000000000\n", r"test.tsv:2: .*from -100 to 100"),
        (f"{HEADING}q1 d1 1\n", r"test.tsv:2: .*separated by tabs"),
        (f"{HEADING}q1\td1\t1\nq1\td1\t2\n", r"test.tsv:3: .*judged before"),
        (f"{HEADING}q1\tnone\t1\n", "documents that .* does not have: none"),
        (f"{HEADING}q3\td1\t1\n", "no text for the question 'q3'"),
        ("q1\td1\t1_0\n", r"test.tsv:1: .*whole number, not '1_0'"),
        ("q1\td1\t\u0661\n", r"test.tsv:1: .*whole number"),
        (f"{HEADING}q1\td1\t\uff11\n", r"test.tsv:2: .*whole number"),
        (f"{HEADING}q1\td1\t{'1' * 5000}\n", r"test.tsv:2: .*from -100 to 100"),
        (HEADING, "no judgements"),
        ("", "no judgements"),
    ],
)
def test_judgements_that_do_not_fit_are_refused(tmp_path: Path, qrels: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_beir_questions(folder(tmp_path, qrels))


def test_two_of_one_id_are_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, f"{HEADING}q1\td1\t1\n", corpus=CORPUS + '{"_id": "d1", "text": "other"}\n')
    with pytest.raises(InputError, match=r"corpus.jsonl:3: the id 'd1'"):
        load_beir_documents(path)
    with pytest.raises(InputError, match=r"corpus.jsonl:3: the id 'd1'"):
        load_beir_questions(path)


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ('{"_id": "d1", "text": ""}\n{"_id": "d2"}\n', "no document has a `text`"),
        ('{"_id": "d1", "text": 5}\n', "`text` of 'd1' must be a text"),
        ('{"_id": "d1", "text": "x", "title": ["y"]}\n', "`title` of 'd1' must be a text"),
        ('{"_id": "d\\u0000", "text": "x"}\n', r"corpus.jsonl:1: `_id` must not hold control characters"),
        ('{"_id": "d1", "text": "x", "text": "y"}\n', r"corpus.jsonl:1: the key 'text' appears more than once"),
    ],
)
def test_documents_that_have_no_text_are_refused(tmp_path: Path, corpus: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_beir_documents(folder(tmp_path, f"{HEADING}q1\td1\t1\n", corpus=corpus))


def test_a_few_documents_without_text_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = folder(tmp_path, f"{HEADING}q1\td1\t1\n", corpus=CORPUS + '{"_id": "d3", "text": " "}\n')
    assert len(load_beir_documents(path)) == 3
    (warning,) = caplog.records
    assert "1 of 3 documents have neither `text` nor `title`, and cannot be found: d3" in warning.getMessage()


def test_judgements_that_are_no_utf_8_are_named(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "a", "text": "q"}\n')
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d", "text": "t"}\n')
    (tmp_path / "qrels" / "test.tsv").write_bytes(b"a\td\xe9\t1\n")
    with pytest.raises(InputError, match=r"test\.tsv"):
        load_beir_questions(tmp_path)
