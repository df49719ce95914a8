"""The types of a search in the index, and the fusion of the two sides of a hybrid search into one ranking.

The vector store fuses ranked lists for each query. Reciprocal rank fusion (Cormack, Clarke, Büttcher, 2009): an item
scores weight / (K + rank) in each list that has it. The voters are the two sides of the index and a blend of their
scores (the convex combination of Bruch, Gai, Ingber, 2023), which knows by how much the first is ahead. Each side's
scores are divided by its best score, since cosines and BM25 have no common scale. With the blend as a voter, known-item
search gained 0.015 nDCG@10 over two voters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal

from qdrant_client import models

from storage.vectors import payload
from storage.vectors.build_record import BuildRecord

Side = Literal["hybrid", "dense", "sparse"]

PAGE_WEIGHT = 1.0  # of the list from the reader's own page: lifts what fits the question, and lets better pages win
PAGE_CANDIDATES = 5

K = 10
"""K of the fusion; a larger K favours the first ranks less. The authors' 60 was 0.006 worse in known-item search."""

BLEND_WEIGHT = 4.0
DENSE_SHARE, USUAL_LEAD, LEAD_EFFECT = 0.6, 0.35, 0.2
"""The weight of the dense side in the blend, if the best lexical match leads ranks 6 to 25 by the usual margin.

The larger the lead, the more words count: this factor of the difference from the usual lead is subtracted. Compared
with a constant weight, no set of readers' questions lost, and some gained up to 0.007 nDCG@10 (0.010 on clean
questions).
"""
_BEHIND = slice(5, 25)

Ranked = Sequence[tuple[str, float]]
"""Ids with scores, best first."""


_NOWHERE = (None, None)


@dataclass(frozen=True, slots=True)
class SparseQuery:
    """A query of `storage.vectors.bm25`: token ids and their weights."""

    indices: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class ChunkFilter:
    """A filter of chunks; None means any."""

    locale: str | None = None
    version: str | None = None
    latest: bool | None = None
    url: str | None = None
    section: int | None = None
    url_prefix: str | None = None  # as a string: `/docs/arm` finds `/docs/arms` as well; end it with `/`

    def within(self, book: Mapping[str, str]) -> "ChunkFilter":
        """Without conditions that all chunks of the book meet: two of those take a quarter of a query's time."""
        locale = None if book.get("locales") == self.locale else self.locale
        version = None if book.get("versions") == self.version else self.version
        one_version = bool(book.get("versions")) and "," not in book["versions"]  # which is the latest
        latest = None if self.latest and one_version else self.latest
        if (locale, version, latest) == (self.locale, self.version, self.latest):
            return self
        return replace(self, locale=locale, version=version, latest=latest)

    @property
    def edition(self) -> "ChunkFilter":
        """The filter of the whole edition (one language and version) that the chunks belong to."""
        return ChunkFilter(locale=self.locale, version=self.version, latest=self.latest)

    @lru_cache(maxsize=1024)  # noqa: B019 - its key is a value of a few strings
    def to_qdrant(self) -> models.Filter | None:
        """The filter in the engine's terms; None if any chunk may be found."""
        wanted: dict[str, str | bool | int | None] = {
            payload.LOCALE: self.locale,
            payload.VERSION: self.version,
            payload.LATEST: self.latest,
            payload.URL: self.url,
            payload.SECTION: self.section,
        }
        must: list[Any] = [
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in wanted.items()
            if value is not None
        ]
        if self.url_prefix is not None:
            prefix = models.MatchPrefix(prefix=self.url_prefix)
            must.append(models.FieldCondition(key=payload.URL, match=prefix))
        return models.Filter(must=must) if must else None

    @lru_cache(maxsize=1024)  # noqa: B019 - as above
    def rarity(self) -> models.SearchParams | None:
        """Has the engine compute document frequencies within the edition; None if the edition is the whole index."""
        edition = self.edition.to_qdrant()
        return models.SearchParams(idf=models.IdfCorpusParams(corpus=edition)) if edition else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to search, and the reader's page if it is in the index."""

    filters: ChunkFilter
    page: ChunkFilter | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Two ranked lists of (chunk id, score), best first, with their build; cosine is in −1..1, BM25 from 0.

    `readings` has a shorter dense list for each other reading of the question, which does not affect the ranking.
    """

    dense: list[tuple[str, float]]
    sparse: list[tuple[str, float]]
    build: str
    readings: tuple[list[tuple[str, float]], ...] = ()


_SECTION_KEYS = (payload.LOCALE, payload.VERSION, payload.URL, payload.SECTION)


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it was indexed; `metadata` has the keys of `storage.vectors.payload`."""

    id: str
    text: str
    metadata: dict[str, Any]

    @property
    def section(self) -> tuple[object, ...]:
        """The key that chunks of one section share."""
        return tuple(map(self.metadata.get, _SECTION_KEYS))

    @property
    def position(self) -> int:
        """Its place among the chunks of its page."""
        return int(self.metadata.get(payload.POSITION, 0))


