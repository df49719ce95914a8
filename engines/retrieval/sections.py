"""Ranked chunks become the passages that a reader sees: one a section, few a page, the same words once.

Called by the retriever. A list stays as long as it was asked to be: what is too much of one page goes to its end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice

from engines.retrieval.fusion import Fused
from storage.vectors import payload
from storage.vectors.bm25 import tokens
from storage.vectors.search import StoredChunk

PAGE_PASSAGES = 4  # of one page before other pages have their turn; three lost 0.003 nDCG@10
SAME_WORDS = 0.85  # Jaccard similarity from which two passages say the same; two versions of a page reach 0.9
KEPT_TEXTS = 2048  # whose words are remembered, of 20 KB each
SHINGLE = 3  # words; single words would make two passages of one topic alike


@dataclass(slots=True)
class Passage:
    """A section of a page, or a part of it, with the evidence for its best chunk."""

    evidence: Fused
    chunks: list[StoredChunk]  # in the page's order, all of one section
    shingles: frozenset[tuple[str, ...]] = field(default_factory=frozenset)

    @property
    def best(self) -> StoredChunk:
        """The chunk that was found first."""
        return next(chunk for chunk in self.chunks if chunk.id == self.evidence.id)

    @property
    def metadata(self) -> dict[str, object]:
        """Where the passage stands; the same for all its chunks but for their position."""
        return self.best.metadata

    def words_among(self, wanted: Set[str]) -> set[str]:
        """Which of these tokens its chunks or its headings have."""
        texts = [str(self.metadata.get(payload.BREADCRUMB, "")), *(chunk.text for chunk in self.chunks)]
        locale = _locale(self.best)
        return set().union(*(wanted & words_of(text, locale) for text in texts))

    @property
    def text(self) -> str:
        """The chunks as one text; " […] " stands where one between them was not found."""
        return join_chunks(self.chunks)


def passages(
    ranked: Sequence[Fused], stored: Iterable[StoredChunk], *, own_page: str | None = None, limit: int | None = None
) -> list[Passage]:
    """The first `limit` passages in the order of their best chunks; the page asked about and `own_page` are free."""
    chunks = {chunk.id: chunk for chunk in stored}
    by_section: dict[tuple[object, ...], Passage] = {}
    for evidence in ranked:
        chunk = chunks.get(evidence.id)
        if chunk is None:
            continue
        key = section_key(chunk)
        if key in by_section:
            by_section[key].chunks.append(chunk)
        else:
            by_section[key] = Passage(evidence, [chunk])
    for passage in by_section.values():
        passage.chunks.sort(key=_position)
    return _few_a_page(_once(by_section.values()), own_page, limit)


@lru_cache(maxsize=KEPT_TEXTS)
def words_of(text: str, locale: str | None) -> frozenset[str]:
    """The tokens of a text, each once."""
    return frozenset(tokens(text, locale))


def section_key(chunk: StoredChunk) -> tuple[object, ...]:
    """What two chunks of one section share."""
    found = chunk.metadata
    return tuple(found.get(key) for key in (payload.LOCALE, payload.VERSION, payload.URL, payload.SECTION))


def join_chunks(chunks: Sequence[StoredChunk]) -> str:
    """The chunks of one section as one text."""
    parts: list[str] = []
    before: int | None = None
    for chunk in chunks:
        position = _position(chunk)
        if before is not None and position > before + 1:
            parts.append("[…]")
        parts.append(chunk.text)
        before = position
    return "\n\n".join(parts)


def _position(chunk: StoredChunk) -> int:
    return int(chunk.metadata.get(payload.POSITION, 0))


def _locale(chunk: StoredChunk) -> str | None:
    return chunk.metadata.get(payload.LOCALE)


def _once(found: Iterable[Passage]) -> Iterator[Passage]:
    """The passages without those that say what an earlier one says; none is looked at before it is asked for."""
    kept: list[Passage] = []
    for passage in found:
        passage.shingles = _shingles(passage.best.text, _locale(passage.best))
        if not any(_alike(passage, other) for other in kept):
            kept.append(passage)
            yield passage


@lru_cache(maxsize=KEPT_TEXTS)  # the same chunks answer many questions
def _shingles(text: str, locale: str | None) -> frozenset[tuple[str, ...]]:
    words = tokens(text, locale)
    return frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _alike(one: Passage, other: Passage) -> bool:
    mine, theirs = one.shingles, other.shingles
    if not mine or not theirs:
        return one.best.text.strip() == other.best.text.strip()
    if min(len(mine), len(theirs)) < SAME_WORDS * max(len(mine), len(theirs)):
        return False  # one holds too little to be the other
    # Of two that are alike, any few shingles of one have a common one among them: more than may differ are looked at.
    if theirs.isdisjoint(islice(mine, int((1 - SAME_WORDS) * len(mine)) + 2)):
        return False
    shared = len(mine & theirs)
    return shared >= SAME_WORDS * (len(mine) + len(theirs) - shared)


def _few_a_page(found: Iterator[Passage], own_page: str | None, limit: int | None) -> list[Passage]:
    begin = list(islice(found, PAGE_PASSAGES))
    free = {own_page, _subject(begin)}
    seen: Counter[object] = Counter()
    first: list[Passage] = []
    later: list[Passage] = []
    for passage in chain(begin, found):
        if len(first) == limit:
            break
        url = passage.metadata.get(payload.URL)
        seen[url] += 1
        (first if seen[url] <= PAGE_PASSAGES or url in free else later).append(passage)
    return (first + later)[:limit]


def _subject(found: Sequence[Passage]) -> object:
    """The page that a question is about: the one that has all the first places; None where there is no such page."""
    pages = {passage.metadata.get(payload.URL) for passage in found[:PAGE_PASSAGES]}
    return pages.pop() if len(pages) == 1 else None
