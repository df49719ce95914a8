"""Requests that a stopping server cuts off: answers end as stopped, all else is refused in one line of the log.

uvicorn gives requests `SHUTDOWN_SECONDS` and then cancels them, just before the lifespan ends and stops the answers.
Left alone, each cancellation is a traceback in the log and a connection that breaks. Called by the routes that send
answers; `app.main` puts `RefusedWhileStopping` around the application.
"""

import asyncio
import logging
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import error_body

logger = logging.getLogger(__name__)

LAST_FRAMES_SECONDS = 5.0  # for the end of an answer that is being stopped, and stored
CODE = "server_stopping"
MESSAGE = "The server is being restarted. Please try again in a moment."


async def ends_though_cancelled(reading: "asyncio.Future[Any]") -> bool:
    """Whether what sends or reads an answer ends in a moment, in a request that was cancelled.

    Only a server that stops cancels requests, and it stops the answers then: their end is still to be sent.
    """
    ended, _ = await asyncio.wait({reading}, timeout=LAST_FRAMES_SECONDS)
    if not ended or reading.cancelled() or reading.exception():
        return False
    if task := asyncio.current_task():
        task.uncancel()
    return True


class RefusedWhileStopping:
    """ASGI middleware: a request that is cancelled before it is answered is 503, which clients may send again."""

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
            logger.warning("A request was cut off, as the server stops")
            if not answered:  # else uvicorn closes the connection
                refusal = JSONResponse(error_body(CODE, MESSAGE), 503, headers={"retry-after": "1"})
                await refusal(scope, receive, send)
