"""The local store's signing key: made on first start, readable by its owner alone, shared by all worker processes."""

import os
import secrets
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from storage.accounts.tokens import AUDIENCE, ROLE
from storage.errors import ConfigurationError

ALGORITHM = "ES256"
ISSUER = "bookrag"
ACCESS_TOKEN_SECONDS = 3_600


class SigningKey:
    """Signs access tokens, and is the `KeySource` that checks them."""

    def __init__(self, path: Path) -> None:
        self._private = _load(path)
        jwk: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        # The id follows from the key, so that every process gives the same one.
        self._id = jwk["x"][:16]
        self._public = jwt.PyJWK({**jwk, "kid": self._id, "alg": ALGORITHM})

    async def key(self, key_id: str | None, algorithm: str, address: str = "") -> jwt.PyJWK | None:
        """See KeySource."""
        return self._public if key_id == self._id and algorithm == ALGORITHM else None

    def sign(self, user_id: UUID, session_id: str, *, is_guest: bool) -> tuple[str, int]:
        """An access token and when it expires."""
        issued_at = int(time.time())
        expires_at = issued_at + ACCESS_TOKEN_SECONDS
        claims = {
            "iss": ISSUER,
            "sub": str(user_id),
            "aud": AUDIENCE,
            "role": ROLE,
            "iat": issued_at,
            "exp": expires_at,
            "session_id": session_id,
            "is_anonymous": is_guest,
        }
        return jwt.encode(claims, self._private, ALGORITHM, headers={"kid": self._id}), expires_at


def _load(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        _make(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{path} is not a readable signing key. Delete it to sign everybody out.") from exc
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ConfigurationError(f"{path} is not a P-256 key. Delete it to sign everybody out.")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return key


def _make(path: Path) -> None:
    """Write a new key atomically; if several processes start together, the first one's key is kept."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
