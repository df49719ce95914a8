"""What abbreviations may stand for in one book: its phrases by their initials, and the names that it spells out.

Both are counted at a build and kept in its record; `engines.understanding.book_terms` looks up the abbreviations of
questions in them. Code is left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain

import regex

from storage.vectors.build_record import pack, unpack

PHRASES, LEAST_PHRASE, LONGEST_PHRASE = 20_000, 3, 4  # kept, times that one occurs, words of one without small ones
PHRASES_OF_AN_ABBREVIATION = 3
ABBREVIATIONS = 2_000  # that are kept with their names
LEAST_HEADED, LEAST_SHARE_HEADED = 2, 0.3  # pieces of text below a heading that abbreviate it; of all that abbreviate
LONGEST_ABBREVIATION = 6  # letters
_SHORT = r"(?P<short>\p{L}{2,7})"
_BEFORE = regex.compile(rf"(?P<name>[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}'’ -]*) \({_SHORT}\)")  # Zero Moment Point (ZMP)
_BEHIND = regex.compile(rf"(?<![\p{{L}}\p{{N}}]){_SHORT} \((?P<name>\p{{L}}[\p{{L}}\p{{N}}'’ -]{{4,80}})\)")
_CAPITALS = regex.compile(r"(?<![\p{L}\p{N}])\p{Lu}{2,6}(?=s?(?![\p{L}\p{N}]))")
_MARKS = regex.compile(r"[*_“”\"]+")
_RUN_OF_WORDS = regex.compile(r"[\p{L}\p{N}]+(?:[ -][\p{L}\p{N}]+)+")
_BETWEEN_WORDS = regex.compile(r"[ -]")
_CODE = regex.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1|`[^`\n]*`", regex.DOTALL | regex.MULTILINE)
_SMALL_WORD_LIST = "a an and at by for from in of on or the to with der die das des und von de del du et la le les y"
_SMALL_WORDS = frozenset(_SMALL_WORD_LIST.split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two to four words that occur together repeatedly in a book."""

    text: str  # in lower case, hyphens as spaces
    count: int

    @property
    def content(self) -> list[str]:
        """Its words without the small ones inside."""
        return [word for word in self.text.split() if word not in _SMALL_WORDS]


