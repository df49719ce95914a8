"""`bookrag eval retrieval` over a real index: its files, its gate, and figures that do not depend on `--k`."""

import csv
import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.commands import run_command
from tests.small_book import write_small_book

QUESTIONS = [
    {"id": "zmp", "question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp#what-it-is"]},
    {"id": "page", "question": "Where do the tipping moments vanish?", "relevant": ["/docs/balance/zmp"]},
]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A set of two questions that the small book answers."""
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS), encoding="utf-8")
    return path


def retrieval(*arguments: str | Path, data_dir: Path, folder: Path, **settings: str) -> "CompletedProcess[str]":
    environment = {"DATA_DIR": str(data_dir), "BOOK_DIR": str(folder / "site" / "docs"), **settings}
    return run_command("eval", "retrieval", *arguments, environment=environment, folder=folder)


def test_figures_do_not_depend_on_the_largest_cut_off(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    found: list[dict[str, Any]] = []
    for cutoffs in ("1,3", "1,3,50"):
        done = retrieval(questions, "--k", cutoffs, "--json", data_dir=data_dir, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert all(found[1]["figures"][name] == figure for name, figure in found[0]["figures"].items())
    shallow, deep = ([each["found"] for each in run["questions"]] for run in found)
    assert shallow == deep
    assert found[0]["questions"][0]["grades"] == {"/docs/balance/zmp#what-it-is": 1}
    assert found[0]["book"]["build"]


@pytest.mark.parametrize(("setting", "ranked"), [("20", 100), ("150", 150)])
def test_a_run_says_how_many_candidates_were_ranked(
    data_dir: Path, tmp_path: Path, questions: Path, setting: str, ranked: int
) -> None:
    done = retrieval(questions, "--json", data_dir=data_dir, folder=tmp_path, CANDIDATES=setting)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settings"]["candidates"] == ranked


def test_the_books_own_set_is_taken_where_none_is_named(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    done = retrieval("--json", data_dir=data_dir, folder=tmp_path)
    assert done.returncode != 0
    assert f"no evaluation set at {tmp_path / 'site' / 'eval' / 'questions.jsonl'}" in done.stderr
    own = tmp_path / "site" / "eval" / "questions.jsonl"
    own.parent.mkdir(parents=True)
    own.write_bytes(questions.read_bytes())
    for settings in ({}, {"EVAL_SET": str(questions)}):
        done = retrieval("--json", data_dir=data_dir, folder=tmp_path, **settings)
        assert done.returncode == 0, done.stderr
        assert [each["id"] for each in json.loads(done.stdout)["questions"]] == ["zmp", "page"]


def test_a_gate_that_would_compare_nothing_is_bad_input(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    assert retrieval(questions, "-o", "new/before.json", data_dir=data_dir, folder=tmp_path).returncode == 0
    gate = ("--baseline", "new/before.json")
    passed = retrieval(questions, *gate, "--csv", "new/values.csv", data_dir=data_dir, folder=tmp_path)
    assert passed.returncode == 0
    assert "gate: 2 questions and " in passed.stderr
    with (tmp_path / "new" / "values.csv").open(newline="") as opened:
        heading, *rows = csv.reader(opened)
    assert heading[:4] == ["id", "question", "answerable", "tags"]
    saved = json.loads((tmp_path / "new" / "before.json").read_text())
    for row, asked in zip(rows, saved["questions"], strict=True):
        assert row[:2] == [asked["id"], asked["question"]]
        assert dict(zip(heading[4:], map(float, row[4:]), strict=True)) == asked["figures"]
    other_cutoff = retrieval(questions, *gate, "--k", "7", data_dir=data_dir, folder=tmp_path)
    assert (other_cutoff.returncode, "none in common" in other_cutoff.stderr) == (2, True)
    questions.write_text(json.dumps(QUESTIONS[0]) + "\n", encoding="utf-8")
    other_set = retrieval(questions, *gate, data_dir=data_dir, folder=tmp_path)
    assert (other_set.returncode, "another set" in other_set.stderr) == (2, True)


def test_a_cut_off_below_what_is_ranked_is_bad_input(data_dir: Path, tmp_path: Path, questions: Path) -> None:
    done = retrieval(questions, "--k", "10,500", data_dir=data_dir, folder=tmp_path)
    assert done.returncode == 2
    assert "CANDIDATES" in done.stderr


CONVERSATIONS = [
    {
        "id": "zmp",
        "turns": [
            {"question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp#what-it-is"]},
            {"question": "why does it stay inside?", "relevant": ["/docs/balance/zmp#inside"]},
            {"question": "thanks a lot!", "answerable": False, "kind": "small-talk"},
        ],
    },
    {
        "id": "push",
        "turns": [
            {"question": "Where must a robot step after a push?", "relevant": ["/docs/balance/capture-point"]},
            {"question": "and how do I bake bread with it?", "answerable": False},
        ],
    },
]


def test_turns_of_conversations_are_asked_of_the_chat_one_after_the_other(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "conversations.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in CONVERSATIONS), encoding="utf-8")
    done = retrieval(path, "-o", "run.json", data_dir=data_dir, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    asked = {each["id"]: each for each in json.loads((tmp_path / "run.json").read_text())["questions"]}
    assert list(asked) == ["zmp.1", "zmp.2", "zmp.3", "push.1", "push.2"]
    assert "turn:first" in asked["zmp.1"]["tags"]
    assert {"turn:later", "kind:small-talk"} <= set(asked["zmp.3"]["tags"])
    assert asked["zmp.2"]["figures"]["hit@6"] == 1
    assert asked["zmp.2"]["verdict"] == "covered"
    assert (asked["zmp.3"]["verdict"], asked["zmp.3"]["found"]) == (None, [])
    # A set has one half of a conversation's turns, never some of them in each.
    halves = [{tag for tag in each["tags"] if tag.startswith("half:")} for each in asked.values()]
    assert halves[0] == halves[1] == halves[2]
    assert "first, answerable" in done.stdout
    again = retrieval(path, "--tag", "turn:later", "--markdown", "run.md", data_dir=data_dir, folder=tmp_path)
    assert again.returncode == 0, again.stderr
    report = (tmp_path / "run.md").read_text()
    assert "| later, answerable | 1 | 1 of 1, 100.0% (21%–100%) | 1 | 0 | 0 | 0 |" in report
    assert "| small talk | 1 | – | 0 | 0 | 0 | 1 |" in report
    one_side = retrieval(path, "--dense-only", data_dir=data_dir, folder=tmp_path)
    assert (one_side.returncode, "--dense-only" in one_side.stderr) == (2, True)


DOCUMENTS = """.I 1
.T
balance of a walking robot
.A
ting, l.
.W
the zero moment point stays inside the support polygon of the feet .
.I 2
.T
heat transfer of a wing
.W
a wing at high speed is heated by friction of the air
.B
in the boundary layer .
.I 003
.T
grasping
.W
a hand closes around an object until its fingers touch .
"""
CRANFIELD = {
    "cran.all.1400": DOCUMENTS,
    # Its questions have numbers of their own, which the judgements do not use.
    "cran.qry": ".I 001\n.W\nwhere does the zero moment point stay ?\n.I 004\n.W\nwhat heats a wing ?\n",
    "cranqrel": "1 1 2\n1 3 -1\n2 2 3\n\n",
}


def test_cranfield_is_converted_and_measured_as_a_collection(
    kept_model: list[object], data_dir: Path, tmp_path: Path
) -> None:
    source = tmp_path / "cranfield"
    source.mkdir()
    for name, text in CRANFIELD.items():
        (source / name).write_text(text, encoding="utf-8")
    environment = {"DATA_DIR": str(data_dir)}
    done = run_command("eval", "cranfield", "cranfield", "beir", environment=environment, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wrote 3 documents, 2 questions, 2 judgements" in " ".join(done.stdout.split())
    corpus = [json.loads(line) for line in (tmp_path / "beir" / "corpus.jsonl").read_text("utf-8").splitlines()]
    assert [document["_id"] for document in corpus] == ["1", "2", "3"]
    assert corpus[1]["text"] == "a wing at high speed is heated by friction of the air"
    judged = (tmp_path / "beir" / "qrels" / "test.tsv").read_text("utf-8").splitlines()
    assert judged == ["query-id\tcorpus-id\tscore", "1\t1\t1", "2\t2\t1"]

    measured = [retrieval("beir", "--k", "1", "--json", data_dir=data_dir, folder=tmp_path) for _ in range(2)]
    assert [each.returncode for each in measured] == [0, 0], measured[0].stderr
    first = json.loads(measured[0].stdout)
    assert (first["figures"]["ndcg@1"]["mean"], len(first["questions"])) == (1.0, 2)
    (folder,) = (data_dir / "eval").glob("collection-*")
    with open_store(StorageSettings(_env_file=None, data_dir=folder)) as store:
        assert len(store.list_builds()) == 1, "an index of the same documents is used again"


def test_cranfield_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run_command("eval", "cranfield", "nowhere", "beir", environment={}, folder=tmp_path)
    assert done.returncode == 2
    assert "cran.all.1400 cannot be read" in " ".join(done.stderr.split())


def test_another_size_of_the_chunks_is_indexed_beside_the_books_index(
    data_dir: Path, tmp_path: Path, questions: Path
) -> None:
    write_small_book(tmp_path / "site")
    live = json.loads(retrieval(questions, "--json", data_dir=data_dir, folder=tmp_path).stdout)["book"]["build"]
    done = retrieval(questions, "--json", "--chunk-tokens", "64", data_dir=data_dir, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["book"]["build"] != live
    after = retrieval(questions, "--json", data_dir=data_dir, folder=tmp_path)
    assert json.loads(after.stdout)["book"]["build"] == live

    refused = retrieval(questions, "--chunk-tokens", "63", data_dir=data_dir, folder=tmp_path)
    assert (refused.returncode, "--chunk-tokens must be from 64 to" in " ".join(refused.stderr.split())) == (2, True)
