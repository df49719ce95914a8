"""Every chunk of a build, read page by page, so that memory stays bounded; called by builders."""

from collections.abc import Iterator, Sequence
from typing import Any

_AT_ONCE = 1_000


def scroll(client: Any, build: str, keys: Sequence[str], *, vectors: Sequence[str] = ()) -> Iterator[list[Any]]:
    """The engine's records with these keys of their payload and these vectors, in no order, page by page."""
    offset = None
    while True:
        records, offset = client.scroll(
            build, limit=_AT_ONCE, offset=offset, with_payload=list(keys), with_vectors=list(vectors) or False
        )
        yield records
        if offset is None:
            return
