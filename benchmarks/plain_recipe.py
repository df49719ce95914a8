"""nDCG@10 of a plain recipe on a book: what one writes from a tutorial, measured by the questions of a set.

python -m benchmarks.plain_recipe [SET.jsonl]   (the book of the settings; default: the sample book's set)

Chunks of 256 tokens with their heading path, the same embedding model, BM25 (k1 1.5, b 0.75, Lucene's stop words for
English, no stemming), reciprocal rank fusion with K = 60; exact search over the chunks of the latest version in the
book's own language. Vectors that the index's cache has are not made again. `bookrag eval retrieval SET` has bookrag's.
"""

import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.embedding.embedding_model import describe_model, index_spec, load_embedding
from engines.evaluation.labels import Addresses, units
from engines.evaluation.metrics import mean_figure, question_figures
from engines.evaluation.questions import EvalQuestion, halves_of, load_questions
from engines.settings import EngineSettings
from indexing.chunking import Chunk, chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.settings import BookSettings
from storage.environment import read_settings
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.caches import open_vector_cache

TOKENS, DEPTH, K = 256, 100, 60
K1, B = 1.5, 0.75
_STOP_WORDS = (  # Lucene's, for English
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
CLEAN = {"form:plain", "form:keywords", "form:heading-like"}

Scores = np.ndarray[Any, np.dtype[np.float64]]


class BM25:
    """Okapi BM25 over whole words (S. Robertson and H. Zaragoza, 2009)."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = [Counter(words(text)) for text in texts]
        lengths = np.array([sum(each.values()) for each in counts], dtype=float)
        self._norm = K1 * (1 - B + B * lengths / lengths.mean())
        self._frequencies: dict[str, Scores] = {}
        for place, each in enumerate(counts):
            for word, count in each.items():
                self._frequencies.setdefault(word, np.zeros(len(counts)))[place] = count

    def scores(self, question: str) -> Scores:
        """A score for each text."""
        found = np.zeros(len(self._norm))
        for word in words(question):
            counts = self._frequencies.get(word)
            if counts is not None:
                texts = int((counts > 0).sum())
                rarity = math.log(1 + (len(counts) - texts + 0.5) / (texts + 0.5))
                found += rarity * counts * (K1 + 1) / (counts + self._norm)
        return found


def words(text: str) -> list[str]:
    """The words of a text without stop words, in lower case."""
    return [word for word in re.findall(r"\w+", text.lower()) if word not in STOP_WORDS]


def fused(*sides: Scores) -> list[int]:
    """Places of the best texts by reciprocal rank fusion; of each side those with a score, to a depth."""
    votes: dict[int, float] = {}
    for scores in sides:
        for rank, place in enumerate(np.argsort(-scores, kind="stable")[:DEPTH], 1):
            if scores[place] > 0:
                votes[int(place)] = votes.get(int(place), 0.0) + 1 / (K + rank)
    return sorted(votes, key=lambda place: (-votes[place], place))


def values_of(questions: Sequence[EvalQuestion]) -> dict[str, dict[str, float]]:
    """Side, "fused", "vectors" or "words" → question id → nDCG@10."""
    model = replace(describe_model(read_settings(EngineSettings)), max_tokens=TOKENS)
    settings = read_settings(BookSettings)
    book = read_book(settings).book
    chunked = chunk_book(book, model, Silent(), folder=settings.book_dir).chunks
    chunks = [chunk for chunk in chunked if chunk.latest and chunk.locale == book.default_locale]
    found = [described(chunk) for chunk in chunks]
    addresses, lexical = Addresses(found), BM25(chunk.embedded_text for chunk in chunks)
    embedding = load_embedding(model)
    with open_vector_cache(read_settings(StorageSettings), index_spec(model)) as cache:
        known = cache.get([chunk.content_hash for chunk in chunks])
    new = [chunk for chunk in chunks if chunk.content_hash not in known]
    made = embedding.get_text_embedding_batch([chunk.embedded_text for chunk in new]) if new else []
    known |= {chunk.content_hash: vector for chunk, vector in zip(new, made, strict=True)}
    vectors = np.array([known[chunk.content_hash] for chunk in chunks])
    asked = np.array(embedding.get_query_embeddings([question.question for question in questions]))
    embedding.close()
    grades = {question.id: addresses.distinct(question.grades) for question in questions}
    runs: dict[str, dict[str, list[str]]] = {"fused": {}, "vectors": {}, "words": {}}
    for question, vector in zip(questions, asked, strict=True):
        dense, sparse = vectors @ vector, lexical.scores(question.question)
        for side, scores in zip(runs, ((dense, sparse), (dense,), (sparse,)), strict=True):
            ranked = [found[place] for place in fused(*scores)]
            runs[side][question.id] = list(units(ranked, grades[question.id], addresses))
    return {side: ndcg(grades, found) for side, found in runs.items()}


def ndcg(grades: Mapping[str, Mapping[str, int]], runs: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Question id → nDCG@10."""
    return {name: figures["ndcg@10"] for name, figures in question_figures(grades, runs, [10]).items()}


def described(chunk: Chunk) -> Mapping[str, Any]:
    """A chunk as the evaluation knows it."""
    return {
        payload.URL: chunk.url,
        payload.ANCHOR: chunk.anchor,
        payload.HEADING_PATH: chunk.heading_path,
        payload.ANCHORS_ABOVE: chunk.anchors_above,
    }


def main(path: Path) -> None:
    """Print a row for each group of questions, with their number and each side's mean and 95 % interval."""
    questions = [question for question in load_questions(path) if question.answerable]
    values = values_of(questions)
    groups = {
        "all": questions,
        "dev": [question for question in questions if "dev" in halves_of(question.tags)],
        "test": [question for question in questions if "test" in halves_of(question.tags)],
        "clean": [question for question in questions if is_clean(question)],
    }
    print(f"| questions | count | {' | '.join(values)} |\n|---|---|{'---|' * len(values)}")
    for name, group in groups.items():
        if group:
            figures = [mean_figure([of_side[question.id] for question in group]) for of_side in values.values()]
            cells = (f"{figure.mean:.4f} ({figure.low:.4f} to {figure.high:.4f})" for figure in figures)
            print(f"| {name} | {len(group)} | {' | '.join(cells)} |")


def is_clean(question: EvalQuestion) -> bool:
    """Whether a question is of a clean form, or of no form: as the authors of a set write them."""
    forms = {tag for tag in question.tags if tag.startswith("form:")}
    return not forms or bool(forms & CLEAN)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "book/eval/questions.jsonl"))
