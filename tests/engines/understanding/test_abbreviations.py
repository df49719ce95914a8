"""Abbreviations that the book writes otherwise are searched for as it writes them; others stay as they are."""

import pytest

from engines.understanding.abbreviations import Abbreviations
from engines.understanding.understanding import understand
from storage.vectors.bm25 import (
    Vocabulary,
    decode_phrases,
    decode_written_words,
    encode_phrases,
    encode_written_words,
    tokens,
)

TEXT = """
Reinforcement learning trains a policy. Reinforcement learning is slow, and reinforcement learning needs a simulator.
The degrees of freedom of an arm; its degrees of freedom. All degrees of freedom.
Quality of service: the quality of service (QoS) of a topic is its quality of service. QoS again, QoS, QoS, QoS.
The zero moment point (ZMP) and the support polygon. ZMP, ZMP. URDF describes links and joints. URDF, URDF, URDF.
SLAM makes a map. A PD controller has two gains. An IMU, a LIDAR and a camera; the gaps between them.
Reinforcement-learning, reinforcement-learning. The centre of mass, a centre of mass, its centre of mass.
Between them, between them, between them, between them, between them.
```python
return learning  # rate limit
rate_limit = rate limit
```
"""


@pytest.fixture(scope="module")
def abbreviations() -> Abbreviations:
    words = decode_written_words(encode_written_words([TEXT]))
    return Abbreviations(words, decode_phrases(encode_phrases([TEXT])), Vocabulary.of(set(tokens(TEXT))), "en")


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is RL?", ("RL", "reinforcement learning")),
        ("how does rl work", ("rl", "reinforcement learning")),
        ("how many DoF has the arm", ("DoF", "degrees of freedom")),
        ("What does DOF mean?", ("DOF", "degrees of freedom")),
        ("Where is the CoM?", ("CoM", "centre of mass")),
        ("do RLs need a simulator?", ("RL", "reinforcement learning")),
        ("What is a PID controller?", ("PID", "pd")),
        ("how do I choose the gains of a pid controller", ("pid", "pd")),
        ("what is VSLAM", ("VSLAM", "slam")),
        ("How does RL compare?", ("RL", "reinforcement learning")),
    ],
)
def test_what_the_book_has_under_another_name_is_searched_for_too(
    abbreviations: Abbreviations, question: str, term: tuple[str, str]
) -> None:
    assert understand(question, abbreviations=abbreviations).terms == (term,)
    assert f"({term[1]})" in understand(question, abbreviations=abbreviations).search_text


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("what is the ZPM?", "what is the ZMP"),
        ("UDRF joints", "URDF joints"),
        ("how do I write an urfd file", "how do I write an urdf file"),
    ],
)
def test_swapped_letters_are_put_right(abbreviations: Abbreviations, question: str, searched: str) -> None:
    found = understand(question, abbreviations=abbreviations)
    assert found.search_text == searched
    assert found.corrections


@pytest.mark.parametrize(
    "question",
    [
        "What is the ZMP?",  # the book has it
        "What is QoS?",  # the same, and uses it as often as the phrase
        "Who is the CEO of Tesla?",
        "What is HTML?",
        "What is a GPS?",  # near to "gaps", which is no abbreviation
        "What is LQR?",  # near to nothing, and alone
        "What is BT?",  # the initials of "between them"
        "WHAT IS A LEG?",  # all in capitals
        "is it an arm or a leg",
        "open /usr/RL/x and RL_rate",
        "",
        "RL reinforcement learning?",
    ],
)
def test_other_words_stay_as_they_are(abbreviations: Abbreviations, question: str) -> None:
    found = understand(question, abbreviations=abbreviations)
    assert (found.terms, found.corrections) == ((), ())


def test_phrases_leave_code_out_and_count_small_words_inside() -> None:
    phrases = decode_phrases(encode_phrases([TEXT]))
    assert (
        [phrase.text for phrase in phrases["dof"]]
        == [phrase.text for phrase in phrases["df"]]
        == ["degrees of freedom"]
    )
    assert phrases["rl"][0].text == "reinforcement learning"
    assert phrases["rl"][0].count == 5
    assert not any("limit" in phrase.text for found in phrases.values() for phrase in found)
    assert decode_phrases("") == {}


def test_a_book_of_any_length_gives_phrases_quickly_and_few() -> None:
    many = [f"{TEXT} word{number} and more" for number in range(200)]
    assert len(encode_phrases(many)) < 100_000