def encode_phrases(texts: Iterable[str]) -> str:
    """The phrases that abbreviations may stand for, by their initials, with their counts; compressed.

    For each set of initials, the three most frequent phrases. Small words inside may count as a letter or not: "degrees
    of freedom" is "dof", "centre of mass" is also "cm". Code is left out.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        for run in _RUN_OF_WORDS.findall(_CODE.sub(" . ", text).lower()):
            counts.update(_phrases_in(_BETWEEN_WORDS.split(run)))
    found: dict[str, list[tuple[str, int]]] = {}
    for phrase, count in counts.most_common(PHRASES):
        if count < LEAST_PHRASE:
            break
        words = phrase.split()
        for short in {_initials(words), _initials([word for word in words if word not in _SMALL_WORDS])}:
            if len(found.setdefault(short, [])) < PHRASES_OF_AN_ABBREVIATION:
                found[short].append((phrase, count))
    return pack(found)


def decode_phrases(encoded: str) -> dict[str, list[Phrase]]:
    """Decodes what `encode_phrases` gave; nothing for the empty string of a build without phrases."""
    kept = unpack(encoded)
    return {short: [Phrase(text, count) for text, count in phrases] for short, phrases in kept.items()}


def _phrases_in(words: Sequence[str]) -> Iterator[str]:
    """Runs of two to four words of at least three letters, with small words in between."""
    for start, first in enumerate(words):
        if not _is_content(first):
            continue
        content = 1
        for end in range(start + 1, min(start + 2 * LONGEST_PHRASE, len(words))):
            if words[end] in _SMALL_WORDS:
                continue
            content += 1
            if content > LONGEST_PHRASE or not _is_content(words[end]):
                break
            yield " ".join(words[start : end + 1])


def _is_content(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word not in _SMALL_WORDS


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words)


def encode_abbreviations(sections: Iterable[tuple[Sequence[str], str]]) -> str:
    """The abbreviations with the book's names for them, those that it spells out first; compressed.

    `sections` are headings with the text below them. "Zero Moment Point (ZMP)" and "ZMP (zero moment point)" spell a
    name out. Which of the words before a bracket belong to it follows from the letters (Schwartz and Hearst, 2003). A
    heading also names what its text abbreviates ("Inverse Kinematics" above "the IK solver"), if most of the text with
    the abbreviation stands below such headings: in five books this gave no wrong name.
    """
    written_out: dict[str, Counter[str]] = {}
    headed: dict[str, Counter[str]] = {}
    used: Counter[str] = Counter()
    for headings, text in sections:
        prose = (*headings, _CODE.sub(" . ", text))
        for short, name in chain.from_iterable(_written_out(_MARKS.sub("", each)) for each in prose):
            written_out.setdefault(short, Counter())[name] += 1
        shorts = set(_CAPITALS.findall(text))
        used.update(map(str.lower, shorts))
        for short, name in set(_headed(headings, shorts)):
            headed.setdefault(short, Counter())[name] += 1
    best = {short: names.most_common(1) for short, names in headed.items()}
    found = {
        short: [(name, count)]
        for short, [(name, count)] in best.items()
        if count >= max(LEAST_HEADED, LEAST_SHARE_HEADED * used[short])
    }
    found |= {short: names.most_common(PHRASES_OF_AN_ABBREVIATION) for short, names in written_out.items()}
    kept = dict(sorted(found.items(), key=lambda each: -each[1][0][1])[:ABBREVIATIONS])
    return pack(kept)


def _headed(headings: Iterable[str], shorts: Set[str]) -> Iterator[tuple[str, str]]:
    """(Abbreviation, name) of the phrases in headings whose initials are words in capitals of the text below."""
    for heading in headings:
        for run in _RUN_OF_WORDS.findall(heading.lower()):
            for phrase in _phrases_in(_BETWEEN_WORDS.split(run)):
                short = _initials(phrase.split())
                if short.upper() in shorts:
                    yield short, phrase


def _written_out(text: str) -> Iterator[tuple[str, str]]:
    """(Abbreviation, name), both in lower case, of each pair."""
    for match in _BEFORE.finditer(text):
        short = _singular(match["short"])
        if short and (name := _name_before(short, match["name"])):
            yield short.lower(), name
    for match in _BEHIND.finditer(text):
        short, name = _singular(match["short"]), _as_phrase(match["name"])
        if short and _name_before(short, match["name"]) == name:
            yield short.lower(), name


def _singular(short: str) -> str:
    """An abbreviation without a plural ending ("LLMs"); "" for any other word."""
    short = short[:-1] if short.endswith("s") and short[:-1].isupper() else short
    return short if len(short) <= LONGEST_ABBREVIATION and sum(map(str.isupper, short)) > 1 else ""


def _name_before(short: str, before: str) -> str:
    """The last words that have an abbreviation's letters in order, the first at the start of a word; "" for none.

    There are at least two words.
    """
    text = _as_phrase(" ".join(before.split()[-min(len(short) + 5, 2 * len(short)) :]))
    at = len(text)
    for letters_left, letter in zip(range(len(short) - 1, -1, -1), reversed(short.lower()), strict=True):
        at = text.rfind(letter if letters_left else f" {letter}", 0, at)
        if at < 0:
            at = 0 if not letters_left and text.startswith(letter) else -1
        if at < 0:
            return ""
    name = text[at:].strip()
    return name if " " in name and f" {short.lower()} " not in f" {name} " else ""


def _as_phrase(name: str) -> str:
    return " ".join(name.lower().replace("-", " ").split())
