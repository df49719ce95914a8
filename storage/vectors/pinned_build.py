"""One build by its name, live or not, searched as the live one is: for checks before it goes live, and evaluations."""

from collections.abc import Sequence

from storage.errors import NotFoundError
from storage.vectors.build_record import BuildRecord
from storage.vectors.engine import Engine
from storage.vectors.live_index import LiveIndex
from storage.vectors.search import Candidates, ChunkFilter, SparseQuery, StoredChunk


class NamedBuild:
    """A build with the search calls of an IndexStore; it follows no alias."""

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        self.record = record
        self._engine = engine
        self._index = _Pinned(engine, record)

    async def search(
        self, dense: Sequence[float], sparse: SparseQuery, *, limit: int, filters: ChunkFilter | None = None
    ) -> Candidates:
        """Two ranked lists in one call."""
        return await self._index.search(dense, sparse, limit, filters)

    async def chunks(self, ids: Sequence[str], *, build: str | None = None) -> list[StoredChunk]:
        """The chunks in the order of `ids`."""
        return await self._index.chunks(ids, build)

    async def matching(
        self, filters: Sequence[ChunkFilter], *, limit: int, build: str | None = None
    ) -> list[StoredChunk]:
        """Up to `limit` chunks that pass one of the filters, in no order of merit; one call."""
        return await self._index.matching(filters, limit, build)

    async def current(self) -> BuildRecord:
        """This build's record."""
        return self.record

    async def aclose(self) -> None:
        """Let go of the build."""
        await self._engine.release(self.record.name)


class _Pinned(LiveIndex):
    """A live index that stays where it is."""

    def __init__(self, engine: Engine, record: BuildRecord) -> None:
        super().__init__(engine, record.name, None)
        self._record = record

    async def current(self) -> BuildRecord:
        """The one build."""
        return self._record

    async def _refresh(self) -> None:
        raise NotFoundError(f"There is no build {self._record.name} any more.")
