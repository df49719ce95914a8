"""What the index needs of a vector engine; `embedded_qdrant.client` and `qdrant_server` are the two there are."""

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
    """How often to look where the alias points: reading a file costs nothing, a server has to be asked."""

    def collection_options(self) -> dict[str, Any]:
        """Options of `create_collection` that the settings ask for."""

    def vector_params(self, size: int) -> models.VectorParams:
        """The dense vectors of a new collection."""

    def require_room(self, chunks: int, text_bytes: int, dimensions: int) -> None:
        """Raise StorageUnavailableError where a build of so many chunks finds no room."""

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Make a collection that holds what a published one does; False where the engine cannot do it cheaply."""

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """Hold the one lock of this index's builders; BuildLockedError says who holds it."""

    def sweep(self) -> None:
        """Remove what killed processes left besides builds."""

    async def open(self, collection: str) -> None:
        """Have a collection ready before the first query asks for it."""

    async def release(self, collection: str) -> None:
        """Close a collection that will not be searched any more."""

    def close(self) -> None:
        """Close everything, without an event loop."""

    async def aclose(self) -> None:
        """Close everything."""
