"""Accounts in Supabase Auth, profiles in its database; used where SUPABASE_URL is set.

`supabase_limits` counts sign-ins, refreshes and e-mails before `supabase_calls` calls Auth; `supabase_sign_up` creates
accounts; `supabase_responses` converts Auth's responses.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from supabase_auth.errors import AuthError
from supabase_auth.types import User

from storage.accounts.introspection import Introspection
from storage.accounts.jwks import ProjectKeys
from storage.accounts.reader import Profile, Reader, profile_from_json, profile_to_json
from storage.accounts.store import CONFIRM, Account, NewAccount, Session, SignedIn, normal_email, signed_in_lately
from storage.accounts.supabase_calls import AuthCalls, act_as
from storage.accounts.supabase_limits import SupabaseLimits
from storage.accounts.supabase_responses import account_of, check_password, require_same, signed_in
from storage.accounts.supabase_sign_up import SignUps
from storage.accounts.tokens import Issuers, TokenVerifier, read_header
from storage.errors import (
    BAD_CREDENTIALS,
    NOT_FOR_GUESTS,
    SIGN_IN_AGAIN,
    AccountClosedError,
    AccountInputError,
    AuthenticationError,
    BookragError,
    CredentialsError,
    SecondFactorError,
    StorageUnavailableError,
)
from storage.settings import NEWEST_MIGRATION, SupabaseSettings
from storage.sqlite import Database
from storage.storable import sendable
from storage.supabase_project import OTHER_SERVER, SupabaseProject, reading_the_database

logger = logging.getLogger(__name__)

JWKS_PATH = "auth/v1/.well-known/jwks.json"
HEALTH_PATH = "auth/v1/health"
MIGRATION_PATH = "rest/v1/rpc/newest_migration"
FACTORS_SECONDS = 60.0
CHECK_SECONDS = 5.0
REMEMBERED = 10_000


class SupabaseAccounts:
    """The `AccountStore` of a Supabase project; the owner of the project and of the database closes them.

    `counts` is the local database, for `SupabaseLimits` alone, which calls `on_site_limit`.
    """

    def __init__(
        self,
        project: SupabaseProject,
        counts: Database,
        settings: SupabaseSettings,
        on_site_limit: Callable[[], None] = lambda: None,
    ) -> None:
        self._project = project
        self._limits = SupabaseLimits(counts, settings, on_site_limit)
        self._settings = settings
        self._keys = ProjectKeys(lambda: project.get_json(JWKS_PATH), settings.supabase_jwt_secret)
        self._issuers = Issuers.of_project(project.url, settings.supabase_jwt_issuer)
        self._verifier = TokenVerifier(self._keys, self._issuers)
        self._introspection = Introspection(self._user_of, self._issuers)
        self._calls = AuthCalls(project)
        self._sign_ups = SignUps(project, self._calls, self._limits, settings, self)
        self._signed_out: LRUCache[str, bool] = LRUCache(REMEMBERED)  # session ids
        # By reader and session: until when it is known that the account has no second factor.
        self._without_factor: LRUCache[tuple[UUID, str | None], float] = LRUCache(REMEMBERED)
        self._refreshing: dict[str, asyncio.Task[SignedIn]] = {}  # by refresh token
        self._checking = asyncio.Lock()
        self._checked: tuple[BookragError | None, float] = (None, -CHECK_SECONDS)

    async def open(self) -> None:
        """Fetch the keys before the first reader comes; an unreachable project is only logged."""
        try:
            with suppress(StorageUnavailableError):  # `check` says why
                await self._keys.load()
            await self.check()
        except StorageUnavailableError as error:
            logger.error("Supabase: %s", error)  # noqa: TRY400  # the message says all, a traceback nothing

    async def check(self) -> None:
        """See AccountStore; asks the project at most every few seconds, with one call for all that wait."""
        async with self._checking:
            error, at = self._checked
            if time.monotonic() - at > CHECK_SECONDS:
                try:
                    async with asyncio.timeout(self._settings.supabase_timeout_seconds):  # for all calls together
                        await self._check()
                    error = None
                except TimeoutError:
                    error = StorageUnavailableError("The Supabase project answers too slowly.")
                except BookragError as exc:
                    error = exc
                self._checked = error, time.monotonic()
        if error is not None:
            raise type(error)(str(error))

    async def _check(self) -> None:
        health = await self._project.probe(HEALTH_PATH)
        if not isinstance(health, dict) or "version" not in health:
            raise StorageUnavailableError(f"{OTHER_SERVER} /{HEALTH_PATH}.")
        await self._keys.check()
        found = await self._project.probe(MIGRATION_PATH, call=True)
        if not isinstance(found, int) or found < NEWEST_MIGRATION:
            raise StorageUnavailableError("The migrations in supabase/migrations are not all applied.")
        self._issuers.check()

    async def verify(self, access_token: str, *, address: str = "") -> Reader:
        """See AccountStore."""
        reader = self._verifier.known(access_token)
        if reader is None:
            if read_header(access_token)["alg"] == "HS256" and not self._keys.has_secret:
                has_keys = await self._keys.publishes_keys()
                reader = await self._introspection.verify(access_token, address, has_keys=has_keys)
            else:
                reader = await self._verifier.verify(access_token, address)
        if reader.session_id in self._signed_out:
            raise AuthenticationError(SIGN_IN_AGAIN)
        if self._settings.supabase_require_aal2 and not reader.has_second_factor:
            await self._require_no_factor(reader)
        return reader

    async def sign_up(
        self,
        account: NewAccount,
        *,
        guest: Reader | None = None,
        address: str = "",
        captcha_token: str | None = None,
    ) -> SignedIn:
        """See AccountStore."""
        return await self._sign_ups.sign_up(account, guest, address, captcha_token)

    async def sign_in(
        self, email: str, password: str, *, address: str = "", captcha_token: str | None = None
    ) -> SignedIn:
        """See AccountStore."""
        return await self._try_password(email, password, address, captcha_token)

    async def _try_password(
        self, email: str, password: str, address: str, captcha_token: str | None, *, confirms: bool = False
    ) -> SignedIn:
        """Sign in. `confirms`: for a reader who has a session; the limit of sign-ins does not apply."""
        password = sendable(password)
        try:
            email = normal_email(email)
        except AccountInputError:  # no account has such a password, and Auth's database refuses some of its characters
            raise CredentialsError(BAD_CREDENTIALS) from None
        if not password:  # the client does not even send it
            raise CredentialsError(BAD_CREDENTIALS)
        async with self._limits.sign_in(email, address, confirms=confirms):
            made = await self._calls.password_session(email, password, address, captcha_token)
        if made.session is not None and not confirms:
            await self._require_second_factor(made.session)
        return made

    async def _require_second_factor(self, session: Session) -> None:
        """Raise SecondFactorError, and end the session, where a password alone is not enough for its account."""
        if not self._settings.supabase_require_aal2:
            return
        reader = await self._verifier.verify(session.access_token)
        try:
            await self._require_no_factor(reader)
        except SecondFactorError:
            await self.sign_out(reader)
            raise

    async def sign_in_guest(self, *, address: str = "", captcha_token: str | None = None) -> SignedIn:
        """See AccountStore."""
        async with self._calls.asking("guest", address, captcha_token) as client:
            options: Any = {"captcha_token": captcha_token}
            return signed_in(await client.auth.sign_in_anonymously({"options": options}))

    async def refresh(self, refresh_token: str, *, address: str = "") -> SignedIn:
        """See AccountStore; tabs that refresh with the same token at once get the same session."""
        running = self._refreshing.get(refresh_token)
        if running is None:
            running = self._refreshing[refresh_token] = asyncio.create_task(self._refresh(refresh_token, address))
            running.add_done_callback(partial(self._refreshed, refresh_token))
        return await asyncio.shield(running)

    def _refreshed(self, refresh_token: str, done: asyncio.Task[SignedIn]) -> None:
        del self._refreshing[refresh_token]
        if not done.cancelled():
            done.exception()  # the caller may have gone

    async def _refresh(self, refresh_token: str, address: str) -> SignedIn:
        async with self._limits.refresh(address), self._calls.asking("refresh", address) as client:
            response = await client.auth.refresh_session(sendable(refresh_token))
            return signed_in(await self._calls.without_profile(client, response))

    async def sign_out(self, reader: Reader) -> None:
        """See AccountStore; succeeds if the session has ended already or its account is closed."""
        with suppress(AuthenticationError, AccountClosedError):
            async with self._project.auth_errors("sign-out"):
                client = await self._project.client()
                await client.auth.admin.sign_out(reader.access_token, "local")
        if reader.session_id:
            self._signed_out[reader.session_id] = True  # in this process at once, elsewhere when the token expires

    async def end_session(self, refresh_token: str, *, address: str = "") -> None:
        """See AccountStore; Auth ends sessions only by access token, so the session is refreshed first."""
        session = (await self.refresh(refresh_token, address=address)).session
        if session is not None:
            await self.sign_out(await self._verifier.verify(session.access_token))

    async def account(self, reader: Reader) -> Account:
        """See AccountStore."""
        return account_of(await self._user(reader))

    async def confirm(
        self,
        reader: Reader,
        password: str | None = None,
        *,
        address: str = "",
        captcha_token: str | None = None,
    ) -> None:
        """See AccountStore; a password is checked by signing in, and that session is ended at once."""
        account = await self.account(reader)
        if account.email is None:
            return
        if password is None:
            if not signed_in_lately(reader.signed_in_at):
                raise CredentialsError(CONFIRM)
            return
        try:
            made = await self._try_password(account.email, password, address, captcha_token, confirms=True)
        except CredentialsError:
            raise CredentialsError("The password is wrong.") from None
        if made.session is not None:
            await self.sign_out(await self._verifier.verify(made.session.access_token))

    async def change_password(self, reader: Reader, password: str) -> None:
        """See AccountStore; a repeated call with the same password succeeds: the first response may be lost."""
        password = sendable(password)
        check_password(password)
        async with self._project.auth_errors("user"):
            client = await self._project.client()
            user = await act_as(client, reader)
            if not user.email:
                raise AccountInputError(NOT_FOR_GUESTS)
            try:
                await client.auth.update_user({"password": password})
            except AuthError as error:
                if error.code != "same_password":
                    raise
            await client.auth.admin.sign_out(reader.access_token, "others")

    async def delete(self, reader: Reader) -> None:
        """See AccountStore; a function of the database deletes the caller's own row of `auth.users`."""
        await self._project.rpc(reader.access_token, "delete_account", {})
        if reader.session_id:
            self._signed_out[reader.session_id] = True

    async def profile(self, reader: Reader) -> Profile:
        """See AccountStore."""
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("profiles").select("*").eq("id", str(reader.id)).execute()
        with reading_the_database():
            rows: list[Any] = response.data
            return profile_from_json(rows[0] if rows else None)

    async def save_profile(self, reader: Reader, profile: Profile) -> Profile:
        """See AccountStore; the name is also stored in the user's metadata, which Auth returns."""
        row = {**profile_to_json(profile), "id": str(reader.id), "updated_at": "now"}
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("profiles").upsert(row, on_conflict="id").execute()
        with reading_the_database():
            rows: list[Any] = response.data
            saved = profile_from_json(rows[0] if rows else None)
        async with self._project.auth_errors("user"):
            client = await self._project.client()
            user = await act_as(client, reader)
            if user.user_metadata.get("name") != saved.name:
                await client.auth.update_user({"data": {"name": saved.name}})
        return saved

    async def close(self) -> None:
        """See AccountStore."""
        await asyncio.gather(*self._refreshing.values(), return_exceptions=True)
        await self._keys.close()

    async def _user(self, reader: Reader) -> User:
        user = await self._user_of(reader.access_token)
        require_same(user, reader)
        return user

    async def _user_of(self, access_token: str) -> User:
        async with self._project.auth_errors("user"):
            client = await self._project.client()
            response = await client.auth.get_user(access_token)
        if response is None:
            raise AuthenticationError(SIGN_IN_AGAIN)
        return response.user

    async def _require_no_factor(self, reader: Reader) -> None:
        """Raise SecondFactorError if the account has a second factor and the session was started by password alone."""
        name = reader.id, reader.session_id
        known_until = self._without_factor.get(name)
        if known_until is not None and time.monotonic() < known_until:
            return
        user = await self._user(reader)
        if any(factor.status == "verified" for factor in user.factors or []):
            raise SecondFactorError("Please sign in with your second factor.")
        self._without_factor[name] = time.monotonic() + FACTORS_SECONDS
