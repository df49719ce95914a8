"""The calls of `AsyncQdrantClient` on the embedded engine: sealed collections are searched in their own processes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from qdrant_client.http import models

from storage.vectors.embedded import wire
from storage.vectors.embedded.client import EmbeddedQdrant, refusing
from storage.vectors.embedded.collections import Collections
from storage.vectors.embedded.searcher import Searcher, SearcherDiedError


class AsyncEmbeddedQdrant:
    """A duck-typed `AsyncQdrantClient`; calls other than reads, which are a builder's, go to a thread."""

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

    async def query_points(self, collection_name: str, **options: Any) -> models.QueryResponse:
        """One ranked list."""
        return (await self.query_batch_points(collection_name, [wire.single_query(**options)]))[0]

    async def retrieve(
        self, collection_name: str, ids: Sequence[Any], with_payload: Any = True, with_vectors: Any = False, **_: Any
    ) -> list[wire.FoundPoint]:
        """Points by their ids; those that are not there are left out."""
        options = {"ids": list(ids), "with_payload": wire.plain(with_payload), "with_vector": with_vectors}
        return [wire.found(point) for point in await self._ask(collection_name, "retrieve", **options)]

    async def scroll(self, collection_name: str, **options: Any) -> tuple[list[wire.FoundPoint], Any]:
        """Points in the order of their ids, and the id that the next call starts with."""
        found, following = await self._ask(collection_name, "scroll", **wire.scroll(**options))
        return [wire.found(point) for point in found], following

    async def count(
        self, collection_name: str, count_filter: models.Filter | None = None, **_: Any
    ) -> models.CountResult:
        """How many points match."""
        count = await self._ask(collection_name, "count", matching=wire.plain(count_filter))
        return models.CountResult(count=count)

    async def open(self, collection_name: str) -> None:
        """Have a collection ready before the first query asks for it."""
        with refusing():
            await self._searcher(self._collections.resolve(collection_name))

    async def release(self, collection: str) -> None:
        """End the search process of a collection once it has answered what it was asked."""
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
        with refusing():
            if name not in self._searchers and self._collections.writes(name):
                return await asyncio.to_thread(getattr(self._collections.reader(name), call), **parameters)
            collection = self._collections.resolve(name) if name not in self._searchers else name
            searcher = await self._searcher(collection)
            try:
                return await searcher.call(call, **parameters)
            except SearcherDiedError:  # it was killed, or its memory was: start another and ask again
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
        except ValueError:
            self._collections.resolve(collection)  # one that was removed while it was copied is not there: 404
            raise

    def _drop_failed(self, collection: str, task: asyncio.Task[Searcher]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._searchers.get(collection) is task:
            del self._searchers[collection]

    def _forget(self, collection: str, searcher: Searcher) -> None:
        task = self._searchers.get(collection)
        if task is not None and task.done() and task.result() is searcher:
            del self._searchers[collection]
            searcher.close()
