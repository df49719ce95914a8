"""Runs a set of questions against an index and keeps, for each, what was found and how good it is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import deciding_postprocessors, retrieved
from engines.evaluation.labels import Addresses, shortened, units
from engines.evaluation.metrics import Figure, mean_figures, question_figures
from engines.evaluation.questions import EvalQuestion
from engines.events import GroundingDecided, Scope
from engines.retrieval.passages import passage_postprocessors
from engines.retrieval.rerank import load_reranker
from engines.retrieval.retriever import (
    BookRetriever,
    Index,
    chunk_nodes,
    chunks_for,
    chunks_of_an_answer,
    postprocessed,
    texts_to_embed,
    understand_for,
)
from engines.retrieval.scope import find_place
from engines.settings import EngineSettings
from engines.understanding.understanding import Understanding
from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import Side
from storage.vectors.qdrant_vector_store import DEPTH, ChunkNode, PinnedBuild

EMBEDDED_TOGETHER = 64
ASKED_TOGETHER = 8
SHOWN = 10  # of what was found for a question, in its record

ADDRESS_KEYS = (payload.URL, payload.ANCHOR, payload.HEADING_PATH, payload.ANCHORS_ABOVE)
"""What `Addresses` needs of each chunk."""

EmbedQuestions = Callable[[Sequence[str]], list[list[float]]]
Advance = Callable[[int], None]


@dataclass(slots=True)
class QuestionRecord:
    """One question with what was found for it."""

    id: str
    question: str
    relevant: list[str]
    judged: dict[str, int]  # address → grade, as the set has them
    grades: dict[str, int]  # of those that figures are computed with: without addresses that others of them include
    answerable: bool
    tags: list[str]
    found: list[str]  # what the figures are computed of, best first
    scores: list[float]  # of `found`; a reranker's order, and few passages of one page, need not follow them
    top: list[dict[str, Any]] = field(default_factory=list)  # the first ones with their ranks and scores
    figures: dict[str, float] = field(default_factory=dict)
    signals: dict[str, float] | None = None  # of `engines.coverage.verdict`; None where nothing was found
    score: float | None = None  # the probability that the book covers the question; None for a collection
    verdict: str | None = None
    rules: list[str] | None = None  # that hold beside the score (`engines.events.Rule`); None for a collection
    corrections: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """A whole evaluation; what is written to a file and compared."""

    name: str
    when: str
    set_digest: str
    book: dict[str, str]  # "identity" tells books apart; "digest" changes with the text, "build" names the index
    settings: dict[str, Any]
    cutoffs: list[int]
    seconds: float
    questions: list[QuestionRecord]
    figures: dict[str, Figure]
    groups: dict[str, dict[str, Figure]]  # chapter or tag → figures
    grounding: dict[str, Any] | None = None


async def ask_book(
    questions: Sequence[EvalQuestion],
    index: Index,
    addresses: Addresses,
    embed: EmbedQuestions,
    settings: EngineSettings,
    *,
    cutoffs: Sequence[int],
    side: Side = "hybrid",
    advance: Advance = lambda steps: None,
) -> list[QuestionRecord]:
    """What retrieval finds for each question; raises InputError that lists labels which the book does not have."""
    check_labels(questions, addresses)
    deepest = ranked_depth(settings, cutoffs)
    reranker = load_reranker(settings)
    known = _KnownVectors()
    retriever = BookRetriever(index, known, top_k=chunks_for(deepest, reranker), depth=deepest, side=side)
    passages = passage_postprocessors(deepest, reranker)
    of_a_reader = deciding_postprocessors(settings.top_k, reranker)

    understood, record = await index.read(lambda build: _understood(questions, build))

    async def ask(question: EvalQuestion) -> QuestionRecord:
        query = QueryBundle(question.question)
        chunks = await retriever.aretrieve(query)
        found = chunk_nodes(await postprocessed(chunks, query, passages))
        known_to_a_reader = chunks_of_an_answer(chunks, settings.top_k, reranker)
        decided = retrieved(await postprocessed(known_to_a_reader, query, of_a_reader)).grounding
        grades = addresses.distinct(question.grades)
        ranked = units([node.metadata for node in found], grades, addresses)
        record = record_of(question, grades, {unit: found[place].evidence.score for unit, place in ranked.items()})
        record_decision(record, decided)
        record.corrections = list(understood[question.id].corrections)
        record.top = [_shown(node) for node in found[:SHOWN]]
        return record

    texts = [texts_to_embed(understood[question.id], record) for question in questions]
    return await _all(questions, texts, ask, embed, known, advance)


def record_decision(record: QuestionRecord, decided: GroundingDecided) -> None:
    """Keep a reader's verdict on a question, and what it was made of."""
    record.score, record.verdict = decided.score, decided.verdict
    record.signals, record.rules = dict(decided.signals) or None, sorted(decided.rules)


