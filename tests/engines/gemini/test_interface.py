"""All that LlamaIndex's users may call on the model: it goes through the wire, or says that it is not supported."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, MessageRole, TextBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from engines.errors import ModelError, ModelKeyError
from engines.gemini.llm import GeminiLLM
from tests.engines.chat.chat_world import a_world
from tests.gemini_server import Reply, wrong_key

WORDS = ("A node is ", "a process.")
TEXT = "".join(WORDS)
PROMPT = PromptTemplate("What is a {thing}?")
CHAT = [ChatMessage(role=MessageRole.USER, content="What is a node?")]


class Node(BaseModel):
    """What the model is to fill in."""

    name: str


TOOL = FunctionTool.from_defaults(lambda name: name, name="look_up", description="Looks a name up.")


async def _joined(stream: AsyncIterator[Any]) -> str:
    return "".join([piece if isinstance(piece, str) else piece.delta or "" async for piece in stream])


def _in_pieces(stream: Any) -> str:
    return "".join(piece if isinstance(piece, str) else piece.delta or "" for piece in stream)


async def _astreamed(call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> str:
    return await _joined(await call(*args, **kwargs))


# What each call gives, as a text.
SYNCHRONOUS: dict[str, Callable[[GeminiLLM], str]] = {
    "chat": lambda llm: llm.chat(CHAT).message.content or "",
    "complete": lambda llm: llm.complete("What is a node?").text,
    "predict": lambda llm: llm.predict(PROMPT, thing="node"),
    "stream_chat": lambda llm: _in_pieces(llm.stream_chat(CHAT)),
    "stream_complete": lambda llm: _in_pieces(llm.stream_complete("What is a node?")),
    "stream": lambda llm: _in_pieces(llm.stream(PROMPT, thing="node")),
    "structured_predict": lambda llm: llm.structured_predict(Node, PROMPT, thing="node").model_dump_json(),
    "structured_predict_without_function_calling": lambda llm: llm.structured_predict_without_function_calling(
        Node, PROMPT, thing="node"
    ).model_dump_json(),
    "as_structured_llm": lambda llm: str(llm.as_structured_llm(Node).chat(CHAT).message.content),
}
ASYNCHRONOUS: dict[str, Callable[[GeminiLLM], Awaitable[Any]]] = {
    "achat": lambda llm: llm.achat(CHAT),
    "acomplete": lambda llm: llm.acomplete("What is a node?"),
    "apredict": lambda llm: llm.apredict(PROMPT, thing="node"),
    "astream_chat": lambda llm: _astreamed(llm.astream_chat, CHAT),
    "astream_complete": lambda llm: _astreamed(llm.astream_complete, "What is a node?"),
    "astream": lambda llm: _astreamed(llm.astream, PROMPT, thing="node"),
    "astructured_predict": lambda llm: llm.astructured_predict(Node, PROMPT, thing="node"),
}
REFUSED: dict[str, Callable[[GeminiLLM], Any]] = {
    "chat_with_tools": lambda llm: llm.chat_with_tools([TOOL], "What?"),
    "achat_with_tools": lambda llm: llm.achat_with_tools([TOOL], "What?"),
    "stream_chat_with_tools": lambda llm: llm.stream_chat_with_tools([TOOL], "What?"),
    "astream_chat_with_tools": lambda llm: llm.astream_chat_with_tools([TOOL], "What?"),
    "predict_and_call": lambda llm: llm.predict_and_call([TOOL], "What?"),
    "apredict_and_call": lambda llm: llm.apredict_and_call([TOOL], "What?"),
    "stream_structured_predict": lambda llm: llm.stream_structured_predict(Node, PROMPT, thing="node"),
    "astream_structured_predict": lambda llm: llm.astream_structured_predict(Node, PROMPT, thing="node"),
}
WITHOUT_A_CALL = {
    "check_callback_manager",
    "check_prompts",
    "class_name",
    "convert_chat_messages",
    "custom_model_dump",
    "from_dict",
    "from_json",
    "get_tool_calls_from_response",
    "set_completion_to_prompt",
    "set_messages_to_prompt",
    "to_dict",
    "to_json",
    "to_payload",
}
OBJECTS = {
    "structured_predict",
    "structured_predict_without_function_calling",
    "as_structured_llm",
    "astructured_predict",
}
OWN = {"aclose", "open_stream", "write_whole"}


def test_every_public_call_is_known_here() -> None:
    names = {name for name in dir(GeminiLLM) if not name.startswith("_") and callable(getattr(GeminiLLM, name))}
    known = {*SYNCHRONOUS, *ASYNCHRONOUS, *REFUSED, *WITHOUT_A_CALL, *OWN}
    assert names - set(dir(BaseModel)) == known


def _reply(name: str) -> Reply:
    return Reply(chunks=('{"name": ', '"ROS"}')) if name in OBJECTS else Reply(chunks=WORDS)


def _text(answer: Any) -> str:
    return answer.model_dump_json() if isinstance(answer, Node) else str(answer).removeprefix("assistant: ")


async def _called(llm: GeminiLLM, name: str) -> str:
    """The text that a call gives; the synchronous ones are made inside a running loop, as in a notebook."""
    return SYNCHRONOUS[name](llm) if name in SYNCHRONOUS else _text(await ASYNCHRONOUS[name](llm))


@pytest.mark.parametrize("name", [*SYNCHRONOUS, *ASYNCHRONOUS])
async def test_a_call_goes_through_the_wire_and_fails_with_its_errors(name: str) -> None:
    async with a_world() as world:
        world.server.reply = world.server.condense = _reply(name)
        text = await _called(world.llm, name)
        world.server.reply = world.server.condense = wrong_key()
        with pytest.raises(ModelKeyError):
            await _called(world.llm, name)
        first, second = world.server.requests
    if name in OBJECTS:
        assert json.loads(text) == {"name": "ROS"}
        assert first.body["generationConfig"]["responseJsonSchema"] == Node.model_json_schema()
    else:
        assert text == TEXT
    assert first.texts == second.texts == [("user", "What is a node?")]
    assert "x-goog-api-client" not in first.headers, "google-genai's own"
    assert "stream" not in name or first.streamed


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_supported_says_so_and_asks_nothing(name: str) -> None:
    async with a_world() as world:
        with pytest.raises(NotImplementedError, match="GeminiLLM"):
            await REFUSED[name](world.llm)
        assert world.server.requests == []


async def test_options_that_would_have_no_effect_are_refused() -> None:
    async with a_world() as world:
        calls = [world.llm.achat, world.llm.astream_chat, world.llm.acomplete]
        for call in calls:
            with pytest.raises(NotImplementedError, match="generation_config, tools"):
                await call("What?" if call == world.llm.acomplete else CHAT, tools=[], generation_config={})
        for refused in (world.llm.chat, world.llm.stream_chat):
            with pytest.raises(NotImplementedError, match="tools"):
                refused(CHAT, tools=[])
        assert world.server.requests == []


async def test_a_message_with_a_picture_is_refused() -> None:
    picture = ChatMessage(role=MessageRole.USER, blocks=[TextBlock(text="What?"), ImageBlock(image=b"")])
    async with a_world() as world:
        with pytest.raises(NotImplementedError, match="texts alone"):
            await world.llm.achat([picture])


async def test_google_genai_s_client_is_out_of_reach() -> None:
    async with a_world() as world:
        assert not world.llm.metadata.is_function_calling_model
        with pytest.raises(NotImplementedError):
            world.llm._client.models.get(model="gemini-flash-latest")


async def test_a_synchronous_stream_that_is_left_closes_its_request() -> None:
    async with a_world() as world:
        world.server.reply = Reply(chunks=("word ",) * 500, pace_seconds=0.02)
        stream = world.llm.stream_chat(CHAT)
        assert next(stream).delta == "word "
        stream.close()
        assert world.server.requests[0].cut_off()


async def test_a_synchronous_call_leaves_the_connections_of_the_running_loop_open() -> None:
    async with a_world() as world:
        async for response in await world.llm.astream_chat(CHAT):
            if response.delta == "The answer ":
                assert world.llm.chat(CHAT).message.content
        assert response.message.content == "The answer stands in the book [1]."


# Of each failure before the first word: whether the same model is asked again, and whether another one is.
FAILURES = {
    "away": (Reply(status=503), True, True),
    "busy": (Reply(status=429), True, True),
    "an unknown model": (Reply(status=404), False, True),
    "a bad request": (Reply(status=400), False, True),
    "silent": (Reply(first_token_seconds=30), False, True),
    "nothing written": (Reply(chunks=()), True, True),
    "blocked before a word": (Reply(chunks=(), finish_reason="SAFETY"), True, True),
    "a wrong key": (wrong_key(), False, False),
    "a blocked question": (Reply(block_reason="SAFETY"), False, False),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "whole"])
async def test_one_rule_says_which_failures_are_tried_again_and_which_another_model_may_not_have(
    name: str, streamed: bool
) -> None:
    reply, again, another = FAILURES[name]
    async with a_world(
        gemini_model="first",
        gemini_fallback_model="second",
        gemini_retry_budget_seconds=1.2,
        gemini_first_token_timeout_seconds=0.2,
    ) as world:
        world.server.of_model = {"first": reply, "second": Reply(chunks=WORDS)}
        text = None
        with contextlib.suppress(ModelError):
            text = _text(await ASYNCHRONOUS["astream_chat" if streamed else "achat"](world.llm))
        *before, last = [request.model for request in world.server.requests]
    assert (last, text) == (("second", TEXT) if another else ("first", None))
    assert set(before) <= {"first"}
    assert (len(before) > 1) == again
