"""Which language a message is in, as far as its script and its small words tell; and what a model can read of it."""

import re
from collections.abc import Mapping

from engines.understanding.words import plain_words

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ur", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
# Small words that one of these languages has and English has not; "ur-Latn" is Urdu and Hindi in Latin letters.
_SMALL_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(plain_words(words))
    for language, words in (
        (
            "de",
            "der das und ist sind nicht wie welche welcher wird kann ich fur mit von zu ein eine einen auf wenn warum",
        ),
        ("fr", "le les des une est sont pas comment pourquoi quel quelle je avec pour dans du et sur que faut peut"),
        ("es", "el los las una es son como por que cual cuando donde puedo con para del y se funciona hago mi"),
        (
            "ur-Latn",
            "hai hain kya kaise kese kyun kyon mein ka ki ke ko se aur nahi karna karta karte hota hoti mujhe kar",
        ),
    )
}
_ENGLISH = frozenset(
    plain_words("the is are what why how does do which of and with a an to in i for can on my it when where should")
)
_LEAST = 2  # small words of a language that make it that one
_MULTILINGUAL = re.compile(
    r"multilingual|\bm3\b|bge-m3|labse|xlm|gte-multi|e5-.*instruct|paraphrase-multi", re.IGNORECASE
)


def language_told(text: str) -> str | None:
    """The language of a text, "ur-Latn" for Roman Urdu; None where it may be English or cannot be told."""
    letters = sum(character.isalpha() for character in text)
    for language, script in _SCRIPTS:
        if letters and len(script.findall(text)) * 3 > letters:
            return language
    words = plain_words(text)
    counts = {language: sum(word in small for word in words) for language, small in _SMALL_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    english = sum(word in _ENGLISH for word in words)
    return best if counts[best] >= _LEAST and counts[best] > english else None


def is_of_language(text: str, locale: str | None) -> bool:
    """Whether a text may be in the language of a locale; what cannot be told may be English."""
    return (language_told(text) or "en") == (locale or "en").partition("-")[0].lower()


def reads_locale(model: str, locale: str) -> bool:
    """Whether an embedding model reads an edition's language."""
    return bool(_MULTILINGUAL.search(model)) or locale.partition("-")[0].lower() == "en"


def reads(model: str, text: str) -> bool:
    """Whether an embedding model can make something of a text: one that is not multilingual reads English."""
    return bool(_MULTILINGUAL.search(model)) or language_told(text) is None
