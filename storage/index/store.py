"""The index: its builds and which one is live (sync, for builders), the search in it (async, for servers)."""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from qdrant_client.http import models

from storage.closing import Closing
from storage.errors import InputError, NotFoundError
from storage.index import payload
from storage.index.build import DENSE, Build
from storage.index.engine import Engine
from storage.index.live import LiveIndex
from storage.index.lock import LockOwner
from storage.index.named import NamedBuild
from storage.index.records import BuildRecord, check_spec, now
from storage.index.scrolling import scroll
from storage.index.search import Candidates, ChunkFilter, SparseQuery, StoredChunk
from storage.index.spec import IndexSpec
from storage.settings import StorageSettings


def open_store(settings: StorageSettings, *, spec: IndexSpec | None = None) -> "IndexStore":
    """The index that the settings name: a Qdrant server's, or the embedded one in `DATA_DIR`; nothing is opened yet.

    With `spec`, a search in a live build that was made with other settings raises IndexMismatchError.
    """
    engine: Engine
    if settings.qdrant_url is not None:
        # Clients of a server bring gRPC and HTTP with them: 0.3 s that the embedded engine does without.
        from storage.index.server.engine import ServerEngine

        engine = ServerEngine(settings)
    else:
        from storage.index.embedded.engine import EmbeddedEngine

        engine = EmbeddedEngine(settings.data_dir / "index")
    return IndexStore(engine, settings.collection, spec)


