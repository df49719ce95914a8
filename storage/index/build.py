"""One build under way: a collection beside the live one, its record, and LlamaIndex's way to write into it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qdrant_client import models

from storage.index import payload
from storage.index.records import BuildRecord, CheckResult

if TYPE_CHECKING:
    from llama_index.vector_stores.qdrant import QdrantVectorStore

DENSE = "text-dense"
SPARSE = "text-sparse-new"
_INDEXED_FIELDS = {
    payload.LOCALE: models.PayloadSchemaType.KEYWORD,
    payload.VERSION: models.PayloadSchemaType.KEYWORD,
    payload.LATEST: models.PayloadSchemaType.BOOL,
    payload.URL: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, prefix=True),
}
_UPSERT_POINTS = 256


class Build:
    """A build that is being written; nobody reads it before it is published."""

    def __init__(self, client: Any, record: BuildRecord) -> None:
        self._client = client
        self.record = record

    @property
    def name(self) -> str:
        """Its collection's name."""
        return self.record.name

    def create(self) -> None:
        """Make the collection, with its record and the indexes of the fields that filters use."""
        self._client.create_collection(
            collection_name=self.name,
            vectors_config={
                DENSE: models.VectorParams(size=self.record.spec.dimensions, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            metadata=self.record.to_metadata(),
        )
        for name, schema in _INDEXED_FIELDS.items():
            self._client.create_payload_index(self.name, field_name=name, field_schema=schema)

    @property
    def vector_store(self) -> "QdrantVectorStore":
        """LlamaIndex's store over this build: dense vectors are the nodes' own, sparse ones come from their text."""
        # LlamaIndex takes a second to import, and a server that only searches does without.
        from llama_index.vector_stores.qdrant import QdrantVectorStore

        from storage.index.sparse import encode_documents, encode_queries

        return QdrantVectorStore(
            collection_name=self.name,
            client=self._client,
            enable_hybrid=True,
            sparse_doc_fn=encode_documents,
            sparse_query_fn=encode_queries,
            batch_size=_UPSERT_POINTS,
            index_doc_id=False,
        )

    def count(self) -> int:
        """How many chunks were written."""
        return int(self._client.count(self.name).count)

    def finish(
        self,
        *,
        counts: Mapping[str, int] | None = None,
        checks: tuple[CheckResult, ...] = (),
        figures: Mapping[str, float] | None = None,
        grounding_threshold: float | None = None,
    ) -> BuildRecord:
        """Index what was written and complete the record; the build can be checked and published."""
        self._client.update_collection(
            self.name, optimizers_config=models.OptimizersConfigDiff(indexing_threshold=10000)
        )
        return self.note(
            state="ready",
            counts={"chunks": self.count(), **(counts or {})},
            checks=checks,
            figures=dict(figures or {}),
            grounding_threshold=grounding_threshold,
        )

    def note(self, **changes: Any) -> BuildRecord:
        """Change fields of the record."""
        self.record = replace(self.record, **changes)
        self._client.update_collection(self.name, metadata=self.record.to_metadata())
        return self.record

    def discard(self) -> None:
        """Take the build away."""
        self._client.delete_collection(self.name)
