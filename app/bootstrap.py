"""The composition root: opens the long-lived parts of a server process, the real ones by default, and closes them.

The server's lifespan and `bookrag ask` call it; tests call it with other settings.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from app.answer_streams.manager import AnswerStreams
from app.rate_limits import Limits
from app.services import Services
from app.settings import AppSettings
from app.summaries import Summaries
from engines.chat.engine import BookChat
from engines.embedding.model import describe_model, index_spec, load_embedding
from engines.embedding.query_batcher import BatchingEmbedder
from engines.retrieval.passages import PassageRetrieval
from engines.settings import EngineSettings
from storage.accounts.opening import open_reader_stores
from storage.accounts.store import AccountStore
from storage.answers.log import AnswerLog
from storage.answers.redis_log import RedisAnswerLog
from storage.answers.sqlite_log import SqliteAnswerLog
from storage.errors import BookragError
from storage.settings import StorageSettings, read_settings
from storage.vectors.index_store import IndexStore, open_store

if TYPE_CHECKING:
    from engines.gemini.llm import GeminiLLM

logger = logging.getLogger(__name__)

Check = Callable[[], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def open_services(
    *,
    app_settings: AppSettings | None = None,
    engine_settings: EngineSettings | None = None,
    storage_settings: StorageSettings | None = None,
) -> AsyncIterator[Services]:
    """Everything a server process needs; settings that are not given come from the environment."""
    settings = app_settings or read_settings(AppSettings)
    engines = engine_settings or read_settings(EngineSettings)
    stores = storage_settings or read_settings(StorageSettings)
    async with AsyncExitStack() as stack:
        model = describe_model(engines)
        index = await stack.enter_async_context(open_store(stores, spec=index_spec(model)))
        await _start(index)
        embedder = BatchingEmbedder(load_embedding(model))
        stack.callback(embedder.close)
        retrieve = PassageRetrieval(index, embedder, engines)
        llm = _language_model(engines)
        if llm:
            stack.push_async_callback(llm.aclose)
        readers = await stack.enter_async_context(open_reader_stores(stores))
        chat = BookChat(retrieve=retrieve, llm=llm, settings=engines)
        limits = Limits(settings, stores.redis_url.get_secret_value() if stores.redis_url else None)
        summaries = Summaries(chat.summariser, readers.conversations, limits)
        stack.push_async_callback(summaries.close)
        log = _answer_log(stores)
        stack.push_async_callback(log.close)
        answers = await stack.enter_async_context(AnswerStreams(log, grace_seconds=settings.grace_seconds).running())
        yield Services(
            settings=settings,
            chat=chat,
            retrieve=retrieve,
            accounts=readers.accounts,
            conversations=readers.conversations,
            answers=answers,
            summaries=summaries,
            limits=limits,
            index=index,
            checks=_checks(index, llm, readers.accounts, stores),
        )


def _language_model(settings: EngineSettings) -> "GeminiLLM | None":
    if settings.gemini_api_key is None:
        return None
    from engines.gemini.llm import (
        build_llm,
    )  # brings google-genai: over a second, which a server without a key does without

    return build_llm(settings)


async def _start(index: IndexStore) -> None:
    """Open the live build; a server without one, or with one that it cannot read, starts and says so."""
    try:
        await index.start()
        record = await index.current()
        logger.info("The live build is %s: %s", record.name, record.counts)
    except BookragError as error:
        logger.error("%s: %s", error.code, error)  # noqa: TRY400  # the message says all, a traceback nothing


def _answer_log(stores: StorageSettings) -> AnswerLog:
    if stores.redis_url:
        return RedisAnswerLog(stores.redis_url.get_secret_value())
    return SqliteAnswerLog(stores.data_dir / "answers.sqlite3")


def _checks(
    index: IndexStore, llm: "GeminiLLM | None", accounts: AccountStore, stores: StorageSettings
) -> dict[str, Check]:
    async def index_state() -> dict[str, Any]:
        record = await index.current()
        engine = "server" if stores.qdrant_url else "embedded"
        return {"state": "ok", "engine": engine, "build": record.name, "chunks": record.counts.get("chunks")}

    async def model_state() -> dict[str, Any]:
        return {"state": "ok", "model": llm.model} if llm else {"state": "off"}

    async def readers_state() -> dict[str, Any]:
        # Not "failed": without accounts the server still answers, and taking it out of service would help nobody.
        engine = {"engine": "supabase" if stores.supabase_url else "local"}
        try:
            await accounts.check()
        except BookragError as error:
            return {"state": "degraded", **engine, "code": error.code, "message": str(error)}
        return {"state": "ok", **engine}

    return {"index": index_state, "model": model_state, "accounts": readers_state}
