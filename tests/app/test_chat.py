"""`POST /api/chat` over real HTTP, with the real index and a Gemini-shaped server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from tests.app.test_conversation import parts_of, told
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, copied, preflight_headers, serving

QUESTION = "Why can the zero moment point not leave the support polygon?"


gemini = gemini_fixture()


@pytest.fixture(scope="module")
def served(gemini: GeminiServer, small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    app = AppSettings(cors_origins="https://book.example", grace_seconds=1.5)
    data_dir = copied(small_index, tmp_path_factory.mktemp("chat"))
    with serving(
        data_dir, gemini_url=gemini.url, app=app, gemini_retry_budget_seconds=0.2, gemini_breaker_failures=99
    ) as running:
        yield running


def ask(url: str, body: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    answer = httpx.post(f"{url}/api/chat", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200
    return parts_of(answer.text)


def test_the_stream_has_the_headers_and_parts_of_the_protocol(served: Served) -> None:
    answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION}, timeout=30)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    types = [part["type"] for part in parts_of(answer.text)]
    assert types[:2] == ["start", "start-step"]
    assert types[-2:] == ["finish-step", "finish"]
    first_word = types.index("text-start")
    assert "source-url" in types[:first_word]
    assert types[:first_word].count("data-sources") == 1
    assert "data-grounding" in types[:first_word]
    assert types.index("text-end") > types.index("text-delta")


def test_known_parts_carry_only_the_keys_that_strict_clients_know(served: Served) -> None:
    known = {
        "start": {"type", "messageId", "messageMetadata"},
        "start-step": {"type"},
        "source-url": {"type", "sourceId", "url", "title"},
        "text-start": {"type", "id"},
        "text-delta": {"type", "id", "delta"},
        "text-end": {"type", "id"},
        "finish-step": {"type"},
        "finish": {"type", "messageMetadata"},
    }
    for part in ask(served.url, {"message": QUESTION}):
        allowed = {"type", "id", "data", "transient"} if part["type"].startswith("data-") else known[part["type"]]
        assert part.keys() <= allowed


def test_the_source_is_the_heading_that_the_passage_stands_under(served: Served) -> None:
    parts = ask(served.url, {"message": QUESTION})
    urls = [part["url"] for part in parts if part["type"] == "source-url"]
    assert "/docs/balance/zmp#inside" in urls[0]
    details = next(part["data"] for part in parts if part["type"] == "data-sources")
    assert details[0]["heading_path"] == ["Why it stays inside"]
    assert "def is_stable(zmp, polygon):" in "".join(source["text"] for source in details)


def test_the_model_sees_the_passages_and_its_words_arrive(served: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("The ground ", "only pushes [1].")))
    parts = ask(served.url, {"message": QUESTION})
    assert told(parts) == "The ground only pushes [1]."
    assert "never pulls" in gemini.streams[-1].everything


def test_a_follow_up_is_condensed_with_the_messages_that_the_client_sends(served: Served, gemini: GeminiServer) -> None:
    before = len(gemini.condensations)
    history = [{"role": "user", "content": "What is the capture point?"}, {"role": "assistant", "content": "A place."}]
    ask(served.url, {"message": "And why is it useful?", "history": history})
    messages = [
        {"id": "a", "role": "user", "parts": [{"type": "text", "text": "What is the capture point?"}]},
        {"id": "b", "role": "assistant", "parts": [{"type": "text", "text": "A place."}]},
        {"id": "c", "role": "user", "parts": [{"type": "text", "text": "And why is it useful?"}]},
    ]
    ask(served.url, {"id": "chat-of-a-client", "trigger": "submit-message", "messages": messages})
    condensed = gemini.condensations[before:]
    assert len(condensed) == 2
    assert all("What is the capture point?" in received.everything for received in condensed)


def test_an_answer_is_one_json_object_where_the_request_accepts_that(served: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("Pushes ", "only [1].")))
    answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION}, headers={"accept": "application/json"})
    content = answer.json()
    assert content["answer"] == "Pushes only [1]."
    assert (content["grounded"], content["verdict"]) == (True, "covered")
    assert content["complete"] is True
    assert content["conversation_id"]
    assert content["message_id"]
    assert content["sources"][0]["url"].endswith("/docs/balance/zmp#inside")


def test_a_question_that_the_book_does_not_cover_is_not_sent_to_the_model(served: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    parts = ask(served.url, {"message": "Which wine goes with grilled trout?"})
    grounding = next(part["data"] for part in parts if part["type"] == "data-grounding")
    assert (grounding["grounded"], grounding["verdict"]) == (False, "not_covered")
    assert grounding["threshold"] == grounding["thresholds"]["not_covered"] <= grounding["thresholds"]["covered"]
    assert "does not" in told(parts)
    assert len(gemini.requests) == before


def test_a_bad_body_reaches_no_model(served: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    for body in ({}, {"message": " "}, {"message": "x" * 8001}, {"message": 1}):
        answer = httpx.post(f"{served.url}/api/chat", json=body)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"]
    assert len(gemini.requests) == before


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_model_that_is_away_leaves_the_passages_and_a_stable_code(
    served: Served, gemini: GeminiServer, status: int
) -> None:
    usual, gemini.reply = gemini.reply, Reply(status=status)
    parts = ask(served.url, {"message": QUESTION})
    gemini.reply = usual
    types = [part["type"] for part in parts]
    error = next(part for part in parts if part["type"] == "data-error")
    assert types.index("data-error") == types.index("error") - 1
    assert error["data"]["code"]
    assert "secret detail" not in json.dumps(parts)
    assert "test-key" not in json.dumps(parts)
    assert httpx.get(f"{served.url}/healthz").status_code == 200


def test_leaving_closes_the_request_to_the_model_after_the_grace_time(served: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=tuple("word " for _ in range(200)), pace_seconds=0.1))
    with httpx.stream("POST", f"{served.url}/api/chat", json={"message": QUESTION}) as answer:
        for line in answer.iter_lines():
            if "text-delta" in line:
                break
    assert gemini.streams[-1].cut_off()


def test_stop_closes_the_request_to_the_model(served: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=tuple("word " for _ in range(200)), pace_seconds=0.1))
    with httpx.stream("POST", f"{served.url}/api/chat", json={"message": QUESTION}) as answer:
        lines = answer.iter_lines()
        start = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
        next(line for line in lines if "text-delta" in line)
        conversation = start["messageMetadata"]["conversation_id"]
        assert httpx.post(f"{served.url}/api/chat/{conversation}/stop").status_code == 204
        rest = list(lines)
    assert gemini.streams[-1].cut_off()
    assert 'data: {"type":"abort"}' in rest


def test_a_lost_connection_is_resumed(served: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=tuple(f"{number} " for number in range(12)), pace_seconds=0.05))
    with httpx.stream("POST", f"{served.url}/api/chat", json={"message": QUESTION}) as answer:
        lines = answer.iter_lines()
        start = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
        next(line for line in lines if "text-delta" in line)
    conversation = start["messageMetadata"]["conversation_id"]
    resumed = httpx.get(f"{served.url}/api/chat/{conversation}/stream", timeout=30)
    assert told(parts_of(resumed.text)).split() == [str(number) for number in range(12)]
    assert httpx.get(f"{served.url}/api/chat/{conversation}/stream").status_code == 204


def test_a_retried_request_is_one_answer(served: Served, gemini: GeminiServer) -> None:
    before = len(gemini.streams)
    answers = [ask(served.url, {"message": QUESTION, "conversation_id": "same"}, **{"idempotency-key": "k1"})]
    answers.append(ask(served.url, {"message": QUESTION, "conversation_id": "same"}, **{"idempotency-key": "k1"}))
    assert answers[0] == answers[1]
    assert len(gemini.streams) == before + 1


def test_other_origins_may_call_where_they_are_named(served: Served) -> None:
    for origin, allowed in (("https://book.example", True), ("https://evil.example", False)):
        preflight = httpx.options(f"{served.url}/api/chat", headers=preflight_headers(origin))
        assert (preflight.headers.get("access-control-allow-origin") == origin) is allowed


def test_search_says_what_was_found_and_why(served: Served) -> None:
    results = httpx.get(f"{served.url}/api/search", params={"q": "QoSProfile", "k": 2}).json()["results"]
    assert results[0]["url"].endswith("/docs/ros#a-publisher-node")
    assert results[0]["sparse_rank"] == 1
    assert httpx.get(f"{served.url}/api/search", params={"q": " "}).json()["error"]["code"] == "empty_message"
    assert httpx.get(f"{served.url}/api/search", params={"q": "x", "k": 0}).status_code == 422


@pytest.mark.parametrize(
    "place",
    [{"locale": "xx"}, {"version": "9.9"}, {"page_url": "/nowhere", "scope": "page"}],
    ids=str,
)
def test_a_place_that_the_book_does_not_have_is_named_before_a_stream_begins(
    served: Served, place: dict[str, str]
) -> None:
    answers = [
        httpx.get(f"{served.url}/api/search", params={"q": "robot", **place}),
        httpx.post(f"{served.url}/api/chat", json={"message": "What is a robot?", **place}),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "bad_input"
        assert next(iter(place)) in answer.json()["error"]["message"]


def test_a_refusal_under_a_scope_speaks_of_that_page_alone(served: Served) -> None:
    body = {"message": "Who won the football cup in 1998?", "page_url": "/docs/ros", "scope": "page"}
    answer = httpx.post(f"{served.url}/api/chat", json=body, headers={"accept": "application/json"}).json()
    assert answer["grounded"] is False
    assert answer["answer"].startswith("This page does not seem to cover this question")
    assert "The rest of the book was not searched." in answer["answer"]


def test_ready_names_each_dependency_and_the_live_build(served: Served) -> None:
    ready = httpx.get(f"{served.url}/readyz").json()
    assert ready["status"] == "ready"
    assert ready["dependencies"]["index"]["build"].startswith("book-")


def test_a_server_without_an_index_says_so_and_stays_up(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "index_missing")
        assert httpx.get(f"{served.url}/readyz").status_code == 503
        assert httpx.get(f"{served.url}/healthz").status_code == 200


def test_without_guests_a_token_is_needed(data_dir: Path) -> None:
    with serving(data_dir, app=AppSettings(allow_guests=False)) as served:
        answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")


def test_a_reader_who_asks_too_much_is_told_when_to_come_back(data_dir: Path) -> None:
    with serving(data_dir, app=AppSettings(questions_per_reader="off", questions_per_address="2/minute")) as served:
        answers = [httpx.post(f"{served.url}/api/chat", json={"message": QUESTION}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[0].headers["ratelimit"].startswith('"questions-per-address";r=1')
        assert 0 < int(answers[2].headers["retry-after"]) <= 60
        assert answers[2].json()["error"]["code"] == "too_many_requests"
