"""Passwords: the strength check, and argon2id hashes, of which only a few are computed at a time."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from storage.errors import TooManyRequestsError, WeakPasswordError
from storage.storable import sendable

MIN_CHARACTERS, MAX_CHARACTERS = 8, 256
HASHES_AT_ONCE = 2  # each takes 19 MiB and some 20 ms of a core
MAX_WAIT_SECONDS = 10.0

# The commonest passwords of at least the smallest length, from public lists of leaked ones.
_COMMON = frozenset(
    (
        *("12345678", "123456789", "1234567890", "password", "password1", "password12", "password123", "passw0rd"),
        *("qwertyui", "qwertyuiop", "qwerty123", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "iloveyou", "sunshine"),
        *("princess", "football", "baseball", "superman", "trustno1", "welcome1", "letmein1", "abcd1234", "abc12345"),
        *("asdfghjkl", "87654321", "987654321", "q1w2e3r4", "changeme", "admin123", "administrator", "computer"),
        *("internet", "michelle", "jennifer", "whatever", "starwars", "charlie1", "passwort", "hello123", "welcome123"),
    )
)


def check_strength(password: str, email: str) -> None:
    """Raises WeakPasswordError, which says what is missing."""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise WeakPasswordError(f"A password needs {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.")
    lowered = password.casefold()
    if lowered in _COMMON or len(set(lowered)) < 4 or lowered in (email.casefold(), email.casefold().partition("@")[0]):
        raise WeakPasswordError("This password is too easy to guess. Please choose another one.")


class Passwords:
    """Makes and checks hashes off the event loop."""

    def __init__(self) -> None:
        # OWASP's recommendation for argon2id: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._slots = asyncio.Semaphore(HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._slot():
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; takes the same time if there is no stored hash."""
        async with self._slot():
            matches = await asyncio.to_thread(self._verify, stored, _normal(password))
        return matches and stored is not None

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or _decoy(self._hasher), password)
        except (Argon2Error, InvalidHashError):
            return False

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of the few hashes that are computed at a time; raises TooManyRequestsError after too long a wait."""
        try:
            await asyncio.wait_for(self._slots.acquire(), MAX_WAIT_SECONDS)
        except TimeoutError as exc:
            raise TooManyRequestsError("Too many people are signing in just now.", 10) from exc
        try:
            yield
        finally:
            self._slots.release()


def _normal(password: str) -> str:
    """The text in one Unicode normal form, without code points that UTF-8 cannot encode."""
    return sendable(unicodedata.normalize("NFKC", password))


@cache
def _decoy(hasher: PasswordHasher) -> str:
    return hasher.hash("no account has this password")
