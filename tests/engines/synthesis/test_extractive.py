"""What an answer without a model quotes: what tells something first, nothing twice in one conversation."""

from dataclasses import replace
from typing import Literal

import pytest

from engines.events import CitationsResolved, Question, Retrieved, Searched, Source, SourcesFound, Turn
from engines.synthesis.extractive import quote_passages
from engines.synthesis.fallback_messages import ENGLISH
from engines.synthesis.passage_choice import Choice, choose
from engines.understanding.understanding import understand
from tests.engines.chat.chat_world import COVERED, NOT_COVERED, a_world, only, text_of
from tests.tables import each_row


def section(number: int, *headings: str, text: str = "") -> Source:
    url = f"https://book.example/docs/page-{number}"
    text = text or f"Passage {number} says what only passage {number} says."
    return Source(number, f"id-{number}", url, "Nodes", headings, text, 1 / number)


LEARNED = section(1, "What You've Learned", text="- ✅ Created a workspace\n- ✅ Wrote a node\n- ✅ Ran it")
DIAGRAM = section(2, "Life cycle", text="```mermaid\nstateDiagram\n```\n\nStates of a node.")
CODE = section(3, "Write the code", text="Put this into `node.py`:\n\n```python\nrclpy.init()\n```")
MORE = section(4, "Run it", text="Run `ros2 run demo node`.")


def ids(choice: Choice) -> list[str]:
    return [source.chunk_id for source, _ in choice.quoted]


def test_checklists_recaps_and_diagrams_come_behind_what_tells() -> None:
    assert ids(choose([LEARNED, DIAGRAM, CODE, MORE], "how do i set up a node in python")) == [
        "id-3",
        "id-4",
        "id-1",
        "id-2",
    ]


@each_row(
    "heading",
    [
        "Next Steps",
        "Summary",
        "Key Takeaways",
        "Additional Resources",
        "Learning Objectives",
        "Zusammenfassung",
        "Ejercicios",
    ],
)
def test_sections_that_repeat_or_lead_away_come_last(heading: str) -> None:
    assert ids(choose([section(1, heading), CODE], "how do i write a node")) == ["id-3", "id-1"]


LEVELS = section(
    11, "Logging", text="Five levels:\n\n- debug: details\n- info: progress\n- warning: danger\n- error: a failure"
)
SIZES = section(12, "Models", text="| Model | Size |\n| --- | --- |\n| tiny | 39M |\n| small | 244M |")
TOLD = section(13, "Tiers", text="The robot tier answers within 10 ms.\n\nThe edge tier has longer.")
LISTING = section(14, "Listing", text='```python\n"""The levels, models and tiers of a robot."""\nlog("small")\n```')
TASKS = section(15, "Exercise 2: Compare", text="Compare the small models and the robot tier.")


@each_row(
    ("question", "before", "first"),
    [
        ("which logging levels are there", LISTING, LEVELS),
        ("¿qué niveles de logging hay?", LISTING, LEVELS),
        ("nenne alle levels von logging", LISTING, LEVELS),
        ("row for small in the table of models", TASKS, SIZES),
        ("zeile small der tabelle models", TASKS, SIZES),
        ("how many ms does the robot tier take to answer", LISTING, TOLD),
        ("robot tier answers within", TASKS, TOLD),
        ("exercise on the small models", TASKS, TASKS),
        ("code for the levels of a robot", LISTING, LISTING),
    ],
)
def test_a_passage_with_the_question_s_words_in_one_part_comes_before_code_and_exercises(
    question: str, before: Source, first: Source
) -> None:
    chosen = ids(choose([before, *(each for each in (LEVELS, SIZES, TOLD) if each is first)], question))
    assert chosen[0] == first.chunk_id


def test_a_passage_further_down_stays_where_its_words_are_no_better() -> None:
    assert ids(choose([MORE, SIZES, TOLD], "how is a workspace sourced")) == ["id-4", "id-12", "id-13"]


@each_row(
    "text", ["Why do boxes jump?", "What happens between two frames?\n\nWhy do boxes jump into the air?", "رکو کیوں؟"]
)
def test_a_passage_that_only_asks_comes_last(text: str) -> None:
    assert ids(choose([section(1, text=text), CODE], "why do boxes jump")) == ["id-3", "id-1"]
    assert ids(choose([section(1, text=f"{text}\n\nThey collide."), CODE], "why do boxes jump"))[0] == "id-1"


