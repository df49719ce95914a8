"""The embedded engine for the index, and the calls of Qdrant's clients on it.

`EmbeddedQdrant` and `AsyncEmbeddedQdrant` have the calls of `QdrantClient` and `AsyncQdrantClient` that LlamaIndex and
this project make; the asynchronous one searches sealed collections in processes of their own. One machine's builders
share a lock, which the kernel frees when its owner ends, even by a kill.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from qdrant_client.http import models  # `qdrant_client.models` has another QueryResponse

from storage.errors import BookragError, BuildLockedError, IndexUnavailableError, NotFoundError
from storage.vectors.build_record import LockOwner
from storage.vectors.embedded_qdrant import wire
from storage.vectors.embedded_qdrant.collections import Collections, RefusedError
from storage.vectors.embedded_qdrant.files import bytes_of_build, require_room
from storage.vectors.embedded_qdrant.shard import sweep
from storage.vectors.embedded_qdrant.wire import Searcher, SearcherDiedError

CHECK_SECONDS = 3.0  # behind the searches of a hundred readers at once it is asked within one

_VECTORS: TypeAdapter[Any] = TypeAdapter(dict[str, models.VectorParams])
_SPARSE: TypeAdapter[Any] = TypeAdapter(dict[str, models.SparseVectorParams])


@contextmanager
def hold(path: Path, owner: LockOwner) -> Iterator[None]:
    """Hold the lock in `path` while the block runs; raises BuildLockedError, which names the other holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held(path) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(owner.to_json()).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _held(path: Path) -> BuildLockedError:
    try:
        return LockOwner.from_json(json.loads(path.read_text())).held()
    except (ValueError, KeyError):  # it was just taken, and its owner is not written yet
        return BuildLockedError("Another build is under way; it began this moment.")


class EmbeddedEngine:
    """The `Engine` of `storage.vectors.qdrant_engine` whose collections are folders on this machine's disk."""

    poll_seconds = 0.2  # reading the alias is a file of a hundred bytes: 30 µs

    def __init__(self, root: Path) -> None:
        self._collections = Collections(root)
        self.client = EmbeddedQdrant(self._collections)
        self.aclient = AsyncEmbeddedQdrant(self.client, self._collections)

    def collection_options(self) -> dict[str, Any]:
        """No options, since replicas and shards exist only on a server."""
        return {}

    def vector_params(self, size: int) -> models.VectorParams:
        """Cosine distance; vectors are mapped from disk and cached in memory by the operating system."""
        return models.VectorParams(size=size, distance=models.Distance.COSINE)

    def require_room(self, chunks: int, text_bytes: int, dimensions: int) -> None:
        """Raise StorageUnavailableError if the disk has no room for a build of `chunks` with `text_bytes` of text."""
        require_room(self._collections.catalog.root, bytes_of_build(chunks, text_bytes, dimensions))

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Copy a sealed collection; returns True, as this engine can. Takes 0.1 s for 10,000 chunks."""
        with translated():
            self._collections.copy(source, target, metadata)
        return True

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """The builders' lock of an alias, a locked file; raises BuildLockedError if another process holds it."""
        return hold(self._collections.catalog.root / f"{alias}.lock", owner)

    def sweep(self) -> None:
        """Delete unfinished folders and private copies that killed processes left behind."""
        self._collections.catalog.sweep()
        sweep(self._collections.catalog.clones)

    async def open(self, collection: str) -> None:
        """Start the search process of a collection."""
        await self.aclient.open(collection)

    async def check(self, collection: str) -> None:
        """Ask the search process of a collection; one that has died is replaced, as by a question."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self.aclient.retrieve(collection, [])
        except TimeoutError:
            message = f"The search process has not answered within {CHECK_SECONDS:.0f} s."
            raise IndexUnavailableError(f"{message} One that hangs is replaced.") from None

    async def release(self, collection: str) -> None:
        """End the search process of a collection."""
        await self.aclient.release(collection)

    def close(self) -> None:
        """End the search processes and close what is written."""
        self.aclient.close_now()
        self._collections.close()

    async def aclose(self) -> None:
        """End the search processes and close what is written."""
        await self.aclient.close()
        self._collections.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise the project's errors in place of the engine's."""
    try:
        yield
    except BookragError:
        raise
    except RefusedError as exc:
        if exc.status == HTTPStatus.NOT_FOUND:
            raise NotFoundError(str(exc)) from exc
        raise IndexUnavailableError(f"The vector index refused a request: {exc}") from exc
    except SearcherDiedError as exc:
        raise IndexUnavailableError("The search process died, and so did the one that replaced it.") from exc
    except Exception as exc:
        raise IndexUnavailableError(f"The vector index failed: {type(exc).__name__}: {exc}") from exc


