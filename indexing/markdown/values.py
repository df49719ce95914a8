"""JavaScript's values in Python, with its conversions and operators; used by everything that reads a page's code.

Texts, numbers, lists and objects are `str`, `float`, `list` and `dict`; `null` is None, `undefined` is UNDEFINED. What
only a build or a browser knows raises Unknown.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from indexing.docusaurus.javascript_text import number_text

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SIZE = 200_000  # characters of one text, and a tenth as many items of one list


class Unknown(Exception):  # noqa: N818  # it is an outcome, not a fault
    """Only a browser or a build knows the value."""


class Stops(Unknown):
    """Docusaurus' build stops at this code; the message says why."""


class NotDefined(Unknown):
    """A name that nothing declares, at which Docusaurus' build stops."""


class NoValue(NotDefined):
    """A member of null or undefined is read, at which Docusaurus' build stops; names the value without members."""


class _Undefined:
    """JavaScript's `undefined`."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()


class Lazy:
    """A value that is computed on first use; one that depends on itself is Unknown."""

    __slots__ = ("_compute", "_state", "_value")

    def __init__(self, compute: Callable[[], Any]) -> None:
        self._compute = compute
        self._state = "new"
        self._value: Any = None

    def force(self) -> Any:
        """The value; raises Unknown."""
        if self._state == "running":
            raise Unknown("it depends on itself")
        if self._state == "new":
            self._state = "running"
            try:
                self._value = force(self._compute())
                self._state = "done"
            finally:
                if self._state == "running":
                    self._state = "new"
        return self._value


def unknown(reason: str) -> Lazy:
    """A value that raises Unknown with this reason when it is used."""

    def fail() -> Any:
        raise Unknown(reason)

    return Lazy(fail)


def force(value: Any) -> Any:
    """`value` itself, computed if it was lazy."""
    return value.force() if isinstance(value, Lazy) else value


def read_json(text: str) -> Any:
    """The data in a JSON text; raises Unknown if it is not JSON."""
    try:
        return from_json(json.loads(text.removeprefix("\ufeff")))
    except (ValueError, RecursionError) as exc:
        raise Unknown("the imported file is not JSON") from exc


def from_json(value: Any, depth: int = 0) -> Any:
    """Plain data in the evaluator's form: numbers are JavaScript's."""
    if depth > 50:
        raise Unknown("data that is nested too deeply")
    if isinstance(value, dict):
        return {str(key): from_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [from_json(item, depth + 1) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if value is None or isinstance(value, (str, bool, float)) else External("value", "data")


def plain(value: Any) -> Any:
    """`value` with an object's members computed; unknown ones are left out."""
    try:
        value = force(value)
    except Unknown:
        return UNDEFINED
    if not isinstance(value, dict):
        return value
    known = {}
    for key, item in value.items():
        try:
            known[key] = force(item)
        except Unknown:
            continue
    return known


class Scope:
    """Names and their values, and the scope around them."""

    __slots__ = ("names", "outer")

    def __init__(self, outer: "Scope | None" = None, names: dict[str, Any] | None = None) -> None:
        self.outer = outer
        self.names: dict[str, Any] = names if names is not None else {}

    def find(self, name: str) -> Any:
        """The value of a name, forced; raises NotDefined and Unknown."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return force(scope.names[name])
            scope = scope.outer
        raise NotDefined(name)

    def has(self, name: str) -> bool:
        """Whether the name is declared here or around."""
        return name in self.names or (self.outer is not None and self.outer.has(name))


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function of JavaScript's own that has members: `Number.isInteger`."""

    function: Callable[..., Any]
    members: Mapping[str, Any]

    def __call__(self, *arguments: Any) -> Any:
        """Its result; raises Unknown."""
        return self.function(*arguments)


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """Something whose source is not part of the site: a package's component, an asset."""

    name: str
    specifier: str
    is_undefined: bool = False  # whether its name is declared nowhere


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """JSX: `kind` is a tag's name, "" for a fragment, or the component's value."""

    kind: Any
    name: str  # as it is written
    props: dict[str, Any]
    children: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class LiteralPattern:
    """A regular expression of only plain characters; others are not run, since their time has no bound."""

    text: str
    every: bool  # the flag g


class PartlyKnown(dict[str, Any]):
    """An object with members beside those that are known, because something unknown was spread into it."""


def bounded(value: Any) -> Any:
    """`value`; raises Unknown if it is too large."""
    if isinstance(value, str) and len(value) > MAX_SIZE:
        raise Unknown("it is too large to be computed")
    if isinstance(value, list) and len(value) > MAX_SIZE // 10:
        raise Unknown("it is too large to be computed")
    return value


def as_text(value: Any) -> str:
    """`String(value)`; raises Unknown for what has no text."""
    value = force(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, list):
        return ",".join("" if item is None or item is UNDEFINED else as_text(item) for item in map(force, value))
    raise Unknown("a value without a text")


def as_number(value: Any) -> float:
    """`Number(value)`; raises Unknown for objects."""
    value = force(value)
    if isinstance(value, (bool, float)):
        return float(value)
    if value is None:
        return 0.0
    if value is UNDEFINED:
        return float("nan")
    if isinstance(value, str):
        try:
            return number_of(value.strip()) if value.strip() else 0.0
        except Unknown:
            return float("nan")
    raise Unknown("a value that is no number")


