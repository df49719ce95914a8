"""Lets one question of a conversation start at a time, by a lock in this process and one for all processes."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from storage.errors import ConversationBusyError, StorageUnavailableError
from storage.running_answers.store import RunningAnswers

POLL_SECONDS = 0.1
LOCK_SECONDS = 15.0  # time to store a question and begin its answer; the lock of a process that dies meanwhile expires

Place = tuple[str, str]  # a conversation and its owner
EndOfPrevious = Callable[[float], Awaitable[bool]]  # waits at most this long; whether nothing is being written


@dataclass(slots=True)
class _LocalLock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0  # that hold the lock or wait for it


class ConversationLock:
    """Locks for starting an answer in a conversation."""

    def __init__(self, log: RunningAnswers, busy_seconds: float) -> None:
        self._log = log
        self._busy_seconds = busy_seconds
        self._local: dict[Place, _LocalLock] = {}

    @asynccontextmanager
    async def in_process(self, place: Place) -> AsyncIterator[None]:
        """Run one block at a time in this process, in the order of arrival."""
        local = self._local.setdefault(place, _LocalLock())
        local.users += 1
        try:
            async with local.lock:
                yield
        finally:
            local.users -= 1
            if not local.users:
                del self._local[place]

    @asynccontextmanager
    async def across_processes(self, place: Place, previous_ended: EndOfPrevious) -> AsyncIterator[None]:
        """Hold the lock of all processes; raises ConversationBusyError if it is not free in time."""
        name, holder = ":".join(place), uuid.uuid4().hex
        deadline = asyncio.get_running_loop().time() + self._busy_seconds
        while not await self._taken(name, holder, deadline, previous_ended):
            if asyncio.get_running_loop().time() >= deadline:
                raise ConversationBusyError("The previous answer is still being written.")
            await asyncio.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            with suppress(StorageUnavailableError):
                await self._log.release(name, holder)

    async def _taken(self, name: str, holder: str, deadline: float, previous_ended: EndOfPrevious) -> bool:
        """Whether the lock was taken while no answer is being written; an unavailable log counts as taken."""
        try:
            if not await previous_ended(deadline - asyncio.get_running_loop().time()):
                return False
            if not await self._log.acquire(name, holder, LOCK_SECONDS):
                return False
            if await previous_ended(0):
                return True
            await self._log.release(name, holder)
        except StorageUnavailableError:
            return True
        return False
