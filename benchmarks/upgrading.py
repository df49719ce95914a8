"""Servers that go while readers ask: an upgrade behind a proxy, and a worker that is killed again and again.

`python -m benchmarks.upgrading [--requests 1000]`: nginx with deploy/nginx.conf before one `bookrag serve`; while
readers ask, another one starts on the same DATA_DIR, nginx is moved over to it and the first gets SIGTERM, as
docs/deploy.md has it. `--kill-seconds 300` then runs two workers and kills one of them every ten seconds. A request has
failed unless its answer came whole, or ended by saying that its writer died (`answer_lost`); a reader whose connection
breaks sends the question again or resumes the answer, as the page and the widget do.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from benchmarks.serving import UNLIMITED, free_port, own_questions, process, wait_until_ready
from benchmarks.table import Row, print_table

ROOT = Path(__file__).parents[1]
READERS = 20
RESUMES = 20  # of one answer, a second apart: a worker needs seconds to start
KILL_EVERY_SECONDS = 10.0


class Proxy:
    """nginx with the documented configuration, before one server after the other."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._command = ["nginx", "-e", str(folder / "errors"), "-c", str(folder / "nginx.conf")]
        self._environment = {"PATH": "/usr/sbin:/usr/bin"}

    @contextlib.contextmanager
    def running(self, server_port: int) -> Iterator[None]:
        """Start nginx before a server."""
        self._configure(server_port)
        with subprocess.Popen([*self._command, "-g", "daemon off;"], env=self._environment) as nginx:
            try:
                yield
            finally:
                nginx.terminate()

    def move_to(self, server_port: int) -> None:
        """Reload nginx: new requests go to another server, running ones stay."""
        self._configure(server_port)
        subprocess.run([*self._command, "-g", "daemon off;", "-s", "reload"], env=self._environment, check=True)

    def _configure(self, server_port: int) -> None:
        block = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        block = block.replace("bookrag:8000", f"127.0.0.1:{server_port}").replace("listen 80", f"listen {self.port}")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self._folder}/{kind};" for kind in kinds)
        config = f"pid {self._folder}/pid; events {{}} http {{ access_log off; {folders} {block} }}"
        (self._folder / "nginx.conf").write_text(config, "utf-8")


async def ask(client: httpx.AsyncClient, question: str) -> str:
    """Ask and read to the end; gives "complete", "resumed", or what was wrong."""
    conversation, frames = str(uuid.uuid4()), 0
    body = {"message": question, "conversation_id": conversation}
    headers = {"idempotency-key": str(uuid.uuid4())}
    for attempt in range(1 + RESUMES):
        # Sent again as it was while nothing of the answer came, resumed after that.
        call = client.stream("POST", "/api/chat", json=body, headers=headers)
        if frames:
            call = client.stream("GET", f"/api/chat/{conversation}/stream", params={"after": frames})
        try:
            async with call as answer:
                if answer.status_code != 200 and not frames:
                    return f"HTTP {answer.status_code}"
                more, wrong, ended = await _read(answer)
        except httpx.HTTPError:  # before the head of the response
            more, wrong, ended = 0, "", False
        frames += more
        if ended:
            return wrong or ("resumed" if attempt else "complete")
        await asyncio.sleep(1.0)
    return "cut"


async def _read(answer: httpx.Response) -> tuple[int, str, bool]:
    """How many frames came, the code of an error among them, and whether the last one did."""
    frames, wrong = 0, ""
    with contextlib.suppress(httpx.HTTPError):
        async for line in answer.aiter_lines():
            if not line.startswith("data: "):
                continue
            frames += 1
            if line == "data: [DONE]":
                return frames, wrong, True
            if line.startswith('data: {"type":"data-error"'):
                wrong = str(json.loads(line.removeprefix("data: "))["data"]["code"])
            elif line.startswith('data: {"type":"abort"'):
                wrong = "stopped"
    return frames, wrong, False


