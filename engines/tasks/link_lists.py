"""Answers that list sections, pages or chapters with their links, written without a model. Called by the tasks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from urllib.parse import urlsplit

from engines.citations.opening_sentence import gist, listed, statement
from engines.events import Retrieved, Source
from engines.retrieval.retriever import address
from engines.synthesis.extractive import (
    AnswerQuery,
    ExtractiveSynthesizer,
    Quotation,
    quote_passages,
    said_once,
    without_links,
)
from engines.synthesis.passage_choice import Choice, choose, place, was_quoted
from engines.synthesis.quoted_text import quoted_text
from engines.tasks.contents import Chapter, Contents, PageEntry, number_of
from engines.tasks.messages import Messages
from engines.tasks.page_parts import lines_asked, part_asked
from engines.tasks.page_pieces import numbered_piece
from engines.understanding.words import plain_words
from storage.vectors import payload
from storage.vectors.bm25 import tokens

_MOST_LINES = 14
_SAYS_SOMETHING = " — "  # between the name of a section and its sentence
_LEAST_LINES, _MOST_LETTERS_OF_LINES = 14, 6000  # of an outline: as many lines as fit, these at least
_MOST_PAGES_OF_A_CHAPTER = 6
_FEW_SECTIONS = 3
_FEW_PAGES = 60  # of a book, all of which are named
_MOST_PARTS = 60  # of a plan: days of two months
_MOST_LETTERS_OF_ITEMS = 160  # of a list, where a section has no sentence
_ENTRY = re.compile(
    r"^\s*(?:[-*+] |\d+[.)] )?\*\*(?P<term>[^*\n]{2,60}?):?\*\*\s*(?::|–|—|-)?\s+(?P<said>[^\n]{20,240})$", re.MULTILINE
)
_RANK_K = 10  # of reciprocal ranks, as in the fusion of a search
_MOST_LETTERS = 240  # of the sentence from a section


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list, with the page or the section that it links to."""

    text: str
    source: Source


def linked_list(
    opening: str, lines: Sequence[Line], also: Sequence[Source] = (), *, numbered: bool = False
) -> Quotation:
    """An answer of an opening and a list of lines, each with its link."""
    parts = tuple((f"\n{f'{at}.' if numbered else '-'} {line.text}", line.source) for at, line in enumerate(lines, 1))
    return Quotation(f"{opening}\n" if parts else opening, parts, (*(line.source for line in lines), *also))


def chapter_lines(chapters: Sequence[Chapter], site_url: str | None) -> list[Line]:
    """A line for each chapter, its name and its pages, with a link to the first of them."""
    lines: list[Line] = []
    pages = sum(len(chapter.pages) for chapter in chapters)
    most = pages if pages <= _FEW_PAGES else _MOST_PAGES_OF_A_CHAPTER
    for chapter in chapters:
        names = [page.title for page in chapter.pages]
        if names == [chapter.title]:
            text = f"**{chapter.title}**"
        else:
            more = ", …" if len(names) > most else ""
            text = f"**{chapter.title}**: {', '.join(names[:most])}{more}"
        lines.append(Line(text, page_source(len(lines) + 1, chapter.pages[0], site_url)))
    return lines


def page_lines(pages: Sequence[PageEntry], site_url: str | None, most: int = _MOST_LINES) -> list[Line]:
    """A line for each page, with a link to it."""
    return [Line(page.title, page_source(number, page, site_url)) for number, page in enumerate(pages[:most], 1)]


