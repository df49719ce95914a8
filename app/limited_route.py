"""A route for what is private and small: it reads no more of a body than it may need, and nobody caches its answer."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

MAX_BODY_BYTES = 64 * 1024


class _LimitedRequest(Request):
    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body's parts; 413 as soon as they are too many, whatever the client says of their length."""
        size = 0
        async for part in super().stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise HTTPException(413, f"The body may have {MAX_BODY_BYTES // 1024} KB.")
            yield part


class LimitedRoute(APIRoute):
    """For routers whose bodies are small: `APIRouter(route_class=LimitedRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, given a request that stops reading where FastAPI would read all that is sent."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            response = await handle(_LimitedRequest(request.scope, request.receive))
            response.headers.setdefault("cache-control", "no-store")  # tokens and what readers asked
            return response

        return limited
