"""`bookrag eval …`: measures retrieval and answers, with figures that stay comparable after a new chunking."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.eval_files import prepare_outputs, write_csv
from app.cli.output import console, counted, error_console, print_json, print_labelled, print_text
from storage.errors import InputError

if TYPE_CHECKING:
    from engines.evaluation.answers import AnswerRecord
    from engines.evaluation.runner import Run
    from storage.vectors.hybrid_search import Side

eval_app = typer.Typer(help="Measure retrieval and answers, compare runs, report.", no_args_is_help=True)

DEFAULT_CUTOFFS = "1,3,5,10"

Questions = Annotated[
    Path | None,
    typer.Argument(
        help="A JSON Lines set or a BEIR folder; default: EVAL_SET, else eval/questions.jsonl in the site's folder."
    ),
]
Tag = Annotated[str | None, typer.Option("--tag", help="Only questions with this tag.")]
RunFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the run to this file, replacing what is there.")
]
Baseline = Annotated[Path | None, typer.Option(help="An earlier run; exit code 1 if a mean falls below its own.")]
Tolerance = Annotated[float, typer.Option(min=0, max=1, help="How far a mean may fall: 0.01 allows 0.89 after 0.90.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@eval_app.command()
def retrieval(
    questions: Questions = None,
    cutoffs: Annotated[str, typer.Option("--k", help="Cut-offs, separated by commas.")] = DEFAULT_CUTOFFS,
    dense_only: Annotated[bool, typer.Option("--dense-only", help="Search by dense vectors only.")] = False,
    sparse_only: Annotated[bool, typer.Option("--sparse-only", help="Search by words only (BM25).")] = False,
    model: Annotated[str | None, typer.Option(help="Another embedding model, name or folder; indexed first.")] = None,
    chunk_tokens: Annotated[int | None, typer.Option(help="Another chunk size; indexed first.")] = None,
    rerank: Annotated[str | None, typer.Option(help="A cross-encoder, by name or folder.")] = None,
    build: Annotated[str | None, typer.Option(help="A build by its name in `index list`, not the live one.")] = None,
    split: Annotated[str | None, typer.Option(help="The split of a BEIR folder; default: test.")] = None,
    tag: Tag = None,
    name: Annotated[str | None, typer.Option(help="The run's name in reports.")] = None,
    output: RunFile = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a report in Markdown.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the values of each question as CSV.")] = None,
    baseline: Baseline = None,
    tolerance: Tolerance = 0.01,
    as_json: Json = False,
) -> None:
    """Ask all questions of a set and measure how well the right passages are found."""
    from app.cli.eval_retrieval import Options, run_retrieval  # imports the embedding model
    from engines.evaluation.run_files import load_run

    chosen = _set_of_questions(questions)
    prepare_outputs(output, markdown, junit, csv, inputs=[chosen, baseline])
    options = Options(
        questions=chosen,
        cutoffs=_cutoffs(cutoffs),
        side=_side(dense_only=dense_only, sparse_only=sparse_only),
        embed_model=model,
        chunk_tokens=chunk_tokens,
        rerank_model=rerank,
        build=build,
        split=split,
        tag=tag,
        name=_name(name) if name is not None else None,
        quiet=as_json,
        baseline=load_run(baseline) if baseline else None,
    )
    run = asyncio.run(run_retrieval(options))
    gate = _gate(run, options.baseline, tolerance)
    _write(run, gate.problems, output=output, markdown=markdown, junit=junit, csv=csv)
    _report(run, gate, as_json=as_json)


@eval_app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Two runs or more of `retrieval`, or of `answers`; A first.")],
    figure: Annotated[str | None, typer.Option(help="List the questions by this figure, for example mrr@10.")] = None,
    allow_different: Annotated[
        bool, typer.Option("--allow-different", help="Compare runs over different sets or books by what they share.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report in Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the table of figures and tests as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Compare run A with each other run, question by question, and test whether differences are significant."""
    from dataclasses import asdict

    from engines.evaluation.answers import is_answers, load_answer_run
    from engines.evaluation.comparing import compare_all
    from engines.evaluation.run_files import load_run, replace_file
    from engines.evaluation.text_report import comparison_markdown, comparison_rows

    if len(runs) < 2:
        raise typer.BadParameter("compare takes two runs or more")
    prepare_outputs(output, csv, inputs=runs)
    loaded = [load_answer_run(path) if is_answers(path) else load_run(path) for path in runs]
    found = compare_all(loaded, figure=figure, allow_different=allow_different)
    text = "\n".join(map(comparison_markdown, found))
    if output:
        replace_file(output, text)
    if csv:
        write_csv(csv, comparison_rows(found))
    listed = [asdict(each) for each in found]
    if as_json:
        print_json(listed[0] if len(found) == 1 else listed)
    else:
        print_text(text)


