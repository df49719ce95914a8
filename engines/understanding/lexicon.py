"""The words and phrases by which messages are understood, of all languages, from `languages/*.toml`.

`engines.understanding.language_files` reads the files. Each language has one, and each file the same tables, by how
their entries are used:

- `[phrases.*]`: whole phrases, word by word, without apostrophes ("whats up").
- `[words]`: single words, for what may stand beside something else; separated by spaces.
- `[patterns.*]`: regular expressions of words that mean the same. `{page}` in one stands for all entries, of all
  languages, of the table `page` beside it or of `patterns.places.page`.
- `[numbers]`, which `engines.understanding.task_words` reads.
- `[translations]`: a meaning, a colon and the words that have it; phrases stand between commas.

A value is a text between three apostrophes, so that nothing needs an escape: one entry a line. Indented lines go on
with the entry above them, without their indentation. Lines that begin with "# " are remarks. Readers mix languages
("is page ka summary do"): the entries of all files are tried together, in the order of `LANGUAGES`.

To fix a phrase, edit its line. To add a language, write its file with the tables that `REQUIRED` names, and others of
the English file, whose remarks say what each is for, and add it to `LANGUAGES`. A language may have a few tables only.
`tests/engines/understanding/test_lexicon.py` checks the files.
"""

import re

import regex

from engines.understanding.language_files import entries, has_edges, has_table
from engines.understanding.words import plain_words

# What stands around words in several patterns, whatever the language is.
FRAMES = {
    # What may stand between the parts of a phrase, without a subject of its own. Each word is taken once and for all: a
    # pattern that may take a word in two ways takes twice as long with each further one.
    "gap": r"(?:\W+{gap_word})*\W+",
    "gap_word": r"(?>{small_word}\b)",
    "this": r"{this_word}\s+(?:wal[aei]\s+)?{whole}?\s*",
    "the": r"{the_word}\s+(?:whole |entire )?",
}
_REFERENCE = re.compile(r"\{(?:(?P<part>word|whole|anywhere):)?(?P<name>[a-z_]+)\}")
_NEVER = "(?!)"


def words(*names: str) -> frozenset[str]:
    """The words of tables of `[words]`, of all languages, in small letters and without accents."""
    lines = (line for name in names for found in entries(f"words.{name}").values() for line in found)
    return frozenset(word for line in lines for word in plain_words(line))


def phrases(name: str) -> tuple[str, ...]:
    """The entries of a table of `[phrases]`, of all languages."""
    return tuple(entry for found in entries(f"phrases.{name}").values() for entry in found)


def expression(group: str, *frames: str, **parts: str) -> str:
    r"""A regular expression with the tables that its frames name, which are its alternatives.

    `{first}` stands for the entries of the table `first` of a group of `[patterns]`, or of `[patterns.places]`, of all
    languages. `{whole:first}` has only those of languages whose words have edges, `{anywhere:first}` the others, and
    `{word:first}` is `\b{whole:first}\b|{anywhere:first}`. `parts` are frames that the others name.
    """

    def filled(found: re.Match[str]) -> str:
        name, part = found["name"], found["part"]
        frame = parts.get(name) or FRAMES.get(name)
        return expression(group, frame, **parts) if frame else _entries_of(group, name, part)

    return "|".join(_REFERENCE.sub(filled, frame) for frame in frames)


def pattern(group: str, *frames: str, flags: re.RegexFlag = re.IGNORECASE, **parts: str) -> re.Pattern[str]:
    """The compiled `expression`."""
    return re.compile(expression(group, *frames, **parts), flags)


def rich_pattern(group: str, *frames: str, **parts: str) -> regex.Pattern[str]:
    r"""The same with what the module `regex` adds: letters of every script (`\p{L}`), looking back at a pattern."""
    return regex.compile(expression(group, *frames, **parts), regex.IGNORECASE)


def word_pattern(name: str) -> re.Pattern[str]:
    """The entries of a table of `[patterns]` as whole words, or anywhere where words have no edges."""
    group, _, table = name.rpartition(".")
    return pattern(group, f"{{word:{table}}}")


def _entries_of(group: str, name: str, part: str | None) -> str:
    """The entries of a table as one group; with a part those of some languages."""
    if part == "word":
        return rf"(?:\b{_entries_of(group, name, 'whole')}\b|{_entries_of(group, name, 'anywhere')})"
    beside = f"patterns.{group}.{name}"
    table = beside if has_table(beside) else f"patterns.places.{name}"
    found = [
        expression(group, entry)
        for language, each in entries(table).items()
        if part is None or has_edges(language) is (part == "whole")
        for entry in each
    ]
    return f"(?:{'|'.join(found)})" if found else _NEVER
