"""uvicorn's HTTP protocol with a time limit for a request's head; `bookrag serve` runs it.

uvicorn itself waits for a request's head without limit, so a client that sends one byte a minute keeps its connection.
The limit for bodies is in `app.request_body`.
"""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import error_body
from app.request_body import TOO_SLOW

_BODY = orjson.dumps(error_body("request_timeout", TOO_SLOW))
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """Answers 408 to a head that has begun and is not completed in time; closes a connection that sends nothing."""

    head_seconds = 15.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        self._begun = False  # whether a part of a head is there

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time limit of the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data; on an idle connection, start the time limit of the next head."""
        super().data_received(data)
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self._head is None and not self.transport.is_closing():
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the time limit: the head is complete."""
        self._stop_waiting()
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(self.head_seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        self._begun = False
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        self._head = None
        if self.transport.is_closing():
            return
        if self._begun:
            self.transport.write(_ANSWER)
        self.transport.close()
