"""A Supabase project: one pool of connections, and a separate client for every request.

A `supabase` client remembers who signed in with it, so a shared one hands one reader's identity to the next. Here a
client lives for one call and carries its reader's token; row-level security decides what it may touch, and only the
publishable key is needed. Its exceptions are translated here, once, and without their cause, which may quote a token,
an address or a row.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from postgrest.exceptions import APIError
from pydantic import SecretStr
from supabase_auth.errors import AuthApiError, AuthError

from storage.errors import (
    ACCOUNT_GONE,
    HISTORY_AWAY,
    KEY_REUSED,
    SIGN_IN_AGAIN,
    AccountGoneError,
    AuthenticationError,
    BookragError,
    IdempotencyError,
    InputError,
    NotFoundError,
    StorageUnavailableError,
)
from storage.supabase_errors import AUTH_AWAY, Route, translate
from supabase import AsyncClient, AsyncClientOptions, create_async_client

logger = logging.getLogger(__name__)

CONNECTIONS = 100
GIVES_NOTHING = "/rpc/delete_account"  # of all functions that are called here
OTHER_SERVER = "SUPABASE_URL is no Supabase project: another answer at"


class SupabaseProject:
    """The connection to one project."""

    def __init__(self, url: str, key: SecretStr, timeout_seconds: float) -> None:
        self.url = url.rstrip("/")
        self._key = key.get_secret_value()
        self._timeout_seconds = timeout_seconds
        self.http = httpx.AsyncClient(
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            event_hooks={"response": [_refuse_other_than_json]},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # the pool is shared, so it keeps no identity
        )

    async def client(self, access_token: str | None = None, *, address: str = "") -> AsyncClient:
        """A client for one request of one reader, or of somebody who has not signed in.

        `address` is the reader's: a project whose GOTRUE_RATE_LIMIT_HEADER is X-Forwarded-For counts by it.
        """
        headers = {"Authorization": f"Bearer {access_token or self._key}"}
        if address:
            headers["X-Forwarded-For"] = address
        options = AsyncClientOptions(
            headers=headers,
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,  # it would wait for seconds; the caller knows better what to do
            flow_type="implicit",  # the other flow keeps a secret in the client, which is gone when it is needed
            httpx_client=self.http,
        )
        return await create_async_client(self.url, self._key, options)

    async def rpc(self, access_token: str | None, function: str, arguments: dict[str, Any]) -> Any:
        """The result of a database function, called as this reader or as somebody who has not signed in."""
        async with self.history_errors():
            client = await self.client(access_token)
            return (await client.rpc(function, arguments).execute()).data

    async def get_json(self, path: str) -> Any:
        """A public JSON document of the project."""
        async with self.auth_errors("keys"):
            response = await self.http.get(f"{self.url}/{path}", headers={"apikey": self._key})
            if response.status_code == httpx.codes.UNAUTHORIZED:
                raise AuthApiError("", response.status_code, None)
            response.raise_for_status()
            return response.json()

    async def probe(self, path: str, *, call: bool = False) -> Any:
        """The public JSON at a path of the project; `call`: of a database function.

        Raises StorageUnavailableError, whose message is for the operator and names the setting to look at.
        """
        method = "POST" if call else "GET"
        body: dict[str, Any] | None = {} if call else None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                response = await self.http.request(
                    method, f"{self.url}/{path}", headers={"apikey": self._key}, json=body
                )
        except httpx.DecodingError:  # of `_refuse_other_than_json`
            raise StorageUnavailableError(f"{OTHER_SERVER} /{path}.") from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise StorageUnavailableError(f"SUPABASE_URL does not answer: {type(error).__name__} at /{path}.") from None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.is_success and answer is not None:
            return answer
        code = answer.get("code") if isinstance(answer, dict) else None
        raise StorageUnavailableError(_why_refused(response.status_code, code if call else None, path))

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    @asynccontextmanager
    async def auth_errors(self, route: Route, *, captcha_sent: bool = False) -> AsyncIterator[None]:
        """Gives calls to the auth server a time limit, and translates their exceptions to those of `storage.errors`."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except AuthError as error:
            translated = translate(error, route, captcha_sent=captcha_sent)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:  # ValueError: a response of another shape
            logger.warning("Supabase Auth failed %s: %s", route, type(error).__name__)
            translated = StorageUnavailableError(AUTH_AWAY)
        else:
            return
        raise translated from None

    @asynccontextmanager
    async def history_errors(self) -> AsyncIterator[None]:
        """The same for calls to the database."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except APIError as error:
            translated = _database_error(error)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            logger.warning("Supabase database: %s", type(error).__name__)
            translated = StorageUnavailableError(HISTORY_AWAY)
        else:
            return
        raise translated from None


@contextmanager
def reading_the_database() -> Iterator[None]:
    """Wraps the decoding of a database's response; one of another shape comes from a proxy."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        logger.warning("Supabase database: a response of an unexpected shape (%s)", type(error).__name__)
        raise StorageUnavailableError(HISTORY_AWAY) from None


async def _refuse_other_than_json(response: httpx.Response) -> None:
    """A proxy's page with status 200 is a failure, too: the client would return its HTML as data.

    So is a response of the database without a body: the client would take it for an empty list, and a profile that was
    not stored would look stored. Functions without a result, such as `delete_account`, answer with 204.
    """
    if response.status_code == httpx.codes.OK and "json" not in response.headers.get("content-type", ""):
        raise httpx.DecodingError("The answer is not JSON", request=response.request)
    path = response.request.url.path
    if response.is_success and "/rest/v1/" in path and not path.endswith(GIVES_NOTHING) and not await response.aread():
        raise httpx.DecodingError("The answer is empty", request=response.request)


_DATABASE_ERRORS: dict[str, BookragError] = {
    "PT404": NotFoundError("There is no such conversation, or no such message in it."),
    "PT409": IdempotencyError(KEY_REUSED),
    "23505": IdempotencyError(KEY_REUSED),
    "23503": AccountGoneError(ACCOUNT_GONE),
    "PGRST301": AuthenticationError(SIGN_IN_AGAIN),
    "PGRST302": AuthenticationError(SIGN_IN_AGAIN),
    "PGRST303": AuthenticationError(SIGN_IN_AGAIN),
}


# Such a request will always be refused, and must not block those that wait behind it: PostgreSQL's invalid values
# (class 22), constraints (23) and sizes (54), and bodies that are too large for the gateway.
_REFUSED = re.compile(r"22...|23...|54...|413")
_TOO_MUCH = InputError("A part of this is too long, or of another kind than it must be.")


def _database_error(error: APIError) -> BookragError:
    code = str(error.code or "")
    known = _DATABASE_ERRORS.get(code) or (_TOO_MUCH if _REFUSED.fullmatch(code) else None)
    if known is not None:
        return type(known)(str(known))  # a new one: a raised error keeps its traceback
    hint = " (are the migrations in supabase/migrations applied?)" if error.code in _MISSING else ""
    logger.warning("Supabase database: error %s%s", error.code, hint)
    return StorageUnavailableError(HISTORY_AWAY)


def _why_refused(status: int, database_code: Any, path: str) -> str:
    """What the operator has to look at after such a response."""
    if database_code in _MISSING:
        return "The migrations in supabase/migrations are not all applied."
    if database_code == "PGRST106":
        return "The project's Data API does not expose the schema 'public'."
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return f"The Supabase project fails: status {status} at /{path}."
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "The Supabase project refuses SUPABASE_PUBLISHABLE_KEY."
    return f"{OTHER_SERVER} /{path}."


_MISSING = {"PGRST202", "PGRST205", "42P01", "42883", "42501"}
