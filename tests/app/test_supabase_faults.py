"""What a Supabase project may answer on a bad day, seen through the application: in our own words, and never a 500."""

import asyncio
import base64
import json
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from storage.accounts import introspection
from storage.accounts.jwks import ProjectKeys
from storage.accounts.reader import Profile
from storage.accounts.store import NewAccount
from storage.accounts.tokens import Issuers, TokenVerifier
from storage.conversations.turns import Answer, TurnRequest
from storage.errors import AuthenticationError, SecondFactorError, StorageUnavailableError
from storage.reader_stores import ReaderStores
from tests.app.test_auth_and_history import application, bearer, error_of, sign_up
from tests.reader_stores import PASSWORD, opened
from tests.reader_stores import sign_up as new_reader
from tests.supabase_server import Fault, SupabaseServer

EMAIL = "ada@book.example"
ACCOUNT = {"email": EMAIL, "password": PASSWORD}
USER_ID = "3f2f1c9e-0000-4000-8000-000000000000"
ANSWER = Answer("Because.", complete=True, finish_reason="stop")

# answers of Auth with status 200 that are no answers ---------------------------------------------------------------

TIMES = '"created_at": "2026-01-01T00:00:00Z"'
USER = f'"id": "{USER_ID}", "aud": "authenticated", "app_metadata": {{}}, {TIMES}'
ODD_ANSWERS = {
    "null": "null",
    "a list": "[]",
    "nothing": "{}",
    "a text": '"ok"',
    "cut off": '{"access_token": "x", "us',
    "a number as token": f'{{"access_token": 1, "refresh_token": 2, "user": {{{USER}, "user_metadata": {{}}}}}}',
    "a session without its user": '{"access_token": "x.y.z", "refresh_token": "r", "expires_in": 3600}',
    "a user without an id": f'{{"aud": "authenticated", "app_metadata": {{}}, "user_metadata": {{}}, {TIMES}}}',
    "an id that is none": '{"user": {"id": "1", "aud": "a", "app_metadata": {}, "user_metadata": {}, ' + TIMES + "}}",
    "metadata that are a list": f'{{"user": {{{USER}, "user_metadata": []}}}}',
    "deep": '{"user": ' * 900 + "{}" + "}" * 900,
}
CALLS: dict[str, tuple[str, str, Any]] = {
    "sign-up": ("POST", "/api/auth/signup", {"email": "new@book.example", "password": PASSWORD}),
    "sign-in": ("POST", "/api/auth/signin", ACCOUNT),
    "guest": ("POST", "/api/auth/guest", None),
    "refresh": ("POST", "/api/auth/refresh", {"refresh_token": "abcdefghijkl"}),
    "sign-out": ("POST", "/api/auth/signout", None),
    "user": ("GET", "/api/auth/user", None),
    "profile": ("PUT", "/api/auth/profile", {"name": "Ada"}),
    "export": ("GET", "/api/account/export", None),
    "password": ("PUT", "/api/account/password", {"password": PASSWORD, "new_password": "another good one"}),
    "deletion": ("DELETE", "/api/account", {"password": PASSWORD}),
}
WITH_A_TOKEN = ("sign-out", "user", "profile", "export", "password", "deletion")


async def call(http: httpx.AsyncClient, name: str, signed_in: dict[str, Any]) -> httpx.Response:
    method, path, body = CALLS[name]
    headers = bearer(signed_in) if name in WITH_A_TOKEN else {}
    return await http.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("odd", ODD_ANSWERS)
