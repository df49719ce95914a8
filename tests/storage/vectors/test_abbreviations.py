"""The abbreviations of a book are learned from the names beside them, and from headings above them."""

from storage.vectors.abbreviations import decode_phrases, encode_abbreviations
from tests.tables import each_row


def learned(text: str, *headings: str, times: int = 1) -> dict[str, str]:
    found = decode_phrases(encode_abbreviations([(headings, text)] * times))
    return {short: names[0].text for short, names in found.items()}


@each_row(
    ("text", "short", "name"),
    [
        ("The Zero Moment Point (ZMP) stays inside.", "zmp", "zero moment point"),
        ("**Inertial Measurement Units (IMUs)** drift.", "imu", "inertial measurement units"),
        ("A large Vision-Language-Action (VLA) model.", "vla", "vision language action"),
        ("It is sent as JavaScript Object Notation (JSON).", "json", "javascript object notation"),
        ("LiDAR (Light Detection and Ranging) measures.", "lidar", "light detection and ranging"),
        ("Its Simultaneous Localization and Mapping (SLAM).", "slam", "simultaneous localization and mapping"),
        ("We use deep Reinforcement Learning (*RL*) here.", "rl", "reinforcement learning"),
        ("All Progressive Web Apps (PWAs) do.", "pwa", "progressive web apps"),
    ],
)
def test_a_name_beside_its_abbreviation_is_learned_without_the_words_around_it(
    text: str, short: str, name: str
) -> None:
    assert learned(text) == {short: name}
    assert learned("Nothing.", text) == {short: name}, "in a heading as well"


@each_row(
    "text",
    [
        "Press the button (OK) and wait (10 ms).",
        "a wide range of applications (API)",
        "Robots walk (see below) on (USA) feet.",
        "`Zero Moment Point (ZMP)`",
        "```python\n# Zero Moment Point (ZMP)\n```",
        "The transform (TF) tree",
        "",
    ],
)
def test_other_brackets_are_no_names(text: str) -> None:
    assert learned(text) == {}


def test_a_heading_names_what_the_text_below_it_abbreviates() -> None:
    text = "The IK solver finds joint angles, and IK may have no solution."
    assert learned(text, "Kinematics", "Inverse Kinematics for Arms", times=2) == {"ik": "inverse kinematics"}
    assert learned(text, "Inverse Kinematics") == {}, "one piece of text alone may be chance"
    assert learned("It finds joint angles.", "Inverse Kinematics", times=2) == {}


def test_the_name_that_is_written_most_often_counts() -> None:
    texts = ["A Large Language Model (LLM).", "Large Language Models (LLMs).", "Large Language Models (LLMs) too."]
    found = decode_phrases(encode_abbreviations([((), text) for text in texts]))
    assert [(name.text, name.count) for name in found["llm"]] == [
        ("large language models", 2),
        ("large language model", 1),
    ]
