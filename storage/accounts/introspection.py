"""Checking tokens that are signed by a secret which was not given: the auth server is asked, once in a while."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256

import jwt

from storage.accounts.reader import Reader
from storage.accounts.tokens import AUDIENCE, LEEWAY_SECONDS, NOT_TRUSTED, reader_of
from storage.errors import AuthenticationError

REMEMBERED_SECONDS = 10.0
REMEMBERED_TOKENS = 10_000

Ask = Callable[[str], Awaitable[object]]


class Introspection:
    """Asks whether a token is good, and remembers the answer for seconds, a refusal too."""

    def __init__(self, ask: Ask, issuer: str) -> None:
        self._ask = ask
        self._issuer = issuer
        self._answers: OrderedDict[bytes, tuple[bool, float]] = OrderedDict()

    async def verify(self, token: str) -> Reader:
        """The reader; `ask` raises AuthenticationError for a bad token."""
        reader = self._read(token)
        name = sha256(token.encode()).digest()
        good, until = self._answers.get(name, (False, 0.0))
        if time.monotonic() > until:
            good = await self._asked(token)
            self._answers[name] = good, time.monotonic() + REMEMBERED_SECONDS
            if len(self._answers) > REMEMBERED_TOKENS:
                self._answers.popitem(last=False)
        if not good:
            raise AuthenticationError(NOT_TRUSTED)
        return reader

    async def _asked(self, token: str) -> bool:
        try:
            await self._ask(token)
        except AuthenticationError:
            return False
        return True

    def _read(self, token: str) -> Reader:
        """What the token says; all but its signature is checked here."""
        options: jwt.types.Options = {
            "verify_signature": False,
            "verify_exp": True,
            "verify_aud": True,
            "verify_iss": True,
            "verify_nbf": True,
            "require": ["exp", "sub", "aud", "iss"],
        }
        try:
            claims = jwt.decode(token, options=options, audience=AUDIENCE, issuer=self._issuer, leeway=LEEWAY_SECONDS)
        except (jwt.InvalidTokenError, ValueError) as exc:
            raise AuthenticationError(NOT_TRUSTED) from exc
        return reader_of(token, claims)
