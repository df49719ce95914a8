"""The check that asks a new build the book's questions before it goes live: what they find, and the verdicts on them.

Called by the command line's build. The figures and the threshold are kept in the build's record.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.evaluation.labels import shortened
from engines.evaluation.questions import EvalQuestion, load_questions, set_digest
from engines.settings import EngineSettings
from indexing.checks import Built, Check
from indexing.settings import BookSettings
from storage.errors import InputError
from storage.vectors.build_record import BuildRecord, CheckResult
from storage.vectors.caches import VectorCache
from storage.vectors.index_store import IndexStore

if TYPE_CHECKING:
    from engines.evaluation.decision import DecisionFigures
    from engines.evaluation.runner import QuestionRecord

logger = logging.getLogger(__name__)

GATED = ("ndcg@10", "recall@10", "hit@5", "mrr@10")
WRONG_VERDICTS = ("false_refusals", "false_answers")  # shares of the questions, which may not rise; also of each form
CUTOFFS = (5, 10)
FORMS_GROUP = "forms"  # of `engines.evaluation.decision`: all questions that are tagged with a form
FEWEST = 30  # questions, of a form as well; of fewer, one more or less is already beyond the tolerance

RunInLoop = Callable[["Coroutine[Any, Any, list[QuestionRecord]]"], "list[QuestionRecord]"]
EmbedQuestions = Callable[[Sequence[str]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class EvalSet:
    """The questions that a build is measured with."""

    path: Path
    questions: list[EvalQuestion]
    demanded: bool  # by EVAL_SET: then labels that are gone fail the check

    @property
    def digest(self) -> str:
        """What figures must share to be compared."""
        return set_digest(self.questions)


def find_eval_set(settings: BookSettings) -> EvalSet | None:
    """The set of `EVAL_SET`, else `eval/questions.jsonl` in the site's folder where that is one; else None.

    Raises InputError for an EVAL_SET that cannot be read.
    """
    if settings.eval_set is not None:
        return EvalSet(settings.eval_set, load_questions(settings.eval_set), demanded=True)
    path = (settings.site_dir or settings.book_dir.resolve().parent) / "eval" / "questions.jsonl"
    if not path.is_file():
        return None
    try:
        return EvalSet(path, load_questions(path), demanded=False)
    except InputError as exc:  # perhaps a file of this name that is something else
        logger.warning("No questions are asked of the build: %s", exc)
        return None


def answers_as_well(
    chosen: EvalSet,
    store: IndexStore,
    embed: EmbedQuestions,
    engines: EngineSettings,
    *,
    tolerance: float,
    run: RunInLoop = asyncio.run,
) -> Check:
    """The check whether a build answers the set's questions as well as the live build did.

    `run` runs a coroutine; a caller that checks several builds of one store must use one event loop for all of them.
    """

    def check(built: Built) -> CheckResult:
        # Numerical libraries that only those need who have a set.
        from engines.evaluation.decision import decision_figures
        from engines.evaluation.labels import Addresses
        from engines.evaluation.runner import ADDRESS_KEYS, ask_book, record_figures

        build = built.build
        addresses = Addresses(store.payloads(build.name, ADDRESS_KEYS), book=build.record.book)
        try:
            addresses.check_hosts(host for question in chosen.questions for host in question.hosts)
        except InputError as exc:
            return CheckResult("questions", not chosen.demanded, str(exc))
        gone = set(addresses.missing(label for question in chosen.questions for label in question.grades))
        questions = [question for question in chosen.questions if not gone & set(question.grades)]
        if not questions:
            return CheckResult("questions", not chosen.demanded, f"no label of {chosen.path.name} is in the book")

        async def ask() -> "list[QuestionRecord]":
            index = store.at(build)
            try:
                return await ask_book(
                    questions,
                    index,
                    addresses,
                    cached(embed, built.cache, build.record.spec.query_prefix),
                    engines,
                    cutoffs=CUTOFFS,
                )
            finally:
                await index.aclose()

        records = run(ask())
        by_question = record_figures(records, CUTOFFS)
        count = len(by_question)
        figures = {
            name: sum(values[name] for values in by_question.values()) / max(1, count) for name in GATED if by_question
        }
        decision = decision_figures(records)
        if decision is not None:
            figures |= wrong_verdicts(decision)
        figures["questions"] = float(count)
        build.note(figures=figures, book={**build.record.book, "eval_set": chosen.digest})
        return judge(build.record, store.live(), gone, tolerance=tolerance, demanded=chosen.demanded)

    return check


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


def judge(
    new: BuildRecord, live: BuildRecord | None, gone: set[str], *, tolerance: float, demanded: bool
) -> CheckResult:
    """Whether the figures of a new build stand beside those of the live one."""
    shown = ", ".join(f"{name} {value:.3f}" for name, value in new.figures.items() if name != "questions")
    detail = f"{new.figures['questions']:.0f} questions: {shown}"
    if gone:
        detail += f"; not in the book any more, and left out with their questions: {shortened(sorted(gone))}"
    worse: list[str] = []
    if live is None or live.book.get("eval_set") != new.book["eval_set"]:
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
    """The same, asking the cache of vectors first; questions are kept apart from passages."""

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
