"""Progress on standard error: a bar with an estimate on a terminal, a plain line every few seconds in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from app.cli.output import error_console
from indexing.progress import Progress, Silent

LINE_EVERY_SECONDS = 5.0
MEASURED_SHARE = 0.1  # of a stage, before its end is estimated: its first steps may wait for a model to load


class _TimeLeft(TimeRemainingColumn):
    """No estimate before enough is done."""

    def render(self, task: Task) -> Text:
        if task.total is None or task.completed < task.total * MEASURED_SHARE:
            return Text("-:--:--", style="progress.remaining")
        return super().render(task)


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
        self._said = time.monotonic()
        self._first: tuple[float, int] | None = None  # when the first steps were done, and how many

    def stage(self, name: str, total: int | None = None) -> None:
        self._name, self._total, self._done, self._first = name, total or 0, 0, None
        self._said = time.monotonic()
        self._say(f"{name}" + (f": {total}" if total else ""))

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        # The speed is measured after the first steps, which wait for a model to load or come from a cache.
        self._first = self._first or (now, self._done)
        if self._total and self._done and now - self._said >= LINE_EVERY_SECONDS:
            self._said = now
            self._say(f"{self._name}: {self._done} of {self._total}{self._left(now, *self._first)}")

    def _left(self, now: float, first_at: float, first: int) -> str:
        measured = self._done - first
        if measured < max(1, MEASURED_SHARE * self._total):
            return ""
        return f", about {(now - first_at) / measured * (self._total - self._done):.0f} s left"

    def _say(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def shown_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Progress in the form that suits standard error."""
    console = error_console()
    if quiet:
        yield Silent()
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with RichProgress(*columns, TimeElapsedColumn(), _TimeLeft(), console=console) as bars:
            yield _Bars(bars)
    else:
        yield _Lines()
