"""The live build as a server sees it: opened before it is searched, followed when the alias moves, searched until then.

A build is searched by its own name and not by the alias, so that an answer's chunks come from where its ids came from.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from storage.errors import BookragError, IndexMissingError, NotFoundError
from storage.vectors.build_record import BuildRecord, check_spec
from storage.vectors.engine import Engine
from storage.vectors.pinned_build import PinnedBuild
from storage.vectors.spec import IndexSpec

_log = logging.getLogger(__name__)
T = TypeVar("T")

_GRACE_SECONDS = 30.0  # an answer fetches its chunks a moment after it found them; a slow rerank takes seconds
_LOOKS = 5  # at the alias, for a question whose build was pruned just then: builds do not follow each other so fast


@dataclass(frozen=True, slots=True)
class _Generation:
    build: PinnedBuild
    mismatch: BookragError | None


class LiveIndex:
    """Follows the alias of one event loop at a time."""

    def __init__(self, engine: Engine, alias: str, spec: IndexSpec | None) -> None:
        self._engine = engine
        self._alias = alias
        self._spec = spec
        self._generation: _Generation | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._follower: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def expect(self, spec: IndexSpec) -> None:
        """Compare the live build with these settings."""
        self._spec = spec
        if self._generation is not None:
            build = self._generation.build
            self._generation = _Generation(build, self._mismatch(build.record))

    async def read(self, work: Callable[[PinnedBuild], Awaitable[T]], build: PinnedBuild | None = None) -> T:
        """The result of `work` on a build: the one that a question was begun with, else the live one.

        Where that build was pruned meanwhile, the work is done again on the one that is live now.
        """
        for _ in range(_LOOKS):
            try:
                return await work(build or await self.pin())
            except NotFoundError:
                build = None
                await self._refresh()
        return await work(await self.pin())

    async def pin(self) -> PinnedBuild:
        """The live build, to be read by its own name from now on; raises where there is none that can be read."""
        generation = self._generation if self._is_followed() else None
        if generation is None:
            await self.start()
            generation = self._generation
        if generation is None:
            raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
        if generation.mismatch is not None:
            raise generation.mismatch
        return generation.build

    async def start(self) -> None:
        """Open the live build and begin to follow the alias."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._generation, self._follower = loop, None, None
            self._turn, self._retiring = asyncio.Lock(), set()
        await self._refresh()
        if self._follower is None or self._follower.done():
            self._follower = loop.create_task(self._follow())

    async def aclose(self) -> None:
        """Stop following."""
        tasks = [task for task in (self._follower, *self._retiring) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._follower, self._generation = None, None

    def _is_followed(self) -> bool:
        return self._loop is asyncio.get_running_loop() and self._follower is not None and not self._follower.done()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._engine.poll_seconds)
            try:
                await self._refresh()
            except BookragError as exc:
                _log.warning("The live build cannot be followed, the last one is searched on: %s", exc)

    async def _refresh(self) -> None:
        """Look where the alias points, and open that build before the first question goes to it."""
        async with self._turn:
            for _ in range(_LOOKS):
                with suppress(NotFoundError):  # pruned, as another was published, between the look and the opening
                    await self._look()
                    return
            await self._look()

    async def _look(self) -> None:
        aliases = (await self._engine.aclient.get_aliases()).aliases
        name = next((item.collection_name for item in aliases if item.alias_name == self._alias), None)
        before = self._generation
        if name is None or (before is not None and before.build.name == name):
            if name is None:
                self._generation = None
            return
        metadata = (await self._engine.aclient.get_collection(name)).config.metadata
        record = BuildRecord.from_metadata(metadata)
        await self._engine.open(name)
        self._generation = _Generation(PinnedBuild(self._engine, record), self._mismatch(record))
        _log.info("The build %s is live.", name)
        if before is not None:
            self._retire(before.build.name)

    def _mismatch(self, record: BuildRecord) -> BookragError | None:
        if self._spec is None:
            return None
        try:
            check_spec(record, self._spec)
        except BookragError as exc:
            _log.error("%s", exc)
            return exc
        return None

    def _retire(self, name: str) -> None:
        async def later() -> None:
            await asyncio.sleep(_GRACE_SECONDS)
            if self._generation is None or self._generation.build.name != name:  # a rollback may have brought it back
                await self._engine.release(name)

        task = asyncio.get_running_loop().create_task(later())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
