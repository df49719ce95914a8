"""Options of `bookrag eval` that cannot be what was meant: refused with exit code 2, which no gate gives."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from engines.evaluation.run_files import save_run
from tests.commands import run_command
from tests.engines.evaluation.test_answers import answers_of
from tests.engines.evaluation.test_comparing import record, run_of

QUESTION = {"id": "zmp", "question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp#what-it-is"]}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A set of one question that the small book answers."""
    return written(tmp_path / "set.jsonl", QUESTION)


def written(path: Path, *lines: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def evaluation(*arguments: str | Path, data_dir: Path) -> "CompletedProcess[str]":
    environment = {"DATA_DIR": str(data_dir), "BOOK_DIR": str(data_dir.parent / "site" / "docs")}
    return run_command("eval", *arguments, environment=environment, folder=data_dir.parent)


def said(done: "CompletedProcess[str]") -> str:
    """Standard error in one line, without the frame around it."""
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("price", ["inf", "nan", "-1"])
@pytest.mark.parametrize("option", ["--input-price", "--output-price"])
def test_a_price_is_a_number(data_dir: Path, questions: Path, option: str, price: str) -> None:
    done = evaluation("answers", questions, "-o", "a.jsonl", option, price, data_dir=data_dir)
    assert done.returncode == 2
    assert "price" in said(done)
    assert not (data_dir.parent / "a.jsonl").exists()


def test_verdicts_cannot_be_repeated_without_a_judge(data_dir: Path, questions: Path) -> None:
    done = evaluation("answers", questions, "-o", "a.jsonl", "--judge-repeats", "3", data_dir=data_dir)
    assert (done.returncode, "--judge-repeats needs a judge: set GEMINI_API_KEY" in said(done)) == (2, True)
    done = evaluation("answers", questions, "-o", "a.jsonl", "--judge-repeats", "1000000000", data_dir=data_dir)
    assert (done.returncode, "--judge-repeats" in said(done)) == (2, True)


def test_a_split_is_of_a_folder_and_a_build_has_a_name(data_dir: Path, questions: Path) -> None:
    done = evaluation("retrieval", questions, "--split", "dev", data_dir=data_dir)
    assert (done.returncode, "--split needs a folder in the BEIR layout" in said(done)) == (2, True)
    done = evaluation("retrieval", questions, "--build", "nosuch", data_dir=data_dir)
    assert (done.returncode, "--build nosuch" in said(done)) == (2, True)


@pytest.mark.parametrize("name", ["x\ny", "\x1b[31mred", "a\u200bb", " x"])
def test_a_name_is_one_line_without_escapes(data_dir: Path, questions: Path, name: str) -> None:
    done = evaluation("retrieval", questions, "--name", name, "-o", "run.json", data_dir=data_dir)
    assert (done.returncode, "--name must not" in said(done)) == (2, True)
    assert not (data_dir.parent / "run.json").exists()


def test_figures_of_answers_have_no_cut_off_in_their_names(data_dir: Path, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {**QUESTION, "answer": "A point."},
        {"id": "u", "question": "What is bread?", "answerable": False},
    ]
    first = answers_of(data_dir, tmp_path, written(tmp_path / "set.jsonl", *lines)).rename(tmp_path / "b.jsonl")
    answers_of(data_dir, tmp_path, tmp_path / "set.jsonl")
    done = evaluation("compare", "answers.jsonl", first, data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    figures = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("| ")]
    assert "false refusals" in figures
    assert not [figure for figure in figures if "@" in figure]


def test_questions_that_nothing_is_judged_for_are_counted_where_a_set_is_imported(tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text("q1\tWhy?\nq2\tHow?\nq3\tWhen?\n")
    (tmp_path / "qrels.txt").write_text("q1 0 /docs/a 1\n")
    command = ("eval", "import", "qrels.txt", "--queries", "queries.tsv", "-o", "set.jsonl")
    done = run_command(*command, environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wrote 1 question to set.jsonl" in done.stdout
    assert "Left out, because they have no judgements: 2 questions" in done.stdout


def test_tags_stay_one_cell_each_in_markdown_and_are_apart_in_csv(data_dir: Path, tmp_path: Path) -> None:
    tags = ["a | b", "c d", "`e`"]
    questions = written(tmp_path / "set.jsonl", {**QUESTION, "tags": tags})
    command = ("retrieval", questions, "--markdown", "run.md", "--csv", "run.csv")
    done = evaluation(*command, data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "run.md").read_text().splitlines()
    table = lines[next(place for place, line in enumerate(lines) if line.startswith("| group")) :]
    rows = [line.replace("\\|", "").count("|") for line in table if line.startswith("|")]
    assert set(rows) == {5}
    assert any(line.startswith("| tag a \\| b |") for line in table)
    (row,) = csv.DictReader(io.StringIO((tmp_path / "run.csv").read_text()))
    assert row["tags"].split("; ") == tags


def test_an_answer_run_and_a_run_of_retrieval_are_named_as_what_they_are(data_dir: Path, tmp_path: Path) -> None:
    save_run(run_of("A", record("zmp", {"/a": 1}, ["/a"])), tmp_path / "a.json")
    answers_of(data_dir, tmp_path, written(tmp_path / "set.jsonl", QUESTION))
    done = evaluation("compare", "a.json", "answers.jsonl", data_dir=data_dir)
    assert (done.returncode, "one is a run of retrieval, the other one of answers" in said(done)) == (2, True)
