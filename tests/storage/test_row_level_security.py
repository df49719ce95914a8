"""Breaking in: every table and verb, straight at the database's own interface, past all our code."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from storage.accounts.reader import Profile, Reader
from storage.conversations.turns import Answer, OpenTurn, TurnRequest
from storage.reader_stores import ReaderStores
from tests.reader_stores import new_guest, sign_up
from tests.storage.accounts.test_supabase_tokens import forged_tokens
from tests.supabase_server import PUBLISHABLE_KEY, SupabaseServer, apply_migrations

TABLES = {"profiles": "id", "conversations": "id", "messages": "id"}
FUNCTIONS: dict[str, dict[str, Any]] = {
    "list_conversations": {"max_rows": 10},
    "open_conversation": {"conversation": str(uuid4())},
    "begin_turn": {"turn": {"conversation_id": str(uuid4()), "trigger": "submit", "title": "t", "question": "q"}},
    "save_answer": {"turn": {"conversation_id": str(uuid4()), "answer_id": str(uuid4())}},
    "finish_answer": {"turn": {"conversation_id": str(uuid4()), "answer_id": str(uuid4())}},
    "finish_turn": {"turn": {"conversation_id": str(uuid4()), "answer_id": str(uuid4())}},
    "find_message": {"in_conversation": str(uuid4()), "named": "x"},
    "is_on_branch": {"in_conversation": str(uuid4()), "last_id": str(uuid4()), "wanted": str(uuid4())},
    "read_branch": {"in_conversation": str(uuid4()), "last_id": str(uuid4()), "max_messages": 5},
}


@dataclass
class Victim:
    """Somebody with one row in every table."""

    reader: Reader
    turn: OpenTurn

    def row_id(self, table: str) -> UUID:
        return {
            "profiles": self.reader.id,
            "conversations": self.turn.conversation_id,
            "messages": self.turn.question_id,
        }[table]


@pytest.fixture
async def victim(supabase_stores: ReaderStores) -> Victim:
    reader = await sign_up(supabase_stores, "victim@book.example")
    await supabase_stores.accounts.save_profile(reader, Profile(name="Victim"))
    turn = await supabase_stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "A secret"))
    await supabase_stores.conversations.finish_turn(reader, turn, Answer("Kept", complete=True, finish_reason="stop"))
    return Victim(reader, turn)


@pytest.fixture
async def http(project: SupabaseServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"apikey": PUBLISHABLE_KEY}
    async with httpx.AsyncClient(base_url=f"{project.url}/rest/v1/", headers=headers, timeout=30) as client:
        yield client


def rows(project: SupabaseServer) -> dict[str, list[Any]]:
    """All that is stored, as the database's owner sees it."""
    with psycopg.connect(project.database_url) as connection:
        return {
            table: connection.execute(f"select to_jsonb(t) from public.{table} t order by id".encode()).fetchall()
            for table in TABLES
        }


def new_row(table: str, user_id: UUID, victim: Victim) -> dict[str, Any]:
    if table == "profiles":
        return {"id": str(user_id), "name": "Forged"}
    if table == "conversations":
        return {"id": str(uuid4()), "user_id": str(user_id), "title": "Forged"}
    return {
        "id": str(uuid4()),
        "conversation_id": str(victim.turn.conversation_id),
        "user_id": str(user_id),
        "role": "user",
        "status": "complete",
        "content": "Forged",
    }


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attacker_is_guest", [True, False])
async def test_another_reader_can_do_nothing_to_a_row(
    table: str,
    attacker_is_guest: bool,
    victim: Victim,
    http: httpx.AsyncClient,
    supabase_stores: ReaderStores,
    project: SupabaseServer,
) -> None:
    attacker = await (new_guest(supabase_stores) if attacker_is_guest else sign_up(supabase_stores, "eve@b.example"))
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    before = rows(project)
    theirs = {"id": f"eq.{victim.row_id(table)}"}
    assert (await http.get(table, params=theirs)).json() == []
    column = "name" if table == "profiles" else "title" if table == "conversations" else "content"
    assert (await http.patch(table, params=theirs, json={column: "Forged"})).json() == []
    assert (await http.delete(table, params=theirs)).json() == []
    owner = "id" if table == "profiles" else "user_id"
    for stolen in (new_row(table, victim.reader.id, victim), new_row(table, attacker.id, victim)):
        if table != "messages" and stolen[owner] == str(attacker.id):
            continue  # a row of one's own may be made
        assert (await http.post(table, json=stolen)).status_code in (403, 409)
    assert rows(project) == before


