"""Trains the coverage weights on runs of several books: `python -m engines.evaluation.train_coverage`.

A run is what `bookrag eval retrieval SET --output FILE` wrote, one file a book. Each book is predicted by a model
of the other ones; both thresholds are chosen from these predictions, and what each book would have got is printed.
Logistic regression with a ridge penalty; answerable and unanswerable questions weigh the same, and so do the books.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.coverage.verdict import CoverageModel
from engines.evaluation.decision import OutcomeCounts, is_dev
from engines.evaluation.run_files import load_run
from engines.evaluation.runner import QuestionRecord, Run
from engines.events import RULES

PENALTY = 0.01  # on standardised weights; from 0.003 to 0.03 the left-out books differ by less than 0.005 in area
FALSE_REFUSALS = 0.025  # of the answerable questions: the most that the lower threshold may refuse
FALSE_REFUSALS_OF_A_GROUP = 0.06  # the same, of one book and of one form
UNCERTAIN = 0.18  # of the answerable questions: as many as the upper threshold makes uncertain; the aim for other books
# is 20 %, and a book that nobody trained on has more of them than the ones that were left out

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """The questions of all books as arrays."""

    names: list[str]  # of the signals
    signals: Floats  # (questions, signals)
    answerable: NDArray[np.bool_]
    book: NDArray[np.int64]
    records: list[QuestionRecord]

    @classmethod
    def of(cls, runs: list[Run], *, half: str) -> "Sample":
        """The questions of a half of each run ("dev", "test" or "all") for which something was found."""
        chosen = [
            (number, record)
            for number, run in enumerate(runs)
            for record in run.questions
            if record.signals and (half == "all" or (half == "dev") == is_dev(record))
        ]
        names = list(chosen[0][1].signals or {})
        return cls(
            names,
            np.array([[(record.signals or {})[name] for name in names] for _, record in chosen]),
            np.array([record.answerable for _, record in chosen]),
            np.array([number for number, _ in chosen]),
            [record for _, record in chosen],
        )

    def weights(self, kept: NDArray[np.bool_]) -> Floats:
        """The weight of each kept question: that of its book and answerability, divided by how many there are."""
        weights = np.zeros(len(self.book))
        for book in np.unique(self.book[kept]):
            for truth in (True, False):
                group = kept & (self.book == book) & (self.answerable == truth)
                weights[group] = 1 / max(1, group.sum())
        return np.asarray(weights / weights.sum())


def fit(sample: Sample, kept: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Intercept and weights of the raw signals, fitted on the kept questions."""
    from scipy import optimize  # a second of imports, for those who train

    weights = sample.weights(kept)
    mean = weights @ sample.signals
    spread = np.sqrt(weights @ (sample.signals - mean) ** 2) + 1e-9
    inputs = np.column_stack((np.ones(len(sample.book)), (sample.signals - mean) / spread))
    signs = np.where(sample.answerable, 1.0, -1.0)

    def loss(beta: Floats) -> float:
        return float(weights @ np.logaddexp(0, -(inputs @ beta) * signs) + PENALTY * (beta[1:] ** 2).sum())

    beta = optimize.minimize(loss, np.zeros(inputs.shape[1])).x
    slopes = beta[1:] / spread
    return float(beta[0] - slopes @ mean), slopes


def scores(sample: Sample, intercept: float, slopes: Floats) -> Floats:
    """The probability that the book covers each question."""
    return np.asarray(1 / (1 + np.exp(-(intercept + sample.signals @ slopes))))


def left_out_scores(sample: Sample) -> Floats:
    """Each question's score by a model that was trained without its book."""
    found = np.zeros(len(sample.book))
    for book in np.unique(sample.book):
        own = sample.book == book
        found[own] = scores(sample, *fit(sample, ~own))[own]
    return found


def choose_thresholds(sample: Sample, predicted: Floats) -> tuple[float, float]:
    """(covered from, not covered below): as wide as the aims allow, for questions as readers type them.

    These are the ones whose form is tagged; where no set has such tags, all questions.
    """
    typed = np.array([any(tag.startswith("form:") for tag in record.tags) for record in sample.records])
    typed = typed if typed.any() else ~typed
    answerable = sample.answerable & typed
    # "lower": the next score itself, below which no more than the share may lie; between two scores one more may.
    lower = float(np.quantile(predicted[answerable], FALSE_REFUSALS, method="lower"))
    for group in _groups(sample):
        if (answerable & group).any():
            scores_of_group = predicted[answerable & group]
            lower = min(lower, float(np.quantile(scores_of_group, FALSE_REFUSALS_OF_A_GROUP, method="lower")))
    refused = float(np.mean(predicted[answerable] < lower))
    upper = float(np.quantile(predicted[answerable], min(1.0, refused + UNCERTAIN)))
    return upper, lower