async def test_an_answer_of_auth_that_is_none_is_an_outage(
    project: SupabaseServer, supabase_stores: ReaderStores, odd: str
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        for name in CALLS:
            project.faults.auth = Fault(json_with_200=ODD_ANSWERS[odd])
            response = await call(http, name, signed_in)
            project.faults.auth = None
            if name == "sign-out":  # whose answer is not read
                signed_in = (await http.post("/api/auth/signin", json=ACCOUNT)).json()
                continue
            assert error_of(response) == (503, "storage_unavailable"), (name, response.text)
        # Nothing of it stays: the account is there, and everything works again.
        assert (await call(http, "user", signed_in)).json()["email"] == EMAIL


# errors of Auth of other shapes ------------------------------------------------------------------------------------

ODD_ERRORS = {
    "400 without a code": (400, '{"message": "no"}'),
    "400 of OAuth": (400, '{"error": "invalid_grant", "error_description": "Invalid login credentials"}'),
    "400 with null": (400, "null"),
    "400 with a list": (400, "[]"),
    "400 with a number as code": (400, '{"code": 400, "msg": "no"}'),
    "401 of a gateway": (401, '{"message": "Unauthorized"}'),
    "403 of a firewall": (403, None),
    "404 of an older server": (404, '{"message": "no Route matched with those values"}'),
    "405": (405, '{"code": "unknown", "message": "no"}'),
    "422 without reasons": (422, '{"code": "weak_password", "message": "weak"}'),
    "422 with other reasons": (422, '{"code": "weak_password", "message": "w", "weak_password": {"reasons": ["new"]}}'),
    "422 with null reasons": (422, '{"code": "weak_password", "message": "weak", "weak_password": null}'),
    "422 of tomorrow": (422, '{"code": "a_code_of_tomorrow", "message": "no"}'),
    "429 without a body": (429, ""),
    "500 of a database": (500, '{"code": "unexpected_failure", "message": "Database error"}'),
    "502": (502, None),
    "504 of the server itself": (504, '{"code": "request_timeout", "message": "Processing this request timed out"}'),
    "520": (520, None),
}


@pytest.mark.parametrize("odd", ODD_ERRORS)
async def test_an_error_of_another_shape_is_told_in_our_words(
    project: SupabaseServer, supabase_stores: ReaderStores, odd: str
) -> None:
    status, body = ODD_ERRORS[odd]
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        for name in CALLS:
            project.faults.auth = Fault(status=status, body=body)
            response = await call(http, name, signed_in)
            project.faults.auth = None
            if response.status_code == 204:
                assert name == "sign-out", (name, odd)
                signed_in = (await http.post("/api/auth/signin", json=ACCOUNT)).json()
                continue
            told, code = error_of(response)
            assert told != 500, (name, response.text)
            assert code not in ("internal_error", "not_found"), (name, response.text)
            for inner in ("gotrue", "supabase", "database error", "invalid_grant", "json", "validation error"):
                assert inner not in response.text.lower(), (name, response.text)


# clocks ------------------------------------------------------------------------------------------------------------


async def test_a_session_that_this_machines_clock_calls_expired_is_named_in_the_log(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    reader = await new_reader(supabase_stores, EMAIL)
    assert "clock" not in caplog.text
    past = int(time.time()) - 3_600
    claims = project.signing.claims(str(reader.id), exp=past, iat=past - 3_600)
    session = {"access_token": project.signing.sign(claims), "refresh_token": "r" * 12, "token_type": "bearer"}
    user = json.loads(f'{{{USER}, "user_metadata": {{}}}}')
    answer = json.dumps(session | {"expires_in": 3600, "expires_at": past, "user": user})
    project.faults.auth = Fault(json_with_200=answer)
    await supabase_stores.accounts.sign_in(EMAIL, PASSWORD)
    assert "clock" in caplog.text


# keys --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
async def test_each_kind_of_signing_key_is_taken_and_never_for_another_algorithm(
    project: SupabaseServer, algorithm: str
) -> None:
    private: Any = {
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "RS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    maker: Any = jwt.algorithms.get_default_algorithms()[algorithm]
    published = maker.to_jwk(private.public_key(), as_dict=True) | {"kid": "k", "use": "sig"}

    async def fetch() -> Any:
        return {
            "keys": [published | {"alg": algorithm}, {"kty": "EC", "crv": "P-521", "kid": "k2", "x": "a", "y": "b"}]
        }

    verifier = TokenVerifier(ProjectKeys(fetch), Issuers(project.signing.issuer))
    claims = project.signing.claims(USER_ID)
    assert str((await verifier.verify(jwt.encode(claims, private, algorithm, headers={"kid": "k"}))).id) == USER_ID
    _, payload, signature = jwt.encode(claims, private, algorithm, headers={"kid": "k"}).split(".")
    for other in {"ES256", "RS256", "EdDSA", "HS256", "none", "PS256", "ES384"} - {algorithm}:
        renamed = base64.urlsafe_b64encode(json.dumps({"alg": other, "kid": "k"}).encode()).rstrip(b"=").decode()
        with pytest.raises(AuthenticationError):
            await verifier.verify(f"{renamed}.{payload}.{signature}")


async def test_a_key_that_is_withdrawn_ends_the_sessions_that_it_signed_and_no_others(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts: Any = supabase_stores.accounts
    claims = project.signing.claims(USER_ID)
    before = project.signing.sign(claims)
    project.signing.rotate()
    after = project.signing.sign(claims)
    accounts._keys._tried_for.clear()
    accounts._keys._tried_at = accounts._keys._fetched_at = time.monotonic() - 100
    assert await accounts.verify(after)
    project.signing.keys = dict(list(project.signing.keys.items())[-1:])
    await accounts._keys.load()
    assert await accounts.verify(after)
    with pytest.raises(AuthenticationError):
        await accounts.verify(before)


# what PostgREST says -----------------------------------------------------------------------------------------------

DATABASE_ERRORS = {
    "the schema is read anew": (503, '{"code": "PGRST002", "message": "Could not query the database"}', 503),
    "no connection is free": (504, '{"code": "PGRST003", "message": "Timed out acquiring connection"}', 503),
    "a statement took too long": (500, '{"code": "57014", "message": "canceling statement"}', 503),
    "a deadlock": (500, '{"code": "40P01", "message": "deadlock detected"}', 503),
    "read-only": (405, '{"code": "25006", "message": "cannot execute in a read-only transaction"}', 503),
    "a column that is missing": (400, '{"code": "PGRST204", "message": "Could not find the column"}', 503),
    "another schema": (406, '{"code": "PGRST106", "message": "Invalid schema"}', 503),
    "a key that is no longer known": (401, '{"code": "PGRST301", "message": "No suitable key"}', 401),
    "a conflict": (409, '{"code": "23505", "message": "duplicate key value"}', 409),
    "a user who is gone": (409, '{"code": "23503", "message": "violates foreign key"}', 401),
    "a value out of range": (400, '{"code": "22003", "message": "out of range"}', 400),
    "too large": (413, None, 400),
    "an error without a code": (400, '{"message": "no"}', 503),
    "a list": (400, "[]", 503),
    "null": (400, "null", 503),
}


@pytest.mark.parametrize("odd", DATABASE_ERRORS)
async def test_an_error_of_the_database_has_one_meaning_everywhere(
    project: SupabaseServer, supabase_stores: ReaderStores, odd: str
) -> None:
    status, body, told = DATABASE_ERRORS[odd]
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        project.faults.rest = Fault(status=status, body=body)
        for method, path, sent in (
            ("GET", "/api/conversations", None),
            ("GET", f"/api/conversations/{uuid4()}", None),
            ("PATCH", f"/api/conversations/{uuid4()}", {"title": "Feet"}),
            ("DELETE", f"/api/conversations/{uuid4()}", None),
            ("DELETE", "/api/conversations", None),
            ("GET", "/api/auth/profile", None),
            ("PUT", "/api/auth/profile", {"name": "Ada"}),
        ):
            response = await http.request(method, path, json=sent, headers=bearer(signed_in))
            assert error_of(response)[0] == told, (path, response.text)
        signed_in_again = await http.post("/api/auth/signin", json=ACCOUNT)
        assert (signed_in_again.status_code, signed_in_again.json()["profile"]) == (200, None)


@pytest.mark.parametrize("fault", [Fault(status=204, body=""), Fault(json_with_200="")], ids=["204", "200"])
async def test_an_empty_answer_of_the_database_is_an_outage(
    project: SupabaseServer, supabase_stores: ReaderStores, fault: Fault
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        project.faults.rest = fault
        for method, path, sent in (
            ("GET", "/api/conversations", None),
            ("GET", f"/api/conversations/{uuid4()}", None),
            ("PATCH", f"/api/conversations/{uuid4()}", {"title": "Feet"}),
            ("DELETE", f"/api/conversations/{uuid4()}", None),
            ("DELETE", "/api/conversations", None),
            ("GET", "/api/conversations/export", None),
            ("GET", "/api/auth/profile", None),
            ("PUT", "/api/auth/profile", {"name": "Ada"}),
        ):
            response = await http.request(method, path, json=sent, headers=bearer(signed_in))
            assert error_of(response) == (503, "storage_unavailable"), (path, response.text)


async def test_a_deletion_that_the_database_answers_with_nothing_is_done(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    """As PostgREST answers for a function that returns void."""
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        project.faults.rest = Fault(only="delete_account", status=204, body="")
        assert (await http.delete("/api/account", headers=bearer(signed_in))).status_code == 204


async def test_an_account_whose_conversations_cannot_be_deleted_stays(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        project.faults.rest = Fault(only="DELETE /rest/v1/conversations", status=503)
        response = await http.delete("/api/account", headers=bearer(signed_in))
        assert error_of(response) == (503, "storage_unavailable")
        project.faults.rest = None
        assert (await http.get("/api/auth/user", headers=bearer(signed_in))).json()["email"] == EMAIL


async def test_a_slow_project_is_degraded_after_one_calls_time_and_a_slow_profile_holds_no_session_up(
    project: SupabaseServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No clock is read: a profile that was waited for would be there, and calls with a limit each would succeed."""
    monkeypatch.setenv("SUPABASE_TIMEOUT_SECONDS", "4")
    async with opened(tmp_path, project) as stores, application(stores) as http:
        await sign_up(http)
        project.faults.rest = Fault(delay_seconds=3)
        signed_in = (await http.post("/api/auth/signin", json=ACCOUNT)).json()
        assert signed_in["session"]
        assert signed_in["profile"] is None
        assert (await http.get("/api/auth/user", headers=bearer(signed_in))).json()["profile"] is None
        assert (await http.get("/api/auth/profile", headers=bearer(signed_in))).status_code == 200
        project.faults.auth = project.faults.jwks = Fault(delay_seconds=3)
        stores.accounts._checked = (None, -float("inf"))  # type: ignore[attr-defined]
        with pytest.raises(StorageUnavailableError, match="too slowly"):
            await stores.accounts.check()


async def test_a_session_that_a_wrong_secret_refuses_is_named_in_the_log(
    project: SupabaseServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    project.signing.shared_secret = True
    monkeypatch.setenv("SUPABASE_JWT_SECRET", "of another project " * 2)
    async with opened(tmp_path, project) as stores, application(stores) as http:
        guest = (await http.post("/api/auth/guest")).json()
        assert error_of(await http.get("/api/conversations", headers=bearer(guest))) == (401, "not_authenticated")
    assert "SUPABASE_JWT_SECRET" in caplog.text
    assert guest["session"]["access_token"] not in caplog.text


@pytest.mark.parametrize("fault", [Fault(status=429, retry_after="30"), Fault(status=503)], ids=["429", "503"])
async def test_a_token_that_was_good_stays_good_while_auth_answers_no_questions_about_it(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(introspection, "REMEMBERED_SECONDS", -1.0)
    project.signing.shared_secret = True
    accounts: Any = supabase_stores.accounts
    await accounts._keys.load()
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        assert (await http.get("/api/conversations", headers=bearer(signed_in))).status_code == 200
        project.faults.auth = fault
        assert (await http.get("/api/conversations", headers=bearer(signed_in))).status_code == 200
        unknown = project.signing.sign(project.signing.claims(USER_ID))
        refused = await http.get("/api/conversations", headers={"authorization": f"Bearer {unknown}"})
        assert refused.status_code == fault.status


# sessions that end in mid-answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", ["expired", "key withdrawn"])
async def test_an_answer_whose_session_ended_meanwhile_is_stored_with_the_next(
    project: SupabaseServer, supabase_stores: ReaderStores, ended: str
) -> None:
    session = (await supabase_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))).session
    assert session is not None
    reader = await supabase_stores.accounts.verify(session.access_token)
    turn = await supabase_stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
    if ended == "expired":
        claims = project.signing.claims(str(reader.id), exp=int(time.time()) - 60)
        reader = replace(reader, access_token=project.signing.sign(claims))
    else:
        project.signing.rotate()
        project.signing.keys = dict(list(project.signing.keys.items())[-1:])
    assert await supabase_stores.conversations.finish_turn(reader, turn, ANSWER) is False
    accounts: Any = supabase_stores.accounts
    await accounts._keys.load()
    renewed = (await accounts.refresh(session.refresh_token)).session
    reader = await accounts.verify(renewed.access_token)
    found = (await supabase_stores.conversations.open(reader, turn.conversation_id)).messages
    assert [(message.content, message.status) for message in found][-1] == ("Because.", "complete")


# a guest's sign-up that breaks off ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(only="PUT /auth/v1/user", delay_seconds=1.5, late=True),
        Fault(only="POST /auth/v1/token", delay_seconds=1.5, late=True),
        Fault(only="POST /auth/v1/token", status=502),
        Fault(only="POST /auth/v1/token", json_with_200="{}"),
        Fault(only="PUT /auth/v1/user", drop=True),
        Fault(only="GET /auth/v1/user", status=504),
    ],
    ids=["change late", "session late", "session 502", "session odd", "change dropped", "user 504"],
)
async def test_a_guests_sign_up_that_broke_off_succeeds_when_it_is_sent_again(
    project: SupabaseServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setenv("SUPABASE_TIMEOUT_SECONDS", "1")
    async with opened(tmp_path, project) as stores, application(stores) as http:
        guest = (await http.post("/api/auth/guest")).json()
        body = ACCOUNT | {"profile": {"programming_knowledge": "advanced"}}
        project.faults.auth = fault
        broken = await http.post("/api/auth/signup", json=body, headers=bearer(guest))
        assert error_of(broken) == (503, "storage_unavailable")
        project.faults.auth = None
        again = await http.post("/api/auth/signup", json=body, headers=bearer(guest))
        assert again.status_code == 200, again.text
        assert again.json()["user"]["id"] == guest["user"]["id"]
        assert again.json()["profile"]["programming_knowledge"] == "advanced"
        assert (await http.get("/api/auth/user", headers=bearer(again.json()))).json()["email"] == EMAIL


# two tabs ----------------------------------------------------------------------------------------------------------


async def test_two_tabs_that_refresh_at_once_have_the_same_session(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        body = {"refresh_token": signed_in["session"]["refresh_token"]}
        project.faults.auth = Fault(delay_seconds=0.2)
        first, second = await asyncio.gather(*(http.post("/api/auth/refresh", json=body) for _ in range(2)))
        project.faults.auth = None
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json()["session"]["refresh_token"] == second.json()["session"]["refresh_token"]
        assert (await http.get("/api/auth/user", headers=bearer(first.json()))).status_code == 200


@pytest.mark.parametrize(("status", "code"), [(409, "conflict"), (500, "unexpected_failure"), (504, "request_timeout")])
async def test_a_refresh_that_auth_could_not_decide_ends_no_session(
    project: SupabaseServer, supabase_stores: ReaderStores, status: int, code: str
) -> None:
    async with application(supabase_stores) as http:
        body = {"refresh_token": (await sign_up(http))["session"]["refresh_token"]}
        project.faults.auth = Fault(status=status, body=json.dumps({"code": code, "message": "Too many refreshes"}))
        assert error_of(await http.post("/api/auth/refresh", json=body)) == (503, "storage_unavailable")
        project.faults.auth = None
        assert (await http.post("/api/auth/refresh", json=body)).status_code == 200


async def test_one_tab_that_leaves_does_not_break_the_refresh_of_the_other(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    session = (await supabase_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))).session
    assert session is not None
    project.faults.auth = Fault(delay_seconds=0.5)
    leaves, stays = (asyncio.create_task(supabase_stores.accounts.refresh(session.refresh_token)) for _ in range(2))
    await asyncio.to_thread(project.wait_until_a_fault_hits)
    leaves.cancel()
    assert (await stays).session


# tokens that are no tokens -----------------------------------------------------------------------------------------


def unsigned(header: str, payload: str = "{}") -> str:
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, payload, "sig"))


CLAIMS = f'"sub": "{USER_ID}", "aud": "authenticated", "role": "authenticated"'
ODD_TOKENS = {
    "brackets for a header": unsigned("[" * 5_000),
    "brackets in the header": unsigned('{"alg": ' + "[" * 2_000 + "]" * 2_000 + "}"),
    "brackets for claims": unsigned('{"alg": "HS256"}', "[" * 5_000),
    "an endless life": unsigned('{"alg": "HS256"}', f'{{{CLAIMS}, "exp": 1e999}}'),
    "no number as expiry": unsigned('{"alg": "HS256"}', f'{{{CLAIMS}, "exp": NaN}}'),
    "issued at infinity": unsigned('{"alg": "HS256"}', f'{{{CLAIMS}, "exp": 9999999999, "iat": 1e999}}'),
    "signed in at infinity": unsigned(
        '{"alg": "HS256"}', f'{{{CLAIMS}, "exp": 9999999999, "amr": [{{"timestamp": 1e999}}]}}'
    ),
    "an algorithm that is an object": unsigned('{"alg": {}}'),
    "half of a character": unsigned('{"alg": "\\ud800", "kid": "\\udfff"}'),
    "no dots": "x" * 100,
    "dots": "." * 100,
}


@pytest.mark.parametrize("shared_secret", [False, True])
@pytest.mark.parametrize("odd", ODD_TOKENS)
async def test_a_token_that_is_none_is_401(
    project: SupabaseServer, supabase_stores: ReaderStores, odd: str, shared_secret: bool
) -> None:
    project.signing.shared_secret = shared_secret
    accounts: Any = supabase_stores.accounts
    await accounts._keys.load()
    async with application(supabase_stores) as http:
        response = await http.get("/api/auth/user", headers={"authorization": f"Bearer {ODD_TOKENS[odd]}"})
        assert error_of(response) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": float("inf")},
        {"iat": float("inf")},
        {"nbf": float("-inf")},
        {"iat": float("nan")},
        {"iat": 10**400},
        {"nbf": -(10**400)},
        {"amr": [{"method": "password", "timestamp": float("inf")}]},
        {"amr": [{"method": "password", "timestamp": 10**400}]},
        {"sub": 1},
        {"sub": ["x"]},
        {"role": {"authenticated": True}},
        {"aud": [["authenticated"]]},
    ],
    ids=lambda claims: str(claims)[:60],
)
async def test_a_signed_token_whose_claims_are_of_other_kinds_is_refused(
    project: SupabaseServer, supabase_stores: ReaderStores, claims: dict[str, Any]
) -> None:
    made = project.signing.claims(USER_ID) | claims
    kid, key = list(project.signing.keys.items())[-1]
    header = {"alg": "ES256", "typ": "JWT", "kid": kid}
    token = jwt.PyJWS().encode(json.dumps(made).encode(), key, "ES256", header)  # which looks at no claim
    with pytest.raises(AuthenticationError):
        await supabase_stores.accounts.verify(token)


@pytest.mark.parametrize("odd", ODD_TOKENS)
async def test_a_token_that_is_none_is_401_with_local_accounts(local_stores: ReaderStores, odd: str) -> None:
    async with application(local_stores) as http:
        response = await http.get("/api/auth/user", headers={"authorization": f"Bearer {ODD_TOKENS[odd]}"})
        assert error_of(response) == (401, "not_authenticated")


# what hooks and other programs leave ------------------------------------------------------------------------------


async def test_tokens_without_a_session_are_not_taken_for_one_another(
    project: SupabaseServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_REQUIRE_AAL2", "true")
    async with opened(tmp_path, project) as stores:
        without, with_factor = await new_reader(stores, EMAIL), await new_reader(stores, "eve@book.example")
        insert = "insert into auth.mfa_factors (id, user_id, status) values (%s, %s, 'verified')"
        project.sql(insert, uuid4(), with_factor.id)

        def token(reader: Any) -> str:
            claims = project.signing.claims(str(reader.id), session_id=reader.session_id)
            return project.signing.sign(claims | {"jti": str(uuid4())})

        accounts: Any = stores.accounts
        anonymous = [replace(reader, session_id=None, access_token=token(reader)) for reader in (without, with_factor)]
        await accounts._require_no_factor(anonymous[0])
        with pytest.raises(SecondFactorError):
            await accounts._require_no_factor(anonymous[1])


async def test_users_that_another_program_wrote_can_sign_in(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await new_reader(supabase_stores, EMAIL)
    odd = json.dumps({"name": {"first": "Ada"}, "profile": "none", "picture": None, "list": [1, None]})
    project.sql("update auth.users set raw_user_meta_data = %s", odd)
    project.sql("delete from public.profiles")
    async with application(supabase_stores) as http:
        signed_in = (await http.post("/api/auth/signin", json=ACCOUNT)).json()
        assert (signed_in["user"]["id"], signed_in["user"]["name"]) == (str(reader.id), None)
        saved = await http.put("/api/auth/profile", json={"name": "Ada"}, headers=bearer(signed_in))
        assert saved.json()["name"] == "Ada"
        assert (await http.get("/api/auth/user", headers=bearer(signed_in))).json()["name"] == "Ada"


async def test_a_user_who_was_deleted_in_the_dashboard_is_signed_out(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with application(supabase_stores) as http:
        signed_in = await sign_up(http)
        project.sql("delete from auth.users")
        assert error_of(await http.get("/api/auth/user", headers=bearer(signed_in)))[0] == 401
        body = {"refresh_token": signed_in["session"]["refresh_token"]}
        assert error_of(await http.post("/api/auth/refresh", json=body))[0] == 401
        reader = await supabase_stores.accounts.verify(signed_in["session"]["access_token"])
        with pytest.raises(AuthenticationError):
            await supabase_stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
        assert (await http.post("/api/auth/signout", headers=bearer(signed_in))).status_code == 204
        again = await sign_up(http, profile={"programming_knowledge": "beginner"})
        assert again["user"]["id"] != signed_in["user"]["id"]


async def test_a_project_whose_settings_cannot_be_read_hides_no_outage(
    project: SupabaseServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_LETTER_SECONDS")
    project.faults.auth = Fault(only="/auth/v1/settings", status=500)
    async with opened(tmp_path, project) as stores:
        assert (await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD, Profile("Ada")))).session
        project.faults.auth = Fault(status=500)
        with pytest.raises(StorageUnavailableError):
            await stores.accounts.sign_up(NewAccount("eve@book.example", PASSWORD))
