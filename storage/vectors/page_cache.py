"""What reading and cutting a page gave, by a hash of all that it was made from; kept in SQLite beside the index.

A page that did not change is neither parsed nor cut again. What was not asked for in a month is forgotten.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from storage.settings import StorageSettings
from storage.vectors.cache_file import CacheFile

KEPT_DAYS = 30
_DAY_SECONDS = 86_400
_SCHEMA = """
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
    """Results by the digest of what they were made from; both are bytes to it."""

    def __init__(self, path: Path) -> None:
        self._file = CacheFile(path, _SCHEMA)
        self._today = int(time.time()) // _DAY_SECONDS
        self._stale: list[bytes] = []

    def get(self, made_from: bytes) -> bytes | None:
        """A result, None where it is not known."""
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
        """Note what was used, forget what was not for long, close the file."""
        if self._stale:
            rows = [(self._today, made_from) for made_from in self._stale]
            self._file.write(
                ("UPDATE results SET used_day = ? WHERE made_from = ?", rows),
                ("DELETE FROM results WHERE used_day < ?", [(self._today - KEPT_DAYS,)]),
            )
        self._file.close()
