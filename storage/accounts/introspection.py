"""Checks tokens that are signed by a secret which was not given: the auth server is asked, once in a while."""

import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from cachetools import LRUCache

from storage.accounts.reader import Reader
from storage.accounts.tokens import NOT_TRUSTED, Clock, Issuers, read_claims, read_header, reader_of
from storage.errors import AuthenticationError, StorageUnavailableError

REMEMBERED_SECONDS = 10.0
REMEMBERED_TOKENS = 10_000

Ask = Callable[[str], Awaitable[object]]


class _Answer(NamedTuple):
    good: bool
    until: float


class Introspection:
    """Asks whether a token is good, and remembers the answer for seconds, a refusal too.

    While the auth server is away, a token that it called good stays good until it expires.
    """

    def __init__(self, ask: Ask, issuers: Issuers) -> None:
        self._ask = ask
        self._issuers = issuers
        self._clock = Clock()
        self._answers: LRUCache[bytes, _Answer] = LRUCache(REMEMBERED_TOKENS)

    async def verify(self, token: str) -> Reader:
        """The reader; raises AuthenticationError, and StorageUnavailableError for a new token while `ask` does."""
        claims = read_claims(token, None, read_header(token)["alg"])
        name = sha256(token.encode()).digest()
        answer = self._answers.get(name)
        if answer is None or time.monotonic() > answer.until:
            answer = _Answer(await self._asked(token, answer), time.monotonic() + REMEMBERED_SECONDS)
            self._answers[name] = answer
        if not answer.good:
            raise AuthenticationError(NOT_TRUSTED)
        return self._reader(token, claims)

    def _reader(self, token: str, claims: Mapping[str, Any]) -> Reader:
        """What a token says that the auth server trusts."""
        self._issuers.require(claims)
        self._clock.require(claims)
        return reader_of(token, claims)

    async def _asked(self, token: str, before: _Answer | None) -> bool:
        try:
            await self._ask(token)
        except AuthenticationError:
            return False
        except StorageUnavailableError:
            if before is None:
                raise
            return before.good
        return True
