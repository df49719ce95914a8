"""A server with Gemini's wire format, over real HTTP in a thread of its own; tests and benchmarks call it.

It answers `streamGenerateContent`, `generateContent` and `models.get`, misbehaves where it is told to, and keeps every
request it got with the moment its connection was closed. `python -m tests.gemini_server --help` runs it as a process.
"""

import argparse
import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self

import pytest

Ending = Literal["finish", "drop", "stall", "error", "silent"]

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """How the server answers one request."""

    chunks: tuple[str, ...] = ("The answer ", "stands in the book [1].")
    thoughts: tuple[str, ...] = ()  # sent before the chunks, marked as thoughts
    first_token_seconds: float = 0.0
    pace_seconds: float = 0.0
    status: int = 200
    error_status: str | None = None  # Gemini's name of the error; by default the one of `status`
    retry_delay_seconds: float | None = None
    finish_reason: str | None = "STOP"
    finish_with_text: bool = True  # whether the last piece of text and the finish reason share a chunk
    ending: Ending = "finish"
    block_reason: str | None = None
    prompt_tokens: int = 100
    answer_tokens: int | None = None  # by default one per chunk
    events: tuple[bytes, ...] = ()  # sent as they are, instead of all that is built from the fields above


@dataclass(slots=True)
class Received:
    """One request as it arrived, and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float
    sent: int = 0  # chunks
    begun: threading.Event = field(default_factory=threading.Event)  # set with the first chunk
    complete: bool = False  # whether the whole reply was written
    closed_at: float | None = None
    closed: threading.Event = field(default_factory=threading.Event)

    def cut_off(self) -> bool:
        """Whether the other side closed the connection before the reply was whole; waits for the one or the other."""
        return self.closed.wait(30) and not self.complete

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        return ":streamGenerateContent" in self.path

    @property
    def model(self) -> str:
        """The model's name in the address."""
        return self.path.split("/models/", 1)[-1].split(":", 1)[0].split("?", 1)[0]

    @property
    def system(self) -> str:
        """The system instruction's text."""
        parts = (self.body.get("systemInstruction") or {}).get("parts", [])
        return "".join(part.get("text", "") for part in parts)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Role and text of every message."""
        return [
            (item.get("role", ""), "".join(part.get("text", "") for part in item["parts"]))
            for item in self.body.get("contents", [])
        ]

    @property
    def everything(self) -> str:
        """The whole body as one text: what the model can have seen."""
        return json.dumps(self.body, ensure_ascii=False)


def wrong_key() -> Reply:
    """Gemini's answer to a key that it does not know: a 400, not a 401."""
    return Reply(status=400, error_status="INVALID_ARGUMENT:API_KEY_INVALID")


def _error_body(reply: Reply) -> dict[str, Any]:
    status, _, reason = (reply.error_status or STATUS_NAMES.get(reply.status, "UNKNOWN")).partition(":")
    details: list[dict[str, Any]] = []
    if reason:
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason})
    if reply.retry_delay_seconds is not None:
        delay = f"{reply.retry_delay_seconds:g}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    message = f"secret detail of {reply.status}"
    return {"error": {"code": reply.status, "message": message, "status": status, "details": details}}


def _candidate(text: str | None, finish: str | None, *, thought: bool = False) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0}
    if text is not None:
        part: dict[str, Any] = {"text": text}
        if thought:
            part["thought"] = True
        candidate["content"] = {"role": "model", "parts": [part]}
    if finish is not None:
        candidate["finishReason"] = finish
    return candidate


def _usage(reply: Reply, chunks: int) -> dict[str, int]:
    answer = reply.answer_tokens if reply.answer_tokens is not None else chunks
    return {
        "promptTokenCount": reply.prompt_tokens,
        "candidatesTokenCount": answer,
        "totalTokenCount": reply.prompt_tokens + answer,
    }


def stream_bodies(reply: Reply) -> list[dict[str, Any]]:
    """The JSON objects of the stream, in order."""
    if reply.block_reason:
        feedback = {"blockReason": reply.block_reason}
        return [{"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": reply.prompt_tokens}}]
    candidates = [_candidate(thought, None, thought=True) for thought in reply.thoughts]
    candidates += [_candidate(chunk, None) for chunk in reply.chunks]
    if reply.ending == "finish" and reply.finish_reason:
        if reply.chunks and reply.finish_with_text:
            candidates[-1]["finishReason"] = reply.finish_reason
        else:
            candidates.append(_candidate(None, reply.finish_reason))
    bodies: list[dict[str, Any]] = [{"candidates": [item], "modelVersion": "test"} for item in candidates]
    for count, body in enumerate(bodies):
        body["usageMetadata"] = _usage(reply, count + 1)
    if reply.ending == "error":
        error = Reply(status=503, error_status=reply.error_status)
        bodies.append(_error_body(error))
    return bodies


def _whole_body(reply: Reply) -> dict[str, Any]:
    if reply.block_reason:
        return {"promptFeedback": {"blockReason": reply.block_reason}}
    text = "".join(reply.chunks) if reply.chunks else None
    return {
        "candidates": [_candidate(text, reply.finish_reason)],
        "usageMetadata": _usage(reply, len(reply.chunks)),
        "modelVersion": "test",
    }


