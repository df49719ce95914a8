"""Trains the weights that tell a task on the open page: `python -m engines.evaluation.train_page_tasks FILE …`.

A file has messages as `benchmarks/reader_questions/page-messages.jsonl` has them, each with its writer and whether it
is a task on a page, a chapter or the book; or questions of an evaluation set, none of which is one; of a file whose
name ends with `tasks.jsonl` each line is one. Each writer's messages are predicted by a model of all others, and what
each threshold would have got is printed. Logistic regression over the default model's embedding of the message.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.embedding.model import DEFAULT_MODEL, describe_model, load_embedding
from engines.settings import EngineSettings
from storage.environment import read_settings

INVERSE_PENALTY = 1.0  # of the ridge; from 1 to 10 the area under the curve of a left-out writer falls by 0.02
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages as arrays."""

    vectors: NDArray[np.float32]  # (messages, dimensions)
    is_task: NDArray[np.bool_]
    writer: NDArray[np.str_]


def read_messages(files: list[Path]) -> list[tuple[str, bool, str]]:
    """The messages of files, whether each is a task, and who wrote it; each text once."""
    found: dict[str, tuple[bool, str]] = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = row.get("message") or row["question"]
            found.setdefault(text, (row.get("task", path.name.endswith("tasks.jsonl")), row.get("writer", path.stem)))
    return [(text, task, writer) for text, (task, writer) in found.items()]


def left_out_predictions(messages: Messages) -> NDArray[np.float64]:
    """Each message's probability by a model of the messages of all other writers."""
    found = np.zeros(len(messages.is_task))
    for writer in np.unique(messages.writer):
        own = messages.writer == writer
        weights, intercept = fit(messages, ~own)
        found[own] = 1 / (1 + np.exp(-(messages.vectors[own] @ weights + intercept)))
    return found


def fit(messages: Messages, kept: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights and intercept, fitted on the kept messages; tasks and questions weigh the same."""
    from sklearn.linear_model import LogisticRegression  # comes with sentence-transformers

    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=3000)
    model.fit(messages.vectors[kept], messages.is_task[kept])
    return model.coef_[0], float(model.intercept_[0])


def report(messages: Messages, predicted: NDArray[np.float64]) -> list[str]:
    """A line for each writer of tasks and each threshold: tasks found, and questions taken for tasks."""
    lines = []
    for writer in (*np.unique(messages.writer[messages.is_task]), "all"):
        own = messages.writer == writer if writer != "all" else np.ones(len(predicted), dtype=bool)
        tasks, others = predicted[own & messages.is_task], predicted[own & ~messages.is_task]
        shares = ", ".join(
            f"{threshold}: {np.mean(tasks >= threshold):.0%}"
            + (f" / {np.mean(others >= threshold):.1%}" if len(others) else "")
            for threshold in THRESHOLDS
        )
        lines.append(f"{writer}: {len(tasks)} tasks, {len(others)} questions; found / taken for tasks at {shares}")
    return lines


def main() -> None:
    """Embed, train, print what left-out writers would have got, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="Messages and evaluation sets.")
    parser.add_argument("--output", type=Path, required=True, help="The weights file.")
    given = parser.parse_args()
    rows = read_messages(given.files)
    embedding = load_embedding(describe_model(read_settings(EngineSettings)))
    messages = Messages(
        np.array([embedding.get_query_embedding(text) for text, _, _ in rows], dtype=np.float32),
        np.array([task for _, task, _ in rows]),
        np.array([writer for _, _, writer in rows]),
    )
    print("\n".join(report(messages, left_out_predictions(messages))))  # noqa: T201  # a command
    weights, intercept = fit(messages, np.ones(len(rows), dtype=bool))
    content = {
        "model": DEFAULT_MODEL,
        "trained_on": {"tasks": int(messages.is_task.sum()), "questions": int((~messages.is_task).sum())},
        "intercept": round(intercept, 3),
        "weights": [round(float(weight), 3) for weight in weights],
    }
    given.output.write_text(f"{json.dumps(content)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
