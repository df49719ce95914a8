"""Runs as files, compared: the same questions, every figure from the file alone, and gates that do compare."""

import csv
import itertools
import json
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from app.cli.eval_files import write_csv
from engines.evaluation.answers import AnswerRecord
from engines.evaluation.comparing import check_baseline, compare_all, gate_summary, regressions
from engines.evaluation.decision import decision_figures
from engines.evaluation.html_report import report_page
from engines.evaluation.metrics import holm, mean_figures, paired_test
from engines.evaluation.run_files import CONTENT_DIGEST, content_digest, load_run, replace_file, run_content, save_run
from engines.evaluation.runner import QuestionRecord, Run, record_figures, summarize
from engines.evaluation.svg_charts import lines
from engines.evaluation.text_report import comparison_markdown
from storage.errors import InputError
from tests.browser import OpenPage
from tests.commands import run_command
from tests.processes import Process

BOOK = {"identity": "A book", "digest": "d", "build": "b"}


def record(name: str, grades: Mapping[str, int], found: Sequence[str]) -> QuestionRecord:
    scores = [1 / place for place in range(1, len(found) + 1)]
    relevant = [label for label, grade in grades.items() if grade > 0]
    return QuestionRecord(
        name, f"What is {name}?", relevant, dict(grades), dict(grades), bool(grades), [], list(found), scores
    )


def run_of(name: str, *records: QuestionRecord, digest: str = "set", cutoffs: Sequence[int] = (1, 3, 10)) -> Run:
    return summarize(name, list(records), set_digest=digest, book=BOOK, cutoffs=cutoffs, settings={}, seconds=0)


def test_every_figure_is_computed_from_the_file_alone(tmp_path: Path) -> None:
    graded = record("q", {"/a": 3, "/b": 1, "/c": 2}, ["/x", "/b", "/a"])
    run = run_of("A", graded, record("r", {"/a": 0}, ["/a"]), record("u", {}, ["/a"]))
    save_run(run, tmp_path / "run.json")
    loaded = load_run(tmp_path / "run.json")
    assert mean_figures(record_figures(loaded.questions, loaded.cutoffs)) == run.figures
    assert run.figures["ndcg@10"].count == 2, "a question with a grade of 0 alone counts, an unanswerable one does not"
    assert loaded.questions[0].grades == {"/a": 3, "/b": 1, "/c": 2}
    assert loaded.questions[0].scores == [1.0, 0.5, 1 / 3]


def _not_finite(content: dict[str, Any]) -> None:
    content["questions"][0]["figures"]["ndcg@10"] = float("nan")


def _better_than_measured(content: dict[str, Any]) -> None:
    content["figures"]["ndcg@10"]["mean"] = 0.99


def _turned_round(content: dict[str, Any]) -> None:
    content["questions"][0]["found"].reverse()


def _cut_short(content: dict[str, Any]) -> None:
    del content["questions"][1:]


def _twice(content: dict[str, Any]) -> None:
    content["questions"].append(content["questions"][0])


def _of_another_type(content: dict[str, Any]) -> None:
    content["questions"][0]["found"] = 7


def _without_scores(content: dict[str, Any]) -> None:
    content["questions"][0]["scores"].pop()


def _without_a_figure(content: dict[str, Any]) -> None:
    del content["questions"][0]["figures"]["mrr@10"]


def _without_figures(content: dict[str, Any]) -> None:
    content["questions"][0]["figures"] = {}


def _with_a_cutoff_below_one(content: dict[str, Any]) -> None:
    content["cutoffs"].append(-1)


def _with_easier_grades(content: dict[str, Any]) -> None:
    content["questions"][0]["judged"]["/a"] = 2


def _with_a_score_that_is_none(content: dict[str, Any]) -> None:
    content["questions"][0]["scores"][0] = float("inf")


def _with_other_counts_of_verdicts(content: dict[str, Any]) -> None:
    content["grounding"] = {"everything": {"refused": 0}}


FOLLOWS_NOT = [_not_finite, _better_than_measured, _turned_round, _cut_short, _twice, _of_another_type, _without_scores]
FOLLOWS_NOT += [_without_a_figure, _without_figures, _with_a_cutoff_below_one, _with_easier_grades]
FOLLOWS_NOT += [_with_a_score_that_is_none, _with_other_counts_of_verdicts]


def _narrower_interval(content: dict[str, Any]) -> None:
    content["figures"]["ndcg@10"]["low"] = content["figures"]["ndcg@10"]["mean"]


def _more_questions(content: dict[str, Any]) -> None:
    content["figures"]["ndcg@10"]["count"] = 200


