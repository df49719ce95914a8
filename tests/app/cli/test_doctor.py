"""`bookrag doctor` on a healthy set-up and on broken ones: each fault is named with its mend and sets the exit code."""

import json
import os
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from app.cli.doctor_supabase import FUNCTIONS_MIGRATION, STATE_MIGRATION
from app.settings import AppSettings
from storage.settings import MIGRATIONS
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply
from tests.qdrant_server import QdrantServer
from tests.server_processes import free_port
from tests.serving import serving
from tests.small_book import write_small_book
from tests.supabase_server import PUBLISHABLE_KEY, Fault, SupabaseServer, apply_migrations

RANKS = ["off", "ok", "warning", "failed"]


def examined(folder: Path, data_dir: Path, **settings: str) -> tuple[dict[str, dict[str, Any]], int]:
    """Each part's worst verdict, and the exit code."""
    environment = {"DATA_DIR": str(data_dir), "MODELS_DIR": os.environ["MODELS_DIR"], **settings}
    ran = run_command("doctor", "--json", environment=environment, folder=folder)
    worst: dict[str, dict[str, Any]] = {}
    for verdict in json.loads(ran.stdout):
        known = worst.setdefault(verdict["part"], verdict)
        if RANKS.index(verdict["state"]) > RANKS.index(known["state"]):
            worst[verdict["part"]] = verdict
    return worst, ran.returncode


def supabase(project: SupabaseServer) -> dict[str, str]:
    return {"SUPABASE_URL": project.url, "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY}


def test_a_healthy_set_up_passes(data_dir: Path, tmp_path: Path, project: SupabaseServer) -> None:
    project.auth.confirm_addresses = True
    with GeminiServer(Reply(chunks=("yes",))) as gemini:
        more = {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url, **supabase(project)}
        verdicts, code = examined(tmp_path, data_dir, **more)
    assert [verdict for verdict in verdicts.values() if verdict["state"] == "failed"] == []
    assert verdicts["site"]["state"] == "warning"  # the small book's site is published nowhere
    for part in (
        "settings",
        "disk",
        "model",
        "index",
        "accounts",
        "supabase migrations",
        "row-level security",
        "database functions",
        "clock",
    ):
        assert verdicts[part]["state"] == "ok", verdicts[part]
    assert code == 0


def test_a_wrong_setting_is_named_and_nothing_else_is_tried(data_dir: Path, tmp_path: Path) -> None:
    verdicts, code = examined(tmp_path, data_dir, CORS_ORIGINS="book.example")
    assert (code, set(verdicts)) == (1, {"settings"})
    assert "CORS_ORIGINS" in verdicts["settings"]["message"]


def test_a_key_that_gemini_refuses(data_dir: Path, tmp_path: Path) -> None:
    with GeminiServer() as gemini:
        gemini.script_whole(Reply(status=400, error_status="INVALID_ARGUMENT"))
        more = {"GEMINI_API_KEY": "a-secret-key", "GEMINI_BASE_URL": gemini.url}
        verdicts, code = examined(tmp_path, data_dir, **more)
    assert (code, verdicts["model"]["state"]) == (1, "failed")
    assert "GEMINI_API_KEY" in verdicts["model"]["mend"]
    assert "a-secret-key" not in json.dumps(verdicts)


def test_a_model_that_fails_is_told_although_a_second_one_answers(tmp_path: Path) -> None:
    with GeminiServer() as gemini:
        gemini.of_model = {"first": Reply(status=404)}
        more = {"GEMINI_MODEL": "first", "GEMINI_FALLBACK_MODEL": "second"}
        verdicts, code = examined(tmp_path, tmp_path / "empty", GEMINI_API_KEY="k", GEMINI_BASE_URL=gemini.url, **more)
    assert (code, verdicts["model"]["state"]) == (1, "failed")


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        (Reply(status=403), "GEMINI_API_KEY"),
        (Reply(status=404), "GEMINI_MODEL"),
        (Reply(status=429), "quota"),
        (Reply(status=503), "GEMINI_BASE_URL"),
    ],
)
def test_what_is_to_be_done_about_a_model_depends_on_its_answer(tmp_path: Path, reply: Reply, named: str) -> None:
    with GeminiServer() as gemini:
        gemini.script_whole(reply)
        more = {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}
        verdicts, code = examined(tmp_path, tmp_path / "empty", **more)
    assert (code, verdicts["model"]["state"]) == (1, "failed")
    assert named in verdicts["model"]["mend"]


