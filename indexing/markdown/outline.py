"""Gathers the headings and sections of a page in document order; filled by `document`, emptied by `read`."""

from dataclasses import dataclass, field, replace

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
