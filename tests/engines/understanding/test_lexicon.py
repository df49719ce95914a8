"""The files of the languages: each entry can be used, stands once in its table, and is asked for by the code."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import engines
from engines.understanding import lexicon
from engines.understanding.words import plain_words

FOLDER = Path(lexicon.__file__).with_name("languages")
SOURCES = "\n".join(path.read_text("utf-8") for path in Path(engines.__path__[0]).rglob("*.py"))


def tables(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each table of a language, and its entries."""

    def inside(path: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, each in value.items():
                yield from inside(f"{path}.{key}" if path else key, each)
        elif path not in ("name", "whole_words"):
            yield path

    for name in inside("", tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))):
        yield name, lexicon.entries(name)[language]


def test_each_file_is_read() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(lexicon.LANGUAGES)


@pytest.mark.parametrize("language", lexicon.OF_THE_INTERFACE)
def test_a_language_of_the_interface_has_what_it_must_have(language: str) -> None:
    names = {name for name, _ in tables(language)}
    assert set(lexicon.REQUIRED) - names == set()


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_each_entry_can_be_used(language: str) -> None:
    for name, entries in tables(language):
        kind, _, rest = name.partition(".")
        for entry in entries:
            if kind == "patterns":
                re.compile(lexicon.expression(rest.rpartition(".")[0], entry), re.IGNORECASE)
            else:
                assert plain_words(entry), (name, entry)


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_no_entry_stands_twice_in_its_table(language: str) -> None:
    for name, entries in tables(language):
        kind = name.partition(".")[0]
        each = [word for entry in entries for word in entry.split()] if kind == "words" else list(entries)
        if kind == "phrases":
            each = [" ".join(plain_words(entry)) for entry in each]
        assert sorted(set(each)) == sorted(each), name


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_each_table_is_asked_for(language: str) -> None:
    """A name with a typing error would be read by nobody."""
    texts = SOURCES + "\n".join(path.read_text("utf-8") for path in FOLDER.iterdir())
    used = set(re.findall(r"""[{":.]([a-z_]+)[}"]""", texts))
    assert [name for name, _ in tables(language) if name.rpartition(".")[2] not in used] == []


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_no_table_has_the_name_of_a_frame(language: str) -> None:
    assert {name.rpartition(".")[2] for name, _ in tables(language)} & lexicon.FRAMES.keys() == set()


def test_entries_go_on_in_indented_lines_and_remarks_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "one\n    (?:[ ]and two)\n# a remark\n\n#three"
    monkeypatch.setattr(lexicon, "_text", lambda language, _: text if language == "en" else "")
    lexicon.entries.cache_clear()
    assert lexicon.entries("patterns.x") == {"en": ("one(?:[ ]and two)", "#three")}
    lexicon.entries.cache_clear()


def test_a_name_that_no_language_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        lexicon.phrases("small_talk.no_such_kind")
