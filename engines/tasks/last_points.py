"""Answers about one point of an earlier answer: "explain the second point"; called by `engines.tasks.answering`.

`engines.tasks.answer_points` says what its points are. A point of a list of pages or chapters is answered from that
page; one that is a section, from the section; any other is quoted whole from where it stands in the book, with the
section that its page has on it. Where two things were spoken of, "the second one" is one of these.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore

from engines.events import Retrieved, Source
from engines.retrieval.retriever import GivenRetriever
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, Quotation, quote_passages, without_links
from engines.synthesis.passage_choice import Choice, choose, place
from engines.synthesis.passage_parts import share_of
from engines.synthesis.quoted_text import quoted_text
from engines.tasks.answer_points import (
    FEWEST,
    Point,
    every_list_of,
    has_steps,
    is_asking_back,
    is_item,
    letters_of,
    names_of,
    numbered,
    own_text,
    passages_of,
    places_shown,
    points_of,
)
from engines.tasks.messages import shows_a_point
from engines.tasks.page_parts import counted_section, part_asked
from engines.tasks.plans import NO_VERDICT, AnswerFrom, Covered, Plan, Task, ready
from engines.tasks.seen_sections import ReadPage, SeenPage, pages_seen
from engines.understanding.book_terms import is_quiz_heading, is_recap
from engines.understanding.comparisons import things_asked
from engines.understanding.definitions import is_code, text_blocks
from engines.understanding.later_turns import (
    ALL_POINTS,
    NEXT_SECTION,
    counts_rows,
    is_form_of,
    names_a_step,
    names_points,
    noun_counted,
    numbered_part,
    point_asked,
    point_named,
)
from engines.understanding.words import content_words, plain_words

_FEW_WORDS = 2  # of a name, which other sections have by chance
_MOST_OF_A_NAME = 0.75  # that a section's text has which tells of a point
_MOST_SECTIONS = 2  # that are quoted for one point
_WHAT_IS = "What is {}?"
_NOTE = (
    "The reader asks for more on this point of your last answer: {point} Explain it from what the passages say of it."
)


async def plan_points(asked: Task, read: ReadPage, *, has_model: bool) -> Plan | None:
    """The plan for points of an earlier answer; None if no answer has several, or if the message rather asks anew."""
    text = asked.question.text
    seen, points = await _last_points(asked, None if has_model else read)
    if not has_model and names_a_step(text):
        said = names_of(_asked_last(asked))
        for page, sections in sorted(seen, key=lambda each: -len(said & names_of(each[0].sources[0].title))):
            if steps := part_asked(text, [each for section in sections for each in _steps_around(page, section)]):
                return _given(asked, page, steps, has_model=has_model)
    is_list = bool(points) and points[0].is_listed
    if not is_list and not names_points(text):
        thing = "" if has_model else _thing_asked(asked, has_list=bool(points) and not points[0].is_section)
        if thing:
            return AnswerFrom(_WHAT_IS.format(thing), alone=True)
    if not points or (has_model and not is_list and not names_points(text)):
        return None
    wanted = _wanted(asked, points)
    if not wanted and point_asked(text, after_points=True) is None:
        return None  # "and with React 17?" counts no points
    if not wanted:
        return ready(asked, Quotation(asked.messages.no_point.format(count=len(points)), (), ()), NO_VERDICT)
    if has_model:
        note = _NOTE.format(point=" ".join(f"“{each.text}”" for each in wanted))
        return AnswerFrom(text, postprocessors=(Covered(),), note=note, again=True)
    if is_list:
        return AnswerFrom(text, synthesizer=PointSynthesizer(asked, [each.text for each in wanted]), again=True)
    return _of_the_book(asked, wanted, [page for page, _ in seen])


async def plan_named_point(asked: Task, read: ReadPage) -> Plan | None:
    """The plan for the one point that has the words of a message in its name; None where several have, or none.

    A message that only is the name has to be most of it, and the point to be one of what was quoted.
    """
    alone = not point_named(asked.question.text)
    said = names_of(" ".join(point_named(asked.question.text, after_points=alone)))
    pages = await pages_seen(asked, asked.last_answer, read)
    on_the_pages = [(each.title, *each.heading_path) for page in pages for each in page.sources]
    for passages in (places_shown(asked.last_answer), () if alone else on_the_pages):
        sections = [section for place in passages for page in pages if (section := page.section(place))]
        texts = {(each.title, *each.heading_path): without_links(each.text) for each in sections}
        points = [point for place, text in texts.items() for found in every_list_of(place, text) for point in found]
        named = [point for point in points if said and said <= names_of(point.name)]
        named = [point for point in named if not alone or 2 * len(said) >= len(names_of(point.name))]
        if named:
            return _of_the_book(asked, named, pages) if len(named) == 1 else None
    return None


async def plan_beside(asked: Task, read: ReadPage) -> Plan | None:
    """The plan for what stands behind, or before, what was told last: the next point, else the next section.

    Of several sections it is the one that was asked for. None at the end.
    """
    on = 1 if asked.intent.subject == NEXT_SECTION else -1
    question, shown = names_of(_asked_last(asked)), places_shown(asked.last_answer)
    if not shown or is_asking_back(asked.last_answer):
        return None
    told = max(shown, key=lambda each: len(names_of(each[-1]) & question))
    pages = await pages_seen(asked, asked.last_answer, read)
    for page in pages:
        point = _point_beside(asked.last_answer, page, on)
        if point is not None:
            return _of_the_book(asked, [point], pages)
        section = page.section(told)
        beside = section.number + on if section else 0
        if 1 <= beside <= len(page.sources):
            return _given(asked, page, [page.sources[beside - 1]], has_model=False)
    return None


def _point_beside(answer: str, page: SeenPage, on: int) -> Point | None:
    """The point beside the one that an answer shows alone, in the list of which it is one."""
    place, quoted = next(iter(passages_of(answer)), ((), ""))
    section = page.section(place)
    for found in every_list_of(place, without_links(section.text)) if section else []:
        alone = [at for at, each in enumerate(found) if letters_of(each.text) in letters_of(quoted)]
        if len(alone) == 1 and 0 <= alone[0] + on < len(found):
            return found[alone[0] + on]
    return None


def _steps_around(page: SeenPage, section: Source) -> list[Source]:
    """A section with those below it, or a step's section with the other steps."""
    path = section.heading_path
    return page.below(path[:-1] if path and names_a_step(path[-1]) else path)


