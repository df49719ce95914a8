"""An uncertain question: the model says first whether the passages answer it, in a line that nobody sees."""

from dataclasses import replace

import pytest

from engines.events import Event, Finished, GroundingDecided, Question, Retrieved, SourcesFound, TextDelta
from engines.synthesis.cited import Judgement, JudgementFilter, JudgementReader
from tests.engines.chat.chat_world import (
    COVERED,
    SOURCES,
    World,
    a_world,
    end_of,
    failure_of,
    only,
    resolved_of,
    text_of,
)
from tests.gemini_server import Reply
from tests.tables import each_row

UNCERTAIN = replace(COVERED, verdict="uncertain", score=0.5, covered_from=0.7, not_covered_below=0.3)
FOUND = Retrieved(SOURCES, UNCERTAIN)
PARTLY = Judgement("partly", "the price of the knee motor")


def read(*pieces: str) -> tuple[Judgement | None, str]:
    reader = JudgementReader()
    text = "".join(map(reader.feed, pieces)) + reader.end()
    return reader.judgement, text


@each_row(
    ("reply", "judgement", "text"),
    [
        ("<verdict>wholly</verdict>\nIt is so.", Judgement("wholly"), "It is so."),
        ("<verdict>not at all</verdict>", Judgement("not at all"), ""),
        ("<verdict>partly: the price of the knee motor</verdict>\nIt is so.", PARTLY, "It is so."),
        ("  \n<Verdict> PARTLY - the price of the knee motor. </VERDICT> It is so.", PARTLY, "It is so."),
        ("<verdict>partially; missing: the price of the knee motor</verdict>It is so.", PARTLY, "It is so."),
        ("Sure! <verdict>not at all</verdict>\nStill, here is more.", Judgement("not at all"), "Still, here is more."),
        ("<verdict>not_at_all</verdict>", Judgement("not at all"), ""),
        ("<verdict>no</verdict>", Judgement("not at all"), ""),
        ("<verdict>Fully answered</verdict>\nIt is so.", Judgement("wholly"), "It is so."),
        ("Verdict: wholly\nIt is so.", Judgement("wholly"), "It is so."),
        ("<verdict>wholly\nIt is so.", Judgement("wholly"), "It is so."),
        (
            '<verdict>{"answers": "partly", "missing": "the price of the knee motor"}</verdict>\nIt is so.',
            PARTLY,
            "It is so.",
        ),
        ("<verdict>maybe</verdict>\nIt is so.", None, "It is so."),
        ("<verdict></verdict>\nIt is so.", None, "It is so."),
        ("It is so.", None, "It is so."),
        ("</verdict>It is so.", None, "It is so."),
        ("<verdict", None, ""),
        ("", None, ""),
        ("It is so. " * 60, None, "It is so. " * 60),
        ("a < b and <b>bold</b>", None, "a < b and <b>bold</b>"),
    ],
)
@each_row("size", [1, 7, 1000])
def test_the_judgement_is_taken_off_however_the_reply_is_cut(
    reply: str, judgement: Judgement | None, text: str, size: int
) -> None:
    pieces = [reply[start : start + size] for start in range(0, len(reply), size)]
    assert read(*pieces) == (judgement, text)


async def answer(world: World, *chunks: str, **more: object) -> list[Event]:
    world.server.script(Reply(chunks=chunks, **more))  # type: ignore[arg-type]
    return await world.ask(Question("What is the ZMP?"))


async def test_a_model_that_answers_wholly_makes_the_question_covered() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>whol", "ly</verdict>\n", "It is a point [source 1].")
        (stream,) = world.server.streams
    assert [type(event) for event in events[:2]] == [SourcesFound, GroundingDecided]
    assert only(events, GroundingDecided).verdict == "covered"
    assert text_of(events).startswith("It is a point")
    assert "verdict" not in resolved_of(events).text
    assert "<verdict>wholly</verdict>" in stream.system