class IndexStore(Closing):
    """One index: an alias, the builds that it may point at, and the one that it does."""

    def __init__(self, engine: Engine, alias: str, spec: IndexSpec | None = None) -> None:
        self._engine = engine
        self._client = engine.client
        self._alias = alias
        self._live = LiveIndex(engine, alias, spec)
        self._locked = 0

    # Building

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only builder; BuildLockedError says who is instead and since when. May be nested."""
        if self._locked:
            yield
            return
        with self._engine.lock(self._alias, LockOwner()):
            self._locked += 1
            try:
                yield
            finally:
                self._locked -= 1

    def require_room(self, spec: IndexSpec, *, chunks: int, text_bytes: int) -> None:
        """Raise StorageUnavailableError where a build would find no room; it says what is needed and what is free."""
        self._engine.require_room(chunks, text_bytes, spec.dimensions)

    def create_build(
        self, spec: IndexSpec, *, git_commit: str | None = None, start: BuildRecord | None = None
    ) -> Build:
        """A new build beside the live one: empty, or with what `start` holds where its `copied` says so."""
        created, owner = now(), LockOwner()
        record = BuildRecord(
            name=f"{self._alias}-{created:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}",
            created=created,
            who=owner.who,
            host=owner.host,
            pid=owner.pid,
            spec=spec,
            git_commit=git_commit,
        )
        build = Build(self._engine, record)
        build.create(start)
        return build

    def publish(self, build: Build | str, *, forced: bool = False) -> BuildRecord:
        """Make a finished build live in one atomic step."""
        record = self.record(build if isinstance(build, str) else build.name)
        if record.state == "building":
            raise InputError(f"The build {record.name} was never finished.")
        live_name = self.live_name()
        live = self.record(live_name) if live_name else None
        if live is not None and live.published is None:  # its own publisher died right after the move
            self._note(_published(live))
        if forced and not record.forced:
            record = replace(record, forced=True)
            self._note(record)
        if live is not None and record.published is None:
            record = replace(record, before=live.name)
            self._note(record)  # before the move, as its publisher may die right after it
        self._point_at(record.name, anew=live is None)
        record = replace(record, state="published", published=now())
        self._note(record)
        if isinstance(build, Build):
            build.record = record
        return record

    def _point_at(self, name: str, *, anew: bool) -> None:
        moves: list[models.DeleteAliasOperation | models.CreateAliasOperation] = []
        if not anew:
            moves.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self._alias)))
        target = models.CreateAlias(collection_name=name, alias_name=self._alias)
        moves.append(models.CreateAliasOperation(create_alias=target))
        self._client.update_collection_aliases(moves)

    def _note(self, record: BuildRecord) -> None:
        self._client.update_collection(record.name, metadata=record.to_metadata())

    def rollback(self, name: str | None = None, *, spec: IndexSpec | None = None) -> BuildRecord:
        """Make an earlier build live: the one that was so before the live one, or the one named; at once.

        With `spec`, a build that was made with other settings raises IndexMismatchError and stays aside.
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

    def prune(self, keep: int) -> list[BuildRecord]:
        """Take away all builds but the live one and the newest `keep` that were live, left-overs of killed ones too."""
        if keep < 0:
            raise InputError("The number of builds to keep must not be negative.")
        with self.lock():
            live = self.live_name()
            others = [record for record in self.list_builds() if record.name != live]
            # By when they were last live: what was rolled away from is worth less than what came in its place.
            was_live = [(record.published, record.name) for record in others if record.published is not None]
            kept = [name for _, name in sorted(was_live, reverse=True)[:keep]]
            gone = [record for record in others if record.name not in kept]
            for record in gone:
                self._client.delete_collection(record.name)
            self._engine.sweep()
        return gone

    # What there is

    def live(self) -> BuildRecord | None:
        """The record of the live build, None before the first."""
        name = self.live_name()
        if name is None:
            return None
        record = self.record(name)
        return record if record.published is not None else _published(record)

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

    def list_builds(self) -> list[BuildRecord]:
        """All builds, newest first, left-overs too."""
        names = [item.name for item in self._client.get_collections().collections]
        live = self.live()
        records = [] if live is None else [live]
        for name in names:
            if self._is_build(name) and (live is None or name != live.name):
                with suppress(NotFoundError):  # pruned this very moment
                    records.append(self.record(name))
        return sorted(records, key=lambda record: record.created, reverse=True)

    def leftovers(self) -> list[BuildRecord]:
        """Builds that were never live: killed, rejected, or being written now."""
        return [record for record in self.list_builds() if record.published is None]

    def payloads(self, name: str, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        """These keys of every chunk of a build, in no order; read page by page."""
        for records in scroll(self._client, name, keys):
            yield from (dict(record.payload or {}) for record in records)

    def vectors(self, name: str) -> Iterator[dict[str, list[float]]]:
        """The dense vectors of a build by content hash, page by page: for a builder whose cache of embeddings is gone.

        They are of length 1, as the engine keeps them for cosine.
        """
        for records in scroll(self._client, name, [payload.CONTENT_HASH], vectors=[DENSE]):
            yield {record.payload[payload.CONTENT_HASH]: record.vector[DENSE] for record in records}

    def _is_build(self, name: str) -> bool:
        return re.fullmatch(rf"{self._alias}-\d{{8}}-\d{{6}}-[0-9a-f]{{6}}", name) is not None

    # Searching

    async def search(
        self, dense: Sequence[float], sparse: SparseQuery, *, limit: int, filters: ChunkFilter | None = None
    ) -> Candidates:
        """The chunks nearest in meaning, and those that share words with the question, in one call.

        Raises IndexMissingError, IndexMismatchError or StorageUnavailableError.
        """
        return await self._live.search(dense, sparse, limit, filters)

    async def chunks(self, ids: Sequence[str], *, build: str | None = None) -> list[StoredChunk]:
        """The chunks in the order of `ids`, from the build that `search` named; those not there are left out."""
        return await self._live.chunks(ids, build)

    async def matching(
        self, filters: Sequence[ChunkFilter], *, limit: int, build: str | None = None
    ) -> list[StoredChunk]:
        """Up to `limit` chunks that pass one of the filters, in no order of merit; one call."""
        return await self._live.matching(filters, limit, build)

    async def current(self) -> BuildRecord:
        """The build that is being searched; raises as `search` does."""
        return await self._live.current()

    def at(self, build: Build | str) -> NamedBuild:
        """A build, live or not, to be searched by itself; NotFoundError if there is none of this name."""
        record = self.record(build) if isinstance(build, str) else build.record
        return NamedBuild(self._engine, record)

    def expect(self, spec: IndexSpec) -> None:
        """From now on, a live build that was made with other settings raises IndexMismatchError at a search."""
        self._live.expect(spec)

    # Opening and closing

    async def start(self) -> None:
        """Open the live build, if there is one, and follow the alias from now on; a search does it too."""
        await self._live.start()

    async def aclose(self) -> None:
        """Stop following and close everything."""
        await self._live.aclose()
        await self._engine.aclose()

    def close(self) -> None:
        """Close everything, without an event loop."""
        self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _before(live: str | None, published: Sequence[BuildRecord]) -> BuildRecord:
    """The build that was live before the live one, or the next older one; `published`: the newest first."""
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


def _published(record: BuildRecord) -> BuildRecord:
    """The record of a live build whose publisher died between the move and its note of it."""
    return replace(record, state="published", published=record.created)
