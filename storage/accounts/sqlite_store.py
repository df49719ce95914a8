"""Accounts in SQLite: the store of one machine, used where no Supabase is configured.

Tokens look and are checked like Supabase's. A refresh token can be used once. A second use means that it was copied,
and ends the session for everyone who holds it.
"""

import logging
import sqlite3
import time
from functools import partial
from uuid import uuid4

from storage.accounts import sqlite_users
from storage.accounts.login_throttle import attempt_succeeded, begin_attempt
from storage.accounts.passwords import Passwords, check_strength
from storage.accounts.reader import Profile, Reader
from storage.accounts.signing import ISSUER, SigningKey
from storage.accounts.store import CONFIRM, Account, NewAccount, Session, SignedIn, normal_email, signed_in_lately
from storage.accounts.tokens import Issuers, TokenVerifier
from storage.errors import (
    ACCOUNT_EXISTS,
    BAD_CREDENTIALS,
    NOT_FOR_GUESTS,
    SIGN_IN_AGAIN,
    AccountExistsError,
    AccountInputError,
    AuthenticationError,
    CredentialsError,
    RefreshTokenError,
    StorageUnavailableError,
)
from storage.sqlite import Database
from storage.storable import sendable

logger = logging.getLogger(__name__)

PURGE_SECONDS = 3_600.0