async def test_a_part_that_is_missing_is_named() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>partly: the price</verdict>\nIt is a point [source 1].")
    assert only(events, GroundingDecided).verdict == "uncertain"
    assert resolved_of(events).text == "The book does not say: the price.\n\nIt is a point [1]."
    assert end_of(events).reason == "stop"


async def test_not_at_all_is_the_refusal_with_the_nearest_sections() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>not at all</verdict>\n", "But I know that it is cheese.")
    grounding = only(events, GroundingDecided)
    assert (grounding.verdict, grounding.grounded) == ("not_covered", False)
    assert (grounding.score, grounding.covered_from) == (0.5, 0.7)
    assert "does not seem to cover" in text_of(events)
    assert "cheese" not in text_of(events)
    assert [citation.source for citation in resolved_of(events).cited] == list(SOURCES)
    assert end_of(events).reason == "refused"


@pytest.mark.parametrize(
    "chunks", [("It is a point [source 1].",), ("<verdict>perhaps</verdict>\n", "It is a point [source 1].")]
)
async def test_a_judgement_that_cannot_be_read_leaves_the_answer_uncertain(chunks: tuple[str, ...]) -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, *chunks)
    assert only(events, GroundingDecided).verdict == "uncertain"
    assert resolved_of(events).text == "It is a point [1]."


@pytest.mark.parametrize("verdict", ["wholly", "partly: the price"])
async def test_a_judgement_without_an_answer_leaves_the_passages(verdict: str) -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, f"<verdict>{verdict}</verdict>")
    assert text_of(events).startswith("The book may not answer this")
    assert isinstance(events[-1], Finished)


async def test_a_model_that_is_away_leaves_an_uncertain_decision_and_the_passages() -> None:
    async with a_world(FOUND) as world:
        world.server.script(Reply(status=503))
        events = await world.ask(Question("What is the ZMP?"))
    assert only(events, GroundingDecided).verdict == "uncertain"
    assert failure_of(events).code
    assert "ground reaction force" in text_of(events)


async def test_a_reply_that_breaks_off_in_its_judgement_shows_nothing_of_it() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>part", ending="drop")
    assert only(events, GroundingDecided).verdict == "uncertain"
    assert "verdict" not in text_of(events)
    failure_of(events)


async def test_a_covered_question_is_not_judged() -> None:
    async with a_world(Retrieved(SOURCES, COVERED)) as world:
        events = await answer(world, "It is a point [source 1].")
        (stream,) = world.server.streams
    assert "<verdict>" not in stream.system
    assert only(events, GroundingDecided).verdict == "covered"


UNASKED = {
    "before the answer": ("<verdict>wholly</verdict>\nIt is a point [source 1].", "It is a point [1]."),
    "in other words": ("<verdict>perhaps</verdict>\nIt is a point [source 1].", "It is a point [1]."),
    "with what is missing": ("<verdict>partly: the price</verdict> It is a point [source 1].", "It is a point [1]."),
    "not at all": ("<verdict>not at all</verdict>\nIt is a point [source 1].", "It is a point [1]."),
    "in capitals": (" \n< Verdict >WHOLLY</ VERDICT>\nIt is a point [source 1].", "It is a point [1]."),
    "without its end": ("<verdict>wholly\nIt is a point [source 1].", "It is a point [1]."),
    "its end alone": ("</verdict>\nIt is a point [source 1].", "It is a point [1]."),
    "without signs": ("Verdict: wholly\nIt is a point [source 1].", "It is a point [1]."),
    "in bold": ("**Verdict:** wholly\n\nIt is a point [source 1].", "It is a point [1]."),
    "behind the answer": ("It is a point [source 1].\n<verdict>wholly</verdict>", "It is a point [1]."),
    "in the answer": (
        "It is a point [source 1].\n<verdict>partly: the price</verdict>\nIt stays [source 1].",
        "It is a point [1].\n\nIt stays [1].",
    ),
    "twice": (
        "<verdict>wholly</verdict>\n<verdict>wholly</verdict>\nIt is a point [source 1].",
        "It is a point [1].",
    ),
    "a comparison": ("If a < v and b <ver it holds [source 1].", "If a < v and b <ver it holds [1]."),
    "a word": ("Verdict of the test: it holds [source 1].", "Verdict of the test: it holds [1]."),
    "a verb": ("Verification shows a point [source 1].", "Verification shows a point [1]."),
    "a tag that the answer is about": (
        "The file has `<verdict>guilty</verdict>` in it [source 1].",
        "The file has `<verdict>guilty</verdict>` in it [1].",
    ),
}


