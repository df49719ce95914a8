"""JavaScript's own functions that give the same result everywhere; called by `values` for members and by `scope`.

Only those that are pure: nothing reads a clock, a file or the network. `split` and `replace` know texts, no patterns.
"""

import math
from collections.abc import Callable
from typing import Any

from indexing.markdown.values import UNDEFINED, Unknown, as_number, as_text, bounded, force, listed, truthy

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
    separator = as_text(sign)
    return list(text) if separator == "" else list(text.split(separator))


def _replace(count: int) -> Method:
    def replace(text: str, old: Any, new: Any) -> str:
        if not isinstance(old, str) or not isinstance(new, str):
            raise Unknown("a replacement by a pattern")
        return text.replace(old, new, count)

    return replace


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


def _mapped(items: list[Any], function: Method) -> list[Any]:
    return [function(force(item), float(place), items) for place, item in enumerate(items)]


def _filtered(items: list[Any], function: Method) -> list[Any]:
    return [item for place, item in enumerate(items) if truthy(function(force(item), float(place), items))]


def _found(items: list[Any], function: Method) -> Any:
    return next(
        (item for place, item in enumerate(items) if truthy(function(force(item), float(place), items))), UNDEFINED
    )


def _reduced(items: list[Any], function: Method, *initial: Any) -> Any:
    values = [*initial, *items]
    if not values:
        raise Unknown("a list without items")
    result = force(values[0])
    for place, item in enumerate(values[1:]):
        result = bounded(function(result, force(item), float(place), items))
    return result


def _sorted(items: list[Any], *function: Method) -> list[Any]:
    if function:
        raise Unknown("an order of its own")
    return sorted(items, key=as_text)


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
        "substring": _slice,
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
        "charAt": lambda text, place=0.0: text[int(place)] if 0 <= int(place) < len(text) else "",
        "at": lambda text, place: text[int(place)] if -len(text) <= int(place) < len(text) else UNDEFINED,
    },
    "list": {
        "map": _mapped,
        "flatMap": lambda items, function: _flattened(_mapped(items, function)),
        "filter": _filtered,
        "find": _found,
        "some": lambda items, function: bool(_filtered(items, function)),
        "every": lambda items, function: len(_filtered(items, function)) == len(items),
        "reduce": _reduced,
        "slice": _slice,
        "concat": lambda items, *others: sum((o if isinstance(o, list) else [o] for o in others), list(items)),
        "join": _joined,
        "reverse": lambda items: items[::-1],
        "toReversed": lambda items: items[::-1],
        "sort": _sorted,
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
        "toString": lambda number: as_text(number),
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
    "Number": as_number,
    "Boolean": truthy,
    "parseFloat": as_number,
    "Object": {
        "keys": lambda value: list(_object_of(value)),
        "values": lambda value: list(_object_of(value).values()),
        "entries": lambda value: [[key, item] for key, item in _object_of(value).items()],
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
        "sin": lambda value: math.sin(as_number(value)),
        "cos": lambda value: math.cos(as_number(value)),
    },
}
"""Names that every module has, with their values."""

UNSEEN_GLOBALS = frozenset(
    [
        "window",
        "document",
        "process",
        "console",
        "Date",
        "navigator",
        "fetch",
        "Intl",
        "URL",
        "require",
        "module",
        "exports",
        "globalThis",
        "Promise",
        "Set",
        "Map",
        "WeakMap",
        "RegExp",
        "Error",
        "Symbol",
        "JSON",
        "setTimeout",
        "setInterval",
        "localStorage",
        "sessionStorage",
        "crypto",
        "location",
        "history",
        "performance",
        "BigInt",
        "Function",
        "isNaN",
        "isFinite",
        "parseInt",
        "encodeURIComponent",
        "decodeURIComponent",
        "encodeURI",
        "decodeURI",
        "arguments",
        "URLSearchParams",
        "React",
        "structuredClone",
        "atob",
        "btoa",
        "Buffer",
        "global",
    ]
)
"""Names that a browser or a build has, whose values are not known here."""
