"""One run of `bookrag eval retrieval`: opens the index, asks the questions, summarises."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.eval_indexes import Configuration, book_store, collection_store
from app.cli.progress import shown_progress
from engines.book import Book
from engines.embedding.embedding_model import EmbeddingModel, index_spec, load_embedding
from engines.evaluation.beir import is_beir, load_beir_questions
from engines.evaluation.comparing import check_baseline
from engines.evaluation.conversation_sets import (
    Conversation,
    ask_conversations,
    holds_conversations,
    load_conversations,
)
from engines.evaluation.decision import decision_figures
from engines.evaluation.labels import Addresses
from engines.evaluation.questions import EvalQuestion, load_questions, set_digest, with_tag
from engines.evaluation.runner import (
    ADDRESS_KEYS,
    QuestionRecord,
    Run,
    ask_book,
    ranked_depth,
    run_collection,
    summarize,
)
from engines.settings import EngineSettings
from storage.errors import IndexMissingError, InputError, NotFoundError
from storage.vectors.build_record import BuildRecord, check_spec
from storage.vectors.hybrid_search import Side
from storage.vectors.index_store import IndexStore

if TYPE_CHECKING:
    from engines.embedding.embedding_model import LoadedEmbedding


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `bookrag eval retrieval`."""

    questions: Path
    cutoffs: list[int]
    side: Side = "hybrid"
    embed_model: str | None = None
    chunk_tokens: int | None = None
    rerank_model: str | None = None
    build: str | None = None  # by name; None is the live one
    split: str | None = None
    tag: str | None = None
    baseline: Run | None = None
    name: str | None = None
    quiet: bool = False


async def run_retrieval(options: Options) -> Run:
    """The whole run; raises InputError for an invalid set, and for labels that are not in the book."""
    _check(options)
    configuration = Configuration(options.embed_model, options.chunk_tokens, options.rerank_model)
    model, settings = configuration.model(), configuration.engine_settings()
    conversations = _conversations(options)
    if conversations:
        options = replace(options, cutoffs=_of_a_reader(options.cutoffs, settings.top_k))
    questions = _questions(options, conversations)
    digest = set_digest(questions)
    if options.baseline is not None:
        check_baseline(options.baseline, digest, options.cutoffs)  # before minutes are spent
    questions = with_tag(questions, options.tag, options.questions)
    ranked_depth(settings, options.cutoffs)
    embedding = load_embedding(model)
    with _store(options, configuration, model, embedding) as store:
        started = time.monotonic()
        if is_beir(options.questions):
            book, records = await _ask_collection(questions, store, embedding, settings, options)
        else:
            book, records = await _ask_book(questions, conversations, store, model, embedding, settings, options)
        await store.aclose()
    run = summarize(
        options.name or _name(options),
        records,
        set_digest=digest,
        book=book,
        cutoffs=options.cutoffs,
        settings=_facts(options, model, settings),
        seconds=time.monotonic() - started,
    )
    decision = decision_figures(records)
    run.grounding = decision.to_dict() if decision else None
    return run


def _check(options: Options) -> None:
    """Raise InputError for options that exclude each other."""
    if options.build and (is_beir(options.questions) or options.embed_model or options.chunk_tokens):
        raise InputError("--build names an existing build: it cannot be combined with --model or --chunk-tokens.")
    if options.split and not is_beir(options.questions):
        raise InputError("--split needs a folder in the BEIR layout; --tag chooses questions of a set.")


def _conversations(options: Options) -> list[Conversation]:
    """The conversations of a set; none for a set of single questions."""
    if is_beir(options.questions) or not holds_conversations(options.questions):
        return []
    if options.side != "hybrid":
        raise InputError("Conversations are asked as readers ask them, without --dense-only and --sparse-only.")
    return load_conversations(options.questions)


def _of_a_reader(cutoffs: Sequence[int], top_k: int) -> list[int]:
    """The cut-offs up to TOP_K, the number of passages that a reader gets, and TOP_K itself."""
    return [*(cutoff for cutoff in cutoffs if cutoff < top_k), top_k]


