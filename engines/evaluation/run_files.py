"""Files of runs: what an evaluation wrote is read back as it was measured, and what was edited since is refused.

A run's file has a digest of all that it holds. Its figures follow from its rankings and are checked against them;
intervals, groups and the counts of verdicts are computed again from the questions in the file.
"""

import hashlib
import json
import math
import os
import re
import stat
import uuid
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engines.evaluation.decision import DecisionFigures, decision_figures
from engines.evaluation.metrics import mean_figures
from engines.evaluation.runner import Run, grouped_figures, record_figures
from storage.drafts import locked_draft, remove_drafts
from storage.errors import InputError

FIGURE_TOLERANCE = 1e-9
CONTENT_DIGEST = "content_digest"
_DRAFTS = re.compile(r"\.[0-9a-f]+\.bookrag")  # as `replace_file` names them


def run_content(run: Run) -> dict[str, Any]:
    """A run as its file has it."""
    # Once through JSON, so that the digest is of the values that a reader of the file gets.
    content = asdict(TypeAdapter(Run).validate_python(json.loads(json.dumps(asdict(run)))))
    return content | {CONTENT_DIGEST: content_digest(content)}


def save_run(run: Run, path: Path) -> None:
    """Write the run as JSON, in place of a file that is there."""
    replace_file(path, json.dumps(run_content(run), ensure_ascii=False, indent=1))


def load_run(path: Path) -> Run:
    """A run that was saved; raises InputError for any other file, and for one that was edited since."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # half of a surrogate pair could not be written again
        run = TypeAdapter(Run).validate_python(content)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path} is not a run that `eval retrieval --output` wrote: {place}: {first['msg']}") from exc
    except (OSError, ValueError, TypeError, RecursionError) as exc:
        raise InputError(f"{path} is not a run that `eval retrieval --output` wrote: {exc}") from exc
    _check_records(run, path)
    _check_figures(run, path)
    # Of what is written there: a record may have got more fields since then, and `--json` writes more than the run.
    written = {each.name: content[each.name] for each in fields(Run) if each.name in content}
    if content.get(CONTENT_DIGEST) != content_digest(written):
        raise InputError(f"{path} was edited after it was written: run it again.")
    return _computed_again(run, path)


def content_digest(content: Mapping[str, Any]) -> str:
    """Sixteen digits that stand for JSON values, whatever their order."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_records(run: Run, path: Path) -> None:
    """Raise InputError for questions that are no questions of one run."""
    if not run.questions:
        raise InputError(f"{path} holds no questions.")
    ids = [record.id for record in run.questions]
    if len(set(ids)) < len(ids):
        raise InputError(f"{path} holds a question twice.")
    for record in run.questions:
        if len(record.scores) != len(record.found):
            raise InputError(
                f"{path}: question {record.id} has {len(record.found)} results, {len(record.scores)} scores."
            )
        if not all(map(math.isfinite, record.scores)):
            raise InputError(f"{path}: question {record.id} has a score that is not a number.")
        if any(record.judged.get(label) != grade for label, grade in record.grades.items()):
            raise InputError(f"{path}: question {record.id} has grades that are not those of its set.")
    if not run.cutoffs or min(run.cutoffs) < 1:
        raise InputError(f"{path}: the cut-offs must be whole numbers from 1.")


def _check_figures(run: Run, path: Path) -> None:
    """Raise InputError where a file's figures are not those of its rankings: it was edited, or cut short."""
    computed = record_figures(run.questions, run.cutoffs)
    for record in run.questions:
        missing = sorted(computed.get(record.id, {}).keys() - record.figures.keys())
        if missing:
            raise InputError(f"{path}: question {record.id} is judged and has no {missing[0]}: the file was edited.")
        for name, value in record.figures.items():
            if not abs(value - computed.get(record.id, {}).get(name, math.nan)) <= FIGURE_TOLERANCE:
                raise InputError(f"{path}: {name} of question {record.id} does not follow from its ranking.")
    means = mean_figures(computed)
    for name, figure in run.figures.items():
        if not abs(figure.mean - (means[name].mean if name in means else math.nan)) <= FIGURE_TOLERANCE:
            raise InputError(f"{path}: the mean {name} does not follow from the questions in the file.")


def _computed_again(run: Run, path: Path) -> Run:
    """The run with what is not in its rankings but follows from them; thresholds stay those of the time."""
    grounding = None
    if run.grounding is not None:
        try:
            given = DecisionFigures.from_dict(run.grounding)
        except (KeyError, TypeError, AttributeError) as exc:
            raise InputError(f"{path}: the counts of verdicts cannot be read.") from exc
        found = decision_figures(run.questions)
        if found is None:
            raise InputError(f"{path} has counts of verdicts, and no unanswerable question.")
        grounding = replace(found, covered_from=given.covered_from, not_covered_below=given.not_covered_below).to_dict()
    by_question = {record.id: record.figures for record in run.questions if record.figures}
    return replace(run, figures=mean_figures(by_question), groups=grouped_figures(run.questions), grounding=grounding)


def replace_file(path: Path, text: str) -> None:
    """Write a text file whole or not at all: if the process is stopped, the earlier file stays.

    What is no regular file (`/dev/stdout`), and a file in a folder that nothing can be added to, are written in place.
    """
    target = path.resolve()
    if (target.exists() and not target.is_file()) or not os.access(target.parent, os.W_OK):
        target.write_text(text, encoding="utf-8")
        return
    remove_drafts(target.parent, _DRAFTS)
    beside = target.with_name(f".{uuid.uuid4().hex}.bookrag")
    with locked_draft(beside, mode=0o666) as opened:
        opened.write(text.encode())
        opened.flush()
        os.fsync(opened.fileno())
        if target.exists():
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
