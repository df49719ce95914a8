"""`bookrag doctor`: tries each configured part, and prints a plain verdict with what to do about it."""

import asyncio
import json
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Iterator
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx
import typer
from llama_index.core.base.llms.types import ChatMessage
from pydantic import BaseModel, ConfigDict, ValidationError

from app.cli.output import console
from app.request_log import REQUEST_ID_HEADER
from app.settings import AppSettings
from engines.book import Book, open_book
from engines.errors import ModelBusyError, ModelError, ModelKeyError, ModelUnavailableError
from engines.events import Scope
from engines.gemini.llm import build_llm
from engines.settings import EngineSettings
from indexing.docusaurus.config import unpublished_origin
from storage.accounts.tokens import Issuers
from storage.disk import require_room
from storage.environment import read_settings
from storage.errors import BookragError, ConfigurationError, StorageUnavailableError
from storage.reader_stores import open_reader_stores
from storage.running_answers.redis_store import RedisRunningAnswers
from storage.settings import FIRST_NUMBERED, MIGRATIONS, StorageSettings, SupabaseSettings, legacy_key_role

State = Literal["ok", "warning", "failed", "off"]

OLDEST_QDRANT = (1, 16)  # with the queries and the metadata that the index needs
FREE_BYTES = 500_000_000  # a build beside the live one, and the log of the accounts
CLOCK_SECONDS = 30.0
SAMPLED_PAGES = 5
PART_SECONDS = 60.0
RESERVED = (".example", ".invalid", ".test")  # domains that exist nowhere (RFC 2606)
TABLES = ("profiles", "conversations", "messages")
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
STATE_MIGRATION = "20261130000000_row_level_security_state.sql"  # which made the database report its state
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red", "off": "dim"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one part, and what to do if it failed."""

    part: str
    state: State
    message: str
    mend: str = ""  # what to do; the name of the JSON field


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


def doctor(*, as_json: bool) -> None:
    """Print the verdicts; raises typer.Exit with code 1 if a part failed."""
    logging.disable(logging.ERROR)  # the verdicts say what the parts would log, and what to do
    try:
        verdicts = asyncio.run(examine())
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        console().print_json(json.dumps([asdict(verdict) for verdict in verdicts]))
    else:
        for verdict in verdicts:
            console().print(f"{verdict.state:8}", style=_COLOURS[verdict.state], end="")
            console().print(f"{verdict.part}: {verdict.message}")
            if verdict.mend:
                console().print(f"        → {verdict.mend}")
    if any(verdict.state == "failed" for verdict in verdicts):
        raise typer.Exit(1)


async def examine() -> list[Verdict]:
    """The verdicts on all parts, in a fixed order; a part whose settings are wrong is not tried."""
    verdicts: list[Verdict] = []
    app = _read(AppSettings, verdicts)
    engines = _read(EngineSettings, verdicts)
    stores = _read(StorageSettings, verdicts)
    if stores is not None and stores.supabase_url:
        _read(SupabaseSettings, verdicts)
    if verdicts or app is None or engines is None or stores is None:
        return verdicts
    verdicts.append(Verdict("settings", "ok", "all values can be read"))
    verdicts += _disk(stores)
    verdicts += _workers(app, stores)
    # No redirects: a key would be sent to wherever they lead.
    async with httpx.AsyncClient(timeout=10) as http:
        verdicts += await _tried("redis", _redis(stores))
        verdicts += await _tried("model", _model(engines))
        verdicts += await _tried("qdrant", _qdrant(stores, http))
        verdicts += await _tried("index", _index(app, engines, stores, http))
        verdicts += await _tried("accounts", _accounts(app, stores, http))
    if not any(verdict.part == "clock" for verdict in verdicts):
        verdicts.append(Verdict("clock", "off", "no server was asked whose clock could be compared"))
    return verdicts


async def _tried(part: str, trial: Awaitable[list[Verdict]]) -> list[Verdict]:
    """The verdicts on one part, whatever a server responds and however long it takes."""
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await trial
    except TimeoutError:
        return [
            Verdict(
                part,
                "failed",
                f"it took longer than {PART_SECONDS:.0f} s",
                "Check that its address leads to the right server.",
            )
        ]
    except Exception as error:  # noqa: BLE001 - what a strange server causes is a verdict on it
        return [Verdict(part, "failed", f"it could not be tried ({type(error).__name__})", "Check its address.")]


def _read(settings: type[Any], verdicts: list[Verdict]) -> Any:
    try:
        return read_settings(settings)
    except ConfigurationError as error:
        verdicts.append(Verdict("settings", "failed", str(error), "Correct it in the environment or in .env."))
        return None


