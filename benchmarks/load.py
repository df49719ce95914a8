"""Many streams at once on one and on several workers: how late the first token is, how long answers take, memory.

`python -m benchmarks.load [--workers 1 2 --streams 50 200 --chunks 100]`: the Gemini-shaped server of the tests writes
each answer at a fixed pace; `bookrag serve` runs as in production, and its readers ask on the same machine, whose
cores they share. Memory is the proportional set size of all its processes: pages that workers share count once.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.serving import (
    FIRST_TOKEN_SECONDS,
    PACE_SECONDS,
    QUESTIONS,
    UNLIMITED,
    Asked,
    ask,
    ask_all,
    free_port,
    process,
    wait_until_ready,
)
from benchmarks.table import Row, print_table

WARM_UP = 16  # questions, so that every worker has answered some


def main() -> None:
    """Measure each combination and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--streams", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--chunks", type=int, default=100)
    options = parser.parse_args()
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as data_dir:
        environment = os.environ | UNLIMITED | {"DATA_DIR": data_dir, "LOG_LEVEL": "WARNING"}
        subprocess.run([bookrag, "index", "build"], env=environment, check=True)
        gemini_command = [sys.executable, "-m", "tests.gemini_server", "--chunks", str(options.chunks)]
        with process(gemini_command, environment) as gemini:
            assert gemini.stdout is not None
            environment |= {"GEMINI_API_KEY": "benchmark", "GEMINI_BASE_URL": gemini.stdout.readline().strip()}
            for workers in options.workers:
                port = free_port()
                settings = environment | {"PORT": str(port), "WORKERS": str(workers)}
                with process([bookrag, "serve"], settings) as child:
                    wait_until_ready(port, child)
                    for count in options.streams:
                        rows += asyncio.run(_measured(port, psutil.Process(child.pid), workers, count, options.chunks))
    print_table(f"Answers of {options.chunks} chunks, {os.cpu_count()} cores", rows)


async def _measured(port: int, server: psutil.Process, workers: int, count: int, chunks: int) -> list[Row]:
    await asyncio.gather(*(ask(port, question) for question in (QUESTIONS * 2)[:WARM_UP]))
    asked = await ask_all(port, count)
    answered = [each for each in asked if not each.refused]
    late = statistics.median(each.first for each in answered) - FIRST_TOKEN_SECONDS
    ideal = FIRST_TOKEN_SECONDS + PACE_SECONDS * (chunks - 1)
    p95 = sorted(each.total for each in answered)[int(len(answered) * 0.95)]
    memory = sum(each.memory_full_info().pss for each in (server, *server.children(recursive=True))) / 2**20
    name = f"{count} streams, {workers} {'worker' if workers == 1 else 'workers'}"
    return [
        Row(f"{name}: median first token late", f"{late:.2f} s", "0 s", "≤ 0.9 s"),
        Row(f"{name}: p95 of whole answers", f"{p95:.1f} s", f"{ideal:.1f} s", "≤ 1.7 × floor"),
        Row(f"{name}: not complete, of {len(asked)}", str(_incomplete(asked)), "0", "0"),
        Row(f"{name}: memory", f"{memory:.0f} MB", "–", "–"),
    ]


def _incomplete(asked: list[Asked]) -> int:
    return sum(not each.complete for each in asked)


if __name__ == "__main__":
    main()
