"""Creates accounts in Supabase Auth, for new readers and for guests who sign up; called by `supabase_store`.

No response reveals whether another reader has the address: Auth hides it from new readers, and this module hides it
from guests, to whom Auth would tell it.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from supabase_auth.errors import AuthError
from supabase_auth.types import AuthResponse, User

from storage.accounts.reader import Reader
from storage.accounts.store import AccountStore, NewAccount, SignedIn, normal_email
from storage.accounts.supabase_calls import AuthCalls, act_as
from storage.accounts.supabase_limits import SupabaseLimits
from storage.accounts.supabase_responses import (
    account_of,
    check_password,
    signed_in,
    user_metadata,
    waiting_for_letter,
)
from storage.errors import (
    ACCOUNT_EXISTS,
    AccountExistsError,
    CaptchaError,
    CredentialsError,
    StorageUnavailableError,
)
from storage.settings import SupabaseSettings
from storage.storable import sendable
from storage.supabase_errors import is_lost_race
from storage.supabase_project import SupabaseProject
from supabase import AsyncClient

SETTINGS_PATH = "auth/v1/settings"
SETTINGS_SECONDS = 60.0


class SignUps:
    """Signs readers up; a sign-up that is repeated because its response was lost succeeds."""

    def __init__(
        self,
        project: SupabaseProject,
        calls: AuthCalls,
        limits: SupabaseLimits,
        settings: SupabaseSettings,
        accounts: AccountStore,
    ) -> None:
        self._project = project
        self._calls = calls
        self._limits = limits
        self._settings = settings
        self._accounts = accounts
        self._confirms = (True, -math.inf)  # whether addresses are confirmed by e-mail, and until when that is known
        self._upgrading: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()  # guests' ids

    async def sign_up(
        self, account: NewAccount, guest: Reader | None, address: str, captcha_token: str | None
    ) -> SignedIn:
        """See AccountStore; triggers of the database move the profile from the metadata into its table."""
        account = replace(account, email=normal_email(account.email), password=sendable(account.password))
        check_password(account.password)
        if guest is not None:
            # One after the other: Auth would give the guest the address of one sign-up and the password of another.
            async with self._upgrading.setdefault(guest.id, asyncio.Lock()):
                return await self._upgrade(guest, account, address, captcha_token)
        try:
            async with (
                self._letters_apart(account.email),
                self._calls.asking("sign-up", address, captcha_token) as client,
            ):
                response = await self._send_sign_up(client, account, captcha_token)
                made = signed_in(await self._calls.without_profile(client, response))
            return made if made.session else waiting_for_letter(account)
        except AccountExistsError:
            # A sign-up that is repeated because its response was lost succeeds. Where CAPTCHA is on, the sign-up has
            # used up the token, and only the reader can get another one.
            try:
                return await self._accounts.sign_in(
                    account.email, account.password, address=address, captcha_token=captcha_token
                )
            except (CredentialsError, CaptchaError):
                raise AccountExistsError(ACCOUNT_EXISTS) from None

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
            raise AccountExistsError(ACCOUNT_EXISTS) from None  # the winner of the race; this CAPTCHA token is used up

    async def _upgrade(self, guest: Reader, account: NewAccount, address: str, captcha_token: str | None) -> SignedIn:
        """Give a guest an address and a password; a session of the new account if no e-mail must be confirmed first."""
        async with self._calls.asking("upgrade", address, captcha_token) as client:
            user = await act_as(client, guest)
            sent_again = not user.is_anonymous
            if sent_again and user.email != account.email:
                raise AccountExistsError("This guest has an account already.")
            if not sent_again:
                async with self._letters_apart(account.email, str(guest.id)):
                    user = await self._address_given(client, user, account, address, captcha_token)
        if not sent_again and account.profile is not None:
            await self._accounts.save_profile(guest, account.profile)
        if user.is_anonymous or not user.email:
            return SignedIn(account_of(user), None)
        try:
            if sent_again:
                again = await self._accounts.sign_in(
                    account.email, account.password, address=address, captcha_token=captcha_token
                )
                if account.profile is not None:  # which may not have been stored the first time
                    await self._accounts.save_profile(guest, account.profile)
                return again
            return await self._calls.password_session(account.email, account.password, address, captcha_token)
        except CredentialsError:
            raise AccountExistsError("This guest has an account already.") from None

    async def _address_given(
        self, client: AsyncClient, user: User, account: NewAccount, address: str, captcha_token: str | None
    ) -> User:
        """The guest with the address, or waiting for its e-mail; another account's address looks like waiting, too."""
        try:
            return await _give_address(client, account)
        except AuthError as error:
            if error.code != "email_exists":
                raise
        await self._require_hiding(account, address, captcha_token)
        user.user_metadata |= {"name": account.profile.name} if account.profile else {}
        return user

    async def _require_hiding(self, account: NewAccount, address: str, captcha_token: str | None) -> None:
        """Raise AccountExistsError unless e-mails confirm addresses: then a guest's sign-up looks like a new one.

        Auth refuses the address of another account to guests, but hides it at a sign-up without a session. So that
        sign-up is sent as well: the password is checked, and an unconfirmed account gets its e-mail again.
        """
        if not _confirms(await self._project.get_json(SETTINGS_PATH)):
            raise AccountExistsError(ACCOUNT_EXISTS)
        client = await self._project.client(address=address)
        try:
            await self._send_sign_up(client, replace(account, profile=None), captcha_token)
        except AuthError as error:
            if error.code != "captcha_failed":  # a new address passes here without a token, so this one must as well
                raise

    @asynccontextmanager
    async def _letters_apart(self, *whose: str) -> AsyncIterator[None]:
        """Enforce a pause between sign-ups that send an e-mail to the same address, or come from the same guest.

        Auth has this pause as well, but not for addresses that have an account, to which it sends nothing: the
        difference would reveal them.
        """
        seconds = self._settings.supabase_letter_seconds
        if not seconds or not await self._letters_confirm():
            yield
            return
        async with self._limits.letter(whose, seconds=seconds):
            yield

    async def _letters_confirm(self) -> bool:
        """Whether addresses are confirmed by e-mail, as far as is known; asked once a minute."""
        confirms, until = self._confirms
        if time.monotonic() > until:
            with suppress(StorageUnavailableError):
                confirms = _confirms(await self._project.get_json(SETTINGS_PATH))
            self._confirms = confirms, time.monotonic() + SETTINGS_SECONDS
        return confirms


async def _give_address(client: AsyncClient, account: NewAccount) -> User:
    """The guest with the address; or still a guest, to whom the e-mail was sent, or sent again."""
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
    """Whether a project with these public settings confirms addresses by e-mail."""
    return isinstance(settings, dict) and settings.get("mailer_autoconfirm") is False
