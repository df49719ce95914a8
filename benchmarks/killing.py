"""A worker that is killed every ten seconds while readers ask: what they see, what is stored, what the metrics say.

`python -m benchmarks.killing [--seconds 300 --every 10 --readers 20]` runs `bookrag serve` with two workers and Redis,
as compose.yaml has them, and kills one of the workers again and again. Each reader has an account; whose connection
breaks sends the question again or resumes the answer, and who is told that an answer is lost with its process asks
again. Each answer has to come whole in the end, and to be in the history once. Exit code 1 where one is not, where a
reader waits too long, or where the metrics tell of fewer deaths and losses than there were.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from app.answer_streams.lost_answers import LOOK_EVERY_SECONDS
from benchmarks.returning_readers import QUESTIONS, WHOLE, Turn, faults_of, keep_asking, outcomes_of, small_index
from benchmarks.serving import UNLIMITED, free_port, process, wait_until_ready
from benchmarks.table import Row, print_table
from storage.running_answers.store import DEAD_AFTER_SECONDS

MISSED_SECONDS = DEAD_AFTER_SECONDS + LOOK_EVERY_SECONDS + 1.0  # until a dead process's answers are stored
SETTLED_SECONDS = 60
LONGEST_SILENCE_SECONDS = 60.0  # of an answer: a death is missed after some seconds, and may come twice
COUNTED = ("worker_starts", "lost_answers", "resumed_streams", "turns_not_kept", "model_errors")


@dataclass(slots=True)
class Run:
    """What happened."""

    turns: dict[int, list[Turn]]
    kills: int
    faults: Counter[str]
    running: float  # answers that the metrics call running at the end
    counted: dict[str, float]

    @property
    def lost(self) -> int:
        """Answers that did not come whole."""
        outcomes = outcomes_of(self.turns)
        return outcomes.total() - sum(outcomes[name] for name in WHOLE)

    @property
    def told(self) -> int:
        """How often a reader was told that an answer was lost."""
        return sum(turn.lost for asked in self.turns.values() for turn in asked)

    @property
    def longest(self) -> float:
        """The longest time that a reader heard nothing, in seconds."""
        return max(turn.silent for asked in self.turns.values() for turn in asked)

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing hung, and the metrics told of each death."""
        seen = self.counted["worker_starts"] > 2 and bool(self.counted["lost_answers"]) == bool(self.told)
        return not (self.lost or self.faults or self.running) and self.longest < LONGEST_SILENCE_SECONDS and seen


async def run(url: str, server: psutil.Process, seconds: float, every: float, readers: int) -> Run:
    """Ask and kill for so long, then read everything back."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        made = [(await client.post("/api/auth/guest")).json() for _ in range(readers)]
        headers = [{"authorization": f"Bearer {each['session']['access_token']}"} for each in made]
        await _both_serve(client)
        enough, kills = asyncio.Event(), 0
        asking = asyncio.create_task(keep_asking(url, QUESTIONS, enough, headers))
        ends = time.monotonic() + seconds
        while time.monotonic() + every <= ends:
            await asyncio.sleep(every)
            kills += _kill_one(server)
        enough.set()
        turns = await asking
        figures = await _settled(client)
        faults: Counter[str] = Counter()
        for number, asked in turns.items():
            faults += await faults_of(client, asked, headers[number])
    counted = {name: figures[f"bookrag_{name}_total"] for name in COUNTED}
    return Run(turns, kills, faults, figures["bookrag_running_answers"], counted)


def _kill_one(server: psutil.Process) -> int:
    """Kill one of the workers; how many were killed, which is 0 where none is there."""
    forked = [worker for child in server.children() for worker in child.children()]
    workers = [worker for worker in forked if worker.status() != psutil.STATUS_ZOMBIE]
    with contextlib.suppress(psutil.NoSuchProcess, IndexError):
        random.choice(workers).kill()
        return 1
    return 0


async def _both_serve(client: httpx.AsyncClient) -> None:
    for _ in range(SETTLED_SECONDS):
        if (await _figures(client))["bookrag_worker_starts_total"] >= 2:
            return
        await asyncio.sleep(1)


async def _settled(client: httpx.AsyncClient) -> dict[str, float]:
    """The figures once lost answers have been found: when nothing runs any more after the time that this takes."""
    await asyncio.sleep(MISSED_SECONDS)
    for _ in range(SETTLED_SECONDS):
        figures = await _figures(client)
        if not figures["bookrag_running_answers"]:
            break
        await asyncio.sleep(1)
    return figures


async def _figures(client: httpx.AsyncClient) -> dict[str, float]:
    """The figures of all workers by name, whatever their labels."""
    figures: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families((await client.get("/metrics")).text):
        for sample in family.samples:
            figures[sample.name] += sample.value
    return figures


def rows_of(measured: Run) -> list[Row]:
    """The table."""
    outcomes = outcomes_of(measured.turns)
    rows = [Row("kills of a worker", str(measured.kills), "–", "–"), Row("answers", str(outcomes.total()), "–", "–")]
    rows += [Row(f"  {outcome}", str(count), "–", "–") for outcome, count in outcomes.most_common()]
    rows.append(Row("answers that never came whole", str(measured.lost), "0", "0"))
    rows.append(Row("readers told in between that an answer is lost", str(measured.told), "–", "–"))
    rows.append(Row("turns not stored once, as seen", str(measured.faults.total()), "0", "0"))
    rows.append(
        Row("longest time without a word", f"{measured.longest:.1f} s", "–", f"< {LONGEST_SILENCE_SECONDS:.0f} s")
    )
    rows.append(Row("metrics: running answers at the end", f"{measured.running:.0f}", "0", "0"))
    rows += [Row(f"metrics: {name}", f"{count:.0f}", "–", "–") for name, count in measured.counted.items()]
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--readers", type=int, default=20)
    options = parser.parse_args()
    if shutil.which("redis-server") is None:
        sys.exit("redis-server is not installed.")
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = small_index(Path(folder))
        redis, port = free_port(), free_port()
        environment = (
            os.environ
            | UNLIMITED
            | {
                "DATA_DIR": str(data_dir),
                "GUESTS_PER_ADDRESS": "off",
                "LOG_LEVEL": "ERROR",
                "PORT": str(port),
                "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
                "WORKERS": "2",
            }
        )
        pace = ["--chunks", "40", "--first-token-seconds", "0.3", "--pace-seconds", "0.1"]
        store = ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with (
            process(store, environment),
            process([sys.executable, "-m", "tests.gemini_server", *pace], environment) as gemini,
        ):
            assert gemini.stdout is not None
            environment |= {"GEMINI_API_KEY": "benchmark", "GEMINI_BASE_URL": gemini.stdout.readline().strip()}
            with process([str(Path(sys.executable).with_name("bookrag")), "serve"], environment) as child:
                wait_until_ready(port, child)
                server = psutil.Process(child.pid)
                measured = asyncio.run(
                    run(f"http://127.0.0.1:{port}", server, options.seconds, options.every, options.readers)
                )
    print_table(f"A worker killed every {options.every:.0f} s for {options.seconds:.0f} s", rows_of(measured))
    for fault, count in measured.faults.most_common(10):
        print(f"{count} × {fault}")
    sys.exit(not measured.good)


if __name__ == "__main__":
    main()
