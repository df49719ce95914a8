"""Wishes about the form of an answer: taken out of what is searched wherever they stand, and nothing else with them."""

import pytest

from engines.understanding.message_parts import is_wish, without_wishes
from engines.understanding.understanding import understand
from tests.tables import each_row

WISHES = [
    ("in a nutshell, what is SLAM", "what is SLAM"),
    ("In layman's terms what is SLAM?", "what is SLAM?"),
    ("tl;dr what is SLAM", "what is SLAM"),
    ("briefly: what is SLAM", "what is SLAM"),
    ("explain briefly what SLAM is", "explain what SLAM is"),
    ("explain in simple words what SLAM is", "explain what SLAM is"),
    ("what is, in simple words, SLAM?", "what is, SLAM?"),
    ("what is SLAM, in one sentence?", "what is SLAM?"),
    ("explain like i'm 5: what is slam", "what is slam"),
    ("short answer please: how many joints has a leg", "how many joints has a leg"),
    ("How do I install ROS 2 step by step?", "How do I install ROS 2?"),
    ("give me the sensors of a robot, as a table", "give me the sensors of a robot"),
    ("describe SLAM so that my grandma gets it", "describe SLAM"),
    ("what is SLAM, so my dad can understand it?", "what is SLAM?"),
    ("explain SLAM, few sentences", "explain SLAM"),
    ("explain SLAM for my grandmother", "explain SLAM"),
    ("was ist SLAM, so dass meine Oma es versteht?", "was ist SLAM?"),
    ("erkläre SLAM in wenigen Sätzen", "erkläre SLAM"),
    ("qué es SLAM, para mi abuela", "qué es SLAM"),
    ("kurz gesagt: was ist SLAM?", "was ist SLAM?"),
    ("Erkläre mir in einem Satz, was SLAM ist", "Erkläre mir, was SLAM ist"),
    ("en bref, c'est quoi SLAM ?", "c'est quoi SLAM?"),
    ("explique-moi simplement SLAM", "explique-moi SLAM"),
    ("¿En pocas palabras, qué es SLAM?", "¿qué es SLAM?"),
    ("asaan alfaz mein SLAM kya hai", "SLAM kya hai"),
    ("آسان الفاظ میں SLAM کیا ہے؟", "SLAM کیا ہے؟"),
    ("SLAM کیا ہے، کوڈ نہیں", "SLAM کیا ہے"),
    ("SLAM erklären, ganz kurz, ohne Code", "SLAM erklären"),
    ("wie geht SLAM, nur Stichpunkte", "wie geht SLAM"),
    ("qué es SLAM, sin codigo", "qué es SLAM"),
    ("SLAM kya hai, code ke baghair", "SLAM kya hai"),
    ("SLAM kya hai, mukhtasar 3 points mein", "SLAM kya hai"),
    ("सरल शब्दों में SLAM क्या है?", "SLAM क्या है?"),
    ("SLAM क्या है, बिना कोड के", "SLAM क्या है"),
    ("SLAM क्या है, 3 बिंदुओं में", "SLAM क्या है"),
    ("用简单的话解释 SLAM", "解释 SLAM"),
    ("解释SLAM，不要代码", "解释SLAM"),
    ("请用三句话介绍SLAM", "介绍SLAM"),
]


@each_row(("asked", "left"), WISHES)
def test_a_wish_is_taken_out_wherever_it_stands(asked: str, left: str) -> None:
    assert without_wishes(asked) == left
    assert understand(asked).search_text == understand(left).search_text


@each_row(
    "asked",
    [
        "how do robots learn quickly?",
        "how do I return results as a list?",
        "What is the difference between a list and a table in Python?",
        "which steps are in a short step-by-step guide",
        "how can I simply put a node in a package",
        "is the API simple?",
        "how do I format a string in one line",
        "what is a nutshell",
        "short circuit",
        "give me a summary of the chapter on drones",
        "the simple version of a planner",
        "",
    ],
)
def test_words_that_may_be_the_subject_stay(asked: str) -> None:
    assert without_wishes(asked) == asked


@pytest.mark.parametrize(
    "asked",
    [
        "give me a one-sentence explanation of VSLAM",
        "give me a short simple summary of VSLAM",
        "can you give me the high-level overview of VSLAM?",
    ],
)
def test_a_wish_within_an_instruction_is_not_searched(asked: str) -> None:
    assert understand(asked).search_text == "VSLAM"


def test_a_sentence_that_is_a_wish_is_not_searched() -> None:
    assert understand("What is SLAM? Keep it short please. In simple words!").search_text == "What is SLAM"
    assert not is_wish("short circuit")
    assert not is_wish("...")


@each_row("text", ["please " * 2_000, "in a " * 2_000, ", short" * 1_000, "explain it " * 40 + "x", "\ue000a"])
def test_long_odd_messages_are_left(text: str) -> None:
    assert without_wishes(text) == text
