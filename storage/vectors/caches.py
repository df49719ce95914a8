"""What a rebuild does not compute again, in SQLite files beside the index: parsed pages and embeddings.

`PageCache` keeps the results of reading and chunking a page, by a digest of all that they depend on: the input, and the
source of the code that made them. `VectorCache` keeps embeddings by model and content hash, whichever engine holds the
index. Both drop what was not used for `KEPT_DAYS`. What was put survives a kill. A damaged file is set aside and a new
one begun.
"""

import hashlib
import logging
import sqlite3
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from storage.errors import StorageUnavailableError
from storage.settings import StorageSettings
from storage.vectors.build_record import IndexSpec

_log = logging.getLogger(__name__)

T = TypeVar("T")
Statement = tuple[str, Sequence[Sequence[Any]]]
"""SQL, and the rows of parameters with which it is executed, one after the other."""


class CacheFile:
    """One SQLite file, used by one builder, whose threads take turns."""

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
        """The rows of a query; none if the file turns out to be damaged. Raises StorageUnavailableError."""
        try:
            return self._database.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as exc:
            raise StorageUnavailableError(f"The cache {self._path} cannot be read: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            self._begin_anew(exc)
            return []

    def write(self, *statements: Statement) -> None:
        """Execute in one transaction, all or nothing. Raises StorageUnavailableError.

        If the file turns out to be damaged, the statements are executed in the one that replaces it.
        """
        try:
            self._execute(statements)
        except sqlite3.OperationalError as exc:
            raise StorageUnavailableError(f"The cache {self._path} cannot be written: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            self._begin_anew(exc)
            self._execute(statements)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _execute(self, statements: Iterable[Statement]) -> None:
        with self._database:
            for statement, rows in statements:
                self._database.executemany(statement, rows)

    def _begin_anew(self, exc: sqlite3.DatabaseError) -> None:
        self._database.close()
        self._put_aside(exc)
        self._database = self._connect()

    def _put_aside(self, exc: sqlite3.DatabaseError) -> None:
        aside = self._path.with_suffix(".damaged")
        _log.warning("The cache %s is damaged (%s); it is set aside as %s and begun anew.", self._path, exc, aside.name)
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


KEPT_DAYS = 30
_DAY_SECONDS = 86_400
_PAGES = """
CREATE TABLE IF NOT EXISTS results (
    made_from BLOB PRIMARY KEY,
    result BLOB NOT NULL,
    used_day INTEGER NOT NULL
) WITHOUT ROWID;
"""


def open_page_cache(settings: StorageSettings) -> "PageCache":
    """The cache in `DATA_DIR`."""
    return PageCache(settings.data_dir / "index" / "pages.sqlite")


class PageCache(AbstractContextManager["PageCache"]):
    """Results by the digest of what they were made from, both as bytes."""

    def __init__(self, path: Path) -> None:
        self._file = CacheFile(path, _PAGES)
        self._today = int(time.time()) // _DAY_SECONDS
        self._stale: list[bytes] = []

    def get(self, made_from: bytes) -> bytes | None:
        """A result, or None."""
        found = self._file.rows("SELECT result, used_day FROM results WHERE made_from = ?", (made_from,))
        if not found:
            return None
        result, used_day = found[0]
        if used_day < self._today:
            self._stale.append(made_from)
        return bytes(result)

    def put(self, results: Mapping[bytes, bytes]) -> None:
        """Keep results, all or none."""
        rows = [(made_from, result, self._today) for made_from, result in results.items()]
        self._file.write(("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows))

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Record what was used, delete what has not been used for long, close the file."""
        if self._stale:
            rows = [(self._today, made_from) for made_from in self._stale]
            self._file.write(
                ("UPDATE results SET used_day = ? WHERE made_from = ?", rows),
                ("DELETE FROM results WHERE used_day < ?", [(self._today - KEPT_DAYS,)]),
            )
        self._file.close()


class PageResults(Generic[T]):
    """The results of one type in a `PageCache`; without a cache there are none."""

    def __init__(self, cache: PageCache | None, kind: type[T], code: bytes) -> None:
        """`code`: a digest of the code that makes them, as `code_digest` gives it."""
        self._cache = cache
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)
        self._code = code
        self._new: dict[bytes, bytes] = {}

    def key(self, made_from: object) -> bytes | None:
        """The key of a result; None if there is no cache, or if the input holds text that cannot be encoded."""
        if self._cache is None:
            return None
        try:
            values = orjson.dumps(made_from)
        except TypeError:  # half of a surrogate pair
            return None
        return hashlib.sha256(self._code + values).digest()

    def get(self, key: bytes | None) -> T | None:
        """A cached result, or None."""
        known = self._cache.get(key) if self._cache and key else None
        if known is None:
            return None
        try:
            return self._adapter.validate_json(known)
        except ValidationError:  # the file was tampered with
            return None

    def keep(self, key: bytes | None, result: T) -> None:
        """Keep a result; `save` writes it."""
        if key is None:
            return
        try:
            self._new[key] = orjson.dumps(result)
        except TypeError:
            return

    def save(self) -> None:
        """Write the results that were kept."""
        if self._cache and self._new:
            self._cache.put(self._new)
            self._new = {}


@lru_cache
def code_digest(folder: Path, files: str, packages: tuple[str, ...]) -> bytes:
    """A digest of the files in `folder` that match a pattern, and of the versions of the packages that they use."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in packages]).encode())
    for path in sorted({path for pattern in files.split() for path in folder.glob(pattern)}):
        digest.update(path.read_bytes())
    return digest.digest()


_ASKED_AT_ONCE = 500  # SQLite's oldest limit of parameters is 999
_EMBEDDINGS = """
CREATE TABLE IF NOT EXISTS vectors (
    model TEXT NOT NULL,
    content TEXT NOT NULL,
    vector BLOB NOT NULL,
    used_day INTEGER NOT NULL, -- the day on which it was made
    UNIQUE (model, content)
);
"""
_DROP_OLD = """
DELETE FROM vectors WHERE used_day < ? AND NOT (model = ? AND content IN (SELECT value FROM json_each(?)))
"""


def open_vector_cache(settings: StorageSettings, spec: IndexSpec) -> "VectorCache":
    """The cache in `DATA_DIR` for the passages of the model that the index is made with."""
    model = f"{spec.embed_model}|{spec.embed_weights}|{spec.dimensions}|{spec.passage_prefix}|{spec.chunk_tokens}"
    return VectorCache(settings.data_dir / "index" / "vectors.sqlite", model)


class VectorCache(AbstractContextManager["VectorCache"]):
    """Vectors of one model by the hash of what was embedded; float32, so that 100,000 of 384 dimensions take 170 MB."""

    def __init__(self, path: Path, model: str) -> None:
        self._model = model
        self._file = CacheFile(path, _EMBEDDINGS)

    def get(self, contents: Sequence[str]) -> dict[str, list[float]]:
        """The cached vectors, by content hash."""
        found: dict[str, list[float]] = {}
        for part in _parts(contents):
            marks = ",".join("?" * len(part))
            query = f"SELECT content, vector FROM vectors WHERE model = ? AND content IN ({marks})"  # noqa: S608
            for content, vector in self._file.rows(query, (self._model, *part)):
                found[content] = array("f", vector).tolist()
        return found

    def put(self, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep vectors by content hash, all or none; existing ones are not replaced."""
        today = int(time.time()) // _DAY_SECONDS
        rows = [(self._model, content, array("f", vector).tobytes(), today) for content, vector in vectors.items()]
        self._file.write(("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)", rows))

    def drop_old(self, used: Iterable[str]) -> None:
        """Delete vectors older than `KEPT_DAYS` that are not in `used`: texts of earlier builds, other models."""
        before = int(time.time()) // _DAY_SECONDS - KEPT_DAYS
        self._file.write((_DROP_OLD, [(before, self._model, orjson.dumps(list(used)).decode())]))

    def count(self) -> int:
        """How many vectors there are, of all models."""
        return int(sum(count for (count,) in self._file.rows("SELECT count(*) FROM vectors")))

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _parts(contents: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(contents)
    while part := list(islice(rest, _ASKED_AT_ONCE)):
        yield part
