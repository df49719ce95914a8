"""The embedded engine for the event loop: the same calls as coroutines.

The engine holds the GIL during a call, so a thread would add its switches and free nothing. A call runs where it is
made; the lock lets one run in each turn of the loop, so that a crowd of readers never holds it for all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from storage.index.embedded.client import EmbeddedQdrant


class AsyncEmbeddedQdrant:
    """A duck-typed `AsyncQdrantClient` over an `EmbeddedQdrant`; the calls are those of its sync side."""

    def __init__(self, client: EmbeddedQdrant) -> None:
        self._client = client
        self._turn = asyncio.Lock()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._client, name)

        async def in_turn(*args: Any, **kwargs: Any) -> Any:
            async with self._turn:
                return call(*args, **kwargs)

        return in_turn
