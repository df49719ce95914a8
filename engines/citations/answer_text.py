"""A model's Markdown while it is being written: prose, markers, and what must stay as it is; the citations call it.

Text comes in pieces that are cut anywhere. What may still become a marker, a link or a formula is held back until that
is known; all else goes on at once. Links and images lead only where they are allowed to; raw HTML is made text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_SPECIAL = re.compile(r"[`~$\\<!\[]|https?://|www\.", re.IGNORECASE)
_LABEL = re.compile(r"\[((?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*\](?:\([^()\n]*\))?){0,500})\]")
_TARGET = re.compile(
    r"\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\<]|\\.|\([^\s()]*\))*))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?\s*\)"
)
_NUMBERS = re.compile(r"\s*(?:(?:passages?|sources?)\s+)?\d{1,3}(?:\s*(?:[,;،؛–-]|and)\s*\d{1,3})*\s*", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
_FORMULA = re.compile(r"\$(?=[^\s$])(?:[^$\n\\]|\\.){1,400}?(?<=\S)\$(?!\d)")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>`\"'\[\]]*", re.IGNORECASE)
_IMAGE = re.compile(r"!\[([^\[\]]*)\](?:\([^()]*\))?")
_LINE_PREFIX = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_MAY_CLOSE = re.compile(r"(?:\n[ \t>]*[`~]*[ \t]*|[`$\\]+)\Z")
_MAY_BEGIN_ADDRESS = re.compile(r"(?:https?:?/?|htt|ht|h|www|ww|w)\Z| +\Z", re.IGNORECASE)
_HELD_CHARS = 400  # of what may become a formula or a label
_HELD_TARGET_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer; `numbers` are those of a marker, `verbatim` is code or maths."""

    text: str
    verbatim: bool = False
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """Something at the beginning of the buffer that is whole, or that opens code or a formula."""

    piece: Piece
    length: int
    closing: re.Pattern[str] | None = None


_Step = _Found | int | None  # found; plain text up to an index; None: not to be known yet


