"""Answers about one point of an earlier answer: "explain the second point"; called by `engines.tasks.answering`.

The points are the lines of its list, else those of a list that it quotes, else its quotations. A point of a list of
pages or chapters is answered from that page; one that is a section, from the section, which the chat retrieves again;
any other is searched for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llama_index.core.schema import QueryBundle

from engines.events import Retrieved, Source, Turn
from engines.synthesis.extractive import (
    AnswerQuery,
    ExtractiveSynthesizer,
    Quotation,
    choose,
    place,
    quote_passages,
    without_links,
)
from engines.tasks.page_parts import part_asked
from engines.tasks.plans import NO_VERDICT, AnswerFrom, Covered, Plan, Task, ready
from engines.understanding.later_turns import names_a_step, names_points, point_asked
from engines.understanding.words import content_words

_LINE = re.compile(r"^(?:[-*+]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)$", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^>[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)$", re.MULTILINE)
_QUOTED_PLACE = re.compile(r"^> — (?P<text>.+? \[\d+\])\s*$", re.MULTILINE)
_MARK = re.compile(r"\s*\[\d+\]")
_BOLD = re.compile(r"\*\*(?P<name>[^*\n]+?)\*\*")
_NAME_END = re.compile(r"\s+—\s|:\s")
_FEWEST = 2
_MOST_SECTIONS = 2  # that are quoted for one point
_NOTE = (
    "The reader asks for more on this point of your last answer: {point} Explain it from what the passages say of it."
)


@dataclass(frozen=True, slots=True)
class _Point:
    text: str
    is_section: bool  # of the book: it has its own link
    is_listed: bool = False  # by the answer itself, and not in a passage that it quotes


def plan_points(asked: Task, *, has_model: bool) -> Plan | None:
    """The plan for points of an earlier answer; None if no answer has several."""
    points, before = _last_points(asked.question.history)
    if points and not has_model and names_a_step(asked.question.text):
        # An item of an ordered list that the answer quotes; how many points that has says nothing of it.
        synthesizer = PointSynthesizer(asked, [each.text for each in _wanted(asked, points)], of=len(points))
        return AnswerFrom(asked.question.text, synthesizer=synthesizer, again=True)
    is_list = bool(points) and points[0].is_listed
    if not points or not (is_list or names_points(asked.question.text)):
        return None
    wanted = _wanted(asked, points)
    if not wanted:
        return ready(asked, Quotation(asked.messages.no_point.format(count=len(points)), (), ()), NO_VERDICT)
    note = _NOTE.format(point=" ".join(f"“{each.text}”" for each in wanted))
    if has_model:
        return AnswerFrom(asked.question.text, postprocessors=(Covered(),), note=note, again=True)
    if all(each.is_section for each in wanted):
        synthesizer = PointSynthesizer(asked, [each.text for each in wanted])
        return AnswerFrom(asked.question.text, synthesizer=synthesizer, again=True)
    texts = " ".join(each.text for each in wanted)
    return AnswerFrom(texts, about=QueryBundle(f"{before}\n{texts}"))


def _wanted(asked: Task, points: Sequence[_Point]) -> list[_Point]:
    numbers = [int(number) for number in asked.intent.subject.split()]
    return [point for number in numbers if (point := _numbered(points, number))]


def has_step(asked: Task) -> bool:
    """Whether the last answer has the step that a message names by its number."""
    number = re.escape(asked.intent.subject)
    return re.search(rf"^(?:> ?)?\W*{number}[.)]\s|^>.*\w\s{number}\b", asked.last_answer, re.MULTILINE) is not None


def page_of_point(asked: Task) -> str:
    """The name of the page or the chapter that is the one point asked for; "" where the points are no such list."""
    points, _ = _last_points(asked.question.history)
    number = int(asked.intent.subject) if " " not in asked.intent.subject else 0
    point = _numbered(points, number)
    if point is None:
        return ""
    if names_a_step(asked.question.text) and not points[0].is_listed:
        return ""
    names, name = [_name(each.text) for each in points], _name(point.text)
    pages = [each for each in names if asked.contents.find(each, titled=True) is not None]
    return name if name in pages and len(pages) >= _FEWEST else ""


def _numbered(points: Sequence[_Point], number: int) -> _Point | None:
    """The point of a number from 1, or counted from the last one, which is -1; None if there is none."""
    return points[number - 1 if number > 0 else number] if 1 <= abs(number) <= len(points) else None


class PointSynthesizer(ExtractiveSynthesizer):
    """Quotes the sections that points of the last answer name."""

    def __init__(self, asked: Task, points: Sequence[str], of: int = 0) -> None:
        super().__init__()
        self._messages, self._points, self._of = asked.messages, points, of

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        part = part_asked(query.query_str, found.sources) if names_a_step(query.query_str) else []
        if part:
            return quote_passages(self._messages.point, part)
        if not self._points:
            return Quotation(self._messages.no_point.format(count=self._of), (), found.sources)
        meant = [each for point in self._points for each in _sections_of(point, found.sources)]
        sources = list(dict.fromkeys(meant)) or list(found.sources[:_MOST_SECTIONS])
        return quote_passages(self._messages.point, sources, choose(sources, ""))


def _last_points(history: Sequence[Turn]) -> tuple[list[_Point], str]:
    """The points of the newest answer that has several, and what it answers; not those of an answer about a point."""
    question = ""
    for at in range(len(history) - 1, -1, -1):
        if history[at].role != "assistant":
            continue
        question = next((turn.content for turn in reversed(history[:at]) if turn.role == "user"), "")
        points = [] if point_asked(question) else _points_of(history[at].content)
        if points:
            return points, question
    return [], ""


def _points_of(answer: str) -> list[_Point]:
    for pattern, is_section in ((_LINE, True), (_QUOTED_LINE, False), (_QUOTED_PLACE, True)):
        texts = [_MARK.sub("", each["text"]).strip() for each in pattern.finditer(answer)]
        found = [_Point(text, is_section, is_listed=pattern is _LINE) for text in texts]
        if len(found) >= _FEWEST:
            return found
    return []


def _name(point: str) -> str:
    bold = _BOLD.match(point)
    return (bold["name"] if bold else _NAME_END.split(point, maxsplit=1)[0]).strip(" :")


def _sections_of(point: str, sources: Sequence[Source]) -> list[Source]:
    """The sections that have a point's name, of which the one with its sentence first; else that with most words."""
    name, said = _name(point), set(content_words(point))
    whole = [each for each in sources if point == place(each)]
    named = whole or [each for each in sources if name in (place(each), each.title, *each.heading_path[-1:])]

    def shared(source: Source) -> int:
        return len(said.intersection(content_words(f"{place(source)} {without_links(source.text)}")))

    return sorted(named or sources, key=shared, reverse=True)[:1]
