"""Answers about one point of an earlier answer: "explain the second point"; called by `engines.tasks.answering`.

`engines.tasks.answer_points` says what its points are. A point of a list of pages or chapters is answered from that
page; one that is a section, from the section, which the chat retrieves again; any other is quoted whole from where it
stands, with what a search for it finds. Where two things were spoken of, "the second one" is one of these.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import retrieved
from engines.events import Retrieved, Source, Turn
from engines.retrieval.retriever import GivenRetriever
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, Quotation, quote_passages, without_links
from engines.synthesis.passage_choice import Choice, choose, place
from engines.tasks.answer_points import (
    FEWEST,
    Point,
    has_steps,
    is_asking_back,
    numbered,
    own_text,
    places_shown,
    points_of,
)
from engines.tasks.page_parts import counted_section, part_asked
from engines.tasks.page_text import PageText
from engines.tasks.plans import NO_VERDICT, AnswerFrom, AtLeastUncertain, Covered, Plan, Task, ready
from engines.understanding.comparisons import things_asked
from engines.understanding.later_turns import names_a_step, names_points, noun_counted, numbered_part, point_asked
from engines.understanding.words import content_words

_MOST_PAGES = 3  # of an answer that are read for a section which they count
_MOST_SECTIONS = 2  # that are quoted for one point
_WHAT_IS = "What is {}?"
_NOTE = (
    "The reader asks for more on this point of your last answer: {point} Explain it from what the passages say of it."
)


def plan_points(asked: Task, *, has_model: bool) -> Plan | None:
    """The plan for points of an earlier answer; None if no answer has several."""
    points, before = _last_points(asked.question.history, _least(asked))
    if points and not has_model and names_a_step(asked.question.text):
        # An item of an ordered list that the answer quotes; how many points that has says nothing of it.
        synthesizer = PointSynthesizer(asked, [each.text for each in _wanted(asked, points)], of=len(points))
        return AnswerFrom(asked.question.text, synthesizer=synthesizer, again=True)
    is_list = bool(points) and points[0].is_listed
    if not is_list and not names_points(asked.question.text):
        thing = "" if has_model else _thing_asked(asked, has_list=bool(points) and not points[0].is_section)
        if thing:
            return AnswerFrom(asked.question.text, about=QueryBundle(_WHAT_IS.format(thing)))
    if not points or (has_model and not is_list and not names_points(asked.question.text)):
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
    about = QueryBundle(f"{before}\n{texts}")
    of_a_passage = QuotedPointSynthesizer(asked, wanted)
    return AnswerFrom(asked.question.text, synthesizer=of_a_passage, postprocessors=(AtLeastUncertain(),), about=about)


async def plan_counted_section(
    asked: Task, read: Callable[[Task, str], Awaitable[PageText]], *, has_model: bool
) -> Plan | None:
    """The plan for a section that the book itself counts, near what the last answer has shown; None if none is meant.

    A number in a heading is the book's own, and goes before the place of a quotation: "number 2" is "2. Tests should be
    deterministic". What an answer lists as what a question may mean has no order: "the second step" is none of it.
    """
    number = int(asked.intent.subject) if " " not in asked.intent.subject else 0
    shown = places_shown(asked.last_answer)
    if not number or not shown:
        return None
    text, points = asked.question.text, points_of(asked.last_answer, _least(asked), _asked_last(asked))
    is_step, back = names_a_step(text), is_asking_back(asked.last_answer)
    if is_step and has_steps(asked.last_answer) and not _names_numbered_steps(shown):
        return None
    named = numbered_part(text)
    noun = named.kind if is_step and named else noun_counted(text)
    by_number = not points or (points[0].is_section and not points[0].is_listed)
    for title in list(dict.fromkeys(each[0] for each in shown))[:_MOST_PAGES]:
        page = next((each for each in asked.contents.pages if each.title == title), None)
        found = await read(asked, page.url) if page is not None else None
        if found is None or not found.nodes:
            continue
        sources = retrieved(found.nodes).sources
        paths = [each[1:] for each in shown if each[0] == title]
        meant = counted_section(number, noun, sources, paths, by_number=by_number)
        if not meant and is_step:
            meant = part_asked(text, sources) if back and title == shown[0][0] else []
        if meant:
            return _given(asked, found, meant, has_model=has_model)
    return None


def _names_numbered_steps(shown: Sequence[tuple[str, ...]]) -> bool:
    return any(names_a_step(heading) for each in shown for heading in each[1:])


def _given(asked: Task, found: PageText, meant: Sequence[Source], *, has_model: bool) -> AnswerFrom:
    """The plan for sections of a page that was read."""
    numbers = [each.number for each in meant]
    nodes = [
        node
        for node, source in zip(found.nodes, retrieved(found.nodes).sources, strict=True)
        if source.number in numbers
    ]
    note = _NOTE.format(point=" ".join(f"“{place(each)}”" for each in meant))
    synthesizer = None if has_model else WholeSections(asked, [each.text for each in meant])
    return AnswerFrom(asked.question.text, GivenRetriever(nodes), synthesizer, note=note)


def _asked_last(asked: Task) -> str:
    return next((turn.content for turn in reversed(asked.question.history) if turn.role == "user"), "")


def _wanted(asked: Task, points: list[Point]) -> list[Point]:
    numbers = [int(number) for number in asked.intent.subject.split()]
    return [point for number in numbers if (point := numbered(points, number))]


def has_step(asked: Task) -> bool:
    """Whether the last answer has the step that a message names by its number."""
    number = re.escape(asked.intent.subject)
    step = rf"^(?:> ?)?[^\w\n]*{number}[.)]\s|^>.*\w\s{number}\b"
    return re.search(step, asked.last_answer, re.MULTILINE) is not None


def page_of_point(asked: Task) -> str:
    """The name of the page or the chapter that is the one point asked for; "" where the points are no such list."""
    points, _ = _last_points(asked.question.history, _least(asked))
    number = int(asked.intent.subject) if " " not in asked.intent.subject else 0
    point = numbered(points, number)
    if point is None:
        return ""
    if names_a_step(asked.question.text) and not points[0].is_listed:
        return ""
    names, name = [each.name for each in points], point.name
    return name if asked.contents.has_titles([name]) and asked.contents.has_titles(names, least=FEWEST) else ""


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


class WholeSections(ExtractiveSynthesizer):
    """Quotes sections, each reduced to what of it is meant."""

    def __init__(self, asked: Task, texts: Sequence[str]) -> None:
        super().__init__()
        self._messages, self._texts = asked.messages, texts

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        own = [replace(each, text=text) for each, text in zip(found.sources, self._texts, strict=False)]
        return quote_passages(self._messages.point, own)


class QuotedPointSynthesizer(ExtractiveSynthesizer):
    """Quotes points of a passage whole from where they stand, then what was not quoted yet of the sections found."""

    def __init__(self, asked: Task, points: Sequence[Point]) -> None:
        super().__init__()
        self._messages, self._points = asked.messages, points

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        own: list[Source] = []
        for point in self._points:
            whole = ((each, own_text(point, each.text)) for each in found.sources)
            own += [replace(each, text=text) for each, text in whole if text][:1]
        texts = " ".join(each.text for each in self._points)
        others = [each for each in found.sources if each.number not in {own_one.number for own_one in own}]
        chosen = choose(others, texts, earlier=query.earlier, follows_up=True)
        quoted = (*((each, each.text) for each in own), *chosen.quoted[:_MOST_SECTIONS])
        named = () if quoted else chosen.named
        return quote_passages(self._messages.point, (*own, *others), Choice(quoted, named))


def _least(asked: Task) -> int:
    """How many points a list has to have for those that a message names."""
    return max((int(number) for number in asked.intent.subject.split()), default=FEWEST)


def _thing_asked(asked: Task, *, has_list: bool) -> str:
    """Which of the things that were compared last, or asked for without a list in the answer, a message names."""
    questions = [turn.content for turn in asked.question.history if turn.role == "user"]
    things = things_asked(questions[-1:] if has_list else questions)
    number = _least(asked)
    return things[number - 1 if number > 0 else number] if 1 < len(things) >= abs(number) else ""


def _last_points(history: Sequence[Turn], least: int) -> tuple[list[Point], str]:
    """The points of the newest answer that has several, and what it answers; not those of an answer about a point."""
    question = ""
    for at in range(len(history) - 1, -1, -1):
        if history[at].role != "assistant":
            continue
        question = next((turn.content for turn in reversed(history[:at]) if turn.role == "user"), "")
        points = [] if point_asked(question) else points_of(history[at].content, least, question)
        if points:
            return points, question
    return [], ""


def _sections_of(point: str, sources: Sequence[Source]) -> list[Source]:
    """The sections that have a point's name, of which the one with its sentence first; else that with most words."""
    name, said = Point(point, is_section=True).name, set(content_words(point))
    whole = [each for each in sources if point == place(each)]
    named = whole or [each for each in sources if name in (place(each), each.title, *each.heading_path[-1:])]

    def shared(source: Source) -> int:
        return len(said.intersection(content_words(f"{place(source)} {without_links(source.text)}")))

    return sorted(named or sources, key=shared, reverse=True)[:1]
