import math

from engines.evaluation.metrics import interval, paired_test, question_figures


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
