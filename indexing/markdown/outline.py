"""Collects what a page shows in document order: headings, sections, and the text of tables, lists and quotations.

Filled and emptied by `document`.
"""

from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from indexing.pages import Block, BlockKind, Heading, Section


@dataclass(slots=True)
class _OpenSection:
    path: tuple[int, ...]  # indexes of its headings in the list of all, outermost first
    level: int
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class _OpenTable:
    """The rows of a table since its beginning, or since the last block of another kind in it."""

    line: int
    rows: list[list[str]] = field(default_factory=list)
    has_header: bool = True  # the first row has only header cells
    spans: dict[int, int] = field(default_factory=dict)  # column → remaining rows of a cell above that spans it
    in_cell: bool = False

    def begin_cell(self, *, is_header: bool, columns: int, rows: int) -> None:
        if not self.rows:
            self.rows.append([])
        row = self.rows[-1]
        while self.spans.get(len(row), 0) > 0:
            self.spans[len(row)] -= 1
            row.append("")
        if rows > 1:
            self.spans |= dict.fromkeys(range(len(row), len(row) + columns), rows - 1)
        row += [""] * columns
        self.has_header = self.has_header and (is_header or len(self.rows) > 1)
        self.in_cell = True

    def add(self, text: str) -> None:
        """Add a text to the last cell."""
        if not self.rows or not self.rows[-1]:
            self.rows.append([""])
            self.has_header = False
        row = self.rows[-1]
        place = max((place for place, cell in enumerate(row) if cell), default=0) if row[-1] else len(row) - 1
        row[place] = f"{row[place]} {text}".strip()


class Outline:
    """The page so far."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._section = _OpenSection((), 1)
        self._sections = [self._section]
        self._titles: set[int] = set()
        self._tables: list[_OpenTable] = []

    def add_heading(self, heading: Heading, *, is_page_title: bool = False) -> None:
        """Begin the section of a heading; the page's own title is not part of a path."""
        self._end_rows()
        place = len(self.headings)
        self.headings.append(heading)
        if is_page_title:
            self._titles.add(place)
        above = tuple(i for i in self._section.path if self.headings[i].level < heading.level)
        self._section = _OpenSection((*above, place), heading.level)
        self._sections.append(self._section)

    def list_heading(self, heading: Heading) -> None:
        """Add a heading that has no section because the page does not show it."""
        self.headings.append(heading)

    def add_block(self, kind: BlockKind, text: str, line: int) -> None:
        """Add a block to the last heading, or a text to the open cell."""
        text = text.strip("\n") if kind == "code" else text.strip()
        if not text:
            return
        if kind == "text" and self.in_cell:
            self._tables[-1].add(text)
            return
        self._end_rows()
        self._section.blocks.append(Block(kind, text, line))

    @property
    def in_cell(self) -> bool:
        """Whether a table cell is open."""
        return bool(self._tables) and self._tables[-1].in_cell

    def open_table(self, line: int) -> None:
        """Begin a table; a nested table is a separate block."""
        self._end_rows()
        self._tables.append(_OpenTable(line))

    def begin_row(self) -> None:
        """Begin a row of the table that is open."""
        if self._tables:
            self._tables[-1].rows.append([])

    def begin_cell(self, *, is_header: bool = False, columns: int = 1, rows: int = 1) -> None:
        """Begin a cell of the open row, which spans so many columns and rows."""
        if self._tables:
            self._tables[-1].begin_cell(is_header=is_header, columns=columns, rows=rows)

    def end_cell(self) -> None:
        """End the cell: following text is outside of it."""
        if self._tables:
            self._tables[-1].in_cell = False

    def close_table(self) -> None:
        """End a table; its rows since its last block of another kind are one block."""
        self._end_rows()
        if self._tables:
            self._tables.pop()

    def _end_rows(self) -> None:
        """Make one block of a table's rows so far: what follows is not the text of a cell."""
        if not self._tables:
            return
        table = self._tables[-1]
        rows = [row for row in table.rows if any(row)]
        if not rows:
            return
        has_header = table.has_header and table.rows[0] is rows[0]
        table.rows, table.has_header = [], False
        if max(map(len, rows)) == 1:
            self._section.blocks.append(Block("text", "\n".join(cell for row in rows for cell in row), table.line))
        else:
            self._section.blocks.append(Block("table", _table_markdown(rows, has_header=has_header), table.line))

    def hide(self, first: int, last: int) -> None:
        """Mark the headings `first` up to `last` as missing in the page's HTML."""
        for place in range(first, last):
            self.headings[place] = replace(self.headings[place], rendered=False)

    def sections(self) -> tuple[Section, ...]:
        """All sections; one without blocks is kept if it has a heading, which may be an answer by itself.

        A page with nothing on it has one empty section, by which its title is found.
        """
        owners: dict[str, int] = {}
        for place, heading in enumerate(self.headings):
            if heading.id and heading.rendered:
                owners.setdefault(heading.id, place)
        return tuple(
            Section(
                heading_path=tuple(self.headings[i].text for i in section.path if i not in self._titles),
                anchor=self._anchor(section.path, owners),
                level=section.level,
                blocks=tuple(section.blocks),
            )
            for section in self._sections
            if section.blocks or section.path or len(self._sections) == 1
        )

    def _anchor(self, path: tuple[int, ...], owners: dict[str, int]) -> str | None:
        """The innermost id that leads exactly here: a browser goes to the first of two equal ids."""
        for place in reversed(path):
            anchor = self.headings[place].id
            if anchor and owners.get(anchor) == place:
                return anchor
        return None


def _table_markdown(rows: list[list[str]], *, has_header: bool) -> str:
    """A table with its header, which is empty if the first row is not one."""
    width = max(map(len, rows))
    filled = [row + [""] * (width - len(row)) for row in rows]
    header, body = (filled[0], filled[1:]) if has_header else ([""] * width, filled)
    return "\n".join(map(_row, (header, ["---"] * width, *body)))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


class Containers:
    """The open list items and quotations, and the text collected in the outermost of them."""

    def __init__(self) -> None:
        self._prefixes: list[list[str]] = []  # (of the first line, of the others) of each list item and quotation
        self._lines: list[str] = []
        self._lines_start = 0

    @property
    def are_open(self) -> bool:
        """Whether any is open."""
        return bool(self._prefixes)

    def follow(self, token: Token) -> None:
        """Enter or leave a list item or quotation; other tokens have no effect."""
        kind = token.type
        if kind == "list_item_open":
            marker = f"{token.info}{token.markup}" if token.info else token.markup
            box = ("[x] " if token.meta["checked"] else "[ ] ") if "checked" in token.meta else ""
            self._prefixes.append([f"{marker} {box}", " " * (len(marker) + 1)])
        elif kind == "blockquote_open":
            self._prefixes.append(["> ", "> "])
        elif kind in ("list_item_close", "blockquote_close") and self._prefixes:
            self._prefixes.pop()

    def add(self, text: str, line: int) -> None:
        """Add text at `line` of the file, each of its lines after the markers."""
        if not self._lines:
            self._lines_start = line
        for part in text.split("\n"):
            self._lines.append("".join(prefix[0] for prefix in self._prefixes) + part)
            for prefix in self._prefixes:
                prefix[0] = prefix[1]

    def take(self) -> tuple[str, int] | None:
        """Remove and return the collected text and its first line; None if there is nothing."""
        if not self._lines:
            return None
        text, self._lines = "\n".join(self._lines), []
        return text, self._lines_start