@dataclass(slots=True)
class Fused:
    """One item with its rank in each list, from 1; None if a list does not have it."""

    id: str
    score: float = 0.0
    dense_rank: int | None = None
    sparse_rank: int | None = None
    dense_score: float | None = None
    sparse_score: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question in the form of both sides of the index."""

    text: str
    dense: list[float]
    sparse: SparseQuery


@dataclass(frozen=True, slots=True)
class Ranking:
    """The result of one query: the lists of candidates, and where they were searched."""

    candidates: Candidates
    query: Query
    place: Place
    build: BuildRecord


def rank(
    found: Candidates,
    own_page: Candidates | None,
    side: Side = "hybrid",
    *,
    also: Sequence[str] = (),
    also_weight: float = 1.0,
    limit: int | None = None,
) -> list[Fused]:
    """The best candidates of one side or of both, best first; those of the reader's own page are a further voter.

    So are the ids in `also`, the result of another search, best first.
    """
    lists = _voters(found, side)
    if own_page is not None:
        best = fuse(_voters(own_page, side))[:PAGE_CANDIDATES]
        lists["page"] = ([(item.id, item.score) for item in best], PAGE_WEIGHT)
    if also:
        lists["also"] = ([(item, 0.0) for item in also], also_weight)
    return fuse(lists, limit)


def _ordered(ranked: Ranked) -> list[tuple[str, float]]:
    """The list with ties in the order of their ids: the index returns ties in any order, another in each build.

    A chunk's id is made of its address and text, and so stays from build to build.
    """
    ordered = sorted(ranked, key=itemgetter(1), reverse=True)
    if len({score for _, score in ranked}) == len(ordered):  # the usual case; comparing ids takes four times as long
        return ordered
    return sorted(sorted(ranked), key=itemgetter(1), reverse=True)  # equals keep the order of the first sort


def _voters(found: Candidates, side: Side) -> dict[str, tuple[Ranked, float]]:
    dense, sparse = _ordered(found.dense), _ordered(found.sparse)
    lists: dict[str, tuple[Ranked, float]] = {}
    if side != "sparse":
        lists["dense"] = (dense, 1.0)
    if side != "dense":
        lists["sparse"] = (sparse, 1.0)
    if side == "hybrid":
        lists["blend"] = (blend(dense, sparse), BLEND_WEIGHT)
    return lists


def fuse(lists: dict[str, tuple[Ranked, float]], limit: int | None = None) -> list[Fused]:
    """The best items of the lists (name → ranked list, weight), best first; ties are in the order of their ids."""
    scores: dict[str, float] = {}
    for ranked, weight in lists.values():
        for (item, _), share in zip(ranked, _shares(weight, len(ranked)), strict=True):
            scores[item] = scores.get(item, 0.0) + share
    dense, sparse = _places(lists.get("dense")), _places(lists.get("sparse"))
    fused = []
    for item, _ in _ordered(list(scores.items()))[:limit]:
        dense_rank, dense_score = dense.get(item, _NOWHERE)
        sparse_rank, sparse_score = sparse.get(item, _NOWHERE)
        fused.append(Fused(item, scores[item], dense_rank, sparse_rank, dense_score, sparse_score))
    return fused


def blend(dense: Ranked, sparse: Ranked) -> Ranked:
    """Both sides' items by their blended scores; if a side lacks an item, its last score is used."""
    scores = dict.fromkeys([item for item, _ in (*dense, *sparse)], 0.0)
    dense_share = DENSE_SHARE - LEAD_EFFECT * (_lead(sparse) - USUAL_LEAD)
    for ranked, share in ((dense, dense_share), (sparse, 1 - dense_share)):
        side = dict(ranked)
        best = max(side.values(), default=0.0)
        if best <= 0:
            continue
        last = min(side.values())
        scores = {item: score + share * side.get(item, last) / best for item, score in scores.items()}
    return _ordered(list(scores.items()))


def _lead(ranked: Ranked) -> float:
    """The lead of the best score over those behind it, as a share of itself; the usual lead if there are none."""
    scores = [score for _, score in ranked]
    behind = scores[_BEHIND] or scores[1:]
    return 1 - sum(behind) / len(behind) / scores[0] if behind and scores[0] > 0 else USUAL_LEAD


@lru_cache(maxsize=64)
def _shares(weight: float, length: int) -> tuple[float, ...]:
    """The score that each rank of a list adds."""
    return tuple(weight / (K + rank) for rank in range(1, length + 1))


def _places(side: tuple[Ranked, float] | None) -> dict[str, tuple[int, float]]:
    return {item: (rank, score) for rank, (item, score) in enumerate(side[0], 1)} if side else {}
