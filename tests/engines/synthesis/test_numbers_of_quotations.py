"""Answers that quote the book have the same numbers while they are streamed and in the final text, without gaps."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from engines.events import CitationsResolved, Event, Finished, GroundingDecided, Retrieved, Source, TextDelta
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, quotation_events, quote_passages
from engines.synthesis.fallback_messages import ENGLISH
from engines.tasks.link_lists import OutlineSynthesizer, PageListSynthesizer
from engines.tasks.messages import ENGLISH as TASK_MESSAGES
from engines.tasks.page_pieces import shows_example
from tests.engines.chat.chat_world import NOT_COVERED

COVERED = GroundingDecided(verdict="covered", score=0.9, covered_from=0.6, not_covered_below=0.2)
UNCERTAIN = replace(COVERED, verdict="uncertain", score=0.4)


def source(number: int, text: str, page: int | None = None, *, related: bool = True) -> Source:
    """A passage of a page of its own, or of the page that is named."""
    url = f"/docs/p{page or number}#s{number}"
    return Source(
        number, f"id-{number}", url, f"Page {page or number}", (f"Part {number}",), text, 1.0, related=related
    )


PLAIN = tuple(source(number, f"Sentence {number} says what it is.") for number in range(1, 6))
LEAD_IN_FIRST = (source(1, "The controller has these parts:"), *PLAIN[1:])
LEAD_IN_BETWEEN = (PLAIN[0], source(2, "It has:"), PLAIN[2], source(4, "These follow:"), PLAIN[4])
TWO_PAGES = tuple(source(number, f"Sentence {number} of it.", 1 if number < 4 else 2) for number in range(1, 7))
EXAMPLE_LAST = (*PLAIN[:4], source(5, "Run it:\n\n```sh\nros2 run\n```\n\nThen see."))
UNRELATED = (PLAIN[0], source(2, "Far away.", related=False), PLAIN[2])
TWICE = (PLAIN[0], replace(PLAIN[1], url=PLAIN[0].url), PLAIN[2])
OUTLINE = OutlineSynthesizer(TASK_MESSAGES.no_model, TASK_MESSAGES, "Title")
BY_PAGE = OutlineSynthesizer(TASK_MESSAGES.no_model, TASK_MESSAGES, "Title", by_page=True)
EXAMPLES = OutlineSynthesizer(TASK_MESSAGES.no_model, TASK_MESSAGES, "Title", wanted=shows_example)
PAGES = PageListSynthesizer(TASK_MESSAGES, "gait")


async def answered(
    synthesizer: ExtractiveSynthesizer, found: Retrieved
) -> tuple[tuple[Source, ...], str, CitationsResolved]:
    """The passages as they are sent, the streamed text, and the final one."""
    sources, answer = synthesizer.answer(AnswerQuery("What is it?"), found)
    events = [event async for event in answer]
    return sources, *text_and_end(events)


def text_and_end(events: Sequence[Event]) -> tuple[str, CitationsResolved]:
    """The streamed text and the final one."""
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    return streamed, next(event for event in events if isinstance(event, CitationsResolved))


@pytest.mark.parametrize(
    ("synthesizer", "found"),
    [
        (ExtractiveSynthesizer(), Retrieved(PLAIN, COVERED)),
        (ExtractiveSynthesizer(), Retrieved(LEAD_IN_FIRST, COVERED)),
        (ExtractiveSynthesizer(), Retrieved(LEAD_IN_BETWEEN, UNCERTAIN)),
        (ExtractiveSynthesizer(), Retrieved(UNRELATED, NOT_COVERED)),
        (ExtractiveSynthesizer(), Retrieved(TWICE, NOT_COVERED)),
        (OUTLINE, Retrieved(LEAD_IN_FIRST, COVERED)),
        (BY_PAGE, Retrieved(TWO_PAGES, COVERED)),
        (EXAMPLES, Retrieved(EXAMPLE_LAST, COVERED)),
        (PAGES, Retrieved(TWO_PAGES, COVERED)),
    ],
)
async def test_streamed_and_final_numbers_are_the_same_and_have_no_gaps(
    synthesizer: ExtractiveSynthesizer, found: Retrieved
) -> None:
    sources, streamed, end = await answered(synthesizer, found)
    assert streamed == end.text
    assert [source.number for source in sources] == list(range(1, len(sources) + 1))
    if isinstance(synthesizer, OutlineSynthesizer):  # has the sources that it lists, and no others
        assert len(sources) == len(end.cited) <= len(found.sources)
    else:
        assert {source.chunk_id for source in sources} == {source.chunk_id for source in found.sources}
    assert [mark.number for mark in end.marks] == list(range(1, len(end.marks) + 1))
    assert all(end.text.startswith(f"[{mark.number}]", mark.at) for mark in end.marks)
    assert sorted(end.sources, key=lambda source: source.number) == list(sources)
    assert all(citation.source == sources[citation.number - 1] for citation in end.cited)


async def test_the_passages_that_are_quoted_come_first() -> None:
    sources, _, end = await answered(ExtractiveSynthesizer(), Retrieved(LEAD_IN_FIRST, COVERED))
    assert [source.chunk_id for source in sources] == ["id-2", "id-3", "id-4", "id-1", "id-5"]
    assert [source.number for source in end.also_read] == [4, 5]


def test_passages_that_were_sent_for_a_model_keep_their_numbers_where_it_is_away() -> None:
    streamed, end = text_and_end(
        list(quotation_events(quote_passages(ENGLISH.model_away, LEAD_IN_FIRST), Finished("stop")))
    )
    assert streamed == end.text
    assert [(citation.number, citation.source.number) for citation in end.cited] == [(2, 2), (3, 3), (4, 4)]
    assert {source.number: source.chunk_id for source in end.sources} == {
        number: f"id-{number}" for number in range(1, 6)
    }
