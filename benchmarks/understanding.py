"""CPU of understanding a question: taking a message apart and matching its words to those of the live build.

`python -m benchmarks.understanding [SET]` takes the questions of a set (default: the sample book's) and prints the
median and the 95th percentile in milliseconds, when the caches know the words and not the question. What a reader's
question takes as a whole is measured by `python -m benchmarks.serving`.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path

from engines.embedding.model import describe_model, index_spec
from engines.evaluation.questions import load_questions
from engines.retrieval.retriever import understand_for
from engines.settings import EngineSettings
from engines.understanding.words import language_told
from storage.settings import StorageSettings, read_settings
from storage.vectors.build_record import BuildRecord
from storage.vectors.index_store import open_store

SET = Path(__file__).parents[1] / "book" / "eval" / "questions.jsonl"
ROUNDS = 3


def milliseconds(questions: list[str], record: BuildRecord) -> list[float]:
    """The CPU time of each question, the shortest first."""
    times = []
    for question in questions:
        language_told.cache_clear()
        started = time.thread_time()
        understand_for(question, None, record)
        times.append((time.thread_time() - started) * 1000)
    return sorted(times)


async def main() -> None:
    """Measure the live build's questions after one round that fills the caches of words."""
    questions = [each.question for each in load_questions(Path(sys.argv[1]) if len(sys.argv) > 1 else SET)]
    spec = index_spec(describe_model(read_settings(EngineSettings)))
    async with open_store(read_settings(StorageSettings), spec=spec) as store:
        record = await store.current()
        milliseconds(questions, record)
        for _ in range(ROUNDS):
            times = milliseconds(questions, record)
            late = times[int(0.95 * len(times))]
            print(f"{len(times)} questions: median {statistics.median(times):.2f} ms, 95 % below {late:.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