def _questions(options: Options, conversations: Sequence[Conversation]) -> list[EvalQuestion]:
    """All questions of the set, including the turns of its conversations."""
    if conversations:
        return [turn for conversation in conversations for turn in conversation.turns]
    if is_beir(options.questions):
        return load_beir_questions(options.questions, options.split or "test")
    return load_questions(options.questions)


def _store(
    options: Options, configuration: Configuration, model: EmbeddingModel, embedding: "LoadedEmbedding"
) -> AbstractContextManager[IndexStore]:
    """The index to be searched."""
    if is_beir(options.questions):
        return collection_store(options.questions, model, embedding, quiet=options.quiet)
    return book_store(configuration, model, quiet=options.quiet)


async def _ask_collection(
    questions: Sequence[EvalQuestion],
    store: IndexStore,
    embedding: "LoadedEmbedding",
    settings: EngineSettings,
    options: Options,
) -> tuple[dict[str, str], list[QuestionRecord]]:
    record = store.live()
    digest = record.book.get("digest", "") if record else ""
    book = {"identity": f"collection {digest}", "digest": digest}
    with shown_progress(quiet=options.quiet) as progress:
        progress.stage("Asking", len(questions))
        return book, await run_collection(
            questions,
            store,
            embedding.get_query_embeddings,
            settings,
            cutoffs=options.cutoffs,
            side=options.side,
            advance=progress.advance,
        )


async def _ask_book(
    questions: Sequence[EvalQuestion],
    conversations: Sequence[Conversation],
    store: IndexStore,
    model: EmbeddingModel,
    embedding: "LoadedEmbedding",
    settings: EngineSettings,
    options: Options,
) -> tuple[dict[str, str], list[QuestionRecord]]:
    record = _build_record(store, options.build)
    if record is None:
        raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
    check_spec(record, index_spec(model))
    addresses = Addresses(store.payloads(record.name, ADDRESS_KEYS), book=record.book)
    index = store.at(record.name)
    book = {"identity": _identity(record.book), "digest": record.book.get("digest", ""), "build": record.name}
    with shown_progress(quiet=options.quiet) as progress:
        progress.stage("Asking", len(questions))
        if conversations:
            asked = {question.id for question in questions}
            chat = Book(store, embedding, None, settings).chat
            chosen = [each for each in conversations if not asked.isdisjoint(turn.id for turn in each.turns)]
            records = await ask_conversations(chosen, chat, index, addresses, advance=progress.advance)
            return book, [record for record in records if record.id in asked]
        return book, await ask_book(
            questions,
            index,
            addresses,
            embedding.get_query_embeddings,
            settings,
            cutoffs=options.cutoffs,
            side=options.side,
            advance=progress.advance,
        )


def _build_record(store: IndexStore, name: str | None) -> BuildRecord | None:
    """The record of a build, or of the live one for None; raises InputError for an unknown name."""
    if name is None:
        return store.live()
    try:
        return store.record(name)
    except NotFoundError as exc:
        raise InputError(f"--build {name}: {exc}") from exc


def _identity(facts: Mapping[str, str]) -> str:
    """What identifies a book even when its text changes."""
    return " ".join(filter(None, (facts.get("title"), facts.get("site_url")))) or facts.get("folder") or "a book"


def _name(options: Options) -> str:
    parts = [options.questions.stem if options.questions.is_file() else options.questions.name]
    parts += [options.build] if options.build else []
    parts += [] if options.side == "hybrid" else [f"{options.side} only"]
    parts += [str(value) for value in (options.embed_model, options.rerank_model) if value]
    parts += [f"{options.chunk_tokens} tokens"] if options.chunk_tokens else []
    return ", ".join(parts)


def _facts(options: Options, model: EmbeddingModel, settings: EngineSettings) -> dict[str, Any]:
    return {
        "questions": str(options.questions),
        "side": options.side,
        "rerank_model": settings.rerank_model,
        "candidates": ranked_depth(settings, options.cutoffs),
        **asdict(index_spec(model)),
    }
