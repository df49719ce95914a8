"""The points that an answer has, as a reader counts them: "the second point", "the third phase", "that last row".

They are the lines of the answer's own list. An answer that quotes has those of the first quoted section with enough of
them: items of a list, rows of a table, or paragraphs that begin with bold words, as sub-headings are shown; else its
quotations. Pure functions, called by `engines.tasks.last_points`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from engines.understanding.book_terms import names_no_subject
from engines.understanding.words import content_words

FEWEST = 2
_LINE = re.compile(r"^(?:[-*+]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)$", re.MULTILINE)
_QUOTATION = re.compile(r"^>.*(?:\n>.*)*", re.MULTILINE)
_PLACE = re.compile(r"^— (?P<text>.+? \[\d+\])\s*$", re.MULTILINE)
_ITEM = re.compile(r"^(?:[-*+•]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)$")
_BOLD = re.compile(r"^\*\*(?P<name>[^*\n]{2,80})\*\*")
_MARK = re.compile(r"\s*\[\d+\]")
_NAME_END = re.compile(r"\s+—\s|:\s")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
_OWN_NUMBER = r"^\W*(?:[^\W\d]+\s+)?{}(?![\w.])"  # "Stage 3: Text Transcription"
_ORDERED = re.compile(r"^(?:> ?)?\s*(?:\d{1,3}[.)]\s|\*\*[^\W\d]+ \d)", re.MULTILINE)
_NONE = "(?!)"
_BETWEEN_HEADINGS = " › "
_SHOWN = re.compile(r"^(?:> — (?P<quoted>.+? \[\d+\])\s*|- \*\*(?P<listed>[^*\n]+)\*\*.*)$", re.MULTILINE)
_CUT = re.compile(r"^(?:…|\.\.\.)$", re.MULTILINE)  # where a quotation leaves the rest of a section out
_ROW = re.compile(r"^\|(?P<cells>.*\|)\s*$")
_RULE = re.compile(r"^\|[\s:|-]+\|\s*$")  # below a table's header
MIDDLE = 0
_MOST_LETTERS = 600  # of a point that is a paragraph


@dataclass(frozen=True, slots=True)
class Point:
    """A point of an answer."""

    text: str
    is_section: bool  # of the book: it has its own link
    is_listed: bool = False  # by the answer itself, and not in a passage that it quotes
    place: tuple[str, ...] = ()  # the page and the headings of the passage that it stands in, or is

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return _ROW.match(self.text) is not None

    @property
    def name(self) -> str:
        """What stands before its text: the words in bold, those up to a colon, or the first cell of a row."""
        row = _ROW.match(self.text)
        if row:
            return row["cells"].split("|")[0].strip(" `*")
        bold = _BOLD.match(self.text)
        return (bold["name"] if bold else _NAME_END.split(self.text, maxsplit=1)[0]).strip(" :")


def points_of(
    answer: str,
    least: int = FEWEST,
    question: str = "",
    whole: Mapping[tuple[str, ...], str] | None = None,
    *,
    rows: bool = False,
) -> list[Point]:
    """The points of an answer, of a quoted list with at least so many where there is one; [] where it has but one.

    Of several quoted lists it is the one that has most of the question's words before it and in its points. `whole` are
    the quoted sections as they stand in the book, by their places: what a quotation leaves out is counted as well. With
    `rows` those of a table go before other points.
    """
    lines = [_without_mark(each["text"]) for each in _LINE.finditer(answer)]
    listed = [Point(text, is_section=True, is_listed=True) for text in lines]
    passages = passages_of(answer)
    if not passages:
        return listed if len(listed) >= FEWEST else []
    lists = lists_of(passages, question, whole or {})
    lists = [each for each in lists if rows and each[0][0].is_row] or lists
    if lists:
        first, passage = lists[0]
        if len(first) < least and _CUT.search(passage):
            return []  # the rest of the list is not shown
        return next((found for found, _ in lists if len(found) >= least), first)
    quoted = [Point(_BETWEEN_HEADINGS.join(place), is_section=True, place=place) for place, _ in passages if place]
    return next((found for found in (quoted, listed) if len(found) >= FEWEST), [])


def lists_of(
    passages: list[tuple[tuple[str, ...], str]], question: str, whole: Mapping[tuple[str, ...], str]
) -> list[tuple[list[Point], str]]:
    """The lists of quoted passages with their texts, first that which has most of the question's words."""
    lists = []
    for place, quoted in passages:
        found, text = _points_in(quoted, question), quoted
        every = _points_in(whole[place], question, found[0] if found else "") if place in whole else []
        if not found or any(letters_of(found[0]) in letters_of(each) for each in every):  # else they are subsections
            found, text = every, whole.get(place, quoted)
        if len(found) >= FEWEST:
            lists.append(([Point(each, is_section=False, place=place) for each in found], text))
    if question:
        lists.sort(key=lambda each: _fit(each[0], each[1], question), reverse=True)
    return lists


