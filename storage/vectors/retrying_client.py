"""Calls to a Qdrant server: its errors are translated to the project's, and idempotent calls are retried."""

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any

from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from storage.errors import BookragError, ConfigurationError, IndexUnavailableError, NotFoundError

_REPEATABLE = frozenset(
    {
        *("collection_exists", "get_collection", "get_collections", "get_aliases"),
        *("count", "retrieve", "scroll", "query_batch_points"),
        *("upsert", "delete", "create_payload_index", "update_collection", "update_collection_aliases"),
    }
)
"""Idempotent calls."""

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0


class AlreadyThereError(IndexUnavailableError):
    """A collection of that name exists."""


def translate(exc: Exception) -> BookragError:
    """The project's error for an error of an engine or its client."""
    match exc:
        case BookragError():
            return exc
        case UnexpectedResponse(status_code=404):
            return NotFoundError(_said(exc))
        case UnexpectedResponse(status_code=409):
            return AlreadyThereError(_said(exc))
        case UnexpectedResponse(status_code=401 | 403):
            return ConfigurationError(f"The Qdrant server refuses the key: check QDRANT_API_KEY. It says: {_said(exc)}")
        case UnexpectedResponse():
            return IndexUnavailableError(f"The vector index refused a request: {_said(exc)}")
        case ResponseHandlingException():
            return IndexUnavailableError(f"The Qdrant server does not answer: {exc.source!r}")
        case ResourceExhaustedResponse():
            return IndexUnavailableError("The Qdrant server has too much to do.")
    return IndexUnavailableError(f"The vector index failed: {type(exc).__name__}: {exc}")


def _said(exc: UnexpectedResponse) -> str:
    try:
        status = exc.structured()["status"]
        return str(status["error"] if isinstance(status, dict) else status)
    except (ValueError, KeyError, TypeError):
        return f"{exc.status_code} {exc.reason_phrase}"


def _pause_seconds(exc: Exception, attempt: int) -> float | None:
    """How long to wait before the next attempt; None if it would fail the same way."""
    if isinstance(exc, ResourceExhaustedResponse):
        return float(min(exc.retry_after_s, _LONGEST_PAUSE_SECONDS))
    passing = isinstance(exc, ResponseHandlingException) or (
        isinstance(exc, UnexpectedResponse) and (exc.status_code or 0) in {429, 500, 502, 503, 504}
    )
    if not passing:
        return None
    longest: float = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the attempts of many clients


class Guarded:
    """A `QdrantClient` for builders, which waits for a server that does not answer."""

    def __init__(self, client: Any, retries: int) -> None:
        self._client = client
        self._retries = retries

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return functools.partial(self._call, name)

    def upload_points(self, collection_name: str, points: Iterable[Any], batch_size: int = 64, **_: Any) -> None:
        """Write points in batches, each of which is retried on its own."""
        rest = iter(points)
        while batch := list(islice(rest, batch_size)):
            self.upsert(collection_name=collection_name, points=batch, wait=True)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        attempt = 0
        while True:
            try:
                return getattr(self._client, name)(*args, **kwargs)
            except Exception as exc:
                pause = _pause_seconds(exc, attempt) if name in _REPEATABLE else None
                if pause is None or attempt >= self._retries:
                    raise translate(exc) from exc
            time.sleep(pause)
            attempt += 1


class AsyncGuarded:
    """An `AsyncQdrantClient` for waiting readers: it retries at most once.

    A call may take `seconds`, with its retry and pause; None: as long as the client itself allows.
    """

    def __init__(self, client: Any, retries: int = 1, seconds: float | None = None) -> None:
        self._client = client
        self._retries = retries
        self._seconds = seconds

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return functools.partial(self._call, name)

    async def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                return await self._repeated(name, *args, **kwargs)
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise IndexUnavailableError(f"The Qdrant server did not answer within {self._seconds:g} s.") from exc

    async def _repeated(self, name: str, *args: Any, **kwargs: Any) -> Any:
        attempt = 0
        while True:
            try:
                return await getattr(self._client, name)(*args, **kwargs)
            except Exception as exc:
                pause = _pause_seconds(exc, attempt) if name in _REPEATABLE else None
                if pause is None or attempt >= self._retries:
                    raise translate(exc) from exc
            await asyncio.sleep(pause)
            attempt += 1
