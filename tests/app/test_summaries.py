"""A conversation that outgrows its prompt: its older turns come back as a summary, with either store."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from engines import prompts
from storage.accounts.reader import Reader as Owner
from storage.conversations.turns import OpenTurn, Summary, TurnRequest
from tests.app.test_conversation import QUESTION, Reader
from tests.gemini_server import GeminiServer, Received, Reply
from tests.reader_stores import store_settings
from tests.serving import Served, serving

SUMMARY = "The reader wants to know what keeps a foot on the ground."
FIRST = "Why can the zero moment point not leave the polygon of a sandal?"  # in no later turn
BUDGET = 300  # tokens of history: a few turns


class SummarisingGemini(GeminiServer):
    """Tells a summary from a condensed question, and replies to each in its own way."""

    def __init__(self) -> None:
        super().__init__(Reply(chunks=("The ground only pushes and never pulls [1]. " * 6,), prompt_tokens=0))
        self.condense = Reply(chunks=(QUESTION,))
        self.summary = Reply(chunks=(SUMMARY,))
        self.summaries: list[Received] = []

    def take(self, received: Received) -> Reply:
        """Keep requests for a summary apart."""
        if not received.streamed and "Write one summary" in received.everything:
            self.summaries.append(received)
            return self.summary
        return super().take(received)


@pytest.fixture
def gemini() -> Iterator[SummarisingGemini]:
    with SummarisingGemini() as server:
        yield server


@pytest.fixture(params=["sqlite", "supabase"])
def served(request: pytest.FixtureRequest, gemini: SummarisingGemini, data_dir: Path) -> Iterator[Served]:
    project = request.getfixturevalue("project") if request.param == "supabase" else None
    with at_work(gemini, data_dir, stores=store_settings(data_dir, project)) as running:
        yield running


def at_work(gemini: GeminiServer, data_dir: Path, **more: Any) -> AbstractContextManager[Served]:
    return serving(data_dir, gemini_url=gemini.url, history_tokens=BUDGET, gemini_breaker_failures=99, **more)


def settled(served: Served) -> None:
    """Return when no summary is being made."""
    deadline = time.monotonic() + 20
    while len(served.services.summaries):
        assert time.monotonic() < deadline, "a summary takes too long"
        time.sleep(0.01)


def ask_until_summarised(reader: Reader, served: Served, gemini: SummarisingGemini) -> None:
    """A first question that can be told from all others, and as many more as outgrow the prompt."""
    reader.ask(FIRST, "first")
    for number in range(8):
        settled(served)
        if gemini.summaries:
            return
        reader.ask(f"{QUESTION} Part {number}.")
    raise AssertionError("nothing was summarised")


def opened(served: Served, reader: Reader, conversation: str) -> OpenTurn:
    """The conversation as its store gives it to the next question."""

    async def begin() -> OpenTurn:
        owner: Owner = await served.services.accounts.verify(reader.headers["authorization"].removeprefix("Bearer "))
        return await served.services.conversations.begin_turn(owner, TurnRequest(uuid.UUID(conversation), "And?"))

    return asyncio.run_coroutine_threadsafe(begin(), served.loop).result(30)


def test_older_turns_are_summarised_stored_and_used(served: Served, gemini: SummarisingGemini) -> None:
    reader = Reader(served.url)
    ask_until_summarised(reader, served, gemini)
    (asked,) = gemini.summaries
    assert FIRST in asked.everything
    reader.ask("And on one foot?")
    answered = gemini.streams[-1]
    assert prompts.summary_block(SUMMARY) in answered.texts[0][1]
    assert answered.texts[0][0] == "user"
    assert FIRST not in answered.everything
    assert answered.system == prompts.TUTOR
    settled(served)
    turn = opened(served, reader, reader.id)
    assert turn.summary is not None
    assert turn.summary.text == SUMMARY
    assert str(turn.summary.up_to) in {message["id"] for message in reader.stored()}


def test_a_summary_grows_and_the_prompt_stays_within_its_budget(served: Served, gemini: SummarisingGemini) -> None:
    reader = Reader(served.url)
    for number in range(14):
        reader.ask(f"{QUESTION} Part {number}.")
        settled(served)
    assert len(gemini.summaries) >= 2
    assert prompts.summary_block(SUMMARY).replace("\n", "\\n") in gemini.summaries[-1].everything
    histories = [sum(len(text) for _, text in asked.texts[:-1]) for asked in gemini.streams]
    assert max(histories) <= BUDGET * 4 * 1.2  # four letters a token, and a summary's tags


def test_a_branch_that_leaves_the_summarised_turns_does_not_see_them(served: Served, gemini: SummarisingGemini) -> None:
    reader = Reader(served.url)
    ask_until_summarised(reader, served, gemini)
    reader.ask("Why does the ground push?", "first", messageId="first")  # the first question, edited
    answered = gemini.streams[-1]
    assert SUMMARY not in answered.everything
    assert FIRST not in answered.everything


def test_a_selection_does_not_see_the_summary(served: Served, gemini: SummarisingGemini) -> None:
    reader = Reader(served.url)
    ask_until_summarised(reader, served, gemini)
    reader.ask("What is this?", selected_text="The ground only pushes and never pulls")
    assert SUMMARY not in gemini.streams[-1].everything


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=400), Reply(chunks=()), Reply(block_reason="OTHER")])
def test_a_summary_that_fails_costs_no_answer(gemini: SummarisingGemini, data_dir: Path, reply: Reply) -> None:
    gemini.summary = reply
    with at_work(gemini, data_dir) as served:
        reader = Reader(served.url)
        ask_until_summarised(reader, served, gemini)
        assert reader.ask(QUESTION)[-1]["type"] == "finish"
        answered = gemini.streams[-1]
        assert not any("<summary>" in text for _, text in answered.texts)
        assert FIRST not in answered.everything  # dropped, as without a model
        settled(served)
        assert opened(served, reader, reader.id).summary is None


def test_nobody_waits_for_a_summary_and_a_shutdown_ends_it(gemini: SummarisingGemini, data_dir: Path) -> None:
    gemini.summary = Reply(first_token_seconds=60)
    with at_work(gemini, data_dir) as served:
        reader = Reader(served.url)
        reader.ask(FIRST)
        while not gemini.summaries:
            reader.ask(QUESTION)
        started = time.monotonic()
        assert reader.ask(QUESTION)[-1]["type"] == "finish"
        assert time.monotonic() - started < 5
        assert len(served.services.summaries) == 1
        assert len(gemini.summaries) == 1  # the next answer does not ask for a second one meanwhile
        ending = time.monotonic()
    assert time.monotonic() - ending < 10
    assert gemini.summaries[0].cut_off()


def test_the_tokens_of_a_summary_count(gemini: SummarisingGemini, data_dir: Path) -> None:
    gemini.summary = Reply(chunks=(SUMMARY,), prompt_tokens=50_000)
    with at_work(gemini, data_dir, app=AppSettings(tokens_per_reader="20000/day", _env_file=None)) as served:
        reader = Reader(served.url)
        ask_until_summarised(reader, served, gemini)
        refused = reader.send(reader.body(QUESTION))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")


def test_without_a_model_older_turns_are_left_out(data_dir: Path) -> None:
    with serving(data_dir, history_tokens=BUDGET) as served:
        reader = Reader(served.url)
        for _ in range(6):
            assert reader.ask(QUESTION)[-1]["type"] == "finish"
        assert len(served.services.summaries) == 0
        assert opened(served, reader, reader.id).summary is None


def test_a_summary_of_messages_that_are_gone_is_not_used(gemini: SummarisingGemini, data_dir: Path) -> None:
    with at_work(gemini, data_dir) as served:
        reader = Reader(served.url)
        reader.ask(QUESTION)

        async def save() -> None:
            owner = await served.services.accounts.verify(reader.headers["authorization"].removeprefix("Bearer "))
            store = served.services.conversations
            await store.save_summary(owner, uuid.UUID(reader.id), Summary(SUMMARY, uuid.uuid4()))

        asyncio.run_coroutine_threadsafe(save(), served.loop).result(30)
        reader.ask("And on one foot?")
        assert SUMMARY not in gemini.streams[-1].everything
        assert QUESTION in gemini.streams[-1].texts[0][1]
        assert httpx.get(f"{served.url}/healthz").status_code == 200
