"""The first sentence of a passage keeps its markup whole, whatever it begins with and wherever it is cut."""

import time

import pytest

from engines.citations.answer_blocks import sentences
from engines.citations.opening_sentence import beginning, gist, listed, opening_sentence, telling_sentence
from tests.tables import each_row


@each_row(
    ("text", "first"),
    [
        ("**Inverse dynamics** asks which torques act. More.", "**Inverse dynamics** asks which torques act."),
        ("- **Inverse dynamics** asks.\n- **Forward** asks.", "**Inverse dynamics** asks."),
        ("* *Torque* turns a joint. More.", "*Torque* turns a joint."),
        ("*Torque* turns a joint. More.", "*Torque* turns a joint."),
        ("_Torque_ turns a joint. More.", "_Torque_ turns a joint."),
        ("***Both*** at once. More.", "***Both*** at once."),
        ("`ros2 run a.b c` starts it. More.", "`ros2 run a.b c` starts it."),
        ("$x. y$ is the state. More.", "$x. y$ is the state."),
        ("[See v. 2. Now](https://a.example/b. c) first. More.", "[See v. 2. Now](https://a.example/b. c) first."),
        ("**First. Second.** Third.", "**First. Second.**"),
        ("A **bold. text** here. More.", "A **bold. text** here."),
        ("> **Quoted** text\n> goes on. More.", "**Quoted** text goes on."),
        ("1. **One** step. More.", "**One** step."),
        ("- [x] **Done** it. More.", "**Done** it."),
        ("### Title\n\n**The** text. More.", "**The** text."),
        ("### Title\n**The** text. More.", "**The** text."),
        ("### Title only", "Title only"),
        ("```python\nx = 1. + y\n```\n\nThe **code** adds. More.", "The **code** adds."),
        ("$$\nx = 1.\n$$\n\nThe formula. More.", "The formula."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ""),
        ("It costs $5 and $6. More.", "It costs $5 and $6."),
        ("2 * 3 is six. 4 * 5 is more.", "2 * 3 is six."),
        ("**never closed. More.", "**never closed."),
        (r"\*not bold. at all\* here.", r"\*not bold."),
        ("-5 degrees is cold. More.", "-5 degrees is cold."),
        ("", ""),
    ],
)
def test_a_first_sentence_keeps_its_markup(text: str, first: str) -> None:
    assert opening_sentence(text) == first


@each_row(
    ("text", "first"),
    [
        ("one two **three four five** six seven.", "one two …"),
        ("**one two three four five six seven.** Eight.", "one two three four …"),
        ("*one* two three four five six.", "*one* two three four …"),
        ("`one two three four five six` seven.", "`one two three four five six` …"),
        ("one two $a + b + c + d + e$ is it.", "one two …"),
    ],
)
def test_a_long_first_sentence_is_not_cut_inside_its_markup(text: str, first: str) -> None:
    assert opening_sentence(text, 20) == first


@each_row(
    ("text", "first"),
    [
        ("__Two _one_ two. x__ more. End.", "__Two _one_ two. x__ more."),
        ("_See `a_b`. x_ here. End.", "_See `a_b`. x_ here."),
        ("_snake_case. x_ here. End.", "_snake_case. x_ here."),
        ("_never closed. More.", "_never closed."),
        ("A _b _c_ d. More.", "A _b _c_ d."),
    ],
)
def test_underscores_are_markup_where_they_close(text: str, first: str) -> None:
    assert opening_sentence(text) == first


@pytest.mark.parametrize(
    "part",
    [
        "_a ",
        "__a ",
        "_a_b ",
        "*_a ",
        "*a ",
        "**a ",
        "_a `",
        "*a `b ",
        "_a __b ___c ",
        "[a](b (c ",
        "e.g. ",
        "A. ",
        "1.\n",
    ],
)
def test_what_nothing_closes_or_ends_takes_time_by_its_length(part: str) -> None:
    started = time.process_time()
    opening_sentence(part * 10_000)
    sentences(part * 10_000)
    assert time.process_time() - started < 3  # by its square each was 6 s and more, and most of them minutes


