"""One build, read by its own name: a question is answered from one build, whatever goes live meanwhile.

`LiveIndex` gives the live one; `IndexStore.at` gives any other, for checks before it goes live and for evaluations.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from cachetools import LRUCache
from qdrant_client.http import models

from storage.vectors.build import DENSE, SPARSE
from storage.vectors.build_record import BuildRecord
from storage.vectors.engine import Engine
from storage.vectors.search import Candidates, ChunkFilter, SparseQuery, StoredChunk

if TYPE_CHECKING:
    from storage.vectors.vector_store import ChunkVectorStore

T = TypeVar("T")

_KEPT_CHUNKS = 8192  # of 4 KB
_KEPT_LOOKUPS = 1024  # of readers' pages
READING_DEPTH = 25  # chunks for a further reading of a question: as deep as its signals look
_ASKED_AT_ONCE = 32  # requests to write take 0.1 ms each, and a hundred readers' at once would hold the event loop
_LLAMA_INDEX_KEYS = ("_node_content", "_node_type", "document_id", "doc_id", "ref_doc_id")


class PinnedBuild:
    """The read calls of one build; each raises NotFoundError once the build is pruned. For one event loop.

    What was read is kept: a build that is searched never changes.
    """

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        self.record = record
        self._engine = engine
        self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._chunks: LRUCache[str, StoredChunk] = LRUCache(_KEPT_CHUNKS)
        self._first: LRUCache[ChunkFilter, StoredChunk | None] = LRUCache(_KEPT_LOOKUPS)

    @property
    def name(self) -> str:
        """The build's name."""
        return self.record.name

    @cached_property
    def vector_store(self) -> "ChunkVectorStore":
        """LlamaIndex's vector store over this build."""
        # LlamaIndex takes a second to import; commands that only list builds do without.
        from storage.vectors.vector_store import ChunkVectorStore

        return ChunkVectorStore(self.name, aclient=self._engine.aclient, build=self)

    async def read(self, work: Callable[["PinnedBuild"], Awaitable[T]], build: "PinnedBuild | None" = None) -> T:
        """The result of `work` on this build, as `IndexStore.read` gives it on the live one."""
        return await work(build or self)

    async def search(
        self,
        dense: Sequence[float],
        sparse: SparseQuery,
        *,
        limit: int,
        filters: ChunkFilter | None = None,
        readings: Sequence[Sequence[float]] = (),
    ) -> Candidates:
        """The chunks nearest in meaning, and those that share words with the question, in one call.

        With `readings`, vectors of the question's other readings, also the `READING_DEPTH` chunks nearest to each.
        """
        chosen = filters.within(self.record.book).to_qdrant() if filters else None
        # Built without validation: checking 384 numbers takes longer than searching among 10,000 chunks.
        request = models.QueryRequest.model_construct
        words = models.SparseVector(indices=sparse.indices, values=sparse.values)
        requests = [
            request(query=list(dense), using=DENSE, limit=limit, filter=chosen),
            request(query=words, using=SPARSE, limit=limit, filter=chosen),
            *(request(query=list(each), using=DENSE, limit=READING_DEPTH, filter=chosen) for each in readings),
        ]
        async with self._asking:
            answers = await self._engine.aclient.query_batch_points(self.name, requests=requests)
        nearest, matching, *others = (
            [(str(point.id), float(point.score)) for point in answer.points] for answer in answers
        )
        return Candidates(nearest, matching, self.name, tuple(others))

    async def chunks(self, ids: Sequence[str]) -> list[StoredChunk]:
        """The chunks in the order of `ids`; those that the build does not have are left out."""
        found = {item: chunk for item in ids if (chunk := self._chunks.get(item))}
        missing = [item for item in ids if item not in found]
        if missing:
            records = await self._engine.aclient.retrieve(self.name, ids=missing, with_payload=True)
            for chunk in map(_chunk, records):
                found[chunk.id] = self._chunks[chunk.id] = chunk
        return [found[item] for item in ids if item in found]

    async def matching(self, filters: Sequence[ChunkFilter], *, limit: int) -> list[StoredChunk]:
        """Up to `limit` chunks that pass one of the filters, in the order of their ids; one call."""
        either = models.Filter(should=[chosen for item in filters if (chosen := item.to_qdrant())])
        options = {"scroll_filter": either if either.should else None, "limit": limit, "with_payload": True}
        records, _ = await self._engine.aclient.scroll(self.name, **options)
        return [_chunk(record) for record in records]

    async def first(self, filters: ChunkFilter) -> StoredChunk | None:
        """Any chunk that passes the filters; None where there is none."""
        if filters in self._first:
            return self._first[filters]
        found = self._first[filters] = next(iter(await self.matching([filters], limit=1)), None)
        return found

    async def aclose(self) -> None:
        """Let go of a build that is not the live one."""
        await self._engine.release(self.name)


def _chunk(record: Any) -> StoredChunk:
    values: dict[str, Any] = dict(record.payload or {})
    text = orjson.loads(values["_node_content"])["text"]
    for key in _LLAMA_INDEX_KEYS:
        values.pop(key, None)
    return StoredChunk(str(record.id), text, values)
