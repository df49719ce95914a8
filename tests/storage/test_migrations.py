"""supabase/migrations on a real PostgreSQL: each file may be run again, alone, and nothing changes by it."""

import re
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

import storage.accounts.supabase_store
from storage.accounts.reader import Profile, Reader
from storage.accounts.store import NewAccount
from storage.conversations.turns import Answer, TurnRequest
from storage.errors import StorageUnavailableError
from storage.reader_stores import ReaderStores
from storage.settings import FIRST_NUMBERED, NEWEST_MIGRATION
from storage.settings import MIGRATIONS as MIGRATIONS_BY_NAME
from tests.reader_stores import PASSWORD, sign_up
from tests.supabase_server import MIGRATIONS, PUBLISHABLE_KEY, SupabaseServer, apply_migrations, before_limits

PROFILE = Profile("Ada", "advanced", "none", ("walk",), "hands-on")
ANSWER = Answer(
    "All of it.",
    complete=True,
    finish_reason="stop",
    grounded=True,
    verdict="uncertain",
    understood={"searched_for": "gait", "corrections": []},
    model_version="flash-7",
)


async def answered(stores: ReaderStores, project: SupabaseServer, reader: Reader) -> tuple[Any, ...]:
    """What is kept of an answer that was lost and then written anew."""
    turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
    await stores.conversations.finish_turn(reader, turn, Answer("", False, "error", error_code="answer_lost"))
    await stores.conversations.finish_turn(reader, turn, ANSWER)
    query = "select content, status, verdict, understood, model_version, error_code from public.messages where id = %s"
    (row,) = project.sql(query, turn.answer_id)
    return tuple(row)


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
async def test_a_file_that_is_run_again_alone_changes_nothing(
    path: Path, project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, "before@book.example")
    await supabase_stores.accounts.save_profile(reader, PROFILE)
    try:
        with psycopg.connect(project.database_url, autocommit=True) as connection:
            connection.execute(path.read_bytes())  # noqa: ASYNC240 - a small file of this repository
        await supabase_stores.accounts.check()
        found = await answered(supabase_stores, project, reader)
        assert found == ("All of it.", "complete", "uncertain", ANSWER.understood, "flash-7", None)
        assert await supabase_stores.accounts.profile(reader) == PROFILE
        account = NewAccount("after@book.example", PASSWORD, PROFILE)
        after = await supabase_stores.accounts.sign_up(account)
        assert after.session is not None
        later = await supabase_stores.accounts.verify(after.session.access_token)
        assert await supabase_stores.accounts.profile(later) == PROFILE
        assert project.sql("select raw_user_meta_data from auth.users where id = %s", later.id) == [({"name": "Ada"},)]
    finally:
        apply_migrations(project.database_url)


async def test_migrations_can_be_applied_again(project: SupabaseServer, supabase_stores: ReaderStores) -> None:
    await answered(supabase_stores, project, await sign_up(supabase_stores, "before@book.example"))

    def rows() -> list[Any]:
        return project.sql("select to_jsonb(m), to_jsonb(c) from public.messages m, public.conversations c order by 1")

    before = rows()
    apply_migrations(project.database_url)
    apply_migrations(project.database_url)
    assert rows() == before


def test_a_function_that_changes_gets_a_name_of_its_own() -> None:
    """A function of two files would be brought back as it was by the earlier one."""
    pattern = re.compile(r"create or replace (function|trigger) (?:public\.)?(\w+)")
    created = Counter(found for path in MIGRATIONS for found in set(pattern.findall(path.read_text())))
    twice = {name for (_, name), files in created.items() if files > 1}
    former = {"finish_turn", "make_profile", "bookrag_schema"}  # this version calls none of the three
    assert twice == former


def test_the_newest_migration_is_the_one_that_is_wanted(project: SupabaseServer) -> None:
    ((newest,),) = project.sql("select public.newest_migration()")
    assert newest == NEWEST_MIGRATION


def test_the_files_and_their_numbers_are_those_that_are_named(project: SupabaseServer) -> None:
    assert list(MIGRATIONS_BY_NAME) == [path.name for path in MIGRATIONS]
    for path in MIGRATIONS:
        noted = re.findall(r"bookrag_migrations \(number\) values \((\d+)\)", path.read_text("utf-8"))
        number = MIGRATIONS_BY_NAME[path.name]
        assert noted == ([str(number)] if number >= FIRST_NUMBERED else []), path.name
    ((state,),) = project.sql("select public.database_state()")
    assert state["migrations"] == list(range(FIRST_NUMBERED, NEWEST_MIGRATION + 1))