def passages_of(answer: str) -> list[tuple[tuple[str, ...], str]]:
    """What an answer quotes, each with its page and headings, () where that is not told."""
    found = []
    for each in _QUOTATION.finditer(answer):
        text = _unquoted(each[0])
        line = _PLACE.search(text)
        place = tuple(_without_mark(line["text"]).split(_BETWEEN_HEADINGS)) if line else ()
        found.append((place, text[: line.start()] if line else text))
    return found


def places_shown(answer: str) -> list[tuple[str, ...]]:
    """The page and the headings of what an answer quotes, or lists as what a question may mean, in its order."""
    found = (each["quoted"] or each["listed"] for each in _SHOWN.finditer(answer))
    return list(dict.fromkeys(tuple(_without_mark(each).split(_BETWEEN_HEADINGS)) for each in found))


def is_asking_back(answer: str) -> bool:
    """Whether an answer quotes nothing and lists sections, of which the reader may mean one."""
    return not _QUOTATION.search(answer) and any(len(each) > 1 for each in places_shown(answer))


def has_steps(answer: str) -> bool:
    """Whether an answer has steps in their order: an ordered list, or headings with numbers."""
    return _ORDERED.search(answer) is not None


def is_item(text: str) -> bool:
    """Whether a text is an item of a list, as it is printed."""
    return _ITEM.match(text) is not None


