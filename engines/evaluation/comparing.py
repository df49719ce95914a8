"""Two runs over the same questions: what differs, by how much, and whether it is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass

from engines.evaluation.metrics import PairedTest, paired_test
from engines.evaluation.runner import QuestionRecord, Run
from storage.errors import InputError


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """One question that two runs answer differently."""

    id: str
    question: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run B against run A."""

    figure: str  # that the questions are listed by
    tests: dict[str, PairedTest]
    better: list[QuestionChange]
    worse: list[QuestionChange]
    only_in_one: list[str]
    questions: int


def compare_runs(first: Run, second: Run, *, figure: str | None = None) -> Comparison:
    """Paired differences over the questions that both runs have; raises InputError where they share none."""
    before, after = _judged(first), _judged(second)
    shared = [item for item in before if item in after]
    names = [name for name in first.figures if name in second.figures]
    if not shared or not names:
        raise InputError(f"The runs {first.name} and {second.name} have no questions or no figures in common.")
    chosen = figure or ("ndcg@10" if "ndcg@10" in names else names[0])
    if chosen not in names:
        raise InputError(f"Both runs have these figures, and {chosen} is none of them: {', '.join(names)}.")
    changes = [
        QuestionChange(item, after[item].question, before[item].figures[chosen], after[item].figures[chosen])
        for item in shared
    ]
    return Comparison(
        figure=chosen,
        tests={name: _test(name, before, after, shared) for name in names},
        better=sorted((c for c in changes if c.after > c.before), key=lambda c: c.before - c.after),
        worse=sorted((c for c in changes if c.after < c.before), key=lambda c: c.after - c.before),
        only_in_one=sorted(set(before) ^ set(after)),
        questions=len(shared),
    )


def regressions(run: Run, baseline: Run, tolerance: float) -> list[str]:
    """The figures that fell by more than the tolerance, as sentences; a gate lets through an empty list."""
    return [
        f"{name} fell from {before.mean:.4f} to {run.figures[name].mean:.4f}, by more than {tolerance:g}"
        for name, before in baseline.figures.items()
        if name in run.figures and before.mean - run.figures[name].mean > tolerance
    ]


def _judged(run: Run) -> dict[str, QuestionRecord]:
    return {record.id: record for record in run.questions if record.figures}


def _test(
    name: str, before: dict[str, QuestionRecord], after: dict[str, QuestionRecord], shared: Sequence[str]
) -> PairedTest:
    return paired_test([before[item].figures[name] for item in shared], [after[item].figures[name] for item in shared])
