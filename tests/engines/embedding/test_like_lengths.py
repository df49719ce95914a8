from hypothesis import given
from hypothesis import strategies as st

from engines.embedding.sentence_embedding import PASS_TOKENS, like_lengths


@given(st.lists(st.integers(1, 256)), st.integers(1, 40))
def test_every_text_is_in_one_group_that_wastes_little(lengths: list[int], most: int) -> None:
    groups = list(like_lengths(lengths, most=most))
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        sizes = [lengths[place] for place in group]
        assert len(group) <= most
        assert max(sizes) * len(sizes) - sum(sizes) <= PASS_TOKENS


def test_one_long_text_does_not_fill_up_the_short_ones() -> None:
    assert list(like_lengths([12, 200, 12, 13], most=32)) == [[0, 2, 3], [1]]
