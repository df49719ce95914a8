"""How often stored answers cite each address of the book: for the plan of a rebuild, which tells what would break.

Called by the command line, beside a running server. Only the local history can be counted: in Supabase row-level
security shows each reader their own, and a build has no reader's token.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import unquote, urlsplit

from storage.settings import StorageSettings
from storage.sqlite import BUSY_TIMEOUT_SECONDS, DATABASE_NAME

# An answer that was not written to its end does not say which of its sources it cites: all of them were shown.
_COUNT = """
SELECT json_extract(source.value, '$.url') AS url, count(*)
FROM messages, json_each(messages.sources) AS source
WHERE url IS NOT NULL AND coalesce(json_extract(source.value, '$.cited'), 1)
GROUP BY url
"""


def count_citations(settings: StorageSettings) -> Mapping[str, int] | None:
    """Address, `/docs/intro#setup`, not encoded and without its origin → citations; None where they cannot be known."""
    if settings.supabase_url:
        return None
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return {}
    counts: Counter[str] = Counter()
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_SECONDS)
        with closing(database):
            for url, count in database.execute(_COUNT):
                counts[_address(str(url))] += count
    except sqlite3.Error:  # locked for long, or no history of ours
        return None
    return counts


def _address(url: str) -> str:
    parts = urlsplit(url)
    return unquote(f"{parts.path}#{parts.fragment}" if parts.fragment else parts.path)
