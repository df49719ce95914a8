"""Caches the result of parsing or chunking a page, so that a rebuild repeats it only for changed pages.

A result's key is a digest of all that it depends on: its input, and the source of the code that made it.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from storage.vectors.caches import PageCache

T = TypeVar("T")

_PACKAGES = (
    "markdown-it-py",
    "mdit-py-plugins",
    "tree-sitter",
    "tree-sitter-javascript",
    "tree-sitter-typescript",
    "tokenizers",
)
_FOLDER = Path(__file__).parent


class Memory(Generic[T]):
    """A cache of results of one type; without a `PageCache` it is always empty."""

    def __init__(self, cache: PageCache | None, kind: type[T], code: str) -> None:
        """`code`: a pattern of the files below this package that the results depend on."""
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
        return hashlib.sha256(code_digest(self._code) + values).digest()

    def recall(self, key: bytes | None) -> T | None:
        """A cached result, None if there is none."""
        known = self._cache.get(key) if self._cache and key else None
        if known is None:
            return None
        try:
            return self._adapter.validate_json(known)
        except ValidationError:  # of a file that was tampered with
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
def code_digest(pattern: str) -> bytes:
    """A digest of the source files that match, and of the versions of the packages that parse and count."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in _PACKAGES]).encode())
    for path in _files(pattern):
        digest.update(path.read_bytes())
    return digest.digest()


def _files(pattern: str) -> Iterable[Path]:
    return sorted({path for part in pattern.split() for path in _FOLDER.glob(part)})
