"""Lists of sections with their first sentences."""

from engines.events import CitationsResolved, Retrieved, Source
from engines.synthesis.extractive import AnswerQuery
from engines.tasks.link_lists import OutlineSynthesizer, PageListSynthesizer
from engines.tasks.messages import ENGLISH
from engines.tasks.page_text import COVERED


async def test_a_summary_keeps_the_markup_of_first_sentences_and_drops_their_links() -> None:
    texts = ["**Inverse dynamics** asks which torques act. More.", "- See [the **arm**](./arm.md). More."]
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/p#{number}", "Dynamics", (f"Part {number}",), text, 1.0)
        for number, text in enumerate(texts, 1)
    )
    outline = OutlineSynthesizer(ENGLISH.no_model, ENGLISH, "Dynamics")
    _, answer = outline.answer(AnswerQuery("summarize this page"), Retrieved(sources, COVERED))
    events = [event async for event in answer]
    text = next(event.text for event in events if isinstance(event, CitationsResolved))
    assert "- **Part 1** — **Inverse dynamics** asks which torques act. [1]" in text
    assert "- **Part 2** — See the **arm**. [2]" in text


async def test_pages_for_a_subject_are_named_once_those_first_that_name_it_or_have_most_on_it() -> None:
    places = [
        ("hardware", "Sensors"),
        ("sensors", "Noise"),
        ("sensors", "LiDAR simulation"),
        ("arm", "Code"),
        ("walk", "A"),
        ("walk", "B"),
    ]
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/{page}#{heading}", page.title(), (heading,), "Text.", 1.0)
        for number, (page, heading) in enumerate(places, 1)
    )
    _, answer = PageListSynthesizer(ENGLISH, "lidar").answer(AnswerQuery("lidar"), Retrieved(sources, COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines == [
        "- **Sensors**: Noise, LiDAR simulation [1]",
        "- **Walk**: A, B [2]",
        "- **Hardware**: Sensors [3]",
        "- **Arm**: Code [4]",
    ]
