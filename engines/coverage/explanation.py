"""Why a question got its verdict, for readers, `/api/search` and `bookrag ask`: nothing is searched or decided here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engines.coverage.verdict import shipped_model
from engines.events import GroundingDecided, Retrieved, Searched
from engines.understanding.intent import Intent
from engines.understanding.intent_recognition import intent_of
from engines.understanding.understanding import Understanding, understand

Reason = Literal["score", "definition", "far", "language", "related_term", "nothing_found"]
"""What decided: the score and its thresholds; a passage that defines what is asked; that nothing close was found, or
nothing at all; or why a low score was not a refusal (another language, a term with another name in the book)."""

_MEANINGS: Mapping[str, str] = {
    "similarity": "how near the nearest passage is in meaning",
    "match_similarity": "how near the passage is that matches the words best",
    "coverage": "share of the question's words that one passage has, by their weight",
    "asked_coverage": "the same for the words of the sentence that asks",
    "match": "how well the best passage matches the words, of what would be possible",
    "match_strength": "how strong that match is by itself",
    "agreement": "how many of the ten best passages both meaning and words find",
    "lead": "how far the nearest passage stands above ranks 6 to 25",
    "foreign": "share of the words that are of another language",
    "unknown": "share of the words that the book does not have, by their rarity",
    "unfound": "how telling the most telling word is that no passage has",
}


@dataclass(frozen=True, slots=True)
class SignalEffect:
    """One signal of the decision."""

    name: str
    meaning: str
    value: float
    effect: float  # by how much it moves the log-odds of "covered" from those of an average question


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one question was understood, and what decided the verdict on it."""

    intent: Intent  # how a chat would classify it; a search always searches for it
    understood: Understanding
    searched: Searched
    grounding: GroundingDecided
    reason: Reason
    signals: tuple[SignalEffect, ...]  # the strongest first; none if nothing was found


def explain(question: str, found: Retrieved, *, has_page: bool = False) -> Explanation:
    """The explanation of what a search for `question` found; `has_page` says that the reader's page is known."""
    decided = found.grounding
    return Explanation(
        intent=intent_of(question, has_page=has_page),
        understood=found.understanding or understand(question),
        searched=found.searched,
        grounding=decided,
        reason=_reason(decided),
        signals=_effects(decided.signals),
    )


def _reason(decided: GroundingDecided) -> Reason:
    if decided.verdict == "not_covered" and not decided.signals:
        return "nothing_found"
    if decided.verdict == "covered" and decided.score < decided.covered_from:
        return "definition"
    if decided.verdict == "not_covered" and decided.score >= decided.not_covered_below:
        return "far"
    return decided.spared_by or "score"


def _effects(signals: Mapping[str, float]) -> tuple[SignalEffect, ...]:
    if not signals:
        return ()
    moves = shipped_model().contributions(dict(signals))
    effects = (
        SignalEffect(name, _MEANINGS.get(name, name.replace("_", " ")), signals[name], move)
        for name, move in moves.items()
    )
    return tuple(sorted(effects, key=lambda each: -abs(each.effect)))
