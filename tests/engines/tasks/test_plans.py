"""Which place of the book a task is on."""

from types import SimpleNamespace
from typing import Any

import pytest

from engines.tasks import plans
from engines.tasks.contents import Chapter, Contents, PageEntry
from engines.tasks.plans import Task
from tests.tables import each_row


def _chapter(title: str, *pages: str) -> Chapter:
    return Chapter(title, tuple(PageEntry(page, f"/{page}") for page in pages))


CONTENTS = Contents((_chapter("Safety", "Risk", "Behaviour"), _chapter("Learning", "Vision models", "Rewards")))


@each_row(
    ("meanings", "title"),
    [
        ((("Sicherheit", "security"), ("Sicherheit", "safety")), "Safety"),
        ((("Sicherheit", "safety"),), "Safety"),
        ((("Sicherheit", "vision"), ("Sicherheit", "safety")), "Safety"),  # a chapter comes before a page
        ((("Sicherheit", "security"),), None),
        ((), None),
    ],
)
def test_a_name_in_another_language_is_one_of_the_things_that_it_may_mean(
    meanings: tuple[tuple[str, str], ...], title: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "understand_for", lambda *_: SimpleNamespace(terms=(), meanings=meanings))
    world: Any = SimpleNamespace(text="Fasse das Kapitel über Sicherheit zusammen", locale=None, record=None)
    intent: Any = SimpleNamespace(word="")
    asked = Task(world, intent, world, world, CONTENTS, None, world)
    found = asked.place("Sicherheit")
    assert (found.title if found else None) == title