class EmbeddedQdrant:
    """A duck-typed `QdrantClient`. Options that only matter to a cluster are accepted and ignored."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    # Collections

    @translated()
    def collection_exists(self, collection_name: str, **_: Any) -> bool:
        """Whether there is a collection or alias of this name."""
        catalog = self._collections.catalog
        return catalog.exists(catalog.aliases().get(collection_name, collection_name))

    @translated()
    def get_collections(self, **_: Any) -> models.CollectionsResponse:
        """The names of all collections."""
        names = self._collections.catalog.names()
        return models.CollectionsResponse(collections=[models.CollectionDescription(name=name) for name in names])

    @translated()
    def create_collection(
        self,
        collection_name: str,
        vectors_config: Any = None,
        sparse_vectors_config: Any = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> bool:
        """Create an empty collection that this process may write."""
        self._collections.create(
            collection_name,
            wire.plain(vectors_config or {}),
            wire.plain(sparse_vectors_config or {}),
            metadata or {},
        )
        return True

    @translated()
    def get_collection(self, collection_name: str, **_: Any) -> models.CollectionInfo:
        """A collection's configuration, with its metadata."""
        description = self._collections.describe(collection_name)
        return models.CollectionInfo(
            status=models.CollectionStatus.GREEN,
            optimizer_status=models.OptimizersStatusOneOf.OK,
            segments_count=1,
            points_count=description["points"],
            indexed_vectors_count=description["points"],
            payload_schema={},
            config=models.CollectionConfig(
                params=models.CollectionParams(
                    vectors=_VECTORS.validate_python(description["vectors"]),
                    sparse_vectors=_SPARSE.validate_python(description["sparse_vectors"]),
                ),
                hnsw_config=models.HnswConfig(m=16, ef_construct=100, full_scan_threshold=10_000),
                optimizer_config=models.OptimizersConfig(
                    deleted_threshold=0.2,
                    vacuum_min_vector_number=1_000,
                    default_segment_number=0,
                    flush_interval_sec=5,
                ),
                metadata=description["metadata"],
            ),
        )

    @translated()
    def update_collection(
        self,
        collection_name: str,
        metadata: dict[str, Any] | None = None,
        optimizers_config: models.OptimizersConfigDiff | None = None,
        **_: Any,
    ) -> bool:
        """Merge metadata (None deletes a key); with `optimizers_config`, index the points written so far."""
        if optimizers_config is not None:
            self._collections.optimize(collection_name)
        if metadata:
            self._collections.update_metadata(collection_name, metadata)
        return True

    @translated()
    def delete_collection(self, collection_name: str, **_: Any) -> bool:
        """Delete a collection and the aliases that point to it."""
        return self._collections.delete(collection_name)

    @translated()
    def create_payload_index(self, collection_name: str, field_name: str, field_schema: Any, **_: Any) -> None:
        """Index a payload field for filters."""
        schema = wire.plain(field_schema)
        self._collections.index_field(collection_name, field_name, getattr(schema, "value", schema))

    # Aliases

    @translated()
    def get_aliases(self, **_: Any) -> models.CollectionsAliasesResponse:
        """All aliases with their collections."""
        aliases = self._collections.catalog.aliases()
        return models.CollectionsAliasesResponse(
            aliases=[models.AliasDescription(alias_name=key, collection_name=value) for key, value in aliases.items()]
        )

    @translated()
    def update_collection_aliases(self, change_aliases_operations: Sequence[Any], **_: Any) -> bool:
        """Move aliases, all in one atomic step."""
        changes: dict[str, str | None] = {}
        for operation in change_aliases_operations:
            if isinstance(operation, models.CreateAliasOperation):
                changes[operation.create_alias.alias_name] = operation.create_alias.collection_name
            else:
                changes[operation.delete_alias.alias_name] = None
        self._collections.move_aliases(changes)
        return True

    # Points

    @translated()
    def upsert(self, collection_name: str, points: Iterable[models.PointStruct], **_: Any) -> None:
        """Write points; one with a known id replaces the older."""
        require_room(self._collections.catalog.root)
        self._collections.writer(collection_name).upsert(wire.point(point) for point in points)

    def upload_points(self, collection_name: str, points: Iterable[models.PointStruct], **_: Any) -> None:
        """Write points, as LlamaIndex does."""
        self.upsert(collection_name, points)

    @translated()
    def delete(self, collection_name: str, points_selector: models.PointIdsList, **_: Any) -> None:
        """Delete points by their ids."""
        self._collections.writer(collection_name).delete(points_selector.points)

    @translated()
    def count(self, collection_name: str, **_: Any) -> models.CountResult:
        """How many points there are."""
        return models.CountResult(count=self._collections.reader(collection_name).count())

    @translated()
    def retrieve(
        self, collection_name: str, ids: Sequence[Any], with_payload: Any = True, with_vectors: Any = False, **_: Any
    ) -> list[wire.FoundPoint]:
        """Points by their ids; unknown ids are left out."""
        found = self._collections.reader(collection_name).retrieve(ids, with_payload, with_vectors)
        return [wire.found(point) for point in found]

    @translated()
    def scroll(self, collection_name: str, **options: Any) -> tuple[list[wire.FoundPoint], Any]:
        """Points in the order of their ids, and the id that the next call starts with."""
        found, following = self._collections.reader(collection_name).scroll(**wire.scroll(**options))
        return [wire.found(point) for point in found], following

    @translated()
    def query_batch_points(
        self, collection_name: str, requests: Sequence[models.QueryRequest], **_: Any
    ) -> list[models.QueryResponse]:
        """One ranked list for each query."""
        queries = [wire.query(request) for request in requests]
        answers = self._collections.reader(collection_name).query_batch(queries)
        return [wire.response(points) for points in answers]

    @translated()
    def close(self, **_: Any) -> None:
        """Close everything."""
        self._collections.close()


