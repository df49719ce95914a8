"""Checks tokens whose signing secret this server does not have: asks the auth server and caches the answer."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from cachetools import LRUCache

from storage.accounts.reader import Reader
from storage.accounts.tokens import NOT_TRUSTED, Clock, Issuers, read_claims, read_header, reader_of
from storage.errors import AuthenticationError, StorageUnavailableError, TooManyRequestsError

logger = logging.getLogger(__name__)

REMEMBERED_SECONDS = 10.0
REMEMBERED_TOKENS = 10_000
# The token bucket of each address for calls about invalid tokens: its size, and its refill per second.
QUESTIONS, QUESTIONS_PER_SECOND = 30.0, 2.0
REMEMBERED_ADDRESSES = 10_000

Ask = Callable[[str], Awaitable[object]]


class _Answer(NamedTuple):
    good: bool
    until: float


class Introspection:
    """Asks whether a token is valid; answers, refusals included, are cached for some seconds.

    While the auth server cannot be reached, or refuses requests, a token that it accepted before is accepted until it
    expires.
    """

    def __init__(self, ask: Ask, issuers: Issuers) -> None:
        self._ask = ask
        self._issuers = issuers
        self._clock = Clock()
        self._answers: LRUCache[bytes, _Answer] = LRUCache(REMEMBERED_TOKENS)
        self._warned = False
        # By address: how many calls are left, and since when.
        self._questions: LRUCache[str, tuple[float, float]] = LRUCache(REMEMBERED_ADDRESSES)

    async def verify(self, token: str, address: str = "", *, has_keys: bool = False) -> Reader:
        """The reader; raises AuthenticationError, and StorageUnavailableError for a new token while `ask` does.

        Anybody can make up tokens, so calls for an address whose tokens were refused are limited. `has_keys`: the
        project has signing keys, though this token is signed by its secret.
        """
        claims = read_claims(token, None, read_header(token)["alg"])
        name = sha256(token.encode()).digest()
        answer = self._answers.get(name)
        if answer is None or time.monotonic() > answer.until:
            if not (answer and answer.good) and not self._left(address):
                raise AuthenticationError(NOT_TRUSTED)
            answer = _Answer(await self._asked(token, answer), time.monotonic() + REMEMBERED_SECONDS)
            if not answer.good:
                self._questions[address] = self._left(address) - 1, time.monotonic()
            self._answers[name] = answer
        if not answer.good:
            raise AuthenticationError(NOT_TRUSTED)
        if has_keys and not self._warned:
            self._warned = True
            logger.warning(
                "Tokens are signed by the project's shared secret, though it has signing keys: rotate the keys, or set "
                "SUPABASE_JWT_SECRET. Until then Supabase Auth is asked about each token."
            )
        return self._reader(token, claims)

    def _left(self, address: str) -> float:
        """How many more invalid tokens of this address the server may be asked about; 0 if none."""
        left, at = self._questions.get(address, (QUESTIONS, 0.0))
        left = min(QUESTIONS, left + (time.monotonic() - at) * QUESTIONS_PER_SECOND)
        return left if left >= 1 else 0.0

    def _reader(self, token: str, claims: Mapping[str, Any]) -> Reader:
        """The reader named by a token that the auth server accepts."""
        self._issuers.require(claims)
        self._clock.require(claims)
        return reader_of(token, claims)

    async def _asked(self, token: str, before: _Answer | None) -> bool:
        try:
            await self._ask(token)
        except AuthenticationError:
            return False
        except (StorageUnavailableError, TooManyRequestsError):
            if before is None:
                raise
            return before.good
        return True
