"""`bookrag doctor`: tries each configured part, and prints a plain verdict with what to do about it.

`app/cli/doctor_supabase.py` looks at a Supabase project and its database.
"""

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Iterator
from typing import Any

import httpx
import typer
from llama_index.core.base.llms.types import ChatMessage

from app.before_public import RESERVED, left_open, reachable_by_others
from app.cli.doctor_supabase import supabase_verdicts
from app.cli.verdicts import Verdict, clock_verdicts, print_verdicts
from app.request_log import REQUEST_ID_HEADER
from app.settings import AppSettings
from engines.book import Book, open_book
from engines.errors import ModelBusyError, ModelError, ModelKeyError, ModelUnavailableError
from engines.events import Scope
from engines.gemini.llm import build_llm
from engines.settings import EngineSettings
from indexing.docusaurus.config import unpublished_origin
from storage.disk import require_room
from storage.environment import read_settings
from storage.errors import BookragError, ConfigurationError, StorageUnavailableError
from storage.reader_stores import open_reader_stores
from storage.running_answers.redis_store import RedisRunningAnswers
from storage.settings import StorageSettings, SupabaseSettings

OLDEST_QDRANT = (1, 16)  # with the queries and the metadata that the index needs
FREE_BYTES = 500_000_000  # a build beside the live one, and the log of the accounts
SAMPLED_PAGES = 5
PART_SECONDS = 60.0


def doctor(*, as_json: bool) -> None:
    """Print the verdicts; raises typer.Exit with code 1 if a part failed."""
    logging.disable(logging.ERROR)  # the verdicts say what the parts would log, and what to do
    try:
        verdicts = asyncio.run(examine())
    finally:
        logging.disable(logging.NOTSET)
    print_verdicts(verdicts, as_json=as_json)
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
    verdicts += _public(app, engines)
    # No redirects: a key would be sent to wherever they lead.
    async with httpx.AsyncClient(timeout=10) as http:
        verdicts += await _tried("redis", _redis(stores))
        verdicts += await _tried("model", _model(engines))
        verdicts += await _tried("qdrant", _qdrant(stores, http))
        verdicts += await _tried("index", _index(app, engines, stores, http))
        verdicts += await _tried("accounts", _accounts(app, stores, http))
    if not any(verdict.part == "clock" for verdict in verdicts):
        verdicts.append(Verdict("clock", "off", "no server was asked, so there is no clock to compare with"))
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
            "workers",
            "warning",
            f"{app.workers} workers on {cores} cores",
            "Set WORKERS to the number of cores at most: more gain nothing.",
        )
    elif app.workers > 1 and not stores.redis_url and app.questions_in_all:
        mend = "Set REDIS_URL, so that all workers count together."
        yield Verdict("workers", "warning", "each worker counts QUESTIONS_IN_ALL for itself", mend)
    else:
        yield Verdict("workers", "ok", f"{app.workers} on {cores} cores")


def _public(app: AppSettings, engines: EngineSettings) -> Iterator[Verdict]:
    """What the settings leave open to strangers; the address of the book is a verdict of its own."""
    found = list(left_open(app, has_model=engines.gemini_api_key is not None))
    if not reachable_by_others(app):
        alone = "the server listens on this machine alone, and CORS_ORIGINS names no other site"
        mend = " ".join(["If a proxy makes it public:", *(each.mend for each in found)]) if found else ""
        yield Verdict("public", "off", alone, mend)
    elif not found:
        yield Verdict("public", "ok", "a limit for all readers together where the model costs, and no open metrics")
    else:
        yield from (Verdict("public", "warning", each.message, each.mend) for each in found)


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
    llm = build_llm(engines.model_copy(update={"gemini_fallback_model": None}))  # which would hide what is wrong
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
    verdicts = clock_verdicts("qdrant", answer)
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
            record = await book.index.check_search()
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
    server = app.local_address
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
    return verdicts + await supabase_verdicts(app, stores, http)
