"""Trains the model that tells small talk and requests about the last answer from questions, by their letters and words.

`python -m engines.evaluation.train_likely_intents FILE … --output MODEL`. A file has messages as
`benchmarks/reader_questions/talk-and-requests.jsonl` has them, each with its writer, its kind ("talk", "answer" or
"question") and what it wants within the kind; or as `page-messages.jsonl` has them, of which the tasks are taken; or
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

from engines.understanding.likely_intents import FEATURES, QUESTION, IntentModel, features, of_kind

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TASK = "task"  # on a page, a chapter or the book
INVERSE_PENALTY = 30.0
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
LONGEST = 300  # characters


@dataclass(frozen=True, slots=True)
class Message:
    """One message, its class ("question", "talk:thanks", "answer:sources", …) and who wrote it."""

    text: str
    wanted: str
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
    yield Message(text, wanted, row.get("writer", name), row.get("lang", "en") == "en")


def matrix(messages: Sequence[Message]) -> "csr_matrix":
    """The features of messages, of the shape (messages, features)."""
    from scipy.sparse import csr_matrix

    each = [features(message.text) for message in messages]
    ends = np.cumsum([0, *(len(places) for places, _ in each)])
    places, values = (np.concatenate([pair[part] for pair in each]) for part in (0, 1))
    return csr_matrix((values, places, ends), shape=(len(messages), FEATURES))


def fit(messages: Sequence[Message]) -> IntentModel:
    """The model of messages; small talk, requests and questions weigh the same."""
    from sklearn.linear_model import LogisticRegression  # comes with sentence-transformers

    kinds = [message.wanted.partition(":")[0] for message in messages]
    weights = [len(messages) / (len(set(kinds)) * kinds.count(kind)) for kind in kinds]
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1_000)
    model.fit(matrix(messages), [message.wanted for message in messages], sample_weight=weights)
    return IntentModel(
        tuple(map(str, model.classes_)),
        model.coef_.T.astype(np.float32),
        model.intercept_.astype(np.float32),
    )


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
    given = parser.parse_args()
    messages = read_messages(given.files)
    print(f"{len(messages)} messages; found (questions taken for it) at each threshold")  # noqa: T201  # a command
    for writer in sorted({message.writer for message in messages if message.wanted != QUESTION}):
        print("\n".join(report(messages, writer)))  # noqa: T201
    fit(messages).save(given.output)


if __name__ == "__main__":
    main()
