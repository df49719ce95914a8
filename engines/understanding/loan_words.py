"""English words of the book in a question that writes them in Urdu's letters: ورک سپیس is `workspace`.

Called for editions in the Arabic script. Translations of technical books keep many terms in Latin letters, while
readers write them as they sound. Words with the same consonants, by their sound, are compared by the vowels between
these: Urdu writes long vowels with one of three letters, and short ones not at all.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import regex

from engines.understanding.words import is_function_word, is_stop_word, zipf
from storage.vectors.bm25 import decode_written_words

ARABIC_SCRIPT = frozenset(("ur", "fa", "ps", "sd", "ug", "ks", "pnb"))  # languages with Urdu's spelling of loan words

_MOST_APART = 0.3  # in the mean of a word's places for vowels, from 0 (as it is written) to 1
_MOST_APART_OF_COMMON, _COMMON_ZIPF = 0.2, 4.0  # of a word that is frequent in the language, and may be one of its own
_NATIVE_ZIPF = 5.2  # a word of this frequency in the language is no loan word
_SHORT_ZIPF = 4.3  # the same, of a word of two consonants, which many words have
_MOST_APART_OF_SHORT = 0.11  # of a word of two consonants
_SHORT_USES = 5  # in the book, of a word of two consonants
_CONSONANTS_OF_TWO_WORDS = 4  # in all, where one of the two has a single one
_LEAST_USES = 2  # in the book: what it writes once may be a slip
_SCRAP_ZIPF, _SCRAP = 2.5, 0.15  # a word this rare in English may be a scrap of a name; by how much it is further
_USES = 0.01  # by how much ten times as many uses are nearer

_ARABIC_WORD = regex.compile(r"(?V1)[[\p{Arabic}&&\p{L}]\p{M}]+")
_LATIN_WORD = regex.compile(r"[A-Za-z][\w.+#-]*")
_NATIVE_LETTERS = frozenset("ثحخذصضطظعغق")  # of Arabic words; no English word is written with them
# Consonants by their sound, `A`, `Y` and `W` for the letters of vowels.
_SOUNDS = {
    **dict.fromkeys("اآأإ", "A"),
    **dict.fromkeys("یيےئى", "Y"),
    **dict.fromkeys("وؤ", "W"),
    **dict.fromkeys("تٹ", "t"),
    **dict.fromkeys("دڈ", "d"),
    **dict.fromkeys("رڑ", "r"),
    **dict.fromkeys("کك", "k"),
    **dict.fromkeys("سزژ", "s"),
    **dict(zip("بپجچشگفلمنہه", "bpjCSgflmnhh", strict=True)),
}
_OF_LOANS = regex.compile(r"[ٹڈ](?!ھ)")  # rare in Urdu's own words, where an aspirated one is frequent
# English spellings of a sound, in the order in which they are replaced; a long vowel is a capital letter.
_SPELLINGS = tuple(
    (regex.compile(pattern), sound)
    for pattern, sound in (
        (r"(?<![aeiou])[aeiou](?=[bdfhj-np-tvwxz]e$)", lambda vowel: vowel[0].upper()),
        (r"(?<=[aeiour])sion", "sn"),
        (r"[ts]ion", "Sn"),
        (r"ign$", "In"),
        (r"sch", "sk"),
        (r"tch", "C"),
        (r"ch", "C"),
        (r"sh", "S"),
        (r"ph", "f"),
        (r"ck", "k"),
        (r"que$", "k"),
        (r"qu", "kw"),
        (r"x", "ks"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"wh", "w"),
        (r"^wr", "r"),
        (r"^kn", "n"),
        (r"c(?=[eiyEI])", "s"),
        (r"[cq]", "k"),
        (r"g(?=[eiyEI])", "j"),
        (r"z", "s"),
        (r"e$", ""),
        (r"(.)\1+", r"\1"),
    )
)
_CONSONANTS = regex.compile(r"[bdfgjklmnprstCS]")

# How far a letter of Urdu is from one of English that it may stand for; from all others it is 1.
_STANDS_FOR = {
    "A": {"o": 0.05, "a": 0.1, "u": 0.2, "A": 0.3},
    "Y": {"i": 0.0, "e": 0.0, "y": 0.0, "E": 0.0, "A": 0.0, "a": 0.1, "I": 0.3},
    "W": {"o": 0.0, "u": 0.0, "w": 0.0, "v": 0.0, "O": 0.0, "U": 0.0},
    "D": {"I": 0.0, "y": 0.0, "i": 0.1, "a": 0.3},  # `AY`: "فائل" is `file`
}
_DIPHTHONGS = {  # two letters of Urdu for others of English
    "YW": {"u": 0.0, "U": 0.0},
    "AW": {"ow": 0.0, "ou": 0.0},
}
# Short vowels that Urdu does not write. That of "camera" is written as `Y`, but not a later "a", as in "local".
_UNWRITTEN = {
    "": 0.0,
    **dict.fromkeys("eiu", 0.1),
    **dict.fromkeys("ao", 0.15),
    **dict.fromkeys(("ui", "ea", "ou"), 0.3),
    **dict.fromkeys("AEIOU", 0.4),
}
_UNWRITTEN_FIRST_A = 0.6
_FIRST_ALEF = 0.05  # `A` before any vowel that a word begins with: "انجن" is `engine`
_NOT_AT_ALL, _MISSING = 0.8, 0.6  # another vowel, or none; a letter of several
_LETTER_MORE, _LETTER_OF_PAIR = 0.3, 0.1  # of English, which Urdu does not write
_OTHER_T, _OTHER_S, _OTHER_H = 0.1, 0.2, 0.8  # "theme" and "team", "zeros" and "service", "horizon" and "version"
_PAIRS = frozenset(("ea", "ai", "ay", "oa", "ou", "ow", "ie", "ei", "ey", "au", "aw", "ue", "ew"))


@dataclass(frozen=True, slots=True)
class _Sound:
    """A word in its consonants and what stands around and between them, one more than there are consonants."""

    consonants: str
    vowels: tuple[str, ...]
    has_th: bool
    has_z: bool
    has_h: bool

    @classmethod
    def of(cls, key: str, *, has_th: bool, has_z: bool) -> "_Sound":
        heard = key.replace("h", "")
        return cls("".join(_CONSONANTS.findall(heard)), tuple(_CONSONANTS.split(heard)), has_th, has_z, "h" in key)


class LoanWords:
    """The words in Latin letters of one book, by their sound."""

    def __init__(self, words: Mapping[str, int], language: str) -> None:
        self._language = language
        self._by_consonants: dict[str, list[tuple[str, _Sound, int]]] = defaultdict(list)
        for word, uses in words.items():
            if uses >= _LEAST_USES and word.isascii() and word.isalpha() and not is_function_word(word, "en"):
                sound = _latin_sound(word)
                self._by_consonants[sound.consonants].append((word, sound, uses))
        self._remembered = lru_cache(maxsize=5_000)(self._nearest)

    def find(self, text: str) -> tuple[tuple[str, str], ...]:
        """The loan words of a text, each with the book's word: also those that are written as two words."""
        found: dict[str, str] = {}
        words = _ARABIC_WORD.findall(text)
        place = 0
        while place < len(words):
            for length in (2, 1):
                parts = words[place : place + length]
                nearest = self._remembered(tuple(parts)) if len(parts) == length else None
                if nearest is not None:
                    found[" ".join(parts)] = nearest
                    break
            place += length
        return tuple(found.items())

    def _nearest(self, parts: tuple[str, ...]) -> str | None:
        """The word of the book that these sound like."""
        word = "".join(parts)
        if not _NATIVE_LETTERS.isdisjoint(word) or any(is_stop_word(part, self._language) for part in parts):
            return None
        sound, frequency = _arabic_sound(word), zipf(word, self._language)
        most_apart = self._most_apart(word, sound, frequency)
        if len(parts) > 1:
            least = min(len(_arabic_sound(part).consonants) for part in parts)
            if least < 1 or (least < 2 and len(sound.consonants) < _CONSONANTS_OF_TWO_WORDS):
                return None
        short = len(sound.consonants) == 2
        best: tuple[float, str] | None = None
        for known, other, uses in self._by_consonants.get(sound.consonants, ()):
            apart = _apart(sound, other)
            if apart > most_apart or (short and uses < _SHORT_USES):
                continue
            rated = apart - _USES * math.log10(uses) + (_SCRAP if _is_scrap(known) else 0.0)
            if best is None or rated < best[0]:
                best = (rated, known)
        return best[1] if best else None

    def _most_apart(self, word: str, sound: _Sound, frequency: float) -> float:
        """How far a word of the book may be from this one; below 0 for a native word of the language."""
        foreign = bool(_OF_LOANS.search(word))
        if len(sound.consonants) < 2 or frequency >= _NATIVE_ZIPF:
            return -1.0
        if len(sound.consonants) == 2:
            return _MOST_APART_OF_SHORT if frequency < _SHORT_ZIPF or foreign else -1.0
        return _MOST_APART_OF_COMMON if frequency >= _COMMON_ZIPF and not foreign else _MOST_APART


