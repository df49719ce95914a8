"""The name or rare word of an uncertain question that stands nowhere in the book: "Cypress", "Svelte".

Readers are told of it before what comes nearest is quoted. Verbs, adjectives and words of another language are not
told: that the book lacks these says little.
"""

from collections.abc import Set
from functools import lru_cache
from typing import Protocol

from rapidfuzz.distance import OSA

from engines.understanding import lexicon
from engines.understanding.understanding import Understanding, words_of_subject
from engines.understanding.words import is_foreign, is_roman_urdu, is_stop_word, zipf
from storage.vectors.bm25 import decode_written_words, load_vocabulary, tokens

_RARE = 3.7  # Zipf's scale; from this frequency on the lack of a word says little, unless it is a name
_FREQUENT = 4.6  # a name of this frequency is rather another word
_KNOWN = 2.0  # a word that is rarer may be misspelt, or of another language
_WITHOUT_LIST = "ur-Latn"  # no list of words says which ones are of this language
_SURELY_ENGLISH = 2.7  # Zipf's scale; rarer words beside Roman Urdu are rather Roman Urdu
_SHORTEST = 4  # letters
_TWO_EDITS_FROM = 8  # letters; a word that differs from one of the book by fewer edits is another spelling of it
_NO_NAMES = tuple(lexicon.words("endings_of_no_names"))
_VERB = lexicon.pattern("sentences", r"(?<!\w){before_a_verb}\s+(?P<verb>\w+)")
_UNDONE = tuple(lexicon.words("beginnings_of_no_names"))
_LIKE_ROMAN_URDU = ("a", "i", "o")  # how its words end that English has as rare ones: "jana", "nahi"


class _BookWords(Protocol):
    """The words of a build, as its record has them."""

    @property
    def vocabulary(self) -> str: ...
    @property
    def spelling(self) -> str: ...


def unmentioned_word(text: str, asked: Understanding, names: Set[str], build: _BookWords, locale: str | None) -> str:
    """The rarest such word of what a question asks, as it was typed; "" where there is none.

    `text` is the question, or what of it asks; `names` are its words that are capitalised as names are.
    """
    known = load_vocabulary(build.vocabulary)
    if known is None:
        return ""
    passed_over = {
        word.casefold() for pair in (*asked.corrections, *asked.terms, *asked.meanings) for word in _words(*pair)
    }
    passed_over.update(word.casefold() for word in words_of_subject(asked.pasted or "", asked.language))
    passed_over.update(found["verb"].casefold() for found in _VERB.finditer(text) if found["verb"] not in names)
    found: list[tuple[float, str]] = []
    for word in words_of_subject(text, asked.language):
        plain = word.casefold()
        if plain in passed_over or not _is_telling(word, asked, is_name=word in names):
            continue
        if not any(token in known for token in tokens(word, locale)) and not _is_written(plain, build.spelling):
            found.append((zipf(plain, "en"), word))
    return min(found, default=(0.0, ""))[1]


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(word for text in texts for word in text.split())


def _is_telling(word: str, asked: Understanding, *, is_name: bool) -> bool:
    """Whether a word is a name or a rare noun that English has, and that the question's own language has not."""
    plain = word.casefold()
    if len(plain) < _SHORTEST or not (plain.isascii() and plain.isalpha()):
        return False
    frequency = max(zipf(form, "en") for form in (plain, plain.removesuffix("s"), plain.removesuffix("es")))
    is_like_it = frequency < _SURELY_ENGLISH or plain.endswith(_LIKE_ROMAN_URDU)
    if is_roman_urdu(plain) or (asked.asked_in == _WITHOUT_LIST and not is_name and is_like_it):
        return False
    if not _KNOWN <= frequency < (_FREQUENT if is_name else _RARE):
        return False
    if asked.asked_in and (zipf(plain, asked.asked_in) or is_stop_word(plain, asked.asked_in)):
        return False
    if not asked.asked_in and is_foreign(plain, asked.language):
        return False
    return is_name or not (plain.endswith(_NO_NAMES) or plain.startswith(_UNDONE))


def _is_written(word: str, spelling: str) -> bool:
    """Whether the book has a word in another spelling, as a part of another word, or in parts: "touch screen"."""
    written = _written(spelling)
    stem = word.removesuffix("s")
    edits = 2 if len(word) >= _TWO_EDITS_FROM else 1
    return (
        any(stem in other or OSA.distance(word, other, score_cutoff=edits) <= edits for other in written)
        or any(word[:at] in written and word[at:] in written for at in range(3, len(word) - 2))
    )  # fmt: skip


@lru_cache(maxsize=4)
def _written(spelling: str) -> frozenset[str]:
    return frozenset(decode_written_words(spelling))