class LocalAccounts:
    """The `AccountStore` of one machine."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        self._database = database
        self._key = key
        self._verifier = TokenVerifier(key, Issuers(ISSUER))
        self._passwords = Passwords()
        self._purged_at = -PURGE_SECONDS

    async def check(self) -> None:
        """See AccountStore."""
        await self._database.read(lambda db: db.execute("SELECT 1 FROM users LIMIT 1").fetchone())

    async def verify(self, access_token: str, *, address: str = "") -> Reader:
        """See AccountStore; a session that was ended, by any process, is refused at once.

        While the file cannot be read, a valid signature is enough, so that readers can go on asking.
        """
        reader = await self._verifier.verify(access_token)
        try:
            goes_on = await self._database.read(partial(sqlite_users.session_exists, session_id=reader.session_id))
        except StorageUnavailableError:
            logger.warning("A token was accepted without checking its session: the accounts cannot be read")
            return reader
        if not goes_on:
            raise AuthenticationError(SIGN_IN_AGAIN)
        return reader

    async def sign_up(
        self,
        account: NewAccount,
        *,
        guest: Reader | None = None,
        address: str = "",
        captcha_token: str | None = None,
    ) -> SignedIn:
        """See AccountStore; for an address that already has an account this is a sign-in, and is throttled as one."""
        email = normal_email(account.email)
        check_strength(account.password, email)
        if signed_in := await self._sign_in_again(email, account.password, guest, address):
            return signed_in
        password_hash = await self._passwords.hash(account.password)
        add = partial(
            sqlite_users.add_user,
            user_id=uuid4() if guest is None else guest.id,
            email=email,
            password_hash=password_hash,
            profile=account.profile,
            is_upgrade=guest is not None and guest.is_guest,
        )
        try:
            return self._signed_in(await self._database.write(lambda db: sqlite_users.start_session(db, add(db))))
        except AccountExistsError:  # the same sign-up was sent twice, and the other request finished first
            if signed_in := await self._sign_in_again(email, account.password, guest, address):
                return signed_in
            raise

    async def _sign_in_again(self, email: str, password: str, guest: Reader | None, address: str) -> SignedIn | None:
        """A session of the account with this address; None where there is none.

        Raises AccountExistsError where the password is wrong, or the guest is another account.
        """
        existing = await self._database.read(partial(sqlite_users.find_password, email=email))
        if existing is None:
            return None
        if guest is not None and guest.id != existing.user_id:
            raise AccountExistsError(ACCOUNT_EXISTS)
        try:
            return await self.sign_in(email, password, address=address)
        except CredentialsError:
            raise AccountExistsError(ACCOUNT_EXISTS) from None

    async def sign_in(
        self, email: str, password: str, *, address: str = "", captcha_token: str | None = None
    ) -> SignedIn:
        """See AccountStore."""
        email = sendable(email.strip().lower())
        found = await self._try_password(email, password, address)
        if found is None:
            raise CredentialsError(BAD_CREDENTIALS)

        def work(db: sqlite3.Connection) -> sqlite_users.Renewal:
            sqlite_users.require_password(db, found.user_id, found.password_hash)
            attempt_succeeded(db, email, address)
            return sqlite_users.start_session(db, sqlite_users.find_account(db, found.user_id))

        return self._signed_in(await self._database.write(work))

    async def sign_in_guest(self, *, address: str = "", captcha_token: str | None = None) -> SignedIn:
        """See AccountStore."""
        await self.delete_idle_guests()
        add = partial(sqlite_users.add_user, user_id=uuid4(), email=None, password_hash=None, profile=None)
        return self._signed_in(await self._database.write(lambda db: sqlite_users.start_session(db, add(db))))

    async def refresh(self, refresh_token: str, *, address: str = "") -> SignedIn:
        """See AccountStore."""
        renewed = await self._database.write(partial(sqlite_users.rotate, token=refresh_token))
        if renewed is None:  # raised out here, so that the end of a copied session is stored
            raise RefreshTokenError(SIGN_IN_AGAIN)
        return self._signed_in(renewed)

    async def sign_out(self, reader: Reader) -> None:
        """See AccountStore."""
        await self._database.write(lambda db: db.execute("DELETE FROM sessions WHERE id = ?", (reader.session_id,)))

    async def end_session(self, refresh_token: str, *, address: str = "") -> None:
        """See AccountStore."""
        if not await self._database.write(partial(sqlite_users.end_session, token=refresh_token)):
            raise RefreshTokenError(SIGN_IN_AGAIN)

    async def delete_idle_guests(self) -> None:
        """Delete guests who cannot or did not come back; at most once an hour, a few hundred at a time."""
        if time.monotonic() - self._purged_at < PURGE_SECONDS:
            return
        deleted = await self._database.write(sqlite_users.delete_idle_guests)
        if deleted < sqlite_users.PURGED_AT_ONCE:
            self._purged_at = time.monotonic()
        if deleted:
            logger.info("Deleted %d guests who did not come back", deleted)

    async def account(self, reader: Reader) -> Account:
        """See AccountStore."""

        def work(db: sqlite3.Connection) -> Account:
            if not sqlite_users.session_exists(db, reader.session_id):
                raise AuthenticationError(SIGN_IN_AGAIN)
            return sqlite_users.find_account(db, reader.id)

        return await self._database.read(work)

    async def confirm(
        self,
        reader: Reader,
        password: str | None = None,
        *,
        address: str = "",
        captcha_token: str | None = None,
    ) -> None:
        """See AccountStore."""
        account = await self.account(reader)
        if account.email is None:
            return
        if password is None:
            started = await self._database.read(partial(sqlite_users.session_started, session_id=reader.session_id))
            if not signed_in_lately(started):
                raise CredentialsError(CONFIRM)
            return
        if await self._try_password(account.email, password, address) is None:
            raise CredentialsError("The password is wrong.")
        await self._database.write(partial(attempt_succeeded, email=account.email, address=address))

    async def _try_password(self, email: str, password: str, address: str) -> sqlite_users.StoredPassword | None:
        """The account whose password this is, by its e-mail address, after the attempt was counted; else None."""
        await self._database.write(partial(begin_attempt, email=email, address=address))
        found = await self._database.read(partial(sqlite_users.find_password, email=email))
        return found if await self._passwords.matches(found.password_hash if found else None, password) else None

    async def change_password(self, reader: Reader, password: str) -> None:
        """See AccountStore."""
        account = await self.account(reader)
        if account.email is None:
            raise AccountInputError(NOT_FOR_GUESTS)
        check_strength(password, account.email)
        password_hash = await self._passwords.hash(password)
        set_password = partial(
            sqlite_users.set_password, user_id=reader.id, password_hash=password_hash, but=reader.session_id
        )
        await self._database.write(set_password)

    async def delete(self, reader: Reader) -> None:
        """See AccountStore."""
        await self._database.write(partial(sqlite_users.delete_user, user_id=reader.id))

    async def users(self, search: str = "") -> list[sqlite_users.ListedUser]:
        """The accounts with an address that contains `search`, newest first; for the operator's command line."""
        return await self._database.read(partial(sqlite_users.list_users, search=search))

    async def replace_password(self, email: str, password: str) -> bool:
        """Replace an account's password and end its sessions, for the operator; False if there is no such account."""
        email = normal_email(email)
        check_strength(password, email)
        found = await self._database.read(partial(sqlite_users.find_password, email=email))
        if found is None:
            return False
        password_hash = await self._passwords.hash(password)
        await self._database.write(
            partial(sqlite_users.set_password, user_id=found.user_id, password_hash=password_hash, but=None)
        )
        return True

    async def delete_by_email(self, email: str) -> bool:
        """Delete an account with everything that belongs to it, for the operator; False if there is no such account."""
        found = await self._database.read(partial(sqlite_users.find_password, email=normal_email(email)))
        if found is None:
            return False
        await self._database.write(partial(sqlite_users.delete_user, user_id=found.user_id))
        return True

    async def profile(self, reader: Reader) -> Profile:
        """See AccountStore."""
        return await self._database.read(partial(sqlite_users.find_profile, user_id=reader.id))

    async def save_profile(self, reader: Reader, profile: Profile) -> Profile:
        """See AccountStore."""
        save = partial(sqlite_users.save_profile, user_id=reader.id, profile=profile)
        return await self._database.write(save)

    async def close(self) -> None:
        """See AccountStore; the owner of the `Database` closes it."""

    def _signed_in(self, renewal: sqlite_users.Renewal) -> SignedIn:
        account, session_id, refresh_token = renewal
        access_token, expires_at = self._key.sign(account.id, session_id, is_guest=account.is_guest)
        return SignedIn(account, Session(access_token, refresh_token, expires_at))
