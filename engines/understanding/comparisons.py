"""The things that a question compares, or of which it asks which one to take: "topic vs service", "MPC or RL?".

Called by `engines.understanding.understanding` for sentences that `MAY_COMPARE` finds a word in. Pure functions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from engines.understanding import lexicon
from engines.understanding.definitions import term_asked
from engines.understanding.task_words import number_in_words
from engines.understanding.words import IN_LATIN_LETTERS, detected_language, is_function_word, is_roman_urdu

_MOST_CHARACTERS = 300  # of a sentence that compares things
_COMPARES = lexicon.word_pattern("tasks.compare")
# Words that ask which of two things to take, those between such things, and that between the last two of a list.
_PREFERS = lexicon.word_pattern("definitions.prefers")
_CHOOSES = lexicon.pattern("definitions", "{chooses}")
_AND = lexicon.pattern("definitions", "{and_of_a_list}")
_IS_ARTICLE = lexicon.pattern("definitions", "{article}")
_NO_COMPARISON = lexicon.pattern("definitions", "{no_comparison}")
_CHOICES = lexicon.expression("definitions", "{chooses}")
_SEPARATORS = (r"\s*,?\s*(?<!\w)(?P<word>{separates})(?!\w)", r"\s*,\s*")
_BETWEEN_NAMES = lexicon.pattern("tasks", *_SEPARATORS, separates=f"{{between_places}}|{_CHOICES}")
_BETWEEN_CHOICES = lexicon.pattern("definitions", *_SEPARATORS, separates="{and_of_a_list}|{chooses}")
MAY_COMPARE = re.compile(rf"{_COMPARES.pattern}|{_PREFERS.pattern}|(?<!\w)(?:{_CHOICES})(?!\w)", re.IGNORECASE)
"""Words of which a sentence that compares things has one; few other sentences have."""
_NAME = r"[^\s,.;:?!]+(?:\s+[^\s,.;:?!]+){0,3}?"
_PAIR = lexicon.pattern(  # "Gazebo and Unity: …"
    "definitions",
    rf"^\W*(?P<first>{_NAME})\s+(?:{{and_of_a_list}}|{{chooses}}|n|&)\s+(?P<second>{_NAME})\s*(?:[,.;:?!…]+|\s[–—-]+)\s+[¿¡]?(?=\w)",
)
_JOINED = lexicon.pattern(  # "Gazebo aur Unity mein se Gazebo kab"
    "definitions",
    r"(?<!\w)(?P<first>[^\W\d_][\w-]{2,})\s+(?:{and_of_a_list}|{chooses}|n|&)\s+(?P<second>[^\W\d_][\w-]{2,})(?!\w)",
)
_COUNTED = lexicon.pattern("definitions", r"(?<!\w)({article}\s+)(\w+)(?:\s+ones?)?(?!\w)")
_NEVER = "(?!)"
_CODE_NAME = re.compile(r"(?<!\w)(?:[a-z]+(?:[A-Z][a-z0-9]*)+|\w+_\w+|[a-z]+(?:-[a-z]+)+|--?[a-z][\w-]+)(?!\w)")
_BESIDE_OR = lexicon.pattern(
    "definitions",
    r"(?<!\w)(?P<first>[^\W\d_][\w-]+)\s+{chooses}\s+(?:{article}\s+)?(?P<second>[^\W\d_][\w-]+)(?!\w)",
)
_MOST_WORDS = 4  # of one name
_MARK = "§"  # in place of the words that ask which of two things to take
_WORD = regex.compile(rf"{_MARK}|[\p{{L}}\p{{N}}][\w.+#()/-]*")
_PAUSE = regex.compile(r"(?<=\S)[.?!;:…](?=\s|$)|\s[–—-]+\s")


def things_compared(sentence: str, language: str) -> tuple[str, ...] | None:
    """The names of the things that a sentence compares, as the reader wrote them, two or more; None if there are none.

    A name is the words of a subject that stand next to the word between two of them: "difference between a topic and a
    service in ROS 2" has "topic" and "service", "topics, services or actions – which one?" has three.
    """
    if len(sentence) > _MOST_CHARACTERS:
        return None
    language = detected_language(sentence) or language  # of its small words: "zwischen Topics und Services"
    plain, preferred = _PREFERS.subn(_MARK, sentence)
    compares = any(not _NO_COMPARISON.match(sentence, found.start()) for found in _COMPARES.finditer(sentence))
    parts, between = _parted(plain, _BETWEEN_NAMES if compares else _BETWEEN_CHOICES)
    if not between or not (compares or preferred or _only_names(parts, between, language)):
        return None
    for place, word in enumerate(between):
        # Without a word that compares, "with" and "to" stand between other things than two that one chooses from.
        if word == "," or not (compares or _CHOOSES.fullmatch(word)):
            continue
        first, second = _last_name(parts[place], language), _first_name(parts[place + 1], language)
        if first and second:
            before = _names_before(parts, between, place, language)
            return (*before, first, second, *_names_behind(parts, between, place + 1, language))
    return None


def things_asked(questions: Iterable[str]) -> tuple[str, ...]:
    """The things that questions compare or ask for, each once, in their order."""
    found: list[str] = []
    for question in questions:
        language = detected_language(question) or "en"
        found += things_compared(question, language) or filter(None, (term_asked(question),))
    return tuple(dict.fromkeys(found))


def two_named(question: str) -> tuple[str, str] | None:
    """The two things that a question speaks of, whatever it asks of them: "Gazebo and Unity. what is Gazebo?".

    They stand at its beginning, or are compared, or are its two names of code, or stand beside "or".
    """
    if len(question) > _MOST_CHARACTERS:
        return None
    pair = _pair_in(question)
    if pair:
        return pair.names
    compared = things_compared(question, detected_language(question) or "en") or ()
    names = code_names(question)
    beside = _BESIDE_OR.search(question)
    for two in (compared, names, (beside["first"], beside["second"]) if beside else ()):
        if len(two) == 2:
            return two[0], two[1]
    return None


def code_names(question: str) -> list[str]:
    """The names of code in a question, each once: "mockClear" and "mockReset"."""
    return list(dict.fromkeys(_CODE_NAME.findall(question)))


def the_other_of(two: tuple[str, str], question: str) -> str:
    """The same question about the other one of two things; "" where it is about both or none."""
    pair = _pair_in(question)
    asked = question[pair.end :] if pair else question
    forms = [rf"(?<!\w){re.escape(each)}(?!\w)" for each in two]
    if not any(re.search(form, asked, re.IGNORECASE) for form in forms):  # "SQMS and MQMS. how does the first work"
        places = ((found[0], number_in_words(found[2], ordinal=True)) for found in _COUNTED.finditer(asked))
        counted = {number: re.escape(text) for text, number in places}
        forms = [counted.get(1, _NEVER), counted.get(2, _NEVER)]
    told = [at for at, form in enumerate(forms) if re.search(form, asked, re.IGNORECASE)]
    if len(told) != 1:
        return ""
    again = re.sub(forms[told[0]], lambda _: two[1 - told[0]], asked, flags=re.IGNORECASE).strip()
    return f"{again} {pair.behind}".strip() if pair else again


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two things named side by side, what stands behind them in their clause, and where the rest begins."""

    names: tuple[str, str]
    behind: str
    end: int


