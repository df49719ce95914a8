"""A SQLite file of what can be computed again: one that is damaged is put aside and begun anew, whenever it shows."""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.errors import StorageUnavailableError

_log = logging.getLogger(__name__)

Statement = tuple[str, Sequence[Sequence[Any]]]
"""SQL, and the rows that it is executed with, one after the other."""


class CacheFile:
    """One file, used by one builder; its threads take turns."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._connect()
        except (OSError, sqlite3.OperationalError) as exc:
            raise StorageUnavailableError(f"The cache {path} cannot be opened: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            self._put_aside(exc)
            self._database = self._connect()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives; nothing where the file turns out to be damaged. Raises StorageUnavailableError."""
        try:
            return self._database.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as exc:
            raise StorageUnavailableError(f"The cache {self._path} cannot be read: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            self._begin_anew(exc)
            return []

    def write(self, *statements: Statement) -> int:
        """Execute in one transaction, all or nothing; the number of rows that changed. Raises StorageUnavailableError.

        Where the file turns out to be damaged, they are executed in the one that takes its place.
        """
        try:
            return self._execute(statements)
        except sqlite3.OperationalError as exc:
            raise StorageUnavailableError(f"The cache {self._path} cannot be written: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            self._begin_anew(exc)
            return self._execute(statements)

    def shrink(self) -> None:
        """Give the room of what was deleted back to the disk."""
        self.rows("VACUUM")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _execute(self, statements: Iterable[Statement]) -> int:
        changed = 0
        with self._database:
            for statement, rows in statements:
                changed += self._database.executemany(statement, rows).rowcount
        return changed

    def _begin_anew(self, exc: sqlite3.DatabaseError) -> None:
        self._database.close()
        self._put_aside(exc)
        self._database = self._connect()

    def _put_aside(self, exc: sqlite3.DatabaseError) -> None:
        aside = self._path.with_suffix(".damaged")
        _log.warning("The cache %s is damaged (%s); it is put aside as %s and begun anew.", self._path, exc, aside.name)
        self._path.replace(aside)
        for rest in ("-wal", "-shm"):
            self._path.with_name(self._path.name + rest).unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        # Threads take turns with the builder's: embedding in one, writing in another.
        database = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        try:
            with closing(database.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("PRAGMA synchronous = NORMAL")
                cursor.executescript(self._schema)
        except BaseException:
            database.close()
            raise
        return database
