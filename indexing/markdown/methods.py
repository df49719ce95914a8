"""JavaScript's own pure functions and globals; `evaluator` calls them for members, `page_scope` for names.

None reads a clock, a file or the network. `split` and `replace` accept texts, but no patterns.
"""

import json
import math
import re
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from indexing.markdown.evaluator import Function
from indexing.markdown.values import (
    UNDEFINED,
    Builtin,
    LiteralPattern,
    Unknown,
    as_number,
    as_text,
    bounded,
    force,
    listed,
    truthy,
)

Method = Callable[..., Any]


def _place(value: Any, length: int, default: int) -> int:
    if value is UNDEFINED:
        return default
    place = int(as_number(value))
    return max(0, length + place) if place < 0 else min(place, length)


def _slice(value: Any, start: Any = 0.0, end: Any = UNDEFINED) -> Any:
    return value[_place(start, len(value), 0) : _place(end, len(value), len(value))]


def _split(text: str, sign: Any = UNDEFINED) -> list[Any]:
    if sign is UNDEFINED:
        return [text]
    separator = sign.text if isinstance(sign, LiteralPattern) else as_text(sign)
    return list(text) if separator == "" else list(text.split(separator))


def _replace(count: int) -> Method:
    def replace(text: str, old: Any, new: Any) -> str:
        if isinstance(old, LiteralPattern) and isinstance(new, str) and "$" not in new:
            return text.replace(old.text, new, -1 if old.every else 1)
        if not isinstance(old, str) or not isinstance(new, str):
            raise Unknown("a replacement by a pattern")
        return text.replace(old, new, count)

    return replace


def _substring(text: str, start: Any = 0.0, end: Any = UNDEFINED) -> str:
    """Like `slice`, but without positions from the end, and with its two positions in either order."""
    first, last = (
        default if value is UNDEFINED else max(0, min(int(_finite(value)), len(text)))
        for value, default in ((start, 0), (end, len(text)))
    )
    return text[min(first, last) : max(first, last)]


def _finite(value: Any) -> float:
    number = as_number(value)
    return 0.0 if math.isnan(number) else max(-1e9, min(number, 1e9))


def _repeat(text: str, times: Any) -> str:
    count = int(as_number(times))
    if count * len(text) > 100_000:
        raise Unknown("it is too large to be computed")
    return text * count


def _pad(text: str, width: Any, fill: Any, *, start: bool) -> str:
    missing = min(int(as_number(width)), 10_000) - len(text)
    sign = as_text(fill)
    padding = (sign * missing)[: max(missing, 0)] if sign else ""
    return padding + text if start else text + padding


def _applied(function: Method, item: Any, place: int, items: list[Any]) -> Any:
    """The function's result for one item of a list; JavaScript's built-in functions get only the item."""
    if isinstance(function, Function):
        return function(force(item), float(place), items)
    return function(force(item))


def _mapped(items: list[Any], function: Method) -> list[Any]:
    return [_applied(function, item, place, items) for place, item in enumerate(items)]


def _filtered(items: list[Any], function: Method) -> list[Any]:
    return [item for place, item in enumerate(items) if truthy(_applied(function, item, place, items))]


def _found_at(items: list[Any], function: Method, *, last: bool = False) -> int:
    places = range(len(items) - 1, -1, -1) if last else range(len(items))
    return next((place for place in places if truthy(_applied(function, items[place], place, items))), -1)


def _found(items: list[Any], function: Method, *, last: bool = False) -> Any:
    place = _found_at(items, function, last=last)
    return UNDEFINED if place < 0 else items[place]


def _reduced(items: list[Any], function: Method, *initial: Any) -> Any:
    values = [*initial, *items]
    if not values:
        raise Unknown("a list without items")
    result = force(values[0])
    for place, item in enumerate(values[1:]):
        result = bounded(function(result, force(item), float(place + 1 - len(initial)), items))
    return result


def _sorted(items: list[Any], *function: Method) -> list[Any]:
    known = [force(item) for item in items]
    if function:
        return sorted(known, key=cmp_to_key(lambda a, b: _sign(as_number(function[0](a, b)))))
    return sorted(known, key=as_text)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _in_place(method: Method) -> Method:
    """A version of `method` whose result replaces the list's items, as for `sort` and `reverse`."""

    def change(items: list[Any], *arguments: Any) -> list[Any]:
        items[:] = method(items, *arguments)
        return items

    return change


def _flattened(items: list[Any], depth: Any = 1.0) -> list[Any]:
    levels = min(int(as_number(depth)), 10)
    result: list[Any] = []
    for item in map(force, items):
        result += _flattened(item, float(levels - 1)) if isinstance(item, list) and levels > 0 else [item]
    return result


def _joined(items: list[Any], sign: Any = ",") -> str:
    return as_text(sign).join("" if item is None or item is UNDEFINED else as_text(item) for item in map(force, items))


