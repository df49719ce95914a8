"""The time of day is set anew while answers are written: nothing is lost, nobody is locked out, the metrics tell."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.test_conversation import QUESTION, Reader, parts_of, told
from tests.app.test_monitoring import figures
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.server_processes import ServedProcess, served_process

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed: no clock can be moved for one process"),
]
WORDS = 60
HOUR = 3600


class Clock:
    """The time of day of a server."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set it so far from the time of this machine."""
        self._file.write_text(f"{seconds:+d}\n")

    @property
    def settings(self) -> dict[str, object]:
        """The environment of the server."""
        return {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": self._file,
            "FAKETIME_NO_CACHE": 1,
            "FAKETIME_DONT_FAKE_MONOTONIC": 1,
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


gemini = gemini_fixture(
    Reply(chunks=tuple(f"word{number} " for number in range(WORDS)), pace_seconds=0.05),
    condense=QUESTION,
    scope="function",
)


@pytest.fixture
def served(data_dir: Path, gemini: GeminiServer, clock: Clock) -> Iterator[ServedProcess]:
    limits = {"QUESTIONS_PER_READER": "4/minute", "GRACE_SECONDS": 20}
    model = {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}
    with served_process(data_dir, **model, **limits, **clock.settings) as running:
        yield running


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_an_answer_that_is_written_while_the_clock_jumps_comes_whole(
    served: ServedProcess, clock: Clock, jump: int
) -> None:
    reader, lines = Reader(served.url), 0
    with httpx.stream(
        "POST", f"{served.url}/api/chat", json=reader.body(QUESTION), headers=reader.headers, timeout=60
    ) as answer:
        for line in answer.iter_lines():
            lines += line.startswith("data: ")
            if lines == 10:
                clock.move(jump)
                jumped = time.monotonic()
            if lines == 20:
                break  # the connection is lost
    reader = renewed(reader)  # a session of another hour is refused, at once or soon
    rest = reader.get(f"/api/chat/{reader.id}/stream", after=20)
    assert rest.status_code == 200, rest.text
    assert told(parts_of(rest.text)).split()[-1] == f"word{WORDS - 1}"
    assert time.monotonic() - jumped < 30
    time.sleep(6)  # lost answers are looked for every five seconds
    (stored,) = reader.answers()
    assert (stored["status"], len(stored["content"].split())) == ("complete", WORDS)
    counted = figures(served.url)
    assert abs(counted[("bookrag_clock_shift_seconds",)] - jump) < 5
    assert counted[("bookrag_lost_answers_total",)] == 0


def test_nobody_is_locked_out_for_as_long_as_the_clock_was_set_back(
    served: ServedProcess, clock: Clock, gemini: GeminiServer
) -> None:
    gemini.reply = Reply()
    reader = Reader(served.url)
    answers = [reader.send(reader.body(QUESTION)).status_code for _ in range(5)]
    assert answers == [200] * 4 + [429]
    clock.move(-HOUR)
    reader = renewed(reader)
    answers = [reader.send(reader.body(QUESTION)).status_code for _ in range(5)]
    assert answers == [200] * 4 + [429]


def renewed(reader: Reader) -> Reader:
    """The same reader with a session of now, as clients get one with the refresh token."""
    answer = httpx.post(f"{reader.url}/api/auth/refresh", json={"refresh_token": reader.refresh_token}, timeout=30)
    assert answer.status_code == 200, answer.text
    reader.headers = {"authorization": f"Bearer {answer.json()['session']['access_token']}"}
    return reader
