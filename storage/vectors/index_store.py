"""The index: its builds and which one is live (sync, for builders), the search in it (async, for servers).

A server opens the live build before it is searched, and follows the alias when it moves: the previous build is searched
until the next one is open. A build is searched by its own name and not by the alias, so that an answer's chunks come
from the build that its ids came from.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from storage.errors import BookragError, IndexMissingError, InputError, NotFoundError
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord, IndexSpec, LockOwner, check_spec
from storage.vectors.builds import Build, Builds, scroll
from storage.vectors.qdrant_engine import Engine

if TYPE_CHECKING:
    from storage.vectors.qdrant_vector_store import PinnedBuild

T = TypeVar("T")

Prepare = Callable[[BuildRecord], object]

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 30.0  # an answer fetches its chunks some time after the search; a slow rerank takes seconds
_LOOKS = 5  # look-ups of the alias for a question whose build was just pruned: builds do not follow each other so fast


def open_store(
    settings: StorageSettings, *, spec: IndexSpec | None = None, prepare: Prepare | None = None
) -> "IndexStore":
    """The index that the settings name: a Qdrant server's, or the embedded one in `DATA_DIR`; nothing is opened yet.

    With `spec`, a search raises IndexMismatchError if the live build was made with other settings. `prepare` is called
    in a thread with the record of each build before it is searched as the live one.
    """
    engine: Engine
    if settings.qdrant_url is not None:
        # A server's clients import gRPC and HTTP: 0.3 s that the embedded engine does not need.
        from storage.vectors.qdrant_server import ServerEngine

        engine = ServerEngine(settings)
    else:
        from storage.vectors.embedded_qdrant.client import EmbeddedEngine

        engine = EmbeddedEngine(settings.data_dir / "index")
    return IndexStore(engine, settings.collection, spec, prepare)


@dataclass(frozen=True, slots=True)
class _Generation:
    build: "PinnedBuild"
    mismatch: BookragError | None


class LiveIndex:
    """The live build of one event loop at a time, which follows the alias."""

    def __init__(self, engine: Engine, alias: str, spec: IndexSpec | None, prepare: Prepare | None) -> None:
        self._engine = engine
        self._alias = alias
        self._spec = spec
        self._prepare = prepare
        self._generation: _Generation | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._follower: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def read(self, work: Callable[["PinnedBuild"], Awaitable[T]], build: "PinnedBuild | None" = None) -> T:
        """The result of `work` on a build: the one that a question was begun with, or the live one.

        If that build was pruned meanwhile, the work is repeated on the one that is live now. Raises IndexMissingError,
        IndexMismatchError or StorageUnavailableError.
        """
        for _ in range(_LOOKS):
            try:
                return await work(build or await self.pin())
            except NotFoundError:
                build = None
                await self._refresh()
        return await work(await self.pin())

    async def pin(self) -> "PinnedBuild":
        """The live build, to be read by its own name from now on; raises like `read`."""
        generation = self._generation if self._is_followed() else None
        if generation is None:
            await self.start()
            generation = self._generation
        if generation is None:
            raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
        if generation.mismatch is not None:
            raise generation.mismatch
        return generation.build

    async def start(self) -> None:
        """Open the live build, if there is one, and follow the alias from now on; a search does this too."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._generation, self._follower = loop, None, None
            self._turn, self._background = asyncio.Lock(), set()
        await self._refresh()
        if self._follower is None or self._follower.done():
            self._follower = loop.create_task(self._follow())

    async def aclose(self) -> None:
        """Stop following."""
        tasks = [task for task in (self._follower, *self._background) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._follower, self._generation = None, None

    def _is_followed(self) -> bool:
        return self._loop is asyncio.get_running_loop() and self._follower is not None and not self._follower.done()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._engine.poll_seconds)
            try:
                await self._refresh()
            except BookragError as exc:
                _log.warning("The live build cannot be looked up; searches go on in the last one: %s", exc)

    async def _refresh(self) -> None:
        """Look up where the alias points, and open that build before the first question uses it."""
        async with self._turn:
            for _ in range(_LOOKS):
                with suppress(NotFoundError):  # pruned between the look-up and the opening, since another was published
                    await self._look()
                    return
            await self._look()

    async def _look(self) -> None:
        aliases = (await self._engine.aclient.get_aliases()).aliases
        name = next((item.collection_name for item in aliases if item.alias_name == self._alias), None)
        before = self._generation
        if name is None:
            self._generation = None
            return
        if before is not None and before.build.name == name:
            return
        metadata = (await self._engine.aclient.get_collection(name)).config.metadata
        record = BuildRecord.from_metadata(metadata)
        await self._engine.open(name)
        if self._prepare is not None:
            await asyncio.to_thread(self._prepare, record)
        self._generation = _Generation(_pinned(self._engine, record), self._mismatch(record))
        _log.info("The build %s is live.", name)
        if self._prepare is not None:
            self._later(self._read_ahead(self._generation.build))
        if before is not None:
            self._retire(before.build.name)

    def _mismatch(self, record: BuildRecord) -> BookragError | None:
        if self._spec is None:
            return None
        try:
            check_spec(record, self._spec)
        except BookragError as exc:
            _log.error("%s", exc)
            return exc
        return None

    def _retire(self, name: str) -> None:
        async def later() -> None:
            await asyncio.sleep(_GRACE_SECONDS)
            if self._generation is None or self._generation.build.name != name:  # a rollback may have revived it
                await self._engine.release(name)

        self._later(later())

    async def _read_ahead(self, build: "PinnedBuild") -> None:
        try:
            await build.read_ahead()
        except BookragError as exc:
            _log.info("The chunks of %s are read as they are needed, and not ahead: %s", build.name, exc)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


