"""What a request may use: the long-lived parts of one server process, opened once and handed on as one typed object."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from app.answer_streams.manager import AnswerStreams
from app.rate_limits import Limits
from app.settings import AppSettings
from app.summaries import Summaries
from engines.book import Book
from storage.accounts.store import AccountStore
from storage.conversations.guest_memory import GuestMemory
from storage.conversations.store import ConversationStore
from storage.errors import BookragError

logger = logging.getLogger(__name__)


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
    checks: dict[str, Callable[[], Awaitable[dict[str, Any]]]]
    guest_memory: GuestMemory | None = None  # of readers without an account; None where it is off

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


# Asynchronous although it awaits nothing: FastAPI sends a plain function to a thread, for every request.
async def _services(request: Request) -> Services:
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("app.state.services is set by the lifespan of app.main")
    return services


CurrentServices = Annotated[Services, Depends(_services)]
