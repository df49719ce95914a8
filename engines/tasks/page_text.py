"""The text of a page or a chapter as LlamaIndex's nodes, one a section, in the book's order; called by the tasks."""

from collections.abc import Callable, Sequence
from itertools import groupby

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.events import GroundingDecided, Searched
from engines.prompts import fair_share, shortened
from engines.retrieval.passages import join_chunks, section_key
from engines.retrieval.retriever import ADDRESS, GROUNDING, SEARCHED, address, origin_of
from storage.vectors import payload
from storage.vectors.search import ChunkFilter, StoredChunk
from storage.vectors.vector_store import PinnedBuild

COVERED = GroundingDecided(verdict="covered", score=1.0, covered_from=0.0, not_covered_below=0.0)
"""The verdict of a task: what is asked for is the text itself."""

_MOST_CHUNKS = 10_000


class GivenRetriever(BaseRetriever):
    """Gives nodes that were read before: nothing is searched."""

    def __init__(self, nodes: Sequence[NodeWithScore]) -> None:
        super().__init__()
        self._nodes = list(nodes)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes


async def page_nodes(
    build: PinnedBuild,
    pages: Sequence[ChunkFilter],
    searched: Searched,
    *,
    budget: int,
    count: Callable[[str], int],
) -> list[NodeWithScore]:
    """The sections of pages, in the order of the filters, within `budget` tokens: long ones are cut in their middle."""
    chunks = await build.matching(pages, limit=_MOST_CHUNKS)
    order = {filters.url: place for place, filters in enumerate(pages)}
    chunks.sort(key=lambda chunk: (order.get(_url(chunk), len(order)), _url(chunk), chunk.metadata[payload.POSITION]))
    sections = [list(group) for _, group in groupby(chunks, key=section_key)]
    texts = [join_chunks(section) for section in sections]
    share = fair_share([count(text) for text in texts], budget)
    site_url = origin_of(pages[0].locale if pages else None, build.record.book)
    return [
        _node(section[0], shortened(text, share, count), searched, build.name, site_url)
        for section, text in zip(sections, texts, strict=True)
    ]


def _node(chunk: StoredChunk, text: str, searched: Searched, build: str, site_url: str | None) -> NodeWithScore:
    metadata = {
        **chunk.metadata,
        ADDRESS: address(dict(chunk.metadata), site_url),
        SEARCHED: searched,
        GROUNDING: COVERED,
        "build": build,
    }
    return NodeWithScore(node=TextNode(id_=chunk.id, text=text, metadata=metadata), score=1.0)


def _url(chunk: StoredChunk) -> str:
    return str(chunk.metadata[payload.URL])
