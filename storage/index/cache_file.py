"""A SQLite file of what can be computed again: one that is damaged is put aside and begun anew."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.errors import StorageUnavailableError

_log = logging.getLogger(__name__)


def open_cache_file(path: Path, schema: str) -> sqlite3.Connection:
    """The file with the tables of `schema`; raises StorageUnavailableError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path, schema)
    except OSError as exc:
        raise StorageUnavailableError(f"The cache {path} cannot be opened: {exc}") from exc
    except sqlite3.DatabaseError as exc:
        if isinstance(exc, sqlite3.OperationalError):
            raise StorageUnavailableError(f"The cache {path} cannot be opened: {exc}") from exc
        aside = path.with_suffix(".damaged")
        _log.warning("The cache %s is damaged (%s); it is put aside as %s and begun anew.", path, exc, aside.name)
        path.replace(aside)
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        return _connect(path, schema)


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """One transaction, all or nothing; raises StorageUnavailableError where it cannot be written."""
    try:
        with database:
            yield
    except sqlite3.Error as exc:
        raise StorageUnavailableError(f"A cache in DATA_DIR/index cannot be written: {exc}") from exc


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    # Threads take turns with the builder's: embedding in one, writing in another.
    database = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        with closing(database.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.executescript(schema)
    except BaseException:
        database.close()
        raise
    return database
