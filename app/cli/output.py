"""How commands print: results to standard output, progress and errors to standard error."""

from rich.console import Console


def console() -> Console:
    """Where results go."""
    return Console(soft_wrap=True)


def error_console() -> Console:
    """Where errors, warnings and progress go."""
    return Console(stderr=True, soft_wrap=True)
