"""The order of passages: the text of the book comes before the corrections of it."""

import pytest
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.retrieval.passages import DistinctPassages


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