def plan_lines(contents: Contents, parts: str, site_url: str | None) -> list[Line]:
    """The pages in their order as a line for each of so many parts, "4" or "four"; without them, for each chapter."""
    pages, wanted = contents.pages, number_of(parts)
    if wanted is None or not 1 < wanted <= min(_MOST_PARTS, len(pages)):
        return chapter_lines(contents.chapters, site_url)
    edges = [len(pages) * part // wanted for part in range(wanted + 1)]
    return [
        Line(
            f"**{part}/{wanted}**: {'; '.join(page.title for page in pages[first:last])}",
            page_source(part, pages[first], site_url),
        )
        for part, (first, last) in enumerate(pairwise(edges), 1)
    ]


def both(first: Quotation, second: Quotation) -> Quotation:
    """Two answers as one; the sources of the second are numbered after those of the first."""
    behind = max((source.number for source in first.sources), default=0)
    moved = {source.number: replace(source, number=at) for at, source in enumerate(second.sources, behind + 1)}
    parts = tuple((text, moved[source.number]) for text, source in second.parts)
    second = replace(second, parts=parts, sources=tuple(moved.values()))
    if not second.parts:
        return replace(first, ending=f"{first.ending}\n\n{second.opening}")
    (text, source), *others = second.parts
    text = f"\n\n{second.opening}{text}" if second.opening else text
    parts = (*first.parts, (text, source), *others)
    return replace(first, parts=parts, sources=(*first.sources, *second.sources))


def page_source(number: int, page: PageEntry, site_url: str | None) -> Source:
    """A page of the table of contents as a source; its text is its title."""
    url = address({payload.URL: page.url}, site_url)
    return Source(number, f"page:{page.url}", url, page.title, (), page.title, 1.0)


class OutlineSynthesizer(ExtractiveSynthesizer):
    """Lists the sections with a sentence from each, and says that this is no written summary."""

    def __init__(
        self,
        opening: str,
        messages: Messages,
        title: str,
        *,
        wanted: Callable[[Source], bool] | None = None,
        piece: str = "",
        by_page: bool = False,
        sides: Sequence[Chapter] = (),
        numbered: bool = True,
    ) -> None:
        super().__init__()
        self._opening = opening  # why no model has done it; with a place for `{title}`
        self._messages = messages
        self._title = title
        self._wanted = wanted  # which sections are quoted whole instead, where there are any
        self._piece = piece  # what a quotation shows of them, however far down it stands: "code"
        self._by_page = by_page  # one line a page: of a chapter
        self._sides = sides  # chapters or pages that are shown side by side
        self._numbered = numbered  # whether a message may name a part of the text by its number

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        part = [] if self._by_page or not self._numbered else part_asked(query.query_str, found.sources)
        sources = part or found.sources
        wanted = [source for source in sources if self._wanted(source)] if self._wanted else []
        if self._opening != self._messages.no_quiz:
            wanted = wanted or part
        if wanted:
            opening = said_once(self._messages.piece, query.earlier).format(title=self._title)
            numbered = [numbered_piece(each, self._piece, query.query_str) for each in wanted if self._piece]
            pieces = [each for each in numbered if each is not None] or wanted[:_MOST_LINES]
            in_order = Choice(tuple((each, quoted_text(each, self._piece, ())) for each in pieces))
            return quote_passages(opening, pieces, in_order if part else choose(pieces, self._piece))
        entries = [Line(entry, source) for source in sources for entry in _entries(source)]
        if self._piece == "terms" and entries:
            opening = said_once(self._messages.piece, query.earlier).format(title=self._title)
            return linked_list(opening, _that_fit(entries))
        opening = said_once(self._opening, query.earlier).format(title=self._title)
        shown = self._pages(sources) if self._by_page else sources
        lines = [Line(_outlined(source, by_page=self._by_page), source) for source in shown]
        if self._sides:
            told = _side_by_side(opening, self._sides, lines)
            left_out = len(lines) - len(told.parts)
            more = f"\n\n{self._messages.and_more.format(count=left_out)}" if left_out > 0 else ""
            return replace(told, ending=more)
        return self._as_fits(opening, lines, wanted=lines_asked(query.query_str) if self._numbered else 0)

    def _pages(self, sources: Sequence[Source]) -> list[Source]:
        """The first section of each page, of the chapter's overview first, wherever the sidebar has it."""
        return sorted(_first_of_each_page(sources), key=lambda each: each.title != self._title)

    def _as_fits(self, opening: str, lines: Sequence[Line], *, wanted: int = 0, numbered: bool = False) -> Quotation:
        """So many lines as are wanted, else as many as fit, and how many are left out."""
        fitting = _as_many(lines, wanted) or _that_fit(lines)
        outline = linked_list(opening, fitting, numbered=numbered)
        left_out = len(lines) - len(fitting)
        return replace(outline, ending=f"\n\n{self._messages.and_more.format(count=left_out)}") if left_out else outline


class AgainSynthesizer(ExtractiveSynthesizer):
    """Lists the sections that the newest answer which shows any of them shows, with a sentence from each; the first of
    what was found where none does."""

    def __init__(self, opening: str) -> None:
        super().__init__()
        self._opening = opening

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        by_answer = ([each for each in found.sources if _is_shown(each, said)] for said in reversed(query.earlier))
        quoted = next(filter(None, by_answer), [])
        shown = quoted or found.sources[:_FEW_SECTIONS]
        lines = [Line(_outlined(source, by_page=False), source) for source in shown[:_MOST_LINES]]
        return linked_list(self._opening, lines)


def _is_shown(source: Source, answer: str) -> bool:
    """Whether an answer quotes a section, or offers it as what an ambiguous question may mean."""
    return was_quoted(source, [answer]) or f"\n- **{place(source)}**" in answer


class PageListSynthesizer(ExtractiveSynthesizer):
    """Lists the pages with a subject in their titles, and those that were found for it, with their sections.

    Of the latter, pages whose headings name the subject come first, then those whose text has it, then those of which
    most was found.
    """

    def __init__(
        self,
        messages: Messages,
        subject: str,
        titled: Sequence[Line] = (),
        beside: Callable[[str], Quotation | None] = lambda _: None,
        meant: str = "",
    ) -> None:
        super().__init__()
        self._messages = messages
        self._subject = subject
        self._names = [_spoken(name) for name in (subject, meant) if name]  # `meant`: in the book's language
        self._titled = titled
        self._beside = beside  # what is told of the neighbour of the page at an address, if anything

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        pages: dict[str, list[Source]] = {}
        for source in found.sources:
            pages.setdefault(_page_of(source), []).append(source)
        lines: list[Line] = []
        for number, line in enumerate(self._titled, len(found.sources) + 1):
            own = pages.pop(line.source.url, None)
            source = replace(line.source, number=number)
            lines.append(Line(_with_sections(own), own[0]) if own else Line(f"**{line.text}**", source))
        for own in pages.values():
            own.sort(key=lambda source: not self._names_it(source))
        ordered = sorted(pages.values(), key=self._weight, reverse=True)
        lines += [Line(_with_sections(own), own[0]) for own in ordered]
        listed = linked_list(self._messages.nearest.format(subject=self._subject), lines)
        others = (source for source in found.sources if source not in listed.sources)
        listed = replace(listed, sources=(*listed.sources, *others))
        beside = self._beside(urlsplit(lines[0].source.url).path) if lines else None
        return both(listed, beside) if beside else listed

    def _weight(self, sources: Sequence[Source]) -> tuple[bool, bool, float]:
        subject = set(plain_words(self._subject))
        headings = (plain_words(heading) for source in sources for heading in (source.title, *source.heading_path))
        found = sum(1 / (_RANK_K + each.number) for each in sources)
        return any(subject <= set(words) for words in headings), any(map(self._names_it, sources)), found

    def _names_it(self, source: Source) -> bool:
        """Whether a section's text has the subject word by word, in whatever form: "loop closures"."""
        spoken = _spoken(source.text)
        return any(name in spoken for name in self._names)


def _spoken(text: str) -> str:
    """The words of a text by their stems, with a blank before and after each."""
    return f" {' '.join(tokens(text, 'en'))} "


def _with_sections(sources: Sequence[Source]) -> str:
    """A page's title, and the headings of its sections."""
    names = dict.fromkeys(source.heading_path[-1] for source in sources if source.heading_path)
    return f"**{sources[0].title}**: {', '.join(names)}" if names else f"**{sources[0].title}**"


def _entries(source: Source) -> list[str]:
    """The terms that a section writes in bold, with what it says of each: "**ZMP**: the point where …"."""
    return [f"**{found['term']}**: {found['said']}" for found in _ENTRY.finditer(without_links(source.text))]


def outline_of(source: Source) -> str:
    """What a section says, in one sentence that stands by itself or as its first items; "" where it has neither."""
    text = without_links(source.text)
    return statement(text, _MOST_LETTERS) or listed(text, _MOST_LETTERS_OF_ITEMS)


def _outlined(source: Source, *, by_page: bool) -> str:
    """A section's name and a sentence from it."""
    name = source.title if by_page or not source.heading_path else source.heading_path[-1]
    text = without_links(source.text)
    first = gist(text, _MOST_LETTERS, _MOST_LETTERS_OF_ITEMS)
    return f"**{name}**{_SAYS_SOMETHING}{first}" if first else f"**{name}**"


def _that_fit(lines: Sequence[Line]) -> list[Line]:
    """The first lines, as many as fit in an answer."""
    letters = list(accumulate(len(line.text) for line in lines))
    return [
        line for place, line in enumerate(lines) if place < _LEAST_LINES or letters[place] <= _MOST_LETTERS_OF_LINES
    ]


def _as_many(lines: Sequence[Line], wanted: int) -> list[Line]:
    """So many lines as a reader wants, spread over a text: of its main sections where it has as many."""
    if not 0 < wanted < len(lines):
        return []
    lines = [line for line in lines if _SAYS_SOMETHING in line.text] or list(lines)
    main = [line for line in lines if len(line.source.heading_path) <= 1]
    lines = main if len(main) >= wanted else lines
    last = len(lines) - 1
    return [lines[last * at // max(1, wanted - 1)] for at in range(min(wanted, len(lines)))]


def _first_of_each_page(sources: Sequence[Source]) -> list[Source]:
    pages: dict[str, Source] = {}
    for source in sources:
        pages.setdefault(_page_of(source), source)
    return list(pages.values())


def _side_by_side(opening: str, sides: Sequence[Chapter], lines: Sequence[Line]) -> Quotation:
    """The lines of each chapter or page under its title, as many of each."""
    parts: list[tuple[str, Source]] = []
    for side in sides:
        paths = {page.url.rstrip("/") for page in side.pages}
        own = [line for line in lines if urlsplit(_page_of(line.source)).path.rstrip("/") in paths]
        texts = [f"\n- {line.text}" for line in own[:_LEAST_LINES]]
        texts[:1] = [f"\n\n**{side.title}**\n{text}" for text in texts[:1]]
        parts += [(text, line.source) for text, line in zip(texts, own, strict=False)]
    return Quotation(opening, tuple(parts), tuple(source for _, source in parts))


def _page_of(source: Source) -> str:
    return source.url.partition("#")[0]
