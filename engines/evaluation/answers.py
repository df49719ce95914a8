"""Measures whole answers: some figures by a judging model, the others by comparing words.

Called by `bookrag eval answers`. Each answer is written as soon as it is judged, so that a run can be taken up again.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from engines.chat.engine import BookChat
from engines.errors import ModelError, model_error
from engines.evaluation.judge import Judge
from engines.evaluation.metrics import Figure, mean_figure
from engines.evaluation.questions import EvalQuestion, repeated, set_digest
from engines.evaluation.run_files import CONTENT_DIGEST, content_digest
from engines.evaluation.runner import QuestionRecord, Run
from engines.events import CitationsResolved, Failed, Finished, Question
from storage.errors import InputError

JUDGED = ("faithfulness", "relevancy", "correctness")
FAILURES_IN_A_ROW = 3  # then the model is away, and the rest is for another day


@dataclass(slots=True)
class AnswerRecord:
    """One answer with its figures and the judge's verdicts."""

    id: str
    question: str
    reference: str | None  # the set's answer
    against: str  # build and model; a file holds answers of one kind
    answerable: bool
    refused: bool
    text: str
    citations: int
    judged: int  # of the citations: their statement is long enough, and in the passage's language
    supported: int  # of the judged ones: their statement shares its words with the passage
    dropped: int  # markers that named no source
    unsupported: list[str]  # statements that no passage supports
    faithfulness: float | None = None  # the mean of the judge's verdicts; None where none was of the form asked for
    relevancy: float | None = None
    correctness: float | None = None
    judgements: list[dict[str, Any]] = field(default_factory=list)  # each time that the judge was asked
    prompt_tokens: int = 0
    answer_tokens: int = 0
    judge_prompt_tokens: int = 0
    judge_answer_tokens: int = 0
    seconds: float = 0.0
    model_version: str | None = None  # of the model that answered, as it names itself
    set_digest: str = ""  # of the whole set


_ANSWER = TypeAdapter(AnswerRecord)


async def evaluate_answers(
    questions: Sequence[EvalQuestion],
    chat: BookChat,
    judge: Judge | None,
    output: Path,
    *,
    against: str,
    known: Sequence[EvalQuestion] = (),
    repeats: int = 1,
    advance: Callable[[int], None],
) -> tuple[list[AnswerRecord], list[str]]:
    """The records of these questions, and what failed; a question that failed is asked again by the next run.

    `known` is the whole set, of which a file may hold more than `questions`. Without a judge only the citations and
    the refusals are measured.
    """
    digest = set_digest(known or questions)
    failures: list[str] = []
    row = 0
    output.parent.mkdir(parents=True, exist_ok=True)
    with _alone(output) as opened:
        records = {record.id: record for record in load_answers(output, against, known or questions)}
        for question in questions:
            if question.id not in records and row < FAILURES_IN_A_ROW:
                try:
                    record = await _evaluate(question, chat, judge, against, repeats)
                except ModelError as exc:
                    failures.append(f"{question.id}: {exc}")
                    row += 1
                else:
                    row, record.set_digest = 0, digest
                    records[record.id] = record
                    opened.write(_line(record))
                    opened.flush()
            advance(1)
    return [records[question.id] for question in questions if question.id in records], failures


@contextmanager
def _alone(path: Path) -> Iterator[TextIO]:
    """The file, open at its end; raises InputError where another run writes to it."""
    with path.open("a", encoding="utf-8") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise InputError(f"Another run is writing to {path}. Choose another --output, or wait for it.") from exc
        yield opened


def _line(record: AnswerRecord) -> str:
    content = asdict(record)
    return json.dumps(content | {CONTENT_DIGEST: content_digest(content)}, ensure_ascii=False) + "\n"


