"""Makes the passages that a reader sees from chunks: one per section, few per page, without repetitions, with context.

Six node postprocessors, in their order: `MergeSections`, `RecapsLater`, `DefinitionFirst`, `BothCompared`,
`DistinctPassages` and `ExpandContext`. A list keeps the requested length: surplus passages of one page
move to its end. A passage is expanded to its section as far as the token budget allows, which changes no rank.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import accumulate, chain, islice, takewhile
from operator import attrgetter
from typing import Any

from cachetools import LRUCache
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.instrumentation import QuickPostprocessor
from engines.retrieval.compared_sections import with_each_thing_ahead
from engines.retrieval.rerank import CrossEncoderRerank
from engines.retrieval.retriever import UNDERSTOOD, chunk_nodes
from engines.understanding import lexicon
from engines.understanding.book_terms import asks_for_recap, is_list_of_links, is_recap
from engines.understanding.definitions import DEFINES, GAP, definition_in, is_lead_in, text_blocks
from storage.vectors import payload
from storage.vectors.bm25 import distinct_tokens, tokens
from storage.vectors.hybrid_search import ChunkFilter, Fused, StoredChunk
from storage.vectors.qdrant_vector_store import ChunkNode

PAGE_PASSAGES = 4  # of one page before other pages follow; three lost 0.003 nDCG@10
SAME_WORDS = 0.85  # Jaccard similarity from which two passages say the same; two versions of a page reach 0.9
KEPT_TEXTS = 2048  # whose words are remembered, of 20 KB each
SHINGLE = 3  # words; single words would make two passages on one topic alike
GROWING = 3  # passages; those further down are rarely cited
GROWN_TOKENS = 800  # of one passage: more of a section is rarely what was asked for
MERGED_TOKENS = 1600  # of the chunks of one section that were found, the best first: one passage leaves others room
SECTION_CHUNKS = 64  # of each section that are read
KEPT_SECTIONS = 1024
_OF_CORRECTIONS = (r"\b{corrections}\b", r"^\W*{only_corrections}\W*$")
_CORRECTIONS = lexicon.pattern("headings", *_OF_CORRECTIONS)  # names of pages and headings
_ASKS_FOR_CORRECTIONS = lexicon.pattern("headings", *_OF_CORRECTIONS, r"\b{asks_for_corrections}\b")
RECAPS_LATER = 3  # places; 1 to 5 gained 0.02 to 0.04 nDCG@10 on a book with quizzes, and 3 lost on none
LINKS_LATER = 24  # places, behind what else was found: lists of what to read have the words of titles alone
_NUMBER = lexicon.pattern("headings", r"^\W*{numbered_part} \d+\W+")
_EXERCISES = lexicon.pattern("headings", "{exercises}")
DEFINITION_AMONG = 24  # sections from the best one on, in which a definition is looked for
CHARACTERS_PER_TOKEN = 4  # of English prose; precise enough for a budget


@dataclass(slots=True)
class Passage:
    """A section of a page, or a part of it, with the evidence for its best chunk."""

    evidence: Fused
    chunks: list[StoredChunk]  # in the page's order, all of one section

    @property
    def best(self) -> StoredChunk:
        """The chunk that ranks first."""
        return next(chunk for chunk in self.chunks if chunk.id == self.evidence.id)

    @property
    def metadata(self) -> dict[str, object]:
        """The passage's place; the same for all its chunks except for their position."""
        return self.best.metadata

    def words_among(self, wanted: Set[str]) -> set[str]:
        """Which of these tokens its chunks or its headings have."""
        texts = [str(self.metadata.get(payload.BREADCRUMB, "")), *(chunk.text for chunk in self.chunks)]
        locale = _locale(self.best)
        return set().union(*(wanted & distinct_tokens(text, locale) for text in texts))

    @property
    def text(self) -> str:
        """The chunks as one text; " […] " replaces chunks between them that were not found."""
        return join_chunks(self.chunks)


