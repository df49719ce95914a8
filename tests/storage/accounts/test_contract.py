"""What every account store does, run against SQLite and against a GoTrue-shaped server over a real PostgreSQL."""

import pytest

from storage.accounts.reader import Profile
from storage.accounts.store import NewAccount
from storage.accounts.supabase_store import SupabaseAccounts
from storage.errors import (
    AccountExistsError,
    AccountInputError,
    AuthenticationError,
    CredentialsError,
    RefreshTokenError,
    WeakPasswordError,
)
from storage.reader_stores import ReaderStores
from tests.reader_stores import PASSWORD, new_guest, sign_up

EMAIL = "ada@book.example"


async def test_who_signs_up_is_known_by_the_token(stores: ReaderStores) -> None:
    signed_in = await stores.accounts.sign_up(NewAccount("Ada@Book.example", PASSWORD, Profile(name="Ada")))
    assert signed_in.session is not None
    assert not signed_in.email_confirmation_required
    reader = await stores.accounts.verify(signed_in.session.access_token)
    assert (reader.id, reader.is_guest) == (signed_in.account.id, False)
    account = await stores.accounts.account(reader)
    assert (account.id, account.email, account.name, account.is_guest) == (reader.id, EMAIL, "Ada", False)


async def test_a_session_can_be_started_again(stores: ReaderStores) -> None:
    reader = await sign_up(stores, EMAIL)
    again = await stores.accounts.sign_in("ADA@book.example", PASSWORD)
    assert again.session is not None
    assert again.account.id == reader.id
    assert (await stores.accounts.verify(again.session.access_token)).id == reader.id


async def test_an_address_that_is_taken_is_refused(stores: ReaderStores) -> None:
    await sign_up(stores, EMAIL)
    with pytest.raises(AccountExistsError):
        await stores.accounts.sign_up(NewAccount(EMAIL.upper(), "another good password"))


async def test_a_weak_password_is_refused(stores: ReaderStores) -> None:
    with pytest.raises(WeakPasswordError):
        await stores.accounts.sign_up(NewAccount(EMAIL, "short"))


@pytest.mark.parametrize(
    "email", ["", "ada", "@", " ", "a@b@c", "a b@c.example", "\ud800@b.example", "a" * 300 + "@b.c"]
)
async def test_what_is_no_address_is_refused(stores: ReaderStores, email: str) -> None:
    with pytest.raises(AccountInputError):
        await stores.accounts.sign_up(NewAccount(email, PASSWORD))
    with pytest.raises(CredentialsError):
        await stores.accounts.sign_in(email, PASSWORD)


@pytest.mark.parametrize("password", ["", "\ud800", "\x00"])
async def test_odd_passwords_are_wrong_passwords(stores: ReaderStores, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        await stores.accounts.sign_up(NewAccount(EMAIL, password))
    with pytest.raises(CredentialsError):
        await stores.accounts.sign_in(EMAIL, password)


async def test_an_unknown_account_and_a_wrong_password_are_the_same(stores: ReaderStores) -> None:
    await sign_up(stores, EMAIL)
    with pytest.raises(CredentialsError) as wrong:
        await stores.accounts.sign_in(EMAIL, "not the password")
    with pytest.raises(CredentialsError) as unknown:
        await stores.accounts.sign_in("nobody@book.example", PASSWORD)
    assert str(wrong.value) == str(unknown.value)


@pytest.mark.parametrize("between", [0, 1, 3])
async def test_refresh_tokens_are_good_for_one_use_and_a_second_ends_the_session(
    stores: ReaderStores, between: int
) -> None:
    """With Supabase the last one that was used gives the newest again: the client may not have had the answer."""
    first = await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))
    assert first.session is not None
    newest = await stores.accounts.refresh(first.session.refresh_token)
    for _ in range(between):
        assert newest.session is not None
        newest = await stores.accounts.refresh(newest.session.refresh_token)
    assert newest.session is not None
    assert newest.account.id == first.account.id
    if isinstance(stores.accounts, SupabaseAccounts) and not between:
        again = await stores.accounts.refresh(first.session.refresh_token)
        assert again.session is not None
        assert again.session.refresh_token == newest.session.refresh_token
        return
    with pytest.raises(RefreshTokenError):
        await stores.accounts.refresh(first.session.refresh_token)
    with pytest.raises(RefreshTokenError):
        await stores.accounts.refresh(newest.session.refresh_token)