@eval_app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(help="Runs as `retrieval --output` wrote them, oldest first.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("evaluation.html"),
) -> None:
    """Write one self-contained page with plots: the last run in full, and all runs over time."""
    from engines.evaluation.html_report import report_page
    from engines.evaluation.run_files import load_run, replace_file

    prepare_outputs(output, inputs=runs)
    replace_file(output, report_page([load_run(path) for path in runs]))
    console().print(f"Wrote {output}")


@eval_app.command()
def answers(
    questions: Questions = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="One line per answer; a stopped run is resumed from it.")
    ] = Path("answers.jsonl"),
    tag: Tag = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask at most this many questions.")] = None,
    judge_model: Annotated[str | None, typer.Option(help="The model that judges; default: GEMINI_MODEL.")] = None,
    repeats: Annotated[
        int, typer.Option("--judge-repeats", min=1, max=100, help="How often each answer is judged.")
    ] = 1,
    input_price: Annotated[float, typer.Option(min=0, help="The price of a million input tokens.")] = 0.0,
    output_price: Annotated[float, typer.Option(min=0, help="The price of a million output tokens.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Answer a set's questions as for a reader, and measure the answers.

    With a key Gemini answers and judges. Without one the answers are quoted passages, and of them only the citations
    and refusals are measured.
    """
    if not all(map(math.isfinite, (input_price, output_price))):
        raise typer.BadParameter("a price must be a finite number")
    path = _set_of_questions(questions)
    prepare_outputs(output, inputs=[path])
    from app.cli.eval_answers import run_answers  # brings the models
    from engines.evaluation.questions import load_questions, with_tag

    known = load_questions(path)
    chosen = with_tag(known, tag, path)[:limit]
    records, failures = asyncio.run(
        run_answers(chosen, output, known=known, judge_model=judge_model, repeats=repeats, quiet=as_json)
    )
    _report_answers(records, failures, prices=(input_price, output_price), as_json=as_json)
    for failure in failures:
        error_console().print(f"failed: {failure}")
    if failures:
        error_console().print("Run the command again to retry these; the answers so far are kept.")
        raise typer.Exit(1)


@eval_app.command()
def generate(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to review.")] = Path("generated.jsonl"),
    sections: Annotated[int, typer.Option(min=1, help="The number of sections to write questions from.")] = 20,
    number: Annotated[int, typer.Option("--questions", min=0, help="The number of questions for each section.")] = 2,
    unanswerable: Annotated[int, typer.Option(min=0, help="As --questions, but that the book cannot answer.")] = 1,
    known: Annotated[Path | None, typer.Option(help="A set whose questions must not be repeated.")] = None,
) -> None:
    """Let Gemini write questions from the book's sections, labelled by address, for a person to review."""
    from app.cli.eval_answers import run_generate  # brings the models

    prepare_outputs(output, inputs=[known])
    kept, made = run_generate(output, sections=sections, number=number, unanswerable=unanswerable, known=known)
    console().print(f"Wrote {kept} questions to {output} and left out {made - kept} that repeat others. Review them.")


@eval_app.command()
def export(
    runs: Annotated[list[Path], typer.Argument(help="Runs as `retrieval --output` wrote them.")],
    trec: Annotated[Path, typer.Option("--trec", help="The folder for NAME.run and NAME.qrels.")],
) -> None:
    """Write runs in TREC's formats, for trec_eval, ir_measures, ranx and the like."""
    from engines.evaluation.run_files import load_run
    from engines.evaluation.trec import export_trec

    names = [path.stem for path in runs]
    if len(set(names)) < len(names):
        raise typer.BadParameter("two of the runs have the same file name")
    prepare_outputs(*(trec / f"{name}.run" for name in names))
    for path, name in zip(runs, names, strict=True):
        for written in export_trec(load_run(path), trec, name):
            console().print(f"Wrote {written}")


@eval_app.command("import")
def import_set(
    source: Annotated[Path, typer.Argument(help="A qrels file of TREC, or a folder in the BEIR layout.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON Lines set to write.")],
    queries: Annotated[
        Path | None, typer.Option(help="The questions of a qrels file: id, tab, text; or JSON Lines.")
    ] = None,
    split: Annotated[str, typer.Option(help="The split of a BEIR folder.")] = "test",
) -> None:
    """Convert judged questions, whose documents are addresses of the book, to a set."""
    from engines.evaluation.beir import load_beir_questions
    from engines.evaluation.trec import as_addresses, known_questions, load_trec_questions, write_questions

    if source.is_dir():
        questions = load_beir_questions(source, split)
    elif queries is None:
        raise typer.BadParameter("a qrels file has no questions in it: --queries names their file")
    else:
        questions = load_trec_questions(source, queries)
    left_out = len(known_questions(queries or source / "queries.jsonl")) - len(questions)
    questions = as_addresses(questions, source)
    prepare_outputs(output)
    if output.exists():
        raise typer.BadParameter(f"{output} exists already")
    write_questions(questions, output)
    console().print(f"Wrote {counted(len(questions), 'question')} to {output}")
    if left_out:
        console().print(f"Left out, because they have no judgements: {counted(left_out, 'question')}")


@eval_app.command()
def cranfield(
    source: Annotated[Path, typer.Argument(help="The folder with cran.all.1400, cran.qry and cranqrel.")],
    target: Annotated[Path, typer.Argument(help="The folder to write, in the BEIR layout.")],
) -> None:
    """Convert the Cranfield collection to the BEIR layout, with binary judgements."""
    from engines.evaluation.cranfield import convert_cranfield

    documents, questions, judgements = convert_cranfield(source, target)
    console().print(f"Wrote {documents} documents, {questions} questions, {judgements} judgements to {target}")


def _name(text: str) -> str:
    from engines.evaluation.questions import read_id

    try:
        return read_id(text, "--name")
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def _set_of_questions(named: Path | None) -> Path:
    """The set that was named, or the book's own; raises InputError if there is none."""
    if named is not None:
        return named
    from indexing.settings import BookSettings

    path = BookSettings().questions_path
    if not path.is_file():
        raise InputError(f"The book has no evaluation set at {path}: write one (docs/evaluation.md), or name a set.")
    return path


def _side(*, dense_only: bool, sparse_only: bool) -> "Side":
    if dense_only and sparse_only:
        raise typer.BadParameter("--dense-only and --sparse-only cannot be combined")
    return "dense" if dense_only else "sparse" if sparse_only else "hybrid"


def _cutoffs(text: str) -> list[int]:
    try:
        found = sorted({int(part) for part in text.split(",") if part.strip()})
    except ValueError as exc:
        raise typer.BadParameter(f"--k takes numbers separated by commas, not {text!r}") from exc
    if not found or found[0] < 1 or found[-1] > 1000:
        raise typer.BadParameter("--k takes numbers from 1 to 1000")
    return found


@dataclass(frozen=True, slots=True)
class _Gate:
    """The comparison of a run with its baseline; empty without one."""

    summary: str | None
    problems: list[str]

    def print(self) -> None:
        if self.summary:
            error_console().print(f"gate: {self.summary}")
        for problem in self.problems:
            print_labelled("gate", problem)


def _gate(run: "Run", baseline: "Run | None", tolerance: float) -> _Gate:
    from engines.evaluation.comparing import gate_summary, regressions

    if baseline is None:
        return _Gate(None, [])
    return _Gate(gate_summary(run, baseline, tolerance), regressions(run, baseline, tolerance))


def _write(
    run: "Run",
    problems: list[str],
    *,
    output: Path | None,
    markdown: Path | None,
    junit: Path | None,
    csv: Path | None,
) -> None:
    from engines.evaluation.run_files import replace_file, save_run
    from engines.evaluation.text_report import run_junit, run_markdown, run_rows

    if output:
        save_run(run, output)
    if csv:
        write_csv(csv, run_rows(run))
    for path, text in ((markdown, run_markdown(run)), (junit, run_junit(run, problems))):
        if path:
            replace_file(path, text)


def _report(run: "Run", gate: _Gate, *, as_json: bool) -> None:
    """Print a run; exits with code 1 if it is worse than its baseline."""
    from rich.markdown import Markdown

    from engines.evaluation.run_files import run_content
    from engines.evaluation.text_report import run_markdown

    if as_json:
        passed = {"passed": not gate.problems, "problems": gate.problems, "printed": time.time()}
        print_json(run_content(run) | passed)
    else:
        console().print(Markdown(run_markdown(run)))
    gate.print()
    if gate.problems:
        raise typer.Exit(1)


def _report_answers(
    records: "Sequence[AnswerRecord]", failures: list[str], *, prices: tuple[float, float], as_json: bool
) -> None:
    from engines.evaluation.answers import cost, measured, model_versions, totals

    means, counts, versions = measured(records), totals(records), model_versions(records)
    spent = cost(counts, per_million_in=prices[0], per_million_out=prices[1])
    if as_json:
        figures = {name: figure.mean for name, figure in means.items()} | counts | {"cost": spent}
        print_json({"figures": figures, "measured": means, "model_versions": versions, "failures": failures})
        return
    if versions:
        console().print(f"{'answered by':28} {', '.join(versions)}")
    for name, each in means.items():
        line = f"{name:28} {each.mean:.3f}  ({each.low:.3f} to {each.high:.3f}, of {each.count})"
        console().print(line)
    for name, number in {**counts, **({"cost": spent} if spent else {})}.items():
        console().print(f"{name:28} {number:g}")
