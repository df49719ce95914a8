"""Which place of the book a task is on."""

from datetime import UTC, datetime
from typing import Any

from engines.events import Question
from engines.tasks.contents import Chapter, Contents, PageEntry
from engines.tasks.messages import messages_for
from engines.tasks.plans import Task
from engines.understanding.intent import Intent
from storage.vectors.bm25 import encode_written_words
from storage.vectors.build_record import BuildRecord, IndexSpec
from storage.vectors.hybrid_search import ChunkFilter
from storage.vectors.qdrant_vector_store import PinnedBuild
from tests.tables import each_row


def _chapter(title: str, *pages: str) -> Chapter:
    return Chapter(title, tuple(PageEntry(page, f"/{page}") for page in pages))


CONTENTS = Contents(
    (
        _chapter("Safety", "Risk", "Behaviour"),
        _chapter("Learning", "Vision models", "Rewards"),
        _chapter("Perception", "Cameras", "Maps"),
    )
)


def build_of(words: str) -> PinnedBuild:
    """The build of an English book that has these words; it is not searched, so it needs no engine."""
    spec = IndexSpec(embed_model="model", embed_weights="", dimensions=3)
    book = {"default_locale": "en"}
    record = BuildRecord("b", datetime.now(UTC), "", "", 0, spec, book=book, spelling=encode_written_words([words] * 3))
    no_engine: Any = None
    return PinnedBuild(no_engine, record)


@each_row(
    ("name", "words", "title"),
    [
        ("Sicherheit", "security safety", "Safety"),  # the words of the book that it may mean
        ("Sicherheit", "safety", "Safety"),
        ("Wahrnehmung", "vision perception", "Perception"),  # a chapter comes before a page
        ("Wahrnehmung", "vision", "Vision models"),
        ("Sicherheit", "security", None),
        ("Sicherheit", "kettle", None),
    ],
)
def test_a_name_in_another_language_is_one_of_the_things_that_it_may_mean(
    name: str, words: str, title: str | None
) -> None:
    text = f"Fasse das Kapitel über {name} zusammen"
    asked = Task(Question(text), Intent(), messages_for(text), build_of(words), CONTENTS, None, ChunkFilter())
    found = asked.place(name)
    assert (found.title if found else None) == title
