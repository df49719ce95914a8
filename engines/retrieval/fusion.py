"""Several ranked lists become one by their ranks; called by `engines.retrieval.ranking`.

Reciprocal rank fusion (Cormack, Clarke, Büttcher, 2009): an item scores weight / (K + rank) in each list that has it.
Ranks, and not scores: cosines and BM25 have no common scale, and all ties of one side would let the other decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

K = 60
"""How little the first places count more than the next; 60 is the authors' value, and 10 to 60 measured alike."""

Ranked = Sequence[tuple[str, float]]
"""Ids with scores, best first."""


@dataclass(slots=True)
class Fused:
    """One item with its place in each list, from 1; None where a list does not have it."""

    id: str
    score: float = 0.0
    dense_rank: int | None = None
    sparse_rank: int | None = None
    dense_score: float | None = None
    sparse_score: float | None = None
    lists: dict[str, int] = field(default_factory=dict)


def fuse(lists: dict[str, tuple[Ranked, float]]) -> list[Fused]:
    """All items of the lists (name → ranked list, weight), best first; equals stand in the order of the first list."""
    found: dict[str, Fused] = {}
    for name, (ranked, weight) in lists.items():
        for rank, (item, score) in enumerate(ranked, 1):
            fused = found.setdefault(item, Fused(item))
            fused.score += weight / (K + rank)
            fused.lists[name] = rank
            if name == "dense":
                fused.dense_rank, fused.dense_score = rank, score
            elif name == "sparse":
                fused.sparse_rank, fused.sparse_score = rank, score
    return sorted(found.values(), key=lambda fused: -fused.score)
