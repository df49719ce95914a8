"""The block structure of a growing Markdown text: which lines are prose, and which are code or a display formula.

The rules are CommonMark's (https://spec.commonmark.org/0.31.2/#blocks-and-inlines), with `$$` and `\\[` formulas and
without HTML blocks, as the chat page has them. `engines.citations.answer_text` reads the segments.
"""

import re
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_THEMATIC = re.compile(r"(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_SETEXT = re.compile(r"(?:=+|-+)[ \t]*$")
_ITEM = re.compile(r"(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)")
_UNDECIDED = re.compile(r"(?:[-+*=_ \t]*|\d{1,9}(?:[.)][ \t]*)?|[`~]{1,2}|\$|\\|#{1,6})$")
_BLANK_LINE = re.compile(r"\n[ \t>]*\r?\n")
_ONLY_NUMBERS = re.compile(r"[\d\s,;–-]*")
_MARKDOWN = frozenset({"markdown", "md", "gfm"})
_CODE_INDENT = 4
_LONGEST_UNDECIDED = 400  # characters of a line, after which what is here has to do
_LONGEST_FORMULA = 3_000  # characters; the page shows no longer one


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the text; the texts of all segments, joined, are the text as it came.

    "prefix" is the indentation and the markers before a block; "break" is empty and ends a run of prose.
    """

    kind: Literal["prose", "prefix", "verbatim", "break"]
    text: str = ""


_BREAK = Segment("break")


@dataclass(frozen=True, slots=True)
class _Fence:
    sign: str
    length: int

    def closed_by(self, text: str) -> bool:
        run = text.rstrip(" \t")
        return len(run) >= self.length and not run.strip(self.sign)


class _Line:
    """A place in a line, with its column: a tab goes on to the next multiple of four."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._column = 0

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    @property
    def content(self) -> str:
        """What follows without its indentation."""
        return self.rest.lstrip(" \t")

    @property
    def indent(self) -> int:
        """The columns of white space that follow."""
        column = self._column
        for sign in self.text[self.at : len(self.text) - len(self.content)]:
            column += 4 - column % 4 if sign == "\t" else 1
        return column - self._column

    def skip(self, columns: int) -> None:
        """Go over this many columns; half a tab is left as it is."""
        end = self._column + columns
        while self._column < end and self.at < len(self.text):
            self._column += 4 - self._column % 4 if self.text[self.at] == "\t" else 1
            self.at += 1


class Blocks:
    """Splits a text that comes in pieces; a line's beginning is held back until it is known what the line is."""

    def __init__(self) -> None:
        self._buffer = ""
        self._final = False
        self._containers: list[int | None] = []  # None: a quotation; a number: a list item's indentation
        self._paragraph = False  # whether the line before belongs to a paragraph
        self._fence: _Fence | None = None
        self._wrapper: _Fence | None = None  # a fence of Markdown around the whole answer
        self._wraps = False
        self._empty_item = False  # whether the line before opened a list item and holds nothing else
        self._begun = False
        self._rest_of_line: Segment | None = None  # what the rest of a line is whose beginning was taken
        self._one_line = False  # whether the line is a block of its own

    @property
    def wrapped(self) -> bool:
        """Whether the text began with a fence that calls its content Markdown, and nothing came after that fence."""
        return self._wraps

    @property
    def inside_prose(self) -> bool:
        """Whether text up to the line's end is prose and nothing is held back, so that it need not be fed."""
        return not self._buffer and self._rest_of_line is not None and self._rest_of_line.kind == "prose"

    def feed(self, text: str) -> list[Segment]:
        """The segments that are certain now."""
        self._buffer += text
        segments: list[Segment] = []
        while self._buffer:
            if self._rest_of_line is not None:
                self._take_line(self._rest_of_line, segments)
            elif not self._begin_line(segments):
                break
        return segments

    def end(self) -> list[Segment]:
        """The segments that were held back."""
        self._final = True
        return [*self.feed(""), _BREAK]

    def _take_line(self, kind: Segment, segments: list[Segment]) -> None:
        end = self._buffer.find("\n") + 1
        self._take(end or len(self._buffer), kind, segments)
        if end:
            if self._one_line:
                segments.append(_BREAK)
            self._rest_of_line, self._one_line = None, False

    def _take(self, length: int, kind: Segment, segments: list[Segment]) -> None:
        if length:
            segments.append(Segment(kind.kind, self._buffer[:length]))
            self._buffer = self._buffer[length:]

    def _begin_line(self, segments: list[Segment]) -> bool:
        """Decide what the line at the beginning of the buffer is; False where more of it has to come first."""
        text, newline, _ = self._buffer.partition("\n")
        whole = self._final or bool(newline) or len(text) > _LONGEST_UNDECIDED
        line = _Line(text.removesuffix("\r"))
        matched = self._match_containers(line)
        all_matched = matched == len(self._containers)
        if self._fence and all_matched:
            return self._in_fence(line, segments, whole=whole)
        opened = _opened_containers(line, interrupts=self._paragraph and all_matched)
        kind = self._kind_of(line, opened=bool(opened), all_matched=all_matched, whole=whole)
        if kind is None:
            return False
        continues = kind == "text" and self._paragraph and not opened
        if not continues:  # else a paragraph goes on, be it lazily, and what it stands in stays open
            self._containers = self._containers[:matched] + opened
            self._fence = None
            segments.append(_BREAK)
        if kind == "blank" and self._empty_item and all_matched and not opened:
            self._containers.pop()  # an item that begins with two empty lines is over
        self._empty_item = kind == "blank" and bool(opened) and opened[-1] is not None
        self._take_beginning(kind, line, segments, continues=continues)
        self._begun = True
        return True

    def _match_containers(self, line: _Line) -> int:
        """Go over the beginnings of the quotations and list items that are open; how many of them go on."""
        for number, indent in enumerate(self._containers):
            if indent is None:
                if not _over_quotation(line):
                    return number
            elif line.content:
                if line.indent < indent:
                    return number
                line.skip(indent)
        return len(self._containers)

    def _in_fence(self, line: _Line, segments: list[Segment], *, whole: bool) -> bool:
        assert self._fence is not None  # noqa: S101 - for the type checker
        if not whole and (not line.content or line.content.startswith(self._fence.sign)):
            return False
        if line.indent < _CODE_INDENT and self._fence.closed_by(line.content):
            self._fence = None
        self._rest_of_line = Segment("verbatim")
        return True

    def _kind_of(self, line: _Line, *, opened: bool, all_matched: bool, whole: bool) -> str | None:
        """What the line is by what stands in it; None where that is not to be known yet."""
        content = line.content
        if not whole and _UNDECIDED.match(content):
            return None
        if not content:
            return "blank"
        continues = self._paragraph and not opened
        if line.indent >= _CODE_INDENT:
            return "text" if continues else "code"
        if fence := _FENCE.match(content):
            if not whole:
                return None
            return "text" if fence[1][0] == "`" and "`" in fence[2] else "fence"
        if content.startswith(("$$", "\\[")):
            length = self._formula_length(line)
            return None if length is None else "formula" if length else "text"
        if _HEADING.match(content) or _THEMATIC.match(content):
            return "heading"
        if _SETEXT.match(content) and continues and all_matched:
            return "heading"
        return "row" if content.startswith("|") else "text"

    def _take_beginning(self, kind: str, line: _Line, segments: list[Segment], *, continues: bool) -> None:
        """Take the beginning of a line, and note what the rest of it is."""
        self._paragraph = kind in {"text", "row"}
        self._wraps = self._wraps and (self._wrapper is not None or kind == "blank")
        if kind == "fence":
            self._open_fence(line.content)
        if kind in {"fence", "code"}:
            self._rest_of_line = Segment("verbatim")
            return
        before = len(line.text) - len(line.content)
        if kind == "formula":
            self._take(before + (self._formula_length(line) or 0), Segment("verbatim"), segments)
            self._paragraph = bool(self._buffer.partition("\n")[0].strip())
        else:
            self._take(before, Segment("prose" if continues else "prefix"), segments)
        self._rest_of_line = Segment("prose")
        self._one_line = kind in {"heading", "row", "blank"}

    def _open_fence(self, content: str) -> None:
        match = _FENCE.match(content)
        assert match is not None  # noqa: S101 - it is one
        fence = _Fence(match[1][0], len(match[1]))
        if not self._begun and match[2].strip().lower() in _MARKDOWN:
            self._wrapper, self._wraps = fence, True  # what is inside is the answer
        elif self._wrapper and self._wrapper.closed_by(content):
            self._wrapper = None
        else:
            self._fence = fence

    def _formula_length(self, line: _Line) -> int | None:
        """The length of the formula that a line begins; 0 where it is none, None where that is not to be known yet."""
        start = len(line.text) - len(line.content)
        text = self._buffer[start : start + _LONGEST_FORMULA]
        closing = text.find("$$" if text[0] == "$" else "\\]", 2)
        blank = _BLANK_LINE.search(text)
        if closing >= 0 and (blank is None or closing < blank.start()):
            inside = text[2:closing]
            return 0 if (text[0] == "\\" and _ONLY_NUMBERS.fullmatch(inside)) or not inside.strip() else closing + 2
        return 0 if blank or self._final or len(text) == _LONGEST_FORMULA else None


def _over_quotation(line: _Line) -> bool:
    if line.indent >= _CODE_INDENT or not line.content.startswith(">"):
        return False
    line.skip(line.indent + 1)
    if line.rest[:1] in {" ", "\t"}:
        line.skip(1)
    return True


def _opened_containers(line: _Line, *, interrupts: bool) -> list[int | None]:
    """Go over the beginnings of quotations and list items that a line opens."""
    opened: list[int | None] = []
    while line.indent < _CODE_INDENT:
        if _over_quotation(line):
            opened.append(None)
            continue
        indent, content = line.indent, line.content
        item = _ITEM.match(content)
        if item is None or _THEMATIC.match(content):
            break
        after = content[item.end() :]
        if interrupts and not opened and (not after.strip() or item[1] not in {None, "1"}):
            break
        line.skip(indent + item.end())
        spaces = line.indent if after.strip() and line.indent <= _CODE_INDENT else 1
        opened.append(indent + item.end() + spaces)
        line.skip(spaces)
    return opened
