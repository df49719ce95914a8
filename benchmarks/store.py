"""The embedded index: hybrid queries, the event loop, opening, following, rebuilding under load, a large build.

`python -m benchmarks.store` measures at 10,000 chunks; `--large` builds 100,000 as well. Vectors are ready-made, texts
are words in Zipf's proportions. The floor of a query is the engine's own call in this process, without an event loop;
the floor of a build is the engine's own upsert and optimize of the same points.
"""

import argparse
import asyncio
import gc
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
from llama_index.core.schema import BaseNode, MetadataMode, TextNode

from benchmarks.table import Row, print_table
from storage.settings import StorageSettings
from storage.vectors.bm25 import encode_documents, encode_queries
from storage.vectors.build_record import IndexSpec
from storage.vectors.embedded_qdrant.collections import Collections
from storage.vectors.embedded_qdrant.shard import Clone, Json, Shard
from storage.vectors.hybrid_search import ChunkFilter, SparseQuery
from storage.vectors.index_store import IndexStore, open_store

DIMENSIONS = 384
SPEC = IndexSpec(embed_model="benchmark", embed_weights="", dimensions=DIMENSIONS)
LIMIT, QUOTED = 50, 8
SCOPE = ChunkFilter(locale="en", latest=True)
ONE_EDITION = {"locales": "en", "versions": "current"}
SEVERAL = {"locales": "en,ur", "versions": "1.0,current"}  # as far as the store knows: each query filters
WORDS = [f"word{number}" for number in range(20_000)]


def vectors_of(count: int, seed: int = 0) -> np.ndarray:
    """Unit vectors in clusters, as the sections of a book are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(count // 50, 1), DIMENSIONS))
    values = centres[random.integers(len(centres), size=count)] + random.normal(size=(count, DIMENSIONS)) * 0.7
    unit: np.ndarray = (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)
    return unit


def text_of(number: int, words: int = 80) -> str:
    """The same words for the same number."""
    random = np.random.default_rng(number)
    return " ".join(WORDS[index % len(WORDS)] for index in random.zipf(1.3, size=words))


def nodes_of(count: int, edition: int = 0) -> Iterator[list[BaseNode]]:
    """Chunks in batches, as the ingestion hands them on."""
    vectors = vectors_of(count)
    for first in range(0, count, 1_000):
        yield [node(number, vectors[number], edition) for number in range(first, min(first + 1_000, count))]


def node(number: int, vector: np.ndarray, edition: int) -> TextNode:
    """A chunk with what a chunk has."""
    metadata: dict[str, object] = {
        "url": f"/docs/page-{number // 10}",
        "anchor": "",
        "title": "A page",
        "heading_path": ["Heading"],
    }
    metadata |= {"locale": "en", "version": "current", "latest": True, "source": "docs/page.md", "edition": edition}
    made = TextNode(id_=str(UUID(int=number + 1)), text=text_of(number), metadata=metadata)
    made.excluded_embed_metadata_keys = list(metadata)
    made.embedding = vector.tolist()
    return made


def build(folder: Path, count: int, edition: int = 0, *, book: dict[str, str] = ONE_EDITION) -> float:
    """A published build of so many chunks; the seconds it took, without those that making the chunks took."""
    started, making = time.perf_counter(), 0.0
    with open_store(StorageSettings(_env_file=None, data_dir=folder)) as store, store.lock():
        made = store.create_build(SPEC)
        vector_store = made.vector_store
        asked = time.perf_counter()
        for nodes in nodes_of(count, edition):
            making += time.perf_counter() - asked
            vector_store.add(nodes)
            asked = time.perf_counter()
        made.note(book=book)
        made.finish()
        store.publish(made)
        store.prune(keep=1)
    return time.perf_counter() - started - making


def measured_build(folder: Path, count: int, answer: "multiprocessing.SimpleQueue[tuple[float, float]]") -> None:
    """Seconds and megabytes of a build in a process that does nothing else."""
    seconds = build(folder, count)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    indexing = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    answer.put((seconds, max(own, indexing) / 1024))


def raw_build_seconds(folder: Path, count: int) -> float:
    """The engine's own time for the same points."""
    shard = Shard.create(str(folder), {"d": {"size": DIMENSIONS, "distance": "Cosine"}}, {"s": {"modifier": "idf"}})
    seconds = 0.0
    for nodes in nodes_of(count):
        indices, values = encode_documents([each.get_content(MetadataMode.EMBED) for each in nodes])
        points: list[tuple[str, Json, Json | None]] = [
            (
                each.node_id,
                {"d": each.embedding, "s": {"indices": i, "values": v}},
                each.metadata,
            )
            for each, i, v in zip(nodes, indices, values, strict=True)
        ]
        started = time.perf_counter()
        shard.upsert(points)
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    shard.optimize()
    shard.close()
    return seconds + time.perf_counter() - started


