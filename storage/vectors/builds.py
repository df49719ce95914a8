"""Builds: the one being written, all existing ones with their records, and which of them is live.

Called by `IndexStore`. A build is a collection whose name begins with the alias; its record is the collection's
metadata. Moving the alias makes a build live. Its record is written before the move and after it, so that it stays true
if the publisher dies between the two.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qdrant_client.http import models

from storage.errors import InputError, NotFoundError, StorageUnavailableError
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord, IndexSpec, check_spec
from storage.vectors.qdrant_engine import Engine

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
_INDEXING_THRESHOLD_KB = 15_000  # 10,000 vectors of 384 dimensions, as `embedded_qdrant/collections.py` has it
_INDEXING_SECONDS = 3_600
_AT_ONCE = 1_000


class Build:
    """A build that is being written; no server reads it before it is published."""

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        self._engine = engine
        self._client = engine.client
        self.record = record
        self.copied = False  # from an earlier build: only what differs has to be written

    @property
    def name(self) -> str:
        """Its collection's name."""
        return self.record.name

    def create(self, start: BuildRecord | None = None) -> None:
        """Create the collection, with its record and the indexes of the fields that filters use.

        With `start`, it is a copy of that build if the engine can copy; then `copied` is true.
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
        from storage.vectors.qdrant_vector_store import ChunkVectorStore

        return ChunkVectorStore(self.name, client=self._client, batch_size=_UPSERT_POINTS)

    def stored(self, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every chunk's id with these keys of its payload, in no order; read page by page."""
        for records in scroll(self._client, self.name, keys):
            yield from ((str(record.id), dict(record.payload or {})) for record in records)

    def remove(self, ids: Sequence[str]) -> None:
        """Delete chunks by their ids."""
        if ids:
            self._client.delete(self.name, points_selector=models.PointIdsList(points=list(ids)))

    def count(self) -> int:
        """How many chunks the build has."""
        return int(self._client.count(self.name, exact=True).count)

    def finish(self, **counts: int) -> BuildRecord:
        """Index what was written, wait until that is done, and record the build as ready, with its `counts`."""
        self.index()
        return self.note(state="ready", counts={"chunks": self.count(), **counts})

    def index(self) -> None:
        """Build the graph; this is done after everything is written, so that it is built only once."""
        threshold = models.OptimizersConfigDiff(indexing_threshold=_INDEXING_THRESHOLD_KB)
        self._client.update_collection(self.name, optimizers_config=threshold)
        deadline, pause = time.monotonic() + _INDEXING_SECONDS, 0.05
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
        """Delete the build."""
        self._client.delete_collection(self.name)


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


class Builds:
    """All builds of one alias, and which of them is live."""

    def __init__(self, engine: Engine, alias: str) -> None:
        self._client = engine.client
        self._alias = alias

    def live(self) -> BuildRecord | None:
        """The record of the live build, None before the first."""
        name = self.live_name()
        if name is None:
            return None
        record = self.record(name)
        return record if record.published is not None else as_published(record)

    def live_name(self) -> str | None:
        """The name of the live build, None before the first."""
        aliases = {item.alias_name: item.collection_name for item in self._client.get_aliases().aliases}
        return aliases.get(self._alias)

    def record(self, name: str) -> BuildRecord:
        """The record of a build; NotFoundError if there is none."""
        metadata = self._client.get_collection(name).config.metadata if self._is_build(name) else None
        if not metadata:
            raise NotFoundError(f"There is no build {name}. `bookrag index list` shows those there are.")
        return BuildRecord.from_metadata(metadata)

    def amend(self, name: str, **changes: Any) -> BuildRecord:
        """Change fields of a build's record; the build may be live."""
        record = replace(self.record(name), **changes)
        self._note(record)
        return record

    def list_builds(self) -> list[BuildRecord]:
        """All builds, newest first, left-overs included."""
        names = [item.name for item in self._client.get_collections().collections]
        live = self.live()
        records = [] if live is None else [live]
        for name in names:
            if self._is_build(name) and (live is None or name != live.name):
                with suppress(NotFoundError):  # pruned at this moment
                    records.append(self.record(name))
        return sorted(records, key=lambda record: record.created, reverse=True)

    def publish(self, build: Build | str, *, forced: bool = False) -> BuildRecord:
        """Make a finished build live, atomically."""
        record = self.record(build if isinstance(build, str) else build.name)
        if record.state == "building":
            raise InputError(f"The build {record.name} was never finished.")
        live_name = self.live_name()
        live = self.record(live_name) if live_name else None
        if live is not None and live.published is None:  # its publisher died right after the move
            self._note(as_published(live))
        if forced and not record.forced:
            record = replace(record, forced=True)
            self._note(record)
        if live is not None and record.published is None:
            record = replace(record, before=live.name)
            self._note(record)  # before the move, since the publisher may die right after it
        self._point_at(record.name, anew=live is None)
        record = replace(record, state="published", published=datetime.now(UTC))
        self._note(record)
        if isinstance(build, Build):
            build.record = record
        return record

    def rollback(self, name: str | None = None, *, spec: IndexSpec | None = None) -> BuildRecord:
        """Make an earlier build live: the named one, or the one that was live before.

        With `spec`, raises IndexMismatchError for a build that was made with other settings.
        """
        live = self.live_name()
        published = [record for record in self.list_builds() if record.published is not None]
        if name is None:
            chosen = _before(live, published)
        else:
            chosen = self.record(name)
            if chosen.published is None:
                raise InputError(f"The build {name} was never live: it is {chosen.state}.")
        if spec is not None:
            check_spec(chosen, spec)
        return self.publish(chosen.name)

    def _point_at(self, name: str, *, anew: bool) -> None:
        moves: list[models.DeleteAliasOperation | models.CreateAliasOperation] = []
        if not anew:
            moves.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self._alias)))
        target = models.CreateAlias(collection_name=name, alias_name=self._alias)
        moves.append(models.CreateAliasOperation(create_alias=target))
        self._client.update_collection_aliases(moves)

    def _note(self, record: BuildRecord) -> None:
        self._client.update_collection(record.name, metadata=record.to_metadata())

    def _is_build(self, name: str) -> bool:
        return re.fullmatch(rf"{self._alias}-\d{{8}}-\d{{6}}-[0-9a-f]{{6}}", name) is not None


def as_published(record: BuildRecord) -> BuildRecord:
    """The record of a live build, completed if the publisher died between the move and the final record."""
    return replace(record, state="published", published=record.created)


def _before(live: str | None, published: Sequence[BuildRecord]) -> BuildRecord:
    """The build that was live before the live one, or the next older one; `published` has the newest first."""
    by_name = {record.name: record for record in published}
    names = list(by_name)
    if live is None or live not in by_name:
        earlier = names
    else:
        earlier = [by_name[live].before or "", *names[names.index(live) + 1 :]]
    for name in earlier:
        if name in by_name:
            return by_name[name]
    raise NotFoundError("There is no earlier build to go back to.")
