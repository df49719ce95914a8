"""The composition root: opens the long-lived parts of one server process, and returns them as one typed object.

The server's lifespan opens them with the settings of the environment; tests open them with other settings.
"""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.answer_streams.manager import AnswerStreams
from app.conversation_summaries import Summaries
from app.rate_limits import ClockShift, Limits
from app.service_metrics import STOPPED, Metrics, count_on_disk, counts_on_disk
from app.settings import AppSettings
from engines.book import Book, open_book
from engines.settings import EngineSettings
from storage.accounts.store import AccountStore
from storage.backup import serving
from storage.conversations.guest_memory import GuestMemory, SqliteGuestMemory
from storage.conversations.saved import SavedConversations
from storage.conversations.store import ConversationStore
from storage.disk import require_room
from storage.environment import read_settings
from storage.errors import BookragError
from storage.reader_stores import open_reader_stores
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import RunningAnswers
from storage.settings import StorageSettings

logger = logging.getLogger(__name__)

Check = Callable[[], Awaitable[dict[str, Any]]]
"""The state of one dependency; raises BookragError if it has failed."""
ReadState = Callable[[], Awaitable[tuple[dict[str, float], str | None]]]
"""Gauges of the stores by name, and the live build's name, for `Metrics.text`."""


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one server process."""

    settings: AppSettings
    book: Book
    accounts: AccountStore
    conversations: ConversationStore
    answers: AnswerStreams
    summaries: Summaries
    limits: Limits
    checks: dict[str, Check]
    metrics: Metrics = field(default_factory=Metrics)
    state: ReadState | None = None
    guest_memory: GuestMemory | None = None  # of readers without an account; None if it is off

    async def dependencies(self) -> dict[str, dict[str, Any]]:
        """Each dependency by name with its state: "ok", "off", "degraded" or "failed"."""
        states: dict[str, dict[str, Any]] = {}
        for name, check in self.checks.items():
            try:
                states[name] = await check()
            except BookragError as error:
                logger.warning("%s: %s", name, error)
                states[name] = {"state": "failed", "code": error.code, "message": str(error)}
        return states


@asynccontextmanager
async def open_services(
    *,
    app_settings: AppSettings | None = None,
    engine_settings: EngineSettings | None = None,
    storage_settings: StorageSettings | None = None,
) -> AsyncIterator[Services]:
    """Open everything that a server process needs; settings that are not passed come from the environment."""
    settings = app_settings or read_settings(AppSettings)
    engines = engine_settings or read_settings(EngineSettings)
    stores = storage_settings or read_settings(StorageSettings)
    async with AsyncExitStack() as stack:
        stores.data_dir.mkdir(parents=True, exist_ok=True)
        stack.enter_context(serving(stores.data_dir))
        metrics = Metrics(prompt_price=settings.model_prompt_price, answer_price=settings.model_answer_price)
        book = await stack.enter_async_context(_measured_book(settings, engines, stores, metrics))
        readers = await stack.enter_async_context(open_reader_stores(stores, metrics.refused_sign_ins.inc))
        limits = Limits(settings, stores.redis_url.get_secret_value() if stores.redis_url else None)
        summaries = Summaries(book.chat.summariser, readers.conversations, limits)
        stack.push_async_callback(summaries.close)
        guest_memory = _guest_memory(stores, settings.guest_memory_hours)
        if guest_memory:  # closed after the answers, which are stopped and remembered first
            stack.push_async_callback(guest_memory.close)
        answers = await stack.enter_async_context(_answer_streams(settings, stores, readers.conversations, metrics))
        yield Services(
            settings=settings,
            book=book,
            accounts=readers.accounts,
            conversations=readers.conversations,
            answers=answers,
            summaries=summaries,
            limits=limits,
            metrics=metrics,
            state=_state(book, readers.conversations, stores),
            guest_memory=guest_memory,
            checks=_checks(book, readers.accounts, stores),
        )


@asynccontextmanager
async def _measured_book(
    settings: AppSettings, engines: EngineSettings, stores: StorageSettings, metrics: Metrics
) -> AsyncIterator[Book]:
    opening = open_book(
        engine_settings=engines,
        storage_settings=stores,
        embedding_threads=_embedding_threads(settings.workers),
        on_waiting=metrics.questions_waiting.set,
        prepared=True,
    )
    async with opening as book:
        with metrics.watching():
            metrics.worker_starts.inc()
            yield book


def _embedding_threads(workers: int) -> int:
    """The threads of one worker's embedding model: its share of the cores, less one for the event loop, at most 4."""
    return max(1, min(4, ((os.cpu_count() or 1) - 1) // workers))


@asynccontextmanager
async def _answer_streams(
    settings: AppSettings, stores: StorageSettings, conversations: ConversationStore, metrics: Metrics
) -> AsyncIterator[AnswerStreams]:
    log = _open_log(stores)
    try:
        streams = AnswerStreams(
            log, conversations, grace_seconds=settings.grace_seconds, on_lost=metrics.lost_answers.inc
        )
        async with streams.running():
            try:
                yield streams
            finally:
                await asyncio.to_thread(_count_stopped, stores.data_dir, len(streams))
    finally:
        await log.close()


def _count_stopped(data_dir: Path, answers: int) -> None:
    """Count the answers that this server's shutdown has stopped; on disk, since this server no longer answers."""
    if answers:
        with contextlib.suppress(OSError):
            count_on_disk(data_dir, STOPPED, answers)


def _open_log(stores: StorageSettings) -> RunningAnswers:
    if stores.redis_url:
        from storage.running_answers.redis_store import RedisRunningAnswers

        return RedisRunningAnswers(stores.redis_url.get_secret_value())
    return SqliteRunningAnswers(stores.data_dir / "answers.sqlite3")


def _guest_memory(stores: StorageSettings, hours: float) -> GuestMemory | None:
    if not hours:
        return None
    if stores.redis_url:
        from storage.conversations.redis_guest_memory import RedisGuestMemory

        return RedisGuestMemory(stores.redis_url.get_secret_value(), hours)
    return SqliteGuestMemory(stores.data_dir / "guests.sqlite3", hours)


def _state(book: Book, conversations: SavedConversations, stores: StorageSettings) -> ReadState:
    clock = ClockShift()

    async def state() -> tuple[dict[str, float], str | None]:
        """The state of the stores for `Metrics.text`; stores that cannot be reached are left out."""
        values = await asyncio.to_thread(counts_on_disk, stores.data_dir)
        values["outbox_turns"] = await asyncio.to_thread(conversations.waiting)
        values["disk_free_bytes"] = (await asyncio.to_thread(shutil.disk_usage, stores.data_dir)).free
        values["clock_shift_seconds"] = clock.seconds()
        try:
            record = await book.index.check()
        except BookragError:
            return values, None
        made = record.published or record.created
        values["live_build_age_seconds"] = (datetime.now(UTC) - made).total_seconds()
        values["live_build_chunks"] = record.counts.get("chunks", 0)
        return values, record.name

    return state


def _checks(book: Book, accounts: AccountStore, stores: StorageSettings) -> dict[str, Check]:
    async def index_state() -> dict[str, Any]:
        record = await book.index.check_search()
        engine = "server" if stores.qdrant_url else "embedded"
        return {"state": "ok", "engine": engine, "build": record.name, "chunks": record.counts.get("chunks")}

    async def model_state() -> dict[str, Any]:
        return {"state": "ok", "model": book.llm.model} if book.llm else {"state": "off"}

    async def readers_state() -> dict[str, Any]:
        # Not "failed": without accounts the server still answers, and taking it out of service would help nobody.
        engine = {"engine": "supabase" if stores.supabase_url else "local"}
        try:
            await accounts.check()
        except BookragError as error:
            return {"state": "degraded", **engine, "code": error.code, "message": str(error)}
        return {"state": "ok", **engine}

    async def disk_state() -> dict[str, Any]:
        try:
            await asyncio.to_thread(require_room, stores.data_dir)
        except OSError as error:
            # With Supabase readers are still answered and their turns stored; only turns that need the outbox are lost.
            state = "degraded" if stores.supabase_url else "failed"
            message = f"DATA_DIR cannot be written: {error.strerror or error}"
            return {"state": state, "code": "storage_unavailable", "message": message}
        return {"state": "ok"}

    return {"index": index_state, "model": model_state, "accounts": readers_state, "disk": disk_state}