def _better_group(content: dict[str, Any]) -> None:
    content["groups"]["tag hard"]["ndcg@10"]["mean"] = 1.0


def _fewer_false_answers(content: dict[str, Any]) -> None:
    content["grounding"]["everything"]["answered"] = 0


def _another_verdict(content: dict[str, Any]) -> None:
    content["questions"][2]["verdict"] = "not_covered"


def _another_set(content: dict[str, Any]) -> None:
    content["set_digest"] = "another"


def _another_book(content: dict[str, Any]) -> None:
    content["book"]["identity"] = "another"


def _another_setting(content: dict[str, Any]) -> None:
    content["settings"]["side"] = "dense"


def _another_time(content: dict[str, Any]) -> None:
    content["when"] = "2020-01-01T00:00:00+00:00"


def _another_score(content: dict[str, Any]) -> None:
    content["questions"][0]["scores"][0] = 2.0


def _another_question(content: dict[str, Any]) -> None:
    content["questions"][0]["question"] = "What else?"


def _without_its_digest(content: dict[str, Any]) -> None:
    del content[CONTENT_DIGEST]


IN_SILENCE = [_narrower_interval, _more_questions, _better_group, _fewer_false_answers, _another_verdict, _another_set]
IN_SILENCE += [_another_book, _another_setting, _another_time, _another_score, _another_question, _without_its_digest]


def run_with_verdicts() -> Run:
    """A run of two judged questions and one that the book does not answer and is told to."""
    easy, unanswerable = record("r", {"/a": 1}, ["/a"]), record("u", {}, ["/a"])
    hard = record("q", {"/a": 1}, ["/x", "/y", "/a"])
    easy.verdict, hard.verdict, unanswerable.verdict = "covered", "uncertain", "covered"
    easy.score, hard.score, unanswerable.score = 0.9, 0.6, 0.9
    hard.tags.append("hard")
    run = run_of("A", hard, easy, unanswerable)
    decision = decision_figures(run.questions)
    assert decision is not None
    run.grounding = decision.to_dict()
    return run


@pytest.mark.parametrize("edit", FOLLOWS_NOT)
def test_a_file_whose_figures_are_not_those_of_its_rankings_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
    content = run_content(run_with_verdicts())
    edit(content)
    del content[CONTENT_DIGEST]
    (tmp_path / "run.json").write_text(json.dumps(content | {CONTENT_DIGEST: content_digest(content)}))

    with pytest.raises(InputError, match=r"run\.json"):
        load_run(tmp_path / "run.json")


