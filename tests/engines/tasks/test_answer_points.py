"""What counts as a point of an answer, and what a section says under it."""

import time
from types import SimpleNamespace
from typing import cast

from engines.tasks.answer_points import MIDDLE, is_asking_back, numbered, own_text, places_shown, points_of
from engines.tasks.last_points import has_step
from engines.tasks.plans import Task
from tests.tables import each_row

_STAGES = """> The pipeline has four stages:
>
> **Stage 1: Capture**
>
> The microphones listen. This involves:
>
> - **Acquisition**: sound waves
> - **Levels**: normalised
>
> **Stage 2: Recognition**
>
> Whisper writes the words.
>
> — Voice › The Pipeline [1]"""
_LABELS = """> **std_msgs**: Basic types
>
> ```python
> # 1. no point
> ```
>
> **nav_msgs**: Navigation data
>
> **Anatomy**
>
> Fields have types.
>
> — Topics › Messages [1]"""
_ITEMS = """> It helps to understand:
>
> - **How robots learn**: In simulation
>   - with random light
> - **How robots see**: With cameras
>
> **Analogy**: A brain.
>
> — Brain [1]

Quoted above already:

- Other page [2]
- Another page [3]"""
_PLACES = "> One.\n>\n> — Gait › Phases [1]\n\n> Two.\n>\n> — Gait › Swing [2]\n\n- Other page [3]\n- Another page [4]"
_OWN_LIST = "The book has:\n\n- **Module 1** — One. [1]\n- **Module 3** — Three. [2]\n- **Labs** — Some. [3]"


@each_row(
    ("answer", "number", "name"),
    [
        (_STAGES, 1, "Stage 1: Capture"),
        (_STAGES, -1, "Stage 2: Recognition"),
        (_LABELS, 2, "nav_msgs"),
        (_LABELS, -1, "nav_msgs"),
        (_ITEMS, 2, "How robots see"),
        (_ITEMS, -1, "How robots see"),
        (_PLACES, 2, "Gait › Swing"),
        (_OWN_LIST, 2, "Module 3"),
        (_OWN_LIST, 3, "Labs"),
        (_STAGES.replace("Stage 1", "Phase 3"), 3, "Phase 3: Capture"),
    ],
)
def test_the_points_of_an_answer_are_counted_as_they_are_shown(answer: str, number: int, name: str) -> None:
    point = numbered(points_of(answer), number)
    assert point is not None
    assert point.name == name


def test_a_point_that_a_quotation_leaves_out_is_none_of_another_list() -> None:
    cut = _STAGES.replace("> — Voice", "> …\n>\n> — Voice")
    other = "\n\n> 1. One\n> 2. Two\n> 3. Three\n>\n> — Keys [2]"
    assert points_of(f"{cut}{other}", 3) == []
    assert len(points_of(f"{_STAGES}{other}", 3)) == 3


SECTION = "Intro.\n\n1. **Capture**: See [the page](./x.md).\n   - more\n2. **Words**: Written.\n\nEnd of it."


@each_row(
    ("quoted", "number", "text"),
    [
        (
            "> 1. **Capture**: See the page.\n> 2. **Words**: Written.",
            1,
            "1. **Capture**: See [the page](./x.md).\n   - more",
        ),
        ("> 1. **Capture**: See the page.\n> 2. **Words**: Written.", 2, "2. **Words**: Written."),
        ("> - **Nothing**: here\n> - **None**: there", 1, ""),
    ],
)
def test_a_point_is_told_with_what_stands_below_it(quoted: str, number: int, text: str) -> None:
    point = numbered(points_of(quoted), number)
    assert point is not None
    assert own_text(point, SECTION) == text


_JOINTS = """> **Purpose**: Real robots
>
> **Structure**: A tree
>
> — URDF › Format [1]

> **Fixed Joints**: Rigid
>
> **Revolute Joints**: One axis
>
> — URDF › Joint Types [2]

> **Common planning errors**:
>
> 1. **Lost objects**: None
> 2. **Loops**: Again
>
> **Mitigation**: Validate.
>
> — Plans › Limits [3]"""


@each_row(
    ("question", "names"),
    [
        ("which kinds of joints are there?", ["Fixed Joints", "Revolute Joints"]),
        ("what are common planning errors?", ["Lost objects", "Loops"]),
        ("what is URDF?", ["Purpose", "Structure"]),
        ("", ["Purpose", "Structure"]),
    ],
)
def test_the_points_are_of_the_list_that_has_the_words_of_the_question(question: str, names: list[str]) -> None:
    assert [each.name for each in points_of(_JOINTS, question=question)] == names


def test_what_an_answer_shows_has_its_page_and_headings() -> None:
    back = "It may mean:\n\n- **Guide › Start › On**: Begin. [1]\n- **Options › esm [array<string>]**: Default. [2]"
    assert places_shown(_PLACES)[:2] == [("Gait", "Phases"), ("Gait", "Swing")]
    assert places_shown(back)[-1] == ("Options", "esm [array<string>]")
    assert is_asking_back(back)
    assert not is_asking_back(_PLACES)


def test_a_step_is_looked_for_at_once_in_an_answer_of_many_lines_without_words() -> None:
    started = time.thread_time()
    for line in ("\n", "> \n", "-\n"):
        assert not _has_second_step(line * (30_000 // len(line)))
    assert time.thread_time() - started < 0.3
    assert _has_second_step("> 1. Install it\n>\n> 2. Run it")
    assert _has_second_step("\n\n> - 2) Run it")


def _has_second_step(answer: str) -> bool:
    return has_step(cast("Task", SimpleNamespace(intent=SimpleNamespace(subject="2"), last_answer=answer)))


_ROWS = "| Event | When |\n| --- | --- |\n| `enter` | before |\n| `leave` | after |"


def test_the_rows_of_a_table_are_points_and_come_with_its_header() -> None:
    quoted = "".join(f"> {line}\n" for line in _ROWS.splitlines())
    last = numbered(points_of(f"{quoted}>\n> — Life › Events [1]"), -1)
    assert last is not None
    assert (last.name, last.place) == ("leave", ("Life", "Events"))
    assert own_text(last, f"The events:\n\n{_ROWS}\n\nEnd.") == "| Event | When |\n| --- | --- |\n| `leave` | after |"


def test_what_a_quotation_leaves_out_of_a_list_is_counted_in_the_whole_section() -> None:
    cut = "> **One**: a\n>\n> **Two**: b\n>\n> …\n>\n> — Page › Kinds [1]"
    whole: dict[tuple[str, ...], str] = {
        ("Page", "Kinds"): "- of no count\n- nor this\n\n**One**: a\n\n**Two**: b\n\n**Three**: c"
    }
    assert [each.name for each in points_of(cut, whole=whole)] == ["One", "Two", "Three"]
    below: dict[tuple[str, ...], str] = {
        ("Page", "Kinds"): "- of no count\n- nor this"
    }  # the bold words are headings of its subsections
    assert [each.name for each in points_of(cut, whole=below)] == ["One", "Two"]


def test_the_point_in_the_middle() -> None:
    middle = numbered(points_of(_OWN_LIST), MIDDLE)
    assert middle is not None
    assert middle.name == "Module 3"