def _of_the_book(asked: Task, wanted: Sequence[Point], pages: Sequence[SeenPage]) -> AnswerFrom | None:
    """What the book says of points of quoted sections: each whole, then the section on it that its page has."""
    nodes: dict[str, NodeWithScore] = {}
    shown: dict[str, list[str]] = {}
    for point in wanted:
        found = ((page, section) for page in pages if (section := page.section(point.place)))
        page, section = next(found, (None, None))
        if page is None or section is None:
            continue
        own, of_it = own_text(point, section.text), _section_on(point, section, page.sources)
        if point.is_section or (not own and not of_it):
            own, of_it = quoted_text(section, "", ()) if point.is_section else point.text, []
        for each, text in ((section, own), *((each, quoted_text(each, "", ())) for each in of_it)):
            if text and text not in shown.setdefault(each.chunk_id, []):
                nodes[each.chunk_id] = page.nodes[each.number - 1]
                shown[each.chunk_id].append(text)
    texts = [("\n" if all(map(is_item, shown[each])) else "\n\n").join(shown[each]) for each in nodes]
    return AnswerFrom(asked.question.text, GivenRetriever([*nodes.values()]), OwnTexts(asked, texts)) if nodes else None


def _section_on(point: Point, section: Source, sources: Sequence[Source]) -> list[Source]:
    """The section of a page on a point of another one: its heading has the point's name, or its text most of that."""
    said = names_of(point.name)
    others = [each for each in sources if each.number != section.number and each.heading_path != section.heading_path]
    others = [each for each in others if not is_recap(each.heading) and not is_quiz_heading(each.heading)]
    named = [each for each in others if said and said <= names_of(each.heading)]
    told = {each.number: share_of(point.name, _prose_of(each)) for each in others if len(said) > _FEW_WORDS}
    best = max(others, key=lambda each: told.get(each.number, 0), default=None)
    return named[:1] or ([best] if best is not None and told.get(best.number, 0) >= _MOST_OF_A_NAME else [])


def _prose_of(source: Source) -> str:
    return "\n\n".join(block for block in text_blocks(source.text) if not is_code(block))


async def plan_counted_section(asked: Task, read: ReadPage, *, has_model: bool) -> Plan | None:
    """The plan for a section that the book itself counts, near what the last answer has shown; None if none is meant.

    A number in a heading is the book's own, and goes before the place of a quotation: "number 2" is "2. Tests should be
    deterministic". What an answer lists as what a question may mean has no order: "the second step" is none of it.
    """
    number, shown = _one_number(asked), places_shown(asked.last_answer)
    if not number or not shown:
        return None
    text, points = asked.question.text, points_of(asked.last_answer, _least(asked), _asked_last(asked))
    is_step, back = names_a_step(text), is_asking_back(asked.last_answer)
    if is_step and has_steps(asked.last_answer) and not _names_numbered_steps(shown):
        return None
    named = numbered_part(text)
    noun = named.kind if is_step and named else noun_counted(text)
    by_number = not points or (points[0].is_section and not points[0].is_listed)
    for page in await pages_seen(asked, asked.last_answer, read):
        title = page.sources[0].title
        paths = [each[1:] for each in shown if each[0] == title]
        meant = counted_section(number, noun, page.sources, paths, by_number=by_number)
        if not meant and is_step:
            meant = part_asked(text, page.sources) if back and title == shown[0][0] else []
        if meant:
            return _given(asked, page, meant, has_model=has_model)
    return None


def _names_numbered_steps(shown: Sequence[tuple[str, ...]]) -> bool:
    return any(names_a_step(heading) for each in shown for heading in each[1:])


