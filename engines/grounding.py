"""Is it in the book? Decided from the retrieval evidence, outside the chat engine and not by a model's mood.

A logistic model over eight signals gives the probability that the book covers a question; below the threshold the
reader is told so. `engines.evaluation.calibration` fits it on questions that the book can and cannot answer, and the
threshold is kept with the build; a book without such a set uses the defaults here.
"""

import math
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import asdict, astuple, dataclass

from engines.events import GroundingDecided
from engines.retrieval.sections import Passage, words_of
from storage.vectors.bm25 import K1, tokens
from storage.vectors.build_record import BuildRecord
from storage.vectors.fusion import Ranking
from storage.vectors.idf import WordWeights, load_vocabulary

DEFAULT_THRESHOLD = 0.424  # on the sample book's dev half 5 % false refusals, 10 % false answers
COVERING_PASSAGES = 3  # whose words may cover a question's together
AGREEING = 10  # places from the top in which both sides may find the same
MOST_WORDS, MOST_NAMES = 6, 2  # from here on, more of them say no more
RELATED_SIMILARITY, RELATED_SHARE = 0.4, 0.4  # on the dev half, no section passes for English questions off the subject

# Words that say nothing about the subject: the tokens of the question's form.
_FORM = (
    "a about an and any are as at be been but by can could did do does for from had has have how i if "
    "in into is it its many me much my no not of on or our should so some tell than that the their "
    "them then there these they this those to us use used was we were what when where which who whose "
    "why will with would you your explain describe mean between difference book chapter give show "
    "please need work happen"
)


_NOUNS_WITH_CAPITALS = frozenset({"de", "lb"})
_WORD = re.compile(r"\w[\w'’\-/.]*")
_IDENTIFIER = re.compile(r"[^\W_]_\w|[^\W\d_]\d|[a-z][A-Z]")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What retrieval shows about a question; each from 0 to about 1, more is better unless it says otherwise."""

    similarity: float  # cosine of the nearest chunk
    match_similarity: float  # cosine of the chunk that matches its words best
    coverage: float  # share of the question's words that one passage has, rare words weighing more
    match: float  # BM25 of the best chunk, of what one with all the words would have
    agreement: float  # share of the nearest chunks that both sides found
    unknown: float  # share of the question's words, by weight, that the whole book has not; the less, the better
    unknown_names: float  # how many names and identifiers the whole book has not, of two; the fewer, the better
    matched: float  # how many of the question's words one passage has, of six


@dataclass(frozen=True, slots=True)
class GroundingModel:
    """Weights of the signals, fitted on the dev half of the sample book's set; the logistic function of their sum."""

    intercept: float = -3.06
    similarity: float = 1.25
    match_similarity: float = 1.98
    coverage: float = 1.83
    match: float = 1.80
    agreement: float = 1.86
    unknown: float = -3.74
    unknown_names: float = -1.91
    matched: float = 2.29

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
    return GroundingDecided(
        verdict="covered" if evidence is not None and score >= limit else "not_covered",
        score=score,
        covered_from=limit,
        not_covered_below=limit,
        signals={} if evidence is None else asdict(evidence),
    )


def gather_evidence(question: str, ranking: Ranking, found: Sequence[Passage]) -> Evidence | None:
    """The signals of one retrieval; None where nothing was found."""
    if not found or not ranking.candidates.dense:
        return None
    cosines = dict(ranking.candidates.dense)
    dense = [item for item, _ in ranking.candidates.dense[:AGREEING]]
    sparse = [item for item, _ in ranking.candidates.sparse[:AGREEING]]
    weight = WordWeights(ranking.build.words, ranking.build.counts.get("chunks", 0))
    locale = ranking.place.filters.locale
    matching = cosines.get(sparse[0], min(cosines.values())) if sparse else 0.0
    wanted = content_words(question, locale)
    present = [passage.words_among(wanted) for passage in found[:COVERING_PASSAGES]]
    unknown, names = _unknown(question, wanted, ranking)
    return Evidence(
        similarity=max(0.0, cosines[dense[0]]),
        match_similarity=max(0.0, matching),
        # A question without a word of its own says nothing either way.
        coverage=max(_share(words, wanted, weight) for words in present) if wanted else 0.5,
        match=_match(set(tokens(question, locale)), ranking, weight),
        agreement=len(set(dense) & set(sparse)) / len(dense),
        unknown=_share(unknown, wanted, weight),
        unknown_names=min(len(names), MOST_NAMES) / MOST_NAMES,
        matched=min(max(map(len, present)), MOST_WORDS) / MOST_WORDS,
    )


def is_related(passage: Passage, wanted: Set[str], build: BuildRecord) -> bool:
    """Whether a passage may be offered to somebody whose question the book does not answer."""
    if (passage.evidence.dense_score or 0.0) >= RELATED_SIMILARITY:
        return True
    weight = WordWeights(build.words, build.counts.get("chunks", 0))
    return _share(passage.words_among(wanted), wanted, weight) >= RELATED_SHARE


def content_words(question: str, locale: str | None) -> set[str]:
    """The tokens of a question to the chunks of a locale that speak of its subject."""
    return set(tokens(question, locale)) - words_of(_FORM, locale)


def _unknown(question: str, wanted: set[str], ranking: Ranking) -> tuple[set[str], set[str]]:
    """Those of a question's words that the book does not have at all, and those of them that are names.

    A number is neither: a book may well tell how to reckon with one that it does not have.
    """
    known = load_vocabulary(ranking.build.vocabulary)
    if known is None:
        return set(), set()
    missing = {word for word in wanted if word not in known and not word.isnumeric()}
    words = _WORD.findall(question)
    locale = ranking.place.filters.locale
    # A sentence's first word has a capital anyway, and so has every noun of some languages.
    telling = 1 if (locale or "")[:2].lower() not in _NOUNS_WITH_CAPITALS else len(words)
    names = [word for place, word in enumerate(words) if _is_name(word, capital_tells=place >= telling)]
    return missing, missing & {token for name in names for token in tokens(name, locale)}


def _is_name(word: str, *, capital_tells: bool) -> bool:
    """Whether a word looks like a name or an identifier."""
    return (word[0].isupper() and capital_tells) or word[:2].isupper() or _IDENTIFIER.search(word) is not None


def _share(words: Set[str], wanted: Set[str], weight: Callable[[str], float]) -> float:
    """The weight of some of a question's words, of that of all."""
    total = sum(map(weight, wanted))
    return sum(map(weight, words)) / total if total else 0.0


def _match(words: set[str], ranking: Ranking, weight: Callable[[str], float]) -> float:
    most = (K1 + 1) * sum(map(weight, words))
    sparse = ranking.candidates.sparse
    return sparse[0][1] / most if sparse and most else 0.0
