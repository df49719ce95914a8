"""How far the time of day was moved while the process runs, by hand, by NTP or with a virtual machine."""

import time


class ClockShift:
    """Compares the time of day with the clock that counts since the machine started, which nothing moves."""

    def __init__(self) -> None:
        self._begun = _ahead()

    def seconds(self) -> float:
        """Seconds that the time of day was moved since this was made; below zero where it was set back."""
        return _ahead() - self._begun


def _ahead() -> float:
    return time.time() - time.monotonic()
