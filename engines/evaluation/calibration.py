"""Fits the grounding decision to questions that the book can and cannot answer, and measures it on others.

Called by `bookrag eval retrieval` and by a build's checks. Questions tagged `dev` fit, those tagged `test` are
reported; a set without these tags is halved by a hash of the ids.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engines.evaluation.runner import QuestionRecord
from engines.grounding import DEFAULT_THRESHOLD, Evidence, GroundingModel

FEWEST = 10  # unanswerable questions of the fitting half; with fewer, the default threshold is the better guess
FALSE_REFUSALS, FALSE_ANSWERS = 0.05, 0.10  # what is aimed at


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """How often the decision is wrong."""

    threshold: float
    false_refusals: float  # of the answerable questions
    false_answers: float  # of the unanswerable ones
    answerable: int
    unanswerable: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A threshold with its figures on the half that chose it and on the one that did not."""

    threshold: float
    fitted: bool
    dev: DecisionFigures
    test: DecisionFigures

    def to_dict(self) -> dict[str, Any]:
        """The calibration as JSON values."""
        return asdict(self)


def calibrate(records: Sequence[QuestionRecord], model: GroundingModel | None = None) -> Calibration | None:
    """The threshold of the fitting half and its figures; None for a set without unanswerable questions."""
    if all(record.answerable for record in records):
        return None
    dev = [record for record in records if is_dev(record)]
    test = [record for record in records if not is_dev(record)]
    scored = model or GroundingModel()
    enough = sum(not record.answerable for record in dev) >= FEWEST and any(record.answerable for record in dev)
    threshold = choose_threshold(dev, scored) if enough else DEFAULT_THRESHOLD
    return Calibration(
        threshold, enough, decision_figures(dev, scored, threshold), decision_figures(test, scored, threshold)
    )


def is_dev(record: QuestionRecord) -> bool:
    """Whether a question is of the half that may be tuned on."""
    if "dev" in record.tags or "test" in record.tags:
        return "dev" in record.tags
    return hashlib.sha256(record.id.encode()).digest()[0] % 2 == 0


def choose_threshold(records: Sequence[QuestionRecord], model: GroundingModel) -> float:
    """The threshold whose worse error rate, each divided by what is aimed at, is lowest.

    Where a whole range is equally good, its middle is taken.
    """
    scores = score_all(records, model)
    answerable = np.array([record.answerable for record in records])
    edges = np.concatenate(([0.0], np.unique(scores), [1.0]))
    middles = (edges[:-1] + edges[1:]) / 2
    costs = np.array(
        [
            max(
                (scores[answerable] < middle).mean() / FALSE_REFUSALS,
                (scores[~answerable] >= middle).mean() / FALSE_ANSWERS,
            )
            for middle in middles
        ]
    )
    best = np.flatnonzero(costs <= costs.min() + 1e-9)
    lowest, highest = edges[best[0]], edges[best[-1] + 1]
    return float((lowest + highest) / 2) if best[-1] - best[0] + 1 == len(best) else float(middles[best[0]])


def decision_figures(records: Sequence[QuestionRecord], model: GroundingModel, threshold: float) -> DecisionFigures:
    """The error rates of a threshold."""
    scores = score_all(records, model)
    answerable = np.array([record.answerable for record in records], dtype=bool)
    refused = scores < threshold
    return DecisionFigures(
        threshold=threshold,
        false_refusals=float(refused[answerable].mean()) if answerable.any() else 0.0,
        false_answers=float((~refused[~answerable]).mean()) if (~answerable).any() else 0.0,
        answerable=int(answerable.sum()),
        unanswerable=int((~answerable).sum()),
    )


def score_all(records: Sequence[QuestionRecord], model: GroundingModel) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """The decision's score of each question."""
    return np.array([model.score(Evidence(**record.evidence)) if record.evidence else 0.0 for record in records])


def fit_model(records: Sequence[QuestionRecord], *, penalty: float = 0.02) -> GroundingModel:
    """A logistic model of the evidence, with a ridge penalty, both kinds of questions weighing the same."""
    from scipy import optimize  # a second of imports, for those who fit

    known = [record for record in records if record.evidence]
    signals = np.array([list((record.evidence or {}).values()) for record in known])
    truth = np.array([record.answerable for record in known], dtype=float)
    mean, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    inputs = np.column_stack((np.ones(len(known)), (signals - mean) / spread))
    weights = np.where(truth > 0, 0.5 / truth.sum(), 0.5 / (len(truth) - truth.sum()))

    def loss(beta: Any) -> float:
        margins = inputs @ beta * (2 * truth - 1)
        return float(weights @ np.logaddexp(0, -margins) + penalty * (beta[1:] ** 2).sum())

    beta = optimize.minimize(loss, np.zeros(inputs.shape[1])).x
    slopes = beta[1:] / spread
    return GroundingModel(float(beta[0] - slopes @ mean), *map(float, slopes))