class AnswerText:
    """Reads an answer piece by piece."""

    def __init__(self, allows_link: Callable[[str], bool]) -> None:
        self._allows_link = allows_link
        self._buffer = ""
        self._line = ""  # what stands before the buffer in its line
        self._closing: re.Pattern[str] | None = None  # of the code or the formula that is open
        self._final = False

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now."""
        self._buffer += text
        pieces: list[Piece] = []
        while self._buffer and (self._verbatim(pieces) if self._closing else self._prose(pieces)):
            pass
        return pieces

    def end(self) -> list[Piece]:
        """The pieces that were held back."""
        self._final = True
        return self.feed("")

    def _verbatim(self, pieces: list[Piece]) -> bool:
        """Take code or a formula up to its end, or as far as it is here; True where it ended."""
        assert self._closing is not None  # noqa: S101 - for the type checker
        match = self._closing.search(self._buffer)
        ended = match is not None and (self._final or match.end() < len(self._buffer))
        if match is not None:
            length = match.end() if ended else match.start()
        else:
            held = None if self._final else _MAY_CLOSE.search(self._buffer)
            length = held.start() if held else len(self._buffer)
        if length:
            pieces.append(Piece(self._take(length), verbatim=True))
        if ended:
            self._closing = None
        return ended

    def _prose(self, pieces: list[Piece]) -> bool:
        """Take plain text, and what comes after it if that is whole; True where there may be more to take."""
        position = 0
        while match := _SPECIAL.search(self._buffer, position):
            start = match.start()
            step = self._step(start)
            if isinstance(step, int):
                position = step
                continue
            if step is None:
                start = len(self._buffer[:start].rstrip(" "))
            if start:
                pieces.append(Piece(self._take(start)))
            if step is None:
                return False
            self._take(step.length)
            pieces.append(step.piece)
            self._closing = step.closing
            return True
        held = None if self._final else _MAY_BEGIN_ADDRESS.search(self._buffer, position)
        length = held.start() if held else len(self._buffer)
        if length:
            pieces.append(Piece(self._take(length)))
        return False

    def _take(self, length: int) -> str:
        text, self._buffer = self._buffer[:length], self._buffer[length:]
        self._line = (self._line + text).rpartition("\n")[2][-200:]
        return text

    def _step(self, start: int) -> _Step:
        """What stands at `start`."""
        sign = self._buffer[start]
        if sign in "`~":
            return self._code(start)
        if sign == "[":
            return self._bracket(start, start)
        if sign in "hHwW":
            return self._address(start)
        if start + 1 == len(self._buffer):
            return len(self._buffer) if self._final else None
        if sign == "$":
            return self._formula(start)
        following = self._buffer[start + 1]
        if sign == "\\":
            if following in "([":
                closing = re.compile(r"\\[)\]]|\n[ \t]*\n")
                return _Found(Piece(sign + following, verbatim=True), 2, closing)
            return start + 2
        if sign == "!":
            return self._bracket(start, start + 1) if following == "[" else start + 1
        if following.isalpha() or following in "/!?":
            return _Found(Piece("\\<"), 1)  # Markdown's way to write a `<` that opens no tag
        return start + 1

    def _code(self, start: int) -> _Step:
        sign = self._buffer[start]
        run = len(self._buffer) - start - len(self._buffer[start:].lstrip(sign))
        if start + run == len(self._buffer) and not self._final:
            return None
        line = (self._line + self._buffer[:start]).rpartition("\n")[2]
        if run >= 3 and _LINE_PREFIX.fullmatch(line):
            closing = re.compile(rf"\n[ \t>]*{sign}{{{run},}}[ \t]*(?=\n|\Z)")
            return _Found(Piece(sign * run, verbatim=True), run, closing)
        if sign == "~":
            return start + run
        closing = re.compile(rf"(?<!`)`{{{run}}}(?!`)|\n[ \t]*\n")
        return _Found(Piece(sign * run, verbatim=True), run, closing)

    def _formula(self, start: int) -> _Step:
        if self._buffer[start + 1] == "$":
            return _Found(Piece("$$", verbatim=True), 2, re.compile(r"\$\$"))
        match = _FORMULA.match(self._buffer, start)
        if match and (self._final or match.end() < len(self._buffer)):
            return _Found(Piece(match[0], verbatim=True), match.end() - start)
        if match or (self._may_grow(start, _HELD_CHARS) and not self._buffer[start + 1].isspace()):
            return None
        return start + 1

    def _address(self, start: int) -> _Step:
        match = _ADDRESS.match(self._buffer, start)
        if match is None:
            return start + 1
        if match.end() == len(self._buffer) and not self._final and len(match[0]) < _HELD_TARGET_CHARS:
            return None
        address = match[0].rstrip(".,;:!?)*_")
        if self._allows_link(address):
            return start + len(address)
        return _Found(Piece(f"`{address}`", verbatim=True), len(address))

    def _bracket(self, start: int, opening: int) -> _Step:
        """A marker, a link or an image that begins at `start`, with its bracket at `opening`."""
        match = _LABEL.match(self._buffer, opening)
        if match is None:
            return None if self._may_grow(opening, _HELD_CHARS) else opening + 1
        end = match.end()
        if end == len(self._buffer) and not self._final:
            return None
        label, following = match[1], self._buffer[end : end + 1]
        if following == "(":
            target = _TARGET.match(self._buffer, end)
            if target is not None:
                return self._link(start, opening, label, target)
            rest = self._buffer[end:]
            if rest.count("(") > rest.count(")") and self._may_grow(end, _HELD_TARGET_CHARS):
                return None
        if start == opening and _NUMBERS.fullmatch(label):
            return _Found(Piece(match[0], numbers=_numbers(label)), end - start)
        if following == ":" and not (self._line + self._buffer[:start]).rpartition("\n")[2].strip():
            return _Found(Piece("\\["), 1)  # a link's definition, which may be used anywhere
        return opening + 1

    def _link(self, start: int, opening: int, label: str, target: re.Match[str]) -> _Step:
        length = target.end() - start
        if start == opening and _NUMBERS.fullmatch(label):
            return _Found(Piece(f"[{label}]", numbers=_numbers(label)), length)
        if self._allows_link(target[1] if target[1] is not None else target[2]):
            shown = _IMAGE.sub(r"\1", label)
            return _Found(Piece(self._buffer[start:opening] + f"[{shown}]" + target[0]), length)
        # What was shown stays, and is read again without the link.
        self._buffer = self._buffer[:start] + label + self._buffer[target.end() :]
        return start

    def _may_grow(self, start: int, limit: int) -> bool:
        rest = len(self._buffer) - start
        return not self._final and rest < limit and "\n" not in self._buffer[start:]


def _numbers(label: str) -> tuple[int, ...]:
    """The numbers of a marker, those of a range one by one, each once."""
    numbers: list[int] = []
    for first, last in _RANGE.findall(label):
        numbers.extend(range(int(first), min(int(last), int(first) + 20) + 1))
    numbers.extend(int(number) for number in re.findall(r"\d+", label))
    return tuple(sorted(set(numbers))) if _RANGE.search(label) else tuple(dict.fromkeys(numbers))
