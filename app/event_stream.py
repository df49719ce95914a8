"""The HTTP response of a UI message stream: its headers, its frames as server-sent events, and its keepalives.

Clients before July 2026 reject unknown keys on known parts, so what is ours travels in `data-*` parts and in
`messageMetadata` alone.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STREAM_HEADERS = {
    "content-type": "text/event-stream",  # without a charset: some clients compare strictly
    "cache-control": "no-cache, no-transform",  # a proxy that compresses would keep the answer to its end
    "x-vercel-ai-ui-message-stream": "v1",
    "x-accel-buffering": "no",
}
DONE = b"data: [DONE]\n\n"
KEEPALIVE = b": keepalive\n\n"
KEEPALIVE_SECONDS = 10.0  # proxies close what is silent for 15 to 60 s


def frame(part: Mapping[str, Any]) -> bytes:
    """One part as one server-sent event."""
    return b"data: " + orjson.dumps(part) + b"\n\n"


class EventStream(Response):
    """Sends frames as they come and a comment in every silence; closes `frames` when the client disconnects."""

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str] | None = None,
        keepalive_seconds: float = KEEPALIVE_SECONDS,
    ) -> None:
        self.frames = frames
        self.keepalive_seconds = keepalive_seconds
        self.status_code = 200
        self.background = None
        every = STREAM_HEADERS | dict(headers or {})
        self.raw_headers = [(name.encode(), value.encode()) for name, value in every.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run as an ASGI application."""
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(disconnected(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()  # does nothing to one that is done
            with contextlib.suppress(asyncio.CancelledError, OSError):  # OSError: the connection broke
                await sending

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        loop = asyncio.get_running_loop()
        self._sent_at = loop.time()
        keepalive = asyncio.ensure_future(self._keep_alive(send))
        try:
            async with contextlib.aclosing(self.frames) as frames:
                async for data in frames:
                    self._sent_at = loop.time()
                    await send({"type": "http.response.body", "body": data, "more_body": True})
        finally:
            keepalive.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self, send: Send) -> None:
        """Send a comment whenever nothing was sent for a while; one timer for each stream, not for each chunk."""
        loop = asyncio.get_running_loop()
        while True:
            silent = loop.time() - self._sent_at
            if silent >= self.keepalive_seconds:
                self._sent_at = loop.time()
                await send({"type": "http.response.body", "body": KEEPALIVE, "more_body": True})
            else:
                await asyncio.sleep(self.keepalive_seconds - silent)


async def disconnected(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
