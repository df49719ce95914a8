"""A rebuild from end to end: read → chunk → a new build beside the live one → checks → the live pointer moves.

This is the only composition of a rebuild: `bookrag index build`, `--watch` and the indexes that `bookrag eval` makes
for itself all call `Rebuild.run`. If a step fails or its process is killed, the live build stays as it was.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from engines.embedding.cross_encoder import describe_cross_encoder, ensure_cross_encoder_export
from engines.embedding.embedding_model import EmbeddingModel, ensure_export, index_spec, load_embedding
from engines.embedding.model_files import is_export
from engines.settings import EngineSettings
from engines.understanding.words import reads_locale
from indexing.book_identity import book_metadata, git_commit, is_another_book
from indexing.checks import (
    Built,
    Check,
    EvaluationGate,
    addresses_exist,
    chunks_are_found,
    count_agrees,
    find_eval_set,
)
from indexing.chunking import ChunkedBook, TokenCounter, chunk_book
from indexing.docusaurus.site import Site
from indexing.pages import Problem
from indexing.progress import Notices, Progress
from indexing.read_book import read_book, require_known_addresses, require_pages
from indexing.settings import BookSettings
from storage.errors import CheckFailedError, InputError
from storage.settings import StorageSettings
from storage.vectors.abbreviations import encode_abbreviations, encode_phrases
from storage.vectors.bm25 import count_words, encode_written_words
from storage.vectors.build_record import BuildRecord, CheckResult, IndexSpec
from storage.vectors.builds import Build
from storage.vectors.caches import VectorCache, open_page_cache, open_vector_cache
from storage.vectors.index_store import IndexStore, open_store

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from engines.embedding.embedding_model import LoadedEmbedding

MAX_REPLACED = 0.2  # share of a build's chunks; replaced chunks still take space in the engine's files
TOKENS_A_SECOND = "tokens_a_second"
"""The figure in a build's record by which the next plan estimates its time; measured on this machine."""
REPLACED = "replaced"
"""The count, in a build's record, of chunks replaced or removed since the index was last written in full."""


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """The result of a build."""

    record: BuildRecord  # of the live build
    changed: bool  # False: the live build already holds this book, and stays
    embedded: int  # texts that the model embedded
    reused: int  # chunks whose embedding was in the cache
    seconds: float
    lost_pages: tuple[Problem, ...] = ()  # why pages are missing in it
    measured: CheckResult | None = None  # of an unchanged live build, when its questions have changed


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How strict a build is, and what it is checked against."""

    strict: bool = False  # publish nothing if a page could not be read
    force: bool = False  # publish even if a check failed, and record that
    rebuild: bool = False  # build even if nothing changed, and write every chunk again
    site: str | None = None  # a built site, as a folder or a URL, that must have every address
    evaluation_gate: bool = True  # compare what the book's own questions find with the live build


class Rebuild:
    """Rebuilds the index of one book. `run` may be called many times; each run costs what changed since the last."""

    def __init__(
        self,
        model: EmbeddingModel,
        *,
        book: BookSettings,
        engines: EngineSettings,
        storage: StorageSettings,
        progress: Progress,
        notices: Notices,
    ) -> None:
        self.model = model
        self.progress = progress
        self.site: Site | None = None  # the site's settings as read last; set it to None to have them read again
        self.addresses: frozenset[str] = frozenset()  # of the pages as read last, with the origin where it is known
        self._book = book
        self._engines = engines
        self._storage = storage
        self._notices = notices
        self._exit = ExitStack()
        self._published: list[str] = []
        self._exported = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @cached_property
    def store(self) -> IndexStore:
        """The index store, opened when it is first used."""
        return self._exit.enter_context(open_store(self._storage))

    @cached_property
    def cache(self) -> VectorCache:
        """The cache of embeddings, opened when it is first used."""
        return self._exit.enter_context(open_vector_cache(self._storage, index_spec(self.model)))

    @cached_property
    def embedding(self) -> "LoadedEmbedding":
        """The embedding model, loaded when it is first used; it embeds the chunks and the questions of the gate."""
        self.export_models()
        return load_embedding(self.model)

    def export_models(self) -> None:
        """Export the models to ONNX unless that was done, so that servers need no torch."""
        if self._exported:
            return
        self._exported = True
        reranker = describe_cross_encoder(self._engines)
        if self.model.runtime != "torch" and not is_export(self.model.export_folder):
            self.progress.stage("Exporting the embedding model, once")
        problems = (ensure_export(self.model), ensure_cross_encoder_export(reranker) if reranker else None)
        for problem in filter(None, problems):
            self._notices.model_not_exported(problem)

    @cached_property
    def _count_tokens(self) -> TokenCounter:
        return TokenCounter(self.model)

    @cached_property
    def _loop(self) -> asyncio.Runner:
        # The async clients of the store belong to one event loop, so every run of the gate uses the same one.
        runner = self._exit.enter_context(asyncio.Runner())
        self._exit.callback(lambda: runner.run(self.store.aclose()))
        return runner

    def chunked_book(self) -> ChunkedBook:
        """Read the book and cut it into chunks; raises InputError if there is no page, or its address is a guess."""
        self.progress.stage("Reading the book")
        with open_page_cache(self._storage) as pages:
            reading = read_book(self._book, pages, self.site)
            self._notices.book_read(reading.book)
            embed_model = index_spec(self.model).embed_model
            unread = [locale for locale in reading.book.locales if not reads_locale(embed_model, locale)]
            if unread:
                self._notices.editions_not_read(unread, embed_model)
            require_known_addresses(reading.book)
            require_pages(reading.book, self._book)
            self.site = reading.site
            self.addresses = reading.book.addresses
            return chunk_book(
                reading.book,
                self.model,
                self.progress,
                folder=self._book.book_dir,
                count=lambda: self._count_tokens,
                cache=pages,
            )

    def announce_other_book(self, chunked: ChunkedBook) -> BuildRecord | None:
        """The live build; if it is of another book, a notice says that a build of this one replaces it."""
        live, metadata = self.store.live(), book_metadata(chunked)
        if live is not None and is_another_book(metadata, live.book):
            self._notices.another_book_is_live(live.book, metadata)
        return live

    def run(self, options: BuildOptions) -> BuildOutcome:
        """Read, build, check and publish; raises InputError for a book without text, CheckFailedError if a check fails.

        Raises BuildLockedError if another process is building.
        """
        # The lock comes first: otherwise a book read before another build could be published over that newer build.
        with self.store.lock():
            chunked = self.chunked_book()
            self.export_models()
            self.announce_other_book(chunked)
            gate = self._gate(options)
            outcome = build_index(
                chunked,
                self.model,
                self.store,
                self.cache,
                self.progress,
                options,
                self._checks(options, gate),
                load=lambda _: self.embedding,
            )
            measured = gate.measure_live() if gate and not outcome.changed else None
            if measured:
                outcome = replace(outcome, record=self.store.live() or outcome.record, measured=measured)
        if outcome.changed:
            self._published.append(outcome.record.name)
        return replace(outcome, lost_pages=chunked.book.lost_pages)

    def prune_own(self, keep: int) -> list[BuildRecord]:
        """Delete the builds that this object published, except the live one and the `keep` newest others."""
        return self.store.prune(keep, among=self._published)

    def _gate(self, options: BuildOptions) -> EvaluationGate | None:
        chosen = find_eval_set(self._book) if options.evaluation_gate else None
        if chosen is None:
            return None

        def embed(questions: Sequence[str]) -> list[list[float]]:
            return self.embedding.get_query_embeddings(questions)

        tolerance = self._book.eval_tolerance
        return EvaluationGate(
            chosen, self.store, self.cache, embed, self._engines, tolerance=tolerance, run=self._loop.run
        )

    def _checks(self, options: BuildOptions, gate: EvaluationGate | None) -> tuple[Check, ...]:
        checks: list[Check] = [count_agrees, chunks_are_found]
        if options.site is not None and self.site is not None:
            checks.append(addresses_exist(options.site, self.site.base_url))
        return (*checks, *([gate] if gate else []))


def build_index(
    chunked: ChunkedBook,
    model: EmbeddingModel,
    store: IndexStore,
    cache: VectorCache,
    progress: Progress,
    options: BuildOptions,
    checks: tuple[Check, ...] = (count_agrees, chunks_are_found),
    load: "Callable[[EmbeddingModel], BaseEmbedding]" = load_embedding,
) -> BuildOutcome:
    """Build and publish a book that was chunked; the caller holds the store's lock.

    Raises InputError for a book without text, CheckFailedError if a check fails. `load` gives the embedding model, and
    is called only if a text is not in the cache.
    """
    started = time.monotonic()
    _refuse_unreadable(chunked, options)
    spec, live = index_spec(model), store.live()
    if live and not options.rebuild and is_current(live, chunked, model):
        return BuildOutcome(live, False, 0, len(chunked.chunks), time.monotonic() - started)
    store.clear_killed()  # each may be as large as the index, and this build needs the space
    text_bytes = sum(len(chunk.text.encode("utf-8", "surrogatepass")) for chunk in chunked.chunks)
    store.require_room(spec, chunks=len(chunked.chunks), text_bytes=text_bytes)
    if live:
        _restore_embeddings(store, live, chunked, spec, cache)
    started_build = _start(store, chunked, spec, None if options.rebuild else live)
    build = started_build.build
    try:
        new, speed = _fill(started_build, chunked, lambda: load(model), cache, progress)
        figures = {**(live.figures if live else {}), **({TOKENS_A_SECOND: speed} if speed else {})}
        _finish(started_build, chunked, new, figures, progress)
        _check(Built(chunked, build, cache, new), options, checks)
        cache.drop_old(chunk.content_hash for chunk in chunked.chunks)
    except BaseException:
        build.discard()
        raise
    record = store.publish(build, forced=options.force and not all(c.passed for c in build.record.checks))
    reused = record.counts["reused"]
    return BuildOutcome(record, True, len(new), reused, time.monotonic() - started)


def is_current(live: BuildRecord, chunked: ChunkedBook, model: EmbeddingModel) -> bool:
    """Whether a build holds exactly this book, made with the same settings."""
    return live.book.get("digest") == chunked.digest and live.fingerprint == index_spec(model).fingerprint


def _restore_embeddings(
    store: IndexStore, live: BuildRecord, chunked: ChunkedBook, spec: IndexSpec, cache: VectorCache
) -> None:
    """Copy embeddings from the live build into a cache that has lost them."""
    if live.spec == spec and cache.count() < len({chunk.content_hash for chunk in chunked.chunks}):
        for vectors in store.vectors(live.name):
            cache.put(vectors)


def _refuse_unreadable(chunked: ChunkedBook, options: BuildOptions) -> None:
    require_known_addresses(chunked.book)
    problems = [problem for problem in chunked.book.problems if problem.fatal]
    if options.strict and problems:
        raise CheckFailedError(
            f"Nothing was published because some pages could not be read ({len(problems)} problems). "
            f"The first is {problems[0].place}: {problems[0].message}."
        )
    if not chunked.chunks:
        raise InputError("There is no text in this book; nothing was published.")


@dataclass(frozen=True, slots=True)
class _StartedBuild:
    """A build that is complete once the chunks `to_write` are written."""

    build: Build
    to_write: Set[str]  # ids of chunks
    replaced: int


def _start(store: IndexStore, chunked: ChunkedBook, spec: IndexSpec, live: BuildRecord | None) -> _StartedBuild:
    """A build that starts as a copy of `live`; an empty one if there is none, or if too much of it would be replaced.

    If the engine can copy a build, chunks that no longer exist are removed from the copy, and chunks that are new or
    stored differently are written. Otherwise every chunk is written.
    """
    every_chunk = frozenset(chunk.id for chunk in chunked.chunks)
    room = int(len(chunked.chunks) * MAX_REPLACED)
    commit, _ = git_commit(chunked.folder)
    if live is not None and live.counts.get(REPLACED, 0) < room:
        build = store.create_build(spec, git_commit=commit, start=live)
        if not build.copied:
            return _StartedBuild(build, every_chunk, 0)
        started = _remove_gone(build, chunked, every_chunk, live.counts.get(REPLACED, 0))
        if started.replaced <= room:
            return started
        build.discard()
    return _StartedBuild(store.create_build(spec, git_commit=commit), every_chunk, 0)


def _remove_gone(build: Build, chunked: ChunkedBook, wanted: Set[str], replaced: int) -> _StartedBuild:
    """Remove chunks that no longer exist; a chunk is kept only if it is stored exactly as it would be written."""
    try:
        stored = dict(build.stored(list(chunked.chunks[0].metadata)))
        gone = [chunk_id for chunk_id in stored if chunk_id not in wanted]
        to_write = {chunk.id for chunk in chunked.chunks if stored.get(chunk.id) != chunk.metadata}
        build.remove(gone)
    except BaseException:
        build.discard()
        raise
    return _StartedBuild(build, to_write, replaced + len(gone) + len(to_write & stored.keys()))


def _fill(
    started: _StartedBuild,
    chunked: ChunkedBook,
    load: "Callable[[], BaseEmbedding]",
    cache: VectorCache,
    progress: Progress,
) -> tuple[frozenset[str], float | None]:
    """Write the missing chunks; returns the content hashes of those that the model had to embed.

    Also returns how many tokens it embedded per second; None if there were too few to tell.
    """
    if not started.to_write:
        return frozenset(), None
    # LlamaIndex takes two seconds to import, and a build that writes nothing does not need it.
    from indexing.ingestion import EmbedChunks, ingest

    tokens = {chunk.content_hash: chunk.tokens for chunk in chunked.chunks}
    embed = EmbedChunks(load, cache, tokens, progress.advance)
    ingest(chunked, started.to_write, embed, started.build.vector_store, progress)
    return embed.embedded, embed.tokens_a_second


def _finish(
    started: _StartedBuild,
    chunked: ChunkedBook,
    new: frozenset[str],
    figures: Mapping[str, float],
    progress: Progress,
) -> None:
    """Let the engine index the build, and complete its record."""
    progress.stage("Indexing and checking")
    build = started.build
    build.index()
    words, vocabulary = count_words((chunk.embedded_text, chunk.locale) for chunk in chunked.chunks)
    build.note(
        state="ready",
        counts={
            "chunks": build.count(),
            "pages": len(chunked.pages),
            "sections": chunked.sections,
            "embedded": len(new),
            "reused": sum(chunk.content_hash not in new for chunk in chunked.chunks),
            "written": len(started.to_write),
            REPLACED: started.replaced,
        },
        figures=figures,
        book=book_metadata(chunked),
        words=words,
        vocabulary=vocabulary,
        spelling=encode_written_words(chunk.embedded_text for chunk in chunked.chunks),
        phrases=encode_phrases(chunk.embedded_text for chunk in chunked.chunks),
        abbreviations=encode_abbreviations((chunk.heading_path, chunk.text) for chunk in chunked.chunks),
        contents=[asdict(chapter) for chapter in chunked.book.contents],
    )


def _check(built: Built, options: BuildOptions, checks: tuple[Check, ...]) -> None:
    """Record the results of the checks; raises CheckFailedError if one fails and the build is not forced."""
    results = tuple(check(built) for check in checks)
    built.build.note(checks=results)
    failed = [result for result in results if not result.passed]
    if failed and not options.force:
        listed = "; ".join(f"{result.name}: {result.detail}" for result in failed)
        raise CheckFailedError(f"The new build was not published. {listed}")
