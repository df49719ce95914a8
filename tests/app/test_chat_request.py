"""The chat body in both of its forms, and everything that is refused before anything is asked."""

import gzip
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from app.chat_request import MAX_CHAT_BODY_BYTES, ChatBody, ChatRequest, read_chat_body
from app.errors import install_error_handlers
from app.rate_limits import Asker
from engines.events import Turn
from storage.accounts.reader import Reader
from tests.tables import each_row


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


def test_the_short_body_is_a_message_with_its_history() -> None:
    body = ChatBody.model_validate({"message": " Why? ", "history": [{"role": "user", "content": "What?"}]})
    assert body.question().text == "Why?"
    assert body.question().history == (Turn("user", "What?"),)


def test_what_use_chat_sends_is_read() -> None:
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


USABLE = (Turn("user", "What?"), Turn("assistant", "That."))
HISTORIES: dict[str, list[Any]] = {
    "our own": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "That."}],
    "parts": [{"role": "user", "parts": [part("What?")]}, {"role": "assistant", "parts": [part("That.")]}],
    "parts without a type": [{"role": "user", "parts": [{"text": "What?"}]}, {"role": "model", "parts": ["That."]}],
    "content as a list": [{"role": "user", "content": [part("What?")]}, {"role": "assistant", "content": ["That."]}],
    "content as one part": [
        {"role": "user", "content": part("What?")},
        {"role": "assistant", "content": {"type": "text", "text": {"value": "That.", "annotations": []}}},
    ],
    "sender and text": [{"sender": "user", "text": "What?"}, {"sender": "bot", "text": "That."}],
    "LangChain's": [{"type": "human", "data": {"content": "What?"}}, {"type": "ai", "content": "That."}],
    "pairs of question and answer": [["What?", "That."]],
    "pairs of speaker and text": [["human", "What?"], ["ai", "That."]],
    "an author": [
        {"author": {"role": "user"}, "content": {"content_type": "text", "text": "What?"}},
        {"from": "assistant", "message": "That."},
    ],
    "capitals": [{"role": " USER ", "content": "What?"}, {"role": "Assistant", "content": "That."}],
}
ODD_ITEMS: list[Any] = [
    *(
        "x",
        "",
        None,
        5,
        1.5,
        True,
        [],
        ["x"],
        ["x", 5],
        ["x", "y", "z"],
        {},
        {"role": "user"},
        {"content": "x"},
        {"role": "tool"},
    ),
    {"role": None, "content": "x"},
    {"role": 5, "content": "x"},
    {"role": ["user"], "content": "x"},
    {"role": {"name": "user"}, "content": "x"},
    {"role": "user", "content": None},
    {"role": "user", "content": 5},
    {"role": "user", "content": [None, 5, [], {}, {"type": "image_url"}, {"type": "text", "text": ["x"]}]},
    {"role": "user", "parts": [{"type": "text"}, {"type": 7, "text": "x"}, {"type": "reasoning", "text": "x"}, [[1]]]},
    {"role": "system", "content": "x", "id": {"a": 1}},
    {"type": "message", "content": "x"},
    {"user": "x", "bot": "y"},
]


@each_row("name", HISTORIES)
def test_turns_are_read_in_the_forms_of_clients_in_use(name: str) -> None:
    history = HISTORIES[name]
    for field in ("history", "chat_history"):
        assert ChatBody.model_validate({"message": "Why?", field: history}).question().history == USABLE
    asked = ChatBody.model_validate({"messages": [*history, {"role": "user", "content": "What?", "id": 7}]})
    assert (asked.text, asked.turns, asked.user_message_id) == ("What?", USABLE, "7")


@each_row("item", ODD_ITEMS)
def test_what_cannot_be_read_of_a_history_is_left_aside(client: TestClient, item: Any) -> None:
    said = HISTORIES["our own"]
    for history in ([item], [item, *said], [said[0], item, said[1]]):
        body = ChatBody.model_validate({"message": "Why?", "history": history})
        assert body.turns == (USABLE if len(history) > 1 else ())
        messages = [*history, {"role": "user", "content": "Why?"}]
        assert ChatBody.model_validate({"messages": messages}).turns == body.turns
        assert client.post("/", json={"messages": messages}).json() == {"text": "Why?", "turns": len(body.turns)}


