"""How much of a question the parts of a passage have: its blocks, sentences, list items and table rows.

A word weighs by its rarity in the language in general. Called by the choice of passages, by the choice of what is
quoted of them, and where a question may mean several sections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from engines.events import Source
from engines.understanding import lexicon
from engines.understanding.definitions import is_code, is_diagram, is_quiz, text_blocks
from engines.understanding.understanding import words_of_subject
from engines.understanding.words import detected_language, zipf
from storage.vectors.bm25 import tokens

_EVERYDAY = 6.0  # Zipf frequency from which a word tells nothing: "how", "the"
RARE = 1.0  # weight from which words tell that a part is meant: "caller" has 2.1, "keep" 0.4
_IN_HEADING = 0.5  # of its weight, that a word counts which stands only in the heading above a part
_KEPT_TEXTS, _KEPT_PARTS = 1_000, 4_000  # the same sections are close to the same questions
_QUESTION_MARKS = ("?", "？", "؟")
LIST_LINE = regex.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")
_ITEM_OR_ROW = regex.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S|[ \t]*\|.*\|")
_DIGIT = regex.compile(r"\d")
_SENTENCES = regex.compile(r"(?<=[.!?])\s+(?=\p{Lu})")
_ASKS_HOW = lexicon.pattern("quotations", "{word:asks_how}")
_ASKS_FOR_PROSE = lexicon.pattern("quotations", "{word:asks_for_prose}")
_ASKS_FOR_NUMBER = lexicon.pattern("quotations", "{word:asks_for_number}")
_ASKS_WHY = lexicon.pattern("quotations", "{word:asks_why}")
_GIVES_REASON = lexicon.pattern("quotations", "{word:gives_reason}")
_ASKS_FOR_LIST = lexicon.pattern("quotations", "{word:asks_for_list}")
_ASKS_FOR_EXAMPLE = lexicon.pattern("quotations", "{word:asks_for_example}")
_NAMES_CODE = lexicon.pattern("quotations", "{word:names_code}")


def shown_blocks(source: Source) -> list[str]:
    """The blocks of a passage that a quotation can show: no sources of diagrams, and no quiz beside other text."""
    return list(_shown_blocks(source.text))


@lru_cache(maxsize=_KEPT_TEXTS)
def _shown_blocks(text: str) -> Sequence[str]:
    blocks = [block for block in text_blocks(text) if not is_diagram(block)]
    return [block for block in blocks if not is_quiz(block)] or [part for block in blocks for part in _solved(block)]


def _solved(quiz: str) -> list[str]:
    """The lines of a quiz with the right option in place of all of them and its number; they are counted from 0."""
    solved: list[str] = []
    options = 0  # the place in `solved` of the first one
    for line in map(str.strip, quiz.splitlines()):
        if line.isdecimal() and int(line) < len(solved) - options:
            solved[options:] = [solved[options + int(line)]]
            continue
        solved.append(line)
        if line.endswith(_QUESTION_MARKS):
            options = len(solved)
    return solved


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words of a question by which the parts of a passage are weighed: a rare word tells more."""

    rarity: Mapping[str, float]
    number: bool  # whether it asks for a number, a size or a value
    why: bool
    several: bool  # whether it asks for a list

    def is_form(self, block: str) -> bool:
        """Whether a block has the form that is asked for: a reason, or a list or table."""
        is_list = bool(LIST_LINE.match(block)) or block.startswith("|")
        return (self.why and bool(_GIVES_REASON.search(block))) or (self.several and is_list)

    def weight(self, text: str) -> float:
        """The weight of the question's words that a text has."""
        words = words_of(text)
        return sum(rarity for word, rarity in self.rarity.items() if word in words)

    @property
    def whole(self) -> float:
        """The weight of all its words."""
        return sum(self.rarity.values())

    def share(self, part: str, heading: str = "") -> float:
        """The share of the question that a part of a passage has, with its heading's words at half; 0 to 1."""
        words, above = words_of(part), words_of(heading)
        found = (
            weight * (1 if word in words else _IN_HEADING if word in above else 0)
            for word, weight in self.rarity.items()
        )
        return sum(found) / whole if (whole := self.whole) else 0.0

    def number_weight(self, text: str) -> float:
        """The largest weight of a sentence, item or row that has a number; 0 where none has one."""
        header = ""
        parts: list[tuple[str, str]] = []
        for line in text.splitlines():
            in_table = line.startswith("|")
            header = (header or line) if in_table else ""
            parts += [(line, f"{header}\n{line}")] if in_table else [(part, part) for part in _SENTENCES.split(line)]
        numbered = (whole for part, whole in parts if has_number(LIST_LINE.sub("", part)))
        return max(map(self.weight, numbered), default=0.0)


@lru_cache(maxsize=64)  # the passages of one question are read one after the other
def asked_words(question: str) -> AskedWords:
    """The words of a question, each of its forms with the weight of its rarity."""
    languages = {"en", detected_language(question) or "en"}
    rarity = {
        token: max(0.0, _EVERYDAY - max(zipf(word, language) for language in languages))
        for word in words_of_subject(question, "en")
        for token in tokens(word, None)
    }
    forms = (_ASKS_FOR_NUMBER, _ASKS_WHY, _ASKS_FOR_LIST)
    return AskedWords(rarity, *(bool(form.search(question)) for form in forms))


@lru_cache(maxsize=_KEPT_PARTS)
def words_of(part: str) -> frozenset[str]:
    """The words of a part of a passage as questions are compared with them."""
    return frozenset(tokens(part, None))


def has_number(text: str) -> bool:
    """Whether a text has a digit."""
    return _DIGIT.search(text) is not None


def parts_of(block: str) -> list[str]:
    """The items of a list, the rows of a table, or the sentences of a paragraph; code as a whole."""
    if is_code(block):
        return [block]
    return [line for line in block.splitlines() if _ITEM_OR_ROW.match(line)] or _SENTENCES.split(block)


def best_part_share(question: str, source: Source, in_code: float) -> float:
    """The share of a question that one sentence, item or row of a passage has; one in code counts `in_code` of it."""
    asked, heading = asked_words(question), source.heading
    shares = (
        asked.share(part, heading) * (in_code if is_code(block) else 1)
        for block in shown_blocks(source)
        for part in parts_of(block)
    )
    return max(shares, default=0.0)


def share_of(question: str, text: str) -> float:
    """How much of a question a text has, from 0 to 1, by the rarity of its words."""
    asked = asked_words(question)
    return asked.weight(text) / whole if (whole := asked.whole) else 0.0


def number_share(question: str, text: str) -> float:
    """The share of a question that a sentence with a number has, at most; 0 if no number is asked for."""
    asked = asked_words(question)
    return asked.number_weight(text) / whole if asked.number and (whole := asked.whole) else 0.0


def asks_for_code(question: str) -> bool:
    """Whether code or commands may answer a question by themselves: it names them, or asks how to do something."""
    return (bool(_ASKS_HOW.search(question)) or names_code(question)) and not _ASKS_FOR_PROSE.search(question)


def asks_for_example(question: str) -> bool:
    """Whether an example is asked for."""
    return bool(_ASKS_FOR_EXAMPLE.search(question))


def names_code(question: str) -> bool:
    """Whether a question names code or a command as what it asks for."""
    return bool(_NAMES_CODE.search(question))


def asks_for_prose(question: str, names: Sequence[str]) -> bool:
    """Whether code alone answers nothing: the question asks what a thing of these names is, why, or to explain it."""
    return bool(names) or bool(_ASKS_FOR_PROSE.search(question))