class MergeSections(QuickPostprocessor):
    """Makes one node of all chunks of a section, in the place of the best of them."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        by_section: dict[object, list[NodeWithScore]] = {}
        for found in nodes:
            node = found.node
            key = node.chunks[0].section if isinstance(node, ChunkNode) else node.node_id
            by_section.setdefault(key, []).append(found)
        return [_merged(found) if len(found) > 1 else found[0] for found in by_section.values()]


class RecapsLater(QuickPostprocessor):
    """Moves quizzes, summaries and lists of goals a few places down, unless the question asks for one.

    They name briefly what other sections explain, so that they match a question equally well but answer little.
    Exercises are not moved: many books answer questions in them.
    """

    places: int = RECAPS_LATER

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        if query_bundle is not None and asks_for_recap(_asked_now(query_bundle)):
            return nodes
        return [found for _, found in sorted(enumerate(nodes), key=lambda at: at[0] + self._moved(at[1]))]

    def _moved(self, found: NodeWithScore) -> float:
        if any(map(is_list_of_links, _heading_path(found.node.metadata))):
            return LINKS_LATER + 0.5
        return self.places + 0.5 if _repeats(found.node.metadata) else 0.0


def _asked_now(query: QueryBundle) -> str:
    """The question without the earlier one that is searched with a follow-up and whose words ask for nothing now."""
    return query.query_str.rpartition("\n")[2] if query.custom_embedding_strs else query.query_str


def _repeats(metadata: Mapping[str, Any]) -> bool:
    """Whether a section's heading says that it repeats or announces what others explain."""
    path = _heading_path(metadata)
    return bool(path) and is_recap(_NUMBER.sub("", path[-1])) and not _EXERCISES.search(path[-1])


class DefinitionFirst(QuickPostprocessor):
    """Moves the passage that defines the term best to the front if the question asks for a definition.

    "What is ROS 2?" is as near to "Next steps with ROS 2" as to the sentence that says what it is: both have all of its
    words.
    """

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        understood = nodes[0].node.metadata.get(UNDERSTOOD) if nodes else None
        if understood is None or not understood.term_names:
            return nodes
        strengths = [strength_of(found, understood.term_names) for found in nodes[:DEFINITION_AMONG]]
        best = max(range(len(strengths)), key=strengths.__getitem__)
        if not best or strengths[best] < DEFINES:
            return nodes
        return [nodes[best], *nodes[:best], *nodes[best + 1 :]]


class BothCompared(QuickPostprocessor):
    """Of a question that compares things, puts the best section on each of them among the first ones."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        understood = nodes[0].node.metadata.get(UNDERSTOOD) if nodes else None
        if understood is None or not understood.compared:
            return nodes
        return with_each_thing_ahead(nodes, understood)


class DistinctPassages(QuickPostprocessor):
    """Keeps the first `top_k` nodes, without those that repeat an earlier one, and few of one page."""

    top_k: int | None = None

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        first = nodes[0].node if nodes else None
        page = first.ranking.place.page if isinstance(first, ChunkNode) else None
        asked = query_bundle.query_str if query_bundle else ""
        return _few_a_page(_text_first(_once(nodes), asked), page.url if page else None, self.top_k)


def passage_postprocessors(passages: int, reranker: CrossEncoderRerank | None = None) -> list[BaseNodePostprocessor]:
    """The postprocessors that make passages of chunks: reranked if configured, one per section, in order."""
    return [
        *([reranker] if reranker else []),
        MergeSections(),
        RecapsLater(),
        DefinitionFirst(),
        BothCompared(),
        DistinctPassages(top_k=passages),
    ]


def passages_of(nodes: Sequence[NodeWithScore]) -> list[Passage]:
    """The nodes as passages; those of other retrievers are left out."""
    return [Passage(node.evidence, node.chunks) for node in chunk_nodes(nodes)]


def strength_of(found: NodeWithScore, names: Sequence[str]) -> float:
    """How strongly a passage defines a term under one of its names (`engines.understanding.definitions`)."""
    path = _heading_path(found.node.metadata)
    title = str(found.node.metadata.get(payload.TITLE, ""))
    return _strength(found.node.get_content(), tuple(names), path[-1] if path else "", title)


@lru_cache(maxsize=KEPT_TEXTS)  # the same sections are close to the same questions
def _strength(text: str, names: tuple[str, ...], heading: str, title: str) -> float:
    return definition_in(text_blocks(text), names, heading, title).strength


def join_chunks(chunks: Sequence[StoredChunk]) -> str:
    """The chunks of one section as one text."""
    parts: list[str] = []
    before: int | None = None
    for chunk in chunks:
        position = chunk.position
        if before is not None and position > before + 1:
            parts.append(GAP)
        parts.append(chunk.text)
        before = position
    return "\n\n".join(parts)


def _locale(chunk: StoredChunk) -> str | None:
    return chunk.metadata.get(payload.LOCALE)


def _url(chunk: StoredChunk) -> str | None:
    return chunk.metadata.get(payload.URL)


def _heading_path(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(metadata.get(payload.HEADING_PATH) or ())


def _is_below(path: Sequence[str], above: Sequence[str]) -> bool:
    """Whether a heading path is of a subsection."""
    return len(path) > len(above) and tuple(path[: len(above)]) == tuple(above)


def _merged(found: Sequence[NodeWithScore]) -> NodeWithScore:
    nodes = chunk_nodes(found)
    sizes = accumulate(sum(len(chunk.text) for chunk in node.chunks) for node in nodes)
    kept = max(1, sum(size <= MERGED_TOKENS * CHARACTERS_PER_TOKEN for size in sizes))
    chunks = sorted((chunk for node in nodes[:kept] for chunk in node.chunks), key=attrgetter("position"))
    merged = nodes[0].merged(chunks, join_chunks(chunks))
    merged.metadata = nodes[0].metadata  # with context added since the search
    return NodeWithScore(node=merged, score=found[0].score)


def _once(found: Iterable[NodeWithScore]) -> Iterator[NodeWithScore]:
    """The nodes without those that repeat an earlier one, evaluated lazily."""
    kept = _KeptTexts()
    for each in found:
        if kept.add(_best_text(each.node), each.node.metadata.get(payload.LOCALE)):
            yield each


class _KeptTexts:
    """Texts without near duplicates.

    Two near duplicates have a common shingle among the first few of each in sorted order, so a text is only compared
    with those that share one of its few (prefix filtering, Chaudhuri et al. 2006).
    """

    def __init__(self) -> None:
        self._written: set[str] = set()
        self._too_short: set[str] = set()  # those without a shingle
        self._with: dict[tuple[str, ...], list[frozenset[tuple[str, ...]]]] = {}  # by each of a text's few

    def add(self, text: str, locale: str | None) -> bool:
        """Keep a text unless it is a near duplicate of a kept one; tells whether it was kept."""
        shingles, few = _shingles(text, locale)
        written = text.strip()
        if written in (self._too_short if shingles else self._written):
            return False
        others = {id(other): other for each in few for other in self._with.get(each, ())}
        if any(_alike(shingles, other) for other in others.values()):
            return False
        self._written.add(written)
        if not shingles:
            self._too_short.add(written)
        for each in few:
            self._with.setdefault(each, []).append(shingles)
        return True


def _best_text(node: BaseNode) -> str:
    """The text of a node's best chunk."""
    if isinstance(node, ChunkNode):
        return next(chunk.text for chunk in node.chunks if chunk.id == node.node_id)
    return node.get_content()


