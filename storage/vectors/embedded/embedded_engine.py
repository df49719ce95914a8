"""The embedded engine as the index needs it, with the lock that one machine's builders share.

The kernel frees the lock when its owner ends, by a kill as well.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from qdrant_client.http import models

from storage.errors import BuildLockedError
from storage.vectors.build_lock import LockOwner
from storage.vectors.embedded.client import AsyncEmbeddedQdrant, EmbeddedQdrant, refusing
from storage.vectors.embedded.clone import sweep
from storage.vectors.embedded.collections import Collections
from storage.vectors.embedded.files import bytes_of_build, require_room
from storage.vectors.retrying_client import AsyncGuarded, Guarded


@contextmanager
def hold(path: Path, owner: LockOwner) -> Iterator[None]:
    """Hold the lock; BuildLockedError says who holds it instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held(path) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(owner.to_json()).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _held(path: Path) -> BuildLockedError:
    try:
        return LockOwner.from_json(json.loads(path.read_text())).held()
    except (ValueError, KeyError):  # it was taken this very moment, and its owner is not written yet
        return BuildLockedError("Another build is under way; it began this moment.")


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
