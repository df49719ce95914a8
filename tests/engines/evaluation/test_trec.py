"""TREC's formats: what is exported gives the same figures to trec_eval, and what is imported is a set."""

import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import pytrec_eval

from engines.evaluation.questions import load_questions
from engines.evaluation.run_files import save_run
from engines.evaluation.trec import export_trec, load_trec_questions
from storage.errors import InputError
from tests.commands import run_command
from tests.engines.evaluation.test_comparing import record, run_of


def test_exported_files_give_the_same_figures_to_the_last_digit(tmp_path: Path) -> None:
    found = [f"/{place}" for place in range(40)]
    tied = record("tied", {"/5": 3, "/30": 1, "/2": 0}, found)
    tied.scores = [0.5] * 20 + [0.7] * 20  # ties, and a reranked order that rises
    spaced = record("with space", {"/a page#b": 2, "/none": 1}, ["/x", "/a page#b"])
    encoded = record("with%20space", {"/a%20page#b": 1, "/a page#b": 0}, ["/a page#b", "/a%20page#b"])
    run = run_of("A run", tied, spaced, encoded, record("zero", {"/1": 0}, ["/1"]), record("unanswerable", {}, ["/1"]))
    save_run(run, tmp_path / "a.json")
    done = run_command("eval", "export", "a.json", "--trec", "out/trec", environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out/trec/a.qrels").open() as judged, (tmp_path / "out/trec/a.run").open() as ranked:
        qrels, results = pytrec_eval.parse_qrel(judged), pytrec_eval.parse_run(ranked)
    assert list(qrels) == ["tied", "with%20space", "with%2520space", "zero"]
    values = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.10", "P.3", "map_cut.10"}).evaluate(results)
    for figure, measure in {
        "ndcg@10": "ndcg_cut_10",
        "recall@10": "recall_10",
        "precision@3": "P_3",
        "map@10": "map_cut_10",
    }.items():
        mean = sum(each[measure] for each in values.values()) / len(values)
        assert mean == pytest.approx(run.figures[figure].mean, abs=1e-15)


def test_qrels_with_their_questions_become_a_set(tmp_path: Path) -> None:
    (tmp_path / "qrels.txt").write_text("q1 0 /docs/a#b 2\nq1 0 /docs/c 0\nq2 0 /docs/d%20e -1\n")
    (tmp_path / "queries.tsv").write_text("q1\tWhy is that?\r\nq2\tHow?\n")
    command = ("eval", "import", "qrels.txt", "--queries", "queries.tsv", "-o", "new/set.jsonl")
    done = run_command(*command, environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = load_questions(tmp_path / "new" / "set.jsonl")
    assert (first.question, first.grades) == ("Why is that?", {"/docs/a#b": 2, "/docs/c": 0})
    assert second.grades == {"/docs/d e": -1}
    assert run_command(*command, environment={}, folder=tmp_path).returncode == 2, "a set is not written over"


def test_a_folder_in_the_beir_layout_becomes_a_set(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "why?"}\n')
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\t/docs/a\t1\n")
    done = run_command("eval", "import", ".", "--split", "dev", "-o", "set.jsonl", environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [each.grades for each in load_questions(tmp_path / "set.jsonl")] == [{"/docs/a": 1}]


@pytest.mark.parametrize(
    ("qrels", "queries", "message"),
    [
        ("q1 0 d 1.5\n", "q1\twhy\n", r"qrels.txt:1: .*whole number"),
        ("q1 d 1\n", "q1\twhy\n", r"qrels.txt:1: expected"),
        ("q1 0 d 1\nq2 0 d 1\n", "q1\twhy\n", r"qrels.txt:2: .*no question 'q2'"),
        ("q1 0 d 1\nq1 0 d 2\n", "q1\twhy\n", r"qrels.txt:2: .*judged before"),
        ("", "q1\twhy\n", "no judgements"),
        ("q1 0 d 1\n", "q1 why\n", "separated by a tab"),
        ("q1 0 d 1\n", "q1\twhy\nq1\thow\n", "more than once"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, qrels: str, queries: str, message: str) -> None:
    (tmp_path / "qrels.txt").write_text(qrels)
    (tmp_path / "queries.tsv").write_text(queries)
    with pytest.raises(InputError, match=message):
        load_trec_questions(tmp_path / "qrels.txt", tmp_path / "queries.tsv")


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1 0 /docs/a 1\nq1 0 /docs/a/ 2\n", "has /docs/a twice, graded differently"),
        ("q1 0 MED-10 1\n", "the judged document 'MED-10', which is not an address"),
        ("q1 0 docs/a 1\n", "'docs/a', which is not an address"),
        ("q1 0 /docs/a 1_0\n", "whole number, not '1_0'"),
        ("q1 0 /docs/a \u0661\n", "whole number"),
    ],
)
@pytest.mark.parametrize("form", ["trec", "beir"])
def test_a_set_is_not_made_of_what_are_no_addresses(tmp_path: Path, qrels: str, message: str, form: str) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "q.txt").write_text(qrels)
    (tmp_path / "queries.tsv").write_text("q1\twhy\n")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "why"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text(qrels.replace(" ", "\t"))
    source = ("q.txt", "--queries", "queries.tsv") if form == "trec" else (".",)
    done = run_command("eval", "import", *source, "-o", "set.jsonl", environment={}, folder=tmp_path)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "set.jsonl").exists()


def test_spellings_of_one_address_are_imported_as_one(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("q1 0 /docs/a/#b 1\nq1 0 https://book.example/docs/a#b 1\n")
    (tmp_path / "queries.tsv").write_text("q1\twhy\n")
    command = ("eval", "import", "q.txt", "--queries", "queries.tsv", "-o", "set.jsonl")
    assert run_command(*command, environment={}, folder=tmp_path).returncode == 0
    assert [each.grades for each in load_questions(tmp_path / "set.jsonl")] == [{"/docs/a#b": 1}]


def test_a_run_without_judged_questions_is_not_exported(tmp_path: Path) -> None:
    save_run(run_of("Refusals", record("unanswerable", {}, ["/1"])), tmp_path / "a.json")
    done = run_command("eval", "export", "a.json", "--trec", "out", environment={}, folder=tmp_path)
    assert done.returncode == 2
    assert "has no judged question to export" in " ".join(done.stderr.split())
    assert not (tmp_path / "out" / "a.run").exists()


def test_ids_and_texts_of_questions_are_taken_as_they_are_or_refused(tmp_path: Path) -> None:
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.txt"
    for line, message in {
        '{"_id": null, "text": "why"}': "`_id` must be",
        '{"_id": true, "text": "why"}': "`_id` must be",
        '{"_id": 1.0, "text": "why"}': "`_id` must be",
        '{"text": "why"}': "`_id` must be",
        '{"_id": "a\\u200b", "text": "why"}': "invisible characters",
        '{"_id": "q", "text": 7}': "must be a text",
        '{"_id": "q", "text": ["why"]}': "must be a text",
        '{"_id": "q", "text": " "}': "an id and a text",
    }.items():
        queries.write_text(line + "\n")
        qrels.write_text("q 0 /a 1\n")
        with pytest.raises(InputError, match=message):
            load_trec_questions(qrels, queries)
    queries.write_text('{"_id": "null", "text": "a"}\n{"_id": 7, "text": "b"}\n{"_id": "cafe\u0301", "text": "c"}\n')
    qrels.write_text("null 0 /a 1\n7 0 /a 1\ncaf\u00e9 0 /a 1\n")
    assert [each.id for each in load_trec_questions(qrels, queries)] == ["null", "7", "caf\u00e9"]
    qrels.write_text("true 0 /a 1\n")
    with pytest.raises(InputError, match="no question 'true'"):
        load_trec_questions(qrels, queries)


def test_judgements_of_a_sets_own_questions_become_a_graded_set(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"id": "q1", "question": "Why?", "relevant": ["/docs/a"]}\n')
    (tmp_path / "graded.qrels").write_text("q1 0 https://book.example/docs/a#b 3\nq1 0 https://book.example/docs/a 1\n")
    command = ("eval", "import", "graded.qrels", "--queries", "own.jsonl", "-o", "set.jsonl")
    done = run_command(*command, environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (graded,) = load_questions(tmp_path / "set.jsonl")
    assert (graded.question, graded.grades) == ("Why?", {"/docs/a#b": 3, "/docs/a": 1})
    assert graded.hosts == ("book.example",), "which the book's own host is held against"


def test_spaces_of_any_kind_stay_in_their_column(tmp_path: Path) -> None:
    spaced = "/a\u3000page\u00a0of\u2003it\u2028and\x1cmore"
    save_run(run_of("A\u2003run", record("q", {spaced: 2, "/x": 1}, ["/x", spaced])), tmp_path / "a.json")
    assert run_command("eval", "export", "a.json", "--trec", ".", environment={}, folder=tmp_path).returncode == 0
    for name, columns in (("a.run", 6), ("a.qrels", 4)):
        lines = (tmp_path / name).read_text().split("\n")
        assert [len(line.split()) for line in lines] == [columns, columns, 0]


def by_definition(grades: Mapping[str, int], found: Sequence[str], depth: int) -> dict[str, float]:
    """The figures of one ranking by their definitions, without trec_eval (linear gain, as Järvelin and Kekäläinen)."""
    gains = [max(0, grades.get(unit, 0)) for unit in found[:depth]]
    hits = [gain > 0 for gain in gains]
    relevant = sum(grade > 0 for grade in grades.values())
    ideal = sorted((max(0, grade) for grade in grades.values()), reverse=True)[:depth]

    def discounted(values: Sequence[int]) -> float:
        return math.fsum(value / math.log2(place + 1) for place, value in enumerate(values, 1))

    return {
        f"ndcg@{depth}": discounted(gains) / discounted(ideal) if relevant else 0.0,
        f"recall@{depth}": sum(hits) / relevant if relevant else 0.0,
        f"precision@{depth}": sum(hits) / depth,
        f"map@{depth}": sum(sum(hits[:place]) / place for place, hit in enumerate(hits, 1) if hit) / max(1, relevant),
        f"mrr@{depth}": next((1 / place for place, hit in enumerate(hits, 1) if hit), 0.0),
        f"hit@{depth}": float(any(hits)),
    }


def test_every_figure_follows_from_the_exported_files_by_its_definition(tmp_path: Path) -> None:
    chance = random.Random(7)
    units = [f"/p{number}" for number in range(30)]
    records = [
        record(
            f"q{number}", {unit: chance.randint(-1, 3) for unit in chance.sample(units, 5)}, chance.sample(units, 20)
        )
        for number in range(40)
    ]
    run = run_of("graded", *records, cutoffs=(1, 3, 10))
    ranked, judged = export_trec(run, tmp_path, "graded")
    grades: dict[str, dict[str, int]] = {}
    for name, _, unit, grade in (line.split() for line in judged.read_text().splitlines()):
        grades.setdefault(name, {})[unit] = int(grade)
    scored: dict[str, list[tuple[float, str]]] = {}
    for name, _, unit, _, score, _ in (line.split() for line in ranked.read_text().splitlines()):
        scored.setdefault(name, []).append((-float(score), unit))
    for depth in run.cutoffs:
        values = [by_definition(grades[name], [unit for _, unit in sorted(scored[name])], depth) for name in grades]
        for figure in values[0]:
            expected = math.fsum(each[figure] for each in values) / len(values)
            assert run.figures[figure].mean == pytest.approx(expected, abs=1e-12), figure


def test_the_sample_books_judgements_are_of_its_questions_and_addresses(tmp_path: Path) -> None:
    folder = Path(__file__).parents[3] / "book" / "eval"
    questions = {each.id: each for each in load_questions(folder / "questions.jsonl") if each.answerable}
    graded = load_trec_questions(folder / "graded.qrels", folder / "questions.jsonl")
    assert {each.id for each in graded} == questions.keys()
    for each in graded:
        pages = {label.partition("#")[0] for label in questions[each.id].grades}
        assert each.grades.keys() == questions[each.id].grades.keys() | pages
        assert all(1 <= grade <= 3 for grade in each.grades.values())
        assert max(each.grades.values()) > 1
