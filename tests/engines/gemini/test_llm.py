"""Gemini as LlamaIndex's LLM: its interface, its settings, and what it does at construction."""

import logging
from contextlib import aclosing

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.llms.google_genai import GoogleGenAI

from engines.errors import ModelKeyError, ModelUnavailableError
from engines.gemini.llm import GeminiLLM, build_llm
from engines.settings import EngineSettings
from tests.engines.chat.chat_world import a_world, engine_settings
from tests.gemini_server import GeminiServer, Reply, wrong_key

QUESTION = [
    ChatMessage(role=MessageRole.SYSTEM, content="Be brief."),
    ChatMessage(role=MessageRole.USER, content="What is a node?"),
]


def test_without_a_key_there_is_no_model() -> None:
    assert build_llm(engine_settings()) is None


def test_it_is_made_without_a_call() -> None:
    llm = build_llm(engine_settings("http://127.0.0.1:9"))  # where nothing listens
    assert isinstance(llm, GoogleGenAI)
    assert llm.metadata.context_window == 1_000_000


def test_the_key_is_in_no_representation() -> None:
    llm = build_llm(engine_settings("http://127.0.0.1:9"))
    assert llm is not None
    assert "test-key" not in repr(llm) + str(llm) + str(llm.to_dict())


async def test_the_key_that_is_set_for_this_server_is_used_and_no_other_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GEMINI_API_KEY", " test-key ")
    with GeminiServer(Reply()) as server:
        monkeypatch.setenv("GEMINI_BASE_URL", server.url)
        with caplog.at_level(logging.DEBUG):
            llm = build_llm(EngineSettings())
        assert llm is not None
        await llm.achat(QUESTION)
        await llm.aclose()
        (received,) = server.requests
    assert received.headers["x-goog-api-key"] == "test-key"
    assert "GOOGLE_API_KEY" not in caplog.text


@pytest.mark.parametrize("value", ["", " ", "\t", " \n "])
def test_a_blank_key_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GEMINI_API_KEY", value)
    assert build_llm(EngineSettings()) is None


async def test_a_stream_gives_deltas_and_the_growing_message() -> None:
    async with a_world() as world:
        stream = await world.llm.astream_chat(QUESTION)
        seen = [(response.delta, response.message.content) async for response in stream]
    assert seen == [
        ("The answer ", "The answer "),
        ("stands in the book [1].", "The answer stands in the book [1]."),
        ("", "The answer stands in the book [1]."),
    ]


async def test_a_whole_answer_is_one_request_and_tells_its_counts() -> None:
    async with a_world() as world:
        response = await world.llm.achat(QUESTION)
        (received,) = world.server.requests
    assert response.message.content == "What is a condensed question?"
    assert response.additional_kwargs["prompt_tokens"] == 100
    assert received.path == "/v1beta/models/gemini-flash-latest:generateContent"
    assert received.system == "Be brief."


async def test_llama_indexes_completion_goes_the_same_way() -> None:
    async with a_world() as world:
        assert str(await world.llm.acomplete("What?")) == "What is a condensed question?"


async def test_a_whole_answer_fails_with_the_same_errors() -> None:
    async with a_world() as world:
        world.server.condense = wrong_key()
        with pytest.raises(ModelKeyError):
            await world.llm.achat(QUESTION)
        world.server.condense = Reply(status=503)
        with pytest.raises(ModelUnavailableError):
            await world.llm.acomplete("What?")


async def test_the_settings_reach_the_request() -> None:
    async with a_world(gemini_model="gemini-2.0-flash", gemini_max_tokens=777) as world:
        await world.llm.achat(QUESTION)
        (received,) = world.server.requests
    assert received.model == "gemini-2.0-flash"
    assert received.body["generationConfig"] == {"maxOutputTokens": 777, "temperature": 0.1}


async def test_a_full_model_name_is_kept() -> None:
    async with a_world(gemini_model="tunedModels/mine") as world:
        await world.llm.achat(QUESTION)
        assert world.server.requests[0].path == "/v1beta/tunedModels/mine:generateContent"


async def test_neighbours_of_one_role_become_one_message() -> None:
    async with a_world() as world:
        await world.llm.achat([*QUESTION, ChatMessage(role=MessageRole.USER, content="Quickly.")])
        ((role, text),) = world.server.requests[0].texts
    assert (role, text) == ("user", "What is a node?Quickly.")


async def test_a_second_model_shares_the_connections_and_both_are_closed() -> None:
    async with a_world(gemini_fallback_model="second") as world:
        async with aclosing(await world.llm.astream_chat(QUESTION)) as stream:
            await anext(stream)
        assert isinstance(world.llm, GeminiLLM)
        await world.llm.aclose()
        await world.llm.achat(QUESTION)
        assert len(world.server.requests) == 2


@pytest.mark.parametrize("ending", ["/v1beta", "/v1beta/", "/"])
def test_an_address_with_its_version_or_a_slash_is_the_same_address(ending: str) -> None:
    assert engine_settings(f"http://127.0.0.1:9{ending}").gemini_base_url == "http://127.0.0.1:9"


async def test_a_socks_proxy_in_the_environment_does_not_keep_a_server_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    llm = build_llm(engine_settings("http://127.0.0.1:9"))
    assert llm is not None
    await llm.aclose()


async def test_the_proxy_of_the_environment_is_asked_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with GeminiServer(Reply()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http://", "http://reader:secret@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        llm = build_llm(engine_settings("http://gemini.example"))
        assert llm is not None
        await llm.achat(QUESTION)
        await llm.aclose()
        (received,) = proxy.requests
    assert received.path.startswith("http://gemini.example/v1beta/models/")
    assert received.headers["proxy-authorization"] == "Basic cmVhZGVyOnNlY3JldA=="


@pytest.mark.parametrize(
    ("proxy", "others"),
    [("http://127.0.0.1:9", "127.0.0.1"), ("socks5://127.0.0.1:9", ""), ("https://127.0.0.1:9", "")],
)
async def test_no_proxy_is_asked_for_a_host_that_needs_none_or_where_it_cannot_be_spoken_to(
    proxy: str, others: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", others)
    with GeminiServer(Reply()) as server:
        llm = build_llm(engine_settings(server.url))
        assert llm is not None
        await llm.achat(QUESTION)
        await llm.aclose()
        assert len(server.requests) == 1
    warnings = [record.getMessage() for record in caplog.records if "HTTP_PROXY" in record.getMessage()]
    assert len(warnings) == (not others)  # told once, without an address that may hold a password
    assert "127.0.0.1:9" not in "".join(warnings)