@pytest.mark.parametrize("table", ["conversations", "messages"])
async def test_a_row_of_ones_own_cannot_be_given_away(
    table: str, victim: Victim, http: httpx.AsyncClient, supabase_stores: ReaderStores, project: SupabaseServer
) -> None:
    attacker = await sign_up(supabase_stores, "eve@b.example")
    turn = await supabase_stores.conversations.begin_turn(attacker, TurnRequest(uuid4(), "Mine"))
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    own = turn.conversation_id if table == "conversations" else turn.question_id
    before = rows(project)
    response = await http.patch(table, params={"id": f"eq.{own}"}, json={"user_id": str(victim.reader.id)})
    assert response.status_code in (403, 409)
    if table == "messages":
        moved = {"conversation_id": str(victim.turn.conversation_id)}
        assert (await http.patch(table, params={"id": f"eq.{own}"}, json=moved)).status_code == 409
    assert rows(project) == before


@pytest.mark.parametrize("table", TABLES)
async def test_who_has_no_token_may_do_nothing(
    table: str, victim: Victim, http: httpx.AsyncClient, project: SupabaseServer
) -> None:
    before = rows(project)
    attempts = [
        await http.get(table),
        await http.patch(table, params={"id": f"eq.{victim.row_id(table)}"}, json={"id": str(uuid4())}),
        await http.delete(table, params={"id": f"eq.{victim.row_id(table)}"}),
        await http.post(table, json=new_row(table, victim.reader.id, victim)),
    ]
    assert [attempt.status_code for attempt in attempts] == [401] * 4
    assert rows(project) == before


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_who_has_no_token_may_call_nothing(
    function: str, http: httpx.AsyncClient, project: SupabaseServer
) -> None:
    response = await http.post(f"rpc/{function}", json=FUNCTIONS[function])
    assert (response.status_code, response.json()["code"]) == (401, "42501")


async def test_forged_tokens_open_nothing(victim: Victim, http: httpx.AsyncClient, project: SupabaseServer) -> None:
    # These are this stand-in's to refuse, as they are PostgREST's; ours to refuse are all (test_supabase_tokens).
    wanted = {"expired", "another key", "no kid", "unknown kid", "none", "HS256 with the public key", "no signature"}
    tokens = forged_tokens(project)
    for wrong in sorted(wanted):
        http.headers["authorization"] = f"Bearer {tokens[wrong]}"
        for table in TABLES:
            response = await http.get(table)
            assert response.status_code == 401, (wrong, response.text)


async def test_functions_see_the_callers_rows_alone(
    victim: Victim, http: httpx.AsyncClient, supabase_stores: ReaderStores
) -> None:
    attacker = await new_guest(supabase_stores)
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    theirs = str(victim.turn.conversation_id)
    assert (await http.post("rpc/open_conversation", json={"conversation": theirs})).json() is None
    assert (await http.post("rpc/list_conversations", json={"max_rows": 100})).json() == []
    named = {"in_conversation": theirs, "named": str(victim.turn.question_id)}
    assert (await http.post("rpc/find_message", json=named)).json() is None
    branch = {"in_conversation": theirs, "last_id": str(victim.turn.answer_id), "max_messages": 9}
    assert (await http.post("rpc/read_branch", json=branch)).json() == []
    place = {"in_conversation": theirs, "last_id": str(victim.turn.answer_id), "wanted": str(victim.turn.question_id)}
    assert (await http.post("rpc/is_on_branch", json=place)).json() is False
    http.headers["authorization"] = f"Bearer {victim.reader.access_token}"
    assert (await http.post("rpc/is_on_branch", json=place)).json() is True


