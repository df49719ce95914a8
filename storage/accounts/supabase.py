"""Accounts in Supabase Auth, profiles in its database; used where SUPABASE_URL is set.

Sign-ins, refreshes and letters are counted by `supabase_limits` before Auth is asked; `supabase_responses` turns what
Auth answers into our types.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from cachetools import LRUCache
from supabase_auth.errors import AuthError
from supabase_auth.types import AuthResponse, User

from storage.accounts.backoff import Backoff
from storage.accounts.emails import normal_email, sendable
from storage.accounts.introspection import Introspection
from storage.accounts.jwks import ProjectKeys
from storage.accounts.profiles import profile_from_json, profile_to_json
from storage.accounts.reader import Profile, Reader
from storage.accounts.settings import SupabaseSettings
from storage.accounts.store import CONFIRM, Account, NewAccount, Session, SignedIn, signed_in_lately
from storage.accounts.supabase_limits import SupabaseLimits
from storage.accounts.supabase_responses import (
    account_of,
    check_password,
    require_same,
    signed_in,
    user_metadata,
    waiting_for_letter,
)
from storage.accounts.tokens import Issuers, TokenVerifier, read_header
from storage.errors import (
    AccountClosedError,
    AccountExistsError,
    AccountInputError,
    AuthenticationError,
    BookragError,
    CaptchaError,
    CredentialsError,
    SecondFactorError,
    StorageUnavailableError,
    TooManyRequestsError,
)
from storage.sqlite import Database
from storage.supabase_errors import (
    SIGN_IN_AGAIN,
    LetterPauseError,
    Route,
    is_lost_race,
)
from storage.supabase_project import OTHER_SERVER, SupabaseProject, reading_the_database
from supabase import AsyncClient

logger = logging.getLogger(__name__)

JWKS_PATH = "auth/v1/.well-known/jwks.json"
HEALTH_PATH = "auth/v1/health"
SETTINGS_PATH = "auth/v1/settings"
MIGRATION_PATH = "rest/v1/rpc/newest_migration"
NEWEST_MIGRATION = 6  # of supabase/migrations: what `newest_migration()` says at least
FACTORS_SECONDS = SETTINGS_SECONDS = 60.0
CHECK_SECONDS = 5.0
REMEMBERED = 10_000
TAKEN = "There is an account with this e-mail address already."


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
        self._backoff = Backoff()
        self._signed_out: LRUCache[str, bool] = LRUCache(REMEMBERED)  # session ids
        # Readers and their sessions, and until when it is known that the account has no second factor.
        self._without_factor: LRUCache[tuple[UUID, str | None], float] = LRUCache(REMEMBERED)
        self._confirms = (True, -math.inf)  # whether letters confirm addresses, and until when that is known
        self._upgrading: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()  # guests' ids
        self._refreshing: dict[str, asyncio.Task[SignedIn]] = {}  # by refresh token
        self._checking = asyncio.Lock()
        self._checked: tuple[BookragError | None, float] = (None, -CHECK_SECONDS)

    async def open(self) -> None:
        """Fetch the keys before the first reader comes, and log what is wrong; a project may be away at the start."""
        try:
            with suppress(StorageUnavailableError):  # the check says why
                await self._keys.load()
            await self.check()
        except StorageUnavailableError as error:
            logger.error("Supabase: %s", error)  # noqa: TRY400  # the message says all, a traceback nothing

    async def check(self) -> None:
        """See AccountStore; asks the project at most every few seconds, one caller for all."""
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
        """See AccountStore; triggers of the database move the profile from the metadata into its table."""
        account = replace(account, email=normal_email(account.email), password=sendable(account.password))
        check_password(account.password)
        if guest is not None:
            # One after the other: Auth would give the guest the address of one sign-up and the password of another.
            async with self._upgrading.setdefault(guest.id, asyncio.Lock()):
                return await self._upgrade(guest, account, address, captcha_token)
        try:
            async with self._letters_apart(account.email), self._asking("sign-up", address, captcha_token) as client:
                response = await self._send_sign_up(client, account, captcha_token)
                made = signed_in(await self._without_profile(client, response))
            return made if made.session else waiting_for_letter(account)
        except AccountExistsError:
            # A sign-up that is sent again, after its answer was lost, succeeds. Where CAPTCHA is on, the sign-up has
            # used the token up, and only the reader can get another one.
            try:
                return await self.sign_in(account.email, account.password, address=address, captcha_token=captcha_token)
            except (CredentialsError, CaptchaError):
                raise AccountExistsError(TAKEN) from None

    async def _send_sign_up(self, client: AsyncClient, account: NewAccount, captcha_token: str | None) -> AuthResponse:
        options: Any = {"data": user_metadata(account.profile), "captcha_token": captcha_token}
        credentials: Any = {"email": account.email, "password": account.password, "options": options}
        try:
            return await client.auth.sign_up(credentials)
        except AuthError as error:
            if not is_lost_race(error):
                raise
        try:
            return await client.auth.sign_up(credentials)
        except AuthError as error:
            if error.code != "captcha_failed":
                raise
            raise AccountExistsError(TAKEN) from None  # to whom the race was lost; the token is used up

    async def sign_in(
        self, email: str, password: str, *, address: str = "", captcha_token: str | None = None
    ) -> SignedIn:
        """See AccountStore."""
        return await self._try_password(email, password, address, captcha_token)

    async def _try_password(
        self, email: str, password: str, address: str, captcha_token: str | None, *, confirms: bool = False
    ) -> SignedIn:
        """Sign in; `confirms`: for a reader who has a session, and does not wait for those who have none."""
        password = sendable(password)
        try:
            email = normal_email(email)
        except AccountInputError:  # nobody has it, and Auth's database refuses some of what it may hold
            raise CredentialsError("The e-mail address or the password is wrong.") from None
        if not password:  # the client does not even send it
            raise CredentialsError("The e-mail address or the password is wrong.")
        async with self._limits.sign_in(email, address, confirms=confirms):
            made = await self._password_session(email, password, address, captcha_token)
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
        async with self._asking("guest", address, captcha_token) as client:
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
            done.exception()  # whoever asked may be gone

    async def _refresh(self, refresh_token: str, address: str) -> SignedIn:
        async with self._limits.refresh(address), self._asking("refresh", address) as client:
            response = await client.auth.refresh_session(sendable(refresh_token))
            return signed_in(await self._without_profile(client, response))

    async def sign_out(self, reader: Reader) -> None:
        """See AccountStore; a session that has ended already, or whose account is closed, is no error."""
        with suppress(AuthenticationError, AccountClosedError):
            async with self._project.auth_errors("sign-out"):
                client = await self._project.client()
                await client.auth.admin.sign_out(reader.access_token, "local")
        if reader.session_id:
            self._signed_out[reader.session_id] = True  # in this process at once, elsewhere when the token expires

    async def end_session(self, refresh_token: str, *, address: str = "") -> None:
        """See AccountStore; Auth ends sessions by access tokens alone, so the session gets one first."""
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
        """See AccountStore; a password is tried by signing in, and that session ends at once."""
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
        """See AccountStore; sent again with the same password it succeeds, for the first answer may have been lost."""
        password = sendable(password)
        check_password(password)
        async with self._project.auth_errors("user"):
            client = await self._project.client()
            user = await _act_as(client, reader)
            if not user.email:
                raise AccountInputError("A guest has no password. Sign up to have one.")
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
        """See AccountStore; the name is kept with the user, too, where Auth gives it."""
        row = {**profile_to_json(profile), "id": str(reader.id), "updated_at": "now"}
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("profiles").upsert(row, on_conflict="id").execute()
        with reading_the_database():
            rows: list[Any] = response.data
            saved = profile_from_json(rows[0] if rows else None)
        async with self._project.auth_errors("user"):
            client = await self._project.client()
            user = await _act_as(client, reader)
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

    async def _upgrade(self, guest: Reader, account: NewAccount, address: str, captcha_token: str | None) -> SignedIn:
        """Give a guest an address and a password; a session of the new kind where no letter must be answered first."""
        async with self._asking("upgrade", address, captcha_token) as client:
            user = await _act_as(client, guest)
            sent_again = not user.is_anonymous
            if sent_again and user.email != account.email:
                raise AccountExistsError("This guest has an account already.")
            if not sent_again:
                async with self._letters_apart(account.email, str(guest.id)):
                    user = await self._address_given(client, user, account, address, captcha_token)
        if not sent_again and account.profile is not None:
            await self.save_profile(guest, account.profile)
        if user.is_anonymous or not user.email:
            return SignedIn(account_of(user), None)
        try:
            if sent_again:
                again = await self.sign_in(
                    account.email, account.password, address=address, captcha_token=captcha_token
                )
                if account.profile is not None:  # which may not have been stored the first time
                    await self.save_profile(guest, account.profile)
                return again
            return await self._password_session(account.email, account.password, address, captcha_token)
        except CredentialsError:
            raise AccountExistsError("This guest has an account already.") from None

    async def _address_given(
        self, client: AsyncClient, user: User, account: NewAccount, address: str, captcha_token: str | None
    ) -> User:
        """The guest with the address, or waiting for its letter; another's address looks like one that waits."""
        try:
            return await _give_address(client, account)
        except AuthError as error:
            if error.code != "email_exists":
                raise
        await self._require_hiding(account, address, captcha_token)
        user.user_metadata |= {"name": account.profile.name} if account.profile else {}
        return user

    async def _require_hiding(self, account: NewAccount, address: str, captcha_token: str | None) -> None:
        """Raise AccountExistsError unless letters confirm addresses: then a guest's sign-up looks like a new one.

        Auth refuses the address of another account to guests, but hides it at a sign-up without a session. That is
        sent as well, so that the password is judged and a letter for an unconfirmed account goes out again.
        """
        if not _confirms(await self._project.get_json(SETTINGS_PATH)):
            raise AccountExistsError(TAKEN)
        client = await self._project.client(address=address)
        try:
            await self._send_sign_up(client, replace(account, profile=None), captcha_token)
        except AuthError as error:
            if error.code != "captcha_failed":  # a new address needs no token here, so this one must not
                raise

    @asynccontextmanager
    async def _letters_apart(self, *whose: str) -> AsyncIterator[None]:
        """Leave a pause between sign-ups that send a letter to the same address, or come of the same guest.

        Auth has this pause as well, but not for addresses that have an account, to which it sends none: the difference
        would tell of them.
        """
        seconds = self._settings.supabase_letter_seconds
        if not seconds or not await self._letters_confirm():
            yield
            return
        async with self._limits.letter(whose, seconds=seconds):
            yield

    async def _letters_confirm(self) -> bool:
        """Whether letters confirm addresses, as far as is known; asked once a minute."""
        confirms, until = self._confirms
        if time.monotonic() > until:
            with suppress(StorageUnavailableError):
                confirms = _confirms(await self._project.get_json(SETTINGS_PATH))
            self._confirms = confirms, time.monotonic() + SETTINGS_SECONDS
        return confirms

    async def _password_session(self, email: str, password: str, address: str, captcha_token: str | None) -> SignedIn:
        async with self._asking("sign-in", address, captcha_token) as client:
            options: Any = {"captcha_token": captcha_token}
            credentials: Any = {"email": email, "password": password, "options": options}
            response = await client.auth.sign_in_with_password(credentials)
            return signed_in(await self._without_profile(client, response))

    async def _without_profile(self, client: AsyncClient, response: AuthResponse) -> AuthResponse:
        """The session; its profile, which makes each token too long, is taken out of the metadata once."""
        if response.session is None or response.user is None or "profile" not in response.user.user_metadata:
            return response
        await client.auth.update_user({"data": {"profile": None}})
        return await client.auth.refresh_session(response.session.refresh_token)

    @asynccontextmanager
    async def _asking(self, route: Route, address: str, captcha_token: str | None = None) -> AsyncIterator[AsyncClient]:
        """A client for a call that Auth limits; after a refusal the same address waits here, longer each time."""
        self._backoff.require(route, address)
        try:
            async with self._project.auth_errors(route, captcha_sent=captcha_token is not None):
                yield await self._project.client(address=address)
        except LetterPauseError:
            raise  # of one account: other readers of the address need not wait
        except TooManyRequestsError as error:
            raise self._backoff.refused(route, address, error) from None
        self._backoff.succeeded(route, address)

    async def _require_no_factor(self, reader: Reader) -> None:
        """Raise SecondFactorError for a session by password alone of an account that has a second factor."""
        name = reader.id, reader.session_id
        known_until = self._without_factor.get(name)
        if known_until is not None and time.monotonic() < known_until:
            return
        user = await self._user(reader)
        if any(factor.status == "verified" for factor in user.factors or []):
            raise SecondFactorError("Please sign in with your second factor.")
        self._without_factor[name] = time.monotonic() + FACTORS_SECONDS


async def _act_as(client: AsyncClient, reader: Reader) -> User:
    """Let the client act in a session; the refresh token it would need much later is the reader's alone."""
    response = await client.auth.set_session(reader.access_token, "none")
    if response.user is None:
        raise AuthenticationError(SIGN_IN_AGAIN)
    require_same(response.user, reader)
    return response.user


async def _give_address(client: AsyncClient, account: NewAccount) -> User:
    """The guest with the address; or still a guest, whose letter was sent, or sent again."""
    name = account.profile.name if account.profile else None
    data = {"name": name} if name else {}
    try:
        changed = await client.auth.update_user({"email": account.email, "password": account.password, "data": data})
    except AuthError as error:
        if error.code != "same_password":
            raise
        changed = await client.auth.update_user({"email": account.email, "data": data})
    return changed.user


def _confirms(settings: Any) -> bool:
    """Whether a project with these public settings confirms addresses by letters."""
    return isinstance(settings, dict) and settings.get("mailer_autoconfirm") is False
