"""A question for a price or a date is answered by a passage that has one, not by one that has its words."""

from llama_index.core.schema import NodeWithScore, TextNode

from engines.coverage.verdict import lacks_a_figure
from tests.tables import each_row

ROBOT = "The Unitree G1 is a humanoid robot with 23 joints; its computer is a Jetson."
PRICED = "The Unitree G1 starts at $16,000, the Jetson board at 399 USD."
DATED = "Version 2 of the Jetson software came out in May 2024."


def found(*texts: str) -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text=text), score=1.0) for text in texts]


@each_row(
    "question",
    [
        "What does the Unitree G1 cost?",
        "hi! how much does a Unitree G1 cost, roughly? want to tell my dad",
        "exoskeleton battery price",
        "Was kostet der Unitree G1?",
        "Combien coûte un Unitree G1 ?",
        "¿Cuánto cuesta una Jetson Thor?",
        "Jetson ka monthly price kitna hai",
        "Unitree G1 kitne ka hai?",
        "Unitree G1 کی قیمت کیا ہے؟",
        "Jetson की कीमत क्या है?",
        "Jetson 多少钱?",
    ],
)
def test_a_price_is_told_by_an_amount_of_money(question: str) -> None:
    assert lacks_a_figure(question, found(ROBOT, DATED))
    assert not lacks_a_figure(question, found(ROBOT, PRICED))


@each_row(
    "question",
    [
        "When will version 3 be released?",
        "when was this textbook published",
        "Wann erscheint die nächste Version nach Jest 30?",
        "Quand sort la version 3 ?",
        "¿Cuándo sale la próxima versión?",
        "release date of the new edition",
    ],
)
def test_a_date_is_told_by_a_year(question: str) -> None:
    assert lacks_a_figure(question, found(ROBOT, PRICED))
    assert not lacks_a_figure(question, found(ROBOT, DATED))


@each_row(
    "question",
    [
        "When is a message published to a topic?",
        "what is a cost function?",
        "how much memory does the map need?",
        "When does the gripper release the cup?",
        "why does a longer path cost more?",
        "which operating system error is raised?",
        "who needs inverse dynamics?",
        "what does the torque do?",
        "",
    ],
)
def test_other_questions_want_neither(question: str) -> None:
    assert not lacks_a_figure(question, found(ROBOT))


@each_row(
    ("question", "told"),
    [
        ("who invented the zero moment point?", "It was introduced by Vukobratović."),
        ("who maintains the driver?", "Its maintainer answers on weekdays."),
        ("in which year was the Kalman filter invented?", "Kalman published it in 1960."),
        ("when was URDF introduced?", "URDF came with the first release in 2009."),
        ("how heavy is the G1?", "The G1 has 35 kg."),
        ("how much does the arm weigh?", "Its mass is 4.2 kilograms."),
        ("what is the maximum torque of the knee motor?", "The knee gives 120 N m."),
        ("how many newton metres does the hip give?", "The hip gives 90 Nm."),
        ("which operating system does the Jetson use?", "The board comes with Ubuntu."),
    ],
)
def test_a_question_for_a_person_a_year_or_an_amount_is_answered_by_a_passage_that_has_one(
    question: str, told: str
) -> None:
    assert lacks_a_figure(question, found(ROBOT, PRICED))
    assert not lacks_a_figure(question, found(ROBOT, told))
