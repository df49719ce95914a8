"""Answers without a language model: the passages that fit best, quoted with their citations; called by the chat."""

import re
from collections.abc import Iterator, Sequence

from engines.events import Source

NO_MODEL = (
    "No language model is configured, so nothing is written for you here. "
    "These passages of the book come closest to your question:"
)
MODEL_AWAY = (
    "The language model cannot be reached right now, so no answer was written. "
    "These passages of the book come closest to your question:"
)
NOT_COVERED = "The book does not seem to cover this question, so there is no answer from it."
NEAREST = "The nearest sections are:"

_QUOTED_PASSAGES = 3
_QUOTED_CHARS = 900
_BLOCK = re.compile(r"(?:^(`{3,}|~{3,}).*?^\1[ \t]*$|.+?)(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


def quote_passages(opening: str, sources: Sequence[Source]) -> Iterator[str]:
    """The answer in pieces: why it is one of quotations, then the best passages, each with its number and place."""
    yield opening
    for source in sources[:_QUOTED_PASSAGES]:
        lines = "\n".join(f"> {line}".rstrip() for line in _beginning(source.text).splitlines())
        yield f"\n\n{lines}\n>\n> — {place(source)} [{source.number}]"


def not_covered(sources: Sequence[Source]) -> Iterator[str]:
    """The answer where the book has none: that it is so, and the nearest sections."""
    yield NOT_COVERED
    if not sources:
        return
    yield f"\n\n{NEAREST}\n"
    seen: set[str] = set()
    for source in sources:
        if source.url not in seen and len(seen) < _QUOTED_PASSAGES:
            seen.add(source.url)
            yield f"\n- {place(source)} [{source.number}]"


def place(source: Source) -> str:
    """Where a passage stands: page and headings."""
    return " › ".join((source.title, *source.heading_path))


def _beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: code, tables and formulas are never cut in two."""
    blocks = [match[0].strip("\n") for match in _BLOCK.finditer(text.strip())]
    kept: list[str] = []
    for block in blocks:
        if kept and sum(map(len, kept)) + len(block) > _QUOTED_CHARS:
            return "\n\n".join([*kept, "…"])
        kept.append(block)
    return "\n\n".join(kept)
