"""Shows the components of the site's own sources in the place of their tags; called by `document`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from indexing.markdown.components import ComponentReader, Finish, PageSoFar
from indexing.markdown.mdx import Attribute, Tag
from indexing.markdown.modules import MarkdownComponent, MissingFile
from indexing.markdown.packages import GIVEN_COMPONENTS
from indexing.markdown.page_scope import PageScope
from indexing.markdown.pieces import Gap, Hole, PartialUse, Piece, around_hole, text_of, undefined_component
from indexing.markdown.props import visible_texts
from indexing.markdown.values import UNDEFINED, External, Unknown

_FUNCTION = re.compile(r"\s*(?:\([^()]*\)|[\w$]+)\s*=>|\s*function\b")
_KNOWN_PACKAGES = ("@theme/", "@theme-original/", "@theme-init/", "@docusaurus/")
_THEME_COMPONENTS = frozenset({*GIVEN_COMPONENTS, "Admonition", "Tabs", "TabItem", "CodeBlock", "Mermaid", "React"})
"""Read without an import where a theme may give them to pages."""


class PageWithSources(PageSoFar, Protocol):
    """What components of the site's own sources need of the page besides."""

    def take(self, pieces: Iterable[Piece], buffer: list[str], line: int, *, cuts: bool) -> None:
        """Add what pieces show to the text that is being gathered."""

    def cut(self, buffer: list[str], line: int) -> None:
        """End the text that is being gathered: what follows stands beside it."""

    def read_partial(self, use: PartialUse, line: int, *, has_children: bool = False) -> Finish | None:
        """Put a Markdown file in the place of its component."""


class SiteComponents:
    """Shows the components of the site's own sources, and tells once of each that cannot be followed."""

    def __init__(self, page: PageWithSources, tags: ComponentReader, scope: PageScope) -> None:
        self._page = page
        self._tags = tags
        self._scope = scope
        self._told: set[str] = set()

    def with_functions(self, items: list[Tag | str]) -> Iterator[Tag | str]:
        """The items; a function between the tags of a component of the sources is an attribute of its tag."""
        place = 0
        while place < len(items):
            item, code = items[place], items[place + 1] if place + 2 < len(items) else None
            if isinstance(item, Tag) and isinstance(code, str) and _FUNCTION.match(code):
                closing = items[place + 2]
                if isinstance(closing, Tag) and closing.closing and closing.name == item.name and self._is_own(item):
                    children = Attribute("children", code, "expression")
                    item = replace(item, attributes=(*item.attributes, children), self_closing=True)
                    place += 2
            yield item
            place += 1

    def _is_own(self, tag: Tag) -> bool:
        """Whether the tag is of a component that the sources hold as a function."""
        try:
            return callable(self._scope.component(tag.name))
        except Unknown:
            return False

    def _find(self, tag: Tag, line: int) -> Any:
        """The component of the site's sources that a tag stands for; None where there is none that can be followed."""
        if self._page.options.format == "md":
            return None
        for attribute in tag.attributes:
            if attribute.kind == "expression":
                for name in self._scope.undefined_components(attribute.value):
                    self._page.problem(line, undefined_component(name).reason, error=True)
        try:
            component = self._scope.component(tag.name)
        except Unknown as exc:
            self._tell(tag, line, f"what <{tag.name}> shows is known at run time only: {exc}")
            return None
        if isinstance(component, External):
            origin = component.specifier
            if not origin:
                self._tell(tag, line, f"what <{tag.name}> is cannot be followed: its own text is missing")
            elif not origin.startswith(_KNOWN_PACKAGES):
                self._tell(
                    tag, line, f"<{tag.name}> comes from {origin}, which cannot be read: its own text is missing"
                )
            return None
        if component is UNDEFINED:
            message = f"<{tag.name}> is not defined where it is imported from, and Docusaurus' build stops at it"
            self._tell(tag, line, message, error=True)
            return None
        has_source = tag.name[:1].isupper() or "." in tag.name
        first = tag.name.split(".")[0]
        if component is not None or not has_source or first in GIVEN_COMPONENTS:
            return component or None
        if self._scope.is_undefined(first):
            self._tell(tag, line, undefined_component(tag.name).reason, error=True)
        elif first not in _THEME_COMPONENTS:
            self._tell(tag, line, f"<{tag.name}> is neither imported nor declared: its own text is missing")
        return None

    def _tell(self, tag: Tag, line: int, message: str, *, error: bool = False) -> None:
        """Tell of a component, once for a file."""
        if tag.name not in self._told and (error or not self._tags.is_hidden):
            self._told.add(tag.name)
            self._page.problem(line, message, error=error)

    def show(self, tag: Tag, buffer: list[str], line: int, *, cuts: bool) -> bool:
        """Show what a tag stands for; False where it is to be read as one of HTML or of a package."""
        component = self._find(tag, line)
        if component is None:
            return False
        if tag.closing:
            if tag.name in self._told and not isinstance(component, (MarkdownComponent, MissingFile)):
                return False
            self._tags.close(tag, line, buffer)
            return True
        if isinstance(component, (MarkdownComponent, MissingFile)):
            self._page.cut(buffer, line)
            file = component.file if isinstance(component, MarkdownComponent) else None
            props = self._scope.props(tag) if tag.self_closing else {**self._scope.props(tag), "children": Hole()}
            use = PartialUse(file, file.source if file else getattr(component, "specifier", ""), props)
            finish = self._page.read_partial(use, line, has_children=not tag.self_closing)
            if not tag.self_closing:
                self._tags.enter(tag, line, finish)
            return True
        if not callable(component):
            return False
        try:
            pieces = self._scope.expand(component, tag)
        except Unknown as exc:
            self._tell(tag, line, f"what <{tag.name}> shows is known at run time only: {exc}")
            return False
        if len(pieces) == 1 and isinstance(pieces[0], Gap) and pieces[0].even_hidden:
            self._tell(tag, line, f"in what <{tag.name}> shows, {pieces[0].reason}", error=True)
            return False
        if len(pieces) == 1 and isinstance(pieces[0], Gap):
            self._tell(tag, line, f"what <{tag.name}> shows is known at run time only: {pieces[0].reason}")
            return False
        self._show_pieces(pieces, tag, buffer, line, cuts=cuts)
        return True

    def _show_pieces(self, pieces: list[Piece], tag: Tag, buffer: list[str], line: int, *, cuts: bool) -> None:
        before, behind = around_hole(pieces)
        self._page.take(before, buffer, line, cuts=cuts)
        if self._scope.is_stateful or any(isinstance(piece, Gap) for piece in pieces):
            # Its readers see more than it begins with: what its attributes say is kept as well.
            shown = text_of(pieces)
            found = visible_texts(self._scope.resolve(tag))
            hidden = [text for text in found if text not in shown and any(map(str.isalpha, text))]
            self._page.cut(buffer, line)
            self._page.add_text("\n".join(hidden), line)
        if not tag.self_closing:

            def finish(texts: list[str], at: int) -> None:
                self._page.take(once(behind or ()), texts, at, cuts=cuts)

            # A gap may be where they stand: they are read behind it.
            shows = behind is not None or any(isinstance(piece, Gap) for piece in pieces)
            self._tags.enter(tag, line, finish if shows else None)


SHOWN_AGAIN = Gap("what stands between the tags is shown more than once, and read once")


def once(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces behind those that stand between the tags, with a gap where these are shown again."""
    return [SHOWN_AGAIN if isinstance(piece, Hole) else piece for piece in pieces]
