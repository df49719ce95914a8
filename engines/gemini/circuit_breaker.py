"""When a model that keeps failing is left alone for a while. Called by `engines.gemini.llm`."""

import time
from collections.abc import Callable


class CircuitBreaker:
    """Counts failures in a row; after `failures` of them calls are refused for `rest_seconds`, then one may try."""

    def __init__(self, failures: int, rest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0  # the moment from which calls may try again

    def refuses_for(self) -> float:
        """Seconds for which calls are refused, 0 where one may go ahead; the one that tries keeps others out."""
        if self._failures < self._limit:
            return 0.0
        remaining = self._closed_at - self._clock()
        if remaining > 0:
            return remaining
        self._closed_at = self._clock() + self._rest_seconds
        return 0.0

    def succeeded(self) -> None:
        """The model answered."""
        self._failures = 0

    def failed(self) -> bool:
        """The model could not be reached, or was overloaded; whether calls are refused from now on."""
        self._failures += 1
        if self._failures >= self._limit:
            self._closed_at = self._clock() + self._rest_seconds
        return self._failures == self._limit
