"""No pattern takes time that doubles with each word of a message.

Each one is tried on its own words, repeated: where a word can be taken in two ways, forty of them can be in 2^40.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from engines import tasks, understanding

TIMES = 40
BEFORE = ("", "what ", "in ")
SIGNS = (" ", "-", ",", "(", '"', "*", "_", "`", "\\", "1.", "1 ", "\n")
WORD = re.compile(r"[a-zà-ÿ]{1,12}|[\u0600-\u06ff]+|[\u4e00-\u9fff]|[\u0900-\u097f]+")


def modules() -> Iterator[str]:
    for package in (understanding, tasks):
        yield from (f"{package.__name__}.{each.name}" for each in pkgutil.iter_modules(package.__path__))


def patterns(value: object) -> Iterator[tuple[str, object]]:
    """The text of each compiled pattern in a value, of `re` or `regex`, and the pattern."""
    text = getattr(value, "pattern", None)
    if isinstance(text, str):
        yield text, value
    elif isinstance(value, dict):
        for each in value.values():
            yield from patterns(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from patterns(each)


@pytest.mark.timeout(60)  # they take a second together
@pytest.mark.parametrize("module", list(modules()))
def test_a_pattern_reads_its_own_words_repeated(module: str) -> None:
    for text, pattern in {
        text: each for value in vars(importlib.import_module(module)).values() for text, each in patterns(value)
    }.items():
        for word in [*sorted(set(WORD.findall(text))), *SIGNS]:
            repeated = (f"{word} " if word.isalpha() else word) * TIMES
            for before in BEFORE:
                pattern.search(f"{before}{repeated}§")  # type: ignore[attr-defined]  # of two libraries