def questions(count: int) -> list[tuple[list[float], SparseQuery]]:
    """Questions near to chunks, eight words each."""
    indices, values = encode_queries([text_of(number, 8) for number in range(count)])
    vectors = vectors_of(10_000)[:count] + np.random.default_rng(1).normal(size=(count, DIMENSIONS)) * 0.02
    return [(vectors[n].tolist(), SparseQuery(indices[n], values[n])) for n in range(count)]


async def ask(store: IndexStore, question: tuple[list[float], SparseQuery]) -> float:
    """Milliseconds for both ranked lists and the text of those quoted."""
    started = time.perf_counter()
    build = await store.pin()
    found = await build.search(*question, limit=LIMIT, filters=SCOPE)
    await build.chunks([key for key, _ in found.dense[:QUOTED]])
    return (time.perf_counter() - started) * 1000


def raw_milliseconds(folder: Path, scope: ChunkFilter | None = None) -> list[float]:
    """The engine's own calls for the same questions."""
    collections = Collections(folder / "index")
    collection = collections.resolve("book")
    clone = Clone(collections.sealed(collection), collections.catalog.clones)
    chosen = scope.to_qdrant() if scope else None
    matching = chosen.model_dump(mode="json", exclude_none=True) if chosen else None
    taken = []
    for dense, sparse in questions(500):
        started = time.perf_counter()
        words = {"indices": sparse.indices, "values": sparse.values}
        shared = {"limit": LIMIT, "filter": matching}
        nearest, _ = clone.shard.query_batch(
            [{"query": dense, "using": "text-dense", **shared}, {"query": words, "using": "text-sparse-new", **shared}]
        )
        clone.shard.retrieve([point["id"] for point in nearest[:QUOTED]])
        taken.append((time.perf_counter() - started) * 1000)
    clone.close()
    return taken


