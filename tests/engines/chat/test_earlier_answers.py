"""What a new answer takes of earlier ones: no marks of theirs, and nothing to cite of a refusal."""

import pytest

from engines.events import Question, Retrieved, Turn
from tests.engines.chat.chat_world import NOT_COVERED, SOURCES, a_world, end_of, resolved_of, text_of
from tests.gemini_server import Reply

ASKED = Turn("user", "What is the capture point?")


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("It has to step there [2]. It moves [1][3].", "It has to step there. It moves."),
        ("It is in [0, 1], and q[1] moves [2].", "It is in [0, 1], and q[1] moves."),
        (
            "Run `a[1]` first [1].\n\n```py\nx[2]\n```\n\nThen so [2].",
            "Run `a[1]` first.\n\n```py\nx[2]\n```\n\nThen so.",
        ),
        ("See [the guide](https://book.example/docs) [1].", "See [the guide](https://book.example/docs)."),
        ("捕获点是落脚处【1】。", "捕获点是落脚处。"),
        ("No mark at all.", "No mark at all."),
    ],
)
async def test_a_model_sees_earlier_answers_without_marks_of_their_passages(said: str, given: str) -> None:
    async with a_world() as world:
        world.server.reply = Reply(chunks=("It stands [source 1].",))
        await world.ask(Question("And why?", history=(ASKED, Turn("assistant", said))))
        assert world.server.streams[-1].texts[:2] == [("user", ASKED.content), ("model", given)]


async def test_what_a_reader_wrote_in_brackets_stays() -> None:
    async with a_world() as world:
        await world.ask(Question("And why?", history=(Turn("user", "Why is it so [1]?"), Turn("assistant", "So."))))
        assert world.server.streams[-1].texts[0] == ("user", "Why is it so [1]?")


async def test_after_a_refusal_why_not_is_about_the_refused_question_and_cites_nothing() -> None:
    async with a_world(Retrieved((), NOT_COVERED), with_model=False) as world:
        first = await world.ask("How do I bake bread with sourdough?")
        history = (Turn("user", "How do I bake bread with sourdough?"), Turn("assistant", text_of(first)))
        events = await world.ask(Question("Why not?", history=history))
        assert world.retrieval.asked[-1][0] == "How do I bake bread with sourdough?\nWhy not?"
        assert end_of(events).reason == "refused"
        assert resolved_of(events).cited == ()


@pytest.mark.parametrize(
    "message", ["go on", "continue", "please continue", "weiter", "continue s'il te plaît", "جاری رکھیں"]
)
async def test_go_on_is_about_the_question_whose_answer_was_stopped(message: str) -> None:
    async with a_world(Retrieved(SOURCES, NOT_COVERED), with_model=False) as world:
        await world.ask(Question(message, history=(ASKED, Turn("assistant", "The capture point is the"))))
        assert world.retrieval.asked[-1][0] == f"{ASKED.content}\n{message}"
