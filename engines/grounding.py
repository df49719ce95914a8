"""Is it in the book? Decided from the retrieval evidence, outside the chat engine and not by a model's mood.

A logistic model over four signals gives the probability that the book covers a question; below the threshold the
reader is told so. `engines.evaluation.calibration` fits it on questions that the book can and cannot answer, and the
threshold is kept with the build; a book without such a set uses the defaults here.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from engines.events import GroundingDecided
from engines.retrieval.ranking import Ranking
from engines.retrieval.sections import Passage
from storage.index import payload
from storage.index.sparse import tokens

DEFAULT_THRESHOLD = 0.35  # on the sample book's dev half 5 % false refusals, 22 % false answers
COVERING_PASSAGES = 3  # whose words may cover a question's together
AGREEING = 10  # places from the top in which both sides may find the same

# Words that say nothing about the subject: the tokens of the question's form.
_FORM = (
    "a about an and any are as at be been but by can could did do does for from had has have how i if "
    "in into is it its many me much my no not of on or our should so some tell than that the their "
    "them then there these they this those to us use used was we were what when where which who whose "
    "why will with would you your explain describe mean between difference book chapter give show "
    "please need work happen"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What retrieval shows about a question; each from 0 to 1, more is better."""

    similarity: float  # cosine of the nearest chunk
    plateau: float  # mean cosine of the five nearest
    coverage: float  # share of the question's words that the first passages have
    agreement: float  # share of the nearest chunks that both sides found


@dataclass(frozen=True, slots=True)
class GroundingModel:
    """Weights of the signals, fitted on the dev half of the sample book's set; the logistic function of their sum."""

    intercept: float = -7.4
    similarity: float = 5.2
    plateau: float = 0.8
    coverage: float = 6.9
    agreement: float = 3.9

    def score(self, evidence: Evidence) -> float:
        """The probability that the book covers the question."""
        weights = astuple(self)
        total = weights[0] + sum(weight * value for weight, value in zip(weights[1:], astuple(evidence), strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def decide(
    evidence: Evidence | None, *, threshold: float | None, model: GroundingModel | None = None
) -> GroundingDecided:
    """Whether the book covers a question; no evidence at all means that it does not."""
    limit = DEFAULT_THRESHOLD if threshold is None else threshold
    score = 0.0 if evidence is None else (model or GroundingModel()).score(evidence)
    return GroundingDecided(grounded=evidence is not None and score >= limit, score=score, threshold=limit)


def gather_evidence(question: str, ranking: Ranking, found: Sequence[Passage]) -> Evidence | None:
    """The signals of one retrieval; None where nothing was found."""
    if not found or not ranking.candidates.dense:
        return None
    cosines = [score for _, score in ranking.candidates.dense[:5]]
    dense = [item for item, _ in ranking.candidates.dense[:AGREEING]]
    sparse = {item for item, _ in ranking.candidates.sparse[:AGREEING]}
    return Evidence(
        similarity=max(0.0, cosines[0]),
        plateau=max(0.0, sum(cosines) / len(cosines)),
        coverage=coverage(question, found[:COVERING_PASSAGES]),
        agreement=sum(item in sparse for item in dense) / len(dense),
    )


def coverage(question: str, found: Sequence[Passage]) -> float:
    """The share of a question's words that the passages have: the best one by itself and all together, averaged."""
    wanted = content_words(question)
    if not wanted:
        return 0.5  # a question without a word of its own says nothing either way
    present = [set(tokens(_with_headings(passage))) & wanted for passage in found]
    best = max((len(words) for words in present), default=0)
    together = len(set().union(*present))
    return (best + together) / (2 * len(wanted))


def content_words(question: str) -> set[str]:
    """The tokens of a question that speak of its subject."""
    return set(tokens(question)) - set(tokens(_FORM))


def _with_headings(passage: Passage) -> str:
    return f"{passage.metadata.get(payload.BREADCRUMB, '')}\n{passage.text}"
