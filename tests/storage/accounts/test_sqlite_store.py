"""What is the local account store's alone: its files, its hashes, its patience, several processes on one folder."""

import asyncio
import multiprocessing
import sqlite3
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import jwt
import pytest

from storage.accounts.passwords import check_strength
from storage.accounts.signing import ISSUER, SigningKey
from storage.accounts.sqlite_store import LocalAccounts
from storage.accounts.store import NewAccount
from storage.errors import (
    AccountExistsError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    RefreshTokenError,
    TooManyRequestsError,
    WeakPasswordError,
)
from storage.reader_stores import KEY_NAME, ReaderStores
from storage.sqlite import DATABASE_NAME
from tests.reader_stores import PASSWORD, new_guest, opened, sign_up
from tests.tables import each_row

EMAIL = "ada@book.example"


async def test_the_files_are_their_owners_alone(local_stores: ReaderStores, tmp_path: Path) -> None:
    await sign_up(local_stores, EMAIL)
    for name in (DATABASE_NAME, KEY_NAME, f"{DATABASE_NAME}-wal"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


async def test_passwords_and_tokens_are_kept_as_hashes(local_stores: ReaderStores, tmp_path: Path) -> None:
    signed_in = await local_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))
    assert signed_in.session is not None
    with sqlite3.connect(tmp_path / DATABASE_NAME) as db:
        dump = "\n".join(db.iterdump())
        (journal,) = db.execute("PRAGMA journal_mode").fetchone()
    db.close()
    assert "$argon2id$" in dump
    assert PASSWORD not in dump
    assert signed_in.session.refresh_token not in dump
    assert journal == "wal"


async def test_guessing_is_slowed_down_for_one_account_and_address(local_stores: ReaderStores) -> None:
    await sign_up(local_stores, EMAIL)
    for _ in range(5):
        with pytest.raises(CredentialsError):
            await local_stores.accounts.sign_in(EMAIL, "wrong password", address="192.0.2.1")
    with pytest.raises(TooManyRequestsError) as slowed:
        await local_stores.accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1")
    assert 0 < slowed.value.retry_after_seconds <= 300
    elsewhere = await local_stores.accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.2")
    assert elsewhere.session is not None


async def test_guessing_at_once_does_not_slip_through(local_stores: ReaderStores) -> None:
    await sign_up(local_stores, EMAIL)
    attempts = (local_stores.accounts.sign_in(EMAIL, f"guess {n}", address="192.0.2.1") for n in range(40))
    errors = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(error, CredentialsError) for error in errors) == 5
    assert sum(isinstance(error, TooManyRequestsError) for error in errors) == 35


async def test_trying_many_accounts_from_one_address_is_slowed_down(local_stores: ReaderStores) -> None:
    attempts = [local_stores.accounts.sign_in(f"{n}@b.example", "a password", address="192.0.2.1") for n in range(40)]
    errors = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(error, CredentialsError) for error in errors) == 30


async def test_a_sign_in_that_succeeds_clears_the_count(local_stores: ReaderStores) -> None:
    await sign_up(local_stores, EMAIL)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(CredentialsError):
                await local_stores.accounts.sign_in(EMAIL, "wrong password", address="192.0.2.1")
        await local_stores.accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.1")


