"""What an index is made of; its fingerprint is stored with every build and compared before one is read."""

import hashlib
import json
from dataclasses import asdict, dataclass

SPARSE_ENCODER = "bm25-snowball-2"
"""Name and version of `storage.vectors.bm25`; a change of any locale's tokens changes the name."""

CHUNKER = "sections-1"
"""Name and version of the chunker; a change of where it cuts changes the name."""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """The settings that make two indexes comparable; two builds with equal specs can be read by the same server."""

    embed_model: str
    embed_weights: str  # SHA-256 of the weights, or "" where they have no single file
    dimensions: int
    query_prefix: str = ""
    passage_prefix: str = ""
    chunk_tokens: int = 256
    chunker: str = CHUNKER
    sparse_encoder: str = SPARSE_ENCODER

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for all fields."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def differences(self, other: "IndexSpec") -> dict[str, tuple[object, object]]:
        """Field name → (this one's value, the other's), for the fields that differ."""
        mine, theirs = asdict(self), asdict(other)
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}
