"""Is it in the book? Decided from the retrieval evidence, outside the chat engine and not by a model's mood.

A logistic model over five signals gives the probability that the book covers a question; below the threshold the
reader is told so. `engines.evaluation.calibration` fits it on questions that the book can and cannot answer, and the
threshold is kept with the build; a book without such a set uses the defaults here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

from engines.events import GroundingDecided
from engines.retrieval.ranking import Ranking
from engines.retrieval.sections import Passage, words_of
from storage.index.sparse import K1, tokens
from storage.index.words import WordWeights

DEFAULT_THRESHOLD = 0.375  # on the sample book's dev half 3 % false refusals, 6 % false answers
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
    """What retrieval shows about a question; each from 0 to about 1, more is better."""

    similarity: float  # cosine of the nearest chunk
    match_similarity: float  # cosine of the chunk that matches its words best
    coverage: float  # share of the question's words that one passage has, rare words weighing more
    match: float  # BM25 of the best chunk, of what one with all the words would have
    agreement: float  # share of the nearest chunks that both sides found


@dataclass(frozen=True, slots=True)
class GroundingModel:
    """Weights of the signals, fitted on the dev half of the sample book's set; the logistic function of their sum."""

    intercept: float = -4.7
    similarity: float = 2.56
    match_similarity: float = 3.05
    coverage: float = 2.66
    match: float = 3.96
    agreement: float = 2.05

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
    cosines = dict(ranking.candidates.dense)
    dense = [item for item, _ in ranking.candidates.dense[:AGREEING]]
    sparse = [item for item, _ in ranking.candidates.sparse[:AGREEING]]
    weight = WordWeights(ranking.build.words, ranking.build.counts.get("chunks", 0))
    matching = cosines.get(sparse[0], min(cosines.values())) if sparse else 0.0
    return Evidence(
        similarity=max(0.0, cosines[dense[0]]),
        match_similarity=max(0.0, matching),
        coverage=coverage(question, found[:COVERING_PASSAGES], weight),
        match=_match(question, ranking, weight),
        agreement=len(set(dense) & set(sparse)) / len(dense),
    )


def coverage(question: str, found: Sequence[Passage], weight: Callable[[str], float]) -> float:
    """The share of a question's words, by weight, that the one passage has which has most of them."""
    wanted = content_words(question)
    total = sum(map(weight, wanted))
    if not total:
        return 0.5  # a question without a word of its own says nothing either way
    present = (passage.words_among(wanted) for passage in found)
    return max((sum(map(weight, words)) / total for words in present), default=0.0)


def content_words(question: str) -> set[str]:
    """The tokens of a question that speak of its subject."""
    return set(tokens(question)) - words_of(_FORM)


def _match(question: str, ranking: Ranking, weight: Callable[[str], float]) -> float:
    most = (K1 + 1) * sum(map(weight, set(tokens(question))))
    sparse = ranking.candidates.sparse
    return sparse[0][1] / most if sparse and most else 0.0
