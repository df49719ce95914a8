"""A reader's rights: export, another password, deletion, and how long conversations are kept; on both stores."""

import asyncio
import io
import sqlite3
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.answer_json import AnswerIdentity
from app.answer_streams.manager import AnswerStreams
from engines.events import Event, TextDelta
from storage.errors import CredentialsError
from storage.reader_stores import ReaderStores, open_reader_stores
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey
from storage.settings import StorageSettings
from storage.sqlite import DATABASE_NAME
from tests.app.test_auth_and_history import Client, application, ask, bearer, error_of, sign_up
from tests.commands import run_command
from tests.reader_stores import PASSWORD
from tests.supabase_server import SupabaseServer

EMAIL = "ada@book.example"
OTHER = "a much better password"


@pytest.fixture
async def http(stores: ReaderStores) -> AsyncIterator[Client]:
    async with application(stores) as client:
        yield client


async def sign_in(http: Client, password: str) -> httpx.Response:
    return await http.post("/api/auth/signin", json={"email": EMAIL, "password": password})


async def an_hour_later(http: Client, request: pytest.FixtureRequest, tmp_path: Path, signed_in: Any) -> dict[str, Any]:
    """The reader's session, refreshed an hour after it began."""
    if request.node.callspec.params["stores"] == "supabase":
        server: SupabaseServer = request.getfixturevalue("project")
        server.sql("update auth.sessions set created_at = created_at - interval '1 hour'")
    else:
        with sqlite3.connect(tmp_path / DATABASE_NAME) as database:
            database.execute("UPDATE sessions SET created_at = '2026-01-01T00:00:00+00:00'")
    refreshed = await http.post("/api/auth/refresh", json={"refresh_token": signed_in["session"]["refresh_token"]})
    assert refreshed.status_code == 200
    body: dict[str, Any] = refreshed.json()
    return body


async def test_the_export_holds_all_that_is_kept_of_a_reader(http: Client, stores: ReaderStores) -> None:
    ada = await sign_up(http, name="Ada", profile={"learning_goals": ["gait"]})
    eve = await sign_up(http, "eve@book.example")
    await ask(stores, eve, "Eve's question?")
    for question in ("What is ZMP?", "What is SLAM?"):
        await ask(stores, ada, question)
    answer = await http.get("/api/account/export", headers=bearer(ada))
    assert answer.headers["content-disposition"] == 'attachment; filename="account.json"'
    assert answer.headers["cache-control"] == "no-store"
    exported = answer.json()
    account = exported["account"]
    assert (account["email"], account["name"], account["profile"]["learning_goals"]) == (EMAIL, "Ada", ["gait"])
    questions = {conversation["messages"][0]["content"] for conversation in exported["conversations"]}
    assert questions == {"What is ZMP?", "What is SLAM?"}
    assert "Eve" not in answer.text


async def test_an_account_is_deleted_with_everything_and_nothing_of_others(http: Client, stores: ReaderStores) -> None:
    ada, eve = await sign_up(http), await sign_up(http, "eve@book.example")
    await ask(stores, ada, "What is ZMP?")
    await ask(stores, eve, "What is SLAM?")
    deleted = await http.request("DELETE", "/api/account", json={"password": PASSWORD}, headers=bearer(ada))
    assert deleted.status_code == 204
    assert (await http.get("/api/auth/user", headers=bearer(ada))).status_code == 401
    assert (await sign_in(http, PASSWORD)).status_code == 401
    refreshed = await http.post("/api/auth/refresh", json={"refresh_token": ada["session"]["refresh_token"]})
    assert refreshed.status_code == 401
    again = await sign_up(http)  # the address is free, and nothing is left behind it
    assert (await http.get("/api/conversations", headers=bearer(again))).json()["conversations"] == []
    assert len((await http.get("/api/conversations", headers=bearer(eve))).json()["conversations"]) == 1


async def test_a_wrong_password_deletes_nothing(http: Client, stores: ReaderStores) -> None:
    ada = await sign_up(http)
    await ask(stores, ada, "What is ZMP?")
    refused = await http.request("DELETE", "/api/account", json={"password": "wrong password"}, headers=bearer(ada))
    assert refused.status_code == 401
    assert len((await http.get("/api/conversations", headers=bearer(ada))).json()["conversations"]) == 1


