"""The rules for JavaScript expressions, one for each kind of node; used by `evaluator`."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any

from indexing.markdown.evaluator import Evaluator, Function
from indexing.markdown.values import (
    BINARY_OPERATORS,
    UNDEFINED,
    Builtin,
    Element,
    External,
    Lazy,
    LiteralPattern,
    NotDefined,
    NoValue,
    PartlyKnown,
    Scope,
    Stops,
    Unknown,
    as_integer,
    as_number,
    as_text,
    bounded,
    escape_text,
    key_text,
    listed,
    number_of,
    only_child,
    shortened,
    source,
    string_text,
    truthy,
    type_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _text_of_string(_: Evaluator, node: "Node", __: Scope) -> str:
    return string_text(node)


def _template(evaluator: Evaluator, node: "Node", scope: Scope) -> str:
    parts = []
    for child in node.named_children:
        if child.type == "template_substitution":
            parts.append(as_text(evaluator.evaluate(only_child(child), scope)))
        else:
            parts.append(escape_text(source(child)) if child.type == "escape_sequence" else source(child))
    return "".join(parts)


def _inside(evaluator: Evaluator, node: "Node", scope: Scope) -> Any:
    return evaluator.evaluate(only_child(node), scope)


def _array(evaluator: Evaluator, node: "Node", scope: Scope) -> list[Any]:
    items: list[Any] = []
    for child in node.named_children:
        if child.type == "spread_element":
            items += listed(evaluator.evaluate(only_child(child), scope))
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
            name = as_text(evaluator.evaluate(only_child(key), scope)) if computed else key_text(key)
            found[name] = evaluator.later(value, scope)
        elif child.type == "shorthand_property_identifier":
            name = source(child)
            found[name] = Lazy(partial(scope.find, name))
        elif child.type == "spread_element":
            found = _spread(evaluator, only_child(child), scope, found)
        elif child.type == "method_definition":
            name_node = child.child_by_field_name("name")
            if name_node is not None:
                found[key_text(name_node)] = Lazy(lambda child=child: _method(evaluator, child, scope, found))  # type: ignore[misc]  # noqa: B023  # the whole object, once it is made
    return found


def _method(evaluator: Evaluator, node: "Node", scope: Scope, owner: dict[str, Any]) -> Any:
    """A method of an object, or the value of a getter."""
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
    # What comes from elsewhere may replace earlier members.
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
            values += listed(evaluator.evaluate(only_child(child), scope))
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
    evaluator.evaluate(only_child(node), scope)  # raises NotDefined
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
        return type_of(evaluator.evaluate(argument, scope))
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
        return float(~as_integer(value))
    raise Unknown(f"the operator {sign}")


def _type_of_global(name: str) -> str:
    """`typeof` of an undeclared name, as where pages are rendered on the server: there is no window."""
    if name in _SERVER_GLOBALS:
        raise Unknown(f"the type of `{name}`")
    return "undefined"


_SERVER_GLOBALS = frozenset({"process", "require", "module", "globalThis", "navigator", "fetch", "Date", "Buffer"})


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
    if sign not in BINARY_OPERATORS:
        raise Unknown(f"the operator {sign}")
    return BINARY_OPERATORS[sign](first, evaluator.evaluate(right, scope))


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
            props = _spread(evaluator, only_child(only_child(attribute)), scope, props)
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
    return evaluator.later(only_child(node) if node.type == "jsx_expression" else node, scope)


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
    """The text between tags by JSX's rules: lines are trimmed where they are joined, blank lines removed."""
    lines = text.split("\n")
    if len(lines) == 1:
        return text
    first, *between, last = lines
    trimmed = (first.rstrip(" \t"), *(line.strip(" \t") for line in between), last.lstrip(" \t"))
    return " ".join(line for line in trimmed if line)


EXPRESSION_RULES: dict[str, Callable[[Evaluator, "Node", Scope], Any]] = {
    "string": _text_of_string,
    "template_string": _template,
    "number": lambda _, node, __: number_of(source(node)),
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
