"""Conversations as an evaluation set: how lines are read, and what is said of lines that are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from engines.evaluation.conversation_sets import holds_conversations, load_conversations
from engines.evaluation.questions import load_questions
from storage.errors import InputError

FIRST: dict[str, Any] = {"question": "What is the zero moment point?", "relevant": ["/docs/zmp"]}
LATER: dict[str, Any] = {"question": "and in Python?", "relevant": ["/docs/zmp#code"], "tags": ["form:vague"]}
THANKS: dict[str, Any] = {"question": "thanks!", "answerable": False, "kind": "small-talk"}


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_turn_is_a_question_with_the_tags_of_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "set.jsonl", {"id": "c", "tags": ["half:dev"], "turns": [FIRST, LATER, THANKS]})
    assert holds_conversations(path)
    (conversation,) = load_conversations(path)
    first, later, thanks = conversation.turns
    assert [turn.id for turn in conversation.turns] == ["c.1", "c.2", "c.3"]
    assert first.tags == ("half:dev", "turn:first")
    assert later.tags == ("half:dev", "form:vague", "turn:later")
    assert thanks.tags == ("half:dev", "kind:small-talk", "turn:later")
    assert (later.grades, thanks.answerable) == ({"/docs/zmp#code": 1}, False)


def test_a_conversation_is_in_one_half_of_its_set(tmp_path: Path) -> None:
    lines = [{"id": f"c{number}", "turns": [FIRST, LATER]} for number in range(20)]
    found = load_conversations(write(tmp_path / "set.jsonl", *lines))
    halves = [{tag for turn in each.turns for tag in turn.tags if tag.startswith("half:")} for each in found]
    assert all(len(half) == 1 for half in halves)
    assert {"half:dev", "half:test"} == set().union(*halves)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": "c", "question": "What?", "relevant": ["/docs/a"]}, "conversations alone, or single questions alone"),
        ({"id": "c", "turns": []}, "list of objects that is not empty"),
        ({"id": "c", "turns": ["and why?"]}, "list of objects that is not empty"),
        ({"turns": [FIRST]}, "'id' is missing"),
        ({"id": "c", "turns": [FIRST, {"relevant": ["/docs/a"]}]}, "turn 2: 'question' is missing"),
        ({"id": "c", "turns": [FIRST, {"question": "why?"}]}, "turn 2: an answerable question needs at least one"),
        ({"id": "c", "turns": [FIRST, LATER | {"tags": "form:vague"}]}, "turn 2: `tags` must be a list"),
        ({"id": "c", "turns": [FIRST | {"kind": 3}]}, "turn 1: `kind` must be a text"),
        ({"id": "c", "turns": [FIRST], "tags": ["half:third"]}, "the halves are half:dev and half:test"),
    ],
)
def test_a_line_that_is_no_conversation_is_named(tmp_path: Path, line: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "set.jsonl", {"id": "good", "turns": [FIRST]}, line)
    with pytest.raises(InputError, match=r"set\.jsonl:2: ") as raised:
        load_conversations(path)
    assert said in str(raised.value)


def test_two_conversations_have_two_ids(tmp_path: Path) -> None:
    line = {"id": "c", "turns": [FIRST]}
    with pytest.raises(InputError, match="more than once: c"):
        load_conversations(write(tmp_path / "set.jsonl", line, line))


def test_keys_of_turns_that_are_not_read_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_conversations(write(tmp_path / "set.jsonl", {"id": "c", "turns": [FIRST | {"speaker": "Ali", "_note": "x"}]}))
    assert "'speaker' is not read" in caplog.text
    assert "_note" not in caplog.text


def test_single_questions_are_no_conversations(tmp_path: Path) -> None:
    questions = write(tmp_path / "questions.jsonl", FIRST | {"id": "q"})
    assert not holds_conversations(questions)
    conversations = write(tmp_path / "conversations.jsonl", {"id": "c", "turns": [FIRST]})
    with pytest.raises(InputError, match="single questions"):
        load_questions(conversations)