def test_a_model_that_cannot_be_fetched_is_not_mended_by_a_build(data_dir: Path, tmp_path: Path) -> None:
    verdicts, code = examined(tmp_path, data_dir, EMBED_MODEL=str(tmp_path / "no-model"))
    assert (code, verdicts["index"]["mend"]) == (1, "Correct the setting that it names.")
    assert "EMBED_MODEL" in verdicts["index"]["message"]


def test_without_an_index_the_command_that_builds_one_is_named(tmp_path: Path) -> None:
    verdicts, code = examined(tmp_path, tmp_path / "empty")
    assert (code, verdicts["index"]["state"]) == (1, "failed")
    assert "bookrag index build" in verdicts["index"]["mend"]


def test_a_qdrant_server_that_is_not_there_and_one_that_refuses_the_key(
    data_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    verdicts, code = examined(tmp_path, data_dir, QDRANT_URL="http://127.0.0.1:9")
    assert (code, verdicts["qdrant"]["state"]) == (1, "failed")
    assert verdicts["index"]["mend"] == "The index may be intact: fix `qdrant` first."
    assert caplog.messages == []  # the verdicts say it all; a terminal would show a second, raw line
    with QdrantServer(tmp_path / "qdrant", api_key="right") as server:
        wrong, code = examined(tmp_path, data_dir, QDRANT_URL=server.url, QDRANT_API_KEY="wrong")
        right, _ = examined(tmp_path, data_dir, QDRANT_URL=server.url, QDRANT_API_KEY="right")
    assert (code, wrong["qdrant"]["mend"]) == (1, "Check QDRANT_API_KEY.")
    assert right["qdrant"]["state"] == "ok"


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("signup_disabled", "Allow new users to sign up"),
        ("email_disabled", "Email provider"),
        ("guests_disabled", "Allow anonymous sign-ins"),
    ],
)
def test_settings_of_the_project_that_accounts_need(
    data_dir: Path, tmp_path: Path, project: SupabaseServer, option: str, named: str
) -> None:
    setattr(project.auth, option, True)
    verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    assert (code, verdicts["supabase settings"]["state"]) == (1, "failed")
    assert named in verdicts["supabase settings"]["message"]


def test_missing_migrations_and_a_table_that_anybody_reads(
    data_dir: Path, tmp_path: Path, project: SupabaseServer
) -> None:
    with psycopg.connect(project.database_url, autocommit=True) as database:
        database.execute("alter function public.newest_migration() rename to newest_migration_kept")
        database.execute("grant select on public.conversations to anon")
        database.execute("alter table public.conversations disable row level security")
        try:
            verdicts, code = examined(tmp_path, data_dir, **supabase(project))
        finally:
            database.execute("alter table public.conversations enable row level security")
            database.execute("revoke all on public.conversations from anon")
            database.execute("alter function public.newest_migration_kept() rename to newest_migration")
    assert code == 1
    assert "migrations" in verdicts["accounts"]["message"]
    assert verdicts["supabase migrations"]["state"] == "failed"
    assert verdicts["row-level security"]["state"] == "failed"
    assert "conversations" in verdicts["row-level security"]["message"]