def number_of(text: str) -> float:
    """The number of a literal; raises Unknown, and Stops for the octal form that modules refuse."""
    digits = text.replace("_", "")
    if digits[:1] == "0" and digits[1:].isdecimal():
        raise Stops(f"has the number {text}, whose form modules refuse")
    try:
        if digits[:2].lower() in ("0x", "0b", "0o"):
            return float(int(digits, 0))
        return float(digits)
    except (ValueError, OverflowError) as exc:
        raise Unknown(f"the number {text!r}") from exc


def truthy(value: Any) -> bool:
    """Whether JavaScript takes the value for true."""
    value = force(value)
    if value is None or value is UNDEFINED or value is False:
        return False
    if isinstance(value, str):
        return value != ""
    if isinstance(value, float):
        return value not in (0.0,) and value == value  # NaN differs from itself
    return True


def listed(value: Any) -> list[Any]:
    """The items that `...value` spreads into a list; raises Unknown."""
    value = force(value)
    if isinstance(value, (list, str)):
        return list(value)
    raise Unknown("a value that is no list")


def without(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """The members of an object that `{...rest}` gets besides the names listed; raises Unknown for anything else."""
    if not isinstance(value, dict):
        raise Unknown("a value that is no object")
    return {key: item for key, item in value.items() if key not in names}


def type_of(value: Any) -> str:
    """`typeof value`."""
    kinds = {str: "string", bool: "boolean", float: "number", _Undefined: "undefined"}
    return kinds.get(type(value), "function" if callable(value) else "object")


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, (str, list)) or isinstance(right, (str, list)):
        return as_text(left) + as_text(right)
    return as_number(left) + as_number(right)


def _compared(operator: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return operator(left, right)
        return operator(as_number(left), as_number(right))

    return compare


def same(left: Any, right: Any) -> bool:
    """`===`."""
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return left is right
    return type(left) is type(right) and left == right


def _alike(left: Any, right: Any) -> bool:
    """`==`."""
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    return same(left, right) if type(left) is type(right) else as_number(left) == as_number(right)


def as_integer(value: Any) -> int:
    """The signed 32-bit integer to which JavaScript's bit operators convert a value."""
    number = as_number(value)
    bits = int(number) & 0xFFFFFFFF if math.isfinite(number) else 0
    return bits - (1 << 32) if bits >= 1 << 31 else bits


def _has(name: Any, value: Any) -> bool:
    """`name in value`."""
    if not isinstance(value, dict) or isinstance(value, PartlyKnown):
        raise Unknown("the members of what is not known")
    return as_text(name) in value


def _divided(left: Any, right: Any) -> float:
    above, below = as_number(left), as_number(right)
    if below == 0:
        raise Unknown("a division by zero")
    return above / below


BINARY_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _plus,
    "-": lambda a, b: as_number(a) - as_number(b),
    "*": lambda a, b: as_number(a) * as_number(b),
    "/": _divided,
    "%": lambda a, b: math.fmod(as_number(a), as_number(b)),
    "**": lambda a, b: float(as_number(a) ** as_number(b)),
    "===": same,
    "!==": lambda a, b: not same(a, b),
    "==": _alike,
    "!=": lambda a, b: not _alike(a, b),
    "<": _compared(lambda a, b: a < b),
    ">": _compared(lambda a, b: a > b),
    "<=": _compared(lambda a, b: a <= b),
    ">=": _compared(lambda a, b: a >= b),
    "in": _has,
    "&": lambda a, b: float(as_integer(a) & as_integer(b)),
    "|": lambda a, b: float(as_integer(a) | as_integer(b)),
    "^": lambda a, b: float(as_integer(a) ^ as_integer(b)),
    "<<": lambda a, b: float(as_integer(float(as_integer(a) << (as_integer(b) & 31)))),
    ">>": lambda a, b: float(as_integer(a) >> (as_integer(b) & 31)),
}


def source(node: "Node") -> str:
    """The source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def shortened(node: "Node") -> str:
    """The source text of a node, for a message."""
    return excerpt(source(node))


def excerpt(code: str) -> str:
    """The beginning of a source text on one line, for a message."""
    text = " ".join(code.split())
    return text if len(text) <= 40 else text[:39] + "…"


def key_text(node: "Node") -> str:
    """The name of a property."""
    if node.type == "string":
        return string_text(node)
    if node.type == "number":
        return number_text(number_of(source(node)))
    return source(node)


def string_text(node: "Node") -> str:
    """A string literal's text, its escapes decoded."""
    parts = []
    for child in node.named_children:
        if child.type == "escape_sequence":
            parts.append(escape_text(source(child)))
        elif child.type == "html_character_reference":
            parts.append(unescape(source(child)))
        else:
            parts.append(source(child))
    return "".join(parts)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r": ""}


def escape_text(text: str) -> str:
    """What an escape sequence such as `\\n` or `\\u00e9` stands for."""
    code = text[1:]
    if code[:1] in ("u", "x") and len(code) > 1:
        try:
            number = int(code[1:].strip("{}"), 16)
        except ValueError:
            return code
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _ESCAPES.get(code, code)


def only_child(node: "Node") -> "Node":
    """The only node inside parentheses and the like."""
    for child in node.named_children:
        if child.type != "comment":
            return child
    raise Unknown("nothing")
