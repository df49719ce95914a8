"""Gemini's REST interface over one shared pool of connections; `engines.gemini.llm` calls it.

google-genai makes several validated models of every piece of a stream, which costs five times as much as reading it
(benchmarks/streaming_cpu.py), and gives no hold of the connection. Here the JSON is read as it is, and a stream's
connection is closed the moment it is let go.
"""

import asyncio
import contextlib
import json
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import certifi
import orjson

from engines.errors import (
    AnswerInterruptedError,
    AnswerStalledError,
    ModelError,
    ModelRequestError,
    ModelUnavailableError,
)
from engines.gemini.response_errors import error_for_status
from engines.gemini.sse import EventReader

Json = Mapping[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
_DONE = b"[DONE]"  # how other vendors' streams end, and so those of proxies that speak for several
_CONNECT_SECONDS = 10.0
_ERROR_BYTES = 65_536  # as much of an error's body as is read


class GeminiWire:
    """The connections to Gemini of one process."""

    def __init__(self, api_key: str, base_url: str | None = None) -> None:
        self._headers = {"x-goog-api-key": api_key, "content-type": "application/json"}
        self._base_url = base_url or GOOGLE
        # Made here and not with the first request: it takes 80 ms.
        self.certificates = _certificates() if self._base_url.startswith("https:") else _no_certificates()
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def generate(self, model: str, request: Json, *, seconds: float) -> Json:
        """A whole answer."""
        with _translated(begun=False, seconds=seconds):
            async with asyncio.timeout(seconds):
                response = await self._post(f"{_path(model)}:generateContent", request)
                try:
                    return _objects(await response.read())[0]
                finally:
                    response.close()

    async def stream(self, model: str, request: Json, *, seconds: float) -> "WireStream":
        """A stream whose head has come."""
        with _translated(begun=False, seconds=seconds):
            async with asyncio.timeout(seconds):
                response = await self._post(f"{_path(model)}:streamGenerateContent?alt=sse", request)
        return WireStream(response)

    async def aclose(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, path: str, request: Json) -> aiohttp.ClientResponse:
        response = await self._open_session().post(
            f"{self._base_url}/v1beta/{path}",
            data=orjson.dumps(request),
            headers=self._headers,
            allow_redirects=False,
        )
        if response.status == 200:
            return response
        try:
            content = await response.content.read(_ERROR_BYTES)
            content = content.replace(self._headers["x-goog-api-key"].encode(), b"[key]")  # a proxy may echo it
        finally:
            response.close()
        with contextlib.suppress(orjson.JSONDecodeError):
            raise error_for_status(response.status, orjson.loads(content), response.headers.get("retry-after"))
        raise error_for_status(response.status, None, response.headers.get("retry-after"))

    def _open_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._session = aiohttp.ClientSession(
                # No limit: as many streams as there are readers. Every wait has its own limit where it is made.
                connector=aiohttp.TCPConnector(limit=0, ssl=self.certificates),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                trust_env=True,  # HTTPS_PROXY
            )
            self._loop = loop
        return self._session


class WireStream:
    """The JSON objects of one stream, in order."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._reader = EventReader()
        self._events: deque[bytes] = deque()
        self._objects: deque[Json] = deque()
        self._ended = False

    async def next(self, *, seconds: float, begun: bool) -> Json | None:
        """The next object, None at the end; raises ModelError where none comes within `seconds`."""
        try:
            while not self._objects:
                if self._events:
                    self._objects.extend(_objects(self._events.popleft()))
                    break
                if self._ended:
                    return None
                async with asyncio.timeout(seconds):
                    received = await self._response.content.readany()
                self._ended = not received
                events = self._reader.feed(received) if received else self._reader.end()
                self._events.extend(event for event in events if event != _DONE)
            return self._objects.popleft()
        except (aiohttp.ClientError, OSError, ValueError) as exc:  # a `with` would cost half as much as the reading
            raise _translation(exc, begun=begun, seconds=seconds) from exc

    def close(self) -> None:
        """Let go of the stream: its connection is closed now, unless the stream has been read to its end."""
        if self._ended:
            self._response.release()
        else:
            self._response.close()


def _certificates() -> ssl.SSLContext:
    """The machine's own certificates (and SSL_CERT_FILE's), with certifi's for machines that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _no_certificates() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _named(exc: Exception) -> str:
    """An error for the log. Not its `repr`: that of a response error holds the request's headers, and so the key."""
    return f"{type(exc).__name__}: {exc}"


def _path(model: str) -> str:
    return model if "/" in model else f"models/{model}"


def _objects(content: bytes) -> list[Json]:
    """The object, or the objects of an array, which is what the address sends without `alt=sse`; at least one."""
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError:
        # orjson takes no byte order mark and no half of a surrogate pair, which a text cut in two may end with.
        parsed = json.loads(content.decode("utf-8-sig"))
    objects = parsed if isinstance(parsed, list) else [parsed]
    if not objects or not all(isinstance(each, dict) for each in objects):
        raise orjson.JSONDecodeError("not an object", content.decode(errors="replace"), 0)
    return objects


@contextlib.contextmanager
def _translated(*, begun: bool, seconds: float) -> Iterator[None]:
    """Turn what the network and the parser raise inside the block into a ModelError."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as exc:
        raise _translation(exc, begun=begun, seconds=seconds) from exc


def _translation(exc: Exception, *, begun: bool, seconds: float) -> ModelError:
    """The project's error for one of the network's (TimeoutError is an OSError) or of the parser's."""
    if isinstance(exc, TimeoutError):
        return AnswerStalledError(f"nothing for {seconds:g} s")
    if isinstance(exc, aiohttp.InvalidURL):
        return ModelRequestError(_named(exc))
    # ValueError: no JSON, or a line without an end
    return (AnswerInterruptedError if begun else ModelUnavailableError)(_named(exc))
