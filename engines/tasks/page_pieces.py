"""Which sections of a page are what a message asks for of it: its exercises, its code, what it requires.

Called by `engines.tasks.answering`. A section is told by its headings, and code, tables and the like by its text.
"""

import re

from engines.events import Source
from engines.understanding.definitions import DIAGRAM_LANGUAGES, is_example
from engines.understanding.phrases import PIECES

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
_REQUIRED = re.compile(
    r"\b(?:prerequisites?|pre-requisites|prior knowledge|requirements|before you (?:learn|begin|start|read)|"
    r"what you (?:need|should know)|voraussetzungen|vorwissen|prérequis|avant de commencer|requisitos|prerrequisitos|"
    r"antes de empezar|who (?:this|the) \w+ is for|who is this \w+ for|who should read|audience|zielgruppe|für wen|"
    r"pour qui|para quién)\b|پیش شرائط|پیشگی|درکار|کس کے لیے|کن کے لیے",
    re.IGNORECASE,
)


def has_piece(source: Source, piece: str) -> bool:
    """Whether a section is, or has in its text, a piece of this name of `PIECES`."""
    in_text = _IN_THE_TEXT.get(piece)
    if in_text is not None and in_text.search(source.text):
        return True
    return any(PIECES[piece].search(heading) for heading in source.heading_path)


def shows_example(source: Source) -> bool:
    """Whether a section has code, or is called an example."""
    return is_example(source.heading_path, source.text)


def requires_something(source: Source) -> bool:
    """Whether a section says what a reader should know or have before the page."""
    return bool(_REQUIRED.search(source.heading_path[-1] if source.heading_path else source.title))
