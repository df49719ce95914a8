"""The text of a page or a chapter as LlamaIndex nodes, one per section, in the book's order; called by the tasks.

If not all of it fits into a prompt, the beginnings of as many sections as fit are used, in whole sentences.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from llama_index.core.schema import NodeWithScore, TextNode

from engines.citations.opening_sentence import beginning, telling_sentence
from engines.events import COVERED, Searched
from engines.prompts import fair_share
from engines.retrieval.passages import join_chunks
from engines.retrieval.retriever import ADDRESS, GROUNDING, SEARCHED, address, origin_of
from engines.understanding.book_terms import is_recap
from storage.vectors import payload
from storage.vectors.hybrid_search import ChunkFilter, StoredChunk
from storage.vectors.qdrant_vector_store import PinnedBuild

ALL_TOKENS = 10_000_000  # more than a book has
_MOST_CHUNKS = 10_000
_FEWEST_TOKENS = 60  # of a section that is given in part: about two sentences


@dataclass(frozen=True, slots=True)
class PageText:
    """The sections of pages, and how much is missing."""

    nodes: list[NodeWithScore]
    left_out: int = 0  # sections that have no node
    in_part: bool = False  # whether sections are given by their beginnings alone


@dataclass(frozen=True, slots=True)
class _Section:
    chunk: StoredChunk  # the first one
    text: str

    @property
    def tells(self) -> bool:
        """Whether it says something itself, rather than repeating or announcing other sections."""
        path = self.chunk.metadata.get(payload.HEADING_PATH) or ()
        return not (path and is_recap(path[-1])) and bool(telling_sentence(self.text))


async def page_text(
    build: PinnedBuild,
    pages: Sequence[ChunkFilter],
    searched: Searched,
    *,
    budget: int,
    count: Callable[[str], int],
    one_a_page: bool = False,
) -> PageText:
    """The sections of pages, in the order of the filters, within `budget` tokens.

    With `one_a_page` the beginning of one section of each page, for a list of the pages that no model reads.

    Of the sections of several pages that do not all fit, each page gives its first telling one, then its next ones.
    """
    chunks = await build.matching(pages, limit=_MOST_CHUNKS)
    order = {filters.url: place for place, filters in enumerate(pages)}
    chunks.sort(key=lambda chunk: (order.get(_url(chunk), len(order)), _url(chunk), chunk.metadata[payload.POSITION]))
    groups = [list(group) for _, group in groupby(chunks, key=lambda chunk: chunk.section)]
    sections = [_Section(group[0], join_chunks(group)) for group in groups]
    sizes = [count(section.text) for section in sections]
    fit = one_a_page or sum(sizes) <= budget
    most = len(sections) if fit else max(1, budget // _FEWEST_TOKENS)
    chosen = _chosen(sections, most, rounds=1 if one_a_page else None)
    share = max(_FEWEST_TOKENS, fair_share([sizes[place] for place in chosen], budget))
    site_url = origin_of(pages[0].locale if pages else None, build.record.book)
    texts = [beginning(sections[place].text, share, count) for place in chosen]
    nodes = [
        _node(sections[place].chunk, text, searched, build.name, site_url)
        for place, text in zip(chosen, texts, strict=True)
        if text
    ]
    in_part = any(text != sections[place].text for place, text in zip(chosen, texts, strict=True))
    return PageText(nodes, len(sections) - len(nodes), in_part)


def _chosen(sections: Sequence[_Section], most: int, rounds: int | None) -> list[int]:
    """The indexes of the chosen sections, in order: each page in turn, with those that say something first."""
    if rounds is None and len(sections) <= most:
        return list(range(len(sections)))
    taken: dict[str, int] = {}
    turns: list[tuple[int, int]] = []
    for place in sorted(range(len(sections)), key=lambda place: not sections[place].tells):
        url = _url(sections[place].chunk)
        turn = taken[url] = taken.get(url, 0) + 1
        if rounds is None or turn <= rounds:
            turns.append((turn, place))
    return sorted(place for _, place in sorted(turns)[:most])


def _node(chunk: StoredChunk, text: str, searched: Searched, build: str, site_url: str | None) -> NodeWithScore:
    metadata = {
        **chunk.metadata,
        ADDRESS: address(dict(chunk.metadata), site_url),
        SEARCHED: searched,
        GROUNDING: COVERED,
        "build": build,
    }
    return NodeWithScore(node=TextNode(id_=chunk.id, text=text, metadata=metadata), score=1.0)


def _url(chunk: StoredChunk) -> str:
    return str(chunk.metadata[payload.URL])
