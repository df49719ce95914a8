from datetime import UTC, datetime

import numpy as np
import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from engines.chat.own_subject import with_its_own_names
from engines.coverage.verdict import (
    CoverageModel,
    Signals,
    chunks_in,
    gather_signals,
    retrieved,
    shipped_model,
    word_weights,
)
from engines.evaluation.runner import QuestionRecord
from engines.evaluation.train_coverage import Sample, choose_thresholds
from engines.events import COVERED, Rule
from engines.retrieval.passages import Passage
from engines.retrieval.retriever import GROUNDING
from engines.understanding.understanding import understand
from storage.vectors.bm25 import count_words
from storage.vectors.build_record import BuildRecord, IndexSpec
from storage.vectors.hybrid_search import (
    Candidates,
    ChunkFilter,
    Fused,
    Place,
    Query,
    Ranking,
    SparseQuery,
    StoredChunk,
)
from tests.tables import each_row

TEXT = "Das ZMP liegt im Polygon der Füße. The ZMP lies inside the support polygon."
SPEC = IndexSpec(embed_model="m", embed_weights="w", dimensions=3, query_prefix="", passage_prefix="", chunk_tokens=256)


def signals(
    question: str,
    locale: str,
    *,
    dense: list[tuple[str, float]] | None = None,
    readings: tuple[list[tuple[str, float]], ...] = (),
    chunks: int = 1,
    sparse: list[tuple[str, float]] | None = None,
) -> Signals | None:
    words, vocabulary = count_words([(TEXT, locale)])
    made = datetime(2026, 1, 1, tzinfo=UTC)
    counts = {"chunks": chunks}
    build = BuildRecord("b", made, "who", "host", 1, SPEC, counts=counts, words=words, vocabulary=vocabulary)
    fused = Fused("a")
    candidates = Candidates([("a", 0.5)] if dense is None else dense, sparse or [("a", 3.0)], "b", readings)
    query = Query(question, [0.0], SparseQuery([], []))
    ranking = Ranking(candidates, query, Place(ChunkFilter(locale=locale)), build)
    asked = understand(question, locale=locale)
    return gather_signals(asked, ranking, [Passage(fused, [StoredChunk("a", TEXT, {})])])


