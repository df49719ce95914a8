"""A hit grows to its section as far as the token budget goes: what stands around it is read with it.

Called by `engines.retrieval.passages` for answers, not for the evaluation: growing changes no rank.
"""

from collections.abc import Sequence

from engines.retrieval.ranking import Index
from engines.retrieval.sections import Passage, join_chunks, section_key
from storage.recent import Recent
from storage.vectors import payload
from storage.vectors.search import ChunkFilter, StoredChunk

GROWING = 3  # passages; those further down are rarely cited
SECTION_CHUNKS = 64  # of each section that are read
KEPT_SECTIONS = 1024
CHARACTERS_PER_TOKEN = 4  # of English prose; a budget needs no more


class Growing:
    """Grows passages of one index; one for a process, as it keeps the sections that were read."""

    def __init__(self, index: Index) -> None:
        self._index = index
        # Of a build, which never changes once it is searched.
        self._read: Recent[tuple[object, ...], list[StoredChunk]] = Recent(KEPT_SECTIONS)

    async def grow(self, found: Sequence[Passage], *, build: str, budget_tokens: int, passage_tokens: int) -> list[str]:
        """The passages' texts: the first ones with their neighbours, all of them within the budget."""
        texts = [passage.text for passage in found]
        room = budget_tokens * CHARACTERS_PER_TOKEN - sum(map(len, texts))
        growing = list(found[:GROWING])
        sections = await self._sections(growing, build)
        for place, (passage, section) in enumerate(zip(growing, sections, strict=True)):
            limit = min(passage_tokens * CHARACTERS_PER_TOKEN, len(texts[place]) + max(0, room))
            grown = join_chunks(_around(passage, section, limit))
            if len(grown) > len(texts[place]):
                room -= len(grown) - len(texts[place])
                texts[place] = grown
        return texts

    async def _sections(self, found: Sequence[Passage], build: str) -> list[list[StoredChunk]]:
        """All chunks of each passage's section, in order; those that are not kept are asked for together."""
        keys = [(build, *section_key(passage.best)) for passage in found]
        sections = {key: section for key in keys if (section := self._read.recall(key))}
        missing = [passage for key, passage in zip(keys, found, strict=True) if key not in sections]
        if missing:
            filters = [_section_filter(passage.best) for passage in missing]
            chunks = await self._index.matching(filters, limit=SECTION_CHUNKS * len(missing), build=build)
            for chunk in sorted(chunks, key=lambda chunk: int(chunk.metadata.get(payload.POSITION, 0))):
                sections.setdefault((build, *section_key(chunk)), []).append(chunk)
            for passage in missing:
                key = (build, *section_key(passage.best))
                self._read.keep(key, sections.setdefault(key, []))
        return [sections[key] for key in keys]


def _section_filter(chunk: StoredChunk) -> ChunkFilter:
    where = chunk.metadata
    return ChunkFilter(
        locale=where.get(payload.LOCALE),
        version=where.get(payload.VERSION),
        url=where.get(payload.URL),
        section=where.get(payload.SECTION),
    )


def _around(passage: Passage, section: Sequence[StoredChunk], limit: int) -> list[StoredChunk]:
    """The passage's chunks with as many neighbours, the next ones first, as the limit of characters allows."""
    chosen = {chunk.id for chunk in passage.chunks}
    order = [chunk.id for chunk in section]
    if passage.best.id not in order:
        return passage.chunks
    size = sum(len(chunk.text) for chunk in passage.chunks)
    middle = order.index(passage.best.id)
    for neighbour in sorted(range(len(order)), key=lambda place: (abs(place - middle), place < middle)):
        chunk = section[neighbour]
        if chunk.id in chosen:
            continue
        if size + len(chunk.text) > limit:
            break
        chosen.add(chunk.id)
        size += len(chunk.text)
    return [chunk for chunk in section if chunk.id in chosen]
