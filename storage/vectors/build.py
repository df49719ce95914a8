"""One build under way: a collection beside the live one, its record, and LlamaIndex's way to write into it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qdrant_client.http import models

from storage.errors import StorageUnavailableError
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord, BuildState, CheckResult
from storage.vectors.engine import Engine

if TYPE_CHECKING:
    from llama_index.vector_stores.qdrant import QdrantVectorStore

_INDEXED_FIELDS: dict[str, Any] = {
    payload.LOCALE: models.PayloadSchemaType.KEYWORD,
    payload.VERSION: models.PayloadSchemaType.KEYWORD,
    payload.LATEST: models.PayloadSchemaType.BOOL,
    payload.SECTION: models.PayloadSchemaType.INTEGER,
    payload.URL: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, prefix=True),
}
_UPSERT_POINTS = 256  # 1.5 MB of JSON at 384 dimensions: well below a server's limit of 32 MB
_INDEXING_THRESHOLD_KB = 15_000  # 10,000 vectors of 384 dimensions, as `embedded/collections.py` has it
_INDEXING_SECONDS = 3_600


class Build:
    """A build that is being written; nobody reads it before it is published."""

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        self._engine = engine
        self._client = engine.client
        self.record = record
        self.copied = False  # from an earlier build: it is to be changed to what it should be, not filled

    @property
    def name(self) -> str:
        """Its collection's name."""
        return self.record.name

    def create(self, start: BuildRecord | None = None) -> None:
        """Make the collection, with its record and the indexes of the fields that filters use.

        With `start`, it holds what that build does, where the engine can copy: then `copied` is true.
        """
        if start is not None and start.spec == self.record.spec:
            self.copied = self._engine.copy(start.name, self.name, self.record.to_metadata())
        if not self.copied:
            self._client.create_collection(
                collection_name=self.name,
                vectors_config={payload.DENSE: self._engine.vector_params(self.record.spec.dimensions)},
                sparse_vectors_config={payload.SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata=self.record.to_metadata(),
                **self._engine.collection_options(),
            )
        for name, schema in _INDEXED_FIELDS.items():
            self._client.create_payload_index(self.name, field_name=name, field_schema=schema)

    @property
    def vector_store(self) -> "QdrantVectorStore":
        """LlamaIndex's store over this build: dense vectors are the nodes' own, sparse ones come from their text."""
        # LlamaIndex takes a second to import, and a server that only searches does without.
        from storage.vectors.vector_store import ChunkVectorStore

        return ChunkVectorStore(self.name, client=self._client, batch_size=_UPSERT_POINTS)

    def stored(self, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every chunk's id with these keys of its payload, in no order; read page by page."""
        for records in scroll(self._client, self.name, keys):
            yield from ((str(record.id), dict(record.payload or {})) for record in records)

    def remove(self, ids: Sequence[str]) -> None:
        """Take chunks away."""
        if ids:
            self._client.delete(self.name, points_selector=models.PointIdsList(points=list(ids)))

    def count(self) -> int:
        """How many chunks were written."""
        return int(self._client.count(self.name, exact=True).count)

    def finish(
        self,
        *,
        counts: Mapping[str, int] | None = None,
        checks: Sequence[CheckResult] = (),
        figures: Mapping[str, float] | None = None,
        state: BuildState = "ready",
    ) -> BuildRecord:
        """Index what was written, wait until that is done, and complete the record."""
        self.index()
        return self.note(
            state=state,
            counts={"chunks": self.count(), **(counts or {})},
            checks=tuple(checks),
            figures=dict(figures or {}),
        )

    def index(self) -> None:
        """Build the graph, which waits until everything is written: so it is built once and not a hundred times."""
        threshold = models.OptimizersConfigDiff(indexing_threshold=_INDEXING_THRESHOLD_KB)
        self._client.update_collection(self.name, optimizers_config=threshold)
        deadline, pause = time.monotonic() + _INDEXING_SECONDS, 0.1
        while self._client.get_collection(self.name).status != models.CollectionStatus.GREEN:
            if time.monotonic() > deadline:
                raise StorageUnavailableError(f"The Qdrant server did not index {self.name} within an hour.")
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    def nearest(self, vectors: Sequence[Sequence[float]], *, limit: int) -> list[list[str]]:
        """The ids of the chunks nearest to each vector, best first."""
        requests = [
            models.QueryRequest(query=list(vector), using=payload.DENSE, limit=limit, with_payload=False)
            for vector in vectors
        ]
        answers = self._client.query_batch_points(self.name, requests=requests)
        return [[str(point.id) for point in answer.points] for answer in answers]

    def vectors(self, ids: Sequence[str]) -> dict[str, list[float]]:
        """The dense vectors of chunks, by id."""
        records = self._client.retrieve(self.name, ids=list(ids), with_payload=False, with_vectors=[payload.DENSE])
        return {str(record.id): list(record.vector[payload.DENSE]) for record in records}

    def note(self, **changes: Any) -> BuildRecord:
        """Change fields of the record."""
        self.record = replace(self.record, **changes)
        self._client.update_collection(self.name, metadata=self.record.to_metadata())
        return self.record

    def discard(self) -> None:
        """Take the build away."""
        self._client.delete_collection(self.name)


_AT_ONCE = 1_000


def scroll(client: Any, build: str, keys: Sequence[str], *, vectors: Sequence[str] = ()) -> Iterator[list[Any]]:
    """The engine's records with these keys of their payload and these vectors, in no order, page by page."""
    offset = None
    while True:
        records, offset = client.scroll(
            build, limit=_AT_ONCE, offset=offset, with_payload=list(keys), with_vectors=list(vectors) or False
        )
        yield records
        if offset is None:
            return
