"""A small real HTTP server for the chat page: serves the page, and answers questions with what a test wrote down."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Self

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from playwright.sync_api import Page, expect
from starlette.responses import Response, StreamingResponse

from app.chat_ui.router import page_router
from app.ui_message_stream import DONE, STREAM_HEADERS, frame
from app.widget.router import widget_router
from tests.app_thread import listening

LONG = 30.0  # seconds that no test waits
ORIGIN = "https://book.example"

SOURCES: list[dict[str, Any]] = [
    {
        "number": number,
        "id": f"chunk-{number}",
        "url": f"{ORIGIN}/docs/balance#{anchor}",
        "title": "Balance",
        "heading_path": ["Standing", heading],
        "text": text,
        "score": 0.5 / number,
    }
    for number, anchor, heading, text in (
        (1, "zmp", "The zero moment point", "The **ZMP** stays inside. <img src=x onerror=hacked()> `code`"),
        (2, "polygon", "The support polygon", "The hull of all contacts.\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        (3, "model", "The linear model", "With a constant height it is linear: $\\ddot{x} = \\omega^2 x$."),
    )
]


@dataclass
class Script:
    """What answers one question: a status with a body, or pieces of a stream.

    A number is a pause in seconds; at an event the stream waits until the test sets it, as when the page has shown what
    came: of a connection that breaks, a page may lose what it has not read yet.
    """

    pieces: Sequence[bytes | float | Event] = ()
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    cut: bool = False  # the connection breaks at the end
    headers: dict[str, str] = field(default_factory=dict)  # of an answer with another status than 200


def opening(
    conversation: str | None = None,
    *,
    verdict: str = "covered",
    sources: Iterable[dict[str, Any]] = SOURCES,
    understood: dict[str, Any] | None = None,
) -> bytes:
    """All that comes before the first word."""
    metadata = {"message_id": "m-1", "build": "b-1"} | ({"conversation_id": conversation} if conversation else {})
    parts: list[dict[str, Any]] = [
        {"type": "start", "messageId": "m-1", "messageMetadata": metadata},
        {"type": "start-step"},
        *({"type": "source-url", "sourceId": str(s["number"]), "url": s["url"], "title": s["title"]} for s in sources),
        {"type": "data-sources", "data": list(sources)},
        *([{"type": "data-understood", "data": understood}] if understood else []),
        {
            "type": "data-grounding",
            "data": {"grounded": verdict != "not_covered", "verdict": verdict, "score": 0.9, "threshold": 0.5},
        },
        {"type": "text-start", "id": "answer"},
    ]
    return b"".join(map(frame, parts))


def delta(text: str) -> bytes:
    """A piece of text."""
    return frame({"type": "text-delta", "id": "answer", "delta": text})


def closing(citations: dict[str, Any] | None = None, *, reason: str = "stop", model: str | None = "m") -> bytes:
    """All that comes after the last word; without a model, passages were quoted."""
    parts: list[dict[str, Any]] = [{"type": "data-citations", "data": citations}] if citations else []
    parts += [
        {"type": "text-end", "id": "answer"},
        {"type": "data-finish", "data": {"reason": reason, "model": model}},
        {"type": "finish-step"},
        {"type": "finish"},
    ]
    return b"".join(map(frame, parts)) + DONE


def whole(*texts: str, **more: Any) -> Script:
    """A complete answer, one delta for each text."""
    return Script([opening(**more), *map(delta, texts), closing()])


class PageServer:
    """Answers each question with the next script; remembers what was asked and what was stopped."""

    def __init__(self) -> None:
        self.scripts: deque[Script] = deque()
        self.asked: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.rests: deque[Script] = deque()  # what answers who comes back to an answer
        self.resumed: list[tuple[str, int]] = []
        self.resumed_messages: list[str | None] = []
        self.address = ""
        self._running = ExitStack()

    def app(self) -> FastAPI:
        """The application."""
        app = FastAPI()
        app.include_router(page_router)
        app.include_router(widget_router)
        app.add_middleware(
            CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["*"]
        )

        @app.post("/api/chat")
        async def chat(request: Request) -> Response:
            self.asked.append(json.loads(await request.body()))
            return _response(self.scripts.popleft())

        @app.get("/api/chat/{conversation}/stream")
        async def resume(conversation: str, after: int = 0, message_id: str | None = None) -> Response:
            self.resumed.append((conversation, after))
            self.resumed_messages.append(message_id)
            return _response(self.rests.popleft()) if self.rests else Response(status_code=204)

        @app.post("/api/chat/{conversation}/stop")
        async def stop(conversation: str) -> Response:
            self.stopped.append(conversation)
            return Response(status_code=204)

        return app

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self.address = f"http://127.0.0.1:{self._running.enter_context(listening(self.app()))}/"
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, without waiting for a stream that hangs."""
        self._running.close()


class _CutError(Exception):
    """Breaks the connection in mid-stream."""


def _response(script: Script) -> Response:
    if script.status != 200:
        return Response(script.body, script.status, script.headers, script.content_type)
    return StreamingResponse(_sent(script), headers=STREAM_HEADERS)


async def _sent(script: Script) -> AsyncIterator[bytes]:
    for piece in script.pieces:
        if isinstance(piece, bytes):
            yield piece
            await asyncio.sleep(0)
        elif isinstance(piece, Event):
            await asyncio.to_thread(piece.wait, LONG)
        else:
            await asyncio.sleep(piece)
    if script.cut:
        raise _CutError


def ask(page: Page, question: str = "Why?") -> None:
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")


def wait_for_end(page: Page) -> None:
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=30_000)
    wait_until_drawn(page)


# What follows a drawing runs after its frame, and may draw again.
DRAWN = """() => new Promise((drawn) =>
  requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(drawn)))))"""


def wait_until_drawn(page: Page) -> None:
    """Return when what renders answers is there, which may come after them, and all that has changed is drawn."""
    expect(page.locator(".text.plain")).to_have_count(0)
    page.evaluate(DRAWN)


def answered(page: Page, server: PageServer, script: Script, question: str = "Why?") -> None:
    server.scripts.append(script)
    ask(page, question)
    wait_for_end(page)
