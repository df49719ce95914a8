"""A build that is measured before it goes live."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from engines.evaluation.decision import DecisionFigures, OutcomeCounts
from indexing.checks import cached, find_eval_set, judge, wrong_verdicts
from indexing.settings import BookSettings
from storage.errors import InputError
from storage.vectors.bm25 import Vocabulary, WordWeights, count_words, load_vocabulary
from storage.vectors.build_record import BuildRecord, IndexSpec
from storage.vectors.caches import VectorCache


def record(**figures: float) -> BuildRecord:
    spec = IndexSpec("model", "", 2)
    facts = {"eval_set": "one"}
    return BuildRecord(
        "b", datetime.now(UTC), "me", "here", 1, spec, figures={"questions": 100.0, **figures}, book=facts
    )


def test_a_build_that_finds_less_fails_beyond_the_tolerance() -> None:
    live = record(**{"ndcg@10": 0.90})
    assert judge(record(**{"ndcg@10": 0.86}), live, set(), tolerance=0.05, demanded=False).passed
    worse = judge(record(**{"ndcg@10": 0.85}), live, set(), tolerance=0.05, demanded=False)
    assert not worse.passed
    assert "ndcg@10 fell from 0.900 to 0.850" in worse.detail


def test_figures_of_other_questions_are_not_compared() -> None:
    live = replace(record(**{"ndcg@10": 0.90}), book={"eval_set": "another"})
    assert judge(record(**{"ndcg@10": 0.10}), live, set(), tolerance=0.05, demanded=True).passed
    assert judge(record(**{"ndcg@10": 0.10}), None, set(), tolerance=0.05, demanded=True).passed


def test_labels_that_are_gone_fail_only_a_set_that_was_asked_for() -> None:
    new = record(**{"ndcg@10": 0.9})
    assert judge(new, None, {"/docs/gone"}, tolerance=0.05, demanded=False).passed
    failed = judge(new, None, {"/docs/gone"}, tolerance=0.05, demanded=True)
    assert not failed.passed
    assert "/docs/gone" in failed.detail


def test_a_set_beside_the_docs_is_found_and_another_file_of_its_name_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = BookSettings(book_dir=tmp_path / "docs")
    assert find_eval_set(settings) is None
    path = tmp_path / "eval" / "questions.jsonl"
    path.parent.mkdir()
    path.write_text("not a set\n", encoding="utf-8")
    assert find_eval_set(settings) is None
    assert "No questions are asked of the build" in caplog.text, "a mistake in a set is not a set left out in silence"
    assert "questions.jsonl:1" in caplog.text
    path.write_text(json.dumps({"id": "1", "question": "q", "answerable": False}) + "\n", encoding="utf-8")
    found = find_eval_set(settings)
    assert found is not None
    assert not found.demanded


def test_a_set_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="there is no file"):
        BookSettings(book_dir=tmp_path, eval_set=tmp_path / "missing.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        find_eval_set(BookSettings.model_construct(book_dir=tmp_path, eval_set=tmp_path / "missing.jsonl"))


def test_a_question_is_embedded_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def embed(questions: Sequence[str]) -> list[list[float]]:
        asked.extend(questions)
        return [[float(len(question)), 0.5] for question in questions]

    with VectorCache(tmp_path / "vectors.sqlite", "model") as cache:
        ask = cached(embed, cache)
        assert ask(["a", "bb", "a"]) == [[1.0, 0.5], [2.0, 0.5], [1.0, 0.5]]
        assert ask(["bb", "ccc"]) == [[2.0, 0.5], [3.0, 0.5]]
    assert asked == ["a", "bb", "ccc"]


def test_rare_words_weigh_more_and_unknown_ones_most() -> None:
    weight = WordWeights(count_words([*[("the robot walks", "en")] * 9, ("the gyroscope drifts", "en")])[0], 10)
    assert weight("the") < weight("robot") < weight("gyroscop") <= weight("quaternion")


def test_a_vocabulary_knows_all_its_words_and_hardly_any_other() -> None:
    words = [f"word{number}" for number in range(5_000)]
    kept = load_vocabulary(Vocabulary.of(words).encode())
    assert kept is not None
    assert all(word in kept for word in words)
    assert sum(f"other{number}" in kept for number in range(5_000)) < 100
    assert load_vocabulary("") is None


def test_a_form_whose_questions_are_refused_more_often_fails_the_gate() -> None:
    live = record(**{"ndcg@10": 0.9, "false_refusals": 0.02, "false_refusals form:typo": 0.0})
    worse = record(**{"ndcg@10": 0.9, "false_refusals": 0.04, "false_refusals form:typo": 0.10})
    failed = judge(worse, live, set(), tolerance=0.05, demanded=False)
    assert not failed.passed
    assert "false_refusals form:typo rose from 0.000 to 0.100" in failed.detail
    assert judge(live, worse, set(), tolerance=0.05, demanded=False).passed


def test_the_gate_counts_the_forms_that_have_enough_questions() -> None:
    many = OutcomeCounts(answerable=40, refused=4, uncertain=0, unanswerable=30, answered=3, rejected=20)
    few = replace(many, answerable=5, unanswerable=4)
    figures = DecisionFigures(0.5, 0.1, many, {"test": many, "forms": many, "form:typo": few, "kind:near": many})
    assert wrong_verdicts(figures) == {
        "false_refusals": 0.1,
        "false_answers": 0.1,
        "false_refusals forms": 0.1,
        "false_answers forms": 0.1,
    }
