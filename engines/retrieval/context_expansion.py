"""A passage grows to its section as far as the token budget goes: what stands around it is read with it.

Two node postprocessors for answers, `ExpandContext` and `TokenBudget`; neither changes a rank.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from cachetools import LRUCache
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.retrieval.postprocessing import QuickPostprocessor
from engines.retrieval.retriever import chunk_nodes
from engines.retrieval.sections import join_chunks, section_key
from storage.vectors import payload
from storage.vectors.search import ChunkFilter, StoredChunk
from storage.vectors.vector_store import ChunkNode

GROWING = 3  # passages; those further down are rarely cited
GROWN_TOKENS = 800  # of one passage: a section's rest beyond that is rarely what was asked
SECTION_CHUNKS = 64  # of each section that are read
KEPT_SECTIONS = 1024
CHARACTERS_PER_TOKEN = 4  # of English prose; a budget needs no more


class ExpandContext(QuickPostprocessor):
    """Gives the first nodes their neighbours on the page, all nodes together within the budget.

    One for a process: it keeps the sections that were read, each of a build, which never changes once it is searched.
    """

    budget_tokens: int
    passage_tokens: int = GROWN_TOKENS
    _read: LRUCache[tuple[object, ...], list[StoredChunk]] = PrivateAttr(
        default_factory=lambda: LRUCache(KEPT_SECTIONS)
    )

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        raise NotImplementedError("what stands around a passage is read from the index: use apostprocess_nodes")

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        growing = chunk_nodes(nodes[:GROWING])
        room = self.budget_tokens * CHARACTERS_PER_TOKEN - sum(len(found.node.get_content()) for found in nodes)
        for node, section in zip(growing, await self._sections(growing), strict=True):
            limit = min(self.passage_tokens * CHARACTERS_PER_TOKEN, len(node.text) + max(0, room))
            grown = join_chunks(_around(node, section, limit))
            if len(grown) > len(node.text):
                room -= len(grown) - len(node.text)
                node.text = grown
        return nodes

    async def _sections(self, nodes: Sequence[ChunkNode]) -> list[list[StoredChunk]]:
        """All chunks of each node's section, in order; those that are not kept are asked for together."""
        keys = [_key(node) for node in nodes]
        sections = {key: section for key in keys if (section := self._read.get(key))}
        missing = [node for key, node in zip(keys, nodes, strict=True) if key not in sections]
        if missing:
            filters = [_section_filter(node.chunks[0]) for node in missing]
            build = missing[0].build
            chunks = await build.matching(filters, limit=SECTION_CHUNKS * len(missing))
            for chunk in sorted(chunks, key=lambda chunk: int(chunk.metadata.get(payload.POSITION, 0))):
                sections.setdefault((build.record.name, *section_key(chunk)), []).append(chunk)
            for node in missing:
                self._read[_key(node)] = sections.setdefault(_key(node), [])
        return [sections[key] for key in keys]


class HasText(Protocol):
    """What takes room in a prompt."""

    @property
    def text(self) -> str:
        """The text that is sent."""
        ...


TextT = TypeVar("TextT", bound=HasText)


def passages_that_fit(passages: Sequence[TextT], budget: int, count: Callable[[str], int]) -> list[TextT]:
    """The best passages within `budget` tokens, the first of them in any case."""
    kept: list[TextT] = []
    left = budget
    for passage in passages:
        left -= count(passage.text)
        if kept and left < 0:
            break
        kept.append(passage)
    return kept


class TokenBudget(QuickPostprocessor):
    """Keeps the best nodes within so many tokens as the model counts them, the first of them in any case."""

    budget: int
    count: Callable[[str], int]

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return passages_that_fit(nodes, self.budget, self.count)


def _key(node: ChunkNode) -> tuple[object, ...]:
    return (node.build.record.name, *section_key(node.chunks[0]))


def _section_filter(chunk: StoredChunk) -> ChunkFilter:
    where = chunk.metadata
    return ChunkFilter(
        locale=where.get(payload.LOCALE),
        version=where.get(payload.VERSION),
        url=where.get(payload.URL),
        section=where.get(payload.SECTION),
    )


def _around(node: ChunkNode, section: Sequence[StoredChunk], limit: int) -> list[StoredChunk]:
    """The node's chunks with as many neighbours, the next ones first, as the limit of characters allows."""
    chosen = {chunk.id for chunk in node.chunks}
    order = [chunk.id for chunk in section]
    if node.node_id not in order:
        return node.chunks
    size = sum(len(chunk.text) for chunk in node.chunks)
    middle = order.index(node.node_id)
    for neighbour in sorted(range(len(order)), key=lambda place: (abs(place - middle), place < middle)):
        chunk = section[neighbour]
        if chunk.id in chosen:
            continue
        if size + len(chunk.text) > limit:
            break
        chosen.add(chunk.id)
        size += len(chunk.text)
    return [chunk for chunk in section if chunk.id in chosen]
