"""Figures of ranked lists by trec_eval's own code (pytrec_eval), with bootstrap intervals and paired tests."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from storage.errors import ConfigurationError

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 20260101  # intervals are the same at every run
FEWEST_PERMUTATIONS = 99_999
PERMUTATIONS_PER_TEST = 1_000  # so that Holm's correction can reach 0.001, however many tests are made together
_PERMUTED_TOGETHER = 4_096  # rows of signs in memory at once
_Z = 1.959964  # of the normal distribution, for 95 %
_TIE = 1e-12  # sums of the same numbers differ by this much when they are added in another order

NAMES = {"ndcg": "nDCG", "recall": "recall", "precision": "precision", "map": "MAP", "mrr": "MRR", "hit": "hit rate"}
_TREC = {"ndcg": "ndcg_cut", "recall": "recall", "precision": "P", "map": "map_cut", "hit": "success"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions with its interval."""

    mean: float
    low: float
    high: float
    count: int


def question_figures(
    grades: Mapping[str, Mapping[str, int]], runs: Mapping[str, Sequence[str]], cutoffs: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Question → figure (`ndcg@10`) → value; a question without a run has 0 everywhere.

    Raises ConfigurationError where the packages of the extra `evaluation` are not installed.
    """
    try:
        import pytrec_eval  # brings scipy; a machine that only serves does without
    except ImportError as exc:
        raise ConfigurationError("Measuring needs the extra `evaluation`: pip install 'bookrag[evaluation]'.") from exc
    result: dict[str, dict[str, float]] = {item: {} for item in grades}
    # trec_eval counts answers by grade in an array; a grade of junk (-2) lies outside of it, and is worth as much as 0.
    judged = {item: {unit: max(grade, 0) for unit, grade in labels.items()} for item, labels in grades.items()}
    for cutoff in cutoffs:
        # Cut here, since trec_eval's reciprocal rank knows no depth; scores that fall by one keep the order.
        ranked = {
            item: {unit: float(-place) for place, unit in enumerate(runs.get(item, ())[:cutoff])} for item in judged
        }
        measures = {f"{name}.{cutoff}" for name in _TREC.values()} | {"recip_rank"}
        found = pytrec_eval.RelevanceEvaluator(judged, measures).evaluate({k: v for k, v in ranked.items() if v})
        for item, figures in result.items():
            values = found.get(item, {})
            for name, trec in _TREC.items():
                figures[f"{name}@{cutoff}"] = float(values.get(f"{trec}_{cutoff}", 0.0))
            figures[f"mrr@{cutoff}"] = float(values.get("recip_rank", 0.0))
    return result


def mean_figures(by_question: Mapping[str, Mapping[str, float]]) -> dict[str, Figure]:
    """The mean of each figure over all questions."""
    names = next(iter(by_question.values()), {})
    return {name: mean_figure([figures[name] for figures in by_question.values()]) for name in names}


def share_interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score (E. B. Wilson, 1927); 0 to 1 where nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, _Z * _Z / of
    centre, half = share + square / 2, _Z * math.sqrt(share * (1 - share) / of + square / of / 4)
    return max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))


def mean_figure(values: Sequence[float]) -> Figure:
    """A mean with its interval: by Wilson's score where all values are 0 or 1 (a share), else by bootstrap."""
    if values and all(value in (0.0, 1.0) for value in values):
        count = int(sum(values))
        return Figure(count / len(values), *share_interval(count, len(values)), len(values))
    return interval(values)


def interval(values: Sequence[float]) -> Figure:
    """A mean with its bootstrap interval by percentiles."""
    sample = np.asarray(values, dtype=float)
    if sample.size == 0:
        return Figure(0.0, 0.0, 0.0, 0)
    drawn = np.random.default_rng(SEED).integers(0, sample.size, size=(RESAMPLES, sample.size))
    means = sample[drawn].mean(axis=1)
    low, high = np.percentile(means, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return Figure(float(sample.mean()), float(low), float(high), int(sample.size))


@dataclass(frozen=True, slots=True)
class PairedTest:
    """How two runs differ over the same questions."""

    difference: float  # of the means, second minus first
    low: float
    high: float
    p_value: float  # of a paired randomisation test of the mean, two-sided: the one to go by
    wilcoxon_p: float  # of the ranks of the differences; equal pairs are left out, as is scipy's default
    effect: float | None  # the mean difference in standard deviations of the differences; None where all are the same
    better: int
    worse: int
    equal: int
    permutations: int  # that `p_value` is counted over: all there are, or so many drawn by chance
    holm_p: float | None = None  # `p_value`, corrected for all tests that were made together


def paired_test(first: Sequence[float], second: Sequence[float], *, together: int = 1) -> PairedTest:
    """Test whether the second run differs by more than chance; `together` tests will be corrected as one family."""
    from scipy import stats  # two seconds of imports, for those who compare

    differences = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    mean = interval(differences.tolist())
    p_value, permutations = randomisation_test(differences, max(FEWEST_PERMUTATIONS, PERMUTATIONS_PER_TEST * together))
    wilcoxon, changed = 1.0, differences[differences != 0]  # scipy is exact for few pairs where none is equal
    if differences.size > 1 and changed.size:  # of one question nothing follows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of few differences: the exact test is the randomisation test
            wilcoxon = float(stats.wilcoxon(changed).pvalue)
    return PairedTest(
        mean.mean,
        mean.low,
        mean.high,
        p_value,
        wilcoxon,
        _effect(differences),
        better=int((differences > 0).sum()),
        worse=int((differences < 0).sum()),
        equal=int((differences == 0).sum()),
        permutations=permutations,
    )


def randomisation_test(differences: "np.ndarray[Any, np.dtype[np.float64]]", draws: int) -> tuple[float, int]:
    """The two-sided p-value of a mean difference when each pair may be swapped, and the permutations counted over.

    Fisher's test (1935): exact where all swaps of the pairs that differ are no more than `draws`; else over `draws`
    random ones, with (hits + 1) / (draws + 1) (B. Phipson and G. Smyth, 2010), so that p is never 0.
    """
    changed = differences[differences != 0]
    if differences.size < 2 or not changed.size:
        return 1.0, 1
    least = abs(float(changed.sum())) - _TIE * float(np.abs(changed).sum())
    exact = changed.size < draws.bit_length()
    total = 2**changed.size if exact else draws
    drawn, hits = np.random.default_rng(SEED), 0
    for start in range(0, total, _PERMUTED_TOGETHER):
        rows = min(_PERMUTED_TOGETHER, total - start)
        if exact:
            swapped = np.arange(start, start + rows)[:, None] >> np.arange(changed.size) & 1
        else:
            swapped = drawn.integers(0, 2, size=(rows, changed.size), dtype=np.int8)
        hits += int((np.abs((1.0 - 2.0 * swapped) @ changed) >= least).sum())
    return (hits / total, total) if exact else ((hits + 1) / (total + 1), total)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values of tests made together, corrected by Holm's step-down method (1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for place, item in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[item]))
        corrected[item] = highest
    return corrected


def _effect(differences: "np.ndarray[Any, np.dtype[np.float64]]") -> float | None:
    spread = float(differences.std(ddof=1)) if differences.size > 1 else 0.0
    if not np.any(differences):
        return 0.0
    return float(differences.mean()) / spread if spread > _TIE else None