async def test_a_fresh_sign_in_is_consent_and_an_old_session_is_not(
    http: Client, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    later = await an_hour_later(http, request, tmp_path, await sign_up(http))
    refused = await http.delete("/api/account", headers=bearer(later))
    assert error_of(refused)[0] == 401
    assert "password" in refused.json()["error"]["message"]
    assert (await http.get("/api/auth/user", headers=bearer(later))).status_code == 200
    fresh = (await sign_in(http, PASSWORD)).json()
    assert (await http.delete("/api/account", headers=bearer(fresh))).status_code == 204


async def test_a_guest_deletes_what_is_theirs_without_a_password(http: Client, stores: ReaderStores) -> None:
    guest = (await http.post("/api/auth/guest")).json()
    await ask(stores, guest, "What is ZMP?")
    assert (await http.delete("/api/account", headers=bearer(guest))).status_code == 204
    assert (await http.get("/api/auth/user", headers=bearer(guest))).status_code == 401


async def test_an_answer_that_began_during_the_deletion_is_stopped(stores: ReaderStores, tmp_path: Path) -> None:
    log = SqliteRunningAnswers(tmp_path / "answers.sqlite3")
    async with AnswerStreams(log).running() as answers, application(stores, answers=answers) as http:
        ada, eve = await sign_up(http), await sign_up(http, "eve@book.example")
        # Neither conversation is stored yet: the question was let in after the list of conversations was read.
        hers, other = [
            await answers.start(
                AnswerKey(str(uuid4()), str(uuid4()), signed_in["user"]["id"]),
                never_ending(),
                AnswerIdentity(str(uuid4()), "message", "build"),
            )
            for signed_in in (ada, eve)
        ]
        assert (await http.delete("/api/account", headers=bearer(ada))).status_code == 204
        assert (await asyncio.wait_for(hers.json(), 5))["complete"] is False
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.json(), 0.2)
    await log.close()


async def never_ending() -> AsyncGenerator[Event, None]:
    yield TextDelta("A piece")
    await asyncio.Event().wait()


async def test_another_password_ends_the_other_sessions_and_no_other(
    http: Client, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    here, elsewhere = await sign_up(http), (await sign_in(http, PASSWORD)).json()
    here = await an_hour_later(http, request, tmp_path, here)
    for body in ({"new_password": OTHER}, {"password": "wrong password", "new_password": OTHER}):
        assert (await http.put("/api/account/password", json=body, headers=bearer(here))).status_code == 401
    weak = {"password": PASSWORD, "new_password": "short"}
    assert (await http.put("/api/account/password", json=weak, headers=bearer(here))).status_code == 422
    body = {"password": PASSWORD, "new_password": OTHER}
    assert (await http.put("/api/account/password", json=body, headers=bearer(here))).status_code == 204
    assert (await http.get("/api/auth/user", headers=bearer(here))).status_code == 200
    ended = await http.post("/api/auth/refresh", json={"refresh_token": elsewhere["session"]["refresh_token"]})
    assert ended.status_code == 401
    assert (await sign_in(http, PASSWORD)).status_code == 401
    assert (await sign_in(http, OTHER)).status_code == 200


async def test_who_knows_the_old_password_has_no_session_after_a_change(tmp_path: Path) -> None:
    settings = StorageSettings(data_dir=tmp_path, _env_file=None)
    async with open_reader_stores(settings) as stores, application(stores) as http:
        here = await sign_up(http)
        for old, new in ((PASSWORD, OTHER), (OTHER, PASSWORD), (PASSWORD, OTHER)):
            body = {"password": old, "new_password": new}
            change = http.put("/api/account/password", json=body, headers=bearer(here))
            changed, *signed_in = await asyncio.gather(change, *(sign_in(http, old) for _ in range(4)))
            assert changed.status_code == 204
            for each in signed_in:
                if each.status_code == 200:
                    user = await http.get("/api/auth/user", headers=bearer(each.json()))
                    assert user.status_code == 401


async def test_of_two_changes_at_once_one_is_refused(tmp_path: Path) -> None:
    settings = StorageSettings(data_dir=tmp_path, _env_file=None)
    async with open_reader_stores(settings) as stores, application(stores) as http:
        sessions = [await sign_up(http), (await sign_in(http, PASSWORD)).json()]
        passwords = [OTHER, "yet another password"]
        changes = [
            http.put("/api/account/password", json={"password": PASSWORD, "new_password": new}, headers=bearer(session))
            for session, new in zip(sessions, passwords, strict=True)
        ]
        statuses = [answer.status_code for answer in await asyncio.gather(*changes)]
        assert sorted(statuses) == [204, 401]
        assert (await sign_in(http, passwords[statuses.index(204)])).status_code == 200


async def test_a_guest_has_no_password_to_change(http: Client) -> None:
    guest = (await http.post("/api/auth/guest")).json()
    refused = await http.put("/api/account/password", json={"new_password": OTHER}, headers=bearer(guest))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/account/export", None),
        ("DELETE", "/api/account", None),
        ("PUT", "/api/account/password", {"new_password": OTHER}),
    ],
)
async def test_no_token_is_401(http: Client, method: str, path: str, body: dict[str, str] | None) -> None:
    assert error_of(await http.request(method, path, json=body)) == (401, "not_authenticated")


