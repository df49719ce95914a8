"""The signing keys of the test project: ES256 with a key set that can be rotated, or the older shared secret."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECRET = "a-shared-secret-of-the-older-kind-0123456789"


class Announced:
    """Says so when an attribute was set."""

    announce: Callable[[], None] | None = None

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name != "announce" and self.announce is not None:
            self.announce()

    def set_quietly(self, **values: object) -> None:
        """Set these without saying so."""
        vars(self).update(values)


@dataclass
class ProjectSigning(Announced):
    """Signs tokens as GoTrue does, and checks them as PostgREST does."""

    issuer: str = ""
    shared_secret: bool = False
    publishes_standby: bool = False  # keys are published while the secret signs: a migration that was begun
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """A new key signs; the former ones are published still."""
        self.keys = {**self.keys, str(uuid4()): ec.generate_private_key(ec.SECP256R1())}

    def told(self) -> dict[str, Any]:
        """All of it as JSON, for the process that signs with it, too."""
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        keys = {kid: key.private_bytes(*form).decode() for kid, key in self.keys.items()}
        told = {"issuer": self.issuer, "shared_secret": self.shared_secret, "keys": keys}
        return told | {"publishes_standby": self.publishes_standby}

    def take(self, told: dict[str, Any]) -> None:
        """Sign as another process does."""
        keys = {}
        for kid, pem in told["keys"].items():
            key = serialization.load_pem_private_key(pem.encode(), password=None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            keys[kid] = key
        self.issuer, self.shared_secret, self.keys = told["issuer"], told["shared_secret"], keys
        self.publishes_standby = told["publishes_standby"]

    def key_set(self) -> dict[str, Any]:
        """What is published."""
        if self.shared_secret and not self.publishes_standby:
            return {"keys": []}
        return {
            "keys": [
                {
                    **jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True),
                    "kid": kid,
                    "alg": "ES256",
                    "use": "sig",
                    "key_ops": ["verify"],
                }
                for kid, key in self.keys.items()
            ]
        }

    def claims(self, user_id: str, **changes: Any) -> dict[str, Any]:
        """The claims of a good token, with changes; without `iss` where no issuer is configured, as GoTrue does."""
        now = int(time.time())
        return (
            ({"iss": self.issuer} if self.issuer else {})
            | {
                "sub": user_id,
                "aud": "authenticated",
                "role": "authenticated",
                "iat": now,
                "exp": now + 3600,
                "session_id": str(uuid4()),
                "aal": "aal1",
                "is_anonymous": False,
                "app_metadata": {},
                "user_metadata": {},
            }
            | changes
        )

    def sign(self, claims: dict[str, Any]) -> str:
        """A token of the newest key."""
        if self.shared_secret:
            return jwt.encode(claims, SECRET, "HS256")
        kid, key = list(self.keys.items())[-1]
        return jwt.encode(claims, key, "ES256", headers={"kid": kid})

    def check(self, token: str, leeway_seconds: int = 0) -> dict[str, Any]:
        """A token's claims; raises jwt.InvalidTokenError."""
        header = jwt.get_unverified_header(token)
        options: Any = {"verify_aud": False}
        if self.shared_secret:
            return jwt.decode(token, SECRET, algorithms=["HS256"], options=options, leeway=leeway_seconds)
        key = self.keys.get(header.get("kid", ""))
        if key is None:
            raise jwt.InvalidTokenError("No suitable key or wrong key type")
        return jwt.decode(token, key.public_key(), algorithms=["ES256"], options=options, leeway=leeway_seconds)
