"""The log of running answers in SQLite, shared by the worker processes of one machine.

Times are those of the monotonic clock, which counts from the machine's start: all processes share it, and setting the
time of day does not change it. Times written before a restart lie in the future and count as old.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from storage.errors import StorageUnavailableError
from storage.running_answers.store import (
    DEAD_AFTER_SECONDS,
    KEEP_SECONDS,
    SIGNAL_SECONDS,
    AnswerKey,
    LoggedAnswer,
    Progress,
    Signal,
    Signals,
    progress_of,
)

T = TypeVar("T")

TIDY_SECONDS = 10.0
_TAKEN = 2  # `ended` of an answer whose process died, once another process has stored what there was of it

_SCHEMA = """
create table if not exists answers (
    id text primary key,
    conversation_id text not null,
    owner text not null,
    request_key text,
    begun real not null,
    alive real not null,
    ended integer not null default 0
);
create index if not exists answers_by_conversation on answers (conversation_id, begun);
create unique index if not exists answers_by_request on answers (conversation_id, owner, request_key);
create table if not exists frames (
    answer_id text not null references answers (id) on delete cascade,
    number integer not null,
    data blob not null,
    primary key (answer_id, number)
) without rowid;
create table if not exists signals (
    answer_id text not null references answers (id) on delete cascade,
    signal text not null,
    said real not null,
    primary key (answer_id, signal)
) without rowid;
create table if not exists turns (
    place text primary key,
    holder text not null,
    until real not null
) without rowid;
"""

_SELECT = "select id, conversation_id, owner, request_key, ended, alive from answers"


class SqliteRunningAnswers:
    """A log in one file; all calls run in order in one thread."""

    def __init__(self, path: Path, *, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> None:
        self._dead_after_seconds = dead_after_seconds
        path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answer-log")
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._tidied = -TIDY_SECONDS  # when old answers were last deleted
        self._numbers: dict[str, int] = {}  # the next frame's number of the answers that this process writes

    async def begin(self, key: AnswerKey) -> LoggedAnswer | None:
        """See RunningAnswers."""
        return await self._run(lambda connection: self._begin(connection, key))

    def _begin(self, connection: sqlite3.Connection, key: AnswerKey) -> LoggedAnswer | None:
        now = time.monotonic()
        connection.execute("begin immediate")  # what is read here must still be true when it is written
        if now > self._tidied + TIDY_SECONDS:
            self._tidied = now
            old = (now - KEEP_SECONDS, now + KEEP_SECONDS)
            connection.execute("delete from answers where alive not between ? and ? and ended != 0", old)
            connection.execute("delete from turns where until not between ? and ?", (now, now + KEEP_SECONDS))
        row = connection.execute(
            f"{_SELECT} where id = ? or (conversation_id = ? and owner = ? and request_key = ?)",
            (key.answer_id, key.conversation_id, key.owner, key.request_key),
        ).fetchone()
        earlier = self._logged(row) if row else None
        if earlier and (earlier.running or earlier.ended):
            return earlier
        if earlier:  # its process died, and this one writes it again
            connection.execute("delete from answers where id = ?", (earlier.key.answer_id,))
        connection.execute(
            "insert into answers (id, conversation_id, owner, request_key, begun, alive) values (?, ?, ?, ?, ?, ?)",
            (key.answer_id, key.conversation_id, key.owner, key.request_key, now, now),
        )
        self._numbers[key.answer_id] = 0
        return earlier

    async def append(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        """See RunningAnswers."""
        await self._run(lambda connection: self._append(connection, frames))

    def _append(self, connection: sqlite3.Connection, frames: Mapping[str, Sequence[bytes]]) -> None:
        rows = []
        for answer_id, added in frames.items():
            first = self._numbers.get(answer_id, 0)
            rows += [(answer_id, first + offset, frame) for offset, frame in enumerate(added)]
        # An answer that could not be begun has no row: it is left out and does not block the others.
        connection.executemany(
            "insert into frames (answer_id, number, data) select ?1, ?2, ?3"
            " where exists (select 1 from answers where id = ?1)",
            rows,
        )
        connection.commit()  # counted only once they are written
        for answer_id, added in frames.items():
            self._numbers[answer_id] = self._numbers.get(answer_id, 0) + len(added)

    async def end(self, answer_ids: Sequence[str]) -> None:
        """See RunningAnswers."""

        def mark(connection: sqlite3.Connection) -> None:
            now = time.monotonic()
            rows = [(now, answer_id) for answer_id in answer_ids]
            connection.executemany("update answers set ended = 1, alive = ? where id = ?", rows)
            connection.executemany("delete from signals where answer_id = ?", [(name,) for name in answer_ids])
            for answer_id in answer_ids:
                self._numbers.pop(answer_id, None)

        await self._run(mark)

    async def find(self, conversation_id: str, owner: str, request_key: str | None = None) -> LoggedAnswer | None:
        """See RunningAnswers."""

        def newest(connection: sqlite3.Connection) -> LoggedAnswer | None:
            query = f"{_SELECT} where conversation_id = ? and owner = ?"
            values = [conversation_id, owner]
            if request_key is not None:
                query, values = f"{query} and request_key = ?", [*values, request_key]
            row = connection.execute(f"{query} order by rowid desc limit 1", values).fetchone()
            return self._logged(row) if row else None

        return await self._run(newest)

    async def read(self, answer_id: str, after: int) -> tuple[list[bytes], Progress]:
        """See RunningAnswers."""

        def behind(connection: sqlite3.Connection) -> tuple[list[bytes], Progress]:
            # First the state, then the frames: an answer that ends in between is read once more.
            row = connection.execute(f"{_SELECT} where id = ?", (answer_id,)).fetchone()
            query = "select data from frames where answer_id = ? and number >= ? order by number"
            frames = [data for (data,) in connection.execute(query, (answer_id, after))]
            return frames, progress_of(self._logged(row) if row else None)

        return await self._run(behind)

    async def acquire(self, place: str, holder: str, seconds: float) -> bool:
        """See RunningAnswers."""

        def take(connection: sqlite3.Connection) -> bool:
            now = time.monotonic()
            taken = connection.execute(
                "insert into turns (place, holder, until) values (?1, ?2, ?3 + ?4) on conflict (place) do update"
                " set holder = excluded.holder, until = excluded.until where until not between ?3 and ?3 + 2 * ?4",
                (place, holder, now, seconds),
            )
            return taken.rowcount > 0

        return await self._run(take)

    async def release(self, place: str, holder: str) -> None:
        """See RunningAnswers."""
        query = "delete from turns where place = ? and holder = ?"
        await self._run(lambda connection: connection.execute(query, (place, holder)))

    async def signal(self, answer_id: str, signal: Signal) -> None:
        """See RunningAnswers."""
        query = (
            "insert into signals (answer_id, signal, said) select id, ?, ? from answers where id = ? and ended = 0"
            " on conflict (answer_id, signal) do update set said = excluded.said"
        )
        await self._run(lambda connection: connection.execute(query, (signal, time.monotonic(), answer_id)))

    async def heartbeat(self, answer_ids: Sequence[str]) -> Mapping[str, Signals]:
        """See RunningAnswers."""

        def beat(connection: sqlite3.Connection) -> Mapping[str, Signals]:
            now = time.monotonic()
            rows = [(now, answer_id) for answer_id in answer_ids]
            connection.executemany("update answers set alive = ? where id = ?", rows)
            # There are few: they are deleted when their answer ends.
            query = "select answer_id, signal from signals where signal = 'stop' or said between ? and ?"
            said: dict[str, set[str]] = {}
            for answer_id, signal in connection.execute(query, (now - SIGNAL_SECONDS, now + SIGNAL_SECONDS)):
                said.setdefault(answer_id, set()).add(signal)
            wanted = said.keys() & set(answer_ids)
            return {name: Signals(**dict.fromkeys(said[name], True)) for name in wanted}

        return await self._run(beat)

    async def take_lost(self) -> Sequence[tuple[AnswerKey, list[bytes]]]:
        """See RunningAnswers."""

        def take(connection: sqlite3.Connection) -> list[tuple[AnswerKey, list[bytes]]]:
            now = time.monotonic()
            # Another process may have written a time that is later than `now`.
            rows = connection.execute(
                "update answers set ended = ? where ended = 0 and alive not between ? and ?"
                " returning id, conversation_id, owner, request_key",
                (_TAKEN, now - self._dead_after_seconds, now + self._dead_after_seconds),
            ).fetchall()
            query = "select data from frames where answer_id = ? order by number"
            return [(AnswerKey(*row), [data for (data,) in connection.execute(query, row[:1])]) for row in rows]

        return await self._run(take)

    async def close(self) -> None:
        """See RunningAnswers."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    async def _run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transaction, call)

    def _transaction(self, call: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._connection or self._open()
            with connection:
                return call(connection)
        except sqlite3.Error as exc:
            raise StorageUnavailableError("The log of running answers cannot be used now.") from exc

    def _open(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600, exist_ok=True)  # it holds what readers are being told
        connection = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
        connection.execute("pragma journal_mode = wal")
        # A power cut may lose what readers could resume for a quarter of an hour; history is kept elsewhere.
        connection.execute("pragma synchronous = off")
        connection.execute("pragma foreign_keys = on")
        connection.executescript(_SCHEMA)
        self._connection = connection
        return connection

    def _logged(self, row: tuple[str, str, str, str | None, int, float]) -> LoggedAnswer:
        answer_id, conversation_id, owner, request_key, ended, alive = row
        key = AnswerKey(answer_id, conversation_id, owner, request_key)
        running = not ended and abs(time.monotonic() - alive) < self._dead_after_seconds
        return LoggedAnswer(key, running=running, ended=ended == 1, taken=ended == _TAKEN)
