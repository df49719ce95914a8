"""The verdicts of `bookrag doctor` and how they are printed, as text or as JSON."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx

from app.cli.output import console

State = Literal["ok", "warning", "failed", "off"]

CLOCK_SECONDS = 30.0
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red", "off": "dim"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one part, and what to do if it failed."""

    part: str
    state: State
    message: str
    mend: str = ""  # what to do; the name of the JSON field


def print_verdicts(verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    """Print them in their order: JSON for programs, or a line for each with what to do below it."""
    if as_json:
        console().print_json(json.dumps([asdict(verdict) for verdict in verdicts]))
        return
    for verdict in verdicts:
        console().print(f"{verdict.state:8}", style=_COLOURS[verdict.state], end="")
        console().print(f"{verdict.part}: {verdict.message}")
        if verdict.mend:
            console().print(f"        → {verdict.mend}")


def clock_verdicts(part: str, answer: httpx.Response) -> list[Verdict]:
    """Whether this machine's clock agrees with a server's; tokens are refused beyond a minute."""
    try:
        theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return []
    behind = theirs - time.time()
    if abs(behind) < CLOCK_SECONDS:
        return [Verdict("clock", "ok", f"as that of {part}")]
    mend = "Set this machine's clock by NTP."
    return [Verdict("clock", "failed", f"{abs(behind):.0f} s {'behind' if behind > 0 else 'ahead of'} {part}", mend)]
