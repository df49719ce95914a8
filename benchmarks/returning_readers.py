"""Readers who come back: one whose connection breaks sends the question again, or reads on where the answer broke off.

Where an answer is lost with the process that wrote it, its reader is told so and asks again, which is the same request.
`benchmarks.upgrading` and `benchmarks.killing` ask with them; the page and the widget do the same.
"""

import asyncio
import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from engines.embedding.embedding_model import describe_model, ensure_export
from engines.settings import EngineSettings
from storage.environment import read_settings
from tests.serving import indexed

QUESTIONS = (
    "Why can the zero moment point not leave the support polygon?",
    "What is the capture point?",
    "How does a publisher node use create_publisher?",
)  # that the tests' small book answers
WHOLE = ("complete", "resumed", "asked again")
RESUMES = 40  # of one answer, a second apart: a worker needs seconds to start


@dataclass(slots=True)
class Turn:
    """A question, and what its reader saw of the answer."""

    question: str
    conversation: str = field(default_factory=lambda: str(uuid.uuid4()))
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    outcome: str = "cut"  # "complete", "resumed", "asked again", the code of an error, or "HTTP 503"
    lost: int = 0  # how often the reader was told that the answer was lost
    seconds: float = 0.0
    silent: float = 0.0  # the longest time without a word, in seconds: connections that broke and waits included
    frames: int = 0
    heard: float = field(default_factory=time.monotonic)

    def hears(self) -> None:
        """Something came: a frame."""
        now = time.monotonic()
        self.silent, self.heard = max(self.silent, now - self.heard), now


def small_index(folder: Path) -> Path:
    """A data folder with the index of the tests' small book; the model is exported first where it was not."""
    ensure_export(describe_model(read_settings(EngineSettings)))
    return indexed(folder)


async def ask(client: httpx.AsyncClient, turn: Turn, headers: dict[str, str] | None = None) -> None:
    """Ask and read to the end, over as many connections as it takes; `turn` then tells how it went."""
    started = turn.heard = time.monotonic()
    asked = {"id": turn.message_id, "role": "user", "parts": [{"type": "text", "text": turn.question}]}
    body = {"id": turn.conversation, "messages": [asked], "trigger": "submit-message"}
    for attempt in range(1 + RESUMES):
        # Sent again as it was while nothing of the answer came, resumed after that.
        call = client.stream("POST", "/api/chat", json=body, headers=headers)
        if turn.frames:
            path, after = f"/api/chat/{turn.conversation}/stream", {"after": turn.frames}
            call = client.stream("GET", path, params=after, headers=headers)
        wrong, ended = "", False
        with contextlib.suppress(httpx.HTTPError):  # before the head of the response
            async with call as answer:
                if answer.status_code != 200 and not turn.frames:
                    turn.outcome, turn.seconds = f"HTTP {answer.status_code}", time.monotonic() - started
                    return
                wrong, ended = await _read(answer, turn)
        if ended and wrong == "answer_lost":
            turn.lost, turn.frames = turn.lost + 1, 0
        elif ended:
            turn.outcome = wrong or ("asked again" if turn.lost else "resumed" if attempt else "complete")
            break
        await asyncio.sleep(1.0)
    turn.seconds = time.monotonic() - started


async def _read(answer: httpx.Response, turn: Turn) -> tuple[str, bool]:
    """The code of an error among the frames, and whether the last one came."""
    wrong = ""
    with contextlib.suppress(httpx.HTTPError):
        async for line in answer.aiter_lines():
            if not line.startswith("data: "):
                continue
            turn.frames += 1
            turn.hears()
            if line == "data: [DONE]":
                return wrong, True
            if line.startswith('data: {"type":"data-error"'):
                wrong = str(json.loads(line.removeprefix("data: "))["data"]["code"])
            elif line.startswith('data: {"type":"abort"'):
                wrong = "stopped"
    return wrong, False


async def keep_asking(
    url: str,
    questions: Sequence[str],
    enough: asyncio.Event,
    readers: Sequence[dict[str, str]],
    requests: int | None = None,
) -> dict[int, list[Turn]]:
    """The turns of each reader (their headers), who ask one after the other until `enough` or so many requests."""
    turns: dict[int, list[Turn]] = {number: [] for number in range(len(readers))}
    begun = 0

    async def reader(client: httpx.AsyncClient, number: int) -> None:
        nonlocal begun
        while not enough.is_set() and (requests is None or begun < requests):
            begun += 1
            turn = Turn(questions[begun % len(questions)])
            turns[number].append(turn)
            await ask(client, turn, readers[number])

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        await asyncio.gather(*(reader(client, number) for number in turns))
    return turns


def outcomes_of(turns: dict[int, list[Turn]]) -> Counter[str]:
    """How many turns ended in which way."""
    return Counter(turn.outcome for asked in turns.values() for turn in asked)


async def faults_of(client: httpx.AsyncClient, turns: Sequence[Turn], headers: dict[str, str]) -> Counter[str]:
    """What the history has otherwise than a reader saw it, by kind: each turn once, and whole where it came whole."""
    faults: Counter[str] = Counter()
    for turn in turns:
        if turn.outcome.startswith("HTTP "):
            continue
        answer = await client.get(f"/api/conversations/{turn.conversation}", headers=headers)
        messages: list[dict[str, Any]] = answer.json()["messages"] if answer.status_code == 200 else []
        asked = [message for message in messages if message.get("client_id") == turn.message_id]
        told = [message for message in messages if message["role"] == "assistant"]
        if (len(asked), len(told)) != (1, 1):
            faults[f"{len(asked)} questions and {len(told)} answers stored"] += 1
            continue
        wanted = "complete" if turn.outcome in WHOLE else "incomplete"
        if told[0]["status"] != wanted:
            faults[f"{turn.outcome}, stored as {told[0]['status']}"] += 1
    return faults
