"""Resolves the names on a page, and computes what its expressions and components show; called by `document`.

Expressions and components become pieces (`indexing.markdown.pieces`).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from indexing.markdown.evaluator import Function
from indexing.markdown.mdx import Attribute, Tag
from indexing.markdown.methods import BROWSER_GLOBALS, UNSEEN_GLOBALS
from indexing.markdown.modules import GIVEN_COMPONENTS, Modules, interpolated
from indexing.markdown.page import ImportedFile
from indexing.markdown.pieces import (
    NEVER_TEXT,
    THEME_NAMES,
    Gap,
    Hole,
    Piece,
    as_attribute,
    render,
    stopping,
    undefined_component,
)
from indexing.markdown.scanning import is_comment, parse
from indexing.markdown.values import (
    External,
    Lazy,
    NotDefined,
    NoValue,
    Scope,
    Stops,
    Unknown,
    excerpt,
    force,
    from_json,
    source,
    unknown,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_REGISTERED = "@site/src/theme/MDXComponents"
_PAGE_THEME = "@site/src/theme/MDXContent"  # gives pages their components; Docusaurus' own are in MDXComponents
_SIMPLE = re.compile(r"""\s*(?:'(?P<single>[^'\\\n]*)'|"(?P<double>[^"\\\n]*)"|`(?P<template>[^`\\$]*)`)\s*""")
_MAX_DATA_DEPTH = 10  # lists and objects within each other in an attribute
_INDENT = re.compile(r"\n {1,2}")
"""The indentation that MDX removes from each line of an expression but the first, even in template strings."""
_NEVER_SHOWN = frozenset({"Date", "RegExp", "URL", "URLSearchParams", "Error"})
_MDX_GLOBALS = frozenset({"toc", "metadata", "assets", "contentTitle", "components"})
_LOADER_NAMES = frozenset({"frontMatter", "contentTitle", "MDXContent"})
_FUNCTION_NAMES = frozenset({"name", "length"})
"""Members of a function that cannot be set; Docusaurus sets each export of a page on the page's function."""


class _NotJavaScriptError(Unknown):
    """The source of an attribute cannot be parsed."""


class _Registered(dict[str, Any]):
    """The components that the site registers for all its pages, read when a page uses one that it does not import."""

    def __init__(self, modules: Modules) -> None:
        super().__init__()
        self._modules = modules
        self._is_read = False
        self.is_complete = True  # once they are read: whether there are no others

    def __contains__(self, name: object) -> bool:
        if not self._is_read and isinstance(name, str) and name[:1].isupper():
            self._is_read = True
            self._read()
        return super().__contains__(name)

    def _read(self) -> None:
        self.is_complete = self._modules.load(_PAGE_THEME, "") is None
        if self._modules.load(_REGISTERED, "") is None:
            return
        try:
            found = self._modules.exported(_REGISTERED, "default", "")
        except Unknown:
            self.is_complete = False
            return
        self.is_complete = self.is_complete and type(found) is dict
        if isinstance(found, dict):
            self.update({key: value for key, value in found.items() if key[:1].isupper()})