def _given(asked: Task, page: SeenPage, meant: Sequence[Source], *, has_model: bool) -> AnswerFrom:
    """The plan for sections of a page that was read."""
    note = _NOTE.format(point=" ".join(f"“{place(each)}”" for each in meant))
    synthesizer = None if has_model else WholeSections(asked, [each.text for each in meant])
    return AnswerFrom(asked.question.text, GivenRetriever(page.nodes_of(list(meant))), synthesizer, note=note)


def _asked_last(asked: Task) -> str:
    return next((turn.content for turn in reversed(asked.question.history) if turn.role == "user"), "")


def _wanted(asked: Task, points: list[Point]) -> list[Point]:
    """The points that a message means: those at its numbers, of the ones that are what it counts: "the second con"."""
    if asked.intent.subject == ALL_POINTS:
        return points
    numbers = [int(number) for number in asked.intent.subject.split()]
    noun = noun_counted(asked.question.text)
    of_it = [each for each in points if noun and any(is_form_of(word, noun) for word in plain_words(each.name))]
    counted = of_it if max(map(abs, numbers)) <= len(of_it) < len(points) and of_it else points
    return [point for number in numbers if (point := numbered(counted, number))]


def _one_number(asked: Task) -> int:
    """The number of the one point that a message means, -1 for the last one; 0 for several, or for none."""
    subject = asked.intent.subject
    return int(subject) if subject.removeprefix("-").isdecimal() else 0


def has_step(asked: Task) -> bool:
    """Whether the last answer has the step that a message names by its number."""
    number = re.escape(asked.intent.subject)
    step = rf"^(?:> ?)?[^\w\n]*{number}[.)]\s|^>.*\w\s{number}\b"
    return re.search(step, asked.last_answer, re.MULTILINE) is not None


def page_of_point(asked: Task) -> str:
    """The name of the page or the chapter that is the one point asked for; "" where the points are no such list."""
    points = points_of(asked.last_answer, _least(asked), _asked_last(asked))
    point = numbered(points, number) if (number := _one_number(asked)) else None
    if point is None or (names_a_step(asked.question.text) and not point.is_listed):
        return ""
    names, name = [each.name for each in points], point.name
    return name if asked.contents.has_titles([name]) and asked.contents.has_titles(names, least=FEWEST) else ""


class PointSynthesizer(ExtractiveSynthesizer):
    """Quotes the sections that points of the last answer name."""

    def __init__(self, asked: Task, points: Sequence[str]) -> None:
        super().__init__()
        self._messages, self._points = asked.messages, points

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
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


class OwnTexts(WholeSections):
    """Quotes what is given of each section whole."""

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        quoted = tuple(zip(found.sources, self._texts, strict=False))
        return quote_passages(self._messages.point, found.sources, Choice(quoted))


def _least(asked: Task) -> int:
    """How many points a list has to have for those that a message names."""
    numbers = asked.intent.subject.replace(ALL_POINTS, "").split()
    return max((int(number) for number in numbers), default=FEWEST)


def _thing_asked(asked: Task, *, has_list: bool) -> str:
    """Which of the things that were compared last, or asked for without a list in the answer, a message names."""
    questions = [turn.content for turn in asked.question.history if turn.role == "user"]
    questions = [each for each in questions if not point_asked(each, after_points=True)]
    things = things_asked(questions[-1:] if has_list else questions)
    number = _least(asked)
    return things[number - 1 if number > 0 else number] if 1 < len(things) >= abs(number) else ""


async def _last_points(asked: Task, read: ReadPage | None) -> tuple[list[tuple[SeenPage, list[Source]]], list[Point]]:
    """What the newest answer that has several points has shown, and these points; not of an answer about a point.

    With `read` they are counted in the whole sections.
    """
    history = asked.question.history
    for at in range(len(history) - 1, -1, -1):
        if history[at].role != "assistant":
            continue
        question = next((turn.content for turn in reversed(history[:at]) if turn.role == "user"), "")
        if point_asked(question, after_points=True) or shows_a_point(history[at].content):
            continue
        answer, seen = history[at].content, []
        places = places_shown(answer) if read else []
        for page in await pages_seen(asked, answer, read) if read else ():
            sections = [section for place in places if (section := page.section(place))]
            seen.append((page, sections))
        whole = {(each.title, *each.heading_path): without_links(each.text) for _, found in seen for each in found}
        points = points_of(answer, _least(asked), question, whole, rows=counts_rows(asked.question.text))
        if points:
            return seen, points
    return [], []


def _sections_of(point: str, sources: Sequence[Source]) -> list[Source]:
    """The sections that have a point's name, of which the one with its sentence first; else that with most words."""
    name, said = Point(point, is_section=True).name, set(content_words(point))
    whole = [each for each in sources if point == place(each)]
    named = whole or [each for each in sources if name in (place(each), each.title, *each.heading_path[-1:])]

    def shared(source: Source) -> int:
        return len(said.intersection(content_words(f"{place(source)} {without_links(source.text)}")))

    return sorted(named or sources, key=shared, reverse=True)[:1]
