"""Misspelt words and identifiers of questions, and the words of the book that were meant.

Called by `engines.understanding.understanding`, and by the tasks to tell whether the book has a word.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter

import regex
import wordfreq
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from engines.understanding import lexicon
from engines.understanding.words import (
    EUROPEAN,
    FUNCTION_WORDS,
    LETTERS,
    NEIGHBOURS,
    SHORTEST,
    corrected,
    frequent_words,
    is_among_urdu,
    is_foreign,
    is_function_word,
    language_of,
    zipf,
)
from storage.vectors.bm25 import decode_written_words, tokens

LONGEST = 25  # letters of a word that is corrected
TWO_EDITS_FROM = 8  # letters
_PARTS_OF_A_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHORTEST_IDENTIFIER = 6  # letters of one that is corrected
_LONGEST_FORM = 600  # characters of a text whose words of form are put right
MOST_CORRECTIONS = 8  # in one question; a text with more is of another language

_FREQUENT_ZIPF = 4.6  # a misspelt word that the book lacks stands for a frequent one
_KNOWN_ZIPF = 3.3  # a word of this frequency is not misspelt
_NAME_ZIPF = 2.5  # a word of this frequency that another language has as often is a name there, too: "Bilal", "Sven"
_RARE_ZIPF = 1.5  # below it a word is no name and no word of its own
_REAL_WORD_ZIPF = 2.0  # a word of this frequency may be a word of its own: it takes a much more frequent one instead
_RATHER_TYPICAL, _TYPICAL = 1.0, 1.8  # of Zipf's scale: ten and sixty times as frequent in the book
_COMMON_AT_LARGE = 5.0
_AS_FREQUENT = 0.5  # of Zipf's scale: two words of which one is at most three times as frequent
# Of a word with an apostrophe only the beginning of a possessive is one by itself: `didn` of "didn't" is none.
_WORD = regex.compile(r"(?<![\p{L}\p{N}_./@\\$<'`\"-])\p{L}+(?![\p{L}\p{N}_/\\@(=`-]|\.\p{L}|['’](?!s\b)\p{L})")
# An identifier of several words: `joint_sate_publisher`, `ros2-contorl`.
_JOINED = regex.compile(
    r"(?<![\p{L}\p{N}_./@\\$-])\p{L}[\p{L}\p{N}]*(?:[_-]+[\p{L}\p{N}]+)+(?![\p{L}\p{N}_/\\@-]|\.\p{L})"
)
_PART = regex.compile(r"[\p{L}\p{N}]+")
_PART_OR_SIGNS = regex.compile(r"[\p{L}\p{N}]+|[^\p{L}\p{N}]+")
_SHORTEST_PART = 3  # letters; so short a part is corrected where two of its letters are swapped
_SHORTEST_COMPOUND = 10  # letters of an identifier without the signs between its parts
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"^ps", "s"), (r"^x", "z"), (r"ph", "f"), (r"ght", "t"),
        (r"ck|q|c(?![eiyh])|ch(?=[rl])", "k"), (r"c(?=[eiy])", "s"), (r"g(?=[eiy])|dg", "j"), (r"x", "ks"), (r"z", "s"),
        (r"y", "i"), (r"(?<=.)[aeiouhw]", ""), (r"^[aeiou]", "a"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_SPELT_TWO_WAYS = tuple(  # of British and American English
    (re.compile(pattern), other)
    for pattern, other in (
        (r"(?<=[a-z]{3})is(?=(?:e[drs]?|ers?|ing|ations?|ational)$)", "iz"),
        (r"(?<=[a-z]{3})iz(?=(?:e[drs]?|ers?|ing|ations?|ational)$)", "is"),
        (r"(?<=[a-z]{3})ys(?=(?:e[drs]?|ers?|ing)$)", "yz"), (r"(?<=[a-z]{3})yz(?=(?:e[drs]?|ers?|ing)$)", "ys"),
        (r"(?<=[a-z]{2})our(?=(?:s|ed|ing|al|ful|able|ite|less)?$)", "or"),
        (r"(?<=[a-z]{2})or(?=(?:s|ed|ing|al|ful|able|ite|less)?$)", "our"),
        (r"tre(?=[sd]?$)", "ter"), (r"ter(?=s?$)", "tre"), (r"ogue(?=s?$)", "og"), (r"og(?=s?$)", "ogue"),
        (r"(?<=[aeiou])ll(?=(?:ed|ing|ers?)$)", "l"), (r"(?<=[aeiou])l(?=(?:ed|ing|ers?)$)", "ll"),
        (r"ence(?=s?$)", "ense"), (r"ense(?=s?$)", "ence"),
    )
)  # fmt: skip
_MUCH_MORE_OFTEN = 3  # the book has the other spelling so many times as often
_OF_QUESTIONS = lexicon.words("of_questions")
_QUESTION_WORDS = lexicon.words("question_words")
_QUESTION_ZIPF = 3.9  # a first word of this frequency is no misspelt question word: "wit"
_SHORTEST_FORM, _SHORT_FORM = 3, 4  # letters; in a word of up to four one is wrong, missing or swapped: "ths", "mnay"
_NO_WORD_ZIPF = 2.9  # more frequent words are no misspelt words of form, "wich" is
_FOREIGN_ZIPF = 4.0  # of a word that is surely of another language
_SHORTEST_SOUND = 3  # letters of what is left
_ALIKE = 0.65  # of the letters


class SpellingCorrector:
    """Corrects the words of questions to one book.

    A word is corrected where neither the book nor its language has it, to the nearest word of either by optimal string
    alignment (rapidfuzz): one edit, two in a word of eight letters or more. Names, identifiers and words of other
    languages stay as they are.
    """

    def __init__(self, words: Mapping[str, int], locale: str | None) -> None:
        self._words = words
        self._locale = locale
        self._language = language = language_of(locale)
        self._total = sum(words.values())
        self._stems = frozenset(token for word in words for token in tokens(word, locale))
        self._by_beginning: dict[tuple[int, str], list[str]] = defaultdict(list)  # by their length and first letter
        # A language of which wordfreq has the small list alone lacks too many words to say that one is misspelt, and
        # which of its own was meant: there only the book's words are.
        common = [word for word in frequent_words(language) if word.isalpha()]
        if language not in wordfreq.available_languages("large"):
            common = []
        for word in sorted({*words, *common}):
            self._by_beginning[len(word), word[0]].append(word)
        self._by_sound: dict[str, str] = {}  # the most frequent one of the book's own words
        for word, _ in sorted(words.items(), key=itemgetter(1)):
            if len(word) > SHORTEST and self.typical_by(word) >= _RATHER_TYPICAL:
                self._by_sound[_sound(word)] = word
        self._remembered = lru_cache(maxsize=5_000)(self._nearest)
        self._remembered_part = lru_cache(maxsize=1_000)(self._nearest_part)
        self._remembered_compound = lru_cache(maxsize=1_000)(self._nearest_compound)
        self._names_of = lru_cache(maxsize=LONGEST + LONGEST)(self._names_of_length)

    def correct(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with its spelling corrected, and the corrections, typed word → corrected word."""
        corrections = self._identifiers(text)
        for typed, meant in corrections.items():
            text = text.replace(typed, meant)
        for match in _WORD.finditer(text):
            word = match.group()
            if len(corrections) == MOST_CORRECTIONS:
                break
            if is_among_urdu(text, *match.span()):
                continue
            if self._may_be_misspelt(word):
                nearest = self._remembered(word.lower())
                starts = not text[: match.start()].strip(" \"'(")
                if nearest is not None and (word[0].islower() or self._is_no_name(word, nearest, starts=starts)):
                    corrections[word] = self._spelt_like(word, nearest)
        if not corrections:
            return text, ()
        replaced = _WORD.sub(lambda match: corrections.get(match.group(), match.group()), text)
        return replaced, tuple(corrections.items())

    def with_form_words(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with misspelt words of form corrected ("how", "explain"), and the corrections.

        "Waht does the book say about grasping in simple wodrs" asks about grasping.
        """
        if len(text) > _LONGEST_FORM:
            return text, ()
        typed = _WORD.findall(text)
        words = {word for word in typed if len(word) >= SHORTEST}
        found = {word: meant for word in words if (meant := form_word(word, _OF_QUESTIONS, self._remembered))}
        if typed and (asked := self._question_word(typed[0])):
            found[typed[0]] = asked
        return _WORD.sub(lambda word: found.get(word[0], word[0]), text) if found else text, tuple(found.items())

    def _question_word(self, first: str) -> str | None:
        """The question word that a message begins with, if a letter is missing or two are swapped: "wich", "hwat".

        Others are as near to "wich": elsewhere it may be "with".
        """
        word = first.casefold()
        if not word.isascii() or word in _QUESTION_WORDS or word in self._words or zipf(word, "en") >= _QUESTION_ZIPF:
            return None
        near = (each for each in _QUESTION_WORDS if OSA.distance(word, each) == 1)
        likely = (each for each in near if len(each) > len(word) or sorted(each) == sorted(word))
        meant = max(likely, key=lambda each: (sorted(each) == sorted(word), zipf(each, "en")), default=None)
        return meant.capitalize() if meant and first[0].isupper() else meant

    def _spelt_like(self, identifier: str, corrected: str) -> str:
        """A corrected identifier with the capitals and signs of the typed one: `toEqaul` gives `toEqual`."""
        parts = _PARTS_OF_A_NAME.findall(identifier)
        if len(parts) < 2:
            return corrected
        found = [part if self.has(part.lower()) else (self._remembered(part.lower()) or part) for part in parts]
        cased = (new.capitalize() if old[0].isupper() else new for old, new in zip(parts, found, strict=True))
        joined = "".join(cased)
        return joined if joined.lower() == corrected else corrected

    def _may_be_misspelt(self, word: str) -> bool:
        if not SHORTEST <= len(word) <= LONGEST:
            return False
        if word[1:] != word[1:].lower():  # `toEqaul`; a name like `QoS` or `ROS` stays
            return len(word) >= _SHORTEST_IDENTIFIER and (word[0].islower() or len(_PARTS_OF_A_NAME.findall(word)) > 1)
        return True

    def _is_no_name(self, word: str, nearest: str, *, starts: bool) -> bool:
        """Whether a word with a capital letter is a misspelt one: "Gazbo" is Gazebo, and "Marek" is not "mark".

        At the beginning of a sentence it may be any word, elsewhere one that the book uses more often than others do.
        """
        if word[1:] != word[1:].lower():
            return nearest in self._words and not zipf(word, self._language)
        if zipf(word, self._language) < _RARE_ZIPF:
            return starts or self.typical_by(nearest) >= _RATHER_TYPICAL
        return starts and (is_function_word(nearest, self._language) or self.typical_by(nearest) >= _TYPICAL)

    def _identifiers(self, text: str) -> dict[str, str]:
        """Identifiers with their misspelt parts corrected, if the book has another part of them."""
        found: dict[str, str] = {}
        for match in _JOINED.finditer(text):
            parts = [part.lower() for part in _PART.findall(match[0])]
            if all(part in self._words for part in parts) and "".join(parts) not in self._words:
                continue  # `robot_state_publisher` is no misspelt `joint_state_publisher`
            whole = self._remembered_compound("".join(parts))
            if whole and self._is_rather_one_word(whole, parts) and len(found) < MOST_CORRECTIONS:
                found[match[0]] = whole
                continue
            # In words with hyphens an ordinary word is rather meant as it is: "first-person".
            most = _KNOWN_ZIPF if "_" in match[0] else _NAME_ZIPF
            wrong: dict[str, str] = {}
            known = False
            for part in _PART.findall(match[0]):
                meant = self._remembered_part(part.lower()) if zipf(part, self._language) < most else None
                meant = meant or self._spelt_otherwise(part.lower())  # "primary-colour"
                known = known or (meant is None and self.has(part.lower()))
                wrong |= {part: meant} if meant else {}
            if wrong and known and len(found) < MOST_CORRECTIONS:
                found[match[0]] = "".join(wrong.get(part, part) for part in _PART_OR_SIGNS.findall(match[0]))
        return found

    def _is_rather_one_word(self, whole: str, parts: Sequence[str]) -> bool:
        """Whether parts mean the book's one word: not where it has each of them much more often ("back-button")."""
        return min(self._words.get(part, 0) for part in parts) <= _MUCH_MORE_OFTEN * self._words.get(whole, 0)

    def _nearest_compound(self, squashed: str) -> str | None:
        """The book's identifier that misspelt parts with signs between them mean: "modual-name-maper".

        None where the book has the parts as they are written. It takes one edit for each five letters, three at most.
        """
        if len(squashed) < _SHORTEST_COMPOUND or self.has(squashed):
            return squashed if squashed in self._words else None
        edits = min(3, len(squashed) // 5)
        lengths = range(len(squashed) - edits, len(squashed) + edits + 1)
        own = list(chain.from_iterable(map(self._names_of, lengths)))
        found = process.extractOne(squashed, own, scorer=OSA.distance, score_cutoff=edits)
        return found[0] if found else None

    def _names_of_length(self, length: int) -> list[str]:
        """The words of this length that the book has and its language does not."""
        return sorted(word for word in self._words if len(word) == length and not zipf(word, self._language))

    def _alike(self, word: str, edits: int) -> Iterator[tuple[str, float]]:
        """The words of the book and of its language within this many edits, each with its number of edits.

        The first letter is rarely wrong: only words that have it, or that have the first two swapped, are compared.
        """
        first, second = word[0], word[1:2]
        for length in range(len(word) - edits, len(word) + edits + 1):
            own = self._by_beginning.get((length, first), [])
            swapped = self._by_beginning.get((length, second), []) if second != first else []
            swapped = [other for other in swapped if other[1:2] == first]
            near = swapped + own if second < first else own + swapped
            for found, distance, _ in process.extract(word, near, scorer=OSA.distance, score_cutoff=edits, limit=None):
                yield found, float(distance)

    def _nearest_part(self, part: str) -> str | None:
        """The book's word for a part of an identifier with one wrong letter, or two in a long part."""
        if (
            not part.isalpha()
            or not _SHORTEST_PART <= len(part) <= LONGEST
            or self.has(part)
            or zipf(part, self._language) >= _KNOWN_ZIPF
        ):
            return None
        edits = 2 if len(part) >= TWO_EDITS_FROM else 1
        near: dict[str, float] = {}
        for word, distance in self._alike(part, edits):
            if self._words.get(word, 0) < 2 or part.startswith(word[:-1]) or word in FUNCTION_WORDS:
                continue
            is_swapped = sorted(word) == sorted(part)
            score = self._score(part, word, distance, 0.0)
            if score is not None and (len(part) > _SHORTEST_PART or is_swapped):
                near[word] = score + is_swapped
        return max(near, key=near.__getitem__, default=None)

    def _nearest(self, word: str) -> str | None:
        """The word that was most likely meant; None if the word is correct or close to no other."""
        frequency = zipf(word, self._language)
        if other := self._spelt_otherwise(word):
            return other
        if frequency >= _KNOWN_ZIPF or is_foreign(word, self._language) or self.has(word):
            return None
        is_name = frequency >= _NAME_ZIPF and any(
            zipf(word, other) >= frequency for other in NEIGHBOURS if other != self._language
        )
        edits = 2 if len(word) >= TWO_EDITS_FROM and frequency < 1.0 else 1
        near: dict[str, float] = {}  # by how likely they were meant
        for candidate, distance in self._alike(word, edits):
            score = self._score(word, candidate, distance, frequency)
            if score is not None and not (is_name and self._is_ordinary(candidate)):
                near[candidate] = score
        if near:
            return self._rather_a_subject(word, max(near, key=near.__getitem__), near)
        return self._heard_as(word) if frequency < _RARE_ZIPF else None

    def _spelt_otherwise(self, word: str) -> str | None:
        """The book's spelling of a word that British and American English spell differently; None if it is the same."""
        if self._language != "en":
            return None
        others = (pattern.sub(other, word) for pattern, other in _SPELT_TWO_WAYS if pattern.search(word))
        own = self._words.get(word, 0)
        return next((each for each in others if self._words.get(each, 0) > _MUCH_MORE_OFTEN * own), None)

    def _is_ordinary(self, word: str) -> bool:
        """Whether a word is neither a function word nor typical of the book."""
        return not is_function_word(word, self._language) and self.typical_by(word) < _RATHER_TYPICAL

    def _heard_as(self, word: str) -> str | None:
        """The book's word that sounds like this one and looks similar."""
        sound = _sound(word)
        heard = self._by_sound.get(sound) if len(sound) >= _SHORTEST_SOUND else None
        return heard if heard and Indel.normalized_similarity(word, heard) >= _ALIKE else None

    def _rather_a_subject(self, word: str, best: str, near: Mapping[str, float]) -> str:
        """The best correction, or one as near and as frequent that names something: "wether" is "weather".

        Every book has "whether", so that its uses there say nothing about what was meant.
        """
        swapped = (other for other in near if sorted(other) == sorted(word) and is_function_word(other, self._language))
        if (small := next(swapped, None)) or not is_function_word(best, self._language):
            return small or best  # "waht" is "what", and not "want"
        edits, least = Indel.distance(word, best), zipf(best, self._language) - _AS_FREQUENT
        others = {
            other: score
            for other, score in near.items()
            if not is_function_word(other, self._language)
            and zipf(other, self._language) >= least
            and Indel.distance(word, other) == edits
        }
        return max(others, key=others.__getitem__, default=best)

    def typical_by(self, word: str) -> float:
        """How much more often the book uses a word than its language does, on Zipf's scale; 0 for one used once."""
        count = self._words.get(word.lower(), 0)
        return math.log10(count / self._total) + 9 - zipf(word, self._language) if count > 1 else 0.0

    def is_about_the_book(self, sentence: str, *, surely: bool = False) -> bool:
        """Whether a sentence has a word that is typical of the book; a word common at large must be very typical.

        Surely it is about the book with such a word that is much so, or with two.
        """
        found = [by for word in set(LETTERS.findall(sentence.casefold())) if (by := self._tells_by(word)) > 0]
        return len(found) > 1 or any(by >= _TYPICAL for by in found) if surely else bool(found)

    def _tells_by(self, word: str) -> float:
        by = self.typical_by(word)
        common = by < _TYPICAL and zipf(word, self._language) >= _COMMON_AT_LARGE
        return 0.0 if by < _RATHER_TYPICAL or common else by

    def has(self, word: str) -> bool:
        """Whether the book has the word, in this form or another."""
        return word in self._words or not self._stems.isdisjoint(tokens(word, self._locale))

    def _score(self, word: str, candidate: str, distance: float, frequency: float) -> float | None:
        """How likely it is that a candidate was meant; None if it was not."""
        in_book, at_large = self._words.get(candidate, 0), zipf(candidate, self._language)
        if frequency > 0 and at_large < frequency + (2.0 if frequency >= _REAL_WORD_ZIPF else 1.0):
            return None
        if _RARE_ZIPF <= frequency < _REAL_WORD_ZIPF and not in_book and at_large < _FREQUENT_ZIPF:
            return None  # "joran" is no "jordan"
        own = 1.5 + 0.5 * math.log10(1 + in_book) if in_book else 0.0
        return own + 0.35 * at_large - 3 * distance - 0.4 * Indel.distance(word, candidate)


def form_word(typed: str, forms: frozenset[str], nearest: Callable[[str], str | None] | None = None) -> str | None:
    """The word of form ("explain", "page") that a misspelt word stands for; None for a correct word.

    `nearest` gives what a misspelt word stands for in a book; without it only the words of form are compared.
    """
    word = typed.casefold()
    if len(word) < _SHORTEST_FORM or typed[1:] != word[1:] or word in forms:
        return None
    meant = nearest(word) if nearest else _nearest_form(word, forms)
    if meant is None:
        return None
    # "smiple" is "simple", and not "smile".
    swapped = (form for form in forms if sorted(form) == sorted(word) and OSA.distance(form, word) == 1)
    meant = next(swapped, meant)
    if meant not in forms:
        return None
    return meant.capitalize() if typed[0].isupper() else meant


@lru_cache(maxsize=20_000)
def _nearest_form(word: str, forms: frozenset[str]) -> str | None:
    """The word of form closest to a word that is not English; None if there is none."""
    if not word.isascii() or zipf(word, "en") >= _NO_WORD_ZIPF or is_european(word, least=_FOREIGN_ZIPF):
        return None
    if len(word) > _SHORT_FORM:
        known = corrected(word, forms)
        return known if known != word else None
    near = (known for known in forms if OSA.distance(word, known) == 1)
    return max(near, key=lambda known: (sorted(known) == sorted(word), len(known), known), default=None)


def is_european(word: str, *, least: float) -> bool:
    """Whether a word is more likely of another language than misspelt English: Spanish "explican"."""
    elsewhere = max(zipf(word, language) for language in EUROPEAN)
    return elsewhere >= least and elsewhere > zipf(word, "en")


def _sound(word: str) -> str:
    """The consonants of an English word as they sound: those of "kinimatiks" and "kinematics" are the same."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


@lru_cache(maxsize=8)
def load_corrector(encoded: str, locale: str | None) -> SpellingCorrector | None:
    """The corrector of a book whose words are encoded so; None for a build that has kept none."""
    words = decode_written_words(encoded)
    return SpellingCorrector(words, locale) if words else None
