"""Trains the model that tells a task on the open page: `python -m engines.evaluation.train_page_tasks FILE …`.

A file has messages as `benchmarks/reader_questions/page-messages.jsonl` has them, each with its writer and whether it
is a task on a page, a chapter or the book; or questions of an evaluation set, none of which is one, those of a test
half left out; of a file whose name ends with `tasks.jsonl` each line is one. Each writer's messages are predicted by a
model of all others, and what each threshold would have got is printed. The model is a support vector machine with a
radial kernel over the default model's embedding of the message; its decision values become probabilities by a logistic
curve (Platt 1999) that is fitted on the predictions of left-out writers.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.embedding.embedding_model import describe_model, load_embedding
from engines.settings import EngineSettings
from engines.tasks.likely_tasks import TaskModel
from storage.environment import read_settings

if TYPE_CHECKING:
    from sklearn.svm import SVC

# From 1 to 10 and from 0.7 to 2 the area under the curve of left-out writers is 0.94 to 0.95.
INVERSE_PENALTY = 3.0
GAMMA = 1.0
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
            if "half:test" in row.get("tags", ()):
                continue
            text = row.get("message") or row["question"]
            found.setdefault(text, (row.get("task", path.name.endswith("tasks.jsonl")), row.get("writer", path.stem)))
    return [(text, task, writer) for text, (task, writer) in found.items()]


def left_out_values(messages: Messages) -> NDArray[np.float64]:
    """Each message's decision value, by a machine of the messages of all other writers."""
    found = np.zeros(len(messages.is_task))
    for writer in np.unique(messages.writer):
        own = messages.writer == writer
        found[own] = fit(messages, ~own).decision_function(messages.vectors[own])
    return found


def fit(messages: Messages, kept: NDArray[np.bool_]) -> "SVC":
    """A machine of the kept messages; tasks and questions weigh the same."""
    from sklearn.svm import SVC  # comes with sentence-transformers

    machine = SVC(C=INVERSE_PENALTY, gamma=GAMMA, class_weight="balanced")
    return machine.fit(messages.vectors[kept], messages.is_task[kept])


def fit_curve(values: NDArray[np.float64], is_task: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic curve that makes probabilities of decision values."""
    from sklearn.linear_model import LogisticRegression

    curve = LogisticRegression(class_weight="balanced").fit(values[:, None], is_task)
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


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
    """Embed, train, print what left-out writers would have got, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="Messages and evaluation sets.")
    parser.add_argument("--output", type=Path, required=True, help="The model's file, an `.npz`.")
    given = parser.parse_args()
    rows = read_messages(given.files)
    embedding = load_embedding(describe_model(read_settings(EngineSettings)))
    messages = Messages(
        np.array([embedding.get_query_embedding(text) for text, _, _ in rows], dtype=np.float32),
        np.array([task for _, task, _ in rows]),
        np.array([writer for _, _, writer in rows]),
    )
    values = left_out_values(messages)
    slope, offset = fit_curve(values, messages.is_task)
    print("\n".join(report(messages, 1 / (1 + np.exp(-(slope * values + offset))))))  # noqa: T201  # a command
    machine = fit(messages, np.ones(len(rows), dtype=bool))
    model = TaskModel(
        machine.support_vectors_, machine.dual_coef_[0], float(machine.intercept_[0]), GAMMA, slope, offset
    )
    model.save(given.output)


if __name__ == "__main__":
    main()
