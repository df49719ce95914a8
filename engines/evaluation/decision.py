"""How often the verdict on a question is wrong: by form and by outcome, with the precision and recall of refusals.

Called by `bookrag eval retrieval` and by a build's checks. The weights and thresholds are the shipped ones
(`engines.coverage`): nothing is fitted to a set here.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engines.coverage.verdict import shipped_model
from engines.evaluation.questions import halves_of
from engines.evaluation.runner import QuestionRecord

FORMS = "forms"  # the group of all questions that are tagged with a form
GROUPED = ("form:", "kind:", "turn:")  # tags whose questions are counted by themselves


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """The verdicts on one group of questions: how many of each kind of question got which."""

    answerable: int
    refused: int  # of the answerable ones: "not covered"
    uncertain: int  # of the answerable ones
    unanswerable: int
    answered: int  # of the unanswerable ones: "covered"
    rejected: int  # of the unanswerable ones: "not covered"

    @classmethod
    def of(cls, records: Iterable[QuestionRecord]) -> "OutcomeCounts":
        """The counts of these questions."""
        known = list(records)
        yes = [record.verdict for record in known if record.answerable]
        no = [record.verdict for record in known if not record.answerable]
        return cls(
            answerable=len(yes),
            refused=yes.count("not_covered"),
            uncertain=yes.count("uncertain"),
            unanswerable=len(no),
            answered=no.count("covered"),
            rejected=no.count("not_covered"),
        )

    @property
    def false_refusals(self) -> float:
        """The share of the answerable questions that are refused."""
        return self.refused / self.answerable if self.answerable else 0.0

    @property
    def false_answers(self) -> float:
        """The share of the unanswerable questions that are said to be covered."""
        return self.answered / self.unanswerable if self.unanswerable else 0.0


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """The verdicts on a set, on each of its halves and on each of its forms and kinds."""

    covered_from: float
    not_covered_below: float
    everything: OutcomeCounts
    groups: dict[str, OutcomeCounts]  # "dev", "test" or "dev (by hash)", "test (by hash)"; "form:typo", "kind:near"

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "DecisionFigures":
        """What `to_dict` gave."""
        groups = {name: OutcomeCounts(**counts) for name, counts in values["groups"].items()}
        everything = OutcomeCounts(**values["everything"])
        return cls(values["covered_from"], values["not_covered_below"], everything, groups)


def decision_figures(records: Sequence[QuestionRecord]) -> DecisionFigures | None:
    """The figures of a run; None for a set without unanswerable questions. Small talk has no verdict."""
    records = [record for record in records if record.verdict is not None]
    if all(record.answerable for record in records):
        return None
    tagged: dict[str, list[QuestionRecord]] = {}
    for record in records:
        for tag in record.tags:
            if tag.startswith(GROUPED):
                tagged.setdefault(tag, []).append(record)
    model = shipped_model()
    forms = [record for record in records if any(tag.startswith("form:") for tag in record.tags)]
    groups = {**halves(records), **({FORMS: forms} if forms else {}), **dict(sorted(tagged.items()))}
    return DecisionFigures(
        model.covered_from,
        model.not_covered_below,
        OutcomeCounts.of(records),
        {name: OutcomeCounts.of(found) for name, found in groups.items()},
    )


def halves(records: Sequence[QuestionRecord]) -> dict[str, list[QuestionRecord]]:
    """The set's own halves, where tags name them; else two drawn by a hash of the ids, which are named so.

    In a set that has halves a question without one is in neither.
    """
    own = any(halves_of(record.tags) for record in records)
    found: dict[str, list[QuestionRecord]] = {}
    for record in records:
        if not own or halves_of(record.tags):
            half = "dev" if is_dev(record) else "test"
            found.setdefault(half if own else f"{half} (by hash)", []).append(record)
    return dict(sorted(found.items()))


def is_dev(record: QuestionRecord) -> bool:
    """Whether a question is of the half that may be tuned on; a set without halves is cut by a hash of the ids."""
    tagged = halves_of(record.tags)
    return "dev" in tagged if tagged else is_dev_id(record.id)


def is_dev_id(name: str) -> bool:
    """Whether the hash of an id is of the half that may be tuned on."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0