def test_the_database_tells_of_each_table_whose_rows_its_policies_open(project: SupabaseServer) -> None:
    ((state,),) = project.sql("select public.database_state()")
    assert set(state["tables"]) == {"profiles", "conversations", "messages"}
    for table in state["tables"].values():
        assert table["row_level_security"] is True
        assert {policy["command"] for policy in table["policies"]} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert all(policy["known"] for policy in table["policies"])
        assert table["views"] == []
    project.sql("create policy theirs on public.messages to public using (user_id <> (select auth.uid()))")
    try:
        ((state,),) = project.sql("select public.database_state()")
    finally:
        project.sql("drop policy theirs on public.messages")
    assert {"name": "theirs", "command": "ALL", "known": False} in state["tables"]["messages"]["policies"]


async def test_a_missing_newest_migration_is_found(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.accounts.supabase_store, "CHECK_SECONDS", 0.0)
    project.sql("delete from public.bookrag_migrations")
    try:
        with pytest.raises(StorageUnavailableError, match="migrations"):
            await supabase_stores.accounts.check()
    finally:
        apply_migrations(project.database_url)


# What readers may write past the server ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("profiles", {"learning_goals": [None, "walk"]}),
        ("profiles", {"learning_goals": ["g" * 4_001]}),
        ("profiles", {"learning_goals": ["walk"] * 21}),
        ("profiles", {"prior_robotics_experience": "x" * 6_001}),
        ("profiles", {"prior_robotics_experience": {"x": "y"}}),
        ("profiles", {"name": "n" * 201}),
        ("conversations", {"summary": {"text": "s" * 100_000}}),
        ("conversations", {"title": ""}),
        ("messages", {"sources": [{"text": "s" * 2_000_000}]}),
        ("messages", {"sources": {}}),
        ("messages", {"timing": {"total_ms": "t" * 10_000}}),
        ("messages", {"understood": {"question": "q" * 100_000}}),
        ("messages", {"build": "b" * 501}),
        ("messages", {"finish_reason": "r" * 201}),
        ("messages", {"error_code": "e" * 201}),
        ("messages", {"model_version": "m" * 501}),
        ("messages", {"content": "c" * 200_001}),
    ],
)
async def test_what_a_reader_writes_past_the_server_has_limits(
    project: SupabaseServer, supabase_stores: ReaderStores, table: str, values: dict[str, Any]
) -> None:
    reader = await sign_up(supabase_stores, "ada@book.example")
    await answered(supabase_stores, project, reader)
    headers = {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {reader.access_token}"}
    owner = "id" if table == "profiles" else "user_id"
    address = f"{project.url}/rest/v1/{table}?{owner}=eq.{reader.id}"
    async with httpx.AsyncClient() as http:
        refused = await http.patch(address, json=values, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "23514")


async def test_the_longest_profile_fits(supabase_stores: ReaderStores) -> None:
    reader = await sign_up(supabase_stores, "ada@book.example")
    longest = Profile("\u0001" * 200, "advanced", "\u0001" * 1_000, ("\u0001" * 200,) * 20, "theory-first")
    assert await supabase_stores.accounts.save_profile(reader, longest) == longest


async def test_rows_from_before_the_limits_stay_and_are_shown(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, "ada@book.example")
    with before_limits(project):
        project.sql("update public.profiles set learning_goals = array[null, repeat('g', 50000)]")
    assert (await supabase_stores.accounts.profile(reader)).learning_goals == ("g" * 200,)
    assert await supabase_stores.accounts.save_profile(reader, PROFILE) == PROFILE


# Profiles in identities -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", [False, True])
async def test_the_identity_of_a_sign_up_keeps_no_profile(
    project: SupabaseServer, supabase_stores: ReaderStores, letter: bool
) -> None:
    project.auth.confirm_addresses = letter
    made = await supabase_stores.accounts.sign_up(NewAccount("ada@book.example", PASSWORD, PROFILE))
    if letter:
        project.follow(project.letters()[0])
    ((identity,),) = project.sql("select identity_data from auth.identities")
    assert set(identity) == {"sub", "email", "email_verified", "phone_verified"}
    assert project.sql("select p.name from public.profiles p join auth.users u using (id)") == [("Ada",)]
    if not letter:  # else the answer is as that of an address that has an account
        assert project.sql("select id::text from public.profiles") == [(str(made.account.id),)]


async def test_identities_from_before_are_cleaned_and_those_of_other_providers_stay(
    project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    reader = await sign_up(supabase_stores, "ada@book.example")
    old = '{"sub": "1", "email": "a@book.example", "name": "Ada", "profile": {"learning_goals": ["walk"]}}'
    project.sql("alter table auth.identities disable trigger clean_identity")
    project.sql("update auth.identities set identity_data = %s", old)
    project.sql("alter table auth.identities enable trigger clean_identity")
    other = '{"sub": "g", "name": "Ada L."}'
    columns = "provider_id, user_id, identity_data, provider"
    query = f"insert into auth.identities ({columns}) values ('g', %s, %s, 'google')"
    project.sql(query, reader.id, other)
    apply_migrations(project.database_url)
    kept = dict(project.sql("select provider, identity_data from auth.identities"))
    assert kept == {
        "email": {"sub": "1", "email": "a@book.example"},
        "google": {"sub": "g", "name": "Ada L."},
    }
