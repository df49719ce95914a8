"""The verdict on a question: a logistic model over the signals, with shipped weights and two thresholds.

Called by `engines.retrieval.passages`. `python -m engines.evaluation.train_coverage` makes the weights; they hold for a
book without a set of its own (docs/evaluation.md says what each book would have got without its own questions).
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Self

from engines.coverage.signals import Signals
from engines.events import GroundingDecided, Verdict

FOREIGN_SHARE = 0.4  # of the words; a question in another language is never refused for its words


@dataclass(frozen=True, slots=True)
class CoverageModel:
    """Weights of the signals and the thresholds of the verdicts."""

    intercept: float
    weights: dict[str, float]  # by the names of `Signals`
    means: dict[str, float]  # of the questions that it was trained on
    covered_from: float
    not_covered_below: float

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The model of a weights file."""
        return cls(
            values["intercept"],
            values["weights"],
            values["means"],
            values["covered_from"],
            values["not_covered_below"],
        )

    def score(self, signals: dict[str, float]) -> float:
        """The probability that the book covers the question."""
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))

    def contributions(self, signals: dict[str, float]) -> dict[str, float]:
        """How much each signal moves the log-odds from an average question's."""
        return {name: weight * (signals[name] - self.means[name]) for name, weight in self.weights.items()}

    def decide(self, signals: Signals | None) -> GroundingDecided:
        """The verdict; no signals at all, where nothing was found, mean that the book does not cover the question."""
        if signals is None:
            return GroundingDecided("not_covered", 0.0, self.covered_from, self.not_covered_below)
        score = self.score(signals.values)
        spared = signals.foreign >= FOREIGN_SHARE
        return GroundingDecided(
            self.verdict(score, spared=spared), score, self.covered_from, self.not_covered_below, signals.values
        )

    def verdict(self, score: float, *, spared: bool = False) -> Verdict:
        """The verdict of a score; a `spared` question is uncertain at worst."""
        if score >= self.covered_from:
            return "covered"
        return "uncertain" if spared or score >= self.not_covered_below else "not_covered"


@lru_cache(maxsize=1)
def shipped_model() -> CoverageModel:
    """The model that the package brings."""
    text = files("engines.coverage").joinpath("weights.json").read_text(encoding="utf-8")
    return CoverageModel.from_json(json.loads(text))
