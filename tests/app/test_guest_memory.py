"""Readers without an account: remembered by an id that cannot be guessed, and strangers to each other by any other."""

import asyncio
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.conversations.guest_memory import (
    MAX_CHARACTERS,
    MAX_MESSAGES,
    GuestMemory,
    SqliteGuestMemory,
)
from storage.conversations.redis_guest_memory import RedisGuestMemory
from storage.errors import StorageUnavailableError
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.redis_server import redis_server
from tests.serving import Served

QUESTION = "Why can the zero moment point not leave the support polygon?"


gemini = gemini_fixture(condense=QUESTION)


def ask(with_model: Served, conversation: str, text: str = QUESTION) -> dict[str, Any]:
    body = {"message": text, "session_id": conversation, "stream": False}
    answer: dict[str, Any] = httpx.post(f"{with_model.url}/api/chat", json=body, timeout=60).json()
    return answer


def test_a_conversation_with_a_random_id_is_remembered_until_it_is_deleted(
    with_model: Served, gemini: GeminiServer
) -> None:
    conversation = secrets.token_hex(16)
    ask(with_model, conversation)
    ask(with_model, conversation, "And why is that?")
    assert QUESTION in gemini.streams[-1].everything
    assert httpx.delete(f"{with_model.url}/api/chat/{conversation}").status_code == 204
    ask(with_model, conversation, f"{QUESTION} Please say it again.")
    assert [role for role, _ in gemini.streams[-1].texts] == ["user"]


def test_a_conversation_goes_on_under_the_id_that_its_first_answer_gives(
    with_model: Served, gemini: GeminiServer
) -> None:
    body = {"message": QUESTION, "stream": False}
    first = httpx.post(f"{with_model.url}/api/chat", json=body, timeout=60).json()

    ask(with_model, first["conversation_id"], "And why is that?")

    assert QUESTION in gemini.streams[-1].everything