def _groups(sample: Sample) -> Iterator[NDArray[np.bool_]]:
    """The questions of each book, and those of each form."""
    for book in np.unique(sample.book):
        yield sample.book == book
    for form in sorted({tag for record in sample.records for tag in record.tags if tag.startswith("form:")}):
        yield np.array([form in record.tags for record in sample.records])


def train(runs: list[Run], *, half: str) -> tuple[CoverageModel, list[str]]:
    """The model of all runs, and a report of what each book would have got without its own questions."""
    sample = Sample.of(runs, half=half)
    predicted = left_out_scores(sample)
    covered_from, below = choose_thresholds(sample, predicted)
    intercept, slopes = fit(sample, np.ones(len(sample.book), dtype=bool))
    means = sample.weights(np.ones(len(sample.book), dtype=bool)) @ sample.signals
    model = CoverageModel(
        intercept,
        dict(zip(sample.names, map(float, slopes), strict=True)),
        dict(zip(sample.names, map(float, means), strict=True)),
        covered_from,
        below,
    )
    return model, report(runs, covered_from=covered_from, below=below)


def report(runs: list[Run], *, covered_from: float, below: float) -> list[str]:
    """A line a book: all its questions, predicted by a model of the other books' halves."""
    lines = []
    whole, dev = Sample.of(runs, half="all"), Sample.of(runs, half="dev")
    for number, run in enumerate(runs):
        found = scores(whole, *fit(dev, dev.book != number))
        model = CoverageModel(0, {}, {}, covered_from, below)
        for record, score, book in zip(whole.records, found, whole.book, strict=True):
            if book == number:
                record.verdict, _ = model.verdict(
                    float(score), {rule for rule in RULES if rule in (record.rules or ())}
                )
        lines.append(_line(run.name, run.questions))
        lines.append(_line(f"{run.name}, test half", [record for record in run.questions if not is_dev(record)]))
    typed = [record for record in whole.records if any(tag.startswith("form:") for tag in record.tags)]
    tags = sorted({tag for record in typed for tag in record.tags if tag.startswith(("form:", "kind:"))})
    for name, chosen in (("all halves", typed), ("test halves", [record for record in typed if not is_dev(record)])):
        lines.append(_line(f"typed questions, {name}", chosen))
        lines += [_line(f"  {tag}, {name}", [record for record in chosen if tag in record.tags]) for tag in tags]
    return lines


def _line(name: str, records: Sequence[QuestionRecord]) -> str:
    counts = OutcomeCounts.of(records)
    yes, no = max(1, counts.answerable), max(1, counts.unanswerable)
    return (
        f"{name}: answerable {counts.answerable}, refused {counts.refused / yes:.1%}, uncertain "
        f"{counts.uncertain / yes:.1%}; unanswerable {counts.unanswerable}, covered {counts.answered / no:.1%}, "
        f"refused {counts.rejected / no:.1%}"
    )


def main() -> None:
    """Read the runs, train, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="Runs of several books.")
    parser.add_argument("--output", type=Path, required=True, help="The weights file.")
    parser.add_argument("--half", choices=("dev", "test", "all"), default="dev", help="The questions to train on.")
    given = parser.parse_args()
    runs = [load_run(path) for path in given.runs]
    model, lines = train(runs, half=given.half)
    content: dict[str, Any] = {
        "trained_on": {run.name: sum(is_dev(record) for record in run.questions) for run in runs},
        "intercept": round(model.intercept, 4),
        "weights": {name: round(value, 4) for name, value in model.weights.items()},
        "means": {name: round(value, 4) for name, value in model.means.items()},
        "covered_from": round(model.covered_from, 3),
        "not_covered_below": math.floor(model.not_covered_below * 1000) / 1000,  # one more would be refused else
    }
    given.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print("\n".join(lines))  # noqa: T201  # a command


if __name__ == "__main__":
    main()
