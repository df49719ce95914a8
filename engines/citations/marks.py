"""What is a citation mark in a model's prose and what is not: `[source 1]` always, `[1]` by where it stands.

The prompt asks for `[source 1]`, which is unambiguous in a technical text. Models write `[1]`, `【1】` or `[^1]`
nevertheless, and a technical text is full of intervals, vectors and subscripts: in doubt it is text. Called by
`engines.citations.answer_text`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from engines.understanding import lexicon
from engines.understanding.language_files import words_of

MARK = "\ue000"  # stands for a mark in the text before another one
CODE = "\ue001"  # stands for code or a formula there
STAND_INS = str.maketrans("", "", MARK + CODE)

_WORD = lexicon.expression("citations", "{source_word}")
_NUMBER = rf"(?:{_WORD}\s*[:#.]?\s*)?\^?(?!0\d)\d{{1,3}}"
_BETWEEN = lexicon.expression("citations", r"(?:\s*(?:[,;،؛、，；&–-]|{between_sources})\s*|\s+)")
_LABEL = re.compile(rf"\s*({_NUMBER}(?:{_BETWEEN}{_NUMBER})*)\s*[,;]?\s*(?:†.*)?", re.IGNORECASE)
_NAMED = re.compile(_WORD, re.IGNORECASE)
_RANGE = re.compile(rf"(\d+)\s*[–-]\s*(?:{_WORD}\s*)?(\d+)", re.IGNORECASE)
_WIDEST_RANGE = 20

_CLOSING = frozenset(".。．!！?？؟۔…;；؛:：،、，,)）\"'”’»」』》】〉*_")
_OPERATORS = frozenset("=+-–—−*/\\<>≤≥≈≠∈∉⊂⊆×·÷^~|&({[$@#:：→←↔⇒⇐∧∨¬!")
_QUOTES = frozenset("\"'”’»」』")
_ENDS = lexicon.pattern("citations", r"[ \t]*(?:[.,;:!?。،，；؛۔؟！？)）\]|*_\[【［<]|\r?\n|$|{goes_on}\b(?![ \t]*\[))")
_GOES_ON = re.compile(r"[ \t]*(?:[=×÷^≤≥≈∈@+>]|<(?![A-Za-z/])|[-−](?=[ \t]*\d)|/(?=[ \t]*\w)|\*(?=[ \t]+\w))")
_ALONE = re.compile(r"[ \t]*(?:[\[【［][^\[\]【】［］\n]{1,40}[\]】］][ \t]*)*[.。۔]?[ \t]*\r?(?:\n|$)")
_ENDING_WORD = re.compile(r"[^\W_]+\Z")
_LAST_WORD = re.compile(r"([^\W_]+)\W*\Z")
_WORDS_BEFORE = re.compile(r"(\w+)[ \t]+\w+\Z")
_CONJUNCTIONS = words_of("conjunctions_of_sources")
_LONGEST_ENDING = 120  # characters that these patterns can match: two words
_LINE_MARKERS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?\Z")
_REFERENCES = lexicon.pattern("citations", r"[ \t>#*_]*{list_of_sources}[ \t:：*_]*")
_ENTRY = re.compile(rf"[ \t>]*(?:[-*+][ \t]+)?{MARK}.*")
_BRACKETS = re.compile(r"[()\[\]{}]")
_CODE_WORD_END = re.compile(r"[A-Za-z0-9_\])]\Z")
_CLOSES_QUOTATION = "\"'”’»」』)）*_"
_SENTENCE_ENDS = frozenset(".!?…。．！？؟۔")
_LATIN_VERB = re.compile(r"[A-Za-z]+[^\Ws]s\Z")  # "emits"; plural nouns look the same
# A mark may directly follow a measured value: `10 ms[1]`.
_UNIT = lexicon.pattern(
    "citations",
    r"(?<![A-Za-z_\d.,])\d[\d.,]*[ \u00a0\u202f]?(?:[kMGTmnµμ]?(?:s|Hz|g|N|V|A|W|J|Pa|B|m|l|L|Ω)|[cd]m|[cm]?m[²³]|min|h"
    r"|kg|Nm|N·m|m?Ah|k?Wh|[kMG]bit|[MG]bps|[KMGT]i?B|px|dpi|fps|FPS|rpm|rad|rad/s|deg|deg/s|°|°C|K|bar|dB|m/s|m/s²"
    r"|m/s\^2|km/h|mm/s|cm/s|N/m|g/cm³|kg/m³|ppm|D[oO]F|{unit})\Z",
    flags=re.NOFLAG,
)
_ONE_LETTER_UNIT = re.compile(r"\d[ \u00a0\u202f]?[A-Za-z]\Z")  # or a variable after its factor: `2 m[1]`
# Words before a bracket. The remarks in the file of English say what each table is for.
_VALUES = words_of("before_values")
_LEADS_TO_SOURCE = words_of("before_to_a_source")
_SHOWN, _SHOWN_IN = words_of("shown"), words_of("shown_in")
_NUMBERED, _ABBREVIATED = words_of("numbered_things"), words_of("numbered_abbreviations")
_ARTICLES, _PREPOSITIONS = words_of("articles_of_things"), words_of("between_article_and_thing")
_COUNTED = _VALUES | words_of("before_several_values")
_VALUE_SUFFIX = lexicon.pattern("citations", r"{vector_word}\Z")


@dataclass(frozen=True, slots=True)
class Label:
    """The content of a pair of brackets, read as numbers of sources."""

    numbers: tuple[int, ...]
    named: bool  # "[source 1]", which is neither an interval nor a subscript
    several: bool  # more than one number, or a range
    footnote: bool  # "[^1]"

    @classmethod
    @lru_cache(maxsize=256)  # an answer repeats its labels
    def read(cls, text: str) -> "Label | None":
        """The label of this text; None if it names no sources."""
        match = _LABEL.fullmatch(text)
        if match is None:
            return None
        numbers = _numbers(match[1])
        several = len(re.findall(r"\d+", match[1])) > 1
        return cls(numbers, bool(_NAMED.search(match[1])), several, match[1].startswith("^"))


class Place:
    """The text before a bracket, in which marks and code are `MARK` and `CODE`."""

    __slots__ = ("before", "begins_line", "line", "text")

    def __init__(self, before: str) -> None:
        self.before = before
        self.line = before[before.rfind("\n") + 1 :]
        self.text = self.line.rstrip(" \t")  # the text that the bracket follows
        self.begins_line = _LINE_MARKERS.fullmatch(self.line) is not None


def is_mark(label: Label, place: Place, after: str) -> bool:
    """Whether an unnamed label is a mark, by the text before it and after it.

    `after` extends over white space to a visible character, or to the end of the paragraph.
    """
    if place.begins_line:
        return _ends_what_came_before(place, after)
    if _open_bracket(place.line) or _GOES_ON.match(after) or _is_latin(after[:1]):
        return False
    text = place.text
    if text == place.line:
        return not text.endswith(("[", "{")) and _follows_at_once(label, text, after)
    return _follows_with_space(label, text, after)


def is_doubtful(label: Label, place: Place) -> bool:
    """Whether a bracket that may be a mark by its place may also be a value: `The planner emits [1, 2].`"""
    text = place.text
    if not text or text[-1] == MARK or text.rstrip(_CLOSES_QUOTATION)[-1:] in _SENTENCE_ENDS:
        return False
    if label.several or (text == place.line and _at_end(_ONE_LETTER_UNIT, text)):
        return True
    return text[-1] == "s" and _at_end(_LATIN_VERB, text) is not None


def lists_a_source(place: Place) -> bool:
    """Whether a bracket at this place begins an entry of a list of sources at the answer's end."""
    if not place.begins_line:
        return False
    said = [text for text in place.before.split("\n")[:-1] if text.strip()]
    return bool(said) and bool(_REFERENCES.fullmatch(said[-1].rstrip("\r")) or _ENTRY.fullmatch(said[-1]))


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers, with ranges expanded, each once."""
    numbers: list[int] = []
    for first, last in _RANGE.findall(text):
        numbers.extend(range(int(first), min(int(last), int(first) + _WIDEST_RANGE) + 1))
    numbers.extend(int(number) for number in re.findall(r"\d+", text))
    return tuple(sorted(set(numbers))) if _RANGE.search(text) else tuple(dict.fromkeys(numbers))


def _ends_what_came_before(place: Place, after: str) -> bool:
    """Whether a bracket at the start of a line is alone there, after a statement that ended on an earlier line."""
    said = place.before.rstrip()
    return not place.line.strip() and bool(said) and said[-1] not in _OPERATORS and bool(_ALONE.match(after))


def _open_bracket(line: str) -> bool:
    """Whether the place is inside a call, an index or a list: after a bracket of the line that is still open."""
    if "(" not in line and "[" not in line and "{" not in line:
        return False
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(line):
        if bracket[0] in "([{":
            opened.append(bracket.start())
        elif opened:
            opened.pop()
    return any(line[at] != "(" or _is_code_word(line[:at]) for at in opened)


def _follows_at_once(label: Label, text: str, after: str) -> bool:
    """Whether a bracket without a space before it is a mark."""
    last = text[-1]
    if last == MARK:
        return True
    if last == CODE:  # or an index of what the code names
        return bool(_ENDS.match(after))
    if last == "(":
        return after[:1] in {")", ",", ";", "[", "）"}
    if last == ",":
        return text[-2:-1] == MARK or (not label.several and _last_word_is_long(text))
    if last in {")", "）"}:
        return not _is_call(text)
    if last in {"*", "_"}:
        words = text.rstrip(last)
        run = text[len(words) :]
        if words[-1:].isspace() and after.startswith(run):  # only the bracket is emphasised
            return _follows_with_space(label, words.rstrip(), after[len(run) :])
        return _closes_emphasis(text) and _fits_several(label, text, after)
    if last in {":", "："} or (text.endswith("..") and not text.endswith("...")):  # `1..[3]` is a range
        return False
    if last in _CLOSING:
        return not text[-2:-1].isspace() and _fits_several(label, text, after)
    if last == "%" or (not _is_latin(last) and unicodedata.category(last)[0] in "LM"):
        # Scripts without spaces between words, and those whose letters do not name variables.
        return _fits_several(label, text, after)
    if label.footnote:
        return last.isalpha() and after[:1] not in {"+", "*", "?", "{"}
    return _at_end(_UNIT, text) is not None and (not label.several or bool(_ENDS.match(after)))


def _follows_with_space(label: Label, text: str, after: str) -> bool:
    """Whether a bracket after a space is a mark; `text` is the line up to that space."""
    last = text[-1]
    if last == MARK:
        return True
    if conjunction := _conjunction_at_end(text):
        first = text[: -len(conjunction)].rstrip()
        if first.endswith(MARK):
            return True
        return not label.several and not first.endswith("]") and (not first.strip() or _last_word_is_long(first))
    if last == "*" or last == "_":
        return _closes_emphasis(text) and _fits_several(label, text, after)
    if last in _OPERATORS and last != "!":
        return False
    if last == "]":
        return not label.several
    return _fits_several(label, text, after) and not _names_a_value(text)


def _names_a_value(text: str) -> bool:
    """Whether the last word is one after which a bracket is a value: `clipped to [1]`."""
    word = _word_at_end(text)
    if word in _SHOWN_IN:
        return _word_before_last(text) not in _SHOWN
    if word in _NUMBERED:
        return not _has_article(text)
    if text[-1] == "." and _word_at_end(text[:-1]) in _ABBREVIATED:
        return True
    return word in _VALUES and not (word == "to" and _word_before_last(text) in _LEADS_TO_SOURCE)


def _fits_several(label: Label, text: str, after: str) -> bool:
    """Whether several numbers in one bracket may be a mark here: at the end of a clause, not after a counting word."""
    if not label.several:
        return True
    if _at_end(_VALUE_SUFFIX, text):
        return False
    return _word_at_end(text) not in _COUNTED and bool(_ENDS.match(after))


def _is_call(text: str) -> bool:
    """Whether the parenthesis that closes at the end follows a name: `get_joints()`."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            return _is_code_word(text[:at])
    return False


