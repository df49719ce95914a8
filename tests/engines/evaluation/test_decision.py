"""The halves that verdicts are counted over, and halves without questions."""

import itertools
from dataclasses import replace

import pytest

from engines.evaluation.decision import decision_figures, halves
from engines.evaluation.metrics import share_interval
from engines.evaluation.runner import QuestionRecord
from engines.evaluation.text_report import decision_markdown
from tests.engines.evaluation.test_comparing import record, run_of
from tests.tables import each_row

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
    assert "precision 100.0% (21%–100%), recall 100.0% (21%–100%)" in rows[0]
    assert "| dev | 0 | – | – | 1 | 0.0% (0%–79%) | 100.0% (21%–100%) |" in rows
    assert "| test | 1 | 0.0% (0%–79%) | 0.0% (0%–79%) | 0 | – | – |" in rows


def test_outcomes_are_counted_by_form_and_over_all_forms() -> None:
    def asked(number: int, *, form: str, verdict: str, answerable: bool) -> QuestionRecord:
        grades = {"/a": 1} if answerable else {}
        tags = [f"form:{form}"] if form else []
        return replace(record(f"{form}-{number}-{answerable}", grades, []), tags=tags, verdict=verdict)

    records = [
        *(asked(number, form="typo", verdict="covered", answerable=True) for number in range(3)),
        asked(4, form="typo", verdict="not_covered", answerable=True),
        asked(5, form="vague", verdict="uncertain", answerable=True),
        asked(6, form="typo", verdict="covered", answerable=False),
        asked(7, form="vague", verdict="not_covered", answerable=False),
        asked(8, form="", verdict="not_covered", answerable=True),
    ]
    figures = decision_figures(records)
    assert figures is not None
    typo, forms = figures.groups["form:typo"], figures.groups["forms"]
    assert (typo.answerable, typo.refused, typo.uncertain, typo.unanswerable, typo.answered) == (4, 1, 0, 1, 1)
    assert (forms.answerable, forms.refused, forms.uncertain, forms.unanswerable, forms.rejected) == (5, 1, 1, 2, 1)


@each_row(
    ("count", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 289, 0.0006, 0.0193)],
)
def test_shares_have_intervals_by_wilson_s_score(count: int, of: int, low: float, high: float) -> None:
    assert share_interval(count, of) == pytest.approx((low, high), abs=0.0001)
