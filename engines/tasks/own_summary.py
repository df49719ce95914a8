"""The summary that a page has itself: its section "Summary" or "Key Takeaways", or a list under such a label.

Called by `engines.tasks.summaries`. It is the author's own, and comes before all that is put together here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engines.citations.answer_blocks import sentences
from engines.events import Source
from engines.synthesis.extractive import without_links
from engines.understanding import lexicon
from engines.understanding.definitions import is_code, is_diagram, is_lead_in, is_quiz, text_blocks

_HEADED = lexicon.pattern("headings", r"^[\W\d]*{own_summary}\s*(?:[:(–—-].*)?\W*$")
_LABEL = lexicon.pattern("headings", r"^[*_\W]*{own_summary}[*_\W]*$")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?[✅☑✔✓\ufe0f]*\s*(?P<text>\S.*)$")
_FEWEST_POINTS = 2
_FEWEST_WORDS = 8  # of a paragraph that says something
_FEWEST_WORDS_OF_A_SENTENCE = 4
_FEW_POINTS = 4  # beside which what the sentences before them say is a point as well


@dataclass(frozen=True, slots=True)
class OwnSummary:
    """A page's own summary: its section, and its text as points and as sentences."""

    source: Source  # with the text of the summary alone
    points: tuple[str, ...]
    told: tuple[str, ...]  # the sentences of its paragraphs, without those that lead to a list
    told_first: int = 0  # how many of them stand before its points

    @property
    def all_points(self) -> tuple[str, ...]:
        """Its points; where they are few, after the sentences before them."""
        return self.points if len(self.points) > _FEW_POINTS else (*self.told[: self.told_first], *self.points)

    @property
    def has_prose(self) -> bool:
        """Whether its sentences say something without its points."""
        return sum(len(each.split()) for each in self.told) >= _FEWEST_WORDS


def own_summary(sources: Sequence[Source], *, in_prose: bool = False) -> OwnSummary | None:
    """The summary that a page or a chapter has itself, rather one of sentences if it is to be prose; None for none."""
    found = [each for source in sources for each in _of_section(source) if each.points or each.has_prose]
    wanted = [each for each in found if (each.has_prose if in_prose else len(each.points) >= _FEWEST_POINTS)]
    return next(iter(wanted or found), None)


def is_own_summary(source: Source) -> bool:
    """Whether a section is a summary of its page."""
    return bool(source.heading_path) and is_called_summary(source.heading_path[-1])


def is_called_summary(heading: str) -> bool:
    """Whether a heading or a title says that a summary stands below it."""
    return bool(_HEADED.search(heading))


def _of_section(source: Source) -> Iterator[OwnSummary]:
    blocks = [block for block in text_blocks(source.text) if not is_quiz(block) and not is_diagram(block)]
    if is_own_summary(source):
        yield _read(source, [block for block in blocks if not is_code(block)])
        return
    for at, block in enumerate(blocks):
        first, _, rest = block.partition("\n")
        if _LABEL.match(first) and first.strip().startswith(("*", "_")):
            own = [rest] if rest.strip() else blocks[at + 1 : at + 2]
            if any(map(_points_of, own)):
                yield _read(source, own)


def _read(source: Source, blocks: Sequence[str]) -> OwnSummary:
    texts = [without_links(block).strip() for block in blocks]
    points: list[str] = []
    told: list[str] = []
    told_first: int | None = None
    for text in texts:
        items = _points_of(text)
        if items and told_first is None:
            told_first = len(told)
        points += items
        told += [] if items else filter(_is_told, map(_one_line, sentences(text)))
    first = len(told) if told_first is None else told_first
    return OwnSummary(replace(source, text="\n\n".join(blocks)), tuple(points), tuple(told), first)


def _is_told(sentence: str) -> bool:
    return not is_lead_in(sentence) and len(sentence.split()) >= _FEWEST_WORDS_OF_A_SENTENCE


def _points_of(block: str) -> list[str]:
    """The outer items of a list, each as one line; what is nested below an item is left out."""
    points: list[str] = []
    outer: int | None = None
    within = False
    for line in block.splitlines():
        item = _ITEM.match(line)
        if item is not None:
            outer = len(item["indent"]) if outer is None else outer
            within = len(item["indent"]) <= outer
            if within:
                points.append(_one_line(item["text"]))
        elif points and within and line.strip():
            points[-1] = f"{points[-1]} {_one_line(line)}"
    return points


def _one_line(text: str) -> str:
    return " ".join(text.split())
