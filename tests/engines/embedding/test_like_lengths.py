from hypothesis import given
from hypothesis import strategies as st

from engines.embedding.onnx_runtime import PASS_COST_TOKENS, like_lengths


@given(st.lists(st.integers(1, 256)), st.integers(1, 40))
def test_every_text_is_in_one_group_that_wastes_little(lengths: list[int], most: int) -> None:
    groups = list(like_lengths(lengths, most=most))
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        sizes = [lengths[place] for place in group]
        assert len(group) <= most
        assert max(sizes) * len(sizes) - sum(sizes) <= PASS_COST_TOKENS


def test_one_long_text_does_not_fill_up_the_short_ones() -> None:
    assert list(like_lengths([12, 200, 12, 13], most=32)) == [[0, 2, 3], [1]]


@given(st.lists(st.integers(1, 300)), st.integers(1, 512))
def test_a_group_has_no_more_padded_tokens_than_a_pass_may_have(lengths: list[int], most_tokens: int) -> None:
    for group in like_lengths(lengths, most=32, most_tokens=most_tokens):
        assert len(group) == 1 or max(lengths[place] for place in group) * len(group) <= most_tokens