@lru_cache(maxsize=KEPT_TEXTS)  # the same chunks answer many questions
def _shingles(text: str, locale: str | None) -> tuple[frozenset[tuple[str, ...]], tuple[tuple[str, ...], ...]]:
    """All shingles of a text, and the first few in sorted order: more than near duplicates may differ by."""
    words = tokens(text, locale)
    found = frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))
    return found, tuple(nsmallest(int((1 - SAME_WORDS) * len(found)) + 2, found))


def _alike(mine: frozenset[tuple[str, ...]], theirs: frozenset[tuple[str, ...]]) -> bool:
    shared = len(mine & theirs)
    return shared >= SAME_WORDS * (len(mine) + len(theirs) - shared)


def _text_first(found: Iterator[NodeWithScore], question: str) -> Iterator[NodeWithScore]:
    """The nodes with a text before corrections of it, unless the question asks for corrections.

    An erratum or a changelog names what it corrects, often in fewer words than the text itself has.
    """
    begin = list(islice(found, PAGE_PASSAGES))
    text = next((place for place, each in enumerate(begin) if not _corrects(each)), 0)
    if text and not asks_for_corrections(question):
        begin.insert(0, begin.pop(text))
    return chain(begin, found)


def asks_for_corrections(question: str) -> bool:
    """Whether a question is about what a book has corrected or changed."""
    return bool(_ASKS_FOR_CORRECTIONS.search(question))


def is_of_corrections(title: str, heading_path: Iterable[str]) -> bool:
    """Whether a section with these names is one of corrections, as an erratum or a changelog."""
    return any(_CORRECTIONS.search(name) for name in (title, *heading_path))


def _corrects(found: NodeWithScore) -> bool:
    """Whether a node is of a page of corrections."""
    metadata = found.node.metadata
    return is_of_corrections(str(metadata.get(payload.TITLE, "")), metadata.get(payload.HEADING_PATH) or ())


def _few_a_page(found: Iterator[NodeWithScore], own_page: str | None, limit: int | None) -> list[NodeWithScore]:
    begin = list(islice(found, PAGE_PASSAGES))
    free = {own_page, _subject(begin)}
    seen: Counter[object] = Counter()
    first: list[NodeWithScore] = []
    later: list[NodeWithScore] = []
    for each in chain(begin, found):
        if len(first) == limit:
            break
        url = each.node.metadata.get(payload.URL)
        seen[url] += 1
        (first if seen[url] <= PAGE_PASSAGES or url in free else later).append(each)
    return (first + later)[:limit]


