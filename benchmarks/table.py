"""How benchmarks print what they measured, and write it for docs/benchmarks.md where `benchmarks.refresh` asks."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

MARKDOWN_FILE = "BENCHMARK_TABLES"
"""The variable that names the file to which tables are appended in Markdown."""


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
    if file := os.environ.get(MARKDOWN_FILE):
        with Path(file).open("a", encoding="utf-8") as tables:
            tables.write(markdown(title, rows))


def print_delays(title: str, found: Sequence[float]) -> None:
    """Print how soon something was closed, from the seconds that each took."""
    print_table(
        title,
        [
            Row("closed within 1 s", f"{sum(delay < 1 for delay in found)} of {len(found)}", "–", "all"),
            Row("median", f"{statistics.median(found) * 1000:.1f} ms", "–", "–"),
            Row("slowest", f"{max(found) * 1000:.1f} ms", "–", "under 1 s"),
        ],
    )


def markdown(title: str, rows: list[Row]) -> str:
    """The table in Markdown, under an empty line."""
    lines = [f"| {title} | measured | floor | to reach |", "|---|---|---|---|"]
    lines += [f"| {row.figure} | {row.measured} | {row.floor} | {row.target} |" for row in rows]
    return "\n".join(["", *lines, ""])
