"""Answers judged and questions generated, with a server that speaks Gemini's wire format."""

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from engines.evaluation.generating import distinct
from engines.evaluation.judge import correctness_score
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply

VERDICT = "YES, the passages say so.\n4.5\nIt says the same as the reference. [RESULT] 2"
QUESTIONS = [
    {
        "id": "zmp",
        "question": "What is the zero moment point?",
        "relevant": ["/docs/balance/zmp#what-it-is"],
        "answer": "The point on the ground about which the tipping moments are zero.",
    },
    {"id": "bread", "question": "How long does sourdough bread rise overnight?", "answerable": False},
]
ANSWER = Reply(
    chunks=(
        "The zero moment point is the point on the ground about which the tipping moments of ",
        "gravity and inertia are zero [1]. See also [9].",
    )
)


def run(*arguments: str | Path, data_dir: Path, folder: Path, url: str | None) -> "CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GEMINI_")}
    environment = kept | {"DATA_DIR": str(data_dir), "BOOK_DIR": str(folder / "site" / "docs")}
    if url:
        environment |= {"GEMINI_API_KEY": "test-key", "GEMINI_BASE_URL": url}
    return run_command("eval", *arguments, environment=environment, folder=folder)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A set of one question that the small book answers and one that it does not."""
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS), encoding="utf-8")
    return path


def test_answers_are_judged_counted_and_taken_up_again(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    output = tmp_path / "answers.jsonl"
    with GeminiServer(ANSWER) as server:
        server.condense = Reply(chunks=(VERDICT,))
        command = ("answers", questions, "-o", output, "--json", "--input-price", "1")
        done = run(*command, data_dir=data_dir, folder=tmp_path, url=server.url)
        assert done.returncode == 0, done.stderr
        asked = len(server.requests)
        with output.open("a", encoding="utf-8") as opened:
            opened.write('{"id": "torn')  # a run that was killed
        again = run(*command, data_dir=data_dir, folder=tmp_path, url=server.url)
        assert again.returncode == 0, again.stderr
        assert len([item for item in server.requests[asked:] if item.method == "POST"]) == 0
    figures = json.loads(done.stdout)["figures"]
    assert json.loads(again.stdout)["figures"] == figures
    assert figures["faithfulness"] == figures["relevancy"] == 1.0
    assert figures["correctness"] == 0.875
    assert figures["citations supported"] == 1.0
    assert figures["markers of no source"] == 1
    assert (figures["false refusals"], figures["false answers"]) == (0, 0)
    assert (figures["prompt tokens"], figures["judge prompt tokens"]) == (100, 300)
    assert figures["cost"] == pytest.approx(0.0004)


def test_a_question_that_failed_is_asked_again(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    output = tmp_path / "answers.jsonl"
    with GeminiServer(Reply(status=400)) as server:
        done = run("answers", questions, "-o", output, "--json", data_dir=data_dir, folder=tmp_path, url=server.url)
    assert done.returncode == 1
    assert "zmp" in json.loads(done.stdout)["failures"][0]
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()] == ["bread"]


@pytest.mark.parametrize("command", ["answers", "generate"])
def test_without_a_key_the_error_says_so(command: str, data_dir: Path, tmp_path: Path, questions: Path) -> None:
    arguments = (command, questions) if command == "answers" else (command,)
    done = run(*arguments, data_dir=data_dir, folder=tmp_path, url=None)
    assert done.returncode == 2
    assert "GEMINI_API_KEY is not set" in done.stderr


def test_questions_are_written_once_with_their_address(small_index: Path, tmp_path: Path) -> None:
    output = tmp_path / "generated.jsonl"
    (tmp_path / "site").symlink_to(small_index.parent / "site")
    with GeminiServer() as server:
        server.condense = Reply(chunks=("1. What is the capture point?\n2. Where does a robot step after a push?",))
        command = ("generate", "-o", output, "--sections", "5")
        done = run(*command, data_dir=small_index, folder=tmp_path, url=server.url)
        assert done.returncode == 0, done.stderr
        again = run(*command, data_dir=small_index, folder=tmp_path, url=server.url)
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [line["question"] for line in lines] == [
        "What is the capture point?",
        "Where does a robot step after a push?",
    ]
    assert all(line["relevant"][0].startswith("/docs/") for line in lines)
    assert again.returncode == 2, "what a person reviewed is not written over"


def test_what_a_known_question_asks_is_left_out() -> None:
    vectors = {"known": [1.0, 0.0], "same": [0.99, 0.1], "new": [0.0, 1.0]}
    lines = [{"question": "same"}, {"question": "new"}]
    assert distinct(lines, ["known"], lambda texts: [vectors[text] for text in texts]) == [{"question": "new"}]


@pytest.mark.parametrize(
    ("text", "score"), [("4.0\nGood.", 4.0), ("Score: 3", 3.0), ("**5**\nAll right", 5.0), ("I cannot say.", None)]
)
def test_a_score_is_read_as_models_write_it(text: str, score: float | None) -> None:
    assert correctness_score(text)[0] == score
