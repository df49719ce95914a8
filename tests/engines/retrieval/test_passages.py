"""The order of passages: the text of the book comes before corrections, quizzes and summaries of it."""

import pytest
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.retrieval.compared_sections import has_a_section_on_one
from engines.retrieval.passages import BothCompared, DistinctPassages, RecapsLater
from engines.retrieval.retriever import UNDERSTOOD
from engines.understanding.understanding import understand
from tests.tables import each_row


def passages(*titles: str) -> list[NodeWithScore]:
    """Nodes of pages with these titles, best first; each has a text of its own."""
    return [
        NodeWithScore(
            node=TextNode(text=f"{title} {number}", metadata={"title": title, "url": f"/docs/{number}"}), score=1.0
        )
        for number, title in enumerate(titles)
    ]


async def order(question: str, *titles: str) -> list[str]:
    found = await DistinctPassages().apostprocess_nodes(passages(*titles), QueryBundle(question))
    return [each.node.metadata["title"] for each in found]


@pytest.mark.parametrize(
    "name",
    [
        "Errata of 15 January 2025",
        "Erratum",
        "Corrigenda",
        "Changelog",
        "Change log",
        "Release notes 2.0",
        "What's new in Jest 30",
        "Corrections",
        "Fehlerverzeichnis",
        "Fe de erratas",
        "اغلاط نامہ",
    ],
)
async def test_the_text_comes_before_corrections_of_it(name: str) -> None:
    assert await order("zero moment point", name, "Balance", "Gait") == ["Balance", name, "Gait"]
    assert await order("zero moment point", name, name, "Balance") == ["Balance", name, name]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what was corrected about the zero moment point?", "Errata"),
        ("show me the errata", "Errata"),
        ("which mistakes were found", "Errata"),
        ("what changed in version 2", "Changelog"),
    ],
)
async def test_who_asks_for_corrections_gets_them_first(question: str, first: str) -> None:
    assert await order(question, first, "Balance") == [first, "Balance"]


@pytest.mark.parametrize("name", ["Gamma correction", "Error-correcting codes", "Bias corrections of an IMU"])
async def test_a_subject_is_no_list_of_corrections(name: str) -> None:
    assert await order("how is it done", name, "Balance") == [name, "Balance"]


async def test_corrections_alone_stay_in_their_order() -> None:
    assert await order("zero moment point", "Errata", "Changelog") == ["Errata", "Changelog"]


def sections(*headings: str) -> list[NodeWithScore]:
    """Nodes of one page's sections, best first."""
    return [
        NodeWithScore(node=TextNode(id_=heading, text=heading, metadata={"heading_path": ["Gait", heading]}), score=1.0)
        for heading in headings
    ]


async def order_of_sections(question: str, *headings: str) -> list[str]:
    found = await RecapsLater().apostprocess_nodes(sections(*headings), QueryBundle(question))
    return [each.node.node_id for each in found]


TELLING = ("Phases", "Support", "Swing", "Contact", "Balance")


@pytest.mark.parametrize(
    "name",
    [
        "Quiz",
        "Part 2 Quiz",
        "Chapter 3: Summary",
        "Summary",
        "Learning Objectives",
        "Key Takeaways",
        "Before You Learn This",
        "What You've Learned",
        "Next Steps",
        "Zusammenfassung",
        "Objectifs d'apprentissage",
        "خلاصہ",
    ],
)
async def test_what_repeats_a_chapter_comes_behind_three_sections_that_tell(name: str) -> None:
    assert await order_of_sections("phases of a gait", name, *TELLING) == [*TELLING[:3], name, *TELLING[3:]]
    assert await order_of_sections("phases of a gait", "Phases", name, "Support") == ["Phases", "Support", name]


@pytest.mark.parametrize("name", ["Exercises", "Practice Questions", "Summary statistics of a gait", "Review of gaits"])
async def test_exercises_and_sections_on_a_subject_stay_where_they_are(name: str) -> None:
    assert await order_of_sections("phases of a gait", name, *TELLING) == [name, *TELLING]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("summarize the gait chapter", "Summary"),
        ("give me a quiz on gaits", "Quiz"),
        ("what will I learn about gaits?", "Learning Objectives"),
        ("what are the next steps after this chapter", "Next Steps"),
        ("Zusammenfassung des Kapitels", "Zusammenfassung"),
    ],
)
async def test_who_asks_for_a_recap_gets_it_first(question: str, name: str) -> None:
    assert (await order_of_sections(question, name, *TELLING))[0] == name


async def test_reinforcement_learning_asks_for_no_recap() -> None:
    assert (await order_of_sections("reinforcement learning of a gait", "Quiz", *TELLING))[0] == "Phases"


async def test_recaps_alone_stay_in_their_order() -> None:
    assert await order_of_sections("gait", "Quiz", "Summary") == ["Quiz", "Summary"]


async def test_a_recap_that_was_asked_for_before_is_not_asked_for_now() -> None:
    before, now = "summarize the gait chapter", "how long is a step?"
    follow_up = QueryBundle(f"{before}\n{now}", custom_embedding_strs=[f"{before}\n{now}", now])
    found = await RecapsLater().apostprocess_nodes(sections("Summary", *TELLING), follow_up)
    assert found[0].node.node_id == "Phases"
    asked_now = QueryBundle(f"{now}\n{before}", custom_embedding_strs=[f"{now}\n{before}", before])
    found = await RecapsLater().apostprocess_nodes(sections("Summary", *TELLING), asked_now)
    assert found[0].node.node_id == "Summary"