def load_answers(path: Path, against: str, known: Sequence[EvalQuestion]) -> list[AnswerRecord]:
    """The answers that an earlier run left; raises InputError for those of another build, model or set.

    The half of a line that a killed run left at the end is cut off, and its question asked again.
    """
    if not path.exists():
        return []
    records = _read_answers(path)
    asked = {question.id: (question.question, question.answerable, question.answer) for question in known}
    for record in records:
        if asked.get(record.id) != (record.question, record.answerable, record.reference):
            raise InputError(
                f"{path} holds the answer to another question than the set has as {record.id!r}. "
                "Choose another --output."
            )
    digest = set_digest(known)
    if any(record.set_digest != digest for record in records):
        raise InputError(f"{path} holds answers to another set than this one ({digest}). Choose another --output.")
    other = next((record.against for record in records if record.against != against), None)
    if other is not None:
        raise InputError(f"{path} holds answers of {other}, and this run is of {against}. Choose another --output.")
    cut_torn_line(path, '{"id": ')
    return records


def whole_lines(path: Path) -> list[str]:
    """The lines of a file of JSON Lines, without the half of one that a stopped process left at the end."""
    whole, rest = _split(path)
    lines = whole.decode("utf-8").split("\n")[:-1]
    return [*lines, rest.decode("utf-8")] if _is_json(rest) else lines


def cut_torn_line(path: Path, beginning: str) -> None:
    """End a file with a whole line; raises InputError where half a line does not begin as this command's lines do."""
    whole, rest = _split(path)
    if not rest:
        return
    begins = beginning.encode()
    if not (rest.startswith(begins) or begins.startswith(rest)):
        raise InputError(f"{path} ends in the middle of a line that is none of this command's: it is left as it is.")
    with path.open("r+b") as opened:  # not written anew: another process may hold its lock
        if _is_json(rest):
            opened.seek(0, os.SEEK_END)
            opened.write(b"\n")  # which an editor left off
        else:
            opened.truncate(len(whole))


def _split(path: Path) -> tuple[bytes, bytes]:
    """A file up to its last line end, and what follows: a process may be stopped in the middle of a letter."""
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _read_answers(path: Path) -> list[AnswerRecord]:
    """The answers of a file, a torn last line apart; raises InputError for any other file, and for an edited one."""
    records: list[AnswerRecord] = []
    try:
        for number, line in enumerate(whole_lines(path), 1):
            content = json.loads(line)
            record = _ANSWER.validate_python(content)
            if content.get(CONTENT_DIGEST) != content_digest(asdict(record)):
                raise InputError(f"{path}:{number} was edited after it was written.")
            records.append(record)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path} is not a file that `bookrag eval answers` wrote: {place}: {first['msg']}") from exc
    except (OSError, TypeError, ValueError, RecursionError) as exc:
        raise InputError(f"{path} is not a file that `bookrag eval answers` wrote: {exc}") from exc
    twice = repeated([record.id for record in records])
    if twice:
        raise InputError(f"{path} holds more than one answer to {', '.join(twice[:5])}.")
    return records


def measured(records: Sequence[AnswerRecord]) -> dict[str, Figure]:
    """Means over the answers that were given, and error rates of the refusals: each with its interval and its count.

    A question whose verdicts were not of the form asked for counts in none of the judge's figures.
    """
    given = [record for record in records if not record.refused]
    values: dict[str, list[float]] = {
        name: [score for record in given if (score := getattr(record, name)) is not None] for name in JUDGED
    }
    values["citations supported"] = [record.supported / record.judged for record in given if record.judged]
    values["answers without a citation"] = [float(record.citations == 0) for record in given]
    values["false refusals"] = [float(record.refused) for record in records if record.answerable]
    values["false answers"] = [float(not record.refused) for record in records if not record.answerable]
    return {name: mean_figure(found) for name, found in values.items() if found}


