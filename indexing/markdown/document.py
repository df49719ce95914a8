"""Walks the tokens of one file, a page or a partial, and fills the outline with what is seen; called by `read`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from markdown_it.token import Token

from indexing.markdown.components import ComponentReader
from indexing.markdown.containers import Containers
from indexing.markdown.footnotes import split_footnotes
from indexing.markdown.headings import reader_text, take_id
from indexing.markdown.html import html_pieces
from indexing.markdown.javascript import Budget
from indexing.markdown.outline import Outline
from indexing.markdown.page import Link, LoadPartial, MarkdownOptions, Partial
from indexing.markdown.parser import parse_tokens
from indexing.markdown.preprocess import SourceText, preprocess
from indexing.markdown.prose import fenced, inline_pieces, table_markdown
from indexing.markdown.scanning import Scan
from indexing.markdown.slug import Slugger
from indexing.markdown.tags import Tag
from indexing.pages import Heading, Problem

_FORMULA = re.compile(r"(?<![\\$\w])\$(?![\s$\d])[^$\n`]{0,200}\\[A-Za-z]{2,}[^$\n`]{0,200}(?<!\s)\$(?!\w)")
"""A command of TeX between two signs; prices and shell variables have none."""
MAX_PROBLEMS = 500
"""Problems of one page that are named; a hostile page has one for every character."""
MAX_PARTIALS = 500
"""Partials that one page may bring in, however they include each other."""


@dataclass(slots=True)
class Reading:
    """What a page and its partials share."""

    load_partial: LoadPartial | None
    outline: Outline = field(default_factory=Outline)
    links: list[Link] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    partials: int = 0
    h1: str | None = None


class DocumentReader:
    """Reads one file into the outline; `chain` holds the files that led to it."""

    def __init__(
        self,
        reading: Reading,
        file: Partial,
        options: MarkdownOptions,
        *,
        chain: tuple[str, ...] = (),
        props: Mapping[str, str] | None = None,
    ) -> None:
        self.reading = reading
        self.source = file.source
        self.chain = (*chain, file.source)
        self.options = options
        self.text: SourceText = preprocess(file.text, options, file.first_line)
        math = looks_like_math(self.text.text) if options.math is None else options.math
        self.scan = Scan(options, Budget(8 * len(self.text.text) + 100_000), math)
        self.scan.values.update(props or {})
        self.components = ComponentReader(self)
        self._title: Token | None = None
        self._containers = Containers()

    @property
    def is_partial(self) -> bool:
        """Whether another file imports this one."""
        return len(self.chain) > 1

    def line(self, token: Token) -> int:
        """Where the token stands in the file, from 1."""
        return self.text.line(token.map[0]) if token.map else 0

    def problem(self, line: int, message: str) -> None:
        """Note something that could not be read as it stands."""
        if len(self.reading.problems) < MAX_PROBLEMS:
            self.reading.problems.append(Problem(self.source, line, message))

    def read(self) -> None:
        """Put everything into the outline."""
        tokens = parse_tokens(self.text.text, self.scan)
        self._name_headings(tokens)
        body, definitions = split_footnotes(tokens)
        self._walk(body)
        self._read_footnotes(definitions)
        self.components.close_all()
        for trouble in self.scan.troubles:
            self.problem(self.text.line(trouble.line), trouble.message)

    def _name_headings(self, tokens: list[Token]) -> None:
        """Give each heading its id in the order of the file, which is not always that of the page."""
        slugger = Slugger(maintain_case=self.options.maintain_case)
        may_be_title = not self.is_partial
        for place, token in enumerate(tokens):
            if token.type == "hr":
                may_be_title = False
            elif token.type == "heading_open":
                children = tokens[place + 1].children or []
                level = int(token.tag[1])
                anchor = take_id(children, slugger)
                text, known = reader_text(children, self.scan.values)
                if not known:
                    self.problem(self.line(token), f"the text of the heading {text!r} is known at run time only")
                token.meta["heading"] = Heading(level, text, None if level == 1 else anchor, self.is_partial)
                if may_be_title and level == 1:
                    self._title = token
                    self.reading.h1 = text
                may_be_title = False

    def _walk(self, tokens: list[Token]) -> None:
        place = 0
        while place < len(tokens):
            token = tokens[place]
            kind = token.type
            if kind == "inline":
                depth = self.components.depth
                self.add_pieces(inline_pieces(token.children or [], self.scan.values), self.line(token))
                self.components.end_text(depth)
                self._note_links(token)
            elif kind == "heading_open":
                self._heading(token, tokens[place + 1])
                place += 2
            elif kind == "table_open":
                place = self._table(tokens, place)
            elif kind == "mdx_flow":
                self.components.flow(token.meta["items"], self.line(token))
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

    def _heading(self, token: Token, inline: Token) -> None:
        self.flush()
        self._note_links(inline)
        heading: Heading = token.meta["heading"]
        self.reading.outline.add_heading(heading, is_page_title=token is self._title)

    def _container(self, token: Token) -> None:
        self._containers.follow(token)
        kind = token.type
        if kind.endswith("_close") and kind != "list_item_close" and not self._containers.are_open:
            self.flush()

    def _label(self, inline: Token) -> None:
        pieces = inline_pieces(inline.children or [], self.scan.values)
        text = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
        self._note_links(inline)
        if text:
            self.add_text(f"**{text}**" if "*" not in text else text, self.line(inline))

    def add_pieces(self, pieces: Iterable[str | Tag], line: int) -> None:
        """Text with tags in it: a tag that begins a block of its own cuts the text."""
        buffer: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                buffer.append(piece)
            elif self.components.is_block(piece):
                self.add_text("".join(buffer), line)
                buffer = []
                self.components.tag(piece, line)
            else:
                buffer += self.components.inline(piece, line)
        self.add_text("".join(buffer), line)

    def add_text(self, text: str, line: int) -> None:
        """Prose, where the reader is."""
        text = "\n".join(part.strip(" \t") for part in text.strip().split("\n") if part.strip())
        if not text or self.components.takes(text):
            return
        if self._containers.are_open:
            self._containers.add(text, line)
        else:
            self.flush()
            self.reading.outline.add_block("text", text, line)

    def flush(self) -> None:
        """End the list or quotation that was being gathered."""
        gathered = self._containers.take()
        if gathered:
            self.reading.outline.add_block("text", *gathered)

    def _code(self, token: Token) -> None:
        if self.components.is_hidden or not token.content.strip():
            return
        self.flush()
        line = self.line(token)
        outline = self.reading.outline
        language = token.info.split()[0].lower() if token.info.split() else ""
        if token.type == "math_block":
            outline.add_block("math", f"$$\n{token.content.strip()}\n$$", line)
        elif language == "mermaid":
            outline.add_block("mermaid", fenced(token.content, token.info), line)
        else:
            outline.add_block("code", fenced(token.content, token.info), line)

    def _table(self, tokens: list[Token], place: int) -> int:
        rows: list[list[str]] = []
        start = tokens[place]
        while tokens[place].type != "table_close":
            token = tokens[place]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self._cell(token))
                self._note_links(token)
            place += 1
        self.flush()
        if not self.components.is_hidden:
            self.reading.outline.add_block("table", table_markdown(rows), self.line(start))
        return place

    def _cell(self, token: Token) -> str:
        parts: list[str] = []
        for piece in inline_pieces(token.children or [], self.scan.values):
            parts += [piece] if isinstance(piece, str) else self.components.inline(piece, self.line(token))
        return "".join(parts)

    def _note_links(self, inline: Token) -> None:
        line = self.line(inline)
        for token in inline.children or ():
            if token.type in ("softbreak", "hardbreak"):
                line += 1
            elif token.type == "link_open":
                self.add_link(str(token.attrs.get("href", "")), line)
            elif token.type == "image":
                self.add_link(str(token.attrs.get("src", "")), line, image=True)

    def add_link(self, target: str, line: int, *, image: bool = False) -> None:
        """Note where the page leads to."""
        if target:
            self.reading.links.append(Link(target, line, self.source, image))

    def _read_footnotes(self, definitions: dict[str, list[Token]]) -> None:
        """Footnotes stand at the end, in the order in which they are referred to; the others are not shown."""
        referred = self.scan.referred
        shown = [label for label in referred if label in definitions]
        if shown:
            self.flush()
            self.reading.outline.add_heading(Heading(2, "Footnotes", "footnote-label", self.is_partial))
        for label in shown:
            self._walk(definitions[label])
        for label, tokens in definitions.items():
            if label not in shown:
                for token in tokens:
                    if token.type == "heading_open":
                        heading: Heading = token.meta["heading"]
                        self.reading.outline.list_heading(
                            Heading(heading.level, heading.text, heading.id, self.is_partial, rendered=False)
                        )


def looks_like_math(text: str) -> bool:
    """Whether a page was written for remark-math, where the site's settings do not say."""
    return "$$" in text or ("$" in text and _FORMULA.search(text) is not None)
