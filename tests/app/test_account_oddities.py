"""Odd sign-ups and sign-ins over HTTP, with local accounts and with Supabase: refused in our own words, never a 500."""

import json
from typing import Any

import httpx
import pytest

from storage.reader_stores import ReaderStores
from tests.app.test_auth_and_history import application, bearer, error_of, sign_up
from tests.reader_stores import PASSWORD
from tests.tables import each_row

OWNER = "ada@book.example"
SECRET = "my-own-secret-passphrase"

# What is sent, as JSON text or a value, and the statuses that it may have.
BODIES: dict[str, tuple[Any, set[int]]] = {
    "nothing": ("", {400, 422}),
    "null": ("null", {422}),
    "a list": ("[]", {422}),
    "a text": ('"x"', {422}),
    "cut off": ('{"email": "a@b.example", "password": "', {400, 422}),
    "nested a thousand times": ('{"email": ' + "[" * 5_000 + "]" * 5_000 + ', "password": "x"}', {400, 422}),
    "numbers": ({"email": 1, "password": 2}, {422}),
    "objects": ({"email": {"$ne": None}, "password": {"$gt": ""}}, {422}),
    "no password": ({"email": "a@b.example"}, {422}),
    "no address": ({"password": SECRET}, {422}),
    "an empty address": ({"email": "", "password": SECRET}, {400, 401, 422}),
    "an empty password": ({"email": "a@b.example", "password": ""}, {400, 401, 422}),
    "spaces": ({"email": "   ", "password": "        "}, {400, 401, 422}),
    "two addresses": ({"email": "a@b.example,c@d.example", "password": SECRET}, {400, 401, 422}),
    "a header in the address": ({"email": "a@b.example\r\nBcc: c@d.example", "password": SECRET}, {400, 401, 422}),
    "a name with the address": ({"email": "Ada <a@b.example>", "password": SECRET}, {400, 401, 422}),
    "NUL in the address": ({"email": "a\x00@b.example", "password": SECRET}, {400, 401, 422}),
    "NUL in the password": ({"email": OWNER, "password": "long enough\x00" + SECRET}, {401, 409, 422}),
    "half of a character": (f'{{"email": "{OWNER}", "password": "\\ud800 long enough"}}', {400, 401, 409, 422}),
    "half of a character in the address": (
        '{"email": "\\udfff@b.example", "password": "long enough"}',
        {400, 401, 422},
    ),
    "SQL": ({"email": "a'--@b.example' or '1'='1", "password": "' or '1'='1"}, {400, 401, 422}),
    "a longer password than bcrypt reads": ({"email": OWNER, "password": "پاس" * 30}, {400, 401, 409, 422}),
    "a password of 1,025 characters": ({"email": OWNER, "password": "x" * 1_025}, {422}),
    "an address of 400 characters": ({"email": "a" * 390 + "@b.example", "password": SECRET}, {422}),
    "a body of 70 KB": ({"email": OWNER, "password": "x", "name": "n" * 70_000}, {413}),
    "a captcha token that is an object": ({"email": OWNER, "password": SECRET, "captcha_token": {}}, {422}),
    "another's role": ({"email": "x@b.example", "password": "x", "role": "service_role"}, {400, 401, 422}),
    "a password twice": (f'{{"email": "{OWNER}", "password": "wrong one", "password": "wrong too"}}', {401, 409, 422}),
    "the owner's address in capitals": ({"email": OWNER.upper(), "password": "not the password"}, {401, 409, 422}),
    "the owner's address with spaces": ({"email": f" {OWNER} ", "password": "not the password"}, {401, 409, 422}),
    "a zero-width space in the address": ({"email": "a\u200bda@book.example", "password": "weak"}, {400, 401, 422}),
    "an address in another form": ({"email": "ａｄａ@book.example", "password": "weak"}, {400, 401, 409, 422}),
    "right-to-left override": ({"email": "\u202ea@b.example", "password": "weak"}, {400, 401, 422}),
    "an address without a domain": ({"email": "ada", "password": SECRET}, {400, 401, 422}),
    "an address at a number": ({"email": "ada@[127.0.0.1]", "password": "weak"}, {400, 401, 422}),
}
OF_THE_OWNER = [name for name, (body, _) in BODIES.items() if OWNER in str(body).lower()]
HEADERS: dict[str, dict[str, str]] = {
    "a token that is none": {"authorization": "Bearer x.y.z"},
    "a basic header": {"authorization": "Basic YTpi"},
    "an empty bearer": {"authorization": "Bearer "},
    "a token of 9,000 characters": {"authorization": f"Bearer {'a' * 9_000}"},
    "a forwarded address that is none": {"x-forwarded-for": "'; drop table users; --, 10.0.0.1"},
    "a role of PostgREST": {"prefer": "return=representation", "apikey": "service_role"},
}


