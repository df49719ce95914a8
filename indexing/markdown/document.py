"""The entry point: turns the text of one file into headings, sections and links; called by `indexing.read_book`.

Walks the tokens of one file, a page or a partial, and fills the outline with what readers see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it.token import Token

from indexing.markdown.components import BREAK_TAGS, SHOWN_AGAIN, ComponentReader, Finish, SiteComponents, once
from indexing.markdown.mdx import Tag, html_pieces
from indexing.markdown.modules import Modules
from indexing.markdown.outline import Containers, Outline
from indexing.markdown.page import ImportedFile, Link, LoadFile, MarkdownOptions, MarkdownPage
from indexing.markdown.page_scope import PageScope
from indexing.markdown.parser import SourceText, looks_like_math, parse_tokens, preprocess, split_footnotes
from indexing.markdown.pieces import (
    GAP,
    MESSAGES,
    Gap,
    PartialUse,
    Piece,
    around_hole,
    inner_html,
)
from indexing.markdown.prose import (
    SHORTCODE,
    fenced,
    inline_pieces,
    name_headings,
    show_emoji,
    shown_code,
    without_split_marks,
)
from indexing.markdown.scanning import Budget, Scan
from indexing.markdown.values import Unknown
from indexing.pages import Heading, Problem

MAX_PROBLEMS = 500
"""The problems of one page that are reported; a hostile page has one for every character."""
_CHILDREN = ("props.children",)
_LAYOUT = Tag("", (), closing=False, self_closing=False, end=0)
MAX_PARTIALS = 500
"""Partials that one page may bring in, however they include each other."""


def read_markdown(
    text: str,
    options: MarkdownOptions,
    *,
    source: str,
    first_line: int = 1,
    load: LoadFile | None = None,
    front_matter: Mapping[str, Any] | None = None,
) -> MarkdownPage:
    """The page as its readers see it; `text` begins after the front matter, at `first_line` of the file.

    `load` gives the files that the page imports.

    Never raises for any text: what could not be read is in `problems`, with its line.
    """
    reading = PageReading(Modules(load))
    file = ImportedFile(text, source, first_line, front_matter=front_matter or {})
    DocumentReader(reading, file, options).read()
    return MarkdownPage(
        headings=tuple(reading.outline.headings),
        sections=reading.outline.sections(),
        links=tuple(reading.links),
        problems=tuple(reading.problems),
        h1=reading.h1,
    )


@dataclass(slots=True)
class PageReading:
    """The state that a page and its partials share."""

    modules: Modules
    outline: Outline = field(default_factory=Outline)
    links: list[Link] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    partials: int = 0
    h1: str | None = None


class DocumentReader:
    """Reads one file into the outline; `chain` holds the files that led to it."""

    def __init__(
        self,
        reading: PageReading,
        file: ImportedFile,
        options: MarkdownOptions,
        *,
        chain: tuple[str, ...] = (),
        props: Mapping[str, Any] | None = None,
        has_children: bool = False,
    ) -> None:
        self.reading = reading
        self.source = file.source
        self.chain = (*chain, file.source)
        self.options = options
        self.text: SourceText = preprocess(file.text, options, file.first_line)
        math = looks_like_math(self.text.text) if options.math is None else options.math
        self.scan = Scan(options, Budget(8 * len(self.text.text) + 100_000), math)
        self.components = ComponentReader(self)
        self._containers = Containers()
        tokens = parse_tokens(self.text.text, self.scan)
        self._code_starts = [token.map[0] for token in tokens if token.type == "esm" and token.map]
        self.scope = PageScope(
            reading.modules,
            "\n".join(self.scan.code),
            file,
            dict(props or {}),
            components_known=options.components_known,
        )
        self._site_components = SiteComponents(self, self.components, self.scope)
        written = self.text.text.replace("\\:", ":")
        self._has_emoji = options.emoji and SHORTCODE.search(written) is not None
        self._title = self._name_headings(tokens)
        if self._has_emoji:
            show_emoji(tokens)
        self._body, self._definitions = split_footnotes(tokens)
        self._place = 0  # in the body
        self._has_children = has_children  # the content between the tags of this partial's component
        self._behind_children: tuple[list[Piece], int] = ([], 0)  # the rest of their paragraph, and its line

    @property
    def is_partial(self) -> bool:
        """Whether another file imports this one."""
        return len(self.chain) > 1

    @property
    def outline(self) -> Outline:
        """The headings and blocks of the page so far."""
        return self.reading.outline

    def line(self, token: Token) -> int:
        """The token's line in the file, from 1."""
        return self.text.line(token.map[0]) if token.map else 0

    def problem(self, line: int, message: str, *, error: bool = False) -> None:
        """Note something that could not be read as it stands; an error stops Docusaurus' own build."""
        if len(self.reading.problems) < MAX_PROBLEMS:
            self.reading.problems.append(Problem(self.source, line, message, error=error))

    def read(self) -> None:
        """Read everything into the outline, inside the layout that the file may export."""
        before, behind = self._layout()
        self.add_pieces(before, 0)
        if before and behind is None and not any(isinstance(piece, Gap) for piece in before):
            self.components.enter(_LAYOUT, 0, None)  # it does not show its children
        while not self.read_to_children():
            self.add_pieces([SHOWN_AGAIN], self.line(self._body[self._place - 1]))
        self.add_pieces(behind or (), 0)

    def _layout(self) -> tuple[list[Piece], list[Piece] | None]:
        """What the function that a file exports as default shows before and after its text."""
        if self.scope.layout is None:
            return [], None
        try:
            return around_hole(self.scope.expand(self.scope.layout, _LAYOUT))
        except Unknown as exc:
            self.problem(0, f"the layout that it exports is known at run time only: {exc}")
            return [], None

    def read_to_children(self) -> bool:
        """Read on into the outline, up to where the page shows its children; True if it was read to its end.

        The next call goes on after the children.
        """
        pieces, line = self._behind_children
        self._behind_children = ([], 0)
        self.add_pieces(pieces, line)
        self._place = self._walk(self._body, self._place, stops=self._has_children)
        if self._place < len(self._body):
            self._place += 1
            self.flush()
            return False
        self._read_footnotes(self._definitions)
        self.components.close_all()
        for row, message in self.scope.name_problems(is_partial=self.is_partial):
            self.problem(self._code_line(row), message, error=True)
        for trouble in self.scan.troubles:
            self.problem(self.text.line(trouble.line), trouble.message, error=True)
        # This object and its ComponentReader refer to each other: the tokens of a book would stay until garbage
        # collection.
        self._body, self._definitions, self._place = [], {}, 0
        return True

    def _name_headings(self, tokens: list[Token]) -> Token | None:
        """Give the headings their texts and ids; returns the one that is the page's title, if there is one."""
        title, unknown = name_headings(
            tokens,
            self.scope,
            maintain_case=self.options.maintain_case,
            has_emoji=self._has_emoji,
            is_partial=self.is_partial,
        )
        for token, gap in unknown:
            message = f"in the heading {token.meta['heading'].text!r}: {gap.reason}"
            self.problem(self.line(token), message, error=gap.stops_build)
        if title is not None:
            self.reading.h1 = title.meta["heading"].text
        return title

    def _walk(self, tokens: list[Token], place: int = 0, *, stops: bool = False) -> int:
        """Read the tokens from `place` on into the outline; returns where it ended, with `stops` at the children."""
        while place < len(tokens):
            token = tokens[place]
            kind = token.type
            if kind == "inline":
                if self._inline(token, stops=stops):
                    return place
            elif kind == "heading_open":
                self._heading(token, tokens[place + 1])
                place += 2
            elif kind == "table_open":
                place = self._table(tokens, place)
            elif kind == "mdx_flow":
                if stops and token.meta["items"] == _CHILDREN:
                    return place
                self._flow(token.meta["items"], self.line(token))
            elif kind == "html_block":
                self.add_pieces(html_pieces(token.content), self.line(token))
            elif kind in ("fence", "code_block", "math_block"):
                self._code(token)
            elif kind == "directive_label_open":
                self._label(tokens[place + 1])
                place += 2
            else:
                self._container(token)
            place += 1
        return place

    def _inline(self, token: Token, *, stops: bool) -> bool:
        """Read a paragraph's text; with `stops` up to the children that it shows, and then True: the rest is kept."""
        depth = self.components.depth
        self.components.begin_paragraph()
        pieces = list(inline_pieces(token.children or [], self.scope.show))
        self._note_links(token)
        if stops:
            before, behind = around_hole(pieces)
            if behind is not None:
                before, behind = without_split_marks(before, behind)
                self.add_pieces(before, self.line(token))
                self._behind_children = (once(behind), self.line(token))
                return True
        self.add_pieces(pieces, self.line(token))
        self.components.end_text(depth)
        return False

    def _heading(self, token: Token, inline: Token) -> None:
        self.flush()
        self._note_links(inline)
        heading: Heading = token.meta["heading"]
        if self.components.is_hidden:
            self.outline.list_heading(replace(heading, rendered=False))
        else:
            self.outline.add_heading(heading, is_page_title=token is self._title)

    def _container(self, token: Token) -> None:
        self._containers.follow(token)
        kind = token.type
        if kind.endswith("_close") and kind != "list_item_close" and not self._containers.are_open:
            self.flush()

    def _label(self, inline: Token) -> None:
        text = self._line_text(inline).strip()
        self._note_links(inline)
        if text:
            self.add_text(f"**{text}**" if "*" not in text else text, self.line(inline))

    def _line_text(self, inline: Token) -> str:
        """The text of a title or a table cell, in which nothing begins a block."""
        buffer: list[str] = []
        self.take(inline_pieces(inline.children or [], self.scope.show), buffer, self.line(inline), cuts=False)
        return "".join(buffer)

    def _flow(self, items: Iterable[Tag | str], line: int) -> None:
        """Tags and expressions that fill whole lines."""
        for item in self._site_components.with_functions(list(items)):
            if isinstance(item, str):
                self.add_pieces(self.scope.show(item), line)
            else:
                buffer: list[str] = []
                self._tag(item, buffer, line, cuts=True, separator="\n")
                self.add_text("".join(buffer), line)

    def add_pieces(self, pieces: Iterable[Piece], line: int) -> None:
        """Add text with tags in it: a tag that begins a block splits the text."""
        buffer: list[str] = []
        self.take(pieces, buffer, line, cuts=True)
        self.add_text("".join(buffer), line)

    def take(self, pieces: Iterable[Piece], buffer: list[str], line: int, *, cuts: bool) -> None:
        """Add what pieces show to the text that is being gathered."""
        for piece in pieces:
            if isinstance(piece, str):
                if not self.components.takes_code(piece) and not self.components.is_hidden:
                    buffer.append(piece)
            elif isinstance(piece, Tag):
                self._tag(piece, buffer, line, cuts=cuts)
            elif isinstance(piece, Gap):
                self._gap(piece, line)
                if not self.components.takes_code(GAP):
                    buffer.append(GAP)
            elif isinstance(piece, PartialUse):
                self.cut(buffer, line)
                self.read_partial(piece, line)

    def cut(self, buffer: list[str], line: int) -> None:
        """End the text that is being gathered: what follows stands beside it."""
        if buffer:
            self.add_text("".join(buffer), line)
            buffer.clear()

    def _gap(self, gap: Gap, line: int) -> None:
        if gap.even_hidden or not self.components.is_hidden:
            self.problem(line, gap.reason, error=gap.stops_build)

    def _tag(self, tag: Tag, buffer: list[str], line: int, *, cuts: bool, separator: str = "") -> None:
        if not tag.is_resolved and self._site_components.show(tag, buffer, line, cuts=cuts):
            return
        if not tag.is_resolved:
            tag = self.scope.resolve(tag)
            while self.scope.attribute_errors:
                self.problem(line, self.scope.attribute_errors.pop(), error=True)
        if self.components.is_block(tag):
            if cuts:
                self.cut(buffer, line)
            else:
                buffer.append(" ")
        if tag.closing:
            self.components.close(tag, line, buffer)
        elif (markup := tag.data("dangerouslySetInnerHTML")) is not None:
            self.components.open(tag, line)
            self.take(inner_html(markup), buffer, line, cuts=cuts)
        elif tag.name in MESSAGES:
            self._message(tag, buffer, line, cuts=cuts)
        else:
            texts = separator.join(self.components.open(tag, line))
            if tag.name not in BREAK_TAGS or not self.components.takes_code(texts):
                buffer.append(texts)
        if cuts and self.components.is_block(tag):
            self.cut(buffer, line)

    def _message(self, tag: Tag, buffer: list[str], line: int, *, cuts: bool) -> None:
        def show(text: str, texts: list[str], at: int) -> None:
            self.take(self.scope.message(tag, text), texts, at, cuts=cuts)

        if tag.self_closing:
            show("", buffer, line)
        else:
            self.components.enter_message(tag, line, show)

    def _code_line(self, row: int) -> int:
        """The line in the file, from 0, of a line of the page's code."""
        for code, start in zip(self.scan.code, self._code_starts, strict=True):
            lines = code.count("\n") + 1
            if row < lines:
                return self.text.line(start + row)
            row -= lines
        return 0

    def add_text(self, text: str, line: int) -> None:
        """Prose, where the reader is."""
        text = "\n".join(part.strip(" \t") for part in text.strip().split("\n") if part.strip())
        if not text or self.components.takes(text):
            return
        if self._containers.are_open and not self.outline.in_cell:
            self._containers.add(text, line)
        else:
            self.flush()
            self.outline.add_block("text", text, line)

    def flush(self) -> None:
        """End the list or quotation that was being gathered."""
        gathered = self._containers.take()
        if gathered:
            self.outline.add_block("text", *gathered)

    def _code(self, token: Token) -> None:
        if self.components.is_hidden or not token.content.strip():
            return
        self.flush()
        line = self.line(token)
        outline = self.outline
        language = token.info.split()[0].lower() if token.info.split() else ""
        if token.type == "math_block":
            outline.add_block("math", f"$$\n{token.content.strip()}\n$$", line)
        elif language == "mermaid":
            outline.add_block("mermaid", fenced(token.content, token.info), line)
        else:
            code = shown_code(token.content, language, token.info, self.options.magic_comments)
            if code.strip():
                outline.add_block("code", fenced(code, token.info), line)

    def _table(self, tokens: list[Token], place: int) -> int:
        self.flush()
        outline = self.reading.outline
        outline.open_table(self.line(tokens[place]))
        while tokens[place].type != "table_close":
            token = tokens[place]
            if token.type == "tr_open":
                outline.begin_row()
            elif token.type == "inline":
                outline.begin_cell(is_header=True)  # which counts in the first row
                text = self._line_text(token)
                if not self.components.is_hidden:
                    outline.add_block("text", text, self.line(token))
                self._note_links(token)
            place += 1
        outline.close_table()
        return place

    def _note_links(self, inline: Token) -> None:
        line = self.line(inline)
        for token in inline.children or ():
            if token.type in ("softbreak", "hardbreak"):
                line += 1
            elif token.type == "link_open":
                self.add_link(str(token.attrs.get("href", "")), line)

    def add_link(self, target: str, line: int) -> None:
        """Note where the page leads to."""
        if target:
            self.reading.links.append(Link(target, line, self.source))

    def _read_footnotes(self, definitions: dict[str, list[Token]]) -> None:
        """Read the footnotes, which are shown at the end in the order of their references; others are not shown."""
        referred = self.scan.referred
        shown = [label for label in referred if label in definitions]
        if shown:
            self.flush()
            self.outline.add_heading(Heading(2, "Footnotes", "footnote-label", self.is_partial))
        for label in shown:
            self._walk(definitions[label])
        for label, tokens in definitions.items():
            if label not in shown:
                for token in tokens:
                    if token.type == "heading_open":
                        heading: Heading = token.meta["heading"]
                        self.outline.list_heading(
                            Heading(heading.level, heading.text, heading.id, self.is_partial, rendered=False)
                        )

    def read_partial(self, use: PartialUse, line: int, *, has_children: bool = False) -> Finish | None:
        """Put a Markdown file in the place of its component.

        With children it is read up to their place, and the result reads the rest; None if it shows no children.
        """
        self.flush()
        if self.components.is_hidden:
            return None
        if use.file is None:
            self.problem(line, f"{use.specifier} is imported, and there is no such file")
            return _nothing_left
        if use.file.source in self.chain:
            cycle = " → ".join((*self.chain[self.chain.index(use.file.source) :], use.file.source))
            self.problem(line, f"the partials import each other in a circle: {cycle}")
            return _nothing_left
        reading = self.reading
        reading.partials += 1
        if reading.partials > MAX_PARTIALS:
            if reading.partials == MAX_PARTIALS + 1:
                self.problem(line, f"more than {MAX_PARTIALS} partials on one page; the others are left out")
            return _nothing_left
        partial = DocumentReader(
            reading, use.file, self.options, chain=self.chain, props=use.props, has_children=has_children
        )
        if not has_children:
            partial.read()
            return None
        if partial.read_to_children():
            return _nothing_left if "children" in use.file.text else None

        def read_rest(texts: list[str], at: int) -> None:
            self.cut(texts, at)  # the end of the children
            self.flush()
            partial.read()

        return read_rest


def _nothing_left(_: list[str], __: int) -> None:
    """There is nothing after the children."""
