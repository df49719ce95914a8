"""The seam between the app and accounts: one protocol, implemented on SQLite and on Supabase Auth."""

import re
import time
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from storage.accounts.reader import Profile, Reader
from storage.errors import AccountInputError

FRESH_SECONDS = 600  # a sign-in this long ago still counts as the owner's consent
CLOCK_SECONDS = 60  # how far the issuer's clock may be ahead
CONFIRM = "Please give your password, or sign in again."
EMAIL_CHARACTERS = 254

# Only an e-mail that arrives proves an address; this only rejects what cannot be one.
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)*")


def signed_in_lately(at: float | None) -> bool:
    """Whether a sign-in at this time, in seconds since 1970, still counts as the owner's consent."""
    return at is not None and -CLOCK_SECONDS <= time.time() - at <= FRESH_SECONDS


def normal_email(email: str) -> str:
    """The address as it is compared and sent; raises AccountInputError if it cannot be one."""
    email = email.strip().lower()
    if len(email) > EMAIL_CHARACTERS or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise AccountInputError("This is not an e-mail address.")
    return email


@dataclass(frozen=True, slots=True)
class Account:
    """A user, as the store has it."""

    id: UUID
    email: str | None = field(repr=False)
    is_guest: bool
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """The tokens by which a client proves who is asking."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int  # seconds since 1970
    token_type: str = "bearer"  # noqa: S105 — the scheme's name


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account and its session; no session while the address must be confirmed first."""

    account: Account
    session: Session | None

    @property
    def email_confirmation_required(self) -> bool:
        """Whether the reader must follow the link in an e-mail before signing in."""
        return self.session is None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a sign-up gives."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    profile: Profile | None = None  # with the name


class AccountStore(Protocol):
    """Sign-up, sign-in and sessions; the errors are those of `storage.errors`, and come within a time limit.

    `address` is where the request came from; password guessing is throttled by it. `captcha_token` is the result of the
    site's CAPTCHA, for stores that require one.
    """

    async def check(self) -> None:
        """Raise StorageUnavailableError if accounts cannot be used; cheap enough to be called often."""

    async def verify(self, access_token: str, *, address: str = "") -> Reader:
        """The reader named by a token, usually without a network request; raises AuthenticationError."""

    async def sign_up(
        self,
        account: NewAccount,
        *,
        guest: Reader | None = None,
        address: str = "",
        captcha_token: str | None = None,
    ) -> SignedIn:
        """A new account; a guest who signs up keeps id and history.

        A call repeated with the same password, as after a lost response, gives a session of the account that the first
        call made.
        """

    async def sign_in(
        self, email: str, password: str, *, address: str = "", captcha_token: str | None = None
    ) -> SignedIn:
        """A new session; an unknown account and a wrong password raise the same error after the same time."""

    async def sign_in_guest(self, *, address: str = "", captcha_token: str | None = None) -> SignedIn:
        """A new account without an address."""

    async def refresh(self, refresh_token: str, *, address: str = "") -> SignedIn:
        """The session with new tokens; the given token cannot be used again."""

    async def sign_out(self, reader: Reader) -> None:
        """End this session."""

    async def end_session(self, refresh_token: str, *, address: str = "") -> None:
        """End the session of a refresh token, for readers whose access token has expired."""

    async def account(self, reader: Reader) -> Account:
        """The account as the store has it now; raises AuthenticationError if the session has ended."""

    async def confirm(
        self,
        reader: Reader,
        password: str | None = None,
        *,
        address: str = "",
        captcha_token: str | None = None,
    ) -> None:
        """Raise CredentialsError unless the account's owner is asking; called before what cannot be undone.

        The owner gives the password, or has signed in within `FRESH_SECONDS`. A guest needs neither.
        """

    async def change_password(self, reader: Reader, password: str) -> None:
        """Replace the account's password and end its other sessions. Call `confirm` first.

        Raises WeakPasswordError.
        """

    async def delete(self, reader: Reader) -> None:
        """Delete the account with its profile, its sessions and its conversations. Call `confirm` first."""

    async def profile(self, reader: Reader) -> Profile:
        """The reader's profile."""

    async def save_profile(self, reader: Reader, profile: Profile) -> Profile:
        """The profile as it was saved."""

    async def close(self) -> None:
        """Close files and connections."""
