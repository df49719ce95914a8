"""Gemini's REST API over one shared connection pool: requests, event streams and errors.

Called by `engines.gemini.llm`. google-genai makes several validated models of every piece of a stream, which costs five
times as much as reading it (benchmarks/streaming_cpu.py), and gives no control over the connection. Here the JSON is
used directly, and closing a stream closes its connection at once. Network failures and refusals by Gemini become
ModelErrors.
"""

import asyncio
import codecs
import contextlib
import json
import logging
import math
import re
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
import orjson

from engines.errors import (
    AnswerBlockedError,
    AnswerInterruptedError,
    AnswerStalledError,
    AnswerTruncatedError,
    ModelBusyError,
    ModelError,
    ModelKeyError,
    ModelRequestError,
    ModelUnavailableError,
    PromptBlockedError,
)

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
_DONE = b"[DONE]"  # ends the streams of other vendors, and of proxies that serve several vendors
_CONNECT_SECONDS = 10.0
# How long a connection is kept for the next question. With aiohttp's 15 s nearly every question on a quiet site had to
# reconnect, which takes two or three round trips to Google before the first token. Load balancers close after 60 s.
_IDLE_SECONDS = 55.0
_ERROR_BYTES = 65_536  # how much of an error's body is read

_LONGEST_LINE = 8 * 1024 * 1024  # bytes; Gemini's own are some hundred

_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)s?")
_BLOCKED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_RECITATION"}
)


class GeminiWire:
    """The connections to Gemini of one process."""

    def __init__(self, api_key: str, base_url: str | None = None) -> None:
        self._headers = {"x-goog-api-key": api_key, "content-type": "application/json"}
        self._base_url = base_url or GOOGLE
        # Created here and not at the first request, since it takes 80 ms.
        self.certificates = _certificates() if self._base_url.startswith("https:") else _no_certificates()
        self._proxy = _proxy_for(self._base_url)
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}  # a connection is of its loop

    async def generate(self, model: str, request: Json, *, seconds: float) -> Json:
        """The response with a whole answer; raises ModelError if none comes within `seconds`."""
        with _translated(begun=False, seconds=seconds):
            async with asyncio.timeout(seconds):
                response = await self._post(f"{_path(model)}:generateContent", request)
                try:
                    return _objects(await response.read())[0]
                finally:
                    response.close()

    async def stream(self, model: str, request: Json, *, seconds: float) -> "WireStream":
        """A stream whose response head has arrived; raises ModelError if it does not arrive within `seconds`."""
        with _translated(begun=False, seconds=seconds):
            async with asyncio.timeout(seconds):
                response = await self._post(f"{_path(model)}:streamGenerateContent?alt=sse", request)
        return WireStream(response)

    async def aclose(self) -> None:
        """Close all connections of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
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
        session = self._sessions.get(loop)
        if session is None:
            session = aiohttp.ClientSession(
                # No limit: as many streams as there are readers. Every wait has its own time limit.
                connector=aiohttp.TCPConnector(limit=0, ssl=self.certificates, keepalive_timeout=_IDLE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                # Not `trust_env`, with which each request reads ~/.netrc and the proxies again, each in a thread.
                proxy=self._proxy,
            )
            for closed in [each for each in list(self._sessions) if each.is_closed()]:
                self._sessions.pop(closed, None)
            self._sessions[loop] = session
        return session


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, HTTP_PROXY, NO_PROXY); None without one.

    aiohttp only supports proxies over plain HTTP. Any other proxy is not used, with a warning.
    """
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    if proxy and not proxy.startswith("http:"):
        # Without its value, which may contain a password.
        logger.warning(
            "Requests to Gemini do not use the proxy of %s_PROXY: its address must begin with http://",
            parts.scheme.upper(),
        )
        return None
    return proxy


class WireStream:
    """The JSON objects of one stream, in order."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._reader = EventReader()
        self._events: deque[bytes] = deque()
        self._objects: deque[Json] = deque()
        self._ended = False
        self._received = _TimedReader(response.content)

    async def next(self, *, seconds: float, begun: bool) -> Json | None:
        """The next object, None at the end; raises ModelError if none comes within `seconds`."""
        try:
            while not self._objects:
                if self._events:
                    self._objects.extend(_objects(self._events.popleft()))
                    break
                if self._ended:
                    return None
                received = await self._received.read(seconds)
                self._ended = not received
                events = self._reader.feed(received) if received else self._reader.end()
                self._events.extend(event for event in events if event != _DONE)
            return self._objects.popleft()
        except (aiohttp.ClientError, OSError, ValueError) as exc:  # a `with` would cost half as much as the reading
            raise _translation(exc, begun=begun, seconds=seconds) from exc

    def close(self) -> None:
        """Release the stream: its connection is closed at once, unless the stream was read to its end."""
        self._received.close()
        if self._ended:
            self._response.release()
        else:
            self._response.close()


class _TimedReader:
    """The bytes of a stream, with a time limit for each wait.

    One recurring timer serves a stream: a timer for each piece would cost a tenth of reading it.
    """

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content
        self._loop = asyncio.get_running_loop()
        self._until = math.inf  # when the present wait ends, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, seconds: float) -> bytes:
        """The received bytes, none at the end of the stream; raises TimeoutError after so many seconds."""
        self._until = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._until:
            self._look_again()
        try:
            return await self._content.readany()
        finally:
            self._until = math.inf

    def close(self) -> None:
        """Stop the timer."""
        if self._timer:
            self._timer.cancel()

    def _look_again(self) -> None:
        self.close()
        self._timer = self._loop.call_at(self._until, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._until <= self._loop.time():
            self._content.set_exception(TimeoutError())
        elif self._until < math.inf:
            self._look_again()


def _certificates() -> ssl.SSLContext:
    """The machine's certificates (and SSL_CERT_FILE's), and certifi's for machines that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _no_certificates() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _named(exc: Exception) -> str:
    """An error for the log. Not its `repr`: that of a response error contains the request's headers, and so the key."""
    return f"{type(exc).__name__}: {exc}"