@pytest.mark.parametrize("name", UNASKED)
@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("found", [Retrieved(SOURCES, COVERED), FOUND], ids=["covered", "uncertain"])
async def test_a_judgement_that_nobody_asked_for_is_never_shown(name: str, size: int, found: Retrieved) -> None:
    reply, expected = UNASKED[name]
    if found is FOUND:
        reply = f"<verdict>wholly</verdict>\n{reply}"
    async with a_world(found) as world:
        events = await answer(world, *(reply[start : start + size] for start in range(0, len(reply), size)))
    assert text_of(events).strip() == resolved_of(events).text == expected
    assert only(events, GroundingDecided).verdict == "covered"


@pytest.mark.parametrize("reply", ["<verdict>wholly</verdict>", "<verdict>not at all</verdict>\n", "Verdict: wholly"])
async def test_nothing_but_a_judgement_leaves_the_passages_of_a_covered_question(reply: str) -> None:
    async with a_world(Retrieved(SOURCES, COVERED)) as world:
        events = await answer(world, reply)
    assert "erdict" not in text_of(events)
    assert "ground reaction force" in text_of(events)
    assert isinstance(events[-1], Finished)


async def test_a_reply_that_breaks_off_shows_no_beginning_of_a_judgement() -> None:
    async with a_world(Retrieved(SOURCES, COVERED)) as world:
        events = await answer(world, "It is a <b and a point.\n<verdict>par", ending="drop")
    assert text_of(events).strip() == "It is a <b and a point."
    failure_of(events)


async def test_what_is_missing_is_named_however_the_reply_is_cut() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>partly: the price</verdict>", "\n", "It is a point [source 1].")
    assert resolved_of(events).text == "The book does not say: the price.\n\nIt is a point [1]."


@each_row("text", ["velocity", "a <v", "<", "x < verdict", "Verdict", "\n"])
@each_row("size", [1, 100])
def test_what_only_looks_like_the_beginning_of_a_judgement_is_shown(text: str, size: int) -> None:
    reader = JudgementFilter()
    shown = "".join(reader.feed(text[start : start + size]) for start in range(0, len(text), size)) + reader.end()
    assert shown == text


async def test_the_decision_comes_before_the_first_word() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "<verdict>wholly</verdict>", "It is a point [source 1].")
    kinds = [type(event) for event in events]
    assert kinds.index(GroundingDecided) < kinds.index(TextDelta)


