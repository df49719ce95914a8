"""Evaluation sets: questions with the addresses that answer them; read from JSON Lines or from a BEIR folder."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.errors import InputError


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """One question; `grades` has a grade above 0 for every address (or document) that answers it."""

    id: str
    question: str
    grades: dict[str, int]
    answerable: bool = True
    answer: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a collection."""

    id: str
    title: str
    text: str


def load_questions(path: Path) -> list[EvalQuestion]:
    """The questions of a JSON Lines file; raises InputError that names the line of what is wrong."""
    questions: list[EvalQuestion] = []
    for number, content in _lines(path):
        try:
            questions.append(_question(content))
        except (KeyError, TypeError, ValueError) as exc:
            detail = f"{exc.args[0]!r} is missing" if isinstance(exc, KeyError) else str(exc)
            raise InputError(f"{path}:{number}: {detail}") from exc
    ids = [question.id for question in questions]
    twice = sorted({item for item in ids if ids.count(item) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise InputError(f"{path}: these ids are there more than once: {', '.join(twice)}")
    if not questions:
        raise InputError(f"{path}: there are no questions in it")
    return questions


def is_beir(path: Path) -> bool:
    """Whether a folder is a collection in the BEIR layout."""
    return path.is_dir() and (path / "corpus.jsonl").is_file()


def load_beir_questions(folder: Path, split: str = "test") -> list[EvalQuestion]:
    """The questions that a split has judgements for."""
    judged = _judgements(folder, split)
    texts = {str(item["_id"]): str(item["text"]) for _, item in _lines(folder / "queries.jsonl")}
    missing = [item for item in judged if item not in texts]
    if missing:
        raise InputError(f"{folder}/queries.jsonl lacks the judged question {missing[0]!r} and {len(missing) - 1} more")
    return [EvalQuestion(item, texts[item], grades) for item, grades in judged.items()]


def load_beir_documents(folder: Path) -> list[Document]:
    """The documents of a collection."""
    return [
        Document(str(item["_id"]), str(item.get("title") or ""), str(item.get("text") or ""))
        for _, item in _lines(folder / "corpus.jsonl")
    ]


def _judgements(folder: Path, split: str) -> dict[str, dict[str, int]]:
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))) or "none"
        raise InputError(f"There is no {path}; splits that are there: {there}.")
    judged: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as opened:
        for number, row in enumerate(csv.reader(opened, delimiter="\t"), 1):
            if not row or (number == 1 and not _is_number(row[-1])):
                continue
            if len(row) < 3 or not _is_number(row[-1]):
                raise InputError(f"{path}:{number}: expected question, document and grade, separated by tabs")
            query, document, grade = (row[0], row[2], row[3]) if len(row) == 4 else row[:3]
            if int(grade) > 0:
                judged.setdefault(query, {})[document] = int(grade)
    return judged


def _is_number(text: str) -> bool:
    return text.strip().lstrip("-").isdigit()


def _question(content: dict[str, Any]) -> EvalQuestion:
    text = content["question"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the question is empty")
    relevant = content.get("relevant") or []
    if not isinstance(relevant, list) or not all(isinstance(label, str) and label for label in relevant):
        raise ValueError("`relevant` is to be a list of addresses")
    answerable = bool(content.get("answerable", True))
    if answerable and not relevant:
        raise ValueError(
            'an answerable question needs at least one address in `relevant`; else say "answerable": false'
        )
    return EvalQuestion(
        id=str(content["id"]),
        question=text.strip(),
        grades=_grades(relevant, content.get("grades")) if answerable else {},
        answerable=answerable,
        answer=content.get("answer"),
        tags=tuple(map(str, content.get("tags") or ())),
    )


def _grades(relevant: list[str], grades: Any) -> dict[str, int]:
    if grades is None:
        return dict.fromkeys(relevant, 1)
    if isinstance(grades, list):
        if len(grades) != len(relevant):
            raise ValueError("`grades` is to have as many entries as `relevant`")
        grades = dict(zip(relevant, grades, strict=True))
    if not isinstance(grades, dict):
        raise TypeError("`grades` is to be a list beside `relevant`, or an object from address to grade")
    return {label: int(grades.get(label, 1)) for label in relevant}


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as opened:
            for number, line in enumerate(opened, 1):
                if line.strip():
                    yield number, _object(path, number, line)
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except json.JSONDecodeError as exc:
        raise InputError(f"{path}:{number}: this is not JSON: {exc}") from exc
    if not isinstance(content, dict):
        raise InputError(f"{path}:{number}: expected an object")
    return content
