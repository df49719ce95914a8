"""What JavaScript in a page or a component amounts to where literals alone decide it; called by `modules`, `scope`.

Nothing of the book is run: this walks tree-sitter's tree and knows data, templates, arithmetic, conditions, pure
methods and functions that return markup. Whatever depends on anything else raises Unknown. Steps, depth and sizes are
bounded.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from indexing.docusaurus.javascript_text import number_text

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_STEPS = 200_000  # nodes that one page may have evaluated
MAX_DEPTH = 100  # nodes within nodes; Python's own stack ends at about four times that
MAX_SIZE = 200_000  # characters of one text, and a tenth as many items of one list


class Unknown(Exception):  # noqa: N818  # it is an outcome, not a fault
    """Only a browser or a build can tell the value."""


class Stops(Unknown):
    """Docusaurus' build stops where the code is run; it tells why."""


class NotDefined(Unknown):
    """A name that nothing declares, at which Docusaurus' build stops."""


class NoValue(NotDefined):
    """A member is asked of what is null or undefined, at which Docusaurus' build stops; it names what has none."""


class _Undefined:
    """JavaScript's `undefined`."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()


class Lazy:
    """A value that is computed when it is first asked for; one that depends on itself is Unknown."""

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


def force(value: Any) -> Any:
    """`value` itself, computed where it was lazy."""
    return value.force() if isinstance(value, Lazy) else value


def plain(value: Any) -> Any:
    """`value` with an object's members computed; those that are not known are left out."""
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
class Function:
    """A function of the book's sources: a component, or what is given to `map`."""

    node: "Node"
    scope: Scope
    evaluator: "Evaluator"
    members: dict[str, Any] = field(default_factory=dict)  # what is assigned to it: `Card.Title = …`

    def __call__(self, *arguments: Any) -> Any:
        """What it returns; raises Unknown."""
        return self.evaluator.call(self, arguments)


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function of JavaScript's own that has members: `Number.isInteger`."""

    function: Callable[..., Any]
    members: Mapping[str, Any]

    def __call__(self, *arguments: Any) -> Any:
        """What it returns; raises Unknown."""
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
    """A regular expression of plain characters alone; all others are not run, as their time has no bound."""

    text: str
    every: bool  # the flag g


class PartlyKnown(dict[str, Any]):
    """An object with members beside those that are known, because something unknown was spread into it."""