@each_row("history", ["x", 5, {}, {"role": "user", "content": "x"}, True, None, [], [[]]])
def test_a_history_that_is_no_list_of_messages_is_none(client: TestClient, history: Any) -> None:
    assert client.post("/", json={"message": "Why?", "history": history}).json() == {"text": "Why?", "turns": 0}


def test_the_last_message_alone_is_taken_as_use_chat_may_send_it() -> None:
    body = ChatBody.model_validate({"id": "abcDEF0123456789", "message": USE_CHAT["messages"][-1]})
    assert (body.text, body.user_message_id, body.is_use_chat, body.turns) == ("And why?", "4", True, ())
    history = HISTORIES["our own"]
    body = ChatBody.model_validate({"message": {"content": "Why?"}, "history": history})
    assert (body.text, body.is_use_chat, body.turns) == ("Why?", False, USABLE)


def test_null_is_as_good_as_left_out(client: TestClient) -> None:
    names = [
        name for name in ChatBody.model_fields if name not in {"message", "message_as_question", "message_as_query"}
    ]
    assert len(names) > 10
    body = ChatBody.model_validate({"message": "x", "messageId": None} | dict.fromkeys(names))
    assert (body.text, body.scope, body.trigger, body.stream) == ("x", "book", "submit-message", None)
    assert client.post("/", json={"query": "x", "question": None, "message": None}).json()["text"] == "x"


@each_row(("sent", "meant"), [("false", False), ("True", True), (0, False), (1, True), ("1", True)])
def test_switches_are_taken_as_forms_send_them(sent: Any, meant: bool) -> None:
    body = ChatBody.model_validate({"message": "x", "stream": sent, "use_book": sent})
    assert (body.stream, body.use_book) == (meant, meant)


def test_of_messages_that_end_with_an_answer_the_last_question_is_asked() -> None:
    body = ChatBody.model_validate({"messages": HISTORIES["our own"]})
    assert (body.text, body.turns) == ("What?", ())


def test_regenerating_asks_the_last_question_again() -> None:
    messages = [*USE_CHAT["messages"], {"id": "5", "role": "assistant", "parts": [part("Because.")]}]
    body = ChatBody.model_validate(USE_CHAT | {"trigger": "regenerate-message", "messages": messages})
    assert body.text == "And why?"
    assert len(body.turns) == 2


def test_a_client_may_choose_the_conversation() -> None:
    def conversation(body: dict[str, Any], reader: Reader | None = None) -> uuid.UUID:
        return ChatRequest.of(Asker(reader, "192.0.2.1"), ChatBody.model_validate(body), None).conversation

    reader, somebody_else = (Reader(uuid.uuid4(), False, "token", expires_at=0) for _ in range(2))
    chosen = uuid.uuid4()
    assert conversation({"message": "x", "conversation_id": str(chosen)}) == chosen
    assert conversation(USE_CHAT, reader) == conversation(USE_CHAT, reader) != conversation(USE_CHAT, somebody_else)
    assert conversation({"message": "x"}) != conversation({"message": "x"})


BLANK = ("\u200b\u200d\ufeff", "\x00", "\x1b\x07\x7f", "\u00ad \u2060", "\u3164\u2800", "\u202e\u2028", "\ue000")
ODD_NAMES = ("a/b", "..", ".hidden", "a b", "über", "%2e", "a?b", "a#b", "x" * 201, "a\n", "a\u200b", "<script>")
ASKED = [{"role": "user", "parts": [part("x")]}]


@each_row("name", ["0c9f1a52-70a4-4d0e-8d35-6b1f3f1c2a77", "a", "_-~.", "abcDEF0123456789", "x" * 200])
def test_a_name_that_an_address_takes_is_taken(client: TestClient, name: str) -> None:
    assert client.post("/", json={"message": "x", "conversation_id": name}).status_code == 200


