"""The log of running answers in Redis, shared by the worker processes of many machines.

Each answer has a hash (its owner, whether it has ended, signals to its writer) and a list of frames; each conversation
has a key with its newest answer's id, each request one with its answer's. All these keys expire. A sorted set has the
ids of running answers; a process that finds one whose writer has died removes it. Times are those of the Redis server's
clock: the clocks of machines differ, and a clock that is reset would make its machine's answers seem dead to the
others.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.errors import StorageUnavailableError
from storage.running_answers.store import (
    DEAD_AFTER_SECONDS,
    KEEP_SECONDS,
    SIGNAL_SECONDS,
    AnswerKey,
    LoggedAnswer,
    Progress,
    Signal,
    Signals,
    progress_of,
)

_PREFIX = "bookrag:answers"
_RUNNING = f"{_PREFIX}:running"  # ids by the time of their last heartbeat
_TIMEOUT_SECONDS = 2.0
# Not for an answer that has expired: a hash with nothing but a signal would never expire.
_SIGNAL = "if redis.call('exists', KEYS[1]) == 1 then redis.call('hset', KEYS[1], ARGV[1], ARGV[2]) end"
# Checked again here: a reader may have repeated the request since the search for dead writers.
_TAKE = (
    "local alive = redis.call('zscore', KEYS[1], ARGV[1]) "
    "if alive and tonumber(alive) < tonumber(ARGV[2]) then return redis.call('zrem', KEYS[1], ARGV[1]) end return 0"
)
_GIVE_TURN = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class RedisRunningAnswers:
    """A log on a Redis server."""

    def __init__(self, url: str, *, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> None:
        self._redis: Any = Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
        self._dead_after_seconds = dead_after_seconds

    async def ping(self) -> None:
        """Raise StorageUnavailableError unless the server answers."""
        async with self._translated():
            await self._redis.ping()

    async def begin(self, key: AnswerKey) -> LoggedAnswer | None:
        """See RunningAnswers."""
        async with self._translated():
            earlier = await self._claim(key)
            if earlier and (earlier.running or earlier.ended):
                return earlier
            name, now = _answer(key.answer_id), await self._now()
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrem(_RUNNING, earlier.key.answer_id if earlier else key.answer_id)
                pipe.delete(_frames(key.answer_id), name)
                pipe.hset(name, mapping=_fields(key) | {"alive": now, "ended": 0})
                pipe.expire(name, KEEP_SECONDS)
                pipe.zadd(_RUNNING, {key.answer_id: now})
                pipe.set(_conversation(key.conversation_id, key.owner), key.answer_id, ex=KEEP_SECONDS)
                still_there, *_ = await pipe.execute()
            return replace(earlier, taken=not still_there) if earlier else None

    async def append(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        """See RunningAnswers."""
        async with self._translated(), self._redis.pipeline(transaction=True) as pipe:
            for answer_id, added in frames.items():
                pipe.rpush(_frames(answer_id), *added)
                pipe.expire(_frames(answer_id), KEEP_SECONDS)
            await pipe.execute()

    async def end(self, answer_ids: Sequence[str]) -> None:
        """See RunningAnswers."""
        async with self._translated(), self._redis.pipeline(transaction=True) as pipe:
            for answer_id in answer_ids:
                pipe.hset(_answer(answer_id), "ended", 1)
                pipe.zrem(_RUNNING, answer_id)
            await pipe.execute()

    async def find(self, conversation_id: str, owner: str, request_key: str | None = None) -> LoggedAnswer | None:
        """See RunningAnswers."""
        async with self._translated():
            place = _conversation(conversation_id, owner)
            answer_id = await self._redis.get(place if request_key is None else _request(place, request_key))
            return await self._logged(answer_id.decode()) if answer_id else None

    async def read(self, answer_id: str, after: int) -> tuple[list[bytes], Progress]:
        """See RunningAnswers."""
        async with self._translated():
            # First the state, then the frames: an answer that ends in between is read once more.
            logged = await self._logged(answer_id)
            frames = await self._redis.lrange(_frames(answer_id), after, -1)
            return list(frames), progress_of(logged)

    async def acquire(self, place: str, holder: str, seconds: float) -> bool:
        """See RunningAnswers."""
        async with self._translated():
            return bool(await self._redis.set(_turn(place), holder, nx=True, px=int(seconds * 1000)))

    async def release(self, place: str, holder: str) -> None:
        """See RunningAnswers."""
        async with self._translated():
            await self._redis.eval(_GIVE_TURN, 1, _turn(place), holder)

    async def signal(self, answer_id: str, signal: Signal) -> None:
        """See RunningAnswers."""
        async with self._translated():
            await self._redis.eval(_SIGNAL, 1, _answer(answer_id), signal, await self._now())

    async def heartbeat(self, answer_ids: Sequence[str]) -> Mapping[str, Signals]:
        """See RunningAnswers."""
        async with self._translated(), self._redis.pipeline(transaction=False) as pipe:
            now = await self._now()
            for answer_id in answer_ids:
                pipe.hset(_answer(answer_id), "alive", now)
                pipe.expire(_answer(answer_id), KEEP_SECONDS)
                pipe.zadd(_RUNNING, {answer_id: now}, xx=True)
                pipe.hmget(_answer(answer_id), "stop", "followed", "awaited")
            said = (await pipe.execute())[3::4]
        since = now - SIGNAL_SECONDS
        found = {}
        for answer_id, (stop, followed, awaited) in zip(answer_ids, said, strict=True):
            if stop or followed or awaited:
                found[answer_id] = Signals(stop is not None, float(followed or 0) > since, float(awaited or 0) > since)
        return found

    async def take_lost(self) -> Sequence[tuple[AnswerKey, list[bytes]]]:
        """See RunningAnswers."""
        taken = []
        async with self._translated():
            before = await self._now() - self._dead_after_seconds
            for name in await self._redis.zrangebyscore(_RUNNING, "-inf", f"({before}"):
                if not await self._redis.eval(_TAKE, 1, _RUNNING, name, before):
                    continue  # another process took it, or is writing it again
                logged = await self._logged(name.decode())
                if logged and not logged.ended:
                    taken.append((logged.key, list(await self._redis.lrange(_frames(logged.key.answer_id), 0, -1))))
        return taken

    async def close(self) -> None:
        """See RunningAnswers."""
        await self._redis.aclose()

    async def _claim(self, key: AnswerKey) -> LoggedAnswer | None:
        """Claim the request's key; returns the answer that holds it already."""
        if key.request_key is None:
            return await self._logged(key.answer_id)
        place = _request(_conversation(key.conversation_id, key.owner), key.request_key)
        if await self._redis.set(place, key.answer_id, nx=True, ex=KEEP_SECONDS):
            return None
        holder = (await self._redis.get(place) or b"").decode()
        earlier = await self._logged(holder)
        if earlier is None or not (earlier.running or earlier.ended):
            await self._redis.set(place, key.answer_id, ex=KEEP_SECONDS)
        return earlier

    async def _logged(self, answer_id: str) -> LoggedAnswer | None:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(_answer(answer_id))
            pipe.time()
            found, now = await pipe.execute()
        values = {name.decode(): value.decode() for name, value in found.items()}
        if "conversation_id" not in values:
            return None
        key = AnswerKey(answer_id, values["conversation_id"], values["owner"], values["request_key"] or None)
        ended = values["ended"] == "1"
        alive = _seconds(now) - float(values["alive"]) < self._dead_after_seconds
        return LoggedAnswer(key, running=alive and not ended, ended=ended)

    async def _now(self) -> float:
        return _seconds(await self._redis.time())

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except (RedisError, OSError, TimeoutError) as exc:
            raise StorageUnavailableError("The log of running answers cannot be used now.") from exc


def _fields(key: AnswerKey) -> dict[str, str | float]:
    return {"conversation_id": key.conversation_id, "owner": key.owner, "request_key": key.request_key or ""}


def _seconds(time: tuple[int, int]) -> float:
    """What Redis' TIME gives, seconds and microseconds, as one number."""
    return time[0] + time[1] / 1e6


def _answer(answer_id: str) -> str:
    return f"{_PREFIX}:answer:{answer_id}"


def _frames(answer_id: str) -> str:
    return f"{_PREFIX}:frames:{answer_id}"


def _turn(place: str) -> str:
    return f"{_PREFIX}:turn:{place}"


def _conversation(conversation_id: str, owner: str) -> str:
    return f"{_PREFIX}:conversation:{conversation_id}:{owner}"


def _request(place: str, request_key: str) -> str:
    return f"{place}:{request_key}"
