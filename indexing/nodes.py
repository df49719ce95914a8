"""LlamaIndex's view of the book: a reader that gives a document a page, and a node parser that gives a node a chunk.

Called by `indexing.ingestion`. Imports LlamaIndex, so a command that only reads the book must not import this module.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from llama_index.core.node_parser import NodeParser
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import BaseNode, Document, NodeRelationship, RelatedNodeInfo, TextNode
from pydantic import PrivateAttr

from indexing.chunking import Chunk
from indexing.pages import Page
from storage.vectors import payload


class PageDocument(Document):
    """A page of the book as a LlamaIndex document."""

    _page: Page = PrivateAttr()

    @classmethod
    def of(cls, page: Page) -> "PageDocument":
        """The document of a page; its id is the page's address in its version and locale."""
        document = cls(id_=page_id(page), text="")
        document._page = page
        return document

    @property
    def page(self) -> Page:
        """The page with its sections."""
        return self._page


class BookReader(BaseReader):
    """Gives the pages of a book that was read, one document a page."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    def lazy_load_data(self, *args: Any, **kwargs: Any) -> Iterable[Document]:
        """The documents in the book's order."""
        return (PageDocument.of(page) for page in self._pages)


class SectionNodeParser(NodeParser):
    """Gives page documents as nodes, one a chunk; `chunks_of` cuts a page, or knows how it was cut."""

    chunks_of: Callable[[Page], Sequence[Chunk]]
    include_prev_next_rel: bool = False  # a chunk is written when it changes, not when its neighbour does

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any) -> list[BaseNode]:
        return list(self._nodes(nodes))

    def _nodes(self, documents: Sequence[BaseNode]) -> Iterator[BaseNode]:
        for document in documents:
            if not isinstance(document, PageDocument):
                raise TypeError(f"SectionNodeParser takes PageDocument, not {type(document).__name__}")
            for chunk in self.chunks_of(document.page):
                yield chunk_node(chunk, document.id_)


def page_id(page: Page) -> str:
    """What names a page among all versions and locales."""
    return f"{page.locale}/{page.version}{page.url}"


def chunk_node(chunk: Chunk, document_id: str) -> TextNode:
    """A chunk as LlamaIndex stores it: the breadcrumb is embedded with the text, and the text alone is quoted."""
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
