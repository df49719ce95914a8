"""The book in Python answers as the server does: the same messages, the same texts, sources and verdicts."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from llama_index.core.base.llms.types import ChatMessage, MessageRole

from engines.book import Book, open_book
from engines.errors import ModelKeyError
from engines.events import Scope
from engines.settings import EngineSettings
from storage.errors import InputError
from storage.settings import StorageSettings
from tests.gemini_server import GeminiServer, Reply, gemini_fixture, wrong_key
from tests.serving import Served, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "/docs/balance/zmp"
MESSAGES = [  # one conversation, and each of them alone
    "hello",
    "What is the zero moment point?",  # covered
    "and why?",  # follow-ups
    "thanks!",
    "and the capture point?",
    "shorter please",
    "what did I ask you first?",
    "What is in this book?",  # tasks on the book
    "give me a quiz on chapter 1",
    "summarize the chapter on balance",
    "how many chapters are there?",
    "give me a quiz on chapter 7",
    "polygon gravity inertia tipping ground planner",  # uncertain
    "how fast is the robot?",
    "Who won the football cup in 1998?",  # off the subject
    "What is the weather like today?",
    "Was ist der Zero Moment Point?",  # other languages
    "ROS 2 میں پبلشر کیا ہے؟",
    "wat is teh captur point",  # misspelt
    "ok bye",
]
ON_A_PAGE = ["summarize this page", "what is this page about?", "quiz me on this page", "hello", "why is that so?"]
WITH_A_MODEL = [*MESSAGES[:5], MESSAGES[8], MESSAGES[12], MESSAGES[14], MESSAGES[16]]

gemini = gemini_fixture(
    Reply(chunks=("It is a point ", "on the ground [1].")), condense="What is the capture point of a robot?"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def book(small_index: Path) -> AsyncIterator[Book]:
    """The book of the server without a model."""
    stores = StorageSettings(data_dir=small_index)
    async with open_book(engine_settings=EngineSettings(gemini_api_key=None), storage_settings=stores) as opened:
        yield opened


def of_server(answer: dict[str, Any]) -> dict[str, Any]:
    """What readers see of an answer."""
    return {
        "text": answer["answer"],
        "sources": [source["id"] for source in answer["sources"]],
        "verdict": answer["verdict"],
    }


def of_python(answer: Any) -> dict[str, Any]:
    """The same of a response of LlamaIndex's."""
    return {
        "text": str(answer),
        "sources": [found.node.node_id for found in answer.source_nodes],
        "verdict": answer.metadata["verdict"],
    }


def talked(url: str, messages: Sequence[str], **more: Any) -> list[dict[str, Any]]:
    """What the server answers to a conversation, whose client sends what was said before."""
    history: list[dict[str, str]] = []
    answers = []
    for message in messages:
        answer = ask(url, message, history=history, **more)
        history += [{"role": "user", "content": message}, {"role": "assistant", "content": answer["answer"]}]
        answers.append(of_server(answer))
    return answers


async def test_a_kept_chat_engine_answers_each_message_of_a_conversation_as_the_server_does(
    book: Book, server_url: str
) -> None:
    engine = book.as_chat_engine()
    answers = [of_python(await engine.achat(message)) for message in MESSAGES]
    for message, own, server in zip(MESSAGES, answers, talked(server_url, MESSAGES), strict=True):
        assert own == server, message
    assert len(engine.chat_history) == 2 * len(MESSAGES)
    assert {answer["verdict"] for answer in answers} == {None, "covered", "uncertain", "not_covered"}


async def test_a_query_engine_answers_each_message_as_the_server_does_a_first_one(book: Book, server_url: str) -> None:
    engine = book.as_query_engine()
    for message in MESSAGES:
        own, server = of_python(await engine.aquery(message)), of_server(ask(server_url, message))
        assert own == server, message


async def test_what_is_asked_of_an_open_page_is_answered_as_by_the_server(book: Book, server_url: str) -> None:
    scope = Scope(page_url=PAGE)
    engine = book.as_chat_engine(scope)
    talk = [of_python(await engine.achat(message)) for message in ON_A_PAGE]
    assert talk == talked(server_url, ON_A_PAGE, page_url=PAGE)
    for message in ON_A_PAGE:
        own = of_python(await book.as_query_engine(scope).aquery(message))
        assert own == of_server(ask(server_url, message, page_url=PAGE)), message


async def test_with_a_model_both_ask_it_the_same_and_answer_alike(
    small_index: Path, with_model: Served, gemini: GeminiServer
) -> None:
    server = talked(with_model.url, WITH_A_MODEL)
    asked = [request.body for request in gemini.requests]
    stores = StorageSettings(data_dir=small_index)
    settings = EngineSettings.model_validate({"gemini_api_key": "k", "gemini_base_url": gemini.url})
    async with open_book(engine_settings=settings, storage_settings=stores) as book:
        engine = book.as_chat_engine()
        assert [of_python(await engine.achat(message)) for message in WITH_A_MODEL] == server
    assert [request.body for request in gemini.requests[len(asked) :]] == asked
    assert len(asked) > len(WITH_A_MODEL) // 2


async def test_a_task_leaves_nothing_behind_for_the_next_message_of_a_kept_engine(book: Book) -> None:
    question = "Call of which publisher with a QoSProfile?"
    engine = book.as_chat_engine()
    for message in ("summarize the chapter on balance", "hello"):
        await engine.achat(message)
    found = await engine.achat(question, chat_history=[])
    assert of_python(found) == of_python(await book.as_chat_engine().achat(question))
    assert "create_publisher" in found.response
    engine.reset()
    assert engine.chat_history == []


async def test_synchronous_calls_answer_like_awaited_ones(book: Book) -> None:
    engine, awaited = book.as_chat_engine(), book.as_chat_engine()
    queries = book.as_query_engine(top_k=2)
    for message in ("hello", "What is the zero moment point?", "and why?", "summarize the chapter on balance"):
        assert of_python(engine.chat(message)) == of_python(await awaited.achat(message))
        assert of_python(queries.query(message)) == of_python(await queries.aquery(message))
    assert engine.chat_history == awaited.chat_history


async def test_a_failure_is_the_error_of_its_code_with_what_a_reader_is_told(
    small_index: Path, gemini: GeminiServer
) -> None:
    settings = EngineSettings.model_validate({"gemini_api_key": "k", "gemini_base_url": gemini.url})
    async with open_book(engine_settings=settings, storage_settings=StorageSettings(data_dir=small_index)) as book:
        gemini.script(wrong_key(), wrong_key())
        engine = book.as_chat_engine()
        with pytest.raises(ModelKeyError, match="refused the service's key"):
            await engine.achat(MESSAGES[1])
        with pytest.raises(ModelKeyError, match="refused the service's key"):
            await book.as_query_engine().aquery(MESSAGES[1])
    assert engine.chat_history == []


async def test_an_invalid_message_or_scope_is_refused_like_the_server_s(book: Book) -> None:
    with pytest.raises(InputError, match="empty"):
        await book.as_chat_engine().achat(" ")
    with pytest.raises(InputError, match="locale"):
        await book.as_chat_engine(Scope(locale="xx")).achat("hello")


async def test_a_conversation_takes_the_messages_of_a_reader_and_of_the_book_alone(book: Book) -> None:
    rule = ChatMessage(role=MessageRole.SYSTEM, content="Answer in rhymes.")
    with pytest.raises(ValueError, match="system"):
        book.as_chat_engine(chat_history=[rule])
