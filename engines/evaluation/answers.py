"""Whole answers, judged: by a model what only it can judge, by their words what needs none.

Called by `bookrag eval answers`. Each answer is written as soon as it is judged, so that a run can be taken up again.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from engines.chat.engine import BookChat
from engines.errors import ModelError
from engines.evaluation.judge import Judge
from engines.evaluation.questions import EvalQuestion
from engines.events import CitationsResolved, Failed, Finished, Question
from storage.errors import InputError

FAILURES_IN_A_ROW = 3  # then the model is away, and the rest is for another day


@dataclass(slots=True)
class AnswerRecord:
    """One answer with what is thought of it."""

    id: str
    question: str
    against: str  # build and model; a file holds answers of one kind
    answerable: bool
    refused: bool
    text: str
    citations: int
    supported: int  # of the citations: their statement shares its words with the passage
    dropped: int  # markers that named no source
    unsupported: list[str]  # statements that no passage supports
    faithfulness: float | None = None
    relevancy: float | None = None
    correctness: float | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0
    judge_prompt_tokens: int = 0
    judge_answer_tokens: int = 0
    seconds: float = 0.0


async def evaluate_answers(
    questions: Sequence[EvalQuestion],
    chat: BookChat,
    judge: Judge,
    output: Path,
    *,
    against: str,
    advance: Callable[[int], None],
) -> tuple[list[AnswerRecord], list[str]]:
    """All records of the file, and what failed; a question that failed is asked again by the next run."""
    records = {record.id: record for record in load_answers(output, against)}
    failures: list[str] = []
    row = 0
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("a", encoding="utf-8") as opened:
        for question in questions:
            if question.id not in records and row < FAILURES_IN_A_ROW:
                try:
                    record = await _evaluate(question, chat, judge, against)
                except ModelError as exc:
                    failures.append(f"{question.id}: {exc}")
                    row += 1
                else:
                    row = 0
                    records[record.id] = record
                    opened.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
                    opened.flush()
            advance(1)
    return [records[question.id] for question in questions if question.id in records], failures


def load_answers(path: Path, against: str) -> list[AnswerRecord]:
    """The answers that an earlier run left; raises InputError for those of another build or model."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # a killed run's last line
        path.write_text(whole, encoding="utf-8")
    try:
        records = [AnswerRecord(**json.loads(line)) for line in whole.splitlines()]
    except (TypeError, ValueError) as exc:
        raise InputError(f"{path} is not a file that `bookrag eval answers` wrote: {exc}") from exc
    other = next((record.against for record in records if record.against != against), None)
    if other is not None:
        raise InputError(f"{path} holds answers of {other}, and this run is of {against}. Choose another --output.")
    return records


def summary(records: Sequence[AnswerRecord]) -> dict[str, float]:
    """Means over the answers that were given, error rates of the refusals, and all tokens."""
    given = [record for record in records if not record.refused]
    answerable = [record for record in records if record.answerable]
    unanswerable = [record for record in records if not record.answerable]
    figures: dict[str, float] = {"questions": len(records), "answered": len(given)}
    for name in ("faithfulness", "relevancy", "correctness"):
        scores = [value for record in given if (value := getattr(record, name)) is not None]
        if scores:
            figures[name] = fmean(scores)
    citations = sum(record.citations for record in given)
    if citations:
        figures["citations supported"] = sum(record.supported for record in given) / citations
    if given:
        figures["answers without a citation"] = fmean(record.citations == 0 for record in given)
        figures["markers of no source"] = sum(record.dropped for record in given)
    if answerable:
        figures["false refusals"] = fmean(record.refused for record in answerable)
    if unanswerable:
        figures["false answers"] = fmean(not record.refused for record in unanswerable)
    for name in ("prompt_tokens", "answer_tokens", "judge_prompt_tokens", "judge_answer_tokens"):
        figures[name.replace("_", " ")] = sum(getattr(record, name) for record in records)
    return figures


def cost(figures: dict[str, float], *, per_million_in: float, per_million_out: float) -> float:
    """What the tokens cost at these prices."""
    read = figures["prompt tokens"] + figures["judge prompt tokens"]
    written = figures["answer tokens"] + figures["judge answer tokens"]
    return (read * per_million_in + written * per_million_out) / 1_000_000


async def _evaluate(question: EvalQuestion, chat: BookChat, judge: Judge, against: str) -> AnswerRecord:
    started = time.monotonic()
    resolved, finished = CitationsResolved("", (), ()), Finished("stop")
    async with aclosing(chat.answer(Question(question.question))) as events:
        async for event in events:
            if isinstance(event, Failed):
                raise ModelError(event.message)
            if isinstance(event, CitationsResolved):
                resolved = event
            elif isinstance(event, Finished):
                finished = event
    record = AnswerRecord(
        id=question.id,
        question=question.question,
        against=against,
        answerable=question.answerable,
        refused=finished.reason == "refused",
        text=resolved.text,
        citations=len(resolved.cited),
        supported=sum(citation.supported for citation in resolved.cited),
        dropped=resolved.dropped,
        unsupported=list(resolved.unsupported),
        prompt_tokens=finished.prompt_tokens or 0,
        answer_tokens=finished.answer_tokens or 0,
    )
    if not record.refused:
        before = judge.llm.spent
        passages = [source.text for source in (*(each.source for each in resolved.cited), *resolved.also_read)]
        judged = await judge.judge(question.question, resolved.text, passages, question.answer)
        record.faithfulness, record.relevancy = judged.faithfulness, judged.relevancy
        record.correctness = judged.correctness
        record.judge_prompt_tokens = judge.llm.spent[0] - before[0]
        record.judge_answer_tokens = judge.llm.spent[1] - before[1]
    record.seconds = round(time.monotonic() - started, 2)
    return record