def numbered(points: list[Point], number: int) -> Point | None:
    """The point that has a number in its own name, else the one at its place from 1; -1 is the last one.

    `MIDDLE` is the one between as many others.
    """
    if number == MIDDLE:
        return points[(len(points) - 1) // 2] if points else None
    own = _OWN_NUMBER.format(number) if number > 0 and points and not points[0].is_listed else _NONE
    named = [each for each in points if re.match(own, each.name)]
    if len(named) == 1:
        return named[0]
    return points[number - 1 if number > 0 else number] if 1 <= abs(number) <= len(points) else None


def own_text(point: Point, text: str) -> str:
    """What a section says under a point: up to the next one of the same kind; "" where the section has it not."""
    lines = text.splitlines()
    wanted = letters_of(point.text)[:_MOST_LETTERS]
    first = next((at for at, line in enumerate(lines) if _begins(line, wanted)), None)
    if first is None:
        return ""
    if _ROW.match(lines[first]):
        header = next((at for at in range(first, -1, -1) if _RULE.match(lines[at].strip())), first)
        return "\n".join((*lines[max(0, header - 1) : header + 1], lines[first])).strip()
    indent, is_item = _indent(lines[first]), _ITEM.match(lines[first].strip()) is not None
    rest = takewhile(lambda line: not _ends(line, indent, is_item=is_item), lines[first + 1 :])
    return "\n".join((lines[first].strip(), *rest)).strip()


def every_list_of(place: tuple[str, ...], text: str) -> list[list[Point]]:
    """All lists of a section, of each kind one."""
    kinds = _kinds_in(text).values()
    return [[Point(each, is_section=False, place=place) for each in found] for found in kinds if len(found) >= FEWEST]


def _points_in(passage: str, question: str, seen: str = "") -> list[str]:
    """The items, the rows or the bold paragraphs of a passage, whichever begin first.

    With the first point that a reader has `seen` of it, it is the kind which has that one. Bold words that say what was
    asked for and end in a colon are no point: the items behind them are the points.
    """
    kinds = _kinds_in(passage)
    if any(_announces(each, question) for kind in ("heading", "bold") for each in kinds.get(kind, [])):
        kinds = {"item": kinds.get("item", []), **kinds}
    several = [each for each in kinds.values() if len(each) >= FEWEST]
    if "heading" in kinds and "bold" in kinds and not seen:
        fewer = min(kinds["heading"], kinds["bold"], key=len)
        several = [each for each in several if each is not fewer]
    of_seen = [each for each in several if seen and any(letters_of(seen) in letters_of(text) for text in each)]
    return next(iter(of_seen or several), next(iter(kinds.values()), []))


def _kinds_in(passage: str) -> dict[str, list[str]]:
    """The points of a passage by their kind, in the order in which these begin; no code, and no items of items."""
    kinds: dict[str, list[str]] = {}
    in_code, blank, header = False, True, ""
    for line in passage.splitlines():
        said = None
        if _FENCE.match(line):
            in_code = not in_code
        elif in_code:
            continue
        elif item := _ITEM.match(line):
            said = ("item", _without_mark(item["text"]))
        elif _ROW.match(line):
            said = ("row", line.strip()) if header and not _RULE.match(line) else None
        elif blank and (found := _BOLD.match(line)) and not names_no_subject(found["name"].strip(" :")):
            said = ("heading" if found[0] == line.strip() else "bold", line.strip())
        header = line if _ROW.match(line) else ""
        blank = not line.strip() or bool(_BOLD.match(line))
        if said:
            kinds.setdefault(said[0], []).append(said[1])
    return kinds


def _fit(points: list[Point], passage: str, question: str) -> int:
    """How many of a question's words stand in the heading of a list, before its first point, and in most points."""
    before: list[str] = []
    for line in passage.splitlines():
        if _ITEM.match(line) or _without_mark(line) == points[0].text:
            break
        before = [line] if line.strip() else before
    asked, around = names_of(question), names_of(" ".join((*before, *points[0].place[-1:])))
    in_most = [word for word in asked if sum(word in names_of(each.name) for each in points) * 2 > len(points)]
    return len(asked & around) + len(in_most)


def _announces(line: str, question: str) -> bool:
    """Whether a line of bold words alone has several words of the question: "**Common planning errors**:"."""
    said = _BOLD.match(line)
    rest = line[said.end() :] if said else line
    return rest.strip() in ("", ":") and len(names_of(line) & names_of(question)) >= FEWEST


def names_of(text: str) -> set[str]:
    """The telling words of a text, without the ending of a plural."""
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in content_words(text)}


def _unquoted(quotation: str) -> str:
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in quotation.splitlines())


def _without_mark(text: str) -> str:
    return _MARK.sub("", text).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def letters_of(text: str) -> str:
    """A text without what is neither letter nor figure, by which it is recognised in another form."""
    return re.sub(r"[\W_]+", "", text)


def _begins(line: str, wanted: str) -> bool:
    """Whether a line of a section is the point, which is shown without the line's number and its links."""
    own = letters_of(re.sub(r"\]\([^)]*\)", "]", _ITEM.sub(r"\g<text>", line.strip()).lstrip("#")))
    return bool(own) and bool(wanted) and (own == wanted or (len(own) > 12 and wanted.startswith(own)))


def _ends(line: str, indent: int, *, is_item: bool) -> bool:
    if not line.strip() or _indent(line) > indent:
        return False
    stripped = line.strip()
    if is_item:
        return _ITEM.match(stripped) is not None or stripped[:1].isalpha() or stripped.startswith(("**", "#", "|"))
    return bool(_BOLD.match(stripped)) or stripped.startswith("#")
