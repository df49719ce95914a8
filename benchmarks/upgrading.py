"""An upgrade while readers ask.

`python -m benchmarks.upgrading [--requests 1000]`: nginx with deploy/nginx.conf before one `bookrag serve`; while
readers ask, another one starts on the same DATA_DIR, nginx is moved over to it and the first gets SIGTERM, as
docs/deploy.md has it. A request has failed unless its answer came whole; a reader whose connection breaks sends the
question again or resumes the answer, as the page and the widget do. Exit code 1 where one has failed.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.returning_readers import QUESTIONS, faults_of, keep_asking, outcomes_of, small_index
from benchmarks.serving import UNLIMITED, free_port, process, wait_until_ready
from benchmarks.table import Row, print_table

ROOT = Path(__file__).parents[1]
READERS = 20


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


def upgrade(environment: dict[str, str], folder: Path, requests: int) -> tuple[list[Row], bool]:
    """Requests before, while and after one server takes over from another; whether all were answered and stored."""
    bookrag = str(Path(sys.executable).with_name("bookrag"))
    old_port, new_port, proxy = free_port(), free_port(), Proxy(folder)
    url = f"http://127.0.0.1:{proxy.port}"

    async def run(old: "subprocess.Popen[str]") -> tuple[Counter[str], Counter[str], float]:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            made = [(await client.post("/api/auth/guest")).json() for _ in range(READERS)]
            readers = [{"authorization": f"Bearer {each['session']['access_token']}"} for each in made]
            asking = asyncio.create_task(keep_asking(url, QUESTIONS, asyncio.Event(), readers, requests))
            await asyncio.sleep(5)
            with process([bookrag, "serve"], environment | {"PORT": str(new_port)}) as new:
                await asyncio.to_thread(wait_until_ready, new_port, new)
                proxy.move_to(new_port)
                await asyncio.sleep(1)
                old.send_signal(signal.SIGTERM)
                turns, faults = await asking, Counter[str]()
                for number, asked in turns.items():
                    faults += await faults_of(client, asked, readers[number])
        return outcomes_of(turns), faults, max(turn.seconds for asked in turns.values() for turn in asked)

    with process([bookrag, "serve"], environment | {"PORT": str(old_port)}) as old:
        wait_until_ready(old_port, old)
        with proxy.running(old_port):
            outcomes, faults, longest = asyncio.run(run(old))
    failed = outcomes.total() - outcomes["complete"] - outcomes["resumed"]
    rows = [Row(f"answers, {READERS} readers", str(outcomes.total()), "–", "–")]
    rows += [Row(f"  {outcome}", str(count), "–", "–") for outcome, count in outcomes.most_common()]
    rows.append(Row("failed", str(failed), "0", "0"))
    rows.append(Row("turns not stored once and whole", str(faults.total()), "0", "0"))
    rows.append(Row("longest answer", f"{longest:.1f} s", "–", "–"))
    return rows, not (failed or faults)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        sys.exit("nginx is not installed.")
    with tempfile.TemporaryDirectory() as folder:
        unlimited = UNLIMITED | {"GUESTS_PER_ADDRESS": "off"}
        environment = os.environ | unlimited | {"DATA_DIR": str(small_index(Path(folder))), "LOG_LEVEL": "ERROR"}
        pace = ["--chunks", "20", "--first-token-seconds", "0.1", "--pace-seconds", "0.05"]
        with process([sys.executable, "-m", "tests.gemini_server", *pace], environment) as gemini:
            assert gemini.stdout is not None
            environment |= {"GEMINI_API_KEY": "benchmark", "GEMINI_BASE_URL": gemini.stdout.readline().strip()}
            rows, good = upgrade(environment, Path(folder), options.requests)
    print_table("An upgrade while readers ask", rows)
    sys.exit(not good)


if __name__ == "__main__":
    main()
