"""The files of the languages: each entry can be used, stands once in its table, and is asked for by the code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import engines
from engines.understanding import language_files, lexicon
from engines.understanding.words import plain_words

FOLDER = Path(language_files.__file__).with_name("languages")
ROOT = Path(engines.__path__[0]).parent
SOURCES = "\n".join(path.read_text("utf-8") for path in Path(engines.__path__[0]).rglob("*.py"))

# Three words or more as the alternatives of a pattern.
ALTERNATIVES = re.compile(r"(?:(?<![\w\\{-])[^\W\d_]{2,}(?: [^\W\d_]+)*\??\|){2}[^\W\d_]{2,}(?![\w-])")
# Those that are no words of a language that readers or books are written in, by how they begin.
OF_NO_LANGUAGE = {
    "app/cli/problems.py": ["mdx?|jsx?"],
    "app/settings.py": ["second|minute"],
    "engines/citations/html_tags.py": ["https?|ftp", "script|style"],
    "engines/citations/marks.py": ["px|dpi"],
    "engines/citations/processor.py": ["javascript|vbscript"],
    "engines/prompts.py": ["passages?|note"],  # tags of the prompt
    "engines/synthesis/cited.py": ["wholly|partly", "ly|ially"],  # the form that the prompt asks for
    "engines/tasks/page_pieces.py": ["bash|sh"],
    "engines/understanding/book_terms.py": ["one|two"],  # as in headings.ts
    "engines/understanding/definitions.py": ["mermaid|plantuml", "text|txt", "TB|TD"],
    "engines/understanding/framed_text.py": ["info|debug"],  # levels of a log
    "engines/understanding/lexicon.py": ["word|whole"],
    "engines/understanding/message_parts.py": ["at|in", "import|from"],  # stack traces and code
    "engines/understanding/small_talk.py": ["THUMBS UP|OK HAND"],  # Unicode's names
    "engines/understanding/spelling.py": ["kn|gn", "ers?|ing", "ed|ing"],  # rules, and not words
    "engines/understanding/words.py": ["em|strong"],
    "indexing/docusaurus/frontmatter.py": ["https?|wss?"],
    "indexing/docusaurus/run_config.py": ["KEY|TOKEN"],
    "indexing/docusaurus/yaml.py": ["inf|Inf"],
    "indexing/markdown/pieces.py": ["ref|key"],
    "storage/settings.py": ["auth|rest"],
}


def tables(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each table of a language, and its entries."""

    def inside(path: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, each in value.items():
                yield from inside(f"{path}.{key}" if path else key, each)
        elif path not in ("name", "whole_words"):
            yield path

    for name in inside("", tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))):
        yield name, language_files.entries(name)[language]


def test_each_file_is_read() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(language_files.LANGUAGES)


@pytest.mark.parametrize("language", language_files.OF_THE_INTERFACE)
def test_a_language_of_the_interface_has_what_it_must_have(language: str) -> None:
    names = {name for name, _ in tables(language)}
    assert set(language_files.REQUIRED) - names == set()


@pytest.mark.parametrize("language", language_files.LANGUAGES)
def test_each_entry_can_be_used(language: str) -> None:
    for name, entries in tables(language):
        kind, _, rest = name.partition(".")
        for entry in entries:
            if kind == "patterns":
                re.compile(lexicon.expression(rest.rpartition(".")[0], entry), re.IGNORECASE)
            else:
                assert plain_words(entry), (name, entry)


@pytest.mark.parametrize("language", language_files.LANGUAGES)
def test_no_entry_stands_twice_in_its_table(language: str) -> None:
    for name, entries in tables(language):
        kind = name.partition(".")[0]
        each = [word for entry in entries for word in entry.split()] if kind == "words" else list(entries)
        if kind == "phrases":
            each = [" ".join(plain_words(entry)) for entry in each]
        assert sorted(set(each)) == sorted(each), name


@pytest.mark.parametrize("language", language_files.LANGUAGES)
def test_each_table_is_asked_for(language: str) -> None:
    """A name with a typing error would be read by nobody."""
    texts = SOURCES + "\n".join(path.read_text("utf-8") for path in FOLDER.iterdir())
    used = set(re.findall(r"""[{":.]([a-z_]+)[}"]""", texts))
    assert [name for name, _ in tables(language) if name.rpartition(".")[2] not in used] == []


@pytest.mark.parametrize("language", language_files.LANGUAGES)
def test_no_table_has_the_name_of_a_frame(language: str) -> None:
    assert {name.rpartition(".")[2] for name, _ in tables(language)} & lexicon.FRAMES.keys() == set()


def test_words_of_languages_stand_in_their_files_and_not_in_patterns_of_the_code() -> None:
    found: dict[str, set[str]] = {}
    for package in ("app", "engines", "indexing", "storage"):
        for path in (ROOT / package).rglob("*.py"):
            for text in _texts(ast.parse(path.read_text("utf-8"))):
                if each := ALTERNATIVES.search(text):
                    found.setdefault(path.relative_to(ROOT).as_posix(), set()).add(each[0])
    new = {
        (path, each)
        for path, texts in found.items()
        for each in texts
        if not each.startswith(tuple(OF_NO_LANGUAGE.get(path, ())))
    }
    assert new == set()
    assert [
        (path, begin)
        for path, begins in OF_NO_LANGUAGE.items()
        for begin in begins
        if not any(each.startswith(begin) for each in found.get(path, ()))
    ] == []


def _texts(tree: ast.Module) -> Iterator[str]:
    """The literals of a module that are no docstrings."""
    said = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.fixture
def two_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English, and another language that has few tables; Latin letters and Chinese ones."""
    (tmp_path / "en.toml").write_text(
        "whole_words = true\n[words]\nfillers = '''\nThe a\nof\n'''\n"
        "[patterns.places]\npage = '''\npage\nlong\n    (?:er)? text\n# a remark\n\n#three\n'''\n"
        "[patterns.tasks]\nread = '''\nread {page}s?\n'''\n",
        "utf-8",
    )
    (tmp_path / "zh.toml").write_text("whole_words = false\n[patterns.tasks]\nread = '''\n读\n'''\n", "utf-8")
    monkeypatch.setattr(language_files, "_FOLDER", tmp_path)
    monkeypatch.setattr(language_files, "LANGUAGES", ("en", "zh"))
    caches = (language_files.entries, language_files._file)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("two_languages")
def test_entries_go_on_in_indented_lines_and_remarks_are_left_out() -> None:
    assert language_files.entries("patterns.places.page") == {"en": ("page", "long(?:er)? text", "#three")}
    assert lexicon.words("fillers") == {"the", "a", "of"}


@pytest.mark.usefixtures("two_languages")
def test_a_frame_has_the_entries_of_all_languages_and_their_edges() -> None:
    read = lexicon.word_pattern("tasks.read")
    assert [bool(read.search(text)) for text in ("Read pages", "reread page", "请读这页")] == [True, False, True]
    assert lexicon.expression("tasks", "^{whole:read}", "{anywhere:read}$") == (
        "^(?:read (?:page|long(?:er)? text|#three)s?)|(?:读)$"
    )
    assert lexicon.expression("tasks", "{a_part}!", a_part="<{page}>").startswith("<(?:page|")


def test_a_name_that_no_language_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        lexicon.phrases("small_talk.no_such_kind")
