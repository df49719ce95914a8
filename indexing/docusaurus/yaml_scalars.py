"""What an unquoted scalar of YAML means to js-yaml 4: a constant, a number, a date or a text; called by `yaml`."""

import datetime as dt
import math
import re
import sys
from typing import Any

_LARGEST = sys.float_info.max
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0o[0-7]+|[0-9]+)")
_FLOAT = re.compile(
    r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]*))?(?:[ \t]*(?:Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?"
)
CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Timestamp:
    """A date; its text is the one that JavaScript's `Date.toString` gives in UTC."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def __str__(self) -> str:
        day, time = f"{self.moment:%a %b %d}", f"{self.moment:%H:%M:%S}"
        return f"{day} {self.moment.year:04d} {time} GMT+0000 (Coordinated Universal Time)"


def plain_value(text: str) -> Any:
    """What an unquoted scalar means."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    first = text[0]
    if not (first in "+-." or "0" <= first <= "9"):
        return text
    number = _number(text)
    return _timestamp(text) if number is None else number


def _number(text: str) -> int | float | None:
    """The number that `text` writes; None where it is none, or one that is too large to be finite."""
    if _INTEGER.fullmatch(text):
        sign = -1 if text[0] == "-" else 1
        digits = text.lstrip("+-")
        base = {"0b": 2, "0x": 16, "0o": 8}.get(digits[:2])
        value: float = int(digits[2:], base) if base else float(digits)
        return sign * value if value < _LARGEST else None
    if not _FLOAT.fullmatch(text):
        return None
    if text.lower().endswith((".inf", ".nan")):
        return float(text.lower().replace(".", ""))
    value = float(text)
    return value if math.isfinite(value) else None


def _timestamp(text: str) -> Any:
    match = _DATE.fullmatch(text)
    if match:
        return _moment(text, [int(part) for part in match.groups()] + [0, 0, 0], 0, 0)
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return text
    *moment, fraction, sign, hours, minutes = match.groups()
    milliseconds = int((fraction or "0")[:3].ljust(3, "0"))
    offset = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1) if hours else 0
    return _moment(text, [int(part) for part in moment], milliseconds, offset)


def _moment(text: str, parts: list[int], milliseconds: int, offset_minutes: int) -> Any:
    """The moment; months and days beyond the calendar run over, as `Date.UTC` lets them."""
    year, month, day, hour, minute, second = parts
    if year < 100:
        year += 1900
    try:
        start = dt.datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=dt.UTC)
        shift = dt.timedelta(
            days=day - 1, hours=hour, minutes=minute - offset_minutes, seconds=second, milliseconds=milliseconds
        )
        return Timestamp(start + shift)
    except (ValueError, OverflowError):
        return text
