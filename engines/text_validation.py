"""Whether a text says anything to a reader; questions and selections that do not are refused."""

import unicodedata

# Letters by their class, and empty to the eye: Hangul fillers, the Braille blank, the combining grapheme joiner.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def says_something(text: str) -> bool:
    """Whether the text has a visible character: no space, control or formatting character, or lone surrogate."""
    return any(unicodedata.category(letter)[0] not in "CZ" and letter not in _BLANK_LETTERS for letter in text)
