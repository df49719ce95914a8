"""What a value of a page's code shows to readers, by React's rules: texts, tags, partials, and gaps.

A gap stands for what only a build or a browser knows. `page_scope` evaluates the code; `document` reads the pieces.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from indexing.markdown.evaluator import Function
from indexing.markdown.mdx import VOID_TAGS, Attribute, Tag, html_pieces
from indexing.markdown.modules import MarkdownComponent, MissingFile
from indexing.markdown.page import ImportedFile
from indexing.markdown.values import UNDEFINED, Element, External, Unknown, as_text, force

GAP = "…"
"""The mark of something that readers of the published page see and that is unknown here."""
MAX_COMPONENT_DEPTH = 40
"""Maximum nesting of components."""

THEME_NAMES = {
    "@theme/CodeBlock": "CodeBlock",
    "@theme/Tabs": "Tabs",
    "@theme/TabItem": "TabItem",
    "@theme/Heading": "Heading",
    "@theme/DocCardList": "DocCardList",
    "@docusaurus/Link": "Link",
    "@docusaurus/Head": "Head",
    "@docusaurus/BrowserOnly": "BrowserOnly",
    "@docusaurus/Translate": "Translate",
    "@docusaurus/Interpolate": "Interpolate",
}
MESSAGES = frozenset({"Translate", "Interpolate"})
"""Components whose content is a message, of which readers see the translation."""
NEVER_TEXT = re.compile(r"style|class(?:Name)?|ref|key|on[A-Z].*|data-.*|aria-.*")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that readers see and that is unknown here."""

    reason: str
    stops_build: bool = False
    even_hidden: bool = False  # whether it stops the build even where it is not shown


@dataclass(frozen=True, slots=True)
class Hole:
    """The place where a component shows the content between its tags."""


@dataclass(frozen=True, slots=True)
class PartialUse:
    """The place where a Markdown file is shown; `file` is None if it does not exist."""

    file: ImportedFile | None
    specifier: str
    props: dict[str, Any]


Piece = str | Tag | Gap | Hole | PartialUse


class Components(Protocol):
    """The components of a page."""

    def call(self, function: Any, props: dict[str, Any]) -> Any:
        """What a component of the sources returns for these props; a Gap where that is not known."""

    def is_undefined(self, name: str) -> bool:
        """Whether nothing gives a component of the name: the page does not, nor the site, nor a theme or a plugin."""


def undefined_component(name: str) -> Gap:
    """The gap of an undefined component."""
    return stopping(f"<{name}> is neither imported nor declared")


def stopping(reason: str) -> Gap:
    """The gap of what stops a build even where it is not shown: MDX computes everything that a component is given."""
    return Gap(f"{reason}, and Docusaurus' build stops at it", stops_build=True, even_hidden=True)


def render(value: Any, scope: Components, depth: int = 0) -> Iterator[Piece]:
    """The pieces that a value shows, by React's rules."""
    try:
        value = force(value)
    except Unknown as exc:
        yield Gap(f"a part of it is known at run time only: {exc}")
        return
    if value is None or value is UNDEFINED or isinstance(value, bool):
        return
    if depth > MAX_COMPONENT_DEPTH:
        yield Gap("components that go too deep")
    elif isinstance(value, (Gap, Hole)):
        yield value
    elif isinstance(value, (str, float)):
        yield as_text(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from render(item, scope, depth)
    elif isinstance(value, Element):
        yield from _render_element(value, scope, depth + 1)
    elif type(value) is dict:
        yield Gap("an object is no text, and Docusaurus' build stops at it", stops_build=True)
    else:
        yield Gap("a value that no page can show")


def _render_element(element: Element, scope: Components, depth: int) -> Iterator[Piece]:
    try:
        kind = force(element.kind)
    except Unknown as exc:
        yield Gap(f"what <{element.name}> shows is known at run time only: {exc}")
        return
    children = element.children[0] if len(element.children) == 1 else list(element.children)
    props = {**element.props, "children": children} if element.children else element.props
    if isinstance(kind, MarkdownComponent):
        yield PartialUse(kind.file, kind.file.source, props)
    elif isinstance(kind, MissingFile):
        yield PartialUse(None, kind.specifier, props)
    elif isinstance(kind, Function) or callable(kind):
        yield from render(scope.call(kind, props), scope, depth)
    elif isinstance(kind, External) and kind.is_undefined and scope.is_undefined(kind.name):
        yield undefined_component(kind.name)
    elif kind == "":
        yield from render(element.props.get("children", children), scope, depth)
    elif "dangerouslySetInnerHTML" in element.props:
        yield from inner_html(element.props["dangerouslySetInnerHTML"])
    else:
        name = THEME_NAMES.get(kind.specifier, element.name) if isinstance(kind, External) else element.name
        shown = children if element.children else element.props.get("children")
        inner = list(render(shown, scope, depth))
        attributes = tuple(made for key, item in element.props.items() for made in _element_attribute(key, item))
        yield Tag(name, attributes, closing=False, self_closing=not inner, end=0, is_resolved=True)
        yield from inner
        if inner:
            yield Tag(name, (), closing=True, self_closing=False, end=0, is_resolved=True)


def inner_html(value: Any) -> Iterator[Piece]:
    """What markup shows that is set as text (`dangerouslySetInnerHTML`)."""
    try:
        found = force(value)
        markup = force(found.get("__html")) if isinstance(found, dict) else None
    except Unknown as exc:
        yield Gap(f"a part of it is known at run time only: {exc}")
        return
    if isinstance(markup, str):
        for piece in html_pieces(markup):
            if isinstance(piece, Tag):
                alone = piece.self_closing or piece.name in VOID_TAGS  # HTML does not close them
                piece = replace(piece, is_resolved=True, self_closing=alone)
            yield piece
    else:
        yield Gap("markup that is known at run time only")


def _element_attribute(name: str, value: Any) -> Iterator[Attribute]:
    if name == "children" or NEVER_TEXT.fullmatch(name):
        return
    try:
        yield from as_attribute(name, force(value), "")
    except Unknown:
        yield Attribute(name, "", "expression")


def as_attribute(name: str, value: Any, code: str) -> Iterator[Attribute]:
    """An attribute with this value; none for a value that React leaves out. `code` is the source of other values."""
    if isinstance(value, (str, float)):
        yield Attribute(name, as_text(value), "text")
    elif value is True:
        yield Attribute(name, "", "none")
    elif isinstance(value, (list, dict, Element)):
        yield Attribute(name, code, "data", value)
    elif value is not None and value is not UNDEFINED and value is not False:
        yield Attribute(name, code, "expression")


def around_hole(pieces: list[Piece]) -> tuple[list[Piece], list[Piece] | None]:
    """The pieces before and after the content between the tags; None: that is not shown."""
    for place, piece in enumerate(pieces):
        if isinstance(piece, Hole):
            return pieces[:place], pieces[place + 1 :]
    return pieces, None


def text_of(pieces: Iterable[Piece]) -> str:
    """The text of pieces."""
    return "".join(piece if isinstance(piece, str) else GAP if isinstance(piece, Gap) else "" for piece in pieces)