class PageScope:
    """The names of one page or partial: what it declares and imports, and what MDX and the site add."""

    def __init__(
        self, modules: Modules, code: str, file: ImportedFile, props: dict[str, Any], *, components_known: bool = False
    ) -> None:
        self._components_known = components_known
        names = self._registered = _Registered(modules)
        names["props"] = props
        names["frontMatter"] = Lazy(lambda: _front_matter(file))
        module = modules.page(code, file.source, names)
        self._scope: Scope = module.scope
        self._bound = module.bound
        self.layout = _function(module.exports.get("default"))
        self._evaluator = modules.evaluator
        self._modules = modules
        self.attribute_errors: list[str] = []  # of the tags that were resolved, until they are told

    def component(self, name: str) -> Any:
        """The component of a tag: a Function, a MarkdownComponent, an External, …; None for HTML and for unknown names.

        Raises Unknown if only running the page would tell.
        """
        if not (name[:1].isupper() or name in self._scope.names or "." in name):
            return None
        first, *rest = name.split(".")
        if not self._scope.has(first):
            return None
        value = self._scope.find(first)
        for part in rest:
            if not isinstance(value, (dict, Function)):
                return External(name, value.specifier if isinstance(value, External) else "")
            value = self._evaluator.member(value, part)
        return value

    def is_undefined(self, name: str) -> bool:
        """Whether no component of this name exists: not on the page, in the site, in a theme or in a plugin."""
        first = name.split(".")[0]
        known = first in GIVEN_COMPONENTS or self._scope.has(first)
        return self._components_known and not known and self._registered.is_complete

    def undefined_components(self, code: str) -> Iterator[str]:
        """The undefined components of an expression: MDX looks up all of them before it shows any."""
        if "<" not in code or not self._components_known:
            return
        stack, tags, names = [parse(f"({code}\n)")], [], set()
        while stack:
            node = stack.pop()
            if node.type in ("jsx_opening_element", "jsx_self_closing_element"):
                name = node.child_by_field_name("name")
                tags += [source(name)] if name is not None else []
                stack += [child for child in node.named_children if child != name]
            else:
                names |= {source(node)} if "identifier" in node.type else set()
                stack += node.named_children
        for tag in dict.fromkeys(reversed(tags)):
            is_component = tag[:1].isupper() or "." in tag
            if is_component and tag.split(".")[0] not in names and self.is_undefined(tag):
                yield tag

    def name_problems(self, *, is_partial: bool) -> Iterator[tuple[int, str]]:
        """The problems of the names that the page declares: the row of its code, from 0, and the problem."""
        known: set[str] = set()
        for binding in self._bound:
            name = binding.name
            if name in known:
                reason = "is declared a second time"
            elif name in _LOADER_NAMES or (name == "toc" and not binding.is_exported):
                reason = "is a name that Docusaurus declares on every page"
            elif binding.is_exported and name in _FUNCTION_NAMES and not is_partial:
                reason = "is exported, and the page's own function has a member of that name"
            else:
                known.add(name)
                continue
            yield binding.row, f"`{name}` {reason}: Docusaurus' build stops at it"

    def show(self, code: str) -> list[Piece]:
        """The pieces that an expression between braces shows."""
        code = _INDENT.sub("\n", code)
        match = _SIMPLE.fullmatch(code)
        if match:
            return [next(text for text in match.groups() if text is not None)]
        if is_comment(code):
            return []
        undefined = [undefined_component(name) for name in self.undefined_components(code)]
        if undefined:
            return list(undefined)
        return list(render(self._value(code), self))

    def _value(self, code: str) -> Any:
        program = parse(f"({code}\n)")
        if program.has_error:
            return stopping(f"`{{{excerpt(code)}}}` is no JavaScript")
        try:
            return self._evaluator.evaluate(program.named_children[0], self._scope)
        except NoValue as exc:
            return self._no_value(code, str(exc))
        except Stops as exc:
            return stopping(f"`{{{excerpt(code)}}}` {exc}")
        except Unknown as exc:
            if reason := self._never_shown(program.named_children[0]):
                return Gap(f"`{{{excerpt(code)}}}` {reason}, and Docusaurus' build stops at it", stops_build=True)
            if isinstance(exc, NotDefined):
                return self._not_defined(code, str(exc))
            return Gap(f"what `{{{excerpt(code)}}}` shows is not known: {exc}")

    def _no_value(self, code: str, name: str) -> Gap:
        if re.split(r"[^\w$]", name, maxsplit=1)[0] in _MDX_GLOBALS:
            return Gap(f"what `{{{excerpt(code)}}}` shows is known at run time only")
        return stopping(f"`{name}` in `{{{excerpt(code)}}}` has no value")

    def _never_shown(self, node: "Node") -> str:
        """Why no page can show an expression whose value is unknown; "" for one that may be shown."""
        while node.type in ("program", "expression_statement", "parenthesized_expression") and node.named_children:
            node = node.named_children[0]
        if node.type == "yield_expression":
            return "is no JavaScript of a module"
        made, target = node.child_by_field_name("constructor"), node.child_by_field_name("left")
        if node.type == "new_expression" and made is not None and source(made) in _NEVER_SHOWN:
            return f"is an object of {source(made)}, which is no text"
        if node.type == "assignment_expression" and target is not None and target.type == "identifier":
            return "" if self._scope.has(source(target)) else f"sets `{source(target)}`, which is not declared"
        return ""

    def _not_defined(self, code: str, name: str) -> Gap:
        first = re.split(r"[^\w$]", name, maxsplit=1)[0]
        if first in BROWSER_GLOBALS:
            return stopping(f"`{first}` in `{{{excerpt(code)}}}` is known to browsers alone")
        if name in UNSEEN_GLOBALS or name in _MDX_GLOBALS or self._scope.has(first):
            return Gap(f"what `{{{excerpt(code)}}}` shows is known at run time only")
        return stopping(f"`{name}` in `{{{excerpt(code)}}}` is not defined")

    def resolve(self, tag: Tag) -> Tag:
        """The tag with its attributes' values in place of their sources, and with its name in the theme."""
        name = tag.name
        if name[:1].isupper() and self._scope.has(name):
            try:
                value = self._scope.find(name)
            except Unknown:
                value = None
            if isinstance(value, External):
                name = THEME_NAMES.get(value.specifier, name)
        if all(attribute.kind != "expression" for attribute in tag.attributes):
            return tag if name == tag.name else replace(tag, name=name)
        attributes = [made for attribute in tag.attributes for made in self._attributes(attribute)]
        places = {attribute.name: place for place, attribute in enumerate(attributes)}  # the last of a name counts
        kept = (a for place, a in enumerate(attributes) if not a.name or places[a.name] == place)
        return replace(tag, name=name, attributes=tuple(kept))

    @property
    def is_stateful(self) -> bool:
        """Whether an expanded component keeps state, so that readers see more than its first state."""
        return self._evaluator.is_stateful

    def _attributes(self, attribute: Attribute) -> Iterator[Attribute]:
        if attribute.kind != "expression":
            yield attribute
            return
        try:
            value = self.attribute_value(attribute)
            _compute_members(value)
        except Unknown as exc:
            self._note_error(attribute, exc)
            yield attribute
            return
        if NEVER_TEXT.fullmatch(attribute.name):
            yield attribute
        elif attribute.name:
            yield from as_attribute(attribute.name, value, attribute.value)
        elif isinstance(value, dict):
            for name, item in value.items():
                try:
                    yield from as_attribute(name, force(item), "")
                except Unknown:
                    yield Attribute(name, "", "expression")

    def _note_error(self, attribute: Attribute, cause: Unknown) -> None:
        """Report why Docusaurus' build stops at an attribute, if it does."""
        if isinstance(cause, _NotJavaScriptError) and not attribute.value.strip():
            self.attribute_errors.append(f"the attribute `{attribute.name}={{}}` has no value")
        elif isinstance(cause, _NotJavaScriptError):
            name = f"{attribute.name}=" if attribute.name else ""
            self.attribute_errors.append(f"`{name}{{{excerpt(attribute.value)}}}` is no JavaScript")
        elif isinstance(cause, Stops):
            self.attribute_errors.append(f"`{attribute.name}={{{excerpt(attribute.value)}}}` {cause}")
        elif isinstance(cause, NotDefined):
            gap = self._not_defined(attribute.value, str(cause))
            if gap.stops_build:
                self.attribute_errors.append(gap.reason)

    def attribute_value(self, attribute: Attribute) -> Any:
        """The value of an attribute; raises Unknown."""
        if attribute.kind == "text":
            return attribute.value
        if attribute.kind == "none":
            return True
        if attribute.kind == "data":
            return attribute.data
        value = _INDENT.sub("\n", attribute.value)
        match = _SIMPLE.fullmatch(value)
        if match:
            return next(text for text in match.groups() if text is not None)
        code = f"({{{value}\n}})" if not attribute.name else f"({value}\n)"
        program = parse(code)
        if program.has_error or not attribute.value.strip():
            raise _NotJavaScriptError("an attribute that is no JavaScript")
        return self._evaluator.evaluate(program.named_children[0], self._scope)

    def props(self, tag: Tag) -> dict[str, Any]:
        """The values of a tag's attributes, each computed on demand."""
        props: dict[str, Any] = {}
        for attribute in tag.attributes:
            try:
                value = self.attribute_value(attribute)
            except Unknown as exc:
                value = unknown(str(exc))
            if attribute.name:
                props[attribute.name] = value
            elif isinstance(value, dict):
                props |= value
        return props

    def expand(self, component: Any, tag: Tag) -> list[Piece]:
        """What a component of the sources shows, with a Hole for the content between its tags; raises Unknown."""
        props = self.props(tag)
        if not tag.self_closing:
            props["children"] = Hole()
        return list(render(component(props), self, 1))

    def message(self, tag: Tag, text: str) -> list[Piece]:
        """What `<Translate>` or `<Interpolate>` shows for the text between its tags."""
        tag = self.resolve(tag)
        if tag.name == "Translate":
            text = self._modules.packages.message(text, tag.text("id"))
        return [piece for part in interpolated(text, tag.data("values")) for piece in render(part, self)]

    def call(self, function: Any, props: dict[str, Any]) -> Any:
        """What a component of the sources returns for these props; a Gap if that is unknown."""
        try:
            return function(props)
        except NotDefined as exc:
            return Gap(f"it depends on `{exc}`, which its file does not define")
        except (Unknown, TypeError) as exc:
            return Gap(str(exc))


def _compute_members(value: Any, depth: int = 0) -> None:
    """Compute the members of an object or a list, as a build does; raises NotDefined or Stops, but no other Unknown."""
    if depth > _MAX_DATA_DEPTH or not isinstance(value, (dict, list)):
        return
    for item in value.values() if isinstance(value, dict) else value:
        try:
            member = force(item)
        except (NotDefined, Stops):
            raise
        except Unknown:
            continue
        _compute_members(member, depth + 1)


def _function(value: Any) -> Function | None:
    try:
        found = force(value)
    except Unknown:
        return None
    return found if isinstance(found, Function) else None


def _front_matter(file: ImportedFile) -> dict[str, Any]:
    return {key: from_json(_plain(value)) for key, value in file.front_matter.items()}


def _plain(value: Any) -> Any:
    """Front matter values as JSON: a date becomes its text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)