def test_a_recap_stays_where_it_is_asked_for() -> None:
    assert ids(choose([LEARNED, CODE], "what did I learn about nodes?")) == ["id-1", "id-3"]


def test_subsections_that_came_with_their_introduction_are_not_quoted_again() -> None:
    tools = section(2, "Ecosystem", "Tools", text="- rviz2: shows data")
    whole = section(1, "Ecosystem", text="ROS 2 includes:\n\n**Tools**\n\n- rviz2: shows data")
    assert ids(choose([whole, tools, CODE], "what is in the ecosystem")) == ["id-1", "id-3"]


def answer_of(*sources: Source) -> str:
    return "".join(quote_passages(ENGLISH.no_model, sources).numbered().pieces())


def test_a_follow_up_names_what_was_quoted_and_quotes_the_rest() -> None:
    first = answer_of(CODE, MORE)
    choice = choose([CODE, MORE, DIAGRAM], "and what else?", earlier=(first,), follows_up=True)
    assert (ids(choice), choice.named) == (["id-2"], (CODE, MORE))
    text = "".join(quote_passages("Passages:", [CODE, MORE, DIAGRAM], choice, "Quoted above already:").pieces())
    assert "> States of a node." in text
    assert "rclpy.init" not in text
    assert text.endswith("Quoted above already:\n\n- Nodes › Write the code [3]\n- Nodes › Run it [4]")


def test_a_follow_up_goes_on_where_a_long_passage_was_cut() -> None:
    paragraphs = [f"Paragraph {number}: {'word ' * 70}".strip() for number in range(5)]
    long = section(1, "Theory", text="\n\n".join(paragraphs))
    first = answer_of(long)
    assert paragraphs[1] in first
    assert paragraphs[4] not in first
    ((source, rest),) = choose([long], "more", earlier=(first,), follows_up=True).quoted
    assert source is long
    assert paragraphs[2] in rest
    assert paragraphs[1] not in rest
    ((_, last),) = choose([long], "more", earlier=(first, rest), follows_up=True).quoted
    assert paragraphs[4] in last


SENSORS = section(
    7,
    "Sensors",
    text="**Lidar** measures distances by light, even in darkness.\n\n**Microphones** hear commands of the reader.\n\n"
    "Rates:\n\n- Lidar: 10 Hz\n- Camera: 30 Hz",
)
FORMS = section(
    8,
    "Validation",
    text="A field is checked while it is filled in.\n\nEl campo vacío se marca en rojo.\n\n"
    "Ein gesperrtes Feld wird grau dargestellt.\n\n| Rule | Message |\n| --- | --- |\n| required | Fill this in |",
)


@each_row(
    ("best", "question", "shown", "left_out"),
    [
        (SENSORS, "does it work in the dark, in darkness?", "even in darkness", "Microphones"),
        (SENSORS, "and the microphones?", "hear commands", "darkness"),
        (SENSORS, "how many hz does the camera have", "30 Hz", "darkness"),
        (FORMS, "is it checked while it is filled in?", "checked while", "rojo"),
        (FORMS, "¿y el campo vacío?", "en rojo", "grau"),
        (FORMS, "und wenn es gesperrt ist, wird es grau?", "grau dargestellt", "rojo"),
        (FORMS, "what message does the required rule give", "Fill this in", "rojo"),
    ],
)
def test_a_follow_up_gets_the_part_again_that_it_points_at_of_the_best_section(
    best: Source, question: str, shown: str, left_out: str
) -> None:
    before = "\n\n".join(part for part, _ in quote_passages("", [best]).parts) + " [1]"
    chosen = choose([best, MORE], question, earlier=(before,), follows_up=True)
    assert ids(chosen)[0] == best.chunk_id
    assert shown in chosen.quoted[0][1]
    assert left_out not in chosen.quoted[0][1]
    assert chosen.named == ()