async def _send(http: httpx.AsyncClient, route: str, body: Any, headers: dict[str, str]) -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return await http.post(
        f"/api/auth/{route}", content=content.encode(), headers={"content-type": "application/json", **headers}
    )


def _is_ours(response: httpx.Response) -> None:
    """An error in our own shape that repeats nothing secret and names nothing of what is inside."""
    status, code = error_of(response)
    assert status < 500
    assert code
    assert SECRET not in response.text
    for inner in ("Traceback", "pydantic", "sqlite", "gotrue", "postgres", "AuthApiError", "constraint"):
        assert inner.lower() not in response.text.lower()


@each_row(
    ("route", "name"), [(route, name) for route in ("signup", "signin") for name in BODIES if name not in OF_THE_OWNER]
)
async def test_an_odd_body_is_refused_in_our_own_words(stores: ReaderStores, route: str, name: str) -> None:
    body, statuses = BODIES[name]
    async with application(stores) as http:
        response = await _send(http, route, body, {})
        assert response.status_code in statuses, response.text
        _is_ours(response)


@pytest.mark.parametrize("route", ["signup", "signin"])
@pytest.mark.parametrize("name", OF_THE_OWNER)
async def test_an_odd_body_with_an_accounts_address_changes_nothing_for_its_owner(
    stores: ReaderStores, route: str, name: str
) -> None:
    body, statuses = BODIES[name]
    async with application(stores) as http:
        owner = await sign_up(http, email=OWNER)
        response = await _send(http, route, body, {})
        assert response.status_code in statuses, response.text
        _is_ours(response)
        signed_in = await http.post("/api/auth/signin", json={"email": OWNER, "password": PASSWORD})
        assert signed_in.status_code == 200
        assert signed_in.json()["user"]["id"] == owner["user"]["id"]


@pytest.mark.parametrize("name", HEADERS)
async def test_an_odd_header_signs_nobody_in(stores: ReaderStores, name: str) -> None:
    async with application(stores) as http:
        await sign_up(http, email=OWNER)
        wrong = await _send(http, "signin", {"email": OWNER, "password": "not the password"}, HEADERS[name])
        assert error_of(wrong)[0] in {401, 431}
        _is_ours(wrong)
        made = await _send(http, "signup", {"email": "new@book.example", "password": PASSWORD}, HEADERS[name])
        if made.status_code == 200:
            assert made.json()["user"]["email"] == "new@book.example"
        else:
            _is_ours(made)
        if "authorization" in HEADERS[name]:
            assert error_of(await http.get("/api/auth/user", headers=HEADERS[name]))[0] == 401


async def test_a_reader_with_an_account_makes_another_one_and_keeps_theirs(stores: ReaderStores) -> None:
    async with application(stores) as http:
        ada = await sign_up(http, email=OWNER)
        body = {"email": "grace@book.example", "password": PASSWORD}
        made = await http.post("/api/auth/signup", json=body, headers=bearer(ada))
        assert made.status_code == 200
        assert made.json()["user"]["id"] != ada["user"]["id"]
        assert (await http.get("/api/auth/user", headers=bearer(ada))).json()["email"] == OWNER