def _is_scrap(word: str) -> bool:
    """Whether a word is rather a part of a name in code than one that is spoken: `srvs`, `usr`."""
    return zipf(word, "en") < _SCRAP_ZIPF or not regex.search("[aeiouy].*[a-z]|[a-z].*[aeiouy]", word[1:])


def latin_words(text: str) -> list[str]:
    """The words of a text that are written in Latin letters."""
    return _LATIN_WORD.findall(text)


@lru_cache(maxsize=4)
def load_loan_words(encoded: str, language: str) -> LoanWords | None:
    """The loan words of a book from its encoded words; None for a build without them."""
    words = decode_written_words(encoded)
    return LoanWords(words, language) if words else None


@lru_cache(maxsize=5_000)
def _arabic_sound(word: str) -> _Sound:
    spelt = regex.sub("[ہه]$", "ا", word)
    spelt = regex.sub("^ا(?=س[بپتٹجچدڈرزسشکگلمن])", "", spelt)  # "اسکرین" is `screen`: no word of Urdu begins with two
    key = regex.sub(r"Y+", "Y", "".join(_SOUNDS.get(letter, "") for letter in spelt))
    return _Sound.of(regex.sub(r"(?<=.)AY", "D", key), has_th="تھ" in word, has_z=bool(regex.search("[زژ]", word)))


