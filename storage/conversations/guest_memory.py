"""The recent turns of readers without an account, by conversation id: here in SQLite, for many machines in Redis.

The id is all that protects a conversation, so callers refuse ids that can be guessed. A memory is bounded in turns,
size and time, never listed, and deleted on demand. Called by `app.answer_streams`.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import orjson

from storage.errors import StorageUnavailableError

T = TypeVar("T")
Said = tuple[str, str, str | None]  # "user" or "assistant", the text, the selection that the turn was about

MAX_MESSAGES = 20
MAX_CHARACTERS = 20_000  # of all messages of a conversation together
_TIDY_SECONDS = 600.0
AWAY = "What was said before cannot be read just now."


class GuestMemory(Protocol):
    """The memory's protocol; its calls raise StorageUnavailableError if the store cannot be reached."""

    async def read(self, conversation_id: str) -> tuple[Said, ...]:
        """The messages, oldest first; none if the conversation is unknown or too old."""

    async def add(self, conversation_id: str, *said: Said) -> None:
        """Add a turn; the oldest turns are dropped above the limits."""

    async def forget(self, conversation_id: str) -> None:
        """Delete a conversation; has no effect if there is none."""

    async def close(self) -> None:
        """Close files and connections."""


class SqliteGuestMemory:
    """A memory in one file; all calls run in a thread of its own, in order."""

    def __init__(self, path: Path, hours: float) -> None:
        self._path = path
        self._seconds = hours * 3600
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="guest-memory")
        self._connection: sqlite3.Connection | None = None
        self._tidied = 0.0

    async def read(self, conversation_id: str) -> tuple[Said, ...]:
        """See GuestMemory."""
        return await self._run(lambda connection: self._read(connection, conversation_id))

    async def add(self, conversation_id: str, *said: Said) -> None:
        """See GuestMemory."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("begin immediate")  # another process may add a turn of the same conversation
            with connection:
                content = orjson.dumps(bounded((*self._read(connection, conversation_id), *said)))
                row = (conversation_id, content, time.time())
                connection.execute("insert or replace into said values (?, ?, ?)", row)
            self._tidy(connection)

        await self._run(work)

    async def forget(self, conversation_id: str) -> None:
        """See GuestMemory."""
        await self._run(lambda connection: connection.execute("delete from said where id = ?", (conversation_id,)))

    async def close(self) -> None:
        """See GuestMemory."""
        if self._connection is not None:
            await self._run(lambda connection: connection.close())
        self._thread.shutdown()

    def _read(self, connection: sqlite3.Connection, conversation_id: str) -> tuple[Said, ...]:
        oldest = time.time() - self._seconds
        row = connection.execute(
            "select content from said where id = ? and at > ?", (conversation_id, oldest)
        ).fetchone()
        return parsed(row[0]) if row else ()

    def _tidy(self, connection: sqlite3.Connection) -> None:
        if time.time() - self._tidied > _TIDY_SECONDS:
            self._tidied = time.time()
            connection.execute("delete from said where at <= ?", (self._tidied - self._seconds,))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._opened()))
        except sqlite3.Error as exc:
            raise StorageUnavailableError(AWAY) from exc

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self._path.chmod(0o600)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma secure_delete = on")
            connection.execute(
                "create table if not exists said (id text primary key, content blob not null, at real not null)"
            )
            self._connection = connection
        return self._connection


def bounded(said: tuple[Said, ...]) -> tuple[Said, ...]:
    """The newest messages within the limits; the last one is always kept."""
    kept: list[Said] = []
    left = MAX_CHARACTERS
    for role, text, selected in reversed(said[-MAX_MESSAGES:]):
        left -= len(text) + len(selected or "")
        if kept and left < 0:
            break
        kept.append((role, text[:MAX_CHARACTERS], selected))
    return tuple(reversed(kept))


def parsed(content: bytes) -> tuple[Said, ...]:
    """The messages that were stored as JSON."""
    return tuple((role, text, selected) for role, text, selected in orjson.loads(content))
