"""Answers judged and questions generated, with a server that speaks Gemini's wire format."""

import fcntl
import json
import os
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from engines.errors import ModelError
from engines.evaluation.generating import SectionText, distinct, generate_questions
from engines.evaluation.judge import CountingLLM, Judge, counting_llm
from engines.evaluation.questions import load_questions, set_digest
from engines.settings import EngineSettings
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply

FAITHFUL = '{"reason": "The passages say so.", "supported": true}'
RELEVANT = '{"reason": "It says what was asked.", "answers": "partly"}'
CORRECT = '{"reason": "It lacks a detail.", "grade": 4}'
QUESTIONS: list[dict[str, Any]] = [
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
        server.script_whole(*(Reply(chunks=(text,)) for text in (FAITHFUL, RELEVANT, CORRECT)))
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
    assert json.loads(again.stdout)["model_versions"] == ["test"]
    assert (figures["faithfulness"], figures["relevancy"], figures["correctness"]) == (1.0, 0.5, 0.75)
    assert json.loads(done.stdout)["measured"]["faithfulness"]["count"] == 1
    assert (figures["citations supported"], figures["citations not measured"]) == (1.0, 0)
    assert (figures["false refusals"], figures["false answers"]) == (0, 0)
    assert (figures["prompt tokens"], figures["judge prompt tokens"]) == (100, 300)
    assert figures["cost"] == pytest.approx(0.0004)
    judged = [item for item in server.requests if not item.streamed and item.method == "POST"]
    forms = [item.body["generationConfig"]["responseJsonSchema"]["title"] for item in judged]
    assert forms == ["Faithfulness", "Relevancy", "Correctness"]


def test_an_answer_is_judged_as_often_as_asked_for(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    output = tmp_path / "answers.jsonl"
    second = ('{"reason": "They do not.", "supported": false}', RELEVANT, "no verdict")
    with GeminiServer(ANSWER) as server:
        server.script_whole(*(Reply(chunks=(text,)) for text in (FAITHFUL, RELEVANT, CORRECT, *second)))
        command = ("answers", questions, "-o", output, "--json", "--judge-repeats", "2")
        done = run(*command, data_dir=data_dir, folder=tmp_path, url=server.url)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert (figures["faithfulness"], figures["relevancy"], figures["correctness"]) == (0.5, 0.5, 0.75)
    assert figures["verdicts not measured"] == 1
    answered = json.loads(output.read_text("utf-8").splitlines()[0])
    assert [each["faithfulness"] for each in answered["judgements"]] == [1.0, 0.0]
    assert answered["set_digest"] == set_digest(load_questions(questions))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(chunks=("",)),
        Reply(chunks=(" ",)),
        Reply(chunks=(CORRECT[:9],), finish_reason="MAX_TOKENS"),
        Reply(chunks=(), finish_reason="SAFETY"),
        Reply(block_reason="SAFETY"),
    ],
    ids=["empty", "white space", "truncated", "stopped", "refused"],
)
def test_a_judge_without_a_verdict_costs_no_answer(
    data_dir: Path, tmp_path: Path, questions: Path, reply: Reply
) -> None:
    with GeminiServer(ANSWER) as server:
        server.condense = reply
        server.script_whole(Reply(chunks=(FAITHFUL,)), Reply(chunks=(RELEVANT,)))
        command = ("answers", questions, "-o", "a.jsonl", "--json")
        done = run(*command, data_dir=data_dir, folder=tmp_path, url=server.url)
        asked = len([item for item in server.requests if not item.streamed and item.method == "POST"])
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert (figures["faithfulness"], figures["relevancy"]) == (1.0, 0.5)
    assert "correctness" not in figures
    assert (figures["verdicts not measured"], figures["answer tokens"] > 0) == (1, True)
    if not reply.block_reason:  # where the server counts none
        assert figures["judge prompt tokens"] == 100 * asked