@each_row(
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


@each_row(
    ("question", "locale", "unfound"),
    [
        ("Where does the ZMP lie inside the support polygon?", "en", 0.0),
        ("Where does the ZMP lie inside the support trapezoid?", "en", 1.0),
        ("Where does the ZMP lie inside the support of the table?", "en", 0.0),  # a frequent word
        ("Where does the ZMP of a Ford lie?", "en", 1.0),  # unless it is a name
        ("Where Does The Ford ZMP Lie?", "en", 0.25),  # which capital letters everywhere do not say
        ("Ford. Where does the ZMP lie?", "en", 0.25),
        ("Wo liegt das ZMP im Polygon der Welt?", "de", 0.0),  # nor those of German nouns
        ("explain the ZMP in simple words, I am preparing my summary", "en", 0.25),
        ("mujhe ZMP ke baare mein samjhao", "en", 0.0),
        ("My robot Trapezia fell over. Where does the ZMP lie?", "en", 0.0),
    ],
)
def test_the_most_telling_word_that_no_passage_has_is_a_signal(question: str, locale: str, unfound: float) -> None:
    found = signals(question, locale)
    assert found is not None
    assert found.unfound == pytest.approx(unfound, abs=0.25)


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
    assert [model.verdict(score)[0] for score in (0.7, 0.6, 0.3, 0.2, 0.1)] == [
        "covered",
        "covered",
        "uncertain",
        "uncertain",
        "not_covered",
    ]
    assert model.verdict(0.1, {"foreign_words"}) == ("uncertain", "language")
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


def test_the_nearest_reading_of_a_question_decides_its_similarity_and_its_lead() -> None:
    whole = [(str(place), 0.4 - place / 100) for place in range(30)]
    clause = [("x", 0.7), *((str(place), 0.3) for place in range(24))]
    far = [(str(place), 0.1) for place in range(25)]
    alone, several = signals("zmp?", "en", dense=whole), signals("zmp?", "en", dense=whole, readings=(clause, far))
    assert alone is not None
    assert several is not None
    assert (alone.similarity, several.similarity) == (0.4, 0.7)
    assert alone.lead < 0.2
    assert several.lead == pytest.approx(0.4)
    assert (several.match_similarity, several.agreement) == (alone.match_similarity, alone.agreement)


def test_a_large_book_needs_a_stronger_match_of_words_than_a_small_one() -> None:
    small, large = signals("zmp?", "en", chunks=100), signals("zmp?", "en", chunks=10_000)
    assert small is not None
    assert large is not None
    assert small.match_strength == pytest.approx(2 * large.match_strength)


@pytest.mark.parametrize("chunks", [0, 1, 10])
def test_the_smallest_books_give_finite_signals(chunks: int) -> None:
    found = signals("zmp?", "en", chunks=chunks)
    assert found is not None
    assert all(-1 <= value <= 1.5 for value in found.values.values())


def test_the_chunks_of_an_edition_are_told_by_its_share_of_the_pages() -> None:
    made = datetime(2026, 1, 1, tzinfo=UTC)

    def chapter(locale: str, version: str, pages: int, *, latest: bool) -> dict[str, object]:
        return {"locale": locale, "version": version, "latest": latest, "pages": [{}] * pages}

    contents = [chapter("en", "2.0", 6, latest=True), chapter("en", "1.0", 2, latest=False)]
    contents.append(chapter("ur", "2.0", 2, latest=True))
    build = BuildRecord("b", made, "who", "host", 1, SPEC, counts={"chunks": 100}, contents=contents)
    assert chunks_in(build, "en", None) == 60
    assert chunks_in(build, None, None) == 80
    assert chunks_in(build, "en", "1.0") == 20
    assert chunks_in(build, "fr", None) == 100  # an edition that the contents do not have: the whole book
    assert chunks_in(BuildRecord("b", made, "who", "host", 1, SPEC), "en", None) == 0


def test_thresholds_refuse_few_questions_of_each_form_and_leave_few_uncertain() -> None:
    records = [_record(number, form) for number, form in enumerate(["plain"] * 90 + ["vague"] * 10)]
    sample = Sample(
        ["similarity"], np.zeros((100, 1)), np.ones(100, dtype=bool), np.zeros(100, dtype=np.int64), records
    )
    predicted = np.linspace(0.5, 1, 100)
    predicted[-10:] = np.linspace(0.05, 0.5, 10)  # the vague ones score lowest
    upper, lower = choose_thresholds(sample, predicted)
    assert (predicted[-10:] < lower).sum() <= 1
    assert (predicted < upper).sum() == pytest.approx(18, abs=1)


def _record(number: int, form: str) -> QuestionRecord:
    return QuestionRecord(
        id=str(number),
        question="?",
        relevant=[],
        judged={},
        grades={},
        answerable=True,
        tags=[f"form:{form}"],
        found=[],
        scores=[],
    )


def test_among_few_chunks_neither_agreement_nor_the_lead_over_other_subjects_is_evidence() -> None:
    dense = [(str(place), cosine) for place, cosine in enumerate((0.5, 0.48, 0.46, 0.1, 0.1, 0.1, 0.1, 0.1))]
    sparse = [("1", 3.0), ("0", 2.0), ("2", 1.0)]
    few = signals("zmp?", "en", dense=dense, sparse=sparse)
    assert few is not None
    assert few.lead == pytest.approx(0.03)
    assert few.agreement == 0.0  # the two sides differ about the best; that both have all eight says nothing


def test_a_question_far_from_all_of_the_book_is_refused_where_its_score_is_uncertain() -> None:
    model = CoverageModel(0.0, {"similarity": 1.0}, {"similarity": 0.5}, covered_from=0.6, not_covered_below=0.2)
    assert [model.verdict(score, {"far"})[0] for score in (0.7, 0.3, 0.1)] == [
        "uncertain",
        "not_covered",
        "not_covered",
    ]
    assert model.verdict(0.3, {"far", "foreign_words"}) == ("uncertain", "language")


@each_row(
    ("rules", "verdicts"),
    [
        (set(), ["covered", "uncertain", "not_covered"]),
        ({"definition"}, ["covered", "covered", "not_covered"]),
        ({"definition", "far"}, ["covered", "not_covered", "not_covered"]),
        ({"definition", "related_term"}, ["covered", "covered", "covered"]),
        ({"definition", "other_language"}, ["covered", "covered", "uncertain"]),
        ({"far", "other_language"}, ["uncertain", "uncertain", "uncertain"]),
        ({"no_figure"}, ["uncertain", "uncertain", "not_covered"]),
        ({"scattered"}, ["uncertain", "uncertain", "not_covered"]),
        ({"scattered", "definition"}, ["covered", "covered", "not_covered"]),
        ({"other_language", "unread"}, ["uncertain", "uncertain", "uncertain"]),
        ({"related_term"}, ["covered", "uncertain", "uncertain"]),
    ],
)
def test_rules_stand_beside_the_score(rules: set[Rule], verdicts: list[str]) -> None:
    model = CoverageModel(0.0, {}, {}, 0.6, 0.2)
    assert [model.verdict(score, rules)[0] for score in (0.7, 0.3, 0.1)] == verdicts
    places = [("a", 0.1), ("b", 0.2)]
    near = signals("the price of a parcel?", "en", dense=[("a", 0.3)])
    far = signals("the price of a parcel?", "en", dense=places)
    named = signals("which zmp?", "en", dense=places)  # a passage has its word
    assert [found is not None and found.far for found in (near, far, named)] == [False, True, False]


@each_row(
    ("message", "verdict"),
    [
        ("which one did Boston Dynamics pick in 2015?", "uncertain"),
        ("and which did they use in 2015?", "uncertain"),
        ("is it what Unitree uses?", "uncertain"),
        ("is it what Hubo has used?", "covered"),
        ("how does that work in ROS2?", "covered"),
        ("which one did they use in 2009?", "covered"),
        ("is 1900.5 N too much for it?", "covered"),
        ("which one is better for the knee?", "covered"),
        ("und welche hat mehr Reibung?", "covered"),
    ],
)
def test_a_later_message_is_covered_only_where_the_sections_have_the_names_that_it_brings(
    message: str, verdict: str
) -> None:
    text = "Hubo, which won in 2009, has harmonic drives, and runs ROS 2."
    node = TextNode(text=text, metadata={GROUNDING: COVERED, "title": "Gears"})
    assert retrieved(with_its_own_names([NodeWithScore(node=node)], message)).grounding.verdict == verdict
