"""Answers without a language model: the passages that fit best, quoted with their citations; called by the chat."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engines.citations.answer_text import AnswerText
from engines.citations.attribution import sentences
from engines.citations.processor import utf16_length
from engines.events import Citation, CitationsResolved, Mark, Retrieved, Source
from engines.synthesis.fallback_messages import Notices

_QUOTED_PASSAGES = 3
_QUOTED_CHARS = 900
_TITLE_WORDS = 9
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = re.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}|\$\$)(?!.*\$\$)")


@dataclass(frozen=True, slots=True)
class Quotation:
    """An answer that is made of the book's own words; each part ends with the number of its source."""

    opening: str
    parts: tuple[tuple[str, Source], ...]
    sources: tuple[Source, ...]

    def pieces(self) -> Iterator[str]:
        """The text piece by piece, with the sources' own numbers."""
        yield self.opening
        yield from (f"{text} [{source.number}]" for text, source in self.parts)

    def resolved(self) -> CitationsResolved:
        """The text as a whole, numbered in the order in which it quotes."""
        numbered = list(enumerate(self.parts, start=1))
        text, marks = self.opening, []
        for number, (part, _) in numbered:
            text += f"{part} "
            marks.append(Mark(utf16_length(text), number))
            text += f"[{number}]"
        cited = tuple(
            Citation(number, source, _first_sentence(source), supported=True) for number, (_, source) in numbered
        )
        quoted = {source.number for _, source in self.parts}
        also_read = tuple(item for item in self.sources if item.number not in quoted)
        return CitationsResolved(text, cited, also_read, marks=tuple(marks))


def quote_passages(opening: str, sources: Sequence[Source]) -> Quotation:
    """Why the answer is one of quotations, then the best passages, each with its place."""
    parts = tuple((f"\n\n{_quoted(source.text)}\n>\n> — {place(source)}", source) for source in sources)
    return Quotation(opening, parts[:_QUOTED_PASSAGES], tuple(sources))


def not_covered(notices: Notices, found: Retrieved) -> Quotation:
    """The answer where what was searched has none: that it is so, and the nearest sections, if there are any near."""
    sources, sentence = found.sources, notices.not_covered_in(found.searched)
    nearest = {source.url: source for source in reversed(sources) if source.related}
    parts = [(f"\n- {place(source)}", source) for source in sources if nearest.get(source.url) is source]
    opening = f"{sentence}\n\n{notices.nearest}\n" if parts else sentence
    return Quotation(opening, tuple(parts[:_QUOTED_PASSAGES]), tuple(sources))


def place(source: Source) -> str:
    """Where a passage stands: page and headings."""
    return " › ".join((source.title, *source.heading_path))


def _first_sentence(source: Source) -> str:
    return next(iter(sentences(source.text)), "")


def _quoted(text: str) -> str:
    """The beginning of a passage as a Markdown quotation, without links: they were made for another page."""
    reader = AnswerText(lambda target: False)
    plain = "".join(piece.text for piece in (*reader.feed(_beginning(text)), *reader.end()))
    return "\n".join(f"> {line}".rstrip() for line in plain.splitlines())


def _beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: code, tables and formulas are never cut in two."""
    kept: list[str] = []
    for block in map(_marked, _blocks(text)):
        if kept and sum(map(len, kept)) + len(block) > _QUOTED_CHARS:
            return "\n\n".join([*kept, "…"])
        kept.append(block)
    return "\n\n".join(kept)


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"


def _blocks(text: str) -> list[str]:
    """The parts between blank lines, with code and formulas whole."""
    blocks: list[list[str]] = [[]]
    open_fence: str | None = None
    for line in text.strip().splitlines():
        fence = _FENCE.match(line)
        if fence and open_fence is None:
            open_fence = fence[1]
        elif fence and open_fence and fence[1].startswith(open_fence):
            open_fence = None
        if line.strip() or open_fence:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]