def _fixed(number: float, digits: Any = 0.0) -> str:
    places = int(as_number(digits))
    if not 0 <= places <= 20 or not math.isfinite(number) or abs(number) >= 1e15:
        raise Unknown("a number that cannot be written out")
    return f"{number:.{places}f}"


def _precise(number: float, digits: Any) -> str:
    places = int(as_number(digits))
    if not 1 <= places <= 17 or number == 0 or not 1e-6 <= abs(number) < 10**places:
        raise Unknown("a number that is written with an exponent")
    whole = math.floor(math.log10(abs(number))) + 1
    return f"{number:.{max(0, places - whole)}f}"


def _in_base(number: float, base: Any = 10.0) -> str:
    radix = int(as_number(base))
    if radix == 10:
        return as_text(number)
    if not 2 <= radix <= 36 or number != int(number) or abs(number) > 2**53:
        raise Unknown("a number in another base")
    rest, digits = abs(int(number)), ""
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if number < 0 else "") + digits


def _leading_number(pattern: re.Pattern[str], value: Any) -> float:
    match = pattern.match(as_text(value).strip())
    return float(match[0]) if match else math.nan


def _parsed_integer(value: Any, base: Any = 10.0) -> float:
    if int(as_number(base)) not in (0, 10) or as_text(value).strip().lower().startswith(("0x", "-0x")):
        raise Unknown("a number in another base")
    return _leading_number(_INTEGER, value)


def _json(value: Any, replacer: Any = None, indent: Any = UNDEFINED) -> Any:
    """`JSON.stringify` without an indentation or a replacer."""
    if replacer not in (None, UNDEFINED) or indent is not UNDEFINED:
        raise Unknown("JSON that is laid out")
    return _json_text(force(value), 0)


def _json_text(value: Any, depth: int) -> Any:
    if depth > 50:
        raise Unknown("data that is nested too deeply")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, (bool, float)):
        return as_text(value) if value is None or isinstance(value, bool) or math.isfinite(value) else "null"
    if isinstance(value, list):
        items = [_json_text(force(item), depth + 1) for item in value]
        return bounded("[" + ",".join("null" if item is UNDEFINED else item for item in items) + "]")
    if type(value) is dict:
        members = [(key, _json_text(force(item), depth + 1)) for key, item in value.items()]
        return bounded("{" + ",".join(f"{json.dumps(k)}:{item}" for k, item in members if item is not UNDEFINED) + "}")
    if value is UNDEFINED or isinstance(value, Function):
        return UNDEFINED
    raise Unknown("a value that is no data")


