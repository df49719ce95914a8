"""Accounts over HTTP: limits by address, signing out by refresh token, readiness, and what the log has of it."""

import logging
import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.dependencies import counted_address
from app.request_log import shorten_ids
from app.settings import AppSettings
from storage.reader_stores import ReaderStores
from tests.app.test_auth_and_history import Client, application, ask, bearer, error_of, sign_up
from tests.reader_stores import PASSWORD
from tests.serving import copied, serving
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer, before_limits
from tests.tables import each_row

EMAIL = "ada@book.example"


@each_row(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(host: str, counted: str) -> None:
    assert counted_address(host) == counted


@pytest.mark.parametrize("route", ["guest", "signup"])
async def test_new_accounts_of_one_address_are_limited(stores: ReaderStores, route: str) -> None:
    limits: dict[str, Any] = {
        "guests_per_address": "3/hour",
        "sign_ups_per_address": "3/hour",
        "trusted_proxies": "192.0.2.7",
    }
    async with application(stores, **limits) as http:

        async def make(number: int, address: str) -> httpx.Response:
            body = {"email": f"{number}@book.example", "password": PASSWORD} if route == "signup" else None
            return await http.post(f"/api/auth/{route}", json=body, headers={"x-forwarded-for": address})

        for number in range(3):
            assert (await make(number, f"2001:db8::{number}")).status_code == 200
        refused = await make(3, "2001:db8::9")
        assert error_of(refused) == (429, "too_many_requests")
        assert 0 < int(refused.headers["retry-after"]) <= 3_600
        assert (await make(4, "2001:db8:0:1::9")).status_code == 200


async def test_an_address_that_no_trusted_proxy_names_is_not_believed(local_stores: ReaderStores) -> None:
    async with application(local_stores, guests_per_address="1/hour") as http:
        statuses = [
            (await http.post("/api/auth/guest", headers={"x-forwarded-for": f"198.51.100.{number}"})).status_code
            for number in range(2)
        ]
    assert statuses == [200, 429]


async def test_new_accounts_are_limited_by_default_and_the_limit_can_be_turned_off(local_stores: ReaderStores) -> None:
    async with application(local_stores) as http:
        statuses = [(await http.post("/api/auth/guest")).status_code for _ in range(25)]
    assert statuses.count(200) == 20
    async with application(local_stores, guests_per_address="off") as http:
        assert {(await http.post("/api/auth/guest")).status_code for _ in range(25)} == {200}


async def status_of_sign_in(http: Client, password: str, address: str) -> int:
    headers = {"x-forwarded-for": address}
    return (
        await http.post("/api/auth/signin", json={"email": EMAIL, "password": password}, headers=headers)
    ).status_code


async def test_who_tries_an_address_does_not_lock_its_owner_out(stores: ReaderStores) -> None:
    async with application(stores, trusted_proxies="192.0.2.7") as http:
        sign_in = partial(status_of_sign_in, http)
        await sign_up(http)
        guesses = [await sign_in("a guess", "198.51.100.1") for _ in range(30)]
        assert guesses.count(401) <= 6
        assert await sign_in(PASSWORD, "198.51.100.1") == 429
        assert await sign_in(PASSWORD, "198.51.100.2") == 200


async def test_an_attack_from_many_addresses_leaves_the_owner_in(local_stores: ReaderStores) -> None:
    async with application(local_stores, trusted_proxies="192.0.2.7") as http:
        sign_in = partial(status_of_sign_in, http)
        await sign_up(http)
        for number in range(10):
            assert [await sign_in("a guess", f"198.51.100.{number}") for _ in range(5)] == [401] * 5
        fresh = [await sign_in("a guess", "198.51.100.200") for _ in range(3)]
        assert fresh[0] == 401
        assert 429 in fresh
        assert await sign_in(PASSWORD, "203.0.113.5") == 200


async def test_guessing_by_sign_ups_is_guessing(stores: ReaderStores) -> None:
    async with application(stores) as http:
        await sign_up(http)
        body = {"email": EMAIL, "password": "another good one"}
        statuses = [(await http.post("/api/auth/signup", json=body)).status_code for _ in range(7)]
        assert statuses[:5] == [409] * 5
        assert statuses[6] == 429
        assert (await http.post("/api/auth/signin", json={"email": EMAIL, "password": "x" * 8})).status_code == 429


async def test_signing_out_takes_the_refresh_token_where_the_access_token_has_expired(stores: ReaderStores) -> None:
    async with application(stores) as http:
        signed_in = await sign_up(http)
        refresh_token = signed_in["session"]["refresh_token"]
        expired = {"authorization": "Bearer expired"}
        assert error_of(await http.post("/api/auth/signout", headers=expired)) == (401, "not_authenticated")
        response = await http.post("/api/auth/signout", headers=expired, json={"refresh_token": refresh_token})
        assert response.status_code == 204
        refreshed = await http.post("/api/auth/refresh", json={"refresh_token": refresh_token})
        assert error_of(refreshed) == (401, "refresh_token_invalid")
        assert error_of(await http.get("/api/auth/profile", headers=bearer(signed_in)))[0] == 401


async def test_a_captcha_token_comes_with_each_call_that_needs_it(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.captcha = "right"
    async with application(supabase_stores) as http:
        assert (await http.post("/api/auth/guest", json={"captcha_token": "right-1"})).status_code == 200
        await sign_up(http, captcha_token="right-2")
        body = {"email": EMAIL, "password": PASSWORD}
        assert (await http.post("/api/auth/signin", json=body | {"captcha_token": "right-3"})).status_code == 200
        for token in ("wrong", "right-3"):  # each is good once
            wrong = await http.post("/api/auth/signin", json=body | {"captcha_token": token})
            assert error_of(wrong) == (400, "captcha_failed")
        assert error_of(await http.post("/api/auth/guest")) == (503, "storage_unavailable")


async def test_a_captcha_token_comes_with_a_password_that_confirms(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.captcha = "right"
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http, captcha_token="right-1")
        changed = {"password": PASSWORD, "new_password": "another good one", "captcha_token": "right-2"}
        response = await http.put("/api/account/password", json=changed, headers=bearer(signed_in))
        assert response.status_code == 204
        leaving = {"password": "another good one", "captcha_token": "right-3"}
        response = await http.request("DELETE", "/api/account", json=leaving, headers=bearer(signed_in))
        assert response.status_code == 204


async def test_rows_that_readers_wrote_past_the_server_are_shown_as_far_as_they_fit(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        conversation = await ask(supabase_stores, signed_in, "Why?")
        project.sql("update public.messages set sources = %s", '[1, null, "x", {}, {"number": "two", "url": 3}]')
        project.sql("update public.messages set timing = %s", '{"total_ms": "soon", "first_word_ms": 1.5, "x": {}}')
        project.sql("update public.messages set understood = %s", '{"question": 1, "corrections": ["x"]}')
        with before_limits(project):
            project.sql("update public.profiles set learning_goals = array[null, 'walk']")
        for path in (f"/api/conversations/{conversation}", "/api/auth/profile", "/api/account/export"):
            response = await http.get(path, headers=bearer(signed_in))
            assert response.status_code == 200, (path, response.text)


async def test_an_expired_token_is_refused_where_an_answer_is_stopped(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        claims = project.signing.claims(signed_in["user"]["id"], exp=int(time.time()) - 60)
        headers = {"authorization": f"Bearer {project.signing.sign(claims)}"}
        assert (await http.post(f"/api/chat/{uuid4()}/stop", headers=headers)).status_code == 401


async def test_a_closed_account_is_403(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    async with application(supabase_stores) as http:
        await sign_up(http)
        project.sql("update auth.users set banned_until = now() + interval '1 day'")
        response = await http.post("/api/auth/signin", json={"email": EMAIL, "password": PASSWORD})
        assert error_of(response) == (403, "account_closed")


async def test_a_store_that_is_away_is_one_line_in_the_log(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        conversation = str(uuid4())
        await http.get("/api/auth/profile", headers=bearer(signed_in))
        assert signed_in["user"]["id"][:8] in caplog.text
        project.faults.rest = Fault(status=502)
        await http.get(f"/api/conversations/{conversation}", headers=bearer(signed_in))
    errors = [record for record in caplog.records if record.name == "app.errors"]
    assert [record.exc_info for record in errors] == [None]
    assert "GET /api/conversations/{conversation_id}: storage_unavailable" in errors[0].getMessage()
    ours = "\n".join(record.getMessage() for record in caplog.records if project.url in record.getMessage())
    assert signed_in["user"]["id"] not in ours


def test_ids_are_shortened_whatever_the_line() -> None:
    record = logging.LogRecord("httpx", logging.INFO, "", 0, "GET %s", (f"/profiles?id=eq.{uuid4()}",), None)
    assert shorten_ids(record)
    assert record.getMessage().endswith("…")
    assert len(record.getMessage()) == len("GET /profiles?id=eq.12345678…")


@pytest.mark.parametrize("fault", ["auth", "rest", "jwks"])
def test_readiness_tells_of_a_project_that_is_away_and_stays_in_service(
    project: SupabaseServer, small_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("SUPABASE_URL", project.url)
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    setattr(project.faults, fault, Fault(status=500))
    with serving(copied(small_index, tmp_path)) as served, httpx.Client(base_url=served.url, timeout=60) as http:
        ready = http.get("/readyz")
        assert (ready.status_code, ready.json()["dependencies"]["accounts"]["state"]) == (200, "degraded")
        assert http.get("/healthz").status_code == 200
        setattr(project.faults, fault, None)
        deadline = time.monotonic() + 40
        while http.get("/readyz").json()["dependencies"]["accounts"]["state"] != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_a_guest_of_supabase_does_not_ask_where_guests_may_not(
    project: SupabaseServer, small_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", project.url)
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    headers = {"apikey": PUBLISHABLE_KEY}
    token = httpx.post(f"{project.url}/auth/v1/signup", json={}, headers=headers).json()["access_token"]
    app = AppSettings(allow_guests=False, _env_file=None)
    with (
        serving(copied(small_index, tmp_path), app=app) as served,
        httpx.Client(base_url=served.url, timeout=60) as http,
    ):
        bearer_token = {"authorization": f"Bearer {token}", "accept": "application/json"}
        asked = http.post("/api/chat", json={"message": "What is the zero moment point?"}, headers=bearer_token)
        assert error_of(asked) == (401, "not_authenticated")
        assert http.get("/api/search?q=zmp", headers=bearer_token).status_code == 401
        account = {"email": EMAIL, "password": PASSWORD}
        signed_up = http.post("/api/auth/signup", json=account, headers=bearer_token).json()
        assert http.get("/api/search?q=zmp", headers=bearer(signed_up)).status_code == 200
