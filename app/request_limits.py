"""Limits on a request: size, lines and time of its head; type, size and time of its body; its end at a shutdown.

uvicorn reads a head of any size into memory, and waits for it without limit. `bookrag serve` runs
`LimitedHeadProtocol`; `limit_heads` substitutes it for uvicorn's own under `uvicorn app.main:app` and gunicorn.
`app.chat_request` reads its body with `parts_in_time`; routers with small JSON bodies use `LimitedRoute`.

A stopping uvicorn waits `SHUTDOWN_SECONDS`, then cancels the requests that still run; just after that the lifespan ends
and stops the answers. Two things keep each cancellation from being a traceback in the log and a broken connection:
`app.main` wraps the application in `RefusedWhileStopping`, and code that sends answers calls `ends_though_cancelled`.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.errors import error_body
from app.request_log import new_request_id

logger = logging.getLogger(__name__)

HEAD_BYTES = 32 * 1024  # the request line, its headers and, after a chunked body, its trailers
HEAD_LINES = 100
MOST_WAITING = 16  # pipelined requests of one connection; each is an object of some KB
LINGER_SECONDS = 1.0  # time for a client that is still sending to read why it was refused
TOO_LARGE = f"The request's head may have {HEAD_BYTES // 1024} KB and {HEAD_LINES} lines."

TOO_SLOW = "The request did not arrive in time."
# The rest of the body must neither be taken for the next request nor keep the connection open.
CLOSE = {"connection": "close"}

MAX_BODY_BYTES = 64 * 1024  # of a `LimitedRoute`

LAST_FRAMES_SECONDS = 5.0  # for the end of an answer that is being stopped and stored
STOPPING_CODE = "server_stopping"
STOPPING = "The server is being restarted. Please try again in a moment."


_TIMED_OUT = (b"408 Request Timeout", "request_timeout", TOO_SLOW)
_OVERSIZED = (b"431 Request Header Fields Too Large", "head_too_large", TOO_LARGE)
_MALFORMED = (b"400 Bad Request", "bad_request", "This is not an HTTP request.")


def _answer(status: bytes, code: str, message: str) -> bytes:
    """The response to a head that the application never sees."""
    with new_request_id() as name:
        body = orjson.dumps(error_body(code, message))
        logger.info("refused a request's head with %s", status.decode())
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\nx-request-id: %s\r\n"
    return head % (status, name.encode()) + b"content-length: %d\r\n\r\n" % len(body) + body


class HeadTooLargeError(Exception):
    """Raised in the parser's callbacks, upon which uvicorn ends the connection."""


class TooManyWaitingError(Exception):
    """Raised in the parser's callbacks, so that the rest of the received data is not parsed."""


class WrongHostError(Exception):
    """Raised in the parser's callbacks for a head without `Host`, or with several (RFC 9112, 3.2)."""


class LimitedHeadProtocol(HttpToolsProtocol):
    """Answers 408 to a head that is too slow and 431 to one that is too large; closes a connection that sends nothing.

    Under every server it also has no access log, which would contain what readers searched for, and no WebSockets.
    """

    head_seconds = 15.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.ws_protocol_class = None
        self._head: asyncio.TimerHandle | None = None
        self._begun = False  # whether a part of a head has arrived
        self._bytes = self._lines = 0  # of this request's parsed head and trailers
        self._unparsed = 0  # bytes since the parser last completed anything: at most one unfinished line
        self._progressed = False
        self._oversized = self._refused = False

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
        if self._refused:
            return
        self._progressed = False
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return
        self._unparsed = 0 if self._progressed else self._unparsed + len(data)
        idle = self.cycle is None or self.cycle.response_complete
        if self._unparsed > HEAD_BYTES:
            self._oversized = True
            self.send_400_response("")
        elif idle and self._head is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        self._begun = self._progressed = True
        self._bytes = self._lines = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Receive a part of the address."""
        self._count(len(url), 0)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receive a header or a trailer."""
        self._count(len(name) + len(value) + len(b": \r\n"), 1)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the time limit: the head is complete."""
        self._progressed = True
        self._stop_waiting()
        hosts = sum(name.lower() == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise WrongHostError
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope["http_version"] == "1.0":
            _end_by_closing(self.cycle)
        if len(self.pipeline) >= MOST_WAITING:
            self._take_no_more()

    def on_body(self, body: bytes) -> None:
        """Receive a part of the body."""
        self._progressed = True
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """End the connection: 431 for a head that is too large, 400 for anything but HTTP.

        Further data is discarded for a moment: closing at once would reset the connection, and the client would lose
        the response.
        """
        if self._refused:
            return
        self._refused = True
        self._stop_waiting()
        self.transport.write(_answer(*(_OVERSIZED if self._oversized else _MALFORMED)))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _take_no_more(self) -> None:
        """Answer the waiting requests, then close the connection; data after them is discarded."""
        newest, _ = self.pipeline[0]
        newest.keep_alive = False
        self._refused = True
        raise TooManyWaitingError

    def _count(self, size: int, lines: int) -> None:
        self._bytes += size
        self._lines += lines
        if self._bytes > HEAD_BYTES or self._lines > HEAD_LINES:
            self._oversized = True
            raise HeadTooLargeError

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
            self.transport.write(_answer(*_TIMED_OUT))
        self.transport.close()


def _end_by_closing(cycle: RequestResponseCycle) -> None:
    """End a response to HTTP/1.0 without a length by closing its connection; uvicorn would use HTTP/1.1's framing."""
    send = cycle.send
    endless = False

    async def send_unframed(message: Any) -> None:
        nonlocal endless
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            endless = b"content-length" not in names and message["status"] not in (204, 304)
            if endless:
                cycle.chunked_encoding, cycle.expected_content_length = False, sys.maxsize
        elif endless and message["type"] == "http.response.body" and not message.get("more_body", False):
            cycle.expected_content_length = len(message.get("body", b""))
        await send(message)

    cycle.send = send_unframed  # type: ignore[method-assign]


