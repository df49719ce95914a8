"""What the book itself states of a page or a chapter: how long it takes, what it needs; called by the tasks."""

import re
from collections.abc import Sequence
from dataclasses import replace

from engines.events import Source
from engines.synthesis.passage_parts import shown_blocks
from engines.understanding import lexicon
from engines.understanding.definitions import is_code

_HEADED_TIME = lexicon.pattern("headings", r"^[\W\d]*{own_time}\W*$")
_SAID_TIME = lexicon.pattern("headings", r"^[\W_]*{own_time}[\W_]*[:：][\W_]*\d")
_A_TIME = lexicon.pattern("headings", r"\d\W{0,3}{unit_of_time}(?!\w)")
_REQUIRES = lexicon.pattern("headings", r"^[\W\d]*{required}(?!\w)")  # "Balance requirements" are a subject's
_LEAST = lexicon.word_pattern("page.least_needed")
_SPECS = lexicon.word_pattern("page.specs")
_MOST_SECTIONS = 2


def stated_time(sources: Sequence[Source], title: str) -> Source | None:
    """The section that says how long a text takes, or the lines that do; rather of the page with this title."""
    ordered = sorted(sources, key=lambda each: each.title != title)
    for source in ordered:
        heading = source.heading_path[-1] if source.heading_path else ""
        if _HEADED_TIME.match(heading) and _A_TIME.search(source.text):
            return source
    for source in ordered:
        blocks = (block for block in shown_blocks(source) if not is_code(block))
        lines = [line for block in blocks for line in block.splitlines() if _SAID_TIME.match(line)]
        said = [line for line in lines if _A_TIME.search(line)]
        if said:
            return replace(source, text="\n".join(said))
    return None


def needed(sources: Sequence[Source], question: str, title: str) -> list[Source]:
    """The sections that say what a text needs: what is the least, or of which machine, where a question asks for it."""
    wanted = [pattern for pattern in (_LEAST, _SPECS) if pattern.search(question)]
    found = [each for each in sources if any(map(_REQUIRES.match, each.heading_path)) and re.search(r"\w", each.text)]

    def is_beside(source: Source) -> tuple[bool, ...]:
        headings = " ".join((source.title, *source.heading_path))
        return *(not each.search(headings) for each in wanted), source.title != title

    ordered = sorted(found, key=lambda each: (*is_beside(each), len(each.heading_path)))
    if wanted and ordered:  # "min specs": what is recommended beside them is not asked for
        ordered = [each for each in ordered if is_beside(each)[:-1] == is_beside(ordered[0])[:-1]]
    return ordered[:_MOST_SECTIONS]