@dataclass(slots=True)
class Evaluator:
    """Evaluates nodes; one for a page with all that it imports, so that its bounds hold for them together."""

    steps: int = MAX_STEPS
    depth: int = 0
    is_stateful: bool = False  # whether anything asked for state
    methods: Mapping[str, Mapping[str, Callable[..., Any]]] = field(default_factory=dict)

    def evaluate(self, node: "Node", scope: Scope) -> Any:
        """The value of an expression; raises Unknown."""
        self.steps -= 1
        if self.steps < 0 or self.depth > MAX_DEPTH:
            raise Unknown("it is too large to be computed")
        rule = _RULES.get(node.type)
        if rule is None:
            raise Unknown(f"`{shortened(node)}` is known at run time only")
        self.depth += 1
        try:
            return bounded(force(rule(self, node, scope)))
        except (OverflowError, ZeroDivisionError, RecursionError, TypeError) as exc:
            raise Unknown("it cannot be computed") from exc
        finally:
            self.depth -= 1

    def later(self, node: "Node", scope: Scope) -> Lazy:
        """The value of an expression, computed where it is needed."""
        return Lazy(lambda: self.evaluate(node, scope))

    def call(self, function: Function, arguments: Iterable[Any], receiver: Any = None) -> Any:
        """What a function of the sources returns; raises Unknown.

        `receiver` is what it was called on, its `this`; None where that is not known.
        """
        node = function.node
        scope = Scope(function.scope)
        if node.type != "arrow_function":
            scope.names["this"] = Lazy(_untold) if receiver is None else receiver
        values = list(arguments)
        single = node.child_by_field_name("parameter")
        parameters = node.child_by_field_name("parameters")
        patterns = (
            [single] if single else [p for p in parameters.named_children if p.type != "comment"] if parameters else []
        )
        for place, pattern in enumerate(patterns):
            if pattern.type == "rest_pattern":
                self.bind(pattern.named_children[0], values[place:], scope)
            else:
                self.bind(pattern, values[place] if place < len(values) else UNDEFINED, scope)
        body = node.child_by_field_name("body")
        if body is None:
            raise Unknown("a function without a body")
        if body.type != "statement_block":
            return self.evaluate(body, scope)
        returned, value = self._run(body.named_children, scope)
        return value if returned else UNDEFINED

    def _run(self, statements: Iterable["Node"], scope: Scope) -> tuple[bool, Any]:
        """Whether the statements return, and what."""
        for statement in statements:
            kind = statement.type
            if kind == "return_statement":
                values = [child for child in statement.named_children if child.type != "comment"]
                return True, self.evaluate(values[0], scope) if values else UNDEFINED
            if kind in ("lexical_declaration", "variable_declaration", "function_declaration"):
                self.declare(statement, scope)
            elif kind == "if_statement":
                returned, value = self._branch(statement, scope)
                if returned:
                    return True, value
            elif kind in ("statement_block", "switch_statement"):
                inner = statement.named_children
                if kind == "switch_statement":
                    inner = self._cases(statement, scope)
                returned, value = self._run(inner, Scope(scope))
                if returned:
                    return True, value
            elif kind == "expression_statement":
                self.forget_changed(statement, scope)
            elif kind == "break_statement":
                return False, UNDEFINED
            elif kind == "throw_statement":
                raise Stops(f"comes to `{shortened(statement)}`")
            elif kind not in ("comment", "empty_statement"):
                raise Unknown(f"`{shortened(statement)}` is known at run time only")
        return False, UNDEFINED

    def _cases(self, statement: "Node", scope: Scope) -> list["Node"]:
        """The statements that a switch runs, up to its `break`; raises Unknown."""
        value, body = statement.child_by_field_name("value"), statement.child_by_field_name("body")
        if value is None or body is None:
            raise Unknown("a switch that cannot be read")
        wanted = self.evaluate(_only(value), scope)
        cases = [child for child in body.named_children if child.type in ("switch_case", "switch_default")]
        default = next((place for place, case in enumerate(cases) if case.type == "switch_default"), len(cases))
        tests = ((place, case.child_by_field_name("value")) for place, case in enumerate(cases))
        start = next(
            (place for place, test in tests if test is not None and _same(wanted, self.evaluate(test, scope))), default
        )
        statements: list[Node] = []
        for case in cases[start:]:
            for child in case.children_by_field_name("body"):
                if child.type == "break_statement":
                    return statements
                statements.append(child)
        return statements

    def forget_changed(self, statement: "Node", scope: Scope) -> None:
        """Make what a statement changes unknown: what hooks and logging do changes nothing that is returned."""
        expression = _only(statement)
        if expression.type in ("assignment_expression", "augmented_assignment_expression"):
            changed = expression.child_by_field_name("left")
        elif expression.type in ("update_expression", "unary_expression"):  # `count++`, `delete items[0]`
            changed = expression.child_by_field_name("argument")
        elif expression.type == "call_expression":
            changed = _changed_by_call(expression)
        else:
            changed = expression if expression.type in _MAY_CHANGE else None
        while changed is not None and changed.type in ("member_expression", "subscript_expression"):
            changed = changed.child_by_field_name("object")
        if changed is None:
            return
        if changed.type != "identifier":
            raise Unknown(f"`{shortened(statement)}` is known at run time only")
        owner: Scope | None = scope
        while owner is not None and source(changed) not in owner.names:
            owner = owner.outer
        if owner is not None and owner.outer is not None:  # nobody changes the globals
            owner.names[source(changed)] = Lazy(_changed)

    def _branch(self, statement: "Node", scope: Scope) -> tuple[bool, Any]:
        condition = statement.child_by_field_name("condition")
        if condition is None:
            raise Unknown("a condition that cannot be read")
        chosen = statement.child_by_field_name(
            "consequence" if truthy(self.evaluate(condition, scope)) else "alternative"
        )
        if chosen is None:
            return False, UNDEFINED
        statements = chosen.named_children if chosen.type == "else_clause" else [chosen]
        return self._run(statements, Scope(scope))

    def declare(self, statement: "Node", scope: Scope) -> list[str]:
        """Put what a declaration names into the scope; gives the names."""
        name = statement.child_by_field_name("name")
        if statement.type in ("function_declaration", "generator_function_declaration", "class_declaration"):
            if name is not None:
                is_function = statement.type == "function_declaration"
                is_class = statement.type == "class_declaration"
                component = self.class_component(statement, scope) if is_class else None
                declared = Function(statement, scope, self) if is_function else component
                scope.names[source(name)] = declared or External(source(name), "")
            return [source(name)] if name is not None else []
        declared_here = Scope(scope)
        for child in statement.named_children:
            target, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if child.type == "variable_declarator" and target is not None:
                self.bind(target, self.later(value, scope) if value else UNDEFINED, declared_here)
        scope.names |= declared_here.names
        return list(declared_here.names)

    def class_component(self, node: "Node", scope: Scope) -> "Builtin | None":
        """What a class with a `render` shows for its props; None for any other class."""
        body = node.child_by_field_name("body")
        methods = body.named_children if body is not None else []
        render = next((m for m in methods if m.type == "method_definition" and _method_name(m) == "render"), None)
        if render is None:
            return None

        def show(props: Any = UNDEFINED, *_: Any) -> Any:
            return self.call(Function(render, scope, self), (), PartlyKnown(props=props))

        return Builtin(show, {})

    def bind(self, pattern: "Node", value: Any, scope: Scope) -> None:
        """Give the names of a pattern their values, each computed where it is needed."""
        kind = pattern.type
        if kind in ("required_parameter", "optional_parameter"):  # TypeScript
            inner, default = pattern.child_by_field_name("pattern"), pattern.child_by_field_name("value")
            if inner is not None:
                self.bind(inner, self._or(value, default, scope) if default else value, scope)
        elif kind in ("identifier", "shorthand_property_identifier_pattern"):
            scope.names[source(pattern)] = value
        elif kind in ("assignment_pattern", "object_assignment_pattern"):
            left, right = pattern.child_by_field_name("left"), pattern.child_by_field_name("right")
            if left is not None and right is not None:
                self.bind(left, self._or(value, right, scope), scope)
        elif kind == "object_pattern":
            self._bind_object(pattern, value, scope)
        elif kind == "array_pattern":
            for place, item in enumerate(c for c in pattern.named_children if c.type != "comment"):
                if item.type == "rest_pattern":
                    self.bind(item.named_children[0], Lazy(lambda place=place: listed(force(value))[place:]), scope)  # type: ignore[misc]
                else:
                    self.bind(item, Lazy(lambda place=place: self.member(force(value), float(place))), scope)  # type: ignore[misc]

    def _bind_object(self, pattern: "Node", value: Any, scope: Scope) -> None:
        taken: list[str] = []
        for item in pattern.named_children:
            if item.type == "rest_pattern":
                names = tuple(taken)
                self.bind(item.named_children[0], Lazy(lambda names=names: _without(force(value), names)), scope)  # type: ignore[misc]
                continue
            if item.type == "pair_pattern":
                key, target = item.child_by_field_name("key"), item.child_by_field_name("value")
            else:
                key = item.child_by_field_name("left") if item.type == "object_assignment_pattern" else item
                target = item
            if key is None or target is None or item.type == "comment":
                continue
            name = key_text(key)
            taken.append(name)
            self.bind(target, Lazy(lambda name=name: self.member(force(value), name)), scope)  # type: ignore[misc]

    def _or(self, value: Any, default: "Node", scope: Scope) -> Lazy:
        def compute() -> Any:
            known = force(value)
            return self.evaluate(default, scope) if known is UNDEFINED else known

        return Lazy(compute)

    def member(self, value: Any, key: Any) -> Any:
        """`value[key]`; raises Unknown."""
        if isinstance(value, dict):
            name = as_text(key)
            if name in value:
                return force(value[name])
            if isinstance(value, PartlyKnown):
                raise Unknown(f"the member {name!r} of what is only partly known")
            return UNDEFINED
        if isinstance(value, (str, list)):
            if isinstance(key, float) or (isinstance(key, str) and key.isdecimal()):
                place = int(key)
                return force(value[place]) if 0 <= place < len(value) else UNDEFINED
            if key == "length":
                return float(len(value))
            return self._method("string" if isinstance(value, str) else "list", value, as_text(key))
        if isinstance(value, float) and not isinstance(value, bool):
            return self._method("number", value, as_text(key))
        if isinstance(value, (Function, Builtin)) and as_text(key) in value.members:
            return force(value.members[as_text(key)])
        raise Unknown(f"a member {as_text(key)!r} of {type(value).__name__.lower()}")

    def _method(self, kind: str, value: Any, name: str) -> Any:
        method = self.methods.get(kind, {}).get(name)
        if method is None:
            raise Unknown(f"`.{name}` is known at run time only")
        return lambda *arguments: method(value, *arguments)