class LoopWatch:
    """The longest that the event loop was held, in milliseconds."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        """Look every millisecond."""
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.longest = max(self.longest, (now - before) * 1000 - 1)
            before = now


async def filtered_rows(folder: Path, raw: list[float]) -> list[Row]:
    """One reader of a book in several languages and versions."""
    async with open_store(StorageSettings(_env_file=None, data_dir=folder)) as store:
        asked = questions(500)
        taken = [await ask(store, question) for question in [*asked[:50], *asked]][50:]
    measured, floor = (f"{percentile(values, 50):.2f} ms" for values in (taken, raw))
    return [Row("hybrid query in one of several editions, p50", measured, floor, "< 3 ms")]


async def query_rows(folder: Path, raw: list[float]) -> list[Row]:
    """Opening, one reader, a hundred readers, following a publication."""
    store = open_store(StorageSettings(_env_file=None, data_dir=folder))
    started = time.perf_counter()
    await store.start()
    opened = (time.perf_counter() - started) * 1000
    asked = questions(500)
    for question in asked[:50]:
        await ask(store, question)
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())
    alone = [await ask(store, question) for question in asked]
    held_alone = watch.longest
    watch.longest = 0.0
    await asyncio.gather(*(ask(store, question) for question in asked[:100]))
    held_crowd = watch.longest
    watching.cancel()
    await store.aclose()
    return [
        Row("open the live build", f"{opened:.0f} ms", "", "< 100 ms"),
        Row("hybrid query, p50", f"{percentile(alone, 50):.2f} ms", f"{percentile(raw, 50):.2f} ms", "< 3 ms"),
        Row("hybrid query, p99", f"{percentile(alone, 99):.2f} ms", f"{percentile(raw, 99):.2f} ms", "< 15 ms"),
        Row("event loop held, one reader", f"{held_alone:.1f} ms", "", "< 10 ms"),
        Row("event loop held, 100 readers at once", f"{held_crowd:.1f} ms", "", "< 10 ms"),
    ]


async def rebuild_rows(folder: Path, rebuilds: int) -> list[Row]:
    """Readers at a steady pace, at rest and while another process rebuilds again and again."""
    store = open_store(StorageSettings(_env_file=None, data_dir=folder))
    asked = questions(100)
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())

    async def readers(until: asyncio.Event) -> tuple[list[float], int]:
        taken, failed, number = [], 0, 0
        while not until.is_set():
            number += 1
            try:
                taken.append(await ask(store, asked[number % len(asked)]))
            except Exception:  # noqa: BLE001 - counted, whatever it was
                failed += 1
            await asyncio.sleep(0.02)
        return taken, failed

    rest = asyncio.Event()
    asyncio.get_running_loop().call_later(5, rest.set)
    at_rest, _ = await readers(rest)
    watch.longest = 0.0
    done = asyncio.Event()
    loaded = asyncio.create_task(readers(done))
    arguments = (str(folder), str(rebuilds))
    code = "import sys; from pathlib import Path; from benchmarks.store import build\n"
    code += "for n in range(int(sys.argv[2])): build(Path(sys.argv[1]), 1_000, n + 1)"
    rebuilding = await asyncio.create_subprocess_exec("nice", sys.executable, "-c", code, *arguments)
    await rebuilding.wait()
    followed = await follow_seconds(store)
    done.set()
    taken, failed = await loaded
    watching.cancel()
    await store.aclose()
    return [
        Row(f"requests failed during {rebuilds} rebuilds", f"{failed} of {len(taken)}", "", "0"),
        Row(
            "hybrid query during rebuilds, p99",
            f"{percentile(taken, 99):.1f} ms",
            f"{percentile(at_rest, 99):.1f} ms at rest",
            "< 2 times",
        ),
        Row("event loop held during rebuilds", f"{watch.longest:.1f} ms", "", "< 10 ms"),
        Row("last build live in the server after", f"{followed:.2f} s", "", "< 2 s"),
    ]


async def follow_seconds(store: IndexStore) -> float:
    """How long the server goes on with an older build."""
    started = time.perf_counter()
    live = await asyncio.to_thread(store.live_name)
    while (await store.current()).name != live:  # noqa: ASYNC110 - what another process does sets no event
        await asyncio.sleep(0.01)
    return time.perf_counter() - started


def large_rows(folder: Path, count: int) -> list[Row]:
    """A build of many chunks with ready-made vectors."""
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    process = context.Process(target=measured_build, args=(folder / "large", count, answer))
    process.start()
    process.join()
    seconds, megabytes = answer.get()
    (folder / "raw").mkdir()
    raw = raw_build_seconds(folder / "raw", count)
    return [
        Row(f"build of {count:,} chunks", f"{seconds:.0f} s", f"{raw:.0f} s", "< 120 s"),
        Row("its memory", f"{megabytes:.0f} MB", "", "< 1500 MB"),
    ]


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="build 100,000 chunks as well")
    parser.add_argument("--rebuilds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, 10_000)
        gc.collect()
        gc.freeze()  # as the server does when it has started
        rows = asyncio.run(query_rows(folder, raw_milliseconds(folder)))
        with tempfile.TemporaryDirectory() as other:
            build(Path(other), 10_000, book=SEVERAL)
            rows += asyncio.run(filtered_rows(Path(other), raw_milliseconds(Path(other), SCOPE)))
        rows += asyncio.run(rebuild_rows(folder, options.rebuilds))
        if options.large:
            rows += large_rows(folder, 100_000)
    print_table("The embedded index, 10,000 chunks of 384 dimensions, 50 + 50 candidates, 8 quoted", rows)


if __name__ == "__main__":
    main()