def _latin_sound(word: str) -> _Sound:
    key = word.casefold()
    for spelling, sound in _SPELLINGS:
        key = spelling.sub(sound, key)
    return _Sound.of(key, has_th="th" in word, has_z="z" in word)


def _apart(one: _Sound, other: _Sound) -> float:
    """The mean distance, 0 to 1, of the vowels of two words with the same consonants."""
    written, known = one.vowels, other.vowels
    if bool(written[0]) != bool(known[0]) or bool(written[-1]) != bool(known[-1]):
        return 1.0
    total = _OTHER_T * (one.has_th != other.has_th) + _OTHER_S * (other.has_z and not one.has_z)
    total += _OTHER_H * (one.has_h != other.has_h)
    for place, (here, there) in enumerate(zip(written, known, strict=True)):
        if place == 0 and here.startswith("A"):  # it only carries the vowel
            total += _FIRST_ALEF + (_vowels_apart(here[1:], there) if here != "A" else 0.0)
        elif place == 1 and not here and there == "a" and not written[0]:
            total += _UNWRITTEN_FIRST_A
        else:
            total += _vowels_apart(here, there)
    return total / (len(written) - 2 + bool(written[0]) + bool(written[-1]))


@lru_cache(maxsize=5_000)
def _vowels_apart(written: str, known: str) -> float:
    """How far Urdu's letters for vowels are from English ones that stand in their place."""
    if not written:
        return _UNWRITTEN.get(known, _NOT_AT_ALL)
    if not known:
        return _NOT_AT_ALL
    if known in _DIPHTHONGS.get(written, ()):
        return _DIPHTHONGS[written][known]
    apart, places = 0.0, list(known)
    for letter in written:
        meant = _STANDS_FOR[letter]
        nearest = min((each for each in places if each in meant), key=meant.__getitem__, default=None)
        if nearest is None:
            apart += _MISSING
        else:
            apart += meant[nearest]
            places.remove(nearest)
    short = known in _PAIRS or not {"v", "w"}.isdisjoint(
        known
    )  # "و" of "service" is a consonant, behind which is a short vowel
    more = max(0, len(known) - len(written)) * (_LETTER_OF_PAIR if short else _LETTER_MORE)
    return min(1.0, apart + more)
