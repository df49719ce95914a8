"""Opens accounts and history together, local or Supabase's; the composition root calls this alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.accounts.local import LocalAccounts
from storage.accounts.signing import SigningKey
from storage.accounts.store import AccountStore
from storage.conversations.local import LocalConversations
from storage.conversations.store import ConversationStore
from storage.settings import StorageSettings
from storage.sqlite import Database

DATABASE_NAME = "bookrag.sqlite3"
KEY_NAME = "signing-key.pem"


@dataclass(frozen=True, slots=True)
class ReaderStores:
    """What is kept of readers."""

    accounts: AccountStore
    conversations: ConversationStore


@asynccontextmanager
async def open_reader_stores(settings: StorageSettings) -> AsyncIterator[ReaderStores]:
    """Both stores, closed at the end."""
    database = Database(settings.data_dir / DATABASE_NAME)
    try:
        await database.read(lambda db: None)  # makes the file, so that a folder that cannot be written fails at start
        accounts = LocalAccounts(database, SigningKey(settings.data_dir / KEY_NAME))
        yield ReaderStores(accounts, LocalConversations(database))
    finally:
        await database.close()
