"""The sections that an answer has shown, whole, as they stand in the book; called by the tasks about earlier answers.

An answer quotes a part of a section, and names it by its page's title and its headings. Pages may share a title: the
one is meant whose section has the quoted lines.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from llama_index.core.schema import NodeWithScore

from engines.coverage.verdict import retrieved
from engines.events import Source
from engines.synthesis.extractive import without_links
from engines.tasks.answer_points import letters_of, passages_of, places_shown
from engines.tasks.page_text import PageText
from engines.tasks.plans import Task

ReadPage = Callable[[Task, str], Awaitable[PageText]]
_MOST_PAGES, _MOST_ALIKE = 3, 4  # of one answer that are read; of one title


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page of which an answer has shown sections, and its sections in their order."""

    url: str  # as the table of contents has it
    nodes: list[NodeWithScore]
    sources: tuple[Source, ...]

    def section(self, place: tuple[str, ...]) -> Source | None:
        """The section that an answer names by its page and headings."""
        return next((each for each in self.sources if (each.title, *each.heading_path) == place), None)

    def below(self, path: tuple[str, ...]) -> list[Source]:
        """The section of some headings with its subsections; the whole page for none."""
        return [each for each in self.sources if each.heading_path[: len(path)] == path]

    def nodes_of(self, sources: list[Source]) -> list[NodeWithScore]:
        """The passages of some of its sections."""
        return [self.nodes[each.number - 1] for each in sources]


async def pages_seen(asked: Task, answer: str, read: ReadPage) -> list[SeenPage]:
    """The pages that an answer quotes, or lists sections of, in its order."""
    found = []
    for title in list(dict.fromkeys(place[0] for place in places_shown(answer)))[:_MOST_PAGES]:
        alike = [page for page in asked.contents.pages if page.title == title][:_MOST_ALIKE]
        pages = [_page(page.url, await read(asked, page.url)) for page in alike]
        if pages := [page for page in pages if page.sources]:
            found.append(max(pages, key=lambda page: _quoted_lines(page, answer)) if len(pages) > 1 else pages[0])
    return found


def _page(url: str, text: PageText) -> SeenPage:
    return SeenPage(url, text.nodes, retrieved(text.nodes).sources)


def _quoted_lines(page: SeenPage, answer: str) -> int:
    """How many of the lines that an answer quotes of its sections a page has."""
    count = 0
    for place, text in passages_of(answer):
        section = page.section(place)
        whole = letters_of(without_links(section.text)) if section else ""
        count += sum(letters_of(line) in whole for line in text.splitlines() if section and letters_of(line))
    return count
