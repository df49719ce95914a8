"""Opens accounts and history together, local or Supabase's; the composition root calls this alone."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.accounts.signing import SigningKey
from storage.accounts.sqlite_store import LocalAccounts
from storage.accounts.store import AccountStore
from storage.conversations.outbox import Outbox
from storage.conversations.saved import SavedConversations
from storage.conversations.sqlite_store import LocalConversations
from storage.environment import read_settings
from storage.settings import StorageSettings, SupabaseSettings, legacy_key_role
from storage.sqlite import DATABASE_NAME, Database

logger = logging.getLogger(__name__)

KEY_NAME = "signing-key.pem"
OUTBOX_NAME = "outbox"


@dataclass(frozen=True, slots=True)
class ReaderStores:
    """The stores of readers' data: local, or in a Supabase project."""

    accounts: AccountStore
    conversations: SavedConversations


@asynccontextmanager
async def open_reader_stores(
    settings: StorageSettings, on_site_limit: Callable[[], None] = lambda: None
) -> AsyncIterator[ReaderStores]:
    """Both stores, closed at the end; Supabase's where SUPABASE_URL is set.

    `on_site_limit` is called for each sign-in that Supabase's limit for the whole site refused.
    """
    opened = _open_supabase(settings, on_site_limit) if settings.supabase_url else _open_local(settings)
    async with opened as stores:
        try:
            stores.conversations.start()
            yield stores
        finally:
            await stores.conversations.close()
            await stores.accounts.close()


@asynccontextmanager
async def open_local_accounts(settings: StorageSettings) -> AsyncIterator[LocalAccounts]:
    """The local accounts alone, for the operator's command line; a server may run meanwhile."""
    database = Database(settings.data_dir / DATABASE_NAME)
    try:
        yield LocalAccounts(database, SigningKey(settings.data_dir / KEY_NAME))
    finally:
        await database.close()


@asynccontextmanager
async def _open_local(settings: StorageSettings) -> AsyncIterator[ReaderStores]:
    if settings.supabase_key is not None:
        logger.warning(
            "A Supabase key is set, but SUPABASE_URL is not: accounts and conversations are local, in DATA_DIR"
        )
    database = Database(settings.data_dir / DATABASE_NAME)
    try:
        await database.read(lambda _: None)  # creates the file, so that a folder that cannot be written fails at start
        accounts = LocalAccounts(database, SigningKey(settings.data_dir / KEY_NAME))
        local = LocalConversations(database, settings.conversations_kept_days)
        conversations = SavedConversations(local, Outbox(settings.data_dir / OUTBOX_NAME))
        yield ReaderStores(accounts, conversations)
    finally:
        await database.close()


@asynccontextmanager
async def _open_supabase(settings: StorageSettings, on_site_limit: Callable[[], None]) -> AsyncIterator[ReaderStores]:
    # Two seconds of imports that a local start need not pay.
    from storage.accounts.supabase_store import SupabaseAccounts
    from storage.conversations.supabase_store import SupabaseConversations
    from storage.supabase_project import SupabaseProject

    more = read_settings(SupabaseSettings)
    key = settings.supabase_key
    if settings.supabase_url is None or key is None:
        raise AssertionError  # the settings' validator has made sure of it
    if legacy_key_role(key.get_secret_value()):
        logger.warning(
            "The key of the Supabase project is of the older kind (anon), which Supabase ends in 2026: "
            "replace it by a publishable key (SUPABASE_PUBLISHABLE_KEY=sb_publishable_…)"
        )
    project = SupabaseProject(settings.supabase_url, key, more.supabase_timeout_seconds)
    counts = Database(settings.data_dir / DATABASE_NAME)
    try:
        accounts = SupabaseAccounts(project, counts, more, on_site_limit)
        await accounts.open()
        conversations = SavedConversations(SupabaseConversations(project), Outbox(settings.data_dir / OUTBOX_NAME))
        yield ReaderStores(accounts, conversations)
    finally:
        await project.close()
        await counts.close()
