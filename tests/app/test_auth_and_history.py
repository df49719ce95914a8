"""`/api/auth` and `/api/conversations` over the application, with each of the two stores behind it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from httpx import ASGITransport

from app.answer_streams.manager import AnswerStreams
from app.main import create_app
from app.rate_limits import Limits
from app.services import Services
from app.settings import AppSettings
from storage.accounts.sqlite_store import LocalAccounts
from storage.conversations.turns import Answer, TurnRequest
from storage.reader_stores import ReaderStores
from tests.reader_stores import PASSWORD
from tests.serving import copied, serving
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer

EMAIL = "ada@book.example"
Client = httpx.AsyncClient


class NoAnswers:
    """None is being written."""

    async def find(self, conversation_id: str, owner: str) -> None:
        """No answer of this conversation."""

    async def stop_all(self, owner: str) -> None:
        """Nothing to stop."""


def application(stores: ReaderStores, *, answers: AnswerStreams | None = None, **settings: Any) -> Client:
    """The whole application; what accounts and history do not touch is left out."""
    app_settings = AppSettings(_env_file=None, **settings)
    app = create_app(settings=app_settings)
    nothing = cast("Any", None)
    app.state.services = Services(
        settings=app_settings,
        book=nothing,
        accounts=stores.accounts,
        conversations=stores.conversations,
        answers=cast("Any", NoAnswers()) if answers is None else answers,
        summaries=nothing,
        limits=Limits(app_settings),
        checks={},
    )
    transport = ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 1))
    return Client(transport=transport, base_url="http://book.example", timeout=30)


@pytest.fixture
async def http(stores: ReaderStores) -> AsyncIterator[Client]:
    async with application(stores) as client:
        yield client


async def sign_up(http: Client, email: str = EMAIL, **more: Any) -> dict[str, Any]:
    response = await http.post("/api/auth/signup", json={"email": email, "password": PASSWORD, **more})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {signed_in['session']['access_token']}"}


def error_of(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"error", "detail"}
    assert body["detail"] == body["error"]["message"]
    assert set(body["error"]) == {"code", "message", "request_id"}
    assert body["error"]["request_id"] == response.headers["x-request-id"]
    return response.status_code, body["error"]["code"]


async def ask(stores: ReaderStores, signed_in: dict[str, Any], question: str, conversation: Any = None) -> str:
    reader = await stores.accounts.verify(signed_in["session"]["access_token"])
    turn = await stores.conversations.begin_turn(reader, TurnRequest(conversation or uuid4(), question))
    answer = Answer("Because.", complete=True, finish_reason="stop", sources=[{"number": 1}], build="b1")
    await stores.conversations.finish_turn(reader, turn, answer)
    return str(turn.conversation_id)


NOBODYS = "7e7e0383-33d7-461d-b8dd-4cae3177b4c0"

READERS_CALLS = [
    ("POST", "/api/auth/signout"),
    ("GET", "/api/auth/user"),
    ("GET", "/api/auth/profile"),
    ("PUT", "/api/auth/profile"),
    ("GET", "/api/conversations"),
    ("DELETE", "/api/conversations"),
    ("GET", "/api/conversations/export"),
    ("GET", f"/api/conversations/{NOBODYS}"),
    ("POST", f"/api/conversations/{NOBODYS}/turns"),
    ("PATCH", f"/api/conversations/{NOBODYS}"),
    ("DELETE", f"/api/conversations/{NOBODYS}"),
]


@pytest.mark.parametrize(("method", "path"), READERS_CALLS)
async def test_no_token_is_401(http: Client, method: str, path: str) -> None:
    response = await http.request(method, path, json={"title": "x"} if method in ("PUT", "PATCH") else None)
    assert error_of(response) == (401, "not_authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer", "x", "Bearer é", "Bearer  "])
async def test_a_bad_token_is_401_and_never_passes_for_nobody(http: Client, header: str) -> None:
    response = await http.get("/api/auth/user", headers={b"authorization": header.encode()})
    assert error_of(response) == (401, "not_authenticated")
    token = await http.get("/api/auth/user", params={"access_token": header, "token": header})
    assert token.status_code == 401


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_somebody_elses_conversation_is_404_like_none(http: Client, stores: ReaderStores, method: str) -> None:
    owner, other = await sign_up(http), await sign_up(http, "eve@book.example")
    theirs = await ask(stores, owner, "Secret?")
    body = {"title": "Mine"} if method == "PATCH" else None
    answers = [
        await http.request(method, f"/api/conversations/{name}", json=body, headers=bearer(other))
        for name in (theirs, str(uuid4()), "a-name-of-the-client", "%27%20or%201=1")
    ]
    assert {error_of(answer) for answer in answers} == {(404, "not_found")}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_an_account_from_sign_up_to_sign_out(http: Client) -> None:
    signed_in = await sign_up(http, name="Ada", profile={"programming_knowledge": "advanced"})
    assert signed_in["email_confirmation_required"] is False
    assert set(signed_in["session"]) == {"access_token", "refresh_token", "token_type", "expires_at", "expires_in"}
    user = (await http.get("/api/auth/user", headers=bearer(signed_in))).json()
    named = {"id": signed_in["user"]["id"], "email": EMAIL, "name": "Ada", "is_anonymous": False}
    named["user_metadata"] = {"display_name": "Ada", "name": "Ada"}
    assert {name: value for name, value in user.items() if name != "profile"} == named | {"user": named}
    assert user["profile"]["programming_knowledge"] == "advanced"
    profile = (await http.get("/api/auth/profile", headers=bearer(signed_in))).json()
    assert (profile["name"], profile["programming_knowledge"]) == ("Ada", "advanced")
    refreshed = await http.post("/api/auth/refresh", json={"refresh_token": signed_in["session"]["refresh_token"]})
    assert refreshed.json()["user"]["id"] == user["id"]
    assert (await http.post("/api/auth/signout", headers=bearer(refreshed.json()))).status_code == 204
    assert error_of(await http.get("/api/auth/user", headers=bearer(signed_in)))[0] == 401
    again = await http.post("/api/auth/signin", json={"email": EMAIL, "password": PASSWORD})
    assert again.json()["user"] == user["user"]


async def test_a_guest_who_signs_up_keeps_their_history(http: Client, stores: ReaderStores) -> None:
    guest = (await http.post("/api/auth/guest")).json()
    assert guest["user"]["is_anonymous"] is True
    conversation = await ask(stores, guest, "Why?")
    body = {"email": EMAIL, "password": PASSWORD}
    signed_in = (await http.post("/api/auth/signup", json=body, headers=bearer(guest))).json()
    metadata = {"name": None, "display_name": None}
    user = {"id": guest["user"]["id"], "email": EMAIL, "name": None, "is_anonymous": False, "user_metadata": metadata}
    assert signed_in["user"] == user
    later = (await http.post("/api/auth/signin", json=body)).json()
    listed = (await http.get("/api/conversations", headers=bearer(later))).json()
    assert [found["id"] for found in listed["conversations"]] == [conversation]


NO_LINKS = (
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)//",
    "javascript\n:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA:,x",
    "\x1fdata:text/html,x",
    "vbscript:x",
    "VbScript:x",
    "file:///etc/passwd",
    "\u00a0FILE:///etc/passwd",
    "blob:https://book.example/1",
)
SOURCE = {
    "number": 1,
    "id": "c1",
    "url": "https://book.example/docs/zmp",
    "title": "Balance",
    "heading_path": ["The ZMP"],
    "text": "It stays inside.",
    "score": 0.5,
    "dense_rank": 1,
    "sparse_rank": None,
    "cited": True,
    "marks": [8],
    "sentence": "It stays inside.",
    "supported": True,
}


async def test_turns_from_before_the_sign_up_are_kept_once_and_in_order(http: Client) -> None:
    headers = bearer(await sign_up(http))
    turns: list[dict[str, Any]] = [
        {"question_id": "q1", "question": "Why?", "answer": "Because [1].", "verdict": "covered", "sources": [SOURCE]},
        {"question_id": "q2", "question": "And then?", "answer": "It fal", "complete": False, "page_url": "/docs/zmp"},
    ]
    for turn in [*turns, turns[0]]:  # a call that is sent again changes nothing
        kept = await http.post("/api/conversations/my-talk/turns", json=turn, headers=headers)
        assert (kept.status_code, kept.content) == (204, b"")
    found = (await http.get("/api/conversations/my-talk", headers=headers)).json()
    assert found["title"] == "Why?"
    assert [(each["role"], each["content"]) for each in found["messages"]] == [
        ("user", "Why?"),
        ("assistant", "Because [1]."),
        ("user", "And then?"),
        ("assistant", "It fal"),
    ]
    first, second = (each for each in found["messages"] if each["role"] == "assistant")
    assert (first["sources"], first["verdict"], first["complete"]) == ([SOURCE], "covered", True)
    assert (second["complete"], second["finish_reason"]) == (False, "stopped")
    assert found["messages"][2]["parent_id"] == first["id"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/docs/zmp#margin",
        "zmp?a=b:c",
        "#a:b",
        "//book.example/docs",
        "HTTP://book.example/",
        "https://book.example/a:b",
    ],
)
async def test_a_turn_whose_source_has_an_address_of_the_web_or_a_relative_one_is_kept(
    http: Client, address: str
) -> None:
    headers = bearer(await sign_up(http))
    source = SOURCE | {"url": address}
    turn = {"question_id": "q1", "question": "Why?", "answer": "Because [1].", "sources": [source]}
    assert (await http.post("/api/conversations/my-talk/turns", json=turn, headers=headers)).status_code == 204
    found = (await http.get("/api/conversations/my-talk", headers=headers)).json()
    assert found["messages"][1]["sources"] == [source]


async def test_a_turn_is_kept_for_its_reader_alone(http: Client) -> None:
    owner, other = await sign_up(http), await sign_up(http, "eve@book.example")
    turn = {"question_id": "q1", "question": "Why?", "answer": "Because."}
    for reader in (owner, other):
        path = f"/api/conversations/{NOBODYS if reader is owner else 'my-talk'}/turns"
        assert (await http.post(path, json=turn, headers=bearer(reader))).status_code == 204
    listed = (await http.get("/api/conversations", headers=bearer(other))).json()["conversations"]
    assert [found["id"] for found in listed] != [NOBODYS]
    into = await http.post(f"/api/conversations/{NOBODYS}/turns", json=turn, headers=bearer(other))
    assert error_of(into) == (404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": " "},
        {"answer": ""},
        {"question": "x" * 8_001},
        {"question_id": None},
        {"question_id": ""},
        {"verdict": "perhaps"},
        {"sources": [{"number": "one"}]},
        {"sources": "none"},
        *({"sources": [SOURCE | {"url": address}]} for address in NO_LINKS),
        *({"page_url": address} for address in NO_LINKS),
        {"complete": "partly"},
    ],
)
async def test_a_turn_that_is_none_is_refused(http: Client, wrong: dict[str, Any]) -> None:
    headers = bearer(await sign_up(http))
    turn = {"question_id": "q1", "question": "Why?", "answer": "Because."} | wrong
    refused = await http.post("/api/conversations/my-talk/turns", json=turn, headers=headers)
    assert error_of(refused) == (422, "invalid_request")
    assert (await http.get("/api/conversations/my-talk", headers=headers)).status_code == 404


@pytest.mark.parametrize("address", NO_LINKS)
async def test_a_page_at_an_address_that_is_no_link_is_refused_wherever_it_is_named(http: Client, address: str) -> None:
    headers = bearer(await sign_up(http))
    asked = {"message": "Why?", "conversation_id": "my-talk", "page_url": address, "selected_text": "a text"}
    for refused in (
        await http.post("/api/chat", json=asked, headers=headers),
        await http.get("/api/search", params={"q": "zmp", "page_url": address}, headers=headers),
    ):
        assert error_of(refused) == (422, "invalid_request")
        message = refused.json()["error"]["message"]
        assert message == "page_url must be an address of http or https, or a relative one."
    assert (await http.get("/api/conversations", headers=headers)).json()["conversations"] == []


async def test_errors_have_stable_codes(http: Client) -> None:
    signed_in = await sign_up(http)

    async def post(path: str, **body: Any) -> tuple[int, str]:
        return error_of(await http.post(f"/api/auth/{path}", json=body))

    assert await post("signup", email=EMAIL, password="another good one") == (409, "user_already_exists")
    assert await post("signup", email="new@b.example", password="short") == (422, "weak_password")
    assert await post("signup", email="nonsense", password=PASSWORD) == (422, "validation_failed")
    assert await post("signin", email=EMAIL, password="wrong one") == (401, "invalid_credentials")
    assert await post("signin", email="nobody@b.example", password=PASSWORD) == (401, "invalid_credentials")
    assert await post("refresh", refresh_token="nonsense") == (401, "refresh_token_invalid")
    assert await post("signin", email=EMAIL) == (422, "invalid_request")
    assert await post("signin", email=[EMAIL], password={}) == (422, "invalid_request")
    used = signed_in["session"]["refresh_token"]
    refreshed = (await http.post("/api/auth/refresh", json={"refresh_token": used})).json()
    await http.post("/api/auth/refresh", json={"refresh_token": refreshed["refresh_token"]})
    assert await post("refresh", refresh_token=used) == (401, "refresh_token_invalid")


async def test_what_was_sent_is_not_repeated_in_an_error(http: Client) -> None:
    response = await http.post("/api/auth/signin", json={"email": EMAIL, "password": ["a secret"]})
    assert response.status_code == 422
    assert "secret" not in response.text


async def test_a_profile_is_changed_field_by_field(http: Client) -> None:
    headers = bearer(await sign_up(http, name="Ada"))
    sent = {
        "programming_knowledge": "beginner",
        "prior_robotics_experience": True,
        "learning_goals": ["walk", "run"],
        "preferred_learning_style": "hands-on",
    }
    saved = await http.put("/api/auth/profile", json=sent, headers=headers)
    assert saved.json() == sent | {"name": "Ada", "profile": sent | {"name": "Ada"}}
    changed = await http.put("/api/auth/profile", json={"prior_robotics_experience": "two years"}, headers=headers)
    now = sent | {"name": "Ada", "prior_robotics_experience": "two years"}
    assert changed.json() == now | {"profile": now}
    assert (await http.get("/api/auth/profile", headers=headers)).json() == changed.json()


@pytest.mark.parametrize(
    "body",
    [
        {"programming_knowledge": "wizard"},
        {"preferred_learning_style": 3},
        {"learning_goals": "walk"},
        {"learning_goals": ["x"] * 21},
        {"learning_goals": ["x" * 201]},
        {"prior_robotics_experience": "x" * 1001},
        {"name": "x" * 201},
    ],
)
async def test_a_profile_that_cannot_be_is_422(http: Client, body: dict[str, Any]) -> None:
    headers = bearer(await sign_up(http))
    assert error_of(await http.put("/api/auth/profile", json=body, headers=headers)) == (422, "invalid_request")


async def test_conversations_are_listed_opened_renamed_and_deleted(http: Client, stores: ReaderStores) -> None:
    signed_in = await sign_up(http)
    headers = bearer(signed_in)
    ids = [await ask(stores, signed_in, f"Question {number}?") for number in range(3)]
    first = (await http.get("/api/conversations", params={"limit": 2}, headers=headers)).json()
    assert [found["id"] for found in first["conversations"]] == [ids[2], ids[1]]
    cursor = first["next_cursor"]
    second = (await http.get("/api/conversations", params={"cursor": cursor, "limit": 2}, headers=headers)).json()
    assert ([found["id"] for found in second["conversations"]], second["next_cursor"]) == ([ids[0]], None)
    opened = (await http.get(f"/api/conversations/{ids[0]}", headers=headers)).json()
    assert (opened["title"], [m["role"] for m in opened["messages"]]) == ("Question 0?", ["user", "assistant"])
    answer = opened["messages"][1]
    assert (answer["content"], answer["complete"], answer["build"]) == ("Because.", True, "b1")
    assert answer["sources"] == [{"number": 1}]
    renamed = await http.patch(f"/api/conversations/{ids[0]}", json={"title": "  Reasons "}, headers=headers)
    assert renamed.json()["title"] == "Reasons"
    found = (await http.get("/api/conversations", params={"q": "question 1"}, headers=headers)).json()
    assert [each["id"] for each in found["conversations"]] == [ids[1]]
    assert (await http.delete(f"/api/conversations/{ids[0]}", headers=headers)).status_code == 204
    assert (await http.delete("/api/conversations", headers=headers)).json() == {"deleted": 2}


async def test_bad_queries_are_refused(http: Client, stores: ReaderStores) -> None:
    signed_in = await sign_up(http)
    headers = bearer(signed_in)
    for number in range(2):
        await ask(stores, signed_in, f"Q{number}")
    cursor = (await http.get("/api/conversations", params={"limit": 1}, headers=headers)).json()["next_cursor"]
    bad = await http.get("/api/conversations", params={"cursor": cursor[:-2] + "zz"}, headers=headers)
    assert error_of(bad) == (400, "invalid_cursor")
    for query in ({"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"q": "x" * 201}):
        assert (await http.get("/api/conversations", params=query, headers=headers)).status_code == 422
    for title in ("", "   ", "x" * 201, None, 3):
        response = await http.patch(f"/api/conversations/{uuid4()}", json={"title": title}, headers=headers)
        assert response.status_code == 422


async def test_an_export_holds_everything(http: Client, stores: ReaderStores) -> None:
    signed_in = await sign_up(http)
    ids = [await ask(stores, signed_in, f"Question {number}? \x00") for number in range(3)]
    response = await http.get("/api/conversations/export", headers=bearer(signed_in))
    assert "attachment" in response.headers["content-disposition"]
    exported = json.loads(response.text)
    assert [each["id"] for each in exported["conversations"]] == ids[::-1]
    assert [len(each["messages"]) for each in exported["conversations"]] == [2, 2, 2]


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_of_10_mb_is_413(http: Client, chunked: bool) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"email": "'
        for _ in range(160):
            yield b"a" * 65_536

    whole = b'{"email": "' + b"a" * 10_000_000
    headers = {"content-type": "application/json"}
    response = await http.post("/api/auth/signin", content=parts() if chunked else whole, headers=headers)
    assert error_of(response) == (413, "body_too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
async def test_a_body_that_is_no_object_is_422_or_400(http: Client, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await http.post("/api/auth/signin", content=body, headers=headers)
    assert response.status_code in (400, 422)
    error_of(response)


async def test_where_guests_are_not_welcome(stores: ReaderStores) -> None:
    async with application(stores, allow_guests=False) as http:
        assert error_of(await http.post("/api/auth/guest")) == (403, "signup_disabled")


async def test_an_address_that_waits_for_its_confirmation(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.confirm_addresses = True
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        assert (signed_in["session"], signed_in["email_confirmation_required"]) == (None, True)
        body = {"email": EMAIL, "password": PASSWORD}
        assert error_of(await http.post("/api/auth/signin", json=body)) == (403, "email_not_confirmed")
        guest = (await http.post("/api/auth/guest")).json()
        other = {"email": "guest@book.example", "password": PASSWORD}
        waiting = (await http.post("/api/auth/signup", json=other, headers=bearer(guest))).json()
        assert (waiting["user"]["id"], waiting["email_confirmation_required"]) == (guest["user"]["id"], True)


async def test_supabases_limits_are_429(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    project.auth.limit_signins_to = 0
    async with application(supabase_stores) as http:
        response = await http.post("/api/auth/signin", json={"email": EMAIL, "password": PASSWORD})
        assert error_of(response) == (429, "too_many_requests")
        assert int(response.headers["retry-after"]) > 0


async def test_guessing_is_429_with_the_time_to_wait(http: Client, stores: ReaderStores) -> None:
    if not isinstance(stores.accounts, LocalAccounts):
        return  # Supabase's own to count
    for _ in range(5):
        await http.post("/api/auth/signin", json={"email": EMAIL, "password": "a wrong one"})
    response = await http.post("/api/auth/signin", json={"email": EMAIL, "password": "a wrong one"})
    assert error_of(response) == (429, "too_many_requests")
    assert int(response.headers["retry-after"]) > 0


async def test_a_project_that_is_away_is_503_without_detail(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        headers = bearer(await sign_up(http))
        project.faults.auth = project.faults.rest = Fault(status=502)
        answers = [
            await http.post("/api/auth/signin", json={"email": EMAIL, "password": PASSWORD}),
            await http.get("/api/conversations", headers=headers),
            await http.get("/api/conversations/export", headers=headers),
        ]
        assert {error_of(answer) for answer in answers} == {(503, "storage_unavailable")}
        assert all("gateway" not in answer.text and project.url not in answer.text for answer in answers)


@pytest.mark.parametrize("with_supabase", [False, True])
def test_a_question_becomes_history(
    with_supabase: bool,
    project: SupabaseServer,
    small_index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if with_supabase:
        monkeypatch.setenv("SUPABASE_URL", project.url)
        monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    with serving(copied(small_index, tmp_path)) as served, httpx.Client(base_url=served.url, timeout=60) as http:
        guest = http.post("/api/auth/guest").json()
        headers = bearer(guest) | {"accept": "application/json", "idempotency-key": "k1"}
        body = {"message": "What is the zero moment point?", "conversation_id": str(uuid4())}
        first, again = (http.post("/api/chat", json=body, headers=headers).json() for _ in range(2))
        assert again["message_id"] == first["message_id"]
        opened = http.get(f"/api/conversations/{body['conversation_id']}", headers=bearer(guest)).json()
        assert [message["role"] for message in opened["messages"]] == ["user", "assistant"]
        assert opened["messages"][1]["id"] == first["message_id"]
        assert opened["messages"][1]["complete"] is True
        other = bearer(http.post("/api/auth/guest").json())
        refused = http.post("/api/chat", json=body, headers=other | {"accept": "application/json"})
        assert refused.status_code == 404
        assert http.get("/api/conversations", headers=other).json()["conversations"] == []
