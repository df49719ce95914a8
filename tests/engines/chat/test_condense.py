"""What a condense step's reply is worth: a question is searched, anything else is not."""

import pytest

from engines.chat.condense import usable
from engines.events import Question, Scope, Turn
from tests.engines.chat.chat_world import a_world
from tests.gemini_server import Reply

TURNS = (Turn("user", "What is the zero moment point?"), Turn("assistant", "A point on the ground [1]."))

NO_QUESTIONS = [
    "I cannot rewrite this.",
    "I can't help with that.",
    "Sorry, the message is too vague.",
    "I’m sorry, but I am unable to rewrite the newest message about the zero moment point.",
    "As an AI language model I do not see a question here.",
    "Could you please provide the conversation?",
    "There is no question in the newest message.",
    "Please clarify what you mean by that.",
    "N/A",
    "Done.",
    "OK, understood!",
    "...",
    "Ich kann diese Nachricht leider nicht umschreiben.",
    "Je ne peux pas reformuler ce message.",
    "Lo siento, no puedo reescribir el mensaje.",
    "معذرت، میں یہ سوال دوبارہ نہیں لکھ سکتا۔",
    "抱歉，我无法改写这条消息。",
    "Here is the rewritten question:",
]


@pytest.mark.parametrize("reply", NO_QUESTIONS)
def test_a_reply_that_is_no_question_is_not_used(reply: str) -> None:
    assert usable(reply, "and why?", TURNS) is None


@pytest.mark.parametrize(
    ("reply", "used"),
    [
        ("Why must the zero moment point stay inside?", "Why must the zero moment point stay inside?"),
        ("zero moment point in Python", "zero moment point in Python"),
        ('"Why does it\nmatter?"', "Why does it matter?"),
        ("Question: Why does the ZMP matter?", "Why does the ZMP matter?"),
        ("Here is the question: Why does the ZMP matter?", "Why does the ZMP matter?"),
        ("زیرو مومنٹ پوائنٹ کیوں اہم ہے؟", "زیرو مومنٹ پوائنٹ کیوں اہم ہے؟"),
        ("为什么零力矩点很重要？", "为什么零力矩点很重要？"),
        ("What is a large language model?", "What is a large language model?"),
    ],
)
def test_a_question_is_used_without_what_stands_around_it(reply: str, used: str) -> None:
    assert usable(reply, "and why?", TURNS) == used


def test_what_the_reader_cannot_do_is_no_refusal_of_the_model() -> None:
    asked = "I can't install it, what now?"
    assert usable("I cannot install ROS 2, what should I do?", asked, TURNS) is not None


def test_a_topic_in_a_script_without_spaces_counts_as_said() -> None:
    turns = (Turn("user", "零力矩点是什么？"), Turn("assistant", "地面上的一点。"))
    assert usable("零力矩点的例子", "举个例子", turns) == "零力矩点的例子"


async def test_a_refusal_to_condense_leaves_the_question_before_it() -> None:
    async with a_world() as world:
        world.server.condense = Reply(chunks=("I cannot rewrite this.",))
        await world.ask(Question("and why?", TURNS))
        ((asked, scope),) = world.retrieval.asked
    assert "I cannot" not in asked
    assert "zero moment point" in asked
    assert scope == Scope()


async def test_a_follow_up_of_two_very_long_turns_is_condensed_with_both() -> None:
    question = "What is the ZMP? " + "I walk and walk. " * 440
    answer = "It is a point. " + "The foot turns. " * 460
    async with a_world(history_tokens=500) as world:
        await world.ask(Question("and why?", (Turn("user", question), Turn("assistant", answer))))
        (condensation,) = world.server.condensations
        (stream,) = world.server.streams
    assert "What is the ZMP?" in condensation.everything
    assert [role for role, _ in stream.texts] == ["user", "model", "user"]