def test_answers_to_another_set_are_compared_where_asked_for_alone(
    data_dir: Path, tmp_path: Path, questions: Path
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        asked = run("answers", questions, "-o", name, "--json", data_dir=data_dir, folder=tmp_path, url=None)
        assert asked.returncode == 0, asked.stderr
        questions.write_text(json.dumps(QUESTIONS[0]) + "\n" + json.dumps(QUESTIONS[1] | {"tags": ["x"]}) + "\n")
    refused = run("compare", "a.jsonl", "b.jsonl", data_dir=data_dir, folder=tmp_path, url=None)
    assert (refused.returncode, "their sets differ" in " ".join(refused.stderr.split())) == (2, True)
    compared = run("compare", "a.jsonl", "b.jsonl", "--allow-different", data_dir=data_dir, folder=tmp_path, url=None)
    assert compared.returncode == 0, compared.stderr


def test_a_file_of_answers_to_other_questions_is_not_added_up(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    command = ("answers", questions, "-o", tmp_path / "answers.jsonl", "--json")
    first = run(*command, data_dir=data_dir, folder=tmp_path, url=None)
    assert first.returncode == 0, first.stderr
    changed = [{**QUESTIONS[0], "question": "What is a gait?"}, QUESTIONS[1]]
    questions.write_text("".join(json.dumps(line) + "\n" for line in changed), encoding="utf-8")
    done = run(*command, data_dir=data_dir, folder=tmp_path, url=None)
    assert done.returncode == 2
    assert "another question than the set has as 'zmp'" in done.stderr
    longer = [*QUESTIONS, {"id": "gait", "question": "What is a gait?", "answerable": False}]
    questions.write_text("".join(json.dumps(line) + "\n" for line in longer), encoding="utf-8")
    done = run(*command, data_dir=data_dir, folder=tmp_path, url=None)
    assert (done.returncode, "answers to another set" in done.stderr) == (2, True)


def answers_of(data_dir: Path, tmp_path: Path, questions: Path) -> Path:
    """A file of answers to the questions, as it is made without a key."""
    path = tmp_path / "answers.jsonl"
    done = run("answers", questions, "-o", path, "--json", data_dir=data_dir, folder=tmp_path, url=None)
    assert done.returncode == 0, done.stderr
    return path


def test_an_edited_file_of_answers_is_refused(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    path = answers_of(data_dir, tmp_path, questions)
    written = path.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    (tmp_path / "b.jsonl").write_text(written)
    edits: list[dict[str, Any]] = [{"supported": 9}, {"refused": True}, {"faithfulness": 1.0}, {"text": "Yes."}]
    edits += [{"answer_tokens": 7}, {"supported": "many"}, {"content_digest": "0"}]
    for edit in edits:
        path.write_text("".join(json.dumps(line | edit) + "\n" for line in lines))
        for command in (("answers", questions, "-o", path), ("compare", path, "b.jsonl")):
            done = run(*command, data_dir=data_dir, folder=tmp_path, url=None)
            said = " ".join(done.stderr.split())
            assert done.returncode == 2, edit
            assert "was edited after it was written" in said or "supported: Input should be" in said
    path.write_text(written + written.splitlines()[0] + "\n")
    done = run("compare", path, "b.jsonl", data_dir=data_dir, folder=tmp_path, url=None)
    assert (done.returncode, "more than one answer to zmp" in " ".join(done.stderr.split())) == (2, True)


def test_a_file_that_is_no_file_of_answers_is_left_as_it_is(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    other = tmp_path / "notes.jsonl"
    for text in ("notes without a line end", '{"a": 1}\nnotes', "Gruß", questions.read_text().rstrip("\n")):
        other.write_text(text)
        done = run("answers", questions, "-o", other, data_dir=data_dir, folder=tmp_path, url=None)
        assert done.returncode == 2, text
        assert other.read_text() == text


@pytest.mark.parametrize("cut", [1, 8, 300, -1])
def test_an_answer_that_a_killed_run_half_wrote_is_asked_again(
    data_dir: Path, tmp_path: Path, questions: Path, cut: int
) -> None:
    path = answers_of(data_dir, tmp_path, questions)
    written = path.read_bytes()
    first, second = written.splitlines(keepends=True)
    path.write_bytes(first + second[:cut])
    assert answers_of(data_dir, tmp_path, questions) == path
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["id"] for each in found] == ["zmp", "bread"]
    assert path.read_bytes().startswith(first)
    path.write_bytes(first + '{"id": "bread", "question": "Gruß'.encode()[:-1])
    answers_of(data_dir, tmp_path, questions)


def test_two_runs_do_not_write_to_one_file(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = run("answers", questions, "-o", path, data_dir=data_dir, folder=tmp_path, url=None)
    assert (done.returncode, "Another run is writing to" in " ".join(done.stderr.split())) == (2, True)
    assert path.read_text() == ""


def test_statements_too_short_to_judge_are_counted_and_in_no_figure(
    data_dir: Path, tmp_path: Path, questions: Path
) -> None:
    short = Reply(chunks=("On the ground [1]. ", "Yes [2]."))
    with GeminiServer(short) as server:
        server.script_whole(*(Reply(chunks=(text,)) for text in (FAITHFUL, RELEVANT, CORRECT)))
        command = ("answers", questions, "-o", "a.jsonl", "--json")
        done = run(*command, data_dir=data_dir, folder=tmp_path, url=server.url)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert "citations supported" not in figures
    assert figures["citations not measured"] >= 1
    answered = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[0])
    assert (answered["judged"], answered["supported"]) == (0, 0)
    assert answered["citations"] == figures["citations not measured"]


def test_a_tag_that_no_question_has_is_an_error(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    done = run("answers", questions, "--tag", "nosuch", data_dir=data_dir, folder=tmp_path, url=None)
    assert done.returncode == 2
    assert "has the tag nosuch" in done.stderr


def test_without_a_key_the_answers_that_readers_get_are_measured_without_a_judge(
    data_dir: Path, tmp_path: Path, questions: Path
) -> None:
    command = ("answers", questions, "-o", tmp_path / "answers.jsonl", "--json")
    done = run(*command, data_dir=data_dir, folder=tmp_path, url=None)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert figures["answered"] >= 1
    assert "faithfulness" not in figures
    assert figures["false refusals"] == 0


def test_a_question_that_failed_is_asked_again(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    output = tmp_path / "answers.jsonl"
    with GeminiServer(Reply(status=400)) as server:
        done = run("answers", questions, "-o", output, "--json", data_dir=data_dir, folder=tmp_path, url=server.url)
    assert done.returncode == 1
    assert "zmp" in json.loads(done.stdout)["failures"][0]
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()] == ["bread"]


@pytest.mark.parametrize("arguments", [("answers", "set.jsonl", "--judge-model", "gemini-x"), ("generate",)])
def test_what_needs_a_key_says_so(arguments: tuple[str, ...], data_dir: Path, tmp_path: Path, questions: Path) -> None:
    assert questions.name == "set.jsonl"
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
    assert again.returncode == 2, "a file that was reviewed is not overwritten"


def test_what_a_known_question_asks_is_left_out() -> None:
    vectors = {"known": [1.0, 0.0], "same": [0.99, 0.1], "new": [0.0, 1.0]}
    lines = [{"question": "same"}, {"question": "new"}]
    assert distinct(lines, ["known"], lambda texts: [vectors[text] for text in texts]) == [{"question": "new"}]


SECTIONS = [SectionText(f"/docs/{name}", name, f"Text about {name}.") for name in ("a", "b", "c")]


async def test_generating_goes_on_where_the_model_refused(tmp_path: Path) -> None:
    partial = tmp_path / "made.partial"

    async def generate(llm: CountingLLM) -> list[dict[str, Any]]:
        return await generate_questions(
            SECTIONS, llm, number=1, unanswerable=0, partial=partial, advance=lambda steps: None
        )

    replies = [Reply(chunks=(text,)) for text in ("What is a?", "It is a.", "What is b?", "It is b.")]
    with GeminiServer(Reply(status=400)) as server:
        llm = judge_model(server)
        server.script_whole(*replies, Reply(status=400))
        with pytest.raises(ModelError):
            await generate(llm)
        before = len(server.requests)
        with partial.open("a") as opened:
            opened.write('{"key": "torn')
        server.script_whole(*(Reply(chunks=(text,)) for text in ("What is c?", "It is c.")))
        made = await generate(llm)
        await llm.aclose()
    assert [(line["id"], line["question"]) for line in made] == [
        ("gen-0001", "What is a?"),
        ("gen-0002", "What is b?"),
        ("gen-0003", "What is c?"),
    ]
    assert len(server.requests) - before == 2


@pytest.mark.parametrize(
    ("faithful", "relevant", "correct"),
    [
        ("YES", "[RESULT] 2", "4.5"),
        ("NO, yesterday it was not", "[RESULT] 7", "I cannot say"),
        ('{"reason": "x", "supported": "yes"}', '{"reason": "x", "answers": "mostly"}', '{"reason": "x", "grade": 7}'),
        ('{"reason": "x", "supported": 1}', '{"answers": "partly"}', '{"reason": "5 of 5", "grade": "5"}'),
        ('{"reason": "x", "supported": null}', '{"reason": "x", "answers": 2}', '{"reason": "x", "grade": 4.5}'),
        ('```json\n{"reason": "x", "supported": true}\n```', "[]", '{"reason": "x", "grade": 4, "more": 1}'),
        ('{"reason": "x", "supported": true} and', '{"reason": "x"', '{"reason": "x", "grade": 0}'),
    ],
)
async def test_a_verdict_that_is_not_of_the_form_asked_for_is_unmeasured(
    faithful: str, relevant: str, correct: str
) -> None:
    with GeminiServer(Reply(status=400)) as server:
        llm = judge_model(server)
        server.script_whole(*(Reply(chunks=(text,)) for text in (faithful, relevant, correct)))
        found = await Judge(llm).judge("Why?", "Because.", ["A passage {with braces}."], "A reference")
        await llm.aclose()
    assert (found.faithfulness, found.relevancy, found.correctness) == (None, None, None)
    assert len(found.problems) == 3


async def test_verdicts_of_the_form_asked_for_are_scores() -> None:
    with GeminiServer(Reply(status=400)) as server:
        llm = judge_model(server)
        server.script_whole(*(Reply(chunks=(text,)) for text in (FAITHFUL, RELEVANT, CORRECT)))
        found = await Judge(llm).judge("Why?", "Because.", ["A passage {with braces}."], "A reference")
        await llm.aclose()
    assert (found.faithfulness, found.relevancy, found.correctness, found.problems) == (1.0, 0.5, 0.75, ())
    assert "A passage {with braces}." in server.requests[0].everything


def judge_model(server: GeminiServer) -> CountingLLM:
    settings = EngineSettings(gemini_api_key="test-key", gemini_base_url=server.url)
    return counting_llm(settings)
