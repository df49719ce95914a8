"""Chunks for a question, ranked: both sides of the index asked at once, their lists fused by rank.

Called by the retriever and by the evaluation, so that what is measured is what readers get.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from engines.events import Scope
from engines.retrieval.fusion import BLEND_WEIGHT, Fused, Ranked, blend, fuse
from engines.retrieval.scope import Place, find_place
from storage.vectors import payload
from storage.vectors.bm25 import encode_queries
from storage.vectors.build_record import BuildRecord
from storage.vectors.search import Candidates, ChunkFilter, SparseQuery, StoredChunk

Side = Literal["hybrid", "dense", "sparse"]

PAGE_WEIGHT = 1.0  # of the list of the reader's own page: it lifts what fits the question, and lets better pages win
PAGE_CANDIDATES = 5
DEPTH = 100  # candidates of each side; with 40, 0.002 nDCG@10 were lost


class Index(Protocol):
    """What retrieval needs of the index."""

    async def search(
        self, dense: Sequence[float], sparse: SparseQuery, *, limit: int, filters: ChunkFilter | None = None
    ) -> Candidates:
        """Two ranked lists in one call."""
        ...

    async def chunks(self, ids: Sequence[str], *, build: str | None = None) -> list[StoredChunk]:
        """Chunks in the order of their ids."""
        ...

    async def matching(
        self, filters: Sequence[ChunkFilter], *, limit: int, build: str | None = None
    ) -> list[StoredChunk]:
        """Chunks that pass one of the filters, in no order of merit, in one call."""
        ...

    async def current(self) -> BuildRecord:
        """The build that is searched."""
        ...


class Embedder(Protocol):
    """Gives questions as vectors."""

    async def embed(self, question: str) -> list[float]:
        """The vector of a question."""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """A question as both sides of the index take it."""

    text: str
    dense: list[float]
    sparse: SparseQuery


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranked candidates with where they were looked for."""

    fused: list[Fused]
    candidates: Candidates
    query: Query
    place: Place
    build: BuildRecord


class Ranker:
    """Ranks the chunks of one index."""

    def __init__(self, index: Index, embedder: Embedder, *, depth: int, side: Side = "hybrid") -> None:
        self._index = index
        self._embedder = embedder
        self._depth = depth
        self._side = side

    async def rank(self, text: str, scope: Scope, *, depth: int | None = None) -> Ranking:
        """All candidates, best first."""
        dense = await self._embedder.embed(text)
        return await self.rank_embedded(text, dense, scope, depth=depth)

    async def rank_embedded(self, text: str, dense: list[float], scope: Scope, *, depth: int | None = None) -> Ranking:
        """All candidates for a question whose vector is known, best first."""
        build = await self._index.current()
        place = await find_place(scope, text, build, self._any_chunk)
        query = encode(text, dense, place.filters.locale)
        searches = [
            self._index.search(query.dense, query.sparse, limit=max(depth or self._depth, DEPTH), filters=place.filters)
        ]
        if place.page is not None and place.page != place.filters:
            searches.append(self._index.search(query.dense, query.sparse, limit=PAGE_CANDIDATES, filters=place.page))
        found, *on_page = await asyncio.gather(*searches)
        lists = self._lists(found)
        if on_page:
            own = fuse(self._lists(on_page[0]))
            lists["page"] = ([(item.id, item.score) for item in own[:PAGE_CANDIDATES]], PAGE_WEIGHT)
        return Ranking(fuse(lists), found, query, place, build)

    async def names(self, ids: Sequence[str], build: str) -> dict[str, str]:
        """Chunk id → the address of its page; of a collection's document, its id."""
        chunks = await self._index.chunks(ids, build=build)
        return {chunk.id: str(chunk.metadata.get(payload.URL, "")) for chunk in chunks}

    def _lists(self, found: Candidates) -> dict[str, tuple[Ranked, float]]:
        lists: dict[str, tuple[Ranked, float]] = {}
        if self._side != "sparse":
            lists["dense"] = (found.dense, 1.0)
        if self._side != "dense":
            lists["sparse"] = (found.sparse, 1.0)
        if self._side == "hybrid":
            lists["blend"] = (blend(found.dense, found.sparse), BLEND_WEIGHT)
        return lists

    async def _any_chunk(self, filters: ChunkFilter) -> StoredChunk | None:
        chunks = await self._index.matching([filters], limit=1)
        return chunks[0] if chunks else None


def encode(text: str, dense: list[float], locale: str | None) -> Query:
    """A question with its vector as the index takes it; its words as the chunks of this locale have them."""
    indices, values = encode_queries([text], locale)
    return Query(text, dense, SparseQuery(indices[0], values[0]))
