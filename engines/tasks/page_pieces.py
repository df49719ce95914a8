"""Which sections of a page a message asks for: its exercises, its code, what it requires.

Called by `engines.tasks.answering`. Sections are recognised by their headings; code, tables and the like by the text.
"""

import re
from dataclasses import replace

from engines.events import Source
from engines.understanding import lexicon
from engines.understanding.book_terms import is_quiz_heading
from engines.understanding.definitions import DIAGRAM_LANGUAGES, is_example, is_quiz, text_blocks
from engines.understanding.task_patterns import PIECES

_IN_THE_TEXT = {
    piece: re.compile(pattern, re.MULTILINE)
    for piece, pattern in {
        "code": rf"^\s*(?:`{{3,}}|~{{3,}})(?!\s*{DIAGRAM_LANGUAGES})\s*\w",
        "commands": r"^\s*(?:`{3,}|~{3,})\s*(?:bash|sh|shell|console|zsh|powershell|cmd|bat)\b",
        "diagram": rf"^\s*(?:`{{3,}}|~{{3,}})\s*{DIAGRAM_LANGUAGES}|!\[",
        "table": r"^\s*\|?(?:\s*:?-{3,}:?\s*\|)+",
        "formulas": r"\$\$",
    }.items()
}
# What begins an exercise of a list: "**Exercise 2: Balance**", "2. Tune the controller".
_ITEM = re.compile(r"^[\s*#_-]*(?:[^\W\d_]+\s+)?(?P<number>\d{1,2})\s*[.:)]", re.MULTILINE)
_REQUIRED = lexicon.word_pattern("headings.required")
_BESIDE_THE_POINTS = lexicon.pattern("headings", r"^[\W\d]*{beside_the_points}\s*(?:\d+|[A-Z])?\s*(?:[:(–—-].*)?\W*$")


def has_piece(source: Source, piece: str) -> bool:
    """Whether a section is, or has in its text, a piece of this name of `PIECES`."""
    in_text = _IN_THE_TEXT.get(piece)
    if in_text is not None and in_text.search(source.text):
        return True
    return any(PIECES[piece].search(heading) for heading in source.heading_path)


def is_own_quiz(source: Source) -> bool:
    """Whether a section is what the book itself asks its readers: a quiz, or questions under such a heading."""
    heading = source.heading_path[-1] if source.heading_path else ""
    return is_quiz_heading(heading) or any(map(is_quiz, text_blocks(source.text)))


def numbered_piece(source: Source, piece: str, question: str) -> Source | None:
    """A section reduced to the piece that a question names by its number, "exercise 2"; None if it has none."""
    asked = re.search(
        rf"(?:{PIECES[piece].pattern})\s*(?:no\.?|nr\.?|#)?\s*(?P<number>\d{{1,2}})\b", question, re.IGNORECASE
    )
    if asked is None:
        return None
    if source.heading_path and re.search(rf"\b{asked['number']}\b", source.heading_path[-1]):
        return source
    items = list(_ITEM.finditer(source.text))
    for at, item in enumerate(items):
        if item["number"] == asked["number"]:
            end = items[at + 1].start() if at + 1 < len(items) else len(source.text)
            return replace(source, text=source.text[item.start() : end].strip())
    return None


def makes_a_point(source: Source) -> bool:
    """Whether a section has a point of its page: none that leads on, lists what to read, or asks the reader."""
    return not any(map(_BESIDE_THE_POINTS.search, source.heading_path or (source.title,)))


def shows_example(source: Source) -> bool:
    """Whether a section has code, or is called an example."""
    return is_example(source.heading_path, source.text)


def requires_something(source: Source) -> bool:
    """Whether a section says what a reader should know or have before the page."""
    return any(map(_REQUIRED.search, source.heading_path or (source.title,)))
