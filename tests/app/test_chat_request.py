"""The chat body in both of its forms, and everything that is refused before anything is asked."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from app.chat_request import MAX_BODY_BYTES, ChatBody, read_chat_body
from app.errors import install_error_handlers
from engines.events import Turn


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/")
    async def echo(request: Request) -> dict[str, Any]:
        question = (await read_chat_body(request, 0.5)).question()
        return {"text": question.text, "turns": len(question.history)}

    with TestClient(app, headers={"content-type": "application/json"}) as client:
        yield client


def part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


USE_CHAT = {
    "id": "abcDEF0123456789",
    "trigger": "submit-message",
    "messages": [
        {"id": "1", "role": "system", "parts": [part("be kind")]},
        {"id": "2", "role": "user", "parts": [part("What is "), part("the ZMP?")]},
        {"id": "3", "role": "assistant", "parts": [{"type": "source-url", "url": "/x"}, part("A point [1].")]},
        {"id": "4", "role": "user", "parts": [part("And why?")], "metadata": {"x": 1}},
    ],
}


def test_the_short_body() -> None:
    body = ChatBody.model_validate({"message": " Why? ", "history": [{"role": "user", "content": "What?"}]})
    assert body.question().text == "Why?"
    assert body.question().history == (Turn("user", "What?"),)


def test_what_use_chat_sends() -> None:
    body = ChatBody.model_validate(USE_CHAT)
    assert body.text == "And why?"
    assert body.turns == (Turn("user", "What is the ZMP?"), Turn("assistant", "A point [1]."))
    assert body.user_message_id == "4"


def test_parts_are_joined_by_line_breaks_and_other_roles_and_parts_are_left_aside() -> None:
    messages = [
        {"role": "root", "content": "y"},
        {"role": "user", "parts": [part("One?"), {"type": "data-x", "text": {"a": 1}}, part("Two?")]},
    ]
    body = ChatBody.model_validate({"messages": messages, "history": None})
    assert (body.text, body.turns) == ("One?\nTwo?", ())


def test_regenerating_asks_the_last_question_again() -> None:
    messages = [*USE_CHAT["messages"], {"id": "5", "role": "assistant", "parts": [part("Because.")]}]
    body = ChatBody.model_validate(USE_CHAT | {"trigger": "regenerate-message", "messages": messages})
    assert body.text == "And why?"
    assert len(body.turns) == 2


def test_a_client_may_choose_the_conversation() -> None:
    chosen = uuid.uuid4()
    assert ChatBody.model_validate({"message": "x", "conversation_id": str(chosen)}).conversation_of("") == chosen
    named = [ChatBody.model_validate(USE_CHAT).conversation_of("reader") for _ in range(2)]
    assert ChatBody.model_validate(USE_CHAT).conversation_of("somebody else") != named[0]
    assert named[0] == named[1]
    new = [ChatBody.model_validate({"message": "x"}).conversation_of("") for _ in range(2)]
    assert new[0] != new[1]


BLANK = ("\u200b\u200d\ufeff", "\x00", "\x1b\x07\x7f", "\u00ad \u2060", "\u3164\u2800", "\u202e\u2028", "\ue000")
ODD_NAMES = ("a/b", "..", ".hidden", "a b", "über", "%2e", "a?b", "a#b", "x" * 201, "a\n", "a\u200b", "<script>")
ASKED = [{"role": "user", "parts": [part("x")]}]


@pytest.mark.parametrize("name", ["0c9f1a52-70a4-4d0e-8d35-6b1f3f1c2a77", "a", "_-~.", "abcDEF0123456789", "x" * 200])
def test_a_name_that_an_address_takes_is_taken(client: TestClient, name: str) -> None:
    assert client.post("/", json={"message": "x", "conversation_id": name}).status_code == 200


@pytest.mark.parametrize("text", ["é", "?", "😀", "\u200bx", "а́", "नमस्ते", "你", "x\x00"])
def test_what_can_be_seen_is_a_message(client: TestClient, text: str) -> None:
    assert client.post("/", json={"message": text}).json()["text"] == text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""])
def test_a_body_that_does_not_say_that_it_is_json_is_415(client: TestClient, kind: str) -> None:
    answer = client.post("/", content='{"message": "x"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_says_so_in_any_case(client: TestClient, kind: str) -> None:
    assert client.post("/", content='{"message": "x"}', headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        ("[]", 422, "invalid_request"),
        ('"x"', 422, "invalid_request"),
        (b"\xff\xfe", 400, "invalid_json"),
        ("{}", 422, "empty_message"),
        ({"message": ""}, 422, "empty_message"),
        ({"message": " \n\t "}, 422, "empty_message"),
        *(({"message": blank}, 422, "empty_message") for blank in BLANK),
        *(({"messages": [{"role": "user", "parts": [part(blank)]}]}, 422, "empty_message") for blank in BLANK),
        *(({"message": "x", "conversation_id": name}, 422, "invalid_conversation_id") for name in ODD_NAMES),
        *(({"messages": ASKED, "id": name}, 422, "invalid_conversation_id") for name in ODD_NAMES),
        ({"message": 5}, 422, "invalid_request"),
        ({"message": None}, 422, "empty_message"),
        ({"message": ["x"]}, 422, "invalid_request"),
        ({"message": "x", "history": "y"}, 422, "invalid_request"),
        ({"message": "x", "history": [{"role": 5, "content": "y"}]}, 422, "invalid_request"),
        ({"message": "x", "scope": "universe"}, 422, "invalid_request"),
        ({"message": "x", "conversation_id": "y" * 3000}, 422, "invalid_request"),
        ({"message": "x" * 8001}, 422, "message_too_long"),
        ({"messages": []}, 422, "empty_message"),
        ({"messages": [{"role": "user", "parts": [{"type": "text", "text": 1}]}]}, 422, "invalid_request"),
        ({"message": "x", "selected_text": "y" * MAX_BODY_BYTES}, 413, "body_too_large"),
    ],
)
def test_a_bad_body_is_refused_with_a_stable_code(client: TestClient, content: Any, status: int, code: str) -> None:
    raw = content if isinstance(content, str | bytes) else json.dumps(content)
    answer = client.post("/", content=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "y" * 100 not in answer.text


def test_a_body_that_says_nothing_of_its_length_is_still_limited(client: TestClient) -> None:
    answer = client.post("/", content=(b"x" * 1024 for _ in range(1024)))
    assert answer.status_code == 413


def test_the_longest_message_is_taken(client: TestClient) -> None:
    assert client.post("/", json={"message": "x" * 8000}).json() == {"text": "x" * 8000, "turns": 0}
