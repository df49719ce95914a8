"""Building an index beside the model's raw `encode` of the same texts, and a rebuild in which nothing changed.

`python -m benchmarks.building` measures with the sample book, or the one that BOOK_DIR names; imports are not counted.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer

from benchmarks.table import Row, print_table
from engines.embedding.embedding_model import EmbeddingModel, describe_model, index_spec
from engines.settings import EngineSettings
from indexing.chunking import ChunkedBook, chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import BuildOptions, BuildOutcome, build_index
from indexing.settings import BookSettings
from storage.environment import read_settings
from storage.settings import StorageSettings
from storage.vectors.caches import open_vector_cache
from storage.vectors.index_store import open_store

RUNS = 3


def encode_seconds(model: EmbeddingModel, texts: list[str]) -> float:
    """Seconds that the model's own `encode` takes for all texts in one call."""
    transformer: Any = SentenceTransformer(str(model.path), device="cpu")
    transformer.max_seq_length = model.max_tokens
    transformer.encode(texts[:32])
    started = time.perf_counter()
    transformer.encode(texts, batch_size=32)
    return time.perf_counter() - started


def build_seconds(model: EmbeddingModel, folder: Path, *, reread: bool) -> tuple[float, BuildOutcome]:
    """Seconds from the book's files to a published build."""
    started = time.perf_counter()
    cut = read_and_cut(model)
    settings = StorageSettings(data_dir=folder)
    with open_store(settings) as store, open_vector_cache(settings, index_spec(model)) as cache:
        outcome = build_index(cut, model, store, cache, Silent(), BuildOptions(rebuild=reread))
    return time.perf_counter() - started, outcome


def read_and_cut(model: EmbeddingModel) -> ChunkedBook:
    """The settings' book, cut for the model."""
    return chunk_book(read_book(read_settings(BookSettings)).book, model, Silent())


def main() -> None:
    """Measure in turn, so that a machine that slows down slows both; print medians."""
    model = describe_model(read_settings(EngineSettings))
    chunks = read_and_cut(model).chunks
    # Those that a build embeds: languages and versions share texts, which are embedded once.
    texts = list({chunk.content_hash: chunk.embedded_text for chunk in chunks}.values())
    floors, builds, rebuilds = [], [], []
    embedded_again = 0
    for _ in range(RUNS):
        floors.append(encode_seconds(model, texts))
        with tempfile.TemporaryDirectory() as folder:
            builds.append(build_seconds(model, Path(folder), reread=False)[0])
            seconds, outcome = build_seconds(model, Path(folder), reread=True)
            rebuilds.append(seconds)
            embedded_again += outcome.embedded
    floor, build, rebuild = (sorted(values)[RUNS // 2] for values in (floors, builds, rebuilds))
    print_table(
        f"Building, {len(chunks)} chunks with {len(texts)} different texts",
        [
            Row("build, from files to published", f"{build:.1f} s", f"{floor:.1f} s", "≤ 1.15 × floor"),
            Row("  the same as a ratio", f"{build / floor:.2f}", "1", "≤ 1.15"),
            Row("rebuild with nothing changed", f"{rebuild:.2f} s", "–", "< 3 s"),
            Row("  texts embedded in it", str(embedded_again), "0", "0"),
        ],
    )


if __name__ == "__main__":
    main()
