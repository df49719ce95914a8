"""The public keys of a Supabase project, cached: no request of a signed-in reader waits for the auth server.

Keys older than ten minutes are fetched again in the background. An unknown key id, as after a rotation, triggers a
fetch at once. Ids can be made up, so this is limited to once in ten seconds for each address and once a second in
total. While the server cannot be reached, the last keys stay in use.
"""

import asyncio
import base64
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from cachetools import LRUCache
from pydantic import SecretStr

from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
PAUSE_SECONDS = 10.0  # between fetches for unknown key ids of one address, or after a failure
SHORTEST_PAUSE_SECONDS = 1.0  # between fetches for unknown key ids of all addresses
REMEMBERED_ADDRESSES = 10_000
ALGORITHM_OF: dict[tuple[Any, Any], str] = {
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
    ("OKP", "Ed25519"): "EdDSA",
}

Fetch = Callable[[], Awaitable[Any]]


class ProjectKeys:
    """The `KeySource` of a Supabase project; `secret` checks the tokens of a project that still signs by HS256."""

    def __init__(self, fetch: Fetch, secret: SecretStr | None = None) -> None:
        self._fetch = fetch
        self._secret = _secret_key(secret) if secret else None
        self._keys: dict[str, jwt.PyJWK] | None = None
        self._fetched_at = -FRESH_SECONDS
        self._tried_at = -FRESH_SECONDS
        self._fetching: asyncio.Task[None] | None = None
        self._tried_for: LRUCache[str, float] = LRUCache(REMEMBERED_ADDRESSES)  # when, by address

    async def key(self, key_id: str | None, algorithm: str, address: str = "") -> jwt.PyJWK | None:
        """See KeySource."""
        if algorithm == "HS256":
            return self._secret
        if algorithm not in ALGORITHM_OF.values() or key_id is None:
            return None
        keys = await self._current()
        if key_id not in keys and self._may_look(address):
            self._tried_for[address] = time.monotonic()
            keys = await self.load()
        key = keys.get(key_id)
        # The algorithm is the key's; a token that names another one is forged.
        return key if key is not None and key.algorithm_name == algorithm else None

    @property
    def has_secret(self) -> bool:
        """Whether tokens that are signed by a shared secret can be checked here."""
        return self._secret is not None

    async def publishes_keys(self) -> bool:
        """Whether the project has signing keys; it may keep signing with its secret until the keys are rotated in."""
        return bool(await self._current())

    async def check(self) -> None:
        """Raise StorageUnavailableError where the last fetch failed, or there was none."""
        await self._current()
        if self._tried_at > self._fetched_at and not (self._fetching and not self._fetching.done()):
            raise StorageUnavailableError("The keys that sign tokens cannot be fetched.")

    async def load(self) -> dict[str, jwt.PyJWK]:
        """Fetch the keys now; concurrent calls share one fetch."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._load())
        await asyncio.shield(self._fetching)
        if self._keys is None:
            raise StorageUnavailableError("Signing in cannot be checked just now. Please try again in a moment.")
        return self._keys

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _current(self) -> dict[str, jwt.PyJWK]:
        if self._keys is None:
            if not self._may_fetch() and (self._fetching is None or self._fetching.done()):
                raise StorageUnavailableError("Signing in cannot be checked just now. Please try again in a moment.")
            return await self.load()
        stale = time.monotonic() - self._fetched_at > FRESH_SECONDS
        if stale and self._may_fetch() and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._load())
        return self._keys

    def _may_fetch(self) -> bool:
        return time.monotonic() - self._tried_at > PAUSE_SECONDS

    def _may_look(self, address: str) -> bool:
        """Whether an unknown key id of this address may fetch the keys."""
        if self._tried_at > self._fetched_at:  # they could not be fetched
            return self._may_fetch()
        now = time.monotonic()
        pause = min(SHORTEST_PAUSE_SECONDS, PAUSE_SECONDS)
        return now - self._tried_at > pause and now - self._tried_for.get(address, -math.inf) > PAUSE_SECONDS

    async def _load(self) -> None:
        self._tried_at = time.monotonic()
        try:
            self._keys = _read_keys(await self._fetch())
        except StorageUnavailableError:
            logger.warning("The keys of the Supabase project could not be fetched")
            return
        self._fetched_at = time.monotonic()


def _read_keys(document: Any) -> dict[str, jwt.PyJWK]:
    """The signing keys by id; other entries are ignored."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise StorageUnavailableError("The auth server gave no key set.")
    keys: dict[str, jwt.PyJWK] = {}
    for entry in document["keys"]:
        algorithm = ALGORITHM_OF.get((entry.get("kty"), entry.get("crv"))) if isinstance(entry, dict) else None
        if algorithm is None or entry.get("alg", algorithm) != algorithm or not isinstance(entry.get("kid"), str):
            continue
        try:
            keys[entry["kid"]] = jwt.PyJWK(entry, algorithm)
        except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError):
            logger.warning("A key of the Supabase project could not be read")
    return keys


def _secret_key(secret: SecretStr) -> jwt.PyJWK:
    value = base64.urlsafe_b64encode(secret.get_secret_value().encode()).rstrip(b"=").decode()
    return jwt.PyJWK({"kty": "oct", "k": value}, "HS256")