def test_a_section_that_is_not_the_best_is_only_named_again() -> None:
    before = "\n\n".join(part for part, _ in quote_passages("", [SENSORS]).parts) + " [1]"
    chosen = choose([MORE, SENSORS], "and how is the demo run, in darkness?", earlier=(before,), follows_up=True)
    assert ids(chosen) == [MORE.chunk_id]
    assert chosen.named == (SENSORS,)


def test_what_is_asked_for_again_is_quoted_again() -> None:
    first = answer_of(CODE)
    assert ids(choose([CODE], "say that again", earlier=(first,), follows_up=True)) == ["id-3"]
    assert ids(choose([CODE], "how do i write a node", earlier=(first,))) == ["id-3"]


def test_a_follow_up_for_an_example_prefers_examples() -> None:
    worked = section(3, "Theory", "Worked example", text="With 0.8 m the answer is 1.47.")
    plain = section(1, "Theory")
    assert (
        ids(choose([plain, worked], "give me an example with numbers", earlier=("Said.",), follows_up=True))[0]
        == "id-3"
    )


ONLY_CODE = section(1, "Program", text="```python\nrclpy.spin(node)\n```")


@each_row(
    ("question", "names", "first"),
    [
        ("what is a node?", ("node",), "id-4"),
        ("why does a node spin", (), "id-4"),
        ("explain nodes", (), "id-4"),
        ("how do i spin a node", (), "id-1"),
        ("spin node", (), "id-1"),
    ],
)
def test_code_alone_comes_behind_prose_where_the_question_wants_prose(
    question: str, names: tuple[str, ...], first: str
) -> None:
    assert ids(choose([ONLY_CODE, MORE], question, names=names))[0] == first


def test_prose_on_something_else_is_not_put_before_what_has_the_name_that_is_asked_for() -> None:
    forward = section(1, "Forward and inverse kinematics", "Forward kinematics", text="It gives the place of the hand.")
    inverse = section(2, "Forward and inverse kinematics", "Solvers", text="Inverse kinematics gives the angles.")
    solver = section(3, "Forward and inverse kinematics", "IK solver", text="```python\nsolve(hand)\n```")
    found = choose([solver, forward, inverse], "explain IK", names=("IK", "inverse kinematics"))
    assert ids(found) == ["id-2", "id-3", "id-1"]


def test_a_page_that_is_called_what_is_asked_for_need_not_repeat_it() -> None:
    page = section(4, "Inverse kinematics of an arm", "Solutions", text="There may be two of them.")
    assert ids(choose([ONLY_CODE, page], "explain IK", names=("IK", "inverse kinematics")))[0] == "id-4"


def test_a_question_that_has_the_word_learning_is_not_taken_to_ask_for_a_recap() -> None:
    assert ids(choose([section(1, "Summary"), MORE], "what does reinforcement learning need"))[0] == "id-4"


DEFINED = section(
    3, "Overview", text=f"{'Much is said before. ' * 30}\n\nA **node** is a process of a robot's software."
)


def test_a_quotation_begins_with_the_definition_that_is_asked_for() -> None:
    ((_, text),) = choose([DEFINED], "what is a node?", names=("node",)).quoted
    assert text == "A **node** is a process of a robot's software."


def test_an_entry_of_a_list_is_quoted_alone() -> None:
    glossary = section(1, "Libraries", text="- **tf2**: frames\n- **nav2**: navigation stack")
    ((_, text),) = choose([glossary], "what is nav2", names=("nav2",)).quoted
    assert text == "- **nav2**: navigation stack\n\n…"


async def test_a_defined_term_is_not_asked_back_although_headings_share_it() -> None:
    one = section(1, "Node setup", text="A node is a process.")
    other = replace(section(2, "Node setup"), title="Services")
    found = Retrieved((one, other), COVERED, understanding=understand("what is a node"))
    async with a_world(found, with_model=False) as world:
        text = text_of(await world.ask("what is a node"))
    assert "> A node is a process." in text
    assert not text.startswith(ENGLISH.ambiguous)


async def test_that_no_model_is_configured_is_said_once_in_a_conversation() -> None:
    found = Retrieved((CODE, MORE), COVERED, understanding=understand("how do I write a node"))
    async with a_world(found, with_model=False) as world:
        first = text_of(await world.ask("how do I write a node"))
        history = (Turn("user", "how do I write a node"), Turn("assistant", first))
        second = text_of(await world.ask(Question("how do I run a node of my own?", history)))
    assert first.startswith("No language model is configured, so nothing is written for you here. These passages")
    assert second.startswith("These passages of the book come closest to your question:")