def _is_code_word(text: str) -> bool:
    return bool(_CODE_WORD_END.search(text, max(0, len(text) - 1)))


def _closes_emphasis(text: str) -> bool:
    """Whether the run of asterisks or underscores at the end closes what an earlier one opened."""
    sign = re.escape(text[-1])
    words = text.rstrip(text[-1])
    run = re.escape(text[len(words) :])
    opened = len(re.findall(rf"(?<!{sign}){run}(?!{sign})", words))
    return opened % 2 == 1 and not words[-1:].isspace()


def _word_at_end(text: str) -> str:
    """The word at the end of the text, folded; empty if it ends with another character."""
    last = text[text.rfind(" ") + 1 :]
    found = _ENDING_WORD.search(last)
    return found[0].casefold() if found else ""


def _has_article(text: str) -> bool:
    """Whether the noun at the end has an article, directly or before another word: `the ankle joint`."""
    words = [word.casefold() for word in text[-_LONGEST_ENDING:].split()[-3:-1]]
    if not words or words[-1] in _ARTICLES:
        return bool(words)
    return len(words) == 2 and words[0] in _ARTICLES and words[1] not in _PREPOSITIONS


def _word_before_last(text: str) -> str:
    found = _at_end(_WORDS_BEFORE, text)
    return found[1].casefold() if found else ""


def _conjunction_at_end(text: str) -> str:
    """The comma or conjunction that the text ends with, or nothing."""
    if text[-1] in ",،、;&":
        return text[-1]
    word = _word_at_end(text)
    return word if word in _CONJUNCTIONS else ""


def _last_word_is_long(text: str) -> bool:
    found = _at_end(_LAST_WORD, text)
    return found is not None and len(found[1]) > 2 and not found[1].isdigit()


def _is_latin(sign: str) -> bool:
    """Whether a letter, digit or underscore may belong to a variable's name: Latin, Greek, or a digit."""
    if sign.isascii():
        return sign.isalnum() or sign == "_"
    return sign.isnumeric() or unicodedata.name(sign, "").startswith(("LATIN", "GREEK", "MATHEMATICAL"))


def _at_end(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """A match of a pattern that ends at the end of the text, within its last two words.

    A search in the whole text would start at each letter of a long line.
    """
    last = text.rfind(" ", 0, -1)
    before = text.rfind(" ", 0, last) if last > 0 else -1
    return pattern.search(text, max(before + 1, len(text) - _LONGEST_ENDING))
