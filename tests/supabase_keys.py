"""The signing keys of the test project: ES256 with a key set that can be rotated, or the older shared secret."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

SECRET = "a-shared-secret-of-the-older-kind-0123456789"


@dataclass
class ProjectSigning:
    """Signs tokens as GoTrue does, and checks them as PostgREST does."""

    issuer: str = ""
    shared_secret: bool = False
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate()

    def reset(self) -> None:
        """Signs by a key of its own again."""
        self.shared_secret = False

    def rotate(self) -> None:
        """A new key signs; the former ones are published still."""
        self.keys[str(uuid4())] = ec.generate_private_key(ec.SECP256R1())

    def key_set(self) -> dict[str, Any]:
        """What is published."""
        if self.shared_secret:
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
        """The claims of a good token, with changes."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": user_id,
            "aud": "authenticated",
            "role": "authenticated",
            "iat": now,
            "exp": now + 3600,
            "session_id": str(uuid4()),
            "is_anonymous": False,
            "app_metadata": {},
            "user_metadata": {},
        } | changes

    def sign(self, claims: dict[str, Any]) -> str:
        """A token of the newest key."""
        if self.shared_secret:
            return jwt.encode(claims, SECRET, "HS256")
        kid, key = list(self.keys.items())[-1]
        return jwt.encode(claims, key, "ES256", headers={"kid": kid})

    def check(self, token: str) -> dict[str, Any]:
        """A token's claims; raises jwt.InvalidTokenError."""
        header = jwt.get_unverified_header(token)
        options: Any = {"verify_aud": False}
        if self.shared_secret:
            return jwt.decode(token, SECRET, algorithms=["HS256"], options=options)
        key = self.keys.get(header.get("kid", ""))
        if key is None:
            raise jwt.InvalidTokenError("No suitable key or wrong key type")
        return jwt.decode(token, key.public_key(), algorithms=["ES256"], options=options)
