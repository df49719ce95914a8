"""What a model says first about an uncertain question: whether the passages answer it. It is read, and never shown.

The prompt asks for one line `<verdict>wholly</verdict>`, `<verdict>partly: what is missing</verdict>` or
`<verdict>not at all</verdict>` before the answer. Models also write it in other cases and words, behind a preamble or
without its end; what cannot be read counts as no judgement, and its signs are not shown either. A model may also write
the line unasked, or once more further down: `JudgementFilter` takes it out of every reply.
Called by `engines.synthesis.cited`.
"""

import re
from dataclasses import dataclass
from typing import Literal

Answers = Literal["wholly", "partly", "not at all"]
_MOST_PREAMBLE = 200  # characters before the judgement; a reply that has none by then has none
_MOST_LETTERS = 600  # of the judgement's line
_MISSING_LETTERS = 240  # of what is missing, as it is shown
_OPENING = re.compile(r"<\s*verdict\b[^>\n]{0,40}?>|<\s*verdict\s*[:=]|\bverdict\s*[:=]", re.IGNORECASE)
_CLOSING = re.compile(r"<\s*/\s*verdict\s*>|\n", re.IGNORECASE)
_SIGNS = re.compile(r"<\s*/?\s*verdict\b[^>\n]{0,40}>?[ \t]*\n?", re.IGNORECASE)
_BEGUN = re.compile(r"<\s*/?\s*(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\s*$", re.IGNORECASE)
_WORDS: dict[Answers, re.Pattern[str]] = {
    "not at all": re.compile(r"\bnot[ _-]+at[ _-]+all\b|\bnone\b|\bnot answered\b|^\W*no\b", re.IGNORECASE),
    "partly": re.compile(r"\bpart(?:ly|ially|ial)\b|\bin part\b", re.IGNORECASE),
    "wholly": re.compile(r"\bwholly\b|\bfully\b|\bentirely\b|\bcompletely\b|^\W*yes\b", re.IGNORECASE),
}
# A judgement wherever it stands, and what may still become one at the end of the text so far.
_TAGGED = re.compile(
    rf"<\s*verdict\b[^>\n]{{0,40}}>([^<\n]{{0,{_MOST_LETTERS}}})(?:<\s*/\s*verdict\s*>|(?=\n)|\Z)"
    r"|<\s*/\s*verdict\s*>",
    re.IGNORECASE,
)
_MAY_BE_TAGGED = re.compile(
    r"<\s{0,3}/?\s{0,3}(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\Z"
    r"|<\s{0,3}/?\s{0,3}verdict\b[^>\n]{0,40}\Z"
    rf"|<\s{{0,3}}verdict\b[^>\n]{{0,40}}>[^<\n]{{0,{_MOST_LETTERS}}}(?:<[\s/]{{0,6}}[a-z]{{0,7}}\s{{0,3}})?\Z",
    re.IGNORECASE,
)
# The same without signs, which is a judgement at the beginning alone.
_BARE = re.compile(
    r"\s*[*_`#]*verdict[*_`]*\s*[:=][\s*_`]*(?:(?:wholly|not at all)\W*|partly\b[^\n]*)(?:\n|\Z)", re.IGNORECASE
)
_MAY_BE_BARE = re.compile(
    rf"\s*[*_`#]*(?:v(?:e(?:r(?:d(?:i(?:c(?:t[^\n]{{0,{_MOST_LETTERS}}})?)?)?)?)?)?)?\Z", re.IGNORECASE
)
_BEFORE_MISSING = re.compile(r"^[\s\"',:;|.=–—-]*(?:missing\b[\s\"',:;|=]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far the passages answer the question."""

    answers: Answers
    missing: str = ""  # of "partly": what they do not say

    @classmethod
    def read(cls, said: str) -> "Judgement | None":
        """What the model says in the signs of a judgement, where that is one."""
        for answers, pattern in _WORDS.items():
            found = pattern.search(said)
            if found is None:
                continue
            missing = _BEFORE_MISSING.sub("", said[found.end() :]).strip(" \t\"'}].") if answers == "partly" else ""
            return cls(answers, missing[:_MISSING_LETTERS])
        return None


class JudgementReader:
    """Takes the judgement off the beginning of a reply that comes in pieces; one for each reply."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self.decided = False
        self.judgement: Judgement | None = None

    def feed(self, piece: str) -> str:
        """The text that may be shown now; "" as long as the judgement may still come."""
        if self.decided:
            return self._text(piece)
        self._held += piece
        opening = _OPENING.search(self._held)
        if opening is not None:
            closing = _CLOSING.search(self._held, opening.end())
            if closing is not None:
                return self._decide(self._held[opening.end() : closing.start()], self._held[closing.end() :])
            return self._give_up() if len(self._held) > opening.end() + _MOST_LETTERS else ""
        return self._give_up() if len(self._held) > _MOST_PREAMBLE and not _BEGUN.search(self._held) else ""

    def end(self) -> str:
        """What is left at the end of the reply."""
        if self.decided:
            return ""
        opening = _OPENING.search(self._held)
        return self._decide(self._held[opening.end() :], "") if opening is not None else self._give_up()

    def _decide(self, said: str, rest: str) -> str:
        self.decided = True
        self.judgement = Judgement.read(said)
        return self._text(rest)

    def _give_up(self) -> str:
        """No judgement: the text without the signs of one."""
        self.decided = True
        return self._text(_BEGUN.sub("", _SIGNS.sub("", self._held)))

    def _text(self, piece: str) -> str:
        """A piece of the answer, without the space that stands before its first word."""
        shown = piece if self._begun else piece.lstrip()
        self._begun = self._begun or bool(shown)
        return shown


class JudgementFilter:
    """Takes judgements out of a reply that comes in pieces, wherever they stand; one for each reply.

    At the beginning all that stands in the signs of a judgement is one. Further down it is where it says how far the
    passages answer, and other text stays: a page may be about such a tag.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._taken_off = False

    def feed(self, piece: str) -> str:
        """The text that may be shown now."""
        if self._begun and not self._held and "<" not in piece:
            return piece
        self._held += piece
        return self._shown(final=False)

    def end(self, *, cut: bool = False) -> str:
        """What was held back; of a reply that broke off without the beginning of a judgement."""
        if cut and (begun := _MAY_BE_TAGGED.search(self._held)) and "verdict" in begun[0].casefold():
            self._held = self._held[: begun.start()]
        return self._shown(final=True)

    def _shown(self, *, final: bool) -> str:
        if not self._begun and (bare := _BARE.match(self._held)) and (final or bare[0].endswith("\n")):
            self._held = self._held[bare.end() :]
            self._taken_off = True
        maybe = None if final else _MAY_BE_TAGGED.search(self._held)
        if maybe is None and not final and not self._begun:
            maybe = _MAY_BE_BARE.match(self._held)
        ready = self._held[: maybe.start()] if maybe else self._held
        self._held = self._held[len(ready) :]
        text = _TAGGED.sub(lambda found: self._without(ready, found), ready)
        self._taken_off = self._taken_off or text != ready
        if self._taken_off and not self._begun:
            text = text.lstrip()
        self._begun = self._begun or bool(text.strip())
        return text

    def _without(self, text: str, found: re.Match[str]) -> str:
        """What stays of the signs of a judgement: nothing, or what is none."""
        at_the_beginning = not self._begun and not _TAGGED.sub("", text[: found.start()]).strip()
        none = found[1] is not None and Judgement.read(found[1]) is None
        return found[0] if none and not at_the_beginning else ""
