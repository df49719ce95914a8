"""A Qdrant server as the index needs it."""

import warnings
from contextlib import AbstractContextManager
from typing import Any

import httpx
from qdrant_client import AsyncQdrantClient, QdrantClient
from qdrant_client.http import models

from storage.settings import StorageSettings
from storage.vectors.build_record import LockOwner
from storage.vectors.retrying_client import AsyncGuarded, Guarded
from storage.vectors.server.server_lock import ServerLock

READER_SECONDS = 3.0  # that a reader waits for one call of a search, a repetition included

_QUANTIZATION: dict[str, Any] = {
    "none": None,
    "scalar": models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    ),
    "binary": models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True)),
}


class ServerEngine:
    """Collections on a server, reached over HTTP."""

    poll_seconds = 1.0

    def __init__(self, settings: StorageSettings) -> None:
        self._settings = settings
        key = settings.qdrant_api_key
        options: dict[str, Any] = {
            "url": settings.qdrant_url,
            "port": None,  # the URL's own, or the scheme's
            "api_key": key.get_secret_value() if key else None,
            "timeout": settings.qdrant_timeout_seconds,
            "check_compatibility": False,  # it would ask the server while nobody waits for the answer
            "limits": httpx.Limits(max_keepalive_connections=20),
        }
        if settings.qdrant_ca_file is not None:
            options["verify"] = str(settings.qdrant_ca_file)
        with warnings.catch_warnings():
            # A key over plain HTTP is refused by the settings but for this machine's own server.
            warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
            self._client, self._aclient = QdrantClient(**options), AsyncQdrantClient(**options)
        self.client = Guarded(self._client, retries=settings.qdrant_retries)
        self.aclient = AsyncGuarded(self._aclient, seconds=READER_SECONDS)

    def collection_options(self) -> dict[str, Any]:
        """Replicas, shards, what lies on disk, quantisation; and no graph before everything is written."""
        settings = self._settings
        return {
            "replication_factor": settings.qdrant_replication_factor,
            "write_consistency_factor": settings.qdrant_write_consistency_factor,
            "shard_number": settings.qdrant_shard_number,
            "on_disk_payload": settings.qdrant_on_disk or None,
            "quantization_config": _QUANTIZATION[settings.qdrant_quantization],
            "hnsw_config": models.HnswConfigDiff(on_disk=True) if settings.qdrant_on_disk else None,
            "optimizers_config": models.OptimizersConfigDiff(indexing_threshold=0),
        }

    def vector_params(self, size: int) -> models.VectorParams:
        """Cosine, in memory or on disk."""
        on_disk = self._settings.qdrant_on_disk or None
        return models.VectorParams(size=size, distance=models.Distance.COSINE, on_disk=on_disk)

    def require_room(self, chunks: int, text_bytes: int, dimensions: int) -> None:
        """Nothing: a server refuses what it has no room for, and tells why."""

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Never: a server copies by snapshots, each node its own, and only to where it can write files."""
        return False

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """A collection that only one can make, with a heartbeat."""
        return ServerLock(self.client, f"{alias}.lock", owner)

    def sweep(self) -> None:
        """Nothing: a server keeps no halves."""

    async def open(self, collection: str) -> None:
        """Nothing: the server has it open."""

    async def release(self, collection: str) -> None:
        """Nothing: the server keeps it."""

    def close(self) -> None:
        """Close the sync connections; those of an event loop are closed by `aclose`."""
        self._client.close()

    async def aclose(self) -> None:
        """Close all connections."""
        self._client.close()
        await self._aclient.close()