@pytest.mark.parametrize("token", ["x", "a" * 900, "é\x00", "\ud800"])
async def test_an_unknown_refresh_token_is_refused(stores: ReaderStores, token: str) -> None:
    with pytest.raises(RefreshTokenError):
        await stores.accounts.refresh(token)


async def test_signing_out_ends_this_session_alone(stores: ReaderStores) -> None:
    first = await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD))
    second = await stores.accounts.sign_in(EMAIL, PASSWORD)
    assert first.session is not None
    assert second.session is not None
    reader = await stores.accounts.verify(first.session.access_token)
    await stores.accounts.sign_out(reader)
    await stores.accounts.sign_out(reader)
    with pytest.raises(AuthenticationError):
        await stores.accounts.account(reader)
    with pytest.raises(RefreshTokenError):
        await stores.accounts.refresh(first.session.refresh_token)
    assert await stores.accounts.account(await stores.accounts.verify(second.session.access_token))


async def test_a_guest_who_signs_up_keeps_id_and_profile(stores: ReaderStores) -> None:
    guest = await new_guest(stores)
    assert guest.is_guest
    await stores.accounts.save_profile(guest, Profile(programming_knowledge="beginner"))
    signed_in = await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD), guest=guest)
    assert signed_in.session is not None
    reader = await stores.accounts.verify(signed_in.session.access_token)
    assert (reader.id, reader.is_guest) == (guest.id, False)
    assert (await stores.accounts.profile(reader)).programming_knowledge == "beginner"
    assert (await stores.accounts.sign_in(EMAIL, PASSWORD)).account.id == guest.id
    with pytest.raises(AccountExistsError):
        await stores.accounts.sign_up(NewAccount("other@book.example", PASSWORD), guest=guest)


async def test_a_guest_cannot_take_anothers_address(stores: ReaderStores) -> None:
    await sign_up(stores, EMAIL)
    guest = await new_guest(stores)
    with pytest.raises(AccountExistsError):
        await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD), guest=guest)
    assert (await stores.accounts.account(guest)).is_guest


@pytest.mark.parametrize("experience", [None, True, False, "two years of ROS"])
async def test_a_profile_comes_back_as_it_was_saved(stores: ReaderStores, experience: str | bool | None) -> None:
    reader = await new_guest(stores)
    assert await stores.accounts.profile(reader) == Profile()
    profile = Profile("Ada", "advanced", experience, ("walk", "اردو"), "theory-first")
    assert await stores.accounts.save_profile(reader, profile) == profile
    assert await stores.accounts.profile(reader) == profile


async def test_a_profile_given_at_sign_up_is_kept(stores: ReaderStores) -> None:
    profile = Profile("Ada", "intermediate", True, ("walk",), "mixed")
    signed_in = await stores.accounts.sign_up(NewAccount(EMAIL, PASSWORD, profile))
    assert signed_in.session is not None
    reader = await stores.accounts.verify(signed_in.session.access_token)
    assert await stores.accounts.profile(reader) == profile


async def test_profiles_are_ones_own(stores: ReaderStores) -> None:
    one, two = await new_guest(stores), await new_guest(stores)
    await stores.accounts.save_profile(one, Profile(name="One"))
    assert await stores.accounts.profile(two) == Profile()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "\ud800", "a" * 100_000, "..", "e30.e30.e30"])
async def test_what_is_no_token_is_refused(stores: ReaderStores, token: str) -> None:
    with pytest.raises(AuthenticationError):
        await stores.accounts.verify(token)


def test_secrets_are_not_shown() -> None:
    account = NewAccount(EMAIL, PASSWORD)
    assert PASSWORD not in repr(account)
    assert EMAIL not in repr(account)
