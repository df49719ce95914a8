"""Reads a request's body: only JSON, up to a size limit and within a time limit.

`app.chat_request` and `app.limited_route` use it.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request

TOO_SLOW = "The request did not arrive in time."
# The rest of the body must not be taken for the next request, nor keep the connection open.
CLOSE = {"connection": "close"}


def require_json(request: Request) -> None:
    """Raise 415 for a body that is not declared as JSON.

    Browsers send other content types across origins without a preflight request; such requests must not be answered.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "The body must be JSON, with the header `content-type: application/json`.")


def has_body(request: Request) -> bool:
    """Whether the client announces a body."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def parts_in_time(parts: AsyncIterable[bytes], *, most_bytes: int, seconds: float) -> AsyncIterator[bytes]:
    """The body's chunks; raises 413 as soon as they are too large, 408 if the last one does not arrive in time.

    The bytes that arrive are counted, whatever length the client declares.
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
