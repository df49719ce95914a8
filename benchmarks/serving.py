"""The served application under readers: first token, many at once, CPU per chunk, memory; each beside its floor.

`python -m benchmarks.serving` starts the Gemini-shaped server of the tests and `bookrag serve` as processes of their
own over an index of the sample book, and asks over real HTTP on this machine alone; every loop is bounded. Then the
usual application (benchmarks/usual_app.py) is measured the same way, and with `--before PATH` the command `bookrag` of
another checkout: machines differ, the distance between two on one machine less.

One reader asks one question after the other, of a model that answers at once: where a machine takes back the memory of
what rests, a pause would be measured as well.
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.table import Row, print_table

FIRST_TOKEN_SECONDS = 0.3
PACE_SECONDS = 0.2
CHUNKS = 20
READERS = 100
STREAMS = 200
WARMING, ONE_BY_ONE = 20, 80  # questions of one reader
AT_ONCE = ["--chunks", "1", "--first-token-seconds", "0", "--pace-seconds", "0"]
PACED = [
    "--chunks",
    str(CHUNKS),
    "--first-token-seconds",
    str(FIRST_TOKEN_SECONDS),
    "--pace-seconds",
    str(PACE_SECONDS),
]
QUESTIONS = (
    "Why does the ZMP have to stay inside the support polygon?",
    "How does a node publish a message in ROS 2?",
    "What is the capture point?",
    "How do I write a URDF for a leg?",
    "What does impedance control do for a gripper?",
    "Which sensors does a humanoid need to keep its balance?",
    "What is domain randomisation good for?",
    "How is a vision-language-action model trained?",
)

EVAL_SET = Path(__file__).parents[1] / "book" / "eval" / "questions.jsonl"


@dataclass(slots=True)
class Asked:
    """What one reader saw, in seconds after the question was sent."""

    first: float
    total: float
    gaps: list[float]
    chunks: int
    complete: bool
    refused: bool  # as not covered by the book: the model was not asked


# All readers of a benchmark ask from one address. A rate, as older checkouts do not know "off".
MANY = "1000000/minute"
UNLIMITED = {"QUESTIONS_PER_READER": MANY, "QUESTIONS_PER_ADDRESS": MANY, "STREAMS_PER_READER": "0"}


@contextlib.contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A process that is ended with the block."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.terminate()
            child.wait(30)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def ask(port: int, question: str) -> Asked:
    """Ask over a connection of its own and read the answer as it comes."""
    body = json.dumps({"message": question}).encode()
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = (
        f"POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    moments: list[float] = []
    complete = refused = False
    async for line in reader:
        if line.startswith(b'data: {"type":"text-delta"'):
            moments.append(time.perf_counter() - started)
        elif line.startswith(b'data: {"type":"data-grounding"'):
            refused = b'"grounded":false' in line
        elif line.startswith(b'data: {"type":"error"'):
            break
        elif line.startswith(b"data: [DONE]"):
            complete = True
            break
    writer.close()
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    first = moments[0] if moments else float("inf")
    return Asked(first, time.perf_counter() - started, gaps, len(moments), complete, refused)


async def ask_all(port: int, count: int) -> list[Asked]:
    """That many readers at the same moment, each with a question of their own."""
    return await asyncio.gather(*(ask(port, question) for question in own_questions()[:count]))


def own_questions() -> list[str]:
    """The questions of the sample book's evaluation set that the book answers: no two are the same."""
    with EVAL_SET.open(encoding="utf-8") as lines:
        return [question["question"] for question in map(json.loads, lines) if question["relevant"]]


def cpu_seconds(server: psutil.Process) -> float:
    """What a process and its search process have used so far."""
    every = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return float(sum(times.user + times.system for times in every))


