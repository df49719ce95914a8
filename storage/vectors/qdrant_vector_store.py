"""Reading and writing one build: the calls that read it by its own name, and LlamaIndex's Qdrant store over it.

A question is answered from one `PinnedBuild`, whatever goes live meanwhile: `IndexStore.pin` gives the live build, and
`IndexStore.at` any other, for checks before it goes live and for evaluations. Builders add nodes to the
`ChunkVectorStore`, the retriever queries it.

The stock query is not used (28 November 2026, docs/decisions/0010). It reads the text of all 200 candidates, of which a
question needs 16; if the scores of one side tie, its fusion lets raw BM25 scores through; it encodes a question's words
without their locale; and its nodes do not say which side found them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar, cast

import orjson
from cachetools import LRUCache
from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores.types import (
    FilterOperator,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import PrivateAttr
from qdrant_client import QdrantClient
from qdrant_client.http import models

from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.bm25 import encode_documents, encode_queries, encode_query
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import (
    PAGE_CANDIDATES,
    Candidates,
    ChunkFilter,
    Fused,
    Place,
    Query,
    Ranking,
    Side,
    SparseQuery,
    StoredChunk,
    rank,
)
from storage.vectors.qdrant_engine import Engine

DEPTH = 100  # candidates of each side; with 40, 0.002 nDCG@10 were lost

_SIDES: dict[VectorStoreQueryMode, Side] = {
    VectorStoreQueryMode.DEFAULT: "dense",
    VectorStoreQueryMode.HYBRID: "hybrid",
    VectorStoreQueryMode.SPARSE: "sparse",
    VectorStoreQueryMode.TEXT_SEARCH: "sparse",
}
_FILTERED = frozenset({payload.LOCALE, payload.VERSION, payload.LATEST, payload.URL, payload.SECTION})

T = TypeVar("T")

_KEPT_CHUNKS = 8192  # of 4 KB
_CHUNKS_A_CALL = 10_000
_READ_AHEAD = 64  # chunks a call: parsing more at once would hold up answers
_KEPT_LOOKUPS = 1024  # of readers' pages
READING_DEPTH = 25  # chunks for a further reading of a question: the depth that coverage looks at
_ASKED_AT_ONCE = 32  # writing a request takes 0.1 ms, and a hundred at once would block the event loop
_LLAMA_INDEX_KEYS = ("_node_content", "_node_type", "document_id", "doc_id", "ref_doc_id")


@dataclass
class ChunkQuery(VectorStoreQuery):
    """A LlamaIndex query with its place in the book; returns `similarity_top_k` nodes."""

    place: Place = field(default_factory=lambda: Place(ChunkFilter()))
    depth: int = DEPTH  # candidates of each side
    side: Side = "hybrid"
    readings: Sequence[Sequence[float]] = ()  # vectors of the question's other readings, which affect no ranking
    also: Sequence[str] = ()  # ids that another search found, best first: a further voter
    also_weight: float = 1.0
    light_words: frozenset[str] = frozenset()  # words of the query, in lower case, that say little about its subject


class PinnedBuild:
    """The read calls of one build, for one event loop; each raises NotFoundError once the build is pruned.

    Results are cached, since a build that is searched never changes.
    """

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        self.record = record
        self._engine = engine
        self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._chunks: LRUCache[str, StoredChunk] = LRUCache(_KEPT_CHUNKS)
        self._sections: dict[tuple[object, ...], list[StoredChunk]] = {}  # of the whole build, or none
        self._first: LRUCache[ChunkFilter, StoredChunk | None] = LRUCache(_KEPT_LOOKUPS)
        self._headings: frozenset[str] | None = None
        self._named: tuple[tuple[str, str, tuple[str, ...]], ...] | None = None

    @property
    def name(self) -> str:
        """The build's name."""
        return self.record.name

    @cached_property
    def vector_store(self) -> "ChunkVectorStore":
        """LlamaIndex's vector store over this build."""
        return ChunkVectorStore(self.name, aclient=self._engine.aclient, build=self)

    async def read(self, work: Callable[["PinnedBuild"], Awaitable[T]], build: "PinnedBuild | None" = None) -> T:
        """The result of `work` on this build, like `IndexStore.read` on the live one."""
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

        With `readings`, the vectors of the question's other readings, also the `READING_DEPTH` chunks nearest to each.
        Document frequencies are counted in the edition that is searched; a server before 1.19 counts in all of them.
        """
        within = filters.within(self.record.book) if filters else ChunkFilter()
        chosen = within.to_qdrant()
        # Built without validation: checking 384 numbers takes longer than searching among 10,000 chunks.
        request = models.QueryRequest.model_construct
        words = models.SparseVector.model_construct(indices=sparse.indices, values=sparse.values)
        requests = [
            request(query=list(dense), using=payload.DENSE, limit=limit, filter=chosen),
            request(query=words, using=payload.SPARSE, limit=limit, filter=chosen, params=within.rarity()),
            *(request(query=list(each), using=payload.DENSE, limit=READING_DEPTH, filter=chosen) for each in readings),
        ]
        async with self._asking:
            answers = await self._engine.aclient.query_batch_points(self.name, requests=requests)
        nearest, matching, *others = (
            [(str(point.id), float(point.score)) for point in answer.points] for answer in answers
        )
        return Candidates(nearest, matching, self.name, tuple(others))

    async def chunks(self, ids: Sequence[str]) -> list[StoredChunk]:
        """The chunks in the order of `ids`; unknown ids are left out."""
        found = {item: chunk for item in ids if (chunk := self._chunks.get(item))}
        missing = [item for item in ids if item not in found]
        if missing:
            records = await self._engine.aclient.retrieve(self.name, ids=missing, with_payload=True)
            for chunk in map(_chunk, records):
                found[chunk.id] = self._chunks[chunk.id] = chunk
        return [found[item] for item in ids if item in found]

    async def read_ahead(self) -> None:
        """Read the chunks before questions need them, as many as the cache keeps; their sections if that is all."""
        sections: dict[tuple[object, ...], list[StoredChunk]] = {}
        offset: Any = None
        read = 0
        while read < _KEPT_CHUNKS:
            records, offset = await self._engine.aclient.scroll(
                self.name, limit=_READ_AHEAD, offset=offset, with_payload=True
            )
            read += len(records)
            for chunk in map(_chunk, records):
                self._chunks[chunk.id] = chunk
                sections.setdefault(chunk.section, []).append(chunk)
            if offset is None:
                for section in sections.values():
                    section.sort(key=attrgetter("position"))
                self._sections = sections
                return

    def section_of(self, chunk: StoredChunk) -> list[StoredChunk] | None:
        """All chunks of a chunk's section in the page's order, if they were read ahead."""
        return self._sections.get(chunk.section)

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

    async def headings(self) -> frozenset[str]:
        """The titles and headings of all pages."""
        if self._headings is None:
            sections = await self.named_sections()
            self._headings = frozenset(name for _, title, path in sections for name in (title, *path))
        return self._headings

    async def named_sections(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Address, title and headings of all sections; read once, with one call for each 10,000 chunks."""
        if self._named is None:
            found: dict[tuple[str, str, tuple[str, ...]], None] = {}
            offset: Any = None
            names = [payload.URL, payload.TITLE, payload.HEADING_PATH]
            while True:
                records, offset = await self._engine.aclient.scroll(
                    self.name, limit=_CHUNKS_A_CALL, offset=offset, with_payload=names
                )
                for record in records:
                    url, title, path = ((record.payload or {}).get(name) for name in names)
                    found[str(url or ""), str(title or ""), tuple(path or ())] = None
                if offset is None:
                    break
            self._named = tuple(found)
        return self._named

    async def aclose(self) -> None:
        """Close a build that is not the live one."""
        await self._engine.release(self.name)


