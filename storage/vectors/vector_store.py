"""LlamaIndex's Qdrant store for chunks of several locales; for builders alone: it imports LlamaIndex."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from llama_index.core.schema import BaseNode
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import PrivateAttr
from qdrant_client import QdrantClient

from storage.vectors import payload
from storage.vectors.bm25 import encode_documents, encode_queries


class _Encoder:
    """The sparse side as LlamaIndex calls it, with texts alone; whose locale they are is set before."""

    locale: str | None = None

    def __call__(self, texts: list[str]) -> tuple[list[list[int]], list[list[float]]]:
        return encode_documents(texts, self.locale)


class ChunkVectorStore(QdrantVectorStore):
    """Dense vectors are the nodes' own, sparse ones come from their texts; for one thread at a time."""

    _encoder: _Encoder = PrivateAttr()

    def __init__(self, collection: str, client: Any, *, batch_size: int) -> None:
        encoder = _Encoder()
        super().__init__(
            collection_name=collection,
            client=cast("QdrantClient", client),
            enable_hybrid=True,
            sparse_doc_fn=encoder,
            sparse_query_fn=encode_queries,
            batch_size=batch_size,
            index_doc_id=False,
        )
        self._encoder = encoder

    def add(self, nodes: Sequence[BaseNode], shard_identifier: Any = None, **add_kwargs: Any) -> list[str]:
        """Store nodes, one locale after the other, and give their ids."""
        for locale, group in groupby(sorted(nodes, key=_locale), key=_locale):
            self._encoder.locale = locale
            super().add(list(group), shard_identifier, **add_kwargs)
        return [node.node_id for node in nodes]


def _locale(node: BaseNode) -> str:
    return str(node.metadata.get(payload.LOCALE) or "")