@each_row(
    ("text", "first"),
    [
        (
            "By completing this sub-chapter, you will be able to:\n\n- Explain kinematics\n\nA joint turns. More.",
            "A joint turns.",
        ),
        ("**Output**:\n\n```\nx\n```\n\nThe node prints a line. More.", "The node prints a line."),
        ("**Terminal 1 (Server)**:\n\n```bash\nros2 run\n```", ""),
        (
            "**Duration**: 3 hours\n\n**Level**: hard\n\nWalking is falling forward. More.",
            "Walking is falling forward.",
        ),
        ("Nodes need these parts:\n- a clock\n- a loop\n\nA loop runs for ever. More.", "A loop runs for ever."),
        ("You need:\n\n- A robot\n- It has to stand.", "It has to stand."),
        ("**All prerequisites met?**\n\nThen go on with the next page. More.", "Then go on with the next page."),
        ("**Time does not wait.** It goes on.", "**Time does not wait.**"),
        ("![An arm](./arm.png)\n\nThe arm has six joints. More.", "The arm has six joints."),
        (":::tip\n\nMeasure twice and cut once. More.\n\n:::", "Measure twice and cut once."),
        ("**Balance** is what a robot loses first. More.", "**Balance** is what a robot loses first."),
        ("Was Sie lernen werden:\n\n- Knoten\n\nEin Knoten rechnet. Mehr.", "Ein Knoten rechnet."),
        ("آپ یہ سیکھیں گے:\n\nنوڈ ایک عمل ہے۔ مزید۔", "نوڈ ایک عمل ہے۔"),
        ("目标：\n\n机器人会走路。", "机器人会走路。"),
        ("### Steps\n\n| a | b |\n|---|---|\n| 1 | 2 |", ""),
        ("The sum is:\n\n$$\ns = a + b\n$$\n\nwhere a is the first part. It is small.", "It is small."),
        ("The sum is:\n\n$$\ns\n$$\n\nWhere $s$ is the sum of both. It is small.", "It is small."),
        ("The sum is:\n\n$$\ns\n$$\n\nwith a and b as before. It is small.", "It is small."),
        ("Die Summe ist:\n\n$$\ns\n$$\n\nwobei a der erste Teil ist. Sie ist klein.", "Sie ist klein."),
        ("La somme est :\n\n$$\ns\n$$\n\noù a est la première partie. Elle est petite.", "Elle est petite."),
        ("La suma es:\n\n$$\ns\n$$\n\ndonde a es la primera parte. Es muy pequeña.", "Es muy pequeña."),
        ("Where users find it varies. More.", "Where users find it varies."),
        ("With two legs it walks. More.", "With two legs it walks."),
    ],
)
def test_a_sentence_that_tells_something_is_no_lead_in_and_no_label(text: str, first: str) -> None:
    assert telling_sentence(text) == first


LONG = (
    "### Balance\n\nA robot falls when its foot tips. It steps to catch itself.\n\nThe parts are:\n\n"
    "- **hip**, which swings the leg. It is strong.\n- knee\n\n```python\nrobot.step(1)\nrobot.step(2)\n```\n\n"
    "Then it walks on."
)


@each_row("limit", range(3, 60))
def test_the_beginning_of_a_text_ends_with_a_whole_sentence(limit: int) -> None:
    """In words as tokens: whatever fits is a beginning of the text, and nothing is cut inside of a sentence or code."""

    def count(text: str) -> int:
        return len(text.split())

    kept = beginning(LONG, limit, count)
    assert count(kept) <= limit
    assert LONG.startswith(kept)
    assert not kept.endswith(":")
    assert kept.count("```") % 2 == 0
    first = "A robot falls when its foot tips."
    if limit >= count("### Balance " + first):
        assert any(kept.endswith(end) for end in (first, "itself.", "leg.", "strong.", "knee", "```", "walks on."))


def test_a_sentence_that_is_longer_than_the_limit_is_cut_between_words() -> None:
    assert beginning("Vision-Language models are large. More.", 2, lambda text: len(text.split())) == (
        "Vision-Language models"
    )


@each_row(
    ("text", "most", "items"),
    [
        ("You need:\n\n- **GPU**: RTX 3070\n- 32 GB of memory\n\nMore.", 80, "**GPU**: RTX 3070; 32 GB of memory"),
        ("1. Build it.\n2. Run it.\n3. Look at what it says", 20, "Build it; Run it; …"),
        ("- [ ] Ubuntu\n- [x] ROS 2", 80, "Ubuntu; ROS 2"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 80, ""),
        ("```yaml\n- a\n- b\n```", 80, ""),
        ("No list.", 80, ""),
    ],
)
def test_a_section_without_a_sentence_is_told_by_its_list(text: str, most: int, items: str) -> None:
    assert listed(text, most) == items


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Two frames together are one matrix with four rows:\n\n$$\nT\n$$",
            "Two frames together are one matrix with four rows:",
        ),
        ("**Output**:\n\n```\nx\n```", ""),
        ("At the end you will be able to do this:\n\n- build a node\n- run it", "build a node; run it"),
    ],
)
def test_the_gist_of_a_section_is_a_list_or_a_long_lead_in_where_there_is_no_sentence(text: str, told: str) -> None:
    assert gist(text, 240, 160) == told
