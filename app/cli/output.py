"""How commands print: results to standard output, progress and errors to standard error."""

import sys

from rich.console import Console

LOG_WIDTH = 160  # of what no terminal shows: a table must not be cut to 80 columns in a log


def console() -> Console:
    """Where results go."""
    return Console(soft_wrap=True, emoji=False, width=None if sys.stdout.isatty() else LOG_WIDTH)


def error_console() -> Console:
    """Where errors, warnings and progress go."""
    return Console(stderr=True, soft_wrap=True, emoji=False)  # `page.md:100:` is a place


def counted(number: int, noun: str) -> str:
    """`1 page`, `2 pages`: of nouns with a regular plural."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"