async def test_a_used_refresh_token_ends_the_session_that_account_knows(local_stores: ReaderStores) -> None:
    first = await local_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))
    assert first.session is not None
    results = await asyncio.gather(
        *(local_stores.accounts.refresh(first.session.refresh_token) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1


async def test_a_token_outlives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, None) as stores:
        reader = await new_guest(stores)
    async with opened(tmp_path, None) as stores:
        assert (await stores.accounts.verify(reader.access_token)).id == reader.id


async def test_tokens_of_another_key_or_none_are_refused(local_stores: ReaderStores, tmp_path: Path) -> None:
    reader = await new_guest(local_stores)
    claims = jwt.decode(reader.access_token, options={"verify_signature": False})
    foreign, _ = SigningKey(tmp_path / "other.pem").sign(reader.id, "s", is_guest=True)
    unsigned = jwt.encode(claims, "", "none", headers=jwt.get_unverified_header(reader.access_token) | {"alg": "none"})
    for token in (foreign, unsigned):
        with pytest.raises(Exception, match="sign in again"):
            await local_stores.accounts.verify(token)
    assert claims["iss"] == ISSUER


def test_a_key_file_that_is_none_names_itself(tmp_path: Path) -> None:
    (tmp_path / KEY_NAME).write_text("not a key")
    with pytest.raises(ConfigurationError, match=KEY_NAME):
        SigningKey(tmp_path / KEY_NAME)


@each_row("password", ["", "1234567", "password", "PASSWORD1", "aaaaaaaaaa", "abababab", "ada@book.example"])
def test_easy_passwords_are_weak(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_strength(password, EMAIL)


@pytest.mark.parametrize("password", ["correct horse battery", "ピカチュウ電気ネズミ", "x7-Kq2!m"])
def test_good_passwords_are_not_weak(password: str) -> None:
    check_strength(password, EMAIL)


def _sign_up_many(folder: str, worker: int) -> int:
    async def run() -> int:
        async with opened(Path(folder), None) as stores:
            assert isinstance(stores.accounts, LocalAccounts)
            for _ in range(10):
                guest = await new_guest(stores)
                await stores.accounts.sign_in_guest()
                await stores.accounts.verify(guest.access_token)
            return worker

    return asyncio.run(run())


@pytest.mark.processes
def test_several_processes_start_together_on_one_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        assert list(pool.map(_sign_up_many, [str(tmp_path)] * 3, range(3))) == [0, 1, 2]
    with sqlite3.connect(tmp_path / DATABASE_NAME) as db:
        assert db.execute("SELECT count(*) FROM users").fetchone() == (60,)
    db.close()
    assert [path.name for path in tmp_path.glob(".*.pem*")] == []


def _refresh(folder: str, token: str) -> str | None:
    """The next refresh token, None where this one was refused."""

    async def run() -> str | None:
        async with opened(Path(folder), None) as stores:
            try:
                session = (await stores.accounts.refresh(token)).session
            except RefreshTokenError:
                return None
            return session.refresh_token if session else None

    return asyncio.run(run())


@pytest.mark.processes
async def test_a_refresh_token_is_used_once_whichever_process_it_comes_to(
    local_stores: ReaderStores, tmp_path: Path
) -> None:
    first = await local_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))
    assert first.session is not None
    reader = await local_stores.accounts.verify(first.session.access_token)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        loop = asyncio.get_running_loop()
        calls = (loop.run_in_executor(pool, _refresh, str(tmp_path), first.session.refresh_token) for _ in range(6))
        taken = [token for token in await asyncio.gather(*calls) if token]
        assert len(taken) == 1
        # Its other uses ended the session for all who hold a token of it, in every process.
        assert await loop.run_in_executor(pool, _refresh, str(tmp_path), taken[0]) is None
    with pytest.raises(AuthenticationError):
        await local_stores.accounts.account(reader)
    again = await local_stores.accounts.sign_in(EMAIL, PASSWORD)
    assert again.session is not None
    assert await asyncio.to_thread(_refresh, str(tmp_path), again.session.refresh_token)


async def test_a_sign_up_that_is_sent_six_times_at_once_gives_six_sessions(local_stores: ReaderStores) -> None:
    sign_ups = (local_stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD)) for _ in range(6))
    signed_in = await asyncio.gather(*sign_ups)
    assert len({each.account.id for each in signed_in}) == 1
    assert all(each.session for each in signed_in)


async def test_of_sign_ups_with_two_passwords_at_once_one_wins(local_stores: ReaderStores) -> None:
    passwords = (PASSWORD, "another good pass word")
    sign_ups = (local_stores.accounts.sign_up(NewAccount(EMAIL, password)) for password in passwords)
    found = await asyncio.gather(*sign_ups, return_exceptions=True)
    assert sorted(isinstance(each, AccountExistsError) for each in found) == [False, True]
