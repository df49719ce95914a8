"""The effect of tags on a page: tabs, headings and code written as JSX, hidden content; called by `document`."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from indexing.markdown.mdx import INLINE_TAGS, VOID_TAGS, Attribute, Tag
from indexing.markdown.modules import GIVEN_COMPONENTS, MarkdownComponent, MissingFile
from indexing.markdown.outline import Outline
from indexing.markdown.page import MarkdownOptions
from indexing.markdown.page_scope import PageScope
from indexing.markdown.pieces import Gap, Hole, PartialUse, Piece, around_hole, text_of, undefined_component
from indexing.markdown.props import visible_texts
from indexing.markdown.prose import fenced, shown_code
from indexing.markdown.values import UNDEFINED, External, Unknown, plain
from indexing.pages import Heading

_HIDDEN = frozenset({"script", "style", "head", "Head", "template", "svg", "BrowserOnly", "object"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})
MAX_SPAN = 100
"""Columns or rows of one cell; HTML itself allows 1000 columns."""
BREAK_TAGS = frozenset({"br", "wbr"})
"""Tags that end a line."""
_CODE_TAGS = frozenset({"CodeBlock", "pre"})
"""Tags around text that keeps its line breaks and indentation."""


Finish = Callable[[list[str], int], None]
"""Called with the text that is being gathered, and the line."""
_FUNCTION = re.compile(r"\s*(?:\([^()]*\)|[\w$]+)\s*=>|\s*function\b")
_KNOWN_PACKAGES = ("@theme/", "@theme-original/", "@theme-init/", "@docusaurus/")
_THEME_COMPONENTS = frozenset({*GIVEN_COMPONENTS, "Admonition", "Tabs", "TabItem", "CodeBlock", "Mermaid", "React"})
"""Components that are read without an import, if a theme may provide them."""


class PageSoFar(Protocol):
    """What tags change on the page, and what they need to know of it."""

    options: MarkdownOptions

    @property
    def is_partial(self) -> bool:
        """Whether another file imports this one."""

    @property
    def outline(self) -> Outline:
        """The headings and blocks so far."""

    def add_text(self, text: str, line: int) -> None:
        """Add prose at the current place."""

    def flush(self) -> None:
        """End the list or quotation that is being collected."""

    def problem(self, line: int, message: str, *, error: bool = False) -> None:
        """Report something that could not be read as written; an error stops Docusaurus' own build."""

    def add_link(self, target: str, line: int) -> None:
        """Add a link of the page."""


@dataclass(slots=True)
class _Frame:
    """An open tag."""

    tag: Tag
    line: int
    first_heading: int
    finish: Finish | None = None  # adds what the component shows after the content between its tags
    hides: bool = False  # the content between the tags is not shown
    items: list[tuple[str, bool, int, int]] = field(default_factory=list)  # of Tabs: value, default, headings from, to


@dataclass(slots=True)
class _TagHeading:
    level: int
    tag: Tag
    depth: int
    line: int
    parts: list[str] = field(default_factory=list)