def limit_heads() -> None:
    """Replace uvicorn's own protocol by the limited one, for servers that were started without `bookrag serve`.

    uvicorn chooses its protocol class before it imports the application, and creates an instance for each connection;
    from here on those have the limits.
    """

    def limited(cls: type[HttpToolsProtocol], *_: Any, **__: Any) -> HttpToolsProtocol:
        return object.__new__(LimitedHeadProtocol if cls is HttpToolsProtocol else cls)

    HttpToolsProtocol.__new__ = limited  # type: ignore[method-assign, assignment]


def require_json(request: Request) -> None:
    """Raise 415 for a body that is not declared as JSON, or is compressed.

    Browsers send other content types across origins without a preflight request; such requests must be refused.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "The body must be JSON, with the header `content-type: application/json`.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise HTTPException(415, "The body must not be compressed: it has the header `content-encoding`.")


def has_body(request: Request) -> bool:
    """Whether the client announces a body."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def parts_in_time(parts: AsyncIterable[bytes], *, most_bytes: int, seconds: float) -> AsyncIterator[bytes]:
    """The body's chunks; raises 413 as soon as they are too large, 408 if the last one does not arrive in time.

    The received bytes are counted, whatever length the client declares.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    iterator, size = aiter(parts), 0
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                part = await anext(iterator)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HTTPException(408, TOO_SLOW, headers=CLOSE) from None
        size += len(part)
        if size > most_bytes:
            raise HTTPException(413, f"The body may have {most_bytes // 1024} KB.", headers=CLOSE)
        yield part


class _LimitedRequest(Request):
    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body's chunks, within the limits."""
        seconds = self.app.state.services.settings.body_seconds
        async for part in parts_in_time(super().stream(), most_bytes=MAX_BODY_BYTES, seconds=seconds):
            yield part


class LimitedRoute(APIRoute):
    """Use as `APIRouter(route_class=LimitedRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a request whose body is limited; FastAPI itself would read all of it."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            if has_body(request):
                require_json(request)
            response = await handle(_LimitedRequest(request.scope, request.receive))
            response.headers.setdefault("cache-control", "no-store")  # tokens and readers' questions
            return response

        return limited


async def ends_though_cancelled(reading: "asyncio.Future[Any]") -> bool:
    """In a cancelled request, wait a moment for `reading`, which sends or reads an answer; whether it ended.

    Only a stopping server cancels requests. It stops the answers too, and their last frames must still be sent.
    """
    ended, _ = await asyncio.wait({reading}, timeout=LAST_FRAMES_SECONDS)
    if not ended or reading.cancelled() or reading.exception():
        return False
    if task := asyncio.current_task():
        task.uncancel()
    return True


class RefusedWhileStopping:
    """ASGI middleware: a request that is cancelled before it is answered gets 503, after which clients may retry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answered = False

        async def sending(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            logger.warning("A request was cut off because the server is stopping")
            if not answered:  # otherwise uvicorn closes the connection
                refusal = JSONResponse(error_body(STOPPING_CODE, STOPPING), 503, headers={"retry-after": "1"})
                await refusal(scope, receive, send)
