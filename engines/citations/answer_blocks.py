"""The structure of a Markdown text: its blocks, also while it grows, and its sentences.

Lines are prose, code or a display formula. The rules are CommonMark's
(https://spec.commonmark.org/0.31.2/#blocks-and-inlines), with `$$` and `\\[` formulas and without HTML blocks, as the
chat page has them. `engines.citations.answer_text` reads the segments.
"""

import re
from dataclasses import dataclass
from typing import Literal

from engines.understanding import lexicon

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_THEMATIC = re.compile(r"(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_SETEXT = re.compile(r"(?:=+|-+)[ \t]*$")
_ITEM = re.compile(r"(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)")
_UNDECIDED = re.compile(r"(?:[-+*=_ \t]*|\d{1,9}(?:[.)][ \t]*)?|[`~]{1,2}|\$|\\|#{1,6})$")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")  # below a table's header
_MAY_BE_DELIMITERS = re.compile(r"[|:\- \t]*$")
_CELL = re.compile(r"(?<!\\)\|")  # what separates cells, in code and formulas too
_BLANK_LINE = re.compile(r"\n[ \t>]*\r?\n")
_ONLY_NUMBERS = re.compile(r"[\d\s,;–-]*")
_MARKDOWN = frozenset({"markdown", "md", "gfm"})
_SENTENCE_END = re.compile(
    r"(?<=[.!?…。؟۔])[\"'”’)\]*_]*(?:\s+|\Z)|\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#+|\|)\s)|^#{1,6} [^\n]*\n", re.MULTILINE
)
_ABBREVIATION = lexicon.pattern(  # the last: the number of a list item
    "citations", r"(?:\b{abbreviation}\.|(?-i:\b[A-Z]\.)|^\s*\d{1,3}\.)\Z", flags=re.IGNORECASE | re.MULTILINE
)
_LONGEST_ABBREVIATION = 8  # letters, with what may close a quotation after it
_CODE_INDENT = 4
_LONGEST_UNDECIDED = 400  # characters of a line, after which the line is decided by what has arrived
_LONGEST_FORMULA = 3_000  # characters; the page shows no longer ones
_CITES = re.compile(r"\[(?:source|passage) \d|(?<=[\s.,;:!?)])\[\d{1,2}\](?!\()", re.IGNORECASE)
_LONGEST_UNCITED = 600  # characters of Markdown in a fence that the answer begins with, after which it is an example


@dataclass(slots=True)  # not frozen, which would double the cost of creating one
class Segment:
    """A part of the text; the texts of all segments, joined, are the original text.

    "prefix" is the indentation and the markers before a block; "wrapper" is a line of the fence around the whole
    answer, which is not shown; "break" is empty and ends a run of prose.
    """

    kind: Literal["prose", "prefix", "verbatim", "wrapper", "break"]
    text: str = ""


_BREAK = Segment("break")
_PROSE = Segment("prose")
_ROW = Segment("prose")  # of a table: each cell is a separate run of prose


@dataclass(frozen=True, slots=True)
class _Fence:
    sign: str
    length: int

    def closed_by(self, text: str) -> bool:
        run = text.rstrip(" \t")
        return len(run) >= self.length and not run.strip(self.sign)


class _Line:
    """A place in a line, with its column: a tab advances to the next multiple of four."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._column = 0
        self._look()

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    def _look(self) -> None:
        """Set what follows without its indentation, and the columns of that indentation."""
        rest = self.rest
        self.content = rest.lstrip(" \t")
        self.indent = len(rest) - len(self.content)
        if "\t" in rest[: self.indent]:
            column = self._column
            for sign in rest[: self.indent]:
                column += 4 - column % 4 if sign == "\t" else 1
            self.indent = column - self._column

    def skip(self, columns: int) -> None:
        """Go over this many columns; half a tab is left as it is."""
        end = self._column + columns
        while self._column < end and self.at < len(self.text):
            self._column += 4 - self._column % 4 if self.text[self.at] == "\t" else 1
            self.at += 1
        self._look()


class Blocks:
    """Splits a text that comes in pieces; a line's beginning is held back until it is known what the line is."""

    def __init__(self) -> None:
        self._buffer = ""
        self._final = False
        self._containers: list[int | None] = []  # None: a quotation; a number: a list item's indentation
        self._paragraph = False  # whether the line before belongs to a paragraph
        self._fence: _Fence | None = None
        self._wrapper: _Fence | None = None  # a fence of Markdown around the whole answer
        self._empty_item = False  # whether the line before opened a list item and has nothing else
        self._begun = False
        self._rest_of_line: Segment | None = None  # the kind of the rest of a line whose beginning was taken
        self._one_line = False  # whether the line is a separate block
        self._table = False  # whether the lines are rows of a table

    @property
    def inside_prose(self) -> bool:
        """Whether text up to the line's end is prose and nothing is held back, so that feeding it is not needed."""
        return self._rest_of_line is _PROSE and not self._buffer

    def feed(self, text: str) -> list[Segment]:
        """The segments that are certain now."""
        self._buffer += text
        segments: list[Segment] = []
        while self._buffer:
            if self._rest_of_line is not None:
                if not self._take_line(self._rest_of_line, segments):
                    break
            elif not self._begin_line(segments):
                break
        return segments

    def end(self) -> list[Segment]:
        """The segments that were held back."""
        self._final = True
        return [*self.feed(""), _BREAK]

    def _take_line(self, kind: Segment, segments: list[Segment]) -> bool:
        """Take the available part of a line; False if the rest must wait."""
        end = self._buffer.find("\n") + 1
        if kind is _ROW:
            if not self._take_cells(end, segments):
                return False
        else:
            self._take(end or len(self._buffer), kind, segments)
        if end:
            if self._one_line:
                segments.append(_BREAK)
            self._rest_of_line, self._one_line = None, False
        return True

    def _take_cells(self, end: int, segments: list[Segment]) -> bool:
        """Take the available part of a row, cell by cell; False if its last character must wait for the next."""
        length = end or len(self._buffer)
        if not end and not self._final and self._buffer.endswith("\\"):
            length -= 1  # it may escape the next character
        while length and (separator := _CELL.search(self._buffer, 0, length)):
            self._take(separator.start(), _PROSE, segments)
            segments.append(_BREAK)
            self._take(1, Segment("prefix"), segments)
            length -= separator.end()
        self._take(length, _PROSE, segments)
        return bool(end) or not self._buffer

    def _take(self, length: int, kind: Segment, segments: list[Segment]) -> None:
        if length:
            segments.append(Segment(kind.kind, self._buffer[:length]))
            self._buffer = self._buffer[length:]

    def _begin_line(self, segments: list[Segment]) -> bool:
        """Decide the kind of the line at the start of the buffer; False if more of it must arrive first."""
        if self._buffer[0].isalpha() and not self._table and (self._fence is None or self._containers):
            self._begin_with_letter(segments)
            return True
        text, newline, _ = self._buffer.partition("\n")
        whole = self._final or bool(newline) or len(text) > _LONGEST_UNDECIDED
        line = _Line(text.removesuffix("\r"))
        matched = self._match_containers(line)
        all_matched = matched == len(self._containers)
        if self._fence and all_matched:
            return self._in_fence(line, whole=whole)
        opened = _opened_containers(line, interrupts=self._paragraph and all_matched)
        kind = self._kind_of(line, opened=bool(opened), all_matched=all_matched, whole=whole)
        wraps = kind == "fence" and not opened and self._fence_wraps(line.content)
        if kind is None or wraps is None:
            return False
        continues = kind == "text" and self._paragraph and not opened
        if not continues:  # otherwise a paragraph continues, even lazily, and its containers stay open
            self._containers = self._containers[:matched] + opened
            self._fence = None
            segments.append(_BREAK)
        if kind == "blank" and self._empty_item and all_matched and not opened:
            self._containers.pop()  # an item that begins with two empty lines has ended
        self._empty_item = kind == "blank" and bool(opened) and opened[-1] is not None
        self._table = kind in {"delimiters", "cells"}
        if wraps:
            self._begin_or_end_wrapper(line.content)
        else:
            self._take_beginning(kind, line, segments, continues=continues)
        self._begun = self._begun or kind != "blank"
        return True

    def _begin_with_letter(self, segments: list[Segment]) -> None:
        """Begin a line that starts with a letter: it is text, and in a container only if a paragraph continues."""
        if not self._paragraph:
            self._containers = []
            self._fence = None
            segments.append(_BREAK)
        self._empty_item = False
        self._paragraph = self._begun = True
        self._rest_of_line = _PROSE

    def _match_containers(self, line: _Line) -> int:
        """Skip the markers of the open quotations and list items; returns how many of them continue."""
        for number, indent in enumerate(self._containers):
            if indent is None:
                if not _over_quotation(line):
                    return number
            elif line.content:
                if line.indent < indent:
                    return number
                line.skip(indent)
        return len(self._containers)

    def _in_fence(self, line: _Line, *, whole: bool) -> bool:
        assert self._fence is not None  # noqa: S101 - for the type checker
        if not whole and (not line.content or line.content.startswith(self._fence.sign)):
            return False
        if line.indent < _CODE_INDENT and self._fence.closed_by(line.content):
            self._fence = None
        self._rest_of_line = Segment("verbatim")
        return True

    def _kind_of(self, line: _Line, *, opened: bool, all_matched: bool, whole: bool) -> str | None:
        """The kind of the line by its content; None if that is not yet known."""
        content = line.content
        if not whole and _UNDECIDED.match(content):
            return None
        if not content:
            return "blank"
        continues = self._paragraph and not opened
        if line.indent >= _CODE_INDENT:
            return "text" if continues else "code"
        if continues and all_matched and _MAY_BE_DELIMITERS.match(content):
            if not whole:
                return None
            if "|" in content and _DELIMITERS.match(content):
                return "delimiters"
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
        if self._table and all_matched and not opened:
            return "cells"
        return "row" if content.startswith("|") else "text"

    def _take_beginning(self, kind: str, line: _Line, segments: list[Segment], *, continues: bool) -> None:
        """Take the beginning of a line, and remember the kind of the rest."""
        self._paragraph = kind in {"text", "row"}
        if kind == "fence":
            self._fence = _fence_of(line.content)
        if kind in {"fence", "code", "delimiters"}:
            self._rest_of_line = Segment("prefix" if kind == "delimiters" else "verbatim")
            return
        before = len(line.text) - len(line.content)
        if kind == "formula":
            self._take(before + (self._formula_length(line) or 0), Segment("verbatim"), segments)
            self._paragraph = bool(self._buffer.partition("\n")[0].strip())
        else:
            self._take(before, Segment("prose" if continues else "prefix"), segments)
        self._rest_of_line = _ROW if kind == "cells" else _PROSE
        self._one_line = kind in {"heading", "row", "cells", "blank"}

    def _fence_wraps(self, content: str) -> bool | None:
        """Whether a fence begins or ends the one around the whole answer; None if that is not yet known.

        A Markdown fence at the start of the answer is one if its content cites, or if nothing follows it.
        """
        if self._wrapper is not None:
            return self._wrapper.closed_by(content)
        if self._begun or content.lstrip("`~").strip().lower() not in _MARKDOWN:
            return False
        inside = self._buffer.partition("\n")[2]
        behind = _behind_fence(_fence_of(content), inside)
        if _CITES.search(inside[: len(inside) - len(behind or "")]):
            return True
        if self._final:
            return not (behind or "").strip()
        return False if (behind or "").strip() or len(inside) > _LONGEST_UNCITED else None

    def _begin_or_end_wrapper(self, content: str) -> None:
        self._wrapper = None if self._wrapper is not None else _fence_of(content)
        self._paragraph = False
        self._rest_of_line = Segment("wrapper")

    def _formula_length(self, line: _Line) -> int | None:
        """The length of the formula at the start of a line; 0 if it is not one, None if that is not yet known."""
        start = len(line.text) - len(line.content)
        text = self._buffer[start : start + _LONGEST_FORMULA]
        closing = formula_end(text, 2, "$$" if text[0] == "$" else "\\]")
        blank = _BLANK_LINE.search(text)
        if closing >= 0 and (blank is None or closing < blank.start()):
            inside = text[2:closing]
            return 0 if (text[0] == "\\" and _ONLY_NUMBERS.fullmatch(inside)) or not inside.strip() else closing + 2
        return 0 if blank or self._final or len(text) == _LONGEST_FORMULA else None


def formula_end(text: str, start: int, closing: str) -> int:
    """The position of the unescaped delimiter that closes a formula, from `start` on; -1 if there is none."""
    at = text.find(closing, start)
    while at >= 0 and (at - len(text[start:at].rstrip("\\")) - start) % 2:
        at = text.find(closing, at + 1)
    return at


def _fence_of(content: str) -> _Fence:
    return _Fence(content[0], len(content) - len(content.lstrip(content[0])))


def _behind_fence(fence: _Fence, inside: str) -> str | None:
    """What follows a fence that is closed in the text after its first line; None if it is not closed."""
    nested: _Fence | None = None
    at = 0
    for line in inside.splitlines(keepends=True):
        at += len(line)
        content = line.strip()
        if not _FENCE.match(content):
            continue
        if nested is not None:
            nested = None if nested.closed_by(content) else nested
        elif fence.closed_by(content):
            return inside[at:]
        else:
            nested = _fence_of(content)
    return None


def _over_quotation(line: _Line) -> bool:
    if line.indent >= _CODE_INDENT or not line.content.startswith(">"):
        return False
    line.skip(line.indent + 1)
    if line.rest[:1] in {" ", "\t"}:
        line.skip(1)
    return True


def _opened_containers(line: _Line, *, interrupts: bool) -> list[int | None]:
    """Skip the markers of quotations and list items that a line opens."""
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


def sentences(text: str) -> list[str]:
    """The sentences of a text, with list items, headings and table rows on their own."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _ends_with_abbreviation(text, start, match.start()):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_with_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether a sentence that begins at `start` has an abbreviation, or the number of an item, before `end`."""
    if end - start <= _LONGEST_ABBREVIATION:
        return _ABBREVIATION.search(text[start:end]) is not None
    return _ABBREVIATION.search(text, end - _LONGEST_ABBREVIATION, end) is not None


class LastSentence:
    """The last sentence of a growing text, found without reading the text from its beginning each time."""

    def __init__(self) -> None:
        self._start = 0
        self._read = 0

    def of(self, text: str) -> str:
        """The last sentence of a text that extends the one given before; a complete one at its very end."""
        for match in _SENTENCE_END.finditer(text, self._read):
            if _ABBREVIATION.search(text, max(self._start, match.start() - _LONGEST_ABBREVIATION), match.start()):
                continue
            if not text[match.end() :].strip():
                break  # the next text may still belong to it
            if text[self._start : match.end()].strip():
                self._start = match.end()
        self._read = max(self._start, len(text.rstrip()) - _LONGEST_ABBREVIATION)
        return text[self._start :].strip()