def _changed() -> Any:
    raise Unknown("a value that is changed as the code runs")


def _untold() -> Any:
    raise Unknown("what `this` stands for is known at run time only")


def _method_name(method: "Node") -> str:
    name = method.child_by_field_name("name")
    return source(name) if name is not None else ""


def _changed_by_call(call: "Node") -> "Node | None":
    """What `items.push(…)` or `Object.assign(target, …)` changes; None for any other call."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    name = function.child_by_field_name("property") if function is not None else None
    if function is None or name is None or source(name) not in _CHANGING_METHODS:
        return None
    if source(function).startswith("Object."):
        return next(iter(arguments.named_children), None) if arguments is not None else None
    return function


_CHANGING_METHODS = frozenset(
    {
        "add",
        "append",
        "assign",
        "clear",
        "copyWithin",
        "defineProperty",
        "delete",
        "fill",
        "pop",
        "push",
        "reverse",
        "set",
        "shift",
        "sort",
        "splice",
        "unshift",
    }
)
_MAY_CHANGE = ("await_expression", "yield_expression", "sequence_expression", "ternary_expression", "binary_expression")


def bounded(value: Any) -> Any:
    """`value`; raises Unknown where it is too large to go on with."""
    if isinstance(value, str) and len(value) > MAX_SIZE:
        raise Unknown("it is too large to be computed")
    if isinstance(value, list) and len(value) > MAX_SIZE // 10:
        raise Unknown("it is too large to be computed")
    return value


def source(node: "Node") -> str:
    """The source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def shortened(node: "Node") -> str:
    """The source text of a node, for a message."""
    text = " ".join(source(node).split())
    return text if len(text) <= 40 else text[:39] + "…"


