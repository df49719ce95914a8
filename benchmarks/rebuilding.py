"""One page of a book of a thousand pages is edited: what a rebuild does until it is live, imports not counted.

`python -m benchmarks.rebuilding` writes such a book, puts ready-made vectors into the cache of embeddings, builds,
edits a page and builds again. Measured is reading, cutting, embedding one page, storing all, checking, publishing.
"""

import cProfile
import os
import pstats
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.table import Row, print_table
from engines.embedding.embedding_model import EmbeddingModel, describe_model, index_spec, load_embedding
from engines.settings import EngineSettings
from indexing.chunking import ChunkedBook, chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import BuildOptions, BuildOutcome, build_index
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors.caches import open_page_cache, open_vector_cache
from storage.vectors.index_store import open_store

PAGES = 1_000
SECTIONS = 8
WORDS = [
    "robot",
    "balance",
    "torque",
    "joint",
    "sensor",
    "planner",
    "gripper",
    "policy",
    "node",
    "topic",
    "frame",
    "velocity",
    "contact",
    "force",
    "model",
    "error",
    "estimate",
    "filter",
    "camera",
    "lidar",
    "step",
    "foot",
    "ankle",
    "swing",
    "phase",
    "energy",
    "control",
    "loop",
    "delay",
    "safety",
    "limit",
    "motor",
    "gear",
]


def write_book(docs: Path) -> None:
    """A thousand pages of eight sections, a paragraph or two each."""
    words = random.Random(1)
    for number in range(PAGES):
        sections = []
        for section in range(SECTIONS):
            paragraphs = [" ".join(words.choices(WORDS, k=90)) + "." for _ in range(1 + section % 2)]
            sections.append(f"## Section {section} of {number}\n\n" + "\n\n".join(paragraphs))
        folder = docs / f"chapter-{number // 50}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"page-{number}.md").write_text(f"# Page {number}\n\n" + "\n\n".join(sections), encoding="utf-8")


def cut(docs: Path, model: EmbeddingModel, settings: StorageSettings) -> ChunkedBook:
    """The book, read and cut."""
    with open_page_cache(settings) as cache:
        book = read_book(BookSettings(book_dir=docs, run_site_config=False), cache).book
        return chunk_book(book, model, Silent(), cache=cache)


def fill_cache(book: ChunkedBook, model: EmbeddingModel, settings: StorageSettings) -> None:
    """Vectors of the right shape for every chunk, so that nothing but the edited page needs the model."""
    contents = sorted({chunk.content_hash for chunk in book.chunks})
    vectors = np.random.default_rng(1).standard_normal((len(contents), model.dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with open_vector_cache(settings, index_spec(model)) as cache:
        cache.put({content: vector.tolist() for content, vector in zip(contents, vectors, strict=True)})


def rebuild(docs: Path, model: EmbeddingModel, settings: StorageSettings) -> BuildOutcome:
    """From the files to a live build."""
    with open_store(settings) as store, open_vector_cache(settings, index_spec(model)) as cache:
        return build_index(cut(docs, model, settings), model, store, cache, Silent(), BuildOptions())


def cpu_seconds() -> float:
    """Of this process and of those that it started and that ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> None:
    """Measure and print; with `--profile`, where the time went as well."""
    model = describe_model(EngineSettings())
    load_embedding(model)  # imports
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        docs, settings = folder / "docs", StorageSettings(data_dir=folder / "data")
        write_book(docs)
        fill_cache(cut(docs, model, settings), model, settings)
        rebuild(docs, model, settings)
        page = docs / "chapter-0" / "page-7.md"
        page.write_text(page.read_text(encoding="utf-8") + "\n\nA sentence that was not there.\n", encoding="utf-8")
        profile = cProfile.Profile()
        started, worked = time.perf_counter(), cpu_seconds()
        if "--profile" in sys.argv:
            profile.enable()
        outcome = rebuild(docs, model, settings)
        profile.disable()
        seconds, work = time.perf_counter() - started, cpu_seconds() - worked
    if "--profile" in sys.argv:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    print_table(
        f"One page of {PAGES} edited, {outcome.embedded + outcome.reused} chunks",
        [
            Row("chunks embedded", str(outcome.embedded), "1", "that page's"),
            Row("from the files to live, the model's loading included", f"{seconds:.1f} s", "–", "< 5 s"),
            Row("  processor time of it, on all cores", f"{work:.1f} s", "–", "–"),
        ],
    )


if __name__ == "__main__":
    main()
