"""docs/evaluation.md names every field and column of what `bookrag eval` writes, and none that is not there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from engines.evaluation.answers import AnswerRecord
from engines.evaluation.comparing import compare_all
from engines.evaluation.metrics import Figure
from engines.evaluation.run_files import CONTENT_DIGEST
from engines.evaluation.runner import QuestionRecord, Run
from engines.evaluation.text_report import comparison_rows, run_rows
from tests.engines.evaluation.test_comparing import record, run_of

TEXT = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text("utf-8")


def first_column(heading: str) -> set[str]:
    """The names in the first column of the table with this heading."""
    table = TEXT[TEXT.index(f"| {heading} |") :].partition("\n\n")[0].splitlines()[2:]
    return {name for row in table for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize(
    ("heading", "kind", "added"),
    [
        ("run file (`-o`)", Run, {CONTENT_DIGEST}),
        ("question of a run file", QuestionRecord, set()),
        ("answers file, a line an answer", AnswerRecord, {CONTENT_DIGEST}),
    ],
    ids=["run", "question", "answer"],
)
def test_the_fields_of_files_are_documented(
    heading: str, kind: type[Run] | type[QuestionRecord] | type[AnswerRecord], added: set[str]
) -> None:
    assert first_column(heading) == {field.name for field in fields(kind)} | added


def test_the_columns_of_csv_files_are_documented() -> None:
    run = run_of("A", record("q", {"/a": 1}, ["/a"]))
    of_run, of_comparison = (
        next(line for line in TEXT.splitlines() if line.startswith(f"| `eval {command} --csv`"))
        for command in ("retrieval", "compare")
    )
    names = [str(name) for name in run_rows(run)[0] if name not in run.figures]
    assert re.findall(r"`(\w+)`", of_run) == names
    (heading, *_) = comparison_rows(compare_all([run, run]))
    assert re.findall(r"`(\w+)`", of_comparison) == heading


def test_the_parts_of_a_figure_are_documented() -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith("| `figures`, `groups` |"))
    assert {field.name for field in fields(Figure)} <= set(re.findall(r"`(\w+)`", row))
