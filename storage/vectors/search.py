"""What a search in the index takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from qdrant_client import models

from storage.vectors import payload


@dataclass(frozen=True, slots=True)
class SparseQuery:
    """A query of `storage.vectors.bm25`: token ids and their weights."""

    indices: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class ChunkFilter:
    """Which chunks may be found; None means any."""

    locale: str | None = None
    version: str | None = None
    latest: bool | None = None
    url: str | None = None
    section: int | None = None
    url_prefix: str | None = None  # as a string: `/docs/arm` finds `/docs/arms` as well; end it with `/`

    def within(self, book: Mapping[str, str]) -> "ChunkFilter":
        """The same without what every chunk of the book passes: two conditions are a quarter of a query's time."""
        locale = None if book.get("locales") == self.locale else self.locale
        version = None if book.get("versions") == self.version else self.version
        one_version = bool(book.get("versions")) and "," not in book["versions"]  # which is the latest
        latest = None if self.latest and one_version else self.latest
        if (locale, version, latest) == (self.locale, self.version, self.latest):
            return self
        return replace(self, locale=locale, version=version, latest=latest)

    @lru_cache(maxsize=1024)  # noqa: B019 - its key is a value of a few strings
    def to_qdrant(self) -> models.Filter | None:
        """The filter in the engine's terms; None where anything may be found."""
        wanted: dict[str, str | bool | int | None] = {
            payload.LOCALE: self.locale,
            payload.VERSION: self.version,
            payload.LATEST: self.latest,
            payload.URL: self.url,
            payload.SECTION: self.section,
        }
        must: list[Any] = [
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in wanted.items()
            if value is not None
        ]
        if self.url_prefix is not None:
            prefix = models.MatchPrefix(prefix=self.url_prefix)
            must.append(models.FieldCondition(key=payload.URL, match=prefix))
        return models.Filter(must=must) if must else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, and the page that the reader is on where the index has it."""

    filters: ChunkFilter
    page: ChunkFilter | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Two ranked lists of (chunk id, score), best first: cosine in −1..1, BM25 from 0; and their build."""

    dense: list[tuple[str, float]]
    sparse: list[tuple[str, float]]
    build: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it was indexed; `metadata` has the keys of `storage.vectors.payload`."""

    id: str
    text: str
    metadata: dict[str, Any]