def _disk(stores: StorageSettings) -> Iterator[Verdict]:
    folder = stores.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        require_room(folder)
    except OSError as error:
        mend = "Make the folder writable for the user that runs the server, or set DATA_DIR to another one."
        yield Verdict("disk", "failed", f"DATA_DIR {folder} cannot be written: {error.strerror or error}", mend)
        return
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        mend = "Free some space: `bookrag index prune` deletes old builds."
        yield Verdict("disk", "warning", f"{free / 1e6:,.0f} MB are left at DATA_DIR", mend)
    else:
        yield Verdict("disk", "ok", f"{free / 1e9:,.1f} GB are left at DATA_DIR")


def _workers(app: AppSettings, stores: StorageSettings) -> Iterator[Verdict]:
    cores = os.cpu_count() or 1
    if app.workers > cores:
        yield Verdict(
            "workers", "warning", f"{app.workers} workers on {cores} cores", "More workers than cores gain nothing."
        )
    elif app.workers > 1 and not stores.redis_url and app.questions_in_all:
        mend = "Set REDIS_URL, so that all workers count together."
        yield Verdict("workers", "warning", "each worker counts QUESTIONS_IN_ALL for itself", mend)
    else:
        yield Verdict("workers", "ok", f"{app.workers} on {cores} cores")


async def _redis(stores: StorageSettings) -> list[Verdict]:
    if stores.redis_url is None:
        return [Verdict("redis", "off", "the workers of this machine share running answers through a file")]
    log = RedisRunningAnswers(stores.redis_url.get_secret_value())
    try:
        await log.ping()
    except StorageUnavailableError as error:
        return [
            Verdict("redis", "failed", f"it does not answer ({type(error.__cause__).__name__})", "Check REDIS_URL.")
        ]
    finally:
        await log.close()
    return [Verdict("redis", "ok", "it answers")]


async def _model(engines: EngineSettings) -> list[Verdict]:
    llm = build_llm(engines)
    if llm is None:
        return [Verdict("model", "off", "no GEMINI_API_KEY: answers are quoted passages")]
    try:
        # The key, the name, the quota and the way there in one request of a few tokens.
        await llm.achat([ChatMessage(role="user", content="Reply with the word yes.")], retry_budget_seconds=0.0)
    except ModelError as error:
        found = f"{llm.model} does not answer: {error.code} ({error.cause})"
        return [Verdict("model", "failed", found, _model_mend(error))]
    finally:
        await llm.aclose()
    return [Verdict("model", "ok", f"{llm.model} answers")]


def _model_mend(error: ModelError) -> str:
    if isinstance(error, ModelKeyError):
        return "Check GEMINI_API_KEY."
    if isinstance(error, ModelBusyError):
        return "Check the quota of the key's project, or wait."
    if isinstance(error, ModelUnavailableError):
        return "Can this machine reach it? Check GEMINI_BASE_URL, HTTPS_PROXY and the firewall."
    return "Check GEMINI_API_KEY and GEMINI_MODEL."


async def _qdrant(stores: StorageSettings, http: httpx.AsyncClient) -> list[Verdict]:
    if stores.qdrant_url is None:
        return [Verdict("qdrant", "off", "the index is embedded, in DATA_DIR")]
    key = stores.qdrant_api_key
    headers = {"api-key": key.get_secret_value()} if key else {}
    try:
        answer = await http.get(stores.qdrant_url, headers=headers)
        listed = await http.get(f"{stores.qdrant_url.rstrip('/')}/collections", headers=headers)
        if listed.is_redirect:
            return [Verdict("qdrant", "failed", "it redirects to another address", "Set QDRANT_URL to that one.")]
        if listed.status_code in {401, 403}:
            return [Verdict("qdrant", "failed", "it refuses the key", "Check QDRANT_API_KEY.")]
        version = str(answer.json().get("version", ""))
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return [Verdict("qdrant", "failed", f"no Qdrant answers there ({type(error).__name__})", "Check QDRANT_URL.")]
    verdicts = _clock("qdrant", answer)
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isascii() and part.isdigit() and len(part) < 9)
    if numbers < OLDEST_QDRANT:
        needed = ".".join(map(str, OLDEST_QDRANT))
        return [
            *verdicts,
            Verdict("qdrant", "failed", f"version {version}", f"Update the server to {needed} or newer."),
        ]
    return [*verdicts, Verdict("qdrant", "ok", f"version {version}")]


async def _index(
    app: AppSettings, engines: EngineSettings, stores: StorageSettings, http: httpx.AsyncClient
) -> list[Verdict]:
    try:
        async with open_book(engine_settings=engines, storage_settings=stores) as book:
            record = await book.index.check()
            days = (time.time() - (record.published or record.created).timestamp()) / 86_400
            found = f"{record.name}, {record.counts.get('chunks', 0)} chunks, {days:.0f} days old"
            verdicts = [Verdict("index", "ok", found)]
            return verdicts + await _site(app, book, record.book, record.contents, http)
    except BookragError as error:
        return [Verdict("index", "failed", str(error), _index_mend(error, stores))]


