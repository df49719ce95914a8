"""Checking an access token without asking anybody: signature, issuer, audience, expiry and role.

Used by both account stores; where the keys come from is theirs to say (`KeySource`). An algorithm is never the token's
to choose: it follows from the key that is found for the token's key id.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

import jwt
from jwt.utils import base64url_decode

from storage.accounts.reader import Reader
from storage.errors import AuthenticationError

AUDIENCE = "authenticated"
ROLE = "authenticated"
LEEWAY_SECONDS = 5
KNOWN_SECONDS, KNOWN_TOKENS = 30, 10_000  # also how long a withdrawn key lives on
MAX_TOKEN_CHARACTERS = 8_192
NOT_TRUSTED = "Please sign in again."


class KeySource(Protocol):
    """Where the keys that sign tokens are found."""

    async def key(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key by this id, made for this algorithm; None when there is none to trust."""
        ...


class TokenVerifier:
    """Tells who a token's reader is.

    A token that was checked is known for a moment: a reader's requests come in bursts, and the signature is most of
    the cost.
    """

    def __init__(self, keys: KeySource, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._known: OrderedDict[str, tuple[Reader, float]] = OrderedDict()

    async def verify(self, token: str) -> Reader:
        """The reader whom the token names.

        Raises AuthenticationError for a token that is not to be trusted, StorageUnavailableError when its key cannot
        be fetched.
        """
        known = self.known(token)
        if known is not None:
            return known
        reader = await self._check(token)
        self._known[token] = reader, min(time.time() + KNOWN_SECONDS, reader.expires_at + LEEWAY_SECONDS)
        if len(self._known) > KNOWN_TOKENS:
            self._known.popitem(last=False)
        return reader

    def known(self, token: str) -> Reader | None:
        """The reader of a token that was checked a moment ago."""
        reader, until = self._known.get(token, (None, 0.0))
        return reader if time.time() < until else None

    async def _check(self, token: str) -> Reader:
        header = read_header(token)
        key = await self._keys.key(header.get("kid"), header["alg"])
        if key is None:
            raise AuthenticationError(NOT_TRUSTED)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],  # of the key: `KeySource.key` gives none whose algorithm differs
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except (jwt.InvalidTokenError, ValueError) as exc:
            raise AuthenticationError(NOT_TRUSTED) from exc
        return reader_of(token, claims)


def read_header(token: str) -> Mapping[str, Any]:
    """A token's header, with an algorithm in it; raises AuthenticationError."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise AuthenticationError(NOT_TRUSTED)
    return _header(token.partition(".")[0])


@lru_cache(maxsize=64)  # all tokens of one key begin alike
def _header(segment: str) -> Mapping[str, Any]:
    try:
        header = json.loads(base64url_decode(segment))
    except ValueError as exc:
        raise AuthenticationError(NOT_TRUSTED) from exc
    if not isinstance(header, dict) or not isinstance(header.get("alg"), str):
        raise AuthenticationError(NOT_TRUSTED)
    if not isinstance(header.get("kid", ""), str):
        raise AuthenticationError(NOT_TRUSTED)
    return MappingProxyType(header)


def reader_of(token: str, claims: Mapping[str, Any]) -> Reader:
    """The reader whom checked claims name; raises AuthenticationError for another role."""
    try:
        if claims["role"] != ROLE:
            raise AuthenticationError(NOT_TRUSTED)
        session_id = claims.get("session_id")
        return Reader(
            id=UUID(claims["sub"]),
            is_guest=claims.get("is_anonymous") is True,
            access_token=token,
            expires_at=int(claims["exp"]),
            session_id=session_id if isinstance(session_id, str) else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as exc:
        raise AuthenticationError(NOT_TRUSTED) from exc
