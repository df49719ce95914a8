from datetime import UTC, datetime

import pytest

from engines.grounding import gather_evidence
from engines.retrieval.sections import Passage
from storage.vectors.build_record import BuildRecord
from storage.vectors.fusion import Fused, Query, Ranking
from storage.vectors.idf import count_words
from storage.vectors.search import Candidates, ChunkFilter, Place, SparseQuery, StoredChunk
from storage.vectors.spec import IndexSpec

TEXT = "Das ZMP liegt im Polygon der Füße. The ZMP lies inside the support polygon."


def unknown_names(question: str, locale: str) -> float:
    words, vocabulary = count_words([(TEXT, locale)])
    spec = IndexSpec(
        embed_model="m", embed_weights="w", dimensions=3, query_prefix="", passage_prefix="", chunk_tokens=256
    )
    made = datetime(2026, 1, 1, tzinfo=UTC)
    build = BuildRecord("b", made, "who", "host", 1, spec, counts={"chunks": 1}, words=words, vocabulary=vocabulary)
    fused = Fused("a")
    ranking = Ranking(
        [fused],
        Candidates([("a", 0.5)], [("a", 3.0)], "b"),
        Query(question, [0.0], SparseQuery([], [])),
        Place(ChunkFilter(locale=locale)),
        build,
    )
    evidence = gather_evidence(question, ranking, [Passage(fused, [StoredChunk("a", TEXT, {})])])
    assert evidence is not None
    return evidence.unknown_names


@pytest.mark.parametrize(
    ("question", "locale", "names"),
    [
        ("What is the Zubrowka margin?", "en", 0.5),
        ("What is the margin?", "en", 0.0),
        ("How does /foo_bar work with QoSThing?", "en", 1.0),
        ("Wie groß ist die Reserve am Rand?", "de", 0.0),
        ("Was tut rclpy_thing?", "de", 1.0),
    ],
)
def test_names_that_the_book_does_not_have(question: str, locale: str, names: float) -> None:
    assert unknown_names(question, locale) == names