def _chunk(record: Any) -> StoredChunk:
    values: dict[str, Any] = dict(record.payload or {})
    text = orjson.loads(values["_node_content"])["text"]
    for key in _LLAMA_INDEX_KEYS:
        values.pop(key, None)
    return StoredChunk(str(record.id), text, values)


@dataclass(frozen=True, slots=True)
class _Found:
    """How a node was found, as one private attribute: each one makes a pydantic model slower to create and read."""

    chunks: list[StoredChunk]
    evidence: Fused
    ranking: Ranking
    build: PinnedBuild


class ChunkNode(TextNode):
    """A chunk that a query found; after merging, several chunks of one section.

    Its metadata has the payload's keys and `dense_rank`, `sparse_rank`, `dense_score`, `sparse_score`, `fused_score`
    and `build`. What the postprocessors need beyond that is kept beside it and is not serialised.
    """

    _found: _Found = PrivateAttr()

    @classmethod
    def of(
        cls, chunks: list[StoredChunk], text: str, evidence: Fused, ranking: Ranking, build: PinnedBuild
    ) -> "ChunkNode":
        """The node of the chunk that `evidence` is about; `text` is that of all `chunks`."""
        best = next(chunk for chunk in chunks if chunk.id == evidence.id)
        metadata: dict[str, Any] = {
            **best.metadata,
            "dense_rank": evidence.dense_rank,
            "sparse_rank": evidence.sparse_rank,
            "dense_score": evidence.dense_score,
            "sparse_score": evidence.sparse_score,
            "fused_score": evidence.score,
            "build": ranking.build.name,
        }
        hidden = list(metadata)  # a model reads only the text; the prompt states its place in words of its own
        node = cls(
            id_=evidence.id,
            text=text,
            metadata=metadata,
            excluded_llm_metadata_keys=hidden,
            excluded_embed_metadata_keys=hidden,
        )
        node._found = _Found(chunks, evidence, ranking, build)
        return node

    @property
    def _kept(self) -> _Found:
        """`_found` without pydantic's look-up of a private attribute, which takes 3 µs; a question makes a hundred."""
        kept: _Found = (self.__pydantic_private__ or {})["_found"]
        return kept

    @property
    def chunks(self) -> list[StoredChunk]:
        """The chunks that make up the text, in the page's order."""
        return self._kept.chunks

    @property
    def evidence(self) -> Fused:
        """The ranks and scores of the best chunk."""
        return self._kept.evidence

    @property
    def ranking(self) -> Ranking:
        """The query's whole ranking, to which this node belongs."""
        return self._kept.ranking

    @property
    def build(self) -> PinnedBuild:
        """The build that was searched."""
        return self._kept.build

    def merged(self, chunks: list[StoredChunk], text: str) -> "ChunkNode":
        """The node with more chunks of its section."""
        return ChunkNode.of(chunks, text, self.evidence, self.ranking, self.build)


