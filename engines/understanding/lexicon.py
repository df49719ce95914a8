"""The words and phrases by which messages are understood, of all languages: read from `languages/*.toml`.

Each language has a file, and each file the same tables, by how their entries are used:

- `[phrases.*]`: whole phrases, word by word, without accents and apostrophes ("schonen tag").
- `[words]`: single words, for what may stand beside something else; separated by spaces.
- `[patterns.*]`: regular expressions of words that mean the same. `{page}` in one stands for all entries,
  of all languages, of the table `page` beside it or of `patterns.places.page`.

A value is a text between three apostrophes, so that nothing needs an escape: one entry a line. Indented lines go on
with the entry above them, without their indentation. Lines that begin with "# " are remarks. Readers mix languages
("is page ka summary do"): the entries of all files are tried together, in the order of `LANGUAGES`.

To mend a phrase, edit its line. To add a language, write its file with the tables that `REQUIRED` names and any others
of the English one, and add it to `LANGUAGES`. `tests/engines/understanding/test_lexicon.py` checks the files.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from engines.understanding.words import plain_words

_FOLDER = Path(__file__).with_name("languages")
# In this order their entries are tried. Urdu and Hindi in Latin letters are `ur-Latn`.
LANGUAGES = ("en", "de", "fr", "es", "ur-Latn", "ur", "hi", "zh")
# Those that the interface has: each of them needs all of these tables.
OF_THE_INTERFACE = ("en", "de", "fr", "es", "ur-Latn", "ur")
REQUIRED = ("phrases.small_talk", "words.beside_small_talk")

_REFERENCE = re.compile(r"\{([a-z_]+)\}")
_INDENTED = re.compile(r"\n[ \t]+(?=\S)")


def words(*names: str) -> frozenset[str]:
    """The words of tables of `[words]`, of all languages, in small letters and without accents."""
    lines = (line for name in names for found in entries(f"words.{name}").values() for line in found)
    return frozenset(word for line in lines for word in plain_words(line))


def phrases(name: str) -> tuple[str, ...]:
    """The entries of a table of `[phrases]`, of all languages."""
    return tuple(entry for found in entries(f"phrases.{name}").values() for entry in found)


def expression(group: str, frame: str) -> str:
    r"""A regular expression with the tables that it names: `\b{greeting}\W+{name}` of a group of `[patterns]`.

    Each name stands for the entries of its table, of all languages, as one group of alternatives.
    """
    return _REFERENCE.sub(lambda found: f"(?:{_any_of(_table_named(found[1], group), LANGUAGES)})", frame)


def pattern(group: str, frame: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """The compiled `expression`."""
    return re.compile(expression(group, frame), flags)


def word_pattern(name: str) -> re.Pattern[str]:
    """The entries of a table of `[patterns]` as whole words; those of scripts without edges of words anywhere."""
    whole = [language for language in LANGUAGES if _file(language)["whole_words"]]
    anywhere = [language for language in LANGUAGES if language not in whole]
    bounded, free = _any_of(name, whole), _any_of(name, anywhere)
    return re.compile("|".join(filter(None, (bounded and rf"\b(?:{bounded})\b", free))), re.IGNORECASE)


def _any_of(name: str, languages: Sequence[str]) -> str:
    found = entries(f"patterns.{name}")
    group = name.rpartition(".")[0]
    return "|".join(expression(group, entry) for language in languages for entry in found.get(language, ()))


def _table_named(name: str, group: str) -> str:
    beside = f"{group}.{name}"
    return beside if any(_text(language, f"patterns.{beside}") for language in LANGUAGES) else f"places.{name}"


@cache
def entries(path: str) -> Mapping[str, tuple[str, ...]]:
    """The entries of a table by language."""
    return {
        language: tuple(
            line.rstrip() for line in _INDENTED.sub("", text).splitlines() if line.strip() and not line.startswith("# ")
        )
        for language, text in _texts(path).items()
    }


def _texts(path: str) -> Mapping[str, str]:
    """The text of a table by language; a name that no language has is a mistake of the caller."""
    texts = {language: text for language in LANGUAGES if (text := _text(language, path))}
    if not texts:
        raise KeyError(path)
    return texts


def _text(language: str, path: str) -> str:
    table: Any = _file(language)
    for key in path.split("."):
        table = table.get(key, {})
    return table or ""


@cache
def _file(language: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
