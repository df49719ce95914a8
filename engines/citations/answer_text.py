"""A model's Markdown while it is being written: prose, citation marks, and what must stay as it is.

Text arrives in arbitrary pieces. What may still become a mark, a link, code or a formula is held back until that is
known; everything else is passed on at once. What is not a mark is unchanged, with two exceptions for a reader's safety:
links and images only lead where they are allowed to, and raw HTML becomes text. Called by
`engines.citations.processor`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engines.citations.answer_blocks import Blocks, Segment, formula_end
from engines.citations.html_tags import ends_in_attribute, rule_on_tag
from engines.citations.marks import CODE, MARK, Label, Place, is_doubtful, is_mark, lists_a_source

_SIGNS = re.compile(r"[`$\\<!\[\]【［]")  # six times as fast as `_SPECIAL`, and enough if no address is near
_SPECIAL = re.compile(r"[`$\\<!\[\]【［]|https?://|www\.", re.IGNORECASE)
_SHORT_LABEL = re.compile(r"\[([^\[\]\n\\]{0,40})\]")  # a subset of `_LABEL` that matches most labels
_LABEL = re.compile(r"\[((?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*\](?:\([^()\n]*\))?){0,500})\]")
_WIDE_LABEL = re.compile(r"【([^【】\n]{0,80})】|［([^［］\n]{0,80})］")
_ESCAPED_LABEL = re.compile(r"\\\[([\d\s,;–-]{1,20})\\\]")
_MAY_BE_ESCAPED_LABEL = re.compile(r"\\\[[\d\s,;–-]{0,20}\\?\Z")
_TARGET = re.compile(
    r"\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\<]|\\.|\([^\s()]*\))*))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?\s*\)"
)
_LEADS_SOMEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?.]|www\.|source|passage|.*\.(?:html?|mdx?)\Z|\Z", re.IGNORECASE)
_DEFINED = re.compile(r"[ \t]*\r?\n?[ \t]*<?([^\s<>]+)")
# The places of a link's definition, which Markdown also reads in quotations and lists.
_CONTAINERS = r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t>]+)*"
_BEGINS_LINE = re.compile(_CONTAINERS)
_DEFINES = re.compile(rf"(?:\A|\n){_CONTAINERS}\[(?:[^\[\]\\]|\\.)*\Z", re.DOTALL)
_DESTINATION = re.compile(r"\s*(?:<([^<>\n]*)>|<?([^\s<>]+))")
# "between $5 and $10", "$HOME/$USER", "${HOME}/${USER}" and "$(pwd)/$(id)" are not formulas.
_FORMULA = re.compile(
    r"\$(?=[^\s$])(?:(?P<sign>[({])|(?![({]))(?:[^$\\]|\\.){0,400}?(?<=\S)\$(?![A-Za-z\d])(?!(?P=sign))", re.DOTALL
)
# Brackets are an address's own where they hold no numbers, are a query's value, or the address goes on behind them;
# never before a parenthesis, where they are a link's text. Those of a host stay as they are.
_IN_BRACKETS = r"\[[^\s<>`\"'\[\]]{0,40}"
_NUMBERS = r"\[\^?[0-9٠-٩۰-۹,;،–-]+\]"
_OWN = rf"(?<!//)(?:(?<==)|(?!{_NUMBERS})|(?=(?:{_IN_BRACKETS}\])+[A-Za-z0-9_/?&=#%]))"
_BARE_ADDRESS = r"(?:https?://|www\.)[^\s<>`\"'\[\]]*"
_ADDRESS = re.compile(rf"{_BARE_ADDRESS}(?:{_OWN}{_IN_BRACKETS}\](?!\()[^\s<>`\"'\[\]]*)*", re.IGNORECASE)
_MAY_GO_ON = re.compile(rf"(?:(?<!//)(?:{_IN_BRACKETS}\])*(?:{_IN_BRACKETS})?)?\Z")
_IMAGE = re.compile(r"!\[([^\[\]]*)\](?:\([^()]*\))?")
_MAY_BEGIN_ADDRESS = re.compile(r"(?:https?:?/?|htt|ht|h|www|ww|w)\Z| +\Z", re.IGNORECASE)
_MAY_END_HELD = frozenset(" hHtTpPsS:/wW")
_LONGEST_BEGINNING = len("https:/")
# How much must have arrived before a bracket can be judged: the next characters, after several numbers a word.
_SIGNS_AFTER = re.compile(r"[ \t]*\r?(?:[^ \t\r<−/*-]|[<−/*-][ \t]*[^ \t])")
_WORD_AFTER = re.compile(r"[ \t]*\r?(?:[^ \t\r\w<−/*-]|[<−/*-][ \t]*[^ \t]|\w+[ \t]*[^ \t\w])")
_OTHER_LABEL = re.compile(r"[ \t]*\[(?!\^)([^\[\]\n]{1,40})\]")
_MAY_BE_OTHER_LABEL = re.compile(r"[ \t]*\[(?!\^)[^\[\]\n]{0,40}\Z")
_ONLY_LABELS = re.compile(r"[ \t]*(?:[\[【［][^\[\]\n]{0,40}(?:\][ \t]*)?)*\Z")
_AT_ONCE_CHARS = 1000  # each character examines all unsettled text: larger pieces would take quadratic time
_HELD_CHARS = 400  # of what may become a formula, a label or code
_HELD_TARGET_CHARS = 2000
_REMEMBERED_CHARS = 600  # before a bracket, which decide whether it is a mark


@dataclass(slots=True)  # not frozen: that doubles what making one costs
class Piece:
    """A part of the answer; `numbers` are those of a mark, `verbatim` marks code or maths."""

    text: str
    verbatim: bool = False
    numbers: tuple[int, ...] = ()
    named: bool = False  # whether the mark is "[source 1]", which is unambiguous
    listed: bool = False  # whether the mark begins an entry of a list of sources, and supports no statement
    footnote: bool = False  # whether the mark is "[^1]", which a definition at the answer's end may make a footnote


@dataclass(slots=True)
class _Found:
    """A complete element at the start of the buffer."""

    piece: Piece
    length: int


_Step = _Found | int | None  # found; plain text up to an index; None: not yet known

# Whether the passages support reading a bracket as a mark, by the text before it, its spelling, its reading, and
# whether it may be a value.
IsMark = Callable[[str, str, Label, bool], bool]

# Whether an address belongs to one of the sources with these numbers.
LeadsTo = Callable[[str, Sequence[int]], bool]


class AnswerText:
    """Reads an answer piece by piece; unnamed marks are those whose numbers are all `known` (None: any from 1).

    Brackets that may also be values are marks if `is_mark` says so, and before any mark in the form that the
    prompt asks for.
    """

    def __init__(
        self,
        allows_link: Callable[[str], bool],
        known: frozenset[int] | None = None,
        is_mark: IsMark | None = None,
        leads_to: LeadsTo | None = None,
    ) -> None:
        self._allows_link = allows_link
        self._known = known
        self._is_mark = is_mark
        self._leads_to = leads_to
        self._keeps_the_form = False  # whether the answer has a mark in the form that the prompt asks for
        self._blocks = Blocks()
        self._buffer = ""  # prose of one block that is not yet settled
        self._before = ""  # the text before the buffer, with placeholders for marks and code
        self._final = False  # whether the block is complete
        self.unknown = 0  # numbers that look like marks and name no source; the text keeps them

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now."""
        if len(text) > _AT_ONCE_CHARS:
            parts = (text[start : start + _AT_ONCE_CHARS] for start in range(0, len(text), _AT_ONCE_CHARS))
            return [piece for part in parts for piece in self.feed(part)]
        if not self._blocks.inside_prose or "\n" in text:
            return self._read(self._blocks.feed(text))
        if not self._buffer and _next_special(text, 0) is None and _held(text, 0) is None:
            self._remember(text)
            return [Piece(text)] if text else []
        pieces: list[Piece] = []
        self._buffer += text
        self._prose(pieces)
        return pieces

    def end(self) -> list[Piece]:
        """The pieces that were held back."""
        return self._read(self._blocks.end())

    def _read(self, segments: list[Segment]) -> list[Piece]:
        pieces: list[Piece] = []
        for segment in segments:
            if segment.kind == "prose":
                self._buffer += segment.text
                self._prose(pieces)
                continue
            self._final = True
            self._prose(pieces)
            self._final = False
            if segment.kind == "wrapper":
                self._remember("\n")
            elif segment.text:
                pieces.append(Piece(segment.text, verbatim=segment.kind == "verbatim"))
                self._remember(segment.text if segment.kind == "prefix" else CODE + "\n" * ("\n" in segment.text))
        return pieces

    def _prose(self, pieces: list[Piece]) -> None:
        """Take the settled part of the buffer."""
        position = 0
        while match := _next_special(self._buffer, position):
            step = self._step(match.start())
            if isinstance(step, int):
                position = step
                if position > _REMEMBERED_CHARS:
                    self._take(position, pieces)
                    position = 0
                continue
            start = match.start()
            if step is None:  # the space before a mark that names no source is dropped with it
                self._take(len(self._buffer[:start].rstrip(" ")), pieces)
                return
            self._take(start, pieces)
            self._buffer = self._buffer[step.length :]
            pieces.append(step.piece)
            self._remember(MARK if step.piece.numbers else CODE if step.piece.verbatim else step.piece.text)
            position = 0
        held = None if self._final else _held(self._buffer, position)
        self._take(held.start() if held else len(self._buffer), pieces)

    def _take(self, length: int, pieces: list[Piece]) -> None:
        if length:
            text, self._buffer = self._buffer[:length], self._buffer[length:]
            pieces.append(Piece(text))
            self._remember(text)

    def _remember(self, text: str) -> None:
        self._before += text
        if len(self._before) > 2 * _REMEMBERED_CHARS:
            self._before = self._before[-_REMEMBERED_CHARS:]

    def _step(self, start: int) -> _Step:
        """The element at `start`."""
        sign = self._buffer[start]
        if sign == "`":
            return self._code(start)
        if sign in "[【［":
            return self._bracket(start, start)
        if sign in "hHwW":
            return self._address(start)
        if sign == "]":
            return self._end_of_label(start)
        if start + 1 == len(self._buffer):
            return len(self._buffer) if self._final else None
        if sign == "$":
            return self._formula(start)
        if sign == "\\":
            return self._escape(start)
        if sign == "!":
            return self._bracket(start, start + 1) if self._buffer[start + 1] == "[" else start + 1
        return self._tag(start)

    def _code(self, start: int) -> _Step:
        run = len(self._buffer) - start - len(self._buffer[start:].lstrip("`"))
        if start + run == len(self._buffer) and not self._final:
            return None
        closing = re.compile(rf"(?<!`)`{{{run}}}(?!`)").search(self._buffer, start + run)
        if closing is not None and (self._final or closing.end() < len(self._buffer)):
            return _Found(Piece(self._buffer[start : closing.end()], verbatim=True), closing.end() - start)
        if self._final or len(self._buffer) - start > _HELD_CHARS:
            return start + run  # nothing but accents
        return None

    def _escape(self, start: int) -> _Step:
        following = self._buffer[start + 1]
        if following not in "([":
            return start + 2
        if label := _ESCAPED_LABEL.match(self._buffer, start):
            step = self._mark(start, label.end(), label[1])
            return start + 2 if isinstance(step, int) else step
        if not self._final and _MAY_BE_ESCAPED_LABEL.match(self._buffer, start):
            return None
        end = formula_end(self._buffer, start + 2, "\\)" if following == "(" else "\\]")
        if end >= 0 and not self._buffer[start + 2 : end].strip():
            return start + 2
        if end >= 0:
            return _Found(Piece(self._buffer[start : end + 2], verbatim=True), end + 2 - start)
        return None if not self._final and len(self._buffer) - start < _HELD_TARGET_CHARS else start + 2

    def _formula(self, start: int) -> _Step:
        if self._buffer[start + 1] == "$":
            end = formula_end(self._buffer, start + 2, "$$")
            if end >= 0 and not self._buffer[start + 2 : end].strip():
                return start + 1
            if end >= 0:
                return _Found(Piece(self._buffer[start : end + 2], verbatim=True), end + 2 - start)
            return None if not self._final and len(self._buffer) - start < _HELD_TARGET_CHARS else start + 1
        match = _FORMULA.match(self._buffer, start)
        if match and (self._final or match.end() < len(self._buffer)):
            return _Found(Piece(match[0], verbatim=True), match.end() - start)
        held = not self._final and len(self._buffer) - start < _HELD_CHARS
        if match or (held and not self._buffer[start + 1].isspace()):
            return None
        return start + 1

    def _tag(self, start: int) -> _Step:
        ruling, length = rule_on_tag(self._buffer[start : start + _HELD_TARGET_CHARS], final=self._final)
        if ruling == "wait":
            return None
        return _Found(Piece("\\<"), 1) if ruling == "escape" else start + length

    def _address(self, start: int) -> _Step:
        match = _ADDRESS.match(self._buffer, start)
        if match is None:
            return start + 1
        address = match[0]
        if not self._final and _MAY_GO_ON.match(self._buffer, match.end()):
            if len(address) < _HELD_TARGET_CHARS:
                return None
            address = address.partition("[")[0]  # a link's target may follow its last bracket
        address = address.rstrip(".,;:!?)*_")
        if address.endswith("://") or self._allows_link(address):  # without a host it is not a link
            return start + len(address)
        return _Found(Piece(f"`{address}`", verbatim=True), len(address))

    def _bracket(self, start: int, opening: int) -> _Step:
        """A mark, a link or an image that begins at `start`, with its bracket at `opening`."""
        wide = self._buffer[opening] != "["
        pattern = _WIDE_LABEL if wide else _LABEL
        match = (None if wide else _SHORT_LABEL.match(self._buffer, opening)) or pattern.match(self._buffer, opening)
        if match is None:
            return None if self._may_grow(opening, 80 if wide else _HELD_CHARS) else opening + 1
        end, label = match.end(), match[1] or (match[2] if wide else match[1])
        if end == len(self._buffer) and not self._final:
            return None
        following = self._buffer[end : end + 1]
        if following == "(" and not wide:
            target = _TARGET.match(self._buffer, end)
            if target is not None:
                return self._link(start, opening, label, target)
            rest = self._buffer[end:]
            if rest.count("(") > rest.count(")") and self._may_grow(end, _HELD_TARGET_CHARS):
                return None
        if following == ":" and _BEGINS_LINE.fullmatch(self._line_before(start)):
            defined = _DEFINED.match(self._buffer, end + 1)
            complete = self._final or (defined and defined.end() < len(self._buffer))
            if not complete and len(self._buffer) - end < _HELD_TARGET_CHARS:
                return None
            if defined and not self._allows_link(defined[1]):
                return _Found(Piece("\\["), 1)  # a link's definition, which may be used anywhere
        return self._mark(start, end, label) if start == opening else opening + 1

    def _end_of_label(self, start: int) -> _Step:
        """A bracket that closes what only Markdown may read as a label: over lines, nested or very long.

        If its target is not allowed, the bracket becomes text.
        """
        following = self._buffer[start + 1 : start + 2]
        if not following and not self._final:
            return None
        if following == ":" and not _DEFINES.search(self._before + self._buffer[:start]):
            return start + 1
        if not following or following not in "(:":
            return start + 1
        target = _DESTINATION.match(self._buffer, start + 2)
        complete = self._final or (target is not None and target.end() < len(self._buffer))
        if not complete and len(self._buffer) - start < _HELD_TARGET_CHARS:
            return None
        address = (target[1] or target[2] or "") if target else ""
        if following == "(":
            address = address.rstrip(")")
        return start + 1 if self._allows_link(address) else _Found(Piece("\\]"), 1)

    def _mark(self, start: int, end: int, text: str) -> _Step:
        """A mark at `start`, or the text if it is not a mark."""
        label = Label.read(text)
        before = self._before + self._buffer[:start]
        if label is None or ("<" in before and ends_in_attribute(before)):
            return start + 1
        whole, length = self._buffer[start:end], end - start
        if label.named:
            self._keeps_the_form = True
            return _Found(Piece(whole, numbers=label.numbers, named=True), length)
        place, after = Place(self._before + self._buffer[:start]), self._buffer[end:]
        if not self._final and len(after) < _HELD_CHARS and not _enough_after(label, place, after):
            return None
        if lists_a_source(place) and not self._unknown(label):
            return _Found(Piece(whole, numbers=label.numbers, listed=True), length)
        if not is_mark(label, place, after) or self._is_footnote(label, after):
            return start + 1
        if unknown := self._unknown(label):
            self.unknown += unknown
            return start + 1
        if whole[0] in "[\\" and not self._speaks_for(place.before, whole, label, is_doubtful(label, place)):
            return start + 1
        return _Found(Piece(whole, numbers=label.numbers, footnote=label.footnote), length)

    def _is_footnote(self, label: Label, after: str) -> bool:
        """Whether `[^1]` is the answer's own footnote, because its marks have another form."""
        if not label.footnote:
            return False
        other = _OTHER_LABEL.match(after)
        return self._keeps_the_form or (other is not None and Label.read(other[1]) is not None)

    def _speaks_for(self, before: str, whole: str, label: Label, doubtful: bool) -> bool:
        """Whether a label at the place of a mark is one."""
        if doubtful and self._keeps_the_form:
            return False
        return self._is_mark is None or self._is_mark(before, whole, label, doubtful)

    def _link(self, start: int, opening: int, label: str, target: re.Match[str]) -> _Step:
        length, address = target.end() - start, target[1] if target[1] is not None else target[2]
        numbers = Label.read(label)
        if start == opening and numbers:
            if not _LEADS_SOMEWHERE.match(address):
                return self._mark(start, target.start(), label)
            self._keeps_the_form = self._keeps_the_form or numbers.named
            if numbers.named or self._is_linked_mark(start, target, address, numbers):
                return _Found(Piece(f"[{label}]", numbers=numbers.numbers, named=numbers.named), length)
        if self._allows_link(address):
            shown = _IMAGE.sub(r"\1", label)
            return _Found(Piece(self._buffer[start:opening] + f"[{shown}]" + target[0]), length)
        # What was shown is kept, and read again without the link.
        self._buffer = self._buffer[:start] + label + self._buffer[target.end() :]
        return start

    def _is_linked_mark(self, start: int, target: re.Match[str], address: str, label: Label) -> bool:
        """Whether `[1](address)` is a mark that the model has linked, and not a link with that text.

        A link to a page of the site that is not the passage's own is the latter.
        """
        if self._leads_to and self._allows_link(address) and not self._leads_to(address, label.numbers):
            return False
        place = Place(self._before + self._buffer[:start])
        if self._unknown(label) or not is_mark(label, place, self._buffer[target.end() :]):
            return False
        return self._speaks_for(place.before, target[0], label, True)

    def _unknown(self, label: Label) -> int:
        """How many of the numbers name no source."""
        known = self._known
        if known is None:
            return sum(number < 1 for number in label.numbers)
        return 0 if known.issuperset(label.numbers) else sum(number not in known for number in label.numbers)

    def _line_before(self, start: int) -> str:
        return (self._before + self._buffer[:start]).rpartition("\n")[2]

    def _may_grow(self, start: int, limit: int) -> bool:
        rest = len(self._buffer) - start
        return not self._final and rest < limit and "\n" not in self._buffer[start:]


def _enough_after(label: Label, place: Place, after: str) -> bool:
    """Whether the text after a label is enough to decide what it is."""
    if not (_WORD_AFTER if label.several else _SIGNS_AFTER).match(after):
        return False
    if label.footnote and _MAY_BE_OTHER_LABEL.match(after):
        return False
    return bool(place.text) or "\n" in after or not _ONLY_LABELS.match(after)


def _next_special(text: str, position: int) -> re.Match[str] | None:
    """The next position, from `position` on, at which something other than plain text may begin."""
    may_have_address = "://" in text or "www." in text.lower()
    return (_SPECIAL if may_have_address else _SIGNS).search(text, position)


def _held(text: str, position: int) -> re.Match[str] | None:
    """The part at the end that may become an address, or is the space before a mark."""
    if text[-1:] not in _MAY_END_HELD:
        return None
    return _MAY_BEGIN_ADDRESS.search(text, max(position, len(text.rstrip(" ")) - _LONGEST_BEGINNING))
