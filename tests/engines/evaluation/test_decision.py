"""The halves that verdicts are counted over, and halves without questions."""

import itertools
from dataclasses import replace

import pytest

from engines.evaluation.decision import decision_figures, halves
from engines.evaluation.runner import QuestionRecord
from engines.evaluation.text_report import decision_markdown
from tests.engines.evaluation.test_comparing import record, run_of

QUESTIONS = [record(f"q{number}", {"/a": 1}, ["/a"]) for number in range(8)]


def names(found: dict[str, list[QuestionRecord]]) -> dict[str, list[str]]:
    return {half: [each.id for each in records] for half, records in found.items()}


@pytest.mark.parametrize("prefix", ["half:", ""])
def test_the_halves_of_a_set_are_those_that_it_names(prefix: str) -> None:
    tagged = [
        replace(QUESTIONS[0], tags=[f"{prefix}dev"]),
        replace(QUESTIONS[1], tags=["form:plain", f"{prefix}test"]),
        QUESTIONS[2],
    ]
    assert names(halves(tagged)) == {"dev": ["q0"], "test": ["q1"]}


def test_halves_drawn_by_hash_are_named_so() -> None:
    found = names(halves(QUESTIONS))
    assert set(found) == {"dev (by hash)", "test (by hash)"}
    assert sorted(itertools.chain(*found.values())) == [each.id for each in QUESTIONS]


def test_a_half_without_questions_of_a_kind_has_a_dash() -> None:
    answerable = replace(QUESTIONS[0], tags=["half:test"], verdict="covered")
    unanswerable = replace(record("u", {}, []), tags=["half:dev"], verdict="not_covered")
    figures = decision_figures([answerable, unanswerable])
    assert figures is not None
    rows = decision_markdown(replace(run_of("A", answerable, unanswerable), grounding=figures.to_dict()))
    assert "precision 100.0%, recall 100.0%" in rows[0]
    assert "| dev | 0 | – | – | 1 | 0.0% | 100.0% |" in rows
    assert "| test | 1 | 0.0% | 0.0% | 0 | – | – |" in rows
