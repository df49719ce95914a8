"""How benchmarks print what they measured."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, its floor measured in the same run, and what is to be reached."""

    figure: str
    measured: str
    floor: str
    target: str


def print_table(title: str, rows: list[Row]) -> None:
    """Print the rows; nothing is judged here, the reader compares."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for name in ("measured", "floor", "to reach"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.figure, row.measured, row.floor, row.target)
    Console(width=120).print(table)
