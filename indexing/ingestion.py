"""Chunks become stored vectors: LlamaIndex's ingestion pipeline over the pages, with a cache of embeddings by content.

Called by `indexing.rebuild`; embedding one window overlaps with storing the one before it.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import BaseNode, MetadataMode, TransformComponent
from llama_index.core.vector_stores.types import BasePydanticVectorStore
from pydantic import PrivateAttr

from indexing.chunked_book import ChunkedBook
from indexing.nodes import BookReader, SectionNodeParser, page_id
from indexing.progress import Progress
from storage.vectors import payload
from storage.vectors.vector_cache import VectorCache

WINDOW = 256  # chunks embedded, cached and stored together; what a kill can cost
WAITING_WINDOWS = 2  # stored no faster than embedded, so that memory stays bounded


class EmbedChunks(TransformComponent):
    """Gives every node its embedding: from the cache where this content was embedded before, else from the model."""

    _load: Callable[[], BaseEmbedding] = PrivateAttr()
    _cache: VectorCache = PrivateAttr()
    _embedded: set[str] = PrivateAttr(default_factory=set)

    def __init__(self, load: Callable[[], BaseEmbedding], cache: VectorCache) -> None:
        super().__init__()
        self._load = load
        self._cache = cache

    @property
    def embedded(self) -> frozenset[str]:
        """The content hashes of the texts that the model has read."""
        return frozenset(self._embedded)

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """The same nodes with embeddings."""
        keys = [str(node.metadata[payload.CONTENT_HASH]) for node in nodes]
        known = self._cache.get(keys)
        missing = {key: node for key, node in zip(keys, nodes, strict=True) if key not in known}
        if missing:
            texts = [node.get_content(metadata_mode=MetadataMode.EMBED) for node in missing.values()]
            vectors = self._load().get_text_embedding_batch(texts)
            known |= dict(zip(missing, vectors, strict=True))
            self._cache.put({key: known[key] for key in missing})
            self._embedded |= missing.keys()
        for key, node in zip(keys, nodes, strict=True):
            node.embedding = list(known[key])
        return nodes


def ingest(
    cut: ChunkedBook, wanted: Set[str], embed: EmbedChunks, store: BasePydanticVectorStore, progress: Progress
) -> None:
    """Embed and store the chunks whose ids are wanted."""
    nodes = _nodes(cut, wanted)
    # Longest first: texts of one length share a batch without padding, and the estimate errs on the safe side.
    sizes = {chunk.id: chunk.tokens for chunk in cut.chunks}
    nodes.sort(key=lambda node: sizes[node.node_id], reverse=True)
    pipeline = IngestionPipeline(transformations=[embed], disable_cache=True)
    progress.stage("Storing chunks, embedding what is new", len(nodes))
    waiting: list[Future[list[str]]] = []
    with ThreadPoolExecutor(1, thread_name_prefix="store") as storing:
        for window in _windows(nodes):
            ready = pipeline.run(nodes=window)
            waiting.append(storing.submit(store.add, list(ready)))
            while len(waiting) > WAITING_WINDOWS:
                waiting.pop(0).result()
            progress.advance(len(window))
        for stored in waiting:
            stored.result()


def _nodes(cut: ChunkedBook, wanted: Set[str]) -> list[BaseNode]:
    chunks_of = {page_id(page): [chunk for chunk in chunks if chunk.id in wanted] for page, chunks in cut.pages}
    parser = SectionNodeParser(chunks_of=lambda page: chunks_of[page_id(page)])
    documents = BookReader([page for page, _ in cut.pages if chunks_of[page_id(page)]]).load_data()
    return list(IngestionPipeline(transformations=[parser], disable_cache=True).run(documents=documents))


def _windows(nodes: Sequence[BaseNode]) -> Iterator[Sequence[BaseNode]]:
    return (nodes[start : start + WINDOW] for start in range(0, len(nodes), WINDOW))