async def test_a_conversation_without_a_model_does_not_repeat_its_quotations() -> None:
    found = Retrieved((CODE, MORE), COVERED, understanding=understand("how do I write a node"))
    async with a_world(found, with_model=False) as world:
        first = text_of(await world.ask("how do I write a node"))
        history = (Turn("user", "how do I write a node"), Turn("assistant", first))
        second = text_of(await world.ask(Question("and what else?", history)))
    assert "rclpy.init()" in first
    assert "rclpy.init()" not in second
    assert second == (f"{ENGLISH.nothing_new}\n\n- Nodes › Write the code [1]\n- Nodes › Run it [2]")


async def refusal(*sources: Source, question: str = "how do I bake a cake") -> tuple[str, list[tuple[str, ...]]]:
    """The text of a refusal, and the headings that it names; all that was found stands in its sources."""
    async with a_world(Retrieved(sources, NOT_COVERED), with_model=False) as world:
        events = await world.ask(question)
    given = {source.number: source for source in only(events, SourcesFound).sources}
    assert {source.chunk_id for source in given.values()} == {source.chunk_id for source in sources}
    named = only(events, CitationsResolved).cited
    return text_of(events), [tuple(given[citation.number].heading_path) for citation in named]


@pytest.mark.parametrize(
    "heading",
    [
        "Next Steps",
        "Summary",
        "Introduction",
        "Prerequisites",
        "Test 1",
        "Exercise 2: Quiz",
        "Key Concepts",
        "1.2 Overview",
        "Before You Begin",
        "Übungen",
        "Conclusión",
        "Prérequis",
        "خلاصہ",
    ],
)
async def test_a_refusal_suggests_no_section_whose_heading_names_nothing(heading: str) -> None:
    text, named = await refusal(section(1, heading), section(2, "Sensor fusion"))
    assert named == [("Sensor fusion",)]
    assert heading not in text


@pytest.mark.parametrize(
    "heading", ["Test driven walking", "Introduction to SLAM", "Errors of encoders", "Step response"]
)
async def test_a_heading_that_only_begins_like_one_is_suggested(heading: str) -> None:
    _, named = await refusal(section(1, heading))
    assert named == [(heading,)]


async def test_a_refusal_suggests_nothing_where_nothing_is_near() -> None:
    text, named = await refusal(replace(section(1, "Sensor fusion"), related=False), section(2, "Next Steps"))
    assert named == []
    assert text == ENGLISH.not_covered


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "graphviz"])
def test_the_source_of_a_diagram_is_not_quoted(language: str) -> None:
    drawn = section(1, "Flow", text=f"A goal goes to the planner.\n\n```{language}\nA --> B\n```\n\nIt comes back.")
    only_drawn = section(2, "Picture", text=f"```{language}\nC --> D\n```")
    text = quote_passages("Opening:", [drawn, only_drawn], diagram=ENGLISH.diagram).resolved().text
    assert "-->" not in text
    assert "\n\n> *A diagram, which the page shows.*\n>\n> — Nodes › Picture [2]" in text
    text = quote_passages("Opening:", [drawn, only_drawn]).resolved().text
    assert "> A goal goes to the planner.\n>\n> It comes back.\n>\n> — Nodes › Flow [1]" in text
    assert "\n\n> — Nodes › Picture [2]" in text


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("page", "This page may not answer this"),
        ("chapter", "This chapter may not answer this"),
        ("book", "The book may not answer this"),
        ("edition", "The book may not answer this"),
    ],
)
async def test_an_uncertain_answer_says_what_was_searched(
    part: Literal["page", "chapter", "book", "edition"], said: str
) -> None:
    uncertain = replace(COVERED, verdict="uncertain")
    async with a_world(Retrieved((CODE,), uncertain, Searched(part)), with_model=False) as world:
        text = text_of(await world.ask("how do I bake a cake"))
    assert text.startswith(said)
    assert ("the rest of the book was not searched" in text) == (part in ("page", "chapter"))
