"""The checks that a build must pass before it goes live; each reports what it found, passed or not.

The last one, the evaluation gate, asks the build the book's own questions: what they find, and the verdicts on them.
Its figures and the threshold are kept in the build's record.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.evaluation.labels import Addresses, shortened
from engines.evaluation.questions import EvalQuestion, load_questions, set_digest
from engines.settings import EngineSettings
from indexing.chunking import Chunk, ChunkedBook
from indexing.settings import BookSettings
from indexing.site_check import check_site
from storage.errors import InputError
from storage.vectors.build_record import BuildRecord, CheckResult
from storage.vectors.builds import Build
from storage.vectors.caches import VectorCache
from storage.vectors.index_store import IndexStore

if TYPE_CHECKING:
    from engines.evaluation.decision import DecisionFigures
    from engines.evaluation.runner import QuestionRecord

ALL_LOOKED_AT = 2_000  # chunks; each look-up reads all vectors, so that 10,000 look-ups would take over 6 s
OTHERS_LOOKED_AT = 500  # of a larger book's chunks that an earlier build had as well; new ones are all checked
ASKED_AT_ONCE = 100
NEAR = 10  # chunks with the same words may rank first; the chunk itself must be among this many


logger = logging.getLogger(__name__)
GATED = ("ndcg@10", "recall@10", "hit@5", "mrr@10")
WRONG_VERDICTS = ("false_refusals", "false_answers")  # shares of the questions, which must not rise; also for each form
CUTOFFS = (5, 10)
FORMS_GROUP = "forms"  # of `engines.evaluation.decision`: all questions that are tagged with a form
FEWEST = 30  # questions, also of a form; with fewer, a single question exceeds the tolerance
RunInLoop = Callable[["Coroutine[Any, Any, list[QuestionRecord]]"], "list[QuestionRecord]"]
EmbedQuestions = Callable[[Sequence[str]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class Built:
    """A complete build that is not yet live, with its input."""

    chunked: ChunkedBook
    build: Build
    cache: VectorCache
    new: frozenset[str]  # content hashes that were embedded for this build


Check = Callable[[Built], CheckResult]


def count_agrees(built: Built) -> CheckResult:
    """Whether exactly the chunks of the book are stored."""
    planned = {chunk.id for chunk in built.chunked.chunks}
    stored = {chunk_id for chunk_id, _ in built.build.stored([])}
    detail = f"{len(planned & stored)} of {len(planned)} chunks are stored"
    if strange := len(stored - planned):
        detail += f", and {strange} that are not in the book"
    return CheckResult("count", planned == stored, detail)


def chunks_are_found(built: Built) -> CheckResult:
    """Whether chunks are found by their own text: all chunks, or in a large book all new ones and a sample."""
    chunks = built.chunked.chunks
    chosen = chunks if len(chunks) <= ALL_LOOKED_AT else _new_and_others(built)
    contents = {chunk.id: chunk.content_hash for chunk in chunks}
    lost = [chunk for part in _parts(chosen) for chunk in _not_found(built, part, contents)]
    detail = f"{len(chosen) - len(lost)} of {len(chosen)} chunks are found by their own text"
    if lost:
        detail += f"; the first that was not found: {lost[0].address}"
    return CheckResult("found", not lost, detail)


def _new_and_others(built: Built) -> list[Chunk]:
    """Every chunk that was embedded for this build, and a sample of the others, which differs for each build."""
    new = [chunk for chunk in built.chunked.chunks if chunk.content_hash in built.new]
    rest = [chunk for chunk in built.chunked.chunks if chunk.content_hash not in built.new]
    return new + random.Random(built.chunked.digest).sample(rest, min(len(rest), OTHERS_LOOKED_AT))  # noqa: S311


def addresses_exist(site: str, base_url: str) -> Check:
    """The check that every address of the build exists on a built site, given as a folder or a URL."""

    def check(built: Built) -> CheckResult:
        book = built.chunked.book
        found = check_site(book.pages, site, base_url=base_url, site_url=book.site_url, locale_urls=book.locale_urls)
        detail = f"{found.pages} pages and {found.headings} headings were looked up in {site}"
        if found.dead:
            first = found.dead[0]
            detail += f"; {len(found.dead)} are dead, the first is {first.url}: {first.reason}"
        return CheckResult("addresses", not found.dead, detail)

    return check


def _not_found(built: Built, chunks: Sequence[Chunk], contents: Mapping[str, str]) -> list[Chunk]:
    vectors = built.cache.get([chunk.content_hash for chunk in chunks])
    unknown = {chunk.id: chunk.content_hash for chunk in chunks if chunk.content_hash not in vectors}
    if unknown:  # the cache was lost in the meantime
        vectors |= {unknown[chunk_id]: vector for chunk_id, vector in built.build.vectors(list(unknown)).items()}
    known = [chunk for chunk in chunks if chunk.content_hash in vectors]
    found = built.build.nearest([vectors[chunk.content_hash] for chunk in known], limit=NEAR)
    missing = [
        chunk
        for chunk, ids in zip(known, found, strict=True)
        if chunk.content_hash not in {contents.get(chunk_id) for chunk_id in ids}
    ]
    return missing + [chunk for chunk in chunks if chunk.content_hash not in vectors]


def _parts(chunks: Sequence[Chunk]) -> list[Sequence[Chunk]]:
    return [chunks[start : start + ASKED_AT_ONCE] for start in range(0, len(chunks), ASKED_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class EvalSet:
    """The questions that a build is measured with."""

    path: Path
    questions: list[EvalQuestion]
    demanded: bool  # by EVAL_SET: then labels that no longer exist fail the check

    @property
    def digest(self) -> str:
        """The digest that figures must share to be compared."""
        return set_digest(self.questions)


def find_eval_set(settings: BookSettings) -> EvalSet | None:
    """The set of `EVAL_SET`, or `eval/questions.jsonl` in the site's folder if that is one, or None.

    Raises InputError for an EVAL_SET that cannot be read.
    """
    path = settings.questions_path
    if settings.eval_set is not None:
        return EvalSet(path, load_questions(path), demanded=True)
    if not path.is_file():
        return None
    try:
        return EvalSet(path, load_questions(path), demanded=False)
    except InputError as exc:  # perhaps another kind of file with this name
        logger.warning("No questions are asked of the build: %s", exc)
        return None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one build answers to those of the questions whose labels it has."""

    questions: list[EvalQuestion]
    records: "list[QuestionRecord]"
    gone: set[str]  # labels that it does not have


