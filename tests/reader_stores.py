"""Fixtures: accounts and history on both stores, the local one and Supabase's over a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from pydantic import SecretStr

from storage.accounts.reader import Reader
from storage.accounts.store import NewAccount
from storage.reader_stores import ReaderStores, open_reader_stores
from storage.settings import StorageSettings
from tests.supabase_server import PUBLISHABLE_KEY, SupabaseServer

PASSWORD = "correct horse battery"


@pytest.fixture
def project(running_project: SupabaseServer, monkeypatch: pytest.MonkeyPatch) -> SupabaseServer:
    """A project where nobody is yet; it sends letters without a pause, and the application knows that."""
    running_project.reset()
    monkeypatch.setenv("SUPABASE_LETTER_SECONDS", "0")
    return running_project


@pytest.fixture(params=["sqlite", "supabase"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReaderStores]:
    """One store after the other: what is tested with this is the contract."""
    project = request.getfixturevalue("project") if request.param == "supabase" else None
    async with opened(tmp_path, project) as reader_stores:
        yield reader_stores


@pytest.fixture
async def supabase_stores(project: SupabaseServer, tmp_path: Path) -> AsyncIterator[ReaderStores]:
    async with opened(tmp_path, project) as reader_stores:
        yield reader_stores


@pytest.fixture
async def local_stores(tmp_path: Path) -> AsyncIterator[ReaderStores]:
    async with opened(tmp_path, None) as reader_stores:
        yield reader_stores


def store_settings(folder: Path, project: SupabaseServer | None) -> StorageSettings:
    if project is None:
        return StorageSettings(data_dir=folder, _env_file=None)
    return StorageSettings(
        data_dir=folder,
        supabase_url=project.url,
        supabase_publishable_key=SecretStr(PUBLISHABLE_KEY),
        _env_file=None,
    )


def opened(folder: Path, project: SupabaseServer | None) -> AbstractAsyncContextManager[ReaderStores]:
    return open_reader_stores(store_settings(folder, project))


async def sign_up(stores: ReaderStores, email: str) -> Reader:
    signed_in = await stores.accounts.sign_up(NewAccount(email, PASSWORD))
    assert signed_in.session is not None
    return await stores.accounts.verify(signed_in.session.access_token)


async def new_guest(stores: ReaderStores) -> Reader:
    signed_in = await stores.accounts.sign_in_guest()
    assert signed_in.session is not None
    return await stores.accounts.verify(signed_in.session.access_token)
