"""The vector engine on a Qdrant server, a cluster or Qdrant Cloud, and the lock that its builders share."""

import logging
import threading
import time
import warnings
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import httpx
from qdrant_client import AsyncQdrantClient, QdrantClient
from qdrant_client.http import models

from storage.errors import BookragError, BuildLockedError, NotFoundError
from storage.settings import StorageSettings
from storage.vectors.build_record import LockOwner
from storage.vectors.retrying_client import AlreadyThereError, AsyncGuarded, Guarded

_log = logging.getLogger(__name__)

READER_SECONDS = 3.0  # how long a reader waits for one call of a search, including a retry
BEAT_SECONDS = 2.0
PATIENCE_SECONDS = 8.0
"""How long a heartbeat may stay unchanged before its owner counts as dead: three missed beats and one slow request."""

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

    def __init__(self, settings: StorageSettings, *, reader_seconds: float = READER_SECONDS) -> None:
        self._settings = settings
        key = settings.qdrant_api_key
        options: dict[str, Any] = {
            "url": settings.qdrant_url,
            "port": None,  # the URL's own, or the scheme's
            "api_key": key.get_secret_value() if key else None,
            "timeout": settings.qdrant_timeout_seconds,
            "check_compatibility": False,  # the check would send a request that nobody waits for
            "limits": httpx.Limits(max_keepalive_connections=20),
        }
        if settings.qdrant_ca_file is not None:
            options["verify"] = str(settings.qdrant_ca_file)
        with warnings.catch_warnings():
            # The settings refuse a key over plain HTTP, except for a server on this machine.
            warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
            self._client, self._aclient = QdrantClient(**options), AsyncQdrantClient(**options)
        self.client = Guarded(self._client, retries=settings.qdrant_retries)
        self.aclient = AsyncGuarded(self._aclient, seconds=reader_seconds)

    def collection_options(self) -> dict[str, Any]:
        """Replicas, shards, storage on disk, quantisation; and no graph before everything is written."""
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
        """Does nothing: a server refuses what does not fit, and says why."""

    def copy(self, source: str, target: str, metadata: dict[str, Any]) -> bool:
        """Returns False: a server copies by snapshots, one for each node, and only to where it can write files."""
        return False

    def lock(self, alias: str, owner: LockOwner) -> AbstractContextManager[None]:
        """The lock is a collection, which only one process can create, with a heartbeat."""
        return ServerLock(self.client, f"{alias}.lock", owner)

    def sweep(self) -> None:
        """Does nothing: a server leaves no unfinished files here."""

    async def open(self, collection: str) -> None:
        """Does nothing: the server has it open."""

    async def check(self, collection: str) -> None:
        """Does nothing: the look-up of the alias has asked the server."""

    async def release(self, collection: str) -> None:
        """Does nothing: the server keeps it open."""

    def close(self) -> None:
        """Close the sync connections; those of an event loop are closed by `aclose`."""
        self._client.close()

    async def aclose(self) -> None:
        """Close all connections."""
        self._client.close()
        await self._aclient.close()


class ServerLock:
    """The builders' lock: a collection, which only one process can create, with its holder in the metadata.

    The owner renews its heartbeat every few seconds. An owner on this machine counts as dead as soon as its process has
    ended, any other once its heartbeat has not changed for a while. The heartbeat is read twice for that, so that the
    clocks of two machines are never compared.
    """

    def __init__(
        self, client: Guarded, name: str, owner: LockOwner, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._client = client
        self._name = name
        self._owner = owner
        self._patience = patience_seconds
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="build-lock", daemon=True)

    def __enter__(self) -> None:
        if not self._take(self._name):
            self._take_over()
        self._heart.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._heart.join()
        if self._read(self._name).get("token") == self._owner.token:
            self._client.delete_collection(self._name)

    def _take(self, name: str) -> bool:
        try:
            self._client.create_collection(
                name,
                vectors_config={"unused": models.VectorParams(size=1, distance=models.Distance.DOT)},
                metadata=self._owner.to_json() | {"beat": 0},
            )
        except AlreadyThereError:
            return False
        return True

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return dict(self._client.get_collection(name).config.metadata or {})
        except NotFoundError:
            return {}

    def _take_over(self) -> None:
        """Replace an owner that died; BuildLockedError if it is alive, or if another process is faster."""
        seen = self._read(self._name)
        if seen and not self._is_dead(seen):
            raise LockOwner.from_json(seen).held()
        taking = f"{self._name}.takeover"
        if not self._take(taking):
            guard = self._read(taking)
            if guard and not self._is_dead(guard):
                raise LockOwner.from_json(guard).held()
            self._client.delete_collection(taking)
            raise BuildLockedError("A build died while it was taking over the lock. Try again.")
        try:
            if self._read(self._name).get("token") == seen.get("token"):
                builder = seen.get("who", "an unknown builder")
                _log.warning("Taking over the build lock of %s, whose process died.", builder)
                self._client.delete_collection(self._name)
            if not self._take(self._name):
                raise LockOwner.from_json(self._read(self._name)).held()
        finally:
            self._client.delete_collection(taking)

    def _is_dead(self, seen: dict[str, Any]) -> bool:
        if LockOwner.from_json(seen).is_dead():
            return True
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            time.sleep(min(BEAT_SECONDS, self._patience) / 2)
            now = self._read(self._name)
            if not now or now.get("beat") != seen.get("beat") or now.get("token") != seen.get("token"):
                return not now
        return True

    def _beat(self) -> None:
        beat = 0
        while not self._ended.wait(BEAT_SECONDS):
            beat += 1
            try:
                self._client.update_collection(self._name, metadata={"beat": beat})
            except BookragError as exc:
                _log.warning("The build lock could not be renewed: %s", exc)