class EvaluationGate:
    """The check that a build answers the set's questions as well as the live build did.

    A live build whose figures are those of other questions is asked these as well. `run` runs a coroutine; a caller
    that checks several builds of one store must use one event loop for all of them.
    """

    def __init__(
        self,
        chosen: EvalSet,
        store: IndexStore,
        cache: VectorCache,
        embed: EmbedQuestions,
        engines: EngineSettings,
        *,
        tolerance: float,
        run: RunInLoop = asyncio.run,
    ) -> None:
        self._chosen = chosen
        self._store = store
        self._cache = cache
        self._embed = embed
        self._engines = engines
        self._tolerance = tolerance
        self._run = run

    def __call__(self, built: Built) -> CheckResult:
        """The check of a new build, whose record keeps its figures."""
        build = built.build
        try:
            asked = self._ask(build.record, self._chosen.questions)
        except InputError as exc:
            return CheckResult("questions", not self._chosen.demanded, str(exc))
        if not asked.questions:
            return self._no_label()
        build.note(**self._measured(build.record, asked))
        live = self._store.live()
        if live is not None and live.spec == build.record.spec and self._is_of_others(live):
            return self._judge_anew(build.record, live, asked)
        return self._judge(build.record, live, asked)

    def measure_live(self) -> CheckResult | None:
        """Ask the live build of an unchanged book, and keep its figures; None if these are of the same questions."""
        live = self._store.live()
        if live is None or not self._is_of_others(live):
            return None
        try:
            asked = self._ask(live, self._chosen.questions)
        except InputError as exc:
            return CheckResult("questions", not self._chosen.demanded, str(exc))
        if not asked.questions:
            return self._no_label()
        measured = self._measured(live, asked)
        new = replace(live, **measured)
        result = self._judge(new, new, asked)
        if any(name in live.figures for name in GATED):
            result = replace(result, detail=f"{result.detail}; with the questions before: {_shown(live.figures)}")
        others = tuple(check for check in live.checks if check.name != result.name)
        self._store.amend(live.name, **measured, checks=(*others, result))
        return result

    def _judge(self, new: BuildRecord, live: BuildRecord | None, asked: _Asked) -> CheckResult:
        return judge(new, live, asked.gone, tolerance=self._tolerance, demanded=self._chosen.demanded)

    def _is_of_others(self, live: BuildRecord) -> bool:
        return live.book.get("eval_set") != self._chosen.digest

    def _judge_anew(self, new: BuildRecord, live: BuildRecord, asked: _Asked) -> CheckResult:
        """The comparison over the questions whose labels both builds have."""
        try:
            before = self._ask(live, asked.questions)
        except InputError:  # it is published at another address
            before = _Asked([], [], set())
        if not before.questions:
            return self._judge(new, live, asked)
        both = {question.id for question in before.questions}
        compared = replace(new, figures=_figures([record for record in asked.records if record.id in both]))
        live = replace(live, **self._measured(live, before))
        result = self._judge(compared, live, asked)
        left_out = len(asked.questions) - len(both)
        detail = f"{result.detail}; the live build, asked the same: {_shown(live.figures)}"
        if left_out:
            detail += f"; left out: {left_out} about what the live build does not have"
        return replace(result, detail=detail)

    def _ask(self, record: BuildRecord, questions: Sequence[EvalQuestion]) -> _Asked:
        """The questions asked of a build; raises InputError for those about another site than the build's."""
        # Numerical libraries, needed only with a set.
        from engines.evaluation.runner import ADDRESS_KEYS

        addresses = Addresses(self._store.payloads(record.name, ADDRESS_KEYS), book=record.book)
        addresses.check_hosts(host for question in questions for host in question.hosts)
        gone = set(addresses.missing(label for question in questions for label in question.grades))
        left = [question for question in questions if not gone & set(question.grades)]
        return _Asked(left, self._run(self._records(left, record, addresses)) if left else [], gone)

    async def _records(
        self, questions: Sequence[EvalQuestion], record: BuildRecord, addresses: Addresses
    ) -> "list[QuestionRecord]":
        """The build's results for the questions, and its verdicts on them."""
        from engines.evaluation.runner import ask_book

        index = self._store.at(record.name)
        try:
            vectors = cached(self._embed, self._cache, record.spec.query_prefix)
            return await ask_book(questions, index, addresses, vectors, self._engines, cutoffs=CUTOFFS)
        finally:
            await index.aclose()

    def _measured(self, record: BuildRecord, asked: _Asked) -> dict[str, Any]:
        """What changes in the record of a build that was asked."""
        others = {name: value for name, value in record.figures.items() if not _is_of_questions(name)}
        return {
            "figures": others | _figures(asked.records),
            "book": {**record.book, "eval_set": self._chosen.digest},
        }

    def _no_label(self) -> CheckResult:
        return CheckResult(
            "questions", not self._chosen.demanded, f"no label of {self._chosen.path.name} is in the book"
        )


