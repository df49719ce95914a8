"""Messages that ask more than one thing are told apart; one question with two nouns is not."""

import pytest

from engines.understanding.message_parts import take_apart
from engines.understanding.several_questions import questions_in
from engines.understanding.understanding import understand


def typed(message: str) -> list[str]:
    """The questions of a message as they were typed."""
    return [each.typed for each in understand(message).questions]


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        (
            "How do I make Jest stop after the first failing suite, and how can I split the tests over 3 machines?",
            ["How do I make Jest stop after the first failing suite", "how can I split the tests over 3 machines?"],
        ),
        ("What is a digital twin? And which sensors does Gazebo have?", None),
        ("que version minima de iOS pide ionic 9 y hasta cuando tiene mantenimiento la v8?", None),
        ("Was ist ein Knoten und wie kalibriere ich eine Kamera?", None),
        ("Comment installer Jest et pourquoi faut-il Babel ?", None),
        ("ROS 2 kya hai aur topic kaise banate hain?", ["ROS 2 kya hai", "topic kaise banate hain?"]),
        ("نوڈ کیا ہے اور ٹاپک کیسے بناتے ہیں؟", ["نوڈ کیا ہے", "ٹاپک کیسے بناتے ہیں؟"]),
        ("什么是节点，以及如何创建话题？", ["什么是节点", "如何创建话题?"]),
        ("ノードとは何ですか、そしてトピックはどう作りますか？", None),
        ("ROS 2 क्या है और टॉपिक कैसे बनाते हैं?", None),
        (
            "what is the default of testTimeout and of maxWorkers",
            ["what is the default of testTimeout", "what is the default of maxWorkers"],
        ),
    ],
)
def test_two_questions_are_told_apart(message: str, questions: list[str] | None) -> None:
    found = typed(message)
    assert found == questions if questions else len(found) == 2


@pytest.mark.parametrize(
    "message",
    [
        "What is the difference between a topic and a service?",
        "What is the difference between how topics work and how services work?",
        "How do nodes and topics work together?",
        "I have installed Jest and how do I run it now?",
        "What part does the Jacobian play in inverse kinematics, and what part in impedance control?",
        "Should I use fake timers or not?",
        "How do I mock a module? Is that possible?",
        "When I run it and the robot falls, what is wrong?",
        "话题和服务有什么区别？",
        "topics aur services mein kya farq hai?",
        "¿Cuál es la diferencia entre un nodo y un topic?",
    ],
)
def test_one_question_stays_one(message: str) -> None:
    assert not typed(message)


def test_a_question_without_a_subject_has_that_of_the_one_before_it() -> None:
    _, second = understand("What is a digital twin? And how is it different from a simulation?").questions
    assert second.typed == "how is it different from a simulation?"
    assert second.searched == "digital twin how is it different from a simulation?"


def test_at_most_three_questions_are_told_apart() -> None:
    asking = take_apart("What is ROS 2? How do I install Gazebo? Which robots walk? How fast is a node?").asking
    assert len(questions_in(asking, ())) == 3


def test_a_pasted_error_with_two_questions_is_one_problem() -> None:
    assert not typed(
        "TypeError: x is not a function\n    at run (app.js:3:1)\n\nWhat is this and how do I fix the test?"
    )


def test_a_long_message_is_about_one_problem() -> None:
    assert not typed("How do I mock a module of mine, " + "of all of them " * 60 + "and how do I reset the mocks?")
