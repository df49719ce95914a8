"""The live build as a server sees it: opened before it is searched, followed when the alias moves, searched until then.

A build is searched by its own name and not by the alias, so that an answer's chunks come from where its ids came from.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from qdrant_client.http import models

from storage.errors import BookragError, IndexMissingError, NotFoundError
from storage.recent import Recent
from storage.vectors.build import DENSE, SPARSE
from storage.vectors.build_record import BuildRecord, check_spec
from storage.vectors.engine import Engine
from storage.vectors.search import Candidates, ChunkFilter, SparseQuery, StoredChunk
from storage.vectors.spec import IndexSpec

_log = logging.getLogger(__name__)
T = TypeVar("T")

_GRACE_SECONDS = 30.0  # an answer fetches its chunks a moment after it found them; a slow rerank takes seconds
_KEPT_CHUNKS = 8192  # of 4 KB
_ASKED_AT_ONCE = 32  # requests to write take 0.1 ms each, and a hundred readers' at once would hold the event loop
_LOOKS = 5  # at the alias, for a question whose build was pruned just then: builds do not follow each other so fast
_LLAMA_INDEX_KEYS = ("_node_content", "_node_type", "document_id", "doc_id", "ref_doc_id")


@dataclass(frozen=True, slots=True)
class _Generation:
    record: BuildRecord
    mismatch: BookragError | None


class LiveIndex:
    """Follows the alias of one event loop at a time."""

    def __init__(self, engine: Engine, alias: str, spec: IndexSpec | None) -> None:
        self._engine = engine
        self._alias = alias
        self._spec = spec
        self._generation: _Generation | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._follower: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._chunks: Recent[tuple[str, str], StoredChunk] = Recent(_KEPT_CHUNKS)  # a published build never changes

    def expect(self, spec: IndexSpec) -> None:
        """Compare the live build with these settings."""
        self._spec = spec
        if self._generation is not None:
            record = self._generation.record
            self._generation = _Generation(record, self._mismatch(record))

    async def search(
        self, dense: Sequence[float], sparse: SparseQuery, limit: int, filters: ChunkFilter | None
    ) -> Candidates:
        """Two ranked lists from one call."""
        words = models.SparseVector(indices=sparse.indices, values=sparse.values)

        async def ask(build: BuildRecord) -> Candidates:
            chosen = filters.within(build.book).to_qdrant() if filters else None
            # Built without validation: checking 384 numbers takes longer than searching among 10,000 chunks.
            request = models.QueryRequest.model_construct
            requests = [
                request(query=list(dense), using=DENSE, limit=limit, filter=chosen),
                request(query=words, using=SPARSE, limit=limit, filter=chosen),
            ]
            answers = await self._engine.aclient.query_batch_points(build.name, requests=requests)
            nearest, matching = ([(str(point.id), float(point.score)) for point in answer.points] for answer in answers)
            return Candidates(nearest, matching, build.name)

        async with self._asking:
            return await self._in_live(ask)

    async def chunks(self, ids: Sequence[str], build: str | None) -> list[StoredChunk]:
        """Chunks in the order of their ids."""
        if not ids:
            return []

        async def ask(build: str) -> list[StoredChunk]:
            found = {item: chunk for item in ids if (chunk := self._chunks.recall((build, item)))}
            missing = [item for item in ids if item not in found]
            if missing:
                for record in await self._engine.aclient.retrieve(build, ids=missing, with_payload=True):
                    found[str(record.id)] = chunk = _chunk(record)
                    self._chunks.keep((build, chunk.id), chunk)
            return [found[item] for item in ids if item in found]

        return await self._in(build, ask)

    async def matching(self, filters: Sequence[ChunkFilter], limit: int, build: str | None) -> list[StoredChunk]:
        """Up to `limit` chunks that pass one of the filters, in no order of merit."""
        either = models.Filter(should=[chosen for item in filters if (chosen := item.to_qdrant())])

        async def ask(build: str) -> list[StoredChunk]:
            options = {"scroll_filter": either if either.should else None, "limit": limit, "with_payload": True}
            records, _ = await self._engine.aclient.scroll(build, **options)
            return [_chunk(record) for record in records]

        return await self._in(build, ask)

    async def current(self) -> BuildRecord:
        """The build that is being searched; raises as a search does."""
        generation = self._generation if self._is_followed() else None
        if generation is None:
            await self.start()
            generation = self._generation
        if generation is None:
            raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
        if generation.mismatch is not None:
            raise generation.mismatch
        return generation.record

    async def start(self) -> None:
        """Open the live build and begin to follow the alias."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._generation, self._follower = loop, None, None
            self._turn, self._retiring = asyncio.Lock(), set()
            self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        await self._refresh()
        if self._follower is None or self._follower.done():
            self._follower = loop.create_task(self._follow())

    async def aclose(self) -> None:
        """Stop following."""
        tasks = [task for task in (self._follower, *self._retiring) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._follower, self._generation = None, None

    async def _in(self, build: str | None, ask: Callable[[str], Awaitable[T]]) -> T:
        """Ask the build that an earlier answer came from; when it is gone, or none is named, the live one."""
        if build is not None:
            try:
                return await ask(build)
            except NotFoundError:
                _log.info("The build %s is gone; its chunks are read from the live one.", build)
        return await self._in_live(lambda live: ask(live.name))

    async def _in_live(self, ask: Callable[[BuildRecord], Awaitable[T]]) -> T:
        """Ask the live build; when it was pruned under our hands, ask the one that is live now."""
        for _ in range(_LOOKS):
            try:
                return await ask(await self.current())
            except NotFoundError:
                await self._refresh()
        return await ask(await self.current())

    def _is_followed(self) -> bool:
        return self._loop is asyncio.get_running_loop() and self._follower is not None and not self._follower.done()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._engine.poll_seconds)
            try:
                await self._refresh()
            except BookragError as exc:
                _log.warning("The live build cannot be followed, the last one is searched on: %s", exc)

    async def _refresh(self) -> None:
        """Look where the alias points, and open that build before the first question goes to it."""
        async with self._turn:
            for _ in range(_LOOKS):
                with suppress(NotFoundError):  # pruned, as another was published, between the look and the opening
                    await self._look()
                    return
            await self._look()

    async def _look(self) -> None:
        aliases = (await self._engine.aclient.get_aliases()).aliases
        name = next((item.collection_name for item in aliases if item.alias_name == self._alias), None)
        before = self._generation
        if name is None or (before is not None and before.record.name == name):
            if name is None:
                self._generation = None
            return
        metadata = (await self._engine.aclient.get_collection(name)).config.metadata
        record = BuildRecord.from_metadata(metadata)
        await self._engine.open(name)
        self._generation = _Generation(record, self._mismatch(record))
        _log.info("The build %s is live.", name)
        if before is not None:
            self._retire(before.record.name)

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
            if self._generation is None or self._generation.record.name != name:  # a rollback may have brought it back
                await self._engine.release(name)

        task = asyncio.get_running_loop().create_task(later())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)


def _chunk(record: Any) -> StoredChunk:
    values: dict[str, Any] = dict(record.payload or {})
    text = orjson.loads(values["_node_content"])["text"]
    for key in _LLAMA_INDEX_KEYS:
        values.pop(key, None)
    return StoredChunk(str(record.id), text, values)
