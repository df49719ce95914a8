"""A Qdrant server of the tests' own: the real engine behind the HTTP API that the unmodified clients speak.

It knows collections with metadata, aliases, payload indexes and points; it can be stopped and started, slowed down,
made to fail, and asked for a key. Two things differ from the real one: a collection is read-only once an alias
points at it, and what describes a cluster (shards, replicas, quantisation) is kept and given back but has no effect.
"""

import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storage.vectors.embedded_qdrant.client import EmbeddedQdrant
from storage.vectors.embedded_qdrant.collections import Collections, RefusedError
from tests.server_processes import free_port

Json = dict[str, Any]


class QdrantServer:
    """The server in a thread: `with QdrantServer(folder) as server: QdrantClient(url=server.url)`."""

    def __init__(self, folder: Path, api_key: str | None = None) -> None:
        self.api_key = api_key
        self.delay_seconds = 0.0
        self.requests: list[tuple[str, str]] = []
        self.created: dict[str, Json] = {}
        self._failures: deque[tuple[str, int]] = deque()
        self._collections = Collections(folder)
        self._client = EmbeddedQdrant(self._collections)
        self._turn = threading.RLock()  # a real server closes a collection when the questions to it are answered
        self._indexing: dict[str, int] = {}  # for how many looks a collection is still being indexed
        self._port = free_port()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, the same after a restart."""
        return f"http://127.0.0.1:{self._port}"

    def fail(self, *statuses: int, path: str = "") -> None:
        """Answer the next requests whose path contains `path` with these statuses, one each."""
        self._failures.extend((path, status) for status in statuses)

    def start(self) -> None:
        """Listen, and return when it does."""
        config = uvicorn.Config(self._app(), port=self._port, log_level="critical", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="qdrant-server", daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        """Be away: connections are refused."""
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._collections.close()

    def _app(self) -> Starlette:
        def route(path: str, method: str, answer: Callable[[str, Json], Any]) -> Route:
            async def endpoint(request: Request) -> Response:
                body = await request.json() if await request.body() else {}
                name = request.path_params.get("name", "")
                result = await run_in_threadpool(answer, name, body)
                return JSONResponse({"result": result, "status": "ok", "time": 0.001})

            return Route(path, endpoint, methods=[method])

        one = "/collections/{name}"
        app = Starlette(
            routes=[
                Route("/", _version),
                route("/aliases", "GET", lambda _, __: _dumped(self._client.get_aliases())),
                route("/collections", "GET", lambda _, __: _dumped(self._client.get_collections())),
                route("/collections/aliases", "POST", self._move_aliases),
                route(f"{one}/exists", "GET", lambda name, _: {"exists": self._client.collection_exists(name)}),
                route(one, "GET", self._describe),
                route(one, "PUT", self._create),
                route(one, "PATCH", self._update),
                route(one, "DELETE", self._delete),
                route(f"{one}/index", "PUT", self._index_field),
                route(f"{one}/points", "PUT", self._upsert),
                route(f"{one}/points", "POST", self._retrieve),
                route(f"{one}/points/delete", "POST", self._delete_points),
                route(f"{one}/points/scroll", "POST", self._scroll),
                route(f"{one}/points/count", "POST", self._count),
                route(f"{one}/points/query/batch", "POST", self._query_batch),
            ],
            exception_handlers={RefusedError: _refused, Exception: _wrong},
        )
        app.add_middleware(BaseHTTPMiddleware, dispatch=self._gate)
        return app

    async def _gate(self, request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
        self.requests.append((request.method, request.url.path))
        if self.delay_seconds:
            await run_in_threadpool(time.sleep, self.delay_seconds)
        if self.api_key is not None and request.headers.get("api-key") != self.api_key:
            return Response("Must provide an API key or an Authorization bearer token", status_code=401)
        if self._failures and self._failures[0][0] in request.url.path:
            _, status = self._failures.popleft()
            return JSONResponse({"status": {"error": "the test asked for it"}, "time": 0.0}, status_code=status)
        return await follow(request)

    def _create(self, name: str, body: Json) -> bool:
        self._collections.create(name, body["vectors"], body.get("sparse_vectors") or {}, body.get("metadata") or {})
        self.created[name] = body
        return True

    def _describe(self, name: str, _: Json) -> Any:
        self._collections.resolve(name)
        info = _dumped(self._client.get_collection(name))
        if self._indexing.get(name, 0):
            self._indexing[name] -= 1
            info["status"] = "yellow"
        return info

    def _update(self, name: str, body: Json) -> bool:
        if body.get("optimizers_config"):
            self._collections.optimize(name)
            self._indexing[name] = 2  # a real server indexes when it has answered
        self._collections.update_metadata(name, body.get("metadata") or {})
        return True

    def _move_aliases(self, _: str, body: Json) -> bool:
        changes: dict[str, str | None] = {}
        for action in body["actions"]:
            if "create_alias" in action:
                changes[action["create_alias"]["alias_name"]] = action["create_alias"]["collection_name"]
            else:
                changes[action["delete_alias"]["alias_name"]] = None
        with self._turn:
            self._collections.move_aliases(changes)
        return True

    def _delete(self, name: str, _: Json) -> bool:
        with self._turn:
            return self._collections.delete(name)

    def _index_field(self, name: str, body: Json) -> Json:
        self._collections.index_field(name, body["field_name"], body["field_schema"])
        return _done()

    def _upsert(self, name: str, body: Json) -> Json:
        points = [(point["id"], point["vector"], point.get("payload")) for point in body["points"]]
        self._collections.writer(name).upsert(points)
        return _done()

    def _delete_points(self, name: str, body: Json) -> Json:
        self._collections.writer(name).delete(body["points"])
        return _done()

    def _retrieve(self, name: str, body: Json) -> Any:
        with self._turn:
            shard = self._collections.reader(name)
            return shard.retrieve(body["ids"], body.get("with_payload", True), body.get("with_vector", False))

    def _scroll(self, name: str, body: Json) -> Json:
        with self._turn:
            points, following = self._collections.reader(name).scroll(
                body.get("filter"),
                body.get("limit") or 10,
                body.get("offset"),
                body.get("with_payload", True),
                body.get("with_vector", False),
            )
        return {"points": points, "next_page_offset": following}

    def _count(self, name: str, _: Json) -> Json:
        with self._turn:
            return {"count": self._collections.reader(name).count()}

    def _query_batch(self, name: str, body: Json) -> Any:
        with self._turn:
            answers = self._collections.reader(name).query_batch([_search(search) for search in body["searches"]])
        return [{"points": [point | {"version": 0} for point in points]} for points in answers]


def _search(body: Json) -> Json:
    """A search as the engine takes it; the client writes a sparse vector as `{"nearest": vector}`."""
    wanted = body["query"]
    return {**body, "query": wanted.get("nearest", wanted) if isinstance(wanted, dict) else wanted}


async def _version(_: Request) -> Response:
    return JSONResponse({"title": "qdrant - vector search engine", "version": "1.20.0", "commit": "tests"})


def _dumped(model: Any) -> Any:
    return model.model_dump(mode="json", exclude_none=True)


def _done() -> Json:
    return {"operation_id": 0, "status": "completed"}


async def _refused(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RefusedError)
    return JSONResponse({"status": {"error": str(exc)}, "time": 0.0}, status_code=exc.status)


async def _wrong(_: Request, exc: Exception) -> Response:
    return JSONResponse({"status": {"error": f"Wrong input: {exc}"}, "time": 0.0}, status_code=400)
