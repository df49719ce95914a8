"""Reads `languages/*.toml`, the words and phrases by which messages are understood.

`engines.understanding.lexicon` says how the files are written, and makes patterns of their entries.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("languages")
# In this order their entries are tried. Urdu and Hindi in Latin letters are `ur-Latn`.
LANGUAGES = ("en", "de", "fr", "es", "ur-Latn", "ur", "hi", "zh", "pt", "it", "tr", "ru", "ar", "ja", "ko", "nl")
# Those that the interface has: each of them needs all of these tables.
OF_THE_INTERFACE = ("en", "de", "fr", "es", "ur-Latn", "ur")
REQUIRED = (
    "phrases.small_talk.greeting",
    "phrases.small_talk.thanks",
    "phrases.small_talk.ability",
    "words.beside_small_talk",
    "words.beside_tasks",
    "patterns.places.page",
    "patterns.places.chapter",
    "patterns.places.book",
    "patterns.places.this_word",
    "patterns.page_tasks.quiz",
    "patterns.page_tasks.simpler",
    "patterns.page_tasks.key_points",
    "patterns.page_tasks.before",
    "patterns.page_tasks.next",
    "patterns.page_tasks.example",
    "patterns.page_tasks.summary",
    "patterns.answers.refers_back",
)
_INDENTED = re.compile(r"\n[ \t]+(?=\S)")


@cache
def entries(path: str) -> Mapping[str, tuple[str, ...]]:
    """The entries of a table by language; a name that no language has is a mistake of the caller."""
    texts = {language: text for language in LANGUAGES if (text := _text(language, path))}
    if not texts:
        raise KeyError(path)
    return {
        language: tuple(
            line.rstrip() for line in _INDENTED.sub("", text).splitlines() if line.strip() and not line.startswith("# ")
        )
        for language, text in texts.items()
    }


def has_table(path: str) -> bool:
    """Whether any language has a table of this name."""
    return any(_text(language, path) for language in LANGUAGES)


def words_of(name: str, language: str | None = None) -> frozenset[str]:
    """The words of a table of `[words]` as they are written; of all languages, or of one."""
    found = entries(f"words.{name}")
    lines = found[language] if language else chain.from_iterable(found.values())
    return frozenset(word for line in lines for word in line.split())


def meanings(name: str, language: str) -> Mapping[str, str]:
    """The words of a table of `[translations]` of one language, with what they mean."""
    lines = (line.split(": ", 1) for line in entries(f"translations.{name}")[language])
    return {word: meaning for meaning, words in lines for word in words.split()}


def named(name: str) -> Mapping[str, tuple[str, ...]]:
    """The English phrases of a table of `[translations]` by what they stand for."""
    lines = (line.split(": ", 1) for line in entries(f"translations.{name}")["en"])
    return {short: tuple(phrases.split(", ")) for short, phrases in lines}


def has_edges(language: str) -> bool:
    """Whether the words of a language have edges that a pattern can look for."""
    return bool(_file(language)["whole_words"])


def _text(language: str, path: str) -> str:
    table: Any = _file(language)
    for key in path.split("."):
        table = table.get(key, {})
    return table or ""


@cache
def _file(language: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