def _figures(records: "Sequence[QuestionRecord]") -> dict[str, float]:
    """The means that the gate compares, the shares of wrong verdicts, and the number of questions."""
    from engines.evaluation.decision import decision_figures
    from engines.evaluation.runner import record_figures

    by_question = record_figures(records, CUTOFFS)
    count = len(by_question)
    figures = {
        name: sum(values[name] for values in by_question.values()) / max(1, count) for name in GATED if by_question
    }
    decision = decision_figures(records)
    if decision is not None:
        figures |= wrong_verdicts(decision)
    return figures | {"questions": float(count)}


def wrong_verdicts(decision: "DecisionFigures") -> dict[str, float]:
    """The shares of wrong verdicts by the figures' names: of all questions, and of each form with enough of them."""
    found = {
        "false_refusals": decision.everything.false_refusals,
        "false_answers": decision.everything.false_answers,
    }
    for group, counts in decision.groups.items():
        if group == FORMS_GROUP or group.startswith("form:"):
            if counts.answerable >= FEWEST:
                found[f"false_refusals {group}"] = counts.false_refusals
            if counts.unanswerable >= FEWEST:
                found[f"false_answers {group}"] = counts.false_answers
    return found


def _shown(figures: Mapping[str, float]) -> str:
    """The figures of a build's questions in a line."""
    shown = ", ".join(
        f"{name} {value:.3f}" for name, value in figures.items() if _is_of_questions(name) and name != "questions"
    )
    return f"{figures['questions']:.0f} questions: {shown}"


def _is_of_questions(figure: str) -> bool:
    """Whether a figure of a build's record comes from its questions."""
    return figure in GATED or figure.startswith((*WRONG_VERDICTS, "questions"))


def judge(
    new: BuildRecord, live: BuildRecord | None, gone: set[str], *, tolerance: float, demanded: bool
) -> CheckResult:
    """Whether the figures of a new build are as good as those of the live one."""
    detail = _shown(new.figures)
    if gone:
        detail += f"; not in the book any more, and left out with their questions: {shortened(sorted(gone))}"
    worse: list[str] = []
    if live is None:
        detail += "; there is no live build to compare with"
    elif live.book.get("eval_set") != new.book["eval_set"]:
        detail += "; the live build was not measured with these questions"
    elif new.figures["questions"] >= FEWEST:
        worse = [
            f"{name} fell from {live.figures[name]:.3f} to {new.figures[name]:.3f}"
            for name in GATED
            if name in live.figures and new.figures[name] < live.figures[name] * (1 - tolerance)
        ]
        worse += [
            f"{name} rose from {live.figures[name]:.3f} to {new.figures[name]:.3f}"
            for name in new.figures
            if name.startswith(WRONG_VERDICTS)
            and name in live.figures
            and new.figures[name] > live.figures[name] + tolerance
        ]
        detail += f"; {'; '.join(worse)}, by more than {tolerance:.0%}" if worse else ""
    return CheckResult("questions", not worse and not (gone and demanded), detail)


def cached(embed: EmbedQuestions, cache: VectorCache, prefix: str = "") -> EmbedQuestions:
    """The same with the cache of vectors; questions are kept apart from passages."""

    def vectors(questions: Sequence[str]) -> list[list[float]]:
        keys = [
            hashlib.sha256(f"question\0{prefix}\0{question}".encode("utf-8", "surrogatepass")).hexdigest()
            for question in questions
        ]
        known = cache.get(keys)
        missing = {key: question for key, question in zip(keys, questions, strict=True) if key not in known}
        if missing:
            new = dict(zip(missing, embed(list(missing.values())), strict=True))
            cache.put(new)
            known |= new
        return [known[key] for key in keys]

    return vectors
