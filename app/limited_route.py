"""A route for small, private requests: its body is limited in size and time, and its response is not cached."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.request_body import has_body, parts_in_time, require_json

MAX_BODY_BYTES = 64 * 1024


class _LimitedRequest(Request):
    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body's chunks, within the limits."""
        seconds = self.app.state.services.settings.body_seconds
        async for part in parts_in_time(super().stream(), most_bytes=MAX_BODY_BYTES, seconds=seconds):
            yield part


class LimitedRoute(APIRoute):
    """Use as `APIRouter(route_class=LimitedRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a request whose body is limited; FastAPI alone would read all of it."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            if has_body(request):
                require_json(request)
            response = await handle(_LimitedRequest(request.scope, request.receive))
            response.headers.setdefault("cache-control", "no-store")  # tokens and what readers asked
            return response

        return limited
