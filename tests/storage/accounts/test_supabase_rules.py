"""What a real Supabase Auth does, and what readers and operators are told: by line of what was seen on one."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr, ValidationError
from supabase_auth.errors import AuthApiError

import storage.accounts.introspection
import storage.accounts.supabase_store
from storage.accounts.introspection import QUESTIONS
from storage.accounts.reader import Profile
from storage.accounts.sqlite_store import LocalAccounts
from storage.accounts.store import NewAccount, Session, SignedIn
from storage.accounts.supabase_store import SupabaseAccounts
from storage.errors import (
    AccountClosedError,
    AccountExistsError,
    AuthenticationError,
    BookragError,
    CaptchaError,
    CredentialsError,
    RefreshTokenError,
    SecondFactorError,
    SignupDisabledError,
    StorageUnavailableError,
    TooManyRequestsError,
    WeakPasswordError,
)
from storage.reader_stores import ReaderStores, open_reader_stores
from storage.settings import StorageSettings, SupabaseSettings
from storage.supabase_errors import translate
from tests.reader_stores import PASSWORD, new_guest, opened, sign_up, store_settings
from tests.supabase_auth_api import LEAKED_PASSWORD
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer, before_limits
from tests.tables import each_row

EMAIL = "ada@book.example"
EVERYBODY = UUID(int=0)
ACCOUNT = NewAccount(EMAIL, PASSWORD)
FULL_PROFILES = {
    "ASCII": Profile("n" * 200, "advanced", "x" * 1_000, ("g" * 200,) * 20, "theory-first"),
    "Urdu": Profile("ن" * 200, "advanced", "ت" * 1_000, ("م" * 200,) * 20, "theory-first"),
}


def session_of(signed_in: SignedIn) -> Session:
    assert signed_in.session is not None
    return signed_in.session


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


# one stranger ------------------------------------------------------------------------------------------------------


async def test_a_stranger_does_not_stop_sign_ins_and_refreshes_of_others(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts = supabase_stores.accounts
    refresh_token = session_of(await accounts.sign_up(ACCOUNT)).refresh_token
    project.auth.rate_limits = True
    guesses = (accounts.sign_in(f"{n}@book.example", "a guess", address="192.0.2.66") for n in range(40))
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(error, CredentialsError) for error in refused) <= 10
    for _ in range(14):
        refresh_token = session_of(await accounts.refresh(refresh_token, address="192.0.2.1")).refresh_token
    assert (await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1")).session


async def test_sign_ins_from_many_addresses_leave_room_for_refreshes(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts = supabase_stores.accounts
    refresh_token = session_of(await accounts.sign_up(ACCOUNT)).refresh_token
    project.auth.rate_limits = True
    guesses = (accounts.sign_in(f"{n}@book.example", "a guess", address=f"192.0.2.{n}") for n in range(40))
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(error) for error in refused} == {CredentialsError, TooManyRequestsError}
    for _ in range(14):
        refresh_token = session_of(await accounts.refresh(refresh_token, address="192.0.2.1")).refresh_token


async def test_known_readers_sign_in_and_confirm_while_strangers_use_all_sign_ins(
    supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = supabase_stores.accounts
    await accounts.sign_up(ACCOUNT)
    reader = await accounts.verify(
        session_of(await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1")).access_token
    )
    guesses = (accounts.sign_in(f"{n}@book.example", "a guess", address=f"198.51.100.{n}") for n in range(40))
    await asyncio.gather(*guesses, return_exceptions=True)
    assert (await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1")).session
    await accounts.confirm(reader, PASSWORD, address="203.0.113.5")
    with pytest.raises(TooManyRequestsError):
        await accounts.sign_in(EMAIL, PASSWORD, address="203.0.113.6")
    assert caplog.text.count("Sign-ins of the whole site are at their limit") == 1


async def test_sign_ins_that_the_limit_of_the_whole_site_refuses_are_counted(
    project: SupabaseServer, tmp_path: Path
) -> None:
    refused: list[None] = []
    async with open_reader_stores(store_settings(tmp_path, project), lambda: refused.append(None)) as stores:
        for _ in range(12):  # one who guesses is another matter
            with contextlib.suppress(BookragError):
                await stores.accounts.sign_in(EMAIL, "a guess", address="198.51.100.1")
        assert not refused
        guesses = (stores.accounts.sign_in(f"{n}@book.example", "x" * 9, address=f"192.0.2.{n}") for n in range(20))
        errors = await asyncio.gather(*guesses, return_exceptions=True)
        limited = sum(isinstance(error, TooManyRequestsError) for error in errors)
        assert len(refused) == limited > 0


async def test_a_higher_limit_is_in_force_at_once(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, refused in (("150", True), ("1000000", False)):
        monkeypatch.setenv("SUPABASE_TOKEN_LIMIT", limit)
        async with opened(tmp_path, project) as stores:
            guesses = (
                stores.accounts.sign_in(f"{n}@book.example", "a guess", address=f"198.51.{limit[:2]}.{n}")
                for n in range(17 if refused else 3)
            )
            errors = await asyncio.gather(*guesses, return_exceptions=True)
            assert any(isinstance(error, TooManyRequestsError) for error in errors) == refused


async def test_refresh_tokens_that_are_good_for_nothing_do_not_stop_the_refreshes_of_others(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = supabase_stores.accounts
    refresh_token = session_of(await accounts.sign_up(ACCOUNT)).refresh_token
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)  # the first pause is a second, and a busy machine takes longer
    project.auth.rate_limits = True
    made_up = (accounts.refresh(f"madeup{n:06}", address="192.0.2.66") for n in range(60))
    refused = await asyncio.gather(*made_up, return_exceptions=True)
    assert {type(error) for error in refused} == {RefreshTokenError, TooManyRequestsError}
    assert sum(isinstance(error, RefreshTokenError) for error in refused) <= 20
    refreshed = session_of(await accounts.refresh(refresh_token, address="192.0.2.1"))
    with pytest.raises(TooManyRequestsError):
        await accounts.end_session(refreshed.refresh_token, address="192.0.2.66")
    for _ in range(4):
        refreshed = session_of(await accounts.refresh(refreshed.refresh_token, address="192.0.2.1"))


async def test_refreshes_that_succeed_or_meet_an_outage_are_not_counted(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    session = session_of(await supabase_stores.accounts.sign_up(ACCOUNT))
    for number in range(30):
        project.faults.auth = Fault(status=503) if number % 2 else None
        if number % 2:
            with pytest.raises(StorageUnavailableError):
                await supabase_stores.accounts.refresh(session.refresh_token, address="192.0.2.1")
        else:
            session = session_of(await supabase_stores.accounts.refresh(session.refresh_token, address="192.0.2.1"))


async def test_the_readers_address_is_handed_on(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    project.auth.rate_limits, project.auth.rate_limit_header = True, "x-forwarded-for"
    for number in range(35):
        guest = await supabase_stores.accounts.sign_in_guest(address=f"192.0.2.{number}")
    assert project.last_headers("/auth/v1/signup")["x-forwarded-for"] == "192.0.2.34"
    refreshed = await supabase_stores.accounts.refresh(session_of(guest).refresh_token, address="2001:db8::")
    assert refreshed.session
    assert project.last_headers("/auth/v1/token")["x-forwarded-for"] == "2001:db8::"


# profiles and tokens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", FULL_PROFILES)
async def test_a_full_profile_leaves_tokens_short(supabase_stores: ReaderStores, language: str) -> None:
    accounts, profile = supabase_stores.accounts, FULL_PROFILES[language]
    signed_in = await accounts.sign_up(replace(ACCOUNT, profile=profile))
    reader = await accounts.verify(session_of(signed_in).access_token)
    assert await accounts.profile(reader) == profile
    again = await accounts.sign_in(EMAIL, PASSWORD)
    refreshed = await accounts.refresh(session_of(again).refresh_token)
    guest = await new_guest(supabase_stores)
    upgraded = await accounts.sign_up(NewAccount("guest@book.example", PASSWORD, profile), guest=guest)
    for each in (signed_in, again, refreshed, upgraded):
        assert len(session_of(each).access_token) < 4_096
        assert each.account.name == profile.name


async def test_a_full_profile_outlasts_the_confirmation(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    project.auth.confirm_addresses = True
    await supabase_stores.accounts.sign_up(replace(ACCOUNT, profile=FULL_PROFILES["Urdu"]))
    fragment = project.follow(project.letters()[0]).partition("#")[2]
    token = dict(part.split("=") for part in fragment.split("&"))["access_token"]
    reader = await supabase_stores.accounts.verify(token)
    assert len(token) < 4_096
    assert await supabase_stores.accounts.profile(reader) == FULL_PROFILES["Urdu"]


@pytest.mark.parametrize("way", ["sign-in", "refresh"])
async def test_a_profile_from_before_is_taken_out_of_the_metadata_once(
    project: SupabaseServer, supabase_stores: ReaderStores, way: str
) -> None:
    accounts = supabase_stores.accounts
    first = session_of(await accounts.sign_up(replace(ACCOUNT, profile=Profile("Ada", "advanced"))))
    old = json.dumps({"name": "Ada", "profile": {"learning_goals": ["م" * 200] * 20}})
    project.sql("update auth.users set raw_user_meta_data = %s", old)
    signed_in = (
        await accounts.sign_in(EMAIL, PASSWORD) if way == "sign-in" else await accounts.refresh(first.refresh_token)
    )
    assert "profile" not in claims_of(session_of(signed_in).access_token)["user_metadata"]
    assert project.sql("select raw_user_meta_data from auth.users") == [({"name": "Ada"},)]
    reader = await accounts.verify(session_of(signed_in).access_token)
    assert (await accounts.profile(reader)).programming_knowledge == "advanced"
    project.requests.clear()
    await accounts.refresh(session_of(signed_in).refresh_token)
    assert project.requests["/auth/v1/user"] == 0


# 4, 5: issuers --------------------------------------------------------------------------------------------------------


async def test_both_forms_of_the_issuer_are_taken(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    for issuer in (project.url, f"{project.url}/auth/v1"):
        project.signing.issuer = issuer
        assert await new_guest(supabase_stores)


@pytest.mark.parametrize("issuer", ["", "http://localhost:9999/auth/v1"])
async def test_another_issuer_is_named_once_in_the_log(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture, issuer: str
) -> None:
    project.signing.issuer = issuer
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await new_guest(supabase_stores)
    (warning,) = [record.getMessage() for record in caplog.records if "SUPABASE_JWT_ISSUER" in record.getMessage()]
    assert repr(issuer) in warning
    assert f"{project.url}/auth/v1" in warning


async def test_a_forged_token_writes_nothing_to_the_log(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    forged = project.signing.sign(project.signing.claims(str(uuid4()), iss="https://evil.example"))[:-8] + "AAAAAAAA"
    with pytest.raises(AuthenticationError):
        await supabase_stores.accounts.verify(forged)
    assert "evil" not in caplog.text


async def test_tokens_without_issuer_are_taken_where_the_operator_says_so(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_JWT_ISSUER", "")
    project.signing.issuer = ""
    async with opened(tmp_path, project) as stores:
        assert await new_guest(stores)
        project.signing.issuer = "https://elsewhere.example/auth/v1"
        with pytest.raises(AuthenticationError):
            await new_guest(stores)


# 6, 9: refresh tokens, and accounts that are closed -------------------------------------------------------------------


@pytest.mark.parametrize("token", ["eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "\x00", "x" * 1_000, "k3Jd" * 10, "é" * 12])
async def test_a_refresh_token_that_cannot_be_read_is_a_wrong_one(supabase_stores: ReaderStores, token: str) -> None:
    with pytest.raises(RefreshTokenError):
        await supabase_stores.accounts.refresh(token)


async def test_a_session_that_is_gone_cannot_be_refreshed(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    session = session_of(await supabase_stores.accounts.sign_up(ACCOUNT))
    project.sql("delete from auth.sessions")
    with pytest.raises(RefreshTokenError):
        await supabase_stores.accounts.refresh(session.refresh_token)


async def test_a_closed_account_is_called_closed(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    accounts = supabase_stores.accounts
    session = session_of(await accounts.sign_up(ACCOUNT))
    project.sql("update auth.users set banned_until = now() + interval '100 years'")
    with pytest.raises(AccountClosedError, match="closed"):
        await accounts.sign_in(EMAIL, PASSWORD)
    with pytest.raises(RefreshTokenError, match="closed"):
        await accounts.refresh(session.refresh_token)
    with pytest.raises(AccountClosedError, match="closed"):
        await accounts.account(await accounts.verify(session.access_token))


# 7, 11, 15: sent again ------------------------------------------------------------------------------------------------


async def test_an_upgrade_that_waits_sends_its_letter_again(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.confirm_addresses = True
    guest = await new_guest(supabase_stores)
    for number in (1, 2):
        waiting = await supabase_stores.accounts.sign_up(ACCOUNT, guest=guest)
        assert (waiting.account.id, waiting.email_confirmation_required) == (guest.id, True)
        assert [letter["to"] for letter in project.letters()] == [EMAIL] * number
    first, second = project.letters()
    assert "error_code=otp_expired" in project.follow(first)
    assert "access_token=" in project.follow(second)
    assert (await supabase_stores.accounts.sign_in(EMAIL, PASSWORD)).account.id == guest.id


async def test_an_upgrade_without_its_sign_in_succeeds_when_it_is_sent_again(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    guest = await new_guest(supabase_stores)
    project.auth.limit_signins_to = 0
    with pytest.raises(TooManyRequestsError):
        await supabase_stores.accounts.sign_up(ACCOUNT, guest=guest, address="192.0.2.1")
    project.auth.limit_signins_to = None
    again = await supabase_stores.accounts.sign_up(ACCOUNT, guest=guest, address="192.0.2.2")
    assert (again.account.id, again.session is not None) == (guest.id, True)
    with pytest.raises(AccountExistsError):
        await supabase_stores.accounts.sign_up(replace(ACCOUNT, password="another good one"), guest=guest)


async def test_an_upgrade_that_is_sent_again_keeps_its_profile(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    guest = await new_guest(supabase_stores)
    account = replace(ACCOUNT, profile=Profile("Ada", "advanced"))
    project.faults.rest = Fault(status=502)
    with pytest.raises(StorageUnavailableError):
        await supabase_stores.accounts.sign_up(account, guest=guest)
    project.faults.rest = None
    again = session_of(await supabase_stores.accounts.sign_up(account, guest=guest))
    reader = await supabase_stores.accounts.verify(again.access_token)
    assert (await supabase_stores.accounts.profile(reader)).programming_knowledge == "advanced"


async def test_a_sign_up_above_the_time_limit_succeeds_when_it_is_sent_again(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_TIMEOUT_SECONDS", "2")
    async with opened(tmp_path, project) as stores:
        project.faults.auth = Fault(delay_seconds=2.5, late=True)
        with pytest.raises(StorageUnavailableError):
            await stores.accounts.sign_up(ACCOUNT)
        project.faults.auth = None
        assert (await stores.accounts.sign_up(ACCOUNT)).session


async def test_a_double_click_on_sign_up_succeeds_twice(supabase_stores: ReaderStores) -> None:
    first, second = await asyncio.gather(*(supabase_stores.accounts.sign_up(ACCOUNT) for _ in range(2)))
    assert first.account.id == second.account.id
    assert first.session
    assert second.session


# 8, 10, 17: what the project's settings refuse ------------------------------------------------------------------------

Call = Callable[[SupabaseAccounts], Any]
SIGN_UP: Call = lambda accounts: accounts.sign_up(ACCOUNT)  # noqa: E731
SIGN_IN: Call = lambda accounts: accounts.sign_in(EMAIL, PASSWORD)  # noqa: E731
GUEST: Call = lambda accounts: accounts.sign_in_guest()  # noqa: E731


@pytest.mark.parametrize(
    ("option", "call", "error", "logged"),
    [
        ({"captcha": "right"}, SIGN_UP, StorageUnavailableError, "sign-up, code captcha_failed"),
        ({"captcha": "right"}, SIGN_IN, StorageUnavailableError, "sign-in, code captcha_failed"),
        ({"captcha": "right"}, GUEST, StorageUnavailableError, "guest, code captcha_failed"),
        (
            {"confirm_addresses": True, "own_mailer": True},
            SIGN_UP,
            StorageUnavailableError,
            "sign-up, code email_address_not_authorized",
        ),
        ({"hook": "timeout"}, SIGN_UP, StorageUnavailableError, "sign-up, code hook_timeout_after_retry"),
        ({"hook": "timeout"}, GUEST, StorageUnavailableError, "guest, code hook_timeout_after_retry"),
        ({"hook": "ada@book.example is not of this school"}, SIGN_UP, SignupDisabledError, "sign-up, status 400"),
        ({"signup_disabled": True}, SIGN_UP, SignupDisabledError, ""),
        ({"guests_disabled": True}, GUEST, SignupDisabledError, ""),
        ({"email_disabled": True}, SIGN_UP, SignupDisabledError, ""),
        ({"email_disabled": True}, SIGN_IN, SignupDisabledError, ""),
    ],
)
async def test_each_refusal_is_told_and_the_operators_are_logged(
    project: SupabaseServer,
    supabase_stores: ReaderStores,
    caplog: pytest.LogCaptureFixture,
    option: dict[str, Any],
    call: Call,
    error: type[BookragError],
    logged: str,
) -> None:
    assert isinstance(supabase_stores.accounts, SupabaseAccounts)
    for name, value in option.items():
        setattr(project.auth, name, value)
    with pytest.raises(error) as refused:
        await call(supabase_stores.accounts)
    assert "e-mail address or the password cannot" not in str(refused.value)
    assert logged in caplog.text
    assert EMAIL not in caplog.text + str(refused.value)


async def test_signing_in_without_the_email_provider_does_not_speak_of_new_accounts(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.email_disabled = True
    with pytest.raises(SignupDisabledError, match="Signing in with an e-mail address"):
        await supabase_stores.accounts.sign_in(EMAIL, PASSWORD)


async def test_an_upgrade_that_needs_reauthentication_is_the_operators(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    guest = await new_guest(supabase_stores)
    project.auth.reauthentication = True
    with pytest.raises(StorageUnavailableError):
        await supabase_stores.accounts.sign_up(ACCOUNT, guest=guest)
    assert "upgrade, code reauthentication_needed" in caplog.text


async def test_a_captcha_token_is_handed_through(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    accounts = supabase_stores.accounts
    project.auth.captcha = "right"
    assert (await accounts.sign_up(ACCOUNT, captcha_token="right-1")).session
    assert (await accounts.sign_in(EMAIL, PASSWORD, captcha_token="right-2")).session
    guest = await accounts.sign_in_guest(captcha_token="right-3")
    reader = await accounts.verify(session_of(guest).access_token)
    other = NewAccount("guest@book.example", PASSWORD)
    assert (await accounts.sign_up(other, guest=reader, captcha_token="right-4")).session
    for token in ("wrong", "right-4"):
        with pytest.raises(CaptchaError):
            await accounts.sign_in(EMAIL, PASSWORD, captcha_token=token)


async def test_a_sign_up_that_has_used_its_captcha_token_up_says_that_the_account_is_there(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts = supabase_stores.accounts
    project.auth.captcha = "right"
    assert (await accounts.sign_up(ACCOUNT, captcha_token="right-1")).session
    with pytest.raises(AccountExistsError):  # sent again, with a new token that Auth takes before it looks
        await accounts.sign_up(ACCOUNT, captcha_token="right-2")
    assert (await accounts.sign_in(EMAIL, PASSWORD, captcha_token="right-3")).session
    twice = (accounts.sign_up(NewAccount("b@book.example", PASSWORD), captcha_token=f"right-{n}") for n in (4, 5))
    clicked = await asyncio.gather(*twice, return_exceptions=True)
    assert {type(each) for each in clicked} == {SignedIn, AccountExistsError}


async def test_a_token_of_a_site_with_captcha_is_no_harm_where_the_project_has_none(
    supabase_stores: ReaderStores,
) -> None:
    assert (await supabase_stores.accounts.sign_up(ACCOUNT, captcha_token="right")).session
    assert (await supabase_stores.accounts.sign_up(ACCOUNT, captcha_token="right")).session


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 8 characters"),
        ("only letters of one case", "an upper-case letter, a digit"),
        ("abc", "at least 8 characters. A password needs a lower-case letter"),
        ("ن" * 40, "72 bytes"),
    ],
)
async def test_what_a_password_lacks_is_said(
    project: SupabaseServer, supabase_stores: ReaderStores, password: str, said: str
) -> None:
    project.auth.password_characters = True
    with pytest.raises(WeakPasswordError, match=said):
        await supabase_stores.accounts.sign_up(replace(ACCOUNT, password=password))


async def test_a_leaked_password_is_called_so(supabase_stores: ReaderStores) -> None:
    with pytest.raises(WeakPasswordError, match="data leak"):
        await supabase_stores.accounts.sign_up(replace(ACCOUNT, password=LEAKED_PASSWORD))


async def test_a_sign_up_does_not_tell_whether_an_address_has_an_account_where_letters_confirm(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    await sign_up(supabase_stores, EMAIL)
    project.auth.confirm_addresses = True
    profile = Profile("Eve", "beginner")
    taken = await supabase_stores.accounts.sign_up(NewAccount(EMAIL, "another good one", profile))
    free = await supabase_stores.accounts.sign_up(NewAccount("eve@book.example", "another good one", profile))
    assert (taken.account.name, taken.account.is_guest) == (free.account.name, free.account.is_guest)
    assert (taken.session, taken.email_confirmation_required) == (free.session, free.email_confirmation_required)


@pytest.mark.parametrize("captcha", [None, "right"])
async def test_a_guests_sign_up_tells_no_more_where_letters_confirm(
    project: SupabaseServer, supabase_stores: ReaderStores, captcha: str | None
) -> None:
    accounts = supabase_stores.accounts
    await sign_up(supabase_stores, EMAIL)
    await accounts.sign_up(NewAccount("waits@book.example", PASSWORD))
    project.auth.confirm_addresses = True
    told = []
    for email in (EMAIL, "waits@book.example", "free@book.example"):
        guest = await new_guest(supabase_stores)
        project.auth.captcha = captcha
        account = NewAccount(email, "another good one", Profile("Eve", "beginner", learning_goals=("walk",)))
        with pytest.raises(WeakPasswordError):
            await accounts.sign_up(
                replace(account, password="short"), guest=guest, captcha_token=captcha and f"{captcha}-{email}"
            )
        answer = await accounts.sign_up(account, guest=guest)
        project.auth.captcha = None
        assert answer.account.id == guest.id
        kept = await accounts.account(guest), await accounts.profile(guest)
        told.append((replace(answer.account, id=EVERYBODY), answer.session, replace(kept[0], id=EVERYBODY), kept[1]))
    assert told[0] == told[1] == told[2]
    assert (await accounts.sign_in(EMAIL, PASSWORD)).session  # whose password is as it was


ADDRESSES = (EMAIL, "waits@book.example", "free@book.example")


async def outcome(call: Awaitable[SignedIn]) -> object:
    """What somebody learns who tries an address."""
    try:
        signed_in = await call
    except BookragError as error:
        # The seconds that a test takes do not count.
        wait = round(getattr(error, "retry_after_seconds", 0), -1)
        return error.code, str(error), wait
    account = replace(signed_in.account, id=EVERYBODY, email="")
    return account, signed_in.session


async def with_letters(project: SupabaseServer, stores: ReaderStores) -> None:
    """An account, and a sign-up whose letter was sent long ago, in a project that confirms addresses by letters."""
    await sign_up(stores, EMAIL)
    project.auth.confirm_addresses = True
    await stores.accounts.sign_up(NewAccount("waits@book.example", PASSWORD))
    project.forget_letters()
    project.auth.letter_pause_seconds = 40


@pytest.mark.parametrize("as_guest", [False, True])
@pytest.mark.parametrize("together", [False, True])
async def test_sign_ups_within_a_letters_pause_tell_no_more(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_guest: bool, together: bool
) -> None:
    async with opened(tmp_path, project) as stores:
        await with_letters(project, stores)
    monkeypatch.setenv("SUPABASE_LETTER_SECONDS", "40")
    told = []
    async with opened(tmp_path, project) as stores:
        for email in ADDRESSES:
            guest = await new_guest(stores) if as_guest else None
            new = NewAccount(email, "another good one", Profile("Eve"))
            calls = [outcome(stores.accounts.sign_up(new, guest=guest)) for _ in range(2)]
            found = await asyncio.gather(*calls) if together else [await call for call in calls]
            told.append(sorted(found, key=str))
    assert told[0] == told[1] == told[2]
    assert [each[0] for each in told[0] if isinstance(each, tuple) and len(each) == 3] == ["too_many_requests"]


async def test_a_guest_who_waits_for_a_letter_learns_nothing_of_other_addresses(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, project) as stores:
        await with_letters(project, stores)
    monkeypatch.setenv("SUPABASE_LETTER_SECONDS", "40")
    async with opened(tmp_path, project) as stores:
        guest = await new_guest(stores)
        await stores.accounts.sign_up(NewAccount("mine@book.example", PASSWORD), guest=guest)
        told = [await outcome(stores.accounts.sign_up(NewAccount(email, PASSWORD), guest=guest)) for email in ADDRESSES]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("token", [None, "wrong", "right-1"])
@pytest.mark.parametrize("password", ["short", "x" * 73, "another good one"])
async def test_a_guests_sign_up_tells_no_more_whatever_the_captcha(
    project: SupabaseServer, supabase_stores: ReaderStores, token: str | None, password: str
) -> None:
    await with_letters(project, supabase_stores)
    project.auth.letter_pause_seconds = 0
    told = []
    for email in ADDRESSES:
        guest = await new_guest(supabase_stores)
        project.auth.captcha = "right"
        new = NewAccount(email, password, Profile("Eve"))
        told.append(await outcome(supabase_stores.accounts.sign_up(new, guest=guest, captcha_token=token)))
        project.auth.captcha = None
    assert told[0] == told[1] == told[2]


async def test_a_sign_up_that_failed_counts_as_no_letter(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_LETTER_SECONDS", "40")
    project.auth.confirm_addresses = True
    async with opened(tmp_path, project) as stores:
        with pytest.raises(WeakPasswordError):
            await stores.accounts.sign_up(replace(ACCOUNT, password="short"))
        assert (await stores.accounts.sign_up(ACCOUNT)).email_confirmation_required
        with pytest.raises(TooManyRequestsError):
            await stores.accounts.sign_up(ACCOUNT)
    assert len(project.letters()) == 1


async def test_without_letters_no_pause_keeps_a_sign_up_from_being_sent_again(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_LETTER_SECONDS")
    async with opened(tmp_path, project) as stores:
        for _ in range(2):
            assert (await stores.accounts.sign_up(ACCOUNT)).session


async def test_a_guest_is_told_of_a_taken_address_where_no_letter_confirms(supabase_stores: ReaderStores) -> None:
    await sign_up(supabase_stores, EMAIL)
    with pytest.raises(AccountExistsError):
        await supabase_stores.accounts.sign_up(ACCOUNT, guest=await new_guest(supabase_stores))


# readiness --------------------------------------------------------------------------------------------------------


async def test_the_check_finds_what_is_wrong(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.supabase_store, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(storage.accounts.jwks, "PAUSE_SECONDS", 0.0)
    async with opened(tmp_path, project) as stores:
        await stores.accounts.check()
        for kind in ("auth", "rest"):
            setattr(project.faults, kind, Fault(status=502))
            with pytest.raises(StorageUnavailableError):
                await stores.accounts.check()
            setattr(project.faults, kind, None)
            await stores.accounts.check()
        project.sql("alter function public.newest_migration rename to newest_migration_gone")
        try:
            with pytest.raises(StorageUnavailableError):
                await stores.accounts.check()
        finally:
            project.sql("alter function public.newest_migration_gone rename to newest_migration")
    project.faults.jwks = Fault(status=500)
    async with opened(tmp_path, project) as stores:
        with pytest.raises(StorageUnavailableError):
            await stores.accounts.check()


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"auth": Fault(status=503)}, "status 503 at /auth/v1/health"),
        ({"auth": Fault(html_with_200=True)}, "SUPABASE_URL is no Supabase project"),
        ({"auth": Fault(status=404)}, "SUPABASE_URL is no Supabase project"),
        ({"auth": Fault(json_with_200='{"title": "Qdrant", "status": "ok"}')}, "SUPABASE_URL is no Supabase project"),
        ({"auth": Fault(json_with_200="[]")}, "SUPABASE_URL is no Supabase project"),
        ({"rest": Fault(status=504)}, "status 504 at /rest/v1/rpc"),
        ({"rest": Fault(json_with_200="3")}, "migrations"),
        ({"rest": Fault(json_with_200="null")}, "SUPABASE_URL is no Supabase project"),
    ],
)
async def test_the_check_names_what_to_look_at(
    project: SupabaseServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Fault],
    named: str,
) -> None:
    monkeypatch.setattr(storage.accounts.supabase_store, "CHECK_SECONDS", 0.0)
    async with opened(tmp_path, project) as stores:
        for kind, each in fault.items():
            setattr(project.faults, kind, each)
        with pytest.raises(StorageUnavailableError) as failed:
            await stores.accounts.check()
        assert named in str(failed.value)
        assert "try again" not in str(failed.value)  # a sentence for readers


async def test_the_check_names_a_wrong_key_and_an_address_where_nobody_is(
    project: SupabaseServer, tmp_path: Path
) -> None:
    for url, key, named in (
        (project.url, "sb_publishable_of_another_project", "refuses SUPABASE_PUBLISHABLE_KEY"),
        ("http://127.0.0.1:9", PUBLISHABLE_KEY, "SUPABASE_URL does not answer: ConnectError"),
        (project.url.replace("http:", "https:"), PUBLISHABLE_KEY, "SUPABASE_URL does not answer"),
        (f"{project.url}/dashboard/project/a", PUBLISHABLE_KEY, "SUPABASE_URL is no Supabase project"),
    ):
        settings = StorageSettings(
            data_dir=tmp_path, supabase_url=url, supabase_publishable_key=SecretStr(key), _env_file=None
        )
        async with storage.reader_stores.open_reader_stores(settings) as stores:
            with pytest.raises(StorageUnavailableError, match=named):
                await stores.accounts.check()


async def test_the_check_names_an_issuer_that_is_refused_until_tokens_are_taken_again(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.supabase_store, "CHECK_SECONDS", 0.0)
    project.signing.issuer = "https://evil.example/auth/v1"
    with pytest.raises(AuthenticationError):
        await new_guest(supabase_stores)
    with pytest.raises(StorageUnavailableError, match=r"https://evil\.example/auth/v1.*SUPABASE_JWT_ISSUER"):
        await supabase_stores.accounts.check()
    project.signing.issuer = f"{project.url}/auth/v1"
    await new_guest(supabase_stores)
    await supabase_stores.accounts.check()


@each_row(
    "key",
    ["sb_publishable_über", "sb_publishable a", "sb_publishable\u200b", '"sb_publishable_a"', "postgresql://a:b@c/d"],
)
def test_a_key_that_cannot_be_sent_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(ValidationError, match="copy it anew"):
        StorageSettings(_env_file=None, supabase_url="https://a.supabase.co", supabase_publishable_key=SecretStr(key))


async def test_the_check_is_remembered_for_seconds(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    project.requests.clear()
    await asyncio.gather(*(supabase_stores.accounts.check() for _ in range(20)))
    assert project.requests["/auth/v1/health"] <= 1


# 13, 14: names --------------------------------------------------------------------------------------------------------


async def test_a_new_name_is_everywhere(stores: ReaderStores) -> None:
    accounts = stores.accounts
    session = session_of(await accounts.sign_up(replace(ACCOUNT, profile=Profile("Ada"))))
    reader = await accounts.verify(session.access_token)
    for name in ("Grace", None):
        await accounts.save_profile(reader, Profile(name))
        assert (await accounts.account(reader)).name == name
        assert (await accounts.sign_in(EMAIL, PASSWORD)).account.name == name


async def test_nul_in_a_profile_is_replaced(stores: ReaderStores) -> None:
    profile = Profile("A\x00da", "advanced", "two\x00years", ("wa\x00lk",), "mixed")
    signed_in = await stores.accounts.sign_up(replace(ACCOUNT, profile=profile))
    reader = await stores.accounts.verify(session_of(signed_in).access_token)
    for kept in (await stores.accounts.profile(reader), await stores.accounts.save_profile(reader, profile)):
        assert (kept.name, kept.learning_goals) == ("A\ufffdda", ("wa\ufffdlk",))
        assert kept.prior_robotics_experience == "two\ufffdyears"


# 16, 18: clocks, and the shared secret --------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "good"), [(4, True), (30, True), (55, True), (120, False)])
@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_a_clock_that_is_ahead_is_borne_and_named(
    project: SupabaseServer,
    supabase_stores: ReaderStores,
    caplog: pytest.LogCaptureFixture,
    ahead: int,
    good: bool,
    claim: str,
) -> None:
    claims = project.signing.claims(str(uuid4()))
    token = project.signing.sign(claims | {claim: claims["iat"] + ahead})
    if good:
        assert await supabase_stores.accounts.verify(token)
    else:
        with pytest.raises(AuthenticationError):
            await supabase_stores.accounts.verify(token)
    assert ("clock" in caplog.text) is (ahead > 5)


async def test_a_token_that_was_verified_outlives_the_auth_server(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.signing.shared_secret = True
    assert isinstance(supabase_stores.accounts, SupabaseAccounts)
    await supabase_stores.accounts._keys.load()
    monkeypatch.setattr(storage.accounts.introspection, "REMEMBERED_SECONDS", -1.0)
    guest = await new_guest(supabase_stores)
    other = session_of(await supabase_stores.accounts.sign_in_guest())
    project.faults.auth = Fault(status=503)
    assert (await supabase_stores.accounts.verify(guest.access_token)).id == guest.id
    with pytest.raises(StorageUnavailableError):
        await supabase_stores.accounts.verify(other.access_token)


# when to come back ------------------------------------------------------------------------------------------------


async def test_what_auth_says_of_the_wait_is_handed_on(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    project.faults.auth = Fault(status=429, retry_after="17")
    with pytest.raises(TooManyRequestsError) as limited:
        await supabase_stores.accounts.sign_in(EMAIL, PASSWORD)
    assert limited.value.retry_after_seconds == 17
    project.faults.auth = None
    project.auth.confirm_addresses, project.auth.letter_pause_seconds = True, 43
    await supabase_stores.accounts.sign_up(ACCOUNT)
    with pytest.raises(TooManyRequestsError) as limited:
        await supabase_stores.accounts.sign_up(ACCOUNT)
    assert limited.value.retry_after_seconds == 43


async def test_a_letter_that_was_just_sent_stops_nobody_else_of_the_address(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.confirm_addresses, project.auth.letter_pause_seconds = True, 43
    await supabase_stores.accounts.sign_up(ACCOUNT, address="192.0.2.1")
    with pytest.raises(TooManyRequestsError):
        await supabase_stores.accounts.sign_up(ACCOUNT, address="192.0.2.1")
    other = await supabase_stores.accounts.sign_up(NewAccount("eve@book.example", PASSWORD), address="192.0.2.1")
    assert other.email_confirmation_required


async def test_a_guest_who_waits_for_a_letter_stops_nobody_else_of_the_address(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_LETTER_SECONDS", "40")
    project.auth.confirm_addresses = True
    async with opened(tmp_path, project) as stores:
        accounts, guest, other = stores.accounts, await new_guest(stores), await new_guest(stores)
        await accounts.sign_up(ACCOUNT, guest=guest, address="192.0.2.1")
        with pytest.raises(TooManyRequestsError) as refused:
            await accounts.sign_up(ACCOUNT, guest=guest, address="192.0.2.1")
        assert 30 < refused.value.retry_after_seconds <= 41
        account = NewAccount("eve@book.example", PASSWORD)
        assert (await accounts.sign_up(account, guest=other, address="192.0.2.1")).email_confirmation_required


async def test_trying_a_closed_account_is_guessing(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    await supabase_stores.accounts.sign_up(ACCOUNT)
    project.sql("update auth.users set banned_until = now() + interval '100 years'")
    tries = [supabase_stores.accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1") for _ in range(8)]
    refused = [type(error) for error in await asyncio.gather(*tries, return_exceptions=True)]
    assert refused.count(AccountClosedError) <= 5
    assert TooManyRequestsError in refused


async def test_the_wait_doubles_and_auth_is_left_alone_meanwhile(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.auth.rate_limits = True
    limited: list[TooManyRequestsError] = []
    for number in range(36):
        try:
            await supabase_stores.accounts.sign_in_guest(address=f"192.0.2.{number if number < 30 else 99}")
        except TooManyRequestsError as error:
            limited.append(error)
    assert len(limited) == 6
    assert project.requests["/auth/v1/signup"] <= 33
    refresh_token = session_of(await supabase_stores.accounts.sign_up(ACCOUNT)).refresh_token
    project.faults.auth = Fault(status=429)
    waits = []
    for _ in range(4):
        with pytest.raises(TooManyRequestsError) as refused:
            await supabase_stores.accounts.refresh(refresh_token)
        waits.append(refused.value.retry_after_seconds)
    assert waits == [2, 4, 8, 16]


# 21, 22, 28: the start ------------------------------------------------------------------------------------------------


def legacy_key(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role, "iss": "supabase"}).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.signature"


@pytest.mark.parametrize("name", ["supabase_publishable_key", "supabase_anon_key"])
@pytest.mark.parametrize("key", ["sb_secret_abcdefgh", legacy_key("service_role")])
def test_a_secret_key_is_refused_at_the_start(name: str, key: str) -> None:
    with pytest.raises(ValidationError, match="row-level security"):
        StorageSettings(_env_file=None, **{"supabase_url": "https://a.supabase.co", name: SecretStr(key)})  # type: ignore[arg-type]


def test_an_access_token_of_an_operator_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="access token") as refused:
        StorageSettings(
            _env_file=None, supabase_url="https://a.supabase.co", supabase_publishable_key=SecretStr("sbp_0123456789")
        )
    assert "0123456789" not in str(refused.value)


@each_row(
    "path", ["/auth/v1", "/rest/v1", "/auth/v1/", "/storage/v1", "/AUTH/V1", "/rest/v1/conversations", "/base/auth/v1"]
)
def test_an_address_of_a_part_of_the_project_is_refused_at_the_start(path: str) -> None:
    with pytest.raises(ValidationError, match=path.removeprefix("/base").rstrip("/")):
        StorageSettings(
            _env_file=None, supabase_url=f"https://a.supabase.co{path}", supabase_publishable_key=SecretStr("x")
        )


async def test_a_wrong_key_is_named_at_the_start(
    project: SupabaseServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = StorageSettings(
        data_dir=tmp_path,
        supabase_url=project.url,
        supabase_publishable_key=SecretStr("sb_publishable_of_another_project"),
        _env_file=None,
    )
    async with storage.reader_stores.open_reader_stores(settings):
        assert "refuses SUPABASE_PUBLISHABLE_KEY" in caplog.text


async def test_a_key_of_the_older_kind_is_named_once(
    project: SupabaseServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = StorageSettings(
        data_dir=tmp_path,
        supabase_url=project.url,
        supabase_anon_key=SecretStr(legacy_key("anon")),
        _env_file=None,
    )
    async with storage.reader_stores.open_reader_stores(settings):
        assert caplog.text.count("older kind") == 1
    caplog.clear()
    async with opened(tmp_path, project):
        assert "older kind" not in caplog.text


# 25, 26: sign-out, second factors -------------------------------------------------------------------------------------


async def test_a_session_ends_by_its_refresh_token(stores: ReaderStores) -> None:
    accounts = stores.accounts
    session = session_of(await accounts.sign_up(ACCOUNT))
    reader = await accounts.verify(session.access_token)
    await accounts.end_session(session.refresh_token)
    with pytest.raises(AuthenticationError):
        await accounts.account(reader)
    with pytest.raises(AuthenticationError):
        await accounts.verify(session.access_token)
    with pytest.raises(RefreshTokenError):
        await accounts.end_session("nonsense")


async def test_a_session_that_was_signed_out_is_refused_at_once(stores: ReaderStores) -> None:
    reader = await sign_up(stores, EMAIL)
    other = session_of(await stores.accounts.sign_in(EMAIL, PASSWORD))
    await stores.accounts.sign_out(reader)
    with pytest.raises(AuthenticationError):
        await stores.accounts.verify(reader.access_token)
    assert await stores.accounts.verify(other.access_token)


async def test_a_sign_out_that_failed_can_be_repeated(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    reader = await sign_up(supabase_stores, EMAIL)
    project.faults.auth = Fault(status=503)
    with pytest.raises(StorageUnavailableError):
        await supabase_stores.accounts.sign_out(reader)
    project.faults.auth = None
    await supabase_stores.accounts.sign_out(await supabase_stores.accounts.verify(reader.access_token))
    with pytest.raises(AuthenticationError):
        await supabase_stores.accounts.verify(reader.access_token)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("insufficient_aal", 401, SecondFactorError), ("session_expired", 401, AuthenticationError)],
)
def test_codes_of_sessions_have_errors_of_their_own(code: str, status: int, error: type[BookragError]) -> None:
    assert type(translate(AuthApiError("…", status, code), "user")) is error  # type: ignore[arg-type]


async def test_a_second_factor_is_asked_for_where_there_is_one(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, project) as stores:
        with_factor = await sign_up(stores, EMAIL)
        without = await sign_up(stores, "eve@book.example")
        unfinished = await sign_up(stores, "joan@book.example")
        insert = "insert into auth.mfa_factors (id, user_id, status) values (gen_random_uuid(), %s, %s)"
        project.sql(insert, with_factor.id, "verified")
        project.sql(insert, unfinished.id, "unverified")
        assert await stores.accounts.verify(with_factor.access_token)
    monkeypatch.setenv("SUPABASE_REQUIRE_AAL2", "true")
    async with opened(tmp_path, project) as stores:
        with pytest.raises(SecondFactorError):
            await stores.accounts.verify(with_factor.access_token)
        for reader in (without, unfinished):
            assert await stores.accounts.verify(reader.access_token)
        claims = project.signing.claims(str(with_factor.id), session_id=with_factor.session_id, aal="aal2")
        assert await stores.accounts.verify(project.signing.sign(claims))


async def test_a_sign_in_without_the_second_factor_leaves_no_session(
    project: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_REQUIRE_AAL2", "true")
    async with opened(tmp_path, project) as stores:
        reader = await sign_up(stores, EMAIL)
        project.sql(
            "insert into auth.mfa_factors (id, user_id, status) values (%s, %s, 'verified')", uuid4(), reader.id
        )
        with pytest.raises(SecondFactorError):
            await stores.accounts.sign_in(EMAIL, PASSWORD)
    assert project.sql("select id::text from auth.sessions") == [(reader.session_id,)]


async def test_changing_a_password_without_the_second_factor_asks_for_it(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, EMAIL)
    project.sql("insert into auth.mfa_factors (id, user_id, status) values (%s, %s, 'verified')", uuid4(), reader.id)
    with pytest.raises(SecondFactorError):
        await supabase_stores.accounts.change_password(reader, "another good one")


async def test_a_token_that_is_too_long_is_named_in_the_log(
    project: SupabaseServer, supabase_stores: ReaderStores, caplog: pytest.LogCaptureFixture
) -> None:
    await sign_up(supabase_stores, EMAIL)
    project.sql("update auth.users set raw_user_meta_data = %s", json.dumps({"notes": "n" * 6_500}))
    assert (await supabase_stores.accounts.sign_in(EMAIL, PASSWORD)).session
    assert "shorten the user's metadata" in caplog.text


async def test_a_row_that_a_reader_wrote_past_the_server_is_read_as_far_as_it_fits(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, EMAIL)
    with before_limits(project):
        project.sql(
            "update public.profiles set learning_goals = array[null, 'walk', %s], prior_robotics_experience = %s",
            "g" * 50_000,
            json.dumps("x" * 500_000),
        )
    profile = await supabase_stores.accounts.profile(reader)
    assert profile.learning_goals == ("walk", "g" * 200)
    assert profile.prior_robotics_experience == "x" * 1_000


async def test_sign_ups_of_one_guest_at_once_make_one_account(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts, guest = supabase_stores.accounts, await new_guest(supabase_stores)
    new = [NewAccount(f"{number}@book.example", f"{PASSWORD} {number}") for number in range(6)]
    project.faults.auth = Fault(only="PUT /auth/v1/user", delay_seconds=0.5)  # the first reaches Auth after the others
    first = asyncio.create_task(accounts.sign_up(new[0], guest=guest))
    await asyncio.to_thread(project.wait_until_a_fault_hits)
    project.faults.auth = None
    tries = (first, *(accounts.sign_up(each, guest=guest) for each in new[1:]))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in outcomes].count(SignedIn) == 1
    assert {type(each) for each in outcomes} == {SignedIn, AccountExistsError}
    winner = next(number for number, each in enumerate(outcomes) if isinstance(each, SignedIn))
    assert (await accounts.account(guest)).email == new[winner].email
    assert (await accounts.sign_in(new[winner].email, new[winner].password)).account.id == guest.id


async def test_a_reader_whose_account_is_closed_signs_out(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, EMAIL)
    project.sql("update auth.users set banned_until = now() + interval '1 day'")
    await supabase_stores.accounts.sign_out(reader)
    with pytest.raises(AuthenticationError):
        await supabase_stores.accounts.verify(reader.access_token)


@pytest.mark.parametrize(("ahead", "is_consent"), [(-30, True), (30, True), (3_600, False), (-3_600, False)])
async def test_a_sign_in_of_the_future_is_no_consent(
    project: SupabaseServer, supabase_stores: ReaderStores, ahead: int, is_consent: bool
) -> None:
    reader = await sign_up(supabase_stores, EMAIL)
    methods = [{"method": "password", "timestamp": int(time.time()) + ahead}]
    claims = project.signing.claims(str(reader.id), session_id=reader.session_id, amr=methods)
    reader = await supabase_stores.accounts.verify(project.signing.sign(claims))
    if is_consent:
        await supabase_stores.accounts.confirm(reader)
    else:
        with pytest.raises(CredentialsError):
            await supabase_stores.accounts.confirm(reader)


async def test_forged_tokens_of_one_address_ask_auth_a_few_times_and_stop_nobody_else(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    accounts = supabase_stores.accounts
    assert isinstance(accounts, SupabaseAccounts)
    project.signing.shared_secret = True
    await accounts._keys.load()
    project.requests.clear()
    for number in range(60):
        forged = jwt.encode(
            project.signing.claims(str(uuid4())), f"another-secret-0123456789-01234567{number}", "HS256"
        )
        with pytest.raises(AuthenticationError):
            await accounts.verify(forged, address="192.0.2.66")
    assert 0 < project.requests["/auth/v1/user"] <= QUESTIONS + 10
    for _ in range(40):  # good tokens of a class behind one address
        guest = session_of(await accounts.sign_in_guest())
        assert await accounts.verify(guest.access_token, address="192.0.2.1")


async def test_made_up_key_ids_do_not_keep_a_rotated_key_from_others(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.jwks, "SHORTEST_PAUSE_SECONDS", 0.0)
    accounts, foreign = supabase_stores.accounts, ec.generate_private_key(ec.SECP256R1())
    project.requests.clear()
    for number in range(20):
        token = jwt.encode(project.signing.claims(str(uuid4())), foreign, "ES256", headers={"kid": f"made-up-{number}"})
        with pytest.raises(AuthenticationError):
            await accounts.verify(token, address="192.0.2.66")
    assert project.requests["/auth/v1/.well-known/jwks.json"] == 1
    project.signing.rotate()
    token = project.signing.sign(project.signing.claims(str(uuid4())))
    assert await accounts.verify(token, address="192.0.2.1")


def test_an_empty_setting_is_the_default_but_for_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SupabaseSettings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    settings = SupabaseSettings(_env_file=None)
    assert settings.supabase_jwt_issuer == ""
    assert settings == SupabaseSettings.model_construct(supabase_jwt_issuer="")


def test_keys_of_readers_are_publishable() -> None:
    StorageSettings(
        _env_file=None, supabase_url="https://a.example", supabase_publishable_key=SecretStr(PUBLISHABLE_KEY)
    )


async def test_a_supabase_key_without_an_address_is_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = StorageSettings(
        data_dir=tmp_path, supabase_publishable_key=SecretStr("sb_publishable_x"), _env_file=None
    )
    async with storage.reader_stores.open_reader_stores(settings) as local:
        assert isinstance(local.accounts, LocalAccounts)
    assert "SUPABASE_URL is not" in caplog.text
    assert "sb_publishable_x" not in caplog.text