async def test_functions_change_nobody_elses_rows(
    victim: Victim, http: httpx.AsyncClient, supabase_stores: ReaderStores, project: SupabaseServer
) -> None:
    attacker = await new_guest(supabase_stores)
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    before = rows(project)
    theirs = {"conversation_id": str(victim.turn.conversation_id), "answer_id": str(victim.turn.answer_id)}
    finished = {**theirs, "status": "incomplete", "content": "Forged.", "sources": [], "timing": {}}
    for function in ("save_answer", "finish_answer", "finish_turn"):
        assert (await http.post(f"rpc/{function}", json={"turn": finished})).json() is False
    ids = {"question_id": str(uuid4()), "answer_id": str(uuid4()), "user_id": str(victim.reader.id)}
    for trigger in ("submit", "regenerate"):
        begun = {**theirs, **ids, "trigger": trigger, "title": "t", "question": "Forged?", "history_limit": 9}
        assert (await http.post("rpc/begin_turn", json={"turn": begun})).status_code == 404
        # By its answer's id as well, which is that of a turn that is there.
        again = {**begun, "answer_id": str(victim.turn.answer_id), "target": str(victim.turn.question_id)}
        assert (await http.post("rpc/begin_turn", json={"turn": again})).status_code == 404
    assert rows(project) == before


def test_every_function_is_tried_and_runs_with_the_callers_rights(project: SupabaseServer) -> None:
    query = "select proname, prosecdef from pg_proc where pronamespace = 'public'::regnamespace"
    with psycopg.connect(project.database_url) as connection:
        found: dict[str, bool] = dict(connection.execute(query).fetchall())
    assert found.pop("make_profile") is True  # a trigger's, which nobody may call
    assert found.pop("delete_idle_guests") is False  # the operator's, which no reader may call
    assert found.pop("delete_old_conversations") is False  # likewise
    assert found.pop("delete_account") is True  # it deletes the caller's row alone; tried below
    assert found.pop("clean_metadata") is True  # likewise
    assert found.pop("clean_identity") is False  # likewise
    assert found.pop("bookrag_schema") is False  # a number, for the readiness check of older servers
    assert found.pop("newest_migration") is True  # a number, for the readiness check
    assert found.pop("database_state") is True  # for `bookrag doctor`: what is applied, no row of a reader
    assert found.pop("owner_rights_functions") is False  # likewise, which functions there are
    assert found == dict.fromkeys(FUNCTIONS, False)


async def test_the_trigger_function_cannot_be_called(http: httpx.AsyncClient, supabase_stores: ReaderStores) -> None:
    attacker = await new_guest(supabase_stores)
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    for function in ("make_profile", "clean_metadata", "clean_identity"):
        assert (await http.post(f"rpc/{function}", json={})).status_code >= 400


async def test_readers_delete_their_own_account_and_nobody_elses(
    victim: Victim, http: httpx.AsyncClient, supabase_stores: ReaderStores, project: SupabaseServer
) -> None:
    http.headers["authorization"] = f"Bearer {PUBLISHABLE_KEY}"
    assert (await http.post("rpc/delete_account", json={})).status_code in (401, 403)
    attacker = await new_guest(supabase_stores)
    http.headers["authorization"] = f"Bearer {attacker.access_token}"
    before = rows(project)
    assert (await http.post("rpc/delete_account", json={"id": str(victim.reader.id)})).status_code >= 400
    assert (await http.post("rpc/delete_account", json={})).is_success
    left = {str(user_id) for (user_id,) in project.sql("select id from auth.users")}
    assert (str(attacker.id) in left, str(victim.reader.id) in left) == (False, True)
    after = rows(project)
    assert str(victim.turn.question_id) in str(before)
    assert str(victim.turn.question_id) in str(after)


