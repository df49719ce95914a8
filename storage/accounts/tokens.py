"""Verifies an access token without a network request: signature, issuer, audience, expiry and role.

Used by both account stores, which say where the keys come from (`KeySource`). A token does not choose its algorithm:
the key that belongs to its key id does.
"""

import json
import logging
import math
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol, Self
from uuid import UUID

import jwt
from cachetools import LRUCache
from jwt.utils import base64url_decode

from storage.accounts.reader import Reader
from storage.errors import AuthenticationError, StorageUnavailableError

logger = logging.getLogger(__name__)

AUDIENCE = "authenticated"
ROLE = "authenticated"
EXPIRY_LEEWAY_SECONDS = 5
CLOCK_LEEWAY_SECONDS = 60  # for `iat` and `nbf`: how far the auth server's clock may be ahead of this machine's
CLOCK_WARNING_SECONDS = 5  # a larger difference is logged
KNOWN_SECONDS, KNOWN_TOKENS = 30, 10_000  # also how long a withdrawn key is still accepted
MAX_TOKEN_CHARACTERS = 8_192
WARNED_ISSUERS = 20
END_OF_TIME = 253_402_300_799  # the end of the year 9999, in seconds since 1970
NOT_TRUSTED = "Please sign in again."


class Issuers:
    """Which issuers a token may name; each refused issuer is logged once."""

    def __init__(self, *accepted: str, may_be_missing: bool = False) -> None:
        self._accepted = accepted
        self._may_be_missing = may_be_missing
        self._warned: set[str] = set()
        self._refused: str | None = None

    @classmethod
    def of_project(cls, url: str, configured: str | None) -> Self:
        """Those of a Supabase project, with and without the path; an empty setting accepts tokens without one."""
        base = (configured or url).rstrip("/").removesuffix("/auth/v1")
        return cls(f"{base}/auth/v1", base, may_be_missing=configured == "")

    def accepts(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token's issuer may be trusted."""
        issuer = claims.get("iss")
        return issuer in self._accepted or (issuer is None and self._may_be_missing)

    def require(self, claims: Mapping[str, Any]) -> None:
        """Raise AuthenticationError for another issuer; only for tokens whose signature was verified."""
        if self.accepts(claims):
            self._refused = None
            return
        seen = self._refused = str(claims.get("iss", ""))[:200]
        if seen not in self._warned and len(self._warned) < WARNED_ISSUERS:
            self._warned.add(seen)
            logger.warning(
                "Tokens are refused: they name the issuer %r, expected is %r. Set SUPABASE_JWT_ISSUER to it%s.",
                seen,
                self._accepted[0],
                "" if seen else " (empty, to accept tokens that name none)",
            )
        raise AuthenticationError(NOT_TRUSTED)

    def check(self) -> None:
        """Raise StorageUnavailableError if the last token with a valid signature named another issuer."""
        if self._refused is not None:
            raise StorageUnavailableError(
                f"Tokens name the issuer {self._refused!r}, expected is {self._accepted[0]!r}: set SUPABASE_JWT_ISSUER."
            )


class Clock:
    """Checks `iat` and `nbf`, and logs a difference between the clocks at most once a minute."""

    def __init__(self) -> None:
        self._warned_at = -math.inf

    def require(self, claims: Mapping[str, Any]) -> None:
        """Raise AuthenticationError for a token issued further in the future than the leeway."""
        times = [claims[name] for name in ("iat", "nbf") if name in claims]
        if not all(map(_is_time, times)):
            raise AuthenticationError(NOT_TRUSTED)
        ahead = max(times, default=0) - time.time()
        if ahead > CLOCK_WARNING_SECONDS and time.monotonic() - self._warned_at > 60:
            self._warned_at = time.monotonic()
            logger.warning(
                "The auth server's clock is %d s ahead of this machine's clock; above %d s tokens are refused",
                ahead,
                CLOCK_LEEWAY_SECONDS,
            )
        if ahead > CLOCK_LEEWAY_SECONDS:
            raise AuthenticationError(NOT_TRUSTED)


class KeySource(Protocol):
    """Where the keys that sign tokens are found."""

    async def key(self, key_id: str | None, algorithm: str, address: str = "") -> jwt.PyJWK | None:
        """The key with this id, for this algorithm; None if there is none to trust.

        `address` is where the token came from; look-ups of unknown keys are limited by it.
        """


class TokenVerifier:
    """Gives the reader of a token.

    A verified token is cached for a moment: a reader's requests come in bursts, and the signature is most of the cost.
    """

    def __init__(self, keys: KeySource, issuers: Issuers) -> None:
        self._keys = keys
        self._issuers = issuers
        self._clock = Clock()
        self._known: LRUCache[str, tuple[Reader, float]] = LRUCache(KNOWN_TOKENS)  # and until when

    async def verify(self, token: str, address: str = "") -> Reader:
        """The reader named by the token, which came from `address`.

        Raises AuthenticationError for a token that cannot be trusted, StorageUnavailableError if its key cannot be
        fetched.
        """
        known = self.known(token)
        if known is not None:
            return known
        reader = await self._check(token, address)
        self._known[token] = reader, min(time.time() + KNOWN_SECONDS, reader.expires_at + EXPIRY_LEEWAY_SECONDS)
        return reader

    def known(self, token: str) -> Reader | None:
        """The reader of a token that was verified a moment ago."""
        reader, until = self._known.get(token, (None, 0.0))
        return reader if time.time() < until else None

    async def _check(self, token: str, address: str) -> Reader:
        header = read_header(token)
        key = await self._keys.key(header.get("kid"), header["alg"], address)
        if key is None:
            raise AuthenticationError(NOT_TRUSTED)
        claims = read_claims(token, key, header["alg"])
        self._issuers.require(claims)
        self._clock.require(claims)
        return reader_of(token, claims)


def read_claims(token: str, key: jwt.PyJWK | None, algorithm: str) -> Mapping[str, Any]:
    """A token's claims, without a check of issuer and clock; raises AuthenticationError.

    If `key` is None the signature is not verified, and no claim may be trusted yet.
    """
    options: jwt.types.Options = {
        "verify_signature": key is not None,
        "verify_exp": True,
        "verify_aud": True,
        "verify_iat": False,
        "verify_nbf": False,
        "require": ["exp", "sub", "aud"],
    }
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key or "",
            algorithms=[algorithm],  # of the key: `KeySource.key` gives none whose algorithm differs
            audience=AUDIENCE,
            leeway=EXPIRY_LEEWAY_SECONDS,
            options=options,
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError, OverflowError) as exc:
        raise AuthenticationError(NOT_TRUSTED) from exc
    return claims


