"""Collections in the BEIR layout: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`."""

import csv
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.evaluation.questions import GRADES, EvalQuestion, json_lines
from storage.errors import InputError


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a collection."""

    id: str
    title: str
    text: str


def is_beir(path: Path) -> bool:
    """Whether a folder is a collection in the BEIR layout."""
    return path.is_dir() and (path / "corpus.jsonl").is_file()


def load_beir_questions(folder: Path, split: str = "test") -> list[EvalQuestion]:
    """The questions that a split has judgements for; raises InputError that names what does not fit together."""
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))) or "none"
        raise InputError(f"There is no {path}; splits that are there: {there}.")
    texts = {name: str(item.get("text") or "") for name, item in _by_id(folder / "queries.jsonl").items()}
    judged = _judgements(path, texts)
    corpus = folder / "corpus.jsonl"
    documents = _by_id(corpus) if corpus.is_file() else None  # of a set that is imported: addresses are labels
    for query, (grades, number) in judged.items():
        if not texts.get(query, "").strip():
            raise InputError(f"{path}:{number}: {folder}/queries.jsonl has no text for the question {query!r}")
        missing = sorted(set(grades) - documents.keys()) if documents is not None else []
        if missing:
            raise InputError(
                f"{path}: the question {query!r} has judged documents that {corpus} does not have: "
                f"{', '.join(missing[:5])}"
            )
    return [EvalQuestion(query, texts[query], grades) for query, (grades, _) in judged.items()]


def load_beir_documents(folder: Path) -> list[Document]:
    """The documents of a collection; raises InputError for two of one id."""
    return [
        Document(name, str(item.get("title") or ""), str(item.get("text") or ""))
        for name, item in _by_id(folder / "corpus.jsonl").items()
    ]


def _by_id(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for number, item in json_lines(path):
        name = item.get("_id")
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name):
            raise InputError(f"{path}:{number}: `_id` must be a text or a whole number")
        if str(name) in found:
            raise InputError(f"{path}:{number}: the id {name!r} is there more than once")
        found[str(name)] = item
    return found


def _judgements(path: Path, known: Container[str]) -> dict[str, tuple[dict[str, int], int]]:
    """Question → its grades, and the line that first names it.

    The last column is the grade. A first row without a number there is the heading, unless a question has its name.
    """
    judged: dict[str, tuple[dict[str, int], int]] = {}
    with path.open(encoding="utf-8-sig", newline="") as opened:
        for number, row in enumerate(csv.reader(opened, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if not "".join(row).strip() or (number == 1 and row[0] not in known and not row[-1].strip()[-1:].isdigit()):
                continue
            if len(row) not in (3, 4):
                raise InputError(f"{path}:{number}: expected question, document and grade, separated by tabs")
            query, document = row[0], row[-2]
            grade = read_grade(row[-1], f"{path}:{number}")
            grades, _ = judged.setdefault(query, ({}, number))
            if grades.setdefault(document, grade) != grade:
                raise InputError(f"{path}:{number}: {query!r} and {document!r} were judged before, differently")
    if not judged:
        raise InputError(f"{path}: there are no judgements in it")
    return judged


def read_grade(text: str, where: str) -> int:
    """A grade of a file of judgements; raises InputError for anything but a whole number in range."""
    try:
        grade = int(text.strip())
    except ValueError as exc:
        raise InputError(f"{where}: a grade must be a whole number, not {text.strip()!r}") from exc
    if grade not in GRADES:
        raise InputError(f"{where}: a grade must be from {GRADES[0]} to {GRADES[-1]}, not {grade}")
    return grade
