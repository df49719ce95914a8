"""Which passages an answer without a model quotes, and from where on: the choice of `engines.synthesis.extractive`.

Retrieval's order is kept, but for passages that say little by themselves (diagrams, recaps, lists of what a chapter
teaches), which come behind those that tell. Where a question goes on from what was said, passages that the conversation
has quoted come last: they are named again, and not repeated. Pure functions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engines.events import Source
from engines.retrieval.passages import is_lead_in
from engines.understanding.definitions import DEFINES, definition_in, text_blocks
from engines.understanding.phrases import RECAP_HEADING

_MOST_NAMED = 3
_SEEN_WITH_IT = 500  # characters before a definition that do not hide it
_BEGINNING = 24  # characters of a block by which it is known again: links within it are quoted without their address
_AGAIN = re.compile(
    r"\b(?:again|repeat|once more|nochmals?|wiederhol\w*|encore une fois|répète|otra vez|repite|dobara)\b|دوبارہ"
)
_ASKS_FOR_RECAP = re.compile(
    r"\b(?:summar\w+|recap|learn(?:ed|t|ing)?|objectives?|goals?|takeaways?|next|resources?|references?|reading|links?|"
    r"exercises?|quiz\w*|questions|checklists?|review|roadmap|zusammenfassung|lernziele|übungen|"
    r"résumé|exercices|objectifs|"
    r"resumen|objetivos|ejercicios|recursos)\b|خلاصہ|مقاصد|مشق",
    re.IGNORECASE,
)
_DIAGRAM = re.compile(r"^\s*(?:`{3}|~{3})\s*(?:mermaid|plantuml|dot|graphviz)\b", re.IGNORECASE)
_TICKED = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\*\*)?(?:✅|☑|✔|✓|\[[ xX]\])")
_FOR_EXAMPLE = re.compile(
    r"\b(?:examples?|worked|numbers?|numerical|numeric|beispiele?|zahlen|exemples?|chiffres|ejemplos?|"
    r"números|misaa?l\w*)\b|مثال",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"\b(?:examples?|worked|beispiele?|exemples?|ejemplos?)\b|مثال", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is quoted of which passages, best first, and the passages that were quoted before and are named alone."""

    quoted: tuple[tuple[Source, str], ...]
    named: tuple[Source, ...] = ()


def choose(
    sources: Sequence[Source],
    question: str,
    *,
    names: Sequence[str] = (),
    earlier: Sequence[str] = (),
    follows_up: bool = False,
) -> Choice:
    """What to quote of the passages found for a question that asks for the definition of `names`, where it does.

    `earlier` are the conversation's answers before, oldest first.
    """
    telling = [source for source in sources if not is_lead_in(source.text)] or list(sources)
    # A section that only introduces its subsections comes with their text.
    telling = [each for at, each in enumerate(telling) if not any(each.text in other.text for other in telling[:at])]
    recaps_count = bool(_ASKS_FOR_RECAP.search(question))
    wants_example = follows_up and bool(_FOR_EXAMPLE.search(question))

    def little(source: Source) -> tuple[bool, bool]:
        is_example = bool(_EXAMPLE.search(_innermost(source))) or "```" in source.text
        return wants_example and not is_example, _says_little(source, recaps_count=recaps_count)

    ordered = sorted(telling, key=little)
    if not follows_up or _AGAIN.search(question):
        return Choice(tuple((source, _from_definition(source, names)) for source in ordered))
    quoted, named = [], []
    for source in ordered:
        if not was_quoted(source, earlier):
            quoted.append((source, _from_definition(source, names)))
        elif rest := _not_yet_quoted(source, earlier):
            quoted.append((source, rest))
        else:
            named.append(source)
    return Choice(tuple(quoted), tuple(named[:_MOST_NAMED]))


def place(source: Source) -> str:
    """Where a passage stands: page and headings."""
    return " › ".join((source.title, *source.heading_path))


def was_quoted(source: Source, earlier: Sequence[str]) -> bool:
    """Whether one of the answers before quotes the passage."""
    line = f"> — {place(source)} ["
    return any(line in answer for answer in earlier)


def _not_yet_quoted(source: Source, earlier: Sequence[str]) -> str:
    """What the answers before have left out of a passage that they quote; "" where that is nothing to read."""
    said = "\n".join(earlier)
    blocks = text_blocks(source.text)
    left = [place for place, block in enumerate(blocks) if _beginning(block) not in said]
    rest = blocks[left[0] :] if left and left[0] else []
    return "\n\n".join(rest) if sum(map(len, rest)) > _BEGINNING else ""


def _beginning(block: str) -> str:
    lines = [line.strip() for line in block.splitlines() if not line.lstrip().startswith(("```", "~~~", "$$"))]
    return next(filter(None, lines), "")[:_BEGINNING]


def _from_definition(source: Source, names: Sequence[str]) -> str:
    """The passage's text from the definition of a term on, its entry alone where that is a list's; else all of it."""
    blocks = text_blocks(source.text)
    found = definition_in(blocks, names, _innermost(source))
    before = sum(map(len, blocks[: found.block]))
    if found.strength < DEFINES or (not found.item and before <= _SEEN_WITH_IT):
        return source.text
    if not found.item:
        return "\n\n".join(blocks[found.block :])
    return "\n\n".join([found.item, *(["…"] if len(blocks) > 1 or "\n" in blocks[0] else [])])


def defines(source: Source, names: Sequence[str]) -> bool:
    """Whether a passage defines a term under one of its names."""
    return definition_in(text_blocks(source.text), names, _innermost(source)).strength >= DEFINES


def _says_little(source: Source, *, recaps_count: bool) -> bool:
    blocks = text_blocks(source.text)
    if blocks and _DIAGRAM.match(blocks[0]):
        return True
    if recaps_count:
        return False
    ticked = [line for line in source.text.splitlines() if _TICKED.match(line)]
    return bool(RECAP_HEADING.match(_innermost(source))) or len(ticked) > 2


def _innermost(source: Source) -> str:
    return source.heading_path[-1] if source.heading_path else ""
