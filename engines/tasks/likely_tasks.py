"""Whether a first message that no passage covers is a task on the open page, a chapter or the book, in other words.

Readers ask for anything to be made of a page ("rewrite it as a dialogue", "too long, what does a junior need?"), and no
list of phrases has it all. What points at the page is about it; of the rest a logistic model over the message's
embedding tells. Its weights are for the default embedding model alone; `python -m engines.evaluation.train_page_tasks`
makes them, and docs/quality.md has what writers got who had no part in the training. Called by the tasks, after a
search: a question that the book covers is never taken for a task here.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from llama_index.core.base.embeddings.base import BaseEmbedding

from engines.events import GroundingDecided
from engines.understanding.phrases import BOOK_WORD, CHAPTER_WORD, PAGE_WORD
from engines.understanding.places import points_at_the_page
from engines.understanding.words import is_of_language

# Where nothing in the book is near a message, a mistake makes an answer of a refusal; without an open page an answer
# from the table of contents.
_FROM = {("uncertain", True): 0.5, ("not_covered", True): 0.65, ("uncertain", False): 0.7, ("not_covered", False): 0.8}
_FROM_UNREAD = 0.8  # of what is not English, which the model reads in part: it is all rather alike to it
# Without an open page a task names the book or its parts, or asks what to read: other messages are not embedded again.
_SPEAKS_OF_THE_BOOK = re.compile(
    rf"\b(?:{PAGE_WORD}|{CHAPTER_WORD}|{BOOK_WORD}|"
    r"read\w*|start|begin|order|outline|overview|skip|leave out|exam|viva)(?!\w)",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 500  # of a message; the embedding reads about as much


async def is_a_task(text: str, decided: GroundingDecided, embedding: BaseEmbedding | None, *, has_page: bool) -> bool:
    """Whether a message is rather a task; `embedding` is the default model, None for another one."""
    least = _FROM.get((str(decided.verdict), has_page))
    if least is None or len(text) > _MOST_CHARACTERS:
        return False
    if has_page and points_at_the_page(text):
        return True
    if embedding is None or not (has_page or _SPEAKS_OF_THE_BOOK.search(text)):
        return False
    if not is_of_language(text, "en"):
        if not has_page:
            return False
        least = _FROM_UNREAD
    return _probability(await embedding.aget_query_embedding(text)) >= least


def _probability(vector: Sequence[float]) -> float:
    intercept, weights = _model()
    return 1 / (1 + math.exp(-intercept - sum(map(float.__mul__, map(float, vector), weights))))


@lru_cache(maxsize=1)
def _model() -> tuple[float, tuple[float, ...]]:
    stored = json.loads(files("engines").joinpath("tasks/likely_tasks.json").read_text(encoding="utf-8"))
    return stored["intercept"], tuple(map(float, stored["weights"]))