@each_row("text", ["é", "?", "😀", "\u200bx", "а́", "नमस्ते", "你", "x\x00"])
def test_what_can_be_seen_is_a_message(client: TestClient, text: str) -> None:
    assert client.post("/", json={"message": text}).json()["text"] == text


@each_row("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""])
def test_a_body_that_does_not_say_that_it_is_json_is_415(client: TestClient, kind: str) -> None:
    answer = client.post("/", content='{"message": "x"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_compressed_body_is_415(client: TestClient) -> None:
    content = gzip.compress(b'{"message": "x"}')
    answer = client.post("/", content=content, headers={"content-encoding": "gzip"})
    assert (answer.status_code, "compressed" in answer.json()["error"]["message"]) == (415, True)
    assert client.post("/", json={"message": "x"}, headers={"content-encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_says_so_in_any_case(client: TestClient, kind: str) -> None:
    assert client.post("/", content='{"message": "x"}', headers={"content-type": kind}).status_code == 200


@each_row(
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
        ({"message": "x", "messages": "y"}, 422, "invalid_request"),
        ({"message": "x", "scope": "universe"}, 422, "invalid_request"),
        ({"message": "x", "conversation_id": "y" * 3000}, 422, "invalid_request"),
        ({"message": "x" * 8001}, 422, "message_too_long"),
        ({"messages": []}, 422, "empty_message"),
        ({"messages": [{"role": "user", "parts": [{"type": "text", "text": 1}]}]}, 422, "empty_message"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": None}]}, 422, "empty_message"),
        ({"messages": ["x", None, 5, [], {}, {"role": None}]}, 422, "empty_message"),
        ({"message": {"role": "assistant", "content": "x"}}, 422, "empty_message"),
        ({"message": {"text": [5]}}, 422, "empty_message"),
        ({"message": "x", "selected_text": "y" * MAX_CHAT_BODY_BYTES}, 413, "body_too_large"),
    ],
)
def test_a_bad_body_is_refused_with_a_stable_code(client: TestClient, content: Any, status: int, code: str) -> None:
    raw = content if isinstance(content, str | bytes) else json.dumps(content)
    answer = client.post("/", content=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "y" * 100 not in answer.text


@each_row(
    ("sent", "read"),
    [
        (r"why \ud83d", "why \ufffd"),
        (r"\udd16 why", "\ufffd why"),
        (r"\ud83e\udd16 why", "🤖 why"),
        (r"\uD83D\ud83e\udd16", "\ufffd🤖"),
        (r"\\ud83d why\n\ud83d", "\\ud83d why\n\ufffd"),
    ],
)
def test_half_a_character_that_a_client_cut_is_replaced(client: TestClient, sent: str, read: str) -> None:
    assert client.post("/", content=f'{{"message": "{sent}"}}').json()["text"] == read


def test_a_body_that_says_nothing_of_its_length_is_still_limited(client: TestClient) -> None:
    answer = client.post("/", content=(b"x" * 1024 for _ in range(1024)))
    assert answer.status_code == 413


def test_the_longest_message_is_taken(client: TestClient) -> None:
    assert client.post("/", json={"message": "x" * 8000}).json() == {"text": "x" * 8000, "turns": 0}


def test_a_long_run_of_blanks_becomes_a_short_one(client: TestClient) -> None:
    long, indented = "what is" + "\n\t\u00a0 " * 1_900 + "ros", "if x:\n        y()"
    history = [{"role": "user", "content": "a" + " " * 90_000 + "b"}]
    assert client.post("/", json={"message": long, "history": history}).json()["turns"] == 1
    body = ChatBody.model_validate({"message": long, "history": history, "selected_text": long})
    asked = body.question()
    assert asked.text == "what is" + "\n\t\u00a0 " * 10 + "ros" == asked.selected_text
    assert asked.history[0].content == "a" + " " * 40 + "b"
    assert ChatBody.model_validate({"message": indented}).question().text == indented
