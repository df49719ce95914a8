"""A hit grows to its section as far as the token budget goes: what stands around it is read with it.

Called by `engines.retrieval.passages` for answers, not for the evaluation: growing changes no rank.
"""

import asyncio
from collections.abc import Sequence

from engines.retrieval.ranking import Index, Query
from engines.retrieval.sections import Passage, join_chunks, section_key
from storage.index import payload
from storage.index.search import ChunkFilter, StoredChunk

GROWING = 3  # passages; those further down are rarely cited
PAGE_CHUNKS = 64  # of a page that are looked through for the rest of the section
CHARACTERS_PER_TOKEN = 4  # of English prose; a budget needs no more


async def grow(
    found: Sequence[Passage], index: Index, query: Query, *, build: str, budget_tokens: int, passage_tokens: int
) -> list[str]:
    """The passages' texts: the first ones with their neighbours, all of them within the budget."""
    texts = [passage.text for passage in found]
    room = budget_tokens * CHARACTERS_PER_TOKEN - sum(map(len, texts))
    growing = list(found[:GROWING])
    sections = await asyncio.gather(*(_section(passage, index, query, build) for passage in growing))
    for place, (passage, section) in enumerate(zip(growing, sections, strict=True)):
        limit = min(passage_tokens * CHARACTERS_PER_TOKEN, len(texts[place]) + max(0, room))
        grown = join_chunks(_around(passage, section, limit))
        if len(grown) > len(texts[place]):
            room -= len(grown) - len(texts[place])
            texts[place] = grown
    return texts


async def _section(passage: Passage, index: Index, query: Query, build: str) -> list[StoredChunk]:
    """All chunks of a passage's section, in order."""
    where = passage.best.metadata
    filters = ChunkFilter(
        locale=where.get(payload.LOCALE), version=where.get(payload.VERSION), url=where.get(payload.URL)
    )
    candidates = await index.search(query.dense, query.sparse, limit=PAGE_CHUNKS, filters=filters)
    chunks = await index.chunks([item for item, _ in candidates.dense], build=build)
    own = [chunk for chunk in chunks if section_key(chunk) == section_key(passage.best)]
    return sorted(own, key=lambda chunk: int(chunk.metadata.get(payload.POSITION, 0)))


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
