"""The builders' lock on a server: a collection, which only one can make, whose metadata say who holds it.

The owner renews its sign of life every few seconds. One that stopped is dead: at once where the process can be looked
up on this machine, else after it has kept still for a while. Clocks of two machines are never compared: the other's
sign of life is read twice.
"""

import logging
import threading
import time
from types import TracebackType
from typing import Any

from qdrant_client.http import models

from storage.errors import BookragError, BuildLockedError, NotFoundError
from storage.vectors.build_record import LockOwner
from storage.vectors.retrying_client import AlreadyThereError, Guarded

_log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
PATIENCE_SECONDS = 8.0
"""How long a sign of life may stay the same before its owner counts as dead: three missed and one slow request."""


class ServerLock:
    """The lock, held between `__enter__` and `__exit__`."""

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
                vectors_config=models.VectorParams(size=1, distance=models.Distance.DOT),
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
        """Put an owner that died aside; BuildLockedError where it lives, or where another one is faster."""
        seen = self._read(self._name)
        if seen and not self._is_dead(seen):
            raise LockOwner.from_json(seen).held()
        taking = f"{self._name}.takeover"
        if not self._take(taking):
            guard = self._read(taking)
            if guard and not self._is_dead(guard):
                raise LockOwner.from_json(guard).held()
            self._client.delete_collection(taking)
            raise BuildLockedError("A build that took the lock over died while it did. Try again.")
        try:
            if self._read(self._name).get("token") == seen.get("token"):
                _log.warning("The build lock of %s, who died, is taken over.", seen.get("who", "an unknown builder"))
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