class ComponentReader:
    """Follows the tags of one file as they open and close."""

    def __init__(self, page: PageSoFar) -> None:
        self._page = page
        self._stack: list[_Frame] = []
        self._hidden = 0
        self._heading: _TagHeading | None = None
        self._code: list[str] | None = None
        self._code_language = ""  # that a `<code>` in a `<pre>` names
        self._message: list[str] | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether content at this place is hidden."""
        return self._hidden > 0

    @property
    def depth(self) -> int:
        """How many tags are open."""
        return len(self._stack)

    def takes(self, text: str) -> bool:
        """Whether the text is not prose here: hidden, or part of a heading written as JSX."""
        if self._heading and not self._hidden:
            self._heading.parts.append(text)
            return True
        return self._hidden > 0

    def takes_code(self, text: str) -> bool:
        """Whether the text is code or a message between the tags of a component, which is kept unchanged."""
        if self._message is not None:
            self._message.append(text)
            return True
        if self._code is None:
            return False
        self._code.append(text)
        return True

    def begin_paragraph(self) -> None:
        """Separate what follows from the code so far."""
        if self._code:
            self._code.append("\n\n")

    def is_block(self, tag: Tag) -> bool:
        """Whether the tag is a block beside paragraphs, not within one."""
        if self._heading:
            return tag.closing and tag.name == self._heading.tag.name
        return tag.name not in INLINE_TAGS and not tag.self_closing

    def open(self, tag: Tag, line: int) -> list[str]:
        """Read an opening or self-closing tag; returns its texts."""
        if tag.name in BREAK_TAGS:
            if self._page.options.format == "mdx" and not tag.self_closing:
                self._push(tag, line)
            return ["\n"]
        if tag.name in ("a", "Link"):
            self._page.add_link(tag.text("href") or tag.text("to") or "", line)
        texts = self._texts(tag)
        self._start_heading(tag, line)
        self._open_table_part(tag, line)
        if tag.self_closing or (tag.name in VOID_TAGS and self._page.options.format == "md"):
            if self._heading and self._heading.tag is tag:
                self._end_heading()
            self._close_table_part(tag)
            return texts
        self._push(tag, line, hides=tag.name in _HIDDEN)
        if tag.name in _CODE_TAGS and self._code is None and not self._heading:
            self._code, self._code_language = [], ""
        elif tag.name == "code" and self._code is not None:
            self._code_language = _language_of_class(tag)
        return texts

    def enter(self, tag: Tag, line: int, finish: Finish | None) -> None:
        """Enter a component of the sources; without `finish` it does not show its content."""
        self._push(tag, line, finish, hides=finish is None)

    def enter_message(self, tag: Tag, line: int, show: Callable[[str, list[str], int], None]) -> None:
        """Enter a message; `show` is called with its text at the end."""
        gathered = self._message = []

        def finish(texts: list[str], at: int) -> None:
            self._message = None
            show("".join(gathered).strip(), texts, at)

        self._push(tag, line, finish)

    def close(self, tag: Tag, line: int, buffer: list[str]) -> None:
        """Read a closing tag."""
        depth = len(self._stack) - 1
        while depth >= 0 and self._stack[depth].tag.name != tag.name:
            depth -= 1
        if depth < 0:
            return
        while len(self._stack) > depth:
            self._leave(self._stack.pop(), buffer, line)

    def end_text(self, depth: int) -> None:
        """End a paragraph, in which MDX wants every opened tag closed."""
        while self._page.options.format == "mdx" and len(self._stack) > depth:
            self._end()

    def close_all(self) -> None:
        """End the file, and with it all tags that were never closed."""
        self._page.flush()
        while self._stack:
            self._end()

    def _end(self) -> None:
        frame = self._stack.pop()
        buffer: list[str] = []
        self._leave(frame, buffer, frame.line)
        self._page.add_text("".join(buffer), frame.line)

    def _push(self, tag: Tag, line: int, finish: Finish | None = None, *, hides: bool = False) -> None:
        self._stack.append(_Frame(tag, line, len(self._page.outline.headings), finish, hides))
        if hides:
            self._hidden += 1

    def _texts(self, tag: Tag) -> list[str]:
        if tag.name == "TabItem":
            label = tag.text("label") or self._label_in_tabs(tag.text("value")) or tag.text("value")
            return [f"**{label.strip()}**"] if label and label.strip() else []
        if tag.name in ("CodeBlock", "Tabs"):
            return []  # their texts are the code between the tags, and the labels of the panels
        return list(visible_texts(tag))

    def _label_in_tabs(self, value: str | None) -> str | None:
        """A panel's label in the `values` of the surrounding Tabs."""
        tabs = next((frame.tag for frame in reversed(self._stack) if frame.tag.name == "Tabs"), None)
        for item in tab_values(tabs) if tabs is not None and value is not None else ():
            if item.get("value") == value and isinstance(item.get("label"), str):
                return str(item["label"])
        return None

    def _leave(self, frame: _Frame, buffer: list[str], line: int) -> None:
        if self._heading and self._heading.tag is frame.tag:
            self._page.add_text("".join(buffer), line)
            buffer.clear()
            self._end_heading()
        self._close_table_part(frame.tag)
        if frame.hides:
            self._hidden -= 1
        if frame.tag.name in _CODE_TAGS and self._code is not None:
            self._end_code(frame)
        outline = self._page.outline
        if frame.tag.name == "TabItem" and self._stack and self._stack[-1].tag.name == "Tabs":
            tag = frame.tag
            item = (tag.text("value") or "", tag.has("default"), frame.first_heading, len(outline.headings))
            self._stack[-1].items.append(item)
        if frame.tag.name == "Tabs" and frame.tag.has("lazy") and frame.items:
            chosen = _chosen(frame)
            for place, (_, _, first, last) in enumerate(frame.items):
                if place != chosen:
                    outline.hide(first, last)
        if frame.finish is not None:
            frame.finish(buffer, line)

    def _open_table_part(self, tag: Tag, line: int) -> None:
        outline = self._page.outline
        if self._hidden or self._heading:
            return
        if tag.name == "table":
            self._page.flush()
            outline.open_table(line)
        elif tag.name == "tr":
            outline.begin_row()
        elif tag.name in _CELLS:
            self._page.flush()
            columns, rows = _span(tag, "colspan"), _span(tag, "rowspan")
            outline.begin_cell(is_header=tag.name == "th", columns=columns, rows=rows)

    def _close_table_part(self, tag: Tag) -> None:
        if self._hidden or self._heading or tag.name not in (*_CELLS, "table"):
            return
        self._page.flush()
        if tag.name == "table":
            self._page.outline.close_table()
        else:
            self._page.outline.end_cell()

    def _end_code(self, frame: _Frame) -> None:
        code, self._code = "".join(self._code or ()).strip("\n"), None
        if not code.strip() or self._hidden:
            return
        self._page.flush()
        title, language = frame.tag.text("title"), frame.tag.text("language") or _language_of_class(frame.tag)
        language = language or self._code_language
        metastring = f"{language} {frame.tag.text('metastring') or ''}"
        if frame.tag.name == "CodeBlock":
            code = shown_code(code, language, metastring, self._page.options.magic_comments)
        info = " ".join(filter(None, (language, f'title="{title}"' if title else "")))
        self._page.outline.add_block("code", fenced(code, info), frame.line)

    def _start_heading(self, tag: Tag, line: int) -> None:
        name = (tag.text("as") or "") if tag.name == "Heading" else tag.name
        if name in _HEADINGS and not self._heading and not self._hidden:
            self._page.flush()
            self._heading = _TagHeading(int(name[1]), tag, len(self._stack), line)

    def _end_heading(self) -> None:
        heading, self._heading = self._heading, None
        if heading is None:
            return
        tag, page = heading.tag, self._page
        anchor = tag.text("id")
        text = " ".join(" ".join(heading.parts).split())
        if anchor is None and any(a.kind == "expression" and a.name in ("", "id") for a in tag.attributes):
            page.problem(heading.line, f"the id of the heading {text!r} is known at run time only")
        if tag.name == "Heading" and heading.level == 1:
            anchor = None  # the theme gives no h1 an anchor
        page.outline.add_heading(Heading(heading.level, text, anchor or None, page.is_partial))


