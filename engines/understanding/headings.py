"""Headings that name no subject of the book: parts that most pages have, and sections that announce or repeat others.

The patterns stand in `headings.json`, which the widget reads as well (`frontend/src/panel/answer/headings.ts`). They
are regular expressions that mean the same in Python and JavaScript, in English, Urdu, German, French and Spanish.
"""

import json
import re
from functools import cache
from importlib.resources import files


def is_recap(heading: str) -> bool:
    """Whether a section repeats or announces what others tell, or leads away: "Summary", "Next Steps"."""
    return bool(_recap().match(heading))


def names_no_subject(heading: str) -> bool:
    """Whether a heading names nothing that a reader could ask about: a recap, or "Key Concepts", "Test 1"."""
    return bool(_recap().match(heading) or _generic().match(heading))


@cache
def _recap() -> re.Pattern[str]:
    return re.compile(rf"^\W*{_any_of('recap')}\W*$", re.IGNORECASE)


@cache
def _generic() -> re.Pattern[str]:
    return re.compile(
        rf"^\W*(?:\d+(?:\.\d+)*[.)]?\s+)?(?:(?:{_any_of('adjectives')}\s+)*{_any_of('generic')}|"
        rf"{_any_of('numbered')}s?\s*#?(?:\d+|[a-z]|one|two|three)"
        r"(?:\s*[:.–—-]\s*(?:test|quiz|summary|overview|introduction))?)\W*$",
        re.IGNORECASE,
    )


def _any_of(kind: str) -> str:
    return f"(?:{'|'.join(_patterns()[kind])})"


@cache
def _patterns() -> dict[str, list[str]]:
    text = files("engines.understanding").joinpath("headings.json").read_text(encoding="utf-8")
    patterns: dict[str, list[str]] = json.loads(text)
    return patterns
