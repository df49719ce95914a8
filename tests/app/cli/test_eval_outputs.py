"""One run in all its forms: terminal, Markdown, run file, JSON, CSV, HTML, JUnit and TREC's files say the same."""

import csv
import html
import json
import re
from pathlib import Path
from statistics import fmean
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from engines.evaluation.run_files import load_run
from engines.evaluation.text_report import figure_name, run_markdown
from tests.commands import run_command

QUESTIONS: list[dict[str, Any]] = [
    {"id": "zmp", "question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp#what-it-is"]},
    {"id": "page", "question": "Where do the tipping moments vanish?", "relevant": ["/docs/balance/zmp"]},
    {"id": "graded", "question": "How is a push survived?", "relevant": ["/docs/balance/zmp"], "grades": [2]},
    {"id": "missed", "question": "What is sourdough?", "relevant": ["/docs/balance/zmp#what-it-is"]},
    {"id": "bread", "question": "How long does bread rise overnight?", "answerable": False, "tags": ["form:plain"]},
]
CELL = re.compile(r"<td class=\"n\">(.*?)</td>", re.DOTALL)


@pytest.fixture(scope="module")
def folder(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of the small book with all its outputs; `terminal.txt` has what was printed."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "set.jsonl").write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS))
    files = ("-o", "run.json", "--csv", "run.csv", "--markdown", "run.md", "--junit", "run.xml")
    environment = {"DATA_DIR": str(small_index)}
    done = run_command("eval", "retrieval", "set.jsonl", *files, environment=environment, folder=folder)
    assert done.returncode == 0, done.stderr
    (folder / "terminal.txt").write_text(done.stdout)
    for command in (("report", "run.json", "-o", "run.html"), ("export", "run.json", "--trec", ".")):
        assert run_command("eval", *command, environment={}, folder=folder).returncode == 0
    return folder


def figures_of(folder: Path) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = json.loads((folder / "run.json").read_text())["figures"]
    assert len(figures) == 24
    return figures


def printed(figure: dict[str, float]) -> tuple[str, str]:
    """A mean and its interval in the four digits that people read."""
    return f"{figure['mean']:.4f}", f"{figure['low']:.4f} to {figure['high']:.4f}"


def test_the_terminal_and_the_markdown_have_the_figures_of_the_run_file(folder: Path) -> None:
    terminal = " ".join((folder / "terminal.txt").read_text().split())
    markdown = (folder / "run.md").read_text()
    for name, figure in figures_of(folder).items():
        mean, interval = printed(figure)
        assert f"| {figure_name(name)} | {mean} | {interval} |" in markdown
        assert re.search(rf"(?<!\S){re.escape(figure_name(name))} {mean} {interval}(?!\S)", terminal), name
    assert markdown == run_markdown(load_run(folder / "run.json"))


def test_the_page_has_the_figures_of_the_run_file(folder: Path) -> None:
    page = (folder / "run.html").read_text()
    table = page[page.index("<h2>Figures") : page.index("</table>")]
    rows = {html.unescape(row.partition("</th>")[0]): CELL.findall(row) for row in table.split("<tr><th>")[2:]}
    cutoffs = [int(found) for found in re.findall(r">@(\d+)</th>", table)]
    shown = {f"{kind}@{k}": cell for kind, cells in rows.items() for k, cell in zip(cutoffs, cells, strict=True)}
    for name, figure in figures_of(folder).items():
        mean, interval = printed(figure)
        assert shown.pop(figure_name(name)) == f'{mean}<br><span class="dim">{interval}</span>'
    assert not shown


def test_the_rows_of_the_csv_are_the_questions_and_their_means_the_figures(folder: Path) -> None:
    with (folder / "run.csv").open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["id"] for row in rows] == [line["id"] for line in QUESTIONS]
    for name, figure in figures_of(folder).items():
        values = [float(row[name]) for row in rows if row[name]]
        assert len(values) == figure["count"] == 4, "an unanswerable question has empty cells"
        assert fmean(values) == pytest.approx(figure["mean"], abs=1e-15)


def test_json_on_the_terminal_is_the_run_file(folder: Path, small_index: Path) -> None:
    environment = {"DATA_DIR": str(small_index)}
    done = run_command("eval", "retrieval", "set.jsonl", "--json", environment=environment, folder=folder)
    again, saved = json.loads(done.stdout), json.loads((folder / "run.json").read_text())
    assert again["passed"]
    for key in ("figures", "groups", "grounding", "questions", "set_digest", "book", "settings", "cutoffs"):
        assert again[key] == saved[key], key


def test_junit_has_each_figure_in_six_digits(folder: Path) -> None:
    suite = ET.fromstring((folder / "run.xml").read_bytes())
    found = {case.attrib["name"]: case.findtext("system-out") for case in suite.iter("testcase")}
    assert found == {
        figure_name(name): f"{figure['mean']:.6f} ({figure['low']:.6f} to {figure['high']:.6f})"
        for name, figure in figures_of(folder).items()
    }


def test_the_verdicts_are_the_same_on_the_terminal_in_markdown_and_on_the_page(folder: Path) -> None:
    counts = json.loads((folder / "run.json").read_text())["grounding"]["everything"]
    verdicts = [
        (each["answerable"], each["verdict"]) for each in json.loads((folder / "run.json").read_text())["questions"]
    ]
    assert counts["refused"] == verdicts.count((True, "not_covered"))
    assert counts["uncertain"] == verdicts.count((True, "uncertain"))
    assert counts["answered"] == verdicts.count((False, "covered"))
    assert counts["rejected"] == verdicts.count((False, "not_covered"))
    share = f"{counts['refused'] / counts['answerable']:.1%}"
    assert f"| all | {counts['answerable']} | {share} (" in (folder / "run.md").read_text()
    assert f" all {counts['answerable']} {share} (" in " ".join((folder / "terminal.txt").read_text().split())
    page = (folder / "run.html").read_text()
    row = page[page.index("<tr><th>all</th>") :]
    assert CELL.findall(row)[:3] == [
        f"{counts['refused']} of {counts['answerable']}",
        str(counts["uncertain"]),
        f"{counts['answered']} of {counts['unanswerable']}",
    ]


def test_the_exported_files_have_the_ranking_and_the_grades_of_the_run_file(folder: Path) -> None:
    questions = {each["id"]: each for each in json.loads((folder / "run.json").read_text())["questions"]}
    ranked: dict[str, list[str]] = {}
    for line in (folder / "run.run").read_text().splitlines():
        name, _, unit, rank, _, _ = line.split()
        ranked.setdefault(name, []).append(unit)
        assert int(rank) == len(ranked[name])
    judged: dict[str, dict[str, int]] = {}
    for name, _, unit, grade in (line.split() for line in (folder / "run.qrels").read_text().splitlines()):
        judged.setdefault(name, {})[unit] = int(grade)
    assert ranked == {name: each["found"] for name, each in questions.items() if each["grades"]}
    assert judged == {name: each["grades"] for name, each in questions.items() if each["grades"]}