def _index_mend(error: BookragError, stores: StorageSettings) -> str:
    if isinstance(error, ConfigurationError):
        return "Correct the setting that it names."
    if isinstance(error, StorageUnavailableError) and stores.qdrant_url:
        return "The index may be intact: fix `qdrant` first."
    if isinstance(error, StorageUnavailableError):
        return "Does another program use DATA_DIR? `bookrag restore` brings a backup back."
    return "`bookrag index build` makes an index."


async def _site(
    app: AppSettings, book: Book, facts: dict[str, str], contents: list[dict[str, Any]], http: httpx.AsyncClient
) -> list[Verdict]:
    origin = facts.get("site_url", "").rstrip("/").lower()
    if not origin:
        return [
            Verdict("site", "warning", "the index does not have the site's address", "Set SITE_URL and build again.")
        ]
    if origin.endswith(RESERVED):
        return [_unpublished(origin)]
    cors = await _cors(app, origin, http)
    if unpublished_origin(origin):
        return [_unpublished(origin), cors]
    return [cors, await _citations(book, contents, http)]


def _unpublished(origin: str) -> Verdict:
    mend = "Set `url` in the site's config, or SITE_URL, and build again, before readers use this server."
    return Verdict("site", "warning", f"citations lead to {origin}, which no reader can open", mend)


async def _cors(app: AppSettings, origin: str, http: httpx.AsyncClient) -> Verdict:
    """Whether pages of the site may call the server: as it answers a browser's preflight, else by the settings."""
    by_settings = "*" in app.origins or origin in app.origins
    mend = f"Set CORS_ORIGINS={origin} if the chat is on these pages."
    server = _own_address(app)
    answer = await _preflight(f"{server}/api/chat", origin, http)
    if answer is None:
        compared = f"only settings were compared, as this service does not run at {server}"
        if by_settings:
            return Verdict("cors", "ok", f"pages of {origin} may call this server; {compared}")
        return Verdict("cors", "warning", f"browsers stop pages of {origin} from calling this server; {compared}", mend)
    if answer.is_success and answer.headers.get("access-control-allow-origin") in {"*", origin}:
        return Verdict("cors", "ok", f"the server at {server} lets pages of {origin} call it")
    found = f"the server at {server} refuses pages of {origin}: a preflight got {answer.status_code}"
    if by_settings:
        return Verdict("cors", "failed", found, "Restart it: it began before CORS_ORIGINS was set, or without it.")
    return Verdict("cors", "warning", found, mend)


def _own_address(app: AppSettings) -> str:
    """Where the server is reached from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(app.host, app.host)  # noqa: S104 - not bound
    return f"http://[{host}]:{app.port}" if ":" in host else f"http://{host}:{app.port}"


async def _preflight(address: str, origin: str, http: httpx.AsyncClient) -> httpx.Response | None:
    """What a browser is answered before a page of `origin` may ask; None where this service does not run."""
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    try:
        answer = await http.options(address, headers=headers)
    except httpx.HTTPError:
        return None
    return answer if REQUEST_ID_HEADER in answer.headers else None


async def _citations(book: Book, contents: list[dict[str, Any]], http: httpx.AsyncClient) -> Verdict:
    """Whether the addresses by which the book's chapters are cited open on the published site."""
    titles = [str(chapter.get("title", "")) for chapter in contents if chapter.get("title")][:SAMPLED_PAGES]
    addresses = []
    for title in titles:
        found = (await book.search(title, Scope(), 1)).sources
        addresses += [source.url for source in found if source.url.startswith(("http://", "https://"))]
    if not addresses:
        return Verdict("citations", "warning", "no citation could be sampled")
    dead = [address for address in dict.fromkeys(addresses) if not await _opens(address, http)]
    if dead:
        mend = (
            "Is this index of the site as it is published? `bookrag index check-links --site` compares all addresses."
        )
        return Verdict("citations", "failed", f"{len(dead)} of {len(addresses)} do not open: {dead[0]}", mend)
    return Verdict("citations", "ok", f"{len(addresses)} of {len(addresses)} sampled ones open")


async def _opens(address: str, http: httpx.AsyncClient) -> bool:
    page, _, name = address.partition("#")
    try:
        answer = await http.get(page, follow_redirects=True)
    except httpx.HTTPError:
        return False
    return answer.is_success and (not name or f'id="{name}"' in answer.text or f"id={name}" in answer.text)


