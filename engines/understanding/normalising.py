"""A message as plain lower-case words, for comparison with phrases; called by the modules beside it."""

import re
import unicodedata
from collections.abc import Collection
from difflib import get_close_matches

_APOSTROPHES = re.compile(r"['’ʼ`´]")
_WORDS = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_LAST_RUN = re.compile(r"([^\W\d_])\1+$")
_CLOSE = 0.8  # of difflib's ratio: one letter wrong in five, two swapped in six
_SHORT = 4  # letters; shorter words are not corrected


def plain_words(text: str) -> list[str]:
    """The words in lower case, without accents, vowel marks, apostrophes, signs and emoji."""
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    return _WORDS.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter)))


def corrected(word: str, vocabulary: Collection[str]) -> str:
    """The word of the vocabulary that was meant ("hellooo", "tahnks"), else the word as it is."""
    if word in vocabulary:
        return word
    for letters in (r"\1\1", r"\1"):
        shortened = _LONG_RUN.sub(letters, word)
        if shortened in vocabulary:
            return shortened
    single = _LAST_RUN.sub(r"\1", word)
    if single in vocabulary:
        return single
    shortened = _LONG_RUN.sub(r"\1", word)
    if len(shortened) < _SHORT or not shortened.isalpha():
        return word
    near = [known for known in vocabulary if len(known) >= _SHORT and abs(len(known) - len(shortened)) <= 1]
    return next(iter(get_close_matches(shortened, near, n=1, cutoff=_CLOSE)), word)
