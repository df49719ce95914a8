"""The section, step or point of a page that a message names by its number; called by the tasks.

A number in a heading is the section's or the step's own: "Step 2: Visual Training", "3. Placing Obstacles". Without
one, sections are counted as the page's table of contents has them, and steps and points are items of an ordered list.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from engines.events import Source
from engines.understanding import lexicon
from engines.understanding.later_turns import NumberedPart, PagePart, is_form_of, numbered_part
from engines.understanding.task_words import number_in_words
from engines.understanding.words import plain_words

_NUMBERED_HEADING = re.compile(r"^\W*(?P<number>\d{1,2})\s*(?:[.):]|\s[–—-]\s)(?!\d)")
_NOUN_AND_NUMBER = re.compile(r"^\W*(?P<noun>[^\W\d]+)\s+(?P<number>\d{1,2})(?![\w.])")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:>\s?)?\**(?P<number>\d{1,2})[.)]\**(?:\s+\S|\s*$)")
_HEADED: dict[PagePart, re.Pattern[str]] = {
    "section": lexicon.pattern("turns", r"^\W*{section}\s+(?P<number>\d{1,2})(?![\w.]\d|\w)"),
    "step": lexicon.pattern("turns", r"^\W*{step}\s+(?P<number>\d{1,2})(?!\w)"),
    "point": lexicon.pattern("turns", r"^\W*{point}\s+(?P<number>\d{1,2})(?!\w)"),
}

_COUNTED_LINES = lexicon.pattern("turns", "^{counted_lines}$")
_MOST_BETWEEN = 3  # words of "3 most important things"
_MOST_LINES = 20
_VERBS = frozenset({"do", "no"})  # of English, and numbers of other languages


def part_asked(text: str, sources: Sequence[Source]) -> list[Source]:
    """The part of a page that a message names by its number, from all its sections; none where the page has no such."""
    named = numbered_part(text)
    if named is None:
        return []
    headed = _with_number_in_heading(sources, named)
    if headed or named.kind == "section":
        return headed or _nth_section(sources, named.number)
    items = [found for each in sources for found in _items(each, named.number)]
    return items[:1] or (_nth_section(sources, named.number) if named.kind == "point" else [])


def counted_section(
    number: int, noun: str, sources: Sequence[Source], shown: Sequence[tuple[str, ...]], *, by_number: bool
) -> list[Source]:
    """What of a page's sections an answer leads to by a number, "the third way"; none where no heading has it.

    It is the one whose heading has the noun and the number, "Stage 3: …", beside or below what the answer has `shown`;
    with `by_number` also one with the number alone. Else it is the one at that place below a heading that counts its
    sections by the noun: "The 4 ways to create a mock".
    """
    for only_noun in (True, False) if by_number else (True,):
        for source in sources:
            for depth, heading in enumerate(source.heading_path, 1):
                path = source.heading_path[:depth]
                own = _own_number(heading, noun, only_noun=only_noun)
                if own == number and any(path[:-1] == each[: depth - 1] for each in shown):
                    return [each for each in sources if each.heading_path[:depth] == path]
    return _nth_below(sources, number, noun) if noun else []


def _own_number(heading: str, noun: str, *, only_noun: bool) -> int | None:
    found = _NOUN_AND_NUMBER.match(heading)
    if found and noun and is_form_of("".join(plain_words(found["noun"])), noun):
        return int(found["number"])
    found = None if only_noun else _NUMBERED_HEADING.match(heading)
    return int(found["number"]) if found else None


def _nth_below(sources: Sequence[Source], number: int, noun: str) -> list[Source]:
    """The section of this number below the first heading that says how many there are of the noun."""
    paths = (each.heading_path[:depth] for each in sources for depth in range(1, len(each.heading_path) + 1))
    for path in dict.fromkeys(paths):
        words = plain_words(path[-1])
        counts = any(word.isdecimal() or number_in_words(word) is not None for word in words)
        if not counts or not any(is_form_of(word, noun) for word in words):
            continue
        deep = len(path) + 1
        inner = [each.heading_path[:deep] for each in sources if each.heading_path[: len(path)] == path]
        below = list(dict.fromkeys(each for each in inner if len(each) == deep))
        if 1 <= abs(number) <= len(below) > 1:
            wanted = below[number - 1 if number > 0 else number]
            return [each for each in sources if each.heading_path[:deep] == wanted]
    return []


def lines_asked(text: str) -> int:
    """How many points, questions or sentences a message wants: "the 3 most important things"; 0 for no number."""
    words = plain_words(text)
    for at, word in enumerate(words):
        if not _COUNTED_LINES.match(word):
            continue
        for before in reversed(words[max(0, at - _MOST_BETWEEN) : at]):
            number = int(before) if before.isdecimal() else number_in_words(before) if before not in _VERBS else None
            if number is not None and 0 < number <= _MOST_LINES:
                return number
    return 0


def _with_number_in_heading(sources: Sequence[Source], named: NumberedPart) -> list[Source]:
    """The sections under the first heading that has the number: "Step 2: …", "2. …"."""
    deepest = _depth_of_sections(sources) if named.kind == "section" else None
    headings = [
        (_number_in(heading, named), source.heading_path[:depth])
        for source in sources
        for depth, heading in enumerate(source.heading_path[:deepest], 1)
    ]
    last = max((number for number, _ in headings if number is not None), default=0)
    wanted = last if named.number < 0 and named.kind == "step" else named.number
    path = next((path for number, path in headings if number == wanted), None) if wanted else None
    return [each for each in sources if path and each.heading_path[: len(path)] == path]


def _number_in(heading: str, named: NumberedPart) -> int | None:
    found = _HEADED[named.kind].match(heading) or (_NUMBERED_HEADING.match(heading) if named.kind != "point" else None)
    return int(found["number"]) if found else None


def _depth_of_sections(sources: Sequence[Source]) -> int:
    """How deep the headings of a page's sections are: a second title above all of them is none of them."""
    return 2 if len({each.heading_path[:1] for each in sources if each.heading_path}) == 1 else 1