async def compared(question: str, *headings: str) -> list[str]:
    found = [
        NodeWithScore(
            node=TextNode(text=heading, metadata={"heading_path": (heading,), UNDERSTOOD: understand(question)}),
            score=1.0,
        )
        for heading in headings
    ]
    return [
        each.node.metadata["heading_path"][0]
        for each in await BothCompared().apostprocess_nodes(found, QueryBundle(question))
    ]


SERVICES_FIRST = ("Calling a service", "What you learned", "Services", "Topics", "Quality of service of topics")


@pytest.mark.parametrize(
    "question",
    [
        "topic vs service",
        "What is the difference between a topic and a service?",
        "how does a topic differ from a service",
        "compare services with topics please",
        "whats the diff between topics and services?",
    ],
)
async def test_a_comparison_has_a_section_on_each_thing_among_its_first_three(question: str) -> None:
    assert await compared(question, *SERVICES_FIRST) == [
        "Calling a service",
        "Topics",
        "What you learned",
        "Services",
        "Quality of service of topics",
    ]


async def test_a_section_on_both_things_keeps_the_first_place_of_a_comparison() -> None:
    headings = ("Topics or services?", "What you learned", "Services", "Other topics")
    assert await compared("topics vs services", *headings) == [
        "Topics or services?",
        "Services",
        "Other topics",
        "What you learned",
    ]


@pytest.mark.parametrize(
    ("question", "is_on_one"),
    [("PD vs PID", True), ("MPC vs PID", False), ("PD control", False)],
)
def test_the_book_may_have_one_of_the_things_compared(question: str, is_on_one: bool) -> None:
    found = [NodeWithScore(node=TextNode(text="Two gains.", metadata={"heading_path": ("PD control",)}))]
    assert has_a_section_on_one(found, understand(question)) is is_on_one


async def test_of_three_things_each_has_a_section_among_the_first_three() -> None:
    headings = (
        "Next steps",
        "Calling a service",
        "What you learned",
        "Quality of service",
        "Services",
        "Topics",
        "Actions",
    )
    found = await compared("topics, services or actions - which should I use?", *headings)
    assert set(found[:3]) == {"Services", "Topics", "Actions"}
    assert found[3] == "Next steps"


async def test_a_section_that_names_all_things_is_ahead_of_those_on_each() -> None:
    headings = ("Calling a service", "Topic, service or action?", "Services", "Topics", "Actions")
    found = await compared("topic vs service vs action", *headings)
    assert found[0] == "Topic, service or action?"


async def test_a_thing_that_no_heading_names_has_the_section_that_names_it_most_often() -> None:
    question = "which is better, Gazebo or MuJoCo?"
    texts = {"Setup": "Install it.", "Speed": "MuJoCo.", "Contacts": "MuJoCo, and MuJoCo again.", "Gazebo": "A world."}
    found = [
        NodeWithScore(
            node=TextNode(text=text, metadata={"heading_path": (heading,), UNDERSTOOD: understand(question)}), score=1.0
        )
        for heading, text in texts.items()
    ]
    moved = await BothCompared().apostprocess_nodes(found, QueryBundle(question))
    assert [each.node.metadata["heading_path"][0] for each in moved] == ["Contacts", "Gazebo", "Setup", "Speed"]


@each_row(
    ("sections", "first"),
    [
        (["ion-alert|", "ion-toast|Icons", "ion-toast|", "Select|Alert"], ["ion-alert|", "ion-toast|"]),
        (["ion-toast|Icons", "Select|Alert", "Updating to v7|Alert", "ion-toast|"], ["ion-toast|", "Select|Alert"]),
        (["Migrating from v3|Toasts and alerts", "ion-toast|", "ion-alert|"], ["ion-toast|", "ion-alert|"]),
        (["ion-toast|", "News|Alert levels", "Alerts|Role", "Alerts|"], ["ion-toast|", "Alerts|"]),
        (["Toasts & Menus|", "Release notes|Toast", "Select|Alert", "Menu|"], ["Toasts & Menus|", "Select|Alert"]),
        (["What is new|Alert", "ion-toast|", "ion-alert|Inputs", "Chips|"], ["ion-toast|", "ion-alert|Inputs"]),
    ],
)
async def test_a_comparison_begins_with_the_pages_on_each_thing(sections: list[str], first: list[str]) -> None:
    question = "toast or alert — which one should I use?"
    found = []
    for name in sections:
        title, heading = name.split("|")
        metadata = {"title": title, "heading_path": (heading,) if heading else (), UNDERSTOOD: understand(question)}
        metadata["breadcrumb"] = title
        found.append(NodeWithScore(node=TextNode(text="It shows a text to readers.", metadata=metadata), score=1.0))
    moved = await BothCompared().apostprocess_nodes(found, QueryBundle(question))
    names = [f"{each.node.metadata['title']}|{''.join(each.node.metadata['heading_path'])}" for each in moved]
    assert set(first) <= set(names[:3])


@pytest.mark.parametrize(
    "question",
    [
        "what is a topic",
        "topic vs parameter",
        "how do I call a service from a topic's callback",
        "what differs in a topic",
    ],
)
async def test_nothing_is_moved_unless_two_things_are_compared_and_each_has_a_section(question: str) -> None:
    assert await compared(question, *SERVICES_FIRST) == list(SERVICES_FIRST)
