"""Summaries and key points without a model: the author's own summary first, else the sections that say something.

Called by `engines.tasks.page_tasks`. A wish for a number or a form is a bound: "max five", "one paragraph".
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from engines.citations.opening_sentence import statement
from engines.events import Retrieved, Source
from engines.synthesis.extractive import AnswerQuery, Quotation, quote_passages, said_once, without_links
from engines.synthesis.passage_choice import Choice
from engines.synthesis.quoted_text import quoted_text
from engines.tasks.link_lists import Line, OutlineSynthesizer, both, linked_list, outline_of
from engines.tasks.messages import Messages
from engines.tasks.own_summary import OwnSummary, is_own_summary, own_summary
from engines.tasks.page_parts import part_asked
from engines.tasks.page_pieces import makes_a_point
from engines.tasks.wished_form import Form, wished_form

_Item = TypeVar("_Item")
_MOST_LETTERS = 240  # of a point
_SENTENCES_OF_A_PARAGRAPH = 5
_MOST_LINKS = 14  # to the sections beside a summary


class SummarySynthesizer(OutlineSynthesizer):
    """Quotes the summary that a page or a chapter has itself, in the form that is wished, then links to its sections.

    Without one it lists the sections that say something by themselves: none that leads on, asks, or has code alone.
    """

    def __init__(
        self,
        opening: str,
        messages: Messages,
        title: str,
        *,
        by_page: bool = False,
        own: Sequence[Source] = (),
        numbered: bool = True,
    ) -> None:
        super().__init__(opening, messages, title, by_page=by_page, numbered=numbered)
        self._own = own  # sections of a chapter in which its own summary may stand

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        if self._numbered and not self._by_page and part_asked(query.query_str, found.sources):
            return super()._quotation(query, found)
        form = wished_form(query.query_str) if self._numbered else Form()
        own = own_summary(self._own or (() if self._by_page else found.sources), in_prose=form.in_prose)
        behind = max((each.number for each in found.sources), default=0)
        if own is not None and self._by_page:  # it is none of the sections that were found
            own = replace(own, source=replace(own.source, number=behind + 1))
        others = [each for each in self._sections(found.sources) if not is_own_summary(each)]
        if own is None:
            opening = said_once(self._opening, query.earlier).format(title=self._title)
            return self._listed(opening, others or list(found.sources), form)
        opening = said_once(self._messages.own_summary, query.earlier).format(title=self._title)
        return self._of_the_author(opening, own, others, form)

    def _sections(self, sources: Sequence[Source]) -> list[Source]:
        """The pages of a chapter, or the sections of a page that make a point."""
        if self._by_page:
            return self._pages(sources)
        return [each for each in sources if makes_a_point(each)]

    def _of_the_author(self, opening: str, own: OwnSummary, others: Sequence[Source], form: Form) -> Quotation:
        if form.in_prose:
            return _quoted(opening, own, _paragraph(own, form.most))
        if not form.most and not form.numbered:
            text = quoted_text(own.source, "", ())
            links = [Line(f"**{_name(each, by_page=self._by_page)}**", each) for each in _main(others)[:_MOST_LINKS]]
            quoted = _quoted(opening, own, text)
            return both(quoted, linked_list(self._messages.sections, links)) if links else quoted
        points = own.points if len(own.points) >= form.most > 0 else own.all_points
        lines = [Line(each, own.source) for each in points[: form.most or None]]
        more = form.most - len(lines)
        if more > 0:
            lines += _spread([line for line in map(self._line, others) if line is not None], more)
        return linked_list(opening, lines, numbered=form.numbered)

    def _listed(self, opening: str, sections: Sequence[Source], form: Form) -> Quotation:
        """The sections with a sentence that says something by itself, as many as are wished; the others as links."""
        telling = [line for line in map(self._line, sections) if line is not None]
        lines = telling or [Line(f"**{_name(each, by_page=self._by_page)}**", each) for each in sections]
        if form.in_prose and not form.most:
            told = [(statement(without_links(line.source.text), _MOST_LETTERS), line.source) for line in lines]
            told = _spread([each for each in told if each[0]], _SENTENCES_OF_A_PARAGRAPH)
            parts = tuple(
                (f"{' ' if at else opening + chr(10) * 2}{text}", each) for at, (text, each) in enumerate(told)
            )
            return Quotation("", parts, tuple(source for _, source in parts)) if parts else Quotation(opening, (), ())
        if form.most:
            return linked_list(opening, _main_first(lines, form.most), numbered=form.numbered)
        if self._by_page:  # every page of a chapter has its link
            lines = [self._line(each) or Line(f"**{_name(each, by_page=True)}**", each) for each in sections]
        return self._as_fits(opening, lines, numbered=form.numbered)

    def _line(self, source: Source) -> Line | None:
        said = outline_of(source)
        return Line(f"**{_name(source, by_page=self._by_page)}** — {said}", source) if said else None


def _quoted(opening: str, own: OwnSummary, text: str) -> Quotation:
    return quote_passages(opening, [own.source], Choice(((own.source, text),)))


def _paragraph(own: OwnSummary, most: int) -> str:
    """A page's own summary as one paragraph, of so many sentences at most."""
    if own.has_prose:
        return " ".join(own.told[: most or None])
    return "; ".join(each.rstrip(" .;") for each in own.points[: most or None]) + "."


def _main(sources: Sequence[Source]) -> list[Source]:
    """The sections of the first level, where a page has many."""
    main = [each for each in sources if len(each.heading_path) <= 1]
    return main if len(sources) > _MOST_LINKS and main else list(sources)


def _name(source: Source, *, by_page: bool) -> str:
    return source.title if by_page or not source.heading_path else source.heading_path[-1]


def _main_first(lines: Sequence[Line], wanted: int) -> list[Line]:
    """So many lines in their order: of sections of the first level, then of those below them, spread over each."""
    chosen: list[Line] = []
    for deep in sorted({len(line.source.heading_path) for line in lines}):
        level = [line for line in lines if len(line.source.heading_path) == deep]
        chosen += _spread(level, wanted - len(chosen)) if len(chosen) < wanted else []
    return [line for line in lines if line in chosen]


def _spread(items: Sequence[_Item], wanted: int) -> list[_Item]:
    """So many items, spread over all of them."""
    if len(items) <= wanted:
        return list(items)
    return [items[(len(items) - 1) * at // max(1, wanted - 1)] for at in range(wanted)]
