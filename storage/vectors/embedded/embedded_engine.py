"""The embedded engine as the index needs it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from qdrant_client.http import models

from storage.vectors.build_lock import LockOwner
from storage.vectors.embedded.client import AsyncEmbeddedQdrant, EmbeddedQdrant, refusing
from storage.vectors.embedded.clone import sweep
from storage.vectors.embedded.collections import Collections
from storage.vectors.embedded.disk_space import bytes_of_build, require_room
from storage.vectors.embedded.file_lock import hold
from storage.vectors.retrying_client import AsyncGuarded, Guarded


class EmbeddedEngine:
    """Collections in a folder of this machine."""

    poll_seconds = 0.2  # reading the alias is a file of a hundred bytes: 30 µs

    def __init__(self, root: Path) -> None:
        self._collections = Collections(root)
        client = EmbeddedQdrant(self._collections)
        self._aclient = AsyncEmbeddedQdrant(client, self._collections)
        self.client = Guarded(client, retries=0)
        self.aclient = AsyncGuarded(self._aclient, retries=0)

    def collection_options(self) -> dict[str, Any]:
        """None: a folder has no replicas."""
        return {}

    def vector_params(self, size: int) -> models.VectorParams:
        """Cosine over vectors that the system maps from disk and keeps in memory as it can."""
        return models.VectorParams(size=size, distance=models.Distance.COSINE)

    def require_room(self, chunks: int, text_bytes: int, dimensions: int) -> None:
        """Look at the disk."""
        require_room(self._collections.catalog.root, bytes_of_build(chunks, text_bytes, dimensions))

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Copy the folder: a tenth of a second for 10,000 chunks."""
        with refusing():
            self._collections.copy(source, target, metadata)
        return True

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """A locked file, freed by the kernel when its owner dies."""
        return hold(self._collections.catalog.root / f"{alias}.lock", owner)

    def sweep(self) -> None:
        """Half-made folders of killed processes, and private copies whose owner died."""
        self._collections.catalog.sweep()
        sweep(self._collections.catalog.clones)

    async def open(self, collection: str) -> None:
        """Start the search process of a collection."""
        await self.aclient.open(collection)

    async def release(self, collection: str) -> None:
        """End the search process of a collection."""
        await self._aclient.release(collection)

    def close(self) -> None:
        """End the search processes and close what is written."""
        self._aclient.close_now()
        self._collections.close()

    async def aclose(self) -> None:
        """End the search processes and close what is written."""
        await self._aclient.close()
        self._collections.close()
