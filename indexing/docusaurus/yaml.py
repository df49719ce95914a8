"""YAML as js-yaml 4 reads it: the syntax by ruamel's parser, the meaning of plain scalars by js-yaml's rules.

Docusaurus reads front matter with js-yaml, whose rules for numbers, dates and repeated keys decide what a title is.
Errors are explained in authors' words (a colon, a quotation mark, a tab) and not in the parser's.
"""

import datetime as dt
import math
import re
import sys
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from indexing.docusaurus.javascript_text import number_text

_SECOND_COLON = re.compile(r"\s*[^\s:][^:]*:\s+\S.*:(?:\s|$)")
_NO_SPACE = re.compile(r"\s*[\w-]+:[^\s/]")
_CANNOT_START = re.compile(r"found character '(.+)' that cannot start")
_ESCAPE = re.compile(r"found unknown escape character '(.)'")
_IN_QUOTES = "put the whole value in quotes"
_QUOTE_IN_QUOTES = (
    "text stands behind the quotation mark that ends a value: put the whole value in one pair of quotes, and write "
    'the same mark inside it twice (in single quotes) or as \\" (in double quotes)'
)
_WORDS: tuple[tuple[str, str], ...] = (
    ("unidentified alias", f"a value that begins with `*` is read as a reference: {_IN_QUOTES}"),
    ("expected alphabetic or numeric", f"a value may not begin with `&` or `*`: {_IN_QUOTES}"),
    ("unknown tag", f"a value may not begin with `!`: {_IN_QUOTES}"),
    ("expected chomping", f"a value may not begin with `|` or `>`: {_IN_QUOTES}"),
    ("expected a comment or a line break", f"a value may not begin with `|` or `>`: {_IN_QUOTES}"),
    ("found unexpected end of stream", "a quotation mark opens here and is never closed"),
    ("expected ',' or ']'", "a list opens here with `[` and is not closed with `]`, or a comma is missing in it"),
    ("expected ',' or '}'", "`{` opens here and is not closed with `}`, or a comma is missing after it"),
    ("sequence entries are not allowed", "a list begins on a line of its own, not after the name"),
    ("special characters are not allowed", "it contains an invisible control character: delete it"),
    ("found '-'", "a list item is where a name should be: indent it like the list, or move it below its name"),
    ("<block sequence start>", "a list item is not indented like those above it"),
    ("could not find expected ':'", "this line has no colon after its name"),
)
MAX_VALUES = 100_000  # that references repeat; ten lines of nested lists could expand to more than fits in memory
MAX_DEPTH = 100  # deeper nesting is refused: no front matter needs it, and recursion is limited
# ruamel ends a line at the first three, and takes no tab in a plain scalar; js-yaml reads all as text.
_HIDDEN = str.maketrans("\x85\u2028\u2029", "\ue085\ue028\ue029")
_HIDDEN_TAB = "\ue009"
_SHOWN = str.maketrans("\ue085\ue028\ue029\ue009", "\x85\u2028\u2029\t")
_TAB_IN_TEXT = re.compile(r"(?<=[^\s:?\-])\t(?=[^\s#])")
_TAB_BEFORE_VALUE = re.compile(r"^([^\"'\n]*?:)[ \t]*\t[ \t]*", re.MULTILINE)
_TAB_BEFORE_END = re.compile(r"[ ]*\t[ \t]*(#[^\"'\n]*)?$", re.MULTILINE)
_UNCLOSED = ("found unexpected end of stream", "expected ',' or")
_CORE = "tag:yaml.org,2002:"
_SIMPLE_LINE = re.compile(
    r"([A-Za-z_][A-Za-z0-9_-]*):(?: +(?:(?P<plain>[^\W_](?:[^\n:#\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]"
    r'|:(?=[^ \n])|(?<=\w)#)*)|"(?P<double>[\x20\x21\x23-\x5b\x5d-\x7e]*)"|\'(?P<single>[\x20-\x26\x28-\x7e]*)\'))? *'
)
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