ANSWER = "It is a point [source 1]."
LONG = "The ground pushes, and never pulls [source 1]. " * 8
ANYWHERE = {  # reply → verdict
    "in a code fence": (f"```\n<verdict>wholly</verdict>\n```\n{ANSWER}", "covered"),
    "in a fence with a language": (f"```xml\n<verdict>wholly</verdict>\n```\n\n{ANSWER}", "covered"),
    "in a fence without signs": (f"```\nverdict: wholly\n```\n{ANSWER}", "covered"),
    "as JSON in a fence": (f'```json\n{{"verdict": "wholly"}}\n```\n{ANSWER}', "covered"),
    "in bold signs": (f"**<verdict>wholly</verdict>**\n{ANSWER}", "covered"),
    "in signs as code": (f"`<verdict>wholly</verdict>`\n\n{ANSWER}", "covered"),
    "in bold": (f"**Verdict: wholly**\n\n{ANSWER}", "covered"),
    "its name in bold": (f"**Verdict:** Wholly\n\n{ANSWER}", "covered"),
    "with a dash": (f"Verdict \u2014 wholly\n{ANSWER}", "covered"),
    "under a heading": (f"## Verdict\nWholly\n\n{ANSWER}", "covered"),
    "the word alone": (f"Wholly\n\n{ANSWER}", "covered"),
    "in capitals": (f"<VERDICT>WHOLLY</VERDICT>\n{ANSWER}", "covered"),
    "behind a greeting": (f"Hello! Great question.\n\n<verdict>wholly</verdict>\n{ANSWER}", "covered"),
    "in bold behind a greeting": (f"Sure, here you go:\n\n**<verdict>wholly</verdict>**\n\n{ANSWER}", "covered"),
    "behind a short answer": (f"{ANSWER}\n<verdict>wholly</verdict>", "covered"),
    "behind a short answer, in bold": (f"{ANSWER}\n\n**Verdict:** wholly", "covered"),
    "behind a short answer, in a fence": (f"{ANSWER}\n\n```\n<verdict>wholly</verdict>\n```", "covered"),
    "left out": (ANSWER, "uncertain"),
}
BEHIND = {
    "in signs": ("<verdict>wholly</verdict>", "covered"),
    "in signs, not at all": ("<verdict>not at all</verdict>\n", "not_covered"),
    "in a fence": ("```\n<verdict>not at all</verdict>\n```", "not_covered"),
    "in bold": ("**Verdict:** not at all", "not_covered"),
    "in bold signs": ("**<verdict>wholly</verdict>**\n", "covered"),
    "in other case": ("VERDICT: Wholly.", "covered"),
}


@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_a_judgement_is_obeyed_and_never_shown_however_it_is_written(name: str, size: int) -> None:
    reply, verdict = ANYWHERE[name]
    async with a_world(FOUND) as world:
        events = await answer(world, *(reply[start : start + size] for start in range(0, len(reply), size)))
    assert text_of(events).strip() == resolved_of(events).text == "It is a point [1]."
    assert [event.verdict for event in events if isinstance(event, GroundingDecided)][-1] == verdict


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_a_judgement_behind_a_long_answer_changes_the_verdict_and_not_the_text(name: str, size: int) -> None:
    said, verdict = BEHIND[name]
    reply = f"{LONG}\n\n{said}"
    async with a_world(FOUND) as world:
        events = await answer(world, *(reply[start : start + size] for start in range(0, len(reply), size)))
    assert resolved_of(events).text == LONG.replace("source ", "").strip()
    assert "`" not in text_of(events)
    assert "*" not in text_of(events)
    assert [event.verdict for event in events if isinstance(event, GroundingDecided)] == ["uncertain", verdict]
    assert end_of(events).reason == "stop"


async def test_a_part_that_is_named_as_missing_behind_the_answer_is_told_at_its_end() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, LONG, "\n<verdict>partly: the price</verdict>")
    assert resolved_of(events).text.endswith("\n\nThe book does not say: the price.")
    assert "verdict" not in text_of(events)


async def test_not_at_all_behind_a_short_answer_that_nobody_saw_is_the_refusal() -> None:
    async with a_world(FOUND) as world:
        events = await answer(world, "It is cheese.\n<verdict>not at all</verdict>")
    assert only(events, GroundingDecided).verdict == "not_covered"
    assert "cheese" not in text_of(events)


@pytest.mark.parametrize(
    "reply",
    [
        "```python\nverify(point)\n```\nIt is code [source 1].",
        "**Note:** it is a point [source 1].",
        "`vel` is a speed [source 1].\n\n```\nv = 1\n```",
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_code_and_bold_text_behind_a_judgement_stay(reply: str, size: int) -> None:
    whole = f"<verdict>wholly</verdict>\n{reply}"
    async with a_world(FOUND) as world:
        events = await answer(world, *(whole[start : start + size] for start in range(0, len(whole), size)))
    assert text_of(events).strip() == reply.replace("source ", "")
