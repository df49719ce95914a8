import math

import numpy as np
import pytest

from engines.evaluation.metrics import holm, interval, mean_figure, paired_test, question_figures, randomisation_test
from tests.tables import each_row


def test_the_figures_are_those_of_trec_eval() -> None:
    found = question_figures({"q": {"a": 1, "b": 1}}, {"q": ["x", "a", "y", "b"]}, [3, 10])["q"]
    assert found["mrr@10"] == 0.5
    assert found["recall@3"] == 0.5
    assert math.isclose(found["ndcg@10"], (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3)))
    assert math.isclose(found["map@10"], (1 / 2 + 2 / 4) / 2)
    assert found["hit@3"] == 1.0


def test_a_question_without_a_result_counts_as_nothing_found() -> None:
    assert set(question_figures({"q": {"a": 1}}, {}, [10])["q"].values()) == {0.0}


def test_intervals_are_the_same_at_every_run_and_hold_the_mean() -> None:
    first = interval([0.0, 1.0, 1.0, 0.5])
    assert first == interval([0.0, 1.0, 1.0, 0.5])
    assert first.low <= first.mean <= first.high


def test_equal_runs_do_not_differ() -> None:
    test = paired_test([0.5, 1.0], [0.5, 1.0])
    assert (test.p_value, test.better, test.worse, test.equal) == (1.0, 0, 0, 2)


@pytest.mark.parametrize("size", [2, 5, 9, 14])
def test_the_randomisation_test_is_exact_for_few_questions(size: int) -> None:
    from scipy import stats  # over a second of imports, which every process that collects tests would take

    differences = np.round(np.random.default_rng(size).normal(0.3, 1.0, size), 1)
    expected = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=10**6).pvalue
    p_value, permutations = randomisation_test(differences, 99_999)
    assert p_value == pytest.approx(expected, abs=1e-12)
    assert permutations == 2 ** np.count_nonzero(differences)


def test_pairs_that_are_equal_change_no_p_value() -> None:
    differences = np.array([0.5, -0.1, 0.2, 0.4])
    assert randomisation_test(np.append(differences, np.zeros(500)), 99_999) == randomisation_test(differences, 99_999)
    assert randomisation_test(np.zeros(9), 99_999) == randomisation_test(np.array([1.0]), 99_999) == (1.0, 1)


def test_enough_permutations_are_drawn_for_as_many_tests_as_are_corrected_together() -> None:
    before, after = [0.0] * 40, [1.0] * 40
    alone, many = paired_test(before, after), paired_test(before, after, together=200)
    assert alone.p_value == 1 / 100_000
    assert many.permutations == 200_000
    assert max(holm([many.p_value] * 200)) < 0.001
    assert max(holm([alone.p_value] * 24)) < 0.001, "six figures at four cut-offs"


@pytest.mark.parametrize(("worse", "expected"), [(1, 1.0), (4, 0.125), (6, 0.03125)])
def test_wilcoxons_p_of_few_pairs_that_differ_is_exact(worse: int, expected: float) -> None:
    before, after = [1.0] * 60, [0.0] * worse + [1.0] * (60 - worse)
    test = paired_test(before, after)
    assert test.wilcoxon_p == test.p_value == expected
    assert (test.better, test.worse, test.equal) == (0, worse, 60 - worse)


def test_a_share_has_the_width_that_its_questions_give_it() -> None:
    figure = mean_figure([1.0, 1.0, 1.0])
    assert (figure.mean, figure.count) == (1.0, 3)
    assert (figure.low, figure.high) == pytest.approx((0.4385, 1.0), abs=1e-4)
    assert mean_figure([0.5, 1.0, 0.0]) == interval([0.5, 1.0, 0.0])


@each_row("junk", [-1, -2, -100])
@each_row("place", [0, 1, 2])
def test_grades_of_junk_are_worth_nothing_wherever_the_question_stands(junk: int, place: int) -> None:
    """trec_eval's own code ends the process where the highest grade of a question is -2 and others follow."""
    grades: dict[str, dict[str, int]] = {f"q{number}": {"/a": 100, "/b": 1} for number in range(3)}
    grades[f"q{place}"] = {"/a": junk, "/b": junk}
    runs = {item: ["/b", "/a", "/c"] for item in grades}
    of_nothing = question_figures({**grades, f"q{place}": {"/a": 0, "/b": 0}}, runs, [1, 10])
    assert question_figures(grades, runs, [1, 10]) == of_nothing
    assert of_nothing[f"q{place}"]["ndcg@10"] == 0
