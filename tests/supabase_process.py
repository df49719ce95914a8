"""The process of the Supabase for tests; `tests.supabase_server` starts it and tells it what goes wrong.

`python -m tests.supabase_process` reads one line of JSON, prints its address, and serves until its input ends.
"""

import asyncio
import contextlib
import json
import socket
import sys
from collections import Counter
from typing import Any

import uvicorn
from psycopg.conninfo import make_conninfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.supabase_auth_api import API_VERSION, AuthApi
from tests.supabase_keys import ProjectSigning
from tests.supabase_rest_api import RestApi


class StandIn:
    """One project: what GoTrue and PostgREST answer, and `/control`, by which a test changes it."""

    def __init__(self, database_url: str, publishable_key: str) -> None:
        self.signing = ProjectSigning()
        self.faults: dict[str, dict[str, Any] | None] = {}
        self.hits = 0  # requests that met the faults
        self.requests: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}  # of the last request to each path
        self.auth = AuthApi(database_url, self.signing, publishable_key)
        self.rest = RestApi(make_conninfo(database_url, user="authenticator"), self.signing, publishable_key)

    def app(self) -> ASGIApp:
        """Everything, with the faults in front."""
        control = Route("/control", self._control, methods=["GET", "PUT", "DELETE"])
        routes = [control, *self.auth.routes(), *self.rest.routes(), Route("/{path:path}", _not_found)]
        return FaultMiddleware(Starlette(routes=routes), self)

    async def _control(self, request: Request) -> Response:
        """PUT: go on like this. GET: which paths were asked for.

        DELETE: forget them, with `?letters` the letters, with `?all` everything.
        """
        if "letters" in request.query_params:
            if request.method == "DELETE":
                self.auth.letters.clear()
            return JSONResponse(self.auth.letters)
        if "hits" in request.query_params:
            return JSONResponse(self.hits)
        if "headers" in request.query_params:
            return JSONResponse(self.headers)
        if request.method == "PUT":
            told = await request.json()
            self.faults, self.hits = told["faults"], 0
            self.signing.take(told["signing"])
            self.auth.take(told["auth"])
        elif request.method == "DELETE":
            self.requests.clear()
            if "all" in request.query_params:
                self.auth.reset()
        return JSONResponse(dict(self.requests))


class FaultMiddleware:
    """Counts requests, and does what is wrong before anything else."""

    def __init__(self, app: ASGIApp, stand_in: StandIn) -> None:
        self.app = app
        self.stand_in = stand_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path == "/control":
            await self.app(scope, receive, send)
            return
        self.stand_in.requests[path] += 1
        self.stand_in.headers[path] = {name.decode(): value.decode() for name, value in scope["headers"]}
        kind = "jwks" if "jwks" in path else "auth" if path.startswith("/auth") else "rest"
        fault = self.stand_in.faults.get(kind)
        if fault is None or fault["only"] not in f"{scope['method']} {path}":
            await self.app(scope, receive, send)
            return
        self.stand_in.hits += 1
        if fault["late"]:
            await asyncio.shield(asyncio.ensure_future(self._answer_late(scope, receive, send, fault["delay_seconds"])))
            return
        await asyncio.sleep(fault["delay_seconds"])
        if fault["drop"]:
            raise ConnectionAbortedError
        if fault["html_with_200"]:
            await HTMLResponse("<html>maintenance</html>")(scope, receive, send)
        elif fault["json_with_200"] is not None:
            await Response(fault["json_with_200"], media_type="application/json")(scope, receive, send)
        elif fault["status"] is not None:
            headers = {"retry-after": fault["retry_after"]} if fault["retry_after"] else {}
            response: Response = HTMLResponse("<html>bad gateway</html>", fault["status"], headers)
            if fault["body"] is not None:
                response = Response(fault["body"], fault["status"], headers | API_VERSION, "application/json")
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer_late(self, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
        """Do the work, and keep the answer back."""

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(seconds)
            await send(message)

        await self.app(scope, receive, late)


async def _not_found(request: Request) -> Response:
    return JSONResponse({"message": "no Route matched with those values"}, 404)


async def serve(listener: socket.socket, told: dict[str, Any]) -> None:
    """Serve until the input ends."""
    stand_in = StandIn(told["database_url"], told["publishable_key"])
    config = uvicorn.Config(
        stand_in.app(), log_level="critical", lifespan="off", ws="none", loop="asyncio", proxy_headers=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving
    await stand_in.rest.close()
    await stand_in.auth.close()


def main() -> None:
    """Run the process."""
    told = json.loads(sys.stdin.readline())
    # Named in full: asyncio turns Nagle's 40 ms off for sockets that say they are TCP alone.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)  # from now on who comes waits to be served
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - the caller reads the address
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listener, told))


if __name__ == "__main__":
    main()
