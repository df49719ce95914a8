"""Many readers at once for minutes, some of whom vanish, stop or come back, before a model that fails now and then.

`python -m benchmarks.soak [--seconds 300 --streams 300]` runs the model server and the application as processes of
their own over the tests' small book, then reads every conversation back: each turn must be stored exactly once.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.main import create_app
from benchmarks.serving import free_port, process, wait_until_ready
from benchmarks.table import Row, print_table
from tests.gemini_server import GeminiServer, Received, Reply
from tests.serving import indexed

QUESTION = "Why can the zero moment point not leave the support polygon?"
CHUNKS, PACE_SECONDS = 40, 0.25
GRACE_SECONDS = 5
SHARES = {"vanish": 0.10, "stop": 0.05, "resume": 0.05}
FAILING = 0.05
TURNS_PER_CONVERSATION = 4
READERS_PER_STREAM = 1.4  # some are between two answers at any moment
WARM_UP_SECONDS = 15  # as many readers as later, so that pools have the size that they will have
TIMEOUT = httpx.Timeout(60)


class FailingGemini(GeminiServer):
    """A model server that fails one call in twenty: at once, in mid-stream, or by hanging up."""

    def take(self, received: Received) -> Reply:
        """The usual reply, or a failing one; nothing is kept of the request."""
        if not received.streamed:
            return self.condense
        if random.random() >= FAILING:
            return self.reply
        half = self.reply.chunks[: CHUNKS // 2]
        return random.choice(
            (
                Reply(status=503),
                Reply(chunks=half, pace_seconds=PACE_SECONDS, ending="error"),
                Reply(chunks=half, pace_seconds=PACE_SECONDS, ending="drop"),
            )
        )


def serve_gemini() -> None:
    """Run the model server until the process is ended."""
    reply = Reply(chunks=tuple(f"word {n} of it [1]. " for n in range(CHUNKS)), pace_seconds=PACE_SECONDS)
    with FailingGemini(reply) as server:
        server.condense = Reply(chunks=(QUESTION,))
        print(server.url, flush=True)
        threading.Event().wait()


def serve_app(port: int) -> None:
    """Run the application with one route more, which tells what this process holds."""
    app = create_app()
    this = psutil.Process()

    async def state(request: Request) -> JSONResponse:
        # Its own task and connection are in it, at the beginning as at the end.
        held = {
            "tasks": len(asyncio.all_tasks()),
            "files": this.num_fds(),
            "connections": len(this.net_connections("tcp")),
            "running": len(app.state.services.answers),
            "memory": this.memory_info().rss / 2**20,
        }
        return JSONResponse(held)

    app.router.routes.insert(0, Route("/soak/state", state))
    uvicorn.run(app, port=port, log_level="error", access_log=False, ws="none", timeout_keep_alive=2)


@dataclass(slots=True)
class Turn:
    """A question that was asked, and how its reader left it."""

    conversation: str
    message_id: str
    manner: str
    seen: str = "cut"  # or "finish", "abort", "error", "refused"
    words: int = 0


@dataclass(slots=True)
class Reader:
    """One reader, who asks again and again."""

    port: int
    headers: dict[str, str]
    turns: list[Turn] = field(default_factory=list)
    conversation: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def ask_until(self, end: float) -> None:
        """Ask, each time in another manner, until the time is over."""
        await asyncio.sleep(random.random() * CHUNKS * PACE_SECONDS)
        while time.monotonic() < end:
            if len(self.turns) % TURNS_PER_CONVERSATION == 0 or self.turns[-1].manner == "vanish":
                self.conversation = str(uuid.uuid4())
            manner = random.choices([*SHARES, "read"], [*SHARES.values(), 1 - sum(SHARES.values())])[0]
            turn = Turn(self.conversation, uuid.uuid4().hex, manner)
            self.turns.append(turn)
            await self._ask(turn)

    async def _ask(self, turn: Turn) -> None:
        asked = {"id": turn.message_id, "role": "user", "parts": [{"type": "text", "text": QUESTION}]}
        body = {"id": turn.conversation, "messages": [asked], "trigger": "submit-message"}
        leave_after = random.randrange(1, CHUNKS) if turn.manner != "read" else None
        parts = await self._read("POST", "/api/chat", turn, body, leave_after)
        if turn.seen == "cut" and turn.manner == "resume":
            await asyncio.sleep(random.random())
            await self._read("GET", f"/api/chat/{turn.conversation}/stream?after={parts}", turn)

    async def _read(
        self, method: str, path: str, turn: Turn, body: dict[str, Any] | None = None, leave_after: int | None = None
    ) -> int:
        """Read a stream over a connection of its own; how many parts came."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        parts = 0
        try:
            writer.write(self._request(method, path, body))
            status = (await reader.readline()).split(b" ", 2)[1:2]
            if status != [b"200"]:
                turn.seen = "refused" if method == "POST" else "nothing left"
                return 0
            async for line in reader:
                parts += line.startswith(b"data: ")
                turn.words += line.startswith(b'data: {"type":"text-delta"')
                self._note(line, turn)
                if line.startswith(b"data: [DONE]"):
                    break
                if leave_after is not None and turn.words >= leave_after:
                    leave_after = None
                    if turn.manner != "stop":
                        break
                    await self._stop(turn)
        finally:
            writer.close()
        return parts

    def _note(self, line: bytes, turn: Turn) -> None:
        for kind in ("abort", "error", "finish"):
            if line.startswith(f'data: {{"type":"{kind}"'.encode()) and turn.seen == "cut":
                turn.seen = kind

    async def _stop(self, turn: Turn) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request("POST", f"/api/chat/{turn.conversation}/stop", {}))
        await reader.readline()
        writer.close()

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        content = json.dumps(body).encode() if body is not None else b""
        fields = {"host": "x", "content-type": "application/json", "content-length": str(len(content)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


async def faults_of(client: httpx.AsyncClient, reader: Reader) -> Counter[str]:
    """What is wrong in the history of one reader, counted by kind; nothing is what there should be."""
    faults: Counter[str] = Counter()
    for conversation in {turn.conversation for turn in reader.turns}:
        answer = await client.get(f"/api/conversations/{conversation}", headers=reader.headers)
        messages = answer.json()["messages"] if answer.status_code == 200 else []
        asked = [turn for turn in reader.turns if turn.conversation == conversation]
        for turn in asked:
            faults.update(_faults(turn, messages))
        if len(messages) > 2 * len(asked):
            faults["messages that nobody asked for"] += len(messages) - 2 * len(asked)
    return faults


def _faults(turn: Turn, messages: list[dict[str, Any]]) -> list[str]:
    questions = [message for message in messages if message.get("client_id") == turn.message_id]
    if turn.seen == "refused":
        return ["refused"]
    if len(questions) != 1:
        return [f"question stored {len(questions)} times"]
    answers = [message for message in messages if message["parent_id"] == questions[0]["id"]]
    if len(answers) != 1:
        return [f"answer stored {len(answers)} times"]
    status, words = answers[0]["status"], answers[0]["content"].count("word ")
    if status == "complete" and words != CHUNKS:
        return [f"complete with {words} of {CHUNKS} words"]
    wanted = {"finish": {"complete"}, "abort": {"incomplete"}, "error": {"incomplete"}}
    if status not in wanted.get(turn.seen, {"complete", "incomplete"}):
        return [f"{turn.manner}: saw {turn.seen}, stored {status}"]
    left = turn.manner in ("vanish", "resume") or turn.seen != "cut"
    return [] if left else [f"{turn.manner}: the stream was cut"]


async def state_of(client: httpx.AsyncClient) -> dict[str, float]:
    """What the server process holds now."""
    held: dict[str, float] = (await client.get("/soak/state")).json()
    return held


async def settled(client: httpx.AsyncClient) -> dict[str, float]:
    """What it holds when nobody asks any more, as soon as no answer is being written."""
    for _ in range(60):
        await asyncio.sleep(1)
        if not (await state_of(client))["running"]:
            break
    await asyncio.sleep(40)  # aiohttp closes idle connections to the model within twice its 15 s
    return await state_of(client)


async def watch(client: httpx.AsyncClient, end: float) -> list[dict[str, float]]:
    """The state every second."""
    states = []
    while time.monotonic() < end:
        states.append(await state_of(client))
        await asyncio.sleep(1)
    return states


async def soak(port: int, seconds: float, streams: int) -> list[Row]:
    """Run, read back, and give the figures."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT) as client:
        readers = []
        for _ in range(round(streams * READERS_PER_STREAM)):
            session = (await client.post("/api/auth/guest")).json()["session"]
            readers.append(Reader(port, {"authorization": f"Bearer {session['access_token']}"}))
        await asyncio.gather(*(reader.ask_until(time.monotonic() + WARM_UP_SECONDS) for reader in readers))
        before = await settled(client)
        end = time.monotonic() + seconds
        watching = asyncio.create_task(watch(client, end))
        await asyncio.gather(*(reader.ask_until(end) for reader in readers))
        states = await watching
        after = await settled(client)
        faults: Counter[str] = Counter()
        for reader in readers:
            faults += await faults_of(client, reader)
    for fault, count in faults.most_common(10):
        print(f"{count} × {fault}")
    return _rows(streams, readers, states, before, after, faults)


def _rows(
    streams: int,
    readers: list[Reader],
    states: list[dict[str, float]],
    before: dict[str, float],
    after: dict[str, float],
    faults: Counter[str],
) -> list[Row]:
    turns = [turn for reader in readers for turn in reader.turns]
    manners, ends = Counter(turn.manner for turn in turns), Counter(turn.seen for turn in turns)
    memory = [state["memory"] for state in states]
    running = [state["running"] for state in states]
    third = len(memory) // 3
    rows = [
        Row("turns", f"{len(turns):,}", "–", "–"),
        Row("of them", ", ".join(f"{count} {name}" for name, count in sorted(manners.items())), "–", "–"),
        Row("seen by readers", ", ".join(f"{count} {name}" for name, count in sorted(ends.items())), "–", "–"),
        Row("streams at once: median", f"{statistics.median(running):.0f}", "–", str(streams)),
        Row("streams at once: most", f"{max(running):.0f}", "–", "–"),
        Row("turns not stored exactly once as seen", str(sum(faults.values())), "–", "0"),
    ]
    rows += [
        Row(f"{name} held afterwards", f"{after[name]:.0f}", f"{before[name]:.0f}", "as before")
        for name in ("tasks", "files", "connections")
    ]
    early, late = max(memory[third : 2 * third]), max(memory[2 * third :])
    rows.append(Row("memory: last third, most", f"{late:.0f} MB", f"{early:.0f} MB in the second", "flat"))
    return rows


def main() -> None:
    """Start the processes, run, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--serve", choices=("gemini", "app"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve == "gemini":
        serve_gemini()
    elif options.serve == "app":
        serve_app(options.port)
    else:
        random.seed(7)
        run(options.seconds, options.streams)


def run(seconds: float, streams: int) -> None:
    """The benchmark itself, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = indexed(Path(folder))
        environment = os.environ | {
            "GUESTS_PER_ADDRESS": "off",
            "QUESTIONS_PER_READER": "off",
            "QUESTIONS_PER_ADDRESS": "off",
            "DATA_DIR": str(data_dir),
            "GEMINI_API_KEY": "benchmark",
            "GEMINI_BREAKER_FAILURES": "1000000",  # a model that fails one time in twenty is not away
            "GRACE_SECONDS": str(GRACE_SECONDS),
            "LOG_LEVEL": "ERROR",
        }
        this = [sys.executable, "-m", "benchmarks.soak", "--serve"]
        with process([*this, "gemini"], environment) as gemini:
            assert gemini.stdout is not None
            port = free_port()
            serving = environment | {"GEMINI_BASE_URL": gemini.stdout.readline().strip()}
            with (Path(folder) / "log").open("w") as log:  # for the tracebacks of a failing model
                command = [*this, "app", "--port", str(port)]
                app = subprocess.Popen(command, env=serving, stdout=log, stderr=log, text=True)
                try:
                    wait_until_ready(port, app)
                    rows = asyncio.run(soak(port, seconds, streams))
                finally:
                    app.terminate()
                    app.wait(30)
    print_table(f"{streams} streams for {seconds:.0f} s", rows)


if __name__ == "__main__":
    main()