async def test_readers_cannot_delete_old_conversations(http: httpx.AsyncClient, supabase_stores: ReaderStores) -> None:
    attacker = await new_guest(supabase_stores)
    for token in (attacker.access_token, PUBLISHABLE_KEY):
        http.headers["authorization"] = f"Bearer {token}"
        refused = await http.post("rpc/delete_old_conversations", json={"kept": "0 days"})
        assert refused.status_code in (401, 403)


async def test_readers_cannot_delete_guests(http: httpx.AsyncClient, supabase_stores: ReaderStores) -> None:
    attacker = await new_guest(supabase_stores)
    for token in (attacker.access_token, PUBLISHABLE_KEY):
        http.headers["authorization"] = f"Bearer {token}"
        assert (await http.post("rpc/delete_idle_guests", json={"idle": "0 days"})).status_code in (401, 403)


async def test_every_table_is_under_row_level_security_with_a_policy_for_each_verb(project: SupabaseServer) -> None:
    with psycopg.connect(project.database_url) as connection:
        tables = connection.execute(
            "select relname, relrowsecurity from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        ).fetchall()
        policies = connection.execute("select tablename, cmd, roles from pg_policies").fetchall()
    # No policy for the list of migrations: nobody but the owner reads it.
    assert dict(tables) == dict.fromkeys((*TABLES, "bookrag_migrations"), True)
    verbs = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert {(table, verb) for table, verb, _ in policies} == {(table, verb) for table in TABLES for verb in verbs}
    assert {role for *_, roles in policies for role in roles} == {"authenticated"}


async def test_answers_from_before_the_verdict_are_given_theirs_once(victim: Victim, project: SupabaseServer) -> None:
    def verdicts() -> list[str | None]:
        with psycopg.connect(project.database_url) as connection:
            query = "select verdict from public.messages where role = 'assistant' order by seq"
            return [row[0] for row in connection.execute(query).fetchall()]

    add = """
        insert into public.messages (id, conversation_id, user_id, role, status, content, grounded)
        select gen_random_uuid(), id, user_id, 'assistant', 'complete', 'Kept', g.grounded
        from public.conversations, (values (true), (false)) as g (grounded) order by g.grounded desc
    """
    with psycopg.connect(project.database_url) as connection:
        connection.execute("alter table public.messages drop column verdict")
        connection.execute(add)
    apply_migrations(project.database_url)
    assert verdicts() == [None, "covered", "not_covered"]
    with psycopg.connect(project.database_url) as connection:  # small talk since then
        connection.execute("update public.messages set grounded = true where grounded is null and role = 'assistant'")
    apply_migrations(project.database_url)
    assert verdicts() == [None, "covered", "not_covered"]


async def test_deleting_a_user_deletes_all_that_is_theirs(
    victim: Victim, supabase_stores: ReaderStores, project: SupabaseServer
) -> None:
    other = await new_guest(supabase_stores)
    with psycopg.connect(project.database_url) as connection:
        connection.execute("delete from auth.users where id = %s", (victim.reader.id,))
    left = rows(project)
    assert [len(left[table]) for table in TABLES] == [1, 0, 0]
    assert left["profiles"][0][0]["id"] == str(other.id)


@pytest.mark.parametrize(
    "profile", [{"programming_knowledge": "wizard"}, "x", {"learning_goals": {}}, {"learning_goals": "x"}]
)
async def test_metadata_that_does_not_fit_keeps_nobody_from_signing_up(
    profile: Any, project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    async with httpx.AsyncClient(headers={"apikey": PUBLISHABLE_KEY}) as client:
        response = await client.post(f"{project.url}/auth/v1/signup", json={"data": {"profile": profile}})
    assert response.status_code == 200
    reader = await supabase_stores.accounts.verify(response.json()["access_token"])
    assert await supabase_stores.accounts.profile(reader) == Profile()
