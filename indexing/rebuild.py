"""A rebuild in a straight line: cut book → new collection beside the live one → checks → the live pointer moves.

Called by the command line. Whatever fails or is killed on the way, the live build stays as it was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.embedding.model import EmbeddingModel, index_spec
from indexing.build_metadata import book_metadata, git_commit
from indexing.checks import Built, Check, chunks_are_found, count_agrees
from indexing.chunked_book import ChunkedBook
from indexing.incremental import REPLACED, Begun, begin
from indexing.progress import Progress
from storage.errors import CheckFailedError, InputError
from storage.vectors.build_record import BuildRecord
from storage.vectors.idf import count_words
from storage.vectors.index_store import IndexStore
from storage.vectors.spec import IndexSpec
from storage.vectors.vector_cache import VectorCache

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """What a build did."""

    record: BuildRecord  # of the live build
    changed: bool  # False: the live build holds this very book already, and stays
    embedded: int  # texts that the model read
    reused: int  # chunks whose embedding was known
    seconds: float


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How strict a build is."""

    strict: bool = False  # publish nothing if a page could not be read
    force: bool = False  # publish although a check failed, and say so in the record
    rebuild: bool = False  # build although nothing changed, and write every chunk anew


def build_index(
    cut: ChunkedBook,
    model: EmbeddingModel,
    store: IndexStore,
    cache: VectorCache,
    progress: Progress,
    options: BuildOptions,
    checks: tuple[Check, ...] = (count_agrees, chunks_are_found),
    load: "Callable[[EmbeddingModel], BaseEmbedding] | None" = None,
) -> BuildOutcome:
    """Build and publish; raises InputError for a book without text, CheckFailedError where a check says no.

    `load` gives the model that is to embed, for a caller that has it already.
    """
    started = time.monotonic()
    _refuse_unreadable(cut, options)
    with store.lock():
        live = store.live()
        if live and not options.rebuild and is_current(live, cut, model):
            return BuildOutcome(live, False, 0, len(cut.chunks), time.monotonic() - started)
        store.clear_killed()  # each may be as large as the index, and there must be room for this one
        text_bytes = sum(len(chunk.text.encode("utf-8", "surrogatepass")) for chunk in cut.chunks)
        store.require_room(index_spec(model), chunks=len(cut.chunks), text_bytes=text_bytes)
        start = None if options.rebuild else live
        if live:
            _keep_embeddings(store, live, cut, index_spec(model), cache)
        begun = begin(store, cut, index_spec(model), start, git_commit=git_commit(cut.folder))
        build = begun.build
        try:
            new = _fill(begun, cut, lambda: (load or _load)(model), cache, progress)
            _finish(begun, cut, new, progress)
            _check(Built(cut, build, cache, new), options, checks)
        except BaseException:
            build.discard()
            raise
        record = store.publish(build, forced=options.force and not all(c.passed for c in build.record.checks))
    return BuildOutcome(record, True, len(new), len(cut.chunks) - len(new), time.monotonic() - started)


def is_current(live: BuildRecord, cut: ChunkedBook, model: EmbeddingModel) -> bool:
    """Whether a build holds this very book, made with the same settings."""
    return live.book.get("digest") == cut.digest and live.fingerprint == index_spec(model).fingerprint


def _keep_embeddings(
    store: IndexStore, live: BuildRecord, cut: ChunkedBook, spec: IndexSpec, cache: VectorCache
) -> None:
    """Fill a cache that has lost embeddings with those of the live build."""
    if live.spec == spec and cache.count() < len({chunk.content_hash for chunk in cut.chunks}):
        for vectors in store.vectors(live.name):
            cache.put(vectors)


def _refuse_unreadable(cut: ChunkedBook, options: BuildOptions) -> None:
    left_out = [problem for problem in cut.book.problems if problem.fatal]
    if options.strict and left_out:
        first = left_out[0]
        raise CheckFailedError(
            f"Nothing was published, as not every page could be read ({len(left_out)} left out). "
            f"The first is {first.source}:{first.line}: {first.message}."
        )
    if not cut.chunks:
        raise InputError("There is no text in this book; nothing was published.")


def _load(model: EmbeddingModel) -> "BaseEmbedding":
    """The model itself; imports torch, so only where a text is not in the cache."""
    from engines.embedding.model import load_embedding

    return load_embedding(model)


def _fill(
    begun: Begun, cut: ChunkedBook, load: "Callable[[], BaseEmbedding]", cache: VectorCache, progress: Progress
) -> frozenset[str]:
    """Write what is to be written; the content hashes of the chunks that the model had to embed."""
    if not begun.to_write:
        return frozenset()
    # LlamaIndex takes two seconds to import, and a build that changes nothing does without.
    from indexing.ingestion import EmbedChunks, ingest

    embed = EmbedChunks(load, cache)
    ingest(cut, begun.to_write, embed, begun.build.vector_store, progress)
    return embed.embedded


def _finish(begun: Begun, cut: ChunkedBook, new: frozenset[str], progress: Progress) -> None:
    """Have the engine index the build, and complete its record."""
    progress.stage("Indexing and checking")
    build = begun.build
    build.index()
    words, vocabulary = count_words((chunk.embedded_text, chunk.locale) for chunk in cut.chunks)
    build.note(
        state="ready",
        counts={
            "chunks": build.count(),
            "pages": len(cut.pages),
            "sections": cut.sections,
            "embedded": len(new),
            "reused": len(cut.chunks) - len(new),
            "written": len(begun.to_write),
            REPLACED: begun.replaced,
        },
        book=book_metadata(cut),
        words=words,
        vocabulary=vocabulary,
    )


def _check(built: Built, options: BuildOptions, checks: tuple[Check, ...]) -> None:
    """Note what the checks say; raises CheckFailedError where one fails and nothing forces it."""
    results = tuple(check(built) for check in checks)
    built.build.note(checks=results)
    failed = [result for result in results if not result.passed]
    if failed and not options.force:
        listed = "; ".join(f"{result.name}: {result.detail}" for result in failed)
        raise CheckFailedError(f"The new build was not published. {listed}")
