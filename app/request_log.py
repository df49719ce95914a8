"""The log: one line for each request, with its id, as text or as JSON.

The id comes back in a header and in errors. No line of the log contains the text of a question, a token, or an address
with its query. Texts of a book, of a model and of readers may contain control characters that recolour, overwrite or
retitle a terminal, or write to its clipboard: `visible` removes them from the log and from the output of commands.
"""

import logging
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

REQUEST_ID_HEADER = "x-request-id"
_USABLE = re.compile(r"[A-Za-z0-9_.-]{8,100}")
_READERS_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# ECMA-48: command strings (OSC, DCS, SOS, PM, APC) up to their end on the same line, control sequences (CSI), other
# escapes; then every control character but the line feed and the tab.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_NAMES = {"levelname": "level", "name": "logger"}
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def visible(text: str) -> str:
    """The text without terminal escapes and control characters."""
    return _ESCAPES.sub("", text)


class VisibleFormatter(logging.Formatter):
    """Formats lines of the log, tracebacks included, without terminal escapes."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return visible(super().format(record))


def request_id() -> str | None:
    """The id of the request that this task answers."""
    return _request_id.get()


@contextmanager
def new_request_id() -> Iterator[str]:
    """Set a new id for what is answered in the block, before there is a request."""
    name = uuid.uuid4().hex
    token = _request_id.set(name)
    try:
        yield name
    finally:
        _request_id.reset(token)


def configure_logging(level: str, form: str) -> None:
    """Log as text, or, with `form` "json", as JSON, including uvicorn's own lines however it was started."""
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(VisibleFormatter(_TEXT))
    logging.basicConfig(level=level, handlers=[to_stderr])
    logging.getLogger("httpx").addFilter(shorten_ids)  # its lines have addresses of rows in Supabase, with readers' ids
    if form != "json":
        return
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_JsonFormatter("%(levelname)s %(name)s %(message)s", rename_fields=_NAMES))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True


def shorten_ids(record: logging.LogRecord) -> bool:
    """Cut the ids in a line of the log to their first eight characters, which are enough to follow a reader."""
    record.msg, record.args = _READERS_ID.sub(r"\1…", record.getMessage()), None
    return True


class _JsonFormatter(OrjsonFormatter):
    """One JSON object per line; the `extra` of a call becomes fields."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Add the time and the request's id to the line."""
        super().add_fields(log_data, record, message_dict)
        log_data.pop("color_message", None)  # uvicorn's line again, with colours for terminals
        log_data["time"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z"
        if _request_id.get():
            log_data.setdefault("request_id", _request_id.get())


class RequestLog:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        name = given if _USABLE.fullmatch(given) else uuid.uuid4().hex
        _request_id.set(name)
        started, answered = time.perf_counter(), False

        async def sending(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = name
                _answered(scope, message["status"], time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            if not answered:  # then Starlette answers, outside of this
                _answered(scope, 500, time.perf_counter() - started)
            raise


def _answered(scope: Scope, status: int, seconds: float) -> None:
    route = scope["route"].path if "route" in scope else "none"  # not the path, which may contain ids or anything else
    method = scope["method"] if scope["method"] in _METHODS else "other"
    services = getattr(scope["app"].state, "services", None)  # absent in a test without a lifespan
    if services is not None:
        services.metrics.request(method, route, status, seconds)
    level = logging.DEBUG if route in _PROBES else logging.INFO
    logger.log(
        level,
        "%s %s %d after %.0f ms",
        method,
        route,
        status,
        seconds * 1000,
        extra={
            "event": "request",
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        },
    )