@pytest.mark.parametrize(
    ("broken", "mended", "message", "mend"),
    [
        (
            "alter table public.messages disable row level security",
            "alter table public.messages enable row level security",
            "off for messages",
            "alter table public.messages enable row level security",
        ),
        (
            "create policy everybody on public.conversations for select to authenticated using (true)",
            "drop policy everybody on public.conversations",
            "conversations has the policy 'everybody'",
            'drop policy "everybody" on public.conversations',
        ),
        (
            'alter policy "profiles: change one\'s own" on public.profiles with check (true)',
            'alter policy "profiles: change one\'s own" on public.profiles with check ((select auth.uid()) = id)',
            "profiles has the policy",
            "profiles: change one's own",
        ),
        (
            "create policy most on public.messages for select to authenticated using ((select auth.uid()) >= user_id)",
            "drop policy most on public.messages",
            "messages has the policy 'most'",
            'drop policy "most" on public.messages',
        ),
        (
            """create role teacher; grant teacher to authenticated;
            create policy all_of_it on public.messages for select to teacher using (true)""",
            "drop policy all_of_it on public.messages; drop role teacher",
            "messages has the policy 'all_of_it'",
            'drop policy "all_of_it" on public.messages',
        ),
        (
            """grant service_role to authenticated;
            create policy all_of_it on public.messages for select to service_role using (true)""",
            "drop policy all_of_it on public.messages; revoke service_role from authenticated",
            "messages has the policy 'all_of_it'",
            'drop policy "all_of_it" on public.messages',
        ),
        (
            "create view public.said as select * from public.messages; grant select on public.said to authenticated",
            "drop view public.said",
            "the view public.said shows messages",
            "alter view public.said set (security_invoker = true)",
        ),
        (
            """create view public.said as select * from public.messages;
            create materialized view public.counted as select user_id, count(*) from public.said group by user_id;
            grant select (user_id) on public.counted to anon""",
            "drop view public.said cascade",
            "the view public.counted shows messages",
            "take the rights to it from readers",
        ),
        (
            'drop policy "messages: delete one\'s own" on public.messages',
            """create policy "messages: delete one's own" on public.messages
            for delete to authenticated using ((select auth.uid()) = user_id)""",
            "messages has no policy for DELETE",
            "20261121000000_accounts_and_history.sql again",
        ),
    ],
    ids=[
        "off",
        "open policy",
        "open check",
        "another comparison",
        "a role that readers have",
        "a service role that readers have",
        "view",
        "view of a view",
        "no policy",
    ],
)
def test_rows_that_readers_who_are_signed_in_could_reach(
    data_dir: Path,
    tmp_path: Path,
    project: SupabaseServer,
    broken: LiteralString,
    mended: LiteralString,
    message: str,
    mend: str,
) -> None:
    project.sql(broken)
    try:
        verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    finally:
        project.sql(mended)
    assert (code, verdicts["row-level security"]["state"]) == (1, "failed")
    assert message in verdicts["row-level security"]["message"]
    assert mend in verdicts["row-level security"]["mend"]
    assert verdicts["accounts"]["state"] == "ok"  # nothing else would have told


def test_policies_that_restrict_and_what_readers_have_no_rights_to_are_no_fault(
    data_dir: Path, tmp_path: Path, project: SupabaseServer
) -> None:
    project.sql("create policy short on public.messages as restrictive for insert to authenticated with check (true)")
    project.sql("create policy all_of_it on public.messages for select to service_role using (true)")
    project.sql("create view public.mine with (security_invoker = on) as select * from public.messages")
    project.sql("grant select on public.mine to authenticated")
    project.sql("create view public.operators as select * from public.messages")
    project.sql("revoke all on public.operators from anon, authenticated")  # whom a project grants all by default
    try:
        verdicts, _ = examined(tmp_path, data_dir, **supabase(project))
    finally:
        project.sql("drop policy short on public.messages")
        project.sql("drop policy all_of_it on public.messages")
        project.sql("drop view public.mine, public.operators")
    assert verdicts["row-level security"]["state"] == "ok", verdicts["row-level security"]


OF_ALL = "language sql security definer as $$ select * from public.messages $$"


@pytest.mark.parametrize(
    ("made", "removed", "message", "mend"),
    [
        (
            f"create function public.said(uuid) returns setof public.messages {OF_ALL}",
            "drop function public.said(uuid)",
            "anybody can call public.said(uuid), which runs with its owner's rights",
            "revoke execute on function public.said(uuid) from public, anon, authenticated",
        ),
        (
            f"""create function public."What is said"("of whom" uuid) returns setof public.messages {OF_ALL};
            revoke execute on function public."What is said" from public, anon""",
            'drop function public."What is said"(uuid)',
            'readers who are signed in can call public."What is said"("of whom" uuid)',
            'revoke execute on function public."What is said"("of whom" uuid) from',
        ),
        (
            f"""create schema api; grant usage on schema api to authenticated;
            create function api.said() returns setof public.messages {OF_ALL};
            alter role authenticator set pgrst.db_schemas = 'public, api'""",
            "drop schema api cascade; alter role authenticator reset pgrst.db_schemas",
            "readers who are signed in can call api.said()",
            "unless it checks by itself what a caller may do",
        ),
        (
            f"create function public.delete_account(given uuid) returns setof public.messages {OF_ALL}",
            "drop function public.delete_account(uuid)",
            "anybody can call public.delete_account(given uuid)",
            "revoke execute",
        ),
    ],
    ids=["anybody's", "readers'", "another schema that is exposed", "a name of the migrations"],
)
def test_functions_with_their_owners_rights_that_callers_reach(
    data_dir: Path,
    tmp_path: Path,
    project: SupabaseServer,
    made: LiteralString,
    removed: LiteralString,
    message: str,
    mend: str,
) -> None:
    project.sql(made)
    try:
        verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    finally:
        project.sql(removed)
    assert (code, verdicts["database functions"]["state"]) == (0, "warning")
    assert message in verdicts["database functions"]["message"]
    assert mend in verdicts["database functions"]["mend"]