class IndexStore(Builds, LiveIndex, AbstractContextManager["IndexStore"]):
    """One index: an alias, the builds that it may point to, and searches in the one that it points to."""

    def __init__(
        self, engine: Engine, alias: str, spec: IndexSpec | None = None, prepare: Prepare | None = None
    ) -> None:
        Builds.__init__(self, engine, alias)
        LiveIndex.__init__(self, engine, alias, spec, prepare)
        self._locked = 0

    # Building

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the builders' lock, which may be nested; raises BuildLockedError, which says who holds it since when."""
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
        """Raise StorageUnavailableError if a build would not fit on the disk; the message says how much is free."""
        self._engine.require_room(chunks, text_bytes, spec.dimensions)

    def create_build(
        self, spec: IndexSpec, *, git_commit: str | None = None, start: BuildRecord | None = None
    ) -> Build:
        """A new build beside the live one: empty, or a copy of `start` if its `copied` is true."""
        created, owner = datetime.now(UTC), LockOwner()
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

    def prune(self, keep: int, *, among: Collection[str] | None = None) -> list[BuildRecord]:
        """Delete all builds but the live one and the newest `keep` that were live; left-overs of killed builds as well.

        With `among`, only builds of these names are counted and deleted.
        """
        if keep < 0:
            raise InputError("The number of builds to keep must not be negative.")
        with self.lock():
            live = self.live_name()
            others = [record for record in self.list_builds() if record.name != live]
            others = [record for record in others if among is None or record.name in among]
            # By when they were last live: a build that was rolled back is worth less than the one that replaced it.
            was_live = [(record.published, record.name) for record in others if record.published is not None]
            kept = [name for _, name in sorted(was_live, reverse=True)[:keep]]
            gone = [record for record in others if record.name not in kept]
            for record in gone:
                self._client.delete_collection(record.name)
            self._engine.sweep()
        return gone

    def clear_killed(self) -> list[BuildRecord]:
        """Delete what killed builders left behind; the caller holds the lock, so nobody else is building."""
        with self.lock():
            killed = [record for record in self.leftovers() if record.state == "building"]
            for record in killed:
                self._client.delete_collection(record.name)
            if killed:
                self._engine.sweep()
        return killed

    # What there is

    def leftovers(self) -> list[BuildRecord]:
        """Builds that were never live: killed, rejected, or being written now."""
        return [record for record in self.list_builds() if record.published is None]

    def payloads(self, name: str, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        """These payload keys of every chunk of a build, in no order; read page by page."""
        for records in scroll(self._client, name, keys):
            yield from (dict(record.payload or {}) for record in records)

    def vectors(self, name: str) -> Iterator[dict[str, list[float]]]:
        """The dense vectors of a build by content hash, page by page; for a builder whose cache of embeddings is lost.

        They are normalised, as the engine stores them for cosine.
        """
        for records in scroll(self._client, name, [payload.CONTENT_HASH], vectors=[payload.DENSE]):
            yield {record.payload[payload.CONTENT_HASH]: record.vector[payload.DENSE] for record in records}

    # Searching

    async def current(self) -> BuildRecord:
        """The record of the build that is being searched; raises like `read`."""
        return (await self.pin()).record

    async def check(self) -> BuildRecord:
        """The record of the live build, read from the engine now; raises if the engine does not answer."""
        await self._engine.aclient.get_aliases()
        return await self.current()

    async def check_search(self) -> BuildRecord:
        """The record of the live build, which can be searched now; raises if it cannot, within seconds."""
        record = await self.check()
        await self._engine.check(record.name)
        return record

    def at(self, build: Build | str) -> "PinnedBuild":
        """A build, live or not, to be searched; NotFoundError if there is none of this name."""
        record = self.record(build) if isinstance(build, str) else build.record
        return _pinned(self._engine, record)

    # Opening and closing

    async def aclose(self) -> None:
        """Stop following and close everything."""
        await super().aclose()
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


def _pinned(engine: Engine, record: BuildRecord) -> "PinnedBuild":
    # LlamaIndex takes a second to import, and commands that only list builds do not need it.
    from storage.vectors.qdrant_vector_store import PinnedBuild

    return PinnedBuild(engine, record)
