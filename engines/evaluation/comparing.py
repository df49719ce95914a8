"""Runs over the same questions: what differs, by how much, and whether it is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from engines.evaluation.metrics import PairedTest, holm, paired_test
from engines.evaluation.runner import QuestionRecord, Run
from storage.errors import InputError

LEAST_SHARED = 0.5  # of the questions of two runs, for a gate


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """One question that two runs answer differently."""

    id: str
    question: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run B against run A, over the questions that both have."""

    first: str  # the runs' names
    second: str
    figure: str  # that the questions are listed by
    means: dict[str, tuple[float, float]]  # of A and of B
    tests: dict[str, PairedTest]
    better: list[QuestionChange]
    worse: list[QuestionChange]
    left_out: list[str]  # ids that one run alone has, or that are another question in the other run
    questions: int
    differences: list[str]  # of the sets and the books, as sentences
    together: int  # tests that Holm's method corrects as one family: of this comparison, and of those made with it


def compare_all(runs: Sequence[Run], *, figure: str | None = None, allow_different: bool = False) -> list[Comparison]:
    """Each run against the first, over the questions that both have; the tests of all of them are corrected together.

    Raises InputError where two share no question or no figure, and, without `allow_different`, for runs over different
    sets or books.
    """
    first, *others = runs
    shared = [_common(first, other, allow_different=allow_different) for other in others]
    together = len(others) * len(first.figures)
    tests = [{name: paired_test(*each.values(name), together=together) for name in each.by_figure} for each in shared]
    corrected = holm([test.p_value for of_one in tests for test in of_one.values()])
    by_test = iter(corrected)
    comparisons = []
    for other, each, of_one in zip(others, shared, tests, strict=True):
        listed = _figure_of(each, figure)
        changes = each.changes(listed)
        comparisons.append(
            Comparison(
                first=first.name,
                second=other.name,
                figure=listed,
                means=each.means(),
                tests={name: replace(test, holm_p=next(by_test)) for name, test in of_one.items()},
                better=sorted((c for c in changes if c.after > c.before), key=lambda c: c.before - c.after),
                worse=sorted((c for c in changes if c.after < c.before), key=lambda c: c.after - c.before),
                left_out=sorted((set(each.before) | set(each.after)) - set(each.questions)),
                questions=len(each.questions),
                differences=each.differences,
                together=len(corrected),
            )
        )
    return comparisons


def _figure_of(shared: "_Shared", wanted: str | None) -> str:
    """The figure that the questions are listed by."""
    names = list(shared.by_figure)
    chosen = wanted or ("ndcg@10" if "ndcg@10" in names else names[0])
    if chosen not in names:
        raise InputError(f"Both runs have these figures, and {chosen} is none of them: {', '.join(names)}.")
    return chosen


def differences(first: Run, second: Run) -> list[str]:
    """In what the sets and the books of two runs differ, as sentences; empty where they are the same."""
    found = []
    if first.set_digest != second.set_digest:
        found.append(f"their sets differ ({first.set_digest} and {second.set_digest})")
    if first.book.get("identity") != second.book.get("identity"):
        found.append(f"their books differ ({first.book.get('identity')} and {second.book.get('identity')})")
    return found


def check_baseline(baseline: Run, digest: str, cutoffs: Sequence[int]) -> None:
    """Raise InputError where a run over this set with these cut-offs would have nothing to compare with a baseline."""
    if baseline.set_digest != digest:
        raise InputError(
            f"The baseline {baseline.name} was made with another set ({baseline.set_digest}, and this one is {digest})."
        )
    if not set(baseline.cutoffs) & set(cutoffs):
        raise InputError(
            f"The baseline {baseline.name} has figures at {', '.join(map(str, baseline.cutoffs))}, "
            f"and --k asks for {', '.join(map(str, cutoffs))}: none in common."
        )


def regressions(run: Run, baseline: Run, tolerance: float) -> list[str]:
    """The figures that fell by more than the tolerance, as sentences; a gate lets through an empty list.

    Means are of the questions that both runs have. Raises InputError where that is less than half of all of them.
    """
    shared = _common(baseline, run, allow_different=False)
    every = len(set(shared.before) | set(shared.after))
    if len(shared.questions) < LEAST_SHARED * every:
        raise InputError(
            f"A gate would compare {len(shared.questions)} of {every} questions with {baseline.name}: "
            "make the baseline with the same --tag."
        )
    means = shared.means()
    return [
        f"{name} fell from {old:.4f} to {new:.4f}, by more than {tolerance:g}"
        for name, (old, new) in means.items()
        if old - new > tolerance
    ]


def gate_summary(run: Run, baseline: Run, tolerance: float) -> str:
    """What a gate compares, in a sentence; raises as `regressions` does."""
    shared = _common(baseline, run, allow_different=False)
    left_out = len(set(shared.before) | set(shared.after)) - len(shared.questions)
    apart = f", {left_out} left out as one run alone has them" if left_out else ""
    return (
        f"{len(shared.questions)} questions and {len(shared.by_figure)} figures compared with {baseline.name}{apart}; "
        f"a figure may fall by {tolerance:g}"
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What two runs have in common."""

    differences: list[str]
    before: dict[str, QuestionRecord]
    after: dict[str, QuestionRecord]
    questions: list[str]  # ids
    by_figure: dict[str, list[str]]  # of these, the ones that have the figure in both runs

    def values(self, name: str) -> tuple[list[float], list[float]]:
        """A figure's values in both runs, question by question."""
        items = self.by_figure[name]
        return [self.before[item].figures[name] for item in items], [self.after[item].figures[name] for item in items]

    def changes(self, name: str) -> list[QuestionChange]:
        """A figure's values, with the questions."""
        return [
            QuestionChange(item, self.after[item].question, old, new)
            for item, old, new in zip(self.by_figure[name], *self.values(name), strict=True)
        ]

    def means(self) -> dict[str, tuple[float, float]]:
        """The figures' means in both runs."""
        return {name: (fmean(old), fmean(new)) for name in self.by_figure for old, new in [self.values(name)]}


def _common(first: Run, second: Run, *, allow_different: bool) -> _Shared:
    apart = differences(first, second)
    if bool(first.cutoffs) != bool(second.cutoffs):  # a file of answers has none
        raise InputError(f"{first.name} and {second.name}: one is a run of retrieval, the other one of answers.")
    if apart and not allow_different:
        raise InputError(
            f"{first.name} and {second.name} cannot be compared: {'; '.join(apart)}. "
            "`eval compare --allow-different` compares the questions that both have."
        )
    before, after = _judged(first), _judged(second)
    shared = [item for item in before if item in after and _same_question(before[item], after[item])]
    by_figure = {
        name: [item for item in shared if name in before[item].figures and name in after[item].figures]
        for name in first.figures
        if name in second.figures
    }
    if not any(by_figure.values()):
        raise InputError(f"The runs {first.name} and {second.name} have no questions or no figures in common.")
    return _Shared(apart, before, after, shared, {name: items for name, items in by_figure.items() if items})


def _same_question(one: QuestionRecord, other: QuestionRecord) -> bool:
    return (one.question, one.judged) == (other.question, other.judged)


def _judged(run: Run) -> dict[str, QuestionRecord]:
    return {record.id: record for record in run.questions if record.figures}
