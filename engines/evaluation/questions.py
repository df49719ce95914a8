"""Evaluation sets: questions with the addresses that answer them, read from JSON Lines."""

import hashlib
import json
import logging
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from engines.evaluation.labels import host_of, normal, shortened
from storage.errors import InputError

logger = logging.getLogger(__name__)

KEYS = frozenset(("id", "question", "relevant", "answer", "grades", "answerable", "tags"))
"""What is read of a question; names that begin with `_` are the author's own."""

FIRST_TURN, LATER_TURN = "turn:first", "turn:later"
"""Tags that a turn of a conversation has by its place (`engines.evaluation.conversation_sets`)."""
SMALL_TALK = "kind:small-talk"
"""The tag of a message that wants a friendly word and no verdict."""

GRADES = range(-100, 101)
"""What a grade may be; 0 and less: judged, and not relevant. Far beyond it, trec_eval's figures are wrong."""


_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}  # Unicode categories


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """One question; `grades` has a grade for every address (or document) that was judged."""

    id: str
    question: str
    grades: dict[str, int]
    answerable: bool = True
    answer: str | None = None
    tags: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # that its addresses name; a path alone names none


class _Line(Protocol):
    """What a line of a set is read as."""

    @property
    def id(self) -> str: ...


LineT = TypeVar("LineT", bound=_Line)


def load_questions(path: Path) -> list[EvalQuestion]:
    """The questions of a JSON Lines file; raises InputError that names the line of what is wrong."""
    questions = read_set(path, read_question, KEYS)
    warn_of_repetitions(questions, path)
    return questions


def read_set(path: Path, read: Callable[[dict[str, Any]], LineT], known: frozenset[str]) -> list[LineT]:
    """What `read` makes of each line; raises InputError that names the line where it raises.

    Keys that are not `known` are named in a warning.
    """
    found: list[LineT] = []
    unread: dict[str, int] = {}
    for number, content in json_lines(path):
        for key in unread_keys(content, known):
            unread.setdefault(key, number)
        try:
            found.append(read(content))
        except (KeyError, TypeError, ValueError) as exc:
            detail = f"{exc.args[0]!r} is missing" if isinstance(exc, KeyError) else str(exc)
            raise InputError(f"{path}:{number}: {detail}") from exc
    twice = repeated([line.id for line in found])
    if twice:
        raise InputError(f"{path}: these ids appear more than once: {', '.join(twice)}")
    if not found:
        raise InputError(f"{path}: it has no questions")
    for key, number in unread.items():
        logger.warning("%s:%d: the key %r is not read; known are %s", path, number, key, ", ".join(sorted(known)))
    return found


