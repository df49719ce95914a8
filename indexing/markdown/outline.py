"""Gathers what a page shows in document order: headings, sections, and the text of lists and quotations.

Filled and emptied by `document`.
"""

from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from indexing.pages import Block, BlockKind, Heading, Section


@dataclass(slots=True)
class _OpenSection:
    path: tuple[int, ...]  # places of its headings in the list of all, outermost first
    level: int
    blocks: list[Block] = field(default_factory=list)


class Outline:
    """The page so far."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._section = _OpenSection((), 1)
        self._sections = [self._section]
        self._titles: set[int] = set()

    def add_heading(self, heading: Heading, *, is_page_title: bool = False) -> None:
        """Begin the section of a heading; the page's own title is no part of a path."""
        place = len(self.headings)
        self.headings.append(heading)
        if is_page_title:
            self._titles.add(place)
        above = tuple(i for i in self._section.path if self.headings[i].level < heading.level)
        self._section = _OpenSection((*above, place), heading.level)
        self._sections.append(self._section)

    def list_heading(self, heading: Heading) -> None:
        """Note a heading that has no section, because the page does not show it."""
        self.headings.append(heading)

    def add_block(self, kind: BlockKind, text: str, line: int) -> None:
        """Put a block under the last heading."""
        text = text.strip("\n") if kind == "code" else text.strip()
        if text:
            self._section.blocks.append(Block(kind, text, line))

    def hide(self, first: int, last: int) -> None:
        """Say of the headings `first` up to `last` that the page's HTML does not hold them."""
        for place in range(first, last):
            self.headings[place] = replace(self.headings[place], rendered=False)

    def sections(self) -> tuple[Section, ...]:
        """All sections; one without a block is kept when it has a heading, since its heading may answer by itself.

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
        """The innermost id that leads to this very place: a browser goes to the first of two that are the same."""
        for place in reversed(path):
            anchor = self.headings[place].id
            if anchor and owners.get(anchor) == place:
                return anchor
        return None


class Containers:
    """The list items and quotations that are open, and what was gathered in the outermost of them."""

    def __init__(self) -> None:
        self._prefixes: list[list[str]] = []  # (of the first line, of the others) of each list item and quotation
        self._lines: list[str] = []
        self._lines_start = 0

    @property
    def are_open(self) -> bool:
        """Whether the reader is in one."""
        return bool(self._prefixes)

    def follow(self, token: Token) -> None:
        """Go into a list item or a quotation, or out of one; other tokens change nothing."""
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
        """Gather text that stands at `line` of the file, each of its lines behind the markers."""
        if not self._lines:
            self._lines_start = line
        for part in text.split("\n"):
            self._lines.append("".join(prefix[0] for prefix in self._prefixes) + part)
            for prefix in self._prefixes:
                prefix[0] = prefix[1]

    def take(self) -> tuple[str, int] | None:
        """What was gathered and the line where it began, to be gathered no longer; None where there is nothing."""
        if not self._lines:
            return None
        text, self._lines = "\n".join(self._lines), []
        return text, self._lines_start
