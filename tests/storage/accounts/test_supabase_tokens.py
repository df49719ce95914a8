"""Tokens of a Supabase project, checked here: rotation, forgery, the older shared secret, a project that is away."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

import storage.accounts.jwks
from storage.accounts.jwks import ProjectKeys
from storage.accounts.supabase_store import SupabaseAccounts
from storage.accounts.tokens import Issuers, TokenVerifier
from storage.errors import AuthenticationError, StorageUnavailableError
from storage.reader_stores import ReaderStores
from storage.settings import SupabaseSettings
from storage.sqlite import Database
from storage.supabase_project import SupabaseProject
from tests.reader_stores import new_guest, opened
from tests.supabase_keys import SECRET
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer

USER = str(uuid4())


def encoded(value: Any) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def hmac_with_public_key(project: SupabaseServer, pem: bytes, kid: str) -> str:
    signed = encoded({"alg": "HS256", "typ": "JWT", "kid": kid}) + b"." + encoded(project.signing.claims(USER))
    signature = base64.urlsafe_b64encode(hmac.new(pem, signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + signature).decode()


def forged_tokens(project: SupabaseServer) -> dict[str, str]:
    """Tokens by what is wrong with them."""
    signing = project.signing
    kid, key = list(signing.keys.items())[-1]
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    other = ec.generate_private_key(ec.SECP256R1())
    claims = signing.claims(USER)
    good = signing.sign(claims)
    header, payload, signature = good.split(".")
    changed = encoded(claims | {"sub": str(uuid4())}).decode()
    own_jwk = jwt.algorithms.ECAlgorithm.to_jwk(other.public_key(), as_dict=True)
    return {
        "expired": signing.sign(claims | {"exp": int(time.time()) - 60}),
        "not yet": signing.sign(claims | {"nbf": int(time.time()) + 600}),
        "another key": jwt.encode(claims, other, "ES256", headers={"kid": kid}),
        "own key along": jwt.encode(claims, other, "ES256", headers={"kid": kid, "jwk": own_jwk}),
        "no kid": jwt.encode(claims, key, "ES256"),
        "unknown kid": jwt.encode(claims, other, "ES256", headers={"kid": "made-up"}),
        "none": jwt.encode(claims, "", "none", headers={"kid": kid}),
        "HS256 with the public key": hmac_with_public_key(project, pem, kid),
        "HS256 with the publishable key": jwt.encode(claims, PUBLISHABLE_KEY.ljust(32, "0"), "HS256"),
        "wrong audience": signing.sign(claims | {"aud": "somebody"}),
        "wrong issuer": signing.sign(claims | {"iss": "https://elsewhere.example/auth/v1"}),
        "service role": signing.sign(claims | {"role": "service_role"}),
        "anon role": signing.sign(claims | {"role": "anon"}),
        "no role": signing.sign({name: value for name, value in claims.items() if name != "role"}),
        "no expiry": signing.sign({name: value for name, value in claims.items() if name != "exp"}),
        "no subject": signing.sign({name: value for name, value in claims.items() if name != "sub"}),
        "subject is no id": signing.sign(claims | {"sub": "1' or '1'='1"}),
        "another's subject": f"{header}.{changed}.{signature}",
        "no signature": f"{header}.{payload}.",
    }


async def test_every_forged_token_is_refused(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    good = project.signing.sign(project.signing.claims(USER))
    assert str((await supabase_stores.accounts.verify(good)).id) == USER
    for wrong, token in forged_tokens(project).items():
        with pytest.raises(AuthenticationError) as refused:
            await supabase_stores.accounts.verify(token)
        assert str(refused.value) == "Please sign in again.", wrong


async def test_checking_asks_nobody(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    readers = [await new_guest(supabase_stores) for _ in range(3)]
    project.requests.clear()
    project.faults.auth = project.faults.jwks = Fault(status=500)
    for _ in range(50):
        for reader in readers:
            await supabase_stores.accounts.verify(reader.access_token)
    assert not project.requests


async def test_a_rotated_key_is_fetched_once_and_made_up_ones_do_not_help(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.jwks, "PAUSE_SECONDS", 0.0)
    before = project.signing.sign(project.signing.claims(USER))
    project.signing.rotate()
    after = project.signing.sign(project.signing.claims(USER))
    project.requests.clear()
    await supabase_stores.accounts.verify(after)
    await supabase_stores.accounts.verify(before)
    assert project.requests["/auth/v1/.well-known/jwks.json"] == 1
    monkeypatch.setattr(storage.accounts.jwks, "PAUSE_SECONDS", 10.0)
    foreign = ec.generate_private_key(ec.SECP256R1())
    for number in range(100):
        token = jwt.encode(project.signing.claims(USER), foreign, "ES256", headers={"kid": f"made-up-{number}"})
        with pytest.raises(AuthenticationError):
            await supabase_stores.accounts.verify(token)
    assert project.requests["/auth/v1/.well-known/jwks.json"] == 1


async def test_stale_keys_are_fetched_in_the_background(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.jwks, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(storage.accounts.jwks, "PAUSE_SECONDS", 0.0)
    project.faults.jwks = Fault(delay_seconds=2)
    started = time.monotonic()
    await supabase_stores.accounts.verify(project.signing.sign(project.signing.claims(USER)))
    assert time.monotonic() - started < 2  # the keys are still being fetched


async def test_a_project_that_is_away_at_the_start_is_asked_again(project: SupabaseServer, tmp_path: Path) -> None:
    project.faults.jwks = Fault(status=503)
    token = project.signing.sign(project.signing.claims(USER))
    async with opened(tmp_path, project) as stores:
        with pytest.raises(StorageUnavailableError):
            await stores.accounts.verify(token)
        project.faults.jwks = None
        assert isinstance(stores.accounts, SupabaseAccounts)
        stores.accounts._keys._tried_at = -1000.0
        assert str((await stores.accounts.verify(token)).id) == USER


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, "<html>"])
async def test_a_key_set_of_another_shape_leaves_the_last_keys(document: Any, project: SupabaseServer) -> None:
    answers = [project.signing.key_set(), document]

    async def fetch() -> Any:
        return answers.pop(0)

    keys = ProjectKeys(fetch)
    await keys.load()
    await keys.load()
    token = project.signing.sign(project.signing.claims(USER))
    assert str((await TokenVerifier(keys, Issuers(project.signing.issuer)).verify(token)).id) == USER


async def test_keys_of_other_kinds_are_left_aside() -> None:
    async def fetch() -> Any:
        odd = [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}, {"kty": "EC", "crv": "P-256", "kid": "b"}, 3, {}]
        return {"keys": odd}

    assert await ProjectKeys(fetch).load() == {}


async def test_a_shared_secret_that_is_given_checks_without_asking(project: SupabaseServer, tmp_path: Path) -> None:
    project.signing.shared_secret = True
    supabase = SupabaseProject(project.url, SecretStr(PUBLISHABLE_KEY), 5)
    settings = SupabaseSettings(supabase_jwt_secret=SecretStr(SECRET), _env_file=None)
    accounts = SupabaseAccounts(supabase, Database(tmp_path / "counts.sqlite3"), settings)
    await accounts.open()
    project.requests.clear()
    good = project.signing.sign(project.signing.claims(USER))
    assert str((await accounts.verify(good)).id) == USER
    forged = jwt.encode(project.signing.claims(USER), "another-secret-0123456789-0123456789", "HS256")
    with pytest.raises(AuthenticationError):
        await accounts.verify(forged)
    assert not project.requests
    await accounts.close()
    await supabase.close()


async def test_a_shared_secret_that_is_not_given_is_asked_for_seldom(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.signing.shared_secret = True
    assert isinstance(supabase_stores.accounts, SupabaseAccounts)
    await supabase_stores.accounts._keys.load()
    guest = await new_guest(supabase_stores)
    forged = jwt.encode(project.signing.claims(USER), "another-secret-0123456789-0123456789", "HS256")
    project.requests.clear()
    for _ in range(20):
        assert (await supabase_stores.accounts.verify(guest.access_token)).id == guest.id
        with pytest.raises(AuthenticationError):
            await supabase_stores.accounts.verify(forged)
    assert project.requests["/auth/v1/user"] <= 2


async def test_a_project_that_still_signs_by_its_secret_beside_published_keys_is_asked_and_named(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    project.signing.shared_secret = project.signing.publishes_standby = True
    assert isinstance(supabase_stores.accounts, SupabaseAccounts)
    await supabase_stores.accounts._keys.load()
    guest = await new_guest(supabase_stores)
    for _ in range(3):
        assert (await supabase_stores.accounts.verify(guest.access_token)).id == guest.id
    assert caplog.text.count("SUPABASE_JWT_SECRET") == 1
    project.requests.clear()
    for number in range(60):
        forged = jwt.encode(project.signing.claims(USER), f"another-secret-0123456789-01234567{number}", "HS256")
        with pytest.raises(AuthenticationError):
            await supabase_stores.accounts.verify(forged)
    assert project.requests["/auth/v1/user"] <= 40
    assert (await supabase_stores.accounts.verify(guest.access_token)).id == guest.id