async def keep_asking(port: int, enough: "asyncio.Event", requests: int | None = None) -> Counter[str]:
    """Readers who ask one question after the other until `enough`, or until so many requests were made."""
    outcomes: Counter[str] = Counter()
    questions = own_questions()
    begun = 0

    async def reader(client: httpx.AsyncClient) -> None:
        nonlocal begun
        while not enough.is_set() and (requests is None or begun < requests):
            begun += 1
            outcomes[await ask(client, questions[begun % len(questions)])] += 1

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
        await asyncio.gather(*(reader(client) for _ in range(READERS)))
    return outcomes


def upgrade(environment: dict[str, str], folder: Path, requests: int) -> list[Row]:
    """Requests before, while and after one server takes over from another."""
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    old_port, new_port, proxy = free_port(), free_port(), Proxy(folder)

    async def run(old: "subprocess.Popen[str]") -> Counter[str]:
        asking = asyncio.create_task(keep_asking(proxy.port, asyncio.Event(), requests))
        await asyncio.sleep(5)
        with process([bookrag, "serve"], environment | {"PORT": str(new_port)}) as new:
            await asyncio.to_thread(wait_until_ready, new_port, new)
            proxy.move_to(new_port)
            await asyncio.sleep(1)
            old.send_signal(signal.SIGTERM)
            return await asking

    with process([bookrag, "serve"], environment | {"PORT": str(old_port)}) as old:
        wait_until_ready(old_port, old)
        with proxy.running(old_port):
            outcomes = asyncio.run(run(old))
    return _rows(f"upgrade under load, {READERS} readers", outcomes)


def kill_workers(environment: dict[str, str], seconds: float) -> list[Row]:
    """Requests to two workers of which one is killed every ten seconds."""
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    port = free_port()

    async def run(server: psutil.Process) -> tuple[Counter[str], int]:
        enough, killed = asyncio.Event(), 0
        asking = asyncio.create_task(keep_asking(port, enough))
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await asyncio.sleep(KILL_EVERY_SECONDS)
            workers = [child for child in server.children() if any("spawn_main" in word for word in child.cmdline())]
            if workers:
                max(workers, key=lambda child: child.create_time()).kill()
                killed += 1
        enough.set()
        return await asking, killed

    with process([bookrag, "serve"], environment | {"PORT": str(port), "WORKERS": "2"}) as child:
        wait_until_ready(port, child)
        outcomes, killed = asyncio.run(run(psutil.Process(child.pid)))
    return _rows(f"{killed} kills of a worker in {seconds:.0f} s, {READERS} readers", outcomes)


def _rows(name: str, outcomes: Counter[str]) -> list[Row]:
    rows = [Row(f"{name}: answers", str(outcomes.total()), "–", "–")]
    rows += [Row(f"  {outcome}", str(count), "–", "–") for outcome, count in outcomes.most_common()]
    told = sum(outcomes[outcome] for outcome in ("complete", "resumed", "answer_lost"))
    return [*rows, Row("  neither whole nor told that it was lost", str(outcomes.total() - told), "0", "0")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--kill-seconds", type=float, default=0.0)
    options = parser.parse_args()
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        sys.exit("nginx is not installed.")
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | UNLIMITED | {"DATA_DIR": f"{folder}/data", "LOG_LEVEL": "ERROR"}
        subprocess.run([bookrag, "index", "build"], env=environment, check=True)
        pace = ["--chunks", "20", "--first-token-seconds", "0.1", "--pace-seconds", "0.05"]
        with process([sys.executable, "-m", "tests.gemini_server", *pace], environment) as gemini:
            assert gemini.stdout is not None
            environment |= {"GEMINI_API_KEY": "benchmark", "GEMINI_BASE_URL": gemini.stdout.readline().strip()}
            rows = upgrade(environment, Path(folder), options.requests)
            if options.kill_seconds:
                rows += kill_workers(environment, options.kill_seconds)
    print_table("Servers that go while readers ask", rows)


if __name__ == "__main__":
    main()
