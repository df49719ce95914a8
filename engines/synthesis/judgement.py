"""What a model says first about an uncertain question: whether the passages answer it. It is read, and never shown.

The prompt asks for one line `<verdict>wholly</verdict>`, `<verdict>partly: what is missing</verdict>` or
`<verdict>not at all</verdict>` before the answer. Models also write it in other cases and words, in bold, in a code
fence, behind a preamble, without its end, or behind the answer; what cannot be read counts as no judgement, and its
signs are not shown either. `JudgementFilter` takes the line out of every reply, wherever it stands, whoever asked for
it. Behind the answer a judgement cannot take the text back: it changes the verdict that is stored.
Called by `engines.synthesis.cited`.
"""

import re
from dataclasses import dataclass
from typing import Literal

import regex

Answers = Literal["wholly", "partly", "not at all"]
_MOST_PREAMBLE = 200  # characters before the judgement; a reply that has none by then has none
_LONGEST_SIGN = 20
_MOST_LETTERS = 600  # of the judgement's line
_MISSING_LETTERS = 240  # of what is missing, as it is shown
_OPENING = re.compile(
    r"<\s*verdict\b[^>\n]{0,40}?>|<\s*verdict\s*[:=]|\[verdict\]|\bverdict[\"'*_]{0,3}\s*[:=]"
    r"|^[ \t>#*_]*verdict[*_]*[ \t]*(?:[–—-]|\n)\s*(?=\W{0,3}(?:wholly|partly|not at all)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(r"<\s*/\s*verdict\s*>|\n", re.IGNORECASE)
_SIGNS = re.compile(r"<\s*/?\s*verdict\b[^>\n]{0,40}>?[ \t]*\n?", re.IGNORECASE)
_BEGUN = re.compile(r"<\s*/?\s*(?:v(?:e(?:r(?:d(?:i(?:c(?:t)?)?)?)?)?)?)?\s*$", re.IGNORECASE)
_WORDS: dict[Answers, re.Pattern[str]] = {
    "not at all": re.compile(r"\bnot[ _-]+at[ _-]+all\b|\bnone\b|\bnot answered\b|^\W*no\b", re.IGNORECASE),
    "partly": re.compile(r"\bpart(?:ly|ially|ial)\b|\bin part\b", re.IGNORECASE),
    "wholly": re.compile(r"\bwholly\b|\bfully\b|\bentirely\b|\bcompletely\b|^\W*yes\b", re.IGNORECASE),
}
# A judgement wherever it stands: in its signs, with what emphasises it, in a code fence, or as a line of its own.
_TAG = (
    rf"(?:<\s{{0,3}}verdict\b[^>\n]{{0,40}}>([^<\n]{{0,{_MOST_LETTERS}}})(?:<\s{{0,3}}/\s{{0,3}}verdict\s{{0,3}}>|(?=\n)|\Z)"
    r"|<\s{0,3}/\s{0,3}verdict\s{0,3}>)"
)
_LINE = (
    rf"[ \t*_`>#]{{0,8}}verdict[*_`]{{0,3}}\s?[:=–—-][ \t*_`]{{0,6}}"
    rf"((?:wholly|not at all)[^\w\n]{{0,20}}|partly\b[^\n]{{0,{_MOST_LETTERS}}})(?=\n|\Z)"
)
_JUDGEMENT = regex.compile(
    r"(?P<fence>^```[\w-]{0,10}[ \t]{0,4}\n\s{0,4})?"
    rf"(?:[*_`]{{0,3}}{_TAG}[*_`]{{0,3}}|^{_LINE})(?(fence)(?:\s{{0,4}}```)?)",
    regex.IGNORECASE | regex.MULTILINE,
)
_MAY_BELONG = re.compile(r"[\s*_`]{0,8}\Z")  # to the judgement before it
_FIRST_LINE = re.compile(r"\W{0,3}(?:(?P<wholly>wholly)|partly[:;,] (?P<missing>[^\n]{1,240}))\W{0,3}\n", re.IGNORECASE)
_WRAPPER = re.compile(r"(```|[*_`~]{1,3}|\{)[\w-]{0,10}[\s{\"']*\Z")  # what a model puts around its judgement
_BRACKETS = re.compile(r"[\[【［]")  # of a mark
_BEFORE_TEXT = re.compile(r"[\s*_`~}]*")
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
        self._wrapper = ""  # that the judgement stands in
        self._preamble = ""
        self._between = ""  # what stands behind the judgement, up to the first word of the answer
        self._gap = ""  # between what stands before the judgement and what stands behind it
        self._begun = False
        self.decided = False
        self.judgement: Judgement | None = None

    def feed(self, piece: str) -> str:
        """The text that may be shown now; "" as long as the judgement may still come."""
        if self.decided:
            return self._text(piece)
        self._held += piece
        opening = _OPENING.search(self._held[: _MOST_PREAMBLE + _LONGEST_SIGN])
        if opening is not None:
            closing = _CLOSING.search(self._held, opening.end())
            if closing is not None:
                return self._decide(opening, closing.start(), closing.end())
            return self._give_up() if len(self._held) > opening.end() + _MOST_LETTERS else ""
        return self._give_up() if len(self._held) > _MOST_PREAMBLE and not _BEGUN.search(self._held) else ""

    def end(self) -> str:
        """What is left at the end of the reply; where nothing came behind the judgement, the answer before it."""
        text = ""
        if not self.decided:
            opening = _OPENING.search(self._held[: _MOST_PREAMBLE + _LONGEST_SIGN])
            text = self._decide(opening, len(self._held), len(self._held)) if opening else self._give_up()
        if self._begun or self._gap or text:
            return text
        return self._preamble.rstrip(" \n*_`{")

    def _decide(self, opening: re.Match[str], end: int, rest: int) -> str:
        self.decided = True
        said, before = self._held[opening.end() : end], self._held[: opening.start()]
        self.judgement = Judgement.read(said)
        wrapper = _WRAPPER.search(before)
        if wrapper and wrapper[1] not in opening[0] + said:
            self._wrapper = "}" if wrapper[1] == "{" else wrapper[1]
        self._preamble = before[: wrapper.start()] if wrapper else before
        if not _BRACKETS.search(before):  # a greeting, and no answer
            return self._text(self._held[rest:])
        self._gap = "\n\n"
        return self._preamble.rstrip() + self._text(self._held[rest:])

    def _give_up(self) -> str:
        """No judgement: the text without the signs of one."""
        self.decided = True
        first = _FIRST_LINE.match(self._held)
        if first is not None:
            self.judgement = (
                Judgement("wholly") if first["wholly"] else Judgement("partly", first["missing"].strip(" .*_"))
            )
        text = self._held[first.end() :] if first else self._held
        beginning, rest = text[:_MOST_PREAMBLE], text[_MOST_PREAMBLE:]  # what stands further down, the filter takes out
        beginning = _SIGNS.sub("", beginning)
        return self._text(beginning + rest if rest else _BEGUN.sub("", beginning))

    def _text(self, piece: str) -> str:
        """A piece of the answer, without the space and the end of the wrapper that stand before its first word."""
        if self._begun:
            return piece
        self._between += piece
        space = _BEFORE_TEXT.match(self._between)
        first = space.end() if space else 0
        if first == len(self._between):
            return ""
        self._begun = True
        wrapped = self._between[:first].lstrip()
        if self._wrapper and wrapped.startswith(self._wrapper):
            wrapped = wrapped[len(self._wrapper) :].lstrip()
        return self._gap + wrapped + self._between[first:]


class JudgementFilter:
    """Takes judgements out of a reply that comes in pieces, wherever they stand; one for each reply.

    At the beginning all that stands in the signs of a judgement is one. Further down it is where it says how far the
    passages answer, and other text stays: a page may be about such a tag.
    """

    def __init__(self) -> None:
        self._held = ""
        self._before = "\n"  # the character before what is held
        self._begun = False
        self._taken_off = False
        self.judgement: Judgement | None = None  # the last one

    def feed(self, piece: str) -> str:
        """The text that may be shown now."""
        self._held += piece
        return self._shown(final=False)

    def end(self, *, cut: bool = False) -> str:
        """What was held back; of a reply that broke off without the beginning of a judgement."""
        if cut and self._held:
            found = _JUDGEMENT.search(self._before + self._held, 1, partial=True)
            if found and found.end() > len(self._held) and "verdict" in found[0].casefold():
                self._held = self._held[: found.start() - 1]
        return self._shown(final=True)

    def _shown(self, *, final: bool) -> str:
        shown = ""
        while self._held:
            found = _JUDGEMENT.search(self._before + self._held, 1, partial=not final)
            start, end = (found.start() - 1, found.end() - 1) if found else (len(self._held), len(self._held))
            shown += self._ready(start)
            end -= start
            if found is None or (not final and _MAY_BELONG.match(self._held, end)):
                break
            stays = self._stays(found)
            shown += self._ready(end if stays else 0)
            self._held = self._held[0 if stays else end :]
        return shown

    def _ready(self, length: int) -> str:
        """So many characters of what is held, to be shown; no space before the first word behind a judgement."""
        text, self._held = self._held[:length], self._held[length:]
        self._before = text[-1:] or self._before
        if self._taken_off and not self._begun:
            text = text.lstrip()
        self._begun = self._begun or bool(text.strip())
        return text

    def _stays(self, found: "regex.Match[str]") -> bool:
        """Whether what looks like a judgement is none; of one, what it says is kept."""
        said = next((group for group in found.groups()[1:] if group is not None), None)
        judgement = Judgement.read(said) if said is not None else None
        if self._begun and said is not None and judgement is None:
            return True
        self.judgement = judgement or self.judgement
        self._taken_off = True
        return False
