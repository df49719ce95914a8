"""Calls that Supabase Auth limits, with a back-off after a refusal; for `supabase_store` and `supabase_sign_up`."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cachetools import LRUCache
from supabase_auth.types import AuthResponse, User

from storage.accounts.reader import Reader
from storage.accounts.store import SignedIn
from storage.accounts.supabase_responses import require_same, signed_in
from storage.errors import SIGN_IN_AGAIN, AuthenticationError, TooManyRequestsError
from storage.supabase_errors import LetterPauseError, Route
from storage.supabase_project import SupabaseProject
from supabase import AsyncClient

LONGEST_BACKOFF_SECONDS = 60
REMEMBERED = 10_000


class _Backoff:
    """How long a reader's address waits after Auth's rate limit refused a call; doubles with each refusal."""

    def __init__(self) -> None:
        self._refusals: LRUCache[tuple[Route, str], tuple[int, float]] = LRUCache(REMEMBERED)

    def require(self, route: Route, address: str) -> None:
        """Raise TooManyRequestsError during the wait; a refresh is always passed on."""
        _, until = self._refusals.get((route, address)) or (0, 0.0)
        wait = until - time.monotonic()
        if wait > 0 and route != "refresh":
            raise TooManyRequestsError("Too many attempts. Please wait a little.", int(wait) + 1)

    def refused(self, route: Route, address: str, error: TooManyRequestsError) -> TooManyRequestsError:
        """The error to raise, with the time to wait: the one that Auth named, or the doubled one."""
        count, _ = self._refusals.get((route, address)) or (0, 0.0)
        seconds = error.retry_after_seconds or min(LONGEST_BACKOFF_SECONDS, 2 ** min(count + 1, 10))
        self._refusals[route, address] = (count + 1, time.monotonic() + seconds)
        return TooManyRequestsError(str(error), seconds)

    def succeeded(self, route: Route, address: str) -> None:
        """Reset the wait."""
        self._refusals.pop((route, address), None)


class AuthCalls:
    """Calls on behalf of readers, each with a client of its own."""

    def __init__(self, project: SupabaseProject) -> None:
        self._project = project
        self._backoff = _Backoff()

    async def password_session(self, email: str, password: str, address: str, captcha_token: str | None) -> SignedIn:
        """Sign in with a password, without this server's own limits."""
        async with self.asking("sign-in", address, captcha_token) as client:
            options: Any = {"captcha_token": captcha_token}
            credentials: Any = {"email": email, "password": password, "options": options}
            response = await client.auth.sign_in_with_password(credentials)
            return signed_in(await self.without_profile(client, response))

    async def without_profile(self, client: AsyncClient, response: AuthResponse) -> AuthResponse:
        """The session. A profile in the user's metadata is removed from it once, as it would lengthen every token."""
        if response.session is None or response.user is None or "profile" not in response.user.user_metadata:
            return response
        await client.auth.update_user({"data": {"profile": None}})
        return await client.auth.refresh_session(response.session.refresh_token)

    @asynccontextmanager
    async def asking(self, route: Route, address: str, captcha_token: str | None = None) -> AsyncIterator[AsyncClient]:
        """A client for a call that Auth rate-limits; after a refusal the same address waits here, longer each time."""
        self._backoff.require(route, address)
        try:
            async with self._project.auth_errors(route, captcha_sent=captcha_token is not None):
                yield await self._project.client(address=address)
        except LetterPauseError:
            raise  # limits one account: other readers at the same address need not wait
        except TooManyRequestsError as error:
            raise self._backoff.refused(route, address, error) from None
        self._backoff.succeeded(route, address)


async def act_as(client: AsyncClient, reader: Reader) -> User:
    """Let the client act in a session; it gets no refresh token, which only the reader has."""
    response = await client.auth.set_session(reader.access_token, "none")
    if response.user is None:
        raise AuthenticationError(SIGN_IN_AGAIN)
    require_same(response.user, reader)
    return response.user
