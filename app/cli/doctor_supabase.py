"""What `bookrag doctor` says about a Supabase project: its key, settings, migrations, and who reaches whose rows.

It sees what anybody with the publishable key sees. What no table shows with that key, the database itself tells by
functions of the migrations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.cli.verdicts import Verdict, clock_verdicts
from app.settings import AppSettings
from storage.accounts.tokens import Issuers
from storage.environment import read_settings
from storage.settings import FIRST_NUMBERED, MIGRATIONS, StorageSettings, SupabaseSettings, legacy_key_role

TABLES = ("profiles", "conversations", "messages")
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
STATE_MIGRATION = "20261130000000_row_level_security_state.sql"  # which made the database report its state
FUNCTIONS_MIGRATION = "20261130180000_owner_rights_functions.sql"  # which made it list these functions
NO_SCHEMA = "bookrag_no_such_schema"
# The message of PostgREST up to version 12, and the hint of later ones.
_EXPOSED = re.compile(r"(?:The schema must be one of the following|Only the following schemas are exposed): (.+)")


@dataclass(frozen=True, slots=True)
class Project:
    """The project as callers without a session reach it."""

    url: str
    headers: dict[str, str]
    http: httpx.AsyncClient

    async def get(self, path: str, *, schema: str | None = None, **parameters: str) -> httpx.Response:
        """The answer of one address; of the database's interface, about another schema than the first."""
        headers = self.headers | ({"accept-profile": schema} if schema else {})
        return await self.http.get(f"{self.url}/{path}", params=parameters, headers=headers)

    async def call(self, function: str) -> Any:
        """The result of a database function; None if it does not exist."""
        answer = await self.http.post(f"{self.url}/rest/v1/rpc/{function}", headers=self.headers, json={})
        return answer.json() if answer.is_success else None


class PolicyState(BaseModel):
    """A policy that opens rows; `known` if its conditions are those that the migrations make."""

    model_config = ConfigDict(strict=True)

    name: str
    command: str
    known: bool


class TableState(BaseModel):
    """What guards the rows of a table; `views` are those that callers may use and that go past its policies."""

    model_config = ConfigDict(strict=True)

    row_level_security: bool
    policies: list[PolicyState]
    views: list[str]


class DatabaseState(BaseModel):
    """What the database's function `database_state` tells."""

    model_config = ConfigDict(strict=True)

    migrations: list[int]
    tables: dict[str, TableState]


class OwnerRightsFunction(BaseModel):
    """A function that runs with its owner's rights; `anybody` may call it, or only readers who are signed in."""

    model_config = ConfigDict(strict=True)

    name: str  # with its schema and the types of its arguments, as SQL writes them
    schema_name: str = Field(alias="schema")
    anybody: bool


_FUNCTIONS: TypeAdapter[list[OwnerRightsFunction]] = TypeAdapter(list[OwnerRightsFunction])


async def supabase_verdicts(app: AppSettings, stores: StorageSettings, http: httpx.AsyncClient) -> list[Verdict]:
    """The verdicts on the project that the settings name; none where they name none."""
    if stores.supabase_key is None:
        return []
    if stores.supabase_url is None:
        mend = "Set SUPABASE_URL to the project's address, or remove the key."
        return [Verdict("accounts", "warning", "a Supabase key is set, but SUPABASE_URL is not", mend)]
    verdicts = []
    key = stores.supabase_key.get_secret_value()
    if legacy_key_role(key):
        mend = "Set SUPABASE_PUBLISHABLE_KEY to a key that begins with sb_publishable_."
        verdicts.append(Verdict("supabase key", "warning", "it is a legacy key; Supabase ends these in 2026", mend))
    try:
        return verdicts + await _examine(app, Project(stores.supabase_url.rstrip("/"), {"apikey": key}, http))
    except httpx.HTTPStatusError as error:
        how = f"status {error.response.status_code}"
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        how = type(error).__name__
    mend = "Check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY."
    return [*verdicts, Verdict("supabase", "failed", f"the project's settings cannot be read: {how}", mend)]


