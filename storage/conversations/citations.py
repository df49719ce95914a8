"""How often stored answers cite each address of the book; the plan of a rebuild lists the links that would break.

Called by the command line, beside a running server. Only the local history can be counted: in Supabase row-level
security shows each reader their own, and a build has no reader's token.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from urllib.parse import unquote, urlsplit

from storage.settings import StorageSettings
from storage.sqlite import BUSY_TIMEOUT_SECONDS, DATABASE_NAME

# An unfinished answer does not say which of its sources it cites: all of them count, since all were shown.
_COUNT = """
SELECT json_extract(source.value, '$.url') AS url, count(*)
FROM messages, json_each(messages.sources) AS source
WHERE url IS NOT NULL AND coalesce(json_extract(source.value, '$.cited'), 1)
GROUP BY url
"""


def count_citations(settings: StorageSettings, origins: Iterable[str] = ()) -> Mapping[str, int] | None:
    """Address (`/docs/intro#setup`, decoded, without origin) → number of citations; None if that cannot be known.

    Addresses at one of `origins`, where languages have a site of their own, keep the origin: elsewhere the same path is
    another page.
    """
    if settings.supabase_url:
        return None
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return {}
    counts: Counter[str] = Counter()
    kept = frozenset(origin.rstrip("/").lower() for origin in origins)
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_SECONDS)
        with closing(database):
            for url, count in database.execute(_COUNT):
                counts[_address(str(url), kept)] += count
    except sqlite3.Error:  # locked for too long, or not a history of ours
        return None
    return counts


def _address(url: str, kept: Collection[str]) -> str:
    parts = urlsplit(url)
    path = unquote(f"{parts.path}#{parts.fragment}" if parts.fragment else parts.path)
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin.lower() + path if origin.lower() in kept else path
