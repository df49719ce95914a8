"""A message with the words and numbers of tasks in one form, as the phrases have them.

"The third chapter", "Kapitel drei" and "第三章" become figures behind the word for a chapter; "总结第3章" becomes "summarize
chapter 3". A number in words is one beside a word for a chapter of its own language: "read this chapter once" has no
Spanish eleven. What a task is about stays as it is written; Hindi becomes Roman Urdu, whose words and order it shares.
Called by `engines.understanding.intent_recognition` before a message is read, and by `engines.tasks.contents`. Pure functions.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from engines.understanding import lexicon
from engines.understanding.language_files import entries, meanings
from engines.understanding.task_patterns import COUNTED_WORD

_CARDINALS = entries("numbers.cardinals")  # from one to twenty
_ORDINALS = entries("numbers.ordinals")  # those that are not made of the cardinals, from the first one on
_ENDINGS = entries("numbers.ordinal_endings")  # that make ordinals of cardinals
_COUNTED_BEGINS = entries("numbers.counted_begins")  # the first letters of the words for a chapter
# The word for twenty and for thirty, what it is with a number added ("twenty-{}"), and with one where that is irregular.
_TENS = {
    language: [(number, line.split("/")) for number, line in zip((20, 30), lines, strict=True)]
    for language, lines in entries("numbers.tens").items()
}
_IN_CHINESE = meanings("of_parts", "zh")
_CHINESE_PART = f"({'|'.join(_IN_CHINESE)})(?!程)"
_CHINESE_NUMBER = re.compile(rf"第\s*([\d零〇一二两三四五六七八九十]{{1,4}})\s*{_CHINESE_PART}")
_CHINESE_LAST = lexicon.pattern("numbers", f"{{last_before}}{_CHINESE_PART}")
_CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_WORD = re.compile(r"\S+")
_GENITIVE = re.compile(r"['’]s$")
_AROUND = "\"'“”„«»‘’()[]¿¡?!.,;:،؟۔।？！。，"
_CHAPTER = re.compile(COUNTED_WORD, re.IGNORECASE)
_CALLED_NUMBER = frozenset(lexicon.phrases("numbers.called_number")) | {"#"}
_IN_FIGURES = lexicon.pattern("numbers", r"(\d{1,3}){figure_ending}?", flags=re.NOFLAG)
_COUNTED_BY_A_POINT = re.compile(rf"(?<![\w.])\d{{1,2}}\.\s+(?:{COUNTED_WORD})(?!\w)", re.IGNORECASE)  # "2. Kapitel"
_BETWEEN = frozenset(lexicon.phrases("numbers.between_numbers"))
_NOT_TWO = [["do", word] for word in ("i", "we", "you", "they")]  # "which chapter do I open?"
_LAST = lexicon.words("last")
_MOST_WORDS = 3  # of a number


def in_figures(text: str) -> str:
    """A message with the numbers of chapters behind the word for a chapter, and in figures."""
    if not text.isascii():
        text = _CHINESE_LAST.sub(lambda found: f" last {_IN_CHINESE[found[1]]} ", text)
        text = _CHINESE_NUMBER.sub(lambda found: f" {_IN_CHINESE[found[2]]} {_of_chinese(found[1])} ", text)
    words = list(_WORD.finditer(text))
    for at in range(len(words) - 1, -1, -1):
        word = _GENITIVE.sub("", words[at][0].strip(_AROUND))
        if not _CHAPTER.fullmatch(word):
            continue
        behind = _numbers_behind(words, at, word)
        if behind:
            numbers, last = behind
            text = f"{text[: words[at].end()]} {numbers}{_ending(words[last][0])}{text[words[last].end() :]}"
            continue
        before = _number_before(words, at, word)
        if before is not None:
            number, first = before
            numbers, earlier = str(number), _number_before_that(words, first, word)
            if earlier is not None:
                numbers, first = f"{earlier[0]} {words[earlier[2]][0]} {number}", earlier[1]
            text = f"{text[: words[first].start()]}{word} {numbers}{_ending(words[at][0])}{text[words[at].end() :]}"
            continue
        earlier = _number_before_that(words, at - 1, word)  # "the first and the last chapter"
        if earlier is not None and _folded(words[at - 1][0]) in _LAST:
            text = f"{text[: words[earlier[1]].start()]}{word} {earlier[0]} {text[words[earlier[2]].start() :]}"
    return text


def names_an_order(text: str) -> bool:
    """Whether a message counts places in their order, "the third chapter", and names none by a number of its own."""
    for word in _WORD.findall(text):
        figures = _IN_FIGURES.fullmatch(_folded(word))
        if number_in_words(word, ordinal=True) is not None or (figures and len(_folded(word)) > len(figures[1])):
            return True
    return bool(_COUNTED_BY_A_POINT.search(text))


def number_in_words(word: str, *, ordinal: bool = False) -> int | None:
    """The number that a word of one of the languages is; `ordinal` leaves out "three", which is no place in an order."""
    folded = _folded(word)
    tables = (_table(language, ordinal) for language in _CARDINALS)
    return next((table[folded] for table in tables if folded in table), None)


def _numbers_behind(words: list[re.Match[str]], at: int, chapter: str) -> tuple[str, int] | None:
    """The numbers behind a word for a chapter, with what stands between them, and the place of the last word."""
    first, last, found = at + 1, at, ""
    if words[at][0].endswith((",", ";", ".", "?", "!")):
        return None
    if first < len(words) and _folded(words[first][0]) in _CALLED_NUMBER:
        first += 1
    if [_folded(each[0]) for each in words[first : first + 2]] in _NOT_TWO:
        return None
    while (number := _number_at(words, first, chapter)) is not None:
        value, last = number
        between = words[first - 1][0] if found else ""
        found = f"{found} {between} {value}".strip()
        first = last + 2
        if _ending(words[last][0]) or first >= len(words) or _folded(words[first - 1][0]) not in _BETWEEN:
            break
    return (found, last) if found else None


def _number_at(words: list[re.Match[str]], first: int, chapter: str) -> tuple[int, int] | None:
    """The longest number that begins at a place, and the place of its last word."""
    for last in range(min(first + _MOST_WORDS, len(words)) - 1, first - 1, -1):
        number = _number_of(" ".join(word[0] for word in words[first : last + 1]), chapter)
        if number is not None:
            return number, last
    return None


def _number_before(words: list[re.Match[str]], at: int, chapter: str) -> tuple[int, int] | None:
    """The ordinal before a word for a chapter, and the place of its first word."""
    for first in range(max(0, at - _MOST_WORDS), at):
        spelt = " ".join(word[0] for word in words[first:at])
        number = _number_of(spelt, chapter, ordinal=True)
        if number is not None:
            return number, first
    return None


def _number_before_that(words: list[re.Match[str]], first: int, chapter: str) -> tuple[int, int, int] | None:
    """An ordinal before another one, "the second and the fourth chapter": with its place and that of the "and"."""
    for joins in (first - 1, first - 2):
        if joins > 0 and _folded(words[joins][0]) in _BETWEEN:
            found = _number_before(words, joins, chapter)
            return (*found, joins) if found else None
    return None


def _number_of(spelt: str, chapter: str, *, ordinal: bool = False) -> int | None:
    folded = _folded(spelt)
    figures = _IN_FIGURES.fullmatch(folded)
    if figures:
        return int(figures[1]) if len(folded) > len(figures[1]) or spelt.endswith(".") or not ordinal else None
    for language in _languages_of(_folded(chapter)):
        number = _table(language, ordinal).get(folded)
        if number is not None:
            return number
    return None


@lru_cache(maxsize=256)
def _languages_of(chapter: str) -> tuple[str, ...]:
    """The languages of a word for a chapter, by its first letters."""
    return tuple(
        language
        for language, beginnings in _COUNTED_BEGINS.items()
        if chapter.startswith(tuple(map(_folded, beginnings)))
    )


@lru_cache(maxsize=16)
def _table(language: str, only_ordinals: bool = False) -> Mapping[str, int]:
    """The numbers of a language by their words, without accents."""
    cardinals = dict(_cardinals(language))
    ordinals = {
        f"{word.removesuffix('e') if language == 'fr' else word}{ending}": number
        for word, number in cardinals.items()
        for ending in _ENDINGS.get(language, ())
    }
    for number, words in enumerate(_ORDINALS.get(language, ()), 1):
        ordinals |= dict.fromkeys(words.split("/"), number)
    if language == "en":
        ordinals |= {
            added.format(word): tens + number
            for tens, (_, added) in _TENS["en"]
            for number, word in enumerate(_ORDINALS["en"][:9], 1)
        }
        ordinals |= {"twentieth": 20, "thirtieth": 30}
    if language == "de":
        ordinals |= {f"{word}{end}": number for word, number in ordinals.items() for end in "nrsm"}
    found = ordinals if only_ordinals else cardinals | ordinals
    return {_folded(word): number for word, number in found.items()}


def _cardinals(language: str) -> Iterator[tuple[str, int]]:
    ones = [words.split("/") for words in _CARDINALS[language]]
    for number, words in enumerate(ones, 1):
        yield from ((word, number) for word in words)
    for tens, (alone, added, *with_one) in _TENS.get(language, ()):
        yield alone, tens
        for number, words in enumerate(ones[:9], 1):
            yield with_one[0] if with_one and number == 1 else added.format(words[0]), tens + number


def _of_chinese(spelt: str) -> int:
    if spelt.isdecimal():
        return int(spelt)
    tens, ten, ones = spelt.partition("十")
    if not ten:
        return int("".join(str(_CHINESE_DIGITS[digit]) for digit in spelt))
    return 10 * _CHINESE_DIGITS.get(tens, 1) + _CHINESE_DIGITS.get(ones, 0)


def _ending(word: str) -> str:
    """The signs that a word ends with."""
    return word[len(word.rstrip(_AROUND)) :]


@lru_cache(maxsize=2_000)
def _folded(text: str) -> str:
    """A text in lower case, without accents, hyphens and the signs around its words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(word.strip(_AROUND) for word in bare.split())