def _language_of_class(tag: Tag) -> str:
    """The language of a class such as `language-js`; "" for none."""
    names = (tag.text("className") or "").split()
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")


def _span(tag: Tag, name: str) -> int:
    """How many columns or rows a cell spans."""
    given = next((a.value for a in tag.attributes if a.name.lower() == name), "")
    return min(int(given), MAX_SPAN) if given.isascii() and given.isdigit() and given != "0" else 1


def tab_values(tag: Tag) -> list[dict[str, Any]]:
    """The `values` of Tabs: the panels' values, labels and which is the default."""
    values = tag.data("values")
    found = [plain(item) for item in values] if isinstance(values, list) else []
    return [item for item in found if isinstance(item, dict)]


def _chosen(frame: _Frame) -> int:
    """Which of the tabs is shown first."""
    default = frame.tag.text("defaultValue")
    if default is None:
        default = next((item.get("value") for item in tab_values(frame.tag) if item.get("default") is True), None)
    for place, (value, is_default, _, _) in enumerate(frame.items):
        if (value == default) if default is not None else is_default:
            return place
    return 0


class PageWithSources(PageSoFar, Protocol):
    """What components of the site's own sources need of the page in addition."""

    def take(self, pieces: Iterable[Piece], buffer: list[str], line: int, *, cuts: bool) -> None:
        """Add what pieces show to the text that is being collected."""

    def cut(self, buffer: list[str], line: int) -> None:
        """End the text that is being collected: what follows is a block beside it."""

    def read_partial(self, use: PartialUse, line: int, *, has_children: bool = False) -> Finish | None:
        """Read a Markdown file in the place of its component."""


class SiteComponents:
    """Shows the components of the site's own sources, and reports once each that cannot be followed."""

    def __init__(self, page: PageWithSources, tags: ComponentReader, scope: PageScope) -> None:
        self._page = page
        self._tags = tags
        self._scope = scope
        self._told: set[str] = set()

    def with_functions(self, items: list[Tag | str]) -> Iterator[Tag | str]:
        """The items, with a function between the tags of a component of the sources as an attribute of its tag."""
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
        """Whether the tag is a component that the sources define as a function."""
        try:
            return callable(self._scope.component(tag.name))
        except Unknown:
            return False

    def _find(self, tag: Tag, line: int) -> Any:
        """The component of the site's sources for a tag; None if there is none that can be followed."""
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
        """Report a component, once for each file."""
        if tag.name not in self._told and (error or not self._tags.is_hidden):
            self._told.add(tag.name)
            self._page.problem(line, message, error=error)

    def show(self, tag: Tag, buffer: list[str], line: int, *, cuts: bool) -> bool:
        """Show the component of a tag; False if it is to be read as a tag of HTML or of a package."""
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
            # Its readers see more than its first state: the text of its attributes is kept as well.
            shown = text_of(pieces)
            found = visible_texts(self._scope.resolve(tag))
            hidden = [text for text in found if text not in shown and any(map(str.isalpha, text))]
            self._page.cut(buffer, line)
            self._page.add_text("\n".join(hidden), line)
        if not tag.self_closing:

            def finish(texts: list[str], at: int) -> None:
                self._page.take(once(behind or ()), texts, at, cuts=cuts)

            # Their place may be in a gap: they are read after it.
            shows = behind is not None or any(isinstance(piece, Gap) for piece in pieces)
            self._tags.enter(tag, line, finish if shows else None)


SHOWN_AGAIN = Gap("what is between the tags is shown more than once, and read once")


def once(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces after the content between the tags, with a gap where that is shown again."""
    return [SHOWN_AGAIN if isinstance(piece, Hole) else piece for piece in pieces]
