"""Limits sign-ins, refreshes and e-mails before they are passed on to Supabase Auth; called by `supabase_store`.

Auth limits its callers by address, and sees this server's address for all readers. So sign-ins are limited here first,
by account and by the reader's address, and half of Auth's bucket is left to refreshes.
"""

import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from supabase_auth.errors import AuthError

from storage.accounts.login_throttle import (
    Budget,
    attempt_abandoned,
    attempt_succeeded,
    begin_attempt,
    begin_letter,
    begin_refresh,
    end_letter,
    end_refresh,
    is_known_pair,
    remember_pair,
    spend,
)
from storage.errors import (
    AccountClosedError,
    BookragError,
    CredentialsError,
    EmailNotConfirmedError,
    RefreshTokenError,
    StorageUnavailableError,
    TooManyRequestsError,
)
from storage.settings import SupabaseSettings
from storage.sqlite import Database
from storage.supabase_errors import LETTER_LIMIT, LetterPauseError

logger = logging.getLogger(__name__)

FREE_FOR_ADDRESS = 10  # failed sign-ins that cost no wait: a third of Auth's bucket for one address
AUTH_BURST, AUTH_WINDOW_SECONDS = 30, 300  # of Auth's bucket for sign-ins and refreshes, before it refills
SIGN_INS_SHARE, KNOWN_READERS_SHARE = 0.5, 0.1  # of that bucket; refreshes have the rest


class SupabaseLimits:
    """The counts of one server process, in the local database.

    `on_site_limit` is called for each sign-in that is refused because all readers together have used up the sign-ins
    that Auth allows this server.
    """

    def __init__(self, counts: Database, settings: SupabaseSettings, on_site_limit: Callable[[], None]) -> None:
        self._counts = counts
        self._settings = settings
        self._on_site_limit = on_site_limit
        self._warned_at = -math.inf

    @asynccontextmanager
    async def sign_in(self, email: str, address: str, *, confirms: bool) -> AsyncIterator[None]:
        """Count the sign-in that the block makes; raises TooManyRequestsError before it runs.

        A wrong password counts as a failure. `confirms`: the reader has a session and only proves the password; the
        budget that sign-ins share does not apply.
        """
        await self._begin_sign_in(email, address, confirms=confirms)
        try:
            yield
        except (CredentialsError, AccountClosedError):  # a closed account says nothing of the password
            raise
        except EmailNotConfirmedError:
            await self._count(partial(attempt_succeeded, email=email, address=address))
            raise
        except BookragError:
            await self._count(partial(attempt_abandoned, email=email, address=address))
            raise
        await self._count(partial(attempt_succeeded, email=email, address=address))
        await self._count(partial(remember_pair, email=email, address=address))

    @asynccontextmanager
    async def refresh(self, address: str) -> AsyncIterator[None]:
        """Count the refresh that the block makes, if its token is invalid: each uses some of Auth's bucket.

        Raises TooManyRequestsError for an address with too many invalid tokens.
        """
        await self._count(partial(begin_refresh, address=address))
        try:
            yield
        except RefreshTokenError:
            raise
        except BookragError:
            await self._count(partial(end_refresh, address=address))
            raise
        await self._count(partial(end_refresh, address=address))

    @asynccontextmanager
    async def letter(self, whose: Sequence[str], *, seconds: float) -> AsyncIterator[None]:
        """Enforce a pause of `seconds` between two e-mails to the same address or for the same guest.

        Raises LetterPauseError during the pause.
        """
        try:
            await self._count(partial(begin_letter, seconds=seconds, whose=whose))
        except TooManyRequestsError as error:
            raise LetterPauseError(str(error), error.retry_after_seconds) from None
        sent = False
        try:
            yield
            sent = True
        except (AuthError, LetterPauseError) as error:
            sent = isinstance(error, LetterPauseError) or error.code == LETTER_LIMIT
            raise
        finally:
            await self._count(partial(end_letter, whose=whose, sent=sent))

    async def _begin_sign_in(self, email: str, address: str, *, confirms: bool) -> None:
        def work(db: Any) -> None:
            begin_attempt(db, email, address, free_for_address=FREE_FOR_ADDRESS)
            if self._settings.supabase_counts_readers:
                return
            try:
                spend(db, self._budget("supabase sign-ins", SIGN_INS_SHARE))
            except TooManyRequestsError:
                self._warn()
                if not confirms and not is_known_pair(db, email, address):
                    self._on_site_limit()
                    raise
                spend(db, self._budget("supabase sign-ins of known readers", KNOWN_READERS_SHARE))

        await self._count(work)

    def _budget(self, name: str, share: float) -> Budget:
        """A budget of calls: this share of the bucket that Auth has for this server's address."""
        return Budget(name, AUTH_BURST * share, self._settings.supabase_token_limit * share / AUTH_WINDOW_SECONDS)

    def _warn(self) -> None:
        """Log once a minute that all readers have to wait: the request log alone would look like password guessing."""
        if time.monotonic() - self._warned_at > 60:
            self._warned_at = time.monotonic()
            logger.warning(
                "Sign-ins of the whole site are at their limit, half of SUPABASE_TOKEN_LIMIT: accounts that have not "
                "signed in from the same address before are refused (429). See docs/supabase.md, Limits."
            )

    async def _count(self, work: Callable[[Any], None]) -> None:
        """Change the counts; if they cannot be written, sign-ins pass without a limit."""
        try:
            await self._counts.write(work)
        except StorageUnavailableError:
            logger.warning("The counts of sign-ins cannot be written: a sign-in passes without a limit")