def unread_keys(content: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """The keys of a line, and of its turns where it has any, that nothing reads."""
    turns = content.get("turns")
    within = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    keys = dict.fromkeys(key for each in (content, *within) for key in each)
    return [key for key in keys if key not in known and not key.startswith("_")]


def warn_of_repetitions(questions: Sequence[EvalQuestion], path: Path) -> None:
    """Warn of questions that are asked more than once: each counts, and one may stand in both halves of a set."""
    texts = [" ".join(unicodedata.normalize("NFKC", question.question).casefold().split()) for question in questions]
    counts = Counter(texts)
    ids = [question.id for question, text in zip(questions, texts, strict=True) if counts[text] > 1]
    if ids:
        logger.warning("%s: %d questions are asked more than once, and each counts: %s", path, len(ids), shortened(ids))


def set_digest(questions: Sequence[EvalQuestion]) -> str:
    """Sixteen digits that stand for the questions of a set with all that is known of them, in any order."""
    known = sorted((asdict(question) for question in questions), key=lambda item: item["id"])
    content = json.dumps([{key: value for key, value in item.items() if key != "hosts"} for item in known])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def with_tag(questions: Sequence[EvalQuestion], tag: str | None, source: Path) -> list[EvalQuestion]:
    """The questions that have a tag, all of them for None; raises InputError where there are none."""
    found = [question for question in questions if tag is None or tag in question.tags]
    if not found:
        raise InputError(f"No question of {source} has the tag {tag}.")
    return found


def repeated(names: Sequence[str]) -> list[str]:
    """The names that are there more than once."""
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line; raises InputError that names the line of what is none."""
    try:
        with path.open(encoding="utf-8-sig") as opened:
            for number, line in enumerate(opened, 1):
                if line.strip():
                    yield number, _object(path, number, line)
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} cannot be read: it is not in UTF-8 ({exc})") from exc
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    if "\0" in line:
        raise InputError(f"{path} cannot be read: it is not in UTF-8 (there are null characters in line {number})")
    try:
        content = json.loads(line, object_pairs_hook=_each_key_once)
        json.dumps(content, ensure_ascii=False).encode()  # half of a surrogate pair is JSON and cannot be written
    except UnicodeEncodeError as exc:
        raise InputError(f"{path}:{number}: a text in it is no Unicode text (half of a surrogate pair)") from exc
    except KeyError as exc:
        raise InputError(f"{path}:{number}: the key {exc.args[0]!r} appears more than once") from exc
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{path}:{number}: this is not JSON: {exc}") from exc
    if not isinstance(content, dict):
        raise InputError(f"{path}:{number}: expected an object")
    return content


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; raises KeyError for a key that is there twice, of which JSON's own reader takes the last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found


def read_question(content: dict[str, Any]) -> EvalQuestion:
    """The question of a line; raises KeyError, TypeError or ValueError for what is none."""
    if "turns" in content:
        raise ValueError("`turns` make a conversation, and this command asks single questions")
    text, relevant, answer = content["question"], content.get("relevant", []), content.get("answer")
    if not isinstance(text, str) or all(unicodedata.category(each) in _UNSEEN for each in text):
        raise ValueError("`question` must be a text that is not empty")
    if not isinstance(relevant, list) or not all(isinstance(label, str) and label.strip() for label in relevant):
        raise ValueError("`relevant` must be a list of addresses")
    if answer is not None and not isinstance(answer, str):
        raise ValueError("`answer` must be a text")
    answerable = _answerable(content, relevant)
    return EvalQuestion(
        id=_id(content["id"]),
        question=text.strip(),
        grades=_grades(relevant, content.get("grades")) if answerable else {},
        answerable=answerable,
        answer=answer,
        tags=_tags(content.get("tags", [])),
        hosts=tuple(sorted({host_of(label) for label in relevant} - {""})),
    )


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise ValueError("`id` must be a text or a whole number")
    return read_id(str(value), "`id`")


def read_id(text: str, name: str) -> str:
    """An id in Unicode's composed form.

    Raises ValueError for what tables and terminals would not carry or people could not see: control and format
    characters, line ends, spaces of other kinds than the usual one, and spaces at the ends.
    """
    if any(unicodedata.category(each) in _UNSEEN and each != " " for each in text):
        raise ValueError(f"{name} must not hold control characters, line ends or invisible characters: {text!a}")
    if text != text.strip():
        raise ValueError(f"{name} must not begin or end with white space: {text!r}")
    return unicodedata.normalize("NFC", text)


def _tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(tag, str) and tag for tag in value):
        raise ValueError("`tags` must be a list of texts that are not empty")
    tags = tuple(dict.fromkeys(read_id(tag, "a tag") for tag in value))
    for tag in tags:
        if tag.startswith("half:") and not halves_of([tag]):
            raise ValueError(f"`tags` name a half that does not exist: {tag}; the halves are half:dev and half:test")
    if len(halves_of(tags)) > 1:
        raise ValueError("`tags` put the question into both halves of the set")
    return tags


def halves_of(tags: Sequence[str]) -> set[str]:
    """ "dev" or "test", where the tags name the half of the set that a question is of."""
    return {tag.removeprefix("half:") for tag in tags} & {"dev", "test"}


def _answerable(content: dict[str, Any], relevant: list[str]) -> bool:
    value = content.get("answerable", True)
    if not isinstance(value, bool):
        raise TypeError(f"`answerable` must be true or false, not {json.dumps(value)}")
    if value and not relevant:
        raise ValueError(
            'an answerable question needs at least one address in `relevant`; else say "answerable": false'
        )
    if not value and (relevant or content.get("grades")):
        raise ValueError("a question with `answerable` false has no address in `relevant`, and no grades")
    return value


def _grades(relevant: list[str], given: Any) -> dict[str, int]:
    """Address → grade, each address once, however it is spelled."""
    if given is None:
        given = [1] * len(relevant)
    if isinstance(given, dict):
        by_label: dict[str, Any] = {}
        for label, grade in given.items():
            if by_label.setdefault(normal(label), grade) != grade:
                raise ValueError(f"`grades` has {normal(label)} under two spellings, with different grades")
        unknown = sorted(set(by_label) - set(map(normal, relevant)))
        if unknown:
            raise ValueError(f"`grades` has an address that is not in `relevant`: {', '.join(unknown)}")
        given = [by_label.get(normal(label), 1) for label in relevant]
    if not isinstance(given, list):
        raise TypeError("`grades` must be a list beside `relevant`, or an object from address to grade")
    if len(given) != len(relevant):
        raise ValueError("`grades` must have as many entries as `relevant`")
    grades: dict[str, int] = {}
    for label, grade in zip(map(normal, relevant), given, strict=True):
        if isinstance(grade, bool) or not isinstance(grade, int) or grade not in GRADES:
            raise ValueError(f"a grade must be a whole number from {GRADES[0]} to {GRADES[-1]}, not {grade!r}")
        if grades.setdefault(label, grade) != grade:
            raise ValueError(f"{label} appears more than once, with different grades")
    return grades