def _whole(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value == int(value)


def _truncated(value: Any) -> float:
    number = as_number(value)
    return float(math.trunc(number)) if math.isfinite(number) else number


_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _rounded(value: Any) -> float:
    return float(math.floor(as_number(value) + 0.5))


METHODS: dict[str, dict[str, Method]] = {
    "string": {
        "toUpperCase": lambda text: text.upper(),
        "toLowerCase": lambda text: text.lower(),
        "trim": lambda text: text.strip(),
        "trimStart": lambda text: text.lstrip(),
        "trimEnd": lambda text: text.rstrip(),
        "toString": lambda text: text,
        "split": _split,
        "slice": _slice,
        "substring": _substring,
        "replace": _replace(1),
        "replaceAll": _replace(-1),
        "repeat": _repeat,
        "padStart": lambda text, width, fill=" ": _pad(text, width, fill, start=True),
        "padEnd": lambda text, width, fill=" ": _pad(text, width, fill, start=False),
        "concat": lambda text, *others: text + "".join(map(as_text, others)),
        "includes": lambda text, part: as_text(part) in text,
        "startsWith": lambda text, part: text.startswith(as_text(part)),
        "endsWith": lambda text, part: text.endswith(as_text(part)),
        "indexOf": lambda text, part: float(text.find(as_text(part))),
        "lastIndexOf": lambda text, part: float(text.rfind(as_text(part))),
        "charCodeAt": lambda text, place=0.0: float(ord(text[int(place)])) if 0 <= int(place) < len(text) else math.nan,
        "charAt": lambda text, place=0.0: text[int(place)] if 0 <= int(place) < len(text) else "",
        "at": lambda text, place: text[int(place)] if -len(text) <= int(place) < len(text) else UNDEFINED,
    },
    "list": {
        "map": _mapped,
        "flatMap": lambda items, function: _flattened(_mapped(items, function)),
        "filter": _filtered,
        "find": _found,
        "findLast": lambda items, function: _found(items, function, last=True),
        "findIndex": lambda items, function: float(_found_at(items, function)),
        "findLastIndex": lambda items, function: float(_found_at(items, function, last=True)),
        "some": lambda items, function: bool(_filtered(items, function)),
        "every": lambda items, function: len(_filtered(items, function)) == len(items),
        "reduce": _reduced,
        "slice": _slice,
        "concat": lambda items, *others: sum((o if isinstance(o, list) else [o] for o in others), list(items)),
        "join": _joined,
        "reverse": _in_place(lambda items: items[::-1]),
        "toReversed": lambda items: items[::-1],
        "sort": _in_place(_sorted),
        "toSorted": _sorted,
        "flat": _flattened,
        "includes": lambda items, wanted: any(force(item) == wanted for item in items),
        "indexOf": lambda items, wanted: float(next((n for n, item in enumerate(items) if force(item) == wanted), -1)),
        "at": lambda items, place: items[int(place)] if -len(items) <= int(place) < len(items) else UNDEFINED,
        "keys": lambda items: [float(place) for place in range(len(items))],
        "entries": lambda items: [[float(place), item] for place, item in enumerate(items)],
    },
    "number": {
        "toFixed": _fixed,
        "toString": _in_base,
        "toPrecision": _precise,
    },
}


def _numbered(length: Any) -> list[Any]:
    """`Array.from({length: n})`, `Array.from(list)`."""
    if isinstance(length, dict) and "length" in length:
        count = int(as_number(length["length"]))
        if count > 10_000:
            raise Unknown("it is too large to be computed")
        return [UNDEFINED] * count
    return listed(length)


def _array_from(values: Any, function: Method | None = None) -> list[Any]:
    items = _numbered(values)
    return _mapped(items, function) if function else items


def _object_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unknown("a value that is no object")
    return value


GLOBALS: dict[str, Any] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "String": as_text,
    "Number": Builtin(
        as_number,
        {
            "isInteger": _whole,
            "isFinite": lambda value: isinstance(value, float) and math.isfinite(value),
            "isNaN": lambda value: isinstance(value, float) and math.isnan(value),
            "parseFloat": lambda value: _leading_number(_DECIMAL, value),
            "parseInt": _parsed_integer,
            "MAX_SAFE_INTEGER": float(2**53 - 1),
        },
    ),
    "Boolean": truthy,
    "parseFloat": lambda value: _leading_number(_DECIMAL, value),
    "parseInt": _parsed_integer,
    "isNaN": lambda value: math.isnan(as_number(value)),
    "isFinite": lambda value: math.isfinite(as_number(value)),
    "JSON": {"stringify": _json},
    "Object": {
        "keys": lambda value: list(_object_of(value)),
        "values": lambda value: list(_object_of(value).values()),
        "entries": lambda value: [[key, item] for key, item in _object_of(value).items()],
        "fromEntries": lambda pairs: {as_text(pair[0]): pair[1] for pair in map(force, listed(pairs))},
    },
    "Array": {
        "from": _array_from,
        "isArray": lambda value: isinstance(value, list),
        "of": lambda *values: list(values),
    },
    "Math": {
        "PI": math.pi,
        "E": math.e,
        "abs": lambda value: abs(as_number(value)),
        "round": _rounded,
        "floor": lambda value: float(math.floor(as_number(value))),
        "ceil": lambda value: float(math.ceil(as_number(value))),
        "min": lambda *values: min(map(as_number, values), default=math.inf),
        "max": lambda *values: max(map(as_number, values), default=-math.inf),
        "sqrt": lambda value: math.sqrt(as_number(value)),
        "pow": lambda base, power: float(as_number(base) ** as_number(power)),
        "trunc": _truncated,
        "sign": lambda value: float(_sign(as_number(value))),
        "hypot": lambda *values: math.hypot(*map(as_number, values)),
        "cbrt": lambda value: math.cbrt(as_number(value)),
        "exp": lambda value: math.exp(as_number(value)),
        "log": lambda value: math.log(as_number(value)),
        "log2": lambda value: math.log2(as_number(value)),
        "log10": lambda value: math.log10(as_number(value)),
        "tan": lambda value: math.tan(as_number(value)),
        "sin": lambda value: math.sin(as_number(value)),
        "cos": lambda value: math.cos(as_number(value)),
    },
}
"""The names that every module has, with their values."""

BROWSER_GLOBALS = frozenset({"window", "document", "localStorage", "sessionStorage"})
"""Names that do not exist where pages are rendered, so that a page that uses one is not built."""

UNSEEN_GLOBALS = frozenset(
    (
        *("window", "document", "process", "console", "Date", "navigator", "fetch", "Intl", "URL", "require"),
        *("module", "exports", "globalThis", "Promise", "Set", "Map", "WeakMap", "RegExp", "Error", "Symbol"),
        *("setTimeout", "setInterval", "localStorage", "sessionStorage", "crypto", "location", "history"),
        *("performance", "BigInt", "Function", "encodeURIComponent", "decodeURIComponent", "encodeURI"),
        *("decodeURI", "arguments", "URLSearchParams", "structuredClone", "atob", "btoa", "Buffer", "global"),
    )
)
"""Names that a browser or a build has, whose values are unknown here."""