def test_a_question_that_is_answered_again_is_not_given_its_first_answer(
    with_model: Served, gemini: GeminiServer
) -> None:
    message = {"id": "q-1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}
    body = {"id": str(uuid.uuid4()), "messages": [message]}
    for trigger in ("submit-message", "regenerate-message"):
        answer = httpx.post(f"{with_model.url}/api/chat", json=body | {"trigger": trigger}, timeout=60)
        assert '"type":"finish"' in answer.text
        assert [role for role, _ in gemini.streams[-1].texts] == ["user"]


def test_an_edited_first_question_is_not_given_what_it_replaces(with_model: Served, gemini: GeminiServer) -> None:
    conversation = str(uuid.uuid4())
    ask(with_model, conversation, "What is a gait?")
    edited = {"id": "q-2", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}
    body = {"id": conversation, "messages": [edited], "trigger": "submit-message", "messageId": "q-1"}

    answer = httpx.post(f"{with_model.url}/api/chat", json=body, timeout=60)

    assert '"type":"finish"' in answer.text
    assert [role for role, _ in gemini.streams[-1].texts] == ["user"]
    ask(with_model, conversation, "And why is that?")
    assert QUESTION in gemini.streams[-1].everything
    assert "What is a gait?" not in gemini.streams[-1].everything


def test_an_edited_question_of_a_client_that_sends_it_alone_keeps_what_was_said_before(
    with_model: Served, gemini: GeminiServer
) -> None:
    conversation = str(uuid.uuid4())
    ask(with_model, conversation)
    ask(with_model, conversation, "What is a gait?")
    edited = {"id": "q-3", "role": "user", "parts": [{"type": "text", "text": "And why is that?"}]}
    body = {"id": conversation, "messages": [edited], "trigger": "submit-message", "messageId": "q-2"}

    httpx.post(f"{with_model.url}/api/chat", json=body, timeout=60)

    assert [role for role, _ in gemini.streams[-1].texts] == ["user", "model", "user"]
    assert QUESTION in gemini.streams[-1].everything
    ask(with_model, conversation, "And then?")
    assert QUESTION in gemini.streams[-1].everything
    assert "What is a gait?" not in gemini.streams[-1].everything


def test_an_id_that_everybody_uses_belongs_to_its_request(with_model: Served, gemini: GeminiServer) -> None:
    first, second = ask(with_model, "chat"), ask(with_model, "chat")
    assert first["conversation_id"] != second["conversation_id"]
    assert [role for role, _ in gemini.streams[-1].texts] == ["user"]


def test_nobody_resumes_or_waits_for_the_answer_of_somebody_else(with_model: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("One ", "two ", "three."), pace_seconds=1.0))
    body = {"id": "chat", "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}]}
    with httpx.stream("POST", f"{with_model.url}/api/chat", json=body, timeout=60) as slow:
        lines = slow.iter_lines()
        next(lines)
        assert httpx.get(f"{with_model.url}/api/chat/chat/stream").status_code == 204
        assert httpx.post(f"{with_model.url}/api/chat/chat/stop").status_code == 204
        assert ask(with_model, "chat")["complete"]
        assert "three." in "".join(lines)


def test_the_turn_after_a_stopped_one_knows_what_was_written(with_model: Served, gemini: GeminiServer) -> None:
    conversation = str(uuid.uuid4())
    gemini.script(Reply(chunks=("It tips over [source 1]. ", *("and on. ",) * 200), pace_seconds=0.05))
    body = {"message": QUESTION, "conversation_id": conversation}
    with httpx.stream("POST", f"{with_model.url}/api/chat", json=body, timeout=60) as stream:
        lines = stream.iter_lines()
        assert any("It tips" in line for line in lines)
        httpx.post(f"{with_model.url}/api/chat/{conversation}/stop")
        assert any('"abort"' in line for line in lines)
    assert ask(with_model, conversation, "go on")["complete"]
    said = [text for _, text in gemini.streams[-1].texts]
    assert said[0] == QUESTION
    assert said[1].startswith("It tips over.")
    assert "go on" in said[-1]


def test_a_stopped_json_answer_says_why_it_is_incomplete(with_model: Served, gemini: GeminiServer) -> None:
    conversation = str(uuid.uuid4())
    gemini.script(Reply(chunks=("It tips over. ", *("and on. ",) * 200), pace_seconds=0.05))
    count = len(gemini.streams)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(ask, with_model, conversation)
        while len(gemini.streams) == count or gemini.streams[-1].sent < 2:
            time.sleep(0.01)
        httpx.post(f"{with_model.url}/api/chat/{conversation}/stop")
        answer = asked.result()
    assert not answer["complete"]
    assert answer["error"]["code"] == "answer_stopped"
    assert answer["detail"] == answer["error"]["message"]


def test_two_tabs_of_one_conversation_are_answered_one_after_the_other(
    with_model: Served, gemini: GeminiServer
) -> None:
    conversation = str(uuid.uuid4())
    slow = Reply(chunks=("It ", "stands ", "there."), pace_seconds=0.1)
    gemini.script(slow, slow)
    with ThreadPoolExecutor(2) as tabs:
        answers = list(tabs.map(partial(ask, with_model, conversation), (QUESTION, "What is the capture point?")))
    assert [answer["answer"] for answer in answers] == ["It stands there."] * 2
    ask(with_model, conversation, "And then?")
    roles = [role for role, _ in gemini.streams[-1].texts]
    assert roles == ["user", "model", "user", "model", "user"]
    # The second tab's question was asked with the first one's answer before it.
    assert [len(stream.texts) for stream in gemini.streams[-3:]] == [1, 3, 5]


@contextmanager
def memories(kind: str, folder: Path, hours: float) -> Iterator[Callable[[], GuestMemory]]:
    """What opens one memory of a place again and again, as several processes do."""
    if kind == "sqlite":
        yield lambda: SqliteGuestMemory(folder / "guests.sqlite3", hours)
        return
    with redis_server(folder) as url:
        yield lambda: RedisGuestMemory(url, hours)


@pytest.fixture(params=["sqlite", "redis"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[GuestMemory]:
    with memories(request.param, tmp_path, 1) as opened:
        made = opened()
        yield made
        await made.close()


async def test_the_memory_keeps_what_was_said_in_order_and_forgets_it_when_told_to(memory: GuestMemory) -> None:
    await memory.add("a", ("user", "پاؤں?", "a selection"), ("assistant", "So.", "a selection"))
    await memory.add("a", ("user", "And then?", None), ("assistant", "It tips.", None))
    assert [text for _, text, _ in await memory.read("a")] == ["پاؤں?", "So.", "And then?", "It tips."]
    assert (await memory.read("a"))[0] == ("user", "پاؤں?", "a selection")
    await memory.add("b", ("user", "Mine", None))
    await memory.forget("a")
    await memory.forget("nobody")
    assert await memory.read("a") == ()
    assert [text for _, text, _ in await memory.read("b")] == ["Mine"]


async def test_the_memory_is_bounded_in_turns_and_size(memory: GuestMemory) -> None:
    for number in range(MAX_MESSAGES):
        await memory.add("a", ("user", str(number), None), ("assistant", "x", None))
    assert len(await memory.read("a")) == MAX_MESSAGES
    await memory.add("a", ("user", "y" * MAX_CHARACTERS, None))
    assert [len(text) for _, text, _ in await memory.read("a")] == [MAX_CHARACTERS]
    assert await memory.read("b") == ()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_turns_of_two_processes_are_all_kept_and_none_is_torn(tmp_path: Path, kind: str) -> None:
    with memories(kind, tmp_path, 1) as opened:
        one, other = opened(), opened()
        await one.read("a")
        turns = [(("user", f"{number}?", None), ("assistant", f"{number}.", None)) for number in range(10)]
        async with asyncio.TaskGroup() as group:
            for number, turn in enumerate(turns):
                group.create_task((one, other)[number % 2].add("a", *turn))
        said = await other.read("a")
        assert sorted(said) == sorted(text for turn in turns for text in turn)
        assert all(
            answer[1] == question[1].replace("?", ".") for question, answer in zip(said[::2], said[1::2], strict=True)
        )
        for memory in {one, other}:
            await memory.close()


async def test_of_250_turns_the_newest_are_kept(memory: GuestMemory) -> None:
    for number in range(250):
        await memory.add("a", ("user", f"{number}?", None), ("assistant", f"{number}.", None))
    assert [text for _, text, _ in await memory.read("a")][-2:] == ["249?", "249."]
    assert len(await memory.read("a")) == MAX_MESSAGES


@pytest.mark.parametrize(("kind", "seconds"), [("sqlite", 0.05), ("redis", 1.0)])  # Redis counts whole seconds here
async def test_the_memory_is_bounded_in_time(tmp_path: Path, kind: str, seconds: float) -> None:
    with memories(kind, tmp_path, seconds / 3600) as opened:
        memory = opened()
        await memory.add("a", ("user", "x", None))
        await asyncio.sleep(seconds * 1.5)
        assert await memory.read("a") == ()
        await memory.close()


async def test_a_redis_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        memory = RedisGuestMemory(url, 1)
        await memory.add("a", ("user", "x", None))
    for call in (memory.read("a"), memory.add("a", ("user", "y", None)), memory.forget("a")):
        with pytest.raises(StorageUnavailableError):
            await call
    await memory.close()
