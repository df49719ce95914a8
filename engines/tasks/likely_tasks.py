"""Whether a first message that no passage covers is a task on the open page, a chapter or the book, in other words.

Readers ask for anything to be made of a page ("rewrite it as a dialogue", "too long, what does a junior need?"), and no
list of phrases has it all. A message that points at the page is about it; for the rest a support vector machine over
the message's embedding decides. It is for the default embedding model alone; `python -m
engines.evaluation.train_page_tasks` makes it, and docs/quality.md has what writers got who had no part in the training.
Called by the tasks, after a search: a question that the book covers is not taken for a task, but where it names the
open page in another language.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray

from engines.events import GroundingDecided
from engines.understanding.lexicon import pattern
from engines.understanding.likely_intents import is_told_as_task
from engines.understanding.places import names_the_page, points_at_the_page
from engines.understanding.words import is_of_language

MODEL_FILE = Path(__file__).with_name("likely_tasks.npz")
# Where nothing in the book is near a message, a mistake makes an answer of a refusal; without an open page an answer
# from the table of contents.
_FROM = {("uncertain", True): 0.5, ("not_covered", True): 0.65, ("uncertain", False): 0.7, ("not_covered", False): 0.8}
_FROM_COVERED = 0.65  # of a later message, whose subject may be all that is covered
# Of what is not English: by its letters and words, by whether a page is open. Of 554 tasks of three left-out writers
# 64 % have 0.7, and 5 % of their 255 questions.
_BY_ITS_LETTERS = {True: 0.7, False: 0.85}
_FROM_UNREAD = 0.7  # of what is not English, which the embedding model reads in part
# Without an open page a task names the book or its parts, or asks what to read: other messages are not embedded again.
_SPEAKS_OF_THE_BOOK = pattern("likely_tasks", r"\b(?:{page}s?|{chapter}s?|{book}s?|{speaks_of_the_book})(?!\w)")
# A demand that begins with what is to be done with "it": before anything was said, that is the open page. In Urdu and
# Hindi the verb comes last.
_BIDS_ON_IT = pattern(
    "likely_tasks",
    r"^\W*(?:{courtesy}\W+)*{bids_on_it}",
    "{bids_behind_it}",
    flags=re.IGNORECASE | re.DOTALL,
)
_MOST_CHARACTERS = 500  # of a message; the embedding reads about as much


async def is_a_task(
    text: str,
    decided: GroundingDecided,
    embedding: BaseEmbedding | None,
    *,
    has_page: bool,
    has_history: bool = False,
) -> bool:
    """Whether a message is rather a task; `embedding` is the default model, None for another one.

    In a conversation "it" is what was said before, and the verdict is of the question together with its subject: a
    message is a task there only where it names the open page, and its own embedding tells so where that is covered.
    """
    if len(text) > _MOST_CHARACTERS or (has_history and not (has_page and names_the_page(text))):
        return False
    in_english = is_of_language(text, "en")
    if decided.verdict == "covered":  # by words alone, where the model reads the message in part
        if not in_english or not has_history:
            return has_page and not in_english and names_the_page(text)
        least = _FROM_COVERED
    elif has_page and (points_at_the_page(text) or _BIDS_ON_IT.search(text)):
        return True
    elif not (has_page or _SPEAKS_OF_THE_BOOK.search(text)):
        return False
    elif in_english:
        least = _FROM[str(decided.verdict), has_page]
    elif is_told_as_task(text, least=_BY_ITS_LETTERS[has_page]):
        return True
    elif not has_page:
        return False
    else:
        least = _FROM_UNREAD
    if embedding is None:
        return False
    return _shipped_model().probability(await embedding.aget_query_embedding(text)) >= least


@dataclass(frozen=True, slots=True)
class TaskModel:
    """A support vector machine with a radial kernel over the embedding of a message."""

    vectors: NDArray[np.float32]  # (support vectors, dimensions), each of length 1
    weights: NDArray[np.float32]  # (support vectors,)
    intercept: float
    gamma: float  # of the kernel exp(-gamma * squared distance)
    slope: float  # of the logistic curve that makes a probability of a decision value (Platt 1999)
    offset: float

    def probability(self, vector: Sequence[float]) -> float:
        """The probability that the message with this normalised embedding is a task."""
        distances = 2.0 - 2.0 * (self.vectors @ np.asarray(vector, dtype=np.float32))
        value = float(np.exp(-self.gamma * distances) @ self.weights) + self.intercept
        return 1 / (1 + math.exp(-(self.slope * value + self.offset)))

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        numbers = np.array([self.intercept, self.gamma, self.slope, self.offset])
        np.savez_compressed(
            path, vectors=self.vectors.astype(np.float16), weights=self.weights.astype(np.float32), numbers=numbers
        )

    @classmethod
    def load(cls, path: Path) -> "TaskModel":
        """The model of a file."""
        with np.load(path) as stored:
            vectors, weights = stored["vectors"].astype(np.float32), stored["weights"]
            return cls(vectors, weights, *map(float, stored["numbers"]))


@lru_cache(maxsize=1)
def _shipped_model() -> TaskModel:
    return TaskModel.load(MODEL_FILE)
