"""Embeddings that were computed once: content hash → vector, for one model, kept in SQLite beside the index.

A builder asks here before it embeds, whichever engine the index is on. What was put survives a kill; a file that is
damaged is put aside, as everything in it can be computed again.
"""

import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

from storage.settings import StorageSettings
from storage.vectors.cache_file import CacheFile
from storage.vectors.spec import IndexSpec

_ASKED_AT_ONCE = 500  # SQLite's oldest limit of parameters is 999
_DAY_SECONDS = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    model TEXT NOT NULL,
    content TEXT NOT NULL,
    vector BLOB NOT NULL,
    used_day INTEGER NOT NULL,
    UNIQUE (model, content)
);
CREATE INDEX IF NOT EXISTS vectors_by_use ON vectors (used_day);
"""


def open_vector_cache(settings: StorageSettings, spec: IndexSpec) -> "VectorCache":
    """The cache in `DATA_DIR` for the passages of the model that the index is made with."""
    model = f"{spec.embed_model}|{spec.embed_weights}|{spec.dimensions}|{spec.passage_prefix}|{spec.chunk_tokens}"
    return VectorCache(settings.data_dir / "index" / "vectors.sqlite", model)


class VectorCache(AbstractContextManager["VectorCache"]):
    """Vectors of one model by the hash of what was embedded; float32, so that 100,000 of 384 dimensions take 170 MB."""

    def __init__(self, path: Path, model: str) -> None:
        self._model = model
        self._file = CacheFile(path, _SCHEMA)

    def get(self, contents: Sequence[str]) -> dict[str, list[float]]:
        """The vectors that are known, by content hash."""
        found: dict[str, list[float]] = {}
        today = int(time.time()) // _DAY_SECONDS
        for part in _parts(contents):
            marks = ",".join("?" * len(part))
            chosen = f"FROM vectors WHERE model = ? AND content IN ({marks})"
            for content, vector in self._file.rows(f"SELECT content, vector {chosen}", (self._model, *part)):
                found[content] = array("f", vector).tolist()
            stale = f"UPDATE vectors SET used_day = ? WHERE model = ? AND content IN ({marks}) AND used_day < ?"  # noqa: S608
            self._file.write((stale, [(today, self._model, *part, today)]))
        return found

    def put(self, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep vectors by content hash, all or none; those that are there stay."""
        today = int(time.time()) // _DAY_SECONDS
        rows = [(self._model, content, array("f", vector).tobytes(), today) for content, vector in vectors.items()]
        self._file.write(("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)", rows))

    def count(self) -> int:
        """How many vectors there are, of all models."""
        return int(sum(count for (count,) in self._file.rows("SELECT count(*) FROM vectors")))

    def prune(self, keep: int) -> int:
        """Take away all but the `keep` vectors that were used last, and say how many went."""
        unused = "SELECT rowid FROM vectors ORDER BY used_day DESC, rowid DESC LIMIT ?"
        gone = self._file.write((f"DELETE FROM vectors WHERE rowid NOT IN ({unused})", [(keep,)]))  # noqa: S608
        if gone:
            self._file.shrink()
        return gone

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _parts(contents: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(contents)
    while part := list(islice(rest, _ASKED_AT_ONCE)):
        yield part
