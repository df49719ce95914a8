"""How commands print: results to standard output, progress and errors to standard error.

Terminal escapes are removed from texts; JSON has them escaped.
"""

import codecs
import json
import sys
from collections.abc import Iterable
from typing import Any

import orjson
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from app.request_log import visible

LOG_WIDTH = 160  # columns without a terminal: a table must not be cut to 80 columns in a log

_PLAIN: dict[str, Any] = {"soft_wrap": True, "emoji": False, "markup": False, "highlight": False}
_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # JSON itself escapes those below 0x20


class _SafeConsole(Console):
    """Prints texts as they are, without reading markup or keeping styles of their own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def console() -> Console:
    """Where results go."""
    return _SafeConsole(width=None if sys.stdout.isatty() else LOG_WIDTH, **_PLAIN)


def error_console() -> Console:
    """Where errors, warnings and progress go."""
    return _SafeConsole(stderr=True, **_PLAIN)


def print_labelled(label: str, text: str) -> None:
    """Print a line on standard error whose first word, such as `error`, stands out."""
    error_console().print(Text.assemble((label, "bold red"), f" {text}"))


def print_json(value: Any, *, indented: bool = False) -> None:
    """Print JSON: indented for people, or on one line for programs."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indented else None).decode().translate(_JSON_ESCAPES)
    if codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8":
        text = json.dumps(orjson.loads(text), indent=2 if indented else None)  # in ASCII, which every encoding has
    sys.stdout.write(text + "\n")


def print_text(text: str) -> None:
    """Print a text as it is, without terminal escapes."""
    sys.stdout.write(visible(text) + "\n")


def counted(number: int, noun: str) -> str:
    """`1 page`, `2 pages`: of nouns with a regular plural."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"
