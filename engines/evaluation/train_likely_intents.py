"""Trains the model that tells small talk and requests about the last answer from questions, by their letters and words.

`python -m engines.evaluation.train_likely_intents FILE … --output MODEL`. A file has messages as
`benchmarks/reader_questions/talk-and-requests.jsonl` has them, each with its writer, its kind ("talk", "answer" or
"question") and what it wants within the kind; or as `page-messages.jsonl` has them, of which the tasks are taken, whose
own kinds a second model tells; or
questions of an evaluation set, or conversations of one, all of which are questions. Those of a test half are left out.
Each writer's messages are predicted by a model of all others, and what each threshold would have got is printed.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.understanding.likely_intents import FEATURES, QUESTION, IntentModel, features, likely_class, of_kind

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TASK = "task"  # on a page, a chapter or the book
_TOLD_OF_A_PAGE = frozenset({"before", "next", "length"})
INVERSE_PENALTY = 30.0
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
LONGEST = 300  # characters


@dataclass(frozen=True, slots=True)
class Message:
    """One message, its class ("question", "talk:thanks", "answer:sources", …) and who wrote it."""

    text: str
    wanted: str
    task: str  # of a task: "page:text", "page:length", "book:contents", …; else ""
    writer: str
    english: bool


def read_messages(files: Sequence[Path]) -> list[Message]:
    """The messages of files, each text once."""
    found: dict[str, Message] = {}
    for path in files:
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            for message in _of_row(row, path.stem):
                if len(message.text) <= LONGEST:
                    found.setdefault(message.text, message)
    return list(found.values())


def _of_row(row: dict[str, Any], name: str) -> Iterator[Message]:
    if "half:test" in row.get("tags", ()) or row.get("task") is False:  # what is no task may be small talk
        return
    turns = row.get("turns")
    if isinstance(turns, list):
        for turn in turns:
            if "small-talk" not in (turn.get("kind"), *turn.get("tags", ())):
                yield from _of_row(turn, name)
        return
    wanted = f"{row['kind']}:{row['sub']}" if row.get("sub") else TASK if row.get("task") else QUESTION
    text = row.get("message") or row["question"]
    yield Message(text, wanted, _task(row), row.get("writer", name), row.get("lang", "en") == "en")


def _task(row: dict[str, Any]) -> str:
    """The class of a task; "" for any other message."""
    if not row.get("task"):
        return ""
    wanted = row["wanted"]
    if wanted in _TOLD_OF_A_PAGE and row["of"] != "book":
        return f"page:{wanted}"
    return "book:place" if wanted == "which_chapter" else "book:contents" if row["of"] == "book" else "page:text"


def matrix(messages: Sequence[Message]) -> "csr_matrix":
    """The features of messages, of the shape (messages, features)."""
    from scipy.sparse import csr_matrix

    each = [features(message.text) for message in messages]
    ends = np.cumsum([0, *(len(places) for places, _ in each)])
    places, values = (np.concatenate([pair[part] for pair in each]) for part in (0, 1))
    return csr_matrix((values, places, ends), shape=(len(messages), FEATURES))


def fit(messages: Sequence[Message]) -> IntentModel:
    """The model of messages; small talk, requests, tasks and questions weigh the same."""
    return _fit(messages, [message.wanted for message in messages])


def fit_tasks(messages: Sequence[Message]) -> IntentModel:
    """The model of the tasks among messages; those on the page and those on the book weigh the same."""
    tasks = [message for message in messages if message.task]
    return _fit(tasks, [message.task for message in tasks])


def _fit(messages: Sequence[Message], classes: Sequence[str]) -> IntentModel:
    from sklearn.linear_model import LogisticRegression  # comes with sentence-transformers

    kinds = [name.partition(":")[0] for name in classes]
    weights = [len(kinds) / (len(set(kinds)) * kinds.count(kind)) for kind in kinds]
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1_000)
    model.fit(matrix(messages), classes, sample_weight=weights)
    return IntentModel(
        tuple(map(str, model.classes_)),
        model.coef_.T.astype(np.float32),
        model.intercept_.astype(np.float32),
    )


def report_tasks(messages: Sequence[Message], writer: str) -> str:
    """What a model of the other writers gets of one writer's tasks that are not on the text of a page."""
    model = fit_tasks([message for message in messages if message.writer != writer])
    own = [message for message in messages if message.writer == writer and message.task]
    told = [likely_class(model.probabilities(message.text)) for message in own]
    pairs = list(zip(own, told, strict=True))
    cells = []
    for name in sorted({message.task for message in messages if message.task} - {"page:text"}):
        chosen = [message.task for message, said in pairs if said == name]
        wanted = sum(message.task == name for message in own)
        cells.append(f"{name} {chosen.count(name)} of {wanted}, {len(chosen) - chosen.count(name)} wrongly")
    return f"{writer}, {len(own)} tasks: {'; '.join(cells)}"


def report(messages: Sequence[Message], writer: str) -> list[str]:
    """What a model of the other writers gets of one writer's messages."""
    model = fit([message for message in messages if message.writer != writer])
    own = [message for message in messages if message.writer == writer]
    told = [model.probabilities(message.text) for message in own]
    lines = []
    for group in (True, False):
        for kind in ("talk", "answer"):
            cells = [
                _cell(threshold, kind, [pair for pair in zip(own, told, strict=True) if pair[0].english == group])
                for threshold in THRESHOLDS
            ]
            lines.append(f"{writer}, {'English' if group else 'others'}, {kind}: {', '.join(cells)}")
    return lines


def _cell(threshold: float, kind: str, pairs: Sequence[tuple[Message, dict[str, float]]]) -> str:
    """How many of a kind are found at a threshold, and how many questions are taken for it."""

    def share(wanted: bool) -> str:
        chosen = [told for message, told in pairs if message.wanted.startswith(kind if wanted else QUESTION)]
        return f"{sum(of_kind(told, kind) >= threshold for told in chosen)}/{len(chosen)}"

    return f"{threshold}: {share(True)} ({share(False)})"


def main() -> None:
    """Print what left-out writers would have got, train, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="Messages, evaluation sets and conversations.")
    parser.add_argument("--output", type=Path, required=True, help="The model's file, an `.npz`.")
    parser.add_argument("--tasks", type=Path, required=True, help="The file of the model of tasks, an `.npz`.")
    given = parser.parse_args()
    messages = read_messages(given.files)
    print(f"{len(messages)} messages; found (questions taken for it) at each threshold")  # noqa: T201  # a command
    for writer in sorted({message.writer for message in messages if message.wanted != QUESTION}):
        print("\n".join(report(messages, writer)))  # noqa: T201
    for writer in sorted({message.writer for message in messages if message.task}):
        print(report_tasks(messages, writer))  # noqa: T201
    fit(messages).save(given.output)
    fit_tasks(messages).save(given.tasks)


if __name__ == "__main__":
    main()