async def _examine(app: AppSettings, project: Project) -> list[Verdict]:
    """The project's settings and migrations, and what guards the rows of readers."""
    answer = await project.get("auth/v1/settings")
    answer.raise_for_status()
    told = await project.call("database_state")
    state = _understood(told)
    return [
        *clock_verdicts("supabase", answer),
        *_sign_in_settings(app, answer.json()),
        *await _issuer(project),
        _migrations(await _missing_migrations(project, state)),
        *[await _rights_of_anybody(project, table) for table in TABLES],
        *_row_level_security(told, state),
        *_functions(await project.call("owner_rights_functions"), await _exposed_schemas(project)),
    ]


def _understood(told: Any) -> DatabaseState | None:
    try:
        return DatabaseState.model_validate(told)
    except ValidationError:
        return None


def _sign_in_settings(app: AppSettings, settings: dict[str, Any]) -> Iterator[Verdict]:
    external = settings.get("external") or {}
    wanted = (
        (not settings.get("disable_signup"), "Allow new users to sign up", True),
        (external.get("email"), "Email provider", True),
        (external.get("anonymous_users"), "Allow anonymous sign-ins", app.allow_guests),
        (not settings.get("mailer_autoconfirm"), "Confirm email", None),
    )
    for is_on, name, needed in wanted:
        if is_on:
            yield Verdict("supabase settings", "ok", f"{name!r} is on")
        elif needed:
            mend = "Turn it on under Authentication in the project's dashboard."
            yield Verdict("supabase settings", "failed", f"{name!r} is off", mend)
        elif needed is None:
            mend = "Turn it on for a public site: without it a sign-up reveals whether an address has an account."
            yield Verdict("supabase settings", "warning", f"{name!r} is off", mend)


async def _issuer(project: Project) -> list[Verdict]:
    """Whether tokens name the issuer that is expected, as far as the project publishes it."""
    answer = await project.get("auth/v1/.well-known/openid-configuration")
    try:
        named = answer.json().get("issuer") if answer.is_success else None
    except (ValueError, AttributeError):
        named = None
    if not named or not isinstance(named, str):
        return []
    issuers = Issuers.of_project(project.url, read_settings(SupabaseSettings).supabase_jwt_issuer)
    if issuers.accepts({"iss": named}):
        return [Verdict("supabase issuer", "ok", f"tokens name {named}")]
    mend = f"Set SUPABASE_JWT_ISSUER={named}, or every token is refused."
    return [Verdict("supabase issuer", "failed", f"the project's tokens name {named}", mend)]


async def _missing_migrations(project: Project, state: DatabaseState | None) -> list[str]:
    """The files that are not applied; of a database from before it told, those after the newest that is."""
    newest = 0
    for function in ("newest_migration", "bookrag_schema"):
        found = await project.call(function)
        if isinstance(found, int) and found > 0:
            newest = found
            break
    applied = set(state.migrations) if state else set()
    return [
        name
        for name, number in MIGRATIONS.items()
        if number > newest or (state is not None and number >= FIRST_NUMBERED and number not in applied)
    ]


def _migrations(missing: list[str]) -> Verdict:
    if not missing:
        return Verdict("supabase migrations", "ok", "all are applied")
    mend = "Apply these files of supabase/migrations, in this order. Applying one again does no harm."
    return Verdict("supabase migrations", "failed", f"missing: {', '.join(missing)}", mend)


async def _rights_of_anybody(project: Project, table: str) -> Verdict:
    """Whether callers without a session, to whose role the migrations give no rights, can read a table."""
    answer = await project.get(f"rest/v1/{table}", select="*", limit="1")
    if answer.status_code in {401, 403}:
        return Verdict("row-level security", "ok", f"nobody reads {table} without signing in")
    if answer.is_success and answer.json():
        mend = f"Run `alter table public.{table} enable row level security` and apply supabase/migrations, now."
        return Verdict("row-level security", "failed", f"anybody can read {table}", mend)
    mend = "Apply supabase/migrations: they take all rights from the role anon."
    return Verdict("row-level security", "failed", f"{table} answers {answer.status_code} to anybody", mend)