def load_answer_run(path: Path) -> Run:
    """A file of answers as a run that can be compared: its figures for each question are those that were measured.

    Raises InputError for any other file.
    """
    records = _read_answers(path)
    questions = [
        QuestionRecord(
            id=record.id,
            question=record.question,
            relevant=[],
            judged={record.reference: 1} if record.reference else {},  # what the set calls right
            grades={},
            answerable=record.answerable,
            tags=[],
            found=[],
            scores=[],
            figures={name: figure.mean for name, figure in measured([record]).items()},
        )
        for record in records
    ]
    settings = {"against": records[0].against} if records else {}
    digests = ", ".join(sorted({record.set_digest for record in records}))
    return Run(path.stem, "", digests, {}, settings, [], 0.0, questions, measured(records), {})


def is_answers(path: Path) -> bool:
    """Whether a file is one of answers, by its name: runs of retrieval are one JSON object."""
    return path.suffix == ".jsonl"


def totals(records: Sequence[AnswerRecord]) -> dict[str, int]:
    """What is counted: questions, answers, verdicts and citations not measured, marks of no source, tokens."""
    figures = {
        "questions": len(records),
        "answered": sum(not record.refused for record in records),
        "verdicts not measured": sum(len(found["problems"]) for record in records for found in record.judgements),
        "citations not measured": sum(record.citations - record.judged for record in records),
        "markers of no source": sum(record.dropped for record in records),
    }
    for name in ("prompt_tokens", "answer_tokens", "judge_prompt_tokens", "judge_answer_tokens"):
        figures[name.replace("_", " ")] = sum(getattr(record, name) for record in records)
    return figures


def model_versions(records: Sequence[AnswerRecord]) -> tuple[str, ...]:
    """The models that answered, as they name themselves: a name such as `gemini-flash-latest` moves between runs."""
    return tuple(sorted({record.model_version for record in records if record.model_version}))


def cost(figures: Mapping[str, float], *, per_million_in: float, per_million_out: float) -> float:
    """What the tokens cost at these prices."""
    read = figures["prompt tokens"] + figures["judge prompt tokens"]
    written = figures["answer tokens"] + figures["judge answer tokens"]
    return (read * per_million_in + written * per_million_out) / 1_000_000


async def _evaluate(
    question: EvalQuestion, chat: BookChat, judge: Judge | None, against: str, repeats: int
) -> AnswerRecord:
    started = time.monotonic()
    resolved, finished = CitationsResolved("", (), ()), Finished("stop")
    async with aclosing(chat.answer(Question(question.question))) as events:
        async for event in events:
            if isinstance(event, Failed):
                raise model_error(event)
            if isinstance(event, CitationsResolved):
                resolved = event
            elif isinstance(event, Finished):
                finished = event
    record = AnswerRecord(
        id=question.id,
        question=question.question,
        reference=question.answer,
        against=against,
        answerable=question.answerable,
        refused=finished.reason == "refused",
        text=resolved.text,
        citations=len(resolved.cited),
        judged=sum(citation.judged for citation in resolved.cited),
        supported=sum(citation.judged and citation.supported for citation in resolved.cited),
        dropped=resolved.dropped,
        unsupported=list(resolved.unsupported),
        prompt_tokens=finished.prompt_tokens or 0,
        answer_tokens=finished.answer_tokens or 0,
        model_version=finished.model_version,
    )
    if judge is not None and not record.refused:
        passages = [source.text for source in (*(each.source for each in resolved.cited), *resolved.also_read)]
        await _judge(record, judge, passages, repeats)
    record.seconds = round(time.monotonic() - started, 2)
    return record


async def _judge(record: AnswerRecord, judge: Judge, passages: Sequence[str], repeats: int) -> None:
    """Ask the judge so many times, and keep its verdicts with their means."""
    before = judge.llm.spent
    for _ in range(repeats):
        judgement = await judge.judge(record.question, record.text, passages, record.reference)
        record.judgements.append(asdict(judgement))
    for name in JUDGED:
        scores = [found[name] for found in record.judgements if found[name] is not None]
        setattr(record, name, fmean(scores) if scores else None)
    record.judge_prompt_tokens = judge.llm.spent[0] - before[0]
    record.judge_answer_tokens = judge.llm.spent[1] - before[1]
