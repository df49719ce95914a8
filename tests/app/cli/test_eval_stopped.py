"""`bookrag eval …` that is stopped while it works: what is kept, the exit code, and how the same command goes on."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply
from tests.processes import Process

SIGNALS = [pytest.param(signal.SIGINT, marks=pytest.mark.smoke), signal.SIGTERM, signal.SIGKILL]
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: -signal.SIGTERM, signal.SIGKILL: -signal.SIGKILL}
QUESTIONS: list[dict[str, Any]] = [
    {
        "id": f"q{number}",
        "question": f"What is the zero moment point of robot {number}?",
        "relevant": ["/docs/balance/zmp"],
    }
    for number in range(12)
]
ANSWER = Reply(chunks=("The zero moment point is the point on the ground about which tipping moments are zero [1].",))
VERDICT = Reply(chunks=('{"reason": "x", "supported": true}',))

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]


def _main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background may have been without
    main()


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    """A model that answers at once and judges after a moment, so that a signal comes between two answers."""
    with GeminiServer(ANSWER) as server:
        server.condense = Reply(chunks=VERDICT.chunks, first_token_seconds=0.2)
        yield server


@pytest.fixture
def environment(data_dir: Path, small_index: Path, server: GeminiServer) -> dict[str, str]:
    """The settings of a command that has this model and the small book."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GEMINI_")}
    settings = {"DATA_DIR": str(data_dir), "BOOK_DIR": str(small_index.parent / "site" / "docs")}
    return kept | settings | {"GEMINI_API_KEY": "test-key", "GEMINI_BASE_URL": server.url}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A set of twelve questions."""
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS))
    return path


def stopped(number: signal.Signals, *arguments: str, when: Callable[[Process], None], **where: Any) -> int:
    """The exit code of a command that gets a signal as soon as something is so, which `when` waits for."""
    with Process(_main, "eval", *arguments, **where) as process:
        when(process)
        process.send_signal(number)
        return process.wait(60)


def holding(path: Path, number: int) -> Callable[[Process], None]:
    """Wait until a file has so many lines."""

    def wait(process: Process) -> None:
        deadline = time.monotonic() + 120
        while len(lines(path)) < number:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    return wait


def asking(process: Process) -> None:
    """Wait until the questions are being asked."""
    said = iter(process.stderr.readline, "")
    assert any(line.startswith("Asking: ") for line in said)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_answers_that_were_judged_are_kept_and_the_others_asked(
    number: signal.Signals, tmp_path: Path, questions: Path, environment: dict[str, str], server: GeminiServer
) -> None:
    output, command = tmp_path / "answers.jsonl", ("answers", "set.jsonl", "-o", "answers.jsonl")
    code = stopped(number, *command, when=holding(output, 2), folder=tmp_path, environment=environment)
    assert code == ENDINGS[number]
    kept = lines(output)
    assert 2 <= len(kept) < len(QUESTIONS)
    before = len(server.streams)
    server.condense = VERDICT
    done = run_command("eval", *command, "--json", environment=environment, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert lines(output)[: len(kept)] == kept
    assert [json.loads(line)["id"] for line in lines(output)] == [line["id"] for line in QUESTIONS]
    assert len(server.streams) - before == len(QUESTIONS) - len(kept), "what was kept is not asked again"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_run_of_retrieval_leaves_the_file_that_was_there(
    number: signal.Signals, tmp_path: Path, questions: Path, environment: dict[str, str]
) -> None:
    with questions.open("a") as opened:  # so many that the signal comes before the last one was asked
        more = ({**line, "id": f"{copy}-{line['id']}"} for copy in range(60) for line in QUESTIONS)
        opened.writelines(json.dumps(line) + "\n" for line in more)
    output, command = tmp_path / "run.json", ("retrieval", "set.jsonl", "-o", "run.json")
    output.write_text("before")
    code = stopped(number, *command, when=asking, folder=tmp_path, environment=environment)
    assert code == ENDINGS[number]
    assert output.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "run.json", "set.jsonl"]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_questions_that_were_written_are_kept_and_the_other_sections_asked_about(
    number: signal.Signals, tmp_path: Path, environment: dict[str, str], server: GeminiServer
) -> None:
    server.condense = Reply(chunks=("What is the capture point?",), first_token_seconds=0.2)
    output, partial = tmp_path / "made.jsonl", tmp_path / "made.jsonl.partial"
    command = ("generate", "-o", "made.jsonl", "--sections", "6", "--questions", "1", "--unanswerable", "0")
    code = stopped(number, *command, when=holding(partial, 1), folder=tmp_path, environment=environment)
    assert code == ENDINGS[number]
    assert not output.exists()
    kept, before = len(lines(partial)), len(server.condensations)
    server.condense = Reply(chunks=("What is the capture point?",))
    done = run_command("eval", *command, environment=environment, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    asked, sections = len(server.condensations) - before, before // 2
    assert asked % 2 == 0, "a question and its answer for each section"
    assert sections <= kept + asked // 2 <= 6
    assert (len(lines(output)), partial.exists()) == (1, False)


def lines(path: Path) -> list[str]:
    """The whole lines of a file that is being written, none where it is not there yet."""
    return path.read_text().splitlines() if path.exists() else []