def plain_words(problem: str, line: str, above: str) -> str:
    """The parser's `problem` with a line, in authors' words; `above` is the line before it."""
    if problem.startswith("mapping values are not allowed"):
        return _colon(line, above)
    if problem == "duplicated mapping key":
        return f"`{line.partition(':')[0].strip()}` stands here a second time"
    if match := _CANNOT_START.search(problem):
        return (
            "a tab stands where YAML wants spaces"
            if "t" in match[1]
            else f"a value may not begin with `{match[1]}`: {_IN_QUOTES}"
        )
    if match := _ESCAPE.search(problem):
        return f"`\\{match[1]}` has no meaning in double quotes: use single quotes, or write `\\\\`"
    if "<scalar>" in problem:
        if re.search(r":\s*['\"]", line):
            return _QUOTE_IN_QUOTES
        return "this line does not continue the one above: it lacks a colon, or is indented differently"
    return next((words for sign, words in _WORDS if sign in problem), problem)


def _colon(line: str, above: str) -> str:
    if _SECOND_COLON.match(line):
        return f"a value that contains a colon and a space must be quoted: {_IN_QUOTES}"
    if _NO_SPACE.match(above):
        return "the line above has no space after its colon"
    if line[:1].isspace():
        return "it is indented, although the line above has a value already"
    return "the line above has no colon after its name"


