"""LlamaIndex's ingestion of a book: a reader gives its pages, one pipeline makes nodes of them and embeds these.

Called by `indexing.rebuild`, with the chunks that are missing in the build; decision 10 says why they are cut before.
Embedding one window of pages overlaps with storing the one before it. The cache of embeddings is by content:
LlamaIndex's own is keyed by whole lists of nodes, so that one changed chunk would embed all of its window again.
Importing this module imports LlamaIndex, which takes two seconds.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import NodeParser
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    RelatedNodeInfo,
    TextNode,
    TransformComponent,
)
from llama_index.core.vector_stores.types import BasePydanticVectorStore
from pydantic import PrivateAttr

from indexing.chunking import Chunk, ChunkedBook
from indexing.pages import Page
from indexing.progress import Progress
from storage.vectors import payload
from storage.vectors.caches import VectorCache

WINDOW = 256  # chunks; pages are embedded and stored together until they have this many
WAITING_WINDOWS = 2  # windows that may wait to be stored, so that memory stays bounded


class PageDocument(Document):
    """A page of the book as a LlamaIndex document, with those of its chunks that are to be written."""

    _chunks: Sequence[Chunk] = PrivateAttr()

    @classmethod
    def of(cls, page: Page, chunks: Sequence[Chunk]) -> "PageDocument":
        """The document of a page; its id is the page's address in its version and locale."""
        document = cls(id_=f"{page.locale}/{page.version}{page.url}", text="")
        document._chunks = chunks
        return document

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The chunks in reading order."""
        return self._chunks


class BookReader(BaseReader):
    """Gives the pages of a chunked book that have chunks among `wanted`, one document for each page."""

    def __init__(self, chunked: ChunkedBook, wanted: Set[str]) -> None:
        self._chunked = chunked
        self._wanted = wanted

    def lazy_load_data(self, *args: Any, **kwargs: Any) -> Iterator[PageDocument]:
        """The documents in the book's order."""
        for page, chunks in self._chunked.pages:
            if missing := [chunk for chunk in chunks if chunk.id in self._wanted]:
                yield PageDocument.of(page, missing)


class ChunkNodeParser(NodeParser):
    """Makes a node of each chunk of a page document."""

    include_prev_next_rel: bool = False  # a chunk is written when it changes, not when its neighbour does

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any) -> list[BaseNode]:
        return list(self._nodes(nodes))

    def _nodes(self, documents: Sequence[BaseNode]) -> Iterator[BaseNode]:
        for document in documents:
            if not isinstance(document, PageDocument):
                raise TypeError(f"ChunkNodeParser takes PageDocument, not {type(document).__name__}")
            for chunk in document.chunks:
                yield chunk_node(chunk, document.id_)


def chunk_node(chunk: Chunk, document_id: str) -> TextNode:
    """A chunk as a node: the breadcrumb is embedded with the text, and only the text is quoted."""
    metadata = chunk.metadata
    return TextNode(
        id_=chunk.id,
        text=chunk.text,
        metadata=metadata,
        excluded_embed_metadata_keys=[key for key in metadata if key != payload.BREADCRUMB],
        excluded_llm_metadata_keys=list(metadata),
        metadata_template="{value}",
        text_template="{metadata_str}\n\n{content}",
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document_id)},
    )


class EmbedChunks(TransformComponent):
    """Sets the embedding of every node: from the cache if this content was embedded before, else from the model.

    `tokens` is the length of each content, by its hash; `advance` is told how many nodes have got their embeddings.
    Each batch is cached as soon as it is embedded, so that a kill loses at most one batch.
    """

    _load: Callable[[], BaseEmbedding] = PrivateAttr()
    _cache: VectorCache = PrivateAttr()
    _tokens: Mapping[str, int] = PrivateAttr()
    _advance: Callable[[int], None] = PrivateAttr()
    _embedded: set[str] = PrivateAttr(default_factory=set)
    _seconds: float = PrivateAttr(default=0.0)
    _is_measured: bool = PrivateAttr(default=False)

    def __init__(
        self,
        load: Callable[[], BaseEmbedding],
        cache: VectorCache,
        tokens: Mapping[str, int],
        advance: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._load = load
        self._cache = cache
        self._tokens = tokens
        self._advance = advance

    @property
    def embedded(self) -> frozenset[str]:
        """The content hashes of the texts that the model has embedded."""
        return frozenset(self._embedded)

    @property
    def tokens_a_second(self) -> float | None:
        """How fast the model embeds on this machine; None if it had less than a batch to do."""
        if not self._is_measured or not self._seconds:
            return None
        return sum(self._tokens[key] for key in self._embedded) / self._seconds

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """The same nodes with embeddings."""
        keys = [str(node.metadata[payload.CONTENT_HASH]) for node in nodes]
        known = self._cache.get(keys)
        missing = {key: node for key, node in zip(keys, nodes, strict=True) if key not in known}
        self._advance(len(nodes) - len(missing))
        if missing:
            texts = {key: node.get_content(metadata_mode=MetadataMode.EMBED) for key, node in missing.items()}
            known |= self._embed(texts)
        for key, node in zip(keys, nodes, strict=True):
            node.embedding = list(known[key])
        return nodes

    def _embed(self, texts: Mapping[str, str]) -> dict[str, list[float]]:
        """The texts' embeddings, batch by batch; texts of like length share a batch, which saves padding."""
        model = self._load()
        keys, size = sorted(texts, key=self._tokens.__getitem__, reverse=True), model.embed_batch_size
        made: dict[str, list[float]] = {}
        for start in range(0, len(keys), size):
            batch = keys[start : start + size]
            started = time.perf_counter()
            vectors = model.get_text_embedding_batch([texts[key] for key in batch])
            self._seconds += time.perf_counter() - started
            embedded = dict(zip(batch, vectors, strict=True))
            self._cache.put(embedded)
            made |= embedded
            self._is_measured = self._is_measured or len(batch) == size
            self._advance(len(batch))
        self._embedded |= made.keys()
        return made


def ingest(
    chunked: ChunkedBook, wanted: Set[str], embed: EmbedChunks, store: BasePydanticVectorStore, progress: Progress
) -> None:
    """Embed and store the chunks with the ids `wanted`."""
    pipeline = IngestionPipeline(transformations=[ChunkNodeParser(), embed], disable_cache=True)
    progress.stage("Storing chunks, embedding what is new", len(wanted))  # `embed` advances it
    waiting: list[Future[list[str]]] = []
    with ThreadPoolExecutor(1, thread_name_prefix="store") as storing:
        for window in _windows(BookReader(chunked, wanted).lazy_load_data()):
            ready = pipeline.run(documents=window)
            waiting.append(storing.submit(store.add, list(ready)))
            while len(waiting) > WAITING_WINDOWS:
                waiting.pop(0).result()
        for stored in waiting:
            stored.result()


def _windows(documents: Iterable[PageDocument]) -> Iterator[list[Document]]:
    """The documents in groups with at least `WINDOW` chunks, but for the last one."""
    window: list[Document] = []
    chunks = 0
    for document in documents:
        window.append(document)
        chunks += len(document.chunks)
        if chunks >= WINDOW:
            yield window
            window, chunks = [], 0
    if window:
        yield window
