"""Citations that cannot lie: invented numbers, final order, supporting sentences, statements that nothing supports."""

from engines.citations.processor import CitationProcessor
from engines.events import CitationsResolved, Cited, TextDelta
from tests.engines.chat.chat_world import CAPTURE, NODES, SOURCES, ZMP
from tests.tables import each_row


def process(*pieces: str) -> tuple[str, list[Cited], CitationsResolved]:
    """The text as it is shown, the citations, and the end."""
    processor = CitationProcessor(SOURCES)
    events = [event for text in pieces for event in processor.feed(text)] + list(processor.end())
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, [event for event in events if isinstance(event, Cited)], processor.resolved()


def test_the_shown_text_keeps_the_numbers_and_the_final_text_counts_in_the_order_of_citation() -> None:
    shown, _, resolved = process("Nodes compute [3]. The ZMP stays inside [1]. Nodes again [3].")
    assert shown == "Nodes compute [3]. The ZMP stays inside [1]. Nodes again [3]."
    assert resolved.text == "Nodes compute [1]. The ZMP stays inside [2]. Nodes again [1]."
    assert [(citation.number, citation.source) for citation in resolved.cited] == [(1, NODES), (2, ZMP)]
    assert resolved.also_read == (CAPTURE,)
    assert [(source.number, source.chunk_id) for source in resolved.sources] == [
        (1, NODES.chunk_id),
        (2, ZMP.chunk_id),
        (3, CAPTURE.chunk_id),
    ]


@each_row(
    ("text", "shown", "dropped"),
    [
        ("The ZMP [7].", "The ZMP [7].", 1),
        ("The ZMP [1, 9].", "The ZMP [1, 9].", 1),
        ("The ZMP [0].", "The ZMP [0].", 1),
        ("The ZMP [source 7].", "The ZMP.", 1),
        ("The ZMP [source 1, source 9].", "The ZMP [1].", 1),
        ("The ZMP [source 8][source 9] stays.", "The ZMP stays.", 2),
        ("The ZMP [1, 2].", "The ZMP [1, 2].", 0),
        ("The ZMP. [1, 2]", "The ZMP. [1][2]", 0),
        ("The ZMP [source 1][source 2].", "The ZMP [1][2].", 0),
    ],
)
def test_invented_numbers_are_no_citations_and_are_counted(text: str, shown: str, dropped: int) -> None:
    for pieces in ((text,), tuple(text)):
        seen, _, resolved = process(*pieces)
        assert (seen, resolved.dropped) == (shown, dropped)


def test_each_citation_names_the_sentence_that_supports_it() -> None:
    _, cited, resolved = process(
        "The foot turns over its edge when the ZMP leaves the support polygon [1]. "
        "The capture point moves with the velocity of the body [2]."
    )
    assert cited[0].sentence.startswith("It has to stay inside the support polygon")
    assert cited[1].sentence == "It moves with the velocity of the body."
    assert [citation.sentence for citation in resolved.cited] == [event.sentence for event in cited]


def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    _, cited, _ = process("The capture point moves with the velocity of the body. [2]")
    assert cited[0].sentence == "It moves with the velocity of the body."


def test_a_statement_about_something_else_is_not_supported() -> None:
    _, cited, resolved = process(
        "The zero moment point has to stay inside the support polygon [1]. "
        "The Eiffel tower in Paris was built by a French engineer for the world exhibition [1]."
    )
    assert [event.supported for event in cited] == [True, False]
    assert not resolved.cited[0].supported
    assert len(resolved.unsupported) == 1
    assert resolved.unsupported[0].startswith("The Eiffel tower")


def test_a_number_that_stands_nowhere_is_not_supported() -> None:
    _, cited, _ = process("The zero moment point has to stay inside the support polygon of 37 centimetres [1].")
    assert not cited[0].supported


def test_a_statement_without_a_marker_is_checked_too() -> None:
    _, _, resolved = process(
        "The zero moment point stays inside the support polygon [1]. "
        "Bananas contain a lot of potassium and are grown in tropical countries around the world."
    )
    assert [sentence[:7] for sentence in resolved.unsupported] == ["Bananas"]


def test_a_statement_may_stand_on_two_passages_together() -> None:
    _, cited, resolved = process(
        "The zero moment point stays inside the support polygon while the capture point moves with the velocity "
        "of the body and shows where the robot has to step to come to rest [1][2]."
    )
    assert all(event.supported for event in cited)
    assert resolved.unsupported == ()


def test_an_answer_in_another_language_is_not_judged() -> None:
    _, cited, resolved = process("صفر لمحے کا نقطہ سہارے کے کثیرالاضلاع کے اندر رہنا چاہیے ورنہ پاؤں الٹ جاتا ہے [1]۔")
    assert cited[0].supported
    assert resolved.unsupported == ()
    _, german, _ = process("Der Nullmomentpunkt muss innerhalb der Stützfläche bleiben, sonst kippt der Fuß um [1].")
    assert german[0].supported


def test_code_in_the_answer_is_no_statement() -> None:
    shown, cited, resolved = process("Run this:\n\n```python\nx = passages[1]\n```\n\nNodes talk over topics [3].")
    assert "passages[1]" in shown
    assert [event.number for event in cited] == [3]
    assert "passages[1]" in resolved.text


def test_an_answer_that_cites_nothing_leaves_all_sources_as_also_read() -> None:
    _, cited, resolved = process("The passages do not say.")
    assert (cited, resolved.cited, resolved.also_read) == ([], (), SOURCES)


def test_the_books_own_host_may_be_linked_and_no_other() -> None:
    shown, _, _ = process("[a](https://book.example/x) [b](https://evil.example/x)")
    assert shown == "[a](https://book.example/x) b"


def test_a_citation_is_judged_by_a_statement_long_enough_in_the_passages_language_alone() -> None:
    long = "The foot turns over its edge when the ZMP leaves the support polygon"
    for text, judged, supported in (
        (f"{long} [1].", True, True),
        ("The ZMP [source 1].", False, True),
        (f"The ZMP [source 1]. {long} [1].", True, True),
        ("The ZMP is 17 metres [source 1].", True, False),
        ("Pasta sauce simmers slowly with garlic, basil and tomatoes [1].", True, False),
        ("پاؤں اپنے کنارے پر مڑ جاتا ہے جب نقطہ باہر نکلتا ہے [source 1]۔", False, True),
    ):
        (citation,) = process(text)[2].cited
        assert (citation.judged, citation.supported) == (judged, supported), text
