"""TREC's formats, for trec_eval, ir_measures, ranx and the like: runs and qrels out, judged questions in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np

from engines.evaluation.beir import read_grade
from engines.evaluation.labels import normal
from engines.evaluation.questions import EvalQuestion, json_lines, read_id
from engines.evaluation.runner import QuestionRecord, Run
from storage.errors import InputError

_ENCODED = re.compile(r"[\s%]")
_ADDRESS = re.compile(r"/|https?://", re.IGNORECASE)


def export_trec(run: Run, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `NAME.run` and `NAME.qrels`; every figure of the run can be computed from the two.

    Raises InputError for a run without judged questions.

    White space in an id or an address is percent-encoded, since columns are separated by it, and so is `%` itself.
    """
    judged = [record for record in run.questions if record.grades]
    if not judged:
        raise InputError(f"The run {run.name} has no judged question to export.")
    folder.mkdir(parents=True, exist_ok=True)
    results, judgements = folder / f"{name}.run", folder / f"{name}.qrels"
    tag = _column(run.name)
    results.write_text("".join(f"{line} {tag}\n" for record in judged for line in _run_lines(record)), encoding="utf-8")
    judgements.write_text(
        "".join(
            f"{_column(record.id)} 0 {_column(label)} {grade}\n"
            for record in judged
            for label, grade in record.grades.items()
        ),
        encoding="utf-8",
    )
    return results, judgements


def _run_lines(record: QuestionRecord) -> Iterator[str]:
    """Question, Q0, address, rank and score of each place.

    Tools order by score, in single precision, and ignore the rank: a score that does not fall is lowered by the
    smallest step, so that they read the order that readers see.
    """
    last = np.float32(np.inf)
    for rank, (unit, score) in enumerate(zip(record.found, record.scores, strict=True), 1):
        last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
        yield f"{_column(record.id)} Q0 {_column(unit)} {rank} {float(last)!r}"


def _column(text: str) -> str:
    return _ENCODED.sub(lambda found: quote(found[0]), text) or "-"


def load_trec_questions(qrels: Path, queries: Path) -> list[EvalQuestion]:
    """The judged questions of a qrels file, with their texts from another one; raises InputError with file and line.

    `queries` has a question a line: number and text, separated by a tab, or JSON objects with `_id` and `text`.
    """
    texts = _texts(queries)
    judged: dict[str, dict[str, int]] = {}
    for number, line in _lines(qrels):
        columns = line.split()
        if len(columns) != 4:
            raise InputError(f"{qrels}:{number}: expected question, iteration, document and grade")
        query, _, document, grade = columns
        if query not in texts:
            raise InputError(f"{qrels}:{number}: {queries} has no question {query!r}")
        grades = judged.setdefault(query, {})
        value = read_grade(grade, f"{qrels}:{number}")
        if grades.setdefault(document, value) != value:
            raise InputError(f"{qrels}:{number}: {query!r} and {document!r} were judged before, differently")
    if not judged:
        raise InputError(f"{qrels}: there are no judgements in it")
    return [EvalQuestion(query, texts[query], grades) for query, grades in judged.items()]


def as_addresses(questions: list[EvalQuestion], source: Path) -> list[EvalQuestion]:
    """The questions with each address once, however it is spelled.

    Raises InputError for a document that is no address, and for an address that two spellings grade differently.
    """
    found = []
    for each in questions:
        grades: dict[str, int] = {}
        for document, grade in each.grades.items():
            if not _ADDRESS.match(document):
                raise InputError(
                    f"{source}: the question {each.id!r} has the judged document {document!r}, which is no address of "
                    "a book such as /docs/page#heading"
                )
            if grades.setdefault(normal(document), grade) != grade:
                raise InputError(f"{source}: the question {each.id!r} has {normal(document)} twice, graded differently")
        found.append(replace(each, grades=grades))
    return found


def _texts(path: Path) -> Mapping[str, str]:
    if path.suffix == ".jsonl":
        found = [(str(item.get("_id", "")), str(item.get("text") or "")) for _, item in json_lines(path)]
    else:
        found = [(name.strip(), text.strip()) for name, _, text in (line.partition("\t") for _, line in _lines(path))]
    texts: dict[str, str] = {}
    for name, text in found:
        if not name or not text:
            raise InputError(f"{path}: a question needs an id and a text (separated by a tab): {name or text!r}")
        try:
            read_id(name, "an id")
        except ValueError as exc:
            raise InputError(f"{path}: {exc}") from exc
        if texts.setdefault(name, text) != text:
            raise InputError(f"{path}: the id {name!r} is there more than once")
    return texts


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line.rstrip("\r")


def write_questions(questions: list[EvalQuestion], path: Path) -> None:
    """Write a set as `load_questions` reads it."""
    with path.open("w", encoding="utf-8") as opened:
        for each in questions:
            labels, grades = list(each.grades), list(each.grades.values())
            line = {"id": each.id, "question": each.question, "relevant": labels, "grades": grades}
            opened.write(json.dumps(line, ensure_ascii=False) + "\n")
