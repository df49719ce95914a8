"""English words of the book in a question that writes them in Urdu's letters: ورک سپیس is `workspace`.

Called for editions in the Arabic script. Translations of technical books keep many terms in Latin letters, while
readers write them as they sound. Both spellings are reduced to one key: consonants by their sound, and where vowels
are. Words with the same consonants are compared by rapidfuzz's ratio of their keys.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import regex
from rapidfuzz import fuzz

from engines.understanding.words import is_stop_word, zipf
from storage.vectors.bm25 import decode_written_words

ARABIC_SCRIPT = frozenset(("ur", "fa", "ps", "sd", "ug", "ks", "pnb"))  # languages with Urdu's spelling of loan words

LEAST_ALIKE = 80.0  # of keys whose consonants are the same: one vowel more or less, of short words two of long ones
MORE_ALIKE, _COMMON_ZIPF = 85.0, 4.0  # of a word that is frequent in the language, and may be one of its own
_NATIVE_ZIPF = 5.2  # a word of this frequency in the language is no loan word
_SHORT_ZIPF = 4.3  # the same, of a word of two consonants, which many words have
_SHORT_USES = 5  # in the book, of a word of two consonants
_LEAST_USES = 2  # in the book: what it writes once may be a slip

_ARABIC_WORD = regex.compile(r"[\p{Arabic}\p{M}]+")
_LATIN_WORD = regex.compile(r"[A-Za-z][\w.+#-]*")
_NATIVE_LETTERS = frozenset("ثحخذصضطظعغق")  # of Arabic words; no English word is written with them
_SOUNDS = {
    **dict.fromkeys("اآأإوؤیيےئى", "V"),
    **dict.fromkeys("تٹ", "t"),
    **dict.fromkeys("دڈ", "d"),
    **dict.fromkeys("رڑ", "r"),
    **dict.fromkeys("نں", "n"),
    **dict.fromkeys("کك", "k"),
    **dict.fromkeys("زژ", "z"),
    **dict.fromkeys("ہه", "h"),
    **dict(zip("بپسجچشگفلم", "bpsjCSgflm", strict=True)),
}
# English spellings of a sound, in the order in which they are replaced.
_SPELLINGS = tuple(
    (regex.compile(pattern), sound)
    for pattern, sound in (
        (r"[ts]ion", "Sn"),
        (r"sch", "sk"),
        (r"ch", "C"),
        (r"sh", "S"),
        (r"ph", "f"),
        (r"ck", "k"),
        (r"qu", "kW"),
        (r"x", "ks"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"wh", "w"),
        (r"^wr", "r"),
        (r"^kn", "n"),
        (r"c(?=[eiy])", "s"),
        (r"[cq]", "k"),
        (r"g(?=[eiy])", "j"),
        (r"e$", ""),
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS = str.maketrans(dict.fromkeys("aeiouywv", "V"))  # `w` and `v` are written with a vowel's letter in Urdu
_SEVERAL_VOWELS = regex.compile(r"V{2,}")


class LoanWords:
    """The words in Latin letters of one book, by their sound."""

    def __init__(self, words: Mapping[str, int], language: str) -> None:
        self._language = language
        self._by_consonants: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        for word, uses in words.items():
            if uses >= _LEAST_USES and word.isascii():
                key = _latin_key(word)
                self._by_consonants[_consonants(key)].append((word, key, uses))
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
        if len(parts) > 1 and min(len(_consonants(_arabic_key(part))) for part in parts) < 2:
            return None
        frequency, key = zipf(word, self._language), _arabic_key(word)
        consonants = _consonants(key)
        if frequency >= _NATIVE_ZIPF or len(consonants) < 2:
            return None
        candidates = [each for each in self._by_consonants.get(consonants, ()) if _ends(each[1]) == _ends(key)]
        if len(consonants) == 2:
            if frequency >= _SHORT_ZIPF:
                return None
            candidates = [each for each in candidates if each[1] == key and each[2] >= _SHORT_USES]
        best = max(((fuzz.ratio(key, other), math.log(uses), known) for known, other, uses in candidates), default=None)
        least = MORE_ALIKE if frequency >= _COMMON_ZIPF else LEAST_ALIKE
        return best[2] if best is not None and best[0] >= least else None


def latin_words(text: str) -> list[str]:
    """The words of a text that are written in Latin letters."""
    return _LATIN_WORD.findall(text)


@lru_cache(maxsize=4)
def load_loan_words(encoded: str, language: str) -> LoanWords | None:
    """The loan words of a book whose words are encoded so; None for a build that has kept none."""
    words = decode_written_words(encoded)
    return LoanWords(words, language) if words else None


def _arabic_key(word: str) -> str:
    return _SEVERAL_VOWELS.sub("V", "".join(_SOUNDS.get(letter, "") for letter in regex.sub("[ہه]$", "ا", word)))


def _latin_key(word: str) -> str:
    key = word.casefold()
    for spelling, sound in _SPELLINGS:
        key = spelling.sub(sound, key)
    return _SEVERAL_VOWELS.sub("V", key.translate(_VOWELS))


def _ends(key: str) -> tuple[bool, bool]:
    """Whether a word begins and whether it ends with a vowel."""
    return key.startswith("V"), key.endswith("V")


def _consonants(key: str) -> str:
    return key.translate({ord("V"): None, ord("h"): None})
