"""The SQLite file for accounts and history on one machine; used by `storage.accounts` and `storage.conversations`.

A whole transaction runs as one call on a thread, so that the event loop never waits for the disk. Several processes may
share the file: with WAL, readers read while one writes, and writers wait for each other.
"""

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from storage.errors import HISTORY_AWAY, StorageUnavailableError
from storage.sqlite_schema import SCHEMA, SCHEMA_VERSION, UPGRADES

ResultT = TypeVar("ResultT")
Work = Callable[[sqlite3.Connection], ResultT]

DATABASE_NAME = "bookrag.sqlite3"  # of accounts and conversations, in DATA_DIR

BUSY_TIMEOUT_SECONDS = 5.0
READER_THREADS = 2  # a read is a fraction of a millisecond; more threads only share the interpreter lock


class Database:
    """A file with accounts and history. Created on first use, readable only by its owner."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        self._ready = False
        self._readers = ThreadPoolExecutor(READER_THREADS, "sqlite-read")
        self._writer = ThreadPoolExecutor(1, "sqlite-write")  # one thread, so that writers of a process need no lock

    async def read(self, work: Work[ResultT]) -> ResultT:
        """The result of `work`, run on a reading thread in one snapshot."""
        return await self._run(self._readers, self._in_transaction, "BEGIN", work)

    async def write(self, work: Work[ResultT]) -> ResultT:
        """The result of `work`, run on the writing thread; all of it is stored or nothing."""
        return await self._run(self._writer, self._in_transaction, "BEGIN IMMEDIATE", work)

    async def close(self) -> None:
        """Finish pending work and close the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    @staticmethod
    async def _run(
        pool: ThreadPoolExecutor, run: Callable[[str, Work[ResultT]], ResultT], begin: str, work: Work[ResultT]
    ) -> ResultT:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, run, begin, work)
        except (sqlite3.Error, OSError) as exc:
            raise StorageUnavailableError(HISTORY_AWAY) from exc

    def _in_transaction(self, begin: str, work: Work[ResultT]) -> ResultT:
        connection = self._connection()
        connection.execute(begin)
        try:
            result = work(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return result

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with self._opening:
                connection = self._connect()
                self._connections.append(connection)
                if not self._ready:
                    _prepare(connection)
                    self._ready = True
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Created here, so that nobody else can read it even for a moment; SQLite gives its side files the same mode. An
        # existing file is never opened here: closing it would drop the locks of this process's other connections, and
        # another process could then delete the log that they write to.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a stored question survives a power cut too, for one more fsync (benchmarks/accounts.py).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


def time_text(ago: timedelta = timedelta()) -> str:
    """The time now, or some time ago, as every table has it: UTC with microseconds, so that sorting the text works."""
    return (datetime.now(UTC) - ago).isoformat(timespec="microseconds")


def _casefold(text: str | None) -> str | None:
    """SQLite's own `lower` only handles ASCII."""
    return text.casefold() if text is not None else None


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the tables, or upgrade those of an older version; the first process does it, once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            statements: tuple[str, ...] = SCHEMA
        else:
            newer = range(version + 1, SCHEMA_VERSION + 1)
            statements = tuple(statement for number in newer for statement in UPGRADES[number])
        for statement in statements:
            connection.execute(statement)
        if statements:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    if version > SCHEMA_VERSION:
        raise StorageUnavailableError("The accounts file was written by a newer version of this program.")
