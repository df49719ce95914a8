from storage.vectors.hybrid_search import Candidates, blend, fuse, rank


def test_an_item_that_both_sides_find_comes_before_those_of_one_side() -> None:
    dense = [("a", 0.9), ("both", 0.8)]
    sparse = [("b", 9.0), ("both", 8.0)]
    fused = fuse({"dense": (dense, 1.0), "sparse": (sparse, 1.0)})
    assert fused[0].id == "both"
    assert (fused[0].dense_rank, fused[0].sparse_rank) == (2, 2)
    assert {item.id: item.sparse_rank for item in fused}["a"] is None


def test_the_blend_sees_how_far_the_first_is_ahead() -> None:
    dense = [("a", 0.50), ("b", 0.49)]
    sparse = [("b", 20.0), ("a", 5.0)]
    assert blend(dense, sparse)[0][0] == "b"


def test_nothing_found_is_an_empty_list() -> None:
    assert fuse({"dense": ([], 1.0), "blend": (blend([], []), 1.0)}) == []


def test_equals_stand_in_one_order_whatever_the_index_gives_them_in() -> None:
    orders = [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]]
    found = [Candidates([(item, 0.5) for item in order], [(item, 2.0) for item in order], "build") for order in orders]
    for side in ("hybrid", "dense", "sparse"):
        assert {tuple(item.id for item in rank(each, None, side)) for each in found} == {("a", "b", "c")}


def test_a_match_of_words_that_stands_out_weighs_more_than_one_among_many() -> None:
    dense = [("meant", 0.8), *((f"d{place}", 0.78) for place in range(30)), ("named", 0.65)]
    among_many = [("named", 10.0), *((f"s{place}", 9.5) for place in range(30)), ("meant", 7.5)]
    alone = [("named", 10.0), *((f"s{place}", 1.0) for place in range(30)), ("meant", 7.5)]
    ordered = sorted(alone, key=lambda item: -item[1])
    lead = {name: dict(blend(dense, sparse)) for name, sparse in (("many", among_many), ("alone", ordered))}
    assert lead["many"]["meant"] > lead["many"]["named"]
    assert lead["alone"]["named"] > lead["alone"]["meant"]
