"""TREC's formats, for trec_eval, ir_measures, ranx and the like: runs and qrels out, judged questions in."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np

from engines.evaluation.beir import by_id, read_grade, text_of
from engines.evaluation.labels import host_of, normal
from engines.evaluation.questions import EvalQuestion, json_lines, load_questions, read_id
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

    `queries` has a question a line: number and text, separated by a tab, or JSON objects: with `_id` and `text`, or of
    an evaluation set.
    """
    texts = known_questions(queries)
    judged: dict[str, dict[str, int]] = {}
    for number, line in _lines(qrels):
        columns = line.split()
        if len(columns) != 4:
            raise InputError(f"{qrels}:{number}: expected question, iteration, document and grade")
        query, document, grade = (unicodedata.normalize("NFC", columns[place]) for place in (0, 2, 3))
        if query not in texts:
            raise InputError(f"{qrels}:{number}: {queries} has no question {query!r}")
        grades = judged.setdefault(query, {})
        value = read_grade(grade, f"{qrels}:{number}")
        if grades.setdefault(document, value) != value:
            raise InputError(f"{qrels}:{number}: {query!r} and {document!r} were judged before, differently")
    if not judged:
        raise InputError(f"{qrels}: it has no judgements")
    return [EvalQuestion(query, texts[query], grades) for query, grades in judged.items()]


def as_addresses(questions: list[EvalQuestion], source: Path) -> list[EvalQuestion]:
    """The questions with each address once, however it is spelled.

    Raises InputError for a document that is no address, and for an address that two spellings grade differently.
    """
    found = []
    for each in questions:
        grades: dict[str, int] = {}
        hosts = {host_of(document) for document in each.grades} - {""}
        if len(hosts) > 1:
            raise InputError(f"{source}: the question {each.id!r} has addresses on several hosts: {sorted(hosts)}")
        for document, grade in each.grades.items():
            if not _ADDRESS.match(document):
                raise InputError(
                    f"{source}: the question {each.id!r} has the judged document {document!r}, which is not an address "
                    "of a book such as /docs/page#heading"
                )
            if grades.setdefault(normal(document), grade) != grade:
                raise InputError(f"{source}: the question {each.id!r} has {normal(document)} twice, graded differently")
        found.append(replace(each, grades=grades, hosts=tuple(hosts)))
    return found


def known_questions(path: Path) -> Mapping[str, str]:
    """Id → text of each question of a file; raises InputError as `load_trec_questions` does."""
    if path.suffix == ".jsonl":
        first = next((item for _, item in json_lines(path)), {})
        if "_id" not in first and "question" in first:
            return {each.id: each.question for each in load_questions(path)}
        found = [(name, text_of(item, "text", path, name)) for name, item in by_id(path).items()]
    else:
        found = [(name.strip(), text) for name, _, text in (line.partition("\t") for _, line in _lines(path))]
    texts: dict[str, str] = {}
    for given, text in ((given, text.strip()) for given, text in found):
        if not given or not text:
            raise InputError(f"{path}: a question needs an id and a text (separated by a tab): {given or text!r}")
        try:
            name = read_id(given, "an id")
        except ValueError as exc:
            raise InputError(f"{path}: {exc}") from exc
        if texts.setdefault(name, text) != text:
            raise InputError(f"{path}: the id {name!r} appears more than once")
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
    """Write a set as `load_questions` reads it; addresses keep their host, which is held against the book's."""
    with path.open("w", encoding="utf-8") as opened:
        for each in questions:
            origin = f"https://{each.hosts[0]}" if each.hosts else ""
            labels, grades = [f"{origin}{label}" for label in each.grades], list(each.grades.values())
            line = {"id": each.id, "question": each.question, "relevant": labels, "grades": grades}
            opened.write(json.dumps(line, ensure_ascii=False) + "\n")
