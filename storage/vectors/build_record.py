"""The settings a build is made with, its record, and the owner of the builders' lock.

The fingerprint of an `IndexSpec` is stored with every build and compared before one is read.
"""

import base64
import getpass
import hashlib
import json
import os
import socket
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self
from uuid import uuid4

from storage.errors import BuildLockedError, IndexMismatchError

SPARSE_ENCODER = "bm25-snowball-2"
"""Name and version of `storage.vectors.bm25`; changes whenever any locale's tokens change."""

CHUNKER = "sections-1"
"""Name and version of the chunker; changes whenever chunks are cut differently."""


BuildState = Literal["building", "ready", "rejected", "published"]


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """The settings that make two indexes comparable; two builds with equal specs can be read by the same server."""

    embed_model: str
    embed_weights: str  # SHA-256 of the weights, or "" if they are not a single file
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


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a build."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """One build of the index; one that is still `building` after its owner has died is a left-over."""

    name: str
    created: datetime
    who: str
    host: str
    pid: int
    spec: IndexSpec
    state: BuildState = "building"
    published: datetime | None = None  # when it last became live
    before: str | None = None  # the build that was live when this one first became so
    git_commit: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    forced: bool = False
    book: dict[str, str] = field(default_factory=dict)  # what a server needs beside the chunks
    words: dict[str, int] = field(default_factory=dict)  # `storage.vectors.bm25`: those that many chunks have
    contents: list[dict[str, Any]] = field(default_factory=list)  # chapters: `indexing.pages.ContentsChapter` as JSON
    vocabulary: str = ""  # `storage.vectors.bm25`: which words there are
    spelling: str = ""  # `storage.vectors.bm25`: the words as they are written, for correcting questions
    phrases: str = ""  # `storage.vectors.abbreviations`: what abbreviations in questions may stand for
    abbreviations: str = ""  # `storage.vectors.abbreviations`: those that the book writes out itself

    @property
    def fingerprint(self) -> str:
        """The settings' fingerprint."""
        return self.spec.fingerprint

    def to_metadata(self) -> dict[str, Any]:
        """The record as JSON values."""
        # Not `asdict` for all of it: that copies thousands of words one by one, six times a build.
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["spec"] = asdict(self.spec)
        values["created"] = self.created.isoformat()
        values["published"] = self.published.isoformat() if self.published else None
        values["checks"] = [asdict(check) for check in self.checks]
        return values | {"fingerprint": self.fingerprint}

    def to_facts(self) -> dict[str, Any]:
        """The record as JSON values for people: words are only counted."""
        values = self.to_metadata() | {"words": len(self.words), "contents": len(self.contents)}
        del values["vocabulary"], values["spelling"], values["phrases"], values["abbreviations"]
        return values

    @classmethod
    def from_metadata(cls, values: dict[str, Any]) -> Self:
        """The record from the values of `to_metadata`; keys that a newer version may have added are ignored."""
        known = {item.name: values[item.name] for item in fields(cls) if item.name in values}
        spec = {item.name: values["spec"][item.name] for item in fields(IndexSpec) if item.name in values["spec"]}
        published = values.get("published")
        return cls(
            **known
            | {
                "spec": IndexSpec(**spec),
                "created": datetime.fromisoformat(values["created"]),
                "published": datetime.fromisoformat(published) if published else None,
                "checks": tuple(CheckResult(**check) for check in values.get("checks", ())),
            }
        )


def pack(words: Mapping[str, Any]) -> str:
    """Words of a book with what is known of each, as a compressed text for a record."""
    return base64.b64encode(zlib.compress(json.dumps(words, ensure_ascii=False).encode(), 9)).decode()


def unpack(packed: str) -> dict[str, Any]:
    """What `pack` was given; nothing for the empty string of a build without it."""
    words: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed))) if packed else {}
    return words


def check_spec(record: BuildRecord, spec: IndexSpec) -> None:
    """Raise IndexMismatchError that names each setting in which a build differs from the one asked for."""
    differences = record.spec.differences(spec)
    if differences:
        listed = ", ".join(
            f"{name} is {mine!r} there and {theirs!r} here" for name, (mine, theirs) in differences.items()
        )
        raise IndexMismatchError(
            f"The live build {record.name} was made with other settings: {listed}. "
            "Run `bookrag index build`, or set them back."
        )


@dataclass(frozen=True, slots=True)
class LockOwner:
    """One builder: a process, its user and its machine."""

    who: str = field(default_factory=lambda: user_name())
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    token: str = field(default_factory=lambda: uuid4().hex)

    def to_json(self) -> dict[str, Any]:
        """The owner as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The owner from the values of `to_json`."""
        return cls(**{name: values[name] for name in cls.__slots__})

    def is_dead(self) -> bool:
        """Whether the process is known to have ended; only processes of this machine can be checked."""
        return self.host == socket.gethostname() and not is_alive(self.pid)

    def held(self) -> BuildLockedError:
        """The error for another builder, which says who holds the lock."""
        since = datetime.fromisoformat(self.since)
        seconds = int((datetime.now(UTC) - since).total_seconds())
        return BuildLockedError(
            f"Another build is under way: {self.who} on {self.host} (process {self.pid}) has held the lock since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC, {timedelta(seconds=max(seconds, 0))} ago."
        )


def is_alive(pid: int) -> bool:
    """Whether there is a process with this number on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True


def user_name() -> str:
    """The login name, or the user's number if the container has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