def _nth_section(sources: Sequence[Source], number: int) -> list[Source]:
    """The section of this number on a page, with its subsections; -1 is the last one."""
    deep = _depth_of_sections(sources)
    paths = list(dict.fromkeys(each.heading_path[:deep] for each in sources if len(each.heading_path) >= deep))
    if number > len(paths) or not paths:
        return []
    path = paths[number - 1 if number > 0 else number]
    return [each for each in sources if each.heading_path[:deep] == path]


def _items(source: Source, number: int) -> list[Source]:
    """A section reduced to the item of this number of its first ordered list; none without such an item."""
    lines = source.text.splitlines()
    starts = _starts(lines)
    if not starts:
        return []
    number = max(counted for _, _, counted in starts) if number < 0 else number
    at = next((at for at, (_, _, counted) in enumerate(starts) if counted == number), None)
    if at is None:
        return []
    first, indent, _ = starts[at]
    behind = (line for line, deep, _ in starts[at + 1 :] if deep <= indent)
    end = next(behind, None) or _end_of_item(lines, first)
    return [replace(source, text="\n".join(lines[first:end]).strip())]


def _starts(lines: Sequence[str]) -> list[tuple[int, int, int]]:
    """The line, the indentation and the number of each item of an ordered list, none of which is code.

    Where each item is written as the first one, they are counted, as Markdown does.
    """
    found: list[tuple[int, int, int]] = []
    in_code, written = False, dict[int, int]()  # the number of the last item, by its indentation
    for at, line in enumerate(lines):
        if _FENCE.match(line):
            in_code = not in_code
        item = None if in_code else _ITEM.match(line)
        step = None if in_code else _HEADED["step"].match(line)
        if item:
            deep, number = len(item["indent"]), int(item["number"])
            counted = next((each for _, indent, each in reversed(found) if indent == deep), 0)
            found.append((at, deep, counted + 1 if number == written.get(deep) == 1 else number))
            written[deep] = number
        elif step:
            found.append((at, 0, int(step["number"])))
    return found


def _end_of_item(lines: Sequence[str], first: int) -> int:
    """The line behind the last item of a list, which ends with the first paragraph that is not indented."""
    for at in range(first + 1, len(lines)):
        if not lines[at - 1].strip() and re.match(r"[^\s`~]", lines[at]):
            return at
    return len(lines)
