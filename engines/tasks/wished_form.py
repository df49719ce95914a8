"""The form that a message wishes for a summary: so many points, one paragraph, very short; called by the tasks."""

import re
from dataclasses import dataclass

from engines.tasks.page_parts import lines_asked
from engines.understanding import lexicon
from engines.understanding.task_patterns import NUMBERED
from engines.understanding.task_words import number_in_words
from engines.understanding.words import plain_words

_IN_PROSE = lexicon.word_pattern("turns.in_prose")
_SHORT = lexicon.word_pattern("turns.short_form")
_NUMBERED = lexicon.word_pattern("turns.numbered_form")
_AT_MOST = lexicon.word_pattern("turns.at_most")
_SECTION_NUMBER = re.compile(r"\d{1,2}\.\d{1,2}")
_MOST_LINES = 20
_FEW_LINES = 3  # of what is to be short


@dataclass(frozen=True, slots=True)
class Form:
    """How many points are wished at most, 0 for any number, and how they are written."""

    most: int = 0
    in_prose: bool = False  # one paragraph instead of a list
    numbered: bool = False


def wished_form(text: str) -> Form:
    """The form that a message names; a wish for a number holds as it stands: "max five", "in 3 bullets"."""
    text = NUMBERED.sub(" ", _SECTION_NUMBER.sub(" ", text))  # "chapter 4 key points" wishes for no four points
    prose = [found[0] for found in _IN_PROSE.finditer(text)]
    if prose:  # "in two sentences"; the one of "one paragraph, no bullets" counts no points
        return Form(max(map(lines_asked, prose)), in_prose=True)
    most = lines_asked(text) or _bound(text)
    short = _FEW_LINES if not most and _SHORT.search(text) else 0
    return Form(most or short, numbered=bool(_NUMBERED.search(text)))


def _bound(text: str) -> int:
    """The number behind "max" or "at most"; 0 for none."""
    for found in _AT_MOST.finditer(text):
        word = next(iter(plain_words(text[found.end() :])), "")
        number = int(word) if word.isdecimal() else number_in_words(word) if word else None
        if number is not None and 0 < number <= _MOST_LINES:
            return number
    return 0
