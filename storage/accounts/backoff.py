"""Leaves Supabase Auth alone for a while after it refused a call for its limits."""

import time

from cachetools import LRUCache

from storage.errors import TooManyRequestsError
from storage.supabase_errors import Route

LONGEST_BACKOFF_SECONDS = 60
REMEMBERED = 10_000


class Backoff:
    """How long a reader's address waits after Auth refused a call for its limits; doubles while it goes on."""

    def __init__(self) -> None:
        self._refusals: LRUCache[tuple[Route, str], tuple[int, float]] = LRUCache(REMEMBERED)

    def require(self, route: Route, address: str) -> None:
        """Raise TooManyRequestsError while it is too early; a refresh is always passed on."""
        _, until = self._refusals.get((route, address)) or (0, 0.0)
        wait = until - time.monotonic()
        if wait > 0 and route != "refresh":
            raise TooManyRequestsError("Too many attempts. Please wait a little.", int(wait) + 1)

    def refused(self, route: Route, address: str, error: TooManyRequestsError) -> TooManyRequestsError:
        """The error with the time to wait: what Auth says, or what has been doubled."""
        count, _ = self._refusals.get((route, address)) or (0, 0.0)
        seconds = error.retry_after_seconds or min(LONGEST_BACKOFF_SECONDS, 2 ** min(count + 1, 10))
        self._refusals[route, address] = (count + 1, time.monotonic() + seconds)
        return TooManyRequestsError(str(error), seconds)

    def succeeded(self, route: Route, address: str) -> None:
        """Begin anew."""
        self._refusals.pop((route, address), None)
