"""Collections in the BEIR layout: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`."""

import csv
import logging
import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.evaluation.questions import GRADES, EvalQuestion, json_lines, read_id
from storage.errors import InputError

logger = logging.getLogger(__name__)

MOST_DIGITS = 20  # of a number that is read at all


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
    queries = folder / "queries.jsonl"
    texts = {name: text_of(item, "text", queries, name) for name, item in by_id(queries).items()}
    judged = _judgements(path, texts)
    corpus = folder / "corpus.jsonl"
    documents = by_id(corpus) if corpus.is_file() else None  # of a set that is imported: addresses are labels
    for query, (grades, number) in judged.items():
        if not texts.get(query, "").strip():
            raise InputError(f"{path}:{number}: {queries} has no text for the question {query!r}")
        missing = sorted(set(grades) - documents.keys()) if documents is not None else []
        if missing:
            raise InputError(
                f"{path}: the question {query!r} has judged documents that {corpus} does not have: "
                f"{', '.join(missing[:5])}"
            )
    return [EvalQuestion(query, texts[query], grades) for query, (grades, _) in judged.items()]


def load_beir_documents(folder: Path) -> list[Document]:
    """The documents of a collection; raises InputError for two of one id, and for a text that is none."""
    path = folder / "corpus.jsonl"
    found = [
        Document(name, text_of(item, "title", path, name), text_of(item, "text", path, name))
        for name, item in by_id(path).items()
    ]
    empty = [document.id for document in found if not (document.title + document.text).strip()]
    if len(empty) == len(found):
        raise InputError(f"{path}: no document has a `text` or a `title`")
    if empty:
        logger.warning(
            "%s: %d of %d documents have neither `text` nor `title`, and cannot be found: %s",
            *(path, len(empty), len(found), ", ".join(empty[:5])),
        )
    return found


def text_of(item: dict[str, Any], key: str, path: Path, name: str) -> str:
    """A text of an object, "" where it has none; raises InputError for anything else."""
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{path}: the `{key}` of {name!r} must be a text")
    return value or ""


def by_id(path: Path) -> dict[str, dict[str, Any]]:
    """The objects of a JSON Lines file by `_id`; raises InputError for a bad id, and for two of one id."""
    found: dict[str, dict[str, Any]] = {}
    for number, item in json_lines(path):
        name = item.get("_id")
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name):
            raise InputError(f"{path}:{number}: `_id` must be a text or a whole number")
        try:
            name = read_id(str(name), "`_id`")
        except ValueError as exc:
            raise InputError(f"{path}:{number}: {exc}") from exc
        if name in found:
            raise InputError(f"{path}:{number}: the id {name!r} appears more than once")
        found[name] = item
    return found


def _judgements(path: Path, known: Container[str]) -> dict[str, tuple[dict[str, int], int]]:
    """Question → its grades, and the line that first names it.

    The last column is the grade. A first row without a number there is the heading, unless a question has its name.
    """
    judged: dict[str, tuple[dict[str, int], int]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            for number, row in enumerate(csv.reader(opened, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if not "".join(row).strip() or (
                    number == 1 and row[0] not in known and not row[-1].strip()[-1:].isdigit()
                ):
                    continue
                if len(row) not in (3, 4):
                    raise InputError(f"{path}:{number}: expected question, document and grade, separated by tabs")
                query, document = (unicodedata.normalize("NFC", name) for name in (row[0], row[-2]))
                grade = read_grade(row[-1], f"{path}:{number}")
                grades, _ = judged.setdefault(query, ({}, number))
                if grades.setdefault(document, grade) != grade:
                    raise InputError(f"{path}:{number}: {query!r} and {document!r} were judged before, differently")
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc
    if not judged:
        raise InputError(f"{path}: it has no judgements")
    return judged


def read_grade(text: str, where: str) -> int:
    """A grade of a file of judgements; raises InputError for anything but a whole number in range."""
    digits = text.strip()
    if not re.fullmatch(r"[+-]?[0-9]+", digits):  # `int` takes "1_0" and digits of other scripts as well
        raise InputError(f"{where}: a grade must be a whole number, not {digits!r}")
    if len(digits) > MOST_DIGITS or (grade := int(digits)) not in GRADES:
        raise InputError(f"{where}: a grade must be from {GRADES[0]} to {GRADES[-1]}, not {digits}")
    return grade