class AsyncEmbeddedQdrant:
    """A duck-typed `AsyncQdrantClient`. Reads go to search processes; other calls run in a thread."""

    def __init__(self, client: EmbeddedQdrant, collections: Collections) -> None:
        self._client = client
        self._collections = collections
        self._searchers: dict[str, asyncio.Task[Searcher]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._client, name)
        return lambda *args, **kwargs: asyncio.to_thread(call, *args, **kwargs)

    async def query_batch_points(
        self, collection_name: str, requests: Sequence[models.QueryRequest], **_: Any
    ) -> list[models.QueryResponse]:
        """One ranked list for each query."""
        queries = [wire.query(request) for request in requests]
        answers = await self._ask(collection_name, "query_batch", queries=queries)
        return [wire.response(points) for points in answers]

    async def retrieve(
        self, collection_name: str, ids: Sequence[Any], with_payload: Any = True, with_vectors: Any = False, **_: Any
    ) -> list[wire.FoundPoint]:
        """Points by their ids; unknown ids are left out."""
        options = {"ids": list(ids), "with_payload": with_payload, "with_vector": with_vectors}
        return [wire.found(point) for point in await self._ask(collection_name, "retrieve", **options)]

    async def scroll(self, collection_name: str, **options: Any) -> tuple[list[wire.FoundPoint], Any]:
        """Points in the order of their ids, and the id that the next call starts with."""
        found, following = await self._ask(collection_name, "scroll", **wire.scroll(**options))
        return [wire.found(point) for point in found], following

    async def open(self, collection_name: str) -> None:
        """Start the search process of a collection before the first query."""
        with translated():
            await self._searcher(self._collections.resolve(collection_name))

    async def release(self, collection: str) -> None:
        """End the search process of a collection after its pending queries."""
        task = self._searchers.pop(collection, None)
        if task is not None:
            await (await task).aclose()

    async def close(self, **_: Any) -> None:
        """End every search process."""
        for collection in list(self._searchers):
            await self.release(collection)

    def close_now(self) -> None:
        """End every search process, without an event loop."""
        for task in self._searchers.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().close()
        self._searchers.clear()

    async def _ask(self, name: str, call: str, **parameters: Any) -> Any:
        with translated():
            if name not in self._searchers and self._collections.writes(name):
                return await asyncio.to_thread(getattr(self._collections.reader(name), call), **parameters)
            collection = self._collections.resolve(name) if name not in self._searchers else name
            searcher = await self._searcher(collection)
            try:
                return await searcher.call(call, **parameters)
            except SearcherDiedError:  # it was killed or ran out of memory: start another and ask again
                self._forget(collection, searcher)
                return await (await self._searcher(collection)).call(call, **parameters)

    async def _searcher(self, collection: str) -> Searcher:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self.close_now()
            self._loop = loop
        task = self._searchers.get(collection)
        if task is None:
            sealed = self._collections.sealed(collection)
            task = loop.create_task(Searcher.start(sealed, self._collections.catalog.clones))
            self._searchers[collection] = task
            task.add_done_callback(lambda done: self._drop_failed(collection, done))
        try:
            return task.result() if task.done() else await asyncio.shield(task)
        except ValueError as exc:
            self._collections.resolve(collection)  # removed while it was being copied: 404
            raise IndexUnavailableError(f"The search process cannot open the index: {exc}") from exc

    def _drop_failed(self, collection: str, task: asyncio.Task[Searcher]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._searchers.get(collection) is task:
            del self._searchers[collection]

    def _forget(self, collection: str, searcher: Searcher) -> None:
        task = self._searchers.get(collection)
        if task is not None and task.done() and task.result() is searcher:
            del self._searchers[collection]
            searcher.close()