def _subject(found: Sequence[NodeWithScore]) -> object:
    """The page that a question is about: the one that has all top ranks; None if there is none."""
    pages = {each.node.metadata.get(payload.URL) for each in found[:PAGE_PASSAGES]}
    return pages.pop() if len(pages) == 1 else None


class ExpandContext(QuickPostprocessor):
    """Adds their neighbours on the page to the first nodes, within the budget of all nodes.

    One instance per process: it caches the sections it has read, since a build never changes once it is searched.
    """

    budget_tokens: int
    passage_tokens: int = GROWN_TOKENS
    _read: LRUCache[tuple[object, ...], list[StoredChunk]] = PrivateAttr(
        default_factory=lambda: LRUCache(KEPT_SECTIONS)
    )

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        raise NotImplementedError("the context of a passage is read from the index: use apostprocess_nodes")

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        growing = chunk_nodes(nodes[:GROWING])
        room = self.budget_tokens * CHARACTERS_PER_TOKEN - sum(len(found.node.get_content()) for found in nodes)
        for node, section in zip(growing, await self._sections(growing), strict=True):
            limit = min(self.passage_tokens * CHARACTERS_PER_TOKEN, len(node.text) + max(0, room))
            grown = join_chunks(_around(node, section, limit))
            if is_lead_in(grown):
                grown = await self._with_subsections(node, grown, limit, nodes)
            if len(grown) > len(node.text):
                room -= len(grown) - len(node.text)
                node.text = grown
        return nodes

    async def _with_subsections(self, node: ChunkNode, text: str, limit: int, found: Sequence[NodeWithScore]) -> str:
        """A line that only introduces the subsections below it, with them; alone if one of them ranks better."""
        own, chunk = _heading_path(node.metadata), node.chunks[-1]
        filters = ChunkFilter(locale=_locale(chunk), version=chunk.metadata.get(payload.VERSION), url=_url(chunk))
        page = sorted(await node.build.matching([filters], limit=SECTION_CHUNKS), key=attrgetter("position"))
        below = [each for each in page if each.position > chunk.position]
        inside = takewhile(lambda each: _is_below(_heading_path(each.metadata), own), below)
        ahead = takewhile(lambda each: each.node.node_id != node.node_id, found)
        parts, heading, better = [text], own, {each.node.node_id for each in ahead}
        for each in inside:
            if each.id in better:
                return text
            path = _heading_path(each.metadata)
            part = each.text if path == heading else f"**{path[-1]}**\n\n{each.text}"
            limit -= len(part)
            if limit < 0:
                break
            parts.append(part)
            heading = path
        return "\n\n".join(parts)

    async def _sections(self, nodes: Sequence[ChunkNode]) -> list[list[StoredChunk]]:
        """All chunks of each node's section, in order; those not cached are fetched together."""
        keys = [_key(node) for node in nodes]
        sections = {
            key: section
            for key, node in zip(keys, nodes, strict=True)
            if (section := self._read.get(key) or node.build.section_of(node.chunks[0]))
        }
        missing = [node for key, node in zip(keys, nodes, strict=True) if key not in sections]
        if missing:
            filters = [_section_filter(node.chunks[0]) for node in missing]
            build = missing[0].build
            chunks = await build.matching(filters, limit=SECTION_CHUNKS * len(missing))
            for chunk in sorted(chunks, key=attrgetter("position")):
                sections.setdefault((build.record.name, *chunk.section), []).append(chunk)
            for node in missing:
                self._read[_key(node)] = sections.setdefault(_key(node), [])
        return [sections[key] for key in keys]


def _key(node: ChunkNode) -> tuple[object, ...]:
    return (node.build.record.name, *node.chunks[0].section)


def _section_filter(chunk: StoredChunk) -> ChunkFilter:
    where = chunk.metadata
    return ChunkFilter(
        locale=where.get(payload.LOCALE),
        version=where.get(payload.VERSION),
        url=where.get(payload.URL),
        section=where.get(payload.SECTION),
    )


def _around(node: ChunkNode, section: Sequence[StoredChunk], limit: int) -> list[StoredChunk]:
    """The node's chunks with as many neighbours, nearest first, as the limit of characters allows."""
    chosen = {chunk.id for chunk in node.chunks}
    order = [chunk.id for chunk in section]
    if node.node_id not in order:
        return node.chunks
    size = sum(len(chunk.text) for chunk in node.chunks)
    middle = order.index(node.node_id)
    for neighbour in sorted(range(len(order)), key=lambda place: (abs(place - middle), place < middle)):
        chunk = section[neighbour]
        if chunk.id in chosen:
            continue
        if size + len(chunk.text) > limit:
            break
        chosen.add(chunk.id)
        size += len(chunk.text)
    return [chunk for chunk in section if chunk.id in chosen]
