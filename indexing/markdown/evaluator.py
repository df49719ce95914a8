"""Evaluates the JavaScript of a page or component as far as literals decide its value; called by `modules`.

No code of the book is run: this walks tree-sitter's tree and handles data, templates, arithmetic, conditions, pure
methods and functions that return markup. Whatever depends on anything else raises Unknown. Steps, depth and sizes are
bounded. The rules for the kinds of expressions are in `expressions`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from indexing.markdown.values import (
    UNDEFINED,
    Builtin,
    External,
    Lazy,
    PartlyKnown,
    Scope,
    Stops,
    Unknown,
    as_text,
    bounded,
    force,
    key_text,
    listed,
    only_child,
    same,
    shortened,
    source,
    truthy,
    unknown,
    without,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_STEPS = 200_000  # nodes that are evaluated for one page at most
MAX_DEPTH = 100  # nodes within nodes; Python's own stack ends at about four times that


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


@dataclass(slots=True)
class Evaluator:
    """Evaluates nodes; one instance serves a page with all its imports, so that the bounds hold for all of it."""

    rules: Mapping[str, Callable[["Evaluator", "Node", Scope], Any]]  # by the kind of node
    methods: Mapping[str, Mapping[str, Callable[..., Any]]]  # by the kind of value, then by name
    steps: int = MAX_STEPS
    depth: int = 0
    is_stateful: bool = False  # whether anything used state

    def evaluate(self, node: "Node", scope: Scope) -> Any:
        """The value of an expression; raises Unknown."""
        self.steps -= 1
        if self.steps < 0 or self.depth > MAX_DEPTH:
            raise Unknown("it is too large to be computed")
        rule = self.rules.get(node.type)
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
        """The value of an expression, computed when it is needed."""
        return Lazy(lambda: self.evaluate(node, scope))

    def call(self, function: Function, arguments: Iterable[Any], receiver: Any = None) -> Any:
        """The result of a function of the sources; raises Unknown.

        `receiver` is the object it was called on, its `this`; None if that is unknown.
        """
        node = function.node
        scope = Scope(function.scope)
        if node.type != "arrow_function":
            scope.names["this"] = unknown("what `this` is, is known at run time only") if receiver is None else receiver
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
        """Whether the statements return, and the value."""
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
        wanted = self.evaluate(only_child(value), scope)
        cases = [child for child in body.named_children if child.type in ("switch_case", "switch_default")]
        default = next((place for place, case in enumerate(cases) if case.type == "switch_default"), len(cases))
        tests = ((place, case.child_by_field_name("value")) for place, case in enumerate(cases))
        start = next(
            (place for place, test in tests if test is not None and same(wanted, self.evaluate(test, scope))), default
        )
        statements: list[Node] = []
        for case in cases[start:]:
            for child in case.children_by_field_name("body"):
                if child.type == "break_statement":
                    return statements
                statements.append(child)
        return statements

    def forget_changed(self, statement: "Node", scope: Scope) -> None:
        """Make unknown what a statement changes; hooks and logging change nothing that is returned."""
        expression = only_child(statement)
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
        if owner is not None and owner.outer is not None:  # globals are not changed
            owner.names[source(changed)] = unknown("a value that changes at run time")

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
        """Add the names of a declaration to the scope; returns them."""
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
        """What a class with a `render` method shows for its props; None for any other class."""
        body = node.child_by_field_name("body")
        methods = body.named_children if body is not None else []
        render = next((m for m in methods if m.type == "method_definition" and _method_name(m) == "render"), None)
        if render is None:
            return None

        def show(props: Any = UNDEFINED, *_: Any) -> Any:
            return self.call(Function(render, scope, self), (), PartlyKnown(props=props))

        return Builtin(show, {})

    def bind(self, pattern: "Node", value: Any, scope: Scope) -> None:
        """Bind the names of a pattern to their values, each computed when it is needed."""
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
                self.bind(item.named_children[0], Lazy(lambda names=names: without(force(value), names)), scope)  # type: ignore[misc]
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


def _method_name(method: "Node") -> str:
    name = method.child_by_field_name("name")
    return source(name) if name is not None else ""


def _changed_by_call(call: "Node") -> "Node | None":
    """The object that `items.push(…)` or `Object.assign(target, …)` changes; None for any other call."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    name = function.child_by_field_name("property") if function is not None else None
    if function is None or name is None or source(name) not in _CHANGING_METHODS:
        return None
    if source(function).startswith("Object."):
        return next(iter(arguments.named_children), None) if arguments is not None else None
    return function


_CHANGING_METHODS = frozenset(
    (
        *("add", "append", "assign", "clear", "copyWithin", "defineProperty", "delete", "fill", "pop", "push"),
        *("reverse", "set", "shift", "sort", "splice", "unshift"),
    )
)
_MAY_CHANGE = ("await_expression", "yield_expression", "sequence_expression", "ternary_expression", "binary_expression")