def test_functions_with_their_owners_rights_that_nobody_reaches_are_no_fault(
    data_dir: Path, tmp_path: Path, project: SupabaseServer
) -> None:
    project.sql(
        f"""create schema helpers; grant usage on schema helpers to authenticated;
        create function helpers.is_teacher() returns setof public.messages {OF_ALL};
        create function public.operators() returns setof public.messages {OF_ALL};
        revoke execute on function public.operators() from public, anon, authenticated;
        create function public.stamp() returns trigger language plpgsql security definer as $$ begin return new; end $$;
        create function public.own() returns bigint language sql as $$ select count(*) from public.messages $$"""
    )
    try:
        verdicts, _ = examined(tmp_path, data_dir, **supabase(project))
        # What PostgREST says before version 13, and that it is looked at only as far as it is understood.
        older = '{"code": "PGRST106", "message": "The schema must be one of the following: public, helpers"}'
        project.faults.rest = Fault(only="GET /rest/v1/profiles", status=406, body=older)
        exposed, _ = examined(tmp_path, data_dir, **supabase(project))
        project.faults.rest = Fault(only="GET /rest/v1/profiles", status=502)
        unknown, _ = examined(tmp_path, data_dir, **supabase(project))
    finally:
        project.sql("drop schema helpers cascade; drop function public.operators, public.stamp, public.own")
    assert verdicts["database functions"]["state"] == "ok", verdicts["database functions"]
    assert "schemas: graphql_public, public" in verdicts["database functions"]["message"]
    assert "helpers.is_teacher()" in exposed["database functions"]["message"]
    assert "(schemas: public)" in unknown["database functions"]["message"]


def test_an_answer_of_the_database_that_is_not_understood_is_named(
    data_dir: Path, tmp_path: Path, project: SupabaseServer
) -> None:
    project.sql(
        """create or replace function public.database_state() returns jsonb language sql as
        $$ select '{"migrations": [1], "tables": {"messages": 5}}'::jsonb $$"""
    )
    project.sql(
        """create or replace function public.owner_rights_functions() returns jsonb language sql as
        $$ select '{"name": 5}'::jsonb $$"""
    )
    try:
        verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    finally:
        apply_migrations(project.database_url)
    assert (code, verdicts["row-level security"]["state"]) == (1, "failed")
    assert "the database's answer is not understood" in verdicts["row-level security"]["message"]
    assert STATE_MIGRATION in verdicts["row-level security"]["mend"]
    assert "the database's answer is not understood" in verdicts["database functions"]["message"]
    assert verdicts["accounts"]["state"] == "ok"


def test_the_migrations_that_are_missing_are_named(data_dir: Path, tmp_path: Path, project: SupabaseServer) -> None:
    names = list(MIGRATIONS)

    def missing(number: int) -> str:
        """With what a database says whose newest migration has this number, before 4 by an older function."""
        project.sql("drop function public.database_state(), public.owner_rights_functions()")
        if number < 4:
            project.sql("alter function public.newest_migration() rename to newest_migration_kept")
        else:
            project.sql("delete from public.bookrag_migrations where number > %s", number)
        try:
            verdicts, code = examined(tmp_path, data_dir, **supabase(project))
        finally:
            if number < 4:
                project.sql("alter function public.newest_migration_kept() rename to newest_migration")
            apply_migrations(project.database_url)
        assert code == 1
        assert verdicts["row-level security"]["state"] == "warning"
        assert STATE_MIGRATION in verdicts["row-level security"]["mend"]
        assert verdicts["database functions"]["state"] == "warning"
        assert FUNCTIONS_MIGRATION in verdicts["database functions"]["mend"]
        return str(verdicts["supabase migrations"]["message"])

    assert missing(7) == f"missing: {names[-1]}"
    assert missing(6) == f"missing: {', '.join(names[9:])}"
    assert missing(4) == f"missing: {', '.join(names[7:])}"
    assert missing(3) == f"missing: {', '.join(names[6:])}"
    project.sql("delete from public.bookrag_migrations where number = 5")
    try:
        verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    finally:
        apply_migrations(project.database_url)
    assert (code, verdicts["supabase migrations"]["message"]) == (1, "missing: 20261129180000_understood.sql")