async def test_conversations_that_nobody_uses_are_deleted_when_their_time_is_over(tmp_path: Path) -> None:
    settings = StorageSettings(data_dir=tmp_path, conversations_kept_days=30, _env_file=None)
    async with open_reader_stores(settings) as stores, application(stores) as http:
        ada = await sign_up(http)
        old, new = await ask(stores, ada, "Old?"), await ask(stores, ada, "New?")
        with sqlite3.connect(tmp_path / DATABASE_NAME) as database:
            database.execute(
                "UPDATE conversations SET updated_at = '2026-01-01T00:00:00.000000+00:00' WHERE id = ?", (old,)
            )
        await stores.conversations.delete_old()
        left = (await http.get("/api/conversations", headers=bearer(ada))).json()["conversations"]
        assert [conversation["id"] for conversation in left] == [new]


async def test_supabase_deletes_old_conversations_on_a_schedule(
    supabase_stores: ReaderStores, project: SupabaseServer
) -> None:
    async with application(supabase_stores) as http:
        ada = await sign_up(http)
        old, new = await ask(supabase_stores, ada, "Old?"), await ask(supabase_stores, ada, "New?")
        project.sql("update conversations set updated_at = now() - interval '40 days' where id = %s", old)
        assert project.sql("select delete_old_conversations('30 days')") == [(1,)]
        left = (await http.get("/api/conversations", headers=bearer(ada))).json()["conversations"]
        assert [conversation["id"] for conversation in left] == [new]


def accounts_command(folder: Path, *arguments: str) -> Any:
    return run_command("accounts", *arguments, environment={"DATA_DIR": str(folder)}, folder=folder)


async def test_the_operator_replaces_a_lost_password_and_deletes_an_account(tmp_path: Path) -> None:
    settings = StorageSettings(data_dir=tmp_path, _env_file=None)

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(accounts_command, tmp_path, *arguments)

    async with open_reader_stores(settings) as stores, application(stores) as http:
        await sign_up(http)
        assert EMAIL in (await run("list")).stdout
        replaced = await run("password", EMAIL)
        assert replaced.returncode == 0
        made = replaced.stdout.split()[-1]
        with pytest.raises(CredentialsError):
            await stores.accounts.sign_in(EMAIL, PASSWORD)
        assert (await sign_in(http, made)).status_code == 200
        unknown = await run("password", "nobody@book.example")
        assert (unknown.returncode, "nobody@book.example" in unknown.stderr) == (1, True)
        assert (await run("delete", EMAIL, "--yes")).returncode == 0
        assert (await sign_in(http, made)).status_code == 401


def test_a_password_that_no_browser_could_send_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"pass\xffword\n"), "latin-1"))
    refused = accounts_command(tmp_path, "password", EMAIL, "--stdin")
    assert (refused.returncode, "not UTF-8" in refused.stderr) == (2, True)


def test_the_accounts_of_a_supabase_project_are_managed_there(tmp_path: Path) -> None:
    environment = {"SUPABASE_URL": "https://name.supabase.example", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"}
    ran = run_command("accounts", "list", environment=environment, folder=tmp_path)
    assert ran.returncode == 2
    assert "dashboard" in ran.stderr
