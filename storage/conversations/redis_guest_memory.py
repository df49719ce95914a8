"""The recent turns of readers without an account, in Redis for many machines.

A module of its own, because the Redis client takes a fifth of a second to import, and most installations have no Redis.
"""

from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.conversations.guest_memory import AWAY, MAX_MESSAGES, Said, bounded, parsed
from storage.errors import StorageUnavailableError

_TIMEOUT_SECONDS = 2.0


class RedisGuestMemory:
    """A `GuestMemory` on a Redis server; its keys expire by themselves."""

    def __init__(self, url: str, hours: float) -> None:
        self._redis: Any = Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
        self._seconds = max(1, int(hours * 3600))

    async def read(self, conversation_id: str) -> tuple[Said, ...]:
        """See GuestMemory."""
        try:
            said = await self._redis.lrange(_key(conversation_id), 0, -1)
        except RedisError as exc:
            raise StorageUnavailableError(AWAY) from exc
        return bounded(parsed(b"[%s]" % b",".join(said)))

    async def add(self, conversation_id: str, *said: Said) -> None:
        """See GuestMemory."""
        key = _key(conversation_id)
        try:
            async with self._redis.pipeline(transaction=True) as together:
                together.rpush(key, *map(orjson.dumps, bounded(said)))
                together.ltrim(key, -MAX_MESSAGES, -1)
                together.expire(key, self._seconds)
                await together.execute()
        except RedisError as exc:
            raise StorageUnavailableError(AWAY) from exc

    async def forget(self, conversation_id: str) -> None:
        """See GuestMemory."""
        try:
            await self._redis.delete(_key(conversation_id))
        except RedisError as exc:
            raise StorageUnavailableError(AWAY) from exc

    async def close(self) -> None:
        """See GuestMemory."""
        await self._redis.aclose()


def _key(conversation_id: str) -> str:
    return f"bookrag:guest-turns:{conversation_id}"