def read_header(token: str) -> Mapping[str, Any]:
    """A token's header, with an algorithm in it; raises AuthenticationError."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise AuthenticationError(NOT_TRUSTED)
    return _header(token.partition(".")[0])


@lru_cache(maxsize=64)  # all tokens of one key begin alike
def _header(segment: str) -> Mapping[str, Any]:
    try:
        header = json.loads(base64url_decode(segment))
    except (ValueError, RecursionError) as exc:  # thousands of brackets
        raise AuthenticationError(NOT_TRUSTED) from exc
    if not isinstance(header, dict) or not isinstance(header.get("alg"), str):
        raise AuthenticationError(NOT_TRUSTED)
    if not isinstance(header.get("kid", ""), str):
        raise AuthenticationError(NOT_TRUSTED)
    return MappingProxyType(header)


def reader_of(token: str, claims: Mapping[str, Any]) -> Reader:
    """The reader named by verified claims; raises AuthenticationError for another role."""
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
            has_second_factor=claims.get("aal") == "aal2",
            signed_in_at=_signed_in_at(claims.get("amr")),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as exc:
        raise AuthenticationError(NOT_TRUSTED) from exc


def _signed_in_at(methods: Any) -> int | None:
    """When the reader last gave a password or followed an e-mail's link; a refresh does not change the claim `amr`."""
    if not isinstance(methods, list):
        return None
    found = [method.get("timestamp") for method in methods if isinstance(method, dict)]
    times = [each for each in found if isinstance(each, int | float)]
    if not all(map(_is_time, times)):
        raise AuthenticationError(NOT_TRUSTED)
    return max(map(int, times), default=None)


def _is_time(value: Any) -> bool:
    """Whether this is a number of seconds since 1970 that can be compared with now: JSON has numbers of any size."""
    return isinstance(value, int | float) and abs(value) <= END_OF_TIME
