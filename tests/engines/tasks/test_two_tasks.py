"""Two tasks of one message are both answered, one below the other."""

import pytest

from engines.events import COVERED, Question, Scope, Source
from engines.synthesis.extractive import Quotation
from engines.tasks.answering import _two_tasks
from engines.tasks.plans import ReadyAnswer, one_below_the_other
from engines.understanding.intent_recognition import intent_of


def source(number: int, chunk: str) -> Source:
    """A page under a number."""
    return Source(number, chunk, f"/{chunk}", chunk, (), "", 1.0)


@pytest.mark.parametrize(
    ("message", "tasks"),
    [
        ("what should i know before i read this one and what comes after it", ["before", "next"]),
        ("summarise this page and give me a quiz", ["summary", "quiz"]),
        ("resume esta pagina y hazme un quiz", ["summary", "quiz"]),
        ("summarise this page", []),
        ("compare chapter 2 and chapter 3", []),
        ("summary of this page and of the next", []),
    ],
)
def test_the_tasks_of_a_message_are_told_apart(message: str, tasks: list[str]) -> None:
    question = Question(message, scope=Scope(page_url="https://book.example/page"))
    assert [each.task for _, each in _two_tasks(question, intent_of(message, has_page=True))] == tasks


def test_a_page_of_both_answers_has_one_number() -> None:
    first = ReadyAnswer(Quotation("Before:\n", (("\n- a", source(1, "a")),), (source(1, "a"),)), COVERED, "b")
    own = (source(1, "c"), source(2, "a"))
    second = ReadyAnswer(Quotation("After:\n", (("\n- c", own[0]), ("\n- a", own[1])), own, "\nEnd."), COVERED, "b")
    both = one_below_the_other(first, second).answer
    assert both.resolved().text == "Before:\n\n- a [1]\n\nAfter:\n\n- c [2]\n- a [1]\nEnd."
    assert [each.number for each in both.sources] == [1, 2]
