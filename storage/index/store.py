"""The index: its builds, which one is live, the search in it; one code path for the embedded engine and a server."""

import getpass
import json
import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from qdrant_client import models

from storage.errors import IndexMissingError, NotFoundError
from storage.index.build import DENSE, SPARSE, Build
from storage.index.embedded.aclient import AsyncEmbeddedQdrant
from storage.index.embedded.client import EmbeddedQdrant
from storage.index.records import BuildRecord, now
from storage.index.search import Candidates, ChunkFilter, SparseQuery, StoredChunk
from storage.index.spec import IndexSpec
from storage.settings import StorageSettings

_POLL_SECONDS = 0.25


def open_store(settings: StorageSettings) -> "IndexStore":
    """The index that the settings name: a Qdrant server's, or the embedded one in `DATA_DIR`."""
    client = EmbeddedQdrant(settings.data_dir / "index")
    return IndexStore(client, AsyncEmbeddedQdrant(client), settings.collection)


class IndexStore:
    """Builds on the sync side, for builders; search on the async side, for servers."""

    def __init__(self, client: Any, aclient: Any, alias: str) -> None:
        self._client = client
        self._aclient = aclient
        self._alias = alias

    # Builds

    def create_build(self, spec: IndexSpec, *, git_commit: str | None = None) -> Build:
        """A new, empty build beside the live one."""
        created = now()
        record = BuildRecord(
            name=f"{self._alias}-{created:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}",
            created=created,
            who=getpass.getuser(),
            host=socket.gethostname(),
            pid=os.getpid(),
            spec=spec,
            git_commit=git_commit,
        )
        build = Build(self._client, record)
        build.create()
        return build

    def publish(self, build: Build | str, *, forced: bool = False) -> BuildRecord:
        """Make a build live in one atomic step."""
        record = self.record(build if isinstance(build, str) else build.name)
        record = replace(record, state="published", published=now(), forced=forced or record.forced)
        self._client.update_collection(record.name, metadata=record.to_metadata())
        target = models.CreateAlias(collection_name=record.name, alias_name=self._alias)
        self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=target)])
        return record

    def record(self, name: str) -> BuildRecord:
        """The record of a build; NotFoundError if there is none."""
        if not self._client.collection_exists(name):
            raise NotFoundError(f"There is no build {name}.")
        return BuildRecord.from_metadata(self._client.get_collection(name).config.metadata)

    def live(self) -> BuildRecord | None:
        """The record of the live build, None before the first."""
        name = self._live_name()
        return None if name is None else self.record(name)

    def list_builds(self) -> list[BuildRecord]:
        """All builds, newest first."""
        names = [item.name for item in self._client.get_collections().collections]
        records = [self.record(name) for name in names if name.startswith(f"{self._alias}-")]
        return sorted(records, key=lambda record: record.created, reverse=True)

    def _live_name(self) -> str | None:
        aliases = {item.alias_name: item.collection_name for item in self._client.get_aliases().aliases}
        return aliases.get(self._alias)

    # Search

    async def search(
        self, dense: Sequence[float], sparse: SparseQuery, *, limit: int, filters: ChunkFilter | None = None
    ) -> Candidates:
        """The chunks nearest in meaning and those that share words, in one call; raises IndexMissingError."""
        build = self._live_name()
        if build is None:
            raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
        chosen = filters.to_qdrant() if filters else None
        requests = [
            models.QueryRequest(query=list(dense), using=DENSE, limit=limit, filter=chosen),
            models.QueryRequest(
                query=models.SparseVector(indices=sparse.indices, values=sparse.values),
                using=SPARSE,
                limit=limit,
                filter=chosen,
            ),
        ]
        answers = await self._aclient.query_batch_points(build, requests=requests)
        nearest, matching = ([(str(point.id), point.score) for point in answer.points] for answer in answers)
        return Candidates(nearest, matching, build)

    async def chunks(self, ids: Sequence[str], *, build: str | None = None) -> list[StoredChunk]:
        """The chunks in the order of `ids`, from the build that `search` named; those not there are left out."""
        name = build or self._live_name()
        if name is None:
            raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
        records = await self._aclient.retrieve(name, ids=list(ids), with_payload=True)
        found = {str(record.id): _chunk(record) for record in records}
        return [found[item] for item in ids if item in found]

    def close(self) -> None:
        """Close the engine."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _chunk(record: models.Record) -> StoredChunk:
    values = dict(record.payload or {})
    node = json.loads(values.pop("_node_content"))
    for key in ("_node_type", "document_id", "doc_id", "ref_doc_id"):
        values.pop(key, None)
    return StoredChunk(str(record.id), node["text"], values)
