"""What holds for every route: JSON alone, HEAD, one form of times; who may search, and what is counted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from tests.app.test_conversation import QUESTION, Reader, answer_id
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, serving

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


gemini = gemini_fixture(condense=QUESTION)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/chat"),
        ("POST", "/api/auth/signup"),
        ("POST", "/api/auth/signin"),
        ("POST", "/api/auth/refresh"),
        ("PUT", "/api/auth/profile"),
        ("PATCH", "/api/conversations/0c9f1a52-70a4-4d0e-8d35-6b1f3f1c2a77"),
    ],
)
def test_only_json_is_read(with_model: Served, method: str, path: str, kind: str) -> None:
    # What a page elsewhere can send without being asked for leave first.
    answer = httpx.request(
        method, f"{with_model.url}{path}", content='{"message": "x"}', headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/"])
def test_head_answers_as_get_without_the_body(with_model: Served, path: str) -> None:
    whole, head = httpx.get(f"{with_model.url}{path}"), httpx.head(f"{with_model.url}{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/conversations", {"GET", "DELETE"}),
        ("/api/conversations/0c9f1a52-70a4-4d0e-8d35-6b1f3f1c2a77", {"GET", "PATCH", "DELETE"}),
        ("/api/auth/profile", {"GET", "PUT"}),
        ("/api/chat", {"POST"}),
        ("/api/chat/x/stop", {"POST"}),
        ("/healthz", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_allowed_names_all_that_are(with_model: Served, path: str, allowed: set[str]) -> None:
    answer = httpx.request("TRACE", with_model.url + path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_all_times_have_one_form(with_model: Served) -> None:
    reader = Reader(with_model.url)
    reader.ask(QUESTION)
    listed = reader.get("/api/conversations").json()["conversations"]
    opened = reader.get(f"/api/conversations/{reader.id}").json()
    exported = reader.get("/api/conversations/export").json()
    renamed = httpx.patch(
        f"{with_model.url}/api/conversations/{reader.id}", json={"title": "x"}, headers=reader.headers
    )
    times = list(_times([listed, opened, exported, renamed.json()]))
    assert len(times) == 2 + 4 + (1 + 4) + 2
    assert all(TIME.fullmatch(time) for time in times), times


def _times(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _times(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _times(item)
    elif name.endswith("_at"):
        yield value


def test_a_question_edited_back_goes_on_from_its_first_answer(with_model: Served, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("About the old one.",)), Reply(chunks=("About the new one.",)))
    reader = Reader(with_model.url)
    first = reader.ask(QUESTION, "u1")
    reader.ask("What does the ground do?", "u1", messageId="u1")
    again = reader.ask(QUESTION, "u1", messageId="u1")
    assert answer_id(again) == answer_id(first)
    assert reader.get(f"/api/conversations/{reader.id}").json()["head_id"] == answer_id(first)
    reader.ask("And why is that so?", "u2")
    assert "About the old one." in gemini.streams[-1].everything
    assert "About the new one." not in gemini.streams[-1].everything


def test_a_request_that_is_sent_again_counts_once(data_dir: Path, gemini: GeminiServer) -> None:
    limits = AppSettings(questions_per_reader="2/hour", questions_per_address="3/hour", _env_file=None)
    with serving(data_dir, gemini_url=gemini.url, app=limits) as limited:
        reader = Reader(limited.url)
        body = reader.body(QUESTION, "u1")
        sent = [reader.send(body) for _ in range(4)]
        assert {answer.text for answer in sent} == {sent[0].text}
        assert [answer.headers["ratelimit"].split(";")[1] for answer in sent] == ["r=1"] * 4
        assert reader.send(reader.body(QUESTION, "u2")).status_code == 200
        third = reader.body(QUESTION, "u3")
        assert [reader.send(third).status_code for _ in range(3)] == [429] * 3  # refused each time, and not let through
        assert reader.send(body).text == sent[0].text
        # Without a conversation of its own each sending is a question, whatever its message is called.
        nobody = {"message": QUESTION}
        assert httpx.post(f"{limited.url}/api/chat", json=nobody).status_code == 200
        assert httpx.post(f"{limited.url}/api/chat", json=nobody).status_code == 429


def test_searches_above_the_limit_are_refused(data_dir: Path) -> None:
    limits = AppSettings(searches_per_reader="off", searches_per_address="2/minute", _env_file=None)
    with serving(data_dir, app=limits) as limited:
        found = [httpx.get(f"{limited.url}/api/search", params={"q": QUESTION}) for _ in range(3)]
    assert [answer.status_code for answer in found] == [200, 200, 429]
    assert found[0].headers["ratelimit-policy"] == '"searches-per-address";q=2;w=60'
    assert found[2].json()["error"]["code"] == "too_many_requests"
    assert 0 < int(found[2].headers["retry-after"]) <= 60


def test_search_is_for_readers_where_guests_may_not_ask(data_dir: Path) -> None:
    with serving(data_dir, app=AppSettings(allow_guests=False, _env_file=None)) as closed:
        url, asked = f"{closed.url}/api/search", {"q": QUESTION}
        refused = httpx.get(url, params=asked)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_authenticated")
        account = {"email": "ada@book.example", "password": "correct horse battery"}
        session = httpx.post(f"{closed.url}/api/auth/signup", json=account).json()["session"]
        bearer = {"authorization": f"Bearer {session['access_token']}"}
        assert httpx.get(url, params=asked, headers=bearer).json()["results"]


@pytest.mark.parametrize("words", ["", " ", "\u200b", "\x00"])
def test_a_search_for_nothing_is_refused(with_model: Served, words: str) -> None:
    answer = httpx.get(f"{with_model.url}/api/search", params={"q": words})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "empty_message")


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/api/search/", "/docs/", "/api/conversations/"])
def test_no_address_redirects_to_the_host_that_a_request_names(with_model: Served, path: str) -> None:
    answer = httpx.get(f"{with_model.url}{path}", headers={"host": "evil.example"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)
