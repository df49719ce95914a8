"""The index: its builds and which one is live (sync, for builders), the search in it (async, for servers)."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from storage.errors import InputError
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.build import DENSE, Build
from storage.vectors.build_catalogue import BuildCatalogue
from storage.vectors.build_lock import LockOwner
from storage.vectors.build_record import BuildRecord, now
from storage.vectors.engine import Engine
from storage.vectors.live_index import LiveIndex
from storage.vectors.pagination import scroll
from storage.vectors.pinned_build import PinnedBuild
from storage.vectors.publishing import Publisher
from storage.vectors.spec import IndexSpec

T = TypeVar("T")


def open_store(settings: StorageSettings, *, spec: IndexSpec | None = None) -> "IndexStore":
    """The index that the settings name: a Qdrant server's, or the embedded one in `DATA_DIR`; nothing is opened yet.

    With `spec`, a search in a live build that was made with other settings raises IndexMismatchError.
    """
    engine: Engine
    if settings.qdrant_url is not None:
        # Clients of a server bring gRPC and HTTP with them: 0.3 s that the embedded engine does without.
        from storage.vectors.server.server_engine import ServerEngine

        engine = ServerEngine(settings)
    else:
        from storage.vectors.embedded.embedded_engine import EmbeddedEngine

        engine = EmbeddedEngine(settings.data_dir / "index")
    return IndexStore(engine, settings.collection, spec)


class IndexStore(AbstractContextManager["IndexStore"]):
    """One index: an alias, the builds that it may point at, and the one that it does."""

    def __init__(self, engine: Engine, alias: str, spec: IndexSpec | None = None) -> None:
        self._engine = engine
        self._client = engine.client
        self._alias = alias
        self._builds = BuildCatalogue(engine, alias)
        self._publisher = Publisher(engine, alias, self._builds)
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
        record = self._publisher.publish(build if isinstance(build, str) else build.name, forced=forced)
        if isinstance(build, Build):
            build.record = record
        return record

    def rollback(self, name: str | None = None, *, spec: IndexSpec | None = None) -> BuildRecord:
        """Make an earlier build live: the one that was so before the live one, or the one named; at once.

        With `spec`, a build that was made with other settings raises IndexMismatchError and stays aside.
        """
        return self._publisher.rollback(name, spec)

    def prune(self, keep: int, *, among: Collection[str] | None = None) -> list[BuildRecord]:
        """Delete all builds but the live one and the newest `keep` that were live, left-overs of killed ones too.

        With `among`, only builds of these names are counted and deleted.
        """
        if keep < 0:
            raise InputError("The number of builds to keep must not be negative.")
        with self.lock():
            live = self.live_name()
            others = [record for record in self.list_builds() if record.name != live]
            others = [record for record in others if among is None or record.name in among]
            # By when they were last live: what was rolled away from is worth less than what came in its place.
            was_live = [(record.published, record.name) for record in others if record.published is not None]
            kept = [name for _, name in sorted(was_live, reverse=True)[:keep]]
            gone = [record for record in others if record.name not in kept]
            for record in gone:
                self._client.delete_collection(record.name)
            self._engine.sweep()
        return gone

    def clear_killed(self) -> list[BuildRecord]:
        """Take away what killed builders left behind: under the lock nobody else is building."""
        with self.lock():
            killed = [record for record in self.leftovers() if record.state == "building"]
            for record in killed:
                self._client.delete_collection(record.name)
            if killed:
                self._engine.sweep()
        return killed

    # What there is

    def live(self) -> BuildRecord | None:
        """The record of the live build, None before the first."""
        return self._builds.live()

    def live_name(self) -> str | None:
        """The name of the live build, None before the first."""
        return self._builds.live_name()

    def record(self, name: str) -> BuildRecord:
        """The record of a build; NotFoundError if there is none."""
        return self._builds.record(name)

    def list_builds(self) -> list[BuildRecord]:
        """All builds, newest first, left-overs too."""
        return self._builds.list_builds()

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

    # Searching

    async def read(self, work: Callable[[PinnedBuild], Awaitable[T]], build: PinnedBuild | None = None) -> T:
        """The result of `work` on `build`, else on the live one; on the live one too where `build` was pruned.

        Raises IndexMissingError, IndexMismatchError or StorageUnavailableError.
        """
        return await self._live.read(work, build)

    async def pin(self) -> PinnedBuild:
        """The live build, to be read by its own name from now on; raises as `read` does."""
        return await self._live.pin()

    async def current(self) -> BuildRecord:
        """The record of the build that is being searched; raises as `read` does."""
        return (await self._live.pin()).record

    async def check(self) -> BuildRecord:
        """The record of the live build, after asking the engine; raises where it does not answer now."""
        await self._engine.aclient.get_aliases()
        return await self.current()

    def at(self, build: Build | str) -> PinnedBuild:
        """A build, live or not, to be searched by itself; NotFoundError if there is none of this name."""
        record = self.record(build) if isinstance(build, str) else build.record
        return PinnedBuild(self._engine, record)

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

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