def test_a_supabase_that_is_away_fails_the_check_of_accounts(
    data_dir: Path, tmp_path: Path, project: SupabaseServer
) -> None:
    project.faults.auth = Fault(status=503)
    verdicts, code = examined(tmp_path, data_dir, **supabase(project))
    assert (code, verdicts["accounts"]["state"]) == (1, "failed")


def test_supabase_settings_that_are_wrong_are_named(data_dir: Path, tmp_path: Path, project: SupabaseServer) -> None:
    wrong_key = {**supabase(project), "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_of_another_project"}
    verdicts, code = examined(tmp_path, data_dir, **wrong_key)
    assert (code, verdicts["accounts"]["state"]) == (1, "failed")
    assert "SUPABASE_PUBLISHABLE_KEY" in verdicts["accounts"]["message"]
    assert project.url in verdicts["accounts"]["mend"]
    assert verdicts["supabase"]["message"] == "the project's settings cannot be read: status 401"
    issuer = "https://evil.example/auth/v1"
    verdicts, code = examined(tmp_path, data_dir, **supabase(project), SUPABASE_JWT_ISSUER=issuer)
    assert (code, verdicts["supabase issuer"]["state"]) == (1, "failed")
    assert f"SUPABASE_JWT_ISSUER={project.url}/auth/v1" in verdicts["supabase issuer"]["mend"]
    verdicts, code = examined(tmp_path, data_dir, **supabase(project), SUPABASE_TIMEOUT_SECONDS="0")
    assert (code, set(verdicts)) == (1, {"settings"})
    assert "SUPABASE_TIMEOUT_SECONDS" in verdicts["settings"]["message"]


def test_a_preflight_from_the_sites_origin_is_sent_to_the_server_that_runs(tmp_path: Path) -> None:
    site = "http://localhost:3000"
    docs = write_small_book(tmp_path / "book")
    book = {"BOOK_DIR": str(docs), "SITE_URL": site, "BASE_URL": "/", "ROUTE_BASE_PATH": "docs"}
    data = tmp_path / "data"
    built = run_command("index", "build", environment={**book, "DATA_DIR": str(data)}, folder=tmp_path)
    assert built.returncode == 0, built.stderr

    def cors(port: int, origins: str = site) -> tuple[str, str, str]:
        settings = {"HOST": "0.0.0.0", "PORT": str(port), "CORS_ORIGINS": origins}
        found = examined(tmp_path, data, **settings)[0]["cors"]
        return found["state"], found["message"], found["mend"]

    state, message, _ = cors(free_port())
    assert (state, "only settings were compared" in message) == ("ok", True)
    with serving(data, app=AppSettings(cors_origins=site)) as served:
        port = int(served.url.rpartition(":")[2])
        assert cors(port) == ("ok", f"the server at {served.url} lets pages of {site} call it", "")
    with serving(data, app=AppSettings(cors_origins="https://other.example")) as served:
        port = int(served.url.rpartition(":")[2])
        state, message, mend = cors(port)
        assert (state, "a preflight got 400" in message, "Restart it" in mend) == ("failed", True, True)
        state, _, mend = cors(port, "https://other.example")
        assert (state, f"CORS_ORIGINS={site}" in mend) == ("warning", True)
    with QdrantServer(tmp_path / "qdrant") as another:  # something else that listens there
        state, message, _ = cors(int(another.url.rpartition(":")[2]), "")
        assert (state, "only settings were compared" in message) == ("warning", True)


def test_a_supabase_key_without_an_address_is_named(data_dir: Path, tmp_path: Path) -> None:
    verdicts, code = examined(tmp_path, data_dir, SUPABASE_PUBLISHABLE_KEY=PUBLISHABLE_KEY)
    assert (code, verdicts["accounts"]["state"]) == (0, "warning")
    assert "SUPABASE_URL" in verdicts["accounts"]["message"]


def test_the_report_for_people_names_the_mend(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path / "none"), "MODELS_DIR": os.environ["MODELS_DIR"]}
    ran = run_command("doctor", environment=environment, folder=tmp_path)
    assert ran.returncode == 1
    assert "→ `bookrag index build` makes an index." in ran.stdout
    assert ran.stderr == ""  # nothing beside the verdicts
