"""Guests who do not come back are deleted with their history, and nobody else: in Supabase's database and in SQLite."""

import sqlite3
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from storage.accounts.reader import Profile, Reader
from storage.accounts.sqlite_store import LocalAccounts
from storage.accounts.store import NewAccount, SignedIn
from storage.conversations.turns import Answer, TurnRequest
from storage.reader_stores import ReaderStores
from storage.sqlite import DATABASE_NAME
from tests.reader_stores import PASSWORD, sign_up
from tests.supabase_server import SupabaseServer


async def with_history(stores: ReaderStores, signed_in: SignedIn) -> Reader:
    assert signed_in.session is not None
    reader = await stores.accounts.verify(signed_in.session.access_token)
    turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
    await stores.conversations.finish_turn(reader, turn, Answer("Because.", complete=True, finish_reason="stop"))
    return reader


def age(project: SupabaseServer, reader: Reader, days: int) -> None:
    """As if everything of this reader had happened so many days earlier."""
    past = f"{days} days"
    project.sql(
        "update auth.users set created_at = created_at - %s::interval, last_sign_in_at = last_sign_in_at - %s::interval"
        " where id = %s",
        past,
        past,
        reader.id,
    )
    project.sql(
        "update auth.sessions set created_at = created_at - %s::interval,"
        " refreshed_at = refreshed_at - %s::interval where user_id = %s",
        past,
        past,
        reader.id,
    )


def there(project: SupabaseServer) -> set[str]:
    return {str(user_id) for (user_id,) in project.sql("select id from auth.users")}


@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Karachi", "America/Los_Angeles"])
async def test_a_returning_guest_stays_and_one_who_is_gone_goes(
    project: SupabaseServer, supabase_stores: ReaderStores, time_zone: str
) -> None:
    accounts = supabase_stores.accounts
    gone = await with_history(supabase_stores, await accounts.sign_in_guest())
    signed_in = await accounts.sign_in_guest()
    returning = await with_history(supabase_stores, signed_in)
    new = await with_history(supabase_stores, await accounts.sign_in_guest())
    old_account = await sign_up(supabase_stores, "ada@book.example")
    for reader in (gone, returning, old_account):
        age(project, reader, 100)
    assert signed_in.session is not None
    await accounts.refresh(signed_in.session.refresh_token)  # moves auth.sessions.refreshed_at alone
    (last_sign_in,) = project.sql(
        "select last_sign_in_at < now() - interval '90 days' from auth.users where id = %s", returning.id
    )
    assert last_sign_in == (True,)
    with psycopg.connect(project.database_url) as connection:
        connection.execute("select set_config('timezone', %s, false)", (time_zone,))
        assert connection.execute("select public.delete_idle_guests()").fetchone() == (1,)
    assert there(project) == {str(reader.id) for reader in (returning, new, old_account)}
    assert project.sql("select count(*) from public.conversations where user_id = %s", gone.id) == [(0,)]
    assert len((await supabase_stores.conversations.page(returning)).conversations) == 1


async def test_the_time_without_a_visit_can_be_chosen(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    signed_in = await supabase_stores.accounts.sign_in_guest()
    guest = await with_history(supabase_stores, signed_in)
    age(project, guest, 10)
    project.sql("select public.delete_idle_guests('11 days')")
    assert there(project) == {str(guest.id)}
    project.sql("select public.delete_idle_guests('9 days')")
    assert there(project) == set()


async def test_a_guest_of_this_hour_stays_even_without_a_session(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    guest = await with_history(supabase_stores, await supabase_stores.accounts.sign_in_guest())
    project.sql("delete from auth.sessions")
    project.sql("select public.delete_idle_guests()")
    assert there(project) == {str(guest.id)}


def age_local(folder: Path, reader: Reader, days: int) -> None:
    with sqlite3.connect(folder / DATABASE_NAME) as db:
        back = f"-{days} days"
        moved = "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', created_at, ?)"
        db.execute(f"UPDATE users SET created_at = {moved} WHERE id = ?", (back, str(reader.id)))
        db.execute(
            "UPDATE refresh_tokens SET expires_at = expires_at - ? WHERE session_id = ?",
            (days * 86_400, reader.session_id),
        )
    db.close()


async def test_local_guests_who_are_gone_are_deleted_when_new_ones_come(
    local_stores: ReaderStores, tmp_path: Path
) -> None:
    accounts = local_stores.accounts
    assert isinstance(accounts, LocalAccounts)
    expired = await with_history(local_stores, await accounts.sign_in_guest())
    unused = await accounts.verify((await accounts.sign_in_guest()).session.access_token)  # type: ignore[union-attr]
    described = await accounts.verify((await accounts.sign_in_guest()).session.access_token)  # type: ignore[union-attr]
    await accounts.save_profile(described, Profile(name="Ada"))
    asked = await with_history(local_stores, await accounts.sign_in_guest())
    came_back = await accounts.sign_in_guest()
    assert came_back.session is not None
    returned = await accounts.verify(came_back.session.access_token)
    await accounts.refresh(came_back.session.refresh_token)
    account = await sign_up(local_stores, "ada@book.example")
    upgraded = await accounts.sign_in_guest()
    assert upgraded.session is not None
    guest = await accounts.verify(upgraded.session.access_token)
    await accounts.sign_up(NewAccount("eve@book.example", PASSWORD), guest=guest)
    age_local(tmp_path, expired, 31)
    for reader in (unused, described, asked, returned):
        age_local(tmp_path, reader, 2)
    for reader in (account, guest):
        age_local(tmp_path, reader, 100)
    accounts._purged_at = -10_000.0  # as if the last purge were hours ago
    new = await accounts.sign_in_guest()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as db:
        left = {row[0] for row in db.execute("SELECT id FROM users")}
        conversations = {row[0] for row in db.execute("SELECT user_id FROM conversations")}
    db.close()
    assert left == {str(user.id) for user in (described, asked, returned, account, guest, new.account)}
    assert conversations == {str(asked.id)}
