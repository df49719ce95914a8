"""Tests that are tables: one test checks every row and reports all that fail.

A row of `pytest.mark.parametrize` is a test of its own. To collect it in each process, to set it up and to report it
takes 5 ms of CPU, many times what most rows take; thousands of rows are half a minute of a run.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def each_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Call the test once for each row, as `pytest.mark.parametrize` does, with the same fixtures for all of them.

    It is for rows that take milliseconds, and for fixtures that a row leaves as they were.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [row if len(columns) > 1 else (row,) for row in rows]
    assert table, "a table without rows tests nothing"

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(test)
        def all_rows(*owner: Any, **fixtures: Any) -> None:
            failures = _Failures(table)
            for row in table:
                with failures.of(row):
                    test(*owner, **fixtures, **dict(zip(columns, row, strict=True)))
            failures.report()

        @functools.wraps(test)
        async def all_rows_in_turn(*owner: Any, **fixtures: Any) -> None:
            failures = _Failures(table)
            for row in table:
                with failures.of(row):
                    await test(*owner, **fixtures, **dict(zip(columns, row, strict=True)))
            failures.report()

        signature = inspect.signature(test)
        assert set(columns) <= signature.parameters.keys(), columns
        others = [parameter for name, parameter in signature.parameters.items() if name not in columns]
        chosen: Callable[..., Any] = all_rows_in_turn if inspect.iscoroutinefunction(test) else all_rows
        vars(chosen)["__signature__"] = signature.replace(parameters=others)  # what pytest asks for
        return chosen

    return decorate


class _Failures:
    """The rows that failed, each with what it raised."""

    def __init__(self, table: Sequence[Sequence[Any]]) -> None:
        self._rows = len(table)
        self._raised: list[Exception] = []

    @contextmanager
    def of(self, row: Sequence[Any]) -> Iterator[None]:
        """Keep what the block raises until all rows have been tried."""
        try:
            yield
        except Exception as exc:  # noqa: BLE001 - whatever a row raises is reported beside the other rows
            exc.add_note(f"in the row ({', '.join(map(repr, row))})")
            self._raised.append(exc)

    def report(self) -> None:
        """Raise what was kept."""
        if self._raised:
            raise ExceptionGroup(f"{len(self._raised)} of {self._rows} rows", self._raised)