def _row_level_security(told: Any, state: DatabaseState | None) -> Iterator[Verdict]:
    """Whether readers who are signed in reach their own rows alone, as the database itself tells."""
    apply = f"Apply supabase/migrations/{STATE_MIGRATION}"
    if told is None:
        found = "it is not known whether readers who are signed in can reach only their own rows"
        yield Verdict("row-level security", "warning", found, f"{apply}.")
    elif state is None:
        found = "the database's answer is not understood: its function database_state is not that of the migrations"
        yield Verdict("row-level security", "failed", found, f"{apply} again.")
    else:
        for table in TABLES:
            faults = list(_faults(table, state.tables.get(table)))
            closed = f"it is on for {table}, every policy names the row's owner, and no view goes past them"
            yield from faults or [Verdict("row-level security", "ok", closed)]


def _faults(table: str, found: TableState | None) -> Iterator[Verdict]:
    part, again = "row-level security", f"Apply supabase/migrations/{next(iter(MIGRATIONS))} again"
    if found is None:
        yield Verdict(part, "failed", f"there is no table {table}", f"{again}.")
        return
    if not found.row_level_security:
        mend = f"Run `alter table public.{table} enable row level security`, now."
        yield Verdict(part, "failed", f"it is off for {table}: whoever signs in reaches the rows of all", mend)
    for policy in found.policies:
        if not policy.known:
            message = f"{table} has the policy {policy.name!r}, which is not known here and may open others' rows"
            name = policy.name.replace('"', '""')
            mend = f'Run `drop policy "{name}" on public.{table}`, unless it is yours and right.'
            yield Verdict(part, "failed", message, mend)
    for view in found.views:
        message = f"the view {view} shows {table} to readers with its owner's rights, past every policy"
        mend = f"Run `alter view {view} set (security_invoker = true)`, or take the rights to it from readers."
        yield Verdict(part, "failed", message, mend)
    covered = {policy.command for policy in found.policies}
    lacking = [] if "ALL" in covered else [command for command in COMMANDS if command not in covered]
    if lacking:
        yield Verdict(part, "failed", f"{table} has no policy for {', '.join(lacking)}", f"{again}: it makes them.")


async def _exposed_schemas(project: Project) -> set[str]:
    """The schemas whose functions can be called; the interface names them to whoever asks for one that is not there."""
    answer = await project.get(f"rest/v1/{TABLES[0]}", schema=NO_SCHEMA)
    try:
        told = f"{answer.json().get('message')}\n{answer.json().get('hint')}"
    except (ValueError, AttributeError):
        told = ""
    listed = _EXPOSED.search(told)
    return {name.strip() for name in listed[1].split(",")} if listed else {"public"}


def _functions(told: Any, schemas: set[str]) -> Iterator[Verdict]:
    """Whether callers reach functions that no policy holds, other than those of the migrations."""
    part, apply = "database functions", f"Apply supabase/migrations/{FUNCTIONS_MIGRATION}"
    try:
        found = None if told is None else _FUNCTIONS.validate_python(told)
    except ValidationError:
        message = (
            "the database's answer is not understood: its function owner_rights_functions is not that of the migrations"
        )
        yield Verdict(part, "warning", message, f"{apply} again.")
        return
    if found is None:
        message = "it is not known which functions run with their owner's rights"
        yield Verdict(part, "warning", message, f"{apply}.")
        return
    reached = [function for function in found if function.schema_name in schemas]
    for function in reached:
        callers = "anybody" if function.anybody else "readers who are signed in"
        message = f"{callers} can call {function.name}, which runs with its owner's rights, past every policy"
        revoke = f"revoke execute on function {function.name} from public, anon, authenticated"
        yield Verdict(part, "warning", message, f"Run `{revoke}`, unless it checks by itself what a caller may do.")
    if not reached:
        where = ", ".join(sorted(schemas))
        yield Verdict(part, "ok", f"only those of the migrations run with their owner's rights (schemas: {where})")
