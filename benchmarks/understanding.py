"""CPU of understanding a question: taking a message apart and matching its words to those of the live build.

`python -m benchmarks.understanding [SET]` takes the questions of a set (default: the sample book's) and prints the
median and the 95th percentile in milliseconds, when the caches know the words and not the question. Below it stands
the CPU of whole answers without a model, embedding and search included: to a first question, and to the same one after
an earlier question and its answer.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path

from engines.book import Book, open_book
from engines.evaluation.questions import load_questions
from engines.events import Question, Turn
from engines.retrieval.retriever import understand_for
from engines.settings import EngineSettings
from engines.understanding.words import detected_language
from storage.environment import read_settings
from storage.vectors.build_record import BuildRecord

SET = Path(__file__).parents[1] / "book" / "eval" / "questions.jsonl"
ROUNDS = 3
ANSWERED, WARMING = 60, 20  # questions
EARLIER = (
    Turn("user", "What is inverse kinematics?"),
    Turn("assistant", "> The joint angles for a pose.\n>\n> — Inverse kinematics › Definition [1]"),
)


def milliseconds(questions: list[str], record: BuildRecord) -> list[float]:
    """The CPU time of each question, the shortest first."""
    times = []
    for question in questions:
        detected_language.cache_clear()
        started = time.thread_time()
        understand_for(question, None, record)
        times.append((time.thread_time() - started) * 1000)
    return sorted(times)


async def answered(book: Book, questions: list[str], history: tuple[Turn, ...]) -> float:
    """The median CPU time of an answer in milliseconds, of all threads."""
    build, times = await book.index.pin(), []
    for question in questions:
        started = time.process_time()
        async for _ in book.chat.answer(Question(question, history=history), build):
            pass
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


async def main() -> None:
    """Measure the live build's questions after one round that fills the caches of words."""
    questions = [each.question for each in load_questions(Path(sys.argv[1]) if len(sys.argv) > 1 else SET)]
    settings = read_settings(EngineSettings).model_copy(update={"gemini_api_key": None})
    async with open_book(engine_settings=settings, embedding_threads=1) as book:
        record = await book.index.current()
        milliseconds(questions, record)
        for _ in range(ROUNDS):
            times = milliseconds(questions, record)
            late = times[int(0.95 * len(times))]
            print(f"{len(times)} questions: median {statistics.median(times):.2f} ms, 95 % below {late:.2f} ms")
        asked = questions[:: max(1, len(questions) // ANSWERED)]
        await answered(book, asked[:WARMING], ())
        first, later = await answered(book, asked, ()), await answered(book, asked, EARLIER)
        print(f"{len(asked)} answers without a model: median {first:.1f} ms; as a later turn {later:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
