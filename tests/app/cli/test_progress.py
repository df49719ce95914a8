"""Progress in a log: what a maintainer reads of long work that no terminal shows."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from rich.progress import Progress as Bars
from rich.text import Text

from app.cli import progress
from app.cli.output import counted
from app.cli.progress import shown_progress


class Clock:
    """Time that goes on when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_no_end_is_told_before_enough_was_measured(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        shown.stage("Embedding", 1000)
        clock.now += 60  # a model loads
        shown.advance(50)
        clock.now += 6
        shown.advance(50)
        clock.now += 6
        shown.advance(50)

    first, second, third = _lines(capsys)[1:]
    assert first == "Embedding: 50 of 1000"
    assert second == "Embedding: 100 of 1000"
    assert third == "Embedding: 150 of 1000, about 102 s left"  # 100 in 12 s, without the time of the first steps


def test_steps_that_were_done_before_make_no_speed(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        shown.stage("Cutting pages", 100)
        shown.advance(90)  # known from the last time
        clock.now += 10
        shown.advance(1)

    assert _lines(capsys)[1:] == ["Cutting pages: 91 of 100"]


def test_a_bar_tells_no_end_before_enough_was_measured() -> None:
    column, ticks = progress._TimeLeft(), iter(range(1000))
    get_time: Callable[[], Any] = lambda: next(ticks)  # noqa: E731
    bars = Bars(column, get_time=get_time)
    task_id = bars.add_task("Embedding", total=1000)
    task = bars.tasks[0]
    for _ in range(2):
        bars.advance(task_id, 40)
    early: Text = column.render(task)
    for _ in range(4):
        bars.advance(task_id, 40)
    assert early.plain == "-:--:--"
    assert column.render(task).plain != "-:--:--"


@pytest.mark.parametrize(("number", "said"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages")])
def test_one_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "page") == said