@pytest.mark.parametrize("edit", IN_SILENCE)
def test_a_file_that_was_edited_is_refused(tmp_path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    save_run(run_with_verdicts(), tmp_path / "run.json")
    load_run(tmp_path / "run.json")
    content = json.loads((tmp_path / "run.json").read_text())
    edit(content)
    (tmp_path / "run.json").write_text(json.dumps(content))

    with pytest.raises(InputError, match=r"run\.json was edited after it was written"):
        load_run(tmp_path / "run.json")


@pytest.mark.parametrize("edit", [_narrower_interval, _more_questions, _better_group, _fewer_false_answers])
def test_what_follows_from_the_rankings_is_computed_again(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
    run = run_with_verdicts()
    content = run_content(run)
    edit(content)
    del content[CONTENT_DIGEST]
    (tmp_path / "run.json").write_text(json.dumps(content | {CONTENT_DIGEST: content_digest(content)}))
    loaded = load_run(tmp_path / "run.json")
    assert (loaded.figures, loaded.groups, loaded.grounding) == (run.figures, run.groups, run.grounding)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_text("before")
    target.chmod(0o640)
    with pytest.raises(UnicodeEncodeError):
        replace_file(target, "half of a pair: \ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert target.read_text() == "before"
    (tmp_path / "link.json").symlink_to(target)
    replace_file(tmp_path / "link.json", "after")
    assert (tmp_path / "link.json").is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", 0o640)


def write_a_large_file() -> None:
    """For a process of its own."""
    replace_file(Path(sys.argv[1]), "0123456789abcdef" * 20_000_000)


def test_what_a_killed_evaluation_was_writing_is_removed_by_the_next_one(tmp_path: Path) -> None:
    with Process(write_a_large_file, tmp_path / "run.json") as process:
        while not [path for path in tmp_path.glob(".*.bookrag") if path.stat().st_size]:
            assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        replace_file(tmp_path / "other.json", "while it runs")
        assert list(tmp_path.glob(".*.bookrag"))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".bookrag", ".json"]

    replace_file(tmp_path / "run.json", "after")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.json", "run.json"]


def test_means_are_over_the_questions_that_both_have() -> None:
    one, two = record("one", {"/a": 1}, ["/a"]), record("two", {"/a": 1}, ["/x", "/a"])
    easy = [record(f"easy{number}", {"/a": 1}, ["/a"]) for number in range(9)]
    first, second = (
        run_of("A", one, record("hard", {"/a": 1}, [])),
        run_of("B", replace(one, found=["/x", "/a"]), *easy),
    )
    (found,) = compare_all([first, second], allow_different=True)
    before, after = found.means["mrr@10"]
    assert (before, after, found.tests["mrr@10"].difference) == (1.0, 0.5, -0.5)
    assert found.questions == 1
    assert len(found.left_out) == 10
    assert "10 questions that are not in both are left out" in comparison_markdown(found)
    other = run_of("C", replace(one, question="Another?"), two)
    (found,) = compare_all([run_of("A", one, two), other])
    assert found.questions == 1, "an id that names another question is another one"


def test_runs_of_other_sets_or_books_are_refused_unless_asked_for() -> None:
    first = run_of("A", record("q", {"/a": 1}, ["/a"]))
    second = run_of("B", record("q", {"/a": 1}, ["/a"]), digest="other")
    with pytest.raises(InputError, match="their sets differ"):
        compare_all([first, second])
    (found,) = compare_all([first, second], allow_different=True)
    assert "their sets differ" in comparison_markdown(found)
    elsewhere = replace(first, book={**BOOK, "identity": "Another book"})
    with pytest.raises(InputError, match="their books differ"):
        compare_all([first, elsewhere])
    (found,) = compare_all([first, replace(first, book={**BOOK, "digest": "new text"})])
    assert found.questions == 1


def test_a_baseline_that_compares_nothing_is_refused() -> None:
    baseline = run_of("A", record("q", {"/a": 1}, ["/a"]))
    check_baseline(baseline, "set", [7, 10])
    with pytest.raises(InputError, match="none in common"):
        check_baseline(baseline, "set", [7])
    with pytest.raises(InputError, match="another set"):
        check_baseline(baseline, "other", [10])
    with pytest.raises(InputError, match="no questions"):
        regressions(run_of("B", record("other", {"/a": 1}, ["/a"])), baseline, 0.0)
    with pytest.raises(InputError, match="no figures"):
        regressions(run_of("B", record("q", {"/a": 1}, ["/a"]), cutoffs=[7]), baseline, 0.0)
    worse = run_of("B", record("q", {"/a": 1}, ["/x", "/a"]), record("new", {"/a": 1}, ["/a"]))
    assert "mrr@10 fell from 1.0000 to 0.5000, by more than 0.01" in regressions(worse, baseline, 0.01)


def test_figures_do_not_depend_on_the_deepest_cut_off() -> None:
    found = [f"/{number}" for number in range(50)]
    shallow, deep = (run_of("A", record("q", {"/3": 1, "/40": 2}, found), cutoffs=ks) for ks in ([5], [5, 50]))
    assert all(deep.figures[name] == figure for name, figure in shallow.figures.items())


def test_tests_made_together_are_corrected() -> None:
    from scipy import stats  # over a second of imports, which every process that collects tests would take

    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    before, after = [0.1, 0.5, 0.4, 0.9, 0.2, 0.3], [0.3, 0.5, 0.6, 1.0, 0.7, 0.2]
    test = paired_test(before, after)
    differences = [b - a for a, b in zip(before, after, strict=True)]
    assert test.wilcoxon_p == pytest.approx(stats.wilcoxon(differences).pvalue)
    assert test.effect == pytest.approx(stats.tmean(differences) / stats.tstd(differences))


def test_a_p_value_is_never_printed_as_nothing() -> None:
    items = [f"q{number}" for number in range(60)]
    first = run_of("A", *(record(item, {"/a": 1}, ["/x", "/a"]) for item in items))
    second = run_of("B", *(record(item, {"/a": 1}, ["/a"]) for item in items))
    third = run_of("C", *(record(item, {"/a": 1}, ["/x", "/y", "/a"]) for item in items))
    found = compare_all([first, second, third])
    assert [each.together for each in found] == [36, 36]
    test = found[0].tests["mrr@10"]
    assert (test.p_value, test.permutations) == (1 / 100_000, 99_999)
    assert test.holm_p is not None
    assert test.holm_p < 0.001
    text = comparison_markdown(found[0])
    assert "+1.0000 to +1.0000 | – | <0.0001 | 0.0004 | <0.0001 | 60 | 0 | 0 |" in text, (
        "nDCG@1: a change without spread"
    )
    assert "99999 permutations" in text
    assert "1e-05 or more, and corrected for 36 tests 0.0004 or more" in text


def test_several_runs_are_compared_with_the_first(tmp_path: Path) -> None:
    questions = {f"q{number}": {"/a": 1} for number in range(8)}
    found = {"A": ["/x", "/a"], "B": ["/a"], "C": ["/x", "/y", "/a"]}
    for name, units in found.items():
        questions_of_run = [record(item, grades, units) for item, grades in questions.items()]
        save_run(run_of(name, *questions_of_run), tmp_path / f"{name}.json")
    both = compare_all([load_run(tmp_path / f"{name}.json") for name in found])
    assert [(each.first, each.second) for each in both] == [("A", "B"), ("A", "C")]
    assert all(test.holm_p is not None and test.holm_p >= test.p_value for each in both for test in each.tests.values())
    done = run_command(
        "eval",
        "compare",
        "A.json",
        "B.json",
        "C.json",
        "--csv",
        "new/table.csv",
        "-o",
        "made/report.md",
        environment={},
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "report.md").read_text().startswith("# B (B) against A (A)")
    heading, *rows = (tmp_path / "new" / "table.csv").read_text().splitlines()
    assert heading.startswith("a,b,figure,questions,mean_a,mean_b,difference")
    assert len(rows) == 2 * len(both[0].tests)


def test_an_output_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output in ("file/report.md", "."):
        done = run_command("eval", "compare", "no.json", "no.json", "-o", output, environment={}, folder=tmp_path)
        assert done.returncode == 2
        assert "cannot be written" in done.stderr


def test_an_output_never_replaces_what_is_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_run(run_of(name, record("q", {"/a": 1}, ["/a"])), tmp_path / f"{name}.json")
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    before = first.read_text()

    for arguments in (
        ("compare", first, second, "-o", first),
        ("compare", first, second, "-o", tmp_path / "c.md", "--csv", tmp_path / "c.md"),
        ("report", first, "-o", first),
        ("retrieval", first, "-o", first),
    ):
        done = run_command("eval", *map(str, arguments), environment={}, folder=tmp_path)
        assert done.returncode == 2
        assert "read or written already" in done.stderr
    assert first.read_text() == before


def test_a_set_of_unanswerable_questions_alone_is_reported(tmp_path: Path) -> None:
    save_run(run_of("nothing", record("u", {}, ["/a"])), tmp_path / "run.json")
    done = run_command("eval", "report", "run.json", "-o", "page/page.html", environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no figures of retrieval" in (tmp_path / "page" / "page.html").read_text()
    assert run_command("eval", "compare", "run.json", "run.json", environment={}, folder=tmp_path).returncode == 2


def test_files_of_answers_are_compared_where_both_were_measured(tmp_path: Path) -> None:
    def answer(name: str, score: float | None) -> str:
        given = AnswerRecord(name, f"What is {name}?", "This.", "a build", True, False, "It is this.", 1, 1, 1, 0, [])
        content = asdict(replace(given, correctness=score))
        return json.dumps(content | {CONTENT_DIGEST: content_digest(content)}) + "\n"

    (tmp_path / "a.jsonl").write_text(answer("one", 0.5) + answer("two", 1.0) + answer("three", None))
    (tmp_path / "b.jsonl").write_text(answer("one", 1.0) + answer("two", None) + answer("three", 0.0))
    done = run_command("eval", "compare", "a.jsonl", "b.jsonl", "--json", environment={}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["means"]["correctness"] == [0.5, 1.0]
    assert found["tests"]["correctness"]["better"] == 1
    assert found["questions"] == 3


def test_a_report_shows_runs_side_by_side_and_draws_no_other_set_with_them(tmp_path: Path) -> None:
    question = record("q", {"/a": 1}, ["/x", "/a"])
    runs = [
        run_of("elsewhere", question, digest="other"),
        run_of("before", question),
        run_of("after", replace(question, found=["/a"], scores=[1.0])),
    ]
    page = report_page(runs)
    table = page[page.index("Runs side by side") : page.index("Runs over time")]
    assert re.search(
        r"MRR@10</th><td class=\"n\">0.5000</td><td class=\"n\">1.0000</td><td class=\"n\">\+0.5000", table
    )
    assert "elsewhere" not in table
    assert "not drawn with the last run: their sets differ" in page
    assert "side by side" not in report_page(runs[:2])


def test_labels_stand_in_the_order_of_their_lines() -> None:
    ends = {"low": 0.5, "high": 0.52, "top": 0.51, "none": 0.0, "all": 1.0, "full": 1.0}
    drawn = lines({name: [(1.0, 0.1), (2.0, end)] for name, end in ends.items()}, x_label="run")
    heights = {name: float(y) for y, name in re.findall(r'y="([\d.]+)" style="fill:[^"]+">(\w+) [\d.]+<', drawn)}
    assert sorted(heights, key=heights.__getitem__) == sorted(ends, key=lambda name: (-ends[name], name == "full"))
    places = sorted(heights.values())
    assert all(after - before >= 13.9 for before, after in itertools.pairwise(places))
    assert places[0] > 0


@pytest.mark.browser
def test_a_report_fits_a_phone(tmp_path: Path, open_page: OpenPage) -> None:
    long = "/docs/" + "a-very-long-address-without-a-space/" * 4
    run = run_of("A", record("q", {long: 1}, ["/x", long]), record("r", {"/a": 1}, ["/x"]))
    (tmp_path / "page.html").write_text(report_page([run, run]), encoding="utf-8")
    page = open_page(f"file://{tmp_path}/page.html", width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("command", [("report",), ("export", "--trec", "out"), ("compare", "b.json")])
def test_a_run_that_is_empty_or_no_text_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    save_run(run_of("A run", record("one", {"/1": 1}, ["/1"])), tmp_path / "b.json")
    save_run(run_of("Empty"), tmp_path / "a.json")
    name, *others = command
    done = run_command("eval", name, "a.json", *others, environment={}, folder=tmp_path)
    assert done.returncode == 2
    assert "a.json holds no questions" in " ".join(done.stderr.split())
    text = (tmp_path / "b.json").read_text().replace('"A run"', '"A \\ud800 run"')
    (tmp_path / "a.json").write_text(text)
    done = run_command("eval", name, "a.json", *others, environment={}, folder=tmp_path)
    assert done.returncode == 2
    assert "a.json is not a run" in " ".join(done.stderr.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_report_to_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    save_run(run_of("A run", record("one", {"/1": 1}, ["/1"])), tmp_path / "a.json")
    done = run_command("eval", "report", "a.json", "-o", "/dev/full", environment={}, folder=tmp_path)
    assert done.returncode == 1
    assert "error (storage_unavailable): Nothing more can be written." in " ".join(done.stderr.split())


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["name", "value"],
        ["=HYPERLINK(1)", -0.5],
        ["+1", "@x"],
        ["-1+1", "\tx"],
        ["plain = text", 3],
    ]
    write_csv(tmp_path / "a.csv", rows)
    with (tmp_path / "a.csv").open(newline="") as opened:
        read = list(csv.reader(opened))
    assert read[1:] == [["'=HYPERLINK(1)", "-0.5"], ["'+1", "'@x"], ["'-1+1", "'\tx"], ["plain = text", "3"]]


def test_a_gate_says_how_many_questions_it_compares() -> None:
    before = run_of("Before", record("one", {"/1": 1}, ["/1"]), record("two", {"/1": 1}, ["/1"]))
    after = run_of("After", record("one", {"/1": 1}, ["/2"]))
    said = gate_summary(after, before, 0.01)
    assert said.startswith("1 questions and ")
    assert "figures compared with Before, 1 left out as one run alone has them" in said


def test_a_gate_that_would_compare_next_to_nothing_is_refused() -> None:
    every = [record(f"q{number}", {"/a": 1}, ["/a"]) for number in range(5)]
    with pytest.raises(InputError, match="1 of 5 questions"):
        regressions(run_of("part", every[0]), run_of("whole", *every), 0.01)
    assert regressions(run_of("most", *every[:3]), run_of("whole", *every), 0.01) == []


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    save_run(run_of("A run", record("one", {"/1": 1}, ["/1"])), tmp_path / "a.json")
    for path in ("/proc/x", "/dev/null/x"):
        done = run_command("eval", "report", "a.json", "-o", path, environment={}, folder=tmp_path)
        assert (done.returncode, "cannot be written" in " ".join(done.stderr.split())) == (2, True)


def test_a_file_of_a_version_whose_records_knew_less_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    content = run_content(run_of("A", record("q", {"/a": 1}, ["/a"])))
    for question in content["questions"]:
        del question["rules"]
    del content["content_digest"]
    path.write_text(json.dumps(content | {"content_digest": content_digest(content)}))
    assert load_run(path).questions[0].rules is None
