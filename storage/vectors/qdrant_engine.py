"""The interface of a vector engine; implemented by `embedded_qdrant.client` and `qdrant_server`."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from qdrant_client.http import models

from storage.vectors.build_record import LockOwner


class Engine(Protocol):
    """A vector engine; its clients raise the errors of `storage.errors`."""

    client: Any
    """For builders: the calls of a `QdrantClient`."""
    aclient: Any
    """For readers: the calls of an `AsyncQdrantClient`."""
    poll_seconds: float
    """How often to look up where the alias points: reading a file costs nothing, a server has to be asked."""

    def collection_options(self) -> dict[str, Any]:
        """The options of `create_collection` that follow from the settings."""

    def vector_params(self, size: int) -> models.VectorParams:
        """The dense vectors of a new collection."""

    def require_room(self, chunks: int, text_bytes: int, dimensions: int) -> None:
        """Raise StorageUnavailableError if a build of so many chunks would not fit on the disk."""

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Copy a published collection; False if the engine cannot do that cheaply."""

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """Hold the lock of this index's builders; raises BuildLockedError, which says who holds it."""

    def sweep(self) -> None:
        """Remove what killed processes left behind, builds excepted."""

    async def open(self, collection: str) -> None:
        """Prepare a collection before its first query."""

    async def check(self, collection: str) -> None:
        """Raise IndexUnavailableError, within seconds, if a collection that is open cannot be searched now."""

    async def release(self, collection: str) -> None:
        """Close a collection that will no longer be searched."""

    def close(self) -> None:
        """Close everything, without an event loop."""

    async def aclose(self) -> None:
        """Close everything."""