def check_labels(questions: Sequence[EvalQuestion], addresses: Addresses) -> None:
    """Raise InputError that lists addresses of a set which the book does not have."""
    addresses.check_hosts(host for question in questions for host in question.hosts)
    missing = addresses.missing(label for question in questions for label in question.grades)
    if missing:
        raise InputError(
            "Questions of the set name addresses that the book no longer has: "
            f"{shortened(_with_questions(missing, questions))}. "
            "Give them their new addresses, or remove them from the set."
        )


def _with_questions(labels: Sequence[str], questions: Sequence[EvalQuestion]) -> list[str]:
    """The labels, each with the first question that has it."""
    first = {label: question.id for question in reversed(questions) for label in question.grades}
    return [f"{label} (question {first[label]})" for label in labels]


async def _understood(
    questions: Sequence[EvalQuestion], build: PinnedBuild
) -> tuple[dict[str, Understanding], BuildRecord]:
    """Question id → how the retriever will understand it; and the build's record, which the texts to embed need."""
    places = [await find_place(Scope(), question.question, build) for question in questions]
    understood = {
        question.id: understand_for(question.question, place.filters.locale, build.record)
        for question, place in zip(questions, places, strict=True)
    }
    return understood, build.record


async def run_collection(
    questions: Sequence[EvalQuestion],
    index: Index,
    embed: EmbedQuestions,
    settings: EngineSettings,
    *,
    cutoffs: Sequence[int],
    side: Side = "hybrid",
    advance: Advance,
) -> list[QuestionRecord]:
    """Ask the index of a collection, whose documents are found by their ids."""
    deepest = ranked_depth(settings, cutoffs)
    known = _KnownVectors()
    retriever = BookRetriever(index, known, top_k=deepest, depth=deepest, side=side)

    async def ask(question: EvalQuestion) -> QuestionRecord:
        found = chunk_nodes(await retriever.aretrieve(QueryBundle(question.question)))
        names = [str(node.metadata.get(payload.URL, "")) for node in found]
        record = record_of(
            question, question.grades, {name: node.evidence.score for name, node in zip(names, found, strict=True)}
        )
        record.top = [{"address": name, **_ranks(node)} for name, node in zip(names[:SHOWN], found, strict=False)]
        return record

    understood, record = await index.read(lambda build: _understood(questions, build))
    texts = [texts_to_embed(understood[question.id], record) for question in questions]
    return await _all(questions, texts, ask, embed, known, advance)


def ranked_depth(settings: EngineSettings, cutoffs: Sequence[int]) -> int:
    """How deep a run ranks, whatever its cut-offs are; raises InputError for a cut-off below that."""
    depth = max(settings.candidates, DEPTH)
    if max(cutoffs) > depth:
        raise InputError(
            f"--k {max(cutoffs)} is more than the {depth} candidates of each search; CANDIDATES sets their number."
        )
    return depth


def _shown(node: ChunkNode) -> dict[str, Any]:
    address = f"{node.metadata.get(payload.URL)}#{node.metadata.get(payload.ANCHOR) or ''}".rstrip("#")
    return {"address": address, **_ranks(node), "text": node.text[:200]}