def _any_of(words: Mapping[str, str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_OF_CHINESE, _OF_HINDI = meanings("of_tasks", "zh"), meanings("of_tasks", "hi")
_CHINESE_WORD = re.compile(_any_of(_OF_CHINESE))
_HINDI_WORD = re.compile(rf"(?<![\u0900-\u097f])(?:{_any_of(_OF_HINDI)})(?![\u0900-\u097f])")
_HAN, _DEVANAGARI = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[\u0900-\u097f]")
_CHINESE_FILLERS = lexicon.pattern("numbers", "{filler}")
_BEFORE_A_PAGE = re.compile(r"([A-Za-z][\w .&:+'-]*?)\s*[这那]一?个?(?=[章页节])")  # "Simulation 这一章"
_QUIZ = re.compile(r"出[\u4e00-\u9fff\d]{0,4}题")  # "出五道题"
_COUNTED = lexicon.pattern("numbers", r"\b{counted_singular}\b", flags=re.NOFLAG)
_SIGNS = str.maketrans("？，。！：；।", "?,.!:;.")


def in_latin_letters(text: str) -> str:
    """A message with the words of tasks in Chinese and Hindi as the phrases have them; others stay as they are."""
    if _DEVANAGARI.search(text):
        text = text.translate(_SIGNS).replace("विषय सूची", "fehrist")
        text = _HINDI_WORD.sub(lambda word: _OF_HINDI[word[0]], text)
        text = _COUNTED.sub(r"\g<0>s", text)
    if _HAN.search(text):
        text = _QUIZ.sub(" quiz ", _BEFORE_A_PAGE.sub(r" the \1 ", text))
        text = _CHINESE_WORD.sub(lambda word: f" {_OF_CHINESE[word[0]]} ", text.translate(_SIGNS))
        text = _COUNTED.sub(r"\g<0>s", " ".join(_CHINESE_FILLERS.sub(" ", text).split()))
    return text
