"""The requests of front ends that authors have written, replayed as they send them, with each field that they read."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.serving import Served, copied, preflight_headers, serving

QUESTION = "Why can the zero moment point not leave the support polygon?"
ANSWER = "The ground only pushes [1]."
AS_FETCH = {"accept": "*/*", "origin": "http://localhost:3000"}


@pytest.fixture(scope="module")
def served(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = AppSettings(chat_format="json", cors_origins="http://localhost:3000")
    with (
        GeminiServer(Reply(chunks=("The ground only pushes [source 1].",))) as gemini,
        serving(copied(small_index, tmp_path_factory.mktemp("sites")), gemini_url=gemini.url, app=settings) as running,
    ):
        gemini.condense = Reply(chunks=(QUESTION,))
        yield running


def post(served: Served, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(served.url + path, json=body, headers={**AS_FETCH, **headers}, timeout=60)


def test_the_founding_books_site_asks(served: Served) -> None:
    history = [{"role": "user", "content": "What is balance?"}, {"role": "assistant", "content": "Not to fall."}]
    response = post(served, "/api/chat", {"message": QUESTION, "history": history})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert response.json()["response"] == ANSWER
    refused = post(served, "/api/chat", {"prompt": QUESTION})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "`message` is missing; the body has `prompt`."


def test_the_founding_books_site_signs_up_and_in(served: Served) -> None:
    profile = {
        "programming_knowledge": "advanced",
        "prior_robotics_experience": True,
        "learning_goals": ["ros2"],
        "preferred_learning_style": "hands-on",
    }
    account = {"email": "site-a@book.example", "password": "correct horse battery"}
    signed_up = post(served, "/api/auth/signup", {**account, "name": "Ada", "profile": profile})
    assert signed_up.json()["session"]["access_token"]
    signed_in = post(served, "/api/auth/signin", account).json()
    assert signed_in["access_token"] == signed_in["session"]["access_token"]
    assert signed_in["token_type"] == "bearer"
    assert signed_in["refresh_token"]
    assert signed_in["expires_in"] > 0
    assert signed_in["user"]["email"] == account["email"]
    assert signed_in["profile"]["programming_knowledge"] == "advanced"
    assert signed_in["user"]["user_metadata"]["display_name"] == "Ada"
    wrong = post(served, "/api/auth/signin", {**account, "password": "wrong horse battery"})
    assert isinstance(wrong.json()["detail"], str)
    taken = post(served, "/api/auth/signup", {**account, "password": "another horse battery"})
    assert taken.status_code == 409
    assert isinstance(taken.json()["detail"], str)
    as_reader = {"authorization": f"Bearer {signed_in['access_token']}"}
    read = httpx.get(f"{served.url}/api/auth/user", headers=as_reader).json()
    for user in (read, read["user"]):
        assert user["email"] == account["email"]
        assert user["user_metadata"]["display_name"] == "Ada"
    assert read["profile"]["learning_goals"] == ["ros2"]
    changed = profile | {"programming_knowledge": "beginner"}
    result = httpx.put(f"{served.url}/api/auth/profile", json=changed, headers=as_reader).json()
    assert result["profile"]["programming_knowledge"] == result["programming_knowledge"] == "beginner"
    assert httpx.get(f"{served.url}/api/auth/profile", headers=as_reader).json() == result


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/auth/user"), ("PUT", "/api/auth/profile")])
def test_a_token_in_an_address_is_refused_with_its_reason(
    served: Served, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = post(served, "/api/auth/guest", {}).json()["access_token"]
    with caplog.at_level(logging.DEBUG):
        refused = httpx.request(
            method,
            f"{served.url}{path}",
            params={"token": token},
            json={"learning_goals": ["ros2"]} if method == "PUT" else None,
            headers=AS_FETCH,
        )
    assert refused.status_code == 401
    assert "Authorization: Bearer" in refused.json()["detail"]
    assert "Authorization: Bearer" in refused.json()["error"]["message"]
    own = [record.getMessage() for record in caplog.records if record.name.startswith(("app", "engines", "storage"))]
    assert not any(token in message for message in own)


def test_site_b_asks_without_a_stream(served: Served) -> None:
    body = {"question": QUESTION, "stream": False, "k": 5, "session_id": "s-1"}
    response = post(served, "/api/chat", body, **{"x-anonymous-session-id": "s-1"})
    assert response.json()["answer"] == ANSWER


def test_site_c_reads_every_citation(served: Served) -> None:
    body = {"message": QUESTION, "session_id": "session-c", "user_id": None, "user_context": {"level": "new"}}
    answer = post(served, "/api/chat", body).json()
    assert answer["response"] == ANSWER
    assert answer["session_id"] == "session-c"
    (citation,) = answer["citations"]
    assert citation["text"]
    assert citation["url"].endswith("#zero-moment-point") or "#" in citation["url"]
    assert citation["title"]
    assert citation["section"]
    assert post(served, "/api/chat", {"message": " "}).json()["error"]["message"] == "The message is empty."


def test_site_d_is_told_where_the_chat_is(served: Served) -> None:
    response = post(served, "/api/v1/chat/stream", {"query": QUESTION, "session_id": "d", "max_context": 5})
    assert response.status_code == 404
    assert "POST /api/chat" in response.json()["detail"]


def test_site_e_asks_with_a_slash_about_a_selection(served: Served) -> None:
    body = {"query": "What does it say?", "top_k": 5, "selected_text": "The ground only pushes."}
    response = post(served, "/api/chat/", body)
    assert response.status_code == 200
    answer = response.json()
    assert answer["answer"] == ANSWER
    assert {"title", "section", "score"} <= set(answer["sources"][0])


def test_a_selection_with_the_book_gives_both_as_sources(served: Served) -> None:
    body = {"message": QUESTION, "selected_text": "The ground only pushes.", "use_book": True}
    sources = post(served, "/api/chat", body).json()["sources"]
    assert sources[0]["text"] == "The ground only pushes."
    assert [source["number"] for source in sources] == list(range(1, len(sources) + 1))
    assert len(sources) > 1
    alone = post(served, "/api/chat", body | {"use_book": False}).json()["sources"]
    assert [source["id"] for source in alone] == ["selection"]


@pytest.mark.parametrize(
    "content",
    [
        QUESTION,
        [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": "x"}}],
        [{"type": "input_text", "text": QUESTION}, {"type": "input_image", "image_url": "x"}],
    ],
)
def test_openai_shaped_clients_ask(served: Served, content: Any) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
    assert post(served, "/api/chat", {"model": "m", "messages": messages}).json()["response"] == ANSWER


@pytest.mark.parametrize(
    "more",
    [
        {"session_id": 1700000000000},
        {"session_id": None, "conversation_id": None, "selected_text": None, "page_url": None, "stream": None},
        {"history": [{"role": "user", "content": None}, {"role": "tool", "content": "x"}]},
        {"user_id": 7, "user_context": {"level": ["new"]}, "top_k": 3, "temperature": 0.2},
    ],
)
def test_what_front_ends_send_beside_the_question_is_no_error(served: Served, more: dict[str, Any]) -> None:
    answer = post(served, "/api/chat", {"query": QUESTION} | more).json()
    assert answer["response"] == ANSWER
    if more.get("session_id"):
        assert answer["session_id"] == str(more["session_id"])


def test_use_chat_reads_a_stream_whatever_the_default_is(served: Served) -> None:
    parts = [{"type": "data-page", "text": {"any": 1}}, {"type": "text", "text": "Why can the ZMP"}]
    parts.append({"type": "text", "text": "not leave the support polygon?"})
    body = {"id": "x", "messages": [{"id": "m", "role": "user", "parts": parts}], "stream": False}
    response = post(served, "/api/chat", body)
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache, no-transform"


def test_what_a_request_accepts_is_more_than_the_default(served: Served) -> None:
    streamed = post(served, "/api/chat", {"message": QUESTION}, accept="text/event-stream")
    assert streamed.headers["content-type"] == "text/event-stream"
    assert (
        post(served, "/api/chat", {"message": QUESTION, "stream": True}).headers["content-type"] == "text/event-stream"
    )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, text/plain, */*", "application/json"),  # as axios sends it
        ("application/json, text/event-stream;q=0.9", "application/json"),
        ("text/event-stream, application/json;q=0.9", "text/event-stream"),
        ("application/json, text/event-stream", "text/event-stream"),
        ("application/*", "application/json"),
        ("text/*;q=0.5, application/json;q=0.4", "text/event-stream"),
        ("Application/JSON", "application/json"),
        ("text/event-stream;q=0, */*", "application/json"),  # the default here
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/json;q=x, text/event-stream", "text/event-stream"),
    ],
)
def test_the_form_that_a_request_wants_most_is_sent(served: Served, accept: str, kind: str) -> None:
    answer = post(served, "/api/chat", {"message": QUESTION}, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`message` is missing; the body has no fields."),
        ({"text": "x", "k": 1}, "`message` is missing; the body has `k`, `text`."),
        ({"messages": [{"role": "system", "content": "x"}]}, "`messages` holds no message with the role `user`."),
        ({"message": "", "history": None}, "The message is empty."),
        ({"query": None, "k": 1}, "`query` is null."),
    ],
)
def test_errors_say_the_cause_and_are_one_line_of_the_log(
    served: Served, body: dict[str, Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        response = post(served, "/api/chat", body)
    assert response.json()["error"]["message"] == message
    assert [record.getMessage() for record in caplog.records if "Refused" in record.getMessage()] == [
        f"Refused POST /api/chat with 422: {message}"
    ]


@pytest.mark.parametrize(
    "sent",
    [{"page_url": "https://x/?token=SECRET", "scope": "page"}, {"locale": "SECRET"}, {"version": "SECRET"}],
    ids=["page_url", "locale", "version"],
)
def test_the_log_of_a_refusal_quotes_nothing_of_the_request(
    served: Served, sent: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "app"):
        found = httpx.get(f"{served.url}/api/search", params={"q": QUESTION} | sent)
        asked = post(served, "/api/chat", {"message": QUESTION} | sent)
    for refused in (found, asked):
        assert refused.status_code == 400
        assert "SECRET" in refused.json()["error"]["message"]
    own = [record.getMessage() for record in caplog.records if record.name.startswith(("app", "engines", "storage"))]
    parameter = next(iter(sent))
    assert sum("Refused" in line and f"{parameter}: " in line for line in own) == 2
    assert not any("SECRET" in line for line in own)


def test_a_refused_origin_is_a_line_of_the_log_and_headers_of_tracing_are_allowed(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    sent = "content-type,user-agent,x-requested-with,traceparent,tracestate,sentry-trace,baggage,last-event-id"
    sent += ",cache-control,x-vercel-ai-ui-message-stream,x-of-a-clients-own"
    own = preflight_headers("http://localhost:3000", sent)
    preflight = httpx.options(f"{served.url}/api/chat", headers=own)
    assert preflight.status_code == 200
    assert set(sent.split(",")) <= set(preflight.headers["access-control-allow-headers"].split(","))
    assert "access-control-allow-credentials" not in preflight.headers
    in_a_private_network = own | {"access-control-request-private-network": "true"}
    assert httpx.options(f"{served.url}/api/chat", headers=in_a_private_network).status_code == 200
    with caplog.at_level(logging.WARNING):
        refused = httpx.options(f"{served.url}/api/chat", headers={**own, "origin": "http://127.0.0.1:3000"})
    assert refused.status_code == 400
    assert sum("127.0.0.1:3000" in record.getMessage() for record in caplog.records) == 1


def test_a_byte_order_mark_before_the_json_is_left_aside(served: Served) -> None:
    content = b'\xef\xbb\xbf{"message": "Why can the zero moment point not leave the support polygon?"}'
    headers = {**AS_FETCH, "content-type": "application/json"}
    assert (
        httpx.post(f"{served.url}/api/chat", content=content, headers=headers, timeout=60).json()["response"] == ANSWER
    )


def over_http_1_0(served: Served, accept: str, method: str = "POST") -> tuple[bytes, bytes]:
    """Head and body of what comes until the connection is closed."""
    body = json.dumps({"message": QUESTION}).encode()
    head = f"{method} /api/chat HTTP/1.0\r\ncontent-type: application/json\r\naccept: {accept}\r\n"
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head_of_it, _, content = received.partition(b"\r\n\r\n")
    return head_of_it.lower(), content


def test_clients_of_http_1_0_get_no_chunks(served: Served) -> None:
    head, content = over_http_1_0(served, "text/event-stream")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert content.startswith(b"data: {")
    assert content.endswith(b"data: [DONE]\n\n")
    head, content = over_http_1_0(served, "application/json")
    assert b"content-length: %d" % len(content) in head
    assert json.loads(content)["response"] == ANSWER
