"""What being watched costs: CPU of a streamed chunk without metrics, with them, and with traces as well.

`python -m benchmarks.observing [--rounds 5]` starts three servers over one index of the sample book: with
METRICS=false, as it comes, and with OTEL_EXPORTER_OTLP_ENDPOINT set to a collector on this machine, which needs the
extra `traces`. Each round asks all three the same questions, one server after the other, and the median of the rounds
counts: what else the machine does then meets all three. CPU is that of the server and its search process.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from benchmarks.serving import UNLIMITED, ask_all, cpu_seconds, free_port, process, wait_until_ready
from benchmarks.table import Row, print_table

CHUNKS = 100
READERS = 50


class _Collector(BaseHTTPRequestHandler):
    """Takes whatever it is sent, as a collector does that has nothing to say."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def _collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def main() -> None:
    """Measure the three servers in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    with tempfile.TemporaryDirectory() as data_dir, _collector() as collector, contextlib.ExitStack() as started:
        environment = os.environ | UNLIMITED | {"DATA_DIR": data_dir, "LOG_LEVEL": "WARNING"}
        subprocess.run([bookrag, "index", "build"], env=environment, check=True)
        gemini_command = [sys.executable, "-m", "tests.gemini_server", "--chunks", str(CHUNKS)]
        gemini = started.enter_context(process(gemini_command, environment))
        assert gemini.stdout is not None
        environment |= {"GEMINI_API_KEY": "benchmark", "GEMINI_BASE_URL": gemini.stdout.readline().strip()}
        servers = {
            name: started.enter_context(_served(bookrag, environment | watched))
            for name, watched in (
                ("without metrics", {"METRICS": "false"}),
                ("metrics", {}),
                ("metrics and traces", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector}),
            )
        }
        for port, _ in servers.values():
            asyncio.run(ask_all(port, READERS))
        measured: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, (port, server) in servers.items():
                measured[name].append(_milliseconds_per_chunk(port, server))
    floor = statistics.median(measured["without metrics"])
    print_table(
        f"CPU of a streamed chunk, {READERS} readers at once, {rounds} rounds",
        [_row(name, each, floor) for name, each in measured.items()],
    )


@contextlib.contextmanager
def _served(bookrag: str, environment: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    with process([bookrag, "serve"], environment | {"PORT": str(port)}) as child:
        wait_until_ready(port, child)
        yield port, psutil.Process(child.pid)


def _milliseconds_per_chunk(port: int, server: psutil.Process) -> float:
    before = cpu_seconds(server)
    asked = asyncio.run(ask_all(port, READERS))
    return (cpu_seconds(server) - before) * 1000 / sum(each.chunks for each in asked)


def _row(name: str, measured: list[float], floor: float) -> Row:
    median = statistics.median(measured)
    target = "≤ 0.25 ms" if name == "without metrics" else "≤ + 5 %"
    return Row(name, f"{median:.3f} ms ({median / floor - 1:+.1%})", f"{floor:.3f} ms", target)


if __name__ == "__main__":
    main()
