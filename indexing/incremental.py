"""What a new build takes over from the live one, so that a rebuild costs what changed and not the whole book.

Called by `indexing.rebuild`. Where the engine can copy a build, the copy is brought to what the book says: chunks that
are gone are taken away, those that are new or differ in anything stored are written. Else every chunk is written.
"""

from collections.abc import Set
from dataclasses import dataclass

from indexing.chunked_book import ChunkedBook
from storage.vectors.build import Build
from storage.vectors.build_record import BuildRecord
from storage.vectors.index_store import IndexStore
from storage.vectors.spec import IndexSpec

MOST_REPLACED = 0.2  # of a build's chunks; what was replaced keeps its place in the engine's files
REPLACED = "replaced"
"""The count in a build's record of chunks that were replaced or removed since the index was last written whole."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A build that is to be completed by writing `to_write`."""

    build: Build
    to_write: Set[str]  # ids of chunks
    replaced: int


def begin(
    store: IndexStore, cut: ChunkedBook, spec: IndexSpec, live: BuildRecord | None, *, git_commit: str | None = None
) -> Begun:
    """A build that starts from `live`, or an empty one where that is None, cannot be copied, or differs too much."""
    everything = frozenset(chunk.id for chunk in cut.chunks)
    room = int(len(cut.chunks) * MOST_REPLACED)
    if live is not None and live.counts.get(REPLACED, 0) < room:
        build = store.create_build(spec, git_commit=git_commit, start=live)
        if not build.copied:
            return Begun(build, everything, 0)
        begun = _change(build, cut, everything, live.counts.get(REPLACED, 0))
        if begun.replaced <= room:
            return begun
        build.discard()
    return Begun(store.create_build(spec, git_commit=git_commit), everything, 0)


def _change(build: Build, cut: ChunkedBook, wanted: Set[str], replaced: int) -> Begun:
    """Take away what is gone; a chunk that stays must be stored just as it would be written."""
    try:
        stored = dict(build.stored(list(cut.chunks[0].metadata)))
        gone = [chunk_id for chunk_id in stored if chunk_id not in wanted]
        to_write = {chunk.id for chunk in cut.chunks if stored.get(chunk.id) != chunk.metadata}
        build.remove(gone)
    except BaseException:
        build.discard()
        raise
    return Begun(build, to_write, replaced + len(gone) + len(to_write & stored.keys()))