class YamlError(ValueError):
    """The text is not valid YAML; `line` counts from 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def load_yaml(text: str) -> Any:
    """The one document in `text`: dict, list, str, float, int, bool, None or Timestamp; raises YamlError."""
    try:
        return _load_any(text)
    except YamlError as exc:
        lines = [*text.splitlines(), "", ""]
        line = min(exc.line, len(lines) - 1)
        raise YamlError(plain_words(str(exc), lines[line], lines[line - 1] if line else ""), exc.line) from exc


def _load_any(text: str) -> Any:
    simple = _load_simple(text)
    if simple is not None:
        return simple
    if _bracket_depth(text) > MAX_DEPTH:
        raise YamlError("nested too deeply")
    text = text.translate(_HIDDEN)
    try:
        return _load(text)
    except YamlError:
        if "\t" not in text:
            raise
        # js-yaml takes tabs between a name, its value and a comment, too.
        text = _TAB_BEFORE_END.sub(r" \1", _TAB_BEFORE_VALUE.sub(r"\1 ", text))
        return _load(_TAB_IN_TEXT.sub(_HIDDEN_TAB, text))


def _load_simple(text: str) -> dict[str, Any] | None:
    """The values of plain `name: value` lines, as in most front matter; None for any other YAML.

    100 times as fast as the parser.
    """
    values: dict[str, Any] = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line or line.startswith("# "):
            continue
        match = _SIMPLE_LINE.fullmatch(line)
        if not match or match[1] in values or match[1] in CONSTANTS:
            return None
        if not match["plain"] and line.rstrip().endswith(":"):
            return None  # what follows may be a list
        quoted = match["double"] if match["double"] is not None else match["single"]
        values[match[1]] = quoted if quoted is not None else plain_value(match["plain"].rstrip(" "))
    return values or None


def _load(text: str) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    try:
        return _Composer(iter(reader.parse(text))).document()
    except MarkedYAMLError as exc:
        problem = str(exc.problem or exc.context or "unreadable")
        # What is never closed must be fixed where it opens.
        mark = exc.context_mark if problem.startswith(_UNCLOSED) and exc.context_mark else exc.problem_mark
        raise YamlError(problem, mark.line if mark else 0) from exc
    except ReaderError as exc:
        raise YamlError(str(exc.reason), text.count("\n", 0, exc.position)) from exc
    except (YAMLError, ValueError, RecursionError, IndexError, AttributeError, AssertionError) as exc:
        if isinstance(exc, YamlError):
            raise
        raise YamlError(str(exc).splitlines()[0] if str(exc) else "unreadable") from exc


def _bracket_depth(text: str) -> int:
    """An upper bound on the nesting of brackets in `text`; quotes are ignored."""
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


class _Composer:
    """Builds values from parser events; anchors are kept so that aliases give the same value."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}  # by anchor: its number of values, including those that aliases repeat
        self._values = 0  # so far, with repetitions

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError("expected a single document in the stream, but found more", _line(event))
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: Event, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise YamlError("nested too deeply", _line(event))
        if isinstance(event, AliasEvent):
            return self._repeated(event)
        before = self._values
        self._values += 1
        value = self._written(event, depth)
        if isinstance(event, NodeEvent) and event.anchor:
            self._sizes[event.anchor] = self._values - before
        return value

    def _repeated(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            raise YamlError(f'unidentified alias "{event.anchor}"', _line(event))
        self._values += self._sizes.get(event.anchor, 1)
        if self._values > MAX_VALUES:
            raise YamlError(f"references repeat more than {MAX_VALUES:,} values", _line(event))
        return self._anchors[event.anchor]

    def _written(self, event: Event, depth: int) -> Any:
        value: Any
        if isinstance(event, SequenceStartEvent):
            value = self._anchored(event, [])
            value.extend(self._items(depth))
            return value
        if isinstance(event, MappingStartEvent):
            value = self._anchored(event, {})
            self._fill(value, depth)
            return value
        if isinstance(event, ScalarEvent):
            return self._anchored(event, _scalar(event))
        raise YamlError("unreadable", _line(event))

    def _anchored(self, event: Any, value: Any) -> Any:
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _items(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := next(self._events), SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _fill(self, mapping: dict[str, Any], depth: int) -> None:
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if key == "<<" and isinstance(event, ScalarEvent) and event.implicit[0] and not event.style:
                _merge(merged, value, event)
                continue
            name = _key(key)
            if name in mapping:
                raise YamlError("duplicated mapping key", _line(event))
            mapping[name] = value
        for name, value in merged.items():
            mapping.setdefault(name, value)


def _merge(merged: dict[str, Any], value: Any, event: Event) -> None:
    for source in value if isinstance(value, list) else [value]:
        if not isinstance(source, dict):
            raise YamlError("cannot merge mappings; the provided source object is unacceptable", _line(event))
        for name, item in source.items():
            merged.setdefault(name, item)


def _key(key: Any) -> str:
    """The key as the name of a JavaScript object's property."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int | float):
        return number_text(key)
    return str(key) if isinstance(key, Timestamp) else "[object Object]"


def _line(event: Any) -> int:
    return int(event.start_mark.line) if event.start_mark else 0


def _scalar(event: ScalarEvent) -> Any:
    tag = str(event.tag or "")
    if tag and tag != "!":
        return _tagged(event, tag)
    text = _text(event)
    return plain_value(text) if event.implicit[0] and not event.style else text


def _text(event: ScalarEvent) -> str:
    return str(event.value).translate(_SHOWN)


def _tagged(event: ScalarEvent, tag: str) -> Any:
    name = tag.removeprefix(_CORE).removeprefix("!!")
    if name == "str":
        return _text(event)
    if name not in {"null", "bool", "int", "float", "timestamp", "binary", "merge"}:
        raise YamlError(f"unknown tag !<{tag}>", _line(event))
    return plain_value(event.value)


class Timestamp:
    """A date, with the text that JavaScript's `Date.toString` gives in UTC."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def __str__(self) -> str:
        day, time = f"{self.moment:%a %b %d}", f"{self.moment:%H:%M:%S}"
        return f"{day} {self.moment.year:04d} {time} GMT+0000 (Coordinated Universal Time)"


def plain_value(text: str) -> Any:
    """The value of an unquoted scalar: str, int, float, bool, None or Timestamp."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    first = text[0]
    if not (first in "+-." or "0" <= first <= "9"):
        return text
    number = _number(text)
    return _timestamp(text) if number is None else number


def _number(text: str) -> int | float | None:
    """The number in `text`; None if it is not a number, or too large for a double."""
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
    """The moment; months and days out of range overflow into the next, as in `Date.UTC`."""
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
