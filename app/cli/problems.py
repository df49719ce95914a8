"""The report of a book's problems, grouped so that it stays readable.

A book may import hundreds of files that a build step generates. Problems that differ only in names and numbers are one
group, with a count, its first few places and the number of files.
"""

import re
from collections.abc import Iterator, Sequence

from app.cli.output import counted
from indexing.pages import Problem

SHOWN_OF_A_GROUP = 3
MOST_GROUPS = 20

# What differs between two problems of one kind: quoted text, paths and addresses, numbers.
_VARIABLE = re.compile(
    r"`[^`]*`|<[^>]*>|'[^']*'|\"[^\"]*\"|(?<!\w)[@./]?[\w.@-]*[/@]\S*|\b[\w-]+\.(?:mdx?|jsx?|tsx?|json)\b|\d+"
)

LISTED = "`bookrag index pages --problems` lists each"


def problem_lines(problems: Sequence[Problem], *, everything: bool = False) -> Iterator[str]:
    """The lines of a report: what was left out first, then errors; with `everything`, a line for each problem."""
    ordered = sorted(problems, key=lambda problem: (not problem.fatal, not problem.error))
    if everything:
        yield from map(_line, ordered)
        return
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in ordered:
        groups.setdefault((_label(problem), _VARIABLE.sub("…", problem.message)), []).append(problem)
    for group in list(groups.values())[:MOST_GROUPS]:
        yield from _group_lines(group)
    if hidden := list(groups.values())[MOST_GROUPS:]:
        more = sum(map(len, hidden))
        yield f"… and {counted(more, 'problem')} of {counted(len(hidden), 'other kind')}; {LISTED}"


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem as commands print it with `--json`."""
    return {
        "source": problem.source,
        "line": problem.line,
        "message": problem.message,
        "left_out": problem.fatal,
        "error": problem.error,
    }


def _group_lines(group: Sequence[Problem]) -> Iterator[str]:
    shown = group if len(group) <= SHOWN_OF_A_GROUP + 1 else group[:SHOWN_OF_A_GROUP]
    yield from map(_line, shown)
    if len(group) > len(shown):
        files = len({problem.source for problem in group})
        rest = len(group) - len(shown)
        yield f"… and {rest} more like it: {len(group)} in {counted(files, 'file')}; {LISTED}"


def _line(problem: Problem) -> str:
    return f"{_label(problem)}: {problem.place}: {problem.message}"


def _label(problem: Problem) -> str:
    return "left out" if problem.fatal else "error" if problem.error else "warning"