def key_text(node: "Node") -> str:
    """The name that a property is written with."""
    if node.type == "string":
        return string_text(node)
    if node.type == "number":
        return number_text(_number_of(source(node)))
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
            return _number_of(value.strip()) if value.strip() else 0.0
        except Unknown:
            return float("nan")
    raise Unknown("a value that is no number")


def _number_of(text: str) -> float:
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
        return value not in (0.0,) and value == value  # not a number differs from itself
    return True


def listed(value: Any) -> list[Any]:
    """What `...value` spreads in a list; raises Unknown."""
    value = force(value)
    if isinstance(value, (list, str)):
        return list(value)
    raise Unknown("a value that is no list")


def _without(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unknown("a value that is no object")
    return {key: item for key, item in value.items() if key not in names}


# --- one rule for each kind of node ---


def _text_of_string(_: Evaluator, node: "Node", __: Scope) -> str:
    return string_text(node)


def _template(evaluator: Evaluator, node: "Node", scope: Scope) -> str:
    parts = []
    for child in node.named_children:
        if child.type == "template_substitution":
            parts.append(as_text(evaluator.evaluate(_only(child), scope)))
        else:
            parts.append(escape_text(source(child)) if child.type == "escape_sequence" else source(child))
    return "".join(parts)


def _only(node: "Node") -> "Node":
    """The one node inside parentheses and their like."""
    for child in node.named_children:
        if child.type != "comment":
            return child
    raise Unknown("nothing")


def _inside(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    return evaluator.evaluate(_only(node), scope)


def _array(evaluator: Evaluator, node: "Node", scope: Scope) -> list[Any]:
    items: list[Any] = []
    for child in node.named_children:
        if child.type == "spread_element":
            items += listed(evaluator.evaluate(_only(child), scope))
            bounded(items)
        elif child.type != "comment":
            items.append(evaluator.later(child, scope))
    return items


def _object(evaluator: Evaluator, node: "Node", scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node.named_children:  # a later name replaces an earlier one
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is None or value is None:
                continue
            computed = key.type == "computed_property_name"
            name = as_text(evaluator.evaluate(_only(key), scope)) if computed else key_text(key)
            found[name] = evaluator.later(value, scope)
        elif child.type == "shorthand_property_identifier":
            name = source(child)
            found[name] = Lazy(lambda name=name: scope.find(name))  # type: ignore[misc]
        elif child.type == "spread_element":
            found = _spread(evaluator, _only(child), scope, found)
        elif child.type == "method_definition":
            name_node = child.child_by_field_name("name")
            if name_node is not None:
                found[key_text(name_node)] = Lazy(lambda child=child: _method(evaluator, child, scope, found))  # type: ignore[misc]  # noqa: B023  # the whole object, once it is made
    return found


def _method(evaluator: Evaluator, node: "Node", scope: Scope, owner: dict[str, Any]) -> Any:
    """A method of an object, or what a getter of it gives."""
    kinds = {child.type for child in node.children}
    if kinds & {"async", "*", "set"}:
        raise Unknown("a method that waits, or that sets a value")
    function = Function(node, scope, evaluator)
    return evaluator.call(function, (), owner) if "get" in kinds else function


def _spread(evaluator: Evaluator, node: "Node", scope: Scope, found: dict[str, Any]) -> dict[str, Any]:
    try:
        spread = evaluator.evaluate(node, scope)
    except NotDefined:
        raise
    except Unknown:
        spread = External(source(node), "")
    if isinstance(spread, dict) and not isinstance(spread, PartlyKnown):
        found |= spread
        return found
    if spread is None or spread is UNDEFINED or spread is False:
        return found
    # What comes from elsewhere may replace what stood before it.
    return PartlyKnown(spread if isinstance(spread, dict) else {})


def _member(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    return _owner_and_member(evaluator, node, scope)[1]


def _owner_and_member(evaluator: Evaluator, node: "Node", scope: Scope) -> tuple[Any, Any]:
    target, name = node.child_by_field_name("object"), node.child_by_field_name("property")
    index = node.child_by_field_name("index")
    if target is None:
        raise Unknown("a member of nothing")
    value = evaluator.evaluate(target, scope)
    if value is None or value is UNDEFINED:
        if node.child_by_field_name("optional_chain") is not None:
            return UNDEFINED, UNDEFINED
        raise NoValue(source(target))
    key = evaluator.evaluate(index, scope) if index is not None else source(name) if name is not None else ""
    return value, evaluator.member(value, key)


def _call(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    target, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if target is None or arguments is None or arguments.type != "arguments":
        raise Unknown(f"`{shortened(node)}` is known at run time only")
    owner, function = None, None
    if target.type in ("member_expression", "subscript_expression"):
        owner, function = _owner_and_member(evaluator, target, scope)
    else:
        function = evaluator.evaluate(target, scope)
    if function is UNDEFINED and node.child_by_field_name("optional_chain") is not None:
        return UNDEFINED
    if target.type == "identifier" and type(function) in (str, float, bool, list, dict, type(None), type(UNDEFINED)):
        raise Stops(f"calls `{source(target)}`, which is no function")
    if not callable(function):
        raise Unknown(f"`{shortened(node)}` is known at run time only")
    values: list[Any] = []
    for child in arguments.named_children:
        if child.type == "spread_element":
            values += listed(evaluator.evaluate(_only(child), scope))
        elif child.type != "comment":
            values.append(evaluator.evaluate(child, scope))
    try:
        return evaluator.call(function, values, owner) if isinstance(function, Function) else function(*values)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as exc:
        raise Unknown(f"`{shortened(node)}` is known at run time only") from exc


def _function(evaluator: Evaluator, node: "Node", scope: Scope) -> Function:
    if any(child.type in ("async", "*") for child in node.children):
        raise Unknown("a function that waits")
    return Function(node, scope, evaluator)


def _pattern(_: Evaluator, node: "Node", __: Scope) -> LiteralPattern:
    pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
    written, signs = source(pattern) if pattern is not None else "", source(flags) if flags is not None else ""
    if not _PLAIN_PATTERN.fullmatch(written) or signs not in ("", "g", "u", "gu"):
        raise Unknown(f"`{shortened(node)}` is known at run time only")
    return LiteralPattern(re.sub(r"\\(.)", r"\1", written), "g" in signs)


_PLAIN_PATTERN = re.compile(r"(?:[^\\^$.*+?()\[\]{}|/\n]|\\[\\^$.*+?()\[\]{}|/-])+")


def _class(evaluator: Evaluator, node: "Node", scope: Scope) -> Builtin:
    component = evaluator.class_component(node, scope)
    if component is None:
        raise Unknown("a class that is no component")
    return component


def _new(_: Evaluator, node: "Node", scope: Scope) -> Any:
    constructor = node.child_by_field_name("constructor")
    if constructor is not None and constructor.type == "identifier":
        scope.find(source(constructor))  # raises NotDefined
    raise Unknown(f"`{shortened(node)}` is known at run time only")


def _await(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    evaluator.evaluate(_only(node), scope)  # raises NotDefined
    raise Unknown(f"`{shortened(node)}` is known at run time only")


def _sequence(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    values = [evaluator.evaluate(child, scope) for child in node.named_children if child.type != "comment"]
    return values[-1]


def _unary(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    operator, argument = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    if operator is None or argument is None:
        raise Unknown("an operator without a value")
    sign = source(operator)
    if sign == "typeof":
        if argument.type == "identifier" and not scope.has(source(argument)):
            return _type_of_global(source(argument))
        return _type_of(evaluator.evaluate(argument, scope))
    value = evaluator.evaluate(argument, scope)
    if sign == "!":
        return not truthy(value)
    if sign == "-":
        return -as_number(value)
    if sign == "+":
        return as_number(value)
    if sign == "void":
        return UNDEFINED
    if sign == "~":
        return float(~_integer(value))
    raise Unknown(f"the operator {sign}")


def _type_of_global(name: str) -> str:
    """`typeof` of what no module declares, as it is where pages are made: there is no window."""
    if name in _SERVER_GLOBALS:
        raise Unknown(f"the type of `{name}`")
    return "undefined"


_SERVER_GLOBALS = frozenset({"process", "require", "module", "globalThis", "navigator", "fetch", "Date", "Buffer"})


def _type_of(value: Any) -> str:
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


def _same(left: Any, right: Any) -> bool:
    """`===`."""
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return left is right
    return type(left) is type(right) and left == right


def _alike(left: Any, right: Any) -> bool:
    """`==`."""
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    return _same(left, right) if type(left) is type(right) else as_number(left) == as_number(right)


def _integer(value: Any) -> int:
    """JavaScript's 32 bits of a number."""
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


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": _plus,
    "-": lambda a, b: as_number(a) - as_number(b),
    "*": lambda a, b: as_number(a) * as_number(b),
    "/": _divided,
    "%": lambda a, b: math.fmod(as_number(a), as_number(b)),
    "**": lambda a, b: float(as_number(a) ** as_number(b)),
    "===": _same,
    "!==": lambda a, b: not _same(a, b),
    "==": _alike,
    "!=": lambda a, b: not _alike(a, b),
    "<": _compared(lambda a, b: a < b),
    ">": _compared(lambda a, b: a > b),
    "<=": _compared(lambda a, b: a <= b),
    ">=": _compared(lambda a, b: a >= b),
    "in": _has,
    "&": lambda a, b: float(_integer(a) & _integer(b)),
    "|": lambda a, b: float(_integer(a) | _integer(b)),
    "^": lambda a, b: float(_integer(a) ^ _integer(b)),
    "<<": lambda a, b: float(_integer(float(_integer(a) << (_integer(b) & 31)))),
    ">>": lambda a, b: float(_integer(a) >> (_integer(b) & 31)),
}


def _binary(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        raise Unknown("an operator without a value")
    sign = source(operator)
    first = evaluator.evaluate(left, scope)
    if sign in ("&&", "||", "??"):
        keep = {"&&": not truthy(first), "||": truthy(first), "??": first is not None and first is not UNDEFINED}[sign]
        return first if keep else evaluator.evaluate(right, scope)
    if sign not in _BINARY:
        raise Unknown(f"the operator {sign}")
    return _BINARY[sign](first, evaluator.evaluate(right, scope))


def _ternary(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    condition = node.child_by_field_name("condition")
    if condition is None:
        raise Unknown("a condition that cannot be read")
    chosen = node.child_by_field_name("consequence" if truthy(evaluator.evaluate(condition, scope)) else "alternative")
    if chosen is None:
        raise Unknown("a condition that cannot be read")
    return evaluator.evaluate(chosen, scope)


def _identifier(_: Evaluator, node: "Node", scope: Scope) -> Any:
    return scope.find(source(node))


def _typed(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    """TypeScript's `x as T`, `x!`, `x satisfies T`."""
    return evaluator.evaluate(node.named_children[0], scope)


def _element(evaluator: Evaluator, node: "Node", scope: Scope) -> Element:
    opening = node if node.type == "jsx_self_closing_element" else node.child_by_field_name("open_tag")
    if opening is None:
        raise Unknown("a tag that cannot be read")
    name_node = opening.child_by_field_name("name")
    name = "".join(source(name_node).split()) if name_node is not None else ""
    kind: Any = name
    if name[:1].isupper() or "." in name:
        kind = _component(evaluator, name, scope)
    props: dict[str, Any] = {}
    for attribute in opening.named_children:
        if attribute.type == "jsx_attribute":
            key, *values = attribute.named_children
            props[source(key)] = _attribute_value(evaluator, values[0], scope) if values else True
        elif attribute.type == "jsx_expression" and attribute.named_children:
            props = _spread(evaluator, _only(_only(attribute)), scope, props)
    children = tuple(_children(evaluator, node, scope)) if node is not opening else ()
    return Element(kind, name, props, children)


def _component(evaluator: Evaluator, name: str, scope: Scope) -> Any:
    first, *rest = name.split(".")
    try:
        value = scope.find(first)
        for part in rest:
            value = evaluator.member(value, part)
    except NotDefined:
        return External(name, "", is_undefined=not scope.has(first))
    except Unknown:
        return External(name, "")
    return External(name, "") if value is UNDEFINED else value


def _attribute_value(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    if node.type == "string":
        return unescape(source(node)[1:-1])  # JSX has no escapes
    return evaluator.later(_only(node) if node.type == "jsx_expression" else node, scope)


def _children(evaluator: Evaluator, node: "Node", scope: Scope) -> Iterable[Any]:
    text = ""
    for child in node.named_children:
        if child.type == "jsx_text":
            text += source(child)
        elif child.type == "html_character_reference":
            text += unescape(source(child))
        elif child.type not in ("jsx_opening_element", "jsx_closing_element"):
            if text:
                yield jsx_text(text)
            text = ""
            inner = next((c for c in child.named_children if c.type != "comment"), None)
            if child.type == "jsx_expression" and inner is None:
                continue
            yield evaluator.later(inner if child.type == "jsx_expression" and inner is not None else child, scope)
    if text:
        yield jsx_text(text)


def jsx_text(text: str) -> str:
    """The text between tags as JSX has it: lines trimmed where they meet, blank ones gone."""
    lines = text.split("\n")
    if len(lines) == 1:
        return text
    last = len(lines) - 1
    trimmed = [
        (line if place == 0 else line.lstrip(" \t"))
        if place == last
        else (line if place == 0 else line.lstrip(" \t")).rstrip(" \t")
        for place, line in enumerate(lines)
    ]
    return " ".join(line for line in trimmed if line)


_RULES: dict[str, Callable[[Evaluator, "Node", Scope], Any]] = {
    "string": _text_of_string,
    "template_string": _template,
    "number": lambda _, node, __: _number_of(source(node)),
    "true": lambda *_: True,
    "false": lambda *_: False,
    "null": lambda *_: None,
    "undefined": lambda *_: UNDEFINED,
    "expression_statement": _inside,
    "parenthesized_expression": _inside,
    "array": _array,
    "object": _object,
    "identifier": _identifier,
    "member_expression": _member,
    "subscript_expression": _member,
    "call_expression": _call,
    "arrow_function": _function,
    "function_expression": _function,
    "class": _class,
    "regex": _pattern,
    "new_expression": _new,
    "await_expression": _await,
    "sequence_expression": _sequence,
    "this": lambda _, __, scope: scope.find("this") if scope.has("this") else UNDEFINED,
    "unary_expression": _unary,
    "binary_expression": _binary,
    "ternary_expression": _ternary,
    "jsx_element": _element,
    "jsx_self_closing_element": _element,
    "as_expression": _typed,
    "satisfies_expression": _typed,
    "non_null_expression": _typed,
}