def _ranks(node: ChunkNode) -> dict[str, Any]:
    evidence = node.evidence
    return {"score": evidence.score, "dense_rank": evidence.dense_rank, "sparse_rank": evidence.sparse_rank}


def summarize(
    name: str,
    records: list[QuestionRecord],
    *,
    set_digest: str,
    book: dict[str, str],
    cutoffs: Sequence[int],
    settings: dict[str, Any],
    seconds: float,
) -> Run:
    """The figures of a run, overall and by chapter and tag; unanswerable questions count in none of them."""
    by_question = record_figures(records, cutoffs)
    for record in records:
        record.figures = by_question.get(record.id, {})
    return Run(
        name=name,
        set_digest=set_digest,
        book=book,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=settings,
        cutoffs=list(cutoffs),
        seconds=round(seconds, 2),
        questions=records,
        figures=mean_figures(by_question),
        groups=grouped_figures(records),
    )


def grouped_figures(records: Sequence[QuestionRecord]) -> dict[str, dict[str, Figure]]:
    """Chapter or tag → the means of the figures of its questions."""
    groups: dict[str, dict[str, dict[str, float]]] = {}
    for record in records:
        if record.figures:
            for group in _groups(record):
                groups.setdefault(group, {})[record.id] = record.figures
    return {group: mean_figures(figures) for group, figures in sorted(groups.items())}


def record_figures(records: Sequence[QuestionRecord], cutoffs: Sequence[int]) -> dict[str, dict[str, float]]:
    """Question → figure → value, from what the records hold; questions without judgements are left out."""
    grades = {record.id: record.grades for record in records if record.grades}
    return question_figures(grades, {record.id: record.found for record in records}, cutoffs)


def _groups(record: QuestionRecord) -> list[str]:
    pages = {label.partition("#")[0] for label in record.relevant if label.startswith("/")}
    chapters = {page.rstrip("/").rpartition("/")[0] or "/" for page in pages}
    return [f"chapter {chapter}" for chapter in sorted(chapters)] + [f"tag {tag}" for tag in record.tags]


def record_of(question: EvalQuestion, grades: dict[str, int], found: dict[str, float]) -> QuestionRecord:
    """The record of a question with the labels and addresses that were found, best first, and their scores."""
    return QuestionRecord(
        id=question.id,
        question=question.question,
        relevant=[label for label, grade in question.grades.items() if grade > 0],
        judged=question.grades,
        grades=grades,
        answerable=question.answerable,
        tags=list(question.tags),
        found=list(found),
        scores=list(found.values()),
    )


async def _all(
    questions: Sequence[EvalQuestion],
    texts: Sequence[Sequence[str]],
    ask: Callable[[EvalQuestion], Any],
    embed: EmbedQuestions,
    known: "_KnownVectors",
    advance: Advance,
) -> list[QuestionRecord]:
    """Embed in batches, for `known`, the `texts` of each question; ask a few at once, keep the order."""
    gate = asyncio.Semaphore(ASKED_TOGETHER)

    async def one(question: EvalQuestion) -> QuestionRecord:
        async with gate:
            record: QuestionRecord = await ask(question)
        advance(1)
        return record

    records: list[QuestionRecord] = []
    for start in range(0, len(questions), EMBEDDED_TOGETHER):
        batch = questions[start : start + EMBEDDED_TOGETHER]
        embedded = list(dict.fromkeys(chain.from_iterable(texts[start : start + EMBEDDED_TOGETHER])))
        known.hold(embedded, await asyncio.to_thread(embed, embedded))
        records += await asyncio.gather(*map(one, batch))
    return records


class _KnownVectors(BaseEmbedding):
    """An embedding model's answers for texts that were embedded beforehand, many at once."""

    _vectors: dict[str, list[float]] = PrivateAttr(default_factory=dict)

    def hold(self, texts: Sequence[str], vectors: Sequence[list[float]]) -> None:
        """Hold the vectors of these texts, in place of those held before."""
        self._vectors = dict(zip(texts, vectors, strict=True))

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vectors[query]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._vectors[query]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vectors[text]
