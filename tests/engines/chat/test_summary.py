"""Older turns as a summary: when one is made, what goes into it, and where it stands in the prompt."""

import pytest

from engines import prompts
from engines.chat.summary import MOST_TURNS, Summariser
from engines.errors import ModelError
from engines.events import Question, Turn
from tests.engines.chat.chat_world import World, a_world, end_of
from tests.gemini_server import Reply

SUMMARY = "The reader asked about balance and knows what the support polygon is."


def turns_of(count: int, characters: int = 40) -> list[Turn]:
    """So many messages in turn, each `characters` long."""
    return [Turn("user" if n % 2 == 0 else "assistant", f"message {n} ".ljust(characters, "x")) for n in range(count)]


def summariser_of(world: World) -> Summariser:
    assert world.chat.summariser is not None
    return world.chat.summariser


async def test_nothing_is_summarised_while_the_turns_fit() -> None:
    async with a_world(history_tokens=400) as world:
        assert summariser_of(world).overflow(turns_of(MOST_TURNS), None) == 0
        assert summariser_of(world).overflow([], SUMMARY) == 0


async def test_turns_that_no_longer_fit_are_summarised_down_to_half_of_the_budget() -> None:
    async with a_world(history_tokens=200) as world:
        turns = turns_of(20)  # of 11 tokens each
        older = summariser_of(world).overflow(turns, None)
        assert 200 // 2 - 22 <= 11 * (20 - older) <= 200 // 2
        assert turns[older].role == "user"
        assert summariser_of(world).overflow(turns[older:], SUMMARY) == 0


async def test_many_short_turns_are_summarised_before_the_store_leaves_them_out() -> None:
    async with a_world(history_tokens=10_000) as world:
        assert summariser_of(world).overflow(turns_of(MOST_TURNS + 2), None) > MOST_TURNS // 2


async def test_the_last_question_and_answer_stay_however_long_they_are() -> None:
    async with a_world(history_tokens=100) as world:
        assert summariser_of(world).overflow(turns_of(2, characters=9_000), SUMMARY) == 0
        assert summariser_of(world).overflow(turns_of(4, characters=9_000), None) == 2


async def test_no_history_and_no_model_make_no_summary() -> None:
    async with a_world(history_tokens=0) as world:
        assert world.chat.summariser is None


async def test_a_summary_grows_out_of_the_one_before_it() -> None:
    async with a_world() as world:
        world.server.condense = Reply(chunks=("They asked about\n\nbalance.",), prompt_tokens=70, answer_tokens=9)
        made = await summariser_of(world).summarise(turns_of(2), SUMMARY)
        (asked,) = world.server.condensations
    assert made.text == "They asked about balance."
    assert made.tokens == 79
    assert prompts.summary_block(SUMMARY) in asked.texts[0][1]
    assert "Reader: message 0" in asked.texts[0][1]
    assert "Tutor: message 1" in asked.texts[0][1]


async def test_a_summary_takes_a_quarter_of_the_budget_at_most() -> None:
    async with a_world(history_tokens=400) as world:
        world.server.condense = Reply(chunks=("word " * 5_000,))
        made = await summariser_of(world).summarise(turns_of(2), None)
    assert len(made.text) < 4 * 400 // 4 + 20


async def test_a_model_that_is_away_is_asked_once() -> None:
    async with a_world(gemini_retry_budget_seconds=30.0) as world:
        world.server.condense = Reply(status=503)
        with pytest.raises(ModelError):
            await summariser_of(world).summarise(turns_of(2), None)
        assert len(world.server.condensations) == 1


async def test_the_summary_is_data_before_the_turns_and_no_rule() -> None:
    history = (Turn("user", "What is a foot?"), Turn("assistant", "A part."))
    async with a_world() as world:
        end_of(await world.ask(Question("and why?", history, summary=SUMMARY)))
        (answered,) = world.server.streams
        (condensed,) = world.server.condensations
    assert answered.system == prompts.TUTOR
    assert [role for role, _ in answered.texts] == ["user", "model", "user"]
    assert answered.texts[0][1] == prompts.summary_block(SUMMARY) + "What is a foot?"
    assert prompts.summary_block(SUMMARY) in condensed.everything.replace("\\n", "\n")


async def test_the_summary_counts_for_the_budget() -> None:
    history = tuple(turns_of(10))  # 110 tokens
    async with a_world(history_tokens=120) as world:
        await world.ask(Question("Why?", history))
        await world.ask(Question("Why?", history, summary="word " * 500))
        whole, shorter = world.server.streams
    assert "message 0 " in whole.everything
    assert "message 0 " not in shorter.everything
    assert "message 9 " in shorter.everything
    assert len(shorter.everything) <= len(whole.everything) + 4 * 20


async def test_a_question_about_a_selection_sees_no_summary() -> None:
    async with a_world() as world:
        await world.ask(Question("What is this?", summary=SUMMARY, selected_text="A foot is a part."))
        assert SUMMARY not in world.server.streams[0].everything
