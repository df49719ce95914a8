"""Words without their endings, by Snowball's stemmers: which one reads a word, its text's locale and its script say.

Called by `storage.vectors.bm25`. A word in a script other than the locale's own is most often a technical term of
another language: Latin ones are taken as English, Cyrillic ones as Russian, and so on; and so are the words of a locale
whose language has no stemmer. Tokens of one language in several scripts may meet: Snowball's Serbian writes Latin.
"""

from collections.abc import Mapping
from typing import TypeAlias

import regex
import Stemmer

Stemmers: TypeAlias = tuple[tuple[regex.Pattern[str], str], ...]
"""(a script, the stemmer of its words), Latin first; words of other scripts stay whole."""

_SCRIPTS = {
    "Latin": "english",
    "Cyrillic": "russian",
    "Greek": "greek",
    "Devanagari": "hindi",
    "Tamil": "tamil",
    "Armenian": "armenian",
    "Arabic": "arabic",
}
_PATTERNS = {script: regex.compile(rf"\p{{{script}}}") for script in _SCRIPTS}
_LATIN = {
    "bs": "serbian",  # Snowball's Serbian takes Latin and Cyrillic letters, and was made from a Croatian one
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hr": "serbian",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "sh": "serbian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "tr": "turkish",
}
_OTHER: Mapping[str, Mapping[str, str | None]] = {
    "ar": {"Arabic": "arabic"},
    "bs": {"Cyrillic": "serbian"},
    "ckb": {"Arabic": None},
    "fa": {"Arabic": "persian"},
    "ne": {"Devanagari": "nepali"},
    "ps": {"Arabic": None},
    "sd": {"Arabic": None},
    "sh": {"Cyrillic": "serbian"},
    "sr": {"Cyrillic": "serbian"},
    "ug": {"Arabic": None},
    "ur": {"Arabic": None},
}
_CATALAN_ELISION = regex.compile(r"^[dlmnst]'(?=\p{L})")  # Snowball's French and Italian take theirs off themselves


def stemmers_of(locale: str | None, *, arabic: bool = True) -> Stemmers:
    """The stemmers for texts of a locale (`de`, `pt-BR`, `zh_Hans`; None or anything else: unknown).

    With `arabic` false, Arabic script is not taken as Arabic where the locale does not say what it is.
    """
    language = regex.split("[-_]", locale or "")[0].lower()
    own = _OTHER.get(language, {})
    chosen: dict[str, str | None] = {**_SCRIPTS, "Latin": _LATIN.get(language, "english"), **own}
    if not arabic and "Arabic" not in own:
        chosen["Arabic"] = None
    return tuple((_PATTERNS[script], stemmer) for script, stemmer in chosen.items() if stemmer)


def stem(word: str, stemmers: Stemmers) -> str:
    """A word in lower case without its ending."""
    if stemmers[0][1] == "turkish" and not word.isascii():
        # Without another letter of its own, a word with an I is as likely `API` as it is Turkish.
        word = word.replace("İ", "i").replace("I", "ı")
    folded = word.casefold().replace("’", "'")
    for script, stemmer in stemmers:
        if script.match(folded):
            return stem_folded(folded, stemmer)
    return folded


def stem_folded(word: str, stemmer: str) -> str:
    """What a stemmer makes of a word in lower case."""
    if stemmer == "catalan":
        word = _CATALAN_ELISION.sub("", word)
    # A stemmer keeps state and is not to be shared between threads; making one takes microseconds.
    stemmed = str(Stemmer.Stemmer(stemmer, 0).stemWord(word))
    # After the stemmer, which needs them apart for its vowel harmony; else `KIRMIZI` would not be `kırmızı`.
    return stemmed.replace("ı", "i") if stemmer == "turkish" else stemmed