def _path(model: str) -> str:
    return model if "/" in model else f"models/{model}"


def _objects(content: bytes) -> list[Json]:
    """The object, or the objects of an array, which Gemini sends without `alt=sse`; at least one."""
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError:
        # orjson accepts no byte order mark and no lone surrogate, with which a text that was cut may end.
        parsed = json.loads(content.decode("utf-8-sig"))
    objects = parsed if isinstance(parsed, list) else [parsed]
    if not objects or not all(isinstance(each, dict) for each in objects):
        raise orjson.JSONDecodeError("not an object", content.decode(errors="replace"), 0)
    return objects


@contextlib.contextmanager
def _translated(*, begun: bool, seconds: float) -> Iterator[None]:
    """Translate errors of the network and the parser inside the block to ModelErrors."""
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


class EventReader:
    """Takes the bytes of a stream in any pieces and returns the data of complete events."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, received: bytes) -> list[bytes]:
        """The data of the events that these bytes complete; raises ValueError for a line without an end."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError(f"a line of more than {_LONGEST_LINE} bytes")
        complete: list[bytes] = []
        for line in lines:
            self._take(line.rstrip(b"\r"), complete)
        return complete

    def end(self) -> list[bytes]:
        """The data of an event that the end of the stream left without its blank line."""
        complete: list[bytes] = []
        self._take(self._rest.rstrip(b"\r"), complete)
        self._take(b"", complete)
        self._rest = b""
        return complete

    def _take(self, line: bytes, complete: list[bytes]) -> None:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.startswith(b"data:"):
            self._data.append(line[5:].lstrip(b" "))
        elif not line:
            if self._data:
                complete.append(b"\n".join(self._data))
                self._data = []
        elif line[:1] in b'{}[]," \t':
            # Bare JSON over several lines: some errors in mid-stream, and the array of a proxy that drops `alt=sse`.
            self._data.append(line)


def error_for_status(status: int, body: Any, retry_after: str | None = None) -> ModelError:
    """The error for a response that is not 200, from its HTTP status, parsed body and Retry-After header."""
    error = error_object(body)
    cause = f"{status} {error.get('status', '')}: {error.get('message', '')}"
    if status == 429:
        return ModelBusyError(cause, retry_after_seconds=_retry_delay(error, retry_after))
    if status in {401, 403} or _names_the_key(error):
        return ModelKeyError(cause)
    if status == 408 or status >= 500:  # those of proxies, 520 to 529, are as transient as Gemini's own
        return ModelUnavailableError(cause, retry_after_seconds=_retry_delay(error, retry_after))
    return ModelRequestError(cause)


def error_object(body: Any) -> Mapping[str, Any]:
    """The `error` of a body, alone or first in a list; empty if there is none."""
    if isinstance(body, list):
        body = body[0] if body else None
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def raise_for_error(body: Mapping[str, Any], *, begun: bool) -> None:
    """Raise if an object of the stream is an error; `begun`: the reader has seen a word already."""
    if "error" not in body:  # nearly always
        return
    error = error_object(body)
    if not error:
        return
    status = error.get("code") if isinstance(error.get("code"), int) else 500
    translated = error_for_status(status or 500, body)
    raise AnswerInterruptedError(translated.cause) if begun else translated


def raise_for_block(body: Mapping[str, Any]) -> None:
    """Raise PromptBlockedError if the response says that the prompt was refused."""
    reason = (body.get("promptFeedback") or {}).get("blockReason")
    if reason and not body.get("candidates"):
        raise PromptBlockedError(str(reason))


def raise_for_finish(reason: str | None) -> None:
    """Raise the error for an end that is not a whole answer; `None` is a stream that ended without a reason."""
    if reason == "STOP":
        return
    if reason is None:
        raise AnswerInterruptedError("the stream ended without a finish reason")
    if reason == "MAX_TOKENS":
        raise AnswerTruncatedError(reason)
    if reason in _BLOCKED:
        raise AnswerBlockedError(reason)
    raise AnswerInterruptedError(reason)


def _names_the_key(error: Mapping[str, Any]) -> bool:
    reasons = {detail.get("reason") for detail in _details(error)}
    return "API_KEY_INVALID" in reasons or "API key" in str(error.get("message", ""))


def _retry_delay(error: Mapping[str, Any], retry_after: str | None) -> float | None:
    """The seconds of google.rpc.RetryInfo, or of the header; None if neither can be read."""
    said = [str(detail.get("retryDelay", "")) for detail in _details(error)]
    matches = (_SECONDS.fullmatch(text.strip()) for text in [*said, retry_after or ""])
    return next((float(match[1]) for match in matches if match), _seconds_until(retry_after))


def _seconds_until(date: str | None) -> float | None:
    """The seconds until the date of a Retry-After header; None if it is past or not a date."""
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    left = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return left if left > 0 else None


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, Mapping)] if isinstance(details, list) else []
