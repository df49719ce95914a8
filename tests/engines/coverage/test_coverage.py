from datetime import UTC, datetime

import pytest

from engines.coverage.verdict import CoverageModel, Signals, gather_signals, shipped_model, word_weights
from engines.retrieval.passages import Passage
from engines.understanding.understanding import understand
from storage.vectors.bm25 import count_words
from storage.vectors.build_record import BuildRecord
from storage.vectors.search import Candidates, ChunkFilter, Fused, Place, Query, Ranking, SparseQuery, StoredChunk
from storage.vectors.spec import IndexSpec

TEXT = "Das ZMP liegt im Polygon der Füße. The ZMP lies inside the support polygon."
SPEC = IndexSpec(embed_model="m", embed_weights="w", dimensions=3, query_prefix="", passage_prefix="", chunk_tokens=256)


def signals(question: str, locale: str, *, dense: list[tuple[str, float]] | None = None) -> Signals | None:
    words, vocabulary = count_words([(TEXT, locale)])
    made = datetime(2026, 1, 1, tzinfo=UTC)
    build = BuildRecord("b", made, "who", "host", 1, SPEC, counts={"chunks": 1}, words=words, vocabulary=vocabulary)
    fused = Fused("a")
    candidates = Candidates([("a", 0.5)] if dense is None else dense, [("a", 3.0)], "b")
    query = Query(question, [0.0], SparseQuery([], []))
    ranking = Ranking([fused], candidates, query, Place(ChunkFilter(locale=locale)), build)
    asked = understand(question, locale=locale)
    return gather_signals(asked, ranking, [Passage(fused, [StoredChunk("a", TEXT, {})])])


@pytest.mark.parametrize(
    ("question", "locale", "unknown"),
    [
        ("What is the Zubrowka margin of the polygon?", "en", True),
        ("hello, sorry to bother you! what is the support polygon please? many thanks", "en", False),
        ("Explain the support polygon in simple words.", "en", False),
        ("polygon ke baare mein mujhe samjhao", "en", False),
        ("Wie groß ist der Polygon?", "de", False),
        ("Was tut rclpy_thing?", "de", True),
    ],
)
def test_only_words_that_are_rare_in_the_language_count_where_the_book_lacks_them(
    question: str, locale: str, unknown: bool
) -> None:
    found = signals(question, locale)
    assert found is not None
    assert (found.unknown > 0.25) == unknown


def test_nothing_found_gives_no_signals_and_is_not_covered() -> None:
    assert signals("What is the ZMP?", "en", dense=[]) is None
    assert shipped_model().decide(None).verdict == "not_covered"


def test_a_question_of_stop_words_alone_says_nothing_either_way() -> None:
    found = signals("what is that?", "en")
    assert found is not None
    assert found.coverage == 0.5
    assert all(0 <= value <= 1.5 for value in found.values.values())


def test_words_of_form_weigh_little() -> None:
    weights = word_weights("explain the zmp", "en", "en")
    assert weights["zmp"] == 1.0
    assert 0 < weights["explain"] < 0.5
    assert "the" not in weights


def test_the_three_verdicts_and_what_spares_a_question_in_another_language() -> None:
    model = CoverageModel(0.0, {"similarity": 1.0}, {"similarity": 0.5}, covered_from=0.6, not_covered_below=0.2)
    assert [model.verdict(score) for score in (0.7, 0.6, 0.3, 0.2, 0.1)] == [
        "covered",
        "covered",
        "uncertain",
        "uncertain",
        "not_covered",
    ]
    assert model.verdict(0.1, spared=True) == "uncertain"
    assert model.contributions({"similarity": 0.75}) == {"similarity": 0.25}


def test_the_shipped_weights_have_every_signal() -> None:
    found = signals("What is the ZMP?", "en")
    assert found is not None
    model = shipped_model()
    assert set(model.weights) == set(model.means) == set(found.values)
    assert 0 < model.not_covered_below < model.covered_from < 1
    decided = model.decide(found)
    assert decided.signals == found.values
    assert 0 < decided.score < 1