def _pair_in(question: str) -> _Pair | None:
    """The two things that a question begins with, or of which it names one a second time."""
    found = _PAIR.match(question)
    second = _first_name(found["second"], detected_language(question) or "en") if found else ""
    pairs = [(each["first"], each["second"], "", each.end()) for each in _JOINED.finditer(question)]
    if found and second:
        pairs.insert(0, (found["first"].strip(), second, found["second"].removeprefix(second).strip(), found.end()))
    for first, other, behind, end in pairs:
        again = [
            re.search(rf"(?<!\w){re.escape(each)}(?!\w)", question[end:], re.IGNORECASE) for each in (first, other)
        ]
        if bool(again[0]) != bool(again[1]):
            return _Pair((first, other), behind, end)
    return _Pair(pairs[0][:2], *pairs[0][2:]) if found and second else None


def _parted(sentence: str, separators: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """What stands between the words that may separate names, and these words; "," for a comma."""
    parts, between, end = [], [], 0
    for found in separators.finditer(sentence):
        parts.append(sentence[end : found.start()])
        between.append((found["word"] or ",").casefold())
        end = found.end()
    return [*parts, sentence[end:]], between


def _only_names(parts: Sequence[str], between: Sequence[str], language: str) -> bool:
    """Whether a sentence is nothing but names of what one chooses from, and what for: "stereo or LiDAR indoors?"."""
    words = {word for word in between if word != ","}
    if not words or not all(map(_CHOOSES.fullmatch, words)):
        return False
    return all(_is_name(part, language) for part in parts[:-1]) and bool(_first_name(parts[-1], language))


def _is_name(part: str, language: str) -> bool:
    words = [word for word in _WORD.findall(part) if word != _MARK and not _IS_ARTICLE.fullmatch(word)]
    return bool(words) and _first_name(part, language) == " ".join(words)


def _names_before(parts: Sequence[str], between: Sequence[str], place: int, language: str) -> tuple[str, ...]:
    """The names before the first one of a pair, as far as each stands alone between two separators."""
    found: list[str] = []
    while place and _joins(between[place - 1]) and _is_name(parts[place], language):
        place -= 1
        name = _last_name(parts[place], language)
        asked_for = parts[place].rpartition(_MARK)[2]  # "what is better for walking, MPC or RL?"
        if not name or (_MARK in parts[place] and not _is_name(asked_for, language)):
            break
        found.insert(0, name)
    return tuple(found)


def _names_behind(parts: Sequence[str], between: Sequence[str], place: int, language: str) -> tuple[str, ...]:
    """The names behind the second one of a pair, as far as each stands alone between two separators."""
    found: list[str] = []
    while place < len(between) and _joins(between[place]) and _is_name(parts[place], language):
        place += 1
        name = _first_name(parts[place], language)
        if not name:
            break
        found.append(name)
    return tuple(found)


def _joins(word: str) -> bool:
    """Whether a separator stands between the names of one list."""
    return word == "," or bool(_CHOOSES.fullmatch(word) or _AND.fullmatch(word))


def _first_name(part: str, language: str) -> str:
    return " ".join(_name_of(_WORD.findall(_PAUSE.split(part)[0]), language))


def _last_name(part: str, language: str) -> str:
    return " ".join(_name_of(reversed(_WORD.findall(_PAUSE.split(part)[-1])), language)[::-1])


def _name_of(words: Iterable[str], language: str) -> list[str]:
    """The words of one name, the first one next to the other name; an article before it is passed over."""
    name: list[str] = []
    for word in words:
        compares = word == _MARK or bool(_COMPARES.fullmatch(word))
        if name and word.isascii() != name[0].isascii() and language not in IN_LATIN_LETTERS:
            break  # "CLIP 和 PaliGemma 有什么区别": a name in Latin letters ends where the other ones begin
        holds = is_function_word(word.casefold(), language) or is_roman_urdu(word) or _IS_ARTICLE.fullmatch(word)
        if not compares and (not holds or (name and word.isdecimal())):  # "system 2"
            name.append(word)
        elif name:
            break
        elif not compares and not _IS_ARTICLE.fullmatch(word):
            return []
    return name[:_MOST_WORDS]