class _Encoder:
    """The sparse encoder that LlamaIndex calls with texts alone; their locale is set before."""

    locale: str | None = None

    def __call__(self, texts: list[str]) -> tuple[list[list[int]], list[list[float]]]:
        return encode_documents(texts, self.locale)


class ChunkVectorStore(QdrantVectorStore):
    """Dense vectors are the nodes' own, sparse ones are made from their texts; `add` is for one thread at a time."""

    _encoder: _Encoder = PrivateAttr()
    _build: PinnedBuild | None = PrivateAttr()

    def __init__(
        self,
        collection: str,
        *,
        client: Any = None,
        aclient: Any = None,
        build: PinnedBuild | None = None,
        batch_size: int = 64,
    ) -> None:
        encoder = _Encoder()
        super().__init__(
            collection_name=collection,
            client=cast("QdrantClient", client),
            aclient=aclient,
            enable_hybrid=True,
            sparse_doc_fn=encoder,
            sparse_query_fn=encode_queries,
            batch_size=batch_size,
            index_doc_id=False,
        )
        self._encoder = encoder
        self._build = build

    def add(self, nodes: Sequence[BaseNode], shard_identifier: Any = None, **add_kwargs: Any) -> list[str]:
        """Store nodes, one locale after the other; returns their ids."""
        for locale, group in groupby(sorted(nodes, key=_locale), key=_locale):
            self._encoder.locale = locale
            super().add(list(group), shard_identifier, **add_kwargs)
        return [node.node_id for node in nodes]

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Both sides in one call, fused by rank: the best `similarity_top_k` chunks as `ChunkNode`s with their scores.

        Raises NotFoundError if the build was pruned, InputError for an unsupported filter.
        """
        if self._build is None or query.query_embedding is None:
            raise TypeError("a query needs a pinned build and an embedding")
        asked = query if isinstance(query, ChunkQuery) else _chunk_query(query)
        build, place, dense = self._build, asked.place, query.query_embedding
        sparse = SparseQuery(*encode_query(asked.query_str or "", place.filters.locale, asked.light_words))
        searches = [build.search(dense, sparse, limit=asked.depth, filters=place.filters, readings=asked.readings)]
        if place.page is not None and place.page != place.filters:
            searches.append(build.search(dense, sparse, limit=PAGE_CANDIDATES, filters=place.page))
        found, *own = await asyncio.gather(*searches)
        own_page = own[0] if own else None
        fused = rank(
            found,
            own_page,
            asked.side,
            also=asked.also,
            also_weight=asked.also_weight,
            limit=asked.similarity_top_k,
        )
        ranking = Ranking(found, Query(asked.query_str or "", dense, sparse), place, build.record)
        best = {item.id: item for item in fused}
        chunks = await build.chunks(list(best))
        nodes = [ChunkNode.of([chunk], chunk.text, best[chunk.id], ranking, build) for chunk in chunks]
        scores = [node.evidence.score for node in nodes]
        return VectorStoreQueryResult(nodes=nodes, similarities=scores, ids=[node.node_id for node in nodes])


def _chunk_query(query: VectorStoreQuery) -> ChunkQuery:
    """The `ChunkQuery` for a query by one of LlamaIndex's own retrievers."""
    if query.mode not in _SIDES:
        raise InputError(f"The index has no query mode {query.mode.value!r}.")
    return ChunkQuery(
        query_embedding=query.query_embedding,
        query_str=query.query_str,
        similarity_top_k=query.hybrid_top_k or query.similarity_top_k,
        place=Place(_chunk_filter(query.filters)),
        side=_SIDES[query.mode],
    )


def _chunk_filter(filters: MetadataFilters | None) -> ChunkFilter:
    wanted: dict[str, Any] = {}
    for condition in filters.filters if filters else ():
        key, operator = getattr(condition, "key", None), getattr(condition, "operator", None)
        if key not in _FILTERED or operator != FilterOperator.EQ or key in wanted:
            raise InputError(f"The index cannot filter by {condition}: one `==` for each of {', '.join(_FILTERED)}.")
        wanted[key] = getattr(condition, "value", None)
    return ChunkFilter(**wanted)


def _locale(node: BaseNode) -> str:
    return str(node.metadata.get(payload.LOCALE) or "")
