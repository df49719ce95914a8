"""Progress on standard error: a bar with an estimate on a terminal, a plain line every few seconds in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from app.cli.output import error_console
from indexing.progress import Progress, Silent

LINE_EVERY_SECONDS = 5.0


class _Bars:
    """A bar for each stage."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._task: int | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        self._end()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, steps)  # type: ignore[arg-type]  # rich's TaskID is an int

    def _end(self) -> None:
        for task in self._bars.tasks:
            if not task.finished:
                self._bars.update(task.id, total=task.completed or 1, completed=task.completed or 1)


class _Lines:
    """A line when a stage begins, and one every few seconds with the share done and the time left."""

    def __init__(self) -> None:
        self._name, self._total, self._done = "", 0, 0
        self._started = self._said = time.monotonic()

    def stage(self, name: str, total: int | None = None) -> None:
        self._name, self._total, self._done = name, total or 0, 0
        self._started = self._said = time.monotonic()
        self._say(f"{name}" + (f": {total}" if total else ""))

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        if self._total and self._done and now - self._said >= LINE_EVERY_SECONDS:
            self._said = now
            left = (now - self._started) / self._done * (self._total - self._done)
            self._say(f"{self._name}: {self._done} of {self._total}, about {left:.0f} s left")

    def _say(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def shown_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Progress as it fits where standard error goes."""
    console = error_console()
    if quiet:
        yield Silent()
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with RichProgress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bars:
            yield _Bars(bars)
    else:
        yield _Lines()