def wait_until_ready(port: int, child: "subprocess.Popen[str]") -> None:
    """Return when the server can answer; raises RuntimeError if it does not within three minutes."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not become ready")


def floor_of_first_token(data_dir: str) -> float:
    """Milliseconds that embedding a query and searching take by themselves, the median in a process of its own."""
    program = "from benchmarks.serving import measure_floor; measure_floor()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DATA_DIR": data_dir},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def measure_floor() -> None:
    """Print the median of embedding and searching, one after the other, with nothing around them."""
    from engines.embedding.embedding_model import describe_model, load_embedding
    from engines.settings import EngineSettings
    from storage.environment import read_settings
    from storage.settings import StorageSettings
    from storage.vectors.bm25 import encode_queries
    from storage.vectors.hybrid_search import SparseQuery
    from storage.vectors.index_store import open_store

    settings = read_settings(EngineSettings)
    embedding = load_embedding(describe_model(settings))
    taken: list[float] = []

    async def run() -> None:
        with open_store(read_settings(StorageSettings)) as store:
            for _ in range(5):
                for question in QUESTIONS:
                    started = time.perf_counter()
                    vector = embedding.get_query_embedding(question)
                    indices, values = encode_queries([question])
                    await (await store.pin()).search(
                        vector, SparseQuery(indices[0], values[0]), limit=settings.candidates
                    )
                    taken.append((time.perf_counter() - started) * 1000)

    asyncio.run(run())
    print(statistics.median(taken[len(QUESTIONS) :]))


async def measure_one(port: int, server: psutil.Process, floor_ms: float) -> list[Row]:
    """The figures of one reader, whom the model answers at once."""
    questions = own_questions()
    for question in questions[:WARMING]:
        await ask(port, question)
    before = cpu_seconds(server)
    single = [await ask(port, question) for question in questions[WARMING:][:ONE_BY_ONE]]
    used = cpu_seconds(server) - before
    first_ms = statistics.median(asked.first for asked in single if not asked.refused) * 1000
    return [
        Row("first token beyond the model's, one reader", f"{first_ms:.1f} ms", f"{floor_ms:.1f} ms", "≤ 2 × floor"),
        Row("CPU of a question, one reader", f"{used / len(single) * 1000:.1f} ms", f"{floor_ms:.1f} ms", "–"),
    ]


async def measure_many(port: int, server: psutil.Process) -> list[Row]:
    """The figures of many readers at once."""
    for question in QUESTIONS[:3]:
        await ask(port, question)
    everyone = await ask_all(port, READERS)
    crowd = [asked for asked in everyone if not asked.refused]
    crowd_first = statistics.median(asked.first for asked in crowd) - FIRST_TOKEN_SECONDS

    before = cpu_seconds(server)
    everyone += await ask_all(port, STREAMS)
    streams = [asked for asked in everyone[READERS:] if not asked.refused]
    used = cpu_seconds(server) - before
    ideal = FIRST_TOKEN_SECONDS + PACE_SECONDS * CHUNKS
    slowest = max(asked.total for asked in streams)
    gaps = sorted(gap for asked in streams for gap in asked.gaps)
    p99_gap = gaps[int(len(gaps) * 0.99)] * 1000 if gaps else float("inf")
    chunks = sum(asked.chunks for asked in streams)
    failed = sum(not asked.complete for asked in everyone)
    refused = sum(asked.refused for asked in everyone)
    every = (server, *server.children(recursive=True))
    memory = sum(process.memory_info().rss for process in every) / 2**20
    return [
        Row(f"{READERS} readers at once: median first token beyond the model's", f"{crowd_first:.2f} s", "–", "≤ 1 s"),
        Row(f"{STREAMS} streams: slowest", f"{slowest:.2f} s", f"{ideal:.2f} s", "≤ 1.3 × floor"),
        Row(f"{STREAMS} streams: p99 gap", f"{p99_gap:.0f} ms", f"{PACE_SECONDS * 1000:.0f} ms", "< 500 ms"),
        Row(f"{READERS} + {STREAMS} answers: not complete", str(failed), "0", "0"),
        Row("refused as not in the book, the model not asked", str(refused), "–", "–"),
        Row(
            "server CPU per streamed chunk, retrieval and all",
            f"{used / max(chunks, 1) * 1000:.2f} ms",
            "–",
            "< 0.7 ms",
        ),
        Row("memory after that", f"{memory:.0f} MB", "–", "< 900 MB"),
    ]


def main() -> None:
    """Run and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="the command `bookrag` of another checkout, measured as well")
    before = (path := parser.parse_args().before) and path.resolve()
    bookrag = Path(sys.executable).with_name("bookrag")
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | UNLIMITED | {"GEMINI_API_KEY": "benchmark", "LOG_LEVEL": "WARNING"}
        environment["DATA_DIR"] = f"{folder}/now"
        subprocess.run([bookrag, "index", "build"], env=environment, check=True)
        floor_ms = floor_of_first_token(environment["DATA_DIR"])
        with model_server(environment, AT_ONCE) as at_once, model_server(environment, PACED) as paced:
            models = Models(at_once, paced)
            print_table("Serving", serve_and_measure([bookrag, "serve"], environment, models, floor_ms))
            usual = [sys.executable, "-m", "benchmarks.usual_app"]
            title = "The usual application, in the same run"
            print_table(title, serve_and_measure(usual, environment, models, floor_ms))
            if before:
                environment["DATA_DIR"] = f"{folder}/before"
                subprocess.run([before, "index", "build"], env=environment, cwd=before.parents[2], check=True)
                title = f"{before.parents[2].name}, in the same run"
                print_table(title, serve_and_measure([before, "serve"], environment, models, floor_ms))


@contextlib.contextmanager
def model_server(environment: dict[str, str], options: list[str]) -> Iterator[str]:
    """The Gemini-shaped server of the tests in a process of its own; gives its address."""
    with process([sys.executable, "-m", "tests.gemini_server", *options], environment) as gemini:
        assert gemini.stdout is not None
        yield gemini.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class Models:
    """The addresses of two model servers."""

    at_once: str
    paced: str


def serve_and_measure(
    command: Sequence[str | Path], environment: dict[str, str], models: Models, floor_ms: float
) -> list[Row]:
    """All figures of a server that is started for them, once for each of the models."""
    one_reader = functools.partial(measure_one, floor_ms=floor_ms)
    rows = serve_for(command, environment | {"GEMINI_BASE_URL": models.at_once}, one_reader)
    return rows + serve_for(command, environment | {"GEMINI_BASE_URL": models.paced}, measure_many)


def serve_for(
    command: Sequence[str | Path],
    environment: dict[str, str],
    measure: Callable[[int, psutil.Process], Coroutine[None, None, list[Row]]],
) -> list[Row]:
    """What is measured of a server while it runs."""
    port = free_port()
    with process([str(part) for part in command], environment | {"PORT": str(port)}) as child:
        wait_until_ready(port, child)
        return asyncio.run(measure(port, psutil.Process(child.pid)))


if __name__ == "__main__":
    main()
