"""What tags do to a page: tabs, partials, headings written as JSX, things that are not shown; called by `document`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexing.markdown.literals import literal_text
from indexing.markdown.props import visible_texts
from indexing.markdown.tags import Tag
from indexing.pages import Heading

if TYPE_CHECKING:
    from indexing.markdown.document import DocumentReader

_HIDDEN = frozenset({"script", "style", "head", "Head", "template", "svg", "BrowserOnly", "object"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"}
)
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "br",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "Link",
        "Highlight",
    }
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BREAKS = frozenset({"br", "wbr"})


@dataclass(slots=True)
class _Frame:
    """An open tag."""

    tag: Tag
    line: int
    first_heading: int
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

    def __init__(self, document: DocumentReader) -> None:
        self._document = document
        self._stack: list[_Frame] = []
        self._hidden = 0
        self._heading: _TagHeading | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether what stands here is not shown."""
        return self._hidden > 0

    def takes(self, text: str) -> bool:
        """Whether the text is no prose here: not shown, or part of a heading written as JSX."""
        if self._heading and not self._hidden:
            self._heading.parts.append(text)
            return True
        return self._hidden > 0

    def is_block(self, tag: Tag) -> bool:
        """Whether the tag stands beside paragraphs, not within them."""
        if self._heading:
            return tag.closing and tag.name == self._heading.tag.name
        return tag.name not in _INLINE and (not tag.self_closing or tag.name in self._document.scan.imports)

    def flow(self, items: tuple[Tag | str, ...], line: int) -> None:
        """Tags and expressions that fill whole lines."""
        for item in items:
            if isinstance(item, Tag):
                self.tag(item, line)
            else:
                self._document.add_text(literal_text(item, self._document.scan.values) or "", line)

    def tag(self, tag: Tag, line: int) -> None:
        """A tag between paragraphs."""
        texts = self._open(tag, line)
        if texts and not self._hidden:
            self._document.add_text("\n".join(texts), line)

    def inline(self, tag: Tag, line: int) -> list[str]:
        """A tag within a paragraph: the text that it brings."""
        if tag.name in _BREAKS:
            return ["\n"]
        return self._open(tag, line)

    @property
    def depth(self) -> int:
        """How many tags are open."""
        return len(self._stack)

    def end_text(self, depth: int) -> None:
        """The end of a paragraph, where MDX wants every tag closed that it opened."""
        while self._document.options.format == "mdx" and len(self._stack) > depth:
            frame = self._stack.pop()
            self._document.problem(frame.line, f"<{frame.tag.name}> is not closed in the paragraph that opens it")
            self._leave(frame)

    def close_all(self) -> None:
        """The end of the file: say what was never closed."""
        self._document.flush()
        while self._stack:
            frame = self._stack.pop()
            if self._document.options.format == "mdx":
                self._document.problem(frame.line, f"<{frame.tag.name}> is never closed")
            self._leave(frame)

    def _open(self, tag: Tag, line: int) -> list[str]:
        if tag.closing:
            self._close(tag, line)
            return []
        self._note_link(tag, line)
        texts = self._texts(tag)
        if tag.name in self._document.scan.imports:
            self._document.flush()
            read_partial(self._document, tag, line)
        self._start_heading(tag, line)
        if tag.self_closing or (tag.name in _VOID and self._document.options.format == "md"):
            if self._heading and self._heading.tag is tag:
                self._end_heading()
            return texts
        self._stack.append(_Frame(tag, line, len(self._document.reading.outline.headings)))
        if tag.name in _HIDDEN:
            self._hidden += 1
        return texts

    def _texts(self, tag: Tag) -> list[str]:
        if tag.name == "TabItem":
            label = tag.text("label") or tag.text("value")
            return [f"**{label.strip()}**"] if label and label.strip() else []
        return list(visible_texts(tag))

    def _close(self, tag: Tag, line: int) -> None:
        depth = len(self._stack) - 1
        while depth >= 0 and self._stack[depth].tag.name != tag.name:
            depth -= 1
        if self._document.options.format == "mdx" and (depth < 0 or depth < len(self._stack) - 1):
            self._document.problem(line, f"</{tag.name}> closes no tag that is open here")
        if depth < 0:
            return
        while len(self._stack) > depth:
            self._leave(self._stack.pop())

    def _leave(self, frame: _Frame) -> None:
        if self._heading and self._heading.tag is frame.tag:
            self._end_heading()
        if frame.tag.name in _HIDDEN:
            self._hidden -= 1
        outline = self._document.reading.outline
        if frame.tag.name == "TabItem" and self._stack and self._stack[-1].tag.name == "Tabs":
            tag = frame.tag
            item = (tag.text("value") or "", tag.has("default"), frame.first_heading, len(outline.headings))
            self._stack[-1].items.append(item)
        if frame.tag.name == "Tabs" and frame.tag.has("lazy") and frame.items:
            chosen = _chosen(frame)
            for place, (_, _, first, last) in enumerate(frame.items):
                if place != chosen:
                    outline.hide(first, last)

    def _start_heading(self, tag: Tag, line: int) -> None:
        name = (tag.text("as") or "") if tag.name == "Heading" else tag.name
        if name in _HEADINGS and not self._heading and not self._hidden:
            self._document.flush()
            self._heading = _TagHeading(int(name[1]), tag, len(self._stack), line)

    def _end_heading(self) -> None:
        heading, self._heading = self._heading, None
        if heading is None:
            return
        anchor = heading.tag.text("id")
        text = " ".join(" ".join(heading.parts).split())
        document = self._document
        if anchor is None and any(a.kind == "expression" and a.name in ("", "id") for a in heading.tag.attributes):
            document.problem(heading.line, f"the id of the heading {text!r} is known at run time only")
        document.reading.outline.add_heading(Heading(heading.level, text, anchor or None, document.is_partial))

    def _note_link(self, tag: Tag, line: int) -> None:
        if tag.name in ("a", "Link"):
            self._document.add_link(tag.text("href") or tag.text("to") or "", line)
        elif tag.name == "img":
            self._document.add_link(tag.text("src") or "", line, image=True)


def _chosen(frame: _Frame) -> int:
    """Which of the tabs is shown first."""
    default = frame.tag.text("defaultValue")
    for place, (value, is_default, _, _) in enumerate(frame.items):
        if (value == default) if default is not None else is_default:
            return place
    return 0


def read_partial(document: DocumentReader, tag: Tag, line: int) -> None:
    """Put the file that a component stands for in its place."""
    # The two read each other: a document has components, and a component may be a document.
    from indexing.markdown.document import MAX_PARTIALS, DocumentReader

    reading = document.reading
    specifier = document.scan.imports[tag.name]
    file = reading.load_partial(specifier, document.source) if reading.load_partial else None
    if file is None:
        document.problem(line, f"{specifier} is imported, and there is no such file")
        return
    if file.source in document.chain:
        cycle = " → ".join((*document.chain[document.chain.index(file.source) :], file.source))
        document.problem(line, f"the partials import each other in a circle: {cycle}")
        return
    reading.partials += 1
    if reading.partials > MAX_PARTIALS:
        if reading.partials == MAX_PARTIALS + 1:
            document.problem(line, f"more than {MAX_PARTIALS} partials on one page; the others are left out")
        return
    props = {f"props.{a.name}": a.value for a in tag.attributes if a.kind == "text"}
    DocumentReader(reading, file, file.options or document.options, chain=document.chain, props=props).read()