class _Connection(asyncio.Protocol):
    """One keep-alive connection; a timer writes the chunks of a stream."""

    def __init__(self, server: "GeminiServer", loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._current: Received | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # asyncio leaves Nagle's algorithm on for a socket that it did not make: 40 ms a reply.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        self._server.transports.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport:
            self._server.transports.discard(self._transport)
        if self._timer:
            self._timer.cancel()
        if self._current:
            self._close(self._current)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:])
        headers = {pair[0].lower(): pair[1] for pair in pairs if len(pair) == 2}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, path, _ = lines[0].split(" ", 2)
        body = json.loads(rest[:length]) if length else {}
        self._answer(Received(method, path, headers, body, time.monotonic()))

    def _answer(self, received: Received) -> None:
        self._current = received
        reply = self._server.take(received)
        if received.method == "GET":
            name = f"models/{received.model}"
            self._write_json({"name": name, "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536}, 200)
        elif reply.status != 200:
            self._later(reply.first_token_seconds, lambda: self._write_json(_error_body(reply), reply.status))
        elif received.streamed:
            self._start_stream(received, reply)
        else:
            self._later(reply.first_token_seconds, lambda: self._write_json(_whole_body(reply), 200))

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(seconds, call)

    def _write_json(self, body: dict[str, Any], status: int) -> None:
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        self._write(head.encode() + content)
        self._done()

    def _start_stream(self, received: Received, reply: Reply) -> None:
        frames = self._server.frames(reply)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        state = iter(frames)

        def step() -> None:
            frame = next(state, None)
            if frame is None:
                self._end_stream(reply)
                return
            self._write(frame)
            received.sent += 1
            received.begun.set()
            self._later(reply.pace_seconds, step)

        self._write(head)
        self._later(reply.first_token_seconds, step)

    def _end_stream(self, reply: Reply) -> None:
        if reply.ending == "drop":
            assert self._transport is not None
            self._transport.abort()
        elif reply.ending != "stall":
            self._write(b"0\r\n\r\n")
            self._done()

    def _done(self) -> None:
        if self._current:
            self._current.complete = True
            self._close(self._current)
            self._current = None

    def _close(self, received: Received) -> None:
        received.closed_at = time.monotonic()
        received.closed.set()

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)


class GeminiServer:
    """The server; `with GeminiServer() as server` runs it on a free port of this machine."""

    def __init__(self, reply: Reply | None = None, *, port: int = 0) -> None:
        self.reply = reply or Reply()
        self.requests: list[Received] = []
        self.transports: set[asyncio.Transport] = set()  # of the connections that are open
        self.condense = Reply(chunks=("What is a condensed question?",))
        self.of_model: dict[str, Reply] = {}  # what a model always replies, instead of all others
        self._scripted: deque[Reply] = deque()
        self._whole: deque[Reply] = deque()
        self._frames: dict[Reply, list[bytes]] = {}
        self.asked = threading.Event()  # set with the first request
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gemini-server", daemon=True)

    def script(self, *replies: Reply) -> None:
        """Answer the next streams with these replies, one each; later ones with `reply` again."""
        self._scripted.extend(replies)

    def script_whole(self, *replies: Reply) -> None:
        """The replies to the next requests for a whole answer, in order; after them `condense` again."""
        self._whole.extend(replies)

    def take(self, received: Received) -> Reply:
        """Keep a request and choose its reply."""
        self.requests.append(received)
        self.asked.set()
        if received.method == "GET":
            return self.reply
        if received.model in self.of_model:
            return self.of_model[received.model]
        if not received.streamed:
            return self._whole.popleft() if self._whole else self.condense
        return self._scripted.popleft() if self._scripted else self.reply

    def frames(self, reply: Reply) -> list[bytes]:
        """The reply's stream as chunks of HTTP, encoded once: benchmarks measure the client and not this."""
        if reply not in self._frames:
            events = list(reply.events) or [
                f"data: {json.dumps(body)}\r\n\r\n".encode() for body in stream_bodies(reply)
            ]
            self._frames[reply] = [f"{len(event):x}\r\n".encode() + event + b"\r\n" for event in events]
        return self._frames[reply]

    @property
    def streams(self) -> list[Received]:
        """The requests for a stream."""
        return [received for received in self.requests if received.streamed]

    @property
    def condensations(self) -> list[Received]:
        """The requests for a whole answer, as the condense step sends them."""
        return [item for item in self.requests if item.method == "POST" and not item.streamed]

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()  # a loop that is stopped before it runs is never closed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        loop = self._loop
        server = loop.run_until_complete(loop.create_server(lambda: _Connection(self, loop), sock=self._socket))
        loop.call_soon(self._started.set)
        try:
            loop.run_forever()
        finally:
            server.close()
            for transport in tuple(self.transports):
                transport.abort()
            loop.run_until_complete(asyncio.sleep(0.01))
            loop.close()


def gemini_fixture(
    reply: Reply | None = None, *, condense: str | None = None, scope: Literal["module", "function"] = "module"
) -> Callable[..., Iterator[GeminiServer]]:
    """The fixture `gemini` of a test module: a server with its reply, and with the question it condenses others to."""

    @pytest.fixture(name="gemini", scope=scope)
    def gemini() -> Iterator[GeminiServer]:
        with GeminiServer(reply) as server:
            if condense is not None:
                server.condense = Reply(chunks=(condense,))
            yield server

    return gemini


def serve(arguments: list[str] | None = None) -> None:
    """Run the server until the process is ended; prints its address first."""
    parser = argparse.ArgumentParser(description=serve.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=20)
    parser.add_argument("--first-token-seconds", type=float, default=0.3)
    parser.add_argument("--pace-seconds", type=float, default=0.2)
    options = parser.parse_args(arguments)
    words = tuple(f"word {number} of the answer [1], " for number in range(options.chunks))
    reply = replace(
        Reply(chunks=words),
        first_token_seconds=options.first_token_seconds,
        pace_seconds=options.pace_seconds,
    )
    with GeminiServer(reply, port=options.port) as server:
        print(server.url, flush=True)  # noqa: T201 - the caller reads the address
        threading.Event().wait()


if __name__ == "__main__":
    serve()