async def _accounts(app: AppSettings, stores: StorageSettings, http: httpx.AsyncClient) -> list[Verdict]:
    where = "the Supabase project answers and signs tokens" if stores.supabase_url else "local, in DATA_DIR"
    verdicts = [Verdict("accounts", "ok", where)]
    try:
        async with open_reader_stores(stores) as opened:
            await opened.accounts.check()
    except BookragError as error:
        mend = ""
        if stores.supabase_url:
            mend = f"SUPABASE_URL is {stores.supabase_url}. docs/supabase.md lists the steps."
        verdicts = [Verdict("accounts", "failed", str(error), mend)]
    if stores.supabase_url is None and stores.supabase_key is not None:
        mend = "Set SUPABASE_URL to the project's address, or remove the key."
        return [*verdicts, Verdict("accounts", "warning", "a Supabase key is set, but SUPABASE_URL is not", mend)]
    if stores.supabase_url is None or stores.supabase_key is None:
        return verdicts
    key = stores.supabase_key.get_secret_value()
    if legacy_key_role(key):
        mend = "Set SUPABASE_PUBLISHABLE_KEY to a key that begins with sb_publishable_."
        verdicts.append(Verdict("supabase key", "warning", "it is a legacy key; Supabase ends these in 2026", mend))
    try:
        return verdicts + await _project(app, stores.supabase_url.rstrip("/"), {"apikey": key}, http)
    except httpx.HTTPStatusError as error:
        how = f"status {error.response.status_code}"
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        how = type(error).__name__
    mend = "Check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY."
    return [*verdicts, Verdict("supabase", "failed", f"the project's settings cannot be read: {how}", mend)]


async def _project(app: AppSettings, url: str, headers: dict[str, str], http: httpx.AsyncClient) -> list[Verdict]:
    """The project's settings, migrations and row-level security, as anybody with the publishable key sees them."""
    answer = await http.get(f"{url}/auth/v1/settings", headers=headers)
    answer.raise_for_status()
    told = await _called("database_state", url, headers, http)
    state = _understood(told)
    return [
        *_clock("supabase", answer),
        *_sign_in_settings(app, answer.json()),
        *await _issuer(url, headers, http),
        _migrations(await _missing_migrations(state, url, headers, http)),
        *[await _rights_of_anybody(url, table, headers, http) for table in TABLES],
        *_row_level_security(told, state),
    ]


def _understood(told: Any) -> DatabaseState | None:
    try:
        return DatabaseState.model_validate(told)
    except ValidationError:
        return None


async def _called(function: str, url: str, headers: dict[str, str], http: httpx.AsyncClient) -> Any:
    """The result of a database function; None if it does not exist."""
    answer = await http.post(f"{url}/rest/v1/rpc/{function}", headers=headers, json={})
    return answer.json() if answer.is_success else None


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
            mend = "Turn it on for a public site: without it a sign-up tells whether an address has an account."
            yield Verdict("supabase settings", "warning", f"{name!r} is off", mend)


async def _issuer(url: str, headers: dict[str, str], http: httpx.AsyncClient) -> list[Verdict]:
    """Whether tokens name the issuer that is expected, as far as the project publishes it."""
    answer = await http.get(f"{url}/auth/v1/.well-known/openid-configuration", headers=headers)
    try:
        named = answer.json().get("issuer") if answer.is_success else None
    except (ValueError, AttributeError):
        named = None
    if not named or not isinstance(named, str):
        return []
    issuers = Issuers.of_project(url, read_settings(SupabaseSettings).supabase_jwt_issuer)
    if issuers.accepts({"iss": named}):
        return [Verdict("supabase issuer", "ok", f"tokens name {named}")]
    mend = f"Set SUPABASE_JWT_ISSUER={named}, or every token is refused."
    return [Verdict("supabase issuer", "failed", f"the project's tokens name {named}", mend)]


async def _missing_migrations(
    state: DatabaseState | None, url: str, headers: dict[str, str], http: httpx.AsyncClient
) -> list[str]:
    """The files that are not applied; of a database from before it told, those after the newest that is."""
    newest = 0
    for function in ("newest_migration", "bookrag_schema"):
        found = await _called(function, url, headers, http)
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


async def _rights_of_anybody(url: str, table: str, headers: dict[str, str], http: httpx.AsyncClient) -> Verdict:
    """Whether callers without a session, to whose role the migrations give no rights, can read a table."""
    answer = await http.get(f"{url}/rest/v1/{table}", params={"select": "*", "limit": "1"}, headers=headers)
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
        found = "it cannot be told whether readers who are signed in reach their own rows alone"
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


def _clock(part: str, answer: httpx.Response) -> list[Verdict]:
    """Whether this machine's clock agrees with a server's; tokens are refused beyond a minute."""
    try:
        theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return []
    behind = theirs - time.time()
    if abs(behind) < CLOCK_SECONDS:
        return [Verdict("clock", "ok", f"as that of {part}")]
    mend = "Set this machine's clock by NTP."
    return [Verdict("clock", "failed", f"{abs(behind):.0f} s {'behind' if behind > 0 else 'ahead of'} {part}", mend)]
