"""Reading a request's body: JSON alone, no more of it than may be needed, and no longer than a client takes to send it.

Both routes' ways of reading go through here: `app.chat_request` and `app.limited_route`.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request

TOO_SLOW = "The request did not arrive in time."
# What is left of the body must not pass for a next request, nor hold the connection.
CLOSE = {"connection": "close"}


def require_json(request: Request) -> None:
    """Raise 415 for a body that does not say that it is JSON.

    Browsers send other kinds across origins without asking first, and what a page elsewhere sends must not be answered.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "The body must be JSON, with the header `content-type: application/json`.")


def has_body(request: Request) -> bool:
    """Whether the client announces a body."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def parts_in_time(parts: AsyncIterable[bytes], *, most_bytes: int, seconds: float) -> AsyncIterator[bytes]:
    """The body's parts; 413 as soon as they are too many, 408 when the last one is not there in time.

    Whatever the client says of its length: what came is counted.
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
