"""`each_row` checks all rows, reports every one that fails, and leaves the other arguments to pytest."""

import inspect

import pytest

from tests.tables import each_row


@each_row(("number", "square"), [(1, 1), (2, 5), (3, 9), (4, 17)])
def squares(number: int, two: int, square: int) -> None:
    assert number**two == square


@each_row("number", range(3))
async def small_numbers(number: int, *, offset: int) -> None:
    assert number + offset < 3


def test_every_row_that_fails_is_reported() -> None:
    with pytest.raises(ExceptionGroup, match="2 of 4 rows") as raised:
        squares(two=2)
    assert [failure.__notes__ for failure in raised.value.exceptions] == [["in the row (2, 5)"], ["in the row (4, 17)"]]
    assert all(isinstance(failure, AssertionError) for failure in raised.value.exceptions)


async def test_coroutines_are_checked_row_by_row_as_well() -> None:
    await small_numbers(offset=0)
    with pytest.raises(ExceptionGroup, match="1 of 3 rows"):
        await small_numbers(offset=1)


def test_what_no_row_has_is_left_to_pytest() -> None:
    assert list(inspect.signature(squares).parameters) == ["two"]
    assert inspect.iscoroutinefunction(small_numbers)


def test_a_table_without_rows_or_with_a_column_that_the_test_does_not_take_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="without rows"):
        each_row("number", [])
    with pytest.raises(AssertionError, match="numbr"):
        each_row("numbr", [1])(squares)
